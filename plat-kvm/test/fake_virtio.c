/* SPDX-License-Identifier: BSD-3-Clause */
#include "plat-kvm/test/fake_virtio.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plat-kvm/test/fake_plat.h"

#define BIT(n) (1ull << (n))

void fake_virtio_fault(struct fake_virtio *fv, const char *section, const char *fmt, ...)
{
	size_t used = strlen(fv->faults);
	va_list ap;

	if (fv->conf.hostile)
		return;
	fv->nb_faults++;
	if (used + 256 > sizeof(fv->faults))
		return;
	used += (size_t)snprintf(fv->faults + used, 64, "virtio 1.2, %s: ", section);
	va_start(ap, fmt);
	vsnprintf(fv->faults + used, 180, fmt, ap);
	va_end(ap);
	strcat(fv->faults, "\n");
}

const char *fake_virtio_faults(const struct fake_virtio *fv)
{
	return fv->faults;
}

bool fake_virtio_live(const struct fake_virtio *fv)
{
	const uint8_t bad = UK_VIRTIO_S_FAILED | UK_VIRTIO_S_NEEDS_RESET;

	return (fv->status & (UK_VIRTIO_S_DRIVER_OK | bad)) == UK_VIRTIO_S_DRIVER_OK;
}

static struct fake_virtio *fv_of(struct uk_virtio_dev *d)
{
	return (struct fake_virtio *)d;
}

static void fv_forget(struct fake_virtio *fv)
{
	for (uint16_t q = 0; q < FAKE_VIRTIO_QUEUES_MAX; q++)
		fake_ring_disable(fv, q);
	fv->status = 0;
	fv->features = 0;
	fv->features_read = fv->features_written = fv->ok_read_back = fv->failed_seen = false;
	fv->isr = 0;
	fv->config_vector = fv->shared_vector = -1;
}

static void fv_reset(struct fake_virtio *fv)
{
	fv->nb_resets++;
	fv->lost = false;
	fv_forget(fv);
	fv->in_reset = fv->conf.stuck_reset;
	if (fv->on_reset)
		fv->on_reset(fv);
}

static uint8_t fv_status_get(struct uk_virtio_dev *d)
{
	struct fake_virtio *fv = fv_of(d);

	if (fv->in_reset)
		return UK_VIRTIO_S_ACKNOWLEDGE;
	if (fv->features_written)
		fv->ok_read_back = true;
	return fv->status;
}

/* 2.2.1: no feature without the one it needs; the pairs are of 5.1.3.1. */
static void fv_check_needs(struct fake_virtio *fv)
{
	static const struct {
		uint8_t bit;
		uint64_t needs; /* one of these */
	} rules[] = {
		{ 7, BIT(1) },
		{ 8, BIT(1) },
		{ 9, BIT(7) | BIT(8) },
		{ 10, BIT(1) },
		{ 54, BIT(1) },
		{ 55, BIT(1) },
		{ 11, BIT(0) },
		{ 12, BIT(0) },
		{ 13, BIT(11) | BIT(12) },
		{ 14, BIT(0) },
		{ 56, BIT(0) },
		{ 18, BIT(17) },
		{ 19, BIT(17) },
		{ 20, BIT(17) },
		{ 21, BIT(17) },
		{ 22, BIT(17) },
		{ 23, BIT(17) },
		{ 53, BIT(17) },
		{ 60, BIT(17) },
		{ 61, BIT(11) | BIT(12) },
	};

	for (size_t i = 0; i < UK_ARRAY_SIZE(rules); i++) {
		if ((fv->features & BIT(rules[i].bit)) && !(fv->features & rules[i].needs))
			fake_virtio_fault(fv, "5.1.3.1",
				"feature %u is accepted without what it needs", rules[i].bit);
	}
}

/* Whether the device takes the driver's choice. */
static bool fv_features_fit(struct fake_virtio *fv)
{
	uint64_t extra = fv->features & ~fv->offered_read;

	if (!fv->features_read)
		fake_virtio_fault(fv, "3.1.1", "FEATURES_OK without reading the features");
	if (extra)
		fake_virtio_fault(fv, "2.2.1", "features 0x%llx accepted, but not offered",
			(unsigned long long)extra);
	if ((fv->offered_read & UK_VIRTIO_F_VERSION_1) && !(fv->features & UK_VIRTIO_F_VERSION_1))
		fake_virtio_fault(fv, "6.1", "VERSION_1 is offered, but not accepted");
	fv_check_needs(fv);
	return !fv->conf.refuse_features && extra == 0 &&
	       !(fv->features &
		       ~(fv->conf.features_flip ? fv->conf.offered_later : fv->conf.offered));
}

static void fv_check_step(
	struct fake_virtio *fv, uint8_t now, uint8_t bit, uint8_t needs, const char *name)
{
	if ((now & bit) && !(fv->status & bit) && (now & needs) != needs)
		fake_virtio_fault(fv, "3.1.1", "%s is set out of order, status 0x%02x -> 0x%02x",
			name, fv->status, now);
}

static void fv_check_order(struct fake_virtio *fv, uint8_t now)
{
	const uint8_t ack = UK_VIRTIO_S_ACKNOWLEDGE, drv = UK_VIRTIO_S_DRIVER;
	const uint8_t fok = UK_VIRTIO_S_FEATURES_OK, ok = UK_VIRTIO_S_DRIVER_OK;
	uint8_t lost = fv->status & ~now & ~UK_VIRTIO_S_NEEDS_RESET;

	if (lost && !(lost == fok && fv->conf.refuse_features))
		fake_virtio_fault(fv, "2.1.1", "status bits 0x%02x are cleared", lost);
	if (fv->failed_seen)
		fake_virtio_fault(fv, "2.1.1", "status 0x%02x after FAILED, without a reset", now);
	fv_check_step(fv, now, drv, ack, "DRIVER");
	fv_check_step(fv, now, fok, ack | drv, "FEATURES_OK");
	fv_check_step(fv, now, ok, ack | drv | fok, "DRIVER_OK");
	if ((now & ok) && !(fv->status & ok) && !fv->ok_read_back)
		fake_virtio_fault(fv, "3.1.1", "DRIVER_OK, but FEATURES_OK was never read back");
	if ((now & ok) && !(fv->status & fok))
		fake_virtio_fault(fv, "3.1.1", "DRIVER_OK, but the device had refused FEATURES_OK");
}

static void fv_status_set(struct uk_virtio_dev *d, uint8_t now)
{
	struct fake_virtio *fv = fv_of(d);
	uint8_t before = fv->status;

	if (now == 0) {
		fv_reset(fv);
		return;
	}
	if (fv->in_reset)
		return;
	fv_check_order(fv, now);
	if ((now & UK_VIRTIO_S_FEATURES_OK) && !(before & UK_VIRTIO_S_FEATURES_OK)) {
		fv->features_written = true;
		if (!fv_features_fit(fv))
			now &= ~UK_VIRTIO_S_FEATURES_OK;
	}
	fv->failed_seen = (now & UK_VIRTIO_S_FAILED) != 0;
	fv->status = now | (before & UK_VIRTIO_S_NEEDS_RESET);
	if ((now & UK_VIRTIO_S_DRIVER_OK) && fv->conf.needs_reset_at_ok)
		fake_virtio_needs_reset(fv);
}

static uint64_t fv_features_get(struct uk_virtio_dev *d)
{
	struct fake_virtio *fv = fv_of(d);

	fv->offered_read = fv->conf.features_flip && fv->features_read ? fv->conf.offered_later
								       : fv->conf.offered;
	fv->features_read = true;
	return fv->offered_read;
}

static void fv_features_set(struct uk_virtio_dev *d, uint64_t features)
{
	struct fake_virtio *fv = fv_of(d);

	if (fv->status & UK_VIRTIO_S_FEATURES_OK)
		fake_virtio_fault(fv, "3.1.1", "features are written after FEATURES_OK");
	if (!(fv->status & UK_VIRTIO_S_DRIVER))
		fake_virtio_fault(fv, "3.1.1", "features are written before DRIVER");
	fv->features = features;
}

static uint32_t fv_config_gen(struct uk_virtio_dev *d)
{
	struct fake_virtio *fv = fv_of(d);

	if (fv->conf.gen_flips > 0) {
		fv->conf.gen_flips--;
		fv->generation++;
	}
	return fv->generation;
}

static void fv_config_read(struct uk_virtio_dev *d, uint32_t off, void *buf, uint32_t len)
{
	struct fake_virtio *fv = fv_of(d);
	uint8_t *to = buf;

	fv->nb_config_reads++;
	for (uint32_t i = 0; i < len; i++) {
		uint64_t at = (uint64_t)off + i;

		to[i] = at < fv->conf.config_len ? fv->conf.config[at] : 0;
		if (at < FAKE_VIRTIO_CONFIG_MAX && fv->conf.config_need[at] != 0 &&
			fv->features_read && !(fv->conf.config_need[at] & fv->offered_read)) {
			fake_virtio_fault(fv, "2.5.1",
				"configuration byte %u is read, whose feature is not offered",
				(unsigned)at);
			break;
		}
	}
}

static uint16_t fv_queue_max(struct uk_virtio_dev *d, uint16_t q)
{
	struct fake_virtio *fv = fv_of(d);

	if (q >= FAKE_VIRTIO_QUEUES_MAX || q >= fv->conf.nb_queues)
		return 0;
	return fv->conf.queue_max_of[q] ? fv->conf.queue_max_of[q] : fv->conf.queue_max;
}

static int fv_queue_enable(
	struct uk_virtio_dev *d, uint16_t q, uint16_t size, const struct uk_virtio_queue_addr *addr)
{
	struct fake_virtio *fv = fv_of(d);

	if (!(fv->status & UK_VIRTIO_S_FEATURES_OK))
		fake_virtio_fault(fv, "3.1.1", "queue %u is set up before FEATURES_OK", q);
	if (fv->status & UK_VIRTIO_S_DRIVER_OK)
		fake_virtio_fault(fv, "3.1.1", "queue %u is set up after DRIVER_OK", q);
	if (fv->conf.enable_error)
		return fv->conf.enable_error;
	/* As both real transports do: no device sees a size it did not offer. */
	if (size == 0 || size > fv_queue_max(d, q))
		return -EINVAL;
	return fake_ring_enable(fv, q, size, addr);
}

static int fv_queue_irq(struct uk_virtio_dev *d, uint16_t q, unsigned vector)
{
	struct fake_virtio *fv = fv_of(d);

	fv->shared_vector = (int)vector;
	if (q == UK_VIRTIO_Q_CONFIG)
		fv->config_vector = (int)vector;
	else if (q < fv->conf.nb_queues && q < FAKE_VIRTIO_QUEUES_MAX)
		fv->q[q].vector = (int)vector;
	else
		return -EINVAL;
	return 0;
}

static uint32_t fv_isr_ack(struct uk_virtio_dev *d)
{
	struct fake_virtio *fv = fv_of(d);
	uint32_t isr = fv->conf.shared_irq ? fv->isr : 0;

	fv->isr = 0;
	return isr;
}

static void fv_notify(struct uk_virtio_dev *d, uint16_t q)
{
	struct fake_virtio *fv = fv_of(d);

	if (fv->lost)
		return;
	if (!(fv->status & UK_VIRTIO_S_DRIVER_OK)) {
		fake_virtio_fault(fv, "3.1.1", "queue %u is notified before DRIVER_OK", q);
		return;
	}
	if (q >= FAKE_VIRTIO_QUEUES_MAX || !fv->q[q].enabled) {
		fake_virtio_fault(fv, "2.3", "queue %u is notified, but not set up", q);
		return;
	}
	fv->q[q].kicks++;
	fv->q[q].nb_kicks++;
	if (fv->on_notify)
		fv->on_notify(fv, q);
}

static const struct uk_virtio_ops fv_ops = {
	.name = "virtio-fake",
	.status_get = fv_status_get,
	.status_set = fv_status_set,
	.features_get = fv_features_get,
	.features_set = fv_features_set,
	.config_gen = fv_config_gen,
	.config_read = fv_config_read,
	.queue_max = fv_queue_max,
	.queue_enable = fv_queue_enable,
	.queue_irq = fv_queue_irq,
	.isr_ack = fv_isr_ack,
	.notify = fv_notify,
};

void fake_virtio_init(
	struct fake_virtio *fv, uint16_t device_id, const struct fake_virtio_conf *conf)
{
	memset(fv, 0, sizeof(*fv));
	fv->conf = *conf;
	fv->dev.ops = &fv_ops;
	fv->dev.device_id = device_id;
	snprintf(fv->dev.bus_name, sizeof(fv->dev.bus_name), "fake");
	fv_forget(fv);
}

void fake_virtio_fini(struct fake_virtio *fv)
{
	fv_forget(fv);
}

static void fv_config_irq(struct fake_virtio *fv)
{
	int v = fv->conf.shared_irq ? fv->shared_vector : fv->config_vector;

	fv->isr |= UK_VIRTIO_ISR_CONFIG;
	if (v >= 0 && (fv->status & UK_VIRTIO_S_DRIVER_OK))
		fake_plat_irq_raise((unsigned)v);
}

void fake_virtio_config_set(struct fake_virtio *fv, uint32_t off, const void *buf, uint32_t len)
{
	if ((uint64_t)off + len > FAKE_VIRTIO_CONFIG_MAX)
		fake_plat_fail("configuration space ends at %u", FAKE_VIRTIO_CONFIG_MAX);
	memcpy(fv->conf.config + off, buf, len);
	fv->generation++;
	fv_config_irq(fv);
}

void fake_virtio_needs_reset(struct fake_virtio *fv)
{
	fv->status |= UK_VIRTIO_S_NEEDS_RESET;
	fv_config_irq(fv);
}

void fake_virtio_self_reset(struct fake_virtio *fv)
{
	fv_forget(fv);
	fv->lost = true;
}
