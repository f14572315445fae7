/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Start-up, top to bottom. Each step runs in ring 3 on the main stack; one that fails ends the
 * machine with one sentence. Devices are probed when the application first asks for them
 * (uk_netdev_count).
 */
#include <errno.h>
#include "kernel/alloc.h"
#include "kernel/libc.h"
#include "kernel/malloc.h"
#include "plat-kvm/boot.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/console.h"
#include "plat-kvm/paging.h"
#include "plat-kvm/pci.h"
#include "plat-kvm/power.h"
#include "plat-kvm/virtio_mmio.h"
#include "plat-kvm/virtio_pci.h"

static bool have_pci;

static int start_windows(void)
{
	uk_virtio_mmio_windows();
	have_pci = uk_pci_windows();
	return 0;
}

/* PCI first: a machine that has it has no virtio-mmio slots. */
static int start_buses(void)
{
	if (have_pci)
		uk_virtio_pci_probe();
	else
		uk_virtio_mmio_probe();
	return 0;
}

/* The largest range holds the allocator's state; ranges that are too small to be of use are left.
 */
static int start_heap(void)
{
	const struct uk_boot_mem *m, *largest = uk_boot_mem(0);
	struct uk_alloc *heap;

	for (unsigned i = 0; (m = uk_boot_mem(i)) != NULL; i++) {
		if (m->len > largest->len)
			largest = m;
	}
	heap = uk_alloc_init(uk_alloc_image, (void *)largest->base, largest->len);
	if (heap == NULL)
		return -ENOMEM;
	for (unsigned i = 0; (m = uk_boot_mem(i)) != NULL; i++) {
		if (m != largest && uk_alloc_add(heap, (void *)m->base, m->len) < 0)
			continue;
	}
	uk_malloc_init(heap);
	return 0;
}

static const struct {
	const char *key, *what;
	int (*run)(void);
} steps[] = {
	{ "clock", "the clock", uk_clock_start },
	{ "windows", "the device windows", start_windows },
	{ "seal", "the page tables", uk_paging_seal },
	{ "calibrate", "the clock's rate", uk_clock_calibrate },
	{ "buses", "the buses", start_buses },
	{ "heap", "the heap", start_heap },
};

/* When the boot code was through, then each step. */
static uint64_t done_cycles[UK_ARRAY_SIZE(steps) + 1];

static uint64_t start_ns(uint64_t from, uint64_t to)
{
	return (uint64_t)((unsigned __int128)(to - from) * 1000000000u / uk_clock_hz());
}

/* The option boot.trace: a line that says where the time went, right before main. */
static void start_trace(void)
{
	const unsigned n = UK_ARRAY_SIZE(steps);
	uint64_t now = uk_clock_cycles(), entry = uk_boot_entry_cycles();

	if (uk_boot_arg("boot.trace") == NULL)
		return;
	uk_console_printf("@{\"type\":\"boot\",\"entry_to_main_ns\":%lu,\"steps\":{\"entry\":%lu",
		start_ns(entry, now), start_ns(entry, done_cycles[0]));
	for (unsigned i = 0; i < n; i++)
		uk_console_printf(
			",\"%s\":%lu", steps[i].key, start_ns(done_cycles[i], done_cycles[i + 1]));
	uk_console_printf(",\"libc\":%lu},\"clock\":\"%s\"}\n", start_ns(done_cycles[n], now),
		uk_clock_source());
}

void uk_start(void)
{
	done_cycles[0] = uk_clock_cycles();
	for (unsigned i = 0; i < UK_ARRAY_SIZE(steps); i++) {
		int rc = steps[i].run();

		if (rc < 0) {
			uk_console_printf("sluice: can not start: %s: %s\n", steps[i].what,
				rc == -ENOMEM
					? "the machine has too little memory, give it more (--mem)"
					: "failed");
			uk_power_off(UK_POWER_BOOT_FAILED);
		}
		done_cycles[i + 1] = uk_clock_cycles();
	}
	uk_libc_start(uk_boot_argc(), uk_boot_argv(), start_trace);
}
