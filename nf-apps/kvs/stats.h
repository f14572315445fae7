/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "stats", with memcached's names. Source: memcached's protocol.txt, "Statistics". The store has no slab classes:
 * what memcached counts for each is told of one class, 1.
 */
#ifndef SLUICE_NF_APPS_KVS_STATS_H
#define SLUICE_NF_APPS_KVS_STATS_H

#include "nf-apps/kvs/binary.h"
#include "nf-apps/kvs/ascii.h"

/* Where the lines of an answer go. */
struct nf_stats {
	void (*put)(void *to, const char *name, const char *value);
	void *to;
};

UK_INLINE void nf_stats_string(const struct nf_stats *st, const char *name, const char *value)
{
	st->put(st->to, name, value);
}

void nf_stats_number(const struct nf_stats *st, const char *name, uint64_t v);

/* All lines of a group ("" for the general ones). false: there is no such group. */
bool nf_stats_group(struct nf_kvs *k, const struct nf_stats *st, const char *group);
void nf_stats_reset(struct nf_kvs *k);

/* The commands. */
void nf_stats_text(struct nf_session *s, const struct nf_words *words);
void nf_stats_binary(struct nf_session *s, const struct nf_binary *b);

#endif
