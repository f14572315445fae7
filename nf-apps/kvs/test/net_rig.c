/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/kvs/test/net_rig.h"

struct rig rig;

const uint8_t rig_mac[6] = { 0x52, 0x54, 0, 1, 2, 3 }, rig_peer_mac[6] = { 2, 0, 0, 0, 0, 9 };
const uint8_t rig_ip6[16] = { 0xfd, [15] = 2 }, rig_peer6[16] = { 0xfd, [15] = 1 };
const uint8_t rig_local6[16] = { 0xfe, 0x80, [8] = 0x50, 0x54, 0, 0xff, 0xfe, 1, 2, 3 };

struct buffer {
	uint8_t room[RIG_ROOM];
};

static void *rig_get(void *arg)
{
	if (rig.buffers_left == 0)
		return NULL;
	rig.buffers_left--;
	rig.buffers_out++;
	return malloc(sizeof(struct buffer));
}

static void rig_look(void *arg, void *buffer, struct nf_net_frame *f)
{
	f->data = ((struct buffer *)buffer)->room;
	f->room = RIG_ROOM;
	f->buffer = buffer;
}

static void rig_put(void *arg, const struct nf_net_frame *f)
{
	struct buffer *b = f->buffer;

	rig.buffers_out--;
	if (f->len > 0) {
		assert_true(rig.nb_sent < RIG_SENT);
		assert_true(f->data >= b->room && f->data + f->len <= b->room + RIG_ROOM);
		memcpy(rig.sent[rig.nb_sent].b, f->data, f->len);
		rig.sent[rig.nb_sent++].len = f->len;
	}
	free(b);
}

struct nf_net_conf rig_conf(void)
{
	static const struct nf_net_ops ops = { .get = rig_get, .look = rig_look, .put = rig_put };
	struct nf_net_conf c = { .ops = &ops, .mtu = 1500, .port = NF_KVS_PORT };

	memcpy(c.mac, rig_mac, 6);
	memcpy(c.ip6, rig_ip6, 16);
	c.ip4 = __builtin_bswap32(RIG_IP4);
	c.ip4_mask = __builtin_bswap32(0xffffff00u);
	return c;
}

void rig_start(const struct nf_net_conf *conf)
{
	nf_net_destroy(rig.net);
	rig.net = nf_net_create(conf);
	assert_non_null(rig.net);
	rig.nb_sent = 0;
}

void rig_settle(void)
{
	for (unsigned i = 0; i < 40; i++) {
		nf_net_timers(rig.net, rig.now_ns);
		rig.now_ns += 100000000;
	}
	rig.nb_sent = 0;
}

int rig_setup(void **state)
{
	struct nf_net_conf c = rig_conf();

	memset(&rig, 0, sizeof(rig));
	rig.buffers_left = 1000;
	rig_start(&c);
	rig_settle();
	return 0;
}

int rig_teardown(void **state)
{
	nf_net_destroy(rig.net);
	assert_int_equal(rig.buffers_out, 0);
	return 0;
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

uint16_t rig_sum(const void *data, uint32_t len, uint32_t start)
{
	const uint8_t *p = data;
	uint32_t sum = start;

	for (uint32_t i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Where the headers are; 0 for l4: no IP. */
struct where {
	uint32_t l3, l4, l4_len;
	bool is6;
	uint8_t proto;
};

static struct where rig_where(const struct rig_frame *f)
{
	struct where w = { .l3 = get16(f->b + 12) == 0x8100 ? 18 : 14 };
	uint32_t type = get16(f->b + w.l3 - 2);

	w.is6 = type == 0x86dd;
	if (type != 0x0800 && !w.is6)
		return w;
	w.l4 = w.l3 + (w.is6 ? 40 : 20);
	w.l4_len = w.is6 ? get16(f->b + w.l3 + 4) : get16(f->b + w.l3 + 2) - 20;
	w.proto = f->b[w.l3 + (w.is6 ? 6 : 9)];
	if (w.is6 && w.proto == 0) {
		w.proto = f->b[w.l4];
		w.l4 += 8;
		w.l4_len -= 8;
	}
	return w;
}

static uint32_t rig_pseudo(const struct rig_frame *f, struct where w)
{
	uint32_t addrs = w.is6 ? w.l3 + 8 : w.l3 + 12, len = w.is6 ? 32 : 8;

	return rig_sum(f->b + addrs, len, w.l4_len + w.proto);
}

bool rig_l4_ok(const struct rig_frame *f)
{
	struct where w = rig_where(f);

	assert_int_equal(f->len, w.l4 + w.l4_len);
	if (w.proto == 1)
		return rig_sum(f->b + w.l4, w.l4_len, 0) == 0xffff;
	return rig_sum(f->b + w.l4, w.l4_len, rig_pseudo(f, w)) == 0xffff;
}

bool rig_ip4_ok(const struct rig_frame *f)
{
	struct where w = rig_where(f);

	return f->b[w.l3] == 0x45 && get16(f->b + w.l3 + 2) == f->len - w.l3 &&
	       rig_sum(f->b + w.l3, 20, 0) == 0xffff;
}

static uint32_t rig_put4(uint8_t *p, const struct rig_packet *k, uint32_t len)
{
	uint32_t hlen = 20 + k->options_len;

	memset(p, 0, 20);
	p[0] = (uint8_t)(0x40 | hlen / 4);
	put16(p + 2, hlen + len);
	put16(p + 4, 0x1234);
	p[8] = k->hlim != 0 ? k->hlim : 64;
	p[9] = k->proto;
	put32(p + 12, k->src4 != 0 ? k->src4 : RIG_PEER);
	put32(p + 16, k->dst4 != 0 ? k->dst4 : RIG_IP4);
	if (k->options_len > 0)
		memcpy(p + 20, k->options, k->options_len);
	put16(p + 10, (uint16_t)~rig_sum(p, hlen, 0));
	return hlen;
}

static uint32_t rig_put6(uint8_t *p, const struct rig_packet *k, uint32_t len)
{
	memset(p, 0, 8);
	p[0] = 0x60;
	put16(p + 4, k->options_len + len);
	p[6] = k->options_len > 0 ? k->ext : k->proto;
	p[7] = k->hlim != 0 ? k->hlim : 64;
	memcpy(p + 8, k->src6 != NULL ? k->src6 : rig_peer6, 16);
	memcpy(p + 24, k->dst6 != NULL ? k->dst6 : rig_ip6, 16);
	if (k->options_len > 0)
		memcpy(p + 40, k->options, k->options_len);
	return 40 + k->options_len;
}

static void rig_l4(
	struct rig_frame *f, const struct rig_packet *k, uint32_t l3, uint32_t at, uint32_t len)
{
	static const uint8_t offsets[] = { [1] = 2, [6] = 16, [17] = 6, [58] = 2 };
	struct where w = { .l3 = l3, .l4 = at, .l4_len = len, .is6 = k->is6, .proto = k->proto };
	uint8_t *p = f->b + at;

	if (k->proto == 17) {
		put16(p, k->sport != 0 ? k->sport : 40000);
		put16(p + 2, k->dport != 0 ? k->dport : NF_KVS_PORT);
		put16(p + 4, len);
		put16(p + 6, 0);
		memcpy(p + 8, k->payload, k->payload_len);
	} else {
		memcpy(p, k->payload, k->payload_len);
	}
	if (k->no_csum || k->proto >= sizeof(offsets) || offsets[k->proto] == 0)
		return;
	put16(p + offsets[k->proto], 0);
	put16(p + offsets[k->proto],
		(uint16_t)~rig_sum(p, len, k->proto == 1 ? 0 : rig_pseudo(f, w)));
}

void rig_build(struct rig_frame *f, const struct rig_packet *k)
{
	uint32_t len = k->payload_len + (k->proto == 17 ? 8 : 0), at = 12, l3;

	memset(f->b, 0xee, sizeof(f->b));
	memcpy(f->b, k->dst_mac != NULL ? k->dst_mac : rig_mac, 6);
	memcpy(f->b + 6, rig_peer_mac, 6);
	if (k->vlan != 0) {
		put16(f->b + at, 0x8100);
		put16(f->b + at + 2, k->vlan);
		at += 4;
	}
	put16(f->b + at, k->is6 ? 0x86dd : 0x0800);
	l3 = at + 2;
	at = l3 + (k->is6 ? rig_put6(f->b + l3, k, len) : rig_put4(f->b + l3, k, len));
	rig_l4(f, k, l3, at, len);
	f->len = at + len;
}

uint64_t rig_count(enum nf_net_count count)
{
	return nf_net_counts(rig.net)[count];
}

/* The frame in memory of exactly its room, so that the sanitizer sees a step beyond it. */
bool rig_run(struct rig_frame *f, enum nf_net_count count)
{
	uint64_t before[NF_NET_NB_COUNTS], nb = 0;
	uint8_t *memory = malloc(RIG_ROOM);
	struct nf_net_frame v = { .data = memory, .len = f->len, .room = RIG_ROOM };

	memcpy(before, nf_net_counts(rig.net), sizeof(before));
	memcpy(memory, f->b, f->len);
	nf_net_burst(rig.net, &v, 1, rig.now_ns);
	for (unsigned i = 0; i < NF_NET_DROPS_END; i++)
		nb += rig_count(i) - before[i];
	assert_int_equal(nb, 1);
	for (unsigned i = 0; i < NF_NET_DROPS_END; i++) {
		if (rig_count(i) != before[i])
			assert_string_equal(nf_net_count_name(i), nf_net_count_name(count));
	}
	assert_true(v.len == 0 || (v.data >= memory && v.data + v.len <= memory + RIG_ROOM));
	f->len = v.len;
	if (v.len > 0)
		memcpy(f->b, v.data, v.len);
	free(memory);
	return v.len > 0;
}

uint32_t rig_request(uint8_t to[], const char *text)
{
	static const uint8_t head[8] = { 0x12, 0x34, 0, 0, 0, 1, 0, 0 };

	memcpy(to, head, sizeof(head));
	memcpy(to + sizeof(head), text, strlen(text));
	return (uint32_t)(sizeof(head) + strlen(text));
}
