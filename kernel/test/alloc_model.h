/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A shadow model of an allocator, for the property tests and the fuzzer: it knows
 * who owns each 16 bytes, fills every block to its last usable byte, and aborts with
 * a sentence when the allocator under test hands out what is not its own to give.
 */
#ifndef SLUICE_KERNEL_TEST_ALLOC_MODEL_H
#define SLUICE_KERNEL_TEST_ALLOC_MODEL_H

#include "kernel/alloc.h"

#define MODEL_SLOTS  512u
#define MODEL_RANGES 4u

/* Ends the test with file, line and the condition. */
#define MODEL_CHECK(cond) model_check((cond), #cond, __FILE__, __LINE__)

/* What is under test. */
struct model_subject {
	const struct uk_alloc_ops *ops;
	bool (*walk)(const struct uk_alloc *); /* the allocator's own check */
};

struct model_block {
	unsigned char *p; /* NULL: the slot is empty */
	size_t size, usable, align;
	unsigned char fill;
};

struct model_range {
	void *memory; /* as malloc() gave it */
	unsigned char *base;
	size_t len;
	uint16_t *owner; /* slot + 1 for each 16 bytes, from base rounded down */
};

struct model {
	struct uk_alloc *a;
	const struct model_subject *subject;
	struct model_range range[MODEL_RANGES];
	unsigned int nb_ranges, nb_blocks;
	struct model_block slot[MODEL_SLOTS];
	uint64_t random;
	unsigned char next_fill;
};

void model_check(bool cond, const char *expr, const char *file, int line);
uint64_t model_random(struct model *m);

/* Ranges hold garbage; skew moves the base off the start of a cache line. NULL when init() refuses.
 */
struct model *model_new(const struct model_subject *subject, size_t len, size_t skew);
int model_add(struct model *m, size_t len, size_t skew);
void model_delete(struct model *m);

/* One operation each, checked; false means that the allocator had no memory. */
bool model_alloc(struct model *m, unsigned int slot, size_t align, size_t size);
void model_free(struct model *m, unsigned int slot);
bool model_resize(struct model *m, unsigned int slot, size_t size);
bool model_move(struct model *m, unsigned int slot, size_t size);
void model_free_all(struct model *m);
void model_walk(const struct model *m);

/* Whether the call runs into a UK_ASSERT; past it the model and the heap may differ. */
bool model_free_traps(struct uk_alloc *a, void *p);
bool model_align_traps(struct uk_alloc *a, size_t align);

/* Any of the above, chosen by random numbers; sizes up to most, mostly small. */
void model_step(struct model *m, size_t most);

/* The largest single block that can be had now, by bisection. */
size_t model_largest(struct model *m);

/*
 * Properties that each allocator must have; alloc_model.c says what each one is.
 * They are cmocka tests whose state is the allocator under test.
 */
void model_prop_random(void **subject);
void model_prop_align(void **subject);
void model_prop_exhaust(void **subject);
void model_prop_small_range(void **subject);
void model_prop_limits(void **subject);
void model_prop_huge(void **subject);

#define MODEL_PROPS(subject)                                                                       \
	cmocka_unit_test_prestate(model_prop_random, subject),                                     \
		cmocka_unit_test_prestate(model_prop_align, subject),                              \
		cmocka_unit_test_prestate(model_prop_exhaust, subject),                            \
		cmocka_unit_test_prestate(model_prop_small_range, subject),                        \
		cmocka_unit_test_prestate(model_prop_limits, subject),                             \
		cmocka_unit_test_prestate(model_prop_huge, subject)

#endif
