/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the load asks and what it may hear, in memcached's protocols over UDP (protocol.txt; the binary protocol's
 * document): requests as templates whose key and value are patched, and answers taken apart. Payloads here begin with
 * the 8-byte frame header: request id, sequence number, number of datagrams, reserved, 16 bits each, big-endian.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_KVS_PROTO_H
#define SLUICE_PKTGEN_BENCH_HOST_KVS_PROTO_H

#include <stdbool.h>
#include <stdint.h>

#define PG_KVS_FRAME     8u    /* bytes of the frame header */
#define PG_KVS_DGRAM_MAX 1400u /* bytes of an answer that comes in one datagram */
#define PG_KVS_REQ_MAX   1700u /* bytes of a request's payload, for any key and value in bounds */

/* A request: @len bytes of payload; the key's text and the value begin at these offsets. */
struct pg_kvs_request {
	uint32_t len, key_at, value_at;
};

enum pg_kvs_kind {
	PG_KVS_VALUE,     /* a get's hit */
	PG_KVS_MISS,      /* a get's miss */
	PG_KVS_STORED,    /* a set's success */
	PG_KVS_ERROR,     /* the server says that it did not do it */
	PG_KVS_MALFORMED, /* nothing of the protocol */
};

/* An answer, pointing into the payload. */
struct pg_kvs_answer {
	const uint8_t *key; /* NULL: the protocol does not repeat it */
	uint32_t key_len;
	const uint8_t *value;
	uint32_t value_len;
};

struct pg_kvs_proto {
	const char *name;
	/* Write the payload but for frame header, key and value, for lengths in bounds, into PG_KVS_REQ_MAX bytes. */
	struct pg_kvs_request (*get)(uint8_t *p, uint32_t key_len);
	struct pg_kvs_request (*set)(uint8_t *p, uint32_t key_len, uint32_t value_len);
	/* Takes apart a payload behind its frame header. @p: anything. *@a is set for a value only. */
	enum pg_kvs_kind (*parse)(const uint8_t *p, uint32_t len, struct pg_kvs_answer *a);
};

extern const struct pg_kvs_proto pg_kvs_text, pg_kvs_meta, pg_kvs_binary;

/* NULL: no protocol of that name. */
const struct pg_kvs_proto *pg_kvs_proto_named(const char *name);

#endif
