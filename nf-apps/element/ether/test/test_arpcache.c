/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of neighbours against a naive one, with packets that wait: they come out in order for
 * the right neighbour, or are counted; limits hold at any time; queries keep their distance.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "nf-apps/click/core.h"
#include "nf-apps/click/file.h"
#include "nf-apps/click/print.h"
#include "nf-apps/click/router.h"
#include "nf-apps/element/ether/arpcache.h"
#include "plat-kvm/test/fake_plat.h"

#define PACKETS 512u
#define KEYS    24u
#define MS      1000000ull
#define TIMEOUT (10000 * MS)

const struct nf_class *const nf_classes[] = { NULL };
const char *const nf_classes_symbols[] = { NULL }, *const nf_classes_files[] = { NULL };

void nf_print_line(const char *s)
{
}

int nf_file_load(const char *name, size_t max, char **data, size_t *len, struct nf_errors *errs,
	const char *where)
{
	return -ENOENT;
}

static const struct nf_class owner_class = { .name = "Owner",
	.ports = "0/0",
	.processing = "a/a",
	.drops = (const char *const[]){ NF_ARPCACHE_REASONS, NULL } };

struct rig {
	struct nf_packet_pools pools;
	struct nf_core core;
	uint64_t drops[NF_ELEMENT_DROPS_OWN + NF_ARPCACHE_DROPS];
	struct nf_element e;
	struct nf_arpcache c;
	uint32_t made, freed; /* packets: numbers given; that came out */
};

/* What a neighbour is known as, and the numbers of the packets that wait for it. */
struct model {
	bool is_there, is_known;
	uint64_t live_ns, polled_ns;
	unsigned nb_polls;
	uint8_t eth;
	uint32_t first, nb, numbers[PACKETS];
};

static uint64_t seed = 7;

static uint32_t rnd(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (uint32_t)(z ^ z >> 31);
}

static void rig_open(struct rig *g, uint32_t packets, uint32_t of_one, uint32_t entries)
{
	*g = (struct rig){ .e = { .class = &owner_class, .name = "o" } };
	fake_plat_reset();
	fake_plat_advance(1000 * MS);
	assert_int_equal(nf_packet_pools_create(&g->pools, PACKETS, 0), 0);
	nf_core_init(&g->core, &g->pools, 1);
	g->e.core = &g->core;
	g->e.drops = g->drops;
	g->c.timeout_ns = TIMEOUT;
	g->c.interval_ns = NF_ARPCACHE_INTERVAL_NS;
	g->c.packet_capacity = packets;
	g->c.entry_packet_capacity = of_one;
	g->c.entry_capacity = entries;
	g->c.slim_factor = 2;
	assert_int_equal(nf_arpcache_start(&g->c, &g->e), 0);
	nf_core_round(&g->core);
}

static void rig_close(struct rig *g)
{
	nf_arpcache_free(&g->c);
	nf_core_cleanup(&g->core);
	assert_int_equal(g->pools.small->nb_free, PACKETS);
	assert_int_equal(uk_netbuf_pool_destroy(g->pools.small), 0);
}

static void pass(struct rig *g, uint64_t ns)
{
	fake_plat_advance(ns);
	nf_core_round(&g->core);
}

static struct nf_arpcache_key key_of(unsigned i)
{
	return (struct nf_arpcache_key){ i / 2, i % 2 };
}

static uint64_t nb_drops(const struct rig *g)
{
	uint64_t nb = 0;

	for (unsigned i = 0; i < NF_ARPCACHE_DROPS; i++)
		nb += g->drops[NF_ELEMENT_DROPS_OWN + i];
	return nb;
}

/* -1: no buffer, so that all wait; else what nf_arpcache_wait said. */
static int wait_one(struct rig *g, unsigned i)
{
	struct uk_netbuf *p = nf_packet_alloc(&g->pools, 0, 60);

	assert_non_null(p);
	nf_packet_set_anno_u32(p, NF_ANNO_PACKET_NUMBER, g->made++);
	return nf_arpcache_wait(&g->c, key_of(i), p);
}

static bool model_is_old(const struct rig *g, const struct model *m)
{
	return nf_core_now_ns(&g->core) - m->live_ns > TIMEOUT;
}

static void model_wait(struct rig *g, struct model *m, unsigned i)
{
	uint64_t now = nf_core_now_ns(&g->core), gap = m->nb_polls >= 10 ? 2000 * MS : 100 * MS;
	bool poll;

	if (!m->is_there)
		*m = (struct model){ .is_there = true, .live_ns = now };
	poll = m->nb_polls == 0 || now >= m->polled_ns + gap;
	m->numbers[m->nb++] = g->made;
	assert_int_equal(wait_one(g, i), poll);
	m->nb_polls += poll;
	m->polled_ns = poll ? now : m->polled_ns;
	if (model_is_old(g, m)) /* kept for the packet */
		m->live_ns = now - TIMEOUT;
}

static void model_insert(struct rig *g, struct model *m, unsigned i)
{
	uint8_t eth[6] = { 2, 0, 0, 0, 0, (uint8_t)rnd() };
	int rc;
	struct uk_netbuf *p = nf_arpcache_insert(&g->c, key_of(i), eth, false, &rc), *next;

	assert_int_equal(rc, 0);
	for (uint32_t k = 0; k < m->nb; k++, p = next) {
		assert_non_null(p);
		assert_int_equal(nf_packet_anno_u32(p, NF_ANNO_PACKET_NUMBER), m->numbers[k]);
		next = p->next;
		p->next = NULL;
		uk_netbuf_free(p);
		g->freed++;
	}
	assert_null(p);
	*m = (struct model){ .is_there = true,
		.is_known = true,
		.eth = eth[5],
		.live_ns = nf_core_now_ns(&g->core) };
}

static void model_lookup(struct rig *g, const struct model *m, unsigned i)
{
	uint8_t eth[6];
	uint64_t until;
	int rc = nf_arpcache_lookup(&g->c, key_of(i), 0, eth, &until);

	if (!m->is_there || !m->is_known || model_is_old(g, m)) {
		assert_int_equal(rc, -1);
		return;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(eth[5], m->eth);
	assert_int_equal(until, m->live_ns + TIMEOUT);
}

/* Limits that are never reached; time stands still for long, so that nothing is forgotten. */
static void as_the_model(void **state)
{
	static struct model m[KEYS];
	struct rig g;
	uint32_t nb = 0;

	memset(m, 0, sizeof(m));
	rig_open(&g, PACKETS, 0, KEYS);
	for (unsigned k = 0; k < 40000; k++) {
		unsigned i = rnd() % KEYS;

		if (rnd() % 3 == 0 && g.made - g.freed < PACKETS - 8)
			model_wait(&g, &m[i], i);
		else if (rnd() % 3 == 0)
			model_insert(&g, &m[i], i);
		else
			model_lookup(&g, &m[i], i);
		assert_int_equal(nf_arpcache_has(&g.c, key_of(i)), m[i].is_there);
		if (rnd() % 50 == 0)
			pass(&g, rnd() % 200 * MS);
		if (nb_drops(&g) != 0) { /* too old: from the start again */
			nf_arpcache_clear(&g.c);
			memset(g.drops, 0, sizeof(g.drops));
			memset(m, 0, sizeof(m));
			g.freed = g.made;
			nb++;
		}
	}
	assert_in_range(nb, 0, 100);
	rig_close(&g);
}

/* Small limits: they hold, and every packet waits, came out, or was counted. */
static void limits(void **state)
{
	static const uint32_t of_one[] = { 0, 1, 3 }, packets[] = { 1, 2, 10 };
	struct rig g;

	for (unsigned t = 0; t < 9; t++) {
		rig_open(&g, packets[t % 3], of_one[t / 3], 5);
		for (unsigned k = 0; k < 20000; k++) {
			unsigned i = rnd() % KEYS;
			uint8_t eth[6] = { 2 };
			struct uk_netbuf *p = NULL, *next;
			int rc;

			if (rnd() % 2 == 0)
				(void)wait_one(&g, i);
			else if (rnd() % 2 == 0)
				p = nf_arpcache_insert(&g.c, key_of(i), eth, rnd() % 4 == 0, &rc);
			for (; p != NULL; p = next, g.freed++) {
				next = p->next;
				p->next = NULL;
				uk_netbuf_free(p);
			}
			if (rnd() % 10 == 0)
				pass(&g, rnd() % 3000 * MS);
			assert_true(g.c.nb_packets <= packets[t % 3]);
			assert_true(g.c.nb_entries <= 5);
			assert_int_equal(g.made, g.freed + g.c.nb_packets + nb_drops(&g));
		}
		rig_close(&g);
	}
}

/* Far more neighbours than buckets at first; all are found, and forgotten when they are old. */
static void many(void **state)
{
	uint8_t eth[6] = { 2 };
	uint64_t until;
	struct rig g;
	int rc;

	rig_open(&g, 10, 0, NF_ARPCACHE_ENTRIES_MAX);
	for (unsigned i = 0; i < 5000; i++) {
		eth[5] = (uint8_t)i;
		assert_null(nf_arpcache_insert(&g.c, key_of(i), eth, false, &rc));
		assert_int_equal(rc, 0);
	}
	for (unsigned i = 0; i < 5000; i++) {
		assert_int_equal(nf_arpcache_lookup(&g.c, key_of(i), 0, eth, &until), 0);
		assert_int_equal(eth[5], (uint8_t)i);
	}
	pass(&g, TIMEOUT / 2);
	assert_int_equal(nf_arpcache_lookup(&g.c, key_of(3), TIMEOUT / 4, eth, &until), 1);
	assert_int_equal(nf_arpcache_lookup(&g.c, key_of(3), TIMEOUT / 4, eth, &until), 0);
	pass(&g, TIMEOUT);
	pass(&g, TIMEOUT);
	assert_int_equal(g.c.nb_entries, 0);
	rig_close(&g);
}

/* A live change: the next table has what the one before had. */
static void taken(void **state)
{
	struct nf_arpcache next = { 0 };
	uint8_t eth[6] = { 2, 3 };
	struct uk_netbuf *p;
	uint64_t until;
	struct rig g;
	int rc;

	rig_open(&g, 10, 0, KEYS);
	assert_int_equal(wait_one(&g, 1), 1);
	assert_null(nf_arpcache_insert(&g.c, key_of(2), eth, false, &rc));
	next = (struct nf_arpcache){
		.timeout_ns = TIMEOUT, .packet_capacity = 10, .entry_capacity = 10, .slim_factor = 2
	};
	assert_int_equal(nf_arpcache_start(&next, &g.e), 0);
	nf_arpcache_take(&next, &g.c);
	assert_int_equal(g.c.nb_entries, 0);
	assert_false(nf_arpcache_has(&g.c, key_of(2)));
	assert_int_equal(nf_arpcache_lookup(&next, key_of(2), 0, eth, &until), 0);
	p = nf_arpcache_insert(&next, key_of(1), eth, false, &rc);
	assert_non_null(p);
	uk_netbuf_free(p);
	nf_arpcache_free(&next);
	rig_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_model),
		cmocka_unit_test(limits),
		cmocka_unit_test(many),
		cmocka_unit_test(taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
