/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPAddrRewriter(INPUTSPEC1, ..., INPUTSPECn [, keywords])
 *
 * Basic NAT (RFC 3022, 2.1): each inner address gets an outer one of its own, for packets of any
 *protocol. A packet from a mapped inner address gets the outer source; else one to a mapped outer
 *address gets the inner destination. Checksums of IP, TCP, UDP and DCCP are kept right.
 *
 * Input specifications as in IPRewriter, but patterns are:
 *	pattern SADDR - FOUTPUT ROUTPUT  SADDR may be "-", a range L-H or a prefix A/N (without its
 *first and last address): one that no mapping uses is taken, at random; with
 *	                          "#" behind, in turn. The destination is never changed
 *
 * Keywords: TIMEOUT, idle time after which a mapping ends, 5 min; GUARANTEE, 5 s; REAP_INTERVAL, 15
 *min; MAPPING_CAPACITY (CAPACITY); DST_ANNO (of packets to outer addresses); REPLY_ANNO: see
 *IPRewriter. Handlers: as IPRewriter; table (mappings). Drops: no mapping; not rewritable (no IP
 *header); no port free (no address is); table full.
 *
 * Differs from Click: TIMEOUT is what Click's manual says; its code has two hours.
 *
 *	rw :: IPAddrRewriter(pattern 3.0.0.0/24 - 0 1, drop);
 */
#include "nf-apps/element/rewrite/rwaddr.h"

#define IPADDRREWRITER_S 1000000000ull

static struct nf_rwkey ipaddrrewriter_key(uint8_t owner, nf_be32 src, nf_be32 dst)
{
	return (struct nf_rwkey){ .src = src, .dst = dst, .proto = NF_RWSET_ADDR, .owner = owner };
}

static uint32_t ipaddrrewriter_find(const struct nf_rwbase *rw, const struct nf_rwkey *k)
{
	struct nf_rwkey from = ipaddrrewriter_key(rw->owner, k->src, 0);
	struct nf_rwkey to = ipaddrrewriter_key(rw->owner, 0, k->dst);
	uint32_t ref = nf_flowtable_find(&rw->set->flows, &from);

	return ref != NF_FLOWTABLE_NONE ? ref : nf_flowtable_find(&rw->set->flows, &to);
}

static int ipaddrrewriter_first_class(uint8_t proto)
{
	return proto == NF_RWSET_ADDR ? 0 : -1;
}

static void ipaddrrewriter_print(const struct nf_rwflow *f, unsigned dir, struct nf_text *t)
{
	char a[NF_ADDR_IP4_LEN], b[NF_ADDR_IP4_LEN];

	nf_addr_print_ip4(f->key[0].src, a);
	nf_addr_print_ip4(f->key[1].dst, b);
	nf_text_printf(t, "%s => %s", dir ? b : a, dir ? a : b);
}

static const struct nf_rwbase_ops ipaddrrewriter_ops = { .find = ipaddrrewriter_find,
	.first_class = ipaddrrewriter_first_class,
	.print = ipaddrrewriter_print,
	.patterns = 2,
	.src_only = true };

static int ipaddrrewriter_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_rwbase *rw = e->state;

	rw->ops = &ipaddrrewriter_ops;
	rw->nb_classes = 1;
	rw->timeout_ns[0] = 300 * IPADDRREWRITER_S;
	rw->guarantee_ns[0] = 5 * IPADDRREWRITER_S;
	nf_args_time_ns(a, "TIMEOUT", 0, &rw->timeout_ns[0]);
	nf_args_time_ns(a, "GUARANTEE", 0, &rw->guarantee_ns[0]);
	return nf_rwbase_configure(e, a, false);
}

/* One packet whose flow may be known. Returns its way. */
static int ipaddrrewriter_one(
	struct nf_element *e, unsigned port, uint32_t ref, uint32_t now, struct uk_netbuf *p)
{
	struct nf_rwbase *rw = e->state;
	const struct nf_rwconf *c = e->conf;
	uint32_t hlen = 0, left = 0;
	struct nf_ip4 *ip = nf_rwaddr_ip(p, &hlen, &left);
	struct nf_rwkey from, seen;
	struct nf_rwflow *f;
	int way;

	if (UK_UNLIKELY(ip == NULL))
		return nf_rwpush_other(rw, port);
	if (UK_UNLIKELY(ref == NF_FLOWTABLE_NONE)) {
		seen = (struct nf_rwkey){ .src = ip->src, .dst = ip->dst };
		ref = ipaddrrewriter_find(rw, &seen);
	}
	if (UK_UNLIKELY(ref == NF_FLOWTABLE_NONE)) {
		from = ipaddrrewriter_key(rw->owner, ip->src, 0);
		way = nf_rwpush_find(rw, c, port, &from, p, &ref);
		if (way != NF_KEPT)
			return way;
	}
	f = nf_rwset_flow(rw->set, ref >> 1);
	if (ref & 1)
		ip->dst = f->key[0].src;
	else
		ip->src = f->key[1].dst;
	ip->csum = nf_rwpush_csum(ip->csum, f->ip_delta ^ (uint16_t) - (ref & 1));
	nf_rwaddr_l4_csum(ip, hlen, left, f->ip_delta ^ (uint16_t) - (ref & 1));
	f->age.last = now;
	if (ref & 1)
		nf_rwaddr_annos(c, p, ip, f, 1);
	return f->out[ref & 1];
}

static void ipaddrrewriter_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct nf_rwbase *rw = e->state;
	const struct nf_flowtable *t = &rw->set->flows;
	struct nf_rwkey key[UK_BURST_MAX];
	uint32_t ref[UK_BURST_MAX], now = nf_rwset_now(e->core), hlen, left;
	uint64_t changes = t->changes;
	int16_t to[UK_BURST_MAX];
	int differ = 0;

	to[0] = 0;
	for (uint16_t i = 0; i < n; i++) {
		const struct nf_ip4 *ip = nf_rwaddr_ip(v[i], &hlen, &left);

		key[i] = ipaddrrewriter_key(rw->owner, ip != NULL ? ip->src : 0, 0);
	}
	nf_flowtable_find_burst(t, key, n, ref, sizeof(key[0]), sizeof(struct nf_rwflow));
	for (uint16_t i = 0; i < n; i++) {
		if (UK_UNLIKELY(t->changes != changes))
			ref[i] = NF_FLOWTABLE_NONE; /* may be another's by now */
		to[i] = (int16_t)ipaddrrewriter_one(e, port, ref[i], now, v[i]);
		differ |= to[i] ^ to[0];
	}
	nf_rwpush_emit(e, v, to, n, differ);
}

static const struct nf_handler ipaddrrewriter_handlers[] = { NF_RWBASE_HANDLERS,
	{ .name = "table", .read = nf_rwbase_read_table },
	{ .name = "mappings", .read = nf_rwbase_read_table }, { .name = NULL } };

const struct nf_class nf_ipaddrrewriter = {
	.name = "IPAddrRewriter",
	.ports = "1-/1-",
	.processing = "h/h",
	.conf_size = sizeof(struct nf_rwconf),
	.state_size = sizeof(struct nf_rwbase),
	.configure = ipaddrrewriter_configure,
	.initialize = nf_rwbase_initialize,
	.cleanup = nf_rwbase_cleanup,
	.push = ipaddrrewriter_push,
	.drops = NF_RWBASE_DROPS,
	.handlers = ipaddrrewriter_handlers,
	.take_state = nf_rwbase_take_state,
	.flags = NF_CLASS_ANNO,
};
