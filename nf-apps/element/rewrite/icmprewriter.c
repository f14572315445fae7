/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMPRewriter(MAPS [, keywords DST_ANNO, REPLY_ANNO])
 *
 * Takes ICMP errors through a translator (RFC 5508, 4): an error quotes the packet that it is
 *about, and that packet's addresses are those of the other side. If one of the rewriters in MAPS
 *has a mapping for the quoted packet, the quoted header, its ports or identifier, checksums and TCP
 *sequence number are put back to what the receiver knows, and so is the error's own destination,
 *and its source if it is the flow's other end. Errors: destination unreachable, source quench,
 *redirect, time exceeded, parameter problem.
 *
 *	MAPS        names of rewriters, separated by spaces (IPRewriter, TCPRewriter, UDPRewriter,
 *	            IPAddrRewriter, IPAddrPairRewriter, ICMPPingRewriter). "NAME:N": the error
 *leaves by output N + the mapping's own output; without it by output 0 DST_ANNO    boolean: the
 *destination annotation becomes the new destination. Default true REPLY_ANNO  annotation of one
 *byte: gets the value that the flow's first packet had
 *
 * Ports: 1 input, 1 or more outputs. What has no mapping, and ICMP that is no error, leaves by
 *output 1 if there is one and no N is used; else it is dropped. What is no ICMP is dropped. Drops:
 *no mapping; not ICMP.
 *
 * Differs from Click: the error's source is translated if it is the flow's end (RFC 5508, REQ-5).
 *
 *	rw :: IPRewriter(...); ping :: ICMPPingRewriter(...);
 *	icmp :: ICMPRewriter(rw ping) -> ...; icmp[1] -> Discard;
 */
#include <stdlib.h>
#include "nf-apps/element/rewrite/rwaddr.h"

enum { ICMPREWRITER_NO_MAPPING, ICMPREWRITER_NOT_ICMP };

#define ICMPREWRITER_MAPS   16
#define ICMPREWRITER_ECHO   8
#define ICMPREWRITER_ERRORS (1u << 3 | 1u << 4 | 1u << 5 | 1u << 11 | 1u << 12)

struct icmprewriter_conf {
	struct nf_rwconf rw;
	bool offsets; /* some map has an output of its own */
};

struct icmprewriter {
	uint32_t nb_maps;
	struct {
		struct nf_rwbase *rw;
		int32_t offset; /* -1: output 0 */
	} map[ICMPREWRITER_MAPS];
};

/* An error and the packet in it. */
struct icmprewriter_error {
	struct nf_ip4 *ip, *quoted;
	struct nf_icmp *icmp;
	uint8_t *l4; /* the quoted packet's; NULL: not there, or of a later fragment */
	uint32_t l4_left;
	uint32_t end; /* bytes from `quoted` that may change, even */
};

static bool icmprewriter_add(struct nf_element *e, struct nf_args *a, char *word)
{
	struct icmprewriter *s = e->state;
	struct icmprewriter_conf *c = e->conf;
	char *colon = strchr(word, ':');
	struct nf_element *other;
	uint64_t offset = 0;

	if (colon != NULL)
		*colon = '\0';
	other = nf_element_find(e, word);
	if (other == NULL || nf_rwbase_of(other) == NULL ||
		(colon != NULL && nf_addr_u64(colon + 1, &offset) < 0)) {
		nf_args_error(a, "%s not an IP rewriter", word);
		return false;
	}
	if (colon != NULL && (offset > e->nb_out || offset + other->nb_out > e->nb_out)) {
		nf_args_error(a, "%s port offset requires more than %u output%s", word, e->nb_out,
			e->nb_out == 1 ? "" : "s");
		return false;
	}
	s->map[s->nb_maps].rw = nf_rwbase_of(other);
	s->map[s->nb_maps++].offset = colon != NULL ? (int32_t)offset : -1;
	c->offsets |= colon != NULL;
	return true;
}

static int icmprewriter_configure(struct nf_element *e, struct nf_args *a)
{
	struct icmprewriter *s = e->state;
	struct icmprewriter_conf *c = e->conf;
	char *words[ICMPREWRITER_MAPS], *copy = NULL;
	const char *maps = NULL;
	int nb;

	c->rw.dst_anno = true;
	nf_args_raw(a, "MAPS", NF_ARGS_POS | NF_ARGS_MUST, &maps);
	nf_args_bool(a, "DST_ANNO", 0, &c->rw.dst_anno);
	c->rw.reply_anno = nf_args_anno(a, "REPLY_ANNO", 0, 1, &c->rw.reply_at);
	if (maps == NULL)
		return nf_args_end(a);
	nb = nf_args_words(maps, words, ICMPREWRITER_MAPS, &copy);
	for (int i = 0; i < nb; i++)
		icmprewriter_add(e, a, words[i]);
	if (nb >= 0)
		free(copy);
	else
		nf_args_error(a, "more than %u IP rewriters", ICMPREWRITER_MAPS);
	if (s->nb_maps == 0 && a->nb_errors == 0)
		nf_args_error(a, "no IP rewriters supplied");
	return nf_args_end(a);
}

/* False: no error, or its quotation is too short. */
static bool icmprewriter_parse(struct icmprewriter_error *err, uint32_t hlen, uint32_t left)
{
	uint32_t qlen;

	if (hlen + sizeof(*err->icmp) + sizeof(*err->quoted) > left)
		return false;
	err->icmp = (struct nf_icmp *)(void *)((uint8_t *)err->ip + hlen);
	if (err->icmp->type > 12 || (ICMPREWRITER_ERRORS >> err->icmp->type & 1) == 0)
		return false;
	err->quoted = (struct nf_ip4 *)(void *)(err->icmp + 1);
	left -= hlen + (uint32_t)sizeof(*err->icmp);
	qlen = nf_inet_ip4_hlen(err->quoted);
	if (err->quoted->vhl >> 4 != 4 || qlen < sizeof(*err->quoted))
		return false;
	if (qlen <= left && nf_inet_ip4_is_first(err->quoted)) {
		err->l4 = (uint8_t *)err->quoted + qlen;
		err->l4_left = left - qlen;
	}
	err->end = qlen + (uint32_t)sizeof(struct nf_tcp);
	err->end = (err->end < left ? err->end : left) & ~1u;
	return true;
}

/* What a reply to the quoted packet looks like, and with `rw`'s ways: its flow. */
static struct nf_rwkey icmprewriter_key(const struct icmprewriter_error *err)
{
	const struct nf_ip4 *q = err->quoted;
	struct nf_rwkey k = { .src = q->dst, .dst = q->src, .proto = q->proto };
	const struct nf_icmp *echo = (const struct nf_icmp *)(const void *)err->l4;

	if (err->l4 == NULL || err->l4_left < 8)
		return k;
	if (q->proto == NF_IP_TCP || q->proto == NF_IP_UDP || q->proto == NF_RWPUSH_DCCP) {
		memcpy(&k.dport, err->l4, 2);
		memcpy(&k.sport, err->l4 + 2, 2);
	} else if (q->proto == NF_IP_ICMP && echo->type == ICMPREWRITER_ECHO) {
		k.dport = echo->id;
		k.sport = nf_inet_hton16((uint16_t)(nf_inet_ntoh16(echo->id) + 1));
	} else if (q->proto == NF_IP_ICMP) {
		k.proto = 0; /* not of a ping that went out */
	}
	return k;
}

/* Ports or identifier of the quoted packet, and its checksum as far as it was quoted. */
static void icmprewriter_l4(
	const struct icmprewriter_error *err, const struct nf_rwflow *f, unsigned dir)
{
	const struct nf_rwkey *was = &f->key[!dir]; /* the quoted packet before it was rewritten */
	uint16_t delta = f->l4_delta ^ (uint16_t)-dir;
	struct nf_icmp *echo = (struct nf_icmp *)(void *)err->l4;
	uint8_t proto = err->quoted->proto;

	if (err->l4 == NULL || err->l4_left < 8)
		return;
	if (proto == NF_IP_ICMP && was->proto == NF_IP_ICMP) {
		echo->id = was->sport;
		echo->csum = nf_rwpush_csum(echo->csum, delta);
	} else if (was->proto != NF_RWSET_ADDR && was->proto != NF_RWSET_PAIR) {
		memcpy(err->l4, &was->sport, 2);
		memcpy(err->l4 + 2, &was->dport, 2);
	}
	if (proto == NF_IP_UDP || proto == NF_RWPUSH_DCCP ||
		(proto == NF_IP_TCP && err->l4_left >= 18))
		nf_rwpush_l4_csum(err->l4, proto, delta);
}

static void icmprewriter_seq(struct nf_rwbase *rw, const struct icmprewriter_error *err,
	struct nf_rwflow *f, unsigned dir)
{
	struct nf_tcp *tcp = (struct nf_tcp *)(void *)err->l4;
	nf_be32 seq;

	if (f->seq == 0 || err->l4 == NULL || err->l4_left < 8)
		return;
	seq = nf_inet_hton32(nf_rwseq_ack(nf_rwset_seq(rw->set, f), dir, nf_inet_ntoh32(tcp->seq)));
	if (err->l4_left >= 18)
		tcp->csum = nf_inet_csum_adjust32(tcp->csum, tcp->seq, seq);
	tcp->seq = seq;
}

/* `k` is the reply's key, direction `dir` of the flow. */
static void icmprewriter_rewrite(struct nf_rwbase *rw, const struct icmprewriter_error *err,
	const struct nf_rwkey *k, uint32_t ref)
{
	struct nf_rwflow *f = nf_rwset_flow(rw->set, ref >> 1);
	unsigned dir = ref & 1;
	const struct nf_rwkey *was = &f->key[!dir];
	uint64_t before = nf_inet_sum(err->quoted, err->end, 0);
	/* a rewriter of single addresses knows one of the two */
	bool one = was->proto == NF_RWSET_ADDR;
	nf_be32 src = one && !dir ? k->dst : was->src, dst = one && dir ? k->src : was->dst;
	uint16_t delta;

	icmprewriter_l4(err, f, dir);
	icmprewriter_seq(rw, err, f, dir);
	err->quoted->csum = nf_rwpush_csum(err->quoted->csum, f->ip_delta ^ (uint16_t)-dir);
	err->quoted->src = src;
	err->quoted->dst = dst;
	delta = (uint16_t)~nf_inet_fold(
		nf_inet_sum(err->quoted, err->end, 0) + (uint16_t)nf_inet_fold(before));
	err->icmp->csum = nf_rwpush_csum(err->icmp->csum, delta == 0xffff ? 0 : delta);
	if (err->ip->dst == k->dst) {
		err->ip->csum = nf_inet_csum_adjust32(err->ip->csum, k->dst, src);
		err->ip->dst = src;
	}
	if (err->ip->src == k->src) {
		err->ip->csum = nf_inet_csum_adjust32(err->ip->csum, k->src, dst);
		err->ip->src = dst;
	}
}

static int icmprewriter_unmapped(const struct nf_element *e, const struct icmprewriter_conf *c)
{
	return e->nb_out > 1 && !c->offsets ? 1 : NF_DROP(ICMPREWRITER_NO_MAPPING);
}

static inline int icmprewriter_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct icmprewriter_conf *c = conf;
	struct icmprewriter *s = e->state;
	uint32_t hlen = 0, left = 0, ref = NF_FLOWTABLE_NONE, i;
	struct icmprewriter_error err = { .ip = nf_rwaddr_ip(p, &hlen, &left) };
	const struct nf_rwflow *f;
	struct nf_rwkey k;

	if (err.ip == NULL || err.ip->proto != NF_IP_ICMP)
		return NF_DROP(ICMPREWRITER_NOT_ICMP);
	if (!nf_inet_ip4_is_first(err.ip) || !icmprewriter_parse(&err, hlen, left))
		return icmprewriter_unmapped(e, c);
	k = icmprewriter_key(&err);
	for (i = 0; i < s->nb_maps && ref == NF_FLOWTABLE_NONE; i++)
		ref = s->map[i].rw->ops->find(s->map[i].rw, &k);
	if (ref == NF_FLOWTABLE_NONE)
		return icmprewriter_unmapped(e, c);
	i--;
	f = nf_rwset_flow(s->map[i].rw->set, ref >> 1);
	icmprewriter_rewrite(s->map[i].rw, &err, &k, ref);
	nf_rwaddr_annos(&c->rw, p, err.ip, f, ref & 1);
	return s->map[i].offset < 0 ? 0 : s->map[i].offset + f->out[ref & 1];
}

static void icmprewriter_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	nf_element_each_push(e, port, v, n, icmprewriter_each);
}

const struct nf_class nf_icmprewriter = {
	.name = "ICMPRewriter",
	.ports = "1/1-",
	.processing = "h/h",
	.conf_size = sizeof(struct icmprewriter_conf),
	.state_size = sizeof(struct icmprewriter),
	.configure = icmprewriter_configure,
	.push = icmprewriter_push,
	.drops = (const char *const[]){ "no mapping", "not ICMP", NULL },
	.flags = NF_CLASS_ANNO,
	.phase = NF_RWMAPPER_PHASE_USER,
};
