/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cycles per lookup in bursts of 64, at random over all flows, for tables of several sizes; memory
 *lies in 2 MiB pages as it does in an image. Not a test: run it by hand, it takes some seconds.
 *
 *	gcc -O2 -std=gnu11 -I. nf-apps/element/rewrite/test/bench_flowtable.c
 *		nf-apps/element/rewrite/{flowtable,flowage,steparray}.c -o bench && ./bench
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "nf-apps/element/rewrite/flowage.h"
#include "plat-kvm/clock.h"

#define ARENA (1ull << 30)

static uint64_t bench_seed = 42;
static uint8_t *bench_arena, *bench_next;

/* Steps come from one arena of large pages. */
void *aligned_alloc(size_t align, size_t bytes)
{
	uint8_t *p = bench_next;

	bench_next += UK_ALIGN_UP(bytes, (size_t)UK_CACHE_LINE);
	return bench_next <= bench_arena + ARENA ? p : NULL;
}

void uk_assert_fail(const char *expr, const char *file, int line)
{
	printf("%s:%d: %s\n", file, line, expr);
	abort();
}

static uint32_t bench_random(void *arg)
{
	uint64_t z = bench_seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	return (uint32_t)(z >> 32 ^ z);
}

struct bench_entry {
	uint32_t key[2][4];
	struct nf_flowage_mark mark;
	uint32_t pad[5];
};

static void bench_key(uint32_t key[4], uint32_t id, unsigned dir)
{
	key[0] = 0x0000000a + (id << 16);
	key[1] = 0x01010101;
	key[2] = id * 7 % 60000 + dir;
	key[3] = 17 + (dir << 8) + (id >> 16 << 16);
}

static void bench_fill(struct nf_flowtable *t, struct nf_flowage *a, uint32_t nb)
{
	uint64_t start = uk_clock_cycles();

	for (uint32_t i = 0; i < nb; i++) {
		uint32_t entry = nf_flowtable_alloc(t);
		struct bench_entry *e = nf_flowtable_entry(t, entry);

		bench_key(e->key[0], i, 0);
		bench_key(e->key[1], i, 1);
		e->mark.last = i;
		if (!nf_flowtable_link(t, entry, 0) || !nf_flowtable_link(t, entry, 1) ||
			!nf_flowage_add(a, entry, 0))
			abort();
	}
	printf("%8u flows: %4lu cycles to enter one, ", nb, (uk_clock_cycles() - start) / nb);
}

static void bench_find(const struct nf_flowtable *t, uint32_t nb, bool write)
{
	enum { BURSTS = 1500, PREPARED = 16384 };
	static uint32_t keys[PREPARED][64][4];
	uint64_t sum = 0, best = UINT64_MAX;
	unsigned prepared = nb < 10000 ? 64 : PREPARED;
	uint32_t ref[64];

	for (unsigned b = 0; b < prepared; b++) {
		for (unsigned i = 0; i < 64; i++)
			bench_key(keys[b][i], bench_random(NULL) % nb, i & 1);
	}
	for (unsigned round = 0; round < 60; round++) {
		uint64_t start = uk_clock_cycles();

		for (unsigned b = 0; b < BURSTS; b++) {
			nf_flowtable_find_burst(
				t, keys[(round * BURSTS + b) % prepared], 64, ref, 16, 64);
			for (unsigned i = 0; write && i < 64; i++) {
				struct bench_entry *e = nf_steparray_item(
					&t->entries, ref[i] >> 1, NF_FLOWTABLE_SHIFT, 64);

				e->mark.last = b;
			}
			sum += ref[b % 64];
		}
		start = uk_clock_cycles() - start;
		best = start < best ? start : best;
	}
	printf("%3lu.%lu cycles a lookup%s (%lu) ", best / BURSTS / 64,
		best * 10 / BURSTS / 64 % 10, write ? " with its time written" : ",", sum & 1);
}

static void bench_evict(struct nf_flowtable *t, struct nf_flowage *a, uint32_t nb)
{
	uint64_t start = uk_clock_cycles();
	unsigned most = nb < 100000 ? nb : 100000;
	int64_t left;

	for (unsigned i = 0; i < most; i++) {
		uint32_t work = 4;
		uint32_t v = nf_flowage_victim(a, 1u << 30, &left, &work);

		nf_flowage_remove(a, v);
		nf_flowtable_unlink(t, v, 0);
		nf_flowtable_unlink(t, v, 1);
		nf_flowtable_put(t, v);
	}
	printf("%lu to give one up\n", (uk_clock_cycles() - start) / most);
}

int main(void)
{
	static const uint32_t sizes[] = { 1000, 100000, 1000000 };

	bench_arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bench_arena == MAP_FAILED)
		return 1;
	bench_arena = (uint8_t *)UK_ALIGN_UP((uintptr_t)bench_arena, 1u << 21);
	madvise(bench_arena, ARENA - (1u << 21), MADV_HUGEPAGE);
	for (unsigned i = 0; i < UK_ARRAY_SIZE(sizes); i++) {
		struct nf_flowtable t;
		struct nf_flowage a;

		bench_next = bench_arena;
		if (nf_flowtable_init(&t, 16, sizeof(struct bench_entry), bench_random, NULL) < 0 ||
			nf_flowage_init(&a, &t, 32, 1) < 0 || nf_flowage_class(&a, 1, 0) < 0)
			return 1;
		bench_fill(&t, &a, sizes[i]);
		bench_find(&t, sizes[i], false);
		bench_find(&t, sizes[i], true);
		bench_evict(&t, &a, sizes[i]);
	}
	return 0;
}
