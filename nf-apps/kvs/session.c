/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "nf-apps/kvs/binary.h"
#include "nf-apps/kvs/session.h"
#include "nf-apps/kvs/ascii.h"

void nf_session_start(struct nf_session *s, struct nf_kvs *k, struct nf_reply *reply)
{
	/* all but the line */
	memset(s, 0, offsetof(struct nf_session, line));
	s->k = k;
	s->reply = reply;
}

void nf_session_end(struct nf_session *s)
{
	nf_op_put_drop(s->k, &s->put);
	s->state = NF_SESSION_CLOSED;
}

void nf_session_say(struct nf_session *s, const char *text)
{
	if (s->noreply)
		return;
	nf_reply_string(s->reply, text);
	nf_reply_put(s->reply, "\r\n", 2);
}

void nf_session_error(struct nf_session *s, const char *text)
{
	s->noreply = false;
	nf_session_say(s, text);
}

/* The line is whole: without its newline. */
static void session_run(struct nf_session *s, const uint8_t *line, size_t len)
{
	s->nb_line = 0;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	nf_ascii_line(s, line, (uint32_t)len);
}

static void session_keys(struct nf_session *s)
{
	s->nb_line = 0;
	s->state = NF_SESSION_KEYS;
}

/* No command is so long: its rest is of no use. */
static size_t session_too_long(struct nf_session *s)
{
	if (!s->reply->ready(s->reply, NF_SESSION_STEP))
		return 0;
	s->nb_line = 0;
	s->state = NF_SESSION_SKIP;
	nf_session_error(s, "ERROR");
	return 0;
}

/*
 * A line that is cut. Its first bytes come one by one, to see at once whether it is a get: that one is read word by word, so that it
 * may be longer than `line`.
 */
static size_t session_gather(struct nf_session *s, const uint8_t *data, size_t len)
{
	const uint8_t *end;
	size_t n = 1;

	if (s->nb_line >= NF_ASCII_GET_MAX) {
		end = memchr(data, '\n', len);
		n = end != NULL ? (size_t)(end - data) + 1 : len;
	}
	if (s->nb_line + n > NF_SESSION_LINE_MAX)
		return session_too_long(s);
	if (data[n - 1] == '\n' && !s->reply->ready(s->reply, NF_SESSION_LONGEST))
		return 0;
	memcpy(s->line + s->nb_line, data, n);
	s->nb_line += (uint32_t)n;
	if (data[n - 1] == '\n')
		session_run(s, s->line, s->nb_line - 1);
	else if (s->nb_line <= NF_ASCII_GET_MAX &&
		 nf_ascii_get(s, s->line, s->nb_line) == s->nb_line)
		session_keys(s);
	return n;
}

static size_t session_line(struct nf_session *s, const uint8_t *data, size_t len)
{
	const uint8_t *end;
	size_t n;

	if (s->nb_line > 0)
		return session_gather(s, data, len);
	if (data[0] == ' ') /* leading blanks are nothing */
		return 1;
	n = nf_ascii_get(s, data, len);
	if (n > 0) {
		session_keys(s);
		return n;
	}
	end = memchr(data, '\n', len);
	if (end == NULL || end - data >= NF_SESSION_LINE_MAX)
		return session_gather(s, data, len);
	if (!s->reply->ready(s->reply, NF_SESSION_LONGEST))
		return 0;
	session_run(s, data, (size_t)(end - data));
	return (size_t)(end - data) + 1;
}

static size_t session_value(struct nf_session *s, const uint8_t *data, size_t len)
{
	size_t n = s->left < len ? s->left : len;

	if (n == s->left && s->binary && !s->reply->ready(s->reply, NF_SESSION_STEP))
		return 0;
	memcpy(nf_item_value(s->put.it) + s->put.it->value_len - s->left, data, n);
	s->left -= (uint32_t)n;
	if (s->left == 0)
		nf_session_value_end(s);
	return n;
}

void nf_session_value_end(struct nf_session *s)
{
	s->state = NF_SESSION_CRLF;
	if (s->binary)
		nf_binary_stored(s);
}

static size_t session_crlf(struct nf_session *s, const uint8_t *data)
{
	if (s->nb_line == 1 && !s->reply->ready(s->reply, NF_SESSION_STEP))
		return 0;
	s->line[s->nb_line++] = data[0];
	if (s->nb_line == 2) {
		s->nb_line = 0;
		s->state = NF_SESSION_LINE;
		nf_ascii_stored(s, s->line[0] == '\r' && s->line[1] == '\n');
	}
	return 1;
}

void nf_session_swallow(struct nf_session *s, uint32_t len)
{
	s->left = len;
	s->state = len > 0 ? NF_SESSION_SWALLOW : s->binary ? NF_SESSION_HEADER : NF_SESSION_LINE;
}

static size_t session_swallow(struct nf_session *s, size_t len)
{
	size_t n = s->left < len ? s->left : len;

	nf_session_swallow(s, s->left - (uint32_t)n);
	return n;
}

static size_t session_skip(struct nf_session *s, const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, '\n', len);

	if (end == NULL)
		return len;
	s->state = NF_SESSION_LINE;
	return (size_t)(end - data) + 1;
}

static size_t session_new(struct nf_session *s, const uint8_t *data)
{
	s->binary = s->k->protocol == NF_KVS_ANY ? data[0] == NF_BINARY_REQUEST
						 : s->k->protocol == NF_KVS_BINARY_ONLY;
	s->state = s->binary ? NF_SESSION_HEADER : NF_SESSION_LINE;
	return 0;
}

/* One step: takes 0 bytes where it waits for room, or changed its mind about what comes. */
static size_t session_step(struct nf_session *s, const uint8_t *data, size_t len)
{
	switch (s->state) {
	case NF_SESSION_NEW:
		return session_new(s, data);
	case NF_SESSION_LINE:
		return session_line(s, data, len);
	case NF_SESSION_KEYS:
		return nf_ascii_keys(s, data, len);
	case NF_SESSION_VALUE:
		return session_value(s, data, len);
	case NF_SESSION_CRLF:
		return session_crlf(s, data);
	case NF_SESSION_SWALLOW:
		return session_swallow(s, len);
	case NF_SESSION_SKIP:
		return session_skip(s, data, len);
	case NF_SESSION_HEADER:
		return nf_binary_input(s, data, len);
	case NF_SESSION_CLOSED:
		break;
	}
	return 0;
}

size_t nf_session_input(struct nf_session *s, const uint8_t *data, size_t len)
{
	size_t taken = 0;

	while (taken < len && !s->reply->lost) {
		enum nf_session_state before = s->state;
		size_t n = session_step(s, data + taken, len - taken);

		if (n == 0 && s->state == before)
			break;
		taken += n;
	}
	return taken;
}
