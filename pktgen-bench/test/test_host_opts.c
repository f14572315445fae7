/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "pktgen-bench/host/opts.h"

static struct pg_opts o;

/* Splits @line at blanks and parses it as arguments. */
static int parse(const char *line)
{
	char text[256], *argv[32] = { (char *)"pgbench-host" };
	int argc = 1;

	snprintf(text, sizeof(text), "%s", line);
	for (char *w = strtok(text, " "); w && argc < 31; w = strtok(NULL, " "))
		argv[argc++] = w;
	return pg_opts_parse(&o, argc, argv);
}

static void plain_modes_get_their_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse("gen --socket s"), 0);
	assert_int_equal(o.mode, PG_OPTS_GEN);
	assert_int_equal(o.size[0], 60);
	assert_int_equal(o.nb_sizes, 1);
	assert_int_equal(o.stamp, PG_OPTS_STAMP_SEQ);
	assert_int_equal(parse("fwd --socket s --rate 1.5M"), 0);
	assert_true(o.rate_pps == 1.5e6);
	assert_int_equal(o.stamp, PG_OPTS_STAMP_ALL);
	assert_int_equal(parse("fwd --socket s --rate 5k --stamp burst"), 0);
	assert_int_equal(o.stamp, PG_OPTS_STAMP_BURST);
	assert_int_equal(parse("random --socket s --count 24000000 --min 14 --max 9000"), 0);
	assert_int_equal(o.count, 24000000);
}

static void wrong_lines_are_refused(void **state)
{
	static const char *const bad[] = { "", "frobnicate --socket s", "sink", "sink --socket",
		"sink --socket s --nonsense", "sink --socket s extra", "gen --socket s --size 63",
		"gen --socket s --size 9221", "gen --socket s --size", "gen --socket s --size 64,",
		"gen --socket s --size 64-", "gen --socket s --size 128-64",
		"gen --socket s --size 64/0", "gen --socket s --size x",
		"gen --socket s --size 99999999999999999999", "gen --socket s --rate 0",
		"gen --socket s --rate -1", "gen --socket s --rate nan", "gen --socket s --rate 5G",
		"gen --socket s --burst 0", "gen --socket s --burst 129",
		"gen --socket s --burst -1", "gen --socket s --burst 3x",
		"gen --socket s --queues 17", "gen --socket s --flows 0",
		"gen --socket s --stamp sometimes", "replay --socket s",
		"random --socket s --min 13", "random --socket s --min 100 --max 50",
		"sink --socket s --pcap f", "gen --socket s --capture f",
		"fwd --socket s --duration inf" };

	(void)state;
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(bad[i]), -1);
}

static void sizes_come_in_four_forms(void **state)
{
	unsigned int sum = 0;

	(void)state;
	assert_int_equal(pg_opts_sizes(&o, "64,128,1518"), 0);
	assert_int_equal(o.nb_sizes, 3);
	assert_int_equal(o.size[2], 1514);
	assert_int_equal(pg_opts_sizes(&o, "64-128/32"), 0);
	assert_int_equal(o.nb_sizes, 3);
	assert_int_equal(o.size[1], 92);
	assert_int_equal(pg_opts_sizes(&o, "64-1518"), 0);
	assert_in_range(o.nb_sizes, 200, PG_OPTS_SIZES_MAX);
	assert_int_equal(o.size[0], 60);
	assert_int_equal(pg_opts_sizes(&o, "imix"), 0);
	assert_int_equal(o.nb_sizes, 12);
	for (unsigned int i = 0; i < 12; i++)
		sum += o.size[i] + 4u;
	assert_int_equal(sum, 7 * 64 + 4 * 594 + 1518);
	assert_int_equal(pg_opts_sizes(&o, "64-9000/1"), -1);
}

static void help_is_no_error(void **state)
{
	(void)state;
	assert_int_equal(parse("--help"), 1);
	assert_int_equal(parse("sink --help"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_modes_get_their_defaults),
		cmocka_unit_test(wrong_lines_are_refused),
		cmocka_unit_test(sizes_come_in_four_forms),
		cmocka_unit_test(help_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
