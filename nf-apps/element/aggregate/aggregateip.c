/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AggregateIP(FIELD [, keywords INCREMENTAL, UNSHIFT_IP_ADDR])
 *
 * Sets the aggregate annotation of each packet to a field of its headers or its payload, in host
 * order.
 *
 *	FIELD   what to take. By name:
 *	          ip vers, hl, tos, dscp, ecn, len, id, off, rf, df, mf, fragoff, ttl, proto, sum,
 *	             src, dst
 *	          tcp sport, dport, seq, ack, hl, flags, fin, syn, rst, psh, ackf, urg, win, sum,
 *urp udp sport, dport, len, sum;  icmp type, code, sum sport, dport: of TCP or UDP or by place,
 *from the start of a header "ip", "transp" (or "tcp", "udp", "icmp": only in those) or the payload
 *"data": [OFF], [OFF:LEN], [OFF1-OFF2] in bytes, and the same in {} in bits. Behind either "/N",
 *its first N bits, or "& MASK", one run of bits. It lies within one 32-bit word of its header
 *	INCREMENTAL bool      the old annotation goes on in front: old * 2^bits + field.
 *	                      Default false
 *	UNSHIFT_IP_ADDR bool  a part of an address stays where it is in the address: ip src/8 of
 *	                      1.2.3.4 is 16777216, not 1. Default false
 *
 * Ports: 1 input, 1 or 2 outputs, the second is push: packets without the field (too short, later
 * fragments for what is behind the IP header, another protocol); without it they are dropped.
 * Handlers: header ("ip", "transp", "payload"), bit_offset, bit_length (r).
 * Drops: no such field.
 * Differs from Click: a field at the very end of a packet counts; there the rest of its 32-bit word
 * has to be in the packet too.
 *
 *	... -> AggregateIP(ip dst/24) -> AggregateCounter -> ...
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/element/aggregate/ipspec.h"

enum { AGGREGATEIP_LACKS };

struct aggregateip_conf {
	uint8_t header; /* enum nf_ipspec_header */
	bool incremental;
	uint16_t proto;
	uint32_t bit_off, nb_bits; /* as given */
	uint32_t off, nb_bytes;
	uint32_t shift, mask;
};

static void aggregateip_place(struct nf_args *a, struct aggregateip_conf *c, bool unshift)
{
	uint32_t right = c->bit_off + c->nb_bits - 1;

	if (c->nb_bits > 32 || c->bit_off / 32 != right / 32) {
		nf_args_error(a, "FIELD does not lie within one 32-bit word");
		return;
	}
	if (c->nb_bits == 32 && c->incremental)
		nf_args_error(a, "INCREMENTAL needs a FIELD of less than 32 bits");
	c->off = c->bit_off / 8;
	c->nb_bytes = right / 8 - c->off + 1;
	c->shift = 7 - right % 8;
	c->mask = UINT32_MAX >> (32 - c->nb_bits);
	if (unshift && c->header == NF_IPSPEC_IP && c->bit_off >= 96 && right < 160) {
		/* the word as a whole, at its place */
		c->off = c->bit_off / 32 * 4;
		c->nb_bytes = 4;
		c->shift = 0;
		c->mask <<= 31 - right % 32;
	}
}

static int aggregateip_configure(struct nf_element *e, struct nf_args *a)
{
	struct aggregateip_conf *c = e->conf;
	struct nf_ipspec f = { .header = NF_IPSPEC_NONE };
	struct nf_text why = { 0 };
	bool unshift = false;
	const char *text;
	char *plain = NULL;

	nf_args_bool(a, "INCREMENTAL", 0, &c->incremental);
	nf_args_bool(a, "UNSHIFT_IP_ADDR", 0, &unshift);
	if (nf_args_raw(a, "FIELD", NF_ARGS_POS | NF_ARGS_MUST, &text)) {
		plain = nf_args_unquote(text, NULL);
		if (plain == NULL) {
			nf_args_free(a);
			return -ENOMEM;
		}
		if (nf_ipspec_parse(plain, &f, &why) < 0) {
			nf_args_error(a, "FIELD: %s", nf_text_get(&why));
		} else {
			c->header = (uint8_t)f.header;
			c->proto = f.proto;
			c->bit_off = f.bit_off;
			c->nb_bits = f.nb_bits;
			aggregateip_place(a, c, unshift);
		}
	}
	nf_text_free(&why);
	free(plain);
	return nf_args_end(a);
}

/* Bytes from the IP header to the field's header; UINT32_MAX: the packet has none. */
static inline uint32_t aggregateip_start(
	const struct aggregateip_conf *c, const struct nf_ip4 *ip, uint32_t left)
{
	uint32_t hlen = nf_inet_ip4_hlen(ip);

	if (c->header == NF_IPSPEC_IP)
		return 0;
	if (!nf_inet_ip4_is_first(ip) || hlen < 20)
		return UINT32_MAX;
	if (c->header == NF_IPSPEC_TRANSPORT)
		return nf_ipspec_fits(c->proto, ip->proto) ? hlen : UINT32_MAX;
	if (ip->proto == NF_IP_UDP)
		return hlen + sizeof(struct nf_udp);
	if (ip->proto == NF_IP_TCP && hlen + sizeof(struct nf_tcp) <= left)
		return hlen + (((const uint8_t *)ip)[hlen + 12] >> 4) * 4u;
	return UINT32_MAX;
}

static inline int aggregateip_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct aggregateip_conf *c = conf;
	const uint8_t *ip = nf_packet_l3(p);
	uint32_t left = ip == NULL ? 0 : nf_packet_left(p, ip), v = 0;
	uint64_t start;

	if (UK_UNLIKELY(left < sizeof(struct nf_ip4)))
		return e->nb_out > 1 ? 1 : NF_DROP(AGGREGATEIP_LACKS);
	start = aggregateip_start(c, (const struct nf_ip4 *)(const void *)ip, left);
	if (UK_UNLIKELY(start + c->off + c->nb_bytes > left))
		return e->nb_out > 1 ? 1 : NF_DROP(AGGREGATEIP_LACKS);
	ip += start + c->off;
	for (uint32_t i = 0; i < c->nb_bytes; i++)
		v = v << 8 | ip[i];
	v = v >> c->shift & c->mask;
	if (c->incremental)
		v += nf_packet_anno_u32(p, NF_ANNO_AGGREGATE) * (c->mask + 1);
	nf_packet_set_anno_u32(p, NF_ANNO_AGGREGATE, v);
	return 0;
}

NF_EACH_DEFINE(aggregateip)

static int aggregateip_read_header(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	static const char *const names[] = { "none", "ip", "transp", "payload" };

	nf_text_printf(out, "%s", names[((const struct aggregateip_conf *)e->conf)->header]);
	return 0;
}

static int aggregateip_read_u32(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_text_printf(out, "%u", *(const uint32_t *)(const void *)((uint8_t *)e->conf + off));
	return 0;
}

static const struct nf_handler aggregateip_handlers[] = {
	{ .name = "header", .read = aggregateip_read_header },
	{ .name = "bit_offset",
		.read = aggregateip_read_u32,
		.arg = offsetof(struct aggregateip_conf, bit_off) },
	{ .name = "bit_length",
		.read = aggregateip_read_u32,
		.arg = offsetof(struct aggregateip_conf, nb_bits) },
	{ .name = NULL },
};

const struct nf_class nf_aggregateip = {
	.name = "AggregateIP",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct aggregateip_conf),
	.configure = aggregateip_configure,
	.drops = (const char *const[]){ "no such field", NULL },
	.handlers = aggregateip_handlers,
	.flags = NF_CLASS_ANNO,
	NF_EACH(aggregateip),
};
