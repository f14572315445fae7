/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices of an image: uk_netdevs with one queue pair, whose buffers come from the core's pool. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "dataplane/netdev.h"
#include "nf-apps/click/device.h"
#include "nf-apps/nf/device_arm.h"

struct nf_device {
	struct uk_netdev *dev;
	struct nf_packet_pools *pools;
	unsigned nb_open;
	bool started;
	uint64_t nobuf;               /* chained packets that no buffer could take */
	uint64_t refused;             /* packets that the ring did not take at once */
	struct nf_device_stats stats; /* as last asked for */
};

static struct nf_device devices[NF_DEVICE_MAX];

/* The receive queue's callback: being woken is all it is for. */
static void dev_wake(struct uk_netdev *dev, uint16_t q, void *cookie)
{
	(void)dev;
	(void)q;
	(void)cookie;
}

static const char *dev_queues(struct nf_device *d)
{
	struct uk_netdev_rxqueue_conf rx = { .alloc_rxpkts = uk_netbuf_pool_alloc_rxpkts,
		.alloc_rxpkts_argp = d->pools->small,
		.callback = nf_device_intr ? dev_wake : NULL };
	struct uk_netdev_txqueue_conf tx = { 0 };
	struct uk_netdev_queue_info ri, ti;
	uint16_t nb = nf_device_ring;

	if (uk_netdev_rxq_info_get(d->dev, 0, &ri) < 0 ||
		uk_netdev_txq_info_get(d->dev, 0, &ti) < 0)
		return "its queues can not be asked for";
	if (uk_netdev_rxq_configure(d->dev, 0, nb < ri.nb_max ? nb : ri.nb_max, &rx) < 0 ||
		uk_netdev_txq_configure(d->dev, 0, nb < ti.nb_max ? nb : ti.nb_max, &tx) < 0)
		return "its rings can not be set up";
	if (uk_netdev_start(d->dev) < 0)
		return "it can not be started";
	return NULL;
}

/* NULL, or what went wrong. */
static const char *dev_start(struct nf_device *d)
{
	struct uk_netdev_conf conf = { .nb_rx_queues = 1, .nb_tx_queues = 1 };
	const char *why;

	if (uk_netdev_state_get(d->dev) == UK_NETDEV_UNPROBED && uk_netdev_probe(d->dev) < 0)
		return "it refused the driver";
	if (uk_netdev_configure(d->dev, &conf) < 0)
		return "it can not be configured";
	why = dev_queues(d);
	/* one that can not be told filters nothing, or is told by its user */
	if (why == NULL && uk_netdev_promiscuous_set(d->dev, 1) < 0)
		return NULL;
	return why;
}

/* "eth1", "netdev1", "1": 1. -1: no number at the end, or none that makes sense. */
static int dev_number(const char *name)
{
	size_t len = strlen(name), at = len;

	while (at > 0 && name[at - 1] >= '0' && name[at - 1] <= '9')
		at--;
	if (at == len || len - at > 4)
		return -1;
	return atoi(name + at);
}

struct nf_device *nf_device_open(
	struct nf_core *core, const char *name, struct nf_errors *errs, const char *where)
{
	int nr = dev_number(name);
	struct nf_device *d;
	const char *why;

	if (nr < 0 || nr >= NF_DEVICE_MAX || (unsigned)nr >= uk_netdev_count()) {
		nf_errors_add(errs, where,
			"no network device '%s': this machine has %u, named eth0 and so on; start it with one --net for each",
			name, uk_netdev_count());
		return NULL;
	}
	d = &devices[nr];
	if (!d->started) {
		d->dev = uk_netdev_get((unsigned)nr);
		d->pools = &core->pools;
		why = dev_start(d);
		if (why != NULL) {
			nf_errors_add(errs, where, "network device '%s': %s", name, why);
			return NULL;
		}
		d->started = true;
	}
	d->nb_open++;
	return d;
}

/* It goes on running: what comes in waits for the next router, or is lost at the sender's side. */
void nf_device_close(struct nf_device *d)
{
	d->nb_open--;
}

/* Packets of several parts are rare (frames that are larger than a buffer). */
static uint16_t dev_flatten(struct nf_device *d, struct uk_netbuf **v, uint16_t n)
{
	uint16_t k = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct uk_netbuf *p = nf_packet_flatten(d->pools, v[i]);

		if (p != NULL)
			v[k++] = p;
		else
			d->nobuf++;
	}
	return k;
}

uint16_t nf_device_rx(struct nf_device *d, unsigned queue, struct uk_netbuf *v[], uint16_t n)
{
	uintptr_t chained = 0;

	if (uk_netdev_rx_burst(d->dev, 0, v, &n) <= 0)
		return 0;
	for (uint16_t i = 0; i < n; i++)
		chained |= (uintptr_t)v[i]->next;
	return UK_LIKELY(chained == 0) ? n : dev_flatten(d, v, n);
}

uint16_t nf_device_tx(struct nf_device *d, unsigned queue, struct uk_netbuf *v[], uint16_t n)
{
	uint16_t taken = n;

	(void)uk_netdev_tx_burst(d->dev, 0, v, &taken);
	d->refused += (uint16_t)(n - taken);
	return taken;
}

const uint8_t *nf_device_mac(const struct nf_device *d)
{
	return uk_netdev_hwaddr_get(d->dev)->addr_bytes;
}

uint16_t nf_device_mtu(const struct nf_device *d)
{
	return uk_netdev_mtu_get(d->dev);
}

const struct nf_device_stats *nf_device_stats(const struct nf_device *dev)
{
	struct nf_device *d = &devices[dev - devices];
	struct uk_netdev_qstats rx, tx;

	uk_netdev_rxq_stats_get(d->dev, 0, &rx);
	uk_netdev_txq_stats_get(d->dev, 0, &tx);
	d->stats = (struct nf_device_stats){ .nb_rx = rx.packets,
		.rx_bytes = rx.bytes,
		.nb_rx_dropped = rx.errors + d->nobuf,
		.nb_tx = tx.packets,
		.tx_bytes = tx.bytes,
		.nb_tx_refused = d->refused };
	return &d->stats;
}

bool nf_device_done(const struct nf_device *d)
{
	return false;
}

unsigned nf_device_arm(void)
{
	unsigned nb_waiting = 0;

	for (unsigned i = 0; i < NF_DEVICE_MAX; i++) {
		if (devices[i].started)
			nb_waiting += uk_netdev_rxq_intr_enable(devices[i].dev, 0) != 0;
	}
	return nb_waiting;
}

void nf_device_reclaim(void)
{
	for (unsigned i = 0; i < NF_DEVICE_MAX; i++) {
		uint16_t none = 0;

		if (devices[i].started)
			(void)uk_netdev_tx_burst(devices[i].dev, 0, NULL, &none);
	}
}

void nf_device_disarm(void)
{
	for (unsigned i = 0; i < NF_DEVICE_MAX; i++) {
		if (devices[i].started)
			(void)!uk_netdev_rxq_intr_disable(devices[i].dev, 0);
	}
}

bool nf_device_intr;
uint16_t nf_device_ring = 256;
