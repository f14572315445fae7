/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ms
 */
#include "nf-apps/kvs/meta.h"

/* Which mode; false: none. A compare makes a cas of what replaces. */
static bool meta_set_mode(const struct nf_meta *m, enum nf_put_mode *mode)
{
	switch (m->mode) {
	case 0:
	case 'S':
		*mode = m->has_cas ? NF_PUT_CAS : NF_PUT_SET;
		return true;
	case 'R':
		*mode = m->has_cas ? NF_PUT_CAS : NF_PUT_REPLACE;
		return true;
	case 'E':
		*mode = NF_PUT_ADD;
		return true;
	case 'A':
		*mode = NF_PUT_APPEND;
		return true;
	case 'P':
		*mode = NF_PUT_PREPEND;
		return true;
	default:
		return false;
	}
}

/* The answer is made when the value is there and the line gone. */
static void meta_set_keep(
	struct nf_session *s, const struct nf_words *words, const struct nf_meta *m)
{
	struct nf_session_meta *keep = &s->meta;

	*keep = (struct nf_session_meta){ .on = true, .binary_key = m->binary_key };
	for (unsigned i = 3; i < words->n; i++) {
		const struct nf_word *w = &words->w[i];
		char c = (char)w->p[0];

		if (c == 'O') {
			keep->opaque_len = (uint8_t)w->len;
			memcpy(keep->opaque, w->p, w->len);
		}
		if (c == 'O' || c == 'k' || c == 'c')
			keep->flags[keep->nb_flags++] = c;
	}
}

static void meta_set_fail(struct nf_session *s, const char *error, uint32_t value_len)
{
	nf_session_error(s, error);
	nf_session_swallow(s, value_len + 2);
}

void nf_meta_set(struct nf_session *s, const struct nf_words *words)
{
	enum nf_put_mode mode;
	enum nf_op_result result;
	struct nf_meta m;
	int64_t value_len;

	if (words->n < 3 || words->w[1].len > NF_STORE_KEY_MAX ||
		!nf_number_i64(words->w[2].p, words->w[2].len, &value_len) || value_len < 0 ||
		value_len > INT32_MAX - 2) {
		nf_session_error(s, NF_ASCII_BAD_LINE);
		return;
	}
	if (!nf_meta_parse(s, words, 3, &m)) {
		meta_set_fail(s, m.error, (uint32_t)value_len);
		return;
	}
	if (!meta_set_mode(&m, &mode)) {
		meta_set_fail(s, "CLIENT_ERROR invalid mode for ms M token", (uint32_t)value_len);
		return;
	}
	meta_set_keep(s, words, &m);
	s->noreply = m.quiet;
	s->put = (struct nf_put){ .mode = mode, .cas = m.has_cas ? m.cas : 0, .stale = m.stale };
	result = nf_op_put_start(s->k, &s->put, &m.key, (uint32_t)value_len, true);
	if (result != NF_OP_OK) {
		s->noreply = false;
		nf_ascii_refuse(s, result, (uint32_t)value_len);
		return;
	}
	s->put.it->client_flags = m.client_flags;
	s->put.it->expires = m.ttl;
	s->put.it->flags8 = m.binary_key ? NF_ITEM_BINARY_KEY : 0;
	nf_ascii_receive(s);
}

void nf_meta_stored(struct nf_session *s, enum nf_op_result result, const uint8_t *key,
	uint32_t key_len, uint64_t cas)
{
	static const char *const meta_results[] = {
		[NF_OP_OK] = "HD",
		[NF_OP_NOT_FOUND] = "NF",
		[NF_OP_EXISTS] = "EX",
		[NF_OP_NOT_STORED] = "NS",
	};
	const struct nf_session_meta *keep = &s->meta;

	if (result == NF_OP_OK && s->noreply)
		return;
	nf_reply_string(s->reply, meta_results[result]);
	for (unsigned i = 0; i < keep->nb_flags; i++) {
		if (keep->flags[i] == 'O') {
			nf_reply_byte(s->reply, ' ');
			nf_reply_put(s->reply, keep->opaque, keep->opaque_len);
		} else if (keep->flags[i] == 'k') {
			nf_meta_reply_key(s->reply, key, key_len, keep->binary_key);
		} else {
			nf_meta_reply_number(s->reply, 'c', cas);
		}
	}
	nf_reply_put(s->reply, "\r\n", 2);
}
