/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cycles per packet of IPRewriter with UDP packets of 1,000, 100,000 and 1,000,000 flows in bursts
 *of 64; flows are taken at random, memory lies in 2 MiB pages as it does in an image. What it costs
 *to put the headers back is measured first and taken off. Not a test: run it by hand, it takes some
 *seconds.
 *
 *	gcc -O2 -std=gnu11 -D_GNU_SOURCE -I. nf-apps/element/rewrite/test/bench_iprewriter.c
 *		nf-apps/element/rewrite/{iprewriter,flow,rw,steparray}*.c nf-apps/click/[a-z]*.c
 *		nf-apps/twin/plat.c dataplane/netbuf.c -o bench && ./bench
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "nf-apps/click/router.h"
#include "nf-apps/element/rewrite/rwbase.h"
#include "plat-kvm/clock.h"

#define ARENA   (1ull << 30)
#define BURSTS  1500u /* of a round: short, so that some are not disturbed */
#define PACKETS 2048u /* in flight: as many as a ring has */

extern const struct nf_class nf_iprewriter;

static uint64_t bench_seed = 42;
static uint8_t *bench_arena, *bench_next;
static uint64_t bench_nb_out;

void *aligned_alloc(size_t align, size_t bytes)
{
	uint8_t *p = (uint8_t *)UK_ALIGN_UP((uintptr_t)bench_next, align);

	bench_next = p + UK_ALIGN_UP(bytes, (size_t)UK_CACHE_LINE);
	return bench_next <= bench_arena + ARENA ? p : NULL;
}

void free(void *p)
{
}

static void bench_sink_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	bench_nb_out += n;
}

static const struct nf_class bench_sink = {
	.name = "BenchSink", .ports = "1/0", .processing = "h/h", .push = bench_sink_push
};
static const struct nf_class bench_source = {
	.name = "BenchSource", .ports = "0/1", .processing = "h/h"
};

const struct nf_class *const nf_classes[] = { &nf_iprewriter, &bench_sink, &bench_source, NULL };

static uint32_t bench_random(void)
{
	uint64_t z = bench_seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	return (uint32_t)(z >> 32 ^ z);
}

static void bench_header(struct uk_netbuf *p, uint32_t id)
{
	struct nf_ip4 *ip = (struct nf_ip4 *)(void *)(p->data + 14);
	struct nf_udp *udp = (struct nf_udp *)(void *)(ip + 1);

	*ip = (struct nf_ip4){ .vhl = 0x45, .len = nf_inet_hton16(46), .ttl = 64, .proto = 17 };
	ip->src = nf_inet_hton32(0x0a000000 + id / 16);
	ip->dst = nf_inet_hton32(0x01000000 + id % 4096);
	ip->csum = nf_inet_csum(ip, 20);
	*udp = (struct nf_udp){ .sport = nf_inet_hton16((uint16_t)(1024 + id % 60000)),
		.dport = 0x3500,
		.len = nf_inet_hton16(26),
		.csum = 0x1234 };
}

static uint64_t bench_run(struct nf_element *rw, struct uk_netbuf **pool, const uint32_t *ids,
	unsigned nb_ids, bool push)
{
	uint64_t start = uk_clock_cycles();
	static unsigned id, at;

	id = id < nb_ids ? id : 0;
	for (unsigned b = 0; b < BURSTS; b++) {
		struct uk_netbuf *v[64];

		for (unsigned i = 0; i < 64; i++) {
			struct nf_ip4 *ip = (struct nf_ip4 *)(void *)(pool[at]->data + 14);

			/* as bench_header's, without the sums */
			v[i] = pool[at];
			ip->src = nf_inet_hton32(0x0a000000 + ids[id] / 16);
			ip->dst = nf_inet_hton32(0x01000000 + ids[id] % 4096);
			*(nf_be16 *)(void *)(ip + 1) =
				nf_inet_hton16((uint16_t)(1024 + ids[id] % 60000));
			id = id + 1 < nb_ids ? id + 1 : 0;
			at = (at + 1) % PACKETS;
		}
		if (push)
			rw->class->push(rw, 0, v, 64);
	}
	return (uk_clock_cycles() - start) * 10 / ((uint64_t)BURSTS * 64);
}

static void bench_flows(struct nf_core *core, struct uk_netbuf **pool, uint32_t nb)
{
	static uint32_t ids[1u << 21];
	struct nf_errors errs = { 0 };
	struct nf_router *r;
	struct nf_element *rw;
	uint64_t base = UINT64_MAX, whole = UINT64_MAX;
	char text[256];

	snprintf(text, sizeof(text),
		"rw :: IPRewriter(pattern 9.9.9.9 1024-65535 - - 0 0, drop, MAPPING_CAPACITY 2000000);"
		"s :: BenchSource -> rw -> t :: BenchSink; s2 :: BenchSource -> [1] rw");
	if (nf_router_load(core, text, strlen(text), "bench", NULL, 0, NULL, &r, &errs) < 0) {
		printf("%s", nf_text_get(&errs.text));
		exit(1);
	}
	rw = nf_router_find(r, "rw");
	for (uint32_t i = 0; i < nb; i += 64) {
		struct uk_netbuf *v[64];

		for (unsigned j = 0; j < 64; j++) {
			v[j] = pool[j];
			bench_header(v[j], (i + j) % nb);
		}
		rw->class->push(rw, 0, v, 64);
	}
	for (unsigned i = 0; i < UK_ARRAY_SIZE(ids); i++)
		ids[i] = bench_random() % nb;
	for (unsigned round = 0; round < 60; round++) {
		uint64_t b =
			bench_run(rw, pool, ids, nb < 10000 ? 1024 : UK_ARRAY_SIZE(ids), false);
		uint64_t w = bench_run(rw, pool, ids, nb < 10000 ? 1024 : UK_ARRAY_SIZE(ids), true);

		base = b < base ? b : base;
		whole = w < whole ? w : whole;
	}
	printf("%8u flows (%u in the table, %lu out): %lu.%lu cycles a packet, %lu.%lu with headers put back\n",
		nb, ((struct nf_rwbase *)rw->state)->set->flows.nb_entries, bench_nb_out,
		(whole - base) / 10, (whole - base) % 10, whole / 10, whole % 10);
}

int main(void)
{
	static struct uk_netbuf *pool[PACKETS];
	struct nf_packet_pools pools;
	struct nf_core core;

	bench_arena = mmap(NULL, ARENA + (1u << 21), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bench_arena == MAP_FAILED)
		return 1;
	bench_arena = (uint8_t *)UK_ALIGN_UP((uintptr_t)bench_arena, 1u << 21);
	madvise(bench_arena, ARENA, MADV_HUGEPAGE);
	bench_next = bench_arena;
	if (nf_packet_pools_create(&pools, 4096, 0) < 0)
		return 1;
	nf_core_init(&core, &pools, 12345);
	for (unsigned i = 0; i < PACKETS; i++) {
		pool[i] = nf_packet_alloc(&pools, 0, 60);
		nf_packet_set_l3(pool[i], pool[i]->data + 14);
		bench_header(pool[i], i);
	}
	bench_flows(&core, pool, 1000);
	bench_flows(&core, pool, 100000);
	bench_flows(&core, pool, 1000000);
	return 0;
}
