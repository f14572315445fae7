/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memcached's binary protocol, for the session. Source: memcached's wiki, "BinaryProtocolRevamped": a header of
 * 24 bytes, extras, key, value; all numbers big-endian, the opaque as it comes.
 */
#ifndef SLUICE_NF_APPS_KVS_BINARY_H
#define SLUICE_NF_APPS_KVS_BINARY_H

#include "nf-apps/click/inet.h"
#include "nf-apps/kvs/session.h"

#define NF_BINARY_REQUEST 0x80 /* the first byte; no text command begins with it */
#define NF_BINARY_ANSWER  0x81
#define NF_BINARY_HEADER  24 /* bytes */

enum nf_binary_opcode {
	NF_BINARY_GET = 0x00,
	NF_BINARY_SET = 0x01,
	NF_BINARY_ADD = 0x02,
	NF_BINARY_REPLACE = 0x03,
	NF_BINARY_DELETE = 0x04,
	NF_BINARY_INCR = 0x05,
	NF_BINARY_DECR = 0x06,
	NF_BINARY_QUIT = 0x07,
	NF_BINARY_FLUSH = 0x08,
	NF_BINARY_GETQ = 0x09,
	NF_BINARY_NOOP = 0x0a,
	NF_BINARY_VERSION = 0x0b,
	NF_BINARY_GETK = 0x0c,
	NF_BINARY_GETKQ = 0x0d,
	NF_BINARY_APPEND = 0x0e,
	NF_BINARY_PREPEND = 0x0f,
	NF_BINARY_STAT = 0x10,
	NF_BINARY_SETQ = 0x11, /* to PREPENDQ: the quiet ones of SET to FLUSH, APPEND, PREPEND */
	NF_BINARY_ADDQ = 0x12,
	NF_BINARY_REPLACEQ = 0x13,
	NF_BINARY_DELETEQ = 0x14,
	NF_BINARY_INCRQ = 0x15,
	NF_BINARY_DECRQ = 0x16,
	NF_BINARY_QUITQ = 0x17,
	NF_BINARY_FLUSHQ = 0x18,
	NF_BINARY_APPENDQ = 0x19,
	NF_BINARY_PREPENDQ = 0x1a,
	NF_BINARY_VERBOSITY = 0x1b,
	NF_BINARY_TOUCH = 0x1c,
	NF_BINARY_GAT = 0x1d,
	NF_BINARY_GATQ = 0x1e,
	NF_BINARY_GATK = 0x23,
	NF_BINARY_GATKQ = 0x24,
};

enum nf_binary_status {
	NF_BINARY_OK = 0x00,
	NF_BINARY_NOT_FOUND = 0x01,
	NF_BINARY_EXISTS = 0x02,
	NF_BINARY_TOO_LARGE = 0x03,
	NF_BINARY_INVALID = 0x04,
	NF_BINARY_NOT_STORED = 0x05,
	NF_BINARY_NOT_A_NUMBER = 0x06,
	NF_BINARY_AUTH = 0x20,
	NF_BINARY_UNKNOWN = 0x81,
	NF_BINARY_NO_MEMORY = 0x82,
};

/* Header, extras and key of a request; returns how many bytes were taken. */
size_t nf_binary_input(struct nf_session *s, const uint8_t *data, size_t len);
/* The value of a storage command is there. */
void nf_binary_stored(struct nf_session *s);

/* -- inside -- */

/* A parsed request: what is beside the header, and the opcode without its quietness (s->noreply). */
struct nf_binary {
	uint8_t opcode;
	const uint8_t *extras;
	struct nf_key key; /* hash 0 until nf_binary_hash */
	uint32_t value_len;
};

/* An answer's header; the body's parts follow. */
void nf_binary_header(struct nf_session *s, enum nf_binary_status status, uint32_t ext_len,
	uint32_t key_len, uint32_t body_len, uint64_t cas);
/* The answer without a body, unless the client wants none. */
void nf_binary_ok(struct nf_session *s, uint64_t cas);
/* An error with its text. */
void nf_binary_error(struct nf_session *s, enum nf_binary_status status);

UK_INLINE uint64_t nf_binary_u64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap64(v);
}

UK_INLINE void nf_binary_put_u64(uint8_t *p, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(p, &v, sizeof(v));
}

/* Bytes of an answer's header. */
UK_INLINE void nf_binary_put_header(uint8_t h[NF_BINARY_HEADER], uint8_t opcode,
	enum nf_binary_status status, uint32_t ext_len, uint32_t key_len, uint32_t body_len,
	uint32_t opaque, uint64_t cas)
{
	h[0] = NF_BINARY_ANSWER;
	h[1] = opcode;
	h[2] = (uint8_t)(key_len >> 8);
	h[3] = (uint8_t)key_len;
	h[4] = (uint8_t)ext_len;
	h[5] = 0;
	h[6] = (uint8_t)((unsigned)status >> 8);
	h[7] = (uint8_t)status;
	nf_inet_put32(h + 8, body_len);
	memcpy(h + 12, &opaque, sizeof(opaque));
	nf_binary_put_u64(h + 16, cas);
}

#endif
