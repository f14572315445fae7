/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SetTCPChecksum([FIXOFF])
 *
 * Computes each packet's TCP checksum anew (RFC 9293). The protocol is not looked at. Packets
 * whose lengths do not fit, and fragments, whose checksum can not be known, are dropped; the first
 * one is reported.
 *
 *	FIXOFF  boolean: a TCP header length that does not fit becomes the largest that does.
 *	        Default false
 *
 * Ports: 1 input, 1 output. Packets have their IP header marked.
 * Drops: bad lengths.
 *
 *	... -> StoreData(...) -> SetTCPChecksum -> ...
 */
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4.h"
#include "nf-apps/element/ip/ipsay.h"

enum { SETTCPCHECKSUM_BAD };

#define SETTCPCHECKSUM_WORDS_MAX 15u /* of a header */

struct settcpchecksum_conf {
	bool fixoff;
};

struct settcpchecksum_state {
	bool told;
};

static int settcpchecksum_configure(struct nf_element *e, struct nf_args *a)
{
	struct settcpchecksum_conf *c = e->conf;

	nf_args_bool(a, "FIXOFF", NF_ARGS_POS, &c->fixoff);
	return nf_args_end(a);
}

static int settcpchecksum_bad(struct nf_element *e)
{
	struct settcpchecksum_state *s = e->state;

	if (!s->told)
		nf_ipsay(e, "bad lengths");
	s->told = true;
	return NF_DROP(SETTCPCHECKSUM_BAD);
}

static void settcpchecksum_fix_off(struct nf_tcp *tcp, uint32_t len)
{
	uint32_t words = tcp->off >> 4;

	if (words * 4 >= sizeof(*tcp) && words * 4 <= len)
		return;
	words = len / 4 < SETTCPCHECKSUM_WORDS_MAX ? len / 4 : SETTCPCHECKSUM_WORDS_MAX;
	tcp->off = (uint8_t)(words << 4 | (tcp->off & 15));
}

static inline int settcpchecksum_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct settcpchecksum_conf *c = conf;
	uint32_t hlen = 0, len;
	struct nf_ip4 *ip = nf_ip4_hdr_whole(p, &hlen);
	struct nf_tcp *tcp;

	if (UK_UNLIKELY(ip == NULL || nf_inet_ip4_is_fragment(ip)))
		return settcpchecksum_bad(e);
	len = nf_inet_ntoh16(ip->len);
	if (UK_UNLIKELY(len > nf_ip4_left(p) || len < hlen + sizeof(*tcp)))
		return settcpchecksum_bad(e);
	len -= hlen;
	tcp = (struct nf_tcp *)(void *)((uint8_t *)ip + hlen);
	if (c->fixoff)
		settcpchecksum_fix_off(tcp, len);
	tcp->csum = 0;
	tcp->csum = nf_inet_fold(
		nf_inet_sum(tcp, len, nf_inet_pseudo4(ip->src, ip->dst, ip->proto, (uint16_t)len)));
	return 0;
}

NF_EACH_DEFINE(settcpchecksum)

const struct nf_class nf_settcpchecksum = {
	.name = "SetTCPChecksum",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct settcpchecksum_conf),
	.state_size = sizeof(struct settcpchecksum_state),
	.configure = settcpchecksum_configure,
	NF_EACH(settcpchecksum),
	.drops = (const char *const[]){ "bad lengths", NULL },
};
