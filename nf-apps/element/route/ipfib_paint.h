/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What ipfib.c (routes and next hops) and ipfib_paint.c (the levels that look-ups read) know of
 * each other. Nobody else includes this.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_ROUTE_IPFIB_PAINT_H
#define SLUICE_NF_APPS_ELEMENT_ROUTE_IPFIB_PAINT_H

#include "nf-apps/element/route/ipfib.h"

struct nf_ipfib_rec {
	uint32_t addr;
	uint32_t next; /* in its chain, or of the free ones; index + 1, 0: the last */
	uint16_t hop;
	uint8_t len;
	bool used;
};

struct nf_ipfib_ref {
	uint32_t nb; /* routes that use it; 0: free */
	uint16_t next;
	uint16_t pad;
};

/* First record (index + 1) of the chain with all routes of one /16 with 17 to 24 bits, of one /24
 * with more, or of one prefix; others are in between. */
uint32_t nf_ipfib_chain(const struct nf_ipfib *f, uint32_t addr, unsigned len);

/* The route of exactly this prefix, or NULL. */
struct nf_ipfib_rec *nf_ipfib_rec(const struct nf_ipfib *f, uint32_t addr, unsigned len);

/* Makes the empty levels. -ENOMEM */
int nf_ipfib_paint_start(struct nf_ipfib *f) UK_MUST_USE;
void nf_ipfib_paint_free(struct nf_ipfib *f);

/* After a route of this prefix came, changed or went (it is in the chains, or not any more).
 * -ENOMEM: nothing has changed. */
int nf_ipfib_paint(struct nf_ipfib *f, uint32_t addr, unsigned len) UK_MUST_USE;

/* A route longer than 16 bits is about to come, or has gone: its chunk lives as long as there are
 * some. */
int nf_ipfib_paint_hold(struct nf_ipfib *f, uint32_t addr) UK_MUST_USE;
void nf_ipfib_paint_drop(struct nf_ipfib *f, uint32_t addr);

/* All of them. -ENOMEM */
int nf_ipfib_paint_all(struct nf_ipfib *f) UK_MUST_USE;

#endif
