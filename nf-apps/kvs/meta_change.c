/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * md and ma
 */
#include "nf-apps/kvs/meta.h"

/* Which of the errors is not told here. */
#define META_CHANGE_BAD "CLIENT_ERROR invalid or duplicate flag"

static bool meta_change_parse(struct nf_session *s, const struct nf_words *words, struct nf_meta *m)
{
	bool plain = words->w[1].len > NF_STORE_KEY_MAX || words->n > NF_META_WORDS_MAX;

	if (nf_meta_parse(s, words, 2, m))
		return true;
	if (!plain && strcmp(m->error, "CLIENT_ERROR opaque token too long") != 0)
		m->error = META_CHANGE_BAD;
	nf_session_error(s, m->error);
	return false;
}

static void meta_change_reply(struct nf_session *s, const char *code, const struct nf_words *words,
	const struct nf_meta *m)
{
	nf_reply_string(s->reply, code);
	for (unsigned i = 2; i < words->n; i++)
		nf_meta_reply_same(s->reply, &words->w[i], m);
	nf_reply_put(s->reply, "\r\n", 2);
}

/* md with I: it stays, marked, for one client to refresh. */
static void meta_delete_mark(struct nf_session *s, struct nf_item *it, const struct nf_meta *m)
{
	if (m->has_ttl)
		it->expires = m->ttl;
	it->flags8 = (uint8_t)((it->flags8 | NF_ITEM_STALE) & ~NF_ITEM_WON);
	nf_store_changed(s->k->store, it);
}

void nf_meta_delete(struct nf_session *s, const struct nf_words *words)
{
	enum nf_op_result result = NF_OP_OK;
	struct nf_item *it;
	struct nf_meta m;
	uint64_t cas;

	if (!meta_change_parse(s, words, &m))
		return;
	/* no item has 0 or the last one: "C0" matches none */
	cas = !m.has_cas ? 0 : m.cas == 0 ? UINT64_MAX : m.cas;
	it = m.stale ? nf_op_peek(s->k, &m.key) : NULL;
	if (it != NULL && (!m.has_cas || m.cas == it->cas))
		meta_delete_mark(s, it, &m);
	else
		result = nf_op_delete(s->k, &m.key, cas);
	if (result == NF_OP_OK && m.quiet)
		return;
	meta_change_reply(s,
		result == NF_OP_OK       ? "HD"
		: result == NF_OP_EXISTS ? "EX"
					 : "NF",
		words, &m);
}

static void meta_arithmetic_flag(
	struct nf_session *s, const struct nf_word *w, struct nf_item *it, const struct nf_meta *m)
{
	switch (w->p[0]) {
	case 'c':
		nf_meta_reply_number(s->reply, 'c', it->cas);
		break;
	case 't':
		nf_meta_reply_ttl(s, it);
		break;
	case 'T':
		it->expires = m->ttl;
		break;
	default:
		nf_meta_reply_same(s->reply, w, m);
	}
}

static void meta_arithmetic_done(struct nf_session *s, const struct nf_words *words,
	const struct nf_meta *m, struct nf_item *it, uint64_t v)
{
	uint8_t digits[NF_NUMBER_MAX];
	size_t len = (size_t)(nf_number_put(digits, v) - digits);

	if (m->value) {
		nf_reply_put(s->reply, "VA ", 3);
		nf_reply_number(s->reply, len);
	} else {
		nf_reply_put(s->reply, "HD", 2);
	}
	for (unsigned i = 2; i < words->n; i++)
		meta_arithmetic_flag(s, &words->w[i], it, m);
	nf_reply_put(s->reply, "\r\n", 2);
	if (m->value) {
		nf_reply_put(s->reply, digits, len);
		nf_reply_put(s->reply, "\r\n", 2);
	}
}

static void meta_arithmetic_run(
	struct nf_session *s, const struct nf_words *words, struct nf_meta *m, bool incr)
{
	enum nf_op_result result;
	struct nf_item *it;
	bool created = false;
	uint64_t v;

	result = nf_op_delta(s->k, &m->key, incr, m->delta, m->has_cas ? m->cas : 0, &v, &it);
	if (result == NF_OP_NOT_FOUND && m->vivify) {
		result = nf_op_number(s->k, &m->key, m->initial, m->vivify_ttl, &it);
		v = m->initial;
		created = true;
		if (result == NF_OP_OK && m->binary_key)
			it->flags8 |= NF_ITEM_BINARY_KEY;
	}
	switch (result) {
	case NF_OP_OK:
		if (m->quiet && !created) {
			if (m->has_ttl)
				it->expires = m->ttl;
			return;
		}
		meta_arithmetic_done(s, words, m, it, v);
		break;
	case NF_OP_NOT_A_NUMBER:
		nf_session_error(s, "CLIENT_ERROR cannot increment or decrement non-numeric value");
		break;
	case NF_OP_NO_MEMORY:
		nf_session_error(s, created ? "SERVER_ERROR Out of memory allocating new item"
					    : "SERVER_ERROR out of memory");
		break;
	default:
		meta_change_reply(s, result == NF_OP_EXISTS ? "EX" : "NF", words, m);
	}
}

void nf_meta_arithmetic(struct nf_session *s, const struct nf_words *words)
{
	struct nf_meta m;

	if (!meta_change_parse(s, words, &m))
		return;
	switch (m.mode) {
	case 0:
	case 'I':
	case '+':
		meta_arithmetic_run(s, words, &m, true);
		break;
	case 'D':
	case '-':
		meta_arithmetic_run(s, words, &m, false);
		break;
	default:
		nf_session_error(s, "CLIENT_ERROR invalid mode for ma M token");
	}
}
