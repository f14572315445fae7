/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "pktgen-bench/host/pcapfile.h"

static char path[64];
static char err[PG_PCAPFILE_ERR];
static struct pg_pcapfile file;

static int make_path(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "/tmp/test_host_pcapfile.XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	err[0] = '\0';
	return 0;
}

static int remove_path(void **state)
{
	(void)state;
	pg_pcapfile_free(&file);
	unlink(path);
	return 0;
}

static void put32(FILE *f, uint32_t v, int swap)
{
	if (swap)
		v = __builtin_bswap32(v);
	fwrite(&v, 4, 1, f);
}

/* Writes a classic pcap by hand: header, then frames of @len bytes, @cap of them captured. */
static void write_pcap(uint32_t magic, int swap, uint32_t link, const uint32_t *len,
	const uint32_t *cap, unsigned int n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	put32(f, magic, swap);
	put32(f, swap ? 2u << 16 | 4 : 4u << 16 | 2, 0);
	if (swap) { /* version 2.4 as two 16-bit fields of the other order */
		fseek(f, 4, SEEK_SET);
		fwrite("\0\2\0\4", 4, 1, f);
	}
	put32(f, 0, swap);
	put32(f, 0, swap);
	put32(f, 65535, swap);
	put32(f, link, swap);
	for (unsigned int i = 0; i < n; i++) {
		put32(f, 100 + i, swap);
		put32(f, 7, swap);
		put32(f, cap[i], swap);
		put32(f, len[i], swap);
		for (uint32_t b = 0; b < cap[i]; b++)
			fputc((int)(b + i), f);
	}
	fclose(f);
}

static const uint32_t lens[3] = { 14, 60, 9000 };

static void check_three(uint64_t second_ns)
{
	assert_int_equal(pg_pcapfile_load(&file, path, 9216, err), 0);
	assert_int_equal(file.nb, 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(file.frame[i].len, lens[i]);
		for (uint32_t b = 0; b < lens[i]; b++)
			assert_int_equal(file.bytes[file.frame[i].at + b], (uint8_t)(b + i));
	}
	assert_int_equal(file.frame[0].at_ns, 0);
	assert_int_equal(file.frame[1].at_ns, second_ns);
}

static void reads_all_four_kinds(void **state)
{
	(void)state;
	write_pcap(0xa1b2c3d4, 0, 1, lens, lens, 3);
	check_three(1000000000u);
	pg_pcapfile_free(&file);
	write_pcap(0xa1b2c3d4, 1, 1, lens, lens, 3);
	check_three(1000000000u);
	pg_pcapfile_free(&file);
	write_pcap(0xa1b23c4d, 0, 1, lens, lens, 3);
	check_three(1000000000u);
	pg_pcapfile_free(&file);
	write_pcap(0xa1b23c4d, 1, 1, lens, lens, 3);
	check_three(1000000000u);
}

static void assert_refused(const char *why)
{
	assert_int_equal(pg_pcapfile_load(&file, path, 9216, err), -1);
	assert_non_null(strstr(err, path));
	assert_non_null(strstr(err, why));
	assert_null(strchr(err, '\n'));
	assert_null(file.frame);
}

static void refuses_what_it_cannot_send(void **state)
{
	const uint32_t cut[1] = { 20 }, whole[1] = { 60 }, tiny[1] = { 13 }, big[1] = { 9217 };

	(void)state;
	write_pcap(0xa1b2c3d4, 0, 1, whole, cut, 1);
	assert_refused("cut");
	write_pcap(0xa1b2c3d4, 0, 1, tiny, tiny, 1);
	assert_refused("shorter");
	write_pcap(0xa1b2c3d4, 0, 1, big, big, 1);
	assert_refused("at most 9216");
	write_pcap(0xa1b2c3d4, 0, 101, whole, whole, 1);
	assert_refused("not Ethernet");
	write_pcap(0xa1b2c3d4, 0, 1, whole, whole, 0);
	assert_refused("no frames");
	write_pcap(0xdeadbeef, 0, 1, whole, whole, 1);
	assert_refused("cannot read");
	unlink(path);
	assert_refused("No such file");
}

/* A file that ends in the middle, at every length: never read beyond, never called whole. */
static void refuses_a_file_cut_anywhere(void **state)
{
	const uint32_t two[2] = { 20, 20 };

	(void)state;
	for (off_t n = 24 + 2 * 36 - 1; n > 0; n--) {
		write_pcap(0xa1b2c3d4, 0, 1, two, two, 2);
		assert_int_equal(truncate(path, n), 0);
		if (n == 24 + 36) {
			assert_int_equal(pg_pcapfile_load(&file, path, 9216, err), 0);
			assert_int_equal(file.nb, 1);
			pg_pcapfile_free(&file);
			continue;
		}
		assert_int_equal(pg_pcapfile_load(&file, path, 9216, err), -1);
	}
}

static void writes_what_it_reads(void **state)
{
	struct pg_pcapfile_out *o = pg_pcapfile_create(path, 2, err);
	uint8_t frame[100];

	(void)state;
	assert_non_null(o);
	for (unsigned int i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i * 7);
	pg_pcapfile_write(o, frame, 60, 5000000001u);
	pg_pcapfile_write(o, frame, 100, 5000000043u);
	pg_pcapfile_write(o, frame, 99, 5000000099u); /* over the limit */
	assert_int_equal(pg_pcapfile_close(o), 2);
	assert_int_equal(pg_pcapfile_load(&file, path, 9216, err), 0);
	assert_int_equal(file.nb, 2);
	assert_int_equal(file.frame[1].at_ns, 42);
	assert_memory_equal(file.bytes + file.frame[1].at, frame, 100);
}

static void says_why_it_cannot_write(void **state)
{
	(void)state;
	assert_null(pg_pcapfile_create("/nonexistent/x.pcap", 1, err));
	assert_non_null(strstr(err, "/nonexistent/x.pcap"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_all_four_kinds, make_path, remove_path),
		cmocka_unit_test_setup_teardown(
			refuses_what_it_cannot_send, make_path, remove_path),
		cmocka_unit_test_setup_teardown(
			refuses_a_file_cut_anywhere, make_path, remove_path),
		cmocka_unit_test_setup_teardown(writes_what_it_reads, make_path, remove_path),
		cmocka_unit_test_setup_teardown(says_why_it_cannot_write, make_path, remove_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
