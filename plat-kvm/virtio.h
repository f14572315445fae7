/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtio 1.x device behind a transport (PCI or MMIO), as its driver sees it.
 *
 * The bus finds devices before the page tables are sealed; drivers look
 * them up with uk_virtio_count/get and go through the initialisation of virtio
 * 1.2, 3.1.1: uk_virtio_start, the queues, uk_virtio_driver_ok. Everything here is
 * single-threaded per device; all but notify is for set-up, recovery
 * and status, since each access may cost an exit to the hypervisor.
 *
 * The device is not trusted: configuration space is read once into the driver's own
 * memory, ring contents are checked by the driver.
 */
#ifndef SLUICE_PLAT_KVM_VIRTIO_H
#define SLUICE_PLAT_KVM_VIRTIO_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

/* Device ids, virtio 1.2, 5. */
#define UK_VIRTIO_ID_NET 1

/* Device status bits, virtio 1.2, 2.1. */
#define UK_VIRTIO_S_ACKNOWLEDGE 0x01
#define UK_VIRTIO_S_DRIVER      0x02
#define UK_VIRTIO_S_DRIVER_OK   0x04
#define UK_VIRTIO_S_FEATURES_OK 0x08
#define UK_VIRTIO_S_NEEDS_RESET 0x40
#define UK_VIRTIO_S_FAILED      0x80

/* Feature bits that belong to no device type, virtio 1.2, 6. */
#define UK_VIRTIO_F_INDIRECT_DESC     (1ull << 28)
#define UK_VIRTIO_F_EVENT_IDX         (1ull << 29)
#define UK_VIRTIO_F_VERSION_1         (1ull << 32)
#define UK_VIRTIO_F_ACCESS_PLATFORM   (1ull << 33)
#define UK_VIRTIO_F_RING_PACKED       (1ull << 34)
#define UK_VIRTIO_F_IN_ORDER          (1ull << 35)
#define UK_VIRTIO_F_ORDER_PLATFORM    (1ull << 36)
#define UK_VIRTIO_F_NOTIFICATION_DATA (1ull << 38)

/* What raised the interrupt (MMIO InterruptStatus, PCI ISR), virtio 1.2, 4.1.4.5 and 4.2.2. */
#define UK_VIRTIO_ISR_QUEUE  0x1
#define UK_VIRTIO_ISR_CONFIG 0x2

/* Stands for "configuration change" where a queue index is asked for. */
#define UK_VIRTIO_Q_CONFIG 0xffff

struct uk_virtio_dev;

/* Guest-physical addresses of the three parts of a virtqueue (virtio 1.2, 2.6). */
struct uk_virtio_queue_addr {
	uint64_t desc;   /* split: descriptor table; packed: descriptor ring */
	uint64_t driver; /* split: available ring; packed: driver event suppression */
	uint64_t device; /* split: used ring; packed: device event suppression */
};

/* What a transport provides. Boot and recovery only; no call may be made from an interrupt. */
struct uk_virtio_ops {
	const char *name; /* "virtio-pci" or "virtio-mmio" */
	uint8_t (*status_get)(struct uk_virtio_dev *d);
	void (*status_set)(struct uk_virtio_dev *d, uint8_t status);
	uint64_t (*features_get)(struct uk_virtio_dev *d);
	void (*features_set)(struct uk_virtio_dev *d, uint64_t features);
	/* Changes whenever the device changed its configuration space (2.5.2). */
	uint32_t (*config_gen)(struct uk_virtio_dev *d);
	/* Raw bytes; beyond the device's space reads as zero. */
	void (*config_read)(struct uk_virtio_dev *d, uint32_t off, void *buf, uint32_t len);
	/* Largest ring the device takes for queue q, entries; 0: there is no such queue. */
	uint16_t (*queue_max)(struct uk_virtio_dev *d, uint16_t q);
	/* Hands the ring to the device and enables it. 0 or -errno. */
	int (*queue_enable)(struct uk_virtio_dev *d, uint16_t q, uint16_t size,
		const struct uk_virtio_queue_addr *addr);
	/* Has queue q (or UK_VIRTIO_Q_CONFIG) raise interrupt `vector` (see plat-kvm/irq.h). */
	int (*queue_irq)(struct uk_virtio_dev *d, uint16_t q, unsigned vector);
	/* Reads and acknowledges what raised a shared interrupt; 0 where each queue has its own. */
	uint32_t (*isr_ack)(struct uk_virtio_dev *d);
	/* Tells the device that queue q has new buffers. One exit (about 6 k cycles). */
	void (*notify)(struct uk_virtio_dev *d, uint16_t q);
};

struct uk_virtio_dev {
	const struct uk_virtio_ops *ops;
	uint16_t device_id; /* UK_VIRTIO_ID_* */
	uint64_t features;  /* negotiated by uk_virtio_start */
	char bus_name[24];  /* "0000:00:03.0" or "mmio@feb02e00", for messages */
	void *driver;       /* the driver's, NULL until one claims the device */
};

/* Devices that the buses found, in bus order. Thread: any, after the buses were probed. */
unsigned uk_virtio_count(void);
struct uk_virtio_dev *uk_virtio_get(unsigned i);

/* Called by the buses (and by tests) for each device found. -ENOSPC: more than UK_VIRTIO_MAX. */
#define UK_VIRTIO_MAX 32
int uk_virtio_add(struct uk_virtio_dev *d);

/*
 * Steps 1 to 6 of virtio 1.2, 3.1.1: reset, ACKNOWLEDGE, DRIVER, features, FEATURES_OK read back.
 * Negotiates `wanted` as far as offered; all of `required` must be offered (VERSION_1 always is
 * required). Returns 0 with d->features set, -ENOTSUP if a required bit is missing or the device
 * refuses the choice, -EIO if it does not come out of reset. On error the device is left FAILED.
 */
int uk_virtio_start(struct uk_virtio_dev *d, uint64_t wanted, uint64_t required) UK_MUST_USE;

/* Step 8: the device may use its queues from now on. 0, or -EIO if the device says NEEDS_RESET. */
int uk_virtio_driver_ok(struct uk_virtio_dev *d) UK_MUST_USE;

/* Takes all buffers away from the device: writes 0, waits until it reads 0. -EIO: it does not
 * answer. */
int uk_virtio_reset(struct uk_virtio_dev *d) UK_MUST_USE;

/* Reads configuration space consistently: again while the generation moves. -EIO after 100 tries.
 */
int uk_virtio_config_read(struct uk_virtio_dev *d, uint32_t off, void *buf, uint32_t len)
	UK_MUST_USE;

#endif
