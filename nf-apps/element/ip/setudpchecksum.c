/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SetUDPChecksum()
 *
 * Computes each packet's UDP checksum anew (RFC 768). The protocol is not looked at. A fragment,
 * and a packet shorter than its UDP header says, leave unchanged by output 1, or are dropped if
 * there is none; the first one is reported.
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push. Packets have their IP header marked.
 * Drops: fragment or short packet.
 *
 *	... -> StoreData(...) -> SetUDPChecksum -> ...
 */
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4.h"
#include "nf-apps/element/ip/ipsay.h"

enum { SETUDPCHECKSUM_BAD };

struct setudpchecksum_state {
	bool told;
};

static int setudpchecksum_bad(struct nf_element *e)
{
	struct setudpchecksum_state *s = e->state;

	if (e->nb_out > 1)
		return 1;
	if (!s->told)
		nf_ipsay(e, "fragment or short packet");
	s->told = true;
	return NF_DROP(SETUDPCHECKSUM_BAD);
}

static inline int setudpchecksum_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	uint32_t hlen = 0, left;
	struct nf_ip4 *ip = nf_ip4_hdr_whole(p, &hlen);
	struct nf_udp *udp;
	uint16_t len;

	if (UK_UNLIKELY(ip == NULL || nf_inet_ip4_is_fragment(ip)))
		return setudpchecksum_bad(e);
	left = nf_ip4_left(p) - hlen;
	udp = (struct nf_udp *)(void *)((uint8_t *)ip + hlen);
	len = left >= sizeof(*udp) ? nf_inet_ntoh16(udp->len) : 0;
	if (UK_UNLIKELY(len < sizeof(*udp) || len > left))
		return setudpchecksum_bad(e);
	udp->csum = 0;
	udp->csum = nf_ip4_udp_csum(ip, udp, len);
	return 0;
}

NF_EACH_DEFINE(setudpchecksum)

const struct nf_class nf_setudpchecksum = {
	.name = "SetUDPChecksum",
	.ports = "1/1-2",
	.processing = "a/ah",
	.state_size = sizeof(struct setudpchecksum_state),
	NF_EACH(setudpchecksum),
	.drops = (const char *const[]){ "fragment or short packet", NULL },
};
