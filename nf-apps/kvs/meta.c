/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the meta commands have in common, and the two small ones.
 */
#include "nf-apps/kvs/base64.h"
#include "nf-apps/kvs/meta.h"

#define META_OPAQUE_MAX 32 /* bytes, with the O */

#define META_BAD_TOKEN "CLIENT_ERROR bad token in command line format"

static void meta_ttl(
	struct nf_session *s, const struct nf_word *w, struct nf_meta *m, uint32_t *ttl)
{
	int64_t v;

	if (nf_number_i64(w->p + 1, w->len - 1, &v))
		*ttl = nf_op_expires(s->k, v);
	else
		m->error = META_BAD_TOKEN;
}

static void meta_number(const struct nf_word *w, struct nf_meta *m, uint64_t *v, const char *error)
{
	if (!nf_number_u64(w->p + 1, w->len - 1, v))
		m->error = error;
}

/* Flags that carry something. */
static bool meta_flag_token(struct nf_session *s, const struct nf_word *w, struct nf_meta *m)
{
	switch (w->p[0]) {
	case 'N':
		m->vivify = true;
		meta_ttl(s, w, m, &m->vivify_ttl);
		return true;
	case 'T':
		m->has_ttl = true;
		meta_ttl(s, w, m, &m->ttl);
		return true;
	case 'R':
		m->recache = true;
		meta_ttl(s, w, m, &m->recache_ttl);
		return true;
	case 'F':
		if (!nf_number_u32(w->p + 1, w->len - 1, &m->client_flags))
			m->error = m->error != NULL ? m->error : NF_ASCII_BAD_LINE;
		return true;
	case 'C':
		m->has_cas = true;
		meta_number(w, m, &m->cas, META_BAD_TOKEN);
		return true;
	case 'J':
		meta_number(w, m, &m->initial, "CLIENT_ERROR invalid numeric initial value");
		return true;
	case 'D':
		meta_number(w, m, &m->delta, "CLIENT_ERROR invalid numeric delta value");
		return true;
	case 'M':
		m->mode = w->len == 2 ? (char)w->p[1] : 0;
		if (w->len != 2)
			m->error = "CLIENT_ERROR incorrect length for M token";
		return true;
	case 'O':
		m->long_opaque = w->len > META_OPAQUE_MAX;
		return true;
	default:
		return false;
	}
}

/* false: there is no such flag. */
static bool meta_flag(struct nf_session *s, const struct nf_word *w, struct nf_meta *m)
{
	switch (w->p[0]) {
	case 'b':
		m->binary_key = true;
		return true;
	case 'v':
		m->value = true;
		return true;
	case 'u':
		m->no_bump = true;
		return true;
	case 'q':
		m->quiet = true;
		return true;
	case 'I':
		m->stale = true;
		return true;
	case 'P': /* for proxies */
	case 'L':
	case 'c':
	case 'f':
	case 'h':
	case 'k':
	case 'l':
	case 's':
	case 't':
		return true;
	default:
		return meta_flag_token(s, w, m);
	}
}

static void meta_key(struct nf_session *s, const struct nf_word *w, struct nf_meta *m)
{
	uint32_t len = w->len;
	const uint8_t *p = w->p;

	if (m->binary_key) {
		len = (uint32_t)nf_base64_decode(m->decoded, p, len);
		p = m->decoded;
		if (len == 0)
			m->error = "CLIENT_ERROR error decoding key";
	}
	if (m->error == NULL && m->long_opaque)
		m->error = "CLIENT_ERROR opaque token too long";
	if (m->error == NULL)
		m->key = nf_op_key(s->k, p, len);
}

bool nf_meta_parse(
	struct nf_session *s, const struct nf_words *words, unsigned first, struct nf_meta *m)
{
	uint64_t seen[2] = { 0 };

	memset(m, 0, offsetof(struct nf_meta, decoded));
	m->delta = 1;
	if (words->w[1].len > NF_STORE_KEY_MAX) {
		m->error = NF_ASCII_BAD_LINE;
		return false;
	}
	if (words->n > NF_META_WORDS_MAX) {
		m->error = "CLIENT_ERROR options flags are too long";
		return false;
	}
	for (unsigned i = first; i < words->n; i++) {
		const struct nf_word *w = &words->w[i];
		unsigned c = w->p[0];

		if (c > 126 || (seen[c / 64] >> c % 64 & 1)) {
			m->error = "CLIENT_ERROR duplicate flag";
			return false;
		}
		seen[c / 64] |= (uint64_t)1 << c % 64;
		if (!meta_flag(s, w, m)) {
			m->error = "CLIENT_ERROR invalid flag";
			return false;
		}
	}
	meta_key(s, &words->w[1], m);
	return m->error == NULL;
}

void nf_meta_reply_key(struct nf_reply *r, const uint8_t *key, uint32_t len, bool binary)
{
	uint8_t text[NF_BASE64_LEN(NF_STORE_KEY_MAX)];

	nf_reply_put(r, " k", 2);
	if (!binary) {
		nf_reply_put(r, key, len);
		return;
	}
	nf_reply_put(r, text, nf_base64_encode(text, key, len));
	nf_reply_put(r, " b", 2);
}

void nf_meta_reply_number(struct nf_reply *r, char flag, uint64_t v)
{
	uint8_t text[2 + NF_NUMBER_MAX] = { ' ', (uint8_t)flag };

	nf_reply_put(r, text, (size_t)(nf_number_put(text + 2, v) - text));
}

void nf_meta_reply_ttl(struct nf_session *s, const struct nf_item *it)
{
	int64_t ttl = nf_op_ttl(s->k, it);

	if (ttl < 0)
		nf_reply_put(s->reply, " t-1", 4);
	else
		nf_meta_reply_number(s->reply, 't', (uint64_t)ttl);
}

void nf_meta_reply_same(struct nf_reply *r, const struct nf_word *w, const struct nf_meta *m)
{
	if (w->p[0] == 'O') {
		nf_reply_byte(r, ' ');
		nf_reply_put(r, w->p, w->len);
	} else if (w->p[0] == 'k') {
		nf_meta_reply_key(r, m->key.p, m->key.len, m->binary_key);
	}
}

void nf_meta_noop(struct nf_session *s, const struct nf_words *words)
{
	nf_session_say(s, "MN");
}

static void meta_debug_field(struct nf_reply *r, const char *name, uint64_t v)
{
	nf_reply_string(r, name);
	nf_reply_number(r, v);
}

void nf_meta_debug(struct nf_session *s, const struct nf_words *words)
{
	struct nf_reply *r = s->reply;
	struct nf_meta m = { .binary_key = words->n > 2 && nf_word_is(&words->w[2], "b") };
	uint8_t text[NF_BASE64_LEN(NF_STORE_KEY_MAX)];
	struct nf_item *it;

	if (words->n < 2 || words->w[1].len > NF_STORE_KEY_MAX) {
		nf_session_say(s, NF_ASCII_BAD_LINE);
		return;
	}
	meta_key(s, &words->w[1], &m);
	if (m.error != NULL) {
		nf_session_say(s, NF_ASCII_BAD_LINE);
		return;
	}
	s->k->n.cmd_meta++;
	it = nf_op_peek(s->k, &m.key);
	if (it == NULL) {
		nf_session_say(s, "EN");
		return;
	}
	nf_reply_put(r, "ME ", 3);
	if (it->flags8 & NF_ITEM_BINARY_KEY)
		nf_reply_put(r, text, nf_base64_encode(text, nf_item_key(it), it->key_len));
	else
		nf_reply_put(r, nf_item_key(it), it->key_len);
	/* seconds since the expiry, as memcached has it: negative while it is to come */
	if (it->expires == NF_STORE_NEVER)
		nf_reply_string(r, " exp=-1");
	else
		meta_debug_field(r, " exp=-", it->expires - s->k->now);
	meta_debug_field(r, " la=", s->k->now - it->accessed);
	meta_debug_field(r, " cas=", it->cas);
	nf_reply_string(r, it->flags8 & NF_ITEM_FETCHED ? " fetch=yes cls=1" : " fetch=no cls=1");
	meta_debug_field(r, " size=", sizeof(*it) + it->key_len + it->value_len);
	nf_reply_put(r, "\r\n", 2);
}
