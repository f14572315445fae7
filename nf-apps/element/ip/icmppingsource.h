/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the parts of the element ICMPPingSource share: icmppingsource.c makes and takes packets,
 * icmppingsource_handler.c answers handlers.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP_ICMPPINGSOURCE_H
#define SLUICE_NF_APPS_ELEMENT_IP_ICMPPINGSOURCE_H

#include "nf-apps/click/router.h"
#include "nf-apps/element/ip/pingstat.h"

struct icmppingsource_conf {
	uint32_t data_len;
	uint16_t identifier;
	bool stop, mirror, verbose;
};

struct icmppingsource_state {
	uint32_t src, dst;
	uint64_t count, interval_ns;
	int32_t limit;
	bool active;
	uint8_t *data;
	struct nf_pingstat *replies; /* NULL: no input */
	struct nf_timer timer;
};

extern const struct nf_handler nf_icmppingsource_handlers[];

/* Sets the timer, if it is not set, so that something is sent after that time; not if there is
 * nothing to send. */
void nf_icmppingsource_start(struct nf_element *e, uint64_t after_ns);

UK_INLINE bool nf_icmppingsource_is_done(const struct icmppingsource_state *s)
{
	return s->limit >= 0 && s->count >= (uint64_t)s->limit;
}

#endif
