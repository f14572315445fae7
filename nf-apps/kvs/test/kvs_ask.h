/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Talks to a key-value server in memory: datagrams and a stream, with what comes back as one string. Every buffer has exactly the
 * size that is promised, so that the sanitizers see a byte too much.
 */
#ifndef SLUICE_NF_APPS_KVS_TEST_KVS_ASK_H
#define SLUICE_NF_APPS_KVS_TEST_KVS_ASK_H

#include "nf-apps/kvs/kvs.h"

#define ASK_ANSWER_MAX (3u << 20)

struct ask_answer {
	uint32_t len, nb_dgrams;
	uint32_t nb_lost;   /* buffers that came back unsent */
	uint32_t nb_wanted; /* buffers that `more` gives before it has no more; set by the test */
	uint8_t *text;      /* ASK_ANSWER_MAX bytes and a 0 */
};

/* With a store of `bytes`; the clock stands at a second of its own. */
struct nf_kvs *ask_server(size_t bytes);
void ask_later(struct nf_kvs *k, uint32_t seconds);

/*
 * One datagram with the payload, through a burst of its own. The answer's datagrams are checked (frame, order, lengths) and put
 * together in a->text. `room` of the first buffer.
 */
void ask_dgram(
	struct nf_kvs *k, const void *payload, size_t len, uint32_t room, struct ask_answer *a);

/*
 * A connection that is given the bytes in pieces of `cut`, and writes at most `gulp` bytes at a time to a peer that takes
 * everything in the end. Returns true if the server closed it.
 */
bool ask_stream(struct nf_kvs *k, const void *data, size_t len, size_t cut, size_t gulp,
	struct ask_answer *a);

/* The same for text, with the usual sizes; the answer is good until the next call. */
const char *ask_text(struct nf_kvs *k, const char *request);
const char *ask_text_dgram(struct nf_kvs *k, const char *request);
void ask_end(void);

/* Everything is gone after a flush, and no item is held by anybody: no leak. */
void ask_check_empty(struct nf_kvs *k);

/* For fuzzers: does the word occur? */
bool ask_has(const uint8_t *p, size_t len, const char *word);
/*
 * Bytes of a fuzzer to bytes of a client: those below a number stand for words of the protocols, the others for themselves.
 * Writes at most `room` bytes; returns how many.
 */
size_t ask_words(uint8_t *to, size_t room, const uint8_t *from, size_t len);

struct ask_line {
	const char *request; /* NULL: `later` seconds pass */
	const char *answer;
	uint32_t later;
};

/*
 * A conversation in text, line by line with a server of its own: as a stream in one piece, in pieces of some sizes, and as
 * datagrams. The answers have to be the same.
 */
void ask_table(const struct ask_line *lines, unsigned n);

#define ASK_TABLE(lines) ask_table(lines, sizeof(lines) / sizeof((lines)[0]))

#endif
