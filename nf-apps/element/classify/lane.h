/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What long lists of rules are sorted by: eight numbers of 16 bits per packet, its key. Six are the
 * half words of the headers that the rules ask for most (addresses and ports, if it is a usual
 * list), the seventh is the IP protocol, and the last says which headers there are: whether it is a
 * fragment, and how many bytes follow the IP header. A rule becomes boxes, ranges of keys.
 *
 * A box may say less than its rule, never more: then it is not `exact`, and for a packet in it the
 * rule itself has to be asked. Packets with less than `least` bytes have no key.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_CLASSIFY_LANE_H
#define SLUICE_NF_APPS_ELEMENT_CLASSIFY_LANE_H

#include "nf-apps/element/classify/rule.h"

#define NF_LANE_WORDS 6
#define NF_LANE_PROTO 6
#define NF_LANE_STATE 7
#define NF_LANES      8

struct nf_lane_key {
	uint16_t v[NF_LANES];
} UK_ALIGNED(16);

struct nf_lane_word {
	uint8_t base;
	uint16_t off;
};

#define NF_LANE_MAC_BYTES 16 /* two before the Ethernet header, and this */

#define NF_LANE_NEEDS 16  /* different lengths that rules ask for */
#define NF_LANE_BYTES 128 /* longer ones are not told apart */

struct nf_lane_set {
	struct nf_lane_key mask; /* the bits that any rule looks at */
	struct nf_lane_word word[NF_LANE_WORDS];
	uint32_t nb_words;
	bool usual;   /* addresses and ports in the first six, in the packet's order */
	bool is_data; /* rules on NF_RULE_DATA: there is no protocol and no fragment */
	uint32_t least[NF_RULE_BASES];
	/* Nearly all packets: their state, alone in a key; what they have in bytes, less than any packet
	 * for headers where no lane is; the same behind the IP header if the lanes are usual. */
	struct nf_lane_key whole;
	int32_t all[NF_RULE_BASES], longest;
	uint16_t before_mac; /* 2 if NF_RULE_MAC has lanes, else 0 */
	/* Lengths behind the IP header (or of all, if is_data) that make a difference, rising, and
	 * how many of them a length reaches. */
	uint16_t need[NF_LANE_NEEDS];
	uint32_t nb_needs;
	uint8_t reached[NF_LANE_BYTES];
};

/* States: n reached in a whole packet; in a first fragment; a later fragment. So what rules ask for
 * ("not a fragment", "first fragment", "reaches n") are ranges of numbers. */
UK_INLINE unsigned nf_lane_whole(const struct nf_lane_set *s, unsigned reached)
{
	return reached;
}

UK_INLINE unsigned nf_lane_first(const struct nf_lane_set *s, unsigned reached)
{
	return 2 * s->nb_needs + 1 - reached;
}

UK_INLINE unsigned nf_lane_later(const struct nf_lane_set *s)
{
	return 2 * s->nb_needs + 2;
}

/* Which lanes are best for these rules. */
void nf_lane_choose(struct nf_lane_set *s, const struct nf_rules *r);
/* The lane of the half word at base + off, -1: none. */
int nf_lane_find(const struct nf_lane_set *s, unsigned base, unsigned off);
/* How many needs are up to this one, 0: it is none of them. */
unsigned nf_lane_need(const struct nf_lane_set *s, unsigned need);

/* The packet's key; false: it has none. */
bool nf_lane_key(const struct nf_lane_set *s, const struct nf_rule_view *v, struct nf_lane_key *k);

struct nf_lane_box {
	uint16_t lo[NF_LANES], hi[NF_LANES];
	uint32_t rule;
	bool exact;
};

struct nf_lane_boxes {
	struct nf_lane_box *v;
	uint32_t nb, room;
	bool failed; /* out of memory */
};

/* At most so many boxes are made of a rule; one that needs more gets fewer that are not exact. */
#define NF_LANE_BOXES_MAX 64

/* Adds the boxes of tree `root`, under number `rule`. */
void nf_lane_boxes(struct nf_lane_boxes *b, const struct nf_lane_set *s, const struct nf_rules *r,
	uint32_t root, uint32_t rule);
void nf_lane_boxes_free(struct nf_lane_boxes *b);

#endif
