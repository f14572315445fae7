/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers that wait for room in the transmit ring, oldest first: for the programs around the front end. It has place for all
 * packet buffers there are, so it is never full.
 */
#ifndef SLUICE_NF_APPS_KVS_NET_WAIT_H
#define SLUICE_NF_APPS_KVS_NET_WAIT_H

#include <string.h>
#include "plat-kvm/defs.h"

/* What waits is dropped when the ring took nothing for this long. */
#define NF_NET_WAIT_NS 100000000ull

struct nf_net_wait {
	void **v; /* `size` of them, the owner's */
	uint32_t size, from, nb;
	uint64_t moved_ns; /* when the ring last took something */
};

UK_INLINE void nf_net_wait_add(struct nf_net_wait *w, void *const v[], uint32_t n, uint64_t now_ns)
{
	if (w->from + w->nb + n > w->size) {
		memmove(w->v, w->v + w->from, w->nb * sizeof(*w->v));
		w->from = 0;
	}
	UK_ASSERT(w->nb + n <= w->size);
	if (w->nb == 0)
		w->moved_ns = now_ns;
	memcpy(w->v + w->from + w->nb, v, n * sizeof(*v));
	w->nb += n;
}

/* The ring took the first n. */
UK_INLINE void nf_net_wait_taken(struct nf_net_wait *w, uint32_t n, uint64_t now_ns)
{
	if (n > 0)
		w->moved_ns = now_ns;
	w->nb -= n;
	w->from = w->nb > 0 ? w->from + n : 0;
}

#endif
