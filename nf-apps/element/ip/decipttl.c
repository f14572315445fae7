/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DecIPTTL([keywords ACTIVE, MULTICAST])
 *
 * One hop (RFC 1812, 5.3.1): takes 1 off each packet's time to live and updates the checksum. A
 * packet whose time is over (0 or 1) leaves unchanged by output 1, usually to an ICMPError, or is
 * dropped if there is none.
 *
 *	ACTIVE     boolean: false lets every packet pass unchanged. Default true
 *	MULTICAST  boolean: false lets packets to multicast addresses pass unchanged. Default true
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push. Packets have their IP header marked.
 * Handlers: drops (r): packets whose time was over; active (rw).
 * Drops: ttl expired, no IP header.
 *
 *	... -> dt :: DecIPTTL -> ...; dt[1] -> ICMPError(10.0.0.1, timeexceeded) -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/ip4.h"

enum { DECIPTTL_EXPIRED, DECIPTTL_NO_IP };

struct decipttl_conf {
	bool multicast;
};

struct decipttl_state {
	bool active;
	uint64_t nb_expired;
};

static int decipttl_configure(struct nf_element *e, struct nf_args *a)
{
	struct decipttl_conf *c = e->conf;
	struct decipttl_state *s = e->state;

	c->multicast = true;
	s->active = true;
	nf_args_bool(a, "ACTIVE", 0, &s->active);
	nf_args_bool(a, "MULTICAST", 0, &c->multicast);
	return nf_args_end(a);
}

static void decipttl_take_state(struct nf_element *e, struct nf_element *old)
{
	struct decipttl_state *s = e->state, *was = old->state;

	s->nb_expired += was->nb_expired;
}

static inline int decipttl_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct decipttl_conf *c = conf;
	struct decipttl_state *s = e->state;
	struct nf_ip4 *ip = nf_ip4_hdr(p);

	if (UK_UNLIKELY(ip == NULL))
		return NF_DROP(DECIPTTL_NO_IP);
	if (UK_UNLIKELY(!s->active) || (!c->multicast && nf_ip4_is_multicast(ip->dst)))
		return 0;
	if (UK_UNLIKELY(ip->ttl <= 1)) {
		s->nb_expired++;
		return e->nb_out > 1 ? 1 : NF_DROP(DECIPTTL_EXPIRED);
	}
	nf_ip4_dec_ttl(ip);
	return 0;
}

NF_EACH_DEFINE(decipttl)

const struct nf_class nf_decipttl = {
	.name = "DecIPTTL",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct decipttl_conf),
	.state_size = sizeof(struct decipttl_state),
	.configure = decipttl_configure,
	NF_EACH(decipttl),
	.drops = (const char *const[]){ "ttl expired", "no IP header", NULL },
	.handlers = (const struct nf_handler[]){ NF_HANDLER_U64("drops", struct decipttl_state,
							 nb_expired),
		{ .name = "active",
			.read = nf_handler_read_bool,
			.write = nf_handler_write_bool,
			.arg = offsetof(struct decipttl_state, active) },
		{ .name = NULL } },
	.take_state = decipttl_take_state,
};
