/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text protocol, command by command, errors too; each as a stream, cut, and as datagrams.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/kvs/test/kvs_ask.h"

#define KEY50   "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define KEY250  KEY50 KEY50 KEY50 KEY50 KEY50
#define BADLINE "CLIENT_ERROR bad command line format\r\n"

static void test_store(void **state)
{
	static const struct ask_line lines[] = {
		{ "set foo 5 0 3\r\nbar\r\n", "STORED\r\n", 0 },
		{ "get foo\r\n", "VALUE foo 5 3\r\nbar\r\nEND\r\n", 0 },
		{ "add foo 0 0 1\r\nx\r\n", "NOT_STORED\r\n", 0 },
		{ "add new 0 0 1\r\nx\r\n", "STORED\r\n", 0 },
		{ "replace none 0 0 1\r\nx\r\n", "NOT_STORED\r\n", 0 },
		{ "replace foo 6 0 4\r\nbar2\r\n", "STORED\r\n", 0 },
		{ "append foo 99 0 2\r\n+a\r\n", "STORED\r\n", 0 },
		{ "prepend foo 99 0 2\r\np+\r\n", "STORED\r\n", 0 },
		{ "append none 0 0 1\r\nx\r\n", "NOT_STORED\r\n", 0 },
		{ "prepend none 0 0 1\r\nx\r\n", "NOT_STORED\r\n", 0 },
		{ "get foo new none\r\n",
			"VALUE foo 6 8\r\np+bar2+a\r\nVALUE new 0 1\r\nx\r\nEND\r\n", 0 },
		{ "gets foo\r\n", "VALUE foo 6 8 5\r\np+bar2+a\r\nEND\r\n", 0 },
		{ "cas foo 0 0 1 4\r\ny\r\n", "EXISTS\r\n", 0 },
		{ "cas none 0 0 1 4\r\ny\r\n", "NOT_FOUND\r\n", 0 },
		{ "cas foo 0 0 1 5\r\ny\r\n", "STORED\r\n", 0 },
		{ "set foo 0 0 1 noreply\r\nz\r\nget foo\r\n", "VALUE foo 0 1\r\nz\r\nEND\r\n", 0 },
		{ "cas foo 0 0 1 7 noreply\r\nw\r\nget foo\r\n", "VALUE foo 0 1\r\nw\r\nEND\r\n",
			0 },
		{ "set a 0 0 2\r\n\r\n\r\nget a\r\n", "STORED\r\nVALUE a 0 2\r\n\r\n\r\nEND\r\n",
			0 },
		{ "set " KEY250 " 0 0 1\r\nl\r\n", "STORED\r\n", 0 },
		{ "get " KEY250 "\r\n", "VALUE " KEY250 " 0 1\r\nl\r\nEND\r\n", 0 },
	};

	ASK_TABLE(lines);
}

static void test_store_errors(void **state)
{
	static const struct ask_line lines[] = {
		{ "set foo 0 0 3\r\nbarx\r\n", "CLIENT_ERROR bad data chunk\r\nERROR\r\n", 0 },
		{ "get foo\r\n", "END\r\n", 0 },
		{ "set " KEY250 "x 0 0 1\r\nget a\r\n", BADLINE "END\r\n", 0 },
		{ "set foo 0 0\r\n", "ERROR\r\n", 0 },
		{ "set foo 0 0 1 noreply more\r\n", "ERROR\r\n", 0 },
		{ "set foo x 0 1\r\n", BADLINE, 0 },
		{ "set foo 4294967296 0 1\r\n", BADLINE, 0 },
		{ "set foo 0 x 1\r\n", BADLINE, 0 },
		{ "set foo 0 0 x\r\n", BADLINE, 0 },
		{ "set foo 0 0 -1\r\n", BADLINE, 0 },
		{ "set foo 0 0 2147483647\r\n", BADLINE, 0 },
		{ "cas foo 0 0 1 x\r\n", BADLINE, 0 },
		{ "cas foo 0 0 1\r\n", "ERROR\r\n", 0 },
		{ "\r\n", "ERROR\r\n", 0 },
		{ "nonsense\r\n", "ERROR\r\n", 0 },
		{ "get\r\n", "ERROR\r\n", 0 },
		{ "get \r\n", "ERROR\r\n", 0 },
		{ "gat\r\n", "ERROR\r\n", 0 },
		{ "gat x foo\r\n", "CLIENT_ERROR invalid exptime argument\r\n", 0 },
		{ "get " KEY250 "x\r\nget b\r\n", BADLINE "END\r\n", 0 },
		{ "  get foo\r\n", "END\r\n", 0 },
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", 0 },
	};

	ASK_TABLE(lines);
}

static void test_numbers(void **state)
{
	static const struct ask_line lines[] = {
		{ "set n 3 0 2\r\n10\r\n", "STORED\r\n", 0 },
		{ "decr n 1\r\n", "9\r\n", 0 },
		{ "get n\r\n", "VALUE n 3 2\r\n9 \r\nEND\r\n", 0 },
		{ "incr n 1\r\n", "10\r\n", 0 },
		{ "incr n 90\r\n", "100\r\n", 0 },
		{ "get n\r\n", "VALUE n 3 3\r\n100\r\nEND\r\n", 0 },
		{ "decr n 1000\r\n", "0\r\n", 0 },
		{ "incr n 18446744073709551615\r\n", "18446744073709551615\r\n", 0 },
		{ "incr n 1\r\n", "0\r\n", 0 },
		{ "get n\r\n", "VALUE n 3 20\r\n0                   \r\nEND\r\n", 0 },
		{ "incr n 5 noreply\r\nincr n 2\r\n", "7\r\n", 0 },
		{ "incr none 1\r\n", "NOT_FOUND\r\n", 0 },
		{ "decr none 1\r\n", "NOT_FOUND\r\n", 0 },
		{ "incr n x\r\n", "CLIENT_ERROR invalid numeric delta argument\r\n", 0 },
		{ "incr n -1\r\n", "CLIENT_ERROR invalid numeric delta argument\r\n", 0 },
		{ "incr n 18446744073709551616\r\n",
			"CLIENT_ERROR invalid numeric delta argument\r\n", 0 },
		{ "incr n\r\n", "ERROR\r\n", 0 },
		{ "incr " KEY250 "x 1\r\n", BADLINE, 0 },
		{ "set t 0 0 4\r\ntext\r\n", "STORED\r\n", 0 },
		{ "incr t 1\r\n",
			"CLIENT_ERROR cannot increment or decrement non-numeric value\r\n", 0 },
		{ "set e 0 0 0\r\n\r\n", "STORED\r\n", 0 },
		{ "incr e 1\r\n",
			"CLIENT_ERROR cannot increment or decrement non-numeric value\r\n", 0 },
	};

	ASK_TABLE(lines);
}

static void test_time(void **state)
{
	static const struct ask_line lines[] = {
		{ "set a 0 10 1\r\na\r\n", "STORED\r\n", 0 },
		{ "set b 0 -1 1\r\nb\r\n", "STORED\r\n", 0 },
		{ "set c 0 1 1\r\nc\r\nset d 0 2678400 1\r\nd\r\n", "STORED\r\nSTORED\r\n",
			0 },                                          /* 1970 */
		{ "set e 0 4102444800 1\r\ne\r\n", "STORED\r\n", 0 }, /* 2100 */
		{ "get a b c d e\r\n",
			"VALUE a 0 1\r\na\r\nVALUE c 0 1\r\nc\r\nVALUE e 0 1\r\ne\r\nEND\r\n", 0 },
		{ NULL, NULL, 9 },
		{ "get a c\r\n", "VALUE a 0 1\r\na\r\nEND\r\n", 0 },
		{ "touch a 20\r\n", "TOUCHED\r\n", 0 },
		{ "touch none 20\r\n", "NOT_FOUND\r\n", 0 },
		{ "touch a x\r\n", "CLIENT_ERROR invalid exptime argument\r\n", 0 },
		{ "touch a\r\n", "ERROR\r\n", 0 },
		{ NULL, NULL, 19 },
		{ "gat 5 a none\r\n", "VALUE a 0 1\r\na\r\nEND\r\n", 0 },
		{ "gats 6 a\r\n", "VALUE a 0 1 1\r\na\r\nEND\r\n", 0 },
		{ NULL, NULL, 6 },
		{ "get a\r\n", "END\r\n", 0 },
		{ "touch e 0 noreply\r\nget e\r\n", "VALUE e 0 1\r\ne\r\nEND\r\n", 0 },
		{ "touch e -1\r\nget e\r\n", "TOUCHED\r\nEND\r\n", 0 },
	};

	ASK_TABLE(lines);
}

static void test_delete_and_flush(void **state)
{
	static const struct ask_line lines[] = {
		{ "set a 0 0 1\r\na\r\nset b 0 0 1\r\nb\r\n", "STORED\r\nSTORED\r\n", 0 },
		{ "delete a\r\n", "DELETED\r\n", 0 },
		{ "delete a\r\n", "NOT_FOUND\r\n", 0 },
		{ "delete a 0\r\n", "NOT_FOUND\r\n", 0 },
		{ "delete b 5\r\n",
			"CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n",
			0 },
		{ "delete b 0 noreply\r\nget b\r\n", "END\r\n", 0 },
		{ "delete\r\n", "ERROR\r\n", 0 },
		{ "delete " KEY250 "x\r\n", BADLINE, 0 },
		{ "set a 0 0 1\r\na\r\nflush_all\r\nget a\r\n", "STORED\r\nOK\r\nEND\r\n", 0 },
		{ "set a 0 0 1\r\na\r\nget a\r\n", "STORED\r\nVALUE a 0 1\r\na\r\nEND\r\n", 0 },
		{ "flush_all 5\r\nget a\r\n", "OK\r\nVALUE a 0 1\r\na\r\nEND\r\n", 0 },
		{ NULL, NULL, 5 },
		{ "get a\r\n", "END\r\n", 0 },
		{ "set a 0 0 1\r\na\r\nflush_all noreply\r\nget a\r\n", "STORED\r\nEND\r\n", 0 },
		{ "set a 0 0 1\r\na\r\nflush_all 0 noreply\r\nget a\r\n", "STORED\r\nEND\r\n", 0 },
		{ "flush_all x\r\n", "CLIENT_ERROR invalid exptime argument\r\n", 0 },
		{ "flush_all 1 2 3\r\n", "ERROR\r\n", 0 },
	};

	ASK_TABLE(lines);
}

static void test_others(void **state)
{
	static const struct ask_line lines[] = {
		{ "verbosity 1\r\nverbosity 2 noreply\r\n", "OK\r\n", 0 },
		{ "verbosity\r\nverbosity x\r\n", "ERROR\r\n" BADLINE, 0 },
		{ "version\r\n", "VERSION 1.6.18-sluice\r\n", 0 },
		{ "mn\r\n", "MN\r\n", 0 },
		{ "get a\r\nquit\r\nget b\r\n", "END\r\n", 0 },
		{ "shutdown\r\n", "ERROR: shutdown not enabled\r\n", 0 },
		{ "cache_memlimit 4\r\n",
			"MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m\r\n", 0 },
		{ "cache_memlimit 100\r\n",
			"MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust\r\n", 0 },
		{ "stats reset\r\n", "RESET\r\n", 0 },
		{ "stats sizes\r\n", "STAT sizes_status disabled\r\nEND\r\n", 0 },
		{ "stats items\r\n", "END\r\n", 0 },
		{ "stats nothing\r\n", "ERROR\r\n", 0 },
		{ "stats conns\r\n", "END\r\n", 0 },
		{ "stats detail\r\n", "CLIENT_ERROR usage: stats detail on|off|dump\r\n", 0 },
		{ "stats detail on\r\nget a:1\r\nget a:2 b\r\nset a:1 0 0 1\r\n1\r\nget a:1\r\ndelete a:1\r\nstats detail dump\r\n",
			"OK\r\nEND\r\nEND\r\nSTORED\r\nVALUE a:1 0 1\r\n1\r\nEND\r\nDELETED\r\n"
			"PREFIX a get 3 hit 1 set 1 del 1\r\nEND\r\n",
			0 },
		{ "stats detail off\r\nget a:1\r\nstats detail dump\r\n",
			"OK\r\nEND\r\nPREFIX a get 3 hit 1 set 1 del 1\r\nEND\r\n", 0 },
		{ "set x 0 0 1\r\nx\r\nstats cachedump 1 0\r\n",
			"STORED\r\nITEM x [1 b; 0 s]\r\nEND\r\n", 0 },
	};

	ASK_TABLE(lines);
}

static void test_stats(void **state)
{
	struct nf_kvs *k = ask_server(4u << 20);
	const char *stats;

	(void)ask_text(k,
		"set a 0 0 1\r\na\r\nget a b\r\nincr a 1\r\ndelete a\r\ndelete a\r\ntouch a 1\r\ncas a 0 0 0 1\r\n\r\n");
	stats = ask_text(k, "stats\r\n");
	assert_non_null(strstr(stats, "STAT cmd_get 2\r\n"));
	assert_non_null(strstr(stats, "STAT get_hits 1\r\n"));
	assert_non_null(strstr(stats, "STAT get_misses 1\r\n"));
	assert_non_null(strstr(stats, "STAT delete_hits 1\r\n"));
	assert_non_null(strstr(stats, "STAT delete_misses 1\r\n"));
	assert_non_null(strstr(stats, "STAT touch_misses 1\r\n"));
	assert_non_null(strstr(stats, "STAT cas_misses 1\r\n"));
	assert_non_null(strstr(stats, "STAT total_items 1\r\n"));
	assert_non_null(strstr(stats, "STAT curr_items 0\r\n"));
	assert_non_null(strstr(stats, "STAT curr_connections 1\r\n"));
	assert_string_equal(stats + strlen(stats) - 5, "END\r\n");
	assert_non_null(strstr(ask_text(k, "stats settings\r\n"), "STAT maxbytes 4194304\r\n"));
	(void)ask_text(k, "stats reset\r\n");
	assert_non_null(strstr(ask_text(k, "stats\r\n"), "STAT cmd_get 0\r\n"));
	nf_kvs_destroy(k);
	ask_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_store_errors),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_delete_and_flush),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_stats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
