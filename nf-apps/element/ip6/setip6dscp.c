/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SetIP6DSCP(DSCP)
 *
 * Sets the differentiated services field (RFC 2474) of IPv6 packets.
 *
 *	DSCP  0 to 63
 *
 * Ports: 1 input, 1 output; push or pull. Packets have their IPv6 header marked.
 * Handlers: dscp (rw).
 * Drops: no IPv6 header.
 *
 *	... -> SetIP6DSCP(46) -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip6/ip6hdr.h"

#define SETIP6DSCP_MAX   63
#define SETIP6DSCP_SHIFT 22 /* in the first word */

enum { SETIP6DSCP_NO_IP6 };

struct setip6dscp_state {
	uint32_t dscp;
};

static int setip6dscp_configure(struct nf_element *e, struct nf_args *a)
{
	struct setip6dscp_state *s = e->state;

	nf_args_u32(a, "DSCP", NF_ARGS_POS | NF_ARGS_MUST, &s->dscp);
	if (s->dscp > SETIP6DSCP_MAX)
		nf_args_error(a, "diffserv code point out of range");
	return nf_args_end(a);
}

static inline int setip6dscp_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct setip6dscp_state *s = e->state;
	struct nf_ip6_hdr *h = nf_ip6hdr_of(p);

	if (UK_UNLIKELY(h == NULL))
		return NF_DROP(SETIP6DSCP_NO_IP6);
	h->vtf = (h->vtf & nf_inet_hton32(~((uint32_t)SETIP6DSCP_MAX << SETIP6DSCP_SHIFT))) |
		 nf_inet_hton32(s->dscp << SETIP6DSCP_SHIFT);
	return 0;
}

NF_EACH_DEFINE(setip6dscp)

static int setip6dscp_write(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	struct setip6dscp_state *s = e->state;
	uint32_t was = s->dscp;
	int rc = nf_handler_write_u32(e, off, value, errs);

	if (rc == 0 && s->dscp > SETIP6DSCP_MAX) {
		s->dscp = was;
		return nf_errors_add(errs, NULL, "diffserv code point out of range");
	}
	return rc;
}

const struct nf_class nf_setip6dscp = {
	.name = "SetIP6DSCP",
	.ports = "1/1",
	.processing = "a/a",
	.state_size = sizeof(struct setip6dscp_state),
	.configure = setip6dscp_configure,
	NF_EACH(setip6dscp),
	.drops = (const char *const[]){ "no IPv6 header", NULL },
	.handlers = (const struct nf_handler[]){ { .name = "dscp",
							 .read = nf_handler_read_u32,
							 .write = setip6dscp_write,
							 .arg = offsetof(
								 struct setip6dscp_state, dscp) },
		{ .name = NULL } },
};
