/* SPDX-License-Identifier: BSD-3-Clause */
/* Sources that make packets as fast as they are run or pulled: InfiniteSource, RandomSource. */
#ifndef SLUICE_NF_APPS_ELEMENT_BASIC_GENERATOR_H
#define SLUICE_NF_APPS_ELEMENT_BASIC_GENERATOR_H

#include "nf-apps/click/signal.h"
#include "nf-apps/element/basic/source.h"

struct nf_generator {
	struct nf_source source;
	uint32_t burst;
	struct nf_task task; /* push */
	bool listens_space;
	struct nf_signal signal; /* pull: it has packets */
};

void nf_generator_arg_burst(struct nf_generator *g, struct nf_args *a); /* BURST, positional */

/* The class' functions; its state is a struct nf_generator. */
int nf_generator_initialize(struct nf_element *e, struct nf_errors *errs);
void nf_generator_cleanup(struct nf_element *e);
uint16_t nf_generator_pull(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n);
void nf_generator_take_state(struct nf_element *e, struct nf_element *old);
struct nf_signal *nf_generator_signal(struct nf_element *e, unsigned port);
/* active, limit: there may be something to do again. */
int nf_generator_write_active(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);
int nf_generator_write_limit(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);
int nf_generator_write_burst(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);
int nf_generator_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);

/* count (r), limit, burst, active (rw), reset (w), and the task's. */
#define NF_GENERATOR_HANDLERS                                                                      \
	NF_HANDLER_U64("count", struct nf_generator, source.count),                                \
		{ .name = "limit",                                                                 \
			.read = nf_number_read_i64,                                                \
			.write = nf_generator_write_limit,                                         \
			.arg = offsetof(struct nf_generator, source.limit) },                      \
		{ .name = "burst",                                                                 \
			.read = nf_handler_read_u32,                                               \
			.write = nf_generator_write_burst,                                         \
			.arg = offsetof(struct nf_generator, burst) },                             \
		{ .name = "active",                                                                \
			.read = nf_handler_read_bool,                                              \
			.write = nf_generator_write_active,                                        \
			.arg = offsetof(struct nf_generator, source.active) },                     \
		{ .name = "reset", .write = nf_generator_reset, .flags = NF_HANDLER_BUTTON },      \
		NF_HANDLER_TASK(struct nf_generator, task)

#endif
