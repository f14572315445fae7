/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CheckTCPHeader([keywords VERBOSE, DETAILS])
 *
 * Looks whether each packet is TCP over IP with a header length that fits and a right checksum
 * (RFC 9293). A bad packet leaves by output 1, or is dropped if there is none; the first one is
 * reported.
 *
 *	VERBOSE  boolean: report every bad packet. Default false
 *	DETAILS  boolean: answer drop_details. Default false
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push. Packets have their IP header marked.
 * Handlers: drops (r): bad packets so far; drop_details (r): the same by reason.
 * Drops: not TCP, bad packet length, bad TCP checksum.
 *
 *	... -> CheckIPHeader(14) -> IPClassifier(tcp) -> CheckTCPHeader -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/ip4.h"
#include "nf-apps/element/ip/ipstat.h"

enum { CHECKTCPHEADER_NOT_TCP, CHECKTCPHEADER_LEN, CHECKTCPHEADER_CSUM };

struct checktcpheader_state {
	struct nf_ipstat stat;
};

static int checktcpheader_configure(struct nf_element *e, struct nf_args *a)
{
	struct checktcpheader_state *s = e->state;

	nf_ipstat_args(&s->stat, a);
	return nf_args_end(a);
}

static void checktcpheader_take_state(struct nf_element *e, struct nf_element *old)
{
	struct checktcpheader_state *s = e->state, *was = old->state;

	nf_ipstat_take(&s->stat, &was->stat);
}

/* -1, or why it is bad. */
static inline int checktcpheader_bad(const struct uk_netbuf *p)
{
	uint32_t hlen = 0, len, tcp_hlen;
	const struct nf_ip4 *ip = nf_ip4_hdr_whole(p, &hlen);
	const struct nf_tcp *tcp;

	if (ip == NULL || ip->proto != NF_IP_TCP)
		return CHECKTCPHEADER_NOT_TCP;
	len = nf_inet_ntoh16(ip->len);
	if (len < hlen + sizeof(*tcp) || len > nf_ip4_left(p))
		return CHECKTCPHEADER_LEN;
	len -= hlen;
	tcp = (const struct nf_tcp *)((const uint8_t *)ip + hlen);
	tcp_hlen = (uint32_t)(tcp->off >> 4) * 4;
	if (tcp_hlen < sizeof(*tcp) || tcp_hlen > len)
		return CHECKTCPHEADER_LEN;
	if (!nf_ip4_l4_csum_ok(ip, tcp, (uint16_t)len))
		return CHECKTCPHEADER_CSUM;
	return -1;
}

static inline int checktcpheader_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct checktcpheader_state *s = e->state;
	int bad = checktcpheader_bad(p);

	return UK_LIKELY(bad < 0) ? 0 : nf_ipstat_bad(e, &s->stat, "TCP", (unsigned)bad);
}

NF_EACH_DEFINE(checktcpheader)

const struct nf_class nf_checktcpheader = {
	.name = "CheckTCPHeader",
	.ports = "1/1-2",
	.processing = "a/ah",
	.state_size = sizeof(struct checktcpheader_state),
	.configure = checktcpheader_configure,
	NF_EACH(checktcpheader),
	.drops = (const char *const[]){ "not TCP", "bad packet length", "bad TCP checksum", NULL },
	.handlers = (const struct nf_handler[]){ NF_HANDLER_U64("drops",
							 struct checktcpheader_state, stat.nb_bad),
		{ .name = "drop_details",
			.read = nf_ipstat_read_details,
			.arg = offsetof(struct checktcpheader_state, stat) },
		{ .name = NULL } },
	.take_state = checktcpheader_take_state,
};
