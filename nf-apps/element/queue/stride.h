/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stride scheduling (Waldspurger and Weihl, 1995) over the ports of one element: who has more
 * tickets comes more often. What StrideSched and StrideSwitch share, arguments and handlers with
 * it; the state of either begins with struct nf_stride. Life: configure -> order, charge -> free.
 *
 * Arguments: TICKETS0, TICKETS1, ...: one for each port, 0 (the port is left out) to 2^15
 * Handlers: tickets0, tickets1, ... (rw), for the first 64 ports; config (r)
 */
#ifndef SLUICE_NF_APPS_ELEMENT_QUEUE_STRIDE_H
#define SLUICE_NF_APPS_ELEMENT_QUEUE_STRIDE_H

#include "nf-apps/click/element.h"

#define NF_STRIDE_ONE         (1u << 16) /* stride of one ticket */
#define NF_STRIDE_TICKETS_MAX (1u << 15)

struct nf_stride_client {
	uint32_t tickets, stride, pass;
};

struct nf_stride {
	struct nf_stride_client *clients; /* by port */
	uint16_t *order;                  /* ports with tickets, by pass */
	uint16_t *moved;                  /* room for those that move */
	uint32_t nb_clients, nb_order;
};

/* One argument for each of `nb` ports. Ends `a`. */
int nf_stride_configure(struct nf_stride *s, struct nf_args *a, uint32_t nb);
void nf_stride_free(struct nf_stride *s);
/* The first `nb` of the order had their turn: they go back to where their new passes belong. */
void nf_stride_charge(struct nf_stride *s, uint32_t nb);
/* tickets <= NF_STRIDE_TICKETS_MAX */
void nf_stride_set(struct nf_stride *s, uint32_t port, uint32_t tickets);

extern const struct nf_handler nf_stride_handlers[];

#endif
