/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ring of packets with a capacity that can change while packets are in it: what queues are made
 * of. Vectors in and out are copies of pointers. Life: init -> push, pull, resize -> free. Owner:
 * the ring owns what is in it. Thread: the owner's core. Nothing here counts drops: what did not go
 * in is still the caller's.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_QUEUE_PKTRING_H
#define SLUICE_NF_APPS_ELEMENT_QUEUE_PKTRING_H

#include <string.h>
#include "dataplane/netbuf.h"

struct nf_pktring {
	struct uk_netbuf **v; /* mask + 1 slots */
	uint32_t head;        /* slot of the oldest packet */
	uint32_t len;         /* packets in it, <= capacity */
	uint32_t mask;        /* slots are a power of two */
	uint32_t capacity;    /* may be 0 */
};

#define NF_PKTRING_CAPACITY_MAX (1u << 24)

/* capacity <= NF_PKTRING_CAPACITY_MAX. -ENOMEM */
int nf_pktring_init(struct nf_pktring *r, uint32_t capacity) UK_MUST_USE;
/* Frees the packets as well. A ring of zeros is fine. */
void nf_pktring_free(struct nf_pktring *r);
/* The packets stay, in order; r->len <= capacity. -ENOMEM, nothing changed. */
int nf_pktring_resize(struct nf_pktring *r, uint32_t capacity) UK_MUST_USE;

/* Puts v[0..) behind the newest; returns how many had room, the first ones. */
UK_INLINE uint16_t nf_pktring_push(
	struct nf_pktring *r, struct uk_netbuf *const v[] UK_TAKES_HEAD, uint16_t n)
{
	uint32_t room = r->capacity - r->len, at = (r->head + r->len) & r->mask, first;

	if (UK_UNLIKELY(n > room))
		n = (uint16_t)room;
	first = r->mask + 1 - at;
	if (first > n)
		first = n;
	memcpy(r->v + at, v, first * sizeof(*v));
	memcpy(r->v, v + first, (n - first) * sizeof(*v));
	r->len += n;
	return n;
}

/* Takes up to n of the oldest, oldest first. */
UK_INLINE uint16_t nf_pktring_pull(struct nf_pktring *r, struct uk_netbuf *v[] UK_GIVES, uint16_t n)
{
	uint32_t first = r->mask + 1 - r->head;

	if (n > r->len)
		n = (uint16_t)r->len;
	if (first > n)
		first = n;
	memcpy(v, r->v + r->head, first * sizeof(*v));
	memcpy(v + first, r->v, (n - first) * sizeof(*v));
	r->head = (r->head + n) & r->mask;
	r->len -= n;
	return n;
}

/* Takes up to n of the newest, in the order in which they came. */
UK_INLINE uint16_t nf_pktring_pull_newest(
	struct nf_pktring *r, struct uk_netbuf *v[] UK_GIVES, uint16_t n)
{
	if (n > r->len)
		n = (uint16_t)r->len;
	r->len -= n;
	for (uint16_t i = 0; i < n; i++)
		v[i] = r->v[(r->head + r->len + i) & r->mask];
	return n;
}

/* Puts one in front of the oldest. False: it is full. */
UK_INLINE UK_MUST_USE bool nf_pktring_push_front(
	struct nf_pktring *r, struct uk_netbuf *p UK_TAKES_HEAD)
{
	if (r->len == r->capacity)
		return false;
	r->head = (r->head - 1) & r->mask;
	r->v[r->head] = p;
	r->len++;
	return true;
}

#endif
