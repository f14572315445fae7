/* SPDX-License-Identifier: BSD-3-Clause */
/* The lean engine on rings and descriptors that a fuzzer wrote: it must stay inside guest memory.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pktgen-bench/host/lean.h"

#define GPA 0x100000ull
#define MEM 8192u

static struct lean lean;
static uint8_t frame[9000];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_ring(struct lean_ring *r, uint8_t *mem, const uint8_t knob[8])
{
	*r = (struct lean_ring){ .ok = true, .callfd = -1, .hdr = knob[1] & 1 ? 12 : 10 };
	/* A split ring is a power of two, a packed one may have any size. */
	r->size = (uint16_t)(lean.packed ? knob[2] % 64 + 1 : 1u << knob[2] % 7);
	r->next = (uint16_t)(knob[3] % r->size);
	r->used = knob[4];
	r->wrap = knob[5] & 1;
	r->desc = (void *)mem;
	r->pdesc = (void *)mem;
	r->avail = (void *)(mem + 1024);
	r->used_ring = (void *)(mem + 1280);
	r->driver_event = (void *)(mem + 1024);
	r->device_event = (void *)(mem + 1028);
}

static void fuzz_move(struct lean_ring *r, const uint8_t knob[8])
{
	struct pg_port_frame f[PG_PORT_BURST];
	unsigned int n = knob[6] % 40 + 1, got;
	volatile uint8_t sum = 0;

	for (unsigned int i = 0; i < n; i++)
		f[i] = (struct pg_port_frame){ .data = frame, .len = 14 + (uint32_t)knob[7] * 32 };
	if (knob[0] & 4) {
		got = lean.packed ? pg_lean_packed_tx(&lean, r, f, n)
				  : pg_lean_split_tx(&lean, r, f, n);
		if (got > n)
			abort();
		return;
	}
	got = lean.packed ? pg_lean_packed_rx(&lean, r, f, n) : pg_lean_split_rx(&lean, r, f, n);
	if (got > n)
		abort();
	for (unsigned int i = 0; i < got; i++)
		for (uint32_t b = 0; b < f[i].len; b += 61)
			sum = (uint8_t)(sum + f[i].data[b]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t knob[8], *mem;
	struct lean_ring r;

	if (size < sizeof(knob))
		return 0;
	memcpy(knob, data, sizeof(knob));
	data += sizeof(knob);
	size -= sizeof(knob);
	if (!lean.slots) {
		lean.slots = malloc((size_t)PG_PORT_BURST * LEAN_SLOT);
		lean.linear = malloc((size_t)PG_PORT_BURST * PG_PORT_LINEAR);
	}
	/* Two regions with a hole, the allocation exact, so that the sanitizer sees each step
	 * outside. */
	mem = calloc(1, MEM);
	if (!mem || !lean.slots || !lean.linear)
		abort();
	memcpy(mem, data, size < MEM ? size : MEM);
	lean.packed = knob[0] & 1;
	lean.mergeable = knob[0] & 2;
	lean.nb_regions = 2;
	lean.region[0] = (struct lean_region){ GPA, MEM / 2, mem };
	lean.region[1] = (struct lean_region){ GPA + MEM, MEM / 2, mem + MEM / 2 };
	fuzz_ring(&r, mem, knob);
	fuzz_move(&r, knob);
	fuzz_move(&r, knob);
	free(mem);
	return 0;
}
