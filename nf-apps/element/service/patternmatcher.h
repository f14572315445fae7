/* SPDX-License-Identifier: BSD-3-Clause */
/* Between the files of PatternMatcher. */
#ifndef SLUICE_NF_APPS_ELEMENT_SERVICE_PATTERNMATCHER_H
#define SLUICE_NF_APPS_ELEMENT_SERVICE_PATTERNMATCHER_H

#include "nf-apps/click/element.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/element/rewrite/flowage.h"
#include "nf-apps/element/service/flowhead.h"
#include "nf-apps/element/service/patternset.h"

#define NF_PATTERNMATCHER_MS 1000000u
#define NF_PATTERNMATCHER_S  1000000000ull

enum nf_patternmatcher_class {
	NF_PATTERNMATCHER_OPEN,
	NF_PATTERNMATCHER_CLOSED, /* FIN or RST was seen */
	NF_PATTERNMATCHER_CLASSES,
};

/* Of both directions: the lower endpoint comes first. */
struct nf_patternmatcher_key {
	nf_be32 low, high;
	nf_be16 low_port, high_port;
	uint32_t one; /* no key is all zero */
};

_Static_assert(sizeof(struct nf_patternmatcher_key) == 16, "two words");

struct nf_patternmatcher_flow {
	struct nf_patternmatcher_key key;
	struct nf_flowage_mark age; /* user[0]: enum nf_patternset_action so far */
	uint32_t zero;
	struct {
		struct nf_flowhead head;
		struct nf_patternset_state at;
	} side[2];
};

_Static_assert(sizeof(struct nf_patternmatcher_flow) % 8 == 0, "an entry of nf_flowtable");

struct nf_patternmatcher_alert {
	uint64_t time_ns; /* since 1970 */
	nf_be32 src, dst;
	uint16_t sport, dport;
	uint8_t proto;
	char name[NF_PATTERNSET_NAME];
};

struct nf_patternmatcher {
	struct nf_patternset set;
	struct nf_flowtable flows;
	struct nf_flowage age;
	struct nf_flowhead_pool pool;
	struct nf_timer reap;
	struct nf_patternmatcher_alert *alerts; /* a ring */
	uint64_t nb_alerts;                     /* ever; the next goes to this, modulo max_alerts */
	uint32_t max_alerts;
	uint32_t capacity, nb_hold, head_bytes, row_bytes;
	uint64_t timeout_ns;
	uint64_t nb_matches, nb_opened, nb_evicted, nb_unheld, nb_stateless;
};

/* Where the next line goes; the oldest one may have been there. NULL: none are kept. */
struct nf_patternmatcher_alert *nf_patternmatcher_next_alert(struct nf_patternmatcher *s);
void nf_patternmatcher_print_alert(const struct nf_patternmatcher_alert *x, struct nf_text *out);

/* A new flow, or NF_FLOWTABLE_NONE: no memory. */
uint32_t nf_patternmatcher_open(struct nf_patternmatcher *s,
	const struct nf_patternmatcher_key *key, uint32_t now) UK_MUST_USE;
/* The timer's. */
void nf_patternmatcher_reap(struct nf_element *e, void *arg);
void nf_patternmatcher_take_state(struct nf_element *e, struct nf_element *old);

UK_INLINE struct nf_patternmatcher_flow *nf_patternmatcher_flow(
	const struct nf_patternmatcher *s, uint32_t entry)
{
	return nf_flowtable_entry(&s->flows, entry);
}

extern const struct nf_handler nf_patternmatcher_handlers[];

#endif
