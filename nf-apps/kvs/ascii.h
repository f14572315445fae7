/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memcached's text protocol, for the session. Source: memcached's protocol.txt (1.6.18).
 */
#ifndef SLUICE_NF_APPS_KVS_ASCII_H
#define SLUICE_NF_APPS_KVS_ASCII_H

#include "nf-apps/kvs/session.h"

#define NF_ASCII_GET_MAX 5 /* bytes of "gets " */
#define NF_ASCII_WORDS_MAX                                                                         \
	24 /* of a line; what is behind is not looked at, but for the last word */

struct nf_word {
	const uint8_t *p;
	uint32_t len;
};

struct nf_words {
	struct nf_word w[NF_ASCII_WORDS_MAX];
	unsigned n;
};

void nf_ascii_split(struct nf_words *words, const uint8_t *line, uint32_t len);

UK_INLINE bool nf_word_is(const struct nf_word *w, const char *s)
{
	return w->len == strlen(s) && memcmp(w->p, s, w->len) == 0;
}

/* The text begins as a get does: sets the session's get up and returns the bytes of the command; else 0. */
size_t nf_ascii_get(struct nf_session *s, const uint8_t *p, size_t len);
/* The words of a get; returns how many bytes were taken. */
size_t nf_ascii_keys(struct nf_session *s, const uint8_t *data, size_t len);
/* Any other command. */
void nf_ascii_line(struct nf_session *s, const uint8_t *line, uint32_t len);
/* The value of a storage command is there; good: and the line's end behind it. */
void nf_ascii_stored(struct nf_session *s, bool good);

/* -- inside -- */

/* set, add, replace, append, prepend, cas */
void nf_ascii_store(struct nf_session *s, const struct nf_words *words, enum nf_put_mode mode);
/* The item of s->put takes what comes. */
void nf_ascii_receive(struct nf_session *s);
/* The last word asks for silence. */
bool nf_ascii_noreply(struct nf_session *s, const struct nf_words *words);
/* The item could not be had: the error, and its value is swallowed. */
void nf_ascii_refuse(struct nf_session *s, enum nf_op_result why, uint32_t value_len);
/* false: the key is too long; the error has been said. */
bool nf_ascii_key(struct nf_session *s, const struct nf_word *w, struct nf_key *key);

#define NF_ASCII_BAD_LINE "CLIENT_ERROR bad command line format"

#endif
