/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Start-up, top to bottom. Each step runs in ring 3 on the main stack; one that fails ends the machine
 * with one sentence. Devices are probed when the application first asks for them (uk_netdev_count).
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

/* The largest range holds the allocator's state; ranges that are too small to be of use are left. */
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
	const char *what;
	int (*run)(void);
} steps[] = {
	{ "the clock", uk_clock_start },
	{ "the device windows", start_windows },
	{ "the page tables", uk_paging_seal },
	{ "the clock's rate", uk_clock_calibrate },
	{ "the buses", start_buses },
	{ "the heap", start_heap },
};

void uk_start(void)
{
	for (unsigned i = 0; i < UK_ARRAY_SIZE(steps); i++) {
		int rc = steps[i].run();

		if (rc < 0) {
			uk_console_printf("sluice: can not start: %s: %s\n", steps[i].what,
				rc == -ENOMEM ? "the machine has too little memory, give it more (--mem)" : "failed");
			uk_power_off(UK_POWER_BOOT_FAILED);
		}
	}
	uk_libc_start(uk_boot_argc(), uk_boot_argv());
}
