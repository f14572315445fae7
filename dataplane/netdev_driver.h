/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other side of uk_netdev: what a driver provides. The generic layer (netdev.c) checks
 * states and arguments, so an op is only called in the state it is for.
 */
#ifndef SLUICE_DATAPLANE_NETDEV_DRIVER_H
#define SLUICE_DATAPLANE_NETDEV_DRIVER_H

#include "dataplane/netdev.h"

struct uk_netdev_ops {
	const char *name;
	int (*probe)(struct uk_netdev *dev);
	void (*info_get)(struct uk_netdev *dev, struct uk_netdev_info *info);
	const void *(*einfo_get)(struct uk_netdev *dev, enum uk_netdev_einfo_type type);
	/* Forgets the queues of an earlier configuration. */
	int (*configure)(struct uk_netdev *dev, const struct uk_netdev_conf *conf);
	int (*rxq_info_get)(struct uk_netdev *dev, uint16_t q, struct uk_netdev_queue_info *info);
	int (*txq_info_get)(struct uk_netdev *dev, uint16_t q, struct uk_netdev_queue_info *info);
	/* Set dev->rxq[q] / dev->txq[q]. */
	int (*rxq_configure)(struct uk_netdev *dev, uint16_t q, uint16_t nb_desc,
		const struct uk_netdev_rxqueue_conf *conf);
	int (*txq_configure)(struct uk_netdev *dev, uint16_t q, uint16_t nb_desc,
		const struct uk_netdev_txqueue_conf *conf);
	/* Set dev->rx_burst and dev->tx_burst. */
	int (*start)(struct uk_netdev *dev);
	int (*stop)(struct uk_netdev *dev);
	const struct uk_hwaddr *(*hwaddr_get)(struct uk_netdev *dev);
	int (*hwaddr_set)(struct uk_netdev *dev, const struct uk_hwaddr *hwaddr);
	int (*mtu_set)(struct uk_netdev *dev, uint16_t mtu);
	int (*promiscuous_set)(struct uk_netdev *dev, bool on);
	int (*link_get)(struct uk_netdev *dev);
	/* 1: packets wait, poll again; 0: armed. */
	int (*rxq_intr_enable)(struct uk_netdev *dev, uint16_t q);
	int (*rxq_intr_disable)(struct uk_netdev *dev, uint16_t q);
	/* True, once, if the queue's interrupt fired. */
	bool (*rxq_intr_fired)(struct uk_netdev *dev, uint16_t q);
	int (*service)(struct uk_netdev *dev);
	void (*rxq_stats_get)(struct uk_netdev *dev, uint16_t q, struct uk_netdev_qstats *st);
	void (*txq_stats_get)(struct uk_netdev *dev, uint16_t q, struct uk_netdev_qstats *st);
};

struct uk_netdev_driver {
	const char *name;
	/* Finds the driver's devices and calls uk_netdev_register for each. 0 or -errno. */
	int (*find)(void);
};

/* Defined by the image: the drivers it links, NULL at the end. */
extern const struct uk_netdev_driver *const uk_netdev_drivers[];

/* The drivers there are; an image links the library (virtio_net, loopback) of each one it names. */
extern const struct uk_netdev_driver uk_virtio_net_driver;
extern const struct uk_netdev_driver uk_loopback_driver;

#define UK_NETDEV_MAX 32

/* Adds a device (state UNPROBED). Returns its id or -ENOSPC. */
int uk_netdev_register(struct uk_netdev *dev, const struct uk_netdev_ops *ops) UK_MUST_USE;

/* Burst functions of a device that is not running: *cnt = 0, -ENODEV. */
int uk_netdev_rx_dead(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t *cnt);
int uk_netdev_tx_dead(struct uk_netdev_tx_queue *q, struct uk_netbuf *v[], uint16_t *cnt);

#endif
