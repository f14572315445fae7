/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hash table of flows, made for looking up a burst of packets at once. An entry is a fixed number
 * of bytes that starts with its one or two keys (a flow has one for each direction); behind them
 * the user keeps what he likes. Keys are 16 to 40 bytes, a multiple of 8, padded with zeros: an
 * IPv4 or IPv6 flow with ports, protocol and whatever else tells flows apart.
 *
 * What a lookup touches: one cache line of the index (a bucket: eight 16-bit tags, eight
 * references) and the entry. Both are prefetched for the whole burst, so that a table that is far
 * larger than the caches costs little more than one that fits. Index and entries grow in steps of
 * bounded cost (linear hashing: Litwin, VLDB'80), nothing is ever copied as a whole.
 *
 * The hash is a 64 by 64 bit multiplication of the two halves of the key, each xored with a 64-bit
 * secret, folded (the step of wyhash), and one more multiplication that spreads what neighbouring
 * addresses and ports leave regular. Whoever sends packets neither knows the secrets nor sees hash
 * values, so he can not choose keys that meet in one bucket; the answer does not need a hash that
 * withstands someone who can see its values (SipHash).
 *
 * Life: init -> alloc, keys written, link / unlink, put / find ... -> free. Thread: the caller's.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_FLOWTABLE_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_FLOWTABLE_H

#include <emmintrin.h>
#include <string.h>
#include "nf-apps/element/rewrite/steparray.h"

#define NF_FLOWTABLE_NONE  UINT32_MAX
#define NF_FLOWTABLE_KEY   40 /* bytes, most */
#define NF_FLOWTABLE_SLOTS 8
#define NF_FLOWTABLE_SHIFT 11 /* entries and buckets come in steps of 2,048 */

/* Where a key leads: entry << 1 | which of its keys. */
#define NF_FLOWTABLE_REF(entry, dir) ((entry) << 1 | (dir))

struct nf_flowtable_bucket {
	uint16_t tag[NF_FLOWTABLE_SLOTS]; /* 0: free; slots in use come first */
	uint32_t ref[NF_FLOWTABLE_SLOTS];
	uint32_t next; /* spill + 1: more of them; 0: none */
	uint32_t nb;   /* slots in use here */
	uint32_t pad[2];
} UK_ALIGNED(UK_CACHE_LINE);

_Static_assert(sizeof(struct nf_flowtable_bucket) == UK_CACHE_LINE, "one line");

struct nf_flowtable {
	struct nf_steparray buckets, entries;
	uint32_t nb_buckets; /* in use: mask / 2 < nb_buckets <= mask + 1 */
	uint32_t mask;       /* the larger of the two in use, 2^n - 1 */
	uint32_t nb_links;   /* keys in the index */
	uint32_t key_bytes, entry_bytes;
	uint64_t changes; /* links and unlinks so far: results of a lookup before are stale */
	uint64_t unlinks;
	uint64_t secret[1 + NF_FLOWTABLE_KEY / 8];
	struct nf_steparray spills;
	uint32_t free_spill, nb_spills; /* free: + 1, 0: none */
	uint32_t free_entry, nb_fresh;  /* free: + 1, 0: none; those never used start at nb_fresh */
	uint32_t nb_entries;            /* in use */
};

/* `random` gives 32 bits at a time (nf_core_random). Takes some 256 KiB. -ENOMEM, -EINVAL (sizes)
 */
int nf_flowtable_init(struct nf_flowtable *t, uint32_t key_bytes, uint32_t entry_bytes,
	uint32_t (*random)(void *arg), void *arg) UK_MUST_USE;
void nf_flowtable_free(struct nf_flowtable *t);
/* Forgets every entry, keeps the memory. Cost: the index is cleared. */
void nf_flowtable_clear(struct nf_flowtable *t);

/* A free entry, all bytes zero, or NF_FLOWTABLE_NONE: no memory. Cost: bounded, sometimes a step's.
 */
uint32_t nf_flowtable_alloc(struct nf_flowtable *t) UK_MUST_USE;
/* Gives it back; its keys are unlinked already. They are zeroed: no stale reference matches. */
void nf_flowtable_put(struct nf_flowtable *t, uint32_t entry);

/* Enters key `dir` of the entry, which is not in the index yet. False: no memory, nothing changed.
 * Cost: two buckets are split at most. */
bool nf_flowtable_link(struct nf_flowtable *t, uint32_t entry, unsigned dir) UK_MUST_USE;
/* Takes it out; false: it was not in there. */
bool nf_flowtable_unlink(struct nf_flowtable *t, uint32_t entry, unsigned dir);

/* The reference of a key, or NF_FLOWTABLE_NONE. */
uint32_t nf_flowtable_find(const struct nf_flowtable *t, const void *key);

/* All entries in use, one call each; the call may unlink and put that entry. Keys in use are never
 * all zero: that marks a free entry. Cost: reads all memory of the entries. */
void nf_flowtable_each(struct nf_flowtable *t, void (*fn)(void *arg, uint32_t entry), void *arg);

UK_INLINE void *nf_flowtable_entry(const struct nf_flowtable *t, uint32_t entry)
{
	return nf_steparray_item(&t->entries, entry, NF_FLOWTABLE_SHIFT, t->entry_bytes);
}

UK_INLINE uint64_t nf_flowtable_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

UK_INLINE uint64_t nf_flowtable_word(const void *key, unsigned i)
{
	uint64_t w;

	memcpy(&w, (const uint8_t *)key + 8 * i, 8);
	return w;
}

UK_INLINE uint64_t nf_flowtable_hash(const struct nf_flowtable *t, const void *key, unsigned bytes)
{
	uint64_t h = 0;

	for (unsigned i = 0; i < bytes / 8; i += 2) {
		uint64_t b = i + 1 < bytes / 8 ? nf_flowtable_word(key, i + 1) : 0;

		h = nf_flowtable_fold(
			nf_flowtable_word(key, i) ^ t->secret[i] ^ h, b ^ t->secret[i + 1]);
	}
	return (h ^ h >> 32) * 0x9e3779b97f4a7c15ull;
}

/* Never 0. */
UK_INLINE uint16_t nf_flowtable_tag(uint64_t hash)
{
	return (uint16_t)(hash >> 16 | 1);
}

UK_INLINE uint32_t nf_flowtable_index(uint64_t hash)
{
	return (uint32_t)(hash >> 32);
}

UK_INLINE struct nf_flowtable_bucket *nf_flowtable_bucket(
	const struct nf_flowtable *t, uint64_t hash)
{
	uint32_t b = nf_flowtable_index(hash) & t->mask;

	b = b < t->nb_buckets ? b : b & (t->mask >> 1);
	return nf_steparray_item(
		&t->buckets, b, NF_FLOWTABLE_SHIFT, sizeof(struct nf_flowtable_bucket));
}

/*
 * First guess: the reference whose tag is right, NF_FLOWTABLE_NONE: there is none for sure. Any
 * other has to be checked with nf_flowtable_check; if that fails, nf_flowtable_find knows.
 */
UK_INLINE uint32_t nf_flowtable_guess(const struct nf_flowtable_bucket *b, uint64_t hash)
{
	__m128i tags = _mm_load_si128((const __m128i *)(const void *)b->tag);
	__m128i eq = _mm_cmpeq_epi16(tags, _mm_set1_epi16((short)nf_flowtable_tag(hash)));
	unsigned m = (unsigned)_mm_movemask_epi8(eq);

	if (UK_LIKELY(m != 0))
		return b->ref[(unsigned)__builtin_ctz(m) / 2];
	return b->next == 0 ? NF_FLOWTABLE_NONE : b->ref[0];
}

UK_INLINE bool nf_flowtable_same(const void *a, const void *b, unsigned bytes)
{
	uint64_t diff = 0;

	for (unsigned i = 0; i < bytes / 8; i++)
		diff |= nf_flowtable_word(a, i) ^ nf_flowtable_word(b, i);
	return diff == 0;
}

UK_INLINE bool nf_flowtable_check(
	const void *entry, uint32_t ref, const void *key, unsigned key_bytes)
{
	return nf_flowtable_same((const uint8_t *)entry + (ref & 1) * key_bytes, key, key_bytes);
}

/*
 * Looks up n <= 64 keys that lie one behind the other: stage by stage, so that memory is waited for
 * once. key_bytes and entry_bytes are the table's, as constants.
 */
UK_INLINE void nf_flowtable_find_burst(const struct nf_flowtable *t, const void *keys, unsigned n,
	uint32_t ref[], uint32_t key_bytes, uint32_t entry_bytes)
{
	const struct nf_flowtable_bucket *b[64];
	const uint8_t *key = keys;
	uint64_t hash[64];

	for (unsigned i = 0; i < n; i++) {
		hash[i] = nf_flowtable_hash(t, key + i * key_bytes, key_bytes);
		b[i] = nf_flowtable_bucket(t, hash[i]);
		__builtin_prefetch(b[i]);
	}
	for (unsigned i = 0; i < n; i++) {
		ref[i] = nf_flowtable_guess(b[i], hash[i]);
		if (UK_LIKELY(ref[i] != NF_FLOWTABLE_NONE))
			__builtin_prefetch(nf_steparray_item(
				&t->entries, ref[i] >> 1, NF_FLOWTABLE_SHIFT, entry_bytes));
	}
	for (unsigned i = 0; i < n; i++) {
		if (UK_UNLIKELY(ref[i] == NF_FLOWTABLE_NONE))
			continue;
		if (UK_UNLIKELY(!nf_flowtable_check(nf_steparray_item(&t->entries, ref[i] >> 1,
							    NF_FLOWTABLE_SHIFT, entry_bytes),
			    ref[i], key + i * key_bytes, key_bytes)))
			ref[i] = nf_flowtable_find(t, key + i * key_bytes);
	}
}

#endif
