/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mg
 */
#include "nf-apps/kvs/meta.h"

/* On a miss with N: an item without a value, which the client has won to fill. */
static struct nf_item *meta_get_vivify(struct nf_session *s, const struct nf_meta *m)
{
	struct nf_item *it = nf_store_alloc(s->k->store, m->key.p, m->key.len, 0, s->k->now);

	if (it == NULL)
		return NULL;
	it->flags8 = m->binary_key ? NF_ITEM_BINARY_KEY : 0;
	nf_store_link(s->k->store, m->key.hash, it, NULL, s->k->now);
	return it;
}

static void meta_get_flag(
	struct nf_session *s, const struct nf_word *w, struct nf_item *it, const struct nf_meta *m)
{
	struct nf_reply *r = s->reply;

	switch (w->p[0]) {
	case 'T':
		it->expires = m->ttl;
		break;
	case 'N': /* a t before it still sees no end */
		if (m->created)
			it->expires = m->vivify_ttl;
		break;
	case 's':
		nf_meta_reply_number(r, 's', it->value_len);
		break;
	case 't':
		nf_meta_reply_ttl(s, it);
		break;
	case 'c':
		nf_meta_reply_number(r, 'c', it->cas);
		break;
	case 'f':
		nf_meta_reply_number(r, 'f', it->client_flags);
		break;
	case 'l':
		nf_meta_reply_number(r, 'l', s->k->now - it->accessed);
		break;
	case 'h':
		nf_meta_reply_number(r, 'h', it->flags8 & NF_ITEM_FETCHED ? 1 : 0);
		break;
	case 'k':
		nf_meta_reply_key(r, nf_item_key(it), it->key_len, it->flags8 & NF_ITEM_BINARY_KEY);
		break;
	case 'O':
		nf_meta_reply_same(r, w, m);
		break;
	}
}

/* Who refreshes a stale item, or one that is about to end, is told W once; the others Z. */
static void meta_get_win(
	struct nf_session *s, struct nf_item *it, const struct nf_meta *m, uint32_t expires)
{
	bool sent = it->flags8 & NF_ITEM_WON;
	bool won = m->created ||
		   (m->recache && !sent && expires != NF_STORE_NEVER && expires < m->recache_ttl);

	if (sent)
		nf_reply_put(s->reply, " Z", 2);
	if (it->flags8 & NF_ITEM_STALE) {
		nf_reply_put(s->reply, " X", 2);
		won = won || !sent;
	}
	if (won) {
		nf_reply_put(s->reply, " W", 2);
		it->flags8 |= NF_ITEM_WON;
	}
}

static void meta_get_miss(
	struct nf_session *s, const struct nf_words *words, const struct nf_meta *m)
{
	s->k->n.cmd_get++;
	s->k->n.get_misses++;
	if (m->quiet)
		return;
	nf_reply_put(s->reply, "EN", 2);
	for (unsigned i = 2; i < words->n; i++)
		nf_meta_reply_same(s->reply, &words->w[i], m);
	nf_reply_put(s->reply, "\r\n", 2);
}

static void meta_get_hit(struct nf_session *s, const struct nf_words *words,
	const struct nf_meta *m, struct nf_item *it)
{
	uint32_t expires = it->expires;

	if (m->value) {
		nf_reply_put(s->reply, "VA ", 3);
		nf_reply_number(s->reply, it->value_len);
	} else {
		nf_reply_put(s->reply, "HD", 2);
	}
	for (unsigned i = 2; i < words->n; i++) {
		/* R looks at the expiry of its place in the line */
		if (words->w[i].p[0] == 'R')
			expires = it->expires;
		meta_get_flag(s, &words->w[i], it, m);
	}
	meta_get_win(s, it, m, expires);
	nf_reply_put(s->reply, "\r\n", 2);
	if (m->value) {
		s->reply->value(s->reply, it);
		nf_reply_put(s->reply, "\r\n", 2);
	}
}

void nf_meta_get(struct nf_session *s, const struct nf_words *words)
{
	struct nf_item *it;
	struct nf_meta m;

	if (!nf_meta_parse(s, words, 2, &m)) {
		nf_session_error(s, m.error);
		return;
	}
	it = nf_op_peek(s->k, &m.key);
	if (it == NULL && m.vivify) {
		it = meta_get_vivify(s, &m);
		m.created = it != NULL;
	}
	if (it == NULL) {
		meta_get_miss(s, words, &m);
		return;
	}
	meta_get_hit(s, words, &m, it);
	if (!m.no_bump)
		nf_op_used(s->k, it);
	*(m.has_ttl ? &s->k->n.cmd_touch : &s->k->n.cmd_get) += 1;
	*(m.has_ttl ? &s->k->n.touch_hits : &s->k->n.get_hits) += 1;
}
