/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/basic/copies.h"

const char *const nf_copies_drops[] = { "no buffer", NULL };

void nf_copies_emit(struct nf_element *e, unsigned port, struct uk_netbuf *const v[], uint16_t n)
{
	struct uk_netbuf *copies[UK_BURST_MAX];
	uint16_t nb = 0;

	for (uint16_t i = 0; i < n; i++) {
		copies[nb] = nf_packet_copy(&e->core->pools, v[i]);
		nb += copies[nb] != NULL;
	}
	e->drops[NF_ELEMENT_DROPS_OWN + NF_COPIES_NO_BUFFER] += (uint64_t)(n - nb);
	nf_element_emit(e, port, copies, nb);
}
