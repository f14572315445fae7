/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMPPingRewriter(INPUTSPEC1, ..., INPUTSPECn [, keywords])
 *
 * Takes pings through a translator (RFC 5508, 3): echo requests get another source, destination and
 * identifier by the input's specification, and the replies to them are rewritten back. Replies that
 * nobody waits for are dropped, except on inputs with `pass`, where all that is no echo goes on as
 *well.
 *
 * Input specifications as in IPRewriter; the pattern's source port is the identifier:
 *	pattern SADDR DADDR IDENT FOUTPUT ROUTPUT, or with four fields as in IPRewriter
 *
 * Keywords: TIMEOUT, 5 min; GUARANTEE, 5 s; REAP_INTERVAL, 15 min; MAPPING_CAPACITY (CAPACITY);
 * DST_ANNO; REPLY_ANNO; ENDPOINT_INDEPENDENT: see IPRewriter.
 * Handlers: as IPRewriter; table (mappings), bindings, binding_table.
 * Drops: no mapping; not rewritable; no port free (no identifier is); table full.
 *
 *	ping :: ICMPPingRewriter(pattern 1.0.0.1 - 0-65535 0 1, drop);
 */
#include "nf-apps/element/rewrite/rwaddr.h"

#define ICMPPINGREWRITER_S     1000000000ull
#define ICMPPINGREWRITER_ECHO  8
#define ICMPPINGREWRITER_REPLY 0

static uint32_t icmppingrewriter_find(const struct nf_rwbase *rw, const struct nf_rwkey *k)
{
	struct nf_rwkey key = *k;

	key.owner = rw->owner;
	return k->proto == NF_IP_ICMP ? nf_flowtable_find(&rw->set->flows, &key)
				      : NF_FLOWTABLE_NONE;
}

static int icmppingrewriter_first_class(uint8_t proto)
{
	return proto == NF_IP_ICMP ? 0 : -1;
}

static void icmppingrewriter_print(const struct nf_rwflow *f, unsigned dir, struct nf_text *t)
{
	const struct nf_rwkey *k = &f->key[dir], *other = &f->key[!dir];
	char a[4][NF_ADDR_IP4_LEN];

	nf_text_printf(t, "(%s, %s, %u) => (%s, %s, %u)", nf_addr_print_ip4(k->src, a[0]),
		nf_addr_print_ip4(k->dst, a[1]), nf_inet_ntoh16(dir ? k->dport : k->sport),
		nf_addr_print_ip4(other->dst, a[2]), nf_addr_print_ip4(other->src, a[3]),
		nf_inet_ntoh16(dir ? other->sport : other->dport));
}

static const struct nf_rwbase_ops icmppingrewriter_ops = { .find = icmppingrewriter_find,
	.first_class = icmppingrewriter_first_class,
	.print = icmppingrewriter_print,
	.patterns = 3 };

static int icmppingrewriter_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_rwbase *rw = e->state;

	rw->ops = &icmppingrewriter_ops;
	rw->nb_classes = 1;
	rw->timeout_ns[0] = 300 * ICMPPINGREWRITER_S;
	rw->guarantee_ns[0] = 5 * ICMPPINGREWRITER_S;
	nf_args_time_ns(a, "TIMEOUT", 0, &rw->timeout_ns[0]);
	nf_args_time_ns(a, "GUARANTEE", 0, &rw->guarantee_ns[0]);
	nf_args_bool(a, "ENDPOINT_INDEPENDENT", 0, &rw->endpoint);
	return nf_rwbase_configure(e, a, false);
}

/*
 * A request's key has the identifier as source port and one more as destination port, a reply's the
 * other way round: so a request is never taken for a reply. NULL: no echo.
 */
static struct nf_icmp *icmppingrewriter_key(
	const struct uk_netbuf *p, uint8_t owner, struct nf_rwkey *k)
{
	uint32_t hlen = 0, left = 0;
	struct nf_ip4 *ip = nf_rwaddr_ip(p, &hlen, &left);
	struct nf_icmp *icmp;
	nf_be16 more;

	if (ip == NULL || ip->proto != NF_IP_ICMP || !nf_inet_ip4_is_first(ip) ||
		hlen + sizeof(*icmp) > left)
		return NULL;
	icmp = (struct nf_icmp *)(void *)((uint8_t *)ip + hlen);
	if (icmp->type != ICMPPINGREWRITER_ECHO && icmp->type != ICMPPINGREWRITER_REPLY)
		return NULL;
	*k = (struct nf_rwkey){
		.src = ip->src, .dst = ip->dst, .proto = NF_IP_ICMP, .owner = owner
	};
	more = nf_inet_hton16((uint16_t)(nf_inet_ntoh16(icmp->id) + 1));
	k->sport = icmp->type == ICMPPINGREWRITER_ECHO ? icmp->id : more;
	k->dport = icmp->type == ICMPPINGREWRITER_ECHO ? more : icmp->id;
	return icmp;
}

/* The sum of a reply that is all zeros is written as 0xffff (RFC 1071: it has to add up to ones), which
 * an update can not tell from the other 0. */
static void icmppingrewriter_zero(const struct uk_netbuf *p, struct nf_icmp *icmp)
{
	const struct nf_ip4 *ip = (const struct nf_ip4 *)(const void *)(p->buf + p->l3_off);
	uint32_t hlen = nf_inet_ip4_hlen(ip), len = nf_inet_ntoh16(ip->len);
	uint32_t left = uk_netbuf_headroom(p) + p->len - p->l3_off;

	len = len < left ? len : left;
	if (len >= hlen + sizeof(*icmp))
		icmp->csum = nf_inet_csum(icmp, len - hlen);
}

static inline int icmppingrewriter_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct nf_rwbase *rw = e->state;
	const struct nf_rwconf *c = conf;
	struct nf_rwkey k;
	struct nf_icmp *icmp = icmppingrewriter_key(p, rw->owner, &k);
	struct nf_ip4 *ip = (struct nf_ip4 *)(void *)(p->buf + p->l3_off);
	struct nf_rwflow *f;
	uint32_t ref;
	unsigned dir;
	int way;

	if (icmp == NULL)
		return nf_rwpush_other(rw, in);
	ref = nf_flowtable_find(&rw->set->flows, &k);
	if (ref == NF_FLOWTABLE_NONE && icmp->type == ICMPPINGREWRITER_REPLY)
		return rw->input[in].kind == NF_RWBASE_PASS ? rw->input[in].out[0]
							    : NF_DROP(NF_RWBASE_NO_MAPPING);
	if (ref == NF_FLOWTABLE_NONE) {
		way = nf_rwpush_find(rw, c, in, &k, p, &ref);
		if (way != NF_KEPT)
			return way;
	}
	f = nf_rwset_flow(rw->set, ref >> 1);
	dir = ref & 1;
	nf_rwpush_addrs(ip, f, dir);
	icmp->id = dir ? f->key[0].sport : f->key[1].dport;
	icmp->csum = nf_rwpush_csum(icmp->csum, f->l4_delta ^ (uint16_t)-dir);
	if (UK_UNLIKELY(icmp->csum == 0))
		icmppingrewriter_zero(p, icmp);
	f->age.last = nf_rwset_now(e->core);
	nf_rwaddr_annos(c, p, ip, f, dir);
	return f->out[dir];
}

static void icmppingrewriter_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	nf_element_each_push(e, port, v, n, icmppingrewriter_each);
}

static const struct nf_handler icmppingrewriter_handlers[] = { NF_RWBASE_HANDLERS,
	{ .name = "table", .read = nf_rwbase_read_table },
	{ .name = "mappings", .read = nf_rwbase_read_table },
	{ .name = "bindings", .read = nf_rwbase_read_set, .arg = NF_RWBASE_BINDINGS },
	{ .name = "binding_table", .read = nf_rwbase_read_bindings }, { .name = NULL } };

const struct nf_class nf_icmppingrewriter = {
	.name = "ICMPPingRewriter",
	.ports = "1-/1-",
	.processing = "h/h",
	.conf_size = sizeof(struct nf_rwconf),
	.state_size = sizeof(struct nf_rwbase),
	.configure = icmppingrewriter_configure,
	.initialize = nf_rwbase_initialize,
	.cleanup = nf_rwbase_cleanup,
	.push = icmppingrewriter_push,
	.drops = NF_RWBASE_DROPS,
	.handlers = icmppingrewriter_handlers,
	.take_state = nf_rwbase_take_state,
	.flags = NF_CLASS_ANNO,
};
