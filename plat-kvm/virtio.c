/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include "plat-kvm/virtio.h"

#define RESET_TRIES  1000000
#define CONFIG_TRIES 100

static struct uk_virtio_dev *devices[UK_VIRTIO_MAX];
static unsigned nb_devices;

unsigned uk_virtio_count(void)
{
	return nb_devices;
}

struct uk_virtio_dev *uk_virtio_get(unsigned i)
{
	return i < nb_devices ? devices[i] : NULL;
}

int uk_virtio_add(struct uk_virtio_dev *d)
{
	if (nb_devices == UK_VIRTIO_MAX)
		return -ENOSPC;
	devices[nb_devices++] = d;
	return 0;
}

/* Virtio 1.2, 2.4.2: the driver waits for 0 before it goes on. */
int uk_virtio_reset(struct uk_virtio_dev *d)
{
	d->ops->status_set(d, 0);
	for (unsigned i = 0; i < RESET_TRIES; i++) {
		if (d->ops->status_get(d) == 0)
			return 0;
		uk_pause();
	}
	return -EIO;
}

/* A status bit is only cleared by reset (2.1.1), so FAILED is added. */
static int virtio_fail(struct uk_virtio_dev *d, int rc)
{
	d->ops->status_set(d, d->ops->status_get(d) | UK_VIRTIO_S_FAILED);
	return rc;
}

int uk_virtio_start(struct uk_virtio_dev *d, uint64_t wanted, uint64_t required)
{
	uint8_t status = UK_VIRTIO_S_ACKNOWLEDGE;
	uint64_t offered;

	d->features = 0;
	required |= UK_VIRTIO_F_VERSION_1;
	if (uk_virtio_reset(d) < 0)
		return virtio_fail(d, -EIO);
	d->ops->status_set(d, status);
	status |= UK_VIRTIO_S_DRIVER;
	d->ops->status_set(d, status);
	offered = d->ops->features_get(d);
	if ((offered & required) != required)
		return virtio_fail(d, -ENOTSUP);
	d->ops->features_set(d, offered & (wanted | required));
	status |= UK_VIRTIO_S_FEATURES_OK;
	d->ops->status_set(d, status);
	if (!(d->ops->status_get(d) & UK_VIRTIO_S_FEATURES_OK))
		return virtio_fail(d, -ENOTSUP);
	d->features = offered & (wanted | required);
	return 0;
}

int uk_virtio_driver_ok(struct uk_virtio_dev *d)
{
	d->ops->status_set(d, UK_VIRTIO_S_ACKNOWLEDGE | UK_VIRTIO_S_DRIVER |
				      UK_VIRTIO_S_FEATURES_OK | UK_VIRTIO_S_DRIVER_OK);
	return d->ops->status_get(d) & UK_VIRTIO_S_NEEDS_RESET ? -EIO : 0;
}

int uk_virtio_config_read(struct uk_virtio_dev *d, uint32_t off, void *buf, uint32_t len)
{
	for (unsigned i = 0; i < CONFIG_TRIES; i++) {
		uint32_t gen = d->ops->config_gen(d);

		d->ops->config_read(d, off, buf, len);
		if (d->ops->config_gen(d) == gen)
			return 0;
	}
	return -EIO;
}
