/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "dataplane/netdev_driver.h"
#include "plat-kvm/boot.h"

static struct {
	struct uk_netdev *devs[UK_NETDEV_MAX];
	unsigned nb;
	bool found;
} ndev;

int uk_netdev_rx_dead(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t *cnt)
{
	(void)q;
	(void)v;
	*cnt = 0;
	return -ENODEV;
}

int uk_netdev_tx_dead(struct uk_netdev_tx_queue *q, struct uk_netbuf *v[], uint16_t *cnt)
{
	(void)q;
	(void)v;
	*cnt = 0;
	return -ENODEV;
}

int uk_netdev_register(struct uk_netdev *dev, const struct uk_netdev_ops *ops)
{
	if (ndev.nb == UK_NETDEV_MAX)
		return -ENOSPC;
	dev->ops = ops;
	dev->state = UK_NETDEV_UNPROBED;
	dev->rx_burst = uk_netdev_rx_dead;
	dev->tx_burst = uk_netdev_tx_dead;
	dev->id = (uint16_t)ndev.nb;
	ndev.devs[ndev.nb++] = dev;
	return dev->id;
}

static void ndev_find(void)
{
	ndev.found = true;
	for (unsigned i = 0; uk_netdev_drivers[i] != NULL; i++) {
		int rc = uk_netdev_drivers[i]->find();

		if (rc < 0)
			fprintf(stderr, "%s: cannot look for devices: %s\n",
				uk_netdev_drivers[i]->name, strerror(-rc));
	}
}

unsigned uk_netdev_count(void)
{
	if (!ndev.found)
		ndev_find();
	return ndev.nb;
}

struct uk_netdev *uk_netdev_get(unsigned id)
{
	return id < uk_netdev_count() ? ndev.devs[id] : NULL;
}

uint16_t uk_netdev_id_get(const struct uk_netdev *dev)
{
	return dev->id;
}

const char *uk_netdev_drv_name_get(const struct uk_netdev *dev)
{
	return dev->ops->name;
}

enum uk_netdev_state uk_netdev_state_get(const struct uk_netdev *dev)
{
	return dev->state;
}

int uk_netdev_probe(struct uk_netdev *dev)
{
	int rc;

	UK_ASSERT(dev->state == UK_NETDEV_UNPROBED);
	rc = dev->ops->probe(dev);
	if (rc == 0)
		dev->state = UK_NETDEV_UNCONFIGURED;
	return rc;
}

void uk_netdev_info_get(struct uk_netdev *dev, struct uk_netdev_info *info)
{
	UK_ASSERT(dev->state >= UK_NETDEV_UNCONFIGURED);
	memset(info, 0, sizeof(*info));
	dev->ops->info_get(dev, info);
}

/* "netdev0.ip=10.0.0.2/24:10.0.0.1" on the boot command line, as it stands. */
static const char *ndev_ip(const struct uk_netdev *dev)
{
	char key[24];

	snprintf(key, sizeof(key), "netdev%u.ip", dev->id);
	return uk_boot_arg(key);
}

const void *uk_netdev_einfo_get(struct uk_netdev *dev, enum uk_netdev_einfo_type type)
{
	if (type == UK_NETDEV_EINFO_IPV4)
		return ndev_ip(dev);
	return dev->ops->einfo_get == NULL ? NULL : dev->ops->einfo_get(dev, type);
}

int uk_netdev_configure(struct uk_netdev *dev, const struct uk_netdev_conf *conf)
{
	struct uk_netdev_info info;
	int rc;

	UK_ASSERT(dev->state == UK_NETDEV_UNCONFIGURED || dev->state == UK_NETDEV_CONFIGURED);
	uk_netdev_info_get(dev, &info);
	if (conf->nb_rx_queues > info.max_rx_queues || conf->nb_tx_queues > info.max_tx_queues ||
		conf->nb_rx_queues > UK_NETDEV_QUEUES_MAX ||
		conf->nb_tx_queues > UK_NETDEV_QUEUES_MAX ||
		conf->nb_rx_queues + conf->nb_tx_queues == 0)
		return -EINVAL;
	if ((conf->offloads & ~info.features) != 0 ||
		(conf->lro && !(info.features & UK_NETDEV_F_LRO)))
		return -ENOTSUP;
	rc = dev->ops->configure(dev, conf);
	if (rc < 0)
		return rc;
	dev->nb_rx_queues = conf->nb_rx_queues;
	dev->nb_tx_queues = conf->nb_tx_queues;
	dev->state = UK_NETDEV_CONFIGURED;
	return 0;
}

int uk_netdev_rxq_info_get(struct uk_netdev *dev, uint16_t q, struct uk_netdev_queue_info *info)
{
	UK_ASSERT(dev->state >= UK_NETDEV_CONFIGURED);
	if (q >= dev->nb_rx_queues)
		return -EINVAL;
	return dev->ops->rxq_info_get(dev, q, info);
}

int uk_netdev_txq_info_get(struct uk_netdev *dev, uint16_t q, struct uk_netdev_queue_info *info)
{
	UK_ASSERT(dev->state >= UK_NETDEV_CONFIGURED);
	if (q >= dev->nb_tx_queues)
		return -EINVAL;
	return dev->ops->txq_info_get(dev, q, info);
}

static int ndev_size_check(uint16_t nb, const struct uk_netdev_queue_info *info)
{
	if (nb == 0)
		return 0;
	if (nb > info->nb_max || nb < info->nb_min || (info->nb_align > 1 && nb % info->nb_align))
		return -EINVAL;
	return info->nb_is_power_of_two && (nb & (nb - 1)) ? -EINVAL : 0;
}

int uk_netdev_rxq_configure(struct uk_netdev *dev, uint16_t q, uint16_t nb_desc,
	const struct uk_netdev_rxqueue_conf *conf)
{
	struct uk_netdev_queue_info info;
	int rc;

	UK_ASSERT(dev->state == UK_NETDEV_CONFIGURED && conf->alloc_rxpkts != NULL);
	rc = uk_netdev_rxq_info_get(dev, q, &info);
	if (rc == 0)
		rc = ndev_size_check(nb_desc, &info);
	if (rc < 0)
		return rc;
	if (dev->rxq[q] != NULL)
		return -EBUSY;
	rc = dev->ops->rxq_configure(dev, q, nb_desc, conf);
	if (rc == 0)
		dev->rx_conf[q] = *conf;
	return rc;
}

int uk_netdev_txq_configure(struct uk_netdev *dev, uint16_t q, uint16_t nb_desc,
	const struct uk_netdev_txqueue_conf *conf)
{
	struct uk_netdev_queue_info info;
	int rc;

	UK_ASSERT(dev->state == UK_NETDEV_CONFIGURED);
	rc = uk_netdev_txq_info_get(dev, q, &info);
	if (rc == 0)
		rc = ndev_size_check(nb_desc, &info);
	if (rc < 0)
		return rc;
	if (dev->txq[q] != NULL)
		return -EBUSY;
	return dev->ops->txq_configure(dev, q, nb_desc, conf);
}

static bool ndev_all_queues(const struct uk_netdev *dev)
{
	for (unsigned i = 0; i < dev->nb_rx_queues; i++) {
		if (dev->rxq[i] == NULL)
			return false;
	}
	for (unsigned i = 0; i < dev->nb_tx_queues; i++) {
		if (dev->txq[i] == NULL)
			return false;
	}
	return true;
}

int uk_netdev_start(struct uk_netdev *dev)
{
	int rc;

	UK_ASSERT(dev->state == UK_NETDEV_CONFIGURED);
	if (!ndev_all_queues(dev))
		return -EINVAL;
	dev->rx_armed = 0;
	rc = dev->ops->start(dev);
	if (rc == 0)
		dev->state = UK_NETDEV_RUNNING;
	return rc;
}

int uk_netdev_stop(struct uk_netdev *dev)
{
	int rc;

	UK_ASSERT(dev->state == UK_NETDEV_RUNNING);
	rc = dev->ops->stop(dev);
	dev->rx_burst = uk_netdev_rx_dead;
	dev->tx_burst = uk_netdev_tx_dead;
	dev->state = UK_NETDEV_CONFIGURED;
	return rc;
}

const struct uk_hwaddr *uk_netdev_hwaddr_get(struct uk_netdev *dev)
{
	UK_ASSERT(dev->state >= UK_NETDEV_UNCONFIGURED);
	return dev->ops->hwaddr_get(dev);
}

int uk_netdev_hwaddr_set(struct uk_netdev *dev, const struct uk_hwaddr *hwaddr)
{
	UK_ASSERT(dev->state >= UK_NETDEV_UNCONFIGURED);
	if (hwaddr->addr_bytes[0] & 1)
		return -EINVAL; /* a group address (IEEE 802, 8.2) can not be a station's own */
	return dev->ops->hwaddr_set == NULL ? -ENOTSUP : dev->ops->hwaddr_set(dev, hwaddr);
}

uint16_t uk_netdev_mtu_get(struct uk_netdev *dev)
{
	UK_ASSERT(dev->state >= UK_NETDEV_UNCONFIGURED);
	return dev->mtu;
}

int uk_netdev_mtu_set(struct uk_netdev *dev, uint16_t mtu)
{
	struct uk_netdev_info info;
	int rc;

	uk_netdev_info_get(dev, &info);
	if (mtu < 68 || mtu > info.max_mtu) /* least MTU of IPv4: RFC 791, 3.2 */
		return -EINVAL;
	rc = dev->ops->mtu_set == NULL ? -ENOTSUP : dev->ops->mtu_set(dev, mtu);
	if (rc == 0)
		dev->mtu = mtu;
	return rc;
}

int uk_netdev_promiscuous_get(struct uk_netdev *dev)
{
	UK_ASSERT(dev->state >= UK_NETDEV_UNCONFIGURED);
	return dev->promiscuous;
}

int uk_netdev_promiscuous_set(struct uk_netdev *dev, unsigned mode)
{
	int rc;

	UK_ASSERT(dev->state >= UK_NETDEV_UNCONFIGURED);
	rc = dev->ops->promiscuous_set == NULL ? -ENOTSUP
					       : dev->ops->promiscuous_set(dev, mode != 0);
	if (rc == 0)
		dev->promiscuous = mode != 0;
	return rc;
}

int uk_netdev_link_get(struct uk_netdev *dev)
{
	UK_ASSERT(dev->state >= UK_NETDEV_UNCONFIGURED);
	return dev->ops->link_get == NULL ? 1 : dev->ops->link_get(dev);
}

int uk_netdev_rxq_intr_enable(struct uk_netdev *dev, uint16_t q)
{
	int rc;

	UK_ASSERT(dev->state == UK_NETDEV_RUNNING && q < dev->nb_rx_queues);
	if (dev->ops->rxq_intr_enable == NULL || dev->rx_conf[q].callback == NULL)
		return -ENOTSUP;
	rc = dev->ops->rxq_intr_enable(dev, q);
	if (rc == 0)
		dev->rx_armed |= 1u << q;
	return rc;
}

int uk_netdev_rxq_intr_disable(struct uk_netdev *dev, uint16_t q)
{
	UK_ASSERT(dev->state == UK_NETDEV_RUNNING && q < dev->nb_rx_queues);
	dev->rx_armed &= ~(1u << q);
	return dev->ops->rxq_intr_disable == NULL ? -ENOTSUP : dev->ops->rxq_intr_disable(dev, q);
}

int uk_netdev_service(void)
{
	int worst = 0;

	for (unsigned i = 0; i < ndev.nb; i++) {
		struct uk_netdev *dev = ndev.devs[i];
		int rc = 0;

		if (dev->state == UK_NETDEV_RUNNING && dev->ops->service != NULL)
			rc = dev->ops->service(dev);
		if (worst == 0)
			worst = rc;
	}
	return worst;
}

void uk_netdev_rxq_stats_get(struct uk_netdev *dev, uint16_t q, struct uk_netdev_qstats *st)
{
	memset(st, 0, sizeof(*st));
	if (q < dev->nb_rx_queues && dev->rxq[q] != NULL)
		dev->ops->rxq_stats_get(dev, q, st);
}

void uk_netdev_txq_stats_get(struct uk_netdev *dev, uint16_t q, struct uk_netdev_qstats *st)
{
	memset(st, 0, sizeof(*st));
	if (q < dev->nb_tx_queues && dev->txq[q] != NULL)
		dev->ops->txq_stats_get(dev, q, st);
}
