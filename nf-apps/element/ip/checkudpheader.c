/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CheckUDPHeader([keywords VERBOSE, DETAILS])
 *
 * Looks whether each packet is UDP over IP with a length that fits and a right checksum (none, 0,
 * is right: RFC 768). A bad packet leaves by output 1, or is dropped if there is none; the first
 * one is reported. A fragment is bad: its length does not fit.
 *
 *	VERBOSE  boolean: report every bad packet. Default false
 *	DETAILS  boolean: answer drop_details. Default false
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push. Packets have their IP header marked.
 * Handlers: drops (r): bad packets so far; drop_details (r): the same by reason.
 * Drops: not UDP, bad packet length, bad UDP checksum.
 *
 *	... -> CheckIPHeader(14) -> IPClassifier(udp) -> CheckUDPHeader -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/ip4.h"
#include "nf-apps/element/ip/ipstat.h"

enum { CHECKUDPHEADER_NOT_UDP, CHECKUDPHEADER_LEN, CHECKUDPHEADER_CSUM };

struct checkudpheader_state {
	struct nf_ipstat stat;
};

static int checkudpheader_configure(struct nf_element *e, struct nf_args *a)
{
	struct checkudpheader_state *s = e->state;

	nf_ipstat_args(&s->stat, a);
	return nf_args_end(a);
}

static void checkudpheader_take_state(struct nf_element *e, struct nf_element *old)
{
	struct checkudpheader_state *s = e->state, *was = old->state;

	nf_ipstat_take(&s->stat, &was->stat);
}

/* -1, or why it is bad. */
static inline int checkudpheader_bad(const struct uk_netbuf *p)
{
	uint32_t hlen = 0, left;
	const struct nf_ip4 *ip = nf_ip4_hdr_whole(p, &hlen);
	const struct nf_udp *udp;
	uint16_t len;

	if (ip == NULL || ip->proto != NF_IP_UDP)
		return CHECKUDPHEADER_NOT_UDP;
	left = nf_ip4_left(p) - hlen;
	if (left < sizeof(*udp))
		return CHECKUDPHEADER_LEN;
	udp = (const struct nf_udp *)((const uint8_t *)ip + hlen);
	len = nf_inet_ntoh16(udp->len);
	if (len < sizeof(*udp) || len > left)
		return CHECKUDPHEADER_LEN;
	if (udp->csum != 0 && !nf_ip4_l4_csum_ok(ip, udp, len))
		return CHECKUDPHEADER_CSUM;
	return -1;
}

static inline int checkudpheader_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct checkudpheader_state *s = e->state;
	int bad = checkudpheader_bad(p);

	return UK_LIKELY(bad < 0) ? 0 : nf_ipstat_bad(e, &s->stat, "UDP", (unsigned)bad);
}

NF_EACH_DEFINE(checkudpheader)

const struct nf_class nf_checkudpheader = {
	.name = "CheckUDPHeader",
	.ports = "1/1-2",
	.processing = "a/ah",
	.state_size = sizeof(struct checkudpheader_state),
	.configure = checkudpheader_configure,
	NF_EACH(checkudpheader),
	.drops = (const char *const[]){ "not UDP", "bad packet length", "bad UDP checksum", NULL },
	.handlers = (const struct nf_handler[]){ NF_HANDLER_U64("drops",
							 struct checkudpheader_state, stat.nb_bad),
		{ .name = "drop_details",
			.read = nf_ipstat_read_details,
			.arg = offsetof(struct checkudpheader_state, stat) },
		{ .name = NULL } },
	.take_state = checkudpheader_take_state,
};
