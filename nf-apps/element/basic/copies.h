/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of packets for elements that have several outputs for one packet. */
#ifndef SLUICE_NF_APPS_ELEMENT_BASIC_COPIES_H
#define SLUICE_NF_APPS_ELEMENT_BASIC_COPIES_H

#include "nf-apps/click/element.h"

/* The drop reasons of a class that only drops what it could not copy. */
extern const char *const nf_copies_drops[];
#define NF_COPIES_NO_BUFFER 0

/* Pushes copies of v[0..n) to an output; what finds no buffer is a drop, reason
 * NF_COPIES_NO_BUFFER. */
void nf_copies_emit(
	struct nf_element *e, unsigned port, struct uk_netbuf *const v[] UK_LENDS, uint16_t n);

#endif
