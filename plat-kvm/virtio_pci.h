/* SPDX-License-Identifier: BSD-3-Clause */
/* Virtio over PCI (virtio 1.2, 4.1): modern devices of bus 0, with MSI-X interrupts. */
#ifndef SLUICE_PLAT_KVM_VIRTIO_PCI_H
#define SLUICE_PLAT_KVM_VIRTIO_PCI_H

/* After the seal: adds each device found to virtio.h's list. */
void uk_virtio_pci_probe(void);

#endif
