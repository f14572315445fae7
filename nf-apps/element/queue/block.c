/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Block(THRESH)
 *
 * Sends packets whose forward rate annotation (IPRateMonitor sets it) is at most THRESH to output
 * 0, all others to output 1. A THRESH of 0 sends everything to output 0.
 *
 * Arguments:
 *	THRESH n   a rate, with sign
 * Ports: 1 input, agnostic; output 0; output 1 (may be missing, push)
 * Handlers: thresh (rw)
 * Drops: "above threshold" (output 1 is missing)
 * Example: ... -> IPRateMonitor(...) -> b :: Block(500); b[0] -> q; b[1] -> Discard;
 */
#include "nf-apps/click/element.h"

enum { BLOCK_ABOVE };

struct block {
	int32_t thresh;
};

static int block_configure(struct nf_element *e, struct nf_args *a)
{
	struct block *s = e->state;

	nf_args_i32(a, "THRESH", NF_ARGS_POS | NF_ARGS_MUST, &s->thresh);
	return nf_args_end(a);
}

static inline int block_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct block *s = e->state;

	if (s->thresh == 0 || (int32_t)nf_packet_anno_u32(p, NF_ANNO_FWD_RATE) <= s->thresh)
		return 0;
	return e->nb_out > 1 ? 1 : NF_DROP(BLOCK_ABOVE);
}

NF_EACH_DEFINE(block)

static int block_read(struct nf_element *e, uintptr_t arg, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	const struct block *s = e->state;

	nf_text_printf(out, "%d", s->thresh);
	return 0;
}

static int block_write(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct block *s = e->state;
	int64_t v;

	if (nf_addr_i64(value, &v) < 0 || v < INT32_MIN || v > INT32_MAX)
		return nf_errors_add(errs, NULL, "THRESH is a number, not '%s'", value);
	s->thresh = (int32_t)v;
	return 0;
}

static const struct nf_handler block_handlers[] = {
	{ .name = "thresh", .read = block_read, .write = block_write },
	{ .name = NULL },
};

const struct nf_class nf_block = {
	.name = "Block",
	.ports = "1/1-2",
	.processing = "a/ah",
	.state_size = sizeof(struct block),
	.configure = block_configure,
	.handlers = block_handlers,
	.drops = (const char *const[]){ "above threshold", NULL },
	.flags = NF_CLASS_ANNO,
	NF_EACH(block),
};
