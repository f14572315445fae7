/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "nf-apps/element/queue/codellaw.h"

#define MS 1000000ull

static struct nf_codellaw law(void)
{
	return (struct nf_codellaw){ .target_ns = 5 * MS, .interval_ns = 100 * MS };
}

static void test_gap(void **state)
{
	assert_int_equal(nf_codellaw_gap_ns(100 * MS, 1), 100 * MS);
	assert_int_equal(nf_codellaw_gap_ns(100 * MS, 4), 50 * MS);
	assert_int_equal(nf_codellaw_gap_ns(100 * MS, 100), 10 * MS);
	assert_in_range(nf_codellaw_gap_ns(100 * MS, 2), 70710678, 70710678 + 2000);
	assert_in_range(nf_codellaw_gap_ns(100 * MS, UINT32_MAX), 1525, 1527);
	assert_in_range(nf_codellaw_gap_ns(NF_CODELLAW_INTERVAL_MAX, 1), NF_CODELLAW_INTERVAL_MAX,
		NF_CODELLAW_INTERVAL_MAX);
}

static void test_short_delay(void **state)
{
	struct nf_codellaw c = law();

	for (uint64_t t = 1; t < 10000 * MS; t += MS)
		assert_false(nf_codellaw_packet(&c, t, 5 * MS - 1, false));
	assert_false(c.dropping);
}

/* Too long for an interval: one packet goes, the next does not; then after 100 ms, 71 ms, 58 ms ...
 */
static void test_times_of_drops(void **state)
{
	static const uint64_t due_ms[] = { 100, 200, 271, 329, 379, 423 };
	struct nf_codellaw c = law();
	unsigned nb = 0;

	for (uint64_t t = 0; t < 430; t++) {
		uint64_t now = 1000 * MS + t * MS;

		while (nf_codellaw_packet(&c, now, 20 * MS, false)) {
			assert_true(nb < UK_ARRAY_SIZE(due_ms));
			assert_in_range(t, due_ms[nb], due_ms[nb] + 1);
			nb++;
		}
	}
	assert_int_equal(nb, UK_ARRAY_SIZE(due_ms));
	assert_true(c.dropping);
	assert_int_equal(c.count, 6);
}

/* A delay below the target, an empty queue or the last packet of a queue end it. */
static void test_leaves(void **state)
{
	for (int how = 0; how < 3; how++) {
		struct nf_codellaw c = law();
		uint64_t now = MS;

		assert_false(nf_codellaw_packet(&c, now, 20 * MS, false));
		now += 100 * MS;
		assert_true(nf_codellaw_packet(&c, now, 20 * MS, false));
		assert_false(nf_codellaw_packet(&c, now, 20 * MS, false));
		assert_true(c.dropping);
		if (how == 0)
			assert_false(nf_codellaw_packet(&c, now + 200 * MS, 4 * MS, false));
		else if (how == 1)
			nf_codellaw_empty(&c);
		else
			assert_false(nf_codellaw_packet(&c, now + 200 * MS, 20 * MS, true));
		assert_false(c.dropping);
		assert_int_equal(c.first_above_ns, 0);
	}
}

/* Soon after it stopped it goes on with the rate that it had found, later it begins anew. */
static void test_enters_again(void **state)
{
	for (int late = 0; late < 2; late++) {
		struct nf_codellaw c = law();
		uint64_t now = MS;

		for (; now < 1500 * MS; now += MS) {
			while (nf_codellaw_packet(&c, now, 20 * MS, false))
				;
		}
		assert_true(c.count > 10);
		nf_codellaw_empty(&c);
		now += late ? 5000 * MS : 10 * MS;
		assert_false(nf_codellaw_packet(&c, now, 20 * MS, false));
		now += 100 * MS;
		assert_true(nf_codellaw_packet(&c, now, 20 * MS, false));
		if (late)
			assert_int_equal(c.count, 1);
		else
			assert_true(c.count > 10);
	}
}

/*
 * A queue into which packets come every 900 us and from which one goes each ms: without drops the
 * delay grows for ever, with them it stays about the target.
 */
static void test_controls(void **state)
{
	static uint64_t arrived[100000];
	struct nf_codellaw c = law();
	uint64_t next = 1, drops = 0, longest = 0;
	uint32_t head = 0, tail = 0;

	for (uint64_t now = MS; now < 60000 * MS; now += MS) {
		for (; next <= now; next += 900000)
			arrived[tail++] = next;
		while (head < tail) {
			uint64_t delay = now - arrived[head++];

			if (nf_codellaw_packet(&c, now, delay, head == tail)) {
				drops++;
				continue;
			}
			if (now > 30000 * MS && delay > longest)
				longest = delay;
			break;
		}
		if (head == tail)
			nf_codellaw_empty(&c);
	}
	assert_in_range(drops, 5500, 7500); /* 1 of 10 is too much: 6667 in 60 s */
	assert_true(longest < 100 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_short_delay),
		cmocka_unit_test(test_times_of_drops),
		cmocka_unit_test(test_leaves),
		cmocka_unit_test(test_enters_again),
		cmocka_unit_test(test_controls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
