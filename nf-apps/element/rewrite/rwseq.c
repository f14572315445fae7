/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/rewrite/rwseq.h"

#define RWSEQ_FAR  (1u << 30)
#define RWSEQ_NOP  1u
#define RWSEQ_SACK 5u

/* a at or behind b (RFC 9293, 3.4) */
static bool rwseq_reached(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) >= 0;
}

int32_t nf_rwseq_delta(const struct nf_rwseq *s, unsigned dir)
{
	const struct nf_rwseq_way *w = &s->way[dir];

	return w->nb > 0 ? w->step[w->nb - 1].delta : w->before;
}

static void rwseq_drop_first(struct nf_rwseq_way *w)
{
	w->before = w->step[0].delta;
	w->nb--;
	memmove(&w->step[0], &w->step[1], w->nb * sizeof(w->step[0]));
}

bool nf_rwseq_add(struct nf_rwseq *s, unsigned dir, uint32_t trigger, int32_t delta)
{
	struct nf_rwseq_way *w = &s->way[dir];
	int32_t sum;

	if (w->nb > 0 && !rwseq_reached(trigger, w->step[w->nb - 1].trigger))
		return false;
	if (w->nb > 0 && trigger == w->step[w->nb - 1].trigger)
		w->nb--; /* sent again: not once more */
	sum = nf_rwseq_delta(s, dir) + delta;
	if (w->nb == NF_RWSEQ_STEPS)
		rwseq_drop_first(w);
	w->step[w->nb].trigger = trigger;
	w->step[w->nb++].delta = sum;
	return true;
}

void nf_rwseq_age(struct nf_rwseq *s, unsigned dir, uint32_t seq)
{
	struct nf_rwseq_way *w = &s->way[dir];

	while (w->nb > 0 && rwseq_reached(seq, w->step[0].trigger + RWSEQ_FAR))
		rwseq_drop_first(w);
}

uint32_t nf_rwseq_seq(const struct nf_rwseq *s, unsigned dir, uint32_t seq)
{
	const struct nf_rwseq_way *w = &s->way[dir];

	for (uint32_t i = w->nb; i-- > 0;) {
		if (rwseq_reached(seq, w->step[i].trigger))
			return seq + (uint32_t)w->step[i].delta;
	}
	return seq + (uint32_t)w->before;
}

uint32_t nf_rwseq_ack(const struct nf_rwseq *s, unsigned dir, uint32_t ack)
{
	const struct nf_rwseq_way *w = &s->way[!dir];

	for (uint32_t i = w->nb; i-- > 0;) {
		uint32_t was = ack - (uint32_t)w->step[i].delta;

		if (rwseq_reached(was, w->step[i].trigger))
			return was;
	}
	return ack - (uint32_t)w->before;
}

/* Changes a number anywhere in the segment; words of the checksum start at even offsets. */
static void rwseq_put(struct nf_tcp *tcp, uint8_t *at, uint32_t v)
{
	uint8_t *from = (uint8_t *)tcp + (((uint32_t)(at - (uint8_t *)tcp)) & ~1u);
	uint16_t was[3] = { 0 }, is[3] = { 0 };
	uint32_t nb = at == from ? 4 : 6;

	memcpy(was, from, nb);
	nf_inet_put32(at, v);
	memcpy(is, from, nb);
	for (unsigned i = 0; i < 3; i++)
		tcp->csum = nf_inet_csum_adjust16(tcp->csum, was[i], is[i]);
}

static void rwseq_sack(const struct nf_rwseq *s, unsigned dir, struct nf_tcp *tcp, uint8_t *opt)
{
	for (unsigned i = 2; i + 4 <= opt[1]; i += 4)
		rwseq_put(tcp, opt + i, nf_rwseq_ack(s, dir, nf_inet_get32(opt + i)));
}

/* Options lie in opt[0..len). A block at an odd place may share a word with the byte behind the
 * options, which is inside of the header's 4-byte units. */
static void rwseq_options(
	const struct nf_rwseq *s, unsigned dir, struct nf_tcp *tcp, uint8_t *opt, uint32_t len)
{
	while (len > 0 && *opt != 0) {
		uint32_t this = *opt == RWSEQ_NOP ? 1 : len >= 2 ? opt[1] : 0;

		if (this == 0 || this > len || (*opt != RWSEQ_NOP && this < 2))
			return;
		if (*opt == RWSEQ_SACK && this % 8 == 2)
			rwseq_sack(s, dir, tcp, opt);
		opt += this;
		len -= this;
	}
}

static bool rwseq_moves(const struct nf_rwseq_way *w)
{
	return w->nb > 0 || w->before != 0;
}

void nf_rwseq_apply(struct nf_rwseq *s, unsigned dir, struct nf_tcp *tcp, uint32_t len)
{
	uint32_t hlen = (tcp->off >> 4) * 4u, seq = nf_inet_ntoh32(tcp->seq);

	if (hlen < sizeof(*tcp) || hlen > len)
		return;
	nf_rwseq_age(s, dir, seq);
	if (rwseq_moves(&s->way[dir]))
		rwseq_put(tcp, (uint8_t *)&tcp->seq, nf_rwseq_seq(s, dir, seq));
	if (!rwseq_moves(&s->way[!dir]))
		return;
	rwseq_put(tcp, (uint8_t *)&tcp->ack, nf_rwseq_ack(s, dir, nf_inet_ntoh32(tcp->ack)));
	rwseq_options(s, dir, tcp, (uint8_t *)(tcp + 1), hlen - (uint32_t)sizeof(*tcp));
}
