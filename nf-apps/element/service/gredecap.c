/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GREDecap([keywords TYPE, KEY, SEQUENCE])
 *
 * Takes the packet out of each GRE packet (RFC 2784, RFC 2890). Packets have their IP header
 * marked, and are whole (IPReassembler may stand before). A checksum that is there has to be right.
 * Congestion that the outer header tells of is told on in the inner one (RFC 6040). An inner IP
 * header is marked; it is not checked. The destination annotation becomes the outer source address.
 *
 *	TYPE      what the tunnel carries: ip (IPv4 and IPv6), or ether: Ethernet frames. Default ip
 *	KEY       the key that packets have. Default: only packets without a key
 *	SEQUENCE  boolean: packets have sequence numbers, and those that come late are dropped.
 *	          Default false: numbers do not matter
 *
 * Ports: 1 input; output 0: inner packets; output 1 (optional): packets that are not for this
 * tunnel (another protocol, type or key), as they came.
 * Handlers: reset (w): any sequence number may come next.
 * Drops: not for this tunnel, malformed (cut short, a fragment, reserved flags), bad checksum, no
 * sequence number, late, congestion (the inner sender does not know ECN).
 *
 *	FromDevice(0) -> Strip(14) -> CheckIPHeader -> GREDecap(KEY 7) -> CheckIPHeader -> rt
 */
#include "nf-apps/element/service/gre.h"
#include "nf-apps/element/service/tunnel.h"

enum {
	GREDECAP_OTHER,
	GREDECAP_MALFORMED,
	GREDECAP_CHECKSUM,
	GREDECAP_UNNUMBERED,
	GREDECAP_LATE,
	GREDECAP_CONGESTION,
};

struct gredecap_conf {
	uint32_t key;
	bool has_key, sequence, ether;
};

struct gredecap_state {
	uint32_t next; /* sequence number */
	bool started;
};

static int gredecap_configure(struct nf_element *e, struct nf_args *a)
{
	struct gredecap_conf *c = e->conf;
	unsigned type = NF_GRE_IP;

	nf_args_enum(a, "TYPE", 0, NF_GRE_TYPES, &type);
	c->ether = type == NF_GRE_ETHER;
	c->has_key = nf_args_u32(a, "KEY", 0, &c->key);
	nf_args_bool(a, "SEQUENCE", 0, &c->sequence);
	return nf_args_end(a);
}

static inline bool gredecap_is_ours(
	const struct gredecap_conf *c, const uint8_t *gre, uint16_t flags)
{
	uint16_t type = nf_inet_get16(gre + 2);
	const uint8_t *key = gre + NF_GRE_HLEN + ((flags & NF_GRE_CHECKSUM) ? 4 : 0);

	if (c->ether ? type != NF_GRE_TEB : type != NF_ETHERTYPE_IP && type != NF_ETHERTYPE_IP6)
		return false;
	if (c->has_key != ((flags & NF_GRE_KEY) != 0))
		return false;
	return !c->has_key || nf_inet_get32(key) == c->key;
}

/* RFC 2890, 2.2: not after a later one. The number is the last word of the header. */
static inline int gredecap_order(struct gredecap_state *s, uint16_t flags, const uint8_t *end)
{
	uint32_t seq;

	if (!(flags & NF_GRE_SEQUENCE))
		return NF_DROP(GREDECAP_UNNUMBERED);
	seq = nf_inet_get32(end - 4);
	if (s->started && (int32_t)(seq - s->next) < 0)
		return NF_DROP(GREDECAP_LATE);
	s->started = true;
	s->next = seq + 1;
	return 0;
}

/* The inner packet is `len` bytes at `inner`. */
static inline int gredecap_open(struct uk_netbuf *p, const struct gredecap_conf *c,
	const struct nf_ip4 *outer, uint8_t *inner, uint32_t len)
{
	uint32_t at = c->ether ? nf_tunnel_ether_len(inner, len) : 0;

	if (UK_UNLIKELY(len < (c->ether ? (uint32_t)NF_ETHER_LEN : NF_IP4_HLEN)))
		return NF_DROP(GREDECAP_MALFORMED);
	if (UK_UNLIKELY((!c->ether || at != 0) &&
			!nf_tunnel_congestion(outer->tos, inner + at, len - at)))
		return NF_DROP(GREDECAP_CONGESTION);
	nf_packet_set_dst_ip(p, outer->src);
	p->data = inner;
	p->len = len;
	p->l2_off = p->l3_off = p->l4_off = UK_NETBUF_NO_OFF;
	if (c->ether)
		nf_packet_set_l2(p, inner);
	else if (inner[0] >> 4 == 4)
		nf_ip4_mark(p, inner, nf_inet_ip4_hlen((const struct nf_ip4 *)(void *)inner));
	else
		nf_ip4_mark(p, inner, sizeof(struct nf_ip6_hdr));
	return 0;
}

static inline int gredecap_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct gredecap_conf *c = conf;
	uint32_t hlen = 0, left = 0, gre_len;
	struct nf_ip4 *ip = nf_tunnel_outer(p, &hlen, &left);
	uint16_t flags;
	uint8_t *gre;
	int rc;

	if (UK_UNLIKELY(ip == NULL))
		return NF_DROP(GREDECAP_MALFORMED);
	if (UK_UNLIKELY(ip->proto != NF_IP_GRE))
		return e->nb_out > 1 ? 1 : NF_DROP(GREDECAP_OTHER);
	if (UK_UNLIKELY(left < NF_GRE_HLEN))
		return NF_DROP(GREDECAP_MALFORMED);
	gre = (uint8_t *)ip + hlen;
	flags = nf_inet_get16(gre);
	gre_len = nf_gre_hlen(flags);
	if (UK_UNLIKELY((flags & (NF_GRE_RESERVED | NF_GRE_VERSION)) != 0 || left < gre_len))
		return NF_DROP(GREDECAP_MALFORMED);
	if (UK_UNLIKELY(!gredecap_is_ours(c, gre, flags)))
		return e->nb_out > 1 ? 1 : NF_DROP(GREDECAP_OTHER);
	if ((flags & NF_GRE_CHECKSUM) && nf_inet_csum(gre, left) != 0)
		return NF_DROP(GREDECAP_CHECKSUM);
	if (c->sequence) {
		rc = gredecap_order(e->state, flags, gre + gre_len);
		if (UK_UNLIKELY(rc != 0))
			return rc;
	}
	return gredecap_open(p, c, ip, gre + gre_len, left - gre_len);
}

static int gredecap_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	*(struct gredecap_state *)e->state = (struct gredecap_state){ 0 };
	return 0;
}

static void gredecap_take_state(struct nf_element *e, struct nf_element *old)
{
	*(struct gredecap_state *)e->state = *(const struct gredecap_state *)old->state;
}

NF_EACH_DEFINE(gredecap)

const struct nf_class nf_gredecap = {
	.name = "GREDecap",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct gredecap_conf),
	.state_size = sizeof(struct gredecap_state),
	.configure = gredecap_configure,
	NF_EACH(gredecap),
	.drops = (const char *const[]){ "not for this tunnel", "malformed", "bad checksum",
		"no sequence number", "late", "congestion", NULL },
	.handlers =
		(const struct nf_handler[]){
			{ .name = "reset", .write = gredecap_reset, .flags = NF_HANDLER_BUTTON },
			{ .name = NULL } },
	.take_state = gredecap_take_state,
	.flags = NF_CLASS_ANNO,
};
