/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers from the resolver: are they wanted, may they be kept, who gets them. */
#include "nf-apps/element/service/dnscache.h"

bool nf_dnscache_pkt(struct nf_dnscache_pkt *k, struct uk_netbuf *p)
{
	k->p = p;
	k->m = nf_dnscache_open(p, &k->len);
	if (k->m == NULL)
		return false;
	k->ip = (const struct nf_ip4 *)(const void *)(p->buf + p->l3_off);
	k->udp = (const struct nf_udp *)(const void *)(k->m - sizeof(struct nf_udp));
	return true;
}

uint32_t nf_dnscache_cut(uint8_t *m, uint32_t key_len, bool edns)
{
	static const uint8_t opt[NF_DNSMSG_OPT] = { 0, 0, 41, 0x04, 0xd0 };
	uint32_t end = NF_DNSMSG_HLEN + key_len;

	nf_inet_put16(m + 2, nf_inet_get16(m + 2) | NF_DNSMSG_TC);
	memset(m + 6, 0, 6);
	if (!edns)
		return end;
	memcpy(m + end, opt, sizeof(opt));
	m[11] = 1;
	return end + NF_DNSMSG_OPT;
}

/* How long the answer may be kept; 0: not at all. */
static uint32_t dnscache_ttl(const struct nf_dnscache *s, const struct nf_dnsmsg *q)
{
	unsigned rcode = (q->flags & NF_DNSMSG_RCODE) | q->opt_rcode;
	uint32_t ttl = q->ttl, max = s->max_ttl;

	if ((q->flags & NF_DNSMSG_TC) ||
		(rcode != NF_DNSMSG_NOERROR && rcode != NF_DNSMSG_NXDOMAIN))
		return 0;
	if (rcode == NF_DNSMSG_NXDOMAIN || q->nb_answers == 0) { /* RFC 2308, 5 */
		if (q->soa_ttl == NF_DNSMSG_NO_TTL)
			return 0;
		ttl = q->soa_ttl < ttl ? q->soa_ttl : ttl;
		max = s->max_negative_ttl;
	}
	return ttl < max ? ttl : max;
}

/* The answer, as this client is to get it, in p; `len` bytes at m. */
static int dnscache_reply(struct nf_dnscache *s, const struct nf_dnspend_entry *x,
	const struct nf_dnspend_waiter *w, struct uk_netbuf *p, uint8_t *m, uint32_t len)
{
	struct nf_dnscache_end from = { w->local, w->local_port }, to = { w->addr, w->port };
	bool edns = (x->kind & NF_DNSCACHE_EDNS) != 0;

	nf_inet_put16(m, w->id);
	nf_dnsmsg_set_case(m, x->key_len, w->upper);
	if (len > w->udp_size && len >= NF_DNSMSG_HLEN + x->key_len + NF_DNSMSG_OPT) {
		len = nf_dnscache_cut(m, x->key_len, edns);
		s->nb_truncated++;
	}
	return nf_dnscache_close(s, p, m, len, from, to) ? 0 : NF_DROP(NF_DNSCACHE_NO_ROOM);
}

/* Is it the question that was asked? Letters exactly as they were, if they were random. */
static bool dnscache_is_same(
	const struct nf_dnspend_entry *x, const struct nf_dnsmsg *q, bool exactly)
{
	if (x->key_len != q->key_len || memcmp(x->key, q->key, x->key_len) != 0)
		return false;
	for (uint32_t b = 0; exactly && b + 4 < x->key_len; b++) {
		bool letter = x->key[b] >= 'a' && x->key[b] <= 'z';

		if (letter && ((x->upper[b / 8] ^ q->upper[b / 8]) >> b % 8 & 1))
			return false;
	}
	return true;
}

/* For all who wait but the first, who gets the packet itself. Returns how many. */
static uint16_t dnscache_copies(struct nf_element *e, const struct nf_dnspend_entry *x,
	const struct nf_dnscache_pkt *k, struct uk_netbuf *v[NF_DNSPEND_WAITERS])
{
	uint32_t at = (uint32_t)(k->m - k->p->data);
	uint16_t n = 0;

	for (unsigned w = 1; w < x->nb_waiters; w++) {
		struct uk_netbuf *copy = nf_packet_copy(&e->core->pools, k->p);

		if (copy == NULL)
			e->drops[NF_ELEMENT_DROPS_OWN + NF_DNSCACHE_NO_BUFFER]++;
		else if (dnscache_reply(
				 e->state, x, &x->waiters[w], copy, copy->data + at, k->q.len) == 0)
			v[n++] = copy;
		else
			nf_element_drop_one(e, NF_DNSCACHE_NO_ROOM, copy);
	}
	return n;
}

int nf_dnscache_answer(struct nf_element *e, struct uk_netbuf *p)
{
	const struct nf_dnscache_conf *c = e->conf;
	struct nf_dnscache *s = e->state;
	struct nf_dnspend_entry *x;
	struct nf_dnscache_pkt k;
	struct uk_netbuf *v[NF_DNSPEND_WAITERS];
	uint32_t i, ttl;
	uint16_t n;
	int rc;

	if (!nf_dnscache_pkt(&k, p))
		return NF_DROP(NF_DNSCACHE_NOT_DNS);
	if (!nf_dnsmsg_read(k.m, k.len, &k.q))
		return NF_DROP(NF_DNSCACHE_MALFORMED);
	i = nf_dnspend_find_id(&s->pending, k.q.id, nf_inet_ntoh16(k.udp->dport));
	if (i == NF_DNSPEND_NONE || k.ip->src != c->resolver || k.ip->dst != c->self ||
		nf_inet_ntoh16(k.udp->sport) != c->resolver_port || !(k.q.flags & NF_DNSMSG_QR))
		return NF_DROP(NF_DNSCACHE_NO_ANSWER);
	x = &s->pending.entries[i];
	if (!dnscache_is_same(x, &k.q, c->random_case))
		return NF_DROP(NF_DNSCACHE_NO_ANSWER);
	s->nb_answers++;
	ttl = x->keep ? dnscache_ttl(s, &k.q) : 0;
	if (ttl != 0 && nf_dnsstore_put(&s->store, x->hash, x->key, x->key_len, x->kind, k.m,
				k.q.len, ttl, nf_dnscache_now(e)))
		s->nb_kept++;
	n = dnscache_copies(e, x, &k, v);
	rc = dnscache_reply(s, x, &x->waiters[0], p, k.m, k.q.len);
	nf_dnspend_remove(&s->pending, i); /* before anything leaves, and may come back */
	nf_element_emit(e, 0, v, n);
	return rc;
}
