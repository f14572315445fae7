/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "stats detail": how often keys are asked for, by their prefix up to a colon. Off until a client turns it on; the
 * first prefixes that come are counted, up to a number that an answer has room for.
 */
#ifndef SLUICE_NF_APPS_KVS_DETAIL_H
#define SLUICE_NF_APPS_KVS_DETAIL_H

#include "nf-apps/kvs/op.h"

enum nf_detail_event {
	NF_DETAIL_GET,
	NF_DETAIL_HIT,
	NF_DETAIL_SET,
	NF_DETAIL_DELETE,
	NF_DETAIL_EVENTS
};

struct nf_detail;

/* false: no memory. */
bool nf_detail_start(struct nf_kvs *k);
void nf_detail_reset(struct nf_kvs *k);
/* One line a prefix, as text; returns its bytes, at most `room`. */
size_t nf_detail_dump(const struct nf_kvs *k, char *text, size_t room);

void nf_detail_count_on(
	struct nf_kvs *k, const uint8_t *key, uint32_t len, enum nf_detail_event event);

UK_INLINE void nf_detail_count(
	struct nf_kvs *k, const struct nf_key *key, enum nf_detail_event event)
{
	if (UK_UNLIKELY(k->detail_on))
		nf_detail_count_on(k, key->p, key->len, event);
}

#endif
