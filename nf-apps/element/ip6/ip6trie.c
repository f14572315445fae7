/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/ip6/ip6trie.h"

#define IP6TRIE_ROOM_MIN    16u
#define IP6TRIE_HOP_BUCKETS 1024u

struct nf_ip6trie_rec {
	nf_ip6trie_addr addr;
	uint32_t next; /* of the same node, or of the free ones; index + 1 */
	uint16_t hop;
	uint8_t len;
	bool used;
};

struct nf_ip6trie_ref {
	uint32_t nb;   /* routes that use it; 0: free */
	uint16_t next; /* in its bucket, or of the free ones; 0: the last */
};

static nf_ip6trie_addr ip6trie_head(nf_ip6trie_addr addr, unsigned len)
{
	return len == 0 ? 0 : addr >> (128 - len) << (128 - len);
}

/* Bits that both begin with, down to a multiple of 4, at most `max`. */
static unsigned ip6trie_common(nf_ip6trie_addr a, nf_ip6trie_addr b, unsigned max)
{
	nf_ip6trie_addr x = a ^ b;
	unsigned n = 128;

	if ((uint64_t)(x >> 64) != 0)
		n = (unsigned)__builtin_clzll((uint64_t)(x >> 64));
	else if ((uint64_t)x != 0)
		n = 64 + (unsigned)__builtin_clzll((uint64_t)x);
	n &= ~3u;
	return n < max ? n : max;
}

/* The position of the node that a route of this length (from 1 on) belongs to. */
static unsigned ip6trie_pos(unsigned len)
{
	return (len - 1) & ~3u;
}

/* Room for two more nodes: what one route needs at most. */
static int ip6trie_room_nodes(struct nf_ip6trie *t)
{
	uint32_t room = t->room_nodes == 0 ? IP6TRIE_ROOM_MIN : t->room_nodes + t->room_nodes / 2;
	struct nf_ip6trie_node *nodes;

	if (t->nb_nodes + 2 <= t->room_nodes)
		return 0;
	nodes = aligned_alloc(UK_CACHE_LINE, room * sizeof(*nodes));
	if (nodes == NULL)
		return -ENOMEM;
	if (t->nb_nodes > 0)
		memcpy(nodes, t->nodes, t->nb_nodes * sizeof(*nodes));
	free(t->nodes);
	t->nodes = nodes;
	t->room_nodes = room;
	if (t->nb_nodes == 0) {
		memset(&nodes[0], 0, sizeof(nodes[0]));
		t->nb_nodes = 1;
	}
	return 0;
}

static uint32_t ip6trie_node(struct nf_ip6trie *t, nf_ip6trie_addr addr, unsigned pos)
{
	uint32_t i = t->free_node;

	if (i != 0)
		t->free_node = t->nodes[i].routes;
	else
		i = t->nb_nodes++;
	t->nodes[i] =
		(struct nf_ip6trie_node){ .prefix = ip6trie_head(addr, pos), .pos = (uint8_t)pos };
	return i;
}

static void ip6trie_node_free(struct nf_ip6trie *t, uint32_t i)
{
	t->nodes[i].routes = t->free_node;
	t->free_node = i;
}

/* The way down to the node at `pos` for an address. */
struct ip6trie_walk {
	uint32_t node, parent, grandparent; /* UINT32_MAX: none */
	unsigned way, parent_way;           /* in the parent, in the grandparent */
};

/* As far as nodes agree with the first `pos` bits; w->node is the last one that does. */
static void ip6trie_walk(
	const struct nf_ip6trie *t, nf_ip6trie_addr addr, unsigned pos, struct ip6trie_walk *w)
{
	*w = (struct ip6trie_walk){ .parent = UINT32_MAX, .grandparent = UINT32_MAX };
	while (t->nodes[w->node].pos < pos) {
		unsigned way = nf_ip6trie_way(addr, t->nodes[w->node].pos);
		uint32_t child = t->nodes[w->node].child[way];
		const struct nf_ip6trie_node *c = &t->nodes[child];

		if (child == 0 || c->pos > pos || ip6trie_common(addr, c->prefix, c->pos) < c->pos)
			return;
		w->grandparent = w->parent;
		w->parent_way = w->way;
		w->parent = w->node;
		w->way = way;
		w->node = child;
	}
}

/* The node at exactly `pos`, made if it is not there; there is room for two. */
static uint32_t ip6trie_make(struct nf_ip6trie *t, nf_ip6trie_addr addr, unsigned pos)
{
	struct ip6trie_walk w;
	uint32_t child, new;
	unsigned way, common;

	ip6trie_walk(t, addr, pos, &w);
	if (t->nodes[w.node].pos == pos)
		return w.node;
	way = nf_ip6trie_way(addr, t->nodes[w.node].pos);
	child = t->nodes[w.node].child[way];
	new = ip6trie_node(t, addr, pos);
	if (child == 0) {
		t->nodes[w.node].child[way] = new;
		return new;
	}
	common = ip6trie_common(addr, t->nodes[child].prefix, pos);
	if (common == pos) { /* above the child */
		t->nodes[new].child[nf_ip6trie_way(t->nodes[child].prefix, pos)] = child;
		t->nodes[w.node].child[way] = new;
	} else { /* beside it, below a node where they part */
		uint32_t branch = ip6trie_node(t, addr, common);

		t->nodes[branch].child[nf_ip6trie_way(t->nodes[child].prefix, common)] = child;
		t->nodes[branch].child[nf_ip6trie_way(addr, common)] = new;
		t->nodes[w.node].child[way] = branch;
	}
	return new;
}

/* Takes a node out that holds no route and offers no choice. */
static bool ip6trie_prune(struct nf_ip6trie *t, uint32_t i, uint32_t parent, unsigned way)
{
	uint32_t only = 0, nb = 0;

	if (parent == UINT32_MAX || t->nodes[i].routes != 0)
		return false;
	for (unsigned k = 0; k < NF_IP6TRIE_WAYS; k++) {
		if (t->nodes[i].child[k] != 0) {
			only = t->nodes[i].child[k];
			nb++;
		}
	}
	if (nb > 1)
		return false;
	t->nodes[parent].child[way] = only;
	ip6trie_node_free(t, i);
	return true;
}

/* What each way of a node says, from the routes that end there. */
static void ip6trie_paint(struct nf_ip6trie *t, uint32_t node)
{
	struct nf_ip6trie_node *n = &t->nodes[node];
	uint8_t len[NF_IP6TRIE_WAYS] = { 0 };

	memset(n->hop, 0, sizeof(n->hop));
	for (uint32_t i = n->routes; i != 0; i = t->recs[i - 1].next) {
		const struct nf_ip6trie_rec *r = &t->recs[i - 1];
		unsigned first = nf_ip6trie_way(r->addr, n->pos), nb = 1u << (n->pos + 4 - r->len);

		for (unsigned k = first; k < first + nb; k++) {
			if (r->len > len[k]) {
				len[k] = r->len;
				n->hop[k] = r->hop;
			}
		}
	}
}

static struct nf_ip6trie_rec *ip6trie_find(
	const struct nf_ip6trie *t, nf_ip6trie_addr addr, unsigned len)
{
	struct ip6trie_walk w;

	if (len == 0)
		return t->default_rec == 0 ? NULL : &t->recs[t->default_rec - 1];
	if (t->nodes == NULL)
		return NULL;
	ip6trie_walk(t, addr, ip6trie_pos(len), &w);
	if (t->nodes[w.node].pos != ip6trie_pos(len))
		return NULL;
	for (uint32_t i = t->nodes[w.node].routes; i != 0; i = t->recs[i - 1].next) {
		if (t->recs[i - 1].len == len && t->recs[i - 1].addr == addr)
			return &t->recs[i - 1];
	}
	return NULL;
}

static int ip6trie_room_recs(struct nf_ip6trie *t)
{
	uint32_t room = t->room_recs == 0 ? IP6TRIE_ROOM_MIN : 2 * t->room_recs;
	struct nf_ip6trie_rec *recs;

	if (t->free_rec != 0 || t->nb_recs < t->room_recs)
		return 0;
	if (t->nb_recs == NF_IP6TRIE_ROUTES_MAX)
		return -ENOSPC;
	recs = realloc(t->recs, room * sizeof(*recs));
	if (recs == NULL)
		return -ENOMEM;
	t->recs = recs;
	t->room_recs = room;
	return 0;
}

static int ip6trie_room_hops(struct nf_ip6trie *t)
{
	uint32_t room = t->room_hops == 0 ? IP6TRIE_ROOM_MIN : 2 * t->room_hops;
	struct nf_ip6trie_hop *hops;
	struct nf_ip6trie_ref *refs;

	if (t->free_hop != 0)
		return 0;
	if (t->nb_hops == NF_IP6TRIE_HOPS_MAX)
		return -ENOSPC;
	if (t->nb_hops < t->room_hops)
		return 0;
	hops = realloc(t->hops, room * sizeof(*hops));
	if (hops == NULL)
		return -ENOMEM;
	t->hops = hops;
	refs = realloc(t->refs, room * sizeof(*refs));
	if (refs == NULL)
		return -ENOMEM;
	t->refs = refs;
	if (t->hop_buckets == NULL)
		t->hop_buckets = calloc(IP6TRIE_HOP_BUCKETS, sizeof(*t->hop_buckets));
	if (t->hop_buckets == NULL)
		return -ENOMEM;
	t->room_hops = room;
	if (t->nb_hops == 0) {
		t->hops[0] = (struct nf_ip6trie_hop){ .port = NF_IP6TRIE_NONE };
		t->refs[0] = (struct nf_ip6trie_ref){ .nb = 1 };
		t->nb_hops = 1;
	}
	return 0;
}

static uint16_t *ip6trie_hop_bucket(
	const struct nf_ip6trie *t, const struct nf_ip6 *gw, int32_t port)
{
	nf_ip6trie_addr addr = nf_ip6trie_load(gw);
	uint64_t key = (uint64_t)(addr >> 64) * 0xbf58476d1ce4e5b9ull ^ (uint64_t)addr ^
		       (uint64_t)port << 48;

	return &t->hop_buckets[key * 0x9e3779b97f4a7c15ull >> 54];
}

/* The number of a next hop, with one more reference, or -errno. */
static int ip6trie_hop_get(struct nf_ip6trie *t, const struct nf_ip6trie_route *r)
{
	static const struct nf_ip6 none;
	int rc = ip6trie_room_hops(t);
	uint16_t *head = t->hop_buckets ? ip6trie_hop_bucket(t, &r->gw, r->port) : NULL;
	uint32_t i;

	for (i = head != NULL ? *head : 0; i != 0; i = t->refs[i].next) {
		if (t->hops[i].port == r->port &&
			memcmp(&t->hops[i].gw, &r->gw, sizeof(r->gw)) == 0) {
			t->refs[i].nb++;
			return (int)i;
		}
	}
	if (rc < 0)
		return rc;
	i = t->free_hop != 0 ? t->free_hop : t->nb_hops++;
	if (i == t->free_hop)
		t->free_hop = t->refs[i].next;
	t->hops[i] = (struct nf_ip6trie_hop){
		.gw = r->gw, .port = r->port, .has_gw = memcmp(&r->gw, &none, sizeof(none)) != 0
	};
	t->refs[i] = (struct nf_ip6trie_ref){ .nb = 1, .next = *head };
	*head = (uint16_t)i;
	return (int)i;
}

static void ip6trie_hop_put(struct nf_ip6trie *t, uint16_t hop)
{
	uint16_t *at = ip6trie_hop_bucket(t, &t->hops[hop].gw, t->hops[hop].port);

	if (--t->refs[hop].nb > 0)
		return;
	while (*at != hop)
		at = &t->refs[*at].next;
	*at = t->refs[hop].next;
	t->refs[hop].next = (uint16_t)t->free_hop;
	t->free_hop = hop;
}

static void ip6trie_tell(
	const struct nf_ip6trie *t, const struct nf_ip6trie_rec *r, struct nf_ip6trie_route *out)
{
	*out = (struct nf_ip6trie_route){ .addr = r->addr,
		.len = r->len,
		.gw = t->hops[r->hop].gw,
		.port = t->hops[r->hop].port };
}

bool nf_ip6trie_find(const struct nf_ip6trie *t, nf_ip6trie_addr addr, unsigned len,
	struct nf_ip6trie_route *out)
{
	const struct nf_ip6trie_rec *r = ip6trie_find(t, addr, len);

	if (r != NULL)
		ip6trie_tell(t, r, out);
	return r != NULL;
}

bool nf_ip6trie_nth(const struct nf_ip6trie *t, uint32_t i, struct nf_ip6trie_route *out)
{
	if (i >= t->nb_recs || !t->recs[i].used)
		return false;
	ip6trie_tell(t, &t->recs[i], out);
	return true;
}

/* After the route's next hop changed. */
static void ip6trie_changed(struct nf_ip6trie *t, const struct nf_ip6trie_rec *r)
{
	if (r->len == 0)
		t->default_hop = r->hop;
	else
		ip6trie_paint(t, ip6trie_make(t, r->addr, ip6trie_pos(r->len)));
}

static void ip6trie_insert(struct nf_ip6trie *t, const struct nf_ip6trie_route *route, uint16_t hop)
{
	uint32_t i = t->free_rec, node;
	struct nf_ip6trie_rec *r;

	if (i != 0)
		t->free_rec = t->recs[i - 1].next;
	else
		i = ++t->nb_recs;
	r = &t->recs[i - 1];
	*r = (struct nf_ip6trie_rec){
		.addr = route->addr, .len = route->len, .hop = hop, .used = true
	};
	t->nb_routes++;
	if (r->len == 0) {
		t->default_rec = i;
	} else {
		node = ip6trie_make(t, r->addr, ip6trie_pos(r->len));
		r->next = t->nodes[node].routes;
		t->nodes[node].routes = i;
	}
	ip6trie_changed(t, r);
}

int nf_ip6trie_add(struct nf_ip6trie *t, const struct nf_ip6trie_route *route, bool replace,
	struct nf_ip6trie_route *old)
{
	struct nf_ip6trie_rec *r = ip6trie_find(t, route->addr, route->len);
	int hop, rc;

	*old = (struct nf_ip6trie_route){ .port = NF_IP6TRIE_NONE };
	if (r != NULL) {
		ip6trie_tell(t, r, old);
		if (!replace)
			return -EEXIST;
	}
	rc = ip6trie_room_nodes(t);
	if (rc == 0 && r == NULL)
		rc = ip6trie_room_recs(t);
	hop = rc < 0 ? rc : ip6trie_hop_get(t, route);
	if (hop < 0)
		return hop;
	if (r == NULL) {
		ip6trie_insert(t, route, (uint16_t)hop);
		return 0;
	}
	ip6trie_hop_put(t, r->hop);
	r->hop = (uint16_t)hop;
	ip6trie_changed(t, r);
	return 0;
}

static void ip6trie_unlink(struct nf_ip6trie *t, uint32_t i)
{
	const struct nf_ip6trie_rec *r = &t->recs[i - 1];
	struct ip6trie_walk w;
	uint32_t *at;

	ip6trie_walk(t, r->addr, ip6trie_pos(r->len), &w);
	at = &t->nodes[w.node].routes;
	while (*at != i)
		at = &t->recs[*at - 1].next;
	*at = r->next;
	ip6trie_paint(t, w.node);
	if (ip6trie_prune(t, w.node, w.parent, w.way))
		ip6trie_prune(t, w.parent, w.grandparent, w.parent_way);
}

int nf_ip6trie_remove(struct nf_ip6trie *t, nf_ip6trie_addr addr, unsigned len)
{
	struct nf_ip6trie_rec *r = ip6trie_find(t, addr, len);

	if (r == NULL)
		return -ENOENT;
	ip6trie_hop_put(t, r->hop);
	if (len == 0) {
		t->default_hop = 0;
		t->default_rec = 0;
	} else {
		ip6trie_unlink(t, (uint32_t)(r - t->recs) + 1);
	}
	r->used = false;
	r->next = t->free_rec;
	t->free_rec = (uint32_t)(r - t->recs) + 1;
	t->nb_routes--;
	return 0;
}

void nf_ip6trie_free(struct nf_ip6trie *t)
{
	free(t->nodes);
	free(t->hops);
	free(t->refs);
	free(t->hop_buckets);
	free(t->recs);
	*t = (struct nf_ip6trie){ 0 };
}
