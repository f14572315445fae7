/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pktgen-bench/host/track.h"

static struct pg_track t;

static void see_all(const uint32_t *seq, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		pg_track_see(&t, seq[i]);
}

#define SEE(...)                                                                                   \
	see_all((const uint32_t[]){ __VA_ARGS__ },                                                 \
		sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static void assert_counts(uint64_t lost, uint64_t reordered, uint64_t duplicate)
{
	assert_int_equal(t.lost, lost);
	assert_int_equal(t.reordered, reordered);
	assert_int_equal(t.duplicate, duplicate);
}

static void in_order_counts_nothing(void **state)
{
	(void)state;
	pg_track_reset(&t, false);
	for (uint32_t i = 77; i < 100000; i++)
		pg_track_see(&t, i);
	assert_counts(0, 0, 0);
}

static void a_stream_from_zero_misses_its_start(void **state)
{
	(void)state;
	pg_track_reset(&t, true);
	SEE(3, 4);
	assert_counts(3, 0, 0);
}

static void gaps_are_lost_until_they_arrive(void **state)
{
	(void)state;
	pg_track_reset(&t, false);
	SEE(10, 14);
	assert_counts(3, 0, 0);
	SEE(12);
	assert_counts(2, 1, 0);
	SEE(12);
	assert_counts(2, 1, 1);
	SEE(11, 13, 15, 16);
	assert_counts(0, 3, 1);
}

static void repeats_are_duplicates(void **state)
{
	(void)state;
	pg_track_reset(&t, false);
	SEE(5, 6, 6, 5, 7);
	assert_counts(0, 0, 2);
}

static void numbers_wrap(void **state)
{
	(void)state;
	pg_track_reset(&t, false);
	SEE(0xfffffffeu, 0xffffffffu, 0, 1);
	assert_counts(0, 0, 0);
	pg_track_reset(&t, false);
	SEE(0xfffffffeu, 1);
	assert_counts(2, 0, 0);
	SEE(0xffffffffu, 0);
	assert_counts(0, 2, 0);
}

/* More than is remembered is still counted; only what arrives very late is misnamed. */
static void a_huge_gap_is_counted_whole(void **state)
{
	(void)state;
	pg_track_reset(&t, false);
	SEE(0, 3 * PG_TRACK_MISSING + 1);
	assert_counts(3 * PG_TRACK_MISSING, 0, 0);
	SEE(3 * PG_TRACK_MISSING);
	assert_counts(3 * PG_TRACK_MISSING - 1, 1, 0);
	SEE(1);
	assert_counts(3 * PG_TRACK_MISSING - 1, 1, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order_counts_nothing),
		cmocka_unit_test(a_stream_from_zero_misses_its_start),
		cmocka_unit_test(gaps_are_lost_until_they_arrive),
		cmocka_unit_test(repeats_are_duplicates),
		cmocka_unit_test(numbers_wrap),
		cmocka_unit_test(a_huge_gap_is_counted_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
