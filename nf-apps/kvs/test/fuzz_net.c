/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer: frames from anybody, through the front end into the real store. The input is a list of frames: how to begin each
 * (as it comes, or valid headers down to UDP, ICMP, TCP or neighbour discovery with checksums put right), and its bytes. Whatever comes,
 * no byte outside of a frame's memory is touched, every buffer comes back, no answer is longer than the MTU, and a good
 * request is answered rightly afterwards.
 */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/kvs/net_part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM 1600
#define MTU  1500
#define MORE 900 /* buffers: enough for a value of 1 MiB */

static const uint8_t mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
static const uint8_t ip6[16] = { 0xfd, [15] = 2 }, peer6[16] = { 0xfd, [15] = 1 };

static struct nf_kvs *kvs;
static struct nf_net *net;
static unsigned nb_out;
static uint64_t now_ns;

static void check(bool good)
{
	if (!good)
		abort();
}

static void *fuzz_get(void *arg)
{
	if (nb_out == MORE)
		return NULL;
	nb_out++;
	return malloc(ROOM);
}

static void fuzz_look(void *arg, void *buffer, struct nf_net_frame *f)
{
	f->data = buffer;
	f->room = ROOM;
	f->buffer = buffer;
}

static void fuzz_put(void *arg, const struct nf_net_frame *f)
{
	check(f->len <= MTU + NF_NET_L2_MAX);
	nb_out--;
	free(f->buffer);
}

static const struct nf_net_ops ops = { .get = fuzz_get, .look = fuzz_look, .put = fuzz_put };

static void fuzz_start(void)
{
	struct nf_kvs_conf kc = { .store = { .bytes = 4u << 20, .hash_key = { 1, 2 } } };
	struct nf_net_conf nc = { .ops = &ops, .mtu = MTU, .port = NF_KVS_PORT };

	kvs = nf_kvs_create(&kc);
	check(kvs != NULL);
	nc.kvs = kvs;
	memcpy(nc.mac, mac, sizeof(mac));
	memcpy(nc.ip6, ip6, sizeof(ip6));
	nc.ip4 = nf_inet_hton32(0x0a000002);
	nc.ip4_mask = nf_inet_hton32(0xffffff00);
	net = nf_net_create(&nc);
	check(net != NULL);
	nf_kvs_tick(kvs, 0, 1000);
	for (unsigned i = 0; i < 4; i++)
		nf_net_timers(net, now_ns += 1000000000);
}

/* Puts checksums right, so that what is behind them is reached. */
static void fuzz_mend(uint8_t *f, uint32_t len, bool is6, uint8_t proto)
{
	static const uint8_t at[] = {
		[NF_IP_ICMP] = 2, [NF_IP_TCP] = 16, [NF_IP_UDP] = 6, [NF_IP_ICMP6] = 2
	};
	uint32_t l4 = NF_ETHER_LEN + (is6 ? NF_NET_IP6_LEN : NF_NET_IP4_LEN);
	struct nf_net_pkt p = { .l3 = f + NF_ETHER_LEN, .l4 = f + l4, .is6 = is6 };
	uint32_t l4_len = len - l4;
	nf_be16 csum;

	if (at[proto] == 0 || l4_len < at[proto] + 2u)
		return;
	memset(p.l4 + at[proto], 0, 2);
	csum = proto == NF_IP_ICMP ? nf_inet_csum(p.l4, l4_len) : nf_net_l4_csum(&p, proto, l4_len);
	memcpy(p.l4 + at[proto], &csum, 2);
}

/* Headers of a good packet in front of the bytes; returns the frame's length. */
static uint32_t fuzz_frame(uint8_t *f, uint8_t how, const uint8_t *bytes, uint32_t n)
{
	static const uint8_t protos[] = { NF_IP_UDP, NF_IP_UDP, NF_IP_ICMP6, NF_IP_TCP };
	bool is6 = how & 1;
	uint8_t proto = protos[how >> 1 & 3];
	uint32_t l4 = NF_ETHER_LEN + (is6 ? NF_NET_IP6_LEN : NF_NET_IP4_LEN), at = l4;

	if (!is6 && proto == NF_IP_ICMP6)
		proto = NF_IP_ICMP;
	memcpy(f, mac, 6);
	memset(f + 6, 2, 6);
	nf_inet_put16(f + 12, is6 ? NF_ETHERTYPE_IP6 : NF_ETHERTYPE_IP);
	if (proto == NF_IP_UDP) {
		nf_inet_put16(f + at, 40000);
		nf_inet_put16(f + at + 2, NF_KVS_PORT);
		nf_inet_put16(f + at + 4, (uint16_t)(n + NF_NET_UDP_LEN));
		nf_inet_put16(f + at + 6, 0);
		at += NF_NET_UDP_LEN;
	}
	memcpy(f + at, bytes, n);
	if (proto == NF_IP_UDP && n >= 8)
		memcpy(f + at + 4, "\0\1\0\0", 4);
	if (is6) {
		struct nf_ip6_hdr *h = (void *)(f + NF_ETHER_LEN);

		h->vtf = nf_inet_hton32(6u << 28);
		h->len = nf_inet_hton16((uint16_t)(at + n - l4));
		h->next = proto;
		h->hlim = 255;
		memcpy(h->src, peer6, 16);
		memcpy(h->dst, ip6, 16);
	} else {
		nf_net_ip4_put((void *)(f + NF_ETHER_LEN), 0, at + n - NF_ETHER_LEN, proto,
			nf_inet_hton32(0x0a000001), nf_inet_hton32(0x0a000002));
	}
	fuzz_mend(f, at + n, is6, proto);
	return at + n;
}

/* One frame in memory of its own. Returns the answer's length; it is in `answer`. */
static uint32_t fuzz_run(
	const uint8_t *frame, uint32_t len, uint32_t room, uint8_t flags, uint8_t answer[ROOM])
{
	uint8_t *memory = malloc(room);
	struct nf_net_frame v = { .data = memory, .len = len, .room = room, .flags = flags };

	memcpy(memory, frame, len);
	nf_net_burst(net, &v, 1, now_ns += 100000);
	check(v.len <= MTU + NF_NET_L2_MAX || v.len <= len);
	check(v.len == 0 || (v.data >= memory && v.data + v.len <= memory + room));
	if (v.len > 0)
		memcpy(answer, v.data, v.len);
	free(memory);
	return v.len;
}

static void fuzz_still_right(void)
{
	static const char set[] = "\0\7\0\0\0\1\0\0set right 0 0 3\r\nyes\r\n",
			  get[] = "\0\7\0\0\0\1\0\0get right\r\n";
	static const char want[] = "\0\7\0\0\0\1\0\0VALUE right 0 3\r\nyes\r\nEND\r\n";
	uint8_t frame[ROOM], answer[ROOM];
	uint32_t len = fuzz_frame(frame, 0, (const uint8_t *)set, sizeof(set) - 1);

	check(fuzz_run(frame, len, ROOM, 0, answer) > 0);
	len = fuzz_frame(frame, 1, (const uint8_t *)get, sizeof(get) - 1);
	len = fuzz_run(frame, len, ROOM, 0, answer);
	check(len == 62 + sizeof(want) - 1 && memcmp(answer + 62, want, sizeof(want) - 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t frame[ROOM], answer[ROOM];

	if (net == NULL)
		fuzz_start();
	while (size > 3) {
		uint8_t how = data[0];
		uint32_t n = (uint32_t)(data[1] << 8 | data[2]) % 1400, len;

		data += 3;
		size -= 3;
		n = n < size ? n : (uint32_t)size;
		if (how & 0x80) {
			memcpy(frame, data, n);
			if (n >= 6 && !(how & 0x40))
				memcpy(frame, mac, sizeof(mac));
			len = n;
		} else {
			len = fuzz_frame(frame, how, data, n);
		}
		(void)fuzz_run(frame, len, how & 0x20 ? ROOM : len,
			how & 0x10 ? NF_NET_F_CHECKED : 0, answer);
		data += n;
		size -= n;
	}
	nf_net_timers(net, now_ns += 10000000);
	check(nb_out == 0);
	fuzz_still_right();
	return 0;
}
