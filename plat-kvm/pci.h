/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PCI configuration space of bus 0, by ECAM where the q35 host bridge has it switched on, else by
 * ports, and the memory window that base address registers (BARs) are placed in. Boot only. An
 * access costs one exit (ECAM) or two (ports).
 */
#ifndef SLUICE_PLAT_KVM_PCI_H
#define SLUICE_PLAT_KVM_PCI_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

#define UK_PCI_CAP_VENDOR 0x09
#define UK_PCI_CAP_MSIX   0x11

struct uk_pci_dev {
	uint8_t devfn; /* device << 3 | function, on bus 0 */
	uint16_t vendor, device;
	uintptr_t bar[6]; /* 0: not placed (yet) */
	uint32_t bar_len[6];
};

/* Before the seal: has the BAR window and ECAM mapped. False: there is no PCI. */
bool uk_pci_windows(void);

/* Calls found(dev) for each function of bus 0; dev lives until the call returns. */
void uk_pci_scan(void (*found)(const struct uk_pci_dev *dev));

uint32_t uk_pci_read32(const struct uk_pci_dev *dev, uint8_t off);
uint16_t uk_pci_read16(const struct uk_pci_dev *dev, uint8_t off);
uint8_t uk_pci_read8(const struct uk_pci_dev *dev, uint8_t off);
void uk_pci_write32(const struct uk_pci_dev *dev, uint8_t off, uint32_t v);

/* Offset of the next capability `id` behind `after` (0: the first), 0: no more. A list that loops
 * ends. */
uint8_t uk_pci_cap(const struct uk_pci_dev *dev, uint8_t id, uint8_t after);

/* Places memory BAR `i` in the window, once. -EINVAL: no memory BAR, -ENOSPC: the window is full.
 */
int uk_pci_bar_place(struct uk_pci_dev *dev, unsigned i) UK_MUST_USE;

/* Lets the device decode memory and master the bus. */
void uk_pci_enable(const struct uk_pci_dev *dev);

#endif
