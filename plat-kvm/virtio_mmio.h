/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Virtio over MMIO (virtio 1.2, 4.2), as QEMU's microvm has it. Devices are named on the command
 * line by "virtio_mmio.device=SIZE@BASE:IRQ" (Linux Documentation/admin-guide/kernel-parameters),
 * or else looked for in microvm's 24 slots, which are filled from the top.
 */
#ifndef SLUICE_PLAT_KVM_VIRTIO_MMIO_H
#define SLUICE_PLAT_KVM_VIRTIO_MMIO_H

/* Before the seal: has the slots mapped. */
void uk_virtio_mmio_windows(void);

/* After it: adds each device found to virtio.h's list. */
void uk_virtio_mmio_probe(void);

#endif
