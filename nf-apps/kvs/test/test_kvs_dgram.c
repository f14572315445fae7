/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams: the straight ways, the general one, answers of several.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/kvs/test/kvs_ask.h"

static struct nf_kvs *kvs;

static int dgram_setup(void **state)
{
	kvs = ask_server(8u << 20);
	return 0;
}

static int dgram_teardown(void **state)
{
	nf_kvs_destroy(kvs);
	ask_end();
	return 0;
}

static void test_set_and_get(void **state)
{
	assert_string_equal(ask_text_dgram(kvs, "get foo\r\n"), "END\r\n");
	assert_string_equal(ask_text_dgram(kvs, "set foo 7 0 6\r\nfooval\r\n"), "STORED\r\n");
	assert_string_equal(
		ask_text_dgram(kvs, "get foo\r\n"), "VALUE foo 7 6\r\nfooval\r\nEND\r\n");
	assert_string_equal(ask_text_dgram(kvs, "set foo 4294967295 0 0\r\n\r\n"), "STORED\r\n");
	assert_string_equal(
		ask_text_dgram(kvs, "get foo\r\n"), "VALUE foo 4294967295 0\r\n\r\nEND\r\n");
	assert_string_equal(
		ask_text_dgram(kvs, "get a foo b\r\n"), "VALUE foo 4294967295 0\r\n\r\nEND\r\n");
	assert_string_equal(ask_text_dgram(kvs, "set foo 0 0 1 noreply\r\nx\r\n"), "");
	assert_string_equal(ask_text_dgram(kvs, "get foo\n"), "VALUE foo 0 1\r\nx\r\nEND\r\n");
	assert_string_equal(ask_text_dgram(kvs, "set foo 0 0 1\r\nxyz\r\n"),
		"CLIENT_ERROR bad data chunk\r\nERROR\r\n");
	assert_string_equal(ask_text_dgram(kvs, "get foo"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_set_and_get, dgram_setup, dgram_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
