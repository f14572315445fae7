/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "pktgen-bench/guest/seqcheck.h"

static struct pg_seqcheck s;

static uint64_t xorshift(void)
{
	static uint64_t v = 88172645463325252u;

	v ^= v << 13;
	v ^= v >> 7;
	return v ^= v << 17;
}

static void record_run(uint32_t first, uint32_t nb)
{
	for (uint32_t i = 0; i < nb; i++)
		pg_seqcheck_record(&s, first + i);
}

static void assert_counts(uint64_t received, uint64_t lost, uint64_t reordered, uint64_t duplicate)
{
	assert_int_equal(s.nb_received, received);
	assert_int_equal(pg_seqcheck_lost(&s), lost);
	assert_int_equal(s.nb_reordered, reordered);
	assert_int_equal(s.nb_duplicate, duplicate);
}

static void test_empty(void **state)
{
	(void)state;
	pg_seqcheck_reset(&s);
	assert_counts(0, 0, 0, 0);
}

/* In order from anywhere, over the wrap, for much longer than the window. */
static void test_in_order(void **state)
{
	(void)state;
	static const uint32_t firsts[] = { 0, 1, 77, 0x7ffffff0, 0xfffff000, UINT32_MAX };

	for (unsigned int i = 0; i < UK_ARRAY_SIZE(firsts); i++) {
		pg_seqcheck_reset(&s);
		record_run(firsts[i], 20000);
		assert_counts(20000, 0, 0, 0);
		assert_int_equal(s.nb_stale + s.nb_restarts, 0);
	}
}

static void test_loss(void **state)
{
	(void)state;
	pg_seqcheck_reset(&s);
	record_run(0xffffff00, 10);
	record_run(0xffffff0b, 10);  /* 1 lost */
	record_run(0xffffff20, 300); /* 11 lost */
	record_run(100000, 1);       /* far more than the window */
	assert_counts(321, 1 + 11 + (100000 - (300 - 0xe0)), 0, 0);
	record_run(100001, 10000);
	assert_counts(10321, 12 + 100000 - 76, 0, 0);
}

/* A gap is loss until what was missing comes late; then it is reordering. */
static void test_reorder(void **state)
{
	(void)state;
	pg_seqcheck_reset(&s);
	record_run(0, 10);
	pg_seqcheck_record(&s, 12);
	assert_counts(11, 2, 0, 0);
	pg_seqcheck_record(&s, 10);
	assert_counts(12, 1, 1, 0);
	assert_int_equal(s.late_max, 2);
	pg_seqcheck_record(&s, 11);
	pg_seqcheck_record(&s, 13);
	assert_counts(14, 0, 2, 0);
	assert_int_equal(s.late_max, 2);
}

static void test_duplicate(void **state)
{
	(void)state;
	pg_seqcheck_reset(&s);
	record_run(UINT32_MAX - 2, 6);
	pg_seqcheck_record(&s, 2);
	pg_seqcheck_record(&s, UINT32_MAX - 2);
	assert_counts(8, 0, 0, 2);
	pg_seqcheck_record(&s, 5);
	pg_seqcheck_record(&s, 4);
	pg_seqcheck_record(&s, 4);
	assert_counts(11, 1, 1, 3);
}

/* What was sent before the first one that came is not counted as lost, nor twice. */
static void test_before_first(void **state)
{
	(void)state;
	pg_seqcheck_reset(&s);
	pg_seqcheck_record(&s, 2);
	pg_seqcheck_record(&s, 0);
	assert_counts(2, 1, 1, 0);
	pg_seqcheck_record(&s, 1);
	pg_seqcheck_record(&s, UINT32_MAX);
	pg_seqcheck_record(&s, UINT32_MAX);
	assert_counts(5, 0, 3, 1);

	pg_seqcheck_reset(&s);
	pg_seqcheck_record(&s, 0);
	pg_seqcheck_record(&s, UINT32_MAX - 1);
	assert_counts(2, 1, 1, 0);
}

static void test_expect(void **state)
{
	(void)state;
	pg_seqcheck_reset(&s);
	pg_seqcheck_expect(&s, 0);
	assert_counts(0, 0, 0, 0);
	pg_seqcheck_record(&s, 5);
	assert_counts(1, 5, 0, 0);
	record_run(0, 5);
	assert_counts(6, 0, 5, 0);

	pg_seqcheck_reset(&s);
	pg_seqcheck_expect(&s, 1000000);
	pg_seqcheck_record(&s, 5); /* a stray one before all others */
	assert_int_equal(s.nb_stale, 1);
	assert_int_equal(s.nb_restarts, 0);
	record_run(1000000, 10);
	assert_counts(11, 0, 0, 0);
}

/* The window's edge, to the packet. */
static void test_window(void **state)
{
	(void)state;
	pg_seqcheck_reset(&s);
	pg_seqcheck_record(&s, 0);
	record_run(3, PG_SEQCHECK_WINDOW);
	pg_seqcheck_record(&s, 3);
	assert_counts(PG_SEQCHECK_WINDOW + 2, 2, 0, 1);
	pg_seqcheck_record(&s, 2);
	assert_int_equal(s.nb_stale, 1);
	assert_counts(PG_SEQCHECK_WINDOW + 3, 2, 0, 1);

	pg_seqcheck_reset(&s);
	pg_seqcheck_record(&s, 0);
	record_run(3, PG_SEQCHECK_WINDOW - 1);
	pg_seqcheck_record(&s, 2);
	assert_int_equal(s.nb_stale, 0);
	assert_int_equal(s.late_max, PG_SEQCHECK_WINDOW - 1);
	assert_counts(PG_SEQCHECK_WINDOW + 1, 1, 1, 0);
}

/* A sender that starts over is followed; one stray packet is not. */
static void test_restart(void **state)
{
	(void)state;
	pg_seqcheck_reset(&s);
	record_run(1000000, 5000);
	pg_seqcheck_record(&s, 17);
	record_run(1005000, 100);
	assert_counts(5101, 0, 0, 0);
	assert_int_equal(s.nb_stale, 1);
	record_run(1005102, 1); /* 2 lost */
	record_run(0, 1);
	record_run(3, 1000); /* 2 more, in the new run */
	assert_counts(5101 + 1 + 1 + 1000, 4, 0, 0);
	assert_int_equal(s.nb_stale, 1);
	assert_int_equal(s.nb_restarts, 1);
	record_run(1u << 31, 10); /* far ahead: a restart, no loss of two thousand millions */
	assert_counts(5101 + 1 + 1 + 1000 + 10, 4, 0, 0);
	assert_int_equal(s.nb_restarts, 2);
}

/* Strays that do not fit each other are no restart, nor is one that comes twice. */
static void test_strays(void **state)
{
	(void)state;
	pg_seqcheck_reset(&s);
	record_run(1000000, 10);
	pg_seqcheck_record(&s, 500);
	pg_seqcheck_record(&s, 500);
	pg_seqcheck_record(&s, 501 + PG_SEQCHECK_WINDOW);
	pg_seqcheck_record(&s, 500);
	assert_int_equal(s.nb_stale, 4);
	assert_int_equal(s.nb_restarts, 0);
	record_run(1000010, 10);
	assert_counts(24, 0, 0, 0);

	pg_seqcheck_record(&s, 700);
	pg_seqcheck_record(&s, 700 + PG_SEQCHECK_WINDOW);
	assert_int_equal(s.nb_restarts, 1);
	assert_counts(26, PG_SEQCHECK_WINDOW - 1, 0, 0);
	pg_seqcheck_record(&s, 700);
	assert_int_equal(s.nb_stale, 5);
	pg_seqcheck_record(&s, 701);
	pg_seqcheck_record(&s, 700 + PG_SEQCHECK_WINDOW);
	assert_counts(29, PG_SEQCHECK_WINDOW - 2, 1, 1);
}

/* The longest gap that is loss, and the shortest that is another run. */
static void test_gap(void **state)
{
	(void)state;
	const uint32_t most = 1u << 28;

	pg_seqcheck_reset(&s);
	pg_seqcheck_record(&s, 0);
	pg_seqcheck_record(&s, most);
	assert_counts(2, most - 1, 0, 0);
	pg_seqcheck_record(&s, 2 * most + 1);
	assert_counts(3, most - 1, 0, 0);
	assert_int_equal(s.nb_stale, 1);
}

/* Random loss, duplicates and local disorder against a list of what was really sent. */
static void test_random(void **state)
{
	(void)state;
	enum { N = 30000, SPAN = 64 };
	static uint32_t sent[2 * N];
	static unsigned char seen[N];

	for (unsigned int run = 0; run < 20; run++) {
		uint32_t base = (uint32_t)xorshift(), nb = 0;
		uint64_t lost = 0, duplicate = 0, reordered = 0;
		int64_t largest = -1;

		for (uint32_t i = 0; i < N; i++) {
			if (i > 0 && i < N - 1 && xorshift() % 50 == 0)
				continue;
			sent[nb++] = i;
			if (xorshift() % 100 == 0)
				sent[nb++] = i;
		}
		for (uint32_t i = 1; i + SPAN < nb; i++) {
			uint32_t j = i + xorshift() % (run ? SPAN : 1), swap = sent[i];

			sent[i] = sent[j];
			sent[j] = swap;
		}
		memset(seen, 0, sizeof(seen));
		pg_seqcheck_reset(&s);
		for (uint32_t i = 0; i < nb; i++) {
			pg_seqcheck_record(&s, base + sent[i]);
			if (seen[sent[i]])
				duplicate++;
			else if (sent[i] < largest)
				reordered++;
			seen[sent[i]] = 1;
			largest = sent[i] > largest ? sent[i] : largest;
		}
		for (uint32_t i = 0; i < N; i++)
			lost += !seen[i];
		assert_counts(nb, lost, reordered, duplicate);
		assert_int_equal(s.nb_stale + s.nb_restarts, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_reorder),
		cmocka_unit_test(test_duplicate),
		cmocka_unit_test(test_before_first),
		cmocka_unit_test(test_expect),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_strays),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
