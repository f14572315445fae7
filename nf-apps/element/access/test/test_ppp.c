/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PPP server against a client that says what each test wants: logins right and wrong, options
 * that are refused, answers that get lost, silence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/element/access/ppp.h"
#include "nf-apps/element/trace/md5.h"

#define SENT_MAX 64
#define ADDR     __builtin_bswap32(0x0a000007)
#define GATEWAY  __builtin_bswap32(0x0a000001)

struct test_sent {
	uint16_t proto;
	uint32_t len;
	uint8_t b[NF_PPP_MAX_BYTES];
};

struct test_ppp {
	struct nf_ppp s;
	struct nf_ppp_conf conf;
	struct nf_ppp_link l;
	struct test_sent sent[SENT_MAX];
	unsigned nb, seen; /* sent, and looked at */
	uint32_t addr;
	uint8_t next_random;
};

static void test_send(void *arg, uint16_t proto, const uint8_t *data, uint32_t len)
{
	struct test_ppp *t = arg;

	assert_true(t->nb < SENT_MAX && len >= 4 && len <= NF_PPP_MAX_BYTES);
	assert_int_equal(nf_inet_get16(data + 2), len);
	t->sent[t->nb].proto = proto;
	t->sent[t->nb].len = len;
	memcpy(t->sent[t->nb++].b, data, len);
}

static int test_secret(
	void *arg, const uint8_t *name, uint32_t len, uint8_t secret[NF_PPP_SECRET_MAX])
{
	if (len != 3 || memcmp(name, "joe", 3) != 0)
		return -ENOENT;
	memcpy(secret, "sesame", 6);
	return 6;
}

static uint32_t test_address(void *arg)
{
	return ((struct test_ppp *)arg)->addr;
}

static void test_random(void *arg, uint8_t *to, uint32_t len)
{
	memset(to, ++((struct test_ppp *)arg)->next_random, len);
}

static const struct nf_ppp_ops test_ops = {
	.send = test_send, .secret = test_secret, .address = test_address, .random = test_random
};

static void test_start(struct test_ppp *t, uint16_t auth)
{
	memset(t, 0, sizeof(*t));
	t->conf = (struct nf_ppp_conf){ .mru = 1492,
		.auth = auth,
		.gateway_be = GATEWAY,
		.dns_be = { __builtin_bswap32(0x09090909), 0 },
		.setup_s = 30,
		.echo_s = 10,
		.echo_fails = 2,
		.name = "ac" };
	t->l = (struct nf_ppp_link){ &t->s, &t->conf, &test_ops, t, 100 };
	t->addr = ADDR;
	nf_ppp_start(&t->l);
}

/* What was sent next. */
static const struct test_sent *test_next(struct test_ppp *t, uint16_t proto, uint8_t code)
{
	const struct test_sent *p = &t->sent[t->seen];

	assert_true(t->seen < t->nb);
	assert_int_equal(p->proto, proto);
	assert_int_equal(p->b[0], code);
	t->seen++;
	return p;
}

static int test_say(struct test_ppp *t, uint16_t proto, uint8_t code, uint8_t id, const void *data,
	uint32_t len)
{
	uint8_t b[300] = { code, id };

	nf_inet_put16(b + 2, (uint16_t)(len + 4));
	memcpy(b + 4, data, len);
	return nf_ppp_input(&t->l, proto, b, len + 4);
}

/* Acknowledges the request that was sent next. */
static int test_ack(struct test_ppp *t, uint16_t proto)
{
	const struct test_sent *p = test_next(t, proto, 1);

	return test_say(t, proto, 2, p->b[1], p->b + 4, p->len - 4);
}

/* LCP up to its end. */
static void test_lcp(struct test_ppp *t)
{
	assert_int_equal(test_ack(t, NF_PPP_LCP), NF_PPP_GO);
	assert_int_equal(t->s.phase, NF_PPP_LINK);
	assert_int_equal(test_say(t, NF_PPP_LCP, 1, 1, "\x01\x04\x05\xd4", 4), NF_PPP_GO);
	test_next(t, NF_PPP_LCP, 2);
}

static void test_ipcp(struct test_ppp *t)
{
	const struct test_sent *p;

	assert_int_equal(t->s.phase, NF_PPP_NETWORK);
	assert_int_equal(test_ack(t, NF_PPP_IPCP), NF_PPP_GO);
	/* the second name server is refused, then the address told */
	test_say(t, NF_PPP_IPCP, 1, 1, "\x03\x06\0\0\0\0\x83\x06\0\0\0\0", 12);
	p = test_next(t, NF_PPP_IPCP, 4);
	assert_memory_equal(p->b + 4, "\x83\x06\0\0\0\0", 6);
	test_say(t, NF_PPP_IPCP, 1, 2, "\x03\x06\0\0\0\0\x81\x06\0\0\0\0", 12);
	p = test_next(t, NF_PPP_IPCP, 3);
	assert_memory_equal(p->b + 4, "\x03\x06\x0a\0\0\x07\x81\x06\x09\x09\x09\x09", 12);
	assert_int_equal(test_say(t, NF_PPP_IPCP, 1, 3, p->b + 4, 12), NF_PPP_GO);
	test_next(t, NF_PPP_IPCP, 2);
	assert_int_equal(t->s.phase, NF_PPP_OPEN);
	assert_int_equal(t->seen, t->nb);
}

static void test_no_login(void **state)
{
	struct test_ppp t;

	test_start(&t, 0);
	test_lcp(&t);
	test_ipcp(&t);
}

static int test_pap_request(struct test_ppp *t, const char *pass)
{
	uint8_t b[40] = { 3, 'j', 'o', 'e' };

	b[4] = (uint8_t)strlen(pass);
	memcpy(b + 5, pass, strlen(pass));
	return test_say(t, NF_PPP_PAP, 1, 9, b, 5 + (uint32_t)strlen(pass));
}

static void test_pap(void **state)
{
	struct test_ppp t;

	test_start(&t, NF_PPP_WANT_PAP);
	assert_int_equal(test_pap_request(&t, "sesame"), NF_PPP_GO); /* too early: silence */
	assert_int_equal(t.nb, 1);
	test_lcp(&t);
	assert_int_equal(test_pap_request(&t, "sesame"), NF_PPP_GO);
	test_next(&t, NF_PPP_PAP, 2);
	/* our answer was lost: the same again, and IPCP does not start anew */
	assert_int_equal(test_pap_request(&t, "sesame"), NF_PPP_GO);
	t.seen++; /* the request of IPCP */
	test_next(&t, NF_PPP_PAP, 2);
	t.seen = t.nb - 2;
	test_ack(&t, NF_PPP_IPCP);
	test_start(&t, NF_PPP_WANT_PAP);
	test_lcp(&t);
	assert_int_equal(test_pap_request(&t, "sesam"), NF_PPP_END);
	test_next(&t, NF_PPP_PAP, 3);
	/* lengths that lie */
	test_start(&t, NF_PPP_WANT_PAP);
	test_lcp(&t);
	assert_int_equal(test_say(&t, NF_PPP_PAP, 1, 9, "\x09joe", 4), NF_PPP_GO);
	assert_int_equal(test_say(&t, NF_PPP_PAP, 1, 9, "\x03joe\x07sesame", 11), NF_PPP_GO);
	assert_int_equal(t.seen, t.nb);
}

static int test_response(struct test_ppp *t, const struct test_sent *c, const char *pass)
{
	uint8_t text[64], b[64] = { NF_MD5_BYTES };
	size_t len = strlen(pass);

	text[0] = c->b[1];
	memcpy(text + 1, pass, len);
	memcpy(text + 1 + len, c->b + 5, NF_PPP_CHALLENGE);
	nf_md5(text, 1 + len + NF_PPP_CHALLENGE, b + 1);
	memcpy(b + 1 + NF_MD5_BYTES, "joe", 3);
	return test_say(t, NF_PPP_CHAP, 2, c->b[1], b, 1 + NF_MD5_BYTES + 3);
}

static void test_chap(void **state)
{
	const struct test_sent *c;
	struct test_ppp t;

	test_start(&t, NF_PPP_WANT_CHAP | NF_PPP_WANT_PAP);
	test_lcp(&t);
	test_next(&t, NF_PPP_CHAP, 1);
	t.l.now_s += 3; /* it was lost */
	assert_int_equal(nf_ppp_tick(&t.l, true), NF_PPP_GO);
	c = test_next(&t, NF_PPP_CHAP, 1);
	assert_int_equal(c->b[4], NF_PPP_CHALLENGE);
	assert_int_equal(test_response(&t, c, "sesame"), NF_PPP_GO);
	test_next(&t, NF_PPP_CHAP, 3);
	test_ipcp(&t);
	test_start(&t, NF_PPP_WANT_CHAP);
	test_lcp(&t);
	c = test_next(&t, NF_PPP_CHAP, 1);
	assert_int_equal(test_response(&t, c, "Sesame"), NF_PPP_END);
	test_next(&t, NF_PPP_CHAP, 4);
}

static void test_chap_to_pap(void **state)
{
	struct test_ppp t;
	const struct test_sent *p;

	test_start(&t, NF_PPP_WANT_CHAP | NF_PPP_WANT_PAP);
	p = test_next(&t, NF_PPP_LCP, 1);
	test_say(&t, NF_PPP_LCP, 3, p->b[1], "\x03\x04\xc0\x23", 4);
	test_lcp(&t);
	assert_int_equal(t.s.auth, NF_PPP_WANT_PAP);
	/* no login at all is no way */
	test_start(&t, NF_PPP_WANT_CHAP | NF_PPP_WANT_PAP);
	p = test_next(&t, NF_PPP_LCP, 1);
	assert_int_equal(
		test_say(&t, NF_PPP_LCP, 4, p->b[1], "\x03\x05\xc2\x23\x05", 5), NF_PPP_END);
	/* CHAP alone stays CHAP */
	test_start(&t, NF_PPP_WANT_CHAP);
	p = test_next(&t, NF_PPP_LCP, 1);
	test_say(&t, NF_PPP_LCP, 3, p->b[1], "\x03\x04\xc0\x23", 4);
	assert_int_equal(t.s.auth, NF_PPP_WANT_CHAP);
}

static void test_no_address(void **state)
{
	struct test_ppp t;

	test_start(&t, 0);
	t.addr = 0;
	assert_int_equal(test_ack(&t, NF_PPP_LCP), NF_PPP_GO);
	assert_int_equal(test_say(&t, NF_PPP_LCP, 1, 1, "", 0), NF_PPP_END);
}

/* Options: too large an MRU, our own magic number, what makes no sense, cut ones. */
static void test_options(void **state)
{
	struct test_ppp t;
	const struct test_sent *p;

	test_start(&t, 0);
	t.seen++;
	test_say(&t, NF_PPP_LCP, 1, 1, "\x01\x04\x05\xdc", 4);
	p = test_next(&t, NF_PPP_LCP, 3);
	assert_memory_equal(p->b + 4, "\x01\x04\x05\xd4", 4);
	test_say(&t, NF_PPP_LCP, 1, 2, "\x05\x06\x01\x01\x01\x01", 6); /* ours */
	test_next(&t, NF_PPP_LCP, 3);
	test_say(&t, NF_PPP_LCP, 1, 3, "\x02\x06\0\0\0\0\x07\x02\x08\x02\x05\x06\x07\x07\x07\x07",
		16);
	p = test_next(&t, NF_PPP_LCP, 4);
	assert_int_equal(p->len, 14);
	test_say(&t, NF_PPP_LCP, 1, 4, "\x01\x04\x05", 3);
	test_say(&t, NF_PPP_LCP, 1, 5, "\x01\x01", 2);
	test_say(&t, NF_PPP_LCP, 1, 5, "\x01\x00", 2);
	test_say(&t, NF_PPP_LCP, 1, 5, "\x01", 1);
	assert_int_equal(t.seen, t.nb);
	for (uint8_t i = 0; i < 5; i++) /* in the end it is rejected */
		test_say(&t, NF_PPP_LCP, 1, i, "\x01\x04\x05\xdc", 4);
	p = &t.sent[t.nb - 1];
	assert_int_equal(p->b[0], 4);
}

/* Times: requests again, the end of patience, echoes. */
static void test_times(void **state)
{
	struct test_ppp t;
	unsigned nb = 0;

	test_start(&t, 0);
	while (nb < 100 && nf_ppp_tick(&t.l, true) == NF_PPP_GO) {
		t.l.now_s++;
		nb++;
	}
	assert_in_range(nb, 28, 31);
	assert_in_range(t.nb, 9, 11);
	test_start(&t, 0);
	test_lcp(&t);
	test_ipcp(&t);
	nb = 0;
	while (nb < 100 && nf_ppp_tick(&t.l, true) == NF_PPP_GO) {
		t.l.now_s++;
		nb++;
	}
	assert_int_equal(nb, 30);
	test_next(&t, NF_PPP_LCP, 9);
	test_next(&t, NF_PPP_LCP, 9);
	assert_int_equal(t.seen, t.nb);
}

/* The peer begins anew; what is unknown; the end. */
static void test_again(void **state)
{
	struct test_ppp t;
	const struct test_sent *p;

	test_start(&t, 0);
	test_lcp(&t);
	test_ipcp(&t);
	assert_int_equal(
		nf_ppp_input(&t.l, 0x8057, (const uint8_t *)"\x01\x01\0\x04", 4), NF_PPP_GO);
	p = test_next(&t, NF_PPP_LCP, 8);
	assert_memory_equal(p->b + 4, "\x80\x57\x01\x01\0\x04", 6);
	test_say(&t, NF_PPP_LCP, 99, 5, "", 0);
	test_next(&t, NF_PPP_LCP, 7);
	test_say(&t, NF_PPP_LCP, 9, 6, "\1\2\3\4hello", 9);
	p = test_next(&t, NF_PPP_LCP, 10);
	assert_memory_equal(p->b + 8, "hello", 5);
	assert_memory_equal(p->b + 4, &t.s.magic_be, 4);
	test_say(&t, NF_PPP_LCP, 1, 7, "", 0);
	assert_int_equal(t.s.phase, NF_PPP_LINK);
	p = test_next(&t, NF_PPP_LCP, 1);
	test_next(&t, NF_PPP_LCP, 2);
	test_say(&t, NF_PPP_LCP, 2, p->b[1], p->b + 4, p->len - 4);
	assert_int_equal(t.s.phase, NF_PPP_NETWORK);
	assert_int_equal(t.s.addr_be, ADDR);
	assert_int_equal(test_say(&t, NF_PPP_LCP, 5, 8, "", 0), NF_PPP_END);
	test_next(&t, NF_PPP_IPCP, 1);
	test_next(&t, NF_PPP_LCP, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_login),
		cmocka_unit_test(test_pap),
		cmocka_unit_test(test_chap),
		cmocka_unit_test(test_chap_to_pap),
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
