/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An answer under construction: bytes go to `at`, up to `end`. Where they go in the end (datagrams, a stream's
 * buffer) is the transport's matter, through three calls.
 */
#ifndef SLUICE_NF_APPS_KVS_REPLY_H
#define SLUICE_NF_APPS_KVS_REPLY_H

#include <string.h>
#include "nf-apps/kvs/number.h"
#include "nf-apps/kvs/store.h"

struct nf_reply {
	uint8_t *at, *end;
	bool lost; /* something found no room: the transport gives the answer up */
	/* at == end: makes room. false: there is none. */
	bool (*more)(struct nf_reply *r);
	/* Can so many bytes and one value be written at once? false: not now, the command waits. */
	bool (*ready)(struct nf_reply *r, uint32_t bytes);
	/* A whole value, by copy or by reference. */
	void (*value)(struct nf_reply *r, struct nf_item *it);
};

/* What does not fit at `at`. */
void nf_reply_put_long(struct nf_reply *r, const void *p, size_t len);

UK_INLINE void nf_reply_put(struct nf_reply *r, const void *p, size_t len)
{
	if (UK_LIKELY((size_t)(r->end - r->at) >= len))
		r->at = (uint8_t *)memcpy(r->at, p, len) + len;
	else
		nf_reply_put_long(r, p, len);
}

UK_INLINE void nf_reply_string(struct nf_reply *r, const char *s)
{
	nf_reply_put(r, s, strlen(s));
}

UK_INLINE void nf_reply_byte(struct nf_reply *r, uint8_t byte)
{
	nf_reply_put(r, &byte, 1);
}

UK_INLINE void nf_reply_number(struct nf_reply *r, uint64_t v)
{
	uint8_t digits[NF_NUMBER_MAX];

	nf_reply_put(r, digits, (size_t)(nf_number_put(digits, v) - digits));
}

#endif
