/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target: the first bytes choose the allocator and its ranges, the rest is a stream
 * of operations, all checked by the shadow model and by the allocator's own walk.
 */
#include <string.h>
#include "kernel/buddy.h"
#include "kernel/region.h"
#include "kernel/test/alloc_model.h"
#include "kernel/tlsf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct op {
	uint8_t what, slot;
	uint16_t size;
} UK_PACKED;

static const struct model_subject subjects[] = {
	{ &uk_region_ops, uk_region_check },
	{ &uk_buddy_ops, uk_buddy_check },
	{ &uk_tlsf_ops, uk_tlsf_check },
};

static void run_op(struct model *m, const struct op *op)
{
	size_t size = (size_t)op->size << (op->what >> 4) % 6;
	unsigned int slot = op->slot;

	if (!m->slot[slot].p)
		model_alloc(m, slot, (size_t)1 << op->what % 14, size);
	else if (op->what % 4 < 2)
		model_free(m, slot);
	else if (op->what % 4 == 2)
		model_resize(m, slot, size);
	else
		model_move(m, slot, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct op op;

	if (len < sizeof(op))
		return 0;
	memcpy(&op, data, sizeof(op));

	struct model *m = model_new(&subjects[op.what % 3], 2000 + op.size * 4u, op.slot % 16);

	if (!m)
		return 0;
	bool one_range = (op.slot & 16) == 0;

	if (!one_range)
		(void)!model_add(m, op.size, op.slot >> 5);
	size_t largest = model_largest(m);

	for (size_t i = sizeof(op); i + sizeof(op) <= len; i += sizeof(op)) {
		memcpy(&op, data + i, sizeof(op));
		run_op(m, &op);
		model_walk(m);
	}
	model_free_all(m);
	model_walk(m);
	/* The walk found no two free blocks side by side: with nothing in use, each range is whole again. */
	MODEL_CHECK(m->a->used_bytes == 0);
	/* TLSF tries one block of the request's own class: of two ranges, which it is depends on the order of frees. */
	MODEL_CHECK(!one_range || model_largest(m) == largest);
	model_delete(m);
	return 0;
}
