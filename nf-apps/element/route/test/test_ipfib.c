/* SPDX-License-Identifier: BSD-3-Clause */
/* The routing table against a naive one: random changes, and look-ups at every edge of a route. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "nf-apps/element/route/ipfib.h"

#define MODEL_MAX 4096

static uint64_t seed;

static uint32_t rnd(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (uint32_t)(z ^ z >> 31);
}

struct model {
	struct nf_ipfib_route v[MODEL_MAX];
	unsigned nb;
};

static uint32_t mask(unsigned len)
{
	return (uint32_t)(0xffffffff00000000ull >> len);
}

static struct nf_ipfib_route *model_find(struct model *m, uint32_t addr, unsigned len)
{
	for (unsigned i = 0; i < m->nb; i++) {
		if (m->v[i].addr == addr && m->v[i].len == len)
			return &m->v[i];
	}
	return NULL;
}

static const struct nf_ipfib_route *model_lookup(const struct model *m, uint32_t addr)
{
	const struct nf_ipfib_route *best = NULL;

	for (unsigned i = 0; i < m->nb; i++) {
		if (((m->v[i].addr ^ addr) & mask(m->v[i].len)) == 0 &&
			(best == NULL || m->v[i].len > best->len))
			best = &m->v[i];
	}
	return best;
}

static void check(const struct nf_ipfib *f, const struct model *m, uint32_t addr)
{
	const struct nf_ipfib_route *want = model_lookup(m, addr);
	const struct nf_ipfib_hop *got;
	uint32_t a[1] = { addr };
	uint16_t hop[1];

	if (f->top == NULL) {
		assert_null(want);
		return;
	}
	got = &f->hops[nf_ipfib_lookup(f, addr)];
	nf_ipfib_lookup_burst(f, a, hop, 1);
	assert_ptr_equal(got, &f->hops[hop[0]]);
	assert_int_equal(got->port, want == NULL ? NF_IPFIB_NONE : want->port);
	assert_int_equal(got->be_gw, want == NULL ? 0 : want->be_gw);
}

static void check_all(const struct nf_ipfib *f, const struct model *m)
{
	unsigned nb = 0;
	struct nf_ipfib_route r;

	for (unsigned i = 0; i < m->nb; i++) {
		uint32_t first = m->v[i].addr, last = first | ~mask(m->v[i].len);

		check(f, m, first);
		check(f, m, first - 1);
		check(f, m, last);
		check(f, m, last + 1);
		check(f, m, first + (rnd() & (last - first)));
	}
	for (unsigned i = 0; i < 200; i++)
		check(f, m, rnd());
	for (uint32_t i = 0; i < f->nb_recs; i++)
		nb += nf_ipfib_nth(f, i, &r);
	assert_int_equal(nb, m->nb);
	assert_int_equal(f->nb_routes, m->nb);
}

/* Addresses and lengths of one kind of table. */
static void route_random(struct nf_ipfib_route *r, unsigned kind)
{
	uint32_t addr = rnd();

	switch (kind) {
	case 0: /* anything */
		r->len = (uint8_t)(rnd() % 33);
		break;
	case 1: /* two /24, long */
		addr = (addr & 0x1ff) | 0x0a010200;
		r->len = (uint8_t)(20 + rnd() % 13);
		break;
	case 2: /* one /16, middle */
		addr = (addr & 0xffff) | 0xc0a80000;
		r->len = (uint8_t)(12 + rnd() % 15);
		break;
	default: /* host routes, few next hops */
		addr &= 0x0003ffff;
		r->len = (uint8_t)(28 + rnd() % 5);
		break;
	}
	r->addr = addr & mask(r->len);
	r->be_gw = rnd() % 3 == 0 ? 0 : rnd() % (kind == 3 ? 2 : 1000);
	r->port = (int32_t)(rnd() % 4);
}

static void change(struct nf_ipfib *f, struct model *m, unsigned kind, unsigned target)
{
	struct nf_ipfib_route r, old, *have;
	bool replace = rnd() % 2;

	route_random(&r, kind);
	if (m->nb > 0 && (rnd() % (2 * target)) < m->nb) { /* remove, often one that is there */
		if (rnd() % 8 != 0)
			r = m->v[rnd() % m->nb];
		have = model_find(m, r.addr, r.len);
		assert_int_equal(nf_ipfib_remove(f, r.addr, r.len), have == NULL ? -ENOENT : 0);
		if (have != NULL)
			*have = m->v[--m->nb];
		return;
	}
	have = model_find(m, r.addr, r.len);
	assert_int_equal(
		nf_ipfib_add(f, &r, replace, &old), have != NULL && !replace ? -EEXIST : 0);
	assert_int_equal(old.port, have == NULL ? NF_IPFIB_NONE : have->port);
	if (have == NULL)
		m->v[m->nb++] = r;
	else if (replace)
		*have = r;
	assert_true(nf_ipfib_find(f, r.addr, r.len, &old));
}

static void random_changes(void **state)
{
	static struct model m;

	for (unsigned kind = 0; kind < 4; kind++) {
		struct nf_ipfib f = { 0 };

		seed = 4711 + kind;
		m.nb = 0;
		for (unsigned i = 0; i < 6000; i++) {
			change(&f, &m, kind, i < 3000 ? 900 : 60);
			check(&f, &m, m.nb > 0 ? m.v[rnd() % m.nb].addr : 0);
			if (i % 500 == 499)
				check_all(&f, &m);
		}
		while (m.nb > 0) {
			m.nb--;
			assert_int_equal(nf_ipfib_remove(&f, m.v[m.nb].addr, m.v[m.nb].len), 0);
			check(&f, &m, rnd());
		}
		check_all(&f, &m);
		nf_ipfib_free(&f);
	}
}

static void loading_is_adding(void **state)
{
	static struct model m;

	for (unsigned kind = 0; kind < 4; kind++) {
		struct nf_ipfib f = { 0 };
		struct nf_ipfib_route r, old;

		seed = 815 + kind;
		m.nb = 0;
		assert_int_equal(nf_ipfib_load_begin(&f, 1500), 0);
		while (m.nb < 1500) {
			route_random(&r, kind);
			if (kind != 0 && m.nb > 400)
				break;
			if (model_find(&m, r.addr, r.len) != NULL) {
				assert_int_equal(nf_ipfib_add(&f, &r, false, &old), -EEXIST);
				continue;
			}
			assert_int_equal(nf_ipfib_add(&f, &r, false, &old), 0);
			m.v[m.nb++] = r;
		}
		assert_int_equal(nf_ipfib_load_end(&f), 0);
		check_all(&f, &m);
		for (unsigned i = 0; i < 500; i++)
			change(&f, &m, kind, 300);
		check_all(&f, &m);
		nf_ipfib_free(&f);
	}
}

/* The table is painted over and over with more next hops than there may be at a time. */
static void hops_run_out(void **state)
{
	struct nf_ipfib f = { 0 };
	struct nf_ipfib_route r = { .addr = 0x0a000000, .len = 32 }, old;
	unsigned nb = 0;
	int rc = 0;

	while (rc == 0) {
		r.addr++;
		r.be_gw = ++nb;
		rc = nf_ipfib_add(&f, &r, false, &old);
	}
	assert_int_equal(rc, -ENOSPC);
	assert_int_equal(nb, NF_IPFIB_HOPS_MAX);
	r.be_gw = 1; /* one that is there */
	assert_int_equal(nf_ipfib_add(&f, &r, false, &old), 0);
	assert_int_equal(nf_ipfib_remove(&f, 0x0a000002, 32), 0);
	r.be_gw = nb; /* one is free now */
	assert_int_equal(nf_ipfib_add(&f, &r, true, &old), 0);
	assert_int_equal(f.hops[nf_ipfib_lookup(&f, r.addr)].be_gw, nb);
	assert_int_equal(nf_ipfib_lookup(&f, 0x0a000002), 0);
	nf_ipfib_free(&f);
}

static void empty(void **state)
{
	struct nf_ipfib f = { 0 };
	struct nf_ipfib_route r;

	assert_int_equal(nf_ipfib_remove(&f, 0, 0), -ENOENT);
	assert_false(nf_ipfib_find(&f, 0, 0, &r));
	assert_false(nf_ipfib_nth(&f, 0, &r));
	assert_int_equal(nf_ipfib_load_begin(&f, 0), 0);
	assert_int_equal(nf_ipfib_load_end(&f), 0);
	assert_null(f.top);
	nf_ipfib_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_changes),
		cmocka_unit_test(loading_is_adding),
		cmocka_unit_test(hops_run_out),
		cmocka_unit_test(empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
