/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Classifier, IPClassifier and IPFilter have in common: the state of the element, how its arguments
 * become a rule set, its handlers, and its packets' way through.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_CLASSIFY_PATTERNS_H
#define SLUICE_NF_APPS_ELEMENT_CLASSIFY_PATTERNS_H

#include "nf-apps/click/handler.h"
#include "nf-apps/element/classify/ruleset.h"

enum nf_patterns_kind {
	NF_PATTERNS_HEX,    /* Classifier: hexpattern.h, one per output */
	NF_PATTERNS_IP,     /* IPClassifier: ipexpr.h, one per output */
	NF_PATTERNS_ACTION, /* IPFilter: an action before each */
};

/* The state of these elements. */
struct nf_patterns {
	struct nf_ruleset set;
	enum nf_patterns_kind kind;
	bool changed; /* by a handler: what a compiled configuration made of it does not hold */
	char **text;  /* the arguments */
	unsigned nb;
	struct nf_handler *handlers; /* pattern0, pattern1, ... */
	char *names;                 /* of these */
};

int nf_patterns_configure(struct nf_element *e, struct nf_args *a, enum nf_patterns_kind kind);
void nf_patterns_cleanup(struct nf_element *e);
void nf_patterns_push(
	struct nf_element *e, unsigned port, struct uk_netbuf *v[] UK_TAKES, uint16_t n);
int nf_patterns_each(struct nf_element *e, struct uk_netbuf *p);
/* Puts another argument in the place of number `nr`; if it is wrong, the old one stays. */
int nf_patterns_change(struct nf_element *e, unsigned nr, const char *value, struct nf_errors *errs)
	UK_MUST_USE;
/* patterns_handlers.c: program; pattern, with a number; pattern0, ... */
extern const struct nf_handler nf_patterns_handlers[];
int nf_patterns_handlers_make(struct nf_patterns *s) UK_MUST_USE;
const struct nf_handler *nf_patterns_own_handlers(const struct nf_element *e, const char *name);
/* For write_c; -E2BIG: the rules are too many, the element's own functions are faster. */
int nf_patterns_write_c(struct nf_element *e, const char *name, struct nf_text *out);

/* What the compiled functions are made of. */
UK_INLINE uint32_t nf_patterns_word(const uint8_t *p)
{
	uint32_t w;

	__builtin_memcpy(&w, p, sizeof(w));
	return w;
}

/* True if so many bytes lie behind a header's place, which is `off` less `back`. 0: none are needed. */
UK_INLINE bool nf_patterns_reaches(
	const struct uk_netbuf *p, uint16_t off, unsigned back, unsigned bytes)
{
	int64_t end = p->data + p->len - p->buf;

	return bytes == 0 || (off != UK_NETBUF_NO_OFF && off >= back &&
				     end - off + (int64_t)back >= (int64_t)bytes);
}

/* The same for all headers that rules look at, and for the packet. */
UK_INLINE bool nf_patterns_has(
	const struct uk_netbuf *p, unsigned mac, unsigned net, unsigned transp, unsigned data)
{
	return nf_patterns_reaches(p, p->l2_off, 2, mac) &&
	       nf_patterns_reaches(p, p->l3_off, 0, net) &&
	       nf_patterns_reaches(p, p->l4_off, 0, transp) && p->len >= data;
}

#endif
