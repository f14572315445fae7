/* SPDX-License-Identifier: BSD-3-Clause */
/* Moved sequence numbers, in both directions, with what is sent again and selective
 * acknowledgements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "nf-apps/element/rewrite/rwseq.h"

static void test_one(void **state)
{
	struct nf_rwseq s = { 0 };

	assert_int_equal(nf_rwseq_seq(&s, 0, 77), 77);
	assert_true(nf_rwseq_add(&s, 0, 100, -12));
	assert_int_equal(nf_rwseq_seq(&s, 0, 99), 99);
	assert_int_equal(nf_rwseq_seq(&s, 0, 100), 88);
	assert_int_equal(nf_rwseq_seq(&s, 1, 100), 100);
	assert_int_equal(nf_rwseq_ack(&s, 1, 88), 100);
	assert_int_equal(nf_rwseq_ack(&s, 1, 87), 87);
	assert_int_equal(nf_rwseq_ack(&s, 0, 88), 88);
	assert_int_equal(nf_rwseq_delta(&s, 0), -12);
}

static void test_again(void **state)
{
	struct nf_rwseq s = { 0 };

	assert_true(nf_rwseq_add(&s, 0, 100, 5));
	assert_true(nf_rwseq_add(&s, 0, 100, 5)); /* the same text sent again */
	assert_int_equal(nf_rwseq_delta(&s, 0), 5);
	assert_true(nf_rwseq_add(&s, 0, 200, 7));
	assert_int_equal(nf_rwseq_delta(&s, 0), 12);
	assert_false(nf_rwseq_add(&s, 0, 100, 5));
	assert_int_equal(nf_rwseq_seq(&s, 0, 150), 155);
	assert_int_equal(nf_rwseq_seq(&s, 0, 200), 212);
}

/* More changes than are remembered: the oldest holds for all before. The numbers wrap. */
static void test_many(void **state)
{
	struct nf_rwseq s = { 0 };
	uint32_t at = UINT32_MAX - 300;

	for (unsigned i = 0; i < 20; i++)
		assert_true(nf_rwseq_add(&s, 1, at + 100 * i, 1));
	assert_int_equal(nf_rwseq_delta(&s, 1), 20);
	for (unsigned i = 20 - NF_RWSEQ_STEPS; i < 20; i++) {
		assert_int_equal(nf_rwseq_seq(&s, 1, at + 100 * i), at + 100 * i + i + 1);
		assert_int_equal(nf_rwseq_ack(&s, 0, at + 100 * i + i + 1), at + 100 * i);
	}
	nf_rwseq_age(&s, 1, at + (1u << 30) + 2000);
	assert_int_equal(nf_rwseq_seq(&s, 1, at), at + 20);
	assert_int_equal(s.way[1].nb, 0);
}

static uint16_t csum(const struct nf_tcp *tcp, uint32_t len)
{
	return nf_inet_fold(nf_inet_sum(tcp, len, 0x1234567));
}

/* Numbers at any place of the options; the checksum stays right; lengths are not believed. */
static void test_apply(void **state)
{
	uint64_t seed = 5;

	for (unsigned round = 0; round < 20000; round++) {
		struct nf_rwseq s = { 0 };
		uint8_t seg[64];
		struct nf_tcp *tcp = (struct nf_tcp *)(void *)seg;
		uint32_t len, want_ack;

		for (unsigned i = 0; i < sizeof(seg); i++)
			seg[i] = (uint8_t)((seed = seed * 6364136223846793005ull +
						   1442695040888963407ull) >>
					   56);
		len = 20 + round % 45;
		if (round % 2) { /* options that make sense */
			memset(tcp + 1, 1, 3);
			seg[20 + round % 4] = 5;
			seg[21 + round % 4] = 18;
		}
		tcp->csum = 0;
		tcp->csum = csum(tcp, len & ~1u);
		assert_true(nf_rwseq_add(&s, 0, 1000, 3));
		assert_true(nf_rwseq_add(&s, 1, 9, -4));
		want_ack = nf_rwseq_ack(&s, 0, nf_inet_ntoh32(tcp->ack));
		nf_rwseq_apply(&s, 0, tcp, len & ~1u);
		if ((tcp->off >> 4) * 4u >= 20 && (tcp->off >> 4) * 4u <= (len & ~1u))
			assert_int_equal(nf_inet_ntoh32(tcp->ack), want_ack);
		assert_int_equal(csum(tcp, len & ~1u), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_apply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
