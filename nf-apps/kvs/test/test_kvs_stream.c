/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Streams: every cut, slow peers, values of all sizes, more output than a connection holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/kvs/test/kvs_ask.h"

#define MIB (1u << 20)

static struct nf_kvs *kvs;
static struct ask_answer answer;

static int stream_setup(void **state)
{
	kvs = ask_server(16u * MIB);
	return 0;
}

static int stream_teardown(void **state)
{
	ask_check_empty(kvs);
	nf_kvs_destroy(kvs);
	ask_end();
	free(answer.text);
	answer.text = NULL;
	return 0;
}

static const char talk[] =
	"set a 1 0 5\r\nhello\r\nget a b a\r\ngets a\r\nset b 0 0 0\r\n\r\nmg b v t k\r\nms c 2 T0\r\nhi\r\n"
	"append c 0 0 1\r\n!\r\ngat 0 c a\r\nincr a 1\r\nset b 0 0 9999999\r\n";

/* Two pieces, for every place of the cut; and with each place a server of its own. */
static void test_every_cut(void **state)
{
	struct ask_answer whole = { 0 };
	size_t len = sizeof(talk) - 1;

	for (size_t cut = 1; cut <= len; cut++) {
		struct nf_kvs *k = ask_server(4u * MIB);

		(void)ask_stream(k, talk, len, cut, cut % 3 == 0 ? 1 : SIZE_MAX, &answer);
		if (whole.text == NULL)
			whole = answer, answer.text = NULL, answer.len = 0;
		else
			assert_string_equal((char *)answer.text, (char *)whole.text);
		ask_check_empty(k);
		nf_kvs_destroy(k);
	}
	assert_non_null(strstr((char *)whole.text, "VALUE c 0 3\r\nhi!\r\n"));
	assert_non_null(strstr((char *)whole.text, "SERVER_ERROR object too large for cache\r\n"));
	free(whole.text);
}

/* "set KEY 0 0 LEN", the value, and nothing else. */
static size_t set_request(uint8_t *to, const char *key, uint32_t len)
{
	int n = sprintf((char *)to, "set %s 0 0 %u\r\n", key, len);

	for (uint32_t i = 0; i < len; i++)
		to[(uint32_t)n + i] = (uint8_t)(i * 31 >> 3);
	memcpy(to + n + len, "\r\n", 2);
	return (size_t)n + len + 2;
}

static void check_value(const uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		if (p[i] != (uint8_t)(i * 31 >> 3))
			fail_msg("byte %u of %u", i, len);
}

static void test_values(void **state)
{
	static const uint32_t lens[] = { 0, 1, 511, 512, 513, 1023, 1024, 8191, 8192, 16384, 65535,
		MIB - 1, MIB };
	uint8_t *request = malloc(MIB + 100);
	char head[64];

	for (unsigned i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		size_t n = set_request(request, "v", lens[i]);

		(void)ask_stream(kvs, request, n, 1000, SIZE_MAX, &answer);
		assert_string_equal((char *)answer.text, "STORED\r\n");
		for (size_t gulp = 777; gulp < 10 * MIB; gulp *= 100) {
			sprintf(head, "VALUE v 0 %u\r\n", lens[i]);
			(void)ask_stream(kvs, "get v\r\n", 7, SIZE_MAX, gulp, &answer);
			assert_int_equal(answer.len, strlen(head) + lens[i] + 7);
			assert_memory_equal(answer.text, head, strlen(head));
			check_value(answer.text + strlen(head), lens[i]);
			assert_memory_equal(answer.text + answer.len - 7, "\r\nEND\r\n", 7);
		}
	}
	set_request(request, "v", MIB);
	assert_memory_equal(request, "set v 0 0 1048576\r\n", 19);
	memcpy(request, "set v 0 0 1048577\r\n", 19);
	request[19 + MIB] = 'x';
	memcpy(request + 19 + MIB + 1, "\r\n", 2);
	(void)ask_stream(kvs, request, 19 + MIB + 3, 4096, SIZE_MAX, &answer);
	assert_string_equal((char *)answer.text, "SERVER_ERROR object too large for cache\r\n");
	assert_string_equal(ask_text(kvs, "get v\r\n"), "END\r\n"); /* no stale data stays */
	free(request);
}

/* A line of 100 kB and 20,000 keys, to a peer that takes little at a time. */
static void test_many_keys(void **state)
{
	char *line = malloc(120000), *p = line;
	unsigned nb = 0;

	(void)ask_text(kvs, "set k1 0 0 3\r\none\r\nset k2 0 0 3\r\ntwo\r\n");
	p += sprintf(p, "get");
	for (unsigned i = 0; i < 20000; i++)
		p += sprintf(p, i % 2 ? " k%u" : "  k%u", i % 3);
	p += sprintf(p, "\r\n");
	(void)ask_stream(kvs, line, (size_t)(p - line), 1460, 100, &answer);
	for (char *at = (char *)answer.text; (at = strstr(at, "VALUE")) != NULL; at++)
		nb++;
	assert_int_equal(nb, 13333);
	assert_memory_equal(answer.text + answer.len - 5, "END\r\n", 5);
	free(line);
}

static size_t no_write(void *arg, const void *data, size_t len)
{
	return 0;
}

/* A peer that takes nothing gets a server that takes nothing more after a while; and its items are free once it is gone. */
static void test_backpressure(void **state)
{
	struct nf_kvs_sink sink = { no_write, NULL };
	struct nf_kvs_conn *c = nf_kvs_conn_open(kvs, &sink);
	uint8_t *request = malloc(70000);
	size_t n = set_request(request, "v", 60000), taken = 0;
	long now;

	(void)ask_stream(kvs, request, n, SIZE_MAX, SIZE_MAX, &answer);
	do {
		now = nf_kvs_conn_input(c, (const uint8_t *)"get v\r\n", 7);
		assert_true(now >= 0);
		taken += (size_t)now;
	} while (now == 7 && taken < 70000);
	assert_true(taken < 1000);
	assert_true(nf_kvs_conn_pending(c));
	assert_int_equal(nf_kvs_conn_writable(c), 0);
	nf_kvs_conn_close(c);
	free(request);
}

static void test_long_line(void **state)
{
	char line[3000];

	memset(line, 'x', sizeof(line));
	memcpy(line + sizeof(line) - 2, "\r\n", 2);
	for (size_t cut = 1; cut < 10000; cut *= 100) {
		assert_false(ask_stream(kvs, line, sizeof(line), cut, SIZE_MAX, &answer));
		assert_string_equal((char *)answer.text, "ERROR\r\n");
	}
	memcpy(line, "get ", 4);
	assert_false(ask_stream(kvs, line, sizeof(line), 100, SIZE_MAX, &answer));
	assert_string_equal((char *)answer.text, "CLIENT_ERROR bad command line format\r\n");
	assert_false(ask_stream(kvs, line, sizeof(line), SIZE_MAX, SIZE_MAX, &answer));
	assert_string_equal((char *)answer.text, "CLIENT_ERROR bad command line format\r\n");
}

/* What a connection leaves half done is given back. */
static void test_half(void **state)
{
	(void)ask_stream(kvs, "set a 0 0 100\r\nhalf", 19, SIZE_MAX, SIZE_MAX, &answer);
	assert_int_equal(answer.len, 0);
	(void)ask_stream(kvs, "ms a 100\r\nhalf", 14, 1, SIZE_MAX, &answer);
	(void)ask_stream(kvs, "\x80\x01\0\x01\x08\0\0\0\0\0\0\x20", 12, 1, SIZE_MAX, &answer);
	assert_string_equal(ask_text(kvs, "get a\r\n"), "END\r\n");
}

static void test_quit(void **state)
{
	assert_true(ask_stream(kvs, "get a\r\nquit\r\nget a\r\n", 20, SIZE_MAX, 1, &answer));
	assert_string_equal((char *)answer.text, "END\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_cut, stream_setup, stream_teardown),
		cmocka_unit_test_setup_teardown(test_values, stream_setup, stream_teardown),
		cmocka_unit_test_setup_teardown(test_many_keys, stream_setup, stream_teardown),
		cmocka_unit_test_setup_teardown(test_backpressure, stream_setup, stream_teardown),
		cmocka_unit_test_setup_teardown(test_long_line, stream_setup, stream_teardown),
		cmocka_unit_test_setup_teardown(test_half, stream_setup, stream_teardown),
		cmocka_unit_test_setup_teardown(test_quit, stream_setup, stream_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
