/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/queue/pktring.h"

static uint32_t pktring_slots(uint32_t capacity)
{
	uint32_t slots = 1;

	while (slots < capacity)
		slots *= 2;
	return slots;
}

int nf_pktring_init(struct nf_pktring *r, uint32_t capacity)
{
	uint32_t slots = pktring_slots(capacity);

	UK_ASSERT(capacity <= NF_PKTRING_CAPACITY_MAX);
	*r = (struct nf_pktring){ .mask = slots - 1, .capacity = capacity };
	r->v = calloc(slots, sizeof(*r->v));
	if (r->v == NULL) {
		r->capacity = 0;
		return -ENOMEM;
	}
	return 0;
}

void nf_pktring_free(struct nf_pktring *r)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t n;

	while (r->len > 0) {
		n = nf_pktring_pull(r, v, UK_BURST_MAX);
		uk_netbuf_free_burst(v, n);
	}
	free(r->v);
	*r = (struct nf_pktring){ .v = NULL };
}

int nf_pktring_resize(struct nf_pktring *r, uint32_t capacity)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	struct nf_pktring wider;
	int rc;

	UK_ASSERT(r->len <= capacity);
	if (pktring_slots(capacity) == r->mask + 1 && r->v != NULL) {
		r->capacity = capacity;
		return 0;
	}
	rc = nf_pktring_init(&wider, capacity);
	if (rc < 0)
		return rc;
	while (r->len > 0) {
		uint16_t n = nf_pktring_pull(r, v, UK_BURST_MAX);

		(void)nf_pktring_push(&wider, v, n);
	}
	free(r->v);
	*r = wider;
	return 0;
}
