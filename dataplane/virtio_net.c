/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dataplane/virtio_net.h"
#include "plat-kvm/boot.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/irq.h"

#define CONFIG_TRIES 100

/* What an application may choose per uk_netdev_conf; all the rest is wanted whenever offered. */
#define VNET_OFFLOADS                                                                              \
	(VNET_F_CSUM | VNET_F_HOST_TSO4 | VNET_F_HOST_TSO6 | VNET_F_HOST_ECN | VNET_F_GUEST_CSUM | \
		VNET_F_GUEST_TSO4 | VNET_F_GUEST_TSO6 | VNET_F_GUEST_ECN)
#define VNET_WANTED                                                                                \
	(UK_VIRTIO_F_VERSION_1 | UK_VIRTIO_F_RING_PACKED | UK_VIRTIO_F_IN_ORDER |                  \
		UK_VIRTIO_F_EVENT_IDX | VNET_F_MAC | VNET_F_MTU | VNET_F_STATUS |                  \
		VNET_F_MRG_RXBUF | VNET_F_CTRL_VQ | VNET_F_CTRL_RX | VNET_F_CTRL_MAC_ADDR |        \
		VNET_F_MQ | VNET_OFFLOADS)

/* 5.1.3.1: no bit without the one it needs. */
static uint64_t vnet_needs_met(uint64_t f)
{
	if (!(f & VNET_F_CTRL_VQ))
		f &= ~(VNET_F_CTRL_RX | VNET_F_CTRL_MAC_ADDR | VNET_F_MQ);
	if (!(f & VNET_F_CSUM))
		f &= ~(VNET_F_HOST_TSO4 | VNET_F_HOST_TSO6);
	if (!(f & (VNET_F_HOST_TSO4 | VNET_F_HOST_TSO6)))
		f &= ~VNET_F_HOST_ECN;
	if (!(f & VNET_F_GUEST_CSUM))
		f &= ~(VNET_F_GUEST_TSO4 | VNET_F_GUEST_TSO6);
	if (!(f & (VNET_F_GUEST_TSO4 | VNET_F_GUEST_TSO6)))
		f &= ~VNET_F_GUEST_ECN;
	return f;
}

/*
 * Boot options: virtio_net.ring=auto|split|packed, virtio_net.size=ENTRIES,
 * virtio_net.features_off=HEX (bits that are not to be used even if offered).
 */
static int vnet_options(struct uk_virtio_net *vn, uint64_t *required)
{
	const char *ring = uk_boot_arg("virtio_net.ring"), *size = uk_boot_arg("virtio_net.size");
	const char *off = uk_boot_arg("virtio_net.features_off");
	unsigned long nb;

	if (off != NULL)
		vn->offered &= ~strtoull(off, NULL, 16) | UK_VIRTIO_F_VERSION_1;
	if (ring != NULL && strcmp(ring, "split") == 0) {
		vn->offered &= ~UK_VIRTIO_F_RING_PACKED;
	} else if (ring != NULL && strcmp(ring, "packed") == 0) {
		*required |= UK_VIRTIO_F_RING_PACKED;
	} else if (ring != NULL && strcmp(ring, "auto") != 0) {
		fprintf(stderr, "virtio_net.ring=%s: must be auto, split or packed\n", ring);
		return -EINVAL;
	}
	nb = size != NULL ? strtoul(size, NULL, 10) : 0;
	if (nb > 32768 || (size != NULL && nb == 0)) {
		fprintf(stderr, "virtio_net.size=%s: must be 1 to 32768\n", size);
		return -EINVAL;
	}
	vn->ring_size = (uint16_t)nb;
	return 0;
}

struct vnet_config {
	struct uk_hwaddr mac;
	uint16_t max_pairs;
	uint16_t mtu;
};

/* 2.5.1: only fields whose feature is there are read; again while the generation moves (2.5.2). */
static int vnet_config_read(struct uk_virtio_net *vn, struct vnet_config *c)
{
	struct uk_virtio_dev *vd = vn->vd;

	memset(c, 0, sizeof(*c));
	for (unsigned i = 0; i < CONFIG_TRIES; i++) {
		uint32_t gen = vd->ops->config_gen(vd);

		if (vnet_has(vn, VNET_F_MAC))
			vd->ops->config_read(vd, VNET_CONFIG_MAC, &c->mac, sizeof(c->mac));
		if (vnet_has(vn, VNET_F_MQ))
			vd->ops->config_read(
				vd, VNET_CONFIG_MAX_PAIRS, &c->max_pairs, sizeof(c->max_pairs));
		if (vnet_has(vn, VNET_F_MTU))
			vd->ops->config_read(vd, VNET_CONFIG_MTU, &c->mtu, sizeof(c->mtu));
		if (vd->ops->config_gen(vd) == gen)
			return 0;
	}
	return -EIO;
}

/* A local address (IEEE 802, 8.2.2) for a device that has none (5.1.5). */
static void vnet_mac_random(struct uk_hwaddr *mac)
{
	uint64_t x = uk_clock_cycles() * 0x9e3779b97f4a7c15ull;

	memcpy(mac->addr_bytes, (uint8_t *)&x + 2, sizeof(mac->addr_bytes));
	mac->addr_bytes[0] = (uint8_t)((mac->addr_bytes[0] & ~1u) | 2u);
}

/* Fields out of their range (5.1.4.1) count as not offered. */
static void vnet_config_apply(struct uk_virtio_net *vn, const struct vnet_config *c)
{
	vn->mac = c->mac;
	if (!vnet_has(vn, VNET_F_MAC) || (c->mac.addr_bytes[0] & 1))
		vnet_mac_random(&vn->mac);
	vn->dev_pairs = vnet_has(vn, VNET_F_MQ) ? c->max_pairs : 1;
	if (vnet_has(vn, VNET_F_MQ) && (c->max_pairs == 0 || c->max_pairs > 0x8000))
		vn->offered &= ~VNET_F_MQ;
	if (vnet_has(vn, VNET_F_CTRL_VQ) &&
		uk_virtio_net_queue_max(vn, uk_virtio_net_queue_ctrl_index(vn)) < 2)
		vn->offered = vnet_needs_met(
			vn->offered & ~VNET_F_CTRL_VQ); /* no room for command and answer */
	if (vnet_has(vn, VNET_F_MTU) && c->mtu < 68)
		vn->offered &= ~VNET_F_MTU;
	if (!(vn->offered & VNET_F_MQ))
		vn->dev_pairs = 1;
	vn->max_pairs = vn->dev_pairs < UK_NETDEV_QUEUES_MAX ? vn->dev_pairs : UK_NETDEV_QUEUES_MAX;
	vn->max_mtu = vnet_has(vn, VNET_F_MRG_RXBUF) ? 65535 - VNET_ETH_HLEN : 1500;
	if (vn->offered & vn->vd->features & VNET_F_MTU)
		vn->max_mtu = vn->mtu = c->mtu;
	vn->dev.mtu = vn->max_mtu < 1500 ? vn->max_mtu : 1500;
}

static int vnet_probe(struct uk_netdev *dev)
{
	struct uk_virtio_net *vn = vnet_of(dev);
	uint64_t required = UK_VIRTIO_F_VERSION_1;
	struct vnet_config config;
	int rc;

	uk_virtio_net_queue_destroy(vn);
	memset(vn->queue_max, 0, sizeof(vn->queue_max));
	vn->fresh = vn->broken = vn->retry = vn->mac_changed = vn->promisc_set = false;
	vn->offered = ~0ull;
	rc = vnet_options(vn, &required);
	if (rc < 0)
		return rc;
	vn->offered &= vn->vd->ops->features_get(vn->vd);
	vn->offered = vnet_needs_met(vn->offered & VNET_WANTED);
	vn->wanted = vn->offered & ~VNET_OFFLOADS;
	rc = uk_virtio_net_setup_negotiate(vn, required);
	if (rc < 0)
		return rc;
	rc = vnet_config_read(vn, &config);
	if (rc == 0)
		vnet_config_apply(vn, &config);
	return rc;
}

static void vnet_info_get(struct uk_netdev *dev, struct uk_netdev_info *info)
{
	struct uk_virtio_net *vn = vnet_of(dev);
	const uint64_t f = vn->offered, tso = VNET_F_GUEST_TSO4 | VNET_F_GUEST_TSO6;

	info->max_rx_queues = info->max_tx_queues = vn->max_pairs;
	info->max_mtu = vn->max_mtu;
	info->nb_encap_tx = info->nb_encap_rx = VNET_HDR_LEN;
	info->features = UK_NETDEV_F_RXQ_INTR | (f & VNET_F_CSUM ? UK_NETDEV_F_PARTIAL_CSUM : 0) |
			 (f & VNET_F_HOST_TSO4 ? UK_NETDEV_F_TSO4 : 0) |
			 (f & VNET_F_HOST_TSO6 ? UK_NETDEV_F_TSO6 : 0) |
			 (f & VNET_F_GUEST_CSUM ? UK_NETDEV_F_RX_CSUM : 0) |
			 ((f & tso) && (f & VNET_F_MRG_RXBUF) ? UK_NETDEV_F_LRO : 0) |
			 (f & VNET_F_CTRL_RX ? UK_NETDEV_F_PROMISCUOUS : 0) |
			 (f & VNET_F_STATUS ? UK_NETDEV_F_STATUS : 0);
}

static const void *vnet_einfo_get(struct uk_netdev *dev, enum uk_netdev_einfo_type type)
{
	const struct uk_virtio_net *vn = vnet_of(dev);
	bool packed = vnet_has(vn, UK_VIRTIO_F_RING_PACKED);

	if (type == UK_NETDEV_EINFO_BUS)
		return vn->vd->bus_name;
	if (type != UK_NETDEV_EINFO_RING)
		return NULL;
	if (vnet_has(vn, UK_VIRTIO_F_IN_ORDER))
		return packed ? "packed,in-order" : "split,in-order";
	return packed ? "packed" : "split";
}

/* The choice is negotiated at start: an application that uses no offload gets a device that offers
 * none. */
static int vnet_configure(struct uk_netdev *dev, const struct uk_netdev_conf *conf)
{
	struct uk_virtio_net *vn = vnet_of(dev);
	uint64_t want = vn->offered & ~VNET_OFFLOADS;

	if (conf->offloads & (UK_NETDEV_F_PARTIAL_CSUM | UK_NETDEV_F_TSO4 | UK_NETDEV_F_TSO6))
		want |= VNET_F_CSUM;
	if (conf->offloads & UK_NETDEV_F_TSO4)
		want |= VNET_F_HOST_TSO4 | VNET_F_HOST_ECN;
	if (conf->offloads & UK_NETDEV_F_TSO6)
		want |= VNET_F_HOST_TSO6 | VNET_F_HOST_ECN;
	if (conf->lro || (conf->offloads & UK_NETDEV_F_RX_CSUM))
		want |= VNET_F_GUEST_CSUM;
	if (conf->lro)
		want |= VNET_F_GUEST_TSO4 | VNET_F_GUEST_TSO6 | VNET_F_GUEST_ECN;
	uk_virtio_net_queue_destroy(vn);
	vn->wanted = vnet_needs_met(want & vn->offered);
	vn->nb_pairs =
		conf->nb_rx_queues > conf->nb_tx_queues ? conf->nb_rx_queues : conf->nb_tx_queues;
	return 0;
}

static int vnet_queue_info(
	struct uk_virtio_net *vn, uint16_t index, struct uk_netdev_queue_info *info)
{
	info->nb_max = uk_virtio_net_queue_max(vn, index);
	info->nb_min = 1;
	info->nb_align = 1;
	info->nb_is_power_of_two = !vnet_has(vn, UK_VIRTIO_F_RING_PACKED);
	return info->nb_max ? 0 : -EIO;
}

static int vnet_rxq_info_get(struct uk_netdev *dev, uint16_t q, struct uk_netdev_queue_info *info)
{
	return vnet_queue_info(vnet_of(dev), (uint16_t)(2 * q), info);
}

static int vnet_txq_info_get(struct uk_netdev *dev, uint16_t q, struct uk_netdev_queue_info *info)
{
	return vnet_queue_info(vnet_of(dev), (uint16_t)(2 * q + 1), info);
}

static int vnet_rxq_configure(struct uk_netdev *dev, uint16_t q, uint16_t nb_desc,
	const struct uk_netdev_rxqueue_conf *conf)
{
	struct uk_virtio_net *vn = vnet_of(dev);

	if (conf->callback != NULL && vn->vector < 0) {
		vn->vector = uk_irq_alloc();
		if (vn->vector < 0)
			return vn->vector;
	}
	return uk_virtio_net_queue_rx_create(vn, q, nb_desc, conf);
}

static int vnet_txq_configure(struct uk_netdev *dev, uint16_t q, uint16_t nb_desc,
	const struct uk_netdev_txqueue_conf *conf)
{
	(void)conf;
	return uk_virtio_net_queue_tx_create(vnet_of(dev), q, nb_desc);
}

static int vnet_start(struct uk_netdev *dev)
{
	struct uk_virtio_net *vn = vnet_of(dev);
	uint64_t required = UK_VIRTIO_F_VERSION_1 | (vn->vd->features & UK_VIRTIO_F_RING_PACKED);

	vn->retry = false;
	return uk_virtio_net_setup_run(vn, required);
}

static int vnet_stop(struct uk_netdev *dev)
{
	struct uk_virtio_net *vn = vnet_of(dev);
	int rc = uk_virtio_reset(vn->vd);

	for (uint16_t i = 0; i < vn->nb_pairs; i++)
		dev->rxq[i]->ring.armed = dev->rxq[i]->fired = false;
	uk_virtio_net_queue_drain(vn);
	vn->broken = false;
	return rc;
}

static const struct uk_hwaddr *vnet_hwaddr_get(struct uk_netdev *dev)
{
	return &vnet_of(dev)->mac;
}

static int vnet_hwaddr_set(struct uk_netdev *dev, const struct uk_hwaddr *hwaddr)
{
	struct uk_virtio_net *vn = vnet_of(dev);
	int rc = 0;

	if (!vnet_has(vn, VNET_F_CTRL_MAC_ADDR))
		return -ENOTSUP;
	if (dev->state == UK_NETDEV_RUNNING)
		rc = uk_virtio_net_ctrl_mac(vn, hwaddr);
	if (rc == 0) {
		vn->mac = *hwaddr;
		vn->mac_changed = true;
	}
	return rc;
}

/* The device has no say in it: up to info.max_mtu it has to take what comes (5.1.4.2). */
static int vnet_mtu_set(struct uk_netdev *dev, uint16_t mtu)
{
	(void)dev;
	(void)mtu;
	return 0;
}

static int vnet_promiscuous_set(struct uk_netdev *dev, bool on)
{
	struct uk_virtio_net *vn = vnet_of(dev);
	int rc = 0;

	if (!vnet_has(vn, VNET_F_CTRL_RX))
		return -ENOTSUP;
	if (dev->state == UK_NETDEV_RUNNING)
		rc = uk_virtio_net_ctrl_promisc(vn, on);
	vn->promisc_set |= rc == 0;
	return rc;
}

static void vnet_rxq_stats_get(struct uk_netdev *dev, uint16_t q, struct uk_netdev_qstats *st)
{
	*st = dev->rxq[q]->stats;
	st->resets = vnet_of(dev)->nb_resets;
}

static void vnet_txq_stats_get(struct uk_netdev *dev, uint16_t q, struct uk_netdev_qstats *st)
{
	*st = dev->txq[q]->stats;
	st->resets = vnet_of(dev)->nb_resets;
}

static const struct uk_netdev_ops vnet_ops = {
	.name = "virtio-net",
	.probe = vnet_probe,
	.info_get = vnet_info_get,
	.einfo_get = vnet_einfo_get,
	.configure = vnet_configure,
	.rxq_info_get = vnet_rxq_info_get,
	.txq_info_get = vnet_txq_info_get,
	.rxq_configure = vnet_rxq_configure,
	.txq_configure = vnet_txq_configure,
	.start = vnet_start,
	.stop = vnet_stop,
	.hwaddr_get = vnet_hwaddr_get,
	.hwaddr_set = vnet_hwaddr_set,
	.mtu_set = vnet_mtu_set,
	.promiscuous_set = vnet_promiscuous_set,
	.link_get = uk_virtio_net_recover_link,
	.rxq_intr_enable = uk_virtio_net_intr_enable,
	.rxq_intr_disable = uk_virtio_net_intr_disable,
	.rxq_intr_fired = uk_virtio_net_intr_fired,
	.service = uk_virtio_net_recover_service,
	.rxq_stats_get = vnet_rxq_stats_get,
	.txq_stats_get = vnet_txq_stats_get,
};

static int vnet_add(struct uk_virtio_dev *vd)
{
	struct uk_virtio_net *vn;
	void *mem;
	int rc;

	if (posix_memalign(&mem, UK_CACHE_LINE, sizeof(*vn)) != 0)
		return -ENOMEM;
	vn = memset(mem, 0, sizeof(*vn));
	vn->vd = vd;
	vn->vector = -1;
	rc = uk_netdev_register(&vn->dev, &vnet_ops);
	if (rc < 0) {
		free(vn);
		return rc;
	}
	vd->driver = vn;
	return 0;
}

static int vnet_find(void)
{
	for (unsigned i = 0; i < uk_virtio_count(); i++) {
		struct uk_virtio_dev *vd = uk_virtio_get(i);
		int rc;

		if (vd->device_id != UK_VIRTIO_ID_NET || vd->driver != NULL)
			continue;
		rc = vnet_add(vd);
		if (rc < 0)
			return rc;
	}
	return 0;
}

const struct uk_netdev_driver uk_virtio_net_driver = {
	.name = "virtio-net",
	.find = vnet_find,
};
