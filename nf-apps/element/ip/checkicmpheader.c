/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CheckICMPHeader([keywords VERBOSE, DETAILS])
 *
 * Looks whether each packet is ICMP over IP with a length that its type allows and a right
 * checksum (RFC 792). An error message quotes at least an IP header and 8 bytes; time stamps have
 * 20 bytes, information requests 8. A bad packet leaves by output 1, or is dropped if there is
 * none; the first one is reported.
 *
 *	VERBOSE  boolean: report every bad packet. Default false
 *	DETAILS  boolean: answer drop_details. Default false
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push. Packets have their IP header marked.
 * Handlers: drops (r): bad packets so far; drop_details (r): the same by reason.
 * Drops: not ICMP, bad packet length, bad ICMP checksum.
 *
 *	... -> CheckIPHeader(14) -> IPClassifier(icmp) -> CheckICMPHeader -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/icmp4.h"
#include "nf-apps/element/ip/ip4.h"
#include "nf-apps/element/ip/ipstat.h"

enum { CHECKICMPHEADER_NOT_ICMP, CHECKICMPHEADER_LEN, CHECKICMPHEADER_CSUM };

#define CHECKICMPHEADER_QUOTE     28u /* IP header, and 64 bits of what it carries */
#define CHECKICMPHEADER_TIMESTAMP 20u

struct checkicmpheader_state {
	struct nf_ipstat stat;
};

static int checkicmpheader_configure(struct nf_element *e, struct nf_args *a)
{
	struct checkicmpheader_state *s = e->state;

	nf_ipstat_args(&s->stat, a);
	return nf_args_end(a);
}

static void checkicmpheader_take_state(struct nf_element *e, struct nf_element *old)
{
	struct checkicmpheader_state *s = e->state, *was = old->state;

	nf_ipstat_take(&s->stat, &was->stat);
}

static inline bool checkicmpheader_len_ok(unsigned type, uint32_t len)
{
	if (nf_icmp4_is_error(type))
		return len >= sizeof(struct nf_icmp) + CHECKICMPHEADER_QUOTE;
	switch (type) {
	case NF_ICMP4_TIMESTAMP:
	case NF_ICMP4_TIMESTAMP_REPLY:
		return len == CHECKICMPHEADER_TIMESTAMP;
	case NF_ICMP4_INFO:
	case NF_ICMP4_INFO_REPLY:
		return len == sizeof(struct nf_icmp);
	default:
		return true;
	}
}

/* -1, or why it is bad. */
static inline int checkicmpheader_bad(const struct uk_netbuf *p)
{
	uint32_t hlen = 0, len;
	const struct nf_ip4 *ip = nf_ip4_hdr_whole(p, &hlen);
	const struct nf_icmp *icmp;

	if (ip == NULL || ip->proto != NF_IP_ICMP)
		return CHECKICMPHEADER_NOT_ICMP;
	len = nf_ip4_left(p) - hlen;
	icmp = (const struct nf_icmp *)((const uint8_t *)ip + hlen);
	if (len < sizeof(*icmp) || !checkicmpheader_len_ok(icmp->type, len))
		return CHECKICMPHEADER_LEN;
	return nf_inet_csum(icmp, len) == 0 ? -1 : CHECKICMPHEADER_CSUM;
}

static inline int checkicmpheader_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct checkicmpheader_state *s = e->state;
	int bad = checkicmpheader_bad(p);

	return UK_LIKELY(bad < 0) ? 0 : nf_ipstat_bad(e, &s->stat, "ICMP", (unsigned)bad);
}

NF_EACH_DEFINE(checkicmpheader)

const struct nf_class nf_checkicmpheader = {
	.name = "CheckICMPHeader",
	.ports = "1/1-2",
	.processing = "a/ah",
	.state_size = sizeof(struct checkicmpheader_state),
	.configure = checkicmpheader_configure,
	NF_EACH(checkicmpheader),
	.drops =
		(const char *const[]){ "not ICMP", "bad packet length", "bad ICMP checksum", NULL },
	.handlers = (const struct nf_handler[]){ NF_HANDLER_U64("drops",
							 struct checkicmpheader_state, stat.nb_bad),
		{ .name = "drop_details",
			.read = nf_ipstat_read_details,
			.arg = offsetof(struct checkicmpheader_state, stat) },
		{ .name = NULL } },
	.take_state = checkicmpheader_take_state,
};
