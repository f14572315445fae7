/* SPDX-License-Identifier: BSD-3-Clause */
/* Accesses that the sealed page tables forbid. */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/crash/crash.h"
#include "plat-kvm/boot.h"
#include "plat-kvm/layout.h"
#include "plat-kvm/nucleus.h"

#define RET 0xc3 /* the shortest function */

static const uint64_t constant[2] = { 1, 2 };
static uint8_t data_code[64] = { RET };

CRASH_FRAME static int mem_read(uintptr_t a)
{
	return (int)*crash_at(a);
}

CRASH_FRAME static int mem_write(uintptr_t a)
{
	*crash_at(a) = 0x6b636168;
	return 1;
}

CRASH_FRAME static int mem_execute(uintptr_t a)
{
	void (*code)(void) = (void (*)(void))(uintptr_t)crash_at(a);

	code();
	return 1;
}

CRASH_FRAME static int write_text(void)
{
	int rc = mem_write((uintptr_t)write_text);

	CRASH_NO_TAIL();
	return rc;
}

CRASH_FRAME static int write_rodata(void)
{
	int rc = mem_write((uintptr_t)constant);

	CRASH_NO_TAIL();
	return rc;
}

/* The table of function names lies behind the image. */
CRASH_FRAME static int write_symbols(void)
{
	int rc = mem_write((uintptr_t)uk_image_end);

	CRASH_NO_TAIL();
	return rc;
}

CRASH_FRAME static int exec_heap(void)
{
	uint8_t *p = malloc(64);
	int rc;

	if (p == NULL)
		return 1;
	memset(p, RET, 64);
	rc = mem_execute((uintptr_t)p);
	CRASH_NO_TAIL();
	free(p);
	return rc;
}

CRASH_FRAME static int exec_stack(void)
{
	volatile uint8_t code[64];
	int rc;

	code[0] = RET;
	rc = mem_execute((uintptr_t)code);
	CRASH_NO_TAIL();
	return rc;
}

CRASH_FRAME static int exec_data(void)
{
	int rc = mem_execute((uintptr_t)data_code);

	CRASH_NO_TAIL();
	return rc;
}

CRASH_FRAME static int null_read(void)
{
	int rc = mem_read(0);

	CRASH_NO_TAIL();
	return rc;
}

/* A member of a structure that is not there. */
CRASH_FRAME static int null_write(void)
{
	int rc = mem_write(0x238);

	CRASH_NO_TAIL();
	return rc;
}

CRASH_FRAME static int null_call(void)
{
	int rc = mem_execute(0);

	CRASH_NO_TAIL();
	return rc;
}

/* Behind all RAM and all devices. */
CRASH_FRAME static int wild_read(void)
{
	int rc = mem_read(0x7f0012345678);

	CRASH_NO_TAIL();
	return rc;
}

CRASH_FRAME static int non_canonical(void)
{
	int rc = mem_read(0xdead000000000000);

	CRASH_NO_TAIL();
	return rc;
}

CRASH_FRAME static int nucleus_read(void)
{
	int rc = mem_read((uintptr_t)uk_nucleus_data);

	CRASH_NO_TAIL();
	return rc;
}

/* The table of nucleus calls and the IDT lie there. */
CRASH_FRAME static int nucleus_write(void)
{
	int rc = mem_write((uintptr_t)uk_nucleus_data);

	CRASH_NO_TAIL();
	return rc;
}

CRASH_FRAME static int nucleus_jump(void)
{
	int rc = mem_execute((uintptr_t)uk_nucleus_start);

	CRASH_NO_TAIL();
	return rc;
}

/* Tables are taken from the start of the first range of RAM: just below what is left of it. */
static uintptr_t table_page(void)
{
	return uk_boot_mem(0)->base - UK_PAGE_SIZE;
}

CRASH_FRAME static int pagetable_write(void)
{
	int rc = mem_write(table_page());

	CRASH_NO_TAIL();
	return rc;
}

CRASH_FRAME static int pagetable_read(void)
{
	int rc = mem_read(table_page());

	CRASH_NO_TAIL();
	return rc;
}

CRASH_FRAME static int lapic(void)
{
	int rc = mem_write(NUCLEUS_LAPIC_VA + 0x80);

	CRASH_NO_TAIL();
	return rc;
}

CRASH_FRAME static int lapic_physical(void)
{
	int rc = mem_read(NUCLEUS_LAPIC + 0x20);

	CRASH_NO_TAIL();
	return rc;
}

CRASH_FRAME static int ioapic(void)
{
	int rc = mem_write(NUCLEUS_IOAPIC);

	CRASH_NO_TAIL();
	return rc;
}

const struct crash_case nf_memory_cases[] = {
	{ "write-text", "writes to its own code", write_text },
	{ "write-rodata", "writes to a constant", write_rodata },
	{ "write-symbols", "writes to the table of function names", write_symbols },
	{ "exec-heap", "jumps to the heap", exec_heap },
	{ "exec-stack", "jumps to the stack", exec_stack },
	{ "exec-data", "jumps to a variable", exec_data },
	{ "null-read", "reads at NULL", null_read },
	{ "null-write", "writes a little above NULL", null_write },
	{ "null-call", "calls NULL", null_call },
	{ "wild-read", "reads where nothing is", wild_read },
	{ "non-canonical", "reads at an address that cannot be one", non_canonical },
	{ "nucleus-read", "reads the nucleus' data", nucleus_read },
	{ "nucleus-write", "writes the nucleus' data", nucleus_write },
	{ "nucleus-jump", "jumps into the nucleus", nucleus_jump },
	{ "pagetable-write", "writes a page table", pagetable_write },
	{ "pagetable-read", "reads a page table", pagetable_read },
	{ "lapic", "writes the local APIC where the nucleus has it", lapic },
	{ "lapic-physical", "reads the local APIC at its own address", lapic_physical },
	{ "ioapic", "writes the I/O APIC", ioapic },
	{ NULL, NULL, NULL },
};
