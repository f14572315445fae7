/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plat-kvm/boot.h"
#include "plat-kvm/console.h"
#include "plat-kvm/io.h"
#include "plat-kvm/irq.h"
#include "plat-kvm/paging.h"
#include "plat-kvm/virtio.h"
#include "plat-kvm/virtio_mmio.h"

/* Registers, virtio 1.2, 4.2.2. */
#define MAGIC               0x000
#define VERSION             0x004
#define DEVICE_ID           0x008
#define DEVICE_FEATURES     0x010
#define DEVICE_FEATURES_SEL 0x014
#define DRIVER_FEATURES     0x020
#define DRIVER_FEATURES_SEL 0x024
#define QUEUE_SEL           0x030
#define QUEUE_NUM_MAX       0x034
#define QUEUE_NUM           0x038
#define QUEUE_READY         0x044
#define QUEUE_NOTIFY        0x050
#define INTERRUPT_STATUS    0x060
#define INTERRUPT_ACK       0x064
#define STATUS              0x070
#define QUEUE_DESC          0x080
#define QUEUE_DRIVER        0x090
#define QUEUE_DEVICE        0x0a0
#define CONFIG_GEN          0x0fc
#define CONFIG              0x100

#define MAGIC_VALUE 0x74726976 /* "virt" */

/* microvm with its second IOAPIC (QEMU include/hw/i386/microvm.h). */
#define SLOT_BASE 0xfeb00000u
#define SLOT_LEN  0x200u
#define NB_SLOTS  24
#define SLOT_GSI  24

#define CONFIG_BYTES (SLOT_LEN - CONFIG)

struct mmio_dev {
	struct uk_virtio_dev d;
	uintptr_t base;
	unsigned gsi;
	int routed; /* vector the pin was routed to, or 0 */
};

static struct mmio_dev devs[NB_SLOTS];
static unsigned nb_devs;

static uintptr_t vm_reg(struct uk_virtio_dev *d, uint32_t reg)
{
	return UK_CONTAINER_OF(d, struct mmio_dev, d)->base + reg;
}

static uint8_t vm_status_get(struct uk_virtio_dev *d)
{
	return (uint8_t)uk_io_read32(vm_reg(d, STATUS));
}

static void vm_status_set(struct uk_virtio_dev *d, uint8_t status)
{
	uk_io_write32(vm_reg(d, STATUS), status);
}

static uint64_t vm_features_get(struct uk_virtio_dev *d)
{
	uint64_t f;

	uk_io_write32(vm_reg(d, DEVICE_FEATURES_SEL), 1);
	f = (uint64_t)uk_io_read32(vm_reg(d, DEVICE_FEATURES)) << 32;
	uk_io_write32(vm_reg(d, DEVICE_FEATURES_SEL), 0);
	return f | uk_io_read32(vm_reg(d, DEVICE_FEATURES));
}

static void vm_features_set(struct uk_virtio_dev *d, uint64_t f)
{
	uk_io_write32(vm_reg(d, DRIVER_FEATURES_SEL), 1);
	uk_io_write32(vm_reg(d, DRIVER_FEATURES), (uint32_t)(f >> 32));
	uk_io_write32(vm_reg(d, DRIVER_FEATURES_SEL), 0);
	uk_io_write32(vm_reg(d, DRIVER_FEATURES), (uint32_t)f);
}

static uint32_t vm_config_gen(struct uk_virtio_dev *d)
{
	return uk_io_read32(vm_reg(d, CONFIG_GEN));
}

/* By words where aligned: each access is an exit (4.2.2.2 lets a driver read any width). */
static void vm_config_read(struct uk_virtio_dev *d, uint32_t off, void *buf, uint32_t len)
{
	uint8_t *p = buf;

	memset(buf, 0, len);
	while (len > 0 && off < CONFIG_BYTES) {
		if (off % 4 == 0 && len >= 4) {
			uint32_t v = uk_io_read32(vm_reg(d, CONFIG + off));

			memcpy(p, &v, 4);
			p += 4, off += 4, len -= 4;
		} else {
			*p++ = uk_io_read8(vm_reg(d, CONFIG + off));
			off++, len--;
		}
	}
}

static uint16_t vm_queue_max(struct uk_virtio_dev *d, uint16_t q)
{
	uint32_t n;

	uk_io_write32(vm_reg(d, QUEUE_SEL), q);
	n = uk_io_read32(vm_reg(d, QUEUE_NUM_MAX));
	return n <= 32768 ? (uint16_t)n : 0;
}

static void vm_addr(struct uk_virtio_dev *d, uint32_t reg, uint64_t a)
{
	uk_io_write32(vm_reg(d, reg), (uint32_t)a);
	uk_io_write32(vm_reg(d, reg + 4), (uint32_t)(a >> 32));
}

static int vm_queue_enable(
	struct uk_virtio_dev *d, uint16_t q, uint16_t size, const struct uk_virtio_queue_addr *a)
{
	uint16_t max = vm_queue_max(d, q); /* selects q */

	if (size == 0 || size > max)
		return -EINVAL;
	if (uk_io_read32(vm_reg(d, QUEUE_READY)) != 0)
		return -EBUSY;
	uk_io_write32(vm_reg(d, QUEUE_NUM), size);
	vm_addr(d, QUEUE_DESC, a->desc);
	vm_addr(d, QUEUE_DRIVER, a->driver);
	vm_addr(d, QUEUE_DEVICE, a->device);
	uk_io_write32(vm_reg(d, QUEUE_READY), 1);
	return uk_io_read32(vm_reg(d, QUEUE_READY)) == 1 ? 0 : -EIO;
}

/* All queues and the configuration change share one pin. */
static int vm_queue_irq(struct uk_virtio_dev *d, uint16_t q, unsigned vector)
{
	struct mmio_dev *m = UK_CONTAINER_OF(d, struct mmio_dev, d);
	int rc;

	(void)q;
	if (m->routed != 0)
		return m->routed == (int)vector ? 0 : -EBUSY;
	rc = uk_irq_route_gsi(m->gsi, vector);
	if (rc == 0)
		m->routed = (int)vector;
	return rc;
}

static uint32_t vm_isr_ack(struct uk_virtio_dev *d)
{
	uint32_t isr = uk_io_read32(vm_reg(d, INTERRUPT_STATUS));

	if (isr != 0)
		uk_io_write32(vm_reg(d, INTERRUPT_ACK), isr);
	return isr;
}

static void vm_notify(struct uk_virtio_dev *d, uint16_t q)
{
	uk_io_write32(vm_reg(d, QUEUE_NOTIFY), q);
}

static const struct uk_virtio_ops vm_ops = {
	.name = "virtio-mmio",
	.status_get = vm_status_get,
	.status_set = vm_status_set,
	.features_get = vm_features_get,
	.features_set = vm_features_set,
	.config_gen = vm_config_gen,
	.config_read = vm_config_read,
	.queue_max = vm_queue_max,
	.queue_enable = vm_queue_enable,
	.queue_irq = vm_queue_irq,
	.isr_ack = vm_isr_ack,
	.notify = vm_notify,
};

/* Whether slot `base` holds a device; adds it. */
static int vm_add(uintptr_t base, unsigned gsi)
{
	struct mmio_dev *m = &devs[nb_devs];
	uint32_t id;

	if (nb_devs == NB_SLOTS || uk_io_read32(base + MAGIC) != MAGIC_VALUE)
		return -ENODEV;
	id = uk_io_read32(base + DEVICE_ID);
	if (id == 0)
		return -ENODEV;
	if (uk_io_read32(base + VERSION) != 2) {
		uk_console_printf(
			"sluice: legacy virtio-mmio device at 0x%lx left alone: start QEMU with "
			"-global virtio-mmio.force-legacy=false\n",
			base);
		return 0;
	}
	m->base = base;
	m->gsi = gsi;
	m->d.ops = &vm_ops;
	m->d.device_id = (uint16_t)id;
	snprintf(m->d.bus_name, sizeof(m->d.bus_name), "mmio@%lx", base);
	if (uk_virtio_add(&m->d) == 0)
		nb_devs++;
	return 0;
}

/* "SIZE@BASE:IRQ"; SIZE may carry a K. */
static int vm_parse(const char *s, uintptr_t *base, unsigned *gsi)
{
	char *end;
	unsigned long n = strtoul(s, &end, 0);

	if (*end == 'K' || *end == 'k') {
		n <<= 10;
		end++;
	}
	if (*end != '@' || n < SLOT_LEN)
		return -EINVAL;
	*base = strtoul(end + 1, &end, 0);
	if (*end != ':' || *base % 4 != 0)
		return -EINVAL;
	*gsi = (unsigned)strtoul(end + 1, NULL, 0);
	return *gsi < 48 ? 0 : -EINVAL;
}

static const char *vm_option(unsigned *i)
{
	static const char key[] = "virtio_mmio.device=";
	const char *o;

	while ((o = uk_boot_option((*i)++)) != NULL) {
		if (strncmp(o, key, sizeof(key) - 1) == 0)
			return o + sizeof(key) - 1;
	}
	return NULL;
}

void uk_virtio_mmio_windows(void)
{
	const char *o;
	uintptr_t base;
	unsigned gsi;
	int rc = uk_paging_mmio(SLOT_BASE, NB_SLOTS * SLOT_LEN);

	for (unsigned i = 0; rc == 0 && (o = vm_option(&i)) != NULL;) {
		if (vm_parse(o, &base, &gsi) == 0)
			rc = uk_paging_mmio(base, SLOT_LEN);
	}
	if (rc < 0)
		uk_console_printf("sluice: virtio-mmio devices can not be mapped (%d)\n", rc);
}

/* QEMU names its devices from the first slot up but fills the slots from the top: count down. */
void uk_virtio_mmio_probe(void)
{
	const char *o;
	uintptr_t base;
	unsigned gsi, named = 0;

	for (unsigned i = 0; (o = vm_option(&i)) != NULL; named++) {
		if (vm_parse(o, &base, &gsi) < 0 || vm_add(base, gsi) < 0)
			uk_console_printf("sluice: no virtio device at virtio_mmio.device=%s\n", o);
	}
	for (unsigned i = NB_SLOTS; named == 0 && i-- > 0;) {
		if (vm_add(SLOT_BASE + i * SLOT_LEN, SLOT_GSI + i) < 0)
			break;
	}
}
