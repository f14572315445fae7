/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A list of rules, made ready for packets: the first rule that matches says where a packet goes. Short
 * lists become one program (prog.h), long ones a cut (cut.h). What Classifier, IPClassifier and
 * IPFilter have in their state. Life: make -> run ... -> free; making it again is done beside the
 * old one.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_CLASSIFY_RULESET_H
#define SLUICE_NF_APPS_ELEMENT_CLASSIFY_RULESET_H

#include "nf-apps/click/element.h"
#include "nf-apps/element/classify/cut.h"
#include "nf-apps/element/classify/prog.h"

struct nf_ruleset {
	bool is_cut;         /* runs as a cut */
	bool has_prog;       /* there is a program: it runs, or is what is shown and compiled */
	struct nf_prog prog; /* of all rules */
	struct nf_prog list; /* of a cut: rule after rule, each ends in output 1 (yes) or 0 */
	int32_t *start;      /* of a cut: where each rule begins in list; start[nb]: the end */
	int32_t *out;        /* of each rule */
	int16_t *to;         /* the same as nf_each_fn returns it; to[nb]: no rule wants it */
	uint32_t nb;
	struct nf_lane_set lanes;
	struct nf_cut cut;   /* for nearly all packets: whole, with all bytes that rules ask for */
	struct nf_cut other; /* for fragments and short packets */
	bool *used;          /* of each rule: some packet may find it */
};

#define NF_RULESET_DROP NF_DROP(0) /* what no rule wants, and what one wants dropped */

/* Lists up to so many rules and steps have a program. */
#define NF_RULESET_PROG_RULES 24
#define NF_RULESET_PROG_STEPS 160
/* Programs up to so many steps run; longer ones are slower than a cut, which costs always the same. Keys
 * of other packets than IP's are slower to make. */
#define NF_RULESET_RUN_STEPS 2
#define NF_RULESET_RUN_DATA  16
/* Most rules of a list. */
#define NF_RULESET_RULES_MAX 1000000u

enum nf_ruleset_kind { NF_RULESET_ANY, NF_RULESET_PROG, NF_RULESET_CUT };

/*
 * outs[i]: the output of rule i, or NF_PROG_DROP. `kind`: ANY but in tests. -ENOMEM, -E2BIG: too many
 * rules. Owner: r stays the caller's, and is not needed any more.
 */
int nf_ruleset_make(struct nf_ruleset *s, const struct nf_rules *r, const uint32_t roots[],
	const int32_t outs[], uint32_t nb, enum nf_ruleset_kind kind) UK_MUST_USE;
void nf_ruleset_free(struct nf_ruleset *s);

/* to[i] is the output of v[i], or NF_RULESET_DROP. n <= UK_BURST_MAX. Cost: some 10 to 60 cycles each. */
void nf_ruleset_run(
	const struct nf_ruleset *s, struct uk_netbuf *const v[] UK_LENDS, int16_t to[], unsigned n);
/* The same for one packet. */
int nf_ruleset_one(const struct nf_ruleset *s, const struct uk_netbuf *p UK_LENDS);

/* True: no packet goes to that output. */
bool nf_ruleset_is_unused(const struct nf_ruleset *s, int32_t out);
/* The program as Click shows it; of long lists as it was before it is optimised. */
void nf_ruleset_program(const struct nf_ruleset *s, struct nf_text *out);

#endif
