/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text commands that bring a value.
 */
#include "nf-apps/kvs/meta.h"
#include "nf-apps/kvs/ascii.h"

#define TEXT_VALUE_MAX (INT32_MAX - 2) /* beyond that a length is no length */

void nf_ascii_refuse(struct nf_session *s, enum nf_op_result why, uint32_t value_len)
{
	if (why == NF_OP_TOO_LARGE)
		nf_session_say(s, "SERVER_ERROR object too large for cache");
	else
		nf_session_error(s, "SERVER_ERROR out of memory storing object");
	nf_session_swallow(s, value_len + 2);
}

void nf_ascii_store(struct nf_session *s, const struct nf_words *words, enum nf_put_mode mode)
{
	const struct nf_word *w = words->w;
	int64_t exptime, value_len;
	enum nf_op_result result;
	uint32_t flags;
	struct nf_key key;

	nf_ascii_noreply(s, words);
	if (!nf_ascii_key(s, &w[1], &key))
		return;
	s->meta.on = false;
	s->put = (struct nf_put){ .mode = mode };
	if (!nf_number_u32(w[2].p, w[2].len, &flags) ||
		!nf_number_i64(w[3].p, w[3].len, &exptime) ||
		!nf_number_i64(w[4].p, w[4].len, &value_len) || value_len < 0 ||
		value_len > TEXT_VALUE_MAX ||
		(mode == NF_PUT_CAS && !nf_number_u64(w[5].p, w[5].len, &s->put.cas))) {
		nf_session_say(s, NF_ASCII_BAD_LINE);
		return;
	}
	result = nf_op_put_start(s->k, &s->put, &key, (uint32_t)value_len, mode == NF_PUT_SET);
	if (result != NF_OP_OK) {
		nf_ascii_refuse(s, result, (uint32_t)value_len);
		return;
	}
	s->put.it->client_flags = flags;
	s->put.it->expires = nf_op_expires(s->k, exptime);
	nf_ascii_receive(s);
}

void nf_ascii_receive(struct nf_session *s)
{
	s->left = s->put.it->value_len;
	s->state = NF_SESSION_VALUE;
	if (s->left == 0)
		nf_session_value_end(s);
}

void nf_ascii_stored(struct nf_session *s, bool good)
{
	static const char *const text_results[] = {
		[NF_OP_OK] = "STORED",
		[NF_OP_NOT_FOUND] = "NOT_FOUND",
		[NF_OP_EXISTS] = "EXISTS",
		[NF_OP_NOT_STORED] = "NOT_STORED",
	};
	uint8_t key[NF_STORE_KEY_MAX];
	enum nf_op_result result;
	uint32_t key_len;
	uint64_t cas = 0;

	if (!good) {
		s->k->n.cmd_set++;
		nf_op_put_drop(s->k, &s->put);
		s->noreply = s->noreply && !s->meta.on;
		nf_session_say(s, "CLIENT_ERROR bad data chunk");
		return;
	}
	if (!s->meta.on) {
		nf_session_say(s, text_results[nf_op_put_end(s->k, &s->put, NULL)]);
		return;
	}
	/* the answer may name the key, of which nothing may be left */
	key_len = s->put.it->key_len;
	memcpy(key, nf_item_key(s->put.it), key_len);
	result = nf_op_put_end(s->k, &s->put, &cas);
	nf_meta_stored(s, result, key, key_len, cas);
}
