/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SetIPDSCP(DSCP)
 *
 * Sets the code point of differentiated services (RFC 2474) of each packet and updates the
 * checksum. The two bits of ECN stay.
 *
 *	DSCP  0 to 63
 *
 * Ports: 1 input, 1 output. Packets have their IP header marked.
 * Handlers: dscp (rw).
 * Drops: no IP header.
 *
 *	... -> SetIPDSCP(46) -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/ip4.h"

enum { SETIPDSCP_NO_IP };

#define SETIPDSCP_MAX 63u

struct setipdscp_state {
	uint32_t dscp;
};

static int setipdscp_configure(struct nf_element *e, struct nf_args *a)
{
	struct setipdscp_state *s = e->state;

	if (nf_args_u32(a, "DSCP", NF_ARGS_POS | NF_ARGS_MUST, &s->dscp) && s->dscp > SETIPDSCP_MAX)
		nf_args_error(a, "DSCP: a number from 0 to %u", SETIPDSCP_MAX);
	return nf_args_end(a);
}

static int setipdscp_write(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct setipdscp_state *s = e->state;
	uint64_t v;

	if (nf_addr_u64(value, &v) < 0 || v > SETIPDSCP_MAX)
		return nf_errors_add(
			errs, NULL, "'%s' is no number from 0 to %u", value, SETIPDSCP_MAX);
	s->dscp = (uint32_t)v;
	return 0;
}

static inline int setipdscp_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct setipdscp_state *s = e->state;
	struct nf_ip4 *ip = nf_ip4_hdr(p);

	if (UK_UNLIKELY(ip == NULL))
		return NF_DROP(SETIPDSCP_NO_IP);
	nf_ip4_set_tos(ip, (uint8_t)(s->dscp << 2 | (ip->tos & NF_IP4_ECN_MASK)));
	return 0;
}

NF_EACH_DEFINE(setipdscp)

const struct nf_class nf_setipdscp = {
	.name = "SetIPDSCP",
	.ports = "1/1",
	.processing = "a/a",
	.state_size = sizeof(struct setipdscp_state),
	.configure = setipdscp_configure,
	NF_EACH(setipdscp),
	.drops = (const char *const[]){ "no IP header", NULL },
	.handlers = (const struct nf_handler[]){ { .name = "dscp",
							 .read = nf_handler_read_u32,
							 .write = setipdscp_write,
							 .arg = offsetof(
								 struct setipdscp_state, dscp) },
		{ .name = NULL } },
};
