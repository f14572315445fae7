/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first ring-3 code. The boot page tables map the first NUCLEUS_BOOT_PAGES, everything
 * writable; more is not added to them: with shadow paging each write to a table in use costs some
 * 12 us. Nothing from outside but the start info has been read yet, and that is checked here.
 */
#include <stdbool.h>
#include <string.h>
#include "plat-kvm/boot.h"
#include "plat-kvm/console.h"
#include "plat-kvm/layout.h"
#include "plat-kvm/nucleus.h"
#include "plat-kvm/power.h"
#include "plat-kvm/symbol.h"

/* Xen, xen/include/public/arch-x86/hvm/start_info.h, version 1. */
struct start_info {
	uint32_t magic, version, flags, nr_modules;
	uint64_t modlist, cmdline, rsdp, memmap;
	uint32_t memmap_entries, reserved;
};

struct memmap_entry {
	uint64_t addr, size;
	uint32_t type, reserved;
};

struct modlist_entry {
	uint64_t paddr, size, cmdline, reserved;
};

#define START_MAGIC    0x336ec578
#define MEMMAP_RAM     1
#define MEMMAP_ENTRIES 128                                /* more are not looked at */
#define BOOT_MAPPED    (NUCLEUS_BOOT_PAGES * 0x200000ull) /* what the boot page tables show */
#define ADDR_LIMIT     (1ull << 46)

#define CMDLINE_BYTES 4096
#define BLANKS        " \t\r\n"

/* The main stack, above its guard page (sluice.ld). */
static char main_stack[UK_STACK_BYTES] __attribute__((section(".stack,\"aw\",@nobits#"), used));

static struct uk_boot_mem mem[UK_BOOT_MEM_MAX];
static unsigned nb_mem;
static size_t ram_bytes;

static char cmdline[CMDLINE_BYTES];
static char *options[UK_BOOT_ARG_MAX];
static unsigned nb_options;
static char *args[UK_BOOT_ARG_MAX + 1];
static int nb_args;

static struct modlist_entry initrd;

UK_NORETURN static void boot_fail(const char *why)
{
	uk_console_printf("sluice: can not start: %s\n", why);
	uk_power_off(UK_POWER_BOOT_FAILED);
}

/* Adds [base, end) but for what lies in [cut, cut_end). */
static void boot_mem_add(uint64_t base, uint64_t end, uint64_t cut, uint64_t cut_end)
{
	if (base < cut_end && cut < end) {
		if (base < cut)
			boot_mem_add(base, cut, 0, 0);
		if (cut_end < end)
			boot_mem_add(cut_end, end, 0, 0);
		return;
	}
	base = UK_ALIGN_UP(base, (uint64_t)UK_PAGE_SIZE);
	end = UK_ALIGN_DOWN(end, (uint64_t)UK_PAGE_SIZE);
	if (base < end && nb_mem < UK_BOOT_MEM_MAX)
		mem[nb_mem++] = (struct uk_boot_mem){ base, end - base };
}

static bool boot_readable(uint64_t addr, uint64_t len)
{
	return addr != 0 && addr < BOOT_MAPPED && len <= BOOT_MAPPED - addr;
}

/*
 * RAM below 1 MiB is left alone: firmware data lie there until they were copied, and it is not
 * worth a page of code. The image with its symbol table is cut out, and so is an initrd.
 */
static void boot_memory(const struct start_info *si)
{
	const struct memmap_entry *e = (const void *)si->memmap;
	uint64_t image_end = (uintptr_t)uk_image_end + uk_symbol_bytes();

	if (si->version < 1 || !boot_readable(si->memmap, si->memmap_entries * sizeof(*e)))
		boot_fail("the loader gave no memory map");
	for (uint32_t i = 0; i < si->memmap_entries && i < MEMMAP_ENTRIES; i++) {
		uint64_t base = e[i].addr, end;

		if (e[i].type != MEMMAP_RAM || base >= ADDR_LIMIT || e[i].size > ADDR_LIMIT)
			continue;
		end = base + e[i].size;
		ram_bytes += e[i].size;
		if (base < NUCLEUS_BASE)
			base = NUCLEUS_BASE;
		if (base < NUCLEUS_BASE + 1 && end > image_end)
			base = UK_ALIGN_UP(image_end, (uint64_t)UK_PAGE_SIZE);
		if (base < end)
			boot_mem_add(base, end, initrd.paddr & ~(uint64_t)(UK_PAGE_SIZE - 1),
				initrd.paddr + initrd.size);
	}
	if (nb_mem == 0)
		boot_fail("no memory is left behind the image");
}

static void boot_initrd_find(const struct start_info *si)
{
	if (si->nr_modules == 0 || !boot_readable(si->modlist, sizeof(initrd)))
		return;
	initrd = *(const struct modlist_entry *)si->modlist;
	if (initrd.paddr < (uintptr_t)uk_image_end || initrd.paddr >= ADDR_LIMIT ||
		initrd.size > ADDR_LIMIT)
		initrd = (struct modlist_entry){ 0 };
}

/* The next word at *at, cut off in place; one in double quotes may hold blanks. NULL: none is left.
 */
static char *boot_word(char **at)
{
	char *word = *at + strspn(*at, BLANKS), *end;

	if (*word == '\0')
		return NULL;
	if (*word == '"') {
		end = strchr(++word, '"');
		if (end == NULL)
			boot_fail("a quote in the command line is not closed");
	} else {
		end = word + strcspn(word, BLANKS);
	}
	*at = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return word;
}

/* Options before a word "--", the application's words behind it; QEMU appends its devices at the
 * very end. */
static void boot_cmdline(const struct start_info *si)
{
	bool app = false;
	char *p = cmdline, *word;

	if (boot_readable(si->cmdline, CMDLINE_BYTES))
		memcpy(cmdline, (const char *)si->cmdline, CMDLINE_BYTES);
	if (strnlen(cmdline, CMDLINE_BYTES) == CMDLINE_BYTES)
		boot_fail("the command line is longer than 4095 bytes");
	args[nb_args++] = (char *)"sluice";
	while ((word = boot_word(&p)) != NULL) {
		bool device = strncmp(word, "virtio_mmio.device=", 19) == 0;

		if (nb_args == UK_BOOT_ARG_MAX || nb_options == UK_BOOT_ARG_MAX)
			boot_fail("the command line has too many words");
		if (!app && strcmp(word, "--") == 0)
			app = true;
		else if (app && !device)
			args[nb_args++] = word;
		else
			options[nb_options++] = word;
	}
	if (nb_options > 0 && strchr(options[0], '=') == NULL)
		args[0] = options[0];
}

void uk_boot_ring3(void)
{
	const struct start_info *si = (const void *)(uintptr_t)uk_nucleus_start_info;

	if (!boot_readable(uk_nucleus_start_info, sizeof(*si)) || si->magic != START_MAGIC)
		boot_fail("not started by a PVH loader");
	boot_initrd_find(si);
	boot_memory(si);
	boot_cmdline(si);
	uk_start();
}

const struct uk_boot_mem *uk_boot_mem(unsigned i)
{
	return i < nb_mem ? &mem[i] : NULL;
}

size_t uk_boot_ram_bytes(void)
{
	return ram_bytes;
}

/* From the start of a range that the boot page tables show: right behind the image. */
void *uk_boot_mem_take(size_t nb_pages)
{
	size_t len = nb_pages * UK_PAGE_SIZE;

	for (unsigned i = 0; i < nb_mem; i++) {
		if (mem[i].len < len || mem[i].base + len > BOOT_MAPPED)
			continue;
		mem[i].base += len;
		mem[i].len -= len;
		return memset((void *)(mem[i].base - len), 0, len);
	}
	return NULL;
}

void uk_boot_initrd(const void **data, size_t *len)
{
	*data = (const void *)initrd.paddr;
	*len = initrd.size;
}

const char *uk_boot_arg(const char *key)
{
	size_t n = strlen(key);

	for (unsigned i = 0; i < nb_options; i++) {
		if (strncmp(options[i], key, n) != 0)
			continue;
		if (options[i][n] == '\0')
			return options[i] + n;
		if (options[i][n] == '=')
			return options[i] + n + 1;
	}
	return NULL;
}

const char *uk_boot_option(unsigned i)
{
	return i < nb_options ? options[i] : NULL;
}

int uk_boot_argc(void)
{
	return nb_args;
}

char **uk_boot_argv(void)
{
	return args;
}

uint64_t uk_boot_entry_cycles(void)
{
	return uk_nucleus_entry_tsc;
}
