/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Four-level tables, 2 MiB pages wherever a whole 2 MiB has one kind of protection (Intel SDM vol.
 * 3, 4.5). Plain native code: it runs in ring 3 on tables that no CPU uses yet.
 */
#include <errno.h>
#include <stdbool.h>
#include "plat-kvm/boot.h"
#include "plat-kvm/io.h"
#include "plat-kvm/layout.h"
#include "plat-kvm/nucleus.h"
#include "plat-kvm/paging.h"
#include "plat-kvm/symbol.h"

#define P    0x01ull /* present */
#define W    0x02ull /* writable */
#define U    0x04ull /* ring 3 */
#define PWT  0x08ull
#define PCD  0x10ull /* not cached */
#define PS   0x80ull /* 2 MiB page */
#define NX   (1ull << 63)
#define ADDR 0x000ffffffffff000ull

#define SIZE_4K 0x1000ull
#define SIZE_2M 0x200000ull

#define KERN_RX (P)
#define KERN_R  (P | NX)
#define KERN_RW (P | W | NX)
#define USER_RX (P | U)
#define USER_R  (P | U | NX)
#define USER_RW (P | U | W | NX)
#define USER_IO (P | U | W | NX | PCD | PWT)
#define KERN_IO (P | W | NX | PCD | PWT)

#define CR4_UMIP     (1ull << 11)
#define CR4_FSGSBASE (1ull << 16)
#define CR4_SMEP     (1ull << 20)

#define MMIO_MAX  16
#define TABLE_MAX 160 /* pages of tables; about 1 per GiB of memory and 8 more */

static struct {
	uint64_t base, end;
} mmio[MMIO_MAX];
static unsigned nb_mmio;

static uint64_t *tables[TABLE_MAX];
static unsigned nb_tables;

int uk_paging_mmio(uintptr_t base, size_t len)
{
	uint64_t first = UK_ALIGN_DOWN((uint64_t)base, SIZE_4K), end;

	if (len == 0 || base > (1ull << 46) || len > (1ull << 40))
		return -EINVAL;
	end = UK_ALIGN_UP((uint64_t)base + len, SIZE_4K);
	for (unsigned i = 0; i < nb_mmio; i++) {
		if (first >= mmio[i].base && end <= mmio[i].end)
			return 0;
	}
	if (nb_mmio == MMIO_MAX)
		return -ENOSPC;
	mmio[nb_mmio].base = first;
	mmio[nb_mmio++].end = end;
	return 0;
}

static uint64_t *pg_table(void)
{
	uint64_t *t;

	if (nb_tables == TABLE_MAX)
		return NULL;
	t = uk_boot_mem_take(1);
	if (t != NULL)
		tables[nb_tables++] = t;
	return t;
}

/* The table that entry `e` points to; made when missing, split when it was a 2 MiB page. */
static uint64_t *pg_next(uint64_t *e)
{
	uint64_t *t, old = *e;

	if ((old & P) && !(old & PS))
		return (uint64_t *)(old & ADDR);
	t = pg_table();
	if (t == NULL)
		return NULL;
	for (unsigned i = 0; (old & P) && i < 512; i++)
		t[i] = (old & ~PS) + i * SIZE_4K;
	*e = (uintptr_t)t | P | W | U;
	return t;
}

static uint64_t *pg_directory(uint64_t *pml4, uint64_t va)
{
	uint64_t *pdpt = pg_next(&pml4[va >> 39 & 511]);
	uint64_t *pd = pdpt != NULL ? pg_next(&pdpt[va >> 30 & 511]) : NULL;

	return pd != NULL ? &pd[va >> 21 & 511] : NULL;
}

/* Maps [va, end) to pa with `flags`; 0 unmaps. */
static int pg_map(uint64_t *pml4, uint64_t va, uint64_t end, uint64_t pa, uint64_t flags)
{
	while (va < end) {
		uint64_t *e = pg_directory(pml4, va), *pt;

		if (e == NULL)
			return -ENOMEM;
		if (va % SIZE_2M == 0 && pa % SIZE_2M == 0 && end - va >= SIZE_2M) {
			*e = pa | flags | PS;
			va += SIZE_2M;
			pa += SIZE_2M;
			continue;
		}
		pt = pg_next(e);
		if (pt == NULL)
			return -ENOMEM;
		pt[va >> 12 & 511] = flags != 0 ? pa | flags : 0;
		va += SIZE_4K;
		pa += SIZE_4K;
	}
	return 0;
}

static int pg_same(uint64_t *pml4, const void *from, const void *to, uint64_t flags)
{
	return pg_map(pml4, (uintptr_t)from, (uintptr_t)to, (uintptr_t)from, flags);
}

static int pg_image(uint64_t *pml4)
{
	char *symbols_end = uk_image_end + UK_ALIGN_UP(uk_symbol_bytes(), (size_t)UK_PAGE_SIZE);
	const struct {
		char *from, *to;
		uint64_t flags;
	} parts[] = {
		{ uk_nucleus_start, uk_nucleus_data, KERN_RX },
		{ uk_nucleus_data, uk_nucleus_end, KERN_RW },
		{ uk_text_start, uk_text_end, USER_RX },
		{ uk_text_end, uk_rodata_end, USER_R },
		{ uk_rodata_end, uk_image_end, USER_RW },
		{ uk_trap_guard, uk_trap_guard + UK_PAGE_SIZE, 0 },
		{ uk_stack_guard, uk_stack_guard + UK_PAGE_SIZE, 0 },
		{ uk_image_end, symbols_end, USER_R },
	};

	for (unsigned i = 0; i < UK_ARRAY_SIZE(parts); i++) {
		if (pg_same(pml4, parts[i].from, parts[i].to, parts[i].flags) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int pg_devices(uint64_t *pml4)
{
	for (unsigned i = 0; i < nb_mmio; i++) {
		if (pg_map(pml4, mmio[i].base, mmio[i].end, mmio[i].base, USER_IO) < 0)
			return -ENOMEM;
	}
	/* The interrupt controllers are the nucleus' own. */
	if (pg_map(pml4, NUCLEUS_LAPIC_VA, NUCLEUS_LAPIC_VA + SIZE_4K, NUCLEUS_LAPIC, KERN_IO) < 0)
		return -ENOMEM;
	for (uint64_t a = NUCLEUS_IOAPIC; a <= NUCLEUS_IOAPIC + NUCLEUS_IOAPIC_STEP;
		a += NUCLEUS_IOAPIC_STEP) {
		if (pg_map(pml4, a, a + SIZE_4K, a, KERN_IO) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * The heap, then the tables themselves taken out of it. Making a table may take a page off the
 * heap's start, so a range is mapped as it was before and the tables are protected last; splitting
 * for that may make one more table, which the loop then meets.
 */
static int pg_heap(uint64_t *pml4)
{
	const struct uk_boot_mem *m;
	const void *initrd;
	size_t len;

	for (unsigned i = 0; (m = uk_boot_mem(i)) != NULL; i++) {
		if (pg_map(pml4, m->base, m->base + m->len, m->base, USER_RW) < 0)
			return -ENOMEM;
	}
	uk_boot_initrd(&initrd, &len);
	if (len > 0 &&
		pg_map(pml4, (uintptr_t)initrd, UK_ALIGN_UP((uintptr_t)initrd + len, SIZE_4K),
			(uintptr_t)initrd, USER_R) < 0)
		return -ENOMEM;
	for (unsigned i = 0; i < nb_tables; i++) {
		uint64_t a = (uintptr_t)tables[i];

		if (pg_map(pml4, a, a + SIZE_4K, a, KERN_R) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Only what CPUID offers: a reserved bit in CR4 would be a fault in ring 0. */
static uint64_t pg_cr4(void)
{
	struct uk_io_cpuid id = uk_io_cpuid(0, 0);
	uint64_t cr4 = NUCLEUS_CR4;

	if (id.eax < 7)
		return cr4;
	id = uk_io_cpuid(7, 0);
	if (id.ebx & 1)
		cr4 |= CR4_FSGSBASE;
	if (id.ebx & (1u << 7))
		cr4 |= CR4_SMEP;
	if (id.ecx & (1u << 2))
		cr4 |= CR4_UMIP;
	return cr4;
}

int uk_paging_seal(void)
{
	uint64_t *pml4 = pg_table();

	if (pml4 == NULL || pg_devices(pml4) < 0 || pg_image(pml4) < 0 || pg_heap(pml4) < 0)
		return -ENOMEM;
	return (int)uk_nucleus_call(NUCLEUS_CALL_SEAL, (uintptr_t)pml4, pg_cr4(), 0);
}
