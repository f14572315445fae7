/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPOutputCombo(COLOR, IPADDR, MTU)
 *
 * The usual end of an IP router's way out in one element: DropBroadcasts -> PaintTee(COLOR) ->
 * IPGWOptions(IPADDR) -> FixIPSrc(IPADDR) -> DecIPTTL -> CheckLength(MTU). It does not fragment.
 *
 *	COLOR   0 to 255: a copy of packets that are painted so goes to output 1
 *	IPADDR  address of the interface that packets leave by
 *	MTU     bytes
 *
 * Ports: 1 input, 5 outputs, all push: 0 good packets; 1 copies for redirects; 2 wrong options
 * (annotation ICMP_PARAMPROB is set); 3 time to live is over; 4 longer than MTU. Packets have
 * their IP header marked.
 * Drops: link broadcast, no IP header, no buffer for a copy.
 *
 *	... -> o :: IPOutputCombo(1, 10.0.0.1, 1500) -> ARPQuerier(...) -> ...
 *	o[1] -> ICMPError(10.0.0.1, redirect, host) -> ...
 */
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ipopt.h"

enum { IPOUTPUTCOMBO_BROADCAST, IPOUTPUTCOMBO_NO_IP, IPOUTPUTCOMBO_NO_BUFFER };
enum {
	IPOUTPUTCOMBO_OUT,
	IPOUTPUTCOMBO_OUT_COPY,
	IPOUTPUTCOMBO_OUT_OPTIONS,
	IPOUTPUTCOMBO_OUT_EXPIRED,
	IPOUTPUTCOMBO_OUT_LONG,
};

struct ipoutputcombo_conf {
	uint32_t addr;
	uint32_t mtu;
	uint8_t color;
};

static int ipoutputcombo_configure(struct nf_element *e, struct nf_args *a)
{
	struct ipoutputcombo_conf *c = e->conf;

	nf_args_u8(a, "COLOR", NF_ARGS_POS | NF_ARGS_MUST, &c->color);
	nf_args_ip4(a, "IPADDR", NF_ARGS_POS | NF_ARGS_MUST, &c->addr);
	nf_args_u32(a, "MTU", NF_ARGS_POS | NF_ARGS_MUST, &c->mtu);
	return nf_args_end(a);
}

static void ipoutputcombo_copy(struct nf_element *e, const struct uk_netbuf *p)
{
	struct uk_netbuf *copy = nf_packet_copy(&e->core->pools, p);

	if (copy != NULL)
		nf_element_emit_one(e, IPOUTPUTCOMBO_OUT_COPY, copy);
	else
		e->drops[NF_ELEMENT_DROPS_OWN + IPOUTPUTCOMBO_NO_BUFFER]++;
}

static inline int ipoutputcombo_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct ipoutputcombo_conf *c = conf;
	uint8_t type = nf_packet_anno(p)->type;
	uint32_t hlen = 0;
	struct nf_ip4 *ip = nf_ip4_hdr_whole(p, &hlen);

	if (UK_UNLIKELY(type == NF_PACKET_BROADCAST || type == NF_PACKET_MULTICAST))
		return NF_DROP(IPOUTPUTCOMBO_BROADCAST);
	if (UK_UNLIKELY(ip == NULL))
		return NF_DROP(IPOUTPUTCOMBO_NO_IP);
	if (UK_UNLIKELY(nf_packet_anno_u8(p, NF_ANNO_PAINT) == c->color))
		ipoutputcombo_copy(e, p);
	if (UK_UNLIKELY(hlen > NF_IP4_HLEN)) {
		int rc = nf_ipopt_gateway(ip, hlen, c->addr, NULL);

		if (rc < 0) {
			nf_packet_set_anno_u8(p, NF_ANNO_ICMP_PARAMPROB, (uint8_t)-rc);
			return IPOUTPUTCOMBO_OUT_OPTIONS;
		}
	}
	if (UK_UNLIKELY(nf_packet_anno_u8(p, NF_ANNO_FIX_IP_SRC) != 0)) {
		nf_packet_set_anno_u8(p, NF_ANNO_FIX_IP_SRC, 0);
		ip->csum = nf_inet_csum_adjust32(ip->csum, ip->src, c->addr);
		ip->src = c->addr;
	}
	if (UK_UNLIKELY(ip->ttl <= 1))
		return IPOUTPUTCOMBO_OUT_EXPIRED;
	nf_ip4_dec_ttl(ip);
	return UK_LIKELY(p->len <= c->mtu) ? IPOUTPUTCOMBO_OUT : IPOUTPUTCOMBO_OUT_LONG;
}

NF_EACH_DEFINE(ipoutputcombo)

const struct nf_class nf_ipoutputcombo = {
	.name = "IPOutputCombo",
	.ports = "1/5",
	.processing = "h/h",
	.conf_size = sizeof(struct ipoutputcombo_conf),
	.configure = ipoutputcombo_configure,
	NF_EACH(ipoutputcombo),
	.drops = (const char *const[]){ "link broadcast", "no IP header", "no buffer for a copy",
		NULL },
	.flags = NF_CLASS_ANNO,
};
