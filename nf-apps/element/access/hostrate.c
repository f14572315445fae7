/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/access/hostrate.h"

#define HOSTRATE_LOOKS      8u /* places that each new host looks at for one to give up */
#define HOSTRATE_LOOKS_FULL 64u
#define HOSTRATE_KEY        sizeof(struct nf_hostrate_key)
#define HOSTRATE_BYTES_MIN  1514u /* a full frame always fits the bucket */

static uint32_t hostrate_random(void *core)
{
	return nf_core_random(core);
}

static uint64_t hostrate_full(const struct nf_hostrate *h, uint64_t rate)
{
	unsigned __int128 full = (unsigned __int128)rate * h->burst_ns / 1000000000;
	uint64_t least = h->packets ? 1 : HOSTRATE_BYTES_MIN;

	if (full > NF_TOKENBUCKET_CAPACITY_MAX)
		return NF_TOKENBUCKET_CAPACITY_MAX;
	return full < least ? least : (uint64_t)full;
}

static void hostrate_rate(const struct nf_hostrate *h, struct nf_tokenbucket *b, uint64_t rate)
{
	nf_tokenbucket_set(b, rate, hostrate_full(h, rate));
}

static void hostrate_fresh(
	const struct nf_hostrate *h, struct nf_hostrate_host *host, uint64_t now_ns)
{
	for (unsigned way = 0; way < NF_HOSTRATE_WAYS; way++) {
		hostrate_rate(h, &host->bucket[way], h->rate[way]);
		nf_tokenbucket_level(&host->bucket[way], NF_TOKENBUCKET_CAPACITY_MAX, now_ns);
	}
	host->last_ns = now_ns;
}

int nf_hostrate_init(struct nf_hostrate *h, struct nf_core *core)
{
	hostrate_fresh(h, &h->shared, nf_core_now_ns(core));
	return nf_flowtable_init(
		&h->flows, HOSTRATE_KEY, sizeof(struct nf_hostrate_host), hostrate_random, core);
}

void nf_hostrate_free(struct nf_hostrate *h)
{
	nf_flowtable_free(&h->flows);
}

static struct nf_hostrate_host *hostrate_host(const struct nf_hostrate *h, uint32_t entry)
{
	return nf_steparray_item(
		&h->flows.entries, entry, NF_FLOWTABLE_SHIFT, sizeof(struct nf_hostrate_host));
}

static void hostrate_forget(struct nf_hostrate *h, uint32_t entry)
{
	(void)nf_flowtable_unlink(&h->flows, entry, 0);
	nf_flowtable_put(&h->flows, entry);
}

/* Gives up hosts that were silent for TIMEOUT: the next few places. */
static void hostrate_age(struct nf_hostrate *h, uint64_t now_ns, uint32_t looks)
{
	for (uint32_t i = 0; i < looks && i < h->flows.nb_fresh; i++) {
		const struct nf_hostrate_host *host;

		h->hand = h->hand + 1 < h->flows.nb_fresh ? h->hand + 1 : 0;
		host = hostrate_host(h, h->hand);
		if (host->key.used && !host->fixed && now_ns - host->last_ns >= h->timeout_ns)
			hostrate_forget(h, h->hand);
	}
}

static struct nf_hostrate_host *hostrate_new(
	struct nf_hostrate *h, uint32_t addr_be, uint64_t now_ns)
{
	bool full = h->flows.nb_entries >= h->capacity;
	uint32_t entry = NF_FLOWTABLE_NONE;
	struct nf_hostrate_host *host;

	hostrate_age(h, now_ns, full ? HOSTRATE_LOOKS_FULL : HOSTRATE_LOOKS);
	if (h->flows.nb_entries < h->capacity)
		entry = nf_flowtable_alloc(&h->flows);
	if (entry == NF_FLOWTABLE_NONE)
		return NULL;
	host = hostrate_host(h, entry);
	host->key = (struct nf_hostrate_key){ .addr_be = addr_be, .used = 1 };
	hostrate_fresh(h, host, now_ns);
	if (nf_flowtable_link(&h->flows, entry, 0))
		return host;
	nf_flowtable_put(&h->flows, entry);
	return NULL;
}

/* The host of an address, or NULL. */
static struct nf_hostrate_host *hostrate_find(const struct nf_hostrate *h, uint32_t addr_be)
{
	struct nf_hostrate_key key = { .addr_be = addr_be, .used = 1 };
	uint32_t ref = nf_flowtable_find(&h->flows, &key);

	return ref == NF_FLOWTABLE_NONE ? NULL : hostrate_host(h, ref >> 1);
}

static bool hostrate_one(const struct nf_hostrate *h, struct nf_hostrate_host *host, unsigned way,
	uint32_t bytes, uint64_t now_ns)
{
	struct nf_tokenbucket *b = &host->bucket[way];
	uint32_t tokens = h->packets ? 1 : bytes;

	host->last_ns = now_ns;
	nf_tokenbucket_fill(b, now_ns);
	if (!nf_tokenbucket_has(b, tokens)) {
		host->dropped[way]++;
		return false;
	}
	nf_tokenbucket_take(b, tokens);
	host->passed[way]++;
	return true;
}

/* Addresses of the packets, as keys, and their bytes from the IP header on. */
static void hostrate_keys(struct uk_netbuf *const v[], uint16_t n, bool by_dst,
	struct nf_hostrate_key key[], uint32_t bytes[], bool not_ip[])
{
	for (uint16_t i = 0; i < n; i++) {
		const uint8_t *at = nf_packet_l3(v[i]) != NULL ? nf_packet_l3(v[i]) : v[i]->data;
		const struct nf_ip4 *ip = (const void *)at;

		key[i] = (struct nf_hostrate_key){ .used = 1 };
		bytes[i] = nf_packet_left(v[i], at);
		not_ip[i] = bytes[i] < sizeof(*ip) || ip->vhl >> 4 != 4;
		if (!not_ip[i])
			key[i].addr_be = by_dst ? ip->dst : ip->src;
	}
}

void nf_hostrate_police(struct nf_hostrate *h, struct nf_core *core, unsigned way, bool by_dst,
	struct uk_netbuf *const v[], uint16_t n, bool pass[], bool not_ip[])
{
	struct nf_hostrate_key key[UK_BURST_MAX];
	uint32_t ref[UK_BURST_MAX], bytes[UK_BURST_MAX];
	uint64_t now_ns = nf_core_now_ns(core), unlinks = h->flows.unlinks;

	hostrate_keys(v, n, by_dst, key, bytes, not_ip);
	nf_flowtable_find_burst(
		&h->flows, key, n, ref, HOSTRATE_KEY, sizeof(struct nf_hostrate_host));
	for (uint16_t i = 0; i < n; i++) {
		struct nf_hostrate_host *host = NULL;

		pass[i] = false;
		if (UK_UNLIKELY(not_ip[i]))
			continue;
		if (UK_LIKELY(ref[i] != NF_FLOWTABLE_NONE && h->flows.unlinks == unlinks))
			host = hostrate_host(h, ref[i] >> 1);
		if (host == NULL) /* perhaps a packet before made it */
			host = hostrate_find(h, key[i].addr_be);
		if (host == NULL)
			host = hostrate_new(h, key[i].addr_be, now_ns);
		if (host == NULL) {
			host = &h->shared;
			h->nb_shared++;
		}
		pass[i] = hostrate_one(h, host, way, bytes[i], now_ns);
	}
}

int nf_hostrate_set(struct nf_hostrate *h, struct nf_core *core, uint32_t addr_be,
	const uint64_t rate[NF_HOSTRATE_WAYS])
{
	struct nf_hostrate_host *host = hostrate_find(h, addr_be);
	uint64_t now_ns = nf_core_now_ns(core);
	bool is_new = host == NULL;

	if (is_new)
		host = hostrate_new(h, addr_be, now_ns);
	if (host == NULL)
		return -ENOSPC;
	for (unsigned way = 0; way < NF_HOSTRATE_WAYS; way++) {
		nf_tokenbucket_fill(&host->bucket[way], now_ns);
		hostrate_rate(h, &host->bucket[way], rate[way]);
		if (is_new)
			nf_tokenbucket_level(
				&host->bucket[way], NF_TOKENBUCKET_CAPACITY_MAX, now_ns);
	}
	host->fixed = 1;
	return 0;
}

int nf_hostrate_remove(struct nf_hostrate *h, uint32_t addr_be)
{
	struct nf_hostrate_key key = { .addr_be = addr_be, .used = 1 };
	uint32_t ref = nf_flowtable_find(&h->flows, &key);

	if (ref == NF_FLOWTABLE_NONE)
		return -ENOENT;
	hostrate_forget(h, ref >> 1);
	return 0;
}

struct hostrate_list {
	struct nf_hostrate *h;
	uint32_t *entry;
	uint32_t nb;
};

static void hostrate_list_one(void *arg, uint32_t entry)
{
	struct hostrate_list *l = arg;

	l->entry[l->nb++] = nf_inet_ntoh32(hostrate_host(l->h, entry)->key.addr_be);
}

static int hostrate_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

void nf_hostrate_print(struct nf_hostrate *h, unsigned ways, struct nf_text *out)
{
	struct hostrate_list l = { .h = h, .entry = calloc(h->flows.nb_entries + 1, 4) };
	char addr[NF_ADDR_IP4_LEN];

	if (l.entry == NULL)
		return;
	nf_flowtable_each(&h->flows, hostrate_list_one, &l);
	qsort(l.entry, l.nb, sizeof(*l.entry), hostrate_order);
	for (uint32_t i = 0; i < l.nb && !out->full; i++) {
		uint32_t be = nf_inet_hton32(l.entry[i]);
		const struct nf_hostrate_host *host = hostrate_find(h, be);

		nf_text_printf(out, "%s", nf_addr_print_ip4(be, addr));
		for (unsigned way = 0; way < ways; way++) {
			if (ways > 1)
				nf_text_printf(out, " %lu", host->bucket[way].rate);
			nf_text_printf(out, " %lu %lu", host->passed[way], host->dropped[way]);
		}
		nf_text_add(out, "\n", 1);
	}
	free(l.entry);
}

static void hostrate_again(void *arg, uint32_t entry)
{
	struct nf_hostrate *h = arg;
	struct nf_hostrate_host *host = hostrate_host(h, entry);

	for (unsigned way = 0; way < NF_HOSTRATE_WAYS; way++)
		hostrate_rate(
			h, &host->bucket[way], host->fixed ? host->bucket[way].rate : h->rate[way]);
}

void nf_hostrate_take(struct nf_hostrate *h, struct nf_hostrate *was)
{
	struct nf_flowtable fresh = h->flows;

	if (h->packets != was->packets)
		return;
	h->flows = was->flows;
	h->nb_shared = was->nb_shared;
	was->flows = fresh;
	nf_flowtable_each(&h->flows, hostrate_again, h);
}

void nf_hostrate_args(struct nf_hostrate *h, struct nf_args *a)
{
	h->capacity = 1u << 20;
	h->burst_ns = 100000000;
	h->timeout_ns = 60000000000ull;
	if (nf_args_u32(a, "CAPACITY", 0, &h->capacity) &&
		(h->capacity == 0 || h->capacity > NF_HOSTRATE_CAPACITY_MAX))
		nf_args_error(a, "CAPACITY is from 1 to %u", NF_HOSTRATE_CAPACITY_MAX);
	if (nf_args_time_ns(a, "BURST", 0, &h->burst_ns) && h->burst_ns > 100000000000ull)
		nf_args_error(a, "BURST is at most 100 s");
	nf_args_time_ns(a, "TIMEOUT", 0, &h->timeout_ns);
	if (h->timeout_ns < h->burst_ns) /* what is forgotten has to be full */
		h->timeout_ns = h->burst_ns;
}
