/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include "plat-kvm/io.h"
#include "plat-kvm/paging.h"
#include "plat-kvm/pci.h"

/* Configuration space (PCI Local Bus Specification 3.0, 6.1). */
#define CONFIG_ADDR        0xcf8
#define CONFIG_DATA        0xcfc
#define REG_ID             0x00
#define REG_COMMAND        0x04
#define REG_HEADER         0x0c
#define REG_BAR0           0x10
#define REG_CAP_PTR        0x34
#define COMMAND_MEM_MASTER 0x6
#define STATUS_CAPS        (1u << 20)

/* q35 host bridge (Intel 3 Series MCH data sheet): PCIEXBAR at 0x60 of 00:00.0. */
#define Q35_ID       0x29c08086
#define Q35_PCIEXBAR 0x60

#define ECAM_BUS_LEN 0x100000

/* Clear of RAM on q35 and of the interrupt controllers; firmware's own placement is not used. */
#define WINDOW_BASE 0xfd000000u
#define WINDOW_END  0xfe000000u

static uintptr_t ecam; /* set by the scan: the boot page tables do not show it */
static uintptr_t ecam_found;
static uint32_t window_next = WINDOW_BASE;

static void pci_select(uint8_t devfn, uint8_t off)
{
	uk_io_out32(CONFIG_ADDR, 0x80000000u | (uint32_t)devfn << 8 | (off & 0xfc));
}

static uint32_t pci_read(uint8_t devfn, uint8_t off)
{
	if (ecam != 0)
		return uk_io_read32(ecam + ((uintptr_t)devfn << 12) + (off & 0xfc));
	pci_select(devfn, off);
	return uk_io_in32(CONFIG_DATA);
}

uint32_t uk_pci_read32(const struct uk_pci_dev *dev, uint8_t off)
{
	return pci_read(dev->devfn, off);
}

uint16_t uk_pci_read16(const struct uk_pci_dev *dev, uint8_t off)
{
	return (uint16_t)(pci_read(dev->devfn, off) >> (off & 2) * 8);
}

uint8_t uk_pci_read8(const struct uk_pci_dev *dev, uint8_t off)
{
	return (uint8_t)(pci_read(dev->devfn, off) >> (off & 3) * 8);
}

void uk_pci_write32(const struct uk_pci_dev *dev, uint8_t off, uint32_t v)
{
	if (ecam != 0) {
		uk_io_write32(ecam + ((uintptr_t)dev->devfn << 12) + (off & 0xfc), v);
		return;
	}
	pci_select(dev->devfn, off);
	uk_io_out32(CONFIG_DATA, v);
}

bool uk_pci_windows(void)
{
	uint32_t id = pci_read(0, REG_ID), bar;

	if (id == 0xffffffff || id == 0)
		return false;
	if (uk_paging_mmio(WINDOW_BASE, WINDOW_END - WINDOW_BASE) < 0)
		return false;
	if (id != Q35_ID)
		return true;
	bar = pci_read(0, Q35_PCIEXBAR);
	/* Bit 0: enabled. The base is 64 to 256 MiB aligned, below 4 GiB with the firmwares there
	 * are. */
	if ((bar & 1) && (bar & 0xfc000000) >= 0x80000000 &&
		uk_paging_mmio(bar & 0xfc000000, ECAM_BUS_LEN) == 0)
		ecam_found = bar & 0xfc000000;
	return true;
}

void uk_pci_scan(void (*found)(const struct uk_pci_dev *dev))
{
	ecam = ecam_found;
	for (unsigned devfn = 0; devfn < 256; devfn++) {
		uint32_t id = pci_read((uint8_t)devfn, REG_ID);
		struct uk_pci_dev dev = { .devfn = (uint8_t)devfn,
			.vendor = (uint16_t)id,
			.device = (uint16_t)(id >> 16) };

		if (id != 0xffffffff && id != 0)
			found(&dev);
		/* Functions 1..7 only where function 0 says so (header type, bit 7). */
		if (devfn % 8 == 0 &&
			(id == 0xffffffff || !(pci_read((uint8_t)devfn, REG_HEADER) & 0x800000)))
			devfn += 7;
	}
}

uint8_t uk_pci_cap(const struct uk_pci_dev *dev, uint8_t id, uint8_t after)
{
	uint8_t off;

	if (!(uk_pci_read32(dev, REG_COMMAND) & STATUS_CAPS))
		return 0;
	off = uk_pci_read8(dev, after != 0 ? (uint8_t)(after + 1) : REG_CAP_PTR) & 0xfc;
	for (unsigned n = 0; off >= 0x40 && n < 48; n++) {
		uint32_t head = uk_pci_read32(dev, off);

		if ((head & 0xff) == id)
			return off;
		off = (head >> 8) & 0xfc;
	}
	return 0;
}

int uk_pci_bar_place(struct uk_pci_dev *dev, unsigned i)
{
	uint8_t reg = (uint8_t)(REG_BAR0 + 4 * i);
	uint32_t old, size, base;

	if (i > 5)
		return -EINVAL;
	if (dev->bar[i] != 0)
		return 0;
	old = uk_pci_read32(dev, reg);
	if (old & 1)
		return -EINVAL;
	uk_pci_write32(dev, reg, 0xffffffff);
	size = ~(uk_pci_read32(dev, reg) & ~15u) + 1;
	if (size < 16 || (size & (size - 1)) != 0 || size > WINDOW_END - WINDOW_BASE)
		return -EINVAL;
	base = UK_ALIGN_UP(window_next, size < UK_PAGE_SIZE ? UK_PAGE_SIZE : size);
	if (base < window_next || base > WINDOW_END - size)
		return -ENOSPC;
	uk_pci_write32(dev, reg, base);
	if ((old & 6) == 4 && i < 5) /* 64-bit: the upper half */
		uk_pci_write32(dev, (uint8_t)(reg + 4), 0);
	window_next = base + size;
	dev->bar[i] = base;
	dev->bar_len[i] = size;
	return 0;
}

void uk_pci_enable(const struct uk_pci_dev *dev)
{
	uk_pci_write32(
		dev, REG_COMMAND, (uk_pci_read32(dev, REG_COMMAND) & 0xffff) | COMMAND_MEM_MASTER);
}
