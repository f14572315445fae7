/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What all protocols and transports of the key-value server share; for the files of this folder only.
 */
#ifndef SLUICE_NF_APPS_KVS_KVS_STATE_H
#define SLUICE_NF_APPS_KVS_KVS_STATE_H

#include "nf-apps/kvs/kvs.h"

/* nf_item.flags8: the key came base64 encoded and goes out so (meta commands, flag b). */
#define NF_ITEM_BINARY_KEY 0x08

/* What memcached's names in "stats" stand for; reset by "stats reset". */
struct nf_kvs_counts {
	uint64_t cmd_get, get_hits, get_misses;
	uint64_t cmd_set, cmd_flush, cmd_touch, cmd_meta;
	uint64_t delete_hits, delete_misses;
	uint64_t incr_hits, incr_misses, decr_hits, decr_misses;
	uint64_t cas_hits, cas_misses, cas_badval;
	uint64_t touch_hits, touch_misses;
	uint64_t store_too_large, store_no_memory;
	uint64_t bytes_read, bytes_written;
	uint64_t total_connections;
	uint64_t dgrams_dropped;   /* malformed frames, requests over several datagrams */
	uint64_t replies_given_up; /* no buffers for all datagrams of an answer */
};

struct nf_session;
struct nf_kvs_out;
struct nf_detail;

struct nf_kvs {
	struct nf_store *store;
	uint32_t now;    /* seconds; NF_KVS_FIRST when the server was made */
	uint64_t unix_s; /* the same moment */
	uint64_t start_ns;
	bool ticked;
	uint32_t item_max;
	uint32_t verbosity;
	uint32_t nb_conns;
	size_t limit_bytes;
	bool no_evict;
	const char *version;
	enum nf_kvs_protocol protocol;
	bool no_flush;
	bool detail_on; /* "stats detail" counts */
	struct nf_detail *detail;
	struct nf_kvs_counts n;
	void (*stats)(void *arg, const char *group,
		void (*put)(void *to, const char *name, const char *value), void *to);
	void *stats_arg;
	/* for datagrams of the general path */
	struct nf_session *session;
	struct nf_kvs_out *dgram;
};

/* The clock's first second: 1 is a moment in the past (an expiry before the start). */
#define NF_KVS_FIRST 2

#endif
