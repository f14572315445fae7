/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memtest STRIDE: takes all memory that malloc() gives in large blocks, writes a number that
 * depends on the address every STRIDE bytes, and reads all of it back after the last write: no
 * address is another's alias.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "kernel/alloc.h"
#include "plat-kvm/boot.h"

#define BLOCKS_MAX  4096
#define BLOCK_LARGE (64ul << 20)
#define BLOCK_SMALL (16ul << 10)
#define FOUR_GIB    (4ull << 30)

const struct uk_alloc_ops *const uk_alloc_image = &uk_tlsf_ops;

static struct {
	uint8_t *p;
	size_t len;
} blocks[BLOCKS_MAX];
static unsigned nb_blocks;

static uint64_t mix(uintptr_t a)
{
	return (a ^ a >> 29) * 0x9e3779b97f4a7c15ull;
}

static void take_all(void)
{
	for (size_t len = BLOCK_LARGE; len >= BLOCK_SMALL; len /= 2) {
		void *p;

		while (nb_blocks < BLOCKS_MAX && (p = malloc(len)) != NULL) {
			blocks[nb_blocks].p = p;
			blocks[nb_blocks++].len = len;
		}
	}
}

static void fill(size_t stride)
{
	for (unsigned i = 0; i < nb_blocks; i++) {
		for (size_t at = 0; at + 8 <= blocks[i].len; at += stride)
			*(volatile uint64_t *)(blocks[i].p + at) = mix((uintptr_t)blocks[i].p + at);
	}
}

static size_t verify(size_t stride)
{
	size_t bad = 0;

	for (unsigned i = 0; i < nb_blocks; i++) {
		for (size_t at = 0; at + 8 <= blocks[i].len; at += stride) {
			uint64_t got = *(volatile uint64_t *)(blocks[i].p + at);

			bad += got != mix((uintptr_t)blocks[i].p + at);
		}
	}
	return bad;
}

int main(int argc, char **argv)
{
	size_t stride = argc > 1 ? strtoul(argv[1], NULL, 0) : 8, taken = 0, high = 0, bad;

	if (stride < 8 || stride % 8 != 0) {
		printf("memtest: the stride is a multiple of 8\n");
		return 2;
	}
	take_all();
	fill(stride);
	bad = verify(stride);
	for (unsigned i = 0; i < nb_blocks; i++) {
		taken += blocks[i].len;
		high += (uintptr_t)blocks[i].p >= FOUR_GIB ? blocks[i].len : 0;
	}
	for (unsigned i = nb_blocks; i-- > 0;)
		free(blocks[i].p);
	printf("@{\"type\":\"memtest\",\"ram\":%zu,\"taken\":%zu,\"high\":%zu,\"bad\":%zu,\"again\":%d}\n",
		uk_boot_ram_bytes(), taken, high, bad, malloc(taken / nb_blocks / 2) != NULL);
	return bad != 0;
}
