/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/route/ipfib_paint.h"

#define IPFIB_ROOM_MIN    16u
#define IPFIB_HOP_BUCKETS 1024u
#define IPFIB_HASH        0x9e3779b97f4a7c15ull

/* One hash for all that one painting needs: see nf_ipfib_chain. */
static uint32_t ipfib_hash(const struct nf_ipfib *f, uint32_t addr, unsigned len)
{
	uint64_t key = len > 24   ? (addr & ~0xffull) | 25ull << 32
		       : len > 16 ? (addr & ~0xffffull) | 17ull << 32
				  : addr | (uint64_t)len << 32;

	return (uint32_t)((key * IPFIB_HASH) >> 32) & (f->nb_buckets - 1);
}

uint32_t nf_ipfib_chain(const struct nf_ipfib *f, uint32_t addr, unsigned len)
{
	return f->nb_buckets == 0 ? 0 : f->buckets[ipfib_hash(f, addr, len)];
}

struct nf_ipfib_rec *nf_ipfib_rec(const struct nf_ipfib *f, uint32_t addr, unsigned len)
{
	uint32_t i = nf_ipfib_chain(f, addr, len);

	while (i != 0) {
		struct nf_ipfib_rec *r = &f->recs[i - 1];

		if (r->addr == addr && r->len == len)
			return r;
		i = r->next;
	}
	return NULL;
}

static void ipfib_link(struct nf_ipfib *f, uint32_t i)
{
	struct nf_ipfib_rec *r = &f->recs[i];
	uint32_t *head = &f->buckets[ipfib_hash(f, r->addr, r->len)];

	r->next = *head;
	*head = i + 1;
}

static void ipfib_unlink(struct nf_ipfib *f, const struct nf_ipfib_rec *r)
{
	uint32_t *at = &f->buckets[ipfib_hash(f, r->addr, r->len)];

	while (&f->recs[*at - 1] != r)
		at = &f->recs[*at - 1].next;
	*at = r->next;
}

/* As many buckets as routes, so that a chain is about what one painting needs. */
static int ipfib_rehash(struct nf_ipfib *f, uint32_t nb)
{
	uint32_t *buckets = calloc(nb, sizeof(*buckets));

	if (buckets == NULL)
		return -ENOMEM;
	free(f->buckets);
	f->buckets = buckets;
	f->nb_buckets = nb;
	for (uint32_t i = 0; i < f->nb_recs; i++) {
		if (f->recs[i].used)
			ipfib_link(f, i);
	}
	return 0;
}

static int ipfib_room(struct nf_ipfib *f, uint32_t nb)
{
	uint32_t room = f->room_recs == 0 ? IPFIB_ROOM_MIN : f->room_recs;
	struct nf_ipfib_rec *recs;

	if (nb > NF_IPFIB_ROUTES_MAX)
		return -ENOSPC;
	while (room < nb)
		room *= 2;
	if (room > f->room_recs) {
		recs = realloc(f->recs, room * sizeof(*recs));
		if (recs == NULL)
			return -ENOMEM;
		f->recs = recs;
		f->room_recs = room;
	}
	return f->nb_buckets >= room ? 0 : ipfib_rehash(f, room);
}

/* A free record, taken from the list or from the end. */
static int ipfib_rec(struct nf_ipfib *f, uint32_t *i)
{
	int rc = f->free_rec != 0 ? 0 : ipfib_room(f, f->nb_recs + 1);

	if (rc < 0)
		return rc;
	if (f->free_rec != 0) {
		*i = f->free_rec - 1;
		f->free_rec = f->recs[*i].next;
	} else {
		*i = f->nb_recs++;
	}
	return 0;
}

static void ipfib_rec_free(struct nf_ipfib *f, struct nf_ipfib_rec *r)
{
	r->used = false;
	r->next = f->free_rec;
	f->free_rec = (uint32_t)(r - f->recs) + 1;
	f->nb_routes--;
}

static uint16_t *ipfib_hop_bucket(const struct nf_ipfib *f, uint32_t be_gw, int32_t port)
{
	uint64_t key = be_gw | (uint64_t)(uint32_t)port << 32;

	return &f->hop_buckets[(key * IPFIB_HASH) >> 54];
}

static int ipfib_hop_room(struct nf_ipfib *f)
{
	uint32_t room = f->room_hops == 0 ? IPFIB_ROOM_MIN : f->room_hops * 2;
	struct nf_ipfib_hop *hops;
	struct nf_ipfib_ref *refs;

	if (f->nb_hops < f->room_hops)
		return 0;
	if (f->nb_hops == NF_IPFIB_HOPS_MAX)
		return -ENOSPC;
	hops = realloc(f->hops, room * sizeof(*hops));
	if (hops == NULL)
		return -ENOMEM;
	f->hops = hops;
	refs = realloc(f->refs, room * sizeof(*refs));
	if (refs == NULL)
		return -ENOMEM;
	f->refs = refs;
	if (f->hop_buckets == NULL)
		f->hop_buckets = calloc(IPFIB_HOP_BUCKETS, sizeof(*f->hop_buckets));
	if (f->hop_buckets == NULL)
		return -ENOMEM;
	f->room_hops = room;
	if (f->nb_hops == 0) { /* hop 0 stands for "no route" */
		f->hops[0] = (struct nf_ipfib_hop){ .port = NF_IPFIB_NONE };
		f->refs[0] = (struct nf_ipfib_ref){ .nb = 1 };
		f->nb_hops = 1;
	}
	return 0;
}

/* The number of a next hop, with one more reference; or -errno. */
static int ipfib_hop_get(struct nf_ipfib *f, uint32_t be_gw, int32_t port)
{
	int rc = f->free_hop != 0 ? 0 : ipfib_hop_room(f);
	uint32_t i;
	uint16_t *head;

	for (i = f->hop_buckets ? *ipfib_hop_bucket(f, be_gw, port) : 0; i != 0;
		i = f->refs[i].next) {
		if (f->hops[i].be_gw == be_gw && f->hops[i].port == port) {
			f->refs[i].nb++;
			return (int)i;
		}
	}
	if (rc < 0)
		return rc;
	if (f->free_hop != 0) {
		i = f->free_hop;
		f->free_hop = f->refs[i].next;
	} else {
		i = f->nb_hops++;
	}
	head = ipfib_hop_bucket(f, be_gw, port);
	f->hops[i] = (struct nf_ipfib_hop){ .be_gw = be_gw, .port = port };
	f->refs[i] = (struct nf_ipfib_ref){ .nb = 1, .next = *head };
	*head = (uint16_t)i;
	return (int)i;
}

static void ipfib_hop_put(struct nf_ipfib *f, uint16_t hop)
{
	uint16_t *at = ipfib_hop_bucket(f, f->hops[hop].be_gw, f->hops[hop].port);

	if (--f->refs[hop].nb > 0)
		return;
	while (*at != hop)
		at = &f->refs[*at].next;
	*at = f->refs[hop].next;
	f->refs[hop].next = (uint16_t)f->free_hop;
	f->free_hop = hop;
}

static void ipfib_tell(
	const struct nf_ipfib *f, const struct nf_ipfib_rec *r, struct nf_ipfib_route *out)
{
	*out = (struct nf_ipfib_route){ .addr = r->addr,
		.len = r->len,
		.be_gw = f->hops[r->hop].be_gw,
		.port = f->hops[r->hop].port };
}

bool nf_ipfib_find(
	const struct nf_ipfib *f, uint32_t addr, unsigned len, struct nf_ipfib_route *out)
{
	const struct nf_ipfib_rec *r = nf_ipfib_rec(f, addr, len);

	if (r != NULL)
		ipfib_tell(f, r, out);
	return r != NULL;
}

bool nf_ipfib_nth(const struct nf_ipfib *f, uint32_t i, struct nf_ipfib_route *out)
{
	if (i >= f->nb_recs || !f->recs[i].used)
		return false;
	ipfib_tell(f, &f->recs[i], out);
	return true;
}

/* Another next hop for a route that is there. */
static int ipfib_replace(struct nf_ipfib *f, struct nf_ipfib_rec *r, uint16_t hop)
{
	uint16_t was = r->hop;
	int rc;

	r->hop = hop;
	rc = f->loading ? 0 : nf_ipfib_paint(f, r->addr, r->len);
	if (rc < 0)
		r->hop = was;
	ipfib_hop_put(f, rc < 0 ? hop : was);
	return rc;
}

static int ipfib_insert(struct nf_ipfib *f, const struct nf_ipfib_route *route, uint16_t hop)
{
	struct nf_ipfib_rec *r;
	uint32_t i;
	int rc = ipfib_rec(f, &i);

	if (rc < 0)
		return rc;
	r = &f->recs[i];
	*r = (struct nf_ipfib_rec){
		.addr = route->addr, .len = route->len, .hop = hop, .used = true
	};
	f->nb_routes++;
	ipfib_link(f, i);
	if (f->loading)
		return 0;
	rc = r->len > 16 ? nf_ipfib_paint_hold(f, r->addr) : 0;
	if (rc == 0) {
		rc = nf_ipfib_paint(f, r->addr, r->len);
		if (rc < 0 && r->len > 16)
			nf_ipfib_paint_drop(f, r->addr);
	}
	if (rc < 0) {
		ipfib_unlink(f, r);
		ipfib_rec_free(f, r);
	}
	return rc;
}

int nf_ipfib_add(struct nf_ipfib *f, const struct nf_ipfib_route *route, bool replace,
	struct nf_ipfib_route *old)
{
	struct nf_ipfib_rec *r = nf_ipfib_rec(f, route->addr, route->len);
	int hop, rc = 0;

	*old = (struct nf_ipfib_route){ .port = NF_IPFIB_NONE };
	if (r != NULL) {
		ipfib_tell(f, r, old);
		if (!replace)
			return -EEXIST;
	}
	if (f->top == NULL && !f->loading)
		rc = nf_ipfib_paint_start(f);
	hop = rc < 0 ? rc : ipfib_hop_get(f, route->be_gw, route->port);
	if (hop < 0)
		return hop;
	if (r != NULL)
		return ipfib_replace(f, r, (uint16_t)hop);
	rc = ipfib_insert(f, route, (uint16_t)hop);
	if (rc < 0)
		ipfib_hop_put(f, (uint16_t)hop);
	return rc;
}

int nf_ipfib_remove(struct nf_ipfib *f, uint32_t addr, unsigned len)
{
	struct nf_ipfib_rec *r = nf_ipfib_rec(f, addr, len);
	int rc;

	if (r == NULL)
		return -ENOENT;
	ipfib_unlink(f, r);
	rc = nf_ipfib_paint(f, addr, len);
	if (rc < 0) {
		ipfib_link(f, (uint32_t)(r - f->recs));
		return rc;
	}
	if (len > 16)
		nf_ipfib_paint_drop(f, addr);
	ipfib_hop_put(f, r->hop);
	ipfib_rec_free(f, r);
	return 0;
}

int nf_ipfib_load_begin(struct nf_ipfib *f, uint32_t expected)
{
	f->loading = true;
	return expected > 0 ? ipfib_room(f, expected) : 0;
}

int nf_ipfib_load_end(struct nf_ipfib *f)
{
	int rc = 0;

	f->loading = false;
	if (f->nb_routes == 0)
		return 0;
	rc = nf_ipfib_paint_start(f);
	if (rc == 0)
		rc = nf_ipfib_paint_all(f);
	if (rc < 0)
		nf_ipfib_free(f);
	return rc;
}

void nf_ipfib_free(struct nf_ipfib *f)
{
	nf_ipfib_paint_free(f);
	free(f->recs);
	free(f->buckets);
	free(f->hops);
	free(f->refs);
	free(f->hop_buckets);
	*f = (struct nf_ipfib){ 0 };
}
