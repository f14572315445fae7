/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/ip/reasm_join.h"

bool nf_reasm_frag_check(struct uk_netbuf *p, struct nf_reasm_frag *f)
{
	uint32_t hlen = 0, left, len;
	struct nf_ip4 *ip = nf_ip4_hdr_whole(p, &hlen);

	if (ip == NULL)
		return false;
	left = nf_ip4_left(p);
	len = nf_inet_ntoh16(ip->len);
	if (len <= hlen || len > left)
		return false;
	*f = nf_reasm_frag(p);
	if ((f->more && (len - hlen) % 8 != 0) || f->end > NF_IP4_LEN_MAX - NF_IP4_HLEN)
		return false;
	if ((uint8_t *)ip < p->data) {
		p->data = (uint8_t *)ip;
		p->len = left;
	}
	p->len -= left - len;
	return true;
}

/* The first fragment with `more` bytes behind it: in its own buffer, or in a larger one. NULL:
 * none. */
static struct uk_netbuf *reasm_grow(struct nf_reasm *r, struct uk_netbuf *first, uint32_t more)
{
	uint32_t l3 = first->l3_off - uk_netbuf_headroom(first);
	uint32_t hlen = first->l4_off - first->l3_off;
	uint32_t l2 = first->l2_off - first->l3_off;
	struct uk_netbuf *whole;

	if (uk_netbuf_tailroom(first) >= more) {
		first->len += more;
		return first;
	}
	whole = nf_packet_alloc(r->pools, UK_NETBUF_HEADROOM, first->len + more);
	if (whole == NULL) /* at the cost of its head room */
		return nf_packet_put(first, more) ? first : NULL;
	memcpy(whole->data, first->data, first->len);
	nf_ip4_mark(whole, whole->data + l3, hlen);
	if (first->l2_off != UK_NETBUF_NO_OFF && first->l2_off >= uk_netbuf_headroom(first))
		whole->l2_off = (uint16_t)(whole->l3_off + l2);
	*nf_packet_anno(whole) = *nf_packet_anno(first);
	return whole;
}

/* The header of the whole: as in the first fragment, but for length, fragment bits and ECN. */
static void reasm_header(
	const struct nf_reasm_dgram *d, struct nf_ip4 *ip, uint32_t hlen, uint32_t len, bool whole)
{
	uint16_t bits = nf_inet_ntoh16(ip->off);

	if (whole)
		bits &= (uint16_t) ~(NF_IP_MF | NF_IP_OFFSET);
	else if (d->total == 0)
		bits |= NF_IP_MF;
	else
		bits &= (uint16_t)~NF_IP_MF;
	ip->off = nf_inet_hton16(bits);
	ip->len = nf_inet_hton16((uint16_t)(hlen + len));
	if ((d->ecn & 1u << 3) != 0)
		ip->tos |= NF_IP4_ECN_MASK;
	nf_ip4_set_csum(ip, hlen);
}

struct uk_netbuf *nf_reasm_join(struct nf_reasm *r, struct nf_reasm_dgram *d, bool partial)
{
	struct uk_netbuf *first = d->first, *rest = first->next, *whole;
	struct nf_reasm_frag f = nf_reasm_frag(first);
	uint32_t base = f.off, len = nf_reasm_frag(d->last).end - base, have = f.end - base;
	uint32_t hlen = f.hlen;
	uint8_t *to;

	if (hlen + len > NF_IP4_LEN_MAX)
		return NULL;
	nf_ip4_mark(first, (uint8_t *)f.ip, hlen);
	first->next = NULL;
	whole = reasm_grow(r, first, len - have);
	if (whole == NULL) {
		first->next = rest;
		return NULL;
	}
	to = whole->buf + whole->l4_off;
	if (partial)
		memset(to + have, 0, len - have);
	for (struct uk_netbuf *q = rest; q != NULL; q = q->next) {
		f = nf_reasm_frag(q);
		memcpy(to + f.off - base, f.data, f.end - f.off);
	}
	reasm_header(d, (struct nf_ip4 *)(void *)(whole->buf + whole->l3_off), hlen, len, !partial);
	if (whole != first)
		uk_netbuf_free(first);
	if (rest != NULL)
		uk_netbuf_free(rest);
	r->drops[NF_REASM_JOINED] += d->nb_frags - 1u;
	d->first = d->last = NULL;
	d->nb_frags = 0;
	return whole;
}
