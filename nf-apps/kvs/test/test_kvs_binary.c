/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The binary protocol, opcode by opcode; each as a stream, cut, and as datagrams.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/kvs/binary.h"
#include "nf-apps/kvs/test/kvs_ask.h"

#define OPAQUE 0x01020304u

static struct ask_answer answer = { .nb_wanted = 64 };
static size_t cut;
static struct nf_kvs *kvs;

/* A request; returns its length. */
static size_t request(uint8_t *to, uint8_t opcode, const void *extras, uint32_t ext_len,
	const char *key, const char *value, uint64_t cas)
{
	uint32_t key_len = (uint32_t)strlen(key), value_len = (uint32_t)strlen(value),
		 opaque = OPAQUE;

	nf_binary_put_header(to, opcode, NF_BINARY_OK, ext_len, key_len,
		ext_len + key_len + value_len, opaque, cas);
	to[0] = NF_BINARY_REQUEST;
	if (ext_len > 0)
		memcpy(to + NF_BINARY_HEADER, extras, ext_len);
	memcpy(to + NF_BINARY_HEADER + ext_len, key, key_len);
	memcpy(to + NF_BINARY_HEADER + ext_len + key_len, value, value_len);
	return NF_BINARY_HEADER + ext_len + key_len + value_len;
}

/* cut 0: as a datagram. Returns whether the connection was closed. */
static bool send_bytes(const uint8_t *p, size_t len)
{
	if (cut > 0)
		return ask_stream(kvs, p, len, cut, 5, &answer);
	ask_dgram(kvs, p, len, NF_KVS_DGRAM_MAX, &answer);
	return false;
}

static void ask(uint8_t opcode, const void *extras, uint32_t ext_len, const char *key,
	const char *value, uint64_t cas)
{
	uint8_t p[1024];

	(void)send_bytes(p, request(p, opcode, extras, ext_len, key, value, cas));
}

/* One answer of that status, with that body. */
static void expect(
	uint8_t opcode, uint16_t status, uint32_t ext_len, const void *body, uint32_t len)
{
	const uint8_t *h = answer.text;
	uint32_t opaque;

	assert_int_equal(answer.len, NF_BINARY_HEADER + len);
	assert_int_equal(h[0], NF_BINARY_ANSWER);
	assert_int_equal(h[1], opcode);
	assert_int_equal(h[4], ext_len);
	assert_int_equal(h[6] << 8 | h[7], status);
	assert_int_equal(nf_inet_get32(h + 8), len);
	memcpy(&opaque, h + 12, 4);
	assert_int_equal(opaque, OPAQUE);
	assert_memory_equal(h + NF_BINARY_HEADER, body, len);
}

static void expect_nothing(void)
{
	assert_int_equal(answer.len, 0);
}

static void expect_error(uint8_t opcode, uint16_t status, const char *text)
{
	expect(opcode, status, 0, text, (uint32_t)strlen(text));
}

static uint64_t answer_cas(void)
{
	return nf_binary_u64(answer.text + 16);
}

static const uint8_t flags7[8] = { 0, 0, 0, 7, 0, 0, 0, 0 };
static const uint8_t never[4];

static void check_store(void)
{
	uint64_t cas;

	ask(NF_BINARY_GET, NULL, 0, "foo", "", 0);
	expect_error(NF_BINARY_GET, NF_BINARY_NOT_FOUND, "Not found");
	ask(NF_BINARY_GETK, NULL, 0, "foo", "", 0);
	expect(NF_BINARY_GETK, NF_BINARY_NOT_FOUND, 0, "foo", 3);
	ask(NF_BINARY_GETQ, NULL, 0, "foo", "", 0);
	expect_nothing();
	ask(NF_BINARY_REPLACE, flags7, 8, "foo", "x", 0);
	expect_error(NF_BINARY_REPLACE, NF_BINARY_NOT_FOUND, "Not found");
	ask(NF_BINARY_SET, flags7, 8, "foo", "bar", 0);
	expect(NF_BINARY_SET, NF_BINARY_OK, 0, "", 0);
	cas = answer_cas();
	assert_true(cas != 0);
	ask(NF_BINARY_GET, NULL, 0, "foo", "", 0);
	expect(NF_BINARY_GET, NF_BINARY_OK, 4, "\0\0\0\7bar", 7);
	assert_true(answer_cas() == cas);
	ask(NF_BINARY_GETKQ, NULL, 0, "foo", "", 0);
	expect(NF_BINARY_GETKQ, NF_BINARY_OK, 4, "\0\0\0\7foobar", 10);
	ask(NF_BINARY_ADD, flags7, 8, "foo", "x", 0);
	expect_error(NF_BINARY_ADD, NF_BINARY_EXISTS, "Data exists for key.");
	ask(NF_BINARY_SET, flags7, 8, "foo", "x", cas + 1);
	expect_error(NF_BINARY_SET, NF_BINARY_EXISTS, "Data exists for key.");
	ask(NF_BINARY_SET, flags7, 8, "foo", "", cas);
	expect(NF_BINARY_SET, NF_BINARY_OK, 0, "", 0);
	ask(NF_BINARY_SETQ, flags7, 8, "foo", "mid", 0);
	expect_nothing();
	ask(NF_BINARY_APPEND, NULL, 0, "foo", ">", 0);
	expect(NF_BINARY_APPEND, NF_BINARY_OK, 0, "", 0);
	ask(NF_BINARY_PREPENDQ, NULL, 0, "foo", "<", 0);
	expect_nothing();
	ask(NF_BINARY_APPEND, NULL, 0, "none", ">", 0);
	expect_error(NF_BINARY_APPEND, NF_BINARY_NOT_STORED, "Not stored.");
	ask(NF_BINARY_GET, NULL, 0, "foo", "", 0);
	expect(NF_BINARY_GET, NF_BINARY_OK, 4, "\0\0\0\7<mid>", 9);
}

static void check_numbers(void)
{
	uint8_t extras[20] = { 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 1, 0, 0xff, 0xff, 0xff,
		0xff };

	ask(NF_BINARY_INCR, extras, 20, "n", "", 0);
	expect_error(NF_BINARY_INCR, NF_BINARY_NOT_FOUND, "Not found");
	memset(extras + 16, 0, 4);
	ask(NF_BINARY_INCR, extras, 20, "n", "", 0);
	expect(NF_BINARY_INCR, NF_BINARY_OK, 0, "\0\0\0\0\0\0\1\0", 8);
	ask(NF_BINARY_INCR, extras, 20, "n", "", 0);
	expect(NF_BINARY_INCR, NF_BINARY_OK, 0, "\0\0\0\0\0\0\1\5", 8);
	ask(NF_BINARY_DECRQ, extras, 20, "n", "", 0);
	expect_nothing();
	ask(NF_BINARY_DECR, extras, 20, "n", "", 12345);
	expect_error(NF_BINARY_DECR, NF_BINARY_EXISTS, "Data exists for key.");
	ask(NF_BINARY_INCR, extras, 20, "foo", "", 0);
	expect_error(NF_BINARY_INCR, NF_BINARY_NOT_A_NUMBER,
		"Non-numeric server-side value for incr or decr");
}

static void check_others(void)
{
	ask(NF_BINARY_TOUCH, never, 4, "foo", "", 0);
	expect(NF_BINARY_TOUCH, NF_BINARY_OK, 4, "\0\0\0\7", 4);
	ask(NF_BINARY_GAT, never, 4, "foo", "", 0);
	expect(NF_BINARY_GAT, NF_BINARY_OK, 4, "\0\0\0\7<mid>", 9);
	ask(NF_BINARY_GATK, never, 4, "foo", "", 0);
	expect(NF_BINARY_GATK, NF_BINARY_OK, 4, "\0\0\0\7foo<mid>", 12);
	ask(NF_BINARY_GATQ, never, 4, "none", "", 0);
	expect_nothing();
	ask(NF_BINARY_GATKQ, never, 4, "none", "", 0);
	expect_nothing();
	ask(NF_BINARY_DELETE, NULL, 0, "foo", "", 99999);
	expect_error(NF_BINARY_DELETE, NF_BINARY_EXISTS, "Data exists for key.");
	ask(NF_BINARY_DELETE, NULL, 0, "foo", "", 0);
	expect(NF_BINARY_DELETE, NF_BINARY_OK, 0, "", 0);
	ask(NF_BINARY_DELETEQ, NULL, 0, "foo", "", 0);
	expect_error(NF_BINARY_DELETEQ, NF_BINARY_NOT_FOUND, "Not found");
	ask(NF_BINARY_NOOP, NULL, 0, "", "", 0);
	expect(NF_BINARY_NOOP, NF_BINARY_OK, 0, "", 0);
	ask(NF_BINARY_VERSION, NULL, 0, "", "", 0);
	expect(NF_BINARY_VERSION, NF_BINARY_OK, 0, "1.6.18-sluice", 13);
	ask(NF_BINARY_VERBOSITY, never, 4, "", "", 0);
	expect(NF_BINARY_VERBOSITY, NF_BINARY_OK, 0, "", 0);
	ask(NF_BINARY_FLUSH, NULL, 0, "", "", 0);
	expect(NF_BINARY_FLUSH, NF_BINARY_OK, 0, "", 0);
	ask(NF_BINARY_FLUSHQ, never, 4, "", "", 0);
	expect_nothing();
	ask(NF_BINARY_GET, NULL, 0, "n", "", 0);
	expect_error(NF_BINARY_GET, NF_BINARY_NOT_FOUND, "Not found");
	ask(NF_BINARY_STAT, NULL, 0, "reset", "", 0);
	expect(NF_BINARY_STAT, NF_BINARY_OK, 0, "", 0);
	ask(NF_BINARY_STAT, NULL, 0, "nothing", "", 0);
	expect_error(NF_BINARY_STAT, NF_BINARY_NOT_FOUND, "Not found");
	ask(0x20, NULL, 0, "", "", 0); /* SASL */
	expect_error(0x20, NF_BINARY_UNKNOWN, "Unknown command");
	ask(0x77, flags7, 8, "k", "some value", 0);
	expect_error(0x77, NF_BINARY_UNKNOWN, "Unknown command");
}

static void check_stat(void)
{
	const uint8_t *p;
	uint32_t nb = 0;

	ask(NF_BINARY_STAT, NULL, 0, "", "", 0);
	for (p = answer.text; p[2] != 0 || p[3] != 0; p += NF_BINARY_HEADER + nf_inet_get32(p + 8))
		nb++;
	assert_true(nb > 40);
	assert_int_equal(p + NF_BINARY_HEADER - answer.text, answer.len);
}

static void for_each_way(void (*check)(void))
{
	static const size_t cuts[] = { 0, 1, 7, SIZE_MAX };

	for (unsigned i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		cut = cuts[i];
		kvs = ask_server(4u << 20);
		check();
		ask_check_empty(kvs);
		nf_kvs_destroy(kvs);
	}
	free(answer.text);
	answer.text = NULL;
}

static void check_all(void)
{
	check_store();
	check_numbers();
	check_others();
	check_stat();
}

static void test_commands(void **state)
{
	for_each_way(check_all);
}

/* Wrong shapes end a connection, after an error. */
static void check_violations(void)
{
	uint8_t p[1024], *big;
	size_t n;

	n = request(p, NF_BINARY_GET, never, 4, "foo", "", 0);
	assert_true(send_bytes(p, n) || cut == 0);
	expect_error(NF_BINARY_GET, NF_BINARY_INVALID, "Invalid arguments");
	n = request(p, NF_BINARY_SET, NULL, 0, "foo", "x", 0);
	assert_true(send_bytes(p, n) || cut == 0);
	expect_error(NF_BINARY_SET, NF_BINARY_INVALID, "Invalid arguments");
	n = request(p, NF_BINARY_GET, NULL, 0, "", "", 0);
	assert_true(send_bytes(p, n) || cut == 0);
	expect_error(NF_BINARY_GET, NF_BINARY_INVALID, "Invalid arguments");
	n = request(p, NF_BINARY_GET, NULL, 0, "foo", "", 0);
	p[3] = 4; /* a key longer than the body */
	assert_true(send_bytes(p, n) || cut == 0);
	expect_error(NF_BINARY_GET, NF_BINARY_UNKNOWN, "Unknown command");
	n = request(p, NF_BINARY_NOOP, NULL, 0, "", "", 0);
	memcpy(p + n, p, n);
	p[n] = 0x42;
	assert_true(send_bytes(p, 2 * n) || cut == 0);
	expect(NF_BINARY_NOOP, NF_BINARY_OK, 0, "", 0);
	n = request(p, NF_BINARY_QUIT, NULL, 0, "", "", 0);
	assert_true(send_bytes(p, n) || cut == 0);
	expect(NF_BINARY_QUIT, NF_BINARY_OK, 0, "", 0);
	if (cut == 0)
		return;
	big = calloc(1, (2u << 20) + 64);
	n = request(big, NF_BINARY_SET, flags7, 8, "foo", "", 0);
	nf_inet_put32(big + 8, 11 + (2u << 20));
	assert_false(
		ask_stream(kvs, big, n + (2u << 20), cut < 16 ? 4096 : cut, SIZE_MAX, &answer));
	expect_error(NF_BINARY_SET, NF_BINARY_TOO_LARGE, "Too large.");
	free(big);
}

static void test_violations(void **state)
{
	for_each_way(check_violations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_violations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
