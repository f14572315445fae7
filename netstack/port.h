/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What lwIP is given: time, memory, random numbers, a checksum. Named in netstack/lwip/ (lwipopts.h, hooks.h, arch/cc.h).
 */
#ifndef SLUICE_NETSTACK_PORT_H
#define SLUICE_NETSTACK_PORT_H

#include "plat-kvm/defs.h"

/*
 * Memory of lwIP (pbufs, control blocks, segments): pieces up to 2 KiB come from caches by size; NULL
 * when the limit or the heap is reached, which lwIP bears. Aligned to 16 bytes.
 */
void *uk_port_malloc(size_t size);
void *uk_port_calloc(size_t n, size_t size);
void uk_port_free(void *p);

/* Bytes that lwIP may have at once. */
void uk_port_limit(size_t bytes);
/* Bytes and pieces that it has. For leak checks. */
size_t uk_port_used(uint32_t *nb_pieces);

uint32_t uk_port_rand(void);

/* One's complement sum of `len` bytes at any address, not complemented, as RFC 1071 has it, in memory's byte order. */
uint16_t uk_port_chksum(const void *data, int len);

#endif
