/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include "dataplane/virtio_net_ring.h"

/* `fresh`: the device stands at FEATURES_OK with just these features. */
int uk_virtio_net_setup_negotiate(struct uk_virtio_net *vn, uint64_t required)
{
	int rc;

	if (vn->fresh && vn->vd->features == (vn->wanted & vn->offered))
		return 0;
	rc = uk_virtio_start(vn->vd, vn->wanted & vn->offered, required);
	vn->fresh = rc == 0;
	return rc;
}

/* The rings of pairs that the application uses in one direction only: the device wants both. */
static int setup_missing(struct uk_virtio_net *vn)
{
	int rc = 0;

	for (uint16_t i = 0; i < vn->nb_pairs && rc == 0; i++) {
		if (vn->dev.rxq[i] == NULL)
			rc = uk_virtio_net_queue_rx_create(vn, i, 0, NULL);
		if (rc == 0 && vn->dev.txq[i] == NULL)
			rc = uk_virtio_net_queue_tx_create(vn, i, 0);
	}
	if (rc == 0 && vnet_has(vn, VNET_F_CTRL_VQ) && vn->ctrl.buf == NULL)
		rc = uk_virtio_net_queue_ctrl_create(vn);
	return rc;
}

static int setup_ring(struct uk_virtio_net *vn, const struct vnet_ring *r, bool interrupts)
{
	const struct uk_virtio_ops *ops = vn->vd->ops;
	int rc = 0;

	/* The device that comes back may be a smaller one. */
	if (vn->nb_resets > 0 && ops->queue_max(vn->vd, r->index) < r->size)
		return -EIO;
	if (interrupts)
		rc = ops->queue_irq(vn->vd, r->index, (unsigned)vn->vector);
	return rc < 0 ? rc : ops->queue_enable(vn->vd, r->index, r->size, &r->addr);
}

/* 5.1.6.3.1: without MRG_RXBUF each buffer has to hold the longest frame. */
static int setup_check_room(const struct uk_virtio_net *vn, const struct vnet_ring *r)
{
	uint32_t need = VNET_ETH_HLEN + (vnet_has(vn, VNET_F_MTU) ? vn->mtu : 1500u);

	for (uint16_t i = 0; i < r->size && !vnet_has(vn, VNET_F_MRG_RXBUF); i++) {
		const struct uk_netbuf *nb = r->sw[i];

		if (nb != NULL && vnet_room(nb) < need) {
			fprintf(stderr,
				"virtio-net %s: receive buffers must have room for %u bytes\n",
				vn->vd->bus_name, need);
			return -EINVAL;
		}
	}
	return 0;
}

static int setup_rings(struct uk_virtio_net *vn)
{
	int rc = 0;

	if (vn->vector >= 0)
		rc = vn->vd->ops->queue_irq(vn->vd, UK_VIRTIO_Q_CONFIG, (unsigned)vn->vector);
	for (uint16_t i = 0; i < vn->nb_pairs && rc == 0; i++) {
		uk_virtio_net_fill_start(vn->dev.rxq[i]);
		rc = setup_check_room(vn, &vn->dev.rxq[i]->ring);
		if (rc == 0)
			rc = setup_ring(
				vn, &vn->dev.rxq[i]->ring, vn->dev.rx_conf[i].callback != NULL);
		if (rc == 0)
			rc = setup_ring(vn, &vn->dev.txq[i]->ring, false);
	}
	if (rc == 0 && vnet_has(vn, VNET_F_CTRL_VQ))
		rc = setup_ring(vn, &vn->ctrl.ring, false);
	return rc;
}

/* What the device forgot at the reset. */
static int setup_commands(struct uk_virtio_net *vn)
{
	int rc = 0;

	if (vn->nb_pairs > 1)
		rc = uk_virtio_net_ctrl_pairs(vn, vn->nb_pairs);
	if (rc == 0 && vn->mac_changed)
		rc = uk_virtio_net_ctrl_mac(vn, &vn->mac);
	if (rc == 0 && vn->promisc_set)
		rc = uk_virtio_net_ctrl_promisc(vn, vn->dev.promiscuous);
	return rc;
}

static void setup_bursts(struct uk_virtio_net *vn)
{
	bool packed = vnet_has(vn, UK_VIRTIO_F_RING_PACKED);
	bool hdr = vnet_has(vn, VNET_F_MRG_RXBUF | VNET_F_GUEST_CSUM);

	if (packed)
		vn->dev.rx_burst = hdr ? uk_virtio_net_rx_packed_hdr : uk_virtio_net_rx_packed;
	else
		vn->dev.rx_burst = hdr ? uk_virtio_net_rx_split_hdr : uk_virtio_net_rx_split;
	uk_virtio_net_recover_note(vn);
}

/* 5.1.5: receive buffers were put before DRIVER_OK; the device is told of them after it. */
static void setup_kick(struct uk_virtio_net *vn)
{
	for (uint16_t i = 0; i < vn->nb_pairs; i++) {
		struct vnet_ring *r = &vn->dev.rxq[i]->ring;
		uint16_t nb = (uint16_t)(r->size - r->nb_free);

		if (nb > 0 && vnet_ring_wants_kick(r, 0, nb, r->packed))
			vnet_ring_kick(r);
	}
}

/* Virtio 1.2, 3.1.1 and 5.1.5. */
int uk_virtio_net_setup_run(struct uk_virtio_net *vn, uint64_t required)
{
	int rc = uk_virtio_net_setup_negotiate(vn, required);

	if (rc < 0)
		goto undo_buffers;
	vn->fresh = false;
	rc = setup_missing(vn);
	if (rc < 0)
		goto undo_reset;
	uk_virtio_net_queue_restart(vn);
	rc = setup_rings(vn);
	if (rc == 0)
		rc = uk_virtio_driver_ok(vn->vd);
	if (rc < 0)
		goto undo_reset;
	vn->broken = false;
	setup_kick(vn);
	rc = setup_commands(vn);
	if (rc < 0)
		goto undo_reset;
	setup_bursts(vn);
	return 0;
undo_reset:
	if (uk_virtio_reset(vn->vd) < 0)
		vn->broken = true;
undo_buffers:
	vn->dev.rx_burst = uk_netdev_rx_dead;
	vn->dev.tx_burst = uk_netdev_tx_dead;
	uk_virtio_net_queue_drain(vn);
	return rc;
}
