/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPAddrPairRewriter(INPUTSPEC1, ..., INPUTSPECn [, keywords])
 *
 * Rewrites the addresses of packets of any protocol; a mapping belongs to a pair of source and
 * destination, so each pair may get another address. Checksums of IP, TCP, UDP and DCCP are kept
 *right.
 *
 * Input specifications as in IPRewriter, but patterns are without ports:
 *	pattern SADDR DADDR FOUTPUT ROUTPUT  "-" leaves an address. SADDR may be a range L-H or a
 *prefix A/N (without its first and last address): one that no mapping uses with that destination is
 *taken, at random; with "#" behind, in turn
 *
 * Keywords: TIMEOUT, idle time after which a mapping ends, 5 min; GUARANTEE, 5 s; REAP_INTERVAL, 15
 *min; MAPPING_CAPACITY (CAPACITY); DST_ANNO; REPLY_ANNO: see IPRewriter. Handlers: as IPRewriter;
 *table (mappings). Drops: no mapping; not rewritable (no IP header); no port free (no address is);
 *table full.
 *
 * Differs from Click: TIMEOUT is what Click's manual says; its code has two hours.
 *
 *	rw :: IPAddrPairRewriter(pattern 3.0.0.1-3.0.0.255 - 0 1, drop);
 */
#include "nf-apps/element/rewrite/rwaddr.h"

#define IPADDRPAIRREWRITER_S 1000000000ull

static uint32_t ipaddrpairrewriter_find(const struct nf_rwbase *rw, const struct nf_rwkey *k)
{
	struct nf_rwkey key = {
		.src = k->src, .dst = k->dst, .proto = NF_RWSET_PAIR, .owner = rw->owner
	};

	return nf_flowtable_find(&rw->set->flows, &key);
}

static int ipaddrpairrewriter_first_class(uint8_t proto)
{
	return proto == NF_RWSET_PAIR ? 0 : -1;
}

static void ipaddrpairrewriter_print(const struct nf_rwflow *f, unsigned dir, struct nf_text *t)
{
	char a[4][NF_ADDR_IP4_LEN];

	nf_text_printf(t, "(%s, %s) => (%s, %s)", nf_addr_print_ip4(f->key[dir].src, a[0]),
		nf_addr_print_ip4(f->key[dir].dst, a[1]), nf_addr_print_ip4(f->key[!dir].dst, a[2]),
		nf_addr_print_ip4(f->key[!dir].src, a[3]));
}

static const struct nf_rwbase_ops ipaddrpairrewriter_ops = { .find = ipaddrpairrewriter_find,
	.first_class = ipaddrpairrewriter_first_class,
	.print = ipaddrpairrewriter_print,
	.patterns = 2 };

static int ipaddrpairrewriter_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_rwbase *rw = e->state;

	rw->ops = &ipaddrpairrewriter_ops;
	rw->nb_classes = 1;
	rw->timeout_ns[0] = 300 * IPADDRPAIRREWRITER_S;
	rw->guarantee_ns[0] = 5 * IPADDRPAIRREWRITER_S;
	nf_args_time_ns(a, "TIMEOUT", 0, &rw->timeout_ns[0]);
	nf_args_time_ns(a, "GUARANTEE", 0, &rw->guarantee_ns[0]);
	return nf_rwbase_configure(e, a, false);
}

/* One packet whose flow may be known. Returns its way. */
static int ipaddrpairrewriter_one(struct nf_element *e, unsigned port, const struct nf_rwkey *key,
	uint32_t ref, uint32_t now, struct uk_netbuf *p)
{
	struct nf_rwbase *rw = e->state;
	const struct nf_rwconf *c = e->conf;
	uint32_t hlen = 0, left = 0;
	struct nf_ip4 *ip = nf_rwaddr_ip(p, &hlen, &left);
	struct nf_rwflow *f;
	int way;

	if (UK_UNLIKELY(ip == NULL))
		return nf_rwpush_other(rw, port);
	if (UK_UNLIKELY(ref == NF_FLOWTABLE_NONE)) {
		way = nf_rwpush_find(rw, c, port, key, p, &ref);
		if (way != NF_KEPT)
			return way;
	}
	f = nf_rwset_flow(rw->set, ref >> 1);
	nf_rwpush_addrs(ip, f, ref & 1);
	nf_rwaddr_l4_csum(ip, hlen, left, f->l4_delta ^ (uint16_t) - (ref & 1));
	f->age.last = now;
	nf_rwaddr_annos(c, p, ip, f, ref & 1);
	return f->out[ref & 1];
}

static void ipaddrpairrewriter_push(
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

		key[i] = (struct nf_rwkey){ .proto = NF_RWSET_PAIR, .owner = rw->owner };
		if (ip != NULL)
			memcpy(&key[i].src, &ip->src, 8);
	}
	nf_flowtable_find_burst(t, key, n, ref, sizeof(key[0]), sizeof(struct nf_rwflow));
	for (uint16_t i = 0; i < n; i++) {
		if (UK_UNLIKELY(t->changes != changes))
			ref[i] = NF_FLOWTABLE_NONE; /* may be another's by now */
		to[i] = (int16_t)ipaddrpairrewriter_one(e, port, &key[i], ref[i], now, v[i]);
		differ |= to[i] ^ to[0];
	}
	nf_rwpush_emit(e, v, to, n, differ);
}

static const struct nf_handler ipaddrpairrewriter_handlers[] = { NF_RWBASE_HANDLERS,
	{ .name = "table", .read = nf_rwbase_read_table },
	{ .name = "mappings", .read = nf_rwbase_read_table }, { .name = NULL } };

const struct nf_class nf_ipaddrpairrewriter = {
	.name = "IPAddrPairRewriter",
	.ports = "1-/1-",
	.processing = "h/h",
	.conf_size = sizeof(struct nf_rwconf),
	.state_size = sizeof(struct nf_rwbase),
	.configure = ipaddrpairrewriter_configure,
	.initialize = nf_rwbase_initialize,
	.cleanup = nf_rwbase_cleanup,
	.push = ipaddrpairrewriter_push,
	.drops = NF_RWBASE_DROPS,
	.handlers = ipaddrpairrewriter_handlers,
	.take_state = nf_rwbase_take_state,
	.flags = NF_CLASS_ANNO,
};
