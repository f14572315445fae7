/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * get, gets, gat, gats: word by word.
 */
#include <string.h>
#include "nf-apps/kvs/ascii.h"

/*
 * A line that lies in the input as a whole is looked at before anything is answered: with a key that is too long, nothing is
 * but the error. Where lines come in pieces, what stands before such a key has been answered.
 */
static bool text_get_good(const uint8_t *p, size_t len)
{
	const uint8_t *end = memchr(p, '\n', len);
	size_t n = 0;

	if (end == NULL)
		return true;
	for (end -= end > p && end[-1] == '\r'; p < end && n <= NF_STORE_KEY_MAX; p++)
		n = *p == ' ' ? 0 : n + 1;
	return n <= NF_STORE_KEY_MAX;
}

size_t nf_ascii_get(struct nf_session *s, const uint8_t *p, size_t len)
{
	size_t n = 3;
	bool cas, touch;

	if (len < 4 || p[0] != 'g' || p[2] != 't')
		return 0;
	touch = p[1] == 'a';
	if (!touch && p[1] != 'e')
		return 0;
	cas = p[3] == 's';
	n += cas;
	if (n == len || p[n] != ' ')
		return 0;
	s->get = (struct nf_session_get){
		.cas = cas, .touch = touch, .bad = !text_get_good(p + n, len - n)
	};
	s->noreply = false;
	return n + 1;
}

static void text_get_value(struct nf_session *s, struct nf_item *it)
{
	struct nf_reply *r = s->reply;

	nf_reply_put(r, "VALUE ", 6);
	nf_reply_put(r, nf_item_key(it), it->key_len);
	nf_reply_byte(r, ' ');
	nf_reply_number(r, it->client_flags);
	nf_reply_byte(r, ' ');
	nf_reply_number(r, it->value_len);
	if (s->get.cas) {
		nf_reply_byte(r, ' ');
		nf_reply_number(r, it->cas);
	}
	nf_reply_put(r, "\r\n", 2);
	r->value(r, it);
	nf_reply_put(r, "\r\n", 2);
}

/* One word. false: that was the end of the command. */
static bool text_get_word(struct nf_session *s, const uint8_t *p, uint32_t len)
{
	struct nf_item *it;
	struct nf_key key;
	int64_t exptime;

	s->get.any = true;
	if (s->get.bad && (!s->get.touch || s->get.timed)) {
		nf_session_say(s, NF_ASCII_BAD_LINE);
		return false;
	}
	if (s->get.touch && !s->get.timed) {
		if (!nf_number_i64(p, len, &exptime)) {
			nf_session_say(s, "CLIENT_ERROR invalid exptime argument");
			return false;
		}
		s->get.expires = nf_op_expires(s->k, exptime);
		s->get.timed = true;
		return true;
	}
	if (len > NF_STORE_KEY_MAX) {
		nf_session_say(s, NF_ASCII_BAD_LINE);
		return false;
	}
	key = nf_op_key(s->k, p, len);
	it = s->get.touch ? nf_op_touch(s->k, &key, s->get.expires) : nf_op_get(s->k, &key);
	if (it != NULL)
		text_get_value(s, it);
	return true;
}

/* A word of which the end has not come: it waits in `line`. Returns how many bytes were taken. */
static size_t text_get_keep(struct nf_session *s, const uint8_t *data, size_t len)
{
	/* one more for the \r of the last word */
	if (s->nb_line + len > NF_STORE_KEY_MAX + 1) {
		if (!s->reply->ready(s->reply, NF_SESSION_STEP))
			return 0;
		nf_session_say(s, s->get.touch && !s->get.timed
					  ? "CLIENT_ERROR invalid exptime argument"
					  : NF_ASCII_BAD_LINE);
		s->nb_line = 0;
		s->state = NF_SESSION_SKIP;
		return len;
	}
	memcpy(s->line + s->nb_line, data, len);
	s->nb_line += (uint32_t)len;
	return len;
}

static size_t text_get_end(const uint8_t *data, size_t len)
{
	size_t n = 0;

	while (n < len && data[n] != ' ' && data[n] != '\n')
		n++;
	return n;
}

size_t nf_ascii_keys(struct nf_session *s, const uint8_t *data, size_t len)
{
	size_t n = text_get_end(data, len);
	const uint8_t *word = data;
	bool last, go_on = true;
	size_t word_len = n;

	if (n == len || s->nb_line + n > NF_STORE_KEY_MAX + 1)
		return text_get_keep(s, data, n);
	if (!s->reply->ready(s->reply, NF_SESSION_STEP))
		return 0;
	last = data[n] == '\n';
	if (s->nb_line > 0) {
		memcpy(s->line + s->nb_line, data, n);
		word = s->line;
		word_len += s->nb_line;
		s->nb_line = 0;
	}
	if (last && word_len > 0 && word[word_len - 1] == '\r')
		word_len--;
	if (word_len > 0)
		go_on = text_get_word(s, word, (uint32_t)word_len);
	if (last && go_on)
		nf_session_say(s, s->get.any ? "END" : "ERROR");
	if (last)
		s->state = NF_SESSION_LINE;
	else if (!go_on)
		s->state = NF_SESSION_SKIP;
	return n + 1;
}
