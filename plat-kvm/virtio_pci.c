/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "plat-kvm/console.h"
#include "plat-kvm/io.h"
#include "plat-kvm/irq.h"
#include "plat-kvm/pci.h"
#include "plat-kvm/virtio.h"
#include "plat-kvm/virtio_pci.h"

#define VENDOR        0x1af4
#define DEVICE_MODERN 0x1040 /* + device id, 4.1.2 */

/* Structure types, 4.1.4. */
#define CAP_COMMON 1
#define CAP_NOTIFY 2
#define CAP_ISR    3
#define CAP_DEVICE 4

/* Common configuration structure, 4.1.4.3. */
#define C_DEVICE_FEATURE_SEL 0
#define C_DEVICE_FEATURE     4
#define C_DRIVER_FEATURE_SEL 8
#define C_DRIVER_FEATURE     12
#define C_CONFIG_VECTOR      16
#define C_NUM_QUEUES         18
#define C_STATUS             20
#define C_GENERATION         21
#define C_QUEUE_SEL          22
#define C_QUEUE_SIZE         24
#define C_QUEUE_VECTOR       26
#define C_QUEUE_ENABLE       28
#define C_QUEUE_NOTIFY_OFF   30
#define C_QUEUE_DESC         32
#define C_QUEUE_DRIVER       40
#define C_QUEUE_DEVICE       48
#define C_LEN                56

#define NO_VECTOR   0xffff
#define QUEUES_MAX  20
#define VECTORS_MAX 32
#define DEVS_MAX    8

struct pci_dev {
	struct uk_virtio_dev d;
	struct uk_pci_dev pci;
	uintptr_t common, notify, isr, config;
	uint32_t notify_len, notify_mult, config_len;
	uint16_t notify_off[QUEUES_MAX]; /* read when a queue is enabled */
	uintptr_t msix;                  /* table, 0: no MSI-X */
	uint16_t nb_msix;
	uint8_t msix_vector[VECTORS_MAX]; /* what each entry raises, 0: free */
};

static struct pci_dev devs[DEVS_MAX];
static unsigned nb_devs;

static struct pci_dev *vp_dev(struct uk_virtio_dev *d)
{
	return UK_CONTAINER_OF(d, struct pci_dev, d);
}

static uint8_t vp_status_get(struct uk_virtio_dev *d)
{
	return uk_io_read8(vp_dev(d)->common + C_STATUS);
}

static void vp_status_set(struct uk_virtio_dev *d, uint8_t status)
{
	uk_io_write8(vp_dev(d)->common + C_STATUS, status);
}

static uint64_t vp_features_get(struct uk_virtio_dev *d)
{
	uintptr_t c = vp_dev(d)->common;
	uint64_t f;

	uk_io_write32(c + C_DEVICE_FEATURE_SEL, 1);
	f = (uint64_t)uk_io_read32(c + C_DEVICE_FEATURE) << 32;
	uk_io_write32(c + C_DEVICE_FEATURE_SEL, 0);
	return f | uk_io_read32(c + C_DEVICE_FEATURE);
}

static void vp_features_set(struct uk_virtio_dev *d, uint64_t f)
{
	uintptr_t c = vp_dev(d)->common;

	uk_io_write32(c + C_DRIVER_FEATURE_SEL, 1);
	uk_io_write32(c + C_DRIVER_FEATURE, (uint32_t)(f >> 32));
	uk_io_write32(c + C_DRIVER_FEATURE_SEL, 0);
	uk_io_write32(c + C_DRIVER_FEATURE, (uint32_t)f);
}

static uint32_t vp_config_gen(struct uk_virtio_dev *d)
{
	return uk_io_read8(vp_dev(d)->common + C_GENERATION);
}

static void vp_config_read(struct uk_virtio_dev *d, uint32_t off, void *buf, uint32_t len)
{
	struct pci_dev *v = vp_dev(d);
	uint8_t *p = buf;

	memset(buf, 0, len);
	while (len > 0 && off < v->config_len) {
		if (off % 4 == 0 && len >= 4 && v->config_len - off >= 4) {
			uint32_t x = uk_io_read32(v->config + off);

			memcpy(p, &x, 4);
			p += 4, off += 4, len -= 4;
		} else {
			*p++ = uk_io_read8(v->config + off);
			off++, len--;
		}
	}
}

static uint16_t vp_queue_max(struct uk_virtio_dev *d, uint16_t q)
{
	uintptr_t c = vp_dev(d)->common;
	uint16_t n;

	if (q >= QUEUES_MAX || q >= uk_io_read16(c + C_NUM_QUEUES))
		return 0;
	uk_io_write16(c + C_QUEUE_SEL, q);
	n = uk_io_read16(c + C_QUEUE_SIZE);
	return n <= 32768 ? n : 0;
}

static void vp_addr(uintptr_t reg, uint64_t a)
{
	uk_io_write32(reg, (uint32_t)a);
	uk_io_write32(reg + 4, (uint32_t)(a >> 32));
}

static int vp_queue_enable(
	struct uk_virtio_dev *d, uint16_t q, uint16_t size, const struct uk_virtio_queue_addr *a)
{
	struct pci_dev *v = vp_dev(d);
	uint16_t off;

	if (size == 0 || size > vp_queue_max(d, q)) /* selects q */
		return -EINVAL;
	off = uk_io_read16(v->common + C_QUEUE_NOTIFY_OFF);
	if ((uint64_t)off * v->notify_mult + 2 > v->notify_len)
		return -EIO;
	v->notify_off[q] = off;
	uk_io_write16(v->common + C_QUEUE_SIZE, size);
	vp_addr(v->common + C_QUEUE_DESC, a->desc);
	vp_addr(v->common + C_QUEUE_DRIVER, a->driver);
	vp_addr(v->common + C_QUEUE_DEVICE, a->device);
	uk_io_write16(v->common + C_QUEUE_ENABLE, 1);
	return uk_io_read16(v->common + C_QUEUE_ENABLE) == 1 ? 0 : -EIO;
}

/* One MSI-X entry per interrupt vector: table layout in PCI 3.0, 6.8.2. */
static int vp_msix_entry(struct pci_dev *v, unsigned vector)
{
	uint64_t addr;
	uint32_t data;

	for (unsigned i = 0; i < v->nb_msix; i++) {
		if (v->msix_vector[i] == vector)
			return (int)i;
		if (v->msix_vector[i] != 0)
			continue;
		v->msix_vector[i] = (uint8_t)vector;
		uk_irq_msi(vector, &addr, &data);
		vp_addr(v->msix + i * 16, addr);
		uk_io_write32(v->msix + i * 16 + 8, data);
		uk_io_write32(v->msix + i * 16 + 12, 0);
		return (int)i;
	}
	return -ENOSPC;
}

/* 4.1.5.1.2: the device answers NO_VECTOR when it has no room. */
static int vp_queue_irq(struct uk_virtio_dev *d, uint16_t q, unsigned vector)
{
	struct pci_dev *v = vp_dev(d);
	uint16_t reg = q == UK_VIRTIO_Q_CONFIG ? C_CONFIG_VECTOR : C_QUEUE_VECTOR;
	int entry;

	if (v->msix == 0)
		return -ENOTSUP;
	entry = vp_msix_entry(v, vector);
	if (entry < 0)
		return entry;
	if (q != UK_VIRTIO_Q_CONFIG)
		uk_io_write16(v->common + C_QUEUE_SEL, q);
	uk_io_write16(v->common + reg, (uint16_t)entry);
	return uk_io_read16(v->common + reg) == NO_VECTOR ? -ENOSPC : 0;
}

/* Each queue has its own message; nothing is shared. */
static uint32_t vp_isr_ack(struct uk_virtio_dev *d)
{
	(void)d;
	return 0;
}

static void vp_notify(struct uk_virtio_dev *d, uint16_t q)
{
	struct pci_dev *v = vp_dev(d);

	uk_io_write16(v->notify + (uintptr_t)v->notify_off[q] * v->notify_mult, q);
}

static const struct uk_virtio_ops vp_ops = {
	.name = "virtio-pci",
	.status_get = vp_status_get,
	.status_set = vp_status_set,
	.features_get = vp_features_get,
	.features_set = vp_features_set,
	.config_gen = vp_config_gen,
	.config_read = vp_config_read,
	.queue_max = vp_queue_max,
	.queue_enable = vp_queue_enable,
	.queue_irq = vp_queue_irq,
	.isr_ack = vp_isr_ack,
	.notify = vp_notify,
};

/* A structure must lie in its BAR, whatever the capability says. */
static int vp_map(struct pci_dev *v, uint8_t cap, uint32_t need, uintptr_t *at, uint32_t *len)
{
	uint8_t bar = uk_pci_read8(&v->pci, (uint8_t)(cap + 4));
	uint32_t off = uk_pci_read32(&v->pci, (uint8_t)(cap + 8));
	int rc = bar <= 5 ? uk_pci_bar_place(&v->pci, bar) : -EINVAL;

	*len = uk_pci_read32(&v->pci, (uint8_t)(cap + 12));
	if (rc < 0)
		return rc;
	if (*len < need || off > v->pci.bar_len[bar] || *len > v->pci.bar_len[bar] - off)
		return -EINVAL;
	*at = v->pci.bar[bar] + off;
	return 0;
}

static int vp_structures(struct pci_dev *v)
{
	uint32_t len;
	int rc = 0;

	for (uint8_t c = uk_pci_cap(&v->pci, UK_PCI_CAP_VENDOR, 0); c != 0 && rc == 0;
		c = uk_pci_cap(&v->pci, UK_PCI_CAP_VENDOR, c)) {
		switch (uk_pci_read8(&v->pci, (uint8_t)(c + 3))) {
		case CAP_COMMON:
			rc = v->common == 0 ? vp_map(v, c, C_LEN, &v->common, &len) : 0;
			break;
		case CAP_NOTIFY:
			if (v->notify == 0)
				rc = vp_map(v, c, 2, &v->notify, &v->notify_len);
			v->notify_mult = uk_pci_read32(&v->pci, (uint8_t)(c + 16));
			break;
		case CAP_DEVICE:
			rc = v->config == 0 ? vp_map(v, c, 0, &v->config, &v->config_len) : 0;
			break;
		default: /* CAP_ISR is not needed with MSI-X */
			break;
		}
	}
	return rc < 0 ? rc : (v->common != 0 && v->notify != 0 ? 0 : -ENODEV);
}

static void vp_msix(struct pci_dev *v)
{
	uint8_t cap = uk_pci_cap(&v->pci, UK_PCI_CAP_MSIX, 0);
	uint32_t head, table, n, off;

	if (cap == 0)
		return;
	head = uk_pci_read32(&v->pci, cap);
	table = uk_pci_read32(&v->pci, (uint8_t)(cap + 4));
	n = ((head >> 16) & 0x7ff) + 1;
	off = table & ~7u;
	if ((table & 7) > 5 || uk_pci_bar_place(&v->pci, table & 7) < 0 ||
		off > v->pci.bar_len[table & 7] || n * 16 > v->pci.bar_len[table & 7] - off)
		return;
	v->msix = v->pci.bar[table & 7] + off;
	v->nb_msix = (uint16_t)(n < VECTORS_MAX ? n : VECTORS_MAX);
	uk_pci_write32(&v->pci, cap, (head & 0x3fffffff) | 0x80000000u); /* enable, unmask */
}

static void vp_found(const struct uk_pci_dev *pci)
{
	struct pci_dev *v = &devs[nb_devs];
	int rc;

	if (pci->vendor != VENDOR || pci->device < 0x1000 || pci->device > 0x107f ||
		nb_devs == DEVS_MAX)
		return;
	memset(v, 0, sizeof(*v));
	v->pci = *pci;
	v->d.ops = &vp_ops;
	/* Transitional network devices have an id of their own; the modern structures are the same.
	 */
	v->d.device_id = pci->device >= DEVICE_MODERN ? (uint16_t)(pci->device - DEVICE_MODERN)
			 : pci->device == 0x1000      ? UK_VIRTIO_ID_NET
						      : 0;
	snprintf(v->d.bus_name, sizeof(v->d.bus_name), "0000:00:%02x.%x", pci->devfn >> 3,
		pci->devfn & 7);
	rc = vp_structures(v);
	if (rc < 0) {
		uk_console_printf(
			"sluice: virtio device %s is unusable (%d): start QEMU with disable-legacy=on\n",
			v->d.bus_name, rc);
		return;
	}
	vp_msix(v);
	uk_pci_enable(&v->pci);
	if (uk_virtio_add(&v->d) == 0)
		nb_devs++;
}

void uk_virtio_pci_probe(void)
{
	uk_pci_scan(vp_found);
}
