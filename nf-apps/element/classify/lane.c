/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/element/classify/lane.h"

#define LANE_FAR     (1 << 20) /* no packet is so long */
#define LANE_COUNTED 64        /* half words that may become lanes */

struct lane_count {
	struct nf_lane_word word;
	uint16_t mask;
	uint32_t nb;
};

struct lane_counts {
	struct lane_count v[LANE_COUNTED];
	unsigned nb;
};

#define LANE_USUAL 6

static const struct nf_lane_word lane_usual[LANE_USUAL] = { { NF_RULE_NET, 12 },
	{ NF_RULE_NET, 14 }, { NF_RULE_NET, 16 }, { NF_RULE_NET, 18 }, { NF_RULE_TRANSP, 0 },
	{ NF_RULE_TRANSP, 2 } };

/* Only what nearly each packet has may be a lane: a packet without it is a slow one. */
static const uint16_t lane_room[NF_RULE_BASES] = { [NF_RULE_MAC] = NF_LANE_MAC_BYTES,
	[NF_RULE_NET] = sizeof(struct nf_ip4),
	[NF_RULE_TRANSP] = NF_LANE_BYTES,
	[NF_RULE_DATA] = NF_LANE_BYTES };

static bool lane_same(struct nf_lane_word a, struct nf_lane_word b)
{
	return a.base == b.base && a.off == b.off;
}

/* One test more that looks at these bits of a half word. */
static void lane_count(struct lane_counts *c, unsigned base, unsigned off, unsigned mask)
{
	struct nf_lane_word w = { (uint8_t)base, (uint16_t)off };
	unsigned i = 0;

	if (mask == 0 || off + 2 > lane_room[base])
		return;
	while (i < c->nb && !lane_same(c->v[i].word, w))
		i++;
	if (i == LANE_COUNTED)
		return;
	if (i == c->nb)
		c->v[c->nb++] = (struct lane_count){ .word = w };
	c->v[i].mask |= (uint16_t)mask;
	c->v[i].nb++;
}

/* Bits that another lane than those of half words tells. */
static uint32_t lane_special(const struct nf_rule_node *n)
{
	if (n->base != NF_RULE_NET)
		return 0;
	if (n->off == 8)
		return 0x00ff0000; /* protocol */
	if (n->off == 4 && n->op == NF_RULE_EQ && n->value == 0 &&
		(n->mask == NF_IP_OFFSET || n->mask == (NF_IP_OFFSET | NF_IP_MF)))
		return n->mask;
	return 0;
}

static void lane_count_all(struct lane_counts *c, const struct nf_rules *r)
{
	for (uint32_t i = 0; i < r->nb; i++) {
		const struct nf_rule_node *n = &r->v[i];
		uint32_t mask = n->mask & ~lane_special(n);

		if (n->op != NF_RULE_EQ && n->op != NF_RULE_GT)
			continue;
		lane_count(c, n->base, n->off, mask >> 16);
		lane_count(c, n->base, n->off + 2u, mask & 0xffff);
	}
}

static bool lane_before(const struct lane_count *a, const struct lane_count *b)
{
	if (a->nb != b->nb)
		return a->nb > b->nb;
	return (a->word.base << 16 | a->word.off) < (b->word.base << 16 | b->word.off);
}

/* The most wanted ones first; of equals, those that the packet has first. */
static void lane_order(struct lane_counts *c)
{
	for (unsigned i = 1; i < c->nb; i++) {
		struct lane_count x = c->v[i];
		unsigned k = i;

		for (; k > 0 && lane_before(&x, &c->v[k - 1]); k--)
			c->v[k] = c->v[k - 1];
		c->v[k] = x;
	}
}

int nf_lane_find(const struct nf_lane_set *s, unsigned base, unsigned off)
{
	struct nf_lane_word w = { (uint8_t)base, (uint16_t)off };

	for (int i = 0; i < NF_LANE_WORDS; i++) {
		if (s->is_used[i] && lane_same(s->word[i], w))
			return i < LANE_USUAL ? i : NF_LANE_EXTRA;
	}
	return -1;
}

static int lane_usual_place(struct nf_lane_word w)
{
	for (int i = 0; i < LANE_USUAL; i++) {
		if (lane_same(lane_usual[i], w))
			return i;
	}
	return -1;
}

static void lane_put(struct nf_lane_set *s, unsigned at, const struct lane_count *c)
{
	s->word[at] = c->word;
	s->is_used[at] = true;
	s->mask.v[at < LANE_USUAL ? at : NF_LANE_LAST] = c->mask;
}

/* The most wanted half words: in the usual order, if at most one of them has no place there. */
static void lane_place(struct nf_lane_set *s, const struct lane_counts *c)
{
	unsigned nb = c->nb < NF_LANE_WORDS ? c->nb : NF_LANE_WORDS, nb_odd = 0;

	s->usual = !s->is_data;
	for (unsigned i = 0; i < nb; i++) {
		nb_odd += lane_usual_place(c->v[i].word) < 0;
		s->usual &= nb_odd <= 1 && c->v[i].word.base != NF_RULE_MAC;
	}
	if (s->usual)
		memcpy(s->word, lane_usual, sizeof(lane_usual));
	for (unsigned i = 0; i < nb; i++) {
		int at = s->usual ? lane_usual_place(c->v[i].word) : (int)i;

		lane_put(s, at < 0 ? LANE_USUAL : (unsigned)at, &c->v[i]);
	}
	s->mask.v[NF_LANE_PROTO] = 0xffff;
}

/* All lengths that tests on lanes need, sorted; what finds no room is not told apart. */
static void lane_needs(struct nf_lane_set *s, const struct nf_rules *r)
{
	for (uint32_t i = 0; i < r->nb; i++) {
		const struct nf_rule_node *n = &r->v[i];
		unsigned k = s->nb_needs;

		if ((n->base != NF_RULE_TRANSP && n->base != NF_RULE_DATA) || n->need == 0 ||
			n->need >= NF_LANE_BYTES || nf_lane_need(s, n->need) != 0 ||
			s->nb_needs == NF_LANE_NEEDS ||
			(nf_lane_find(s, n->base, n->off) < 0 &&
				nf_lane_find(s, n->base, n->off + 2u) < 0))
			continue;
		for (; k > 0 && s->need[k - 1] > n->need; k--)
			s->need[k] = s->need[k - 1];
		s->need[k] = n->need;
		s->nb_needs++;
	}
	for (unsigned len = 0; len < NF_LANE_BYTES; len++) {
		while (s->reached[len] < s->nb_needs && s->need[s->reached[len]] <= len)
			s->reached[len]++;
	}
}

unsigned nf_lane_need(const struct nf_lane_set *s, unsigned need)
{
	for (unsigned i = 0; i < s->nb_needs; i++) {
		if (s->need[i] == need)
			return i + 1;
	}
	return 0;
}

/* Where the unused lanes read something, and what nearly all packets have. */
static void lane_all(struct nf_lane_set *s)
{
	int32_t *behind = &s->all[s->is_data ? NF_RULE_DATA : NF_RULE_TRANSP];

	for (unsigned b = 0; b < NF_RULE_BASES; b++)
		s->all[b] = s->least[b] > 0 ? (int32_t)s->least[b] : -LANE_FAR;
	for (unsigned i = 0; i < NF_LANE_WORDS; i++) {
		int32_t *all;

		if (!s->is_used[i] && (!s->usual || i == LANE_USUAL))
			s->word[i] =
				(struct nf_lane_word){ s->is_data ? NF_RULE_DATA : NF_RULE_NET, 0 };
		all = &s->all[s->word[i].base];
		*all = s->word[i].off + 2 > *all ? s->word[i].off + 2 : *all;
		if (s->word[i].base == NF_RULE_MAC) {
			s->least[NF_RULE_MAC] = s->all[NF_RULE_MAC] = NF_LANE_MAC_BYTES;
			s->before_mac = 2;
		}
	}
	if (s->nb_needs > 0 && s->need[s->nb_needs - 1] > *behind)
		*behind = s->need[s->nb_needs - 1];
	s->longest = s->all[NF_RULE_TRANSP];
}

void nf_lane_choose(struct nf_lane_set *s, const struct nf_rules *r)
{
	struct lane_counts c = { .nb = 0 };

	*s = (struct nf_lane_set){ 0 };
	for (uint32_t i = 0; i < r->nb; i++)
		s->is_data |= r->v[i].need != 0 && r->v[i].base == NF_RULE_DATA;
	lane_count_all(&c, r);
	lane_order(&c);
	lane_place(s, &c);
	if (!s->is_data)
		s->least[NF_RULE_NET] = sizeof(struct nf_ip4);
	lane_needs(s, r);
	lane_all(s);
}

static uint16_t lane_half(const struct nf_rule_view *v, struct nf_lane_word w)
{
	uint32_t have = v->len[w.base];
	unsigned x = 0;

	if (have > w.off)
		x = (unsigned)v->at[w.base][w.off] << 8;
	if (have > w.off + 1u)
		x |= v->at[w.base][w.off + 1];
	return (uint16_t)x;
}

static unsigned lane_state(const struct nf_lane_set *s, const struct nf_rule_view *v)
{
	uint32_t len = v->len[s->is_data ? NF_RULE_DATA : NF_RULE_TRANSP];
	unsigned reached = s->reached[len < NF_LANE_BYTES ? len : NF_LANE_BYTES - 1], off;

	if (s->is_data)
		return nf_lane_whole(s, reached);
	off = nf_inet_get16(v->at[NF_RULE_NET] + 6);
	if ((off & NF_IP_OFFSET) != 0)
		return nf_lane_later(s);
	return (off & NF_IP_MF) != 0 ? nf_lane_first(s, reached) : nf_lane_whole(s, reached);
}

bool nf_lane_key(const struct nf_lane_set *s, const struct nf_rule_view *v, struct nf_lane_key *k)
{
	for (unsigned b = 0; b < NF_RULE_BASES; b++) {
		if (v->len[b] < s->least[b])
			return false;
	}
	for (unsigned i = 0; i < LANE_USUAL; i++)
		k->v[i] = lane_half(v, s->word[i]) & s->mask.v[i];
	k->v[NF_LANE_PROTO] = s->is_data ? 0 : v->at[NF_RULE_NET][9];
	k->v[NF_LANE_LAST] = (uint16_t)lane_state(s, v);
	return true;
}
