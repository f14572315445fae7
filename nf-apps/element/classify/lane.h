/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What long lists of rules are sorted by: eight numbers of 16 bits per packet, its key. Six are the
 * half words of the headers that the rules ask for most (addresses and ports, if it is a usual
 * list), the seventh is the IP protocol. For nearly all packets, which are whole and have all bytes
 * that the rules ask for, the last is one half word more (flags of TCP, for instance); for all
 * others it says what kind of packet it is: whether it is a fragment, and how many bytes follow
 * the IP header. A rule becomes boxes, ranges of all nine numbers; of these, lists for the one and
 * the other kind of keys are made.
 *
 * A box may say less than its rule, never more: then it is not `exact`, and for a packet in it the
 * rule itself has to be asked. Packets with less than `least` bytes have no key.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_CLASSIFY_LANE_H
#define SLUICE_NF_APPS_ELEMENT_CLASSIFY_LANE_H

#include "nf-apps/element/classify/rule.h"

#define NF_LANE_PROTO 6
#define NF_LANE_LAST  7
#define NF_LANES      8 /* of a key */
#define NF_LANE_STATE 7 /* of a box */
#define NF_LANE_EXTRA 8
#define NF_LANES_BOX  9

#define NF_LANE_WORDS 7 /* the first six lanes, and the extra one */

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
	struct nf_lane_key mask; /* the bits that any rule looks at; the last: of the extra lane */
	struct nf_lane_word word[NF_LANE_WORDS];
	bool is_used[NF_LANE_WORDS]; /* others are only something that can be read */
	bool usual;   /* addresses and ports are the first six, in the packet's order */
	bool is_data; /* rules on NF_RULE_DATA: there is no protocol and no fragment */
	uint32_t least[NF_RULE_BASES];
	/* What nearly all packets have in bytes; less than any packet for headers where no lane is; the
	 * same behind the IP header if the lanes are usual. */
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

/* The packet's key, with its state in the last lane; false: it has none. */
bool nf_lane_key(const struct nf_lane_set *s, const struct nf_rule_view *v, struct nf_lane_key *k);

struct nf_lane_box {
	uint16_t lo[NF_LANES_BOX], hi[NF_LANES_BOX]; /* cuts look at the first NF_LANES */
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
/* The boxes for keys of nearly all packets, and those for keys with a state, as copies. */
void nf_lane_boxes_whole(
	struct nf_lane_boxes *to, const struct nf_lane_boxes *from, const struct nf_lane_set *s);
void nf_lane_boxes_state(struct nf_lane_boxes *to, const struct nf_lane_boxes *from);
void nf_lane_boxes_free(struct nf_lane_boxes *b);

#endif
