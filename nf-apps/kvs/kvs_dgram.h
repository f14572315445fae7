/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two ways of a request datagram: straight, for what nearly all of them are, and through a session.
 */
#ifndef SLUICE_NF_APPS_KVS_KVS_DGRAM_H
#define SLUICE_NF_APPS_KVS_KVS_DGRAM_H

#include "nf-apps/kvs/kvs_state.h"
#include "nf-apps/kvs/reply.h"

/* Datagrams of one answer at most: three times the largest value. */
#define NF_KVS_OUT_MAX 2048

/* An answer to a datagram of the general path. */
struct nf_kvs_out {
	struct nf_reply reply;
	struct nf_kvs_dgram *d;
	uint32_t nb; /* further datagrams */
	struct {
		void *buffer;
		uint8_t *data, *end;
	} further[NF_KVS_OUT_MAX - 1];
	uint8_t *first_end;
	uint8_t first[NF_KVS_DGRAM_MAX]; /* while the request is still read */
};

enum nf_kvs_kind {
	NF_KVS_DROP,    /* no frame, or one of several */
	NF_KVS_GENERAL, /* whatever the fast ways do not understand, with errors of all kinds */
	NF_KVS_OTHER,   /* the same, with a key that can be fetched early */
	NF_KVS_GET,     /* "get KEY\r\n" */
	NF_KVS_SET,     /* "set KEY ..." */
	NF_KVS_META_GET,
	NF_KVS_META_SET,
	NF_KVS_BINARY_GET,
	NF_KVS_BINARY_SET,
};

/* What is seen of a datagram before its turn: its kind and its first key. */
struct nf_kvs_hint {
	enum nf_kvs_kind kind;
	uint16_t key_at;
	uint16_t key_len;
};

/* Fills *h, and d->hash for all kinds that have a key. */
void nf_kvs_dgram_hint(const struct nf_kvs *k, struct nf_kvs_dgram *d, struct nf_kvs_hint *h);

/* The straight ways. false: nothing has happened yet, the general way has to. */
bool nf_kvs_dgram_get(struct nf_kvs *k, struct nf_kvs_dgram *d, const struct nf_kvs_hint *h);
bool nf_kvs_dgram_set(struct nf_kvs *k, struct nf_kvs_dgram *d, const struct nf_kvs_hint *h);
bool nf_kvs_dgram_meta_get(struct nf_kvs *k, struct nf_kvs_dgram *d, const struct nf_kvs_hint *h);
bool nf_kvs_dgram_meta_set(struct nf_kvs *k, struct nf_kvs_dgram *d, const struct nf_kvs_hint *h);
bool nf_kvs_dgram_binary_get(struct nf_kvs *k, struct nf_kvs_dgram *d, const struct nf_kvs_hint *h);
bool nf_kvs_dgram_binary_set(struct nf_kvs *k, struct nf_kvs_dgram *d, const struct nf_kvs_hint *h);

/* `lead` and one to nine digits; returns their end. NULL: something else. */
const uint8_t *nf_kvs_dgram_number(const uint8_t *p, const uint8_t *end, uint8_t lead, uint32_t *v);
/* From there on there is the end of a line, a value, and the end of the datagram. */
bool nf_kvs_dgram_value(const uint8_t *p, const uint8_t *end, uint32_t value_len);
/* Stores the value; NULL: the general way finds out why not. */
struct nf_item *nf_kvs_dgram_store(struct nf_kvs *k, const struct nf_kvs_dgram *d,
	const struct nf_kvs_hint *h, const uint8_t *value, uint32_t value_len, uint32_t flags,
	uint32_t exptime);

/* Bytes that a reply datagram may have. */
UK_INLINE uint32_t nf_kvs_dgram_room(const struct nf_kvs_dgram *d)
{
	return d->room < NF_KVS_DGRAM_MAX ? d->room : NF_KVS_DGRAM_MAX;
}

/* The frame of an answer, whose id stands at the request's place already: datagram `seq` of `total`. */
UK_INLINE void nf_kvs_dgram_frame(uint8_t *frame, uint32_t seq, uint32_t total)
{
	frame[2] = (uint8_t)(seq >> 8);
	frame[3] = (uint8_t)seq;
	frame[4] = (uint8_t)(total >> 8);
	frame[5] = (uint8_t)total;
	frame[6] = 0;
	frame[7] = 0;
}

#endif
