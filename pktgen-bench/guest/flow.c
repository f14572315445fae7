/* SPDX-License-Identifier: BSD-3-Clause */
#include "pktgen-bench/guest/flow.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ETHER_BYTES   14u
#define IP_BYTES      20u
#define ETHER_TYPE_IP 0x0800
#define PROTOCOL_UDP  17

const struct pg_flow_sizes pg_flow_imix = {
	.nb = 12,
	.list = { 64, 594, 64, 64, 594, 64, 1518, 64, 594, 64, 594, 64 },
};

__attribute__((format(printf, 2, 3))) static int fail(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, PG_FLOW_ERROR_MAX, format, args);
	va_end(args);
	return -EINVAL;
}

static int check_range(struct pg_flow_range r, uint32_t max, const char *what, char *error)
{
	if (r.first > r.last)
		return fail(error, "the range of %s ends before it starts", what);
	if (r.last > max)
		return fail(error, "the range of %s ends above %u", what, max);
	return 0;
}

static int check_size(uint32_t size, uint32_t size_max, char *error)
{
	if (size < PG_FLOW_SIZE_MIN || size > size_max)
		return fail(error, "a frame size of %u bytes (with CRC) is not within %u to %u",
			size, PG_FLOW_SIZE_MIN, size_max);
	return 0;
}

static int check_sizes(const struct pg_flow_sizes *s, uint32_t size_max, char *error)
{
	int rc = 0;

	if (size_max > PG_FLOW_SIZE_MAX)
		size_max = PG_FLOW_SIZE_MAX;
	if (s->nb > PG_FLOW_SIZES)
		return fail(error, "a list of sizes has at most %u entries", PG_FLOW_SIZES);
	for (unsigned int i = 0; i < s->nb && rc == 0; i++)
		rc = check_size(s->list[i], size_max, error);
	if (s->nb > 0)
		return rc;
	rc = check_range(s->range, UINT32_MAX, "frame sizes", error);
	if (rc == 0)
		rc = check_size(s->range.first, size_max, error);
	if (rc == 0)
		rc = check_size(s->range.last, size_max, error);
	return rc;
}

int pg_flow_check(const struct pg_flow_conf *c, uint32_t size_max, char *error)
{
	int rc = check_sizes(&c->sizes, size_max, error);

	if (rc == 0)
		rc = check_range(c->src_ip, UINT32_MAX, "source addresses", error);
	if (rc == 0)
		rc = check_range(c->dst_ip, UINT32_MAX, "destination addresses", error);
	if (rc == 0)
		rc = check_range(c->src_port, UINT16_MAX, "source ports", error);
	if (rc == 0)
		rc = check_range(c->dst_port, UINT16_MAX, "destination ports", error);
	if (rc == 0 && c->src_mac[0] & 1)
		rc = fail(error, "the source MAC address is a multicast address");
	if (rc == 0 && c->ttl == 0)
		rc = fail(error, "a TTL of 0 can not be sent");
	return rc;
}

uint64_t pg_flow_count(const struct pg_flow_conf *c)
{
	const struct pg_flow_range *ranges[] = { &c->src_ip, &c->dst_ip, &c->src_port,
		&c->dst_port };
	uint64_t n = 1;

	for (unsigned int i = 0; i < UK_ARRAY_SIZE(ranges); i++) {
		if (__builtin_mul_overflow(n, (uint64_t)ranges[i]->last - ranges[i]->first + 1, &n))
			return UINT64_MAX;
	}
	return n;
}

static struct pg_flow_counter counter_of(struct pg_flow_range r)
{
	return (struct pg_flow_counter){ .now = r.first, .first = r.first, .last = r.last };
}

/* One step; true when it went round. */
static bool counter_step(struct pg_flow_counter *c)
{
	bool round = c->now == c->last;

	c->now = round ? c->first : c->now + 1;
	return round;
}

/* Sum of an even number of bytes, as halves in memory order. */
static uint64_t sum_bytes(const void *p, size_t len)
{
	uint64_t sum = 0;
	uint16_t half;

	for (size_t i = 0; i < len; i += sizeof(half)) {
		memcpy(&half, (const char *)p + i, sizeof(half));
		sum += half;
	}
	return sum;
}

/* Header fields that never change; what varies is 0 and gets summed on its own. */
static void start_head(struct pg_flow *f, const struct pg_flow_conf *c)
{
	struct pg_flow_frame *h = &f->head;

	memcpy(h->dst_mac, c->dst_mac, sizeof(h->dst_mac));
	memcpy(h->src_mac, c->src_mac, sizeof(h->src_mac));
	h->ether_type = htobe16(ETHER_TYPE_IP);
	h->version_ihl = 0x45;
	h->ttl = c->ttl;
	h->protocol = PROTOCOL_UDP;
	h->probe.magic = htobe32(PG_PROBE_MAGIC);
	h->probe.stream = htobe16(c->stream);
	f->ip_base = sum_bytes(&h->version_ihl, IP_BYTES);
	f->udp_base = htobe16(PROTOCOL_UDP) + sum_bytes(&h->probe, sizeof(h->probe));
}

static void start_sizes(struct pg_flow *f)
{
	uint32_t longest = f->sizes.range.last;

	if (f->sizes.nb > 0) {
		/* The counter goes through the list's indices instead. */
		f->size = counter_of((struct pg_flow_range){ 0, f->sizes.nb - 1u });
		longest = 0;
		for (unsigned int i = 0; i < f->sizes.nb; i++)
			longest = f->sizes.list[i] > longest ? f->sizes.list[i] : longest;
	} else {
		f->size = counter_of(f->sizes.range);
	}
	f->longest = (uint16_t)(longest - PG_FLOW_CRC_BYTES);
}

void pg_flow_start(struct pg_flow *f, const struct pg_flow_conf *c)
{
	memset(f, 0, sizeof(*f));
	f->sizes = c->sizes;
	f->udp_csum = c->udp_csum;
	f->src_ip = counter_of(c->src_ip);
	f->dst_ip = counter_of(c->dst_ip);
	f->src_port = counter_of(c->src_port);
	f->dst_port = counter_of(c->dst_port);
	start_sizes(f);
	start_head(f, c);
	f->varies = pg_flow_count(c) > 1 || f->size.first != f->size.last;

	/* The head is that of the first frame; where nothing varies, that of each. */
	struct pg_flow first = *f;

	pg_flow_vary(&first, &f->head);
	f->len = first.len;
	f->udp_sum = first.udp_sum;
}

void pg_flow_vary(struct pg_flow *f, struct pg_flow_frame *h)
{
	uint32_t size = f->sizes.nb ? f->sizes.list[f->size.now] : f->size.now;
	uint16_t ip_len = htobe16((uint16_t)(size - PG_FLOW_CRC_BYTES - ETHER_BYTES));
	uint16_t udp_len = htobe16((uint16_t)(size - PG_FLOW_CRC_BYTES - ETHER_BYTES - IP_BYTES));
	uint32_t src_ip = htobe32(f->src_ip.now), dst_ip = htobe32(f->dst_ip.now);
	uint16_t src_port = htobe16((uint16_t)f->src_port.now);
	uint16_t dst_port = htobe16((uint16_t)f->dst_port.now);
	uint64_t addresses = (uint64_t)src_ip + dst_ip;

	h->ip_len = ip_len;
	h->ip_csum = pg_flow_fold(f->ip_base + ip_len + addresses);
	h->src_ip = src_ip;
	h->dst_ip = dst_ip;
	h->src_port = src_port;
	h->dst_port = dst_port;
	h->udp_len = udp_len;
	f->len = (uint16_t)(size - PG_FLOW_CRC_BYTES);
	f->udp_sum = f->udp_base + addresses + src_port + dst_port + 2u * udp_len;

	counter_step(&f->size);
	if (counter_step(&f->src_port) && counter_step(&f->dst_port) && counter_step(&f->src_ip))
		counter_step(&f->dst_ip);
}

void pg_flow_prepare(const struct pg_flow *f, void *buffer)
{
	memset(buffer, 0, f->longest);
	memcpy(buffer, &f->head, sizeof(f->head));
}
