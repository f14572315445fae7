/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages as they are, and as they should not be: loops, lengths, cut anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/element/service/dnspend.h"
#include "nf-apps/element/service/dnsstore.h"

/* WwW.a, A, IN; answer: two A with TTL 300 and 60; authority: SOA 3600, minimum 30; OPT. */
static const uint8_t whole[] = { 0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 1, 0, 1, 3, 'W', 'w', 'W',
	1, 'a', 0, 0, 1, 0, 1, 0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 1, 2, 3, 4, 0xc0, 12, 0, 1,
	0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 5, 0xc0, 16, 0, 6, 0, 1, 0, 0, 14, 16, 0, 22, 0, 0, 0, 0,
	0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 30, 0, 0, 41, 4, 0xd0, 0, 0, 0x80, 0, 0,
	0 };

static void test_read(void **state)
{
	static const uint8_t key[] = { 3, 'w', 'w', 'w', 1, 'a', 0, 0, 1, 0, 1 };
	struct nf_dnsmsg q, again;
	uint8_t m[sizeof(whole)];
	char name[64];

	assert_true(nf_dnsmsg_read(whole, sizeof(whole), &q));
	assert_int_equal(q.key_len, sizeof(key));
	assert_memory_equal(q.key, key, sizeof(key));
	assert_int_equal(q.upper[0], 2 | 8);
	assert_int_equal(q.id, 0x1234);
	assert_int_equal(q.ttl, 60);
	assert_int_equal(q.soa_ttl, 30);
	assert_int_equal(q.udp_size, 1232);
	assert_true(q.dnssec_ok && !q.subnet);
	assert_int_equal(q.len, sizeof(whole));
	nf_dnsmsg_print_name(q.key, q.key_len, name, sizeof(name));
	assert_string_equal(name, "www.a.");
	memcpy(m, whole, sizeof(m));
	nf_dnsmsg_age(m, sizeof(m), 10, 40);
	assert_true(nf_dnsmsg_read(m, sizeof(m), &again));
	assert_int_equal(again.ttl, 30);
	assert_int_equal(again.soa_ttl, 30);
	nf_dnsmsg_age(m, sizeof(m), 100, UINT32_MAX);
	assert_true(nf_dnsmsg_read(m, sizeof(m), &again));
	assert_int_equal(again.ttl, 0);
	nf_dnsmsg_set_case(m, q.key_len, (const uint8_t[32]){ 4 });
	assert_memory_equal(m + 12, "\3wWw\1a", 7);
}

/* Cut anywhere it is malformed; nothing is read behind the end (the sanitizer watches). */
static void test_cut(void **state)
{
	struct nf_dnsmsg q;

	for (size_t len = 0; len < sizeof(whole); len++) {
		uint8_t *m = malloc(len + 1);

		memcpy(m, whole, len);
		m = realloc(m, len > 0 ? len : 1);
		assert_false(nf_dnsmsg_read(m, (uint32_t)len, &q));
		free(m);
	}
}

static void with(unsigned at, uint8_t v, bool good)
{
	uint8_t m[sizeof(whole)];
	struct nf_dnsmsg q;

	memcpy(m, whole, sizeof(m));
	m[at] = v;
	assert_int_equal(nf_dnsmsg_read(m, sizeof(m), &q), good);
}

static void test_malformed(void **state)
{
	with(24, 23, false); /* a pointer to itself */
	with(24, 25, false); /* forwards */
	with(24, 3, false);  /* into the header */
	with(24, 16, true);
	with(23, 0x80, false); /* no kind of label */
	with(12, 0xc0, false); /* a pointer in the question */
	with(12, 64, false);
	with(5, 2, false); /* questions */
	with(5, 0, false);
	with(34, 255, false); /* data behind the end */
	with(7, 200, false);  /* records that are not there */
	with(66, 21, false);  /* SOA too short */
	with(sizeof(whole) - 11, 1, false);
}

static void test_random(void **state)
{
	uint8_t m[sizeof(whole)];
	struct nf_dnsmsg q;
	char name[300];

	srand(3);
	for (unsigned i = 0; i < 200000; i++) {
		memcpy(m, whole, sizeof(m));
		for (unsigned k = 0; k < 1 + i % 6; k++)
			m[(unsigned)rand() % sizeof(m)] = (uint8_t)rand();
		if (!nf_dnsmsg_read(m, sizeof(m), &q))
			continue;
		assert_true(q.len <= sizeof(m) && q.key_len <= NF_DNSMSG_KEY);
		nf_dnsmsg_print_name(q.key, q.key_len, name, sizeof(name));
		nf_dnsmsg_age(m, q.len, (uint32_t)rand(), (uint32_t)rand());
		assert_true(nf_dnsmsg_read(m, sizeof(m), &q));
	}
}

static void question(uint8_t m[32], struct nf_dnsmsg *q, unsigned nr)
{
	memset(m, 0, 32);
	m[5] = 1;
	memcpy(m + 12, "\4name", 5);
	for (unsigned i = 0; i < 4; i++)
		m[13 + i] = (uint8_t)('a' + (nr >> 4 * i & 15));
	m[19] = m[21] = 1;
	assert_true(nf_dnsmsg_read(m, 22, q));
}

static void test_store(void **state)
{
	static const uint64_t secret[2] = { 0x123456789abcdef1ull, 0xfedcba987654321full };
	struct nf_dnsstore s;
	struct nf_dnsmsg q;
	uint8_t m[32];
	uint64_t hash;

	assert_int_equal(nf_dnsstore_init(&s, 50, secret), 0);
	for (unsigned i = 0; i < 2000; i++) {
		question(m, &q, i);
		hash = nf_dnsstore_hash(secret, q.key, q.key_len, 1);
		assert_int_equal(
			nf_dnsstore_find(&s, hash, q.key, q.key_len, 1, i), NF_DNSSTORE_NONE);
		assert_true(nf_dnsstore_put(&s, hash, q.key, q.key_len, 1, m, 22, 5, i));
		assert_true(nf_dnsstore_put(&s, hash, q.key, q.key_len, 1, m, 22, 5, i));
		assert_int_equal(s.nb_used, i < 50 ? i + 1 : 50);
		assert_int_not_equal(nf_dnsstore_find(&s, hash, q.key, q.key_len, 1, i + 4999),
			NF_DNSSTORE_NONE);
		if (i % 7 == 0) { /* used again: stays */
			question(m, &q, i > 40 ? i - 40 : 0);
			hash = nf_dnsstore_hash(secret, q.key, q.key_len, 1);
			assert_int_not_equal(nf_dnsstore_find(&s, hash, q.key, q.key_len, 1, i),
				NF_DNSSTORE_NONE);
		}
	}
	question(m, &q, 1999);
	hash = nf_dnsstore_hash(secret, q.key, q.key_len, 1);
	assert_int_equal(
		nf_dnsstore_find(&s, hash, q.key, q.key_len, 1, 1999 + 5000), NF_DNSSTORE_NONE);
	assert_int_equal(s.nb_used, 49);
	nf_dnsstore_flush(&s);
	assert_int_equal(s.nb_used, 0);
	nf_dnsstore_free(&s);
}

static void test_pend(void **state)
{
	struct nf_dnspend p;
	struct nf_dnsmsg q;
	uint8_t m[32];
	uint32_t nr[20];

	assert_int_equal(nf_dnspend_init(&p, 20), 0);
	for (unsigned turn = 0; turn < 50; turn++) {
		for (unsigned i = 0; i < 20; i++) {
			question(m, &q, i);
			nr[i] = nf_dnspend_add(&p, i % 3, &q, 0, (uint16_t)i, 1000, turn);
			assert_int_not_equal(nr[i], NF_DNSPEND_NONE);
		}
		assert_int_equal(nf_dnspend_add(&p, 1, &q, 0, 99, 1000, turn), NF_DNSPEND_NONE);
		for (unsigned i = 0; i < 20; i++) {
			question(m, &q, i);
			assert_int_equal(nf_dnspend_find(&p, i % 3, q.key, q.key_len, 0), nr[i]);
			assert_int_equal(nf_dnspend_find_id(&p, (uint16_t)i, 1000), nr[i]);
		}
		for (unsigned i = 0; i < 20; i++)
			nf_dnspend_remove(&p, nr[(i * 7 + turn) % 20]);
		assert_int_equal(p.nb_used, 0);
		assert_int_equal(p.oldest, NF_DNSPEND_NONE);
	}
	nf_dnspend_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_pend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
