/* SPDX-License-Identifier: BSD-3-Clause */
#include "plat-kvm/test/fake_mem.h"

#include <sanitizer/asan_interface.h>
#include <string.h>
#include "plat-kvm/test/fake_plat.h"

#define GRIDS_MAX 16u

static struct {
	struct grid {
		uintptr_t base;
		size_t stride, room_off, room_len;
		unsigned nb;
	} grids[GRIDS_MAX];
} mem;

void fake_mem_reset(void)
{
	memset(&mem, 0, sizeof(mem));
}

void fake_mem_grid(void *base, size_t stride, unsigned nb, size_t room_off, size_t room_len)
{
	for (unsigned i = 0; i < GRIDS_MAX; i++) {
		if (mem.grids[i].base == 0) {
			mem.grids[i] =
				(struct grid){ (uintptr_t)base, stride, room_off, room_len, nb };
			return;
		}
	}
	fake_plat_fail("more than %u memory grids", GRIDS_MAX);
}

void fake_mem_grid_forget(void *base)
{
	for (unsigned i = 0; i < GRIDS_MAX; i++) {
		if (mem.grids[i].base == (uintptr_t)base)
			mem.grids[i].base = 0;
	}
}

static const struct grid *mem_grid_of(uint64_t addr)
{
	for (unsigned i = 0; i < GRIDS_MAX; i++) {
		const struct grid *g = &mem.grids[i];

		if (g->base != 0 && addr >= g->base && addr - g->base < g->stride * g->nb)
			return g;
	}
	return NULL;
}

static bool mem_in_room(const struct grid *g, uint64_t addr, uint64_t len)
{
	uint64_t off = (addr - g->base) % g->stride;

	return off >= g->room_off && off - g->room_off <= g->room_len &&
	       len <= g->room_len - (off - g->room_off);
}

/* __asan_locate_address tells heap, stack and globals apart, and the bounds of the block. */
static const char *mem_heap_fault(uint64_t addr, uint64_t len)
{
	char name[8];
	void *block = NULL;
	size_t block_len = 0;
	const char *kind = __asan_locate_address(
		(void *)(uintptr_t)addr, name, sizeof(name), &block, &block_len);

	if (kind == NULL || strcmp(kind, "heap") != 0)
		return "it is no heap memory";
	if (addr < (uintptr_t)block || addr - (uintptr_t)block > block_len ||
		len > block_len - (addr - (uintptr_t)block))
		return "it reaches beyond its heap block";
	if (__asan_region_is_poisoned((void *)(uintptr_t)addr, len) != NULL)
		return "it was freed";
	return NULL;
}

bool fake_mem_ok(uint64_t addr, uint64_t len, const char **why)
{
	const struct grid *g = mem_grid_of(addr);

	*why = NULL;
	if (addr + len < addr || addr + len > (1ull << 47))
		*why = "it wraps around or is no address";
	else if (g != NULL && !mem_in_room(g, addr, len))
		*why = "it reaches beyond the room of one pool object";
	else if (g == NULL)
		*why = mem_heap_fault(addr, len);
	return *why == NULL;
}
