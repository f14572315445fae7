/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/kvs/test/kvs_ask.h"

#define ASK_ID    0x5ac3
#define ASK_START 1700000000u

static uint64_t ask_now = 1000000000000ull;
static uint64_t ask_base; /* bytes of a store without an item */
static struct ask_answer ask_own = { .nb_wanted = 4096 };

static void ask_check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "kvs_ask: %s\n", what);
	abort();
}

static uint64_t ask_held(struct nf_kvs *k)
{
	struct nf_store_stats st;

	nf_store_stats(nf_kvs_store(k), &st);
	return st.used_bytes - st.hash_bytes;
}

static void ask_tick(struct nf_kvs *k)
{
	nf_kvs_tick(k, ask_now, ASK_START + ask_now / 1000000000);
}

struct nf_kvs *ask_server(size_t bytes)
{
	struct nf_kvs_conf conf = {
		.store = { .bytes = bytes, .nb_items = 1000, .hash_key = { 1, 2 } }
	};
	struct nf_kvs *k = nf_kvs_create(&conf);

	ask_check(k != NULL, "no server");
	ask_tick(k);
	ask_base = ask_held(k);
	return k;
}

void ask_check_empty(struct nf_kvs *k)
{
	struct nf_store_stats st;

	/* once around the index */
	nf_store_stats(nf_kvs_store(k), &st);
	nf_store_flush(nf_kvs_store(k), 0);
	nf_store_sweep(nf_kvs_store(k), (uint32_t)(ask_now / 1000000000),
		(unsigned)(st.hash_bytes / UK_CACHE_LINE + st.nb_items + 1));
	ask_check(ask_held(k) == ask_base, "an item is held");
}

void ask_later(struct nf_kvs *k, uint32_t seconds)
{
	ask_now += (uint64_t)seconds * 1000000000;
	ask_tick(k);
}

static void ask_add(struct ask_answer *a, const void *p, size_t len)
{
	if (a->text == NULL)
		a->text = malloc(ASK_ANSWER_MAX + 1);
	ask_check(a->text != NULL && len <= ASK_ANSWER_MAX - a->len, "an endless answer");
	memcpy(a->text + a->len, p, len);
	a->len += (uint32_t)len;
	a->text[a->len] = '\0';
}

static void ask_clear(struct ask_answer *a)
{
	a->len = a->nb_dgrams = a->nb_lost = 0;
	ask_add(a, "", 0);
}

struct ask_further {
	uint8_t *data;
	uint32_t len;
};

struct ask_buffers {
	struct ask_answer *a;
	uint32_t nb_given, nb_back;
	struct ask_further further[4096];
};

static void *ask_more(void *arg, uint8_t **data, uint32_t *room)
{
	struct ask_buffers *b = arg;
	uint8_t *p;

	if (b->nb_given == b->a->nb_wanted || b->nb_given == 4096)
		return NULL;
	p = malloc(NF_KVS_DGRAM_MAX);
	ask_check(p != NULL, "no memory");
	b->further[b->nb_given++] = (struct ask_further){ p, 0 };
	*data = p;
	*room = NF_KVS_DGRAM_MAX;
	return &b->further[b->nb_given - 1];
}

static void ask_sent(void *arg, void *buffer, uint32_t len)
{
	struct ask_buffers *b = arg;
	struct ask_further *f = buffer;

	f->len = len;
	b->nb_back++;
	b->a->nb_lost += len == 0;
}

static void ask_part(
	struct ask_answer *a, const uint8_t *p, uint32_t len, uint32_t seq, uint32_t total)
{
	ask_check(len > NF_KVS_FRAME_LEN && len <= NF_KVS_DGRAM_MAX, "length of a reply datagram");
	ask_check(p[0] == ASK_ID >> 8 && p[1] == (ASK_ID & 0xff), "request id");
	ask_check((uint32_t)(p[2] << 8 | p[3]) == seq, "sequence number");
	ask_check((uint32_t)(p[4] << 8 | p[5]) == total && p[6] == 0 && p[7] == 0, "total number");
	a->nb_dgrams++;
	ask_add(a, p + NF_KVS_FRAME_LEN, len - NF_KVS_FRAME_LEN);
}

void ask_dgram(
	struct nf_kvs *k, const void *payload, size_t len, uint32_t room, struct ask_answer *a)
{
	static struct ask_buffers b;
	uint32_t size = (uint32_t)len + NF_KVS_FRAME_LEN;
	struct nf_kvs_dgram d = {
		.len = size, .room = room, .more = ask_more, .sent = ask_sent, .arg = &b
	};

	if (d.room < size)
		d.room = size;
	b = (struct ask_buffers){ .a = a };
	d.data = malloc(d.room);
	ask_check(d.data != NULL, "no memory");
	memcpy(d.data, (const uint8_t[]){ ASK_ID >> 8, ASK_ID & 0xff, 0, 0, 0, 1, 0, 0 },
		NF_KVS_FRAME_LEN);
	if (len > 0)
		memcpy(d.data + NF_KVS_FRAME_LEN, payload, len);
	ask_clear(a);
	nf_kvs_dgrams(k, &d, 1);
	ask_check(b.nb_back == b.nb_given, "a buffer is kept");
	if (d.len > 0)
		ask_part(a, d.data, d.len, 0, b.nb_given + 1);
	else
		ask_check(a->nb_lost == b.nb_given, "a part of an answer");
	for (uint32_t i = 0; i < b.nb_given; i++) {
		if (d.len > 0)
			ask_part(a, b.further[i].data, b.further[i].len, i + 1, b.nb_given + 1);
		free(b.further[i].data);
	}
	free(d.data);
}

struct ask_peer {
	struct ask_answer *a;
	size_t gulp, takes; /* what it takes at a time; what it takes now */
};

static size_t ask_write(void *arg, const void *data, size_t len)
{
	struct ask_peer *p = arg;
	size_t n = len < p->takes ? len : p->takes;

	ask_add(p->a, data, n);
	p->takes -= n;
	return n;
}

/* Until the connection takes no more of the input; -1: it is closed. */
static long ask_feed(struct nf_kvs_conn *c, const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	long n;

	ask_check(copy != NULL, "no memory");
	memcpy(copy, data, len);
	n = nf_kvs_conn_input(c, copy, len);
	free(copy);
	ask_check(n <= (long)len, "more taken than given");
	return n;
}

bool ask_stream(struct nf_kvs *k, const void *data, size_t len, size_t cut, size_t gulp,
	struct ask_answer *a)
{
	struct ask_peer peer = { .a = a, .gulp = gulp, .takes = gulp };
	struct nf_kvs_sink sink = { ask_write, &peer };
	struct nf_kvs_conn *c = nf_kvs_conn_open(k, &sink);
	size_t at = 0, idle = 0;
	bool closed = false;

	ask_clear(a);
	while (!closed && (at < len || nf_kvs_conn_pending(c))) {
		size_t n = len - at < cut ? len - at : cut;
		long taken = n > 0 ? ask_feed(c, (const uint8_t *)data + at, n) : 0;
		bool wrote = nf_kvs_conn_pending(c);

		closed = taken < 0;
		at += taken > 0 ? (size_t)taken : 0;
		peer.takes = gulp;
		if (!closed)
			closed = nf_kvs_conn_writable(c) < 0;
		idle = taken == 0 && !wrote ? idle + 1 : 0;
		ask_check(idle < 3, "the stream stands still");
	}
	nf_kvs_conn_close(c);
	return closed;
}

const char *ask_text(struct nf_kvs *k, const char *request)
{
	(void)ask_stream(k, request, strlen(request), SIZE_MAX, SIZE_MAX, &ask_own);
	return (const char *)ask_own.text;
}

const char *ask_text_dgram(struct nf_kvs *k, const char *request)
{
	ask_dgram(k, request, strlen(request), NF_KVS_DGRAM_MAX, &ask_own);
	return (const char *)ask_own.text;
}

void ask_end(void)
{
	free(ask_own.text);
	ask_own.text = NULL;
}

enum { ASK_WHOLE, ASK_BYTES, ASK_THREES, ASK_SLOW, ASK_DGRAM, ASK_WAYS };

static const char *ask_line(struct nf_kvs *k, const char *request, unsigned way)
{
	static const size_t cut[] = { SIZE_MAX, 1, 3, 5 }, gulp[] = { SIZE_MAX, 1, 7, 1 };

	if (way == ASK_DGRAM)
		return ask_text_dgram(k, request);
	(void)ask_stream(k, request, strlen(request), cut[way], gulp[way], &ask_own);
	return (const char *)ask_own.text;
}

void ask_table(const struct ask_line *lines, unsigned n)
{
	for (unsigned way = 0; way < ASK_WAYS; way++) {
		struct nf_kvs *k = ask_server(4u << 20);

		for (unsigned i = 0; i < n; i++) {
			const char *answer;

			if (lines[i].request == NULL) {
				ask_later(k, lines[i].later);
				continue;
			}
			answer = ask_line(k, lines[i].request, way);
			if (strcmp(answer, lines[i].answer) != 0)
				fprintf(stderr,
					"way %u, line %u, asked:\n%.200s\nexpected:\n%.400s\ngot:\n%.400s\n",
					way, i, lines[i].request, lines[i].answer, answer);
			ask_check(strcmp(answer, lines[i].answer) == 0, "another answer");
		}
		ask_check_empty(k);
		nf_kvs_destroy(k);
	}
	ask_end();
}

bool ask_has(const uint8_t *p, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++)
		if (memcmp(p + i, word, n) == 0)
			return true;
	return false;
}

#define ASK_BINARY(opcode, ext, key, body)                                                         \
	"\x80" opcode "\0" key ext "\0\0\0\0\0\0" body "opaq\0\0\0\0\0\0\0\0"
#define ASK_WORD(text)                                                                             \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

static const struct {
	const char *text;
	size_t len;
} ask_word[] = { ASK_WORD("get "), ASK_WORD("gets "), ASK_WORD("gat 0 "), ASK_WORD("set "),
	ASK_WORD("add "), ASK_WORD("replace "), ASK_WORD("append "), ASK_WORD("prepend "),
	ASK_WORD("cas "), ASK_WORD("incr "), ASK_WORD("decr "), ASK_WORD("delete "),
	ASK_WORD("touch "), ASK_WORD("flush_all"), ASK_WORD("verbosity "), ASK_WORD("version"),
	ASK_WORD("quit"), ASK_WORD("mg "), ASK_WORD("ms "), ASK_WORD("md "), ASK_WORD("ma "),
	ASK_WORD("me "), ASK_WORD("mn"), ASK_WORD(" noreply"), ASK_WORD("\r\n"), ASK_WORD("\r\n"),
	ASK_WORD("\r\n"), ASK_WORD("key"), ASK_WORD("other"), ASK_WORD("key 0 0 3\r\nval\r\n"),
	ASK_WORD(" 0 0 1\r\n7\r\n"), ASK_WORD(" 1 5 0 2\r\n\r\n"), ASK_WORD(" 0 0 2000\r\n"),
	ASK_WORD(" v q t T5 N9 R30 k O1 c h l f s"), ASK_WORD(" v I C3 F7"), ASK_WORD(" MA"),
	ASK_WORD(" b k"), ASK_WORD("Zm9v"), ASK_WORD(ASK_BINARY("\0", "\0", "\3", "\3")),
	ASK_WORD(ASK_BINARY("\1", "\10", "\3", "\16")),
	ASK_WORD(ASK_BINARY("\5", "\24", "\3", "\27")),
	ASK_WORD(ASK_BINARY("\x0e", "\0", "\3", "\7")),
	ASK_WORD(ASK_BINARY("\x1c", "\4", "\3", "\7")),
	ASK_WORD(ASK_BINARY("\xa", "\0", "\0", "\0")), ASK_WORD(" v"), ASK_WORD(" t f s c"),
	ASK_WORD(" 3"), ASK_WORD(" T5 F7"), ASK_WORD("\r\nval\r\n"), ASK_WORD("\0\0\0\5"),
	ASK_WORD("0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz") };

size_t ask_words(uint8_t *to, size_t room, const uint8_t *from, size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		bool word = from[i] < sizeof(ask_word) / sizeof(ask_word[0]) && from[i] != '\r' &&
			    from[i] != '\n';
		const void *p = word ? ask_word[from[i]].text : (const char *)&from[i];
		size_t n = word ? ask_word[from[i]].len : 1;

		if (n > room - at)
			break;
		memcpy(to + at, p, n);
		at += n;
	}
	return at;
}
