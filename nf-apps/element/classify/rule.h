/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a classifier's rules say, as trees: tests of packet words under "and", "or", "not" and
 * "if". Patterns are read into this form (pattern.h, ipexpr.h), and what runs on packets is made
 * out of it (prog.h, cut.h). nf_rule_eval says what a tree means; everything else has to agree.
 *
 * A test looks at four bytes of a header, as one number, first byte highest. A packet that ends
 * before the last byte that a test is about does not pass it, and neither does it pass the opposite
 * ("port != 80"); but it passes "not (port 80)". So each test knows what it says of short packets.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_CLASSIFY_RULE_H
#define SLUICE_NF_APPS_ELEMENT_CLASSIFY_RULE_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

enum nf_rule_base {
	NF_RULE_MAC, /* from two bytes before the Ethernet header on: so its words are aligned */
	NF_RULE_NET,
	NF_RULE_TRANSP,
	NF_RULE_DATA, /* the packet's first byte */
	NF_RULE_BASES,
};

/* Where a packet's headers are, and how many of its bytes lie behind that place. */
struct nf_rule_view {
	const uint8_t *at[NF_RULE_BASES];
	uint32_t len[NF_RULE_BASES];
};

enum nf_rule_op {
	NF_RULE_TRUE,
	NF_RULE_EQ, /* (word & mask) == value */
	NF_RULE_GT, /* (word & mask) > value */
	NF_RULE_AND,
	NF_RULE_OR,
	NF_RULE_NOT,
	NF_RULE_COND, /* if first then second else third */
};

#define NF_RULE_NONE UINT32_MAX

struct nf_rule_node {
	uint8_t op;
	uint8_t base;
	bool short_yes; /* what the test says of a packet that has not all of `need` */
	uint16_t off;   /* of the word, from base */
	uint16_t need;  /* bytes from base on that the test is about */
	uint32_t mask, value;
	uint32_t first, last, next; /* children; the next child of the same parent */
};

/* Trees of any number of rules. All zero is empty. Once memory was short, `failed` stays set. */
struct nf_rules {
	struct nf_rule_node *v;
	uint32_t nb, room;
	bool failed;
};

/* Each returns the new node; 0 (a valid one) if memory was short. */
uint32_t nf_rule_true(struct nf_rules *r);
uint32_t nf_rule_false(struct nf_rules *r);
uint32_t nf_rule_eq(struct nf_rules *r, unsigned base, unsigned off, uint32_t mask, uint32_t value);
/* Bits of value outside of mask count: (word & 0xf0) > 0x1f is (word & 0xf0) > 0x10. */
uint32_t nf_rule_gt(struct nf_rules *r, unsigned base, unsigned off, uint32_t mask, uint32_t value);
uint32_t nf_rule_group(struct nf_rules *r, unsigned op);
uint32_t nf_rule_not(struct nf_rules *r, uint32_t child);
/* "not", where short packets are to go on failing. */
uint32_t nf_rule_opposite(struct nf_rules *r, uint32_t child);
/* Makes one test of a subtree, as far as short packets go: they are short for all of it, or none. */
void nf_rule_unite(struct nf_rules *r, uint32_t id);
/* Appends a child; each node has one parent at most. */
void nf_rule_add(struct nf_rules *r, uint32_t group, uint32_t child);
void nf_rule_free(struct nf_rules *r);

UK_INLINE uint32_t nf_rule_word(const uint8_t *p)
{
	uint32_t w;

	__builtin_memcpy(&w, p, sizeof(w));
	return __builtin_bswap32(w);
}

/* What the tree says of a packet; slow and plain. */
bool nf_rule_eval(const struct nf_rules *r, uint32_t root, const struct nf_rule_view *v);

#endif
