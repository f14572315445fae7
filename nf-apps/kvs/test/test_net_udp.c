/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests and answers: addresses, ports, lengths and checksums of both IP versions, with tags, options and fragments. */
#include "nf-apps/kvs/test/net_rig.h"

static uint8_t payload[1500];

static struct rig_packet request(bool is6, const char *text)
{
	struct rig_packet k = { .is6 = is6, .proto = 17, .payload = payload };

	memset(payload, 0, sizeof(payload));
	k.payload_len = rig_request(payload, text);
	return k;
}

/* The frame is the answer to k: all addresses turned round, everything else as it must be. */
static void check_answer(
	const struct rig_frame *f, const struct rig_packet *k, const void *want, uint32_t len)
{
	uint32_t l3 = k->vlan != 0 ? 18 : 14, at = l3 + (k->is6 ? 40 : 20);
	uint32_t peer = __builtin_bswap32(RIG_PEER), own = __builtin_bswap32(RIG_IP4);

	assert_memory_equal(f->b, rig_peer_mac, 6);
	assert_memory_equal(f->b + 6, rig_mac, 6);
	if (k->vlan != 0)
		assert_int_equal(f->b[14] << 8 | f->b[15], k->vlan);
	if (k->is6) {
		assert_memory_equal(f->b + l3 + 8, k->dst6 != NULL ? k->dst6 : rig_ip6, 16);
		assert_memory_equal(f->b + l3 + 24, k->src6 != NULL ? k->src6 : rig_peer6, 16);
		assert_int_equal(f->b[l3 + 6], 17);
	} else {
		assert_true(rig_ip4_ok(f));
		assert_memory_equal(f->b + l3 + 12, &own, 4);
		assert_memory_equal(f->b + l3 + 16, &peer, 4);
	}
	assert_int_equal(f->b[at] << 8 | f->b[at + 1], NF_KVS_PORT);
	assert_int_equal(f->b[at + 2] << 8 | f->b[at + 3], 40000);
	assert_int_equal(f->b[at + 4] << 8 | f->b[at + 5], len + 8);
	assert_int_equal(f->len, at + 8 + len);
	assert_memory_equal(f->b + at + 8, want, len);
	if (k->no_csum)
		assert_int_equal(f->b[at + 6] << 8 | f->b[at + 7], 0);
	else
		assert_true(rig_l4_ok(f));
}

/* Sends k and wants the payload back with "!" behind it. */
static void echoed(const struct rig_packet *k)
{
	struct rig_frame f;

	rig_build(&f, k);
	assert_true(rig_run(&f, NF_NET_REQUESTS));
	payload[k->payload_len] = '!';
	check_answer(&f, k, payload, k->payload_len + 1);
}

static void test_plain(void **state)
{
	for (unsigned is6 = 0; is6 < 2; is6++) {
		for (unsigned vlan = 0; vlan < 2; vlan++) {
			struct rig_packet k = request(is6, "get key\r\n");

			k.vlan = vlan ? 0x6123 : 0;
			echoed(&k);
			k.payload = payload;
		}
	}
	assert_int_equal(rig_count(NF_NET_ANSWERS), 4);
}

static void test_link_local(void **state)
{
	static const uint8_t peer[16] = { 0xfe, 0x80, [15] = 7 };
	struct rig_packet k = request(true, "get key\r\n");

	k.src6 = peer;
	k.dst6 = rig_local6;
	echoed(&k);
}

/* Each length, so odd and even ones, and the empty datagram. */
static void test_lengths(void **state)
{
	for (uint32_t len = 0; len <= 1471; len += len < 200 ? 1 : 61) {
		struct rig_packet k = request(len & 1, "");

		k.payload_len = len;
		for (uint32_t i = 0; i < len; i++)
			payload[i] = (uint8_t)(i * 7 + len);
		if (k.is6 && len > 1451)
			continue;
		echoed(&k);
	}
}

static void test_no_checksum(void **state)
{
	struct rig_packet k = request(false, "get key\r\n");
	struct rig_frame f;

	k.no_csum = true;
	echoed(&k);
	k = request(true, "get key\r\n");
	k.no_csum = true;
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_BAD_CSUM));
}

/* An answer whose sum is 0 goes out as all ones (RFC 768). */
static void test_zero_sum(void **state)
{
	bool seen = false;

	for (uint32_t i = 0; i < 0x10000 && !seen; i++) {
		struct rig_packet k = request(false, "ab");
		struct rig_frame f;

		payload[8] = (uint8_t)(i >> 8);
		payload[9] = (uint8_t)i;
		rig_build(&f, &k);
		if (f.b[40] == 0 && f.b[41] == 0)
			f.b[40] = f.b[41] = 0xff;
		assert_true(rig_run(&f, NF_NET_REQUESTS));
		assert_true(f.b[40] != 0 || f.b[41] != 0);
		seen = f.b[40] == 0xff && f.b[41] == 0xff;
	}
	assert_true(seen);
}

static void test_offload(void **state)
{
	struct nf_net_conf c = rig_conf();
	struct rig_packet k = request(false, "get key\r\n");
	struct rig_frame f;
	uint8_t memory[RIG_ROOM];
	struct nf_net_frame v = { .data = memory, .room = RIG_ROOM, .flags = NF_NET_F_CHECKED };
	uint16_t sum;

	c.offload = true;
	rig_start(&c);
	rig_build(&f, &k);
	f.b[40] ^= 0x55; /* the device says that it is right */
	memcpy(memory, f.b, f.len);
	v.len = f.len;
	nf_net_burst(rig.net, &v, 1, 0);
	assert_int_equal(v.flags, NF_NET_F_PARTIAL);
	assert_int_equal(v.csum_start, 34);
	assert_int_equal(v.csum_offset, 6);
	/* what the device does: the sum over everything, the field's seed in it */
	sum = (uint16_t)~rig_sum(v.data + 34, v.len - 34, 0);
	v.data[40] = (uint8_t)(sum >> 8);
	v.data[41] = (uint8_t)sum;
	memcpy(f.b, v.data, v.len);
	f.len = v.len;
	assert_true(rig_l4_ok(&f));
}

static void test_options(void **state)
{
	static const uint8_t nops[8] = { 1, 1, 1, 7, 3, 4, 0, 0 },
			     route[8] = { 131, 7, 4, 10, 0, 0, 9, 0 };
	static const uint8_t broken[4] = { 7, 9, 4, 0 };
	struct rig_packet k = request(false, "get key\r\n");
	struct rig_frame f;

	k.options = nops;
	k.options_len = 8;
	echoed(&k);
	k = request(false, "get key\r\n");
	k.options = route;
	k.options_len = 8;
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_OPTIONS));
	k.options = broken;
	k.options_len = 4;
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_OPTIONS));
}

static void test_extensions(void **state)
{
	static const uint8_t hop[8] = { 17, 0, 1, 4, 0, 0, 0, 0 }, unknown[8] = { 17, 0, 0xc7, 4 };
	static const uint8_t whole[8] = { 17, 0, 0, 0, 1, 2, 3, 4 }, part[8] = { 17, 0, 0, 1 };
	static const uint8_t route[8] = { 17, 0, 0, 1 },
			     late[16] = { 0, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4 };
	static const struct {
		uint8_t kind;
		const uint8_t *bytes;
		uint32_t len;
		enum nf_net_count count;
	} cases[] = {
		{ 0, hop, 8, NF_NET_REQUESTS }, { 60, hop, 8, NF_NET_REQUESTS },
		{ 44, whole, 8, NF_NET_REQUESTS }, { 44, part, 8, NF_NET_FRAGMENT },
		{ 43, route, 8, NF_NET_OPTIONS }, { 60, unknown, 8, NF_NET_OPTIONS },
		{ 0, late, 16,
			NF_NET_UNREACH }, /* a second hop-by-hop header is nobody's protocol */
	};

	for (unsigned i = 0; i < UK_ARRAY_SIZE(cases); i++) {
		struct rig_packet k = request(true, "get key\r\n");
		struct rig_frame f;

		k.ext = cases[i].kind;
		k.options = cases[i].bytes;
		k.options_len = cases[i].len;
		rig_build(&f, &k);
		if (cases[i].count == NF_NET_REQUESTS)
			echoed(&k);
		else
			assert_int_equal(
				rig_run(&f, cases[i].count), cases[i].count == NF_NET_UNREACH);
	}
}

static void test_fragments(void **state)
{
	static const uint8_t flags[][2] = { { 0x20, 0 }, { 0, 1 }, { 0x3f, 0xff } };

	for (unsigned i = 0; i < UK_ARRAY_SIZE(flags); i++) {
		struct rig_packet k = request(false, "get key\r\n");
		struct rig_frame f;
		uint16_t sum;

		rig_build(&f, &k);
		memcpy(f.b + 20, flags[i], 2);
		f.b[24] = f.b[25] = 0;
		sum = (uint16_t)~rig_sum(f.b + 14, 20, 0);
		f.b[24] = (uint8_t)(sum >> 8);
		f.b[25] = (uint8_t)sum;
		assert_false(rig_run(&f, NF_NET_FRAGMENT));
	}
}

/* One bit wrong anywhere in a request: it is no request any more, or a bit that means nothing. */
static void test_flipped_bits(void **state)
{
	for (unsigned is6 = 0; is6 < 2; is6++) {
		for (uint32_t bit = 0; bit < 8 * 60; bit++) {
			struct rig_packet k = request(is6, "get key\r\nxx");
			struct rig_frame f;
			uint8_t memory[RIG_ROOM];
			struct nf_net_frame v = { .data = memory, .room = RIG_ROOM };
			uint64_t before = rig_count(NF_NET_REQUESTS);
			bool free_bit;

			rig_build(&f, &k);
			f.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
			memcpy(memory, f.b, f.len);
			v.len = f.len;
			nf_net_burst(rig.net, &v, 1, rig.now_ns += 10000000);
			/* source MAC; class, flow and hop limit of IPv6 */
			free_bit =
				(bit / 8 >= 6 && bit / 8 < 12) ||
				(is6 && ((bit / 8 == 14 && bit % 8 < 4) ||
						(bit / 8 > 14 && bit / 8 < 18) || bit / 8 == 21));
			assert_int_equal(rig_count(NF_NET_REQUESTS) - before, free_bit);
		}
	}
}

/* Cut anywhere: nothing behind the end is read (the sanitizer looks), nothing is answered. */
static void test_truncated(void **state)
{
	for (unsigned is6 = 0; is6 < 2; is6++) {
		struct rig_packet k = request(is6, "get key\r\n");
		struct rig_frame f;

		rig_build(&f, &k);
		for (uint32_t len = 0; len < f.len; len++) {
			uint8_t *memory = malloc(len);
			struct nf_net_frame v = { .data = memory, .len = len, .room = len };

			memcpy(memory, f.b, len);
			nf_net_burst(rig.net, &v, 1, rig.now_ns);
			assert_int_equal(v.len, 0);
			free(memory);
		}
	}
	assert_int_equal(rig_count(NF_NET_REQUESTS), 0);
}

/* Bytes behind the IP packet are padding. */
static void test_padded(void **state)
{
	for (unsigned is6 = 0; is6 < 2; is6++) {
		struct rig_packet k = request(is6, "x");
		struct rig_frame f;

		rig_build(&f, &k);
		f.len += 10;
		assert_true(rig_run(&f, NF_NET_REQUESTS));
		payload[9] = '!';
		check_answer(&f, &k, payload, 10);
	}
}

static void test_lengths_that_lie(void **state)
{
	struct rig_packet k = request(false, "get key\r\n");
	struct rig_frame f;

	for (unsigned len = 0; len < 8; len++) {
		rig_build(&f, &k);
		f.b[38] = 0;
		f.b[39] = (uint8_t)len;
		f.b[40] = f.b[41] = 0;
		assert_false(rig_run(&f, NF_NET_MALFORMED));
	}
	rig_build(&f, &k);
	f.b[39]++;
	assert_false(rig_run(&f, NF_NET_MALFORMED));
}

static void test_not_ours(void **state)
{
	static const uint8_t other_mac[6] = { 2, 0, 0, 0, 0, 5 },
			     broadcast[6] = { 255, 255, 255, 255, 255, 255 };
	static const uint8_t other6[16] = { 0xfd, [15] = 9 }, group6[16] = { 0xff, 2, [15] = 1 },
			     none6[16];
	struct rig_packet k = request(false, "get key\r\n"), k6 = request(true, "get key\r\n");
	struct rig_frame f;

	k.dst_mac = other_mac;
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_OTHER_MAC));
	k.dst_mac = broadcast; /* RFC 1122, 3.3.6 */
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_OTHER_ADDRESS));
	k.dst_mac = NULL;
	k.dst4 = 0x0a000003;
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_OTHER_ADDRESS));
	k6.dst6 = other6;
	rig_build(&f, &k6);
	assert_false(rig_run(&f, NF_NET_OTHER_ADDRESS));
	k6.dst6 = group6;
	rig_build(&f, &k6);
	assert_false(rig_run(&f, NF_NET_OTHER_ADDRESS));
	k6.dst6 = NULL;
	k6.src6 = none6;
	rig_build(&f, &k6);
	assert_false(rig_run(&f, NF_NET_BAD_SOURCE));
	rig_build(&f, &k);
	f.b[12] = 0x88;
	assert_false(rig_run(&f, NF_NET_OTHER_TYPE));
}

static void test_bad_sources(void **state)
{
	static const uint32_t bad[] = { 0x00000001, 0x7f000001, 0xe0000001, 0xffffffff, RIG_IP4,
		0x0a0000ff };
	struct rig_packet k = request(false, "get key\r\n");
	struct rig_frame f;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(bad); i++) {
		k.src4 = bad[i];
		k.dport = i + 1 == UK_ARRAY_SIZE(bad)
				  ? 1
				  : 0; /* a broadcast address: no error goes there */
		rig_build(&f, &k);
		assert_false(rig_run(&f, NF_NET_BAD_SOURCE));
	}
}

/* Two servers that answer each other for ever must not come about. */
static void test_loops(void **state)
{
	static const uint16_t ports[] = { NF_KVS_PORT, 7, 19 };

	for (unsigned i = 0; i < UK_ARRAY_SIZE(ports); i++) {
		struct rig_packet k = request(i & 1, "get key\r\n");
		struct rig_frame f;

		k.sport = ports[i];
		rig_build(&f, &k);
		assert_false(rig_run(&f, NF_NET_LOOP));
	}
}

static void test_quiet(void **state)
{
	struct rig_packet k = request(false, "quiet");
	struct rig_frame f;

	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_REQUESTS));
	assert_int_equal(rig_count(NF_NET_ANSWERS), 0);
}

static void test_more(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct rig_packet k = request(i & 1, "more 5 1400");
		struct rig_frame f;
		uint8_t want[1400];

		k.vlan = i & 2 ? 5 : 0;
		rig_build(&f, &k);
		rig.nb_sent = 0;
		assert_true(rig_run(&f, NF_NET_REQUESTS));
		check_answer(&f, &k, payload, k.payload_len);
		assert_int_equal(rig.nb_sent, 5);
		for (unsigned n = 0; n < 5; n++) {
			memset(want, (int)n + 1, sizeof(want));
			check_answer(&rig.sent[n], &k, want, sizeof(want));
		}
	}
	assert_int_equal(rig_count(NF_NET_MORE), 20);
}

static void test_too_few_buffers(void **state)
{
	struct rig_packet k = request(false, "more 5 100");
	struct rig_frame f;

	rig.buffers_left = 4;
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_REQUESTS));
	assert_int_equal(rig.nb_sent, 0);
	assert_int_equal(rig_count(NF_NET_NO_BUFFERS), 1);
}

/* Nothing is longer than the MTU, whatever room a buffer has. */
static void test_small_mtu(void **state)
{
	struct nf_net_conf c = rig_conf();
	struct rig_packet k = request(false, "");
	struct rig_frame f;

	c.mtu = 576;
	rig_start(&c);
	rig_settle();
	k.payload_len = 576 - 28;
	rig_build(&f, &k);
	assert_true(rig_run(&f, NF_NET_REQUESTS));
	assert_int_equal(f.len, 14 + 576);
	k.payload_len++;
	rig_build(&f, &k);
	assert_false(rig_run(&f, NF_NET_LONG));
}

/* A whole burst, mixed: each answer is its request's. */
static void test_burst(void **state)
{
	static uint8_t memory[NF_NET_BURST_MAX][RIG_ROOM];
	struct nf_net_frame v[NF_NET_BURST_MAX];
	struct rig_frame f;

	for (unsigned i = 0; i < NF_NET_BURST_MAX; i++) {
		struct rig_packet k = request(i % 3 == 1, i % 5 == 4 ? "quiet" : "get key");

		payload[0] = (uint8_t)i;
		k.sport = i % 7 == 6 ? 7 : 40000;
		rig_build(&f, &k);
		memcpy(memory[i], f.b, f.len);
		v[i] = (struct nf_net_frame){ .data = memory[i], .len = f.len, .room = RIG_ROOM };
	}
	nf_net_burst(rig.net, v, NF_NET_BURST_MAX, rig.now_ns);
	for (unsigned i = 0; i < NF_NET_BURST_MAX; i++) {
		bool none = i % 5 == 4 || i % 7 == 6;

		assert_int_equal(v[i].len == 0, none);
		if (!none)
			assert_int_equal(v[i].data[i % 3 == 1 ? 62 : 42], i);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_plain),
		TEST(test_link_local),
		TEST(test_lengths),
		TEST(test_no_checksum),
		TEST(test_zero_sum),
		TEST(test_offload),
		TEST(test_options),
		TEST(test_extensions),
		TEST(test_fragments),
		TEST(test_flipped_bits),
		TEST(test_truncated),
		TEST(test_padded),
		TEST(test_lengths_that_lie),
		TEST(test_not_ours),
		TEST(test_bad_sources),
		TEST(test_loops),
		TEST(test_quiet),
		TEST(test_more),
		TEST(test_too_few_buffers),
		TEST(test_small_mtu),
		TEST(test_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
