/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames from a hostile network into lwIP, over the glue. The input is a list of steps: one byte says what comes (enum step_kind in the low
 * bits), one how (STEP_*), one how many patches follow, and each patch is an offset of two bytes and a value. The frames are right
 * but for the patches, with what the card said last (sequence numbers, ids of its questions) filled in, so that the inner parts are
 * reached. An input that looks like a frame is one (lwIP's own seeds are).
 *
 * After each input, all connections are ended and a minute passes: not a buffer and not a piece of memory may be missing then, and the
 * stack still answers.
 */
#include <stdlib.h>
#include <string.h>
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/udp.h>
#include "netstack/netif.h"
#include "netstack/stack.h"
#include "netstack/test/fake_card.h"
#include "netstack/test/frames.h"
#include "plat-kvm/test/fake_plat.h"

#define MS        1000000ull
#define PORT      7
#define STEPS_MAX 64

enum step_kind {
	STEP_ARP,
	STEP_PING,
	STEP_UDP,
	STEP_SYN,
	STEP_ACK,
	STEP_DATA,
	STEP_FIN,
	STEP_RST,
	STEP_FRAGMENT,
	STEP_DHCP,
	STEP_DNS,
	STEP_NS,
	STEP_RA,
	STEP_ECHO6,
	STEP_RAW,
	STEP_TIME,
	NB_STEPS
};

#define STEP_VALID   0x01 /* the card vouches for checksums */
#define STEP_TWO     0x02 /* in two buffers */
#define STEP_FIX     0x04 /* IPv4's checksum is made right after the patches */
#define STEP_ARP_REQ 0x08

static uint8_t frame[FAKE_CARD_BYTES];
static struct {
	uint32_t seq, ack; /* of the peer's connection */
	uint32_t xid;
	uint16_t dns_id, dns_port;
} said;
static uint32_t nb_pieces;

/* -- applications: both echo, and keep nothing -- */

static void udp_echo(
	void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from, u16_t port)
{
	udp_sendto(pcb, p, from, port);
	pbuf_free(p);
}

static err_t tcp_echo(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	if (p == NULL)
		return tcp_close(pcb);
	for (struct pbuf *q = p; q != NULL; q = q->next)
		tcp_write(pcb, q->payload, q->len, TCP_WRITE_FLAG_COPY);
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	return ERR_OK;
}

static err_t tcp_come(void *arg, struct tcp_pcb *pcb, err_t err)
{
	if (pcb == NULL)
		return ERR_VAL;
	tcp_recv(pcb, tcp_echo);
	return ERR_OK;
}

static void dns_found(const char *name, const ip_addr_t *ip, void *arg)
{
}

static void start(void)
{
	struct udp_pcb *udp = udp_new_ip_type(IPADDR_TYPE_ANY);
	struct tcp_pcb *tcp;

	fake_plat_reset();
	fake_plat_advance(1000 * MS);
	fake_plat_arg("netdev.ip", "10.0.0.2/24:10.0.0.1:10.0.0.1");
	if (uk_stack_start(NULL) < 0)
		abort();
	udp_bind(udp, IP_ANY_TYPE, PORT);
	udp_recv(udp, udp_echo, NULL);
	tcp = tcp_new_ip_type(IPADDR_TYPE_ANY);
	tcp_bind(tcp, IP_ANY_TYPE, PORT);
	tcp_accept(tcp_listen(tcp), tcp_come);
	if (dhcp_start(uk_stack_netif(0)) != ERR_OK)
		abort();
}

/* -- what the card says -- */

static void hear_udp(const uint8_t *udp, uint32_t len)
{
	if (frames_get16(udp + 2) == 53 && len >= 10) {
		said.dns_port = frames_get16(udp);
		said.dns_id = frames_get16(udp + 8);
	}
	if (frames_get16(udp + 2) == 67 && len >= 16)
		said.xid = frames_get32(udp + 12);
}

static void hear_tcp(const uint8_t *tcp)
{
	if (frames_get16(tcp + 2) != 6000)
		return;
	said.seq = frames_get32(tcp + 8);
	said.ack = frames_get32(tcp + 4) + ((tcp[13] & (FRAMES_SYN | FRAMES_FIN)) != 0);
}

static void hear(void)
{
	struct fake_card_frame *f;

	while ((f = fake_card_take()) != NULL) {
		if (f->len >= 54 && frames_get16(f->data + 12) == 0x0800) {
			if (f->data[23] == 17)
				hear_udp(f->data + 34, f->len - 34);
			else if (f->data[23] == 6)
				hear_tcp(f->data + 34);
		}
		free(f);
	}
}

static void pass(unsigned steps, uint64_t ms)
{
	for (unsigned i = 0; i < steps; i++) {
		fake_plat_advance(ms * MS);
		uk_stack_poll();
		hear();
	}
}

/* -- frames -- */

static uint32_t make_ip6(uint8_t next, const uint8_t *payload, uint32_t len)
{
	static const uint8_t head[54] = { 0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd,
		0x60, 0, 0, 0, 0, 0, 0, 255, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0,
		0, 2, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
	uint32_t sum;

	memcpy(frame, head, sizeof(head));
	frames_set16(frame + 18, (uint16_t)len);
	frame[20] = next;
	memcpy(frame + 54, payload, len);
	frames_set16(frame + 56, 0);
	sum = (uint16_t)~frames_sum(frame + 22, 32, next + len);
	frames_set16(frame + 56, frames_sum(frame + 54, len, sum));
	return 54 + len;
}

static uint32_t make_dhcp(uint8_t type)
{
	uint8_t m[300] = { 2, 1, 6, 0 };
	static const uint8_t options[] = { 99, 130, 83, 99, 53, 1, 2, 54, 4, 10, 0, 0, 1, 51, 4, 0,
		0, 0, 60, 1, 4, 255, 255, 255, 0, 3, 4, 10, 0, 0, 1, 6, 4, 10, 0, 0, 1, 255 };

	frames_set32(m + 4, said.xid);
	frames_set32(m + 16, FRAMES_CARD_IP);
	memcpy(m + 28, fake_card.mac.addr_bytes, 6);
	memcpy(m + 236, options, sizeof(options));
	m[242] = type;
	return frames_udp(frame, 67, 68, m, sizeof(m));
}

static uint32_t make_dns(void)
{
	static const uint8_t body[] = { 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 1, 'a', 1, 'b', 0, 0, 1,
		0, 1, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 10, 9, 8, 7 };
	uint8_t m[2 + sizeof(body)];

	frames_set16(m, said.dns_id);
	memcpy(m + 2, body, sizeof(body));
	return frames_udp(frame, 53, said.dns_port, m, sizeof(m));
}

static uint32_t make(enum step_kind kind, uint8_t how)
{
	static const uint8_t ns[32] = { 135, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0xff, 0xfe, 0, 0, 1, 1, 1, 2, 0, 0, 0, 0, 2 };
	static const uint8_t ra[64] = { 134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2,
		0, 0, 0, 0, 2, 5, 1, 0, 0, 0, 0, 5, 0xdc, 3, 4, 64, 0xc0, 0, 0, 1, 0, 0, 0, 1, 0, 0,
		0, 0, 0, 0xfd, 0, 0, 1 };
	static const uint8_t echo[24] = { 128, 0, 0, 0, 1, 2, 3, 4 };
	uint8_t text[200];

	memset(text, 'x', sizeof(text));
	switch (kind) {
	case STEP_ARP:
		return frames_arp(frame, !(how & STEP_ARP_REQ));
	case STEP_PING:
		return frames_ping(frame, 1, how * 5u);
	case STEP_UDP:
		return frames_udp(frame, 5000, PORT, text, how % sizeof(text));
	case STEP_SYN:
		return frames_tcp(frame, 6000, PORT, 1000, 0, FRAMES_SYN, NULL, 0);
	case STEP_ACK:
		return frames_tcp(frame, 6000, PORT, said.seq, said.ack, FRAMES_ACK, NULL, 0);
	case STEP_DATA:
		return frames_tcp(frame, 6000, PORT, said.seq, said.ack, FRAMES_ACK | FRAMES_PSH,
			text, how % sizeof(text));
	case STEP_FIN:
		return frames_tcp(
			frame, 6000, PORT, said.seq, said.ack, FRAMES_ACK | FRAMES_FIN, NULL, 0);
	case STEP_RST:
		return frames_tcp(frame, 6000, PORT, said.seq, said.ack, FRAMES_RST, NULL, 0);
	case STEP_FRAGMENT:
		memset(frame + 34, how, 64);
		return frames_ip(
			frame, 17, 64, 5, (uint16_t)((how >> 4) * 8 | (how & 8 ? 0 : 0x2000)));
	case STEP_DHCP:
		return make_dhcp(how & 8 ? 5 : 2);
	case STEP_DNS:
		return make_dns();
	case STEP_NS:
		return make_ip6(58, ns, sizeof(ns));
	case STEP_RA:
		return make_ip6(58, ra, sizeof(ra));
	case STEP_ECHO6:
		return make_ip6(58, echo, sizeof(echo));
	default:
		memset(frame, how, 64);
		return 64;
	}
}

static void put(uint32_t len, uint8_t how)
{
	if (how & STEP_FIX) {
		frames_set16(frame + 24, 0);
		frames_set16(frame + 24, frames_sum(frame + 14, 20, 0));
	}
	fake_card_put(
		frame, len, how & STEP_TWO ? 2 : 1, how & STEP_VALID ? UK_NETBUF_F_DATA_VALID : 0);
	uk_stack_poll();
	hear();
}

/* One step off the front of the input; returns what it took. */
static size_t step(const uint8_t *data, size_t size)
{
	enum step_kind kind = data[0] % NB_STEPS;
	uint8_t how = data[1];
	size_t nb = data[2] % 16, at = 3;
	uint32_t len;

	if (kind == STEP_TIME) {
		pass(how % 16, how);
		return at;
	}
	len = make(kind, how);
	for (; nb > 0 && at + 3 <= size; nb--, at += 3)
		frame[frames_get16(data + at) % len] = data[at + 2];
	put(len, how);
	return at;
}

/* A frame of lwIP's own fuzzer, for its addresses (test/fuzz/fuzz.c). */
static void raw(const uint8_t *data, size_t size)
{
	uint16_t type = frames_get16(data + 12);

	memcpy(frame, data, size);
	if (!(frame[0] & 1))
		memcpy(frame, fake_card.mac.addr_bytes, 6);
	if (type == 0x0806 && size >= 42)
		frames_set32(frame + 38, FRAMES_CARD_IP);
	if (type == 0x0800 && size >= 34)
		frames_set32(frame + 30, FRAMES_CARD_IP);
	put((uint32_t)size, type == 0x0800 && size >= 34 ? STEP_FIX | STEP_VALID : 0);
}

static bool is_frame(const uint8_t *data, size_t size)
{
	uint16_t type = size >= 14 && size <= 1514 ? frames_get16(data + 12) : 0;

	return type == 0x0800 || type == 0x0806 || type == 0x86dd;
}

/* -- the end -- */

static void end_list(struct tcp_pcb **list)
{
	while (*list != NULL)
		tcp_abort(*list);
}

static void settle(void)
{
	ip4_addr_t ip, mask, gw;

	end_list(&tcp_active_pcbs);
	end_list(&tcp_tw_pcbs);
	dhcp_stop(uk_stack_netif(0));
	pass(70, 1000);
	IP4_ADDR(&ip, 10, 0, 0, 2);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	IP4_ADDR(&gw, 10, 0, 0, 1);
	netif_set_addr(uk_stack_netif(0), &ip, &mask, &gw);
}

static void check(void)
{
	uint32_t nb_free, nb_total, nb;

	fake_card_done();
	uk_stack_buffers(0, &nb_free, &nb_total);
	uk_port_used(&nb);
	if (nb_free != nb_total || uk_netif_tx_out() != 0)
		__builtin_trap();
	if (nb_pieces == 0)
		nb_pieces = nb;
	/* groups of a new prefix, and what is asked of a router, may come and go: a handful */
	if (nb > nb_pieces + 16)
		__builtin_trap();
	put(frames_arp(frame, true), 0);
	fake_card_put(frame, frames_ping(frame, 7, 56), 1, 0);
	uk_stack_poll();
	if (fake_card.nb_sent == 0)
		__builtin_trap();
	fake_card_forget();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;
	ip_addr_t ip;
	size_t at = 0;

	if (!started) {
		start();
		settle();
		check();
		started = true;
	}
	dhcp_start(uk_stack_netif(0));
	ip_addr_set_any_val(false, ip);
	dns_gethostbyname("a.b", &ip, dns_found, NULL);
	pass(2, 500);
	if (is_frame(data, size)) {
		raw(data, size);
	} else {
		for (unsigned n = 0; n < STEPS_MAX && at + 3 <= size; n++)
			at += step(data + at, size - at);
	}
	settle();
	check();
	return 0;
}
