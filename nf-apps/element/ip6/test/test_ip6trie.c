/* SPDX-License-Identifier: BSD-3-Clause */
/* The IPv6 routing table against a naive one: random changes, look-ups at every edge of a route. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "nf-apps/element/ip6/ip6trie.h"

#define MODEL_MAX 4096

typedef nf_ip6trie_addr addr_t;

static uint64_t seed;

static uint64_t rnd(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static struct {
	struct nf_ip6trie_route v[MODEL_MAX];
	unsigned nb;
} m;

static addr_t mask(unsigned len)
{
	return len == 0 ? 0 : ~(addr_t)0 << (128 - len);
}

static struct nf_ip6trie_route *model_find(addr_t addr, unsigned len)
{
	for (unsigned i = 0; i < m.nb; i++) {
		if (m.v[i].addr == addr && m.v[i].len == len)
			return &m.v[i];
	}
	return NULL;
}

static const struct nf_ip6trie_route *model_lookup(addr_t addr)
{
	const struct nf_ip6trie_route *best = NULL;

	for (unsigned i = 0; i < m.nb; i++) {
		if (((m.v[i].addr ^ addr) & mask(m.v[i].len)) == 0 &&
			(best == NULL || m.v[i].len > best->len))
			best = &m.v[i];
	}
	return best;
}

static void check(const struct nf_ip6trie *t, addr_t addr)
{
	const struct nf_ip6trie_route *want = model_lookup(addr);
	const struct nf_ip6trie_hop *got;
	uint16_t hop;

	if (t->nodes == NULL) {
		assert_null(want);
		return;
	}
	hop = nf_ip6trie_lookup(t, addr);
	got = &t->hops[hop];
	assert_int_equal(got->port, want == NULL ? NF_IP6TRIE_NONE : want->port);
	if (want != NULL)
		assert_memory_equal(&got->gw, &want->gw, 16);
}

static void check_all(const struct nf_ip6trie *t)
{
	addr_t a[64];
	uint16_t hop[64];
	unsigned nb = 0;
	struct nf_ip6trie_route r;

	for (unsigned i = 0; i < m.nb; i++) {
		addr_t first = m.v[i].addr, last = first | ~mask(m.v[i].len);

		check(t, first);
		check(t, first - 1);
		check(t, last);
		check(t, last + 1);
		check(t, first | (((addr_t)rnd() << 64 | rnd()) & ~mask(m.v[i].len)));
		a[i % 64] = last - (rnd() & 1);
		if (i % 64 == 63) {
			nf_ip6trie_lookup_burst(t, a, hop, 64);
			for (unsigned k = 0; k < 64; k++)
				assert_int_equal(hop[k], nf_ip6trie_lookup(t, a[k]));
		}
	}
	for (uint32_t i = 0; i < t->nb_recs; i++)
		nb += nf_ip6trie_nth(t, i, &r);
	assert_int_equal(nb, m.nb);
	assert_int_equal(t->nb_routes, m.nb);
}

static void route_random(struct nf_ip6trie_route *r, unsigned kind)
{
	addr_t addr = (addr_t)rnd() << 64 | rnd();

	switch (kind) {
	case 0: /* anything */
		r->len = (uint8_t)(rnd() % 129);
		break;
	case 1: /* as in a provider's table */
		addr = (addr & ((addr_t)0xfff << 88 | ~(addr_t)0 >> 64)) | (addr_t)0x20010db8 << 96;
		r->len = (uint8_t)(rnd() % 3 == 0 ? 48 : rnd() % 2 ? 64 : 29 + rnd() % 20);
		break;
	case 2: /* hosts that lie close together */
		addr = (addr & 0x3ff) | (addr_t)0xfe80 << 112;
		r->len = (uint8_t)(118 + rnd() % 11);
		break;
	default: /* short ones */
		r->len = (uint8_t)(rnd() % 12);
		break;
	}
	r->addr = addr & mask(r->len);
	memset(&r->gw, 0, sizeof(r->gw));
	r->gw.b[15] = (uint8_t)rnd();
	r->port = (int32_t)(rnd() % 4);
}

static void change(struct nf_ip6trie *t, unsigned kind, unsigned target)
{
	struct nf_ip6trie_route r, old, *have;
	bool replace = rnd() % 2;

	route_random(&r, kind);
	if (m.nb > 0 && rnd() % (2 * target) < m.nb) {
		if (rnd() % 8 != 0)
			r = m.v[rnd() % m.nb];
		have = model_find(r.addr, r.len);
		assert_int_equal(nf_ip6trie_remove(t, r.addr, r.len), have == NULL ? -ENOENT : 0);
		if (have != NULL)
			*have = m.v[--m.nb];
		return;
	}
	have = model_find(r.addr, r.len);
	assert_int_equal(
		nf_ip6trie_add(t, &r, replace, &old), have != NULL && !replace ? -EEXIST : 0);
	assert_int_equal(old.port, have == NULL ? NF_IP6TRIE_NONE : have->port);
	if (have == NULL)
		m.v[m.nb++] = r;
	else if (replace)
		*have = r;
	assert_true(nf_ip6trie_find(t, r.addr, r.len, &old));
}

static void random_changes(void **state)
{
	for (unsigned kind = 0; kind < 4; kind++) {
		struct nf_ip6trie t = { 0 };

		seed = 4711 + kind;
		m.nb = 0;
		for (unsigned i = 0; i < 6000; i++) {
			change(&t, kind, i < 3000 ? 800 : 50);
			check(&t, m.nb > 0 ? m.v[rnd() % m.nb].addr : 0);
			if (i % 500 == 499)
				check_all(&t);
		}
		while (m.nb > 0) {
			m.nb--;
			assert_int_equal(nf_ip6trie_remove(&t, m.v[m.nb].addr, m.v[m.nb].len), 0);
			check(&t, (addr_t)rnd() << 64);
		}
		/* nothing is left but the root */
		for (unsigned i = 0; i < NF_IP6TRIE_WAYS; i++)
			assert_int_equal(t.nodes[0].child[i], 0);
		check_all(&t);
		nf_ip6trie_free(&t);
	}
}

static void hops_run_out(void **state)
{
	struct nf_ip6trie t = { 0 };
	struct nf_ip6trie_route r = { .len = 128 }, old;
	unsigned nb = 0;
	int rc = 0;

	while (rc == 0) {
		r.addr++;
		nb++;
		memcpy(r.gw.b, &nb, sizeof(nb));
		rc = nf_ip6trie_add(&t, &r, false, &old);
	}
	assert_int_equal(rc, -ENOSPC);
	assert_int_equal(nb, NF_IP6TRIE_HOPS_MAX);
	assert_int_equal(nf_ip6trie_remove(&t, 7, 128), 0);
	assert_int_equal(nf_ip6trie_add(&t, &r, false, &old), 0);
	assert_memory_equal(&t.hops[nf_ip6trie_lookup(&t, r.addr)].gw, &r.gw, 16);
	assert_int_equal(nf_ip6trie_lookup(&t, 7), 0);
	nf_ip6trie_free(&t);
}

static void empty(void **state)
{
	struct nf_ip6trie t = { 0 };
	struct nf_ip6trie_route r;

	assert_int_equal(nf_ip6trie_remove(&t, 0, 0), -ENOENT);
	assert_int_equal(nf_ip6trie_remove(&t, 1, 128), -ENOENT);
	assert_false(nf_ip6trie_find(&t, 0, 0, &r));
	assert_false(nf_ip6trie_nth(&t, 0, &r));
	nf_ip6trie_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_changes),
		cmocka_unit_test(hops_run_out),
		cmocka_unit_test(empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
