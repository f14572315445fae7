/* SPDX-License-Identifier: BSD-3-Clause */
/* mirror: sends each frame back to its sender, and counts. */
#include <stdio.h>
#include <string.h>
#include "dataplane/netdev_driver.h"
#include "kernel/alloc.h"
#include "plat-kvm/clock.h"

/* What this image is made of: an allocator, and the drivers that look for devices. */
const struct uk_alloc_ops *const uk_alloc_image = &uk_region_ops;
const struct uk_netdev_driver *const uk_netdev_drivers[] = { &uk_virtio_net_driver, NULL };

static int mirror_fail(const char *why)
{
	printf("mirror: %s\n", why);
	return 1;
}

/* Sets the device up with one queue each way. Returns the first error, or 0. */
static int mirror_open(struct uk_netdev *dev, struct uk_netbuf_pool *pool)
{
	const struct uk_netdev_conf conf = { .nb_rx_queues = 1, .nb_tx_queues = 1 };
	const struct uk_netdev_rxqueue_conf rx = { .alloc_rxpkts = uk_netbuf_pool_alloc_rxpkts,
		.alloc_rxpkts_argp = pool };
	const struct uk_netdev_txqueue_conf tx = { 0 };

	return uk_netdev_probe(dev) ?: uk_netdev_configure(dev, &conf) ?:
		uk_netdev_rxq_configure(dev, 0, 0, &rx) ?: uk_netdev_txq_configure(dev, 0, 0, &tx) ?:
		uk_netdev_start(dev);
}

/* Bytes 0 to 5 of a frame are its destination, 6 to 11 its source. */
static void mirror_swap(struct uk_netbuf *nb)
{
	uint8_t old[6];

	if (nb->len < 12)
		return;
	memcpy(old, nb->data, 6);
	memcpy(nb->data, nb->data + 6, 6);
	memcpy(nb->data + 6, old, 6);
}

/* One burst in, one burst out. Returns how many frames went out. */
static uint16_t mirror_burst(struct uk_netdev *dev)
{
	struct uk_netbuf *v[32];
	uint16_t n = UK_ARRAY_SIZE(v), sent;

	if (uk_netdev_rx_burst(dev, 0, v, &n) <= 0 || n == 0)
		return 0;
	for (uint16_t i = 0; i < n; i++)
		mirror_swap(v[i]);
	sent = n;
	uk_netdev_tx_burst(dev, 0, v, &sent);
	uk_netbuf_free_burst(v + sent, n - sent); /* what the ring did not take is still ours */
	return sent;
}

int main(void)
{
	struct uk_netdev *dev = uk_netdev_get(0);
	struct uk_netbuf_pool *pool = uk_netbuf_pool_create(1024, 1856, 0);
	unsigned long total = 0, told = 0;
	int rc;

	if (dev == NULL)
		return mirror_fail("there is no network device, start me with --net");
	if (pool == NULL)
		return mirror_fail("too little memory for the buffers, give me more with --mem");
	rc = mirror_open(dev, pool);
	if (rc < 0)
		return mirror_fail(strerror(-rc));
	printf("mirror: ready\n");
	for (uint64_t next_ns = 0;;) {
		total += mirror_burst(dev);
		if (uk_clock_ns() < next_ns)
			continue;
		next_ns = uk_clock_ns() + 250000000; /* four times a second */
		if (uk_netdev_service() == 0 && total != told)
			printf("mirror: %lu frames\n", total);
		told = total;
	}
}
