/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/ether/arpcache.h"

#define ARPCACHE_BUCKETS      256u /* at first */
#define ARPCACHE_BLOCK        64u  /* entries that come from the heap at once */
#define ARPCACHE_CAPACITY     2048u
#define ARPCACHE_SECOND_NS    1000000000ull
#define ARPCACHE_POLL_SLOW_NS 2000000000ull /* after so many queries without answer: */
#define ARPCACHE_POLLS_FAST   10

struct arpcache_block {
	struct arpcache_block *next;
	struct nf_arpcache_entry entries[ARPCACHE_BLOCK];
};

static const uint8_t arpcache_broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static uint64_t arpcache_now(const struct nf_arpcache *c)
{
	return nf_core_now_ns(c->owner->core);
}

static void arpcache_drop(struct nf_arpcache *c, unsigned reason, struct uk_netbuf *p)
{
	p->next = NULL;
	c->nb_drops++;
	nf_element_drop_one(c->owner, reason, p);
}

void nf_arpcache_args(struct nf_arpcache *c, struct nf_args *a, uint64_t timeout_ns)
{
	c->packet_capacity = ARPCACHE_CAPACITY;
	c->slim_factor = 2;
	c->timeout_ns = timeout_ns;
	nf_args_u32(a, "CAPACITY", 0, &c->packet_capacity);
	nf_args_u32(a, "ENTRY_CAPACITY", 0, &c->entry_capacity);
	nf_args_u32(a, "ENTRY_PACKET_CAPACITY", 0, &c->entry_packet_capacity);
	nf_args_u32(a, "CAPACITY_SLIM_FACTOR", 0, &c->slim_factor);
	nf_args_time_ns(a, "TIMEOUT", 0, &c->timeout_ns);
	if (c->timeout_ns > UINT64_MAX / 4)
		c->timeout_ns = 0;
	if (c->slim_factor == 0)
		nf_args_error(a, "CAPACITY_SLIM_FACTOR cannot be zero");
	if (c->packet_capacity == 0 || c->packet_capacity > NF_ARPCACHE_PACKETS_MAX)
		c->packet_capacity = NF_ARPCACHE_PACKETS_MAX;
	if (c->entry_capacity == 0 || c->entry_capacity > NF_ARPCACHE_ENTRIES_MAX)
		c->entry_capacity = NF_ARPCACHE_ENTRIES_MAX;
}

static struct nf_arpcache_entry **arpcache_bucket(
	const struct nf_arpcache *c, struct nf_arpcache_key key)
{
	uint64_t h = (key.a ^ c->seed) * 0x9e3779b97f4a7c15ull;

	h = (h ^ h >> 32 ^ key.b) * (c->seed | 1); /* nobody outside can make long chains */
	return &c->buckets[h >> (64 - __builtin_ctz(c->nb_buckets))];
}

static struct nf_arpcache_entry *arpcache_find(
	const struct nf_arpcache *c, struct nf_arpcache_key key)
{
	struct nf_arpcache_entry *x = *arpcache_bucket(c, key);

	while (x != NULL && (x->key.a != key.a || x->key.b != key.b))
		x = x->next;
	return x;
}

bool nf_arpcache_has(const struct nf_arpcache *c, struct nf_arpcache_key key)
{
	return arpcache_find(c, key) != NULL;
}

/* At the young end, or before `newer`. */
static void arpcache_age_link(
	struct nf_arpcache *c, struct nf_arpcache_entry *x, struct nf_arpcache_entry *newer)
{
	x->newer = newer;
	x->older = newer != NULL ? newer->older : c->newest;
	*(x->older != NULL ? &x->older->newer : &c->oldest) = x;
	*(newer != NULL ? &newer->older : &c->newest) = x;
}

static void arpcache_age_unlink(struct nf_arpcache *c, struct nf_arpcache_entry *x)
{
	*(x->older != NULL ? &x->older->newer : &c->oldest) = x->newer;
	*(x->newer != NULL ? &x->newer->older : &c->newest) = x->older;
}

static struct uk_netbuf *arpcache_pop(struct nf_arpcache *c, struct nf_arpcache_entry *x)
{
	struct uk_netbuf *p = x->head;

	x->head = p->next;
	if (x->head == NULL)
		x->tail = NULL;
	x->nb_packets--;
	c->nb_packets--;
	return p;
}

static void arpcache_remove(struct nf_arpcache *c, struct nf_arpcache_entry *x, unsigned reason)
{
	struct nf_arpcache_entry **at = arpcache_bucket(c, x->key);

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	arpcache_age_unlink(c, x);
	while (x->head != NULL)
		arpcache_drop(c, reason, arpcache_pop(c, x));
	x->next = c->free;
	c->free = x;
	c->nb_entries--;
	c->gen++;
}

static bool arpcache_is_old(
	const struct nf_arpcache *c, const struct nf_arpcache_entry *x, uint64_t now)
{
	return c->timeout_ns != 0 && now > x->live_ns && now - x->live_ns > c->timeout_ns;
}

/* Makes room: old entries, entries and packets over the limit, the oldest ones first. */
static void arpcache_slim(struct nf_arpcache *c, uint64_t now)
{
	struct nf_arpcache_entry *x;
	uint32_t keep = c->packet_capacity - c->packet_capacity / c->slim_factor;

	while ((x = c->oldest) != NULL &&
		(arpcache_is_old(c, x, now) || c->nb_entries > c->entry_capacity))
		arpcache_remove(c, x, NF_ARPCACHE_DROP_OLD);
	if (c->nb_packets <= c->packet_capacity)
		return;
	if (keep == 0) /* the newest packet is counted, but not there yet */
		keep = 1;
	for (; x != NULL && c->nb_packets > keep; x = x->newer) {
		while (x->head != NULL && c->nb_packets > keep)
			arpcache_drop(c, NF_ARPCACHE_DROP_FULL, arpcache_pop(c, x));
	}
}

static void arpcache_tick(struct nf_element *e, void *arg)
{
	struct nf_arpcache *c = arg;
	uint64_t period = c->timeout_ns < ARPCACHE_SECOND_NS ? ARPCACHE_SECOND_NS : c->timeout_ns;

	arpcache_slim(c, arpcache_now(c));
	(void)!nf_timer_after_ns(&c->timer, period);
}

int nf_arpcache_start(struct nf_arpcache *c, struct nf_element *owner)
{
	c->owner = owner;
	c->gen = 1;
	c->seed = (uint64_t)nf_core_random(owner->core) << 32 | nf_core_random(owner->core);
	c->nb_buckets = ARPCACHE_BUCKETS;
	c->buckets = calloc(c->nb_buckets, sizeof(*c->buckets));
	if (c->buckets == NULL)
		return -ENOMEM;
	nf_timer_init(&c->timer, owner, arpcache_tick, c);
	return c->timeout_ns == 0 ? 0 : nf_timer_after_ns(&c->timer, c->timeout_ns);
}

void nf_arpcache_clear(struct nf_arpcache *c)
{
	while (c->oldest != NULL)
		arpcache_remove(c, c->oldest, NF_ARPCACHE_DROP_CLEARED);
}

void nf_arpcache_free(struct nf_arpcache *c)
{
	struct arpcache_block *b = c->blocks, *next;

	if (c->owner == NULL)
		return;
	if (c->buckets != NULL) {
		nf_timer_cancel(&c->timer);
		nf_arpcache_clear(c);
	}
	for (; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(c->buckets);
	*c = (struct nf_arpcache){ 0 };
}

void nf_arpcache_take(struct nf_arpcache *c, struct nf_arpcache *old)
{
	struct nf_arpcache_entry **buckets = c->buckets;
	uint32_t nb_buckets = c->nb_buckets;
	uint64_t seed = c->seed;

	if (c->nb_entries != 0 || c->blocks != NULL || old->owner == NULL)
		return;
	c->buckets = old->buckets;
	c->nb_buckets = old->nb_buckets;
	c->seed = old->seed;
	c->oldest = old->oldest;
	c->newest = old->newest;
	c->free = old->free;
	c->blocks = old->blocks;
	c->nb_entries = old->nb_entries;
	c->nb_packets = old->nb_packets;
	c->nb_drops += old->nb_drops;
	c->gen++;
	old->buckets = buckets;
	old->nb_buckets = nb_buckets;
	old->seed = seed;
	old->oldest = old->newest = old->free = NULL;
	old->blocks = NULL;
	old->nb_entries = old->nb_packets = 0;
	old->gen++;
	arpcache_slim(c, arpcache_now(c)); /* limits may be others now */
}

/* Twice as many buckets; goes without if there is no memory. */
static void arpcache_rehash(struct nf_arpcache *c)
{
	struct nf_arpcache_entry **buckets = calloc(2 * (size_t)c->nb_buckets, sizeof(*buckets));

	if (buckets == NULL)
		return;
	free(c->buckets);
	c->buckets = buckets;
	c->nb_buckets *= 2;
	for (struct nf_arpcache_entry *x = c->oldest; x != NULL; x = x->newer) {
		struct nf_arpcache_entry **at = arpcache_bucket(c, x->key);

		x->next = *at;
		*at = x;
	}
}

static struct nf_arpcache_entry *arpcache_alloc(struct nf_arpcache *c)
{
	struct nf_arpcache_entry *x = c->free;

	if (x == NULL) {
		struct arpcache_block *b = malloc(sizeof(*b));

		if (b == NULL)
			return NULL;
		b->next = c->blocks;
		c->blocks = b;
		for (unsigned i = 0; i < ARPCACHE_BLOCK; i++) {
			b->entries[i].next = c->free;
			c->free = &b->entries[i];
		}
		x = c->free;
	}
	c->free = x->next;
	return x;
}

/* The entry of `key`, made if there is none. NULL: no memory. */
static struct nf_arpcache_entry *arpcache_ensure(
	struct nf_arpcache *c, struct nf_arpcache_key key, uint64_t now)
{
	struct nf_arpcache_entry *x = arpcache_find(c, key), **at;

	if (x != NULL)
		return x;
	c->nb_entries++;
	if (c->nb_entries > c->entry_capacity)
		arpcache_slim(c, now);
	x = arpcache_alloc(c);
	if (x == NULL) {
		c->nb_entries--;
		return NULL;
	}
	*x = (struct nf_arpcache_entry){ .key = key, .live_ns = now };
	memcpy(x->eth, arpcache_broadcast, 6);
	if (c->nb_entries > 2 * c->nb_buckets)
		arpcache_rehash(c);
	at = arpcache_bucket(c, key);
	x->next = *at;
	*at = x;
	arpcache_age_link(c, x, NULL);
	return x;
}

/* From when on the next query may be sent. */
static uint64_t arpcache_poll_after(const struct nf_arpcache *c, const struct nf_arpcache_entry *x)
{
	if (x->nb_polls == 0)
		return 0;
	return x->polled_ns +
	       (x->nb_polls >= ARPCACHE_POLLS_FAST ? ARPCACHE_POLL_SLOW_NS : c->interval_ns);
}

static bool arpcache_poll(const struct nf_arpcache *c, struct nf_arpcache_entry *x, uint64_t now)
{
	if (now < arpcache_poll_after(c, x))
		return false;
	x->polled_ns = now;
	if (x->nb_polls < UINT8_MAX)
		x->nb_polls++;
	return true;
}

int nf_arpcache_lookup(struct nf_arpcache *c, struct nf_arpcache_key key, uint64_t poll_ns,
	uint8_t eth[6], uint64_t *until)
{
	struct nf_arpcache_entry *x = arpcache_find(c, key);
	uint64_t now = arpcache_now(c), end, poll;

	if (x == NULL || !x->is_known || arpcache_is_old(c, x, now))
		return -1;
	memcpy(eth, x->eth, 6);
	end = c->timeout_ns == 0 ? UINT64_MAX : x->live_ns + c->timeout_ns;
	poll = poll_ns == 0 ? UINT64_MAX : x->live_ns + poll_ns;
	if (now >= poll && arpcache_poll(c, x, now)) {
		*until = 0;
		return 1;
	}
	if (now >= poll)
		poll = arpcache_poll_after(c, x);
	*until = end < poll ? end : poll;
	return 0;
}

/* An entry for which packets wait is not to be dropped as too old by the next packet. */
static void arpcache_keep_alive(struct nf_arpcache *c, struct nf_arpcache_entry *x, uint64_t now)
{
	struct nf_arpcache_entry *newer = x->newer;

	if (!arpcache_is_old(c, x, now))
		return;
	x->live_ns = now - c->timeout_ns;
	while (newer != NULL && newer->live_ns < x->live_ns)
		newer = newer->newer;
	if (newer != x->newer) {
		arpcache_age_unlink(c, x);
		arpcache_age_link(c, x, newer);
	}
}

int nf_arpcache_wait(struct nf_arpcache *c, struct nf_arpcache_key key, struct uk_netbuf *p)
{
	uint64_t now = arpcache_now(c);
	struct nf_arpcache_entry *x = arpcache_ensure(c, key, now);

	if (x == NULL) {
		arpcache_drop(c, NF_ARPCACHE_DROP_MEMORY, p);
		return -ENOMEM;
	}
	arpcache_keep_alive(c, x, now);
	if (c->entry_packet_capacity != 0 && x->nb_packets >= c->entry_packet_capacity) {
		arpcache_drop(c, NF_ARPCACHE_DROP_ENTRY_FULL, p);
		return -ENOMEM;
	}
	c->nb_packets++;
	if (c->nb_packets > c->packet_capacity)
		arpcache_slim(c, now);
	p->next = NULL;
	*(x->tail != NULL ? &x->tail->next : &x->head) = p;
	x->tail = p;
	x->nb_packets++;
	return arpcache_poll(c, x, now);
}

struct uk_netbuf *nf_arpcache_insert(struct nf_arpcache *c, struct nf_arpcache_key key,
	const uint8_t eth[6], bool is_kept, int *rc)
{
	uint64_t now = arpcache_now(c);
	struct nf_arpcache_entry *x = arpcache_ensure(c, key, now);
	struct uk_netbuf *head;

	*rc = x == NULL ? -ENOMEM : 0;
	if (x == NULL)
		return NULL;
	if (memcmp(x->eth, eth, 6) != 0)
		c->gen++;
	memcpy(x->eth, eth, 6);
	x->is_known = memcmp(eth, arpcache_broadcast, 6) != 0;
	x->live_ns = now;
	x->nb_polls = 0;
	arpcache_age_unlink(c, x);
	arpcache_age_link(c, x, NULL);
	if (is_kept)
		return NULL;
	head = x->head;
	c->nb_packets -= x->nb_packets;
	x->nb_packets = 0;
	x->head = x->tail = NULL;
	return head;
}
