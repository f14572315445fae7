/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <stdlib.h>
#include "pktgen-bench/guest/pcap.h"

/* A file in the making, in the byte order wanted. */
struct file {
	uint8_t bytes[4096];
	size_t len;
	bool swapped;
};

static struct pg_pcap pcap;

static void put32(struct file *f, uint32_t v)
{
	v = f->swapped ? __builtin_bswap32(v) : v;
	memcpy(f->bytes + f->len, &v, 4);
	f->len += 4;
}

static void put16(struct file *f, uint16_t v)
{
	v = f->swapped ? __builtin_bswap16(v) : v;
	memcpy(f->bytes + f->len, &v, 2);
	f->len += 2;
}

static void put_head(struct file *f, uint32_t magic, bool swapped, uint32_t link)
{
	f->len = 0;
	f->swapped = swapped;
	put32(f, magic);
	put16(f, 2);
	put16(f, 4);
	put32(f, 0);
	put32(f, 0);
	put32(f, 65535);
	put32(f, link);
}

static void put_record(
	struct file *f, uint32_t s, uint32_t fraction, uint32_t len, uint32_t wire_len)
{
	put32(f, s);
	put32(f, fraction);
	put32(f, len);
	put32(f, wire_len);
	for (uint32_t i = 0; i < len && f->len < sizeof(f->bytes); i++)
		f->bytes[f->len++] = (uint8_t)(i + len);
}

/* Opens a copy that ends where the file ends, so that a read beyond it is seen. */
static uint8_t *exact;

static int open_file(const struct file *f, size_t len)
{
	free(exact);
	exact = malloc(len ? len : 1);
	memcpy(exact, f->bytes, len);
	return pg_pcap_open(&pcap, exact, len);
}

#define ASSERT_FAILS(call, sentence)                                                               \
	do {                                                                                       \
		assert_int_equal(call, -EINVAL);                                                   \
		assert_string_equal(pcap.error, sentence);                                         \
	} while (0)

/* Both byte orders, both units: the same frames, in place. */
static void test_orders(void **state)
{
	(void)state;
	static const uint32_t magics[] = { 0xa1b2c3d4, 0xa1b23c4d };
	struct pg_pcap_frame frame;
	struct file f;

	for (unsigned int i = 0; i < 4; i++) {
		put_head(&f, magics[i & 1], i >> 1, 1);
		put_record(&f, 1700000000, 999999, 60, 60);
		put_record(&f, UINT32_MAX, 0, 14, 20);
		put_record(&f, 0, 1, 0, 0);
		assert_int_equal(open_file(&f, f.len), 0);
		for (unsigned int round = 0; round < 2; round++) {
			assert_int_equal(pg_pcap_next(&pcap, &frame), 1);
			assert_ptr_equal(frame.data, exact + 24 + 16);
			assert_int_equal(frame.len, 60);
			assert_int_equal(frame.wire_len, 60);
			assert_int_equal(frame.data[59], 59 + 60);
			assert_int_equal(
				frame.stamp_ns, 1700000000000000000 + (i & 1 ? 999999 : 999999000));
			assert_int_equal(pg_pcap_next(&pcap, &frame), 1);
			assert_int_equal(frame.len, 14);
			assert_int_equal(frame.wire_len, 20);
			assert_int_equal(frame.stamp_ns, 4294967295000000000u);
			assert_int_equal(pg_pcap_next(&pcap, &frame), 1);
			assert_int_equal(frame.len, 0);
			assert_int_equal(pg_pcap_next(&pcap, &frame), 0);
			assert_int_equal(pg_pcap_next(&pcap, &frame), 0);
			pg_pcap_rewind(&pcap);
		}
	}
}

static void test_bad_head(void **state)
{
	(void)state;
	struct file f;

	put_head(&f, 0xa1b2c3d4, false, 1);
	ASSERT_FAILS(open_file(&f, 0), "not a pcap file: it has 0 bytes");
	ASSERT_FAILS(open_file(&f, 3), "not a pcap file: it has 3 bytes");
	for (size_t len = 4; len < 24; len++)
		assert_int_equal(open_file(&f, len), -EINVAL);
	ASSERT_FAILS(open_file(&f, 23), "the file ends within its header, after 23 of 24 bytes");
	put_head(&f, 0xa1b2c3d5, false, 1);
	ASSERT_FAILS(open_file(&f, 24), "not a pcap file: it starts with d5 c3 b2 a1");
	put_head(&f, 0x0a0d0d0a, false, 1);
	ASSERT_FAILS(open_file(&f, 24),
		"the file is in pcapng format; convert it with 'editcap -F pcap IN OUT'");
	put_head(&f, 0xa1b2cd34, true, 1);
	ASSERT_FAILS(open_file(&f, 24),
		"the file is in the modified pcap format; convert it with 'editcap -F pcap IN OUT'");
	put_head(&f, 0x00088b1f, false, 1);
	ASSERT_FAILS(open_file(&f, 24), "the file is compressed; unpack it with gunzip");
	put_head(&f, 0xa1b23c4d, true, 113);
	ASSERT_FAILS(open_file(&f, 24), "link type 113 is not supported, only Ethernet (1)");
	put_head(&f, 0xa1b23c4d, true, 1);
	f.bytes[5] = 1;
	ASSERT_FAILS(open_file(&f, 24), "version 1.4 of the format is not supported, only 2.x");
}

/* A file cut at any byte reads up to the cut and then says so, and never beyond. */
static void test_cut(void **state)
{
	(void)state;
	struct pg_pcap_frame frame;
	struct file f;

	put_head(&f, 0xa1b2c3d4, false, 1);
	put_record(&f, 0, 0, 60, 60);
	put_record(&f, 0, 0, 10, 10);
	for (size_t len = 24; len <= f.len; len++) {
		unsigned int whole = len >= 126 ? 2 : len >= 100;
		int rc;

		assert_int_equal(open_file(&f, len), 0);
		while ((rc = pg_pcap_next(&pcap, &frame)) > 0)
			;
		assert_int_equal(pcap.nb_read, whole);
		assert_int_equal(rc, len == 24 || len == 100 || len == 126 ? 0 : -EINVAL);
	}
	assert_int_equal(open_file(&f, 50), 0);
	ASSERT_FAILS(pg_pcap_next(&pcap, &frame), "record 1: the file ends after 10 of 60 bytes");
	assert_int_equal(open_file(&f, 102), 0);
	assert_int_equal(pg_pcap_next(&pcap, &frame), 1);
	ASSERT_FAILS(pg_pcap_next(&pcap, &frame),
		"record 2: the file ends within its header, after 2 of 16 bytes");
	ASSERT_FAILS(pg_pcap_next(&pcap, &frame),
		"record 2: the file ends within its header, after 2 of 16 bytes");
}

static void assert_record_fails(
	uint32_t magic, uint32_t fraction, uint32_t len, uint32_t wire_len, const char *sentence)
{
	struct pg_pcap_frame frame;
	struct file f;

	put_head(&f, magic, true, 1);
	put_record(&f, 0, fraction, len, wire_len);
	assert_int_equal(open_file(&f, f.len), 0);
	ASSERT_FAILS(pg_pcap_next(&pcap, &frame), sentence);
}

static void test_bad_record(void **state)
{
	(void)state;
	assert_record_fails(
		0xa1b2c3d4, 1000000, 60, 60, "record 1: its time stamp has 1000000 microseconds");
	assert_record_fails(0xa1b23c4d, 1000000000, 60, 60,
		"record 1: its time stamp has 1000000000 nanoseconds");
	assert_record_fails(0xa1b2c3d4, 0, 262145, 262145,
		"record 1: its length of 262145 bytes is above the limit of 262144");
	assert_record_fails(0xa1b2c3d4, 0, UINT32_MAX, UINT32_MAX,
		"record 1: its length of 4294967295 bytes is above the limit of 262144");
	assert_record_fails(0xa1b2c3d4, 0, 60, 59, "record 1: it holds 60 bytes of a frame of 59");
	assert_record_fails(0xa1b2c3d4, 0, 262144, 262144,
		"record 1: the file ends after 4056 of 262144 bytes");
}

/* A file that says that its frames end with a check sum: it is not part of the frame. */
static void test_fcs(void **state)
{
	(void)state;
	struct pg_pcap_frame frame;
	struct file f;

	put_head(&f, 0xa1b2c3d4, true, 2u << 28 | 1u << 26 | 1);
	put_record(&f, 0, 0, 64, 64);
	put_record(&f, 0, 0, 62, 64); /* cut within the check sum */
	put_record(&f, 0, 0, 40, 64);
	put_record(&f, 0, 0, 3, 3);
	assert_int_equal(open_file(&f, f.len), 0);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(pg_pcap_next(&pcap, &frame), 1);
		assert_int_equal(frame.len, i < 2 ? 60 : 40);
		assert_int_equal(frame.wire_len, 60);
	}
	ASSERT_FAILS(pg_pcap_next(&pcap, &frame),
		"record 4: a frame of 3 bytes can not end with 4 of check sum");
	put_head(&f, 0xa1b2c3d4, true, 2u << 28 | 1); /* the length is not valid */
	put_record(&f, 0, 0, 64, 64);
	assert_int_equal(open_file(&f, f.len), 0);
	assert_int_equal(pg_pcap_next(&pcap, &frame), 1);
	assert_int_equal(frame.len, 64);
}

static void test_check(void **state)
{
	(void)state;
	struct pg_pcap_totals totals;
	struct pg_pcap_frame frame;
	struct file f;

	put_head(&f, 0xa1b2c3d4, false, 1);
	assert_int_equal(open_file(&f, f.len), 0);
	ASSERT_FAILS(pg_pcap_check(&pcap, 14, 1514, &totals), "the file holds no frame");
	put_record(&f, 0, 0, 60, 60);
	put_record(&f, 0, 0, 1514, 1514);
	put_record(&f, 0, 0, 14, 14);
	assert_int_equal(open_file(&f, f.len), 0);
	assert_int_equal(pg_pcap_next(&pcap, &frame), 1);
	assert_int_equal(pg_pcap_check(&pcap, 14, 1514, &totals), 0);
	assert_int_equal(totals.nb_frames, 3);
	assert_int_equal(totals.shortest, 14);
	assert_int_equal(totals.longest, 1514);
	assert_int_equal(totals.bytes, 60 + 1514 + 14);
	assert_int_equal(pg_pcap_next(&pcap, &frame), 1);
	assert_int_equal(frame.len, 60);
	ASSERT_FAILS(pg_pcap_check(&pcap, 14, 1513, &totals),
		"record 2: a frame of 1514 bytes, not of 14 to 1513");
	ASSERT_FAILS(pg_pcap_check(&pcap, 15, 1514, &totals),
		"record 3: a frame of 14 bytes, not of 15 to 1514");
	put_record(&f, 0, 0, 60, 61);
	assert_int_equal(open_file(&f, f.len), 0);
	ASSERT_FAILS(pg_pcap_check(&pcap, 14, 1514, &totals),
		"record 4: only 60 of the frame's 61 bytes were captured");
	assert_int_equal(open_file(&f, f.len - 1), 0);
	ASSERT_FAILS(pg_pcap_check(&pcap, 14, 1514, &totals),
		"record 4: the file ends after 59 of 60 bytes");
}

static int teardown(void **state)
{
	(void)state;
	free(exact);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_bad_head),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_bad_record),
		cmocka_unit_test(test_fcs),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
