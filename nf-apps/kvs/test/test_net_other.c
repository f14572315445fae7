/* SPDX-License-Identifier: BSD-3-Clause */
/* All that is no request: ARP, ping, neighbour discovery, ports and protocols that nobody serves, and rates of errors. */
#include "nf-apps/kvs/test/net_rig.h"

static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };
static const uint8_t none6[16], all_nodes[16] = { 0xff, 2, [15] = 1 };
static const uint8_t local_group[16] = { 0xff, 2, [11] = 1, 0xff, 1, 2, 3 },
		     ip6_group[16] = { 0xff, 2, [11] = 1, 0xff, 0, 0, 2 };

/* ARP for `target` from `sender` (host order). */
static void arp(struct rig_frame *f, uint8_t op, uint32_t sender, uint32_t target)
{
	static const uint8_t head[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0 };
	uint8_t *p = f->b;

	memset(p, 0, 60);
	memcpy(p, broadcast, 6);
	memcpy(p + 6, rig_peer_mac, 6);
	memcpy(p + 12, head, sizeof(head));
	p[21] = op;
	memcpy(p + 22, rig_peer_mac, 6);
	sender = __builtin_bswap32(sender);
	target = __builtin_bswap32(target);
	memcpy(p + 28, &sender, 4);
	memcpy(p + 38, &target, 4);
	f->len = 60;
}

static void test_arp(void **state)
{
	uint32_t own = __builtin_bswap32(RIG_IP4), peer = __builtin_bswap32(RIG_PEER);
	struct rig_frame f;

	for (unsigned probe = 0; probe < 2; probe++) { /* RFC 5227: a probe has no sender address */
		arp(&f, 1, probe ? 0 : RIG_PEER, RIG_IP4);
		assert_true(rig_run(&f, NF_NET_ARP));
		assert_int_equal(f.len, 42);
		assert_memory_equal(f.b, rig_peer_mac, 6);
		assert_memory_equal(f.b + 6, rig_mac, 6);
		assert_int_equal(f.b[21], 2);
		assert_memory_equal(f.b + 22, rig_mac, 6);
		assert_memory_equal(f.b + 28, &own, 4);
		assert_memory_equal(f.b + 32, rig_peer_mac, 6);
		assert_memory_equal(f.b + 38, probe ? none6 : (uint8_t *)&peer, 4);
	}
	arp(&f, 1, RIG_PEER, RIG_IP4 + 1);
	assert_false(rig_run(&f, NF_NET_OTHER_ADDRESS));
	arp(&f, 2, RIG_PEER, RIG_IP4);
	assert_false(rig_run(&f, NF_NET_HEARD));
	assert_int_equal(rig_count(NF_NET_CONFLICTS), 0);
	arp(&f, 1, RIG_IP4, RIG_IP4);
	assert_false(rig_run(&f, NF_NET_HEARD));
	assert_int_equal(rig_count(NF_NET_CONFLICTS), 1);
	for (unsigned i = 14; i < 20; i++) { /* not Ethernet, not IPv4 */
		arp(&f, 1, RIG_PEER, RIG_IP4);
		f.b[i] ^= 4;
		assert_false(rig_run(&f, NF_NET_MALFORMED));
	}
	arp(&f, 1, RIG_PEER, RIG_IP4);
	f.len = 41;
	assert_false(rig_run(&f, NF_NET_MALFORMED));
}

/* Announced twice, two seconds apart (RFC 5227, 2.3). */
static void test_announced(void **state)
{
	struct nf_net_conf c = rig_conf();
	unsigned nb = 0;

	rig_start(&c);
	for (unsigned i = 0; i < 100; i++) {
		nf_net_timers(rig.net, i * 100000000ull);
		for (unsigned k = 0; k < rig.nb_sent; k++) {
			if (rig.sent[k].b[12] != 8 || rig.sent[k].b[13] != 6)
				continue;
			assert_memory_equal(rig.sent[k].b, broadcast, 6);
			assert_memory_equal(rig.sent[k].b + 28, rig.sent[k].b + 38, 4);
			nb++;
		}
		rig.nb_sent = 0;
	}
	assert_int_equal(nb, 2);
}

static void test_ping(void **state)
{
	static const uint8_t nops[4] = { 1, 1, 1, 0 };
	uint8_t echo[1000] = { 8, 0, 0, 0, 0x12, 0x34, 0, 1 };
	struct rig_packet k = { .proto = 1, .payload = echo };
	struct rig_frame f;

	for (uint32_t i = 8; i < sizeof(echo); i++)
		echo[i] = (uint8_t)i;
	for (k.payload_len = 8; k.payload_len < sizeof(echo); k.payload_len += 13) {
		k.options = nops;
		k.options_len = k.payload_len % 2 ? 4 : 0;
		rig_build(&f, &k);
		assert_true(rig_run(&f, NF_NET_ECHO));
		assert_true(rig_ip4_ok(&f) && rig_l4_ok(&f));
		assert_int_equal(f.b[34], 0);
		assert_int_equal(f.len, 34 + k.payload_len);
		assert_memory_equal(f.b + 38, echo + 4, k.payload_len - 4);
	}
	k.payload_len = 20;
	rig_build(&f, &k);
	f.b[f.len - 1] ^= 1;
	assert_false(rig_run(&f, NF_NET_BAD_CSUM));
	echo[0] = 13; /* timestamp request */
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_QUIET));
	k.payload_len = 7;
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_MALFORMED));
}

static void test_ping6(void **state)
{
	static const uint8_t peer[16] = { 0xfe, 0x80, [15] = 7 },
			     group_mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	uint8_t echo[64] = { 128, 0, 0, 0, 0x12, 0x34, 0, 1, 'x' };
	struct rig_packet k = {
		.is6 = true, .proto = 58, .payload = echo, .payload_len = sizeof(echo)
	};
	struct rig_frame f;

	rig_build(&f, &k);
	assert_true(rig_run(&f, NF_NET_ECHO));
	assert_true(rig_l4_ok(&f));
	assert_int_equal(f.b[54], 129);
	assert_memory_equal(f.b + 58, echo + 4, sizeof(echo) - 4);
	/* to all nodes: from our own address (RFC 4443, 4.2) */
	k.src6 = peer;
	k.dst6 = all_nodes;
	k.dst_mac = group_mac;
	rig_build(&f, &k);
	assert_true(rig_run(&f, NF_NET_ECHO));
	assert_true(rig_l4_ok(&f));
	assert_memory_equal(f.b + 22, rig_local6, 16);
	assert_memory_equal(f.b + 38, peer, 16);
	k.src6 = none6;
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_BAD_SOURCE));
}

/* A solicitation; `source`: with the option that names the asker's MAC. */
static struct rig_packet solicit(uint8_t m[32], const uint8_t target[16], const uint8_t *src,
	const uint8_t *dst, bool source)
{
	memset(m, 0, 32);
	m[0] = 135;
	memcpy(m + 8, target, 16);
	m[24] = 1;
	m[25] = 1;
	memcpy(m + 26, rig_peer_mac, 6);
	return (struct rig_packet){ .is6 = true,
		.proto = 58,
		.hlim = 255,
		.src6 = src,
		.dst6 = dst,
		.payload = m,
		.payload_len = source ? 32 : 24 };
}

static void check_advert(
	const struct rig_frame *f, const uint8_t *target, const uint8_t *dst, uint8_t flags)
{
	assert_true(rig_l4_ok(f));
	assert_int_equal(f->len, 86);
	assert_memory_equal(f->b + 6, rig_mac, 6);
	assert_int_equal(f->b[21], 255);
	assert_memory_equal(f->b + 22, target, 16);
	assert_memory_equal(f->b + 38, dst, 16);
	assert_int_equal(f->b[54], 136);
	assert_int_equal(f->b[58], flags);
	assert_memory_equal(f->b + 62, target, 16);
	assert_int_equal(f->b[78], 2);
	assert_int_equal(f->b[79], 1);
	assert_memory_equal(f->b + 80, rig_mac, 6);
}

static void test_solicit(void **state)
{
	static const uint8_t group_mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	uint8_t m[32];
	struct rig_packet k;
	struct rig_frame f;

	for (unsigned i = 0; i < 4; i++) {
		const uint8_t *target = i & 1 ? rig_ip6 : rig_local6;

		k = solicit(m, target, NULL,
			i & 2   ? target
			: i & 1 ? ip6_group
				: local_group,
			i & 2);
		rig_build(&f, &k);
		assert_true(rig_run(&f, NF_NET_ND));
		check_advert(&f, target, rig_peer6, 0x60);
		assert_memory_equal(f.b, rig_peer_mac, 6);
	}
	/* from nobody, who tries our address: to all nodes (RFC 4861, 7.2.4) */
	k = solicit(m, rig_ip6, none6, ip6_group, false);
	rig_build(&f, &k);
	assert_true(rig_run(&f, NF_NET_ND));
	check_advert(&f, rig_ip6, all_nodes, 0x20);
	assert_memory_equal(f.b, group_mac, 6);
}

static void test_bad_solicit(void **state)
{
	static const uint8_t other[16] = { 0xfd, [15] = 9 };
	uint8_t m[32];
	struct rig_packet k = solicit(m, other, NULL, ip6_group, true);
	struct rig_frame f;

	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_OTHER_ADDRESS));
	k = solicit(m, rig_ip6, NULL, ip6_group, true);
	k.hlim = 254;
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_MALFORMED));
	k = solicit(m, all_nodes, NULL, ip6_group, true);
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_MALFORMED));
	k = solicit(m, rig_ip6, none6, ip6_group, true); /* nobody has no MAC address */
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_MALFORMED));
	k = solicit(m, rig_ip6, none6, all_nodes, false);
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_MALFORMED));
	for (unsigned len = 0; len < 256; len++) { /* the option's length */
		k = solicit(m, rig_ip6, NULL, ip6_group, true);
		m[25] = (uint8_t)len;
		rig_build(&f, &k);
		assert_int_equal(rig_run(&f, len == 1 ? NF_NET_ND : NF_NET_MALFORMED), len == 1);
	}
}

/* At start both addresses are asked for and not answered for, until a second has passed. */
static void test_detection(void **state)
{
	struct nf_net_conf c = rig_conf();
	uint8_t m[32];
	struct rig_packet k = solicit(m, rig_ip6, NULL, ip6_group, true);
	struct rig_frame f;
	unsigned nb = 0;

	rig_start(&c);
	nf_net_timers(rig.net, 0);
	for (unsigned i = 0; i < rig.nb_sent; i++) {
		const struct rig_frame *s = &rig.sent[i];

		if (s->b[12] != 0x86 || s->b[54] != 135)
			continue;
		assert_true(rig_l4_ok(s));
		assert_int_equal(s->b[21], 255);
		assert_memory_equal(s->b + 22, none6, 16);
		assert_memory_equal(s->b + 38,
			memcmp(s->b + 62, rig_ip6, 16) == 0 ? ip6_group : local_group, 16);
		assert_int_equal(s->b[0] << 8 | s->b[1], 0x3333);
		nb++;
	}
	assert_int_equal(nb, 2);
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_QUIET));
	nf_net_timers(rig.net, 999999999);
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_QUIET));
	nf_net_timers(rig.net, 1000000000);
	rig_build(&f, &k);
	assert_true(rig_run(&f, NF_NET_ND));
}

/* Somebody has the address already, or tries it, too: it is not used. */
static void test_duplicate(void **state)
{
	uint8_t m[32], address[16];

	for (unsigned advert = 0; advert < 2; advert++) {
		struct nf_net_conf c = rig_conf();
		struct rig_packet k = solicit(m, rig_local6, none6, local_group, false);
		struct rig_frame f;

		rig_start(&c);
		nf_net_timers(rig.net, 0);
		if (advert) {
			k = solicit(m, rig_local6, rig_local6, all_nodes, true);
			m[0] = 136;
			m[24] = 2;
		}
		rig_build(&f, &k);
		assert_false(rig_run(&f, NF_NET_HEARD));
		assert_int_equal(rig_count(NF_NET_CONFLICTS), 1);
		rig_settle();
		assert_false(nf_net_link_local(rig.net, address));
		k = solicit(m, rig_local6, NULL, local_group, true);
		rig_build(&f, &k);
		assert_false(rig_run(&f, NF_NET_OTHER_ADDRESS));
		/* the other one is not concerned */
		k = solicit(m, rig_ip6, NULL, ip6_group, true);
		rig_build(&f, &k);
		assert_true(rig_run(&f, NF_NET_ND));
	}
}

/* Our own question, sent back by a switch, is no conflict. */
static void test_looped(void **state)
{
	struct nf_net_conf c = rig_conf();
	struct rig_frame f;
	uint8_t address[16];

	rig_start(&c);
	nf_net_timers(rig.net, 0);
	for (unsigned i = 0, nb = rig.nb_sent; i < nb; i++) {
		f = rig.sent[i];
		if (f.b[12] == 0x86 && f.b[54] == 135)
			assert_false(rig_run(&f, NF_NET_HEARD));
	}
	assert_int_equal(rig_count(NF_NET_CONFLICTS), 0);
	rig_settle();
	assert_true(nf_net_link_local(rig.net, address));
	assert_memory_equal(address, rig_local6, 16);
}

/* Listener reports: twice at start, and when a querier asks (RFC 9777). */
static void test_listener(void **state)
{
	static const uint8_t hop[8] = { 58, 0, 5, 2, 0, 0, 1, 0 };
	uint8_t query[28] = { 130, 0, 0, 0, 0, 10 };
	struct rig_packet k = { .is6 = true,
		.proto = 58,
		.hlim = 1,
		.dst6 = all_nodes,
		.ext = 0,
		.options = hop,
		.options_len = 8,
		.payload = query,
		.payload_len = sizeof(query) };
	static const uint8_t group_mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	struct rig_frame f;

	k.dst_mac = group_mac;
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_HEARD));
	nf_net_timers(rig.net, rig.now_ns + 10000000000ull);
	assert_int_equal(rig.nb_sent, 1);
	assert_true(rig_l4_ok(&rig.sent[0]));
	assert_int_equal(rig.sent[0].b[21], 1);
	assert_memory_equal(rig.sent[0].b + 22, rig_local6, 16);
	assert_int_equal(rig.sent[0].b[62], 143);
	assert_int_equal(rig.sent[0].b[69], 2);
	assert_memory_equal(rig.sent[0].b + 74, local_group, 16);
	assert_memory_equal(rig.sent[0].b + 94, ip6_group, 16);
	nf_net_timers(rig.net, rig.now_ns + 20000000000ull);
	assert_int_equal(rig.nb_sent, 1);
}

static void test_closed_port(void **state)
{
	static uint8_t payload[1400];

	for (unsigned is6 = 0; is6 < 2; is6++) {
		struct rig_packet k = { .is6 = is6, .proto = 17, .dport = 53, .payload = payload };
		uint32_t l3 = is6 ? 40 : 20;

		for (k.payload_len = 0; k.payload_len < sizeof(payload) - 20;
			k.payload_len += 211) {
			struct rig_frame f, was;
			uint32_t most = is6 ? 1280 : 576, whole;

			rig_build(&f, &k);
			was = f;
			assert_true(rig_run(&f, NF_NET_UNREACH));
			assert_true(rig_l4_ok(&f) && (is6 || rig_ip4_ok(&f)));
			assert_int_equal(f.b[14 + l3], is6 ? 1 : 3);
			assert_int_equal(f.b[14 + l3 + 1], is6 ? 4 : 3);
			whole = was.len - 14 + l3 + 8;
			assert_int_equal(f.len, 14 + (whole < most ? whole : most));
			assert_memory_equal(f.b + 14 + l3 + 8, was.b + 14, f.len - 14 - l3 - 8);
		}
	}
}

static void test_unknown_protocol(void **state)
{
	uint8_t payload[20] = { 1 };

	for (unsigned is6 = 0; is6 < 2; is6++) {
		struct rig_packet k = {
			.is6 = is6, .proto = 132, .payload = payload, .payload_len = sizeof(payload)
		};
		struct rig_frame f;

		rig_build(&f, &k);
		assert_true(rig_run(&f, NF_NET_UNREACH));
		assert_true(rig_l4_ok(&f));
		if (is6) {
			assert_int_equal(f.b[54] << 8 | f.b[55], 0x0401);
			assert_int_equal(f.b[61], 6); /* the field "next header" */
		} else {
			assert_int_equal(f.b[34] << 8 | f.b[35], 0x0302);
		}
	}
}

/* So many at once, one more a millisecond. */
static void test_limit(void **state)
{
	struct rig_packet k = { .proto = 17, .dport = 53, .payload = "x", .payload_len = 1 };
	struct rig_frame f;

	rig.now_ns += 1000000000;
	for (unsigned i = 0; i < 300; i++) {
		rig_build(&f, &k);
		assert_int_equal(rig_run(&f, i < 100 ? NF_NET_UNREACH : NF_NET_LIMITED), i < 100);
	}
	for (unsigned i = 0; i < 10; i++) {
		rig.now_ns += 1000000;
		rig_build(&f, &k);
		assert_true(rig_run(&f, NF_NET_UNREACH));
		rig_build(&f, &k);
		assert_false(rig_run(&f, NF_NET_LIMITED));
	}
}

static void tcp(uint8_t t[28], uint8_t flags)
{
	static const uint8_t head[] = { 0x9c, 0x40, 0x2b, 0xcb, 1, 2, 3, 0xff, 5, 6, 7, 8, 0x60 };

	memset(t, 0, 28);
	memcpy(t, head, sizeof(head));
	t[13] = flags;
	memcpy(t + 20, "\2\4\5\xb4zzzz", 8);
}

static void test_tcp(void **state)
{
	uint8_t t[28];

	for (unsigned is6 = 0; is6 < 2; is6++) {
		struct rig_packet k = {
			.is6 = is6, .proto = 6, .payload = t, .payload_len = sizeof(t)
		};
		uint32_t l4 = is6 ? 54 : 34;
		struct rig_frame f;

		tcp(t, 2); /* SYN with four bytes of data: sequence number + 5 */
		rig_build(&f, &k);
		assert_true(rig_run(&f, NF_NET_RST));
		assert_true(rig_l4_ok(&f));
		assert_int_equal(f.len, l4 + 20);
		assert_memory_equal(f.b + l4, "\x2b\xcb\x9c\x40\0\0\0\0\1\2\4\4", 12);
		assert_int_equal(f.b[l4 + 13], 0x14);
		tcp(t, 0x10);
		rig_build(&f, &k);
		assert_true(rig_run(&f, NF_NET_RST));
		assert_memory_equal(f.b + l4 + 4, "\5\6\7\10\0\0\0\0", 8);
		assert_int_equal(f.b[l4 + 13], 4);
		tcp(t, 0x14);
		rig_build(&f, &k);
		assert_false(rig_run(&f, NF_NET_QUIET));
		tcp(t, 2);
		t[12] = 0x80;
		rig_build(&f, &k);
		assert_false(rig_run(&f, NF_NET_MALFORMED));
	}
}

static void test_no_ip4(void **state)
{
	struct nf_net_conf c = rig_conf();
	struct rig_packet k = { .proto = 17, .payload = "x", .payload_len = 1 };
	struct rig_frame f;

	c.ip4 = c.ip4_mask = 0;
	rig_start(&c);
	rig_settle();
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_OTHER_ADDRESS));
	arp(&f, 1, RIG_PEER, 0);
	assert_false(rig_run(&f, NF_NET_OTHER_ADDRESS));
}

static void test_names(void **state)
{
	for (unsigned i = 0; i < NF_NET_NB_COUNTS; i++)
		assert_non_null(nf_net_count_name(i));
	assert_null(nf_net_count_name(NF_NET_NB_COUNTS));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_arp),
		TEST(test_announced),
		TEST(test_ping),
		TEST(test_ping6),
		TEST(test_solicit),
		TEST(test_bad_solicit),
		TEST(test_detection),
		TEST(test_duplicate),
		TEST(test_looped),
		TEST(test_listener),
		TEST(test_closed_port),
		TEST(test_unknown_protocol),
		TEST(test_limit),
		TEST(test_tcp),
		TEST(test_no_ip4),
		TEST(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
