/* SPDX-License-Identifier: BSD-3-Clause */
#include <emmintrin.h>
#include <string.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/element/classify/ruleset.h"

/* Where a header is, and the bytes from there to the packet's end. It may lie before the data. */
UK_INLINE void run_header(struct nf_rule_view *v, unsigned base, const struct uk_netbuf *p,
	uint16_t off, uint16_t back)
{
	const uint8_t *at = p->buf + off - back, *end = p->data + p->len;
	bool there = off != UK_NETBUF_NO_OFF && off >= back && at < end;

	v->at[base] = at;
	v->len[base] = there ? (uint32_t)(end - at) : 0;
}

UK_INLINE void run_view(const struct uk_netbuf *p, struct nf_rule_view *v)
{
	v->at[NF_RULE_DATA] = p->data;
	v->len[NF_RULE_DATA] = p->len;
	run_header(v, NF_RULE_NET, p, p->l3_off, 0);
	run_header(v, NF_RULE_TRANSP, p, p->l4_off, 0);
	run_header(v, NF_RULE_MAC, p, p->l2_off, 2);
}

static int run_to(int32_t out)
{
	return out == NF_PROG_DROP ? NF_RULESET_DROP : (int)out;
}

/* Rule after rule, for packets that have no key. */
static int run_list(const struct nf_ruleset *s, const struct nf_rule_view *v)
{
	if (s->has_prog)
		return run_to(nf_prog_run_short(&s->prog, s->prog.start, v));
	for (uint32_t i = 0; i < s->nb; i++) {
		if (nf_prog_run_short(&s->list, s->start[i], v) == 1)
			return s->to[i];
	}
	return NF_RULESET_DROP;
}

UK_INLINE int run_prog(const struct nf_ruleset *s, const struct uk_netbuf *p)
{
	struct nf_rule_view v;

	run_view(p, &v);
	if (UK_LIKELY(nf_prog_is_safe(&s->prog, &v)))
		return run_to(nf_prog_run_safe(&s->prog, s->prog.start, v.at));
	return run_to(nf_prog_run_short(&s->prog, s->prog.start, &v));
}

/* The keys of a vector, and whose they are. */
struct run_keys {
	struct nf_lane_key key[UK_BURST_MAX];
	uint32_t rule[UK_BURST_MAX];
	uint8_t of[UK_BURST_MAX];
	const struct nf_ruleset *s;
	struct uk_netbuf *const *v;
};

static bool run_confirm(void *arg, unsigned i, uint32_t rule)
{
	const struct run_keys *k = arg;
	struct nf_rule_view v;

	run_view(k->v[k->of[i]], &v);
	return nf_prog_run_short(&k->s->list, k->s->start[rule], &v) == 1;
}

/* Swaps the bytes of the half words. */
UK_INLINE __m128i run_swap(__m128i x)
{
	return _mm_or_si128(_mm_slli_epi16(x, 8), _mm_srli_epi16(x, 8));
}

/*
 * The usual key: of a whole packet with addresses and ports where they usually are, and long enough for
 * all rules. False: it is not so. One branch: all reasons why not are signs of numbers.
 */
UK_INLINE bool run_usual_key(
	const struct nf_lane_set *l, const struct uk_netbuf *p, struct nf_lane_key *k)
{
	const uint8_t *net = p->buf + p->l3_off, *transp = p->buf + p->l4_off;
	int32_t end = (int32_t)(p->data - p->buf) + (int32_t)p->len;
	uint32_t ports;
	uint16_t off, extra;
	__m128i x;

	/* no room for an IP header or for ports, or so much that UK_NETBUF_NO_OFF has room */
	if (UK_UNLIKELY(((end - p->l3_off - (int32_t)sizeof(struct nf_ip4)) |
				(end - p->l4_off - l->longest) | (UK_NETBUF_NO_OFF - end)) < 0))
		return false;
	memcpy(&off, net + 6, sizeof(off));
	if (UK_UNLIKELY((off & nf_inet_hton16(NF_IP_MF | NF_IP_OFFSET)) != 0))
		return false;
	memcpy(&ports, transp, sizeof(ports));
	memcpy(&extra, (l->word[6].base == NF_RULE_NET ? net : transp) + l->word[6].off,
		sizeof(extra));
	x = _mm_unpacklo_epi32(_mm_cvtsi32_si128((int)ports), _mm_cvtsi32_si128(net[9] << 8));
	x = _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)(const void *)(net + 12)), x);
	x = _mm_insert_epi16(x, extra, NF_LANE_LAST);
	x = _mm_and_si128(run_swap(x), _mm_load_si128((const __m128i *)(const void *)&l->mask));
	_mm_store_si128((__m128i *)(void *)k, x);
	return true;
}

/* A half word of the packet as it lies there. */
UK_INLINE uint16_t run_word(
	const struct nf_lane_set *l, const uint8_t *const at[NF_RULE_BASES], unsigned i)
{
	uint16_t w;

	memcpy(&w, at[l->word[i].base] + l->word[i].off, sizeof(w));
	return w;
}

/* The same for any lanes. */
UK_INLINE bool run_words_key(
	const struct nf_lane_set *l, const struct uk_netbuf *p, struct nf_lane_key *k)
{
	int32_t end = (int32_t)(p->data - p->buf) + (int32_t)p->len;
	const uint8_t *const at[NF_RULE_BASES] = { p->buf + p->l2_off - 2, p->buf + p->l3_off,
		p->buf + p->l4_off, p->data };
	uint16_t off = 0;
	__m128i x = _mm_setzero_si128();

	if (UK_UNLIKELY(((end - p->l2_off + 2 - l->all[NF_RULE_MAC]) |
				(end - p->l3_off - l->all[NF_RULE_NET]) |
				(end - p->l4_off - l->all[NF_RULE_TRANSP]) |
				((int32_t)p->len - l->all[NF_RULE_DATA]) |
				(p->l2_off - l->before_mac) | (UK_NETBUF_NO_OFF - end)) < 0))
		return false;
	if (!l->is_data) {
		memcpy(&off, at[NF_RULE_NET] + 6, sizeof(off));
		x = _mm_insert_epi16(x, at[NF_RULE_NET][9] << 8, NF_LANE_PROTO);
	}
	if (UK_UNLIKELY((off & nf_inet_hton16(NF_IP_MF | NF_IP_OFFSET)) != 0))
		return false;
	x = _mm_insert_epi16(x, run_word(l, at, 0), 0);
	x = _mm_insert_epi16(x, run_word(l, at, 1), 1);
	x = _mm_insert_epi16(x, run_word(l, at, 2), 2);
	x = _mm_insert_epi16(x, run_word(l, at, 3), 3);
	x = _mm_insert_epi16(x, run_word(l, at, 4), 4);
	x = _mm_insert_epi16(x, run_word(l, at, 5), 5);
	x = _mm_insert_epi16(x, run_word(l, at, 6), NF_LANE_LAST);
	x = _mm_and_si128(run_swap(x), _mm_load_si128((const __m128i *)(const void *)&l->mask));
	_mm_store_si128((__m128i *)(void *)k, x);
	return true;
}

UK_INLINE bool run_key(
	const struct nf_lane_set *l, const struct uk_netbuf *p, struct nf_lane_key *k)
{
	return UK_LIKELY(l->usual ? run_usual_key(l, p, k) : run_words_key(l, p, k));
}

/* Packets of v[] that list[0..nb) names, one after the other: fragments, short ones, and such without
 * headers. */
static void run_others(const struct nf_ruleset *s, struct uk_netbuf *const v[], int16_t to[],
	const uint8_t list[], unsigned nb)
{
	struct run_keys k;
	unsigned n = 0;

	k.s = s;
	k.v = v;
	for (unsigned i = 0; i < nb; i++) {
		struct nf_rule_view view;

		run_view(v[list[i]], &view);
		k.of[n] = list[i];
		if (nf_lane_key(&s->lanes, &view, &k.key[n]))
			n++;
		else
			to[list[i]] = (int16_t)run_list(s, &view);
	}
	nf_cut_run(&s->other, k.key, k.rule, n, run_confirm, &k);
	for (unsigned i = 0; i < n; i++)
		to[k.of[i]] = s->to[k.rule[i]];
}

static void run_cut(
	const struct nf_ruleset *s, struct uk_netbuf *const v[], int16_t to[], unsigned n)
{
	struct run_keys k;
	uint8_t other[UK_BURST_MAX];
	unsigned nb = 0, nb_other = 0;

	k.s = s;
	k.v = v;
	for (unsigned i = 0; i < n; i++) {
		k.of[nb] = (uint8_t)i;
		if (run_key(&s->lanes, v[i], &k.key[nb]))
			nb++;
		else
			other[nb_other++] = (uint8_t)i;
	}
	nf_cut_run(&s->cut, k.key, k.rule, nb, run_confirm, &k);
	for (unsigned i = 0; i < nb; i++)
		to[k.of[i]] = s->to[k.rule[i]];
	if (UK_UNLIKELY(nb_other > 0))
		run_others(s, v, to, other, nb_other);
}

/* The rule of a key that is not in the first box of its leaf. */
static uint32_t run_flat_more(const struct nf_cut *c, const struct nf_lane_key *k)
{
	uint64_t w = nf_cut_child(c, c->root[0], k);
	uint32_t in = 0, nr = 0;

	while (in == 0 && nr + 1 < nf_cut_boxes(w))
		in = nf_cut_in(k, nf_cut_box(c, w, ++nr));
	return nf_cut_pick(nf_cut_rules(c, w, nr), in);
}

/* A flat cut: from the key to the output in one go, with no lists. */
static void run_flat(
	const struct nf_ruleset *s, struct uk_netbuf *const v[], int16_t to[], unsigned n)
{
	const struct nf_cut *c = &s->cut;
	const uint64_t root = c->root[0];
	struct nf_lane_key key[UK_BURST_MAX];
	uint8_t other[UK_BURST_MAX], more[UK_BURST_MAX];
	unsigned nb_other = 0, nb_more = 0;

	for (unsigned i = 0; i < n; i++) {
		if (run_key(&s->lanes, v[i], &key[i]))
			continue;
		memset(&key[i], 0, sizeof(key[i]));
		other[nb_other++] = (uint8_t)i;
	}
	for (unsigned i = 0; i < n; i++) {
		uint64_t w = nf_cut_child(c, root, &key[i]);
		uint32_t in = nf_cut_in(&key[i], nf_cut_box(c, w, 0));

		to[i] = s->to[nf_cut_pick(nf_cut_rules(c, w, 0), in)];
		more[nb_more] = (uint8_t)i;
		nb_more += (in ^ 1) & (nf_cut_boxes(w) != 1);
	}
	for (unsigned i = 0; i < nb_more; i++)
		to[more[i]] = s->to[run_flat_more(c, &key[more[i]])];
	if (UK_UNLIKELY(nb_other > 0))
		run_others(s, v, to, other, nb_other);
}

void nf_ruleset_run(
	const struct nf_ruleset *s, struct uk_netbuf *const v[], int16_t to[], unsigned n)
{
	if (s->is_cut && s->cut.is_flat) {
		run_flat(s, v, to, n);
		return;
	}
	if (s->is_cut) {
		run_cut(s, v, to, n);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		to[i] = (int16_t)run_prog(s, v[i]);
}

int nf_ruleset_one(const struct nf_ruleset *s, const struct uk_netbuf *p)
{
	struct uk_netbuf *v = (struct uk_netbuf *)(uintptr_t)p;
	struct run_keys k;
	uint8_t nr = 0;
	int16_t to;

	if (!s->is_cut)
		return run_prog(s, p);
	k.s = s;
	k.v = &v;
	k.of[0] = 0;
	if (run_key(&s->lanes, p, &k.key[0]))
		return s->to[nf_cut_run_one(&s->cut, &k.key[0], run_confirm, &k)];
	run_others(s, &v, &to, &nr, 1);
	return to;
}
