/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/ip/reasm.h"
#include "nf-apps/element/ip/reasm_join.h"

#define REASM_BUCKETS_MIN 64u
#define REASM_DGRAMS_MIN  16u

int nf_reasm_init(struct nf_reasm *r, struct nf_packet_pools *pools, uint64_t *drops,
	uint32_t himem, uint64_t seed)
{
	uint32_t nb = himem / NF_REASM_FRAG_BYTES + 1, buckets = REASM_BUCKETS_MIN;

	*r = (struct nf_reasm){ .pools = pools, .drops = drops, .himem = himem, .seed = seed };
	nb = nb < REASM_DGRAMS_MIN ? REASM_DGRAMS_MIN : nb;
	nb = nb > NF_REASM_DGRAMS_MAX ? NF_REASM_DGRAMS_MAX : nb;
	while (buckets < nb)
		buckets *= 2;
	r->dgrams = calloc(nb, sizeof(*r->dgrams));
	r->buckets = calloc(buckets, sizeof(*r->buckets));
	if (r->dgrams == NULL || r->buckets == NULL) {
		nf_reasm_cleanup(r);
		return -ENOMEM;
	}
	r->nb_dgrams = nb;
	r->bucket_mask = buckets - 1;
	for (uint32_t i = 0; i < nb; i++) {
		r->dgrams[i].chain = r->unused;
		r->unused = &r->dgrams[i];
	}
	return 0;
}

void nf_reasm_cleanup(struct nf_reasm *r)
{
	struct uk_netbuf *p;

	for (struct nf_reasm_dgram *d = r->oldest; d != NULL; d = d->newer) {
		if (d->first != NULL)
			uk_netbuf_free(d->first);
	}
	while ((p = nf_reasm_partial(r)) != NULL)
		uk_netbuf_free(p);
	free(r->dgrams);
	free(r->buckets);
	*r = (struct nf_reasm){ .dgrams = NULL };
}

struct uk_netbuf *nf_reasm_partial(struct nf_reasm *r)
{
	struct uk_netbuf *p = r->partial_first;

	if (p != NULL) {
		r->partial_first = p->next;
		p->next = NULL;
	}
	return p;
}

/* Keyed, so that nobody outside can choose fragments that meet in one bucket. */
static struct nf_reasm_dgram **reasm_bucket(struct nf_reasm *r, const struct nf_ip4 *ip)
{
	uint64_t h = r->seed ^ ((uint64_t)ip->src << 32 | ip->dst);

	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15ull;
	h ^= (uint64_t)ip->id << 16 | ip->proto;
	h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9ull;
	return &r->buckets[(h >> 32) & r->bucket_mask];
}

static struct nf_reasm_dgram *reasm_find(struct nf_reasm_dgram *d, const struct nf_ip4 *ip)
{
	while (d != NULL && (d->id != ip->id || d->src != ip->src || d->dst != ip->dst ||
				    d->proto != ip->proto))
		d = d->chain;
	return d;
}

static void reasm_unlink(struct nf_reasm *r, struct nf_reasm_dgram *d)
{
	*(d->older != NULL ? &d->older->newer : &r->oldest) = d->newer;
	*(d->newer != NULL ? &d->newer->older : &r->newest) = d->older;
}

static void reasm_link_newest(struct nf_reasm *r, struct nf_reasm_dgram *d)
{
	d->older = r->newest;
	d->newer = NULL;
	*(r->newest != NULL ? &r->newest->newer : &r->oldest) = d;
	r->newest = d;
}

/* Ends the datagram; its fragments are gone already or are somebody else's. */
static void reasm_release(struct nf_reasm *r, struct nf_reasm_dgram *d)
{
	struct nf_ip4 key = { .src = d->src, .dst = d->dst, .id = d->id, .proto = d->proto };
	struct nf_reasm_dgram **at = reasm_bucket(r, &key);

	while (*at != d)
		at = &(*at)->chain;
	*at = d->chain;
	reasm_unlink(r, d);
	r->bytes -= d->bytes;
	d->chain = r->unused;
	r->unused = d;
}

static void reasm_free_frags(struct nf_reasm *r, struct nf_reasm_dgram *d, unsigned why)
{
	r->drops[why] += d->nb_frags;
	if (d->first != NULL)
		uk_netbuf_free(d->first);
	d->first = d->last = NULL;
	d->nb_frags = 0;
	r->bytes -= d->bytes;
	d->bytes = 0;
}

/* Gives the datagram up. */
static void reasm_fail(struct nf_reasm *r, struct nf_reasm_dgram *d, unsigned why)
{
	struct uk_netbuf *p = NULL;

	r->nb_failed += !d->poisoned;
	if (r->keep_partial && d->first != NULL)
		p = nf_reasm_join(r, d, true);
	if (p != NULL) {
		*(r->partial_first != NULL ? &r->partial_last->next : &r->partial_first) = p;
		r->partial_last = p;
	} else {
		reasm_free_frags(r, d, why);
	}
	reasm_release(r, d);
}

void nf_reasm_expire(struct nf_reasm *r, uint64_t stamp_ns, uint64_t real_ns)
{
	struct nf_reasm_dgram *d;

	while ((d = r->oldest) != NULL && (real_ns > d->real_ns + NF_REASM_TIMEOUT_NS ||
						  stamp_ns > d->stamp_ns + NF_REASM_TIMEOUT_NS))
		reasm_fail(r, d, NF_REASM_TIMEOUT);
}

static struct nf_reasm_dgram *reasm_new(struct nf_reasm *r, const struct nf_ip4 *ip)
{
	struct nf_reasm_dgram *d, **bucket;

	if (r->unused == NULL)
		reasm_fail(r, r->oldest, NF_REASM_MEMORY);
	d = r->unused;
	r->unused = d->chain;
	bucket = reasm_bucket(r, ip);
	*d = (struct nf_reasm_dgram){
		.src = ip->src, .dst = ip->dst, .id = ip->id, .proto = ip->proto, .chain = *bucket
	};
	*bucket = d;
	reasm_link_newest(r, d);
	return d;
}

/* Nothing of this datagram is wanted any more, until it times out. */
static struct uk_netbuf *reasm_poison(
	struct nf_reasm *r, struct nf_reasm_dgram *d, struct uk_netbuf *p, unsigned why)
{
	r->nb_failed++;
	r->nb_bad++;
	reasm_free_frags(r, d, why);
	d->poisoned = true;
	r->drops[why]++;
	uk_netbuf_free(p);
	return NULL;
}

static bool reasm_is_copy(const struct nf_reasm_frag *a, const struct nf_reasm_frag *b)
{
	return a->off == b->off && a->end == b->end && a->more == b->more &&
	       memcmp(a->data, b->data, a->end - a->off) == 0;
}

/* Where the fragment belongs: behind *prev (NULL: first). 1: it fits, 0: it is a copy, -1: it
 * overlaps. */
static int reasm_place(
	const struct nf_reasm_dgram *d, const struct nf_reasm_frag *f, struct uk_netbuf **prev)
{
	struct nf_reasm_frag g;

	*prev = d->last;
	if (d->last == NULL)
		return 1;
	g = nf_reasm_frag(d->last);
	if (f->off >= g.end)
		return 1;
	*prev = NULL;
	for (struct uk_netbuf *q = d->first; q != NULL; q = q->next) {
		g = nf_reasm_frag(q);
		if (g.off >= f->end)
			return 1;
		if (g.end > f->off)
			return reasm_is_copy(f, &g) ? 0 : -1;
		*prev = q;
	}
	return 1;
}

static uint32_t reasm_bytes(const struct uk_netbuf *p)
{
	return p->len > NF_REASM_FRAG_BYTES ? p->len : NF_REASM_FRAG_BYTES;
}

static void reasm_insert(struct nf_reasm *r, struct nf_reasm_dgram *d,
	const struct nf_reasm_frag *f, struct uk_netbuf *p, struct uk_netbuf *prev)
{
	uint32_t bytes = reasm_bytes(p);
	uint16_t len = nf_inet_ntoh16(f->ip->len);

	p->next = prev != NULL ? prev->next : d->first;
	*(prev != NULL ? &prev->next : &d->first) = p;
	if (p->next == NULL)
		d->last = p;
	d->nb_frags++;
	d->have += f->end - f->off;
	d->bytes += bytes;
	r->bytes += bytes;
	d->ecn |= (uint8_t)(1u << (f->ip->tos & NF_IP4_ECN_MASK));
	if (len > d->max_len)
		d->max_len = len;
	if (!f->more)
		d->total = f->end;
}

/* True if the fragment contradicts what is known of the datagram's length. */
static bool reasm_contradicts(const struct nf_reasm_dgram *d, const struct nf_reasm_frag *f)
{
	if (d->total != 0)
		return f->end > d->total || (!f->more && f->end != d->total);
	return !f->more && d->last != NULL && nf_reasm_frag(d->last).end > f->end;
}

static struct uk_netbuf *reasm_whole(
	struct nf_reasm *r, struct nf_reasm_dgram *d, uint64_t stamp_ns, uint16_t *max_len)
{
	bool mixed = (d->ecn & 1u << 3) != 0 && (d->ecn & 1u) != 0;
	bool too_long = nf_reasm_frag(d->first).hlen + d->total > NF_IP4_LEN_MAX;
	struct uk_netbuf *whole = mixed || too_long ? NULL : nf_reasm_join(r, d, false);

	if (whole != NULL) {
		nf_packet_anno(whole)->time_ns = stamp_ns;
		*max_len = d->max_len;
		r->nb_good++;
	} else {
		r->nb_failed++;
		reasm_free_frags(r, d,
			mixed      ? NF_REASM_ECN
			: too_long ? NF_REASM_BAD
				   : NF_REASM_NO_BUFFER);
	}
	reasm_release(r, d);
	return whole;
}

static struct uk_netbuf *reasm_drop(struct nf_reasm *r, struct uk_netbuf *p, unsigned why)
{
	r->nb_bad++;
	r->drops[why]++;
	uk_netbuf_free(p);
	return NULL;
}

struct uk_netbuf *nf_reasm_add(struct nf_reasm *r, struct uk_netbuf *p, uint64_t stamp_ns,
	uint64_t real_ns, uint16_t *max_len)
{
	struct nf_reasm_frag f;
	struct nf_reasm_dgram *d;
	struct uk_netbuf *prev;
	int place;

	r->nb_seen++;
	if (!nf_reasm_frag_check(p, &f))
		return reasm_drop(r, p, NF_REASM_BAD);
	if (r->bytes + reasm_bytes(p) > r->himem) {
		while (r->oldest != NULL && r->bytes > r->himem / 4 * 3)
			reasm_fail(r, r->oldest, NF_REASM_MEMORY);
	}
	d = reasm_find(*reasm_bucket(r, f.ip), f.ip);
	if (d == NULL)
		d = reasm_new(r, f.ip);
	if (d->poisoned)
		return reasm_drop(r, p, NF_REASM_OVERLAP);
	reasm_unlink(r, d);
	reasm_link_newest(r, d);
	d->stamp_ns = stamp_ns;
	d->real_ns = real_ns;
	place = reasm_place(d, &f, &prev);
	if (place == 0)
		return reasm_drop(r, p, NF_REASM_DUPLICATE);
	if (place < 0 || reasm_contradicts(d, &f))
		return reasm_poison(r, d, p, NF_REASM_OVERLAP);
	if (d->nb_frags == NF_REASM_FRAGS_MAX)
		return reasm_poison(r, d, p, NF_REASM_MEMORY);
	reasm_insert(r, d, &f, p, prev);
	if (d->total == 0 || d->have != d->total)
		return NULL;
	return reasm_whole(r, d, stamp_ns, max_len);
}
