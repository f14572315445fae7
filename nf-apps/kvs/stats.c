/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "nf-apps/kvs/detail.h"
#include "nf-apps/kvs/stats.h"

#define STATS_WORDS_MIB (1u << 20)

/* Counters that are told as they are. */
static const struct stats_count {
	const char *name;
	size_t at;
} stats_counts[] = {
#define STATS_COUNT(name)                                                                          \
	{                                                                                          \
#name, offsetof(struct nf_kvs_counts, name)                                        \
	}
	STATS_COUNT(cmd_get),
	STATS_COUNT(cmd_set),
	STATS_COUNT(cmd_flush),
	STATS_COUNT(cmd_touch),
	STATS_COUNT(cmd_meta),
	STATS_COUNT(get_hits),
	STATS_COUNT(get_misses),
	STATS_COUNT(delete_misses),
	STATS_COUNT(delete_hits),
	STATS_COUNT(incr_misses),
	STATS_COUNT(incr_hits),
	STATS_COUNT(decr_misses),
	STATS_COUNT(decr_hits),
	STATS_COUNT(cas_misses),
	STATS_COUNT(cas_hits),
	STATS_COUNT(cas_badval),
	STATS_COUNT(touch_hits),
	STATS_COUNT(touch_misses),
	STATS_COUNT(store_too_large),
	STATS_COUNT(store_no_memory),
	STATS_COUNT(bytes_read),
	STATS_COUNT(bytes_written),
	STATS_COUNT(dgrams_dropped),
	STATS_COUNT(replies_given_up),
#undef STATS_COUNT
};

void nf_stats_number(const struct nf_stats *st, const char *name, uint64_t v)
{
	char digits[NF_NUMBER_MAX + 1];

	*nf_number_put((uint8_t *)digits, v) = '\0';
	st->put(st->to, name, digits);
}

static void stats_general(struct nf_kvs *k, const struct nf_stats *st)
{
	struct nf_store_stats s;

	nf_store_stats(k->store, &s);
	nf_stats_number(st, "uptime", k->now - NF_KVS_FIRST);
	nf_stats_number(st, "time", k->unix_s);
	nf_stats_string(st, "version", k->version);
	nf_stats_number(st, "pointer_size", 8 * sizeof(void *));
	nf_stats_number(st, "curr_connections", k->nb_conns);
	nf_stats_number(st, "total_connections", k->n.total_connections);
	for (unsigned i = 0; i < UK_ARRAY_SIZE(stats_counts); i++)
		nf_stats_number(st, stats_counts[i].name,
			*(const uint64_t *)(const void *)((const char *)&k->n +
							  stats_counts[i].at));
	nf_stats_number(st, "auth_cmds", 0);
	nf_stats_number(st, "auth_errors", 0);
	nf_stats_number(st, "limit_maxbytes", s.limit_bytes);
	nf_stats_number(st, "threads", 1);
	nf_stats_number(st, "hash_power_level", s.hash_power);
	nf_stats_number(st, "hash_bytes", s.hash_bytes);
	nf_stats_number(st, "hash_is_expanding", 0);
	nf_stats_number(st, "slab_reassign_running", 0);
	nf_stats_number(st, "slabs_moved", 0);
	nf_stats_number(st, "malloc_fails", 0);
	nf_stats_number(st, "bytes", s.item_bytes);
	nf_stats_number(st, "curr_items", s.nb_items);
	nf_stats_number(st, "total_items", s.total_items);
	nf_stats_number(st, "expired_unfetched", s.expired_unfetched);
	nf_stats_number(st, "evicted_unfetched", s.evicted_unfetched);
	nf_stats_number(st, "evictions", s.evictions);
	nf_stats_number(st, "reclaimed", s.reclaimed);
	nf_stats_number(st, "lrutail_reflocked", 0);
}

static void stats_settings(struct nf_kvs *k, const struct nf_stats *st)
{
	static const char *const protocols[] = {
		[NF_KVS_ANY] = "auto-negotiate",
		[NF_KVS_TEXT_ONLY] = "ascii",
		[NF_KVS_BINARY_ONLY] = "binary",
	};

	nf_stats_number(st, "maxbytes", k->limit_bytes);
	nf_stats_number(st, "verbosity", k->verbosity);
	nf_stats_string(st, "evictions", k->no_evict ? "off" : "on");
	nf_stats_number(st, "num_threads", 1);
	nf_stats_string(st, "stat_key_prefix", ":");
	nf_stats_string(st, "detail_enabled", k->detail_on ? "yes" : "no");
	nf_stats_string(st, "cas_enabled", "yes");
	nf_stats_string(st, "binding_protocol", protocols[k->protocol]);
	nf_stats_string(st, "auth_enabled_sasl", "no");
	nf_stats_string(st, "auth_enabled_ascii", "no");
	nf_stats_string(st, "shutdown_command", "no");
	nf_stats_number(st, "item_size_max", k->item_max);
	nf_stats_string(st, "flush_enabled", k->no_flush ? "no" : "yes");
	nf_stats_string(st, "dump_enabled", "yes");
	nf_stats_string(st, "track_sizes", "no");
}

static void stats_items(struct nf_kvs *k, const struct nf_stats *st)
{
	struct nf_store_stats s;

	nf_store_stats(k->store, &s);
	if (s.nb_items == 0)
		return;
	nf_stats_number(st, "items:1:number", s.nb_items);
	nf_stats_number(st, "items:1:mem_requested", s.item_bytes);
	nf_stats_number(st, "items:1:evicted", s.evictions);
	nf_stats_number(st, "items:1:evicted_unfetched", s.evicted_unfetched);
	nf_stats_number(st, "items:1:expired_unfetched", s.expired_unfetched);
	nf_stats_number(st, "items:1:outofmemory", k->n.store_no_memory);
	nf_stats_number(st, "items:1:reclaimed", s.reclaimed);
}

static void stats_slabs(struct nf_kvs *k, const struct nf_stats *st)
{
	struct nf_store_stats s;

	nf_store_stats(k->store, &s);
	if (s.nb_items > 0) {
		nf_stats_number(st, "1:chunk_size", NF_STORE_UNIT);
		nf_stats_number(st, "1:chunks_per_page", STATS_WORDS_MIB / NF_STORE_UNIT);
		nf_stats_number(st, "1:total_chunks", s.limit_bytes / NF_STORE_UNIT);
		nf_stats_number(st, "1:used_chunks", s.item_bytes / NF_STORE_UNIT);
		nf_stats_number(st, "1:get_hits", k->n.get_hits);
		nf_stats_number(st, "1:cmd_set", k->n.cmd_set);
		nf_stats_number(st, "1:delete_hits", k->n.delete_hits);
		nf_stats_number(st, "1:incr_hits", k->n.incr_hits);
		nf_stats_number(st, "1:decr_hits", k->n.decr_hits);
		nf_stats_number(st, "1:cas_hits", k->n.cas_hits);
		nf_stats_number(st, "1:cas_badval", k->n.cas_badval);
		nf_stats_number(st, "1:touch_hits", k->n.touch_hits);
	}
	nf_stats_number(st, "active_slabs", s.nb_items > 0);
	nf_stats_number(st, "total_malloced", s.used_bytes);
}

/* Counting them would hold up everybody else. */
static void stats_sizes(struct nf_kvs *k, const struct nf_stats *st)
{
	nf_stats_string(st, "sizes_status", "disabled");
}

static void stats_sizes_enable(struct nf_kvs *k, const struct nf_stats *st)
{
	nf_stats_string(st, "sizes_status", "error");
	nf_stats_string(st, "sizes_error", "not supported");
}

static void stats_conns(struct nf_kvs *k, const struct nf_stats *st)
{
}

bool nf_stats_group(struct nf_kvs *k, const struct nf_stats *st, const char *group)
{
	static const struct {
		const char *name;
		void (*run)(struct nf_kvs *k, const struct nf_stats *st);
	} groups[] = {
		{ "", stats_general },
		{ "settings", stats_settings },
		{ "items", stats_items },
		{ "slabs", stats_slabs },
		{ "sizes", stats_sizes },
		{ "sizes_enable", stats_sizes_enable },
		{ "sizes_disable", stats_sizes },
		{ "conns", stats_conns },
	};

	for (unsigned i = 0; i < UK_ARRAY_SIZE(groups); i++) {
		if (strcmp(groups[i].name, group) != 0)
			continue;
		groups[i].run(k, st);
		if (k->stats != NULL)
			k->stats(k->stats_arg, group, st->put, st->to);
		return true;
	}
	return false;
}

void nf_stats_reset(struct nf_kvs *k)
{
	memset(&k->n, 0, sizeof(k->n));
	nf_detail_reset(k);
	nf_store_stats_reset(k->store);
}
