/* SPDX-License-Identifier: BSD-3-Clause */
/* AggregateCounter's state, and its handlers, which have a file of their own. */
#ifndef SLUICE_NF_APPS_ELEMENT_AGGREGATE_AGGREGATECOUNTER_H
#define SLUICE_NF_APPS_ELEMENT_AGGREGATE_AGGREGATECOUNTER_H

#include "nf-apps/element/aggregate/aggtable.h"
#include "nf-apps/element/basic/countcall.h"

struct nf_aggregatecounter {
	struct nf_aggtable table;
	uint64_t count;
	uint32_t nagg; /* aggregates with a count */
	uint32_t max;
	bool frozen, active;
	struct nf_countcall on_nagg, on_count;
	char *banner; /* NULL: none */
};

void nf_aggregatecounter_clear(struct nf_aggregatecounter *s);

extern const struct nf_handler nf_aggregatecounter_handlers[];

#endif
