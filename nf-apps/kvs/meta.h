/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memcached's meta commands. Source: memcached's protocol.txt (1.6.18), "Meta Commands".
 */
#ifndef SLUICE_NF_APPS_KVS_META_H
#define SLUICE_NF_APPS_KVS_META_H

#include "nf-apps/kvs/ascii.h"

#define NF_META_WORDS_MAX 19 /* of a line, command and key too */

void nf_meta_get(struct nf_session *s, const struct nf_words *words);
void nf_meta_set(struct nf_session *s, const struct nf_words *words);
void nf_meta_delete(struct nf_session *s, const struct nf_words *words);
void nf_meta_arithmetic(struct nf_session *s, const struct nf_words *words);
void nf_meta_noop(struct nf_session *s, const struct nf_words *words);
void nf_meta_debug(struct nf_session *s, const struct nf_words *words);
/* The answer to a meta set. */
void nf_meta_stored(struct nf_session *s, enum nf_op_result result, const uint8_t *key,
	uint32_t key_len, uint64_t cas);

/* -- inside -- */

/* What the flags of a command say. */
struct nf_meta {
	bool quiet, value, no_bump, stale, binary_key; /* q v u I b */
	bool has_cas, has_ttl, vivify, recache;        /* C T N R */
	bool created;                                  /* mg has made the item, on N */
	bool long_opaque;                              /* O, which is longer than it may be */
	char mode;                                     /* M; 0: none */
	uint32_t ttl, vivify_ttl, recache_ttl;         /* as the store's expiry */
	uint32_t client_flags;                         /* F */
	uint64_t cas, delta, initial;                  /* C D J */
	const char *error;                             /* what is wrong; NULL: nothing */
	struct nf_key key;
	uint8_t decoded[NF_STORE_KEY_MAX];
};

/* Reads the flags from the word `first` on, and the key. false: m->error says why. */
bool nf_meta_parse(
	struct nf_session *s, const struct nf_words *words, unsigned first, struct nf_meta *m);
/* " k" and the key; with base64, " b" after it. */
void nf_meta_reply_key(struct nf_reply *r, const uint8_t *key, uint32_t len, bool binary);
/* A flag and its number. */
void nf_meta_reply_number(struct nf_reply *r, char flag, uint64_t v);
/* " t" and the seconds left. */
void nf_meta_reply_ttl(struct nf_session *s, const struct nf_item *it);
/* What goes back as it came: opaque and key, if `w` is such a flag. */
void nf_meta_reply_same(struct nf_reply *r, const struct nf_word *w, const struct nf_meta *m);

#endif
