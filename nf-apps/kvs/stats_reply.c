/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The answers to "stats", in both protocols.
 */
#include "nf-apps/kvs/binary.h"
#include "nf-apps/kvs/detail.h"
#include "nf-apps/kvs/stats.h"

#define STATS_DUMP_BYTES 7168 /* of a cachedump, which is for people */
#define STATS_GROUP_MAX  15   /* bytes of a group's name */

static void stats_text_put(void *to, const char *name, const char *value)
{
	struct nf_session *s = to;

	nf_reply_put(s->reply, "STAT ", 5);
	nf_reply_string(s->reply, name);
	nf_reply_byte(s->reply, ' ');
	nf_reply_string(s->reply, value);
	nf_reply_put(s->reply, "\r\n", 2);
}

struct stats_dump {
	struct nf_session *s;
	uint32_t limit, bytes;
};

static bool stats_dump_item(const struct nf_item *it, void *arg)
{
	struct stats_dump *dump = arg;
	struct nf_reply *r = dump->s->reply;
	uint32_t bytes = it->key_len + 40u + NF_NUMBER_MAX;

	if (dump->bytes + bytes > STATS_DUMP_BYTES || dump->limit == 0)
		return false;
	nf_reply_put(r, "ITEM ", 5);
	nf_reply_put(r, it->data, it->key_len);
	nf_reply_put(r, " [", 2);
	nf_reply_number(r, it->value_len);
	nf_reply_put(r, " b; ", 4);
	nf_reply_number(r, it->expires == NF_STORE_NEVER
				   ? 0
				   : dump->s->k->unix_s + it->expires - dump->s->k->now);
	nf_reply_put(r, " s]\r\n", 5);
	dump->bytes += bytes;
	dump->limit--;
	return true;
}

/* stats cachedump CLASS LIMIT; limit 0: as many as memory of ours takes */
static void stats_dump(struct nf_session *s, const struct nf_words *words)
{
	struct stats_dump dump = { .s = s };
	uint32_t class;

	if (words->n < 4)
		nf_session_say(s, "CLIENT_ERROR bad command line");
	else if (!nf_number_u32(words->w[2].p, words->w[2].len, &class) ||
		 !nf_number_u32(words->w[3].p, words->w[3].len, &dump.limit))
		nf_session_say(s, NF_ASCII_BAD_LINE);
	else if (class > 63)
		nf_session_say(s, "CLIENT_ERROR Illegal slab id");
	else {
		dump.limit = dump.limit == 0 ? UINT32_MAX : dump.limit;
		if (class == 1)
			nf_store_each(s->k->store, stats_dump_item, &dump);
		nf_session_say(s, "END");
	}
}

static void stats_detail(struct nf_session *s, const struct nf_words *words)
{
	const struct nf_word none = { NULL, 0 }, *what = words->n > 2 ? &words->w[2] : &none;
	char text[STATS_DUMP_BYTES];

	if (nf_word_is(what, "on")) {
		nf_session_say(s, nf_detail_start(s->k) ? "OK" : "SERVER_ERROR out of memory");
	} else if (nf_word_is(what, "off")) {
		s->k->detail_on = false;
		nf_session_say(s, "OK");
	} else if (nf_word_is(what, "dump")) {
		nf_reply_put(s->reply, text, nf_detail_dump(s->k, text, sizeof(text)));
		nf_session_say(s, "END");
	} else {
		nf_session_say(s, "CLIENT_ERROR usage: stats detail on|off|dump");
	}
}

/* As a string; one that is too long is no group. */
static void stats_name(char name[STATS_GROUP_MAX + 1], const uint8_t *p, uint32_t len)
{
	if (len > STATS_GROUP_MAX) {
		p = (const uint8_t *)"?";
		len = 1;
	}
	memcpy(name, p, len);
	name[len] = '\0';
}

void nf_stats_text(struct nf_session *s, const struct nf_words *words)
{
	struct nf_stats st = { stats_text_put, s };
	char group[STATS_GROUP_MAX + 1] = "";

	if (words->n > 1)
		stats_name(group, words->w[1].p, words->w[1].len);
	if (strcmp(group, "reset") == 0) {
		nf_stats_reset(s->k);
		nf_session_say(s, "RESET");
	} else if (strcmp(group, "detail") == 0) {
		stats_detail(s, words);
	} else if (strcmp(group, "cachedump") == 0) {
		stats_dump(s, words);
	} else if (nf_stats_group(s->k, &st, group)) {
		nf_session_say(s, "END");
	} else {
		nf_session_say(s, "ERROR");
	}
}

static void stats_binary_put(void *to, const char *name, const char *value)
{
	uint32_t name_len = (uint32_t)strlen(name), value_len = (uint32_t)strlen(value);
	struct nf_session *s = to;

	nf_binary_header(s, NF_BINARY_OK, 0, name_len, name_len + value_len, 0);
	nf_reply_put(s->reply, name, name_len);
	nf_reply_put(s->reply, value, value_len);
}

static void stats_binary_detail(struct nf_session *s)
{
	char text[STATS_DUMP_BYTES + 1];

	text[nf_detail_dump(s->k, text, STATS_DUMP_BYTES)] = '\0';
	stats_binary_put(s, "detailed", text);
}

void nf_stats_binary(struct nf_session *s, const struct nf_binary *b)
{
	struct nf_stats st = { stats_binary_put, s };
	char group[STATS_GROUP_MAX + 1];

	stats_name(group, b->key.p, b->key.len);
	if (strcmp(group, "reset") == 0)
		nf_stats_reset(s->k);
	else if (strcmp(group, "detail on") == 0)
		(void)nf_detail_start(s->k);
	else if (strcmp(group, "detail off") == 0)
		s->k->detail_on = false;
	else if (strcmp(group, "detail dump") == 0)
		stats_binary_detail(s);
	else if (!nf_stats_group(s->k, &st, group)) {
		nf_binary_error(s, NF_BINARY_NOT_FOUND);
		return;
	}
	nf_binary_header(s, NF_BINARY_OK, 0, 0, 0, 0);
}
