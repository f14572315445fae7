/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CheckIPHeader([OFFSET, keywords OFFSET, INTERFACES, BADSRC, GOODDST, CHECKSUM, VERBOSE, DETAILS])
 * CheckIPHeader2(...)
 *
 * Looks whether each packet has a right IPv4 header OFFSET bytes from its start: enough bytes,
 * version, header length, total length, checksum, and, if asked, the source address (RFC 1812,
 * 5.2.2, 5.3.7). A good packet is cut to the length that its header says (Ethernet pads), gets its
 * header positions and its destination annotation set, and leaves by output 0. A bad one leaves by
 * output 1, or is dropped if there is none; the first one is reported.
 *
 *	OFFSET      bytes, 0 to 65535; default 0
 *	CHECKSUM    boolean: check the checksum. Default true; CheckIPHeader2: false
 *	BADSRC      addresses that no packet may come from. Default: none
 *	GOODDST     addresses that are reached from any source. Default: none
 *	INTERFACES  this router's addresses with prefixes: their broadcast addresses, 0.0.0.0 and
 *	            255.255.255.255 go to BADSRC, the addresses to GOODDST. A /31 has no broadcast
 *	            address (RFC 3021). Default: none
 *	VERBOSE     boolean: report every bad packet. Default false
 *	DETAILS     boolean: answer drop_details. Default false
 *
 * The old form CheckIPHeader(BADSRC, OFFSET) is understood: there, 0.0.0.0 and 255.255.255.255 are
 * bad, too.
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push.
 * Handlers: drops (r): bad packets so far; drop_details (r): the same by reason.
 * Drops: tiny packet, bad IP version, bad IP header length, bad IP length, bad IP checksum, bad
 * source address.
 *
 *	FromDevice(0) -> Strip(14) -> CheckIPHeader(INTERFACES 10.0.0.1/24 10.1.0.1/16) -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/ipcheck.h"
#include "nf-apps/element/ip/ipstat.h"

struct checkipheader_state {
	struct nf_ipcheck_lists lists;
	struct nf_ipstat stat;
};

static int checkipheader_args(struct nf_element *e, struct nf_args *a, bool checksum)
{
	struct nf_ipcheck_conf *c = e->conf;
	struct checkipheader_state *s = e->state;
	const char *text;
	uint64_t offset;

	c->checksum = checksum;
	nf_ipcheck_args(&s->lists, a);
	nf_args_u32(a, "OFFSET", 0, &c->offset);
	nf_args_bool(a, "CHECKSUM", 0, &c->checksum);
	nf_ipstat_args(&s->stat, a);
	/* what is left stands by position: OFFSET, or the old BADSRC and OFFSET */
	if (nf_args_left(a) > 0 && nf_args_left(a) <= 2) {
		bool only = nf_args_left(a) == 1;

		text = nf_args_next(a);
		if (only && nf_addr_u64(text, &offset) == 0)
			c->offset = offset > UINT32_MAX ? UINT32_MAX : (uint32_t)offset;
		else
			nf_ipcheck_args_old(&s->lists, a, text);
		if (!only)
			nf_args_u32(a, "OFFSET", NF_ARGS_POS | NF_ARGS_MUST, &c->offset);
	}
	if (c->offset > NF_IPCHECK_OFFSET_MAX)
		nf_args_error(a, "OFFSET: at most %u", NF_IPCHECK_OFFSET_MAX);
	nf_ipcheck_args_end(c, &s->lists);
	return nf_args_end(a);
}

static int checkipheader_configure(struct nf_element *e, struct nf_args *a)
{
	return checkipheader_args(e, a, true);
}

static int checkipheader2_configure(struct nf_element *e, struct nf_args *a)
{
	return checkipheader_args(e, a, false);
}

static void checkipheader_cleanup(struct nf_element *e)
{
	struct checkipheader_state *s = e->state;

	nf_ipcheck_free(&s->lists);
}

static void checkipheader_take_state(struct nf_element *e, struct nf_element *old)
{
	struct checkipheader_state *s = e->state, *was = old->state;

	nf_ipstat_take(&s->stat, &was->stat);
}

/* Inlined whatever its size: the router runs it for every packet. */
UK_INLINE int checkipheader_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct checkipheader_state *s = e->state;
	int bad = nf_ipcheck(conf, &s->lists, p);

	if (UK_LIKELY(bad < 0))
		return 0;
	return nf_ipstat_bad(e, &s->stat, "IP", (unsigned)bad);
}

NF_EACH_DEFINE(checkipheader)

static const char *const checkipheader_drops[] = { NF_IPCHECK_DROPS };

static const struct nf_handler checkipheader_handlers[] = {
	NF_HANDLER_U64("drops", struct checkipheader_state, stat.nb_bad),
	{ .name = "drop_details",
		.read = nf_ipstat_read_details,
		.arg = offsetof(struct checkipheader_state, stat) },
	{ .name = NULL },
};

const struct nf_class nf_checkipheader = {
	.name = "CheckIPHeader",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct nf_ipcheck_conf),
	.state_size = sizeof(struct checkipheader_state),
	.configure = checkipheader_configure,
	.cleanup = checkipheader_cleanup,
	NF_EACH(checkipheader),
	.drops = checkipheader_drops,
	.handlers = checkipheader_handlers,
	.take_state = checkipheader_take_state,
	.flags = NF_CLASS_ANNO,
};

const struct nf_class nf_checkipheader_2 = {
	.name = "CheckIPHeader2",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct nf_ipcheck_conf),
	.state_size = sizeof(struct checkipheader_state),
	.configure = checkipheader2_configure,
	.cleanup = checkipheader_cleanup,
	NF_EACH(checkipheader),
	.drops = checkipheader_drops,
	.handlers = checkipheader_handlers,
	.take_state = checkipheader_take_state,
	.flags = NF_CLASS_ANNO,
};
