/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "nf-apps/element/queue/redlaw.h"

#define PACKETS(n) ((uint64_t)(n) << NF_REDLAW_SHIFT)
#define MS         1000000ull

static uint32_t draw(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*seed >> 32);
}

static struct nf_redlaw law(uint32_t min, uint32_t max, uint32_t max_p, uint32_t stability)
{
	return (struct nf_redlaw){ .min_thresh = min,
		.max_thresh = max,
		.max_p = max_p,
		.stability = stability,
		.gentle = true,
		.count = -1 };
}

static void test_average(void **state)
{
	struct nf_redlaw r = law(5, 50, 0x1000, 4);

	nf_redlaw_average(&r, 16, 1);
	assert_int_equal(r.avg, PACKETS(1));
	nf_redlaw_average(&r, 16, 1);
	assert_int_equal(r.avg, PACKETS(1) + PACKETS(15) / 16);
	for (int i = 0; i < 1000; i++)
		nf_redlaw_average(&r, 16, 1);
	assert_in_range(r.avg >> (NF_REDLAW_SHIFT - 10), 16 * 1024 - 1, 16 * 1024);
}

static void test_instantaneous(void **state)
{
	struct nf_redlaw r = law(5, 50, 0x1000, 0);

	nf_redlaw_average(&r, 33, 1);
	assert_int_equal(r.avg, PACKETS(33));
	nf_redlaw_average(&r, 0, 1);
	assert_int_equal(r.avg, 0);
}

/* An empty queue counts once as a packet finds it so, and then once for each 20 ms. */
static void test_idle(void **state)
{
	struct nf_redlaw r = law(5, 50, 0x1000, 1), steps;

	r.avg = PACKETS(64);
	nf_redlaw_average(&r, 0, 1000 * MS);
	assert_int_equal(r.avg, PACKETS(32));
	nf_redlaw_average(&r, 0, 1015 * MS);
	assert_int_equal(r.avg, PACKETS(32));
	nf_redlaw_average(&r, 0, 1045 * MS);
	assert_int_equal(r.avg, PACKETS(8));
	nf_redlaw_average(&r, 0, 1060 * MS); /* 60 ms since the first: one more */
	assert_int_equal(r.avg, PACKETS(4));
	nf_redlaw_average(&r, 0, 1000000 * MS);
	assert_int_equal(r.avg, 0);

	/* a long time at once is as many short ones */
	r = steps = law(5, 50, 0x1000, 9);
	r.avg = steps.avg = PACKETS(1000);
	nf_redlaw_average(&r, 0, MS);
	nf_redlaw_average(&r, 0, MS + 100 * 20 * MS);
	for (uint64_t t = MS; t <= MS + 100 * 20 * MS; t += 20 * MS)
		nf_redlaw_average(&steps, 0, t);
	assert_in_range(r.avg >> 16, (steps.avg >> 16) - 2, (steps.avg >> 16) + 2);
}

static void test_probability(void **state)
{
	struct nf_redlaw r = law(10, 30, 0x4000, 0);

	r.avg = PACKETS(10);
	assert_int_equal(nf_redlaw_probability(&r), 0);
	r.avg = PACKETS(20);
	assert_int_equal(nf_redlaw_probability(&r), 0x2000);
	r.avg = PACKETS(30);
	assert_int_equal(nf_redlaw_probability(&r), 0x4000);
	r.avg = PACKETS(45);
	assert_int_equal(nf_redlaw_probability(&r), 0x4000 + 0xc000 / 2);
	r.avg = PACKETS(61);
	assert_int_equal(nf_redlaw_probability(&r), NF_REDLAW_ONE);
	r.gentle = false;
	r.avg = PACKETS(31);
	assert_int_equal(nf_redlaw_probability(&r), NF_REDLAW_ONE);
}

static void test_edges(void **state)
{
	struct nf_redlaw r = law(0, 0, NF_REDLAW_ONE, 0);

	nf_redlaw_average(&r, 0, 1);
	assert_false(nf_redlaw_drop(&r, UINT32_MAX));
	nf_redlaw_average(&r, UINT32_MAX, 1);
	assert_true(nf_redlaw_drop(&r, UINT32_MAX));
	r = law(7, 7, NF_REDLAW_ONE, 16);
	r.avg = PACKETS(8);
	assert_true(nf_redlaw_drop(&r, 0)); /* gentle, but MAX_P is 1 already */
}

/* At a constant average, 2p of the packets go: the gap is uniform in 1..1/p, its mean half of it.
 */
static void test_share(void **state)
{
	struct nf_redlaw r = law(10, 30, NF_REDLAW_ONE / 10, 0);
	uint32_t drops = 0, gap = 0, longest = 0;
	uint64_t seed = 3;

	r.avg = PACKETS(20); /* p = 1/20 */
	for (int i = 0; i < 200000; i++) {
		gap++;
		if (!nf_redlaw_drop(&r, draw(&seed)))
			continue;
		drops++;
		longest = gap > longest ? gap : longest;
		gap = 0;
	}
	assert_in_range(drops, 200000 / 10 * 92 / 100, 200000 / 10 * 100 / 100);
	assert_in_range(longest, 19, 22);
}

static void test_below_and_above(void **state)
{
	struct nf_redlaw r = law(10, 30, NF_REDLAW_ONE / 10, 0);
	uint64_t seed = 3;

	for (int i = 0; i < 10000; i++) {
		nf_redlaw_average(&r, 10, 1);
		assert_false(nf_redlaw_drop(&r, draw(&seed)));
		nf_redlaw_average(&r, 61, 1);
		assert_true(nf_redlaw_drop(&r, draw(&seed)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_average),
		cmocka_unit_test(test_instantaneous),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_probability),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_share),
		cmocka_unit_test(test_below_and_above),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
