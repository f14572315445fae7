/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "pktgen-bench/host/source.h"

static struct pg_source src;
static struct pg_source_expect expect;
static uint8_t frame[PG_SOURCE_MAX], again[PG_SOURCE_MAX];

static void swap(uint8_t *f)
{
	uint8_t mac[6];

	memcpy(mac, f, 6);
	memcpy(f, f + 6, 6);
	memcpy(f + 6, mac, 6);
}

static void random_frames_can_be_made_again(void **state)
{
	uint32_t shortest = UINT32_MAX, longest = 0, len;

	(void)state;
	assert_int_equal(pg_source_random(&src, 100000, 14, 9000, 42, true), 0);
	for (uint64_t no = 0; no < 20000; no++) {
		pg_source_make(&src, no, frame, &expect);
		len = expect.len;
		assert_in_range(len, 14, 9000);
		shortest = len < shortest ? len : shortest;
		longest = len > longest ? len : longest;
		swap(frame);
		assert_int_equal(pg_source_differs(&expect, frame, len), -1);
		if (no % 100)
			continue;
		pg_source_make(&src, no, again, &expect);
		swap(again);
		assert_memory_equal(frame, again, len);
	}
	assert_in_range(shortest, 14, 30);
	assert_in_range(longest, 8980, 9000);
	pg_source_free(&src);
}

static void every_altered_byte_is_found(void **state)
{
	(void)state;
	assert_int_equal(pg_source_random(&src, 1000, 14, 300, 9, true), 0);
	for (uint64_t no = 0; no < 50; no++) {
		pg_source_make(&src, no, frame, &expect);
		swap(frame);
		for (uint32_t i = 0; i < expect.len; i++) {
			frame[i] ^= 0x10;
			assert_int_equal(pg_source_differs(&expect, frame, expect.len), i);
			frame[i] ^= 0x10;
			assert_int_equal(pg_source_byte(&expect, i), frame[i]);
		}
	}
	pg_source_free(&src);
}

static void a_wrong_length_is_a_difference(void **state)
{
	(void)state;
	assert_int_equal(pg_source_random(&src, 10, 100, 100, 9, false), 0);
	pg_source_make(&src, 0, frame, &expect);
	assert_int_equal(pg_source_differs(&expect, frame, 100), -1);
	assert_int_equal(pg_source_differs(&expect, frame, 99), 99);
	assert_int_equal(pg_source_differs(&expect, frame, 101), 100);
	assert_int_equal(pg_source_differs(&expect, frame, 0), 0);
	pg_source_free(&src);
}

/* Neighbours of the smallest length, too short to carry a number, still differ. */
static void small_neighbours_differ(void **state)
{
	unsigned int same = 0;

	(void)state;
	assert_int_equal(pg_source_random(&src, 10000, 14, 14, 5, true), 0);
	for (uint64_t no = 0; no < 9999; no++) {
		pg_source_make(&src, no, frame, &expect);
		pg_source_make(&src, no + 1, again, &expect);
		same += !memcmp(frame, again, 14);
	}
	assert_in_range(same, 0, 3);
	pg_source_free(&src);
}

static void replay_repeats_the_pcap(void **state)
{
	struct pg_pcapfile_frame frames[2] = { { 0, 20, 0 }, { 20, 40, 500 } };
	uint8_t bytes[60];
	struct pg_pcapfile pcap = { .frame = frames, .nb = 2, .bytes = bytes, .nb_bytes = 60 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	pg_source_replay(&src, &pcap, 3, false);
	assert_int_equal(src.nb, 6);
	assert_int_equal(pg_source_len(&src, 5), 40);
	pg_source_make(&src, 5, frame, &expect);
	assert_memory_equal(frame, bytes + 20, 40);
	assert_int_equal(pg_source_differs(&expect, frame, 40), -1);
	assert_int_equal(pg_source_due_ns(&src, 1), 500);
	assert_true(pg_source_due_ns(&src, 2) > 500);
	assert_int_equal(pg_source_due_ns(&src, 3) - pg_source_due_ns(&src, 2), 500);
	src.swap = true;
	pg_source_make(&src, 0, frame, &expect);
	assert_int_equal(pg_source_differs(&expect, frame, 20), 0);
	swap(frame);
	assert_int_equal(pg_source_differs(&expect, frame, 20), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_frames_can_be_made_again),
		cmocka_unit_test(every_altered_byte_is_found),
		cmocka_unit_test(a_wrong_length_is_a_difference),
		cmocka_unit_test(small_neighbours_differ),
		cmocka_unit_test(replay_repeats_the_pcap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
