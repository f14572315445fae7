/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole connections, and what must not get into them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "nf-apps/element/rewrite/tcptrack.h"

struct seg {
	struct nf_tcp tcp;
	uint8_t opt[4];
};

static enum nf_tcptrack_verdict say(struct nf_tcptrack *t, unsigned dir, uint8_t flags,
	uint32_t seq, uint32_t ack, uint16_t win, int scale, uint32_t data)
{
	struct seg s = { .tcp = { .seq = nf_inet_hton32(seq),
				 .ack = nf_inet_hton32(ack),
				 .flags = flags,
				 .win = nf_inet_hton16(win),
				 .off = scale >= 0 ? 6 << 4 : 5 << 4 } };

	if (scale >= 0) {
		s.opt[0] = 3;
		s.opt[1] = 3;
		s.opt[2] = (uint8_t)scale;
	}
	if (nf_tcptrack_plain(t, dir, &s.tcp, data))
		return NF_TCPTRACK_GOOD;
	return nf_tcptrack(t, dir, &s.tcp, data, false);
}

#define S            NF_TCP_SYN
#define A            NF_TCP_ACK
#define F            NF_TCP_FIN
#define R            NF_TCP_RST
#define good(...)    assert_int_equal(say(&t, __VA_ARGS__), NF_TCPTRACK_GOOD)
#define outside(...) assert_int_equal(say(&t, __VA_ARGS__), NF_TCPTRACK_OUTSIDE)
#define bad(...)     assert_int_equal(say(&t, __VA_ARGS__), NF_TCPTRACK_BAD)

static void test_whole(void **state)
{
	struct nf_tcptrack t = { 0 };

	bad(0, A, 5, 5, 1000, -1, 0);
	bad(0, S | F, 5, 0, 1000, -1, 0);
	bad(0, 0, 5, 0, 1000, -1, 0);
	good(0, S, 0xfffffff0, 0, 1000, 3, 0);
	assert_int_equal(t.phase, NF_TCPTRACK_OPENING);
	good(0, S, 0xfffffff0, 0, 1000, 3, 0); /* again */
	outside(0, A, 0xfffffff0, 7, 1000, -1, 0);
	outside(1, S | A, 900, 0xfffffff0, 2000, 2, 0); /* acknowledges another SYN */
	outside(1, R, 900, 0, 0, -1, 0);
	outside(1, R | A, 0, 0x12345, 0, -1, 0);
	good(1, S | A, 900, 0xfffffff1, 2000, 2, 0);
	assert_int_equal(t.phase, NF_TCPTRACK_OPENING);
	good(0, A, 0xfffffff1, 901, 1000, -1, 0);
	assert_int_equal(t.phase, NF_TCPTRACK_OPEN);
	good(0, A, 0xfffffff1, 901, 1000, -1, 500);
	good(1, A, 901, 0x1e5, 2000, -1, 1460);                 /* -15 + 500 */
	good(0, A, 0xfffffff1, 2361, 1000, -1, 500);            /* sent again */
	outside(0, A, 0x1e5 + 2000 * 4 + 1, 2361, 1000, -1, 1); /* beyond the window */
	good(0, A, 0x1e5 + 2000 * 4 - 100, 2361, 1000, -1, 100);
	outside(1, A, 2361, 0x1e5 + 2000 * 4 + 1, 2000, -1, 0); /* nobody sent that */
	outside(1, R, 500000, 0, 0, -1, 0);
	outside(1, A, 2361, 0x1e5 - 70000, 2000, -1, 0);
	good(1, F | A, 2361, 0x1e5, 2000, -1, 0);
	assert_int_equal(t.phase, NF_TCPTRACK_CLOSING);
	good(0, A, 0x1e5 + 2000 * 4, 2362, 1000, -1, 0);
	outside(0, F | A, 0x1e5 + 2000 * 4, 2362, 1000, -1, 0); /* the window is full */
	good(1, A, 2362, 0x1e5 + 2000 * 4, 2000, -1, 0);
	good(0, F | A, 0x1e5 + 2000 * 4, 2362, 1000, -1, 0);
	assert_int_equal(t.phase, NF_TCPTRACK_DONE);
	good(1, A, 2362, 0x1e5 + 2000 * 4 + 1, 2000, -1, 0);
	assert_int_equal(t.phase, NF_TCPTRACK_DONE);
}

static void test_refused(void **state)
{
	struct nf_tcptrack t = { 0 };
	struct nf_tcp syn = { .flags = S }, synack = { .flags = S | A };

	good(0, S, 100, 0, 1000, -1, 0);
	assert_false(nf_tcptrack_again(&t, &syn));
	good(1, R | A, 0, 101, 0, -1, 0);
	assert_int_equal(t.phase, NF_TCPTRACK_DONE);
	assert_true(nf_tcptrack_again(&t, &syn));
	assert_false(nf_tcptrack_again(&t, &synack));
}

static void test_other_tries(void **state)
{
	struct nf_tcptrack t = { 0 };

	good(0, S, 100, 0, 1000, -1, 0);
	good(0, S, 77777, 0, 1000, -1, 0); /* a new first number before anyone answered */
	outside(1, S | A, 5, 101, 1000, -1, 0);
	good(1, S | A, 5, 77778, 1000, -1, 0);
	outside(0, S, 100, 0, 1000, -1, 0); /* not any more */
	good(0, A, 77778, 6, 1000, -1, 0);
	/* both open at once */
	t = (struct nf_tcptrack){ 0 };
	good(0, S, 100, 0, 1000, -1, 0);
	good(1, S, 500, 0, 1000, -1, 0);
	good(0, S | A, 100, 501, 1000, -1, 0);
	good(1, S | A, 500, 101, 1000, -1, 0);
	good(0, A, 101, 501, 1000, -1, 10);
	assert_int_equal(t.phase, NF_TCPTRACK_OPEN);
}

static void test_no_scaling_of_one(void **state)
{
	struct nf_tcptrack t = { 0 };

	good(0, S, 100, 0, 1000, 7, 0);
	good(1, S | A, 5, 101, 1000, -1, 0);
	good(0, A, 101, 6, 1000, -1, 0);
	good(1, A, 6, 101, 1000, -1, 1000);
	outside(1, A, 1006, 101, 1000, -1, 1); /* 1000 << 7 would have been more */
}

static void test_pickup(void **state)
{
	struct nf_tcptrack t = { 0 };
	struct nf_tcp s = { .seq = nf_inet_hton32(5000),
		.ack = nf_inet_hton32(9000),
		.flags = A,
		.win = nf_inet_hton16(100),
		.off = 5 << 4 };
	struct nf_tcp r = { .seq = nf_inet_hton32(9000),
		.ack = nf_inet_hton32(5100),
		.flags = A,
		.win = nf_inet_hton16(100),
		.off = 5 << 4 };
	struct nf_tcp rst = { .flags = R, .off = 5 << 4 };

	assert_int_equal(nf_tcptrack(&t, 0, &rst, 0, true), NF_TCPTRACK_BAD);
	assert_int_equal(nf_tcptrack(&t, 0, &s, 100, false), NF_TCPTRACK_BAD);
	assert_int_equal(nf_tcptrack(&t, 0, &s, 100, true), NF_TCPTRACK_GOOD);
	assert_int_equal(nf_tcptrack(&t, 0, &s, 100, true), NF_TCPTRACK_GOOD);
	assert_int_equal(nf_tcptrack(&t, 1, &r, 1460, true), NF_TCPTRACK_GOOD);
	assert_int_equal(t.phase, NF_TCPTRACK_OPEN);
	s.seq = nf_inet_hton32(5100);
	s.ack = nf_inet_hton32(10460);
	assert_int_equal(nf_tcptrack(&t, 0, &s, 1000, true), NF_TCPTRACK_GOOD);
	s.ack = nf_inet_hton32(10461);
	assert_int_equal(nf_tcptrack(&t, 0, &s, 1000, true), NF_TCPTRACK_OUTSIDE);
}

/* Random connections with loss and repetition: nothing honest is refused. */
static void test_honest(void **state)
{
	uint64_t seed = 99;

	for (unsigned round = 0; round < 2000; round++) {
		struct nf_tcptrack t = { 0 };
		uint32_t next[2] = { (uint32_t)(round * 0x9e3779b9u),
			(uint32_t)(round * 0x85ebca6bu) };
		uint32_t got[2], acked[2];
		int scale = round % 3 == 0 ? -1 : (int)(round % 8);
		uint32_t room = 8000u << (scale < 0 ? 0 : scale);

		good(0, S, next[0]++, 0, 8000, scale, 0);
		good(1, S | A, next[1]++, next[0], 8000, scale, 0);
		good(0, A, next[0], next[1], 8000, -1, 0);
		good(1, A, next[1], next[0], 8000, -1, 0);
		acked[0] = got[0] = next[0];
		acked[1] = got[1] = next[1];
		for (unsigned i = 0; i < 200; i++) {
			unsigned dir = (seed = seed * 6364136223846793005ull + 1) >> 63;
			uint32_t what = (uint32_t)(seed >> 33), len = what % 1461;

			if (what % 7 == 0) { /* everything arrived and is acknowledged */
				got[dir] = acked[dir] = next[dir];
				good(!dir, A, next[!dir], got[dir], 8000, -1, 0);
			} else if (what % 7 == 1) { /* from the last acknowledged on, again */
				len = next[dir] - acked[dir] < 1460 ? next[dir] - acked[dir] : 1460;
				good(dir, A, acked[dir], got[!dir], 8000, -1, len);
			} else if (next[dir] + len - acked[dir] <= room) {
				good(dir, A, next[dir], got[!dir], 8000, -1, len);
				next[dir] += len;
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_other_tries),
		cmocka_unit_test(test_no_scaling_of_one),
		cmocka_unit_test(test_pickup),
		cmocka_unit_test(test_honest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
