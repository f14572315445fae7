/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks of ports: who gets which, limits, what is held back, and a random run against a plain
 * count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "nf-apps/element/rewrite/cgnatpool.h"

static uint64_t seed = 3;
static int nb_alloc, nb_release;

static uint32_t rnd(void *arg)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 32);
}

static void note(void *arg, bool alloc, nf_be32 in, nf_be32 out, uint32_t low, uint32_t high)
{
	nb_alloc += alloc;
	nb_release += !alloc;
}

static nf_be32 inner(uint32_t i)
{
	return nf_inet_hton32(0x64400000 + i);
}

static struct nf_cgnatpool *pool(
	uint32_t addrs, uint32_t low, uint32_t high, uint32_t block, uint32_t max)
{
	struct nf_cgnatpool *p = calloc(1, sizeof(*p));
	const char *why;

	assert_non_null(p);
	p->range[0] = (struct nf_cgnatpool_range){ 0xcb007100, (addrs + 1) / 2 };
	p->range[1] = (struct nf_cgnatpool_range){ 0xcb007200, addrs / 2 };
	p->nb_ranges = addrs > 1 ? 2 : 1;
	p->low = low;
	p->high = high;
	p->block_size = block;
	p->max_blocks = max;
	p->hold_s = 100;
	p->log = note;
	nb_alloc = nb_release = 0;
	assert_int_equal(nf_cgnatpool_init(p, rnd, NULL, &why), 0);
	return p;
}

static void end(struct nf_cgnatpool *p)
{
	nf_cgnatpool_free(p);
	free(p);
}

#define take(p, i, want, par, now, out, port)                                                      \
	nf_cgnatpool_take(p, inner(i), 17, want, par, now, rnd(NULL), NULL, NULL, out, port)

static void test_blocks(void **state)
{
	struct nf_cgnatpool *p = pool(1, 1000, 1031, 8, 2);
	uint16_t port, ports[16];
	nf_be32 out, who;

	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(take(p, 1, 5000, false, 0, &out, &ports[i]), NF_CGNATPOOL_OK);
	assert_int_equal(take(p, 1, 5000, false, 0, &out, &port), NF_CGNATPOOL_LIMIT);
	assert_int_equal(nb_alloc, 2);
	assert_int_equal(p->nb_ports, 16);
	/* echo identifiers and TCP have all ports for themselves */
	assert_int_equal(nf_cgnatpool_take(p, inner(1), 1, 7, false, 0, 0, NULL, NULL, &out, &port),
		NF_CGNATPOOL_OK);
	assert_int_equal(nf_cgnatpool_take(p, inner(1), 6, 7, false, 0, 0, NULL, NULL, &out, &port),
		NF_CGNATPOOL_OK);
	assert_int_equal(
		nf_cgnatpool_take(p, inner(1), 47, 7, false, 0, 0, NULL, NULL, &out, &port),
		NF_CGNATPOOL_OUTSIDE);
	/* the wanted port, if it is in a block and free */
	nf_cgnatpool_put(p, out, ports[5], 17, 0);
	nf_cgnatpool_put(p, out, ports[6], 17, 0);
	nf_cgnatpool_put(p, out, ports[6], 17, 0);
	nf_cgnatpool_put(p, out, 99, 17, 0);
	nf_cgnatpool_put(p, inner(1), ports[7], 17, 0);
	assert_int_equal(p->nb_ports, 16);
	assert_int_equal(take(p, 1, ports[6], false, 0, &out, &port), NF_CGNATPOOL_OK);
	assert_int_equal(port, ports[6]);
	assert_true(nf_cgnatpool_owner(p, out, port, &who));
	assert_int_equal(who, inner(1));
	assert_false(nf_cgnatpool_owner(p, out, 999, &who));
	/* two more subscribers, then nothing is left */
	assert_int_equal(take(p, 2, 1, false, 0, &out, &port), NF_CGNATPOOL_OK);
	assert_int_equal(take(p, 3, 1, false, 0, &out, &port), NF_CGNATPOOL_OK);
	assert_int_equal(take(p, 4, 1, false, 0, &out, &port), NF_CGNATPOOL_EXHAUSTED);
	assert_int_equal(p->subs.nb_entries, 3);
	end(p);
}

static void test_hold(void **state)
{
	struct nf_cgnatpool *p = pool(1, 1000, 1007, 8, 1);
	uint16_t port;
	nf_be32 out;

	assert_int_equal(take(p, 1, 1003, false, 10, &out, &port), NF_CGNATPOOL_OK);
	assert_int_equal(port, 1003);
	nf_cgnatpool_put(p, out, port, 17, 20);
	assert_int_equal(take(p, 2, 1, false, 119, &out, &port), NF_CGNATPOOL_EXHAUSTED);
	/* its owner may go on with it at any time, and then it is held anew */
	assert_int_equal(take(p, 1, 1, false, 119, &out, &port), NF_CGNATPOOL_OK);
	nf_cgnatpool_put(p, out, port, 17, 119);
	assert_int_equal(take(p, 2, 1, false, 218, &out, &port), NF_CGNATPOOL_EXHAUSTED);
	assert_int_equal(take(p, 2, 1, false, 219, &out, &port), NF_CGNATPOOL_OK);
	assert_int_equal(nb_alloc, 2);
	assert_int_equal(nb_release, 1);
	assert_int_equal(p->subs.nb_entries, 1);
	end(p);
}

static void test_parity(void **state)
{
	struct nf_cgnatpool *p = pool(1, 1001, 1032, 16, 1);
	uint16_t port;
	nf_be32 out;

	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(take(p, 1, 6, true, 0, &out, &port), NF_CGNATPOOL_OK);
		assert_int_equal(port & 1, 0);
	}
	assert_int_equal(take(p, 1, 6, true, 0, &out, &port), NF_CGNATPOOL_OK);
	assert_int_equal(port & 1, 1);
	end(p);
}

static void test_fixed(void **state)
{
	struct nf_cgnatpool *p = calloc(1, sizeof(*p));
	const char *why;
	uint16_t port;
	nf_be32 out, who;

	assert_non_null(p);
	*p = (struct nf_cgnatpool){ .range[0] = { 0xcb007100, 2 },
		.nb_ranges = 1,
		.low = 1024,
		.high = 65535,
		.block_size = 504,
		.max_blocks = 1,
		.fixed = true,
		.inside = 0x64400000,
		.inside_nb = 256 };
	assert_int_equal(nf_cgnatpool_init(p, rnd, NULL, &why), 0);
	assert_int_equal(take(p, 0, 1, false, 0, &out, &port), NF_CGNATPOOL_OK);
	assert_int_equal(out, nf_inet_hton32(0xcb007100));
	assert_in_range(port, 1024, 1527);
	assert_int_equal(take(p, 130, 1, false, 0, &out, &port), NF_CGNATPOOL_OK);
	assert_int_equal(out, nf_inet_hton32(0xcb007101));
	assert_in_range(port, 1024 + 2 * 504, 1024 + 3 * 504 - 1);
	assert_int_equal(take(p, 256, 1, false, 0, &out, &port), NF_CGNATPOOL_OUTSIDE);
	assert_true(nf_cgnatpool_owner(p, nf_inet_hton32(0xcb007101), 1024, &who));
	assert_int_equal(who, inner(128));
	end(p);
	p = calloc(1, sizeof(*p));
	assert_non_null(p);
	assert_int_equal(nf_cgnatpool_init(p, rnd, NULL, &why), -22);
	assert_non_null(why);
	free(p);
}

#define HELD 4000

static void test_random(void **state)
{
	struct nf_cgnatpool *p = pool(9, 2000, 2999, 32, 3);
	static struct {
		nf_be32 out;
		uint16_t port;
		uint8_t proto;
		uint32_t sub;
	} held[HELD];
	unsigned nb = 0;

	for (unsigned i = 0; i < 300000; i++) {
		uint32_t now = i / 50, sub = rnd(NULL) % 90, who;
		uint8_t proto = rnd(NULL) & 1 ? 6 : 17;

		if (nb < HELD && rnd(NULL) % 100 < (i / 50000 % 2 ? 40 : 60)) {
			nf_be32 out;
			uint16_t port;

			if (nf_cgnatpool_take(p, inner(sub), proto, (uint16_t)rnd(NULL), i & 1, now,
				    rnd(NULL), NULL, NULL, &out, &port) != NF_CGNATPOOL_OK)
				continue;
			assert_in_range(port, 2000, 2999);
			for (unsigned j = 0; j < nb; j++) {
				assert_false(held[j].out == out && held[j].port == port &&
					     held[j].proto == proto);
				/* one outer address for each */
				assert_true(held[j].sub != sub || held[j].out == out);
			}
			assert_true(nf_cgnatpool_owner(p, out, port, &who));
			assert_int_equal(who, inner(sub));
			held[nb].out = out;
			held[nb].port = port;
			held[nb].proto = proto;
			held[nb++].sub = sub;
		} else if (nb > 0) {
			unsigned j = rnd(NULL) % nb;

			nf_cgnatpool_put(p, held[j].out, held[j].port, held[j].proto, now);
			held[j] = held[--nb];
		}
		assert_int_equal(p->nb_ports, nb);
		assert_int_equal(p->nb_blocks_used, nb_alloc - nb_release);
	}
	while (nb > 0) {
		nb--;
		nf_cgnatpool_put(p, held[nb].out, held[nb].port, held[nb].proto, 10000);
	}
	nf_cgnatpool_reap(p, 10100, UINT32_MAX);
	assert_int_equal(p->nb_blocks_used, 0);
	assert_int_equal(p->subs.nb_entries, 0);
	end(p);
}

static void test_sessions(void **state)
{
	struct nf_cgnatpool *p = pool(1, 1000, 1007, 8, 1);
	uint16_t port;
	nf_be32 out;

	p->max_sessions = 2;
	assert_int_equal(take(p, 1, 1003, false, 10, &out, &port), NF_CGNATPOOL_OK);
	assert_true(nf_cgnatpool_session(p, out, port));
	assert_true(nf_cgnatpool_session(p, out, port));
	assert_false(nf_cgnatpool_session(p, out, port));
	nf_cgnatpool_session_end(p, out, port);
	assert_true(nf_cgnatpool_session(p, out, port));
	assert_true(nf_cgnatpool_session(p, out, 5));
	end(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_parity),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
