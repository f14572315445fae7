/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "nf-apps/kvs/meta.h"
#include "nf-apps/kvs/stats.h"
#include "nf-apps/kvs/ascii.h"

void nf_ascii_split(struct nf_words *words, const uint8_t *line, uint32_t len)
{
	uint32_t i = 0, start;

	words->n = 0;
	while (words->n < NF_ASCII_WORDS_MAX) {
		while (i < len && line[i] == ' ')
			i++;
		if (i == len)
			return;
		start = i;
		while (i < len && line[i] != ' ')
			i++;
		words->w[words->n++] = (struct nf_word){ line + start, i - start };
	}
}

bool nf_ascii_noreply(struct nf_session *s, const struct nf_words *words)
{
	if (nf_word_is(&words->w[words->n - 1], "noreply"))
		s->noreply = true;
	return s->noreply;
}

bool nf_ascii_key(struct nf_session *s, const struct nf_word *w, struct nf_key *key)
{
	if (w->len > NF_STORE_KEY_MAX) {
		nf_session_say(s, NF_ASCII_BAD_LINE);
		return false;
	}
	*key = nf_op_key(s->k, w->p, w->len);
	return true;
}

static void text_delta(struct nf_session *s, const struct nf_words *words, bool incr)
{
	uint8_t digits[NF_NUMBER_MAX + 1];
	struct nf_item *it;
	struct nf_key key;
	uint64_t v;

	nf_ascii_noreply(s, words);
	if (!nf_ascii_key(s, &words->w[1], &key))
		return;
	if (!nf_number_u64(words->w[2].p, words->w[2].len, &v)) {
		nf_session_say(s, "CLIENT_ERROR invalid numeric delta argument");
		return;
	}
	switch (nf_op_delta(s->k, &key, incr, v, 0, &v, &it)) {
	case NF_OP_OK:
		*nf_number_put(digits, v) = '\0';
		nf_session_say(s, (const char *)digits);
		break;
	case NF_OP_NOT_A_NUMBER:
		nf_session_say(s, "CLIENT_ERROR cannot increment or decrement non-numeric value");
		break;
	case NF_OP_NOT_FOUND:
		nf_session_say(s, "NOT_FOUND");
		break;
	default:
		nf_session_error(s, "SERVER_ERROR out of memory");
	}
}

static void text_incr(struct nf_session *s, const struct nf_words *words)
{
	text_delta(s, words, true);
}

static void text_decr(struct nf_session *s, const struct nf_words *words)
{
	text_delta(s, words, false);
}

/* An old form has a time after the key, which has to be 0. */
static void text_delete(struct nf_session *s, const struct nf_words *words)
{
	bool zero = words->n > 2 && nf_word_is(&words->w[2], "0");
	bool quiet = words->n > 2 && nf_ascii_noreply(s, words);
	struct nf_key key;

	if ((words->n == 3 && !zero && !quiet) || (words->n == 4 && !(zero && quiet))) {
		nf_session_say(s, NF_ASCII_BAD_LINE ".  Usage: delete <key> [noreply]");
		return;
	}
	if (nf_ascii_key(s, &words->w[1], &key))
		nf_session_say(
			s, nf_op_delete(s->k, &key, 0) == NF_OP_OK ? "DELETED" : "NOT_FOUND");
}

static void text_touch(struct nf_session *s, const struct nf_words *words)
{
	struct nf_key key;
	int64_t exptime;

	nf_ascii_noreply(s, words);
	if (!nf_ascii_key(s, &words->w[1], &key))
		return;
	if (!nf_number_i64(words->w[2].p, words->w[2].len, &exptime)) {
		nf_session_say(s, "CLIENT_ERROR invalid exptime argument");
		return;
	}
	nf_session_say(s, nf_op_touch(s->k, &key, nf_op_expires(s->k, exptime)) != NULL
				  ? "TOUCHED"
				  : "NOT_FOUND");
}

static void text_flush(struct nf_session *s, const struct nf_words *words)
{
	bool quiet = nf_ascii_noreply(s, words);
	int64_t exptime = 0;

	if (words->n != (quiet ? 2 : 1) &&
		!nf_number_i64(words->w[1].p, words->w[1].len, &exptime)) {
		nf_session_say(s, "CLIENT_ERROR invalid exptime argument");
		return;
	}
	nf_session_say(s, nf_op_flush(s->k, exptime) ? "OK" : "CLIENT_ERROR flush_all not allowed");
}

static void text_verbosity(struct nf_session *s, const struct nf_words *words)
{
	uint32_t level;

	nf_ascii_noreply(s, words);
	if (!nf_number_u32(words->w[1].p, words->w[1].len, &level)) {
		nf_session_say(s, NF_ASCII_BAD_LINE);
		return;
	}
	s->k->verbosity = level;
	nf_session_say(s, "OK");
}

/* The memory was taken at the start, and stays as it is. */
static void text_memlimit(struct nf_session *s, const struct nf_words *words)
{
	uint32_t mib;

	nf_ascii_noreply(s, words);
	if (!nf_number_u32(words->w[1].p, words->w[1].len, &mib))
		nf_session_say(s, "ERROR");
	else if (mib < 8)
		nf_session_say(s, "MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m");
	else
		nf_session_say(s, "MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust");
}

static void text_version(struct nf_session *s, const struct nf_words *words)
{
	nf_reply_string(s->reply, "VERSION ");
	nf_session_say(s, s->k->version);
}

static void text_quit(struct nf_session *s, const struct nf_words *words)
{
	s->state = NF_SESSION_CLOSED;
}

static void text_shutdown(struct nf_session *s, const struct nf_words *words)
{
	nf_session_say(s, "ERROR: shutdown not enabled");
}

static void text_set(struct nf_session *s, const struct nf_words *words)
{
	nf_ascii_store(s, words, NF_PUT_SET);
}

static void text_add(struct nf_session *s, const struct nf_words *words)
{
	nf_ascii_store(s, words, NF_PUT_ADD);
}

static void text_replace(struct nf_session *s, const struct nf_words *words)
{
	nf_ascii_store(s, words, NF_PUT_REPLACE);
}

static void text_append(struct nf_session *s, const struct nf_words *words)
{
	nf_ascii_store(s, words, NF_PUT_APPEND);
}

static void text_prepend(struct nf_session *s, const struct nf_words *words)
{
	nf_ascii_store(s, words, NF_PUT_PREPEND);
}

static void text_cas(struct nf_session *s, const struct nf_words *words)
{
	nf_ascii_store(s, words, NF_PUT_CAS);
}

static const struct text_command {
	const char *name;
	uint8_t min, max; /* words, the name too; another number: "ERROR" */
	void (*run)(struct nf_session *s, const struct nf_words *words);
} text_commands[] = {
	{ "set", 5, 6, text_set },
	{ "mg", 2, 255, nf_meta_get },
	{ "ms", 2, 255, nf_meta_set },
	{ "md", 2, 255, nf_meta_delete },
	{ "ma", 2, 255, nf_meta_arithmetic },
	{ "mn", 1, 255, nf_meta_noop },
	{ "me", 1, 255, nf_meta_debug },
	{ "add", 5, 6, text_add },
	{ "replace", 5, 6, text_replace },
	{ "append", 5, 6, text_append },
	{ "prepend", 5, 6, text_prepend },
	{ "cas", 6, 7, text_cas },
	{ "incr", 3, 4, text_incr },
	{ "decr", 3, 4, text_decr },
	{ "delete", 2, 4, text_delete },
	{ "touch", 3, 4, text_touch },
	{ "stats", 1, 255, nf_stats_text },
	{ "flush_all", 1, 3, text_flush },
	{ "version", 1, 255, text_version },
	{ "verbosity", 2, 3, text_verbosity },
	{ "cache_memlimit", 2, 3, text_memlimit },
	{ "shutdown", 1, 255, text_shutdown },
	{ "quit", 1, 255, text_quit },
};

void nf_ascii_line(struct nf_session *s, const uint8_t *line, uint32_t len)
{
	const struct nf_word *last;
	struct nf_words words;

	s->noreply = false;
	nf_ascii_split(&words, line, len);
	for (unsigned i = 0; words.n > 0 && i < UK_ARRAY_SIZE(text_commands); i++) {
		const struct text_command *c = &text_commands[i];

		if (nf_word_is(&words.w[0], c->name)) {
			if (words.n < c->min || words.n > c->max)
				nf_session_say(s, "ERROR");
			else
				c->run(s, &words);
			return;
		}
	}
	/* a browser, or who would use one to get at us */
	last = &words.w[words.n > 0 ? words.n - 1 : 0];
	if (words.n > 0 && last->len >= 5 && memcmp(last->p, "HTTP/", 5) == 0)
		s->state = NF_SESSION_CLOSED;
	else
		nf_session_say(s, "ERROR");
}
