/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key-value server without a transport: memcached's protocols over a store. Text, meta and binary protocol,
 * requests from datagrams or from a stream. All levels (raw netdev, lwIP, sockets, DPDK) call this.
 */
#ifndef SLUICE_NF_APPS_KVS_KVS_H
#define SLUICE_NF_APPS_KVS_KVS_H

#include "nf-apps/kvs/store.h"

#define NF_KVS_PORT 11211
#define NF_KVS_FRAME_LEN                                                                           \
	8 /* request id, sequence number, number of datagrams, reserved: 16 bits each, big-endian */
#define NF_KVS_DGRAM_MAX                                                                           \
	1400 /* bytes of one reply datagram, frame header included, as memcached makes them */

struct nf_kvs;
struct nf_kvs_conn;

enum nf_kvs_protocol {
	NF_KVS_ANY, /* each client's first byte tells */
	NF_KVS_TEXT_ONLY,
	NF_KVS_BINARY_ONLY,
};

struct nf_kvs_conf {
	struct nf_store_conf store;
	const char *version; /* answer to "version"; NULL: Sluice's */
	uint32_t item_max;   /* bytes of the largest value, at most NF_STORE_VALUE_MAX; 0: that */
	enum nf_kvs_protocol protocol;
	bool no_flush; /* memcached's -F: flush_all is refused */
	/*
	 * What a transport adds to an answer of "stats" (NULL: nothing); `group` is "" for the general ones, "settings" or
	 * "conns". It calls put(to, name, value) for each line; all lines of one answer together stay within 8 KiB.
	 */
	void (*stats)(void *arg, const char *group,
		void (*put)(void *to, const char *name, const char *value), void *to);
	void *stats_arg;
};

struct nf_kvs *nf_kvs_create(const struct nf_kvs_conf *conf) UK_MUST_USE;
void nf_kvs_destroy(struct nf_kvs *k);
struct nf_store *nf_kvs_store(struct nf_kvs *k);

/* Once per burst: the time, from the platform's clocks (nanoseconds since start, and Unix seconds for absolute expiry). */
void nf_kvs_tick(struct nf_kvs *k, uint64_t mono_ns, uint64_t unix_s);
/* When there is nothing else to do: expiry in the background. */
void nf_kvs_idle(struct nf_kvs *k);

/* -- datagrams -- */

/*
 * One request datagram, frame header included, in the caller's memory, and where its answer goes: the first reply datagram
 * is built over the request, at `data`, with at most `room` bytes (>= NF_KVS_DGRAM_MAX if it can be had). `more` gives room for
 * each further datagram of the answer (NULL: no more buffers; the answer is then given up as a whole before any of it is sent, and counted);
 * `sent` takes it, filled, len bytes. Further datagrams come before nf_kvs_dgram returns; the first one is the caller's to send.
 */
struct nf_kvs_dgram {
	uint8_t *data;
	uint32_t
		len; /* in: bytes of the request; out: bytes of the first reply datagram, 0: no answer */
	uint32_t room; /* bytes that may be written at data */
	uint64_t hash; /* between nf_kvs_dgram_hint and nf_kvs_dgram: of the first key, 0: none */
	void *(*more)(void *arg, uint8_t **data, uint32_t *room);
	void (*sent)(void *arg, void *buffer, uint32_t len);
	void *arg;
};

/*
 * A burst of datagrams: looks for the first key of each, fetches buckets, then items, and then answers each as
 * nf_kvs_dgram does. v[i].len == 0 on return: no answer (noreply, quiet, malformed beyond an error reply).
 */
void nf_kvs_dgrams(struct nf_kvs *k, struct nf_kvs_dgram v[], unsigned n);
void nf_kvs_dgram(struct nf_kvs *k, struct nf_kvs_dgram *d);

/* -- streams -- */

/* What a connection writes to. */
struct nf_kvs_sink {
	/* Takes up to len bytes; returns how many; fewer: the connection waits for nf_kvs_conn_writable. */
	size_t (*write)(void *arg, const void *data, size_t len);
	void *arg;
};

struct nf_kvs_conn *nf_kvs_conn_open(struct nf_kvs *k, const struct nf_kvs_sink *sink)
	UK_MUST_USE; /* NULL: no memory */
void nf_kvs_conn_close(struct nf_kvs_conn *c);
/* Bytes from the peer, cut anywhere; returns how many were taken (fewer: it waits for its output to drain, offer the rest again after
 * nf_kvs_conn_writable), or -1: close the connection (quit, or a violation after its error reply was written). */
long nf_kvs_conn_input(struct nf_kvs_conn *c, const uint8_t *data, size_t len);
/* The sink takes bytes again. -1: everything is written and the connection is to be closed. */
int nf_kvs_conn_writable(struct nf_kvs_conn *c);
/* What it is about, in memcached's words ("conn_nread", ...), for "stats conns". */
const char *nf_kvs_conn_state(const struct nf_kvs_conn *c);
/* True while it has output that the sink did not take. */
bool nf_kvs_conn_pending(const struct nf_kvs_conn *c);

#endif
