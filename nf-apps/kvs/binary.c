/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests without a value, and what all have in common.
 */
#include "nf-apps/kvs/binary.h"
#include "nf-apps/kvs/binary_run.h"

void nf_binary_header(struct nf_session *s, enum nf_binary_status status, uint32_t ext_len,
	uint32_t key_len, uint32_t body_len, uint64_t cas)
{
	uint8_t h[NF_BINARY_HEADER];

	nf_binary_put_header(
		h, s->bin.opcode, status, ext_len, key_len, body_len, s->bin.opaque, cas);
	nf_reply_put(s->reply, h, sizeof(h));
}

void nf_binary_ok(struct nf_session *s, uint64_t cas)
{
	if (!s->noreply)
		nf_binary_header(s, NF_BINARY_OK, 0, 0, 0, cas);
}

static const char *binary_text(enum nf_binary_status status)
{
	switch (status) {
	case NF_BINARY_NOT_FOUND:
		return "Not found";
	case NF_BINARY_EXISTS:
		return "Data exists for key.";
	case NF_BINARY_TOO_LARGE:
		return "Too large.";
	case NF_BINARY_INVALID:
		return "Invalid arguments";
	case NF_BINARY_NOT_STORED:
		return "Not stored.";
	case NF_BINARY_NOT_A_NUMBER:
		return "Non-numeric server-side value for incr or decr";
	case NF_BINARY_AUTH:
		return "Auth failure.";
	case NF_BINARY_NO_MEMORY:
		return "Out of memory";
	default:
		return "Unknown command";
	}
}

void nf_binary_error(struct nf_session *s, enum nf_binary_status status)
{
	const char *text = binary_text(status);

	nf_binary_header(s, status, 0, 0, (uint32_t)strlen(text), 0);
	nf_reply_string(s->reply, text);
}

/* After which nothing can be understood any more. */
static void binary_violation(struct nf_session *s, enum nf_binary_status status)
{
	nf_binary_error(s, status);
	s->state = NF_SESSION_CLOSED;
}

static void binary_decode(struct nf_session *s)
{
	const uint8_t *h = s->line;

	s->bin = (struct nf_session_binary){
		.opcode = h[1],
		.key_len = (uint16_t)(h[2] << 8 | h[3]),
		.ext_len = h[4],
		.body_len = nf_inet_get32(h + 8),
		.cas = nf_binary_u64(h + 16),
	};
	memcpy(&s->bin.opaque, h + 12, sizeof(s->bin.opaque));
}

/* The header makes sense; else the session is closed, after an error where the peer may be one of ours. */
static bool binary_check(struct nf_session *s)
{
	const struct nf_session_binary *b = &s->bin;

	s->noreply = false;
	if (s->line[0] != NF_BINARY_REQUEST)
		s->state = NF_SESSION_CLOSED;
	else if ((uint32_t)b->key_len + b->ext_len > b->body_len)
		binary_violation(s, NF_BINARY_UNKNOWN);
	else if (b->key_len > NF_STORE_KEY_MAX || b->body_len > INT32_MAX)
		binary_violation(s, NF_BINARY_INVALID);
	return s->state != NF_SESSION_CLOSED;
}

struct nf_key nf_binary_key(const struct nf_session *s, const struct nf_binary *b)
{
	return nf_op_key(s->k, b->key.p, b->key.len);
}

static void binary_run(struct nf_session *s)
{
	struct nf_binary b = {
		.opcode = s->bin.opcode,
		.extras = s->line + NF_BINARY_HEADER,
		.key = { .p = s->line + NF_BINARY_HEADER + s->bin.ext_len, .len = s->bin.key_len },
		.value_len = s->bin.body_len - s->bin.ext_len - s->bin.key_len,
	};
	const struct nf_binary_command *c = nf_binary_command(b.opcode);

	s->nb_line = 0;
	if (c == NULL) {
		nf_binary_error(s, NF_BINARY_UNKNOWN);
		nf_session_swallow(s, b.value_len);
		return;
	}
	if ((s->bin.ext_len != c->ext_len && !(c->ext_maybe && s->bin.ext_len == 0)) ||
		(c->key == NF_BINARY_KEY_NONE && b.key.len > 0) ||
		(c->key == NF_BINARY_KEY_ONE && b.key.len == 0) || (!c->value && b.value_len > 0)) {
		binary_violation(s, NF_BINARY_INVALID);
		return;
	}
	s->noreply = c->quiet;
	b.opcode = c->opcode;
	c->run(s, &b);
}

size_t nf_binary_input(struct nf_session *s, const uint8_t *data, size_t len)
{
	bool head = s->nb_line < NF_BINARY_HEADER;
	size_t want = NF_BINARY_HEADER, n;

	if (!head)
		want += (size_t)s->bin.ext_len + s->bin.key_len;
	n = want - s->nb_line;
	if (n <= len && !s->reply->ready(s->reply, NF_SESSION_LONGEST))
		return 0;
	n = n < len ? n : len;
	memcpy(s->line + s->nb_line, data, n);
	s->nb_line += (uint32_t)n;
	if (s->nb_line < want)
		return n;
	if (head) {
		binary_decode(s);
		if (!binary_check(s) || s->bin.ext_len + s->bin.key_len > 0)
			return n;
	}
	binary_run(s);
	return n;
}
