/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How old the flows of a table are: which one is to go when the table is full, and which have timed
 * out. A flow belongs to a class (TCP with data, UDP, ...) that says after which idle time it may
 * be forgotten and for how long after a packet it must be kept ("guaranteed").
 *
 * A packet writes nothing but the flow's `last`. Each class is an 8-ary heap by a stamp that was
 * `last` at some time: a stamp is never younger than the truth, so when the top's stamp is the
 * truth, no flow of the class is older. A stale top gets its true stamp and sinks; this is the only
 * work, and callers bound it.
 *
 * Times are milliseconds of a 32-bit clock that wraps, compared by difference; time-outs stay below
 * 24 days. Life: init -> class -> add / remove / move, oldest / expired ... -> free.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_FLOWAGE_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_FLOWAGE_H

#include "nf-apps/element/rewrite/flowtable.h"

#define NF_FLOWAGE_CLASSES 255
#define NF_FLOWAGE_MAX_MS  (1u << 31)

/* Part of each entry, at the offset that init is told. */
struct nf_flowage_mark {
	uint32_t last;  /* ms; the user's: now, at each packet */
	uint32_t place; /* in its class' heap */
	uint8_t class_nr;
	uint8_t user[3]; /* free for the user */
};

struct nf_flowage_class {
	uint32_t timeout_ms, guarantee_ms;
	uint32_t nb; /* flows */
	struct nf_steparray heap;
};

struct nf_flowage {
	const struct nf_flowtable *table;
	uint32_t mark_at; /* offset in the entry */
	uint32_t nb_classes;
	struct nf_flowage_class *classes; /* NF_FLOWAGE_CLASSES, or as many as init was told */
	uint32_t room_classes;
};

/* -ENOMEM, -EINVAL: more than NF_FLOWAGE_CLASSES */
int nf_flowage_init(struct nf_flowage *a, const struct nf_flowtable *table, uint32_t mark_at,
	uint32_t nb_classes) UK_MUST_USE;
void nf_flowage_free(struct nf_flowage *a);
/* No flows any more; classes stay. */
void nf_flowage_clear(struct nf_flowage *a);
/* A new class; its number, or -ENOSPC. Longer times than NF_FLOWAGE_MAX_MS are cut. */
int nf_flowage_class(struct nf_flowage *a, uint64_t timeout_ns, uint64_t guarantee_ns) UK_MUST_USE;

/* The flow's `last` is set. False: no memory. Cost: O(1) if it is the youngest, else O(log n). */
bool nf_flowage_add(struct nf_flowage *a, uint32_t entry, unsigned class_nr) UK_MUST_USE;
void nf_flowage_remove(struct nf_flowage *a, uint32_t entry);
/* To another class. False: no memory; it is in the old one still. */
bool nf_flowage_move(struct nf_flowage *a, uint32_t entry, unsigned class_nr) UK_MUST_USE;

UK_INLINE struct nf_flowage_mark *nf_flowage_mark(const struct nf_flowage *a, uint32_t entry)
{
	return (struct nf_flowage_mark *)(void *)((uint8_t *)nf_flowtable_entry(a->table, entry) +
						  a->mark_at);
}

/*
 * The flow to give up for a new one: of those that are not guaranteed the one that times out first;
 * *left_ms is how long that takes (negative: it is overdue). NF_FLOWTABLE_NONE: all are guaranteed.
 * *work is how many stale stamps may be corrected, and less afterwards; when it runs out, the
 * answer is the best of what was seen.
 */
uint32_t nf_flowage_victim(struct nf_flowage *a, uint32_t now, int64_t *left_ms, uint32_t *work);
/* A flow that has timed out, or NF_FLOWTABLE_NONE (none, or *work ran out). */
uint32_t nf_flowage_expired(struct nf_flowage *a, uint32_t now, uint32_t *work);
/* The oldest flow of all classes, guaranteed or not; NF_FLOWTABLE_NONE: there is none. */
uint32_t nf_flowage_oldest(struct nf_flowage *a, uint32_t now, uint32_t *work);

/* Milliseconds until it times out, rounded; 0 if that is over. */
uint32_t nf_flowage_left_ms(const struct nf_flowage *a, uint32_t entry, uint32_t now);

#endif
