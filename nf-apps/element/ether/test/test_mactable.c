/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of switches against a naive one: what it says, ages, and that too many addresses push
 * out only such as were silent, and never more than one for each that comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/element/ether/mactable.h"

#define HOSTS   512u
#define SECOND  2000000000ull /* of a stamp */
#define TIMEOUT 3000000000ull
#define SEED    0xd1342543de82ef95ull

struct model {
	uint64_t stamp;
	int port; /* -1: not known */
};

static uint64_t seed = 1;

static uint32_t rnd(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (uint32_t)(z ^ z >> 31);
}

/* Address `i`; 0 is the address of zeros. */
static uint64_t addr_of(unsigned i)
{
	return (uint64_t)i * 0x010001000101ull & 0xffffffffffffull;
}

/* By a clock that is not the one it was seen by, an old one may be there and may be not. */
static void check(struct nf_mactable *t, struct model *m, unsigned i, uint64_t stamp)
{
	bool is_old = stamp >> 1 >= (m->stamp >> 1) + TIMEOUT;
	int port = nf_mactable_lookup(t, addr_of(i), stamp, TIMEOUT);

	if (is_old && ((m->stamp ^ stamp) & 1) == 0)
		assert_int_equal(port, -1);
	else if (!is_old || port != -1)
		assert_int_equal(port, m->port);
	m->port = port;
}

static void random_changes(void **state)
{
	static struct model m[HOSTS];
	struct nf_mactable t = { 0 };
	uint64_t stamp = SECOND;

	assert_int_equal(nf_mactable_init(&t, 4 * HOSTS, SEED), 0);
	for (unsigned i = 0; i < HOSTS; i++)
		m[i].port = -1;
	for (unsigned k = 0; k < 300000; k++) {
		unsigned i = rnd() % HOSTS;
		uint64_t now = stamp | (rnd() % 8 == 0); /* rarely by the other clock */

		if (rnd() % 3 == 0) {
			m[i] = (struct model){ now, (int)(rnd() % 0xffff) };
			nf_mactable_learn(&t, addr_of(i), (uint16_t)m[i].port, now, TIMEOUT);
		} else {
			check(&t, &m[i], i, now);
		}
		stamp += rnd() % 64 == 0 ? (rnd() % 1000) * (SECOND / 1000) & ~1ull : 0;
	}
	assert_int_equal(t.nb_evicted, 0);
	nf_mactable_clear(&t);
	for (unsigned i = 0; i < HOSTS; i++)
		assert_int_equal(nf_mactable_lookup(&t, addr_of(i), stamp, TIMEOUT), -1);
	nf_mactable_free(&t);
}

/* Ten times too many addresses: the last ones are there, and as many as there is room for. */
static void too_many(void **state)
{
	struct nf_mactable t = { 0 };
	unsigned nb = 0, places;

	assert_int_equal(nf_mactable_init(&t, 64, SEED), 0);
	places = t.nb_buckets * NF_MACTABLE_WAYS;
	for (unsigned i = 1; i <= 10 * places; i++) {
		nf_mactable_learn(&t, addr_of(i), 7, i * SECOND / 1000000 & ~1ull, TIMEOUT);
		assert_int_equal(nf_mactable_lookup(&t, addr_of(i), SECOND / 1000, TIMEOUT), 7);
	}
	for (unsigned i = 1; i <= 10 * places; i++) {
		int port = nf_mactable_lookup(&t, addr_of(i), SECOND / 1000, TIMEOUT);

		assert_true(port == -1 || port == 7);
		nb += port == 7;
	}
	assert_int_equal(nb, places);
	assert_int_equal(t.nb_evicted, 9 * places);
	nf_mactable_free(&t);
}

/* What is old makes way first, and does not count as pushed out. */
static void old_ones_make_way(void **state)
{
	struct nf_mactable t = { 0 };
	unsigned nb = 16;

	assert_int_equal(nf_mactable_init(&t, 4 * nb, SEED), 0);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 1; i <= nb; i++)
			nf_mactable_learn(
				&t, addr_of(round * nb + i), 1, round * 2 * SECOND, TIMEOUT);
	}
	/* a quarter of the places has addresses that are not old yet, at any time */
	assert_int_equal(t.nb_evicted, 0);
	nf_mactable_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_changes),
		cmocka_unit_test(too_many),
		cmocka_unit_test(old_ones_make_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
