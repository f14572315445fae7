/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast the store is by itself: a million 16-byte keys, 64-byte values, bursts of 32, by
 * processor time. speed_store [items]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
#include "nf-apps/kvs/store.h"

#define BURST 32u

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void uk_assert_fail(const char *expr, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, expr);
	abort();
}

/* Without a load: a key comes with its request. */
static void key_of(char key[16], uint32_t n)
{
	uint64_t hex = n;

	memcpy(key, "key-0123", 8);
	hex = (hex & 0xffff) | (hex & 0xffff0000) << 16;
	hex = (hex & 0xff000000ff) | (hex & 0xff000000ff00) << 8;
	hex = (hex & 0xf000f000f000f) | (hex & 0xf000f000f000f0) << 4;
	hex += 0x4141414141414141;
	memcpy(key + 8, &hex, 8);
}

static uint64_t random_state = 88172645463325252u;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)((random_state >> 32) * n >> 32);
}

static void set(struct nf_store *s, uint64_t hash, const char *key, uint32_t now)
{
	struct nf_item *old = nf_store_find(s, hash, key, 16, now);
	struct nf_item *it = nf_store_alloc(s, key, 16, 64, now);

	if (it == NULL)
		abort();
	memset(nf_item_value(it), (int)hash, 64);
	nf_store_link(s, hash, it, old, now);
}

static uint64_t get(struct nf_store *s, uint64_t hash, const char *key, uint32_t now)
{
	uint8_t value[64];
	struct nf_item *it = nf_store_find(s, hash, key, 16, now);

	if (it == NULL)
		return 0;
	nf_store_touch_lru(s, it, now);
	memcpy(value, nf_item_value(it), 64);
	return value[hash % 64];
}

/* `sets` of 100 operations are sets; `nb` keys; n operations. */
static void run(struct nf_store *s, const char *name, uint32_t nb, uint32_t sets, uint32_t n)
{
	uint64_t hash[BURST], sum = 0;
	char key[BURST][16];
	double start = seconds();

	for (uint32_t done = 0; done < n; done += BURST) {
		for (uint32_t i = 0; i < BURST; i++) {
			key_of(key[i], random_below(nb));
			hash[i] = nf_store_hash(s, key[i], 16);
			nf_store_prefetch(s, hash[i]);
		}
		for (uint32_t i = 0; i < BURST; i++)
			nf_store_prefetch_item(s, hash[i]);
		for (uint32_t i = 0; i < BURST; i++) {
			if (i * 100 < sets * BURST)
				set(s, hash[i], key[i], 1 + done / 10000000);
			else
				sum += get(s, hash[i], key[i], 1 + done / 10000000);
		}
	}
	printf("%-24s %6.2f million/s (%u)\n", name, n / (seconds() - start) / 1e6,
		(unsigned)sum & 1);
}

static void *memory(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(p, bytes, MADV_HUGEPAGE);
	return p;
}

static struct nf_store *create(size_t bytes, size_t nb)
{
	struct nf_store_conf conf = {
		.bytes = bytes, .nb_items = nb, .hash_key = { 1, 2 }, .memory = memory(bytes)
	};

	return nf_store_create(&conf);
}

int main(int argc, char **argv)
{
	uint32_t nb = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000000, ops = 10000000;
	struct nf_store *s = create((size_t)nb * 124 + (4 << 20), nb);
	struct nf_store_stats st;
	double start;
	char key[16];

	start = seconds();
	for (uint32_t i = 0; i < nb; i++) {
		key_of(key, i);
		set(s, nf_store_hash(s, key, 16), key, 1);
	}
	nf_store_stats(s, &st);
	printf("filled, one by one       %6.2f million/s; %.1f bytes an item\n",
		nb / (seconds() - start) / 1e6, (double)st.used_bytes / nb);
	run(s, "get", nb, 0, ops);
	run(s, "get:set 9:1", nb, 10, ops);
	run(s, "get:set 1:1", nb, 50, ops);
	run(s, "set", nb, 100, ops);
	s = create((size_t)nb * 124, nb);
	run(s, "set, twice what fits", nb * 2, 100, ops);
	nf_store_stats(s, &st);
	printf("%lu items, %lu evictions, %lu moved\n", st.nb_items, st.evictions, st.moved);
	return 0;
}
