/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams: the straight ways, the general one, answers of several.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/kvs/base64.h"
#include "nf-apps/kvs/number.h"
#include "nf-apps/kvs/test/kvs_ask.h"

static struct nf_kvs *kvs;
static struct ask_answer answer;

static int dgram_setup(void **state)
{
	kvs = ask_server(8u << 20);
	answer.nb_wanted = 4096;
	return 0;
}

static int dgram_teardown(void **state)
{
	ask_check_empty(kvs);
	nf_kvs_destroy(kvs);
	ask_end();
	free(answer.text);
	answer.text = NULL;
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
	assert_string_equal(ask_text_dgram(kvs, "set foo 0 0 10\r\nshort\r\n"), "");
}

/* What comes with less than a frame, or in several, is not answered. */
static void test_frames(void **state)
{
	static const uint8_t frames[][8] = { { 0, 1, 0, 0, 0, 0, 0, 0 }, { 0, 1, 0, 0, 0, 2, 0, 0 },
		{ 0, 1, 0, 0, 1, 1, 0, 0 } };
	uint8_t p[64];

	for (unsigned i = 0; i < 3; i++) {
		struct nf_kvs_dgram d = { .data = p, .len = 8 + 11, .room = sizeof(p) };

		memcpy(p, frames[i], 8);
		memcpy(p + 8, "version\r\n\r\n", 11);
		nf_kvs_dgram(kvs, &d);
		assert_int_equal(d.len, 0);
	}
	for (uint32_t len = 0; len <= 8; len++) {
		struct nf_kvs_dgram d = { .data = p, .len = len, .room = sizeof(p) };

		memcpy(p, "\0\1\0\0\0\1\0\0", 8);
		nf_kvs_dgram(kvs, &d);
		assert_int_equal(d.len, 0);
	}
	assert_non_null(strstr(ask_text(kvs, "stats\r\n"), "STAT dgrams_dropped 12\r\n"));
}

static char *value_of(uint32_t len)
{
	char *request = malloc(len + 64);
	int n = sprintf(request, "set v 0 0 %u\r\n", len);

	for (uint32_t i = 0; i < len; i++)
		request[n + (int)i] = (char)('a' + i * 7 % 26);
	strcpy(request + n + len, "\r\n");
	return request;
}

/* Lengths around the borders of one, two, three datagrams, and the largest. */
static void test_several(void **state)
{
	static const uint32_t lens[] = { 1300, 1360, 1361, 1362, 1363, 1364, 1365, 1366, 1367, 1368,
		1369, 1370, 1371, 1372, 1373, 1374, 2740, 2750, 2760, 2764, 2765, 20000, 1u << 20 };
	char head[32];

	for (unsigned i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		char *request = value_of(lens[i]);
		size_t total = (size_t)sprintf(head, "VALUE v 0 %u\r\n", lens[i]) + lens[i] + 7;

		assert_string_equal(ask_text(kvs, request), "STORED\r\n");
		ask_dgram(kvs, "get v\r\n", 7, NF_KVS_DGRAM_MAX, &answer);
		assert_int_equal(answer.len, total);
		assert_int_equal(answer.nb_dgrams, (total + 1391) / 1392);
		assert_memory_equal(answer.text, head, strlen(head));
		assert_memory_equal(answer.text + strlen(head), strchr(request, '\n') + 1, lens[i]);
		/* a smaller first buffer: the rest goes further */
		ask_dgram(kvs, "get v\r\n", 7, 100, &answer);
		assert_int_equal(answer.len, total);
		free(request);
	}
}

/* No buffers: no answer at all, and none is kept. */
static void test_given_up(void **state)
{
	char *request = value_of(20000);
	struct nf_kvs_dgram d = { .len = 15, .room = 1400 };
	uint8_t p[1400] = { 0, 1, 0, 0, 0, 1, 0, 0, 'g', 'e', 't', ' ', 'v', '\r', '\n' };

	assert_string_equal(ask_text(kvs, request), "STORED\r\n");
	for (uint32_t nb = 0; nb < 14; nb++) {
		answer.nb_wanted = nb;
		ask_dgram(kvs, "get v\r\n", 7, NF_KVS_DGRAM_MAX, &answer);
		assert_int_equal(answer.nb_dgrams, 0);
		assert_int_equal(answer.nb_lost, nb);
	}
	answer.nb_wanted = 14;
	ask_dgram(kvs, "get v\r\n", 7, NF_KVS_DGRAM_MAX, &answer);
	assert_int_equal(answer.nb_dgrams, 15);
	d.data = p;
	nf_kvs_dgram(kvs, &d); /* more == NULL */
	assert_int_equal(d.len, 0);
	assert_non_null(strstr(ask_text(kvs, "stats\r\n"), "STAT replies_given_up 15\r\n"));
	free(request);
}

/* Rooms of all sizes, from none: never a byte too much (the sanitizers look). */
static void test_rooms(void **state)
{
	static const char *const requests[] = { "get v\r\n", "set w 0 0 1\r\nx\r\n", "bogus\r\n",
		"mg v v\r\n", "\x80\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0v" };
	static const size_t lens[] = { 7, 16, 7, 8, 25 };

	assert_string_equal(
		ask_text(kvs, "set v 0 0 40\r\n0123456789012345678901234567890123456789\r\n"),
		"STORED\r\n");
	for (unsigned i = 0; i < 5; i++)
		for (uint32_t room = 0; room < 120; room++) {
			ask_dgram(kvs, requests[i], lens[i], room, &answer);
			assert_true(answer.nb_dgrams > 0);
		}
}

/* A burst of more than the inner one, of all kinds mixed. */
static void test_burst(void **state)
{
	static uint8_t p[100][200];
	struct nf_kvs_dgram v[100];

	for (unsigned i = 0; i < 100; i++) {
		int n = i % 3 == 0   ? sprintf((char *)p[i] + 8, "set k%u 0 0 2\r\n%02u\r\n", i, i)
			: i % 3 == 1 ? sprintf((char *)p[i] + 8, "get k%u\r\n", i - 1)
				     : sprintf((char *)p[i] + 8, "get k%u k%u\r\n", i, i - 2);

		memcpy(p[i], "\0\0\0\0\0\1\0\0", 8);
		p[i][1] = (uint8_t)i;
		v[i] = (struct nf_kvs_dgram){
			.data = p[i], .len = (uint32_t)n + 8, .room = sizeof(p[i])
		};
	}
	nf_kvs_dgrams(kvs, v, 100);
	for (unsigned i = 0; i < 100; i++) {
		char want[64] = "STORED\r\n";

		if (i % 3 != 0)
			sprintf(want, "VALUE k%u 0 2\r\n%02u\r\nEND\r\n", i / 3 * 3, i / 3 * 3);
		assert_int_equal(v[i].len, 8 + strlen(want));
		assert_int_equal(p[i][1], i);
		assert_memory_equal(p[i] + 8, want, strlen(want));
	}
}

static void test_number(void **state)
{
	static const uint64_t values[] = { 0, 9, 10, 99, 100, 4294967295, 18446744073709551615u };
	uint8_t text[32];
	uint64_t v;
	int64_t i;

	for (unsigned n = 0; n < sizeof(values) / sizeof(values[0]); n++) {
		size_t len = (size_t)(nf_number_put(text, values[n]) - text);

		assert_true(nf_number_u64(text, len, &v));
		assert_true(v == values[n]);
	}
	assert_true(nf_number_u64((const uint8_t *)"12 \t", 4, &v) && v == 12);
	assert_true(nf_number_u64((const uint8_t *)"+12", 3, &v) && v == 12);
	assert_false(nf_number_u64((const uint8_t *)"", 0, &v));
	assert_false(nf_number_u64((const uint8_t *)"12x", 3, &v));
	assert_false(nf_number_u64((const uint8_t *)"-1", 2, &v));
	assert_false(nf_number_u64((const uint8_t *)"18446744073709551616", 20, &v));
	assert_true(nf_number_i64((const uint8_t *)"-12", 3, &i) && i == -12);
	assert_false(nf_number_i64((const uint8_t *)"-", 1, &i));
	assert_false(nf_number_i64((const uint8_t *)"9223372036854775808", 19, &i));
}

/* Source: RFC 4648, section 10. */
static void test_base64(void **state)
{
	static const char *const text[] = { "f", "fo", "foo", "foob", "fooba", "foobar" },
				 *const coded[] = { "Zg==", "Zm8=", "Zm9v",
					 "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	uint8_t p[16];

	for (unsigned i = 0; i < 6; i++) {
		size_t len = strlen(text[i]);

		assert_int_equal(
			nf_base64_encode(p, (const uint8_t *)text[i], len), NF_BASE64_LEN(len));
		assert_memory_equal(p, coded[i], NF_BASE64_LEN(len));
		assert_int_equal(
			nf_base64_decode(p, (const uint8_t *)coded[i], strlen(coded[i])), len);
		assert_memory_equal(p, text[i], len);
	}
	assert_int_equal(nf_base64_decode(p, (const uint8_t *)"Zg=a", 4), 0);
	assert_int_equal(nf_base64_decode(p, (const uint8_t *)"====", 4), 0);
	assert_int_equal(nf_base64_decode(p, (const uint8_t *)"Zg=", 3), 0);
	assert_int_equal(nf_base64_decode(p, (const uint8_t *)"", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_set_and_get, dgram_setup, dgram_teardown),
		cmocka_unit_test_setup_teardown(test_frames, dgram_setup, dgram_teardown),
		cmocka_unit_test_setup_teardown(test_several, dgram_setup, dgram_teardown),
		cmocka_unit_test_setup_teardown(test_given_up, dgram_setup, dgram_teardown),
		cmocka_unit_test_setup_teardown(test_rooms, dgram_setup, dgram_teardown),
		cmocka_unit_test_setup_teardown(test_burst, dgram_setup, dgram_teardown),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
