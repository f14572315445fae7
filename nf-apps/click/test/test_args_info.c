/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of addresses and ports, and where they hold. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/click/args.h"
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/click/test/args_router.h"

static void ip4_is(const struct nf_element *e, const char *s, const char *want)
{
	char buf[NF_ADDR_IP4_LEN];
	uint32_t be;

	if (nf_args_info_ip4(e, s, &be) != 0) {
		if (want != NULL)
			fail_msg("%s", s);
		return;
	}
	assert_non_null(want);
	assert_string_equal(nf_addr_print_ip4(be, buf), want);
}

static void prefix_is(const char *s, const char *addr, uint32_t mask)
{
	char buf[NF_ADDR_IP4_LEN];
	uint32_t be, be_mask;
	int rc = nf_args_info_ip4_prefix(fake_router_element(), s, &be, &be_mask);

	if (addr == NULL) {
		assert_int_equal(rc, -EINVAL);
		return;
	}
	if (rc != 0)
		fail_msg("%s", s);
	assert_string_equal(nf_addr_print_ip4(be, buf), addr);
	assert_int_equal(nf_inet_ntoh32(be_mask), mask);
}

static void test_ip4(void **state)
{
	struct nf_element *e = fake_router_element();

	ip4_is(e, "7.7.7.7", "7.7.7.7");
	ip4_is(e, "host", "1.2.3.4");
	ip4_is(e, "host:ip", "1.2.3.4");
	ip4_is(e, "host:ip4", "1.2.3.4");
	ip4_is(e, "host:eth", NULL);
	ip4_is(e, "host:nonsense", NULL);
	ip4_is(e, "host:", NULL);
	ip4_is(e, ":ip", NULL);
	ip4_is(e, "net", NULL); /* a network without a host is no address */
	ip4_is(e, "alias", "1.2.3.4");
	ip4_is(e, "loop", NULL);
	ip4_is(e, "late", "5.5.5.5");
	ip4_is(e, "unknown", NULL);
	ip4_is(e, "", NULL);
	ip4_is(e, "host ", NULL);
	ip4_is(NULL, "host", NULL);
	ip4_is(e, "host:bcast", "1.2.3.255");
	ip4_is(e, "gate:gw", "10.1.0.1");
	ip4_is(e, "unknown:gw", NULL);
}

static void test_scope(void **state)
{
	struct nf_element *e = fake_router_element(), *top = fake_router_top();

	ip4_is(e, "near", "3.3.3.3");
	ip4_is(top, "near", "1.1.1.1");
	ip4_is(e, "inner", "1.2.3.4"); /* of net/, by a name of the top */
	ip4_is(e, "lower", "2.2.2.2"); /* where the name is given counts */
	ip4_is(top, "inner", NULL);
	ip4_is(e, "hidden", NULL);
}

static void test_prefix(void **state)
{
	prefix_is("10.1/16", "10.1.0.0", 0xffff0000);
	prefix_is("net", "11.0.0.0", 0xff000000); /* the last one counts */
	prefix_is("net:ipnet", "11.0.0.0", 0xff000000);
	prefix_is("net:ip4net", "11.0.0.0", 0xff000000);
	prefix_is("host", "1.2.3.4", 0xffffff00);
	prefix_is("near", "3.3.3.3", 0xffffffff);
	prefix_is("both", "8.8.0.0", 0xffff0000);
	prefix_is("host/8", "1.2.3.4", 0xff000000);
	prefix_is("host/255.255.0.0", "1.2.3.4", 0xffff0000);
	prefix_is("host/33", NULL, 0);
	prefix_is("net/8", NULL, 0);
	prefix_is("unknown/8", NULL, 0);
	prefix_is("host:eth", NULL, 0);
}

static void test_others(void **state)
{
	const struct nf_element *e = fake_router_element();
	char buf[NF_ADDR_IP6_LEN], mac[NF_ADDR_ETHER_LEN];
	struct nf_ip6 v;
	unsigned len;
	uint8_t ether[6];

	assert_int_equal(nf_args_info_ip6(e, "six", &v), 0);
	assert_string_equal(nf_addr_print_ip6(&v, buf), "2001:db8::1");
	assert_int_equal(nf_args_info_ip6(e, "only6:ip6", &v), 0);
	assert_string_equal(nf_addr_print_ip6(&v, buf), "::5");
	assert_int_equal(nf_args_info_ip6(e, "host", &v), -EINVAL);
	assert_int_equal(nf_args_info_ip6_prefix(e, "six:ip6net", &v, &len), 0);
	assert_int_equal(len, 32);
	assert_int_equal(nf_args_info_ip6_prefix(e, "only6", &v, &len), 0);
	assert_int_equal(len, 128);
	assert_int_equal(nf_args_info_ether(e, "host", ether), 0);
	assert_string_equal(nf_addr_print_ether(ether, mac), "00-01-02-03-04-05");
	assert_int_equal(nf_args_info_ether(e, "alias:eth", ether), 0);
	assert_int_equal(nf_args_info_ether(e, "net", ether), -EINVAL);
}

static void test_ports(void **state)
{
	const struct nf_element *e = fake_router_element();
	uint16_t port;

	assert_int_equal(nf_args_info_port(e, "99", NF_IP_TCP, &port), 0);
	assert_int_equal(port, 99);
	assert_int_equal(nf_args_info_port(e, "65536", NF_IP_TCP, &port), -ERANGE);
	assert_int_equal(nf_args_info_port(e, "game", NF_IP_UDP, &port), 0);
	assert_int_equal(port, 27015);
	assert_int_equal(nf_args_info_port(e, "game", NF_IP_TCP, &port), -EINVAL);
	assert_int_equal(nf_args_info_port(e, "admin", NF_IP_TCP, &port), 0);
	assert_int_equal(port, 8081);
	/* a name of one's own goes before the well-known one */
	assert_int_equal(nf_args_info_port(e, "http", NF_IP_TCP, &port), 0);
	assert_int_equal(port, 8080);
	assert_int_equal(nf_args_info_port(e, "http", NF_IP_UDP, &port), 0);
	assert_int_equal(port, 80);
	assert_int_equal(nf_args_info_port(e, "web", NF_IP_TCP, &port), 0);
	assert_int_equal(port, 8080);
	assert_int_equal(nf_args_info_port(NULL, "ssh", NF_IP_TCP, &port), 0);
	assert_int_equal(port, 22);
}

static void test_arguments(void **state)
{
	struct nf_errors errs = { 0 };
	struct nf_ip6 ip6;
	uint32_t be, mask;
	unsigned len;
	uint8_t ether[6], proto;
	uint16_t port;
	struct nf_args a;

	assert_int_equal(
		nf_args_init(&a, "host, net, six, six, host, game, gre, x, x, x, x, x, 65536, x",
			fake_router_element(), "f:1", &errs),
		0);
	assert_true(nf_args_ip4(&a, "A", NF_ARGS_POS, &be));
	assert_true(nf_args_ip4_prefix(&a, "B", NF_ARGS_POS, &be, &mask));
	assert_true(nf_args_ip6(&a, "C", NF_ARGS_POS, &ip6));
	assert_true(nf_args_ip6_prefix(&a, "D", NF_ARGS_POS, &ip6, &len));
	assert_true(nf_args_ether(&a, "E", NF_ARGS_POS, ether));
	assert_true(nf_args_port(&a, "F", NF_ARGS_POS, NF_IP_UDP, &port));
	assert_true(nf_args_ip_proto(&a, "G", NF_ARGS_POS, &proto));
	assert_false(nf_args_ip4(&a, "H", NF_ARGS_POS, &be));
	assert_false(nf_args_ip4_prefix(&a, "I", NF_ARGS_POS, &be, &mask));
	assert_false(nf_args_ip6(&a, "J", NF_ARGS_POS, &ip6));
	assert_false(nf_args_ip6_prefix(&a, "K", NF_ARGS_POS, &ip6, &len));
	assert_false(nf_args_ether(&a, "L", NF_ARGS_POS, ether));
	assert_false(nf_args_port(&a, "M", NF_ARGS_POS, NF_IP_UDP, &port));
	assert_false(nf_args_ip_proto(&a, "N", NF_ARGS_POS, &proto));
	assert_int_equal(nf_args_end(&a), -EINVAL);
	assert_string_equal(nf_text_get(&errs.text), "f:1: H: 'x' is not an IP address\n"
						     "f:1: I: 'x' is not an IP prefix\n"
						     "f:1: J: 'x' is not an IPv6 address\n"
						     "f:1: K: 'x' is not an IPv6 prefix\n"
						     "f:1: L: 'x' is not an Ethernet address\n"
						     "f:1: M: too large; max 65535\n"
						     "f:1: N: 'x' is not an IP protocol\n");
	nf_errors_free(&errs);
}

/* Names that stand for names that stand for names: an end is found, soon. */
static void test_endless_names(void **state)
{
	struct nf_element *top = fake_router_top();

	fake_router_info(
		"a b b b b b b b, b c c c c c c c, c d d d d d d d, d e e e e e e, e f f f f f f, "
		"f g g g g g g, g h h h h h, h i i i i i, i a a a a, z y, y x, x 1.2.3.4");
	ip4_is(top, "a", NULL);
	ip4_is(top, "z", "1.2.3.4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip4),
		cmocka_unit_test(test_scope),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_endless_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
