/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/loopback.h"

#include <errno.h>
#include <stdlib.h>
#include "dataplane/netdev_driver.h"

#define LO_SIZE_DEFAULT 256
#define LO_SIZE_MAX     32768
#define LO_MTU          65521 /* 65535 bytes with the Ethernet header */

/* A queue pair: netbufs between head (next to put) and tail (next to take), both free-running. */
struct lo_queue {
	struct uk_netbuf **ring;
	uint16_t mask, head, tail;
	bool armed;
	struct uk_netdev_qstats rx, tx;
};

struct lo_dev {
	struct uk_netdev dev; /* first */
	struct uk_hwaddr mac;
	uint16_t max_queues;
	struct lo_queue q[UK_NETDEV_QUEUES_MAX];
};

static struct lo_dev *lo_of(struct uk_netdev *dev)
{
	return (struct lo_dev *)dev;
}

static void lo_own(struct uk_netbuf *nb, uint8_t from, uint8_t to)
{
	for (; UK_DEBUG && nb != NULL; nb = nb->next)
		uk_netbuf_own(nb, from, to);
}

static int lo_rx_burst(struct uk_netdev_rx_queue *rxq, struct uk_netbuf *v[], uint16_t *cnt)
{
	struct lo_queue *q = (struct lo_queue *)rxq;
	uint16_t n = (uint16_t)(q->head - q->tail);

	if (n > *cnt)
		n = *cnt;
	for (uint16_t i = 0; i < n; i++) {
		v[i] = q->ring[q->tail++ & q->mask];
		lo_own(v[i], UK_NETBUF_OWNER_DRIVER, UK_NETBUF_OWNER_APP);
		q->rx.bytes += uk_netbuf_pkt_len(v[i]);
	}
	q->rx.packets += n;
	q->rx.bursts += n > 0;
	q->rx.empty += n == 0;
	*cnt = n;
	return (n ? UK_NETDEV_STATUS_SUCCESS : 0) |
	       (q->head != q->tail ? UK_NETDEV_STATUS_MORE : 0);
}

static int lo_tx_burst(struct uk_netdev_tx_queue *txq, struct uk_netbuf *v[], uint16_t *cnt)
{
	struct lo_queue *q = (struct lo_queue *)txq;
	uint16_t room = (uint16_t)(q->mask + 1 - (uint16_t)(q->head - q->tail)), n = *cnt;

	if (n > room)
		n = room;
	for (uint16_t i = 0; i < n; i++) {
		lo_own(v[i], UK_NETBUF_OWNER_APP, UK_NETBUF_OWNER_DRIVER);
		q->ring[q->head++ & q->mask] = v[i];
		q->tx.bytes += uk_netbuf_pkt_len(v[i]);
	}
	q->tx.packets += n;
	q->tx.bursts += n > 0;
	q->tx.empty += n == 0;
	*cnt = n;
	return (n ? UK_NETDEV_STATUS_SUCCESS : 0) | (n < room ? UK_NETDEV_STATUS_MORE : 0);
}

static int lo_probe(struct uk_netdev *dev)
{
	dev->mtu = 1500;
	return 0;
}

static void lo_info_get(struct uk_netdev *dev, struct uk_netdev_info *info)
{
	info->max_rx_queues = info->max_tx_queues = lo_of(dev)->max_queues;
	info->max_mtu = LO_MTU;
	info->features = UK_NETDEV_F_RXQ_INTR | UK_NETDEV_F_PROMISCUOUS | UK_NETDEV_F_PARTIAL_CSUM |
			 UK_NETDEV_F_TSO4 | UK_NETDEV_F_TSO6 | UK_NETDEV_F_RX_CSUM |
			 UK_NETDEV_F_LRO;
}

static int lo_configure(struct uk_netdev *dev, const struct uk_netdev_conf *conf)
{
	struct lo_dev *lo = lo_of(dev);

	(void)conf;
	for (unsigned i = 0; i < UK_NETDEV_QUEUES_MAX; i++) {
		free(lo->q[i].ring);
		lo->q[i] = (struct lo_queue){ 0 };
		dev->rxq[i] = NULL;
		dev->txq[i] = NULL;
	}
	return 0;
}

static int lo_queue_info(struct uk_netdev *dev, uint16_t q, struct uk_netdev_queue_info *info)
{
	(void)dev;
	(void)q;
	*info = (struct uk_netdev_queue_info){
		.nb_max = LO_SIZE_MAX, .nb_min = 1, .nb_align = 1, .nb_is_power_of_two = true
	};
	return 0;
}

/* Either direction's size holds for the pair; the first one to be configured decides. */
static int lo_queue_make(struct lo_queue *q, uint16_t nb_desc)
{
	if (q->ring != NULL)
		return 0;
	if (nb_desc == 0)
		nb_desc = LO_SIZE_DEFAULT;
	q->ring = calloc(nb_desc, sizeof(*q->ring));
	q->mask = (uint16_t)(nb_desc - 1);
	return q->ring != NULL ? 0 : -ENOMEM;
}

static int lo_rxq_configure(struct uk_netdev *dev, uint16_t q, uint16_t nb_desc,
	const struct uk_netdev_rxqueue_conf *conf)
{
	int rc = lo_queue_make(&lo_of(dev)->q[q], nb_desc);

	(void)conf; /* the sender's buffers arrive: none is allocated here */
	if (rc == 0)
		dev->rxq[q] = (struct uk_netdev_rx_queue *)&lo_of(dev)->q[q];
	return rc;
}

static int lo_txq_configure(struct uk_netdev *dev, uint16_t q, uint16_t nb_desc,
	const struct uk_netdev_txqueue_conf *conf)
{
	int rc = lo_queue_make(&lo_of(dev)->q[q], nb_desc);

	(void)conf;
	if (rc == 0)
		dev->txq[q] = (struct uk_netdev_tx_queue *)&lo_of(dev)->q[q];
	return rc;
}

static int lo_start(struct uk_netdev *dev)
{
	dev->rx_burst = lo_rx_burst;
	dev->tx_burst = lo_tx_burst;
	return 0;
}

static int lo_stop(struct uk_netdev *dev)
{
	for (unsigned i = 0; i < UK_NETDEV_QUEUES_MAX; i++) {
		struct lo_queue *q = &lo_of(dev)->q[i];

		for (; q->tail != q->head; q->tail++) {
			lo_own(q->ring[q->tail & q->mask], UK_NETBUF_OWNER_DRIVER,
				UK_NETBUF_OWNER_APP);
			uk_netbuf_free(q->ring[q->tail & q->mask]);
		}
		q->armed = false;
	}
	return 0;
}

static const struct uk_hwaddr *lo_hwaddr_get(struct uk_netdev *dev)
{
	return &lo_of(dev)->mac;
}

static int lo_hwaddr_set(struct uk_netdev *dev, const struct uk_hwaddr *hwaddr)
{
	lo_of(dev)->mac = *hwaddr;
	return 0;
}

static int lo_mtu_set(struct uk_netdev *dev, uint16_t mtu)
{
	(void)dev;
	(void)mtu;
	return 0;
}

static int lo_promiscuous_set(struct uk_netdev *dev, bool on)
{
	(void)dev;
	(void)on;
	return 0;
}

static int lo_rxq_intr_enable(struct uk_netdev *dev, uint16_t q)
{
	struct lo_queue *lq = &lo_of(dev)->q[q];

	lq->armed = lq->head == lq->tail;
	return !lq->armed;
}

static int lo_rxq_intr_disable(struct uk_netdev *dev, uint16_t q)
{
	lo_of(dev)->q[q].armed = false;
	return 0;
}

static bool lo_rxq_intr_fired(struct uk_netdev *dev, uint16_t q)
{
	struct lo_queue *lq = &lo_of(dev)->q[q];

	if (!lq->armed || lq->head == lq->tail)
		return false;
	lq->armed = false;
	return true;
}

static void lo_rxq_stats_get(struct uk_netdev *dev, uint16_t q, struct uk_netdev_qstats *st)
{
	*st = lo_of(dev)->q[q].rx;
}

static void lo_txq_stats_get(struct uk_netdev *dev, uint16_t q, struct uk_netdev_qstats *st)
{
	*st = lo_of(dev)->q[q].tx;
}

static const struct uk_netdev_ops lo_ops = {
	.name = "loopback",
	.probe = lo_probe,
	.info_get = lo_info_get,
	.configure = lo_configure,
	.rxq_info_get = lo_queue_info,
	.txq_info_get = lo_queue_info,
	.rxq_configure = lo_rxq_configure,
	.txq_configure = lo_txq_configure,
	.start = lo_start,
	.stop = lo_stop,
	.hwaddr_get = lo_hwaddr_get,
	.hwaddr_set = lo_hwaddr_set,
	.mtu_set = lo_mtu_set,
	.promiscuous_set = lo_promiscuous_set,
	.rxq_intr_enable = lo_rxq_intr_enable,
	.rxq_intr_disable = lo_rxq_intr_disable,
	.rxq_intr_fired = lo_rxq_intr_fired,
	.rxq_stats_get = lo_rxq_stats_get,
	.txq_stats_get = lo_txq_stats_get,
};

int uk_loopback_create(uint16_t nb_queues)
{
	struct lo_dev *lo;
	int id;

	if (nb_queues == 0 || nb_queues > UK_NETDEV_QUEUES_MAX)
		return -EINVAL;
	lo = calloc(1, sizeof(*lo));
	if (lo == NULL)
		return -ENOMEM;
	lo->max_queues = nb_queues;
	id = uk_netdev_register(&lo->dev, &lo_ops);
	if (id < 0) {
		free(lo);
		return id;
	}
	/* A local address (IEEE 802, 8.2.2) that tells the device. */
	lo->mac = (struct uk_hwaddr){ { 0x02, 'l', 'o', 0, 0, (uint8_t)id } };
	return id;
}

static int lo_find(void)
{
	int id = uk_loopback_create(UK_NETDEV_QUEUES_MAX);

	return id < 0 ? id : 0;
}

const struct uk_netdev_driver uk_loopback_driver = {
	.name = "loopback",
	.find = lo_find,
};
