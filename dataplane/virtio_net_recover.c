/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a back end goes away and another one comes, the device's link goes down and up. With packed
 * rings the new back end can not know where the old one stood, so all that was in flight would be
 * lost for good: the driver sets the device up anew, at best while the link is down, so that the
 * new back end starts with fresh rings. Receive buffers are posted again; what was being
 * transmitted goes back to its pool and counts as lost.
 *
 * Whether the link went down and up between two looks tells the generation of the configuration.
 */
#include <errno.h>
#include <stdio.h>
#include "dataplane/virtio_net_ring.h"

int uk_virtio_net_recover_broken(struct vnet_ring *r, const char *what)
{
	struct uk_virtio_net *vn = r->vn;

	if (vn->broken)
		return -ENODEV;
	vn->broken = true;
	vn->dev.rx_burst = uk_netdev_rx_dead;
	vn->dev.tx_burst = uk_netdev_tx_dead;
	fprintf(stderr, "virtio-net %s: queue %u: %s; the device is shut down\n", vn->vd->bus_name,
		r->index, what);
	if (uk_virtio_reset(vn->vd) < 0)
		fprintf(stderr, "virtio-net %s: the device does not answer a reset\n",
			vn->vd->bus_name);
	uk_virtio_net_queue_drain(vn);
	return -ENODEV;
}

static bool recover_read_link(struct uk_virtio_net *vn)
{
	uint16_t status = VNET_S_LINK_UP;

	if (vnet_has(vn, VNET_F_STATUS))
		vn->vd->ops->config_read(vn->vd, VNET_CONFIG_STATUS, &status, sizeof(status));
	return status & VNET_S_LINK_UP;
}

int uk_virtio_net_recover_link(struct uk_netdev *dev)
{
	return recover_read_link(vnet_of(dev));
}

/* Nothing is transmitted while the link is down: it would be dropped or sent much later. */
static void recover_open(struct uk_virtio_net *vn, bool link)
{
	vn->link = link;
	if (!link)
		vn->dev.tx_burst = uk_virtio_net_tx_no_link;
	else if (vnet_has(vn, UK_VIRTIO_F_RING_PACKED))
		vn->dev.tx_burst = uk_virtio_net_tx_packed;
	else
		vn->dev.tx_burst = uk_virtio_net_tx_split;
}

void uk_virtio_net_recover_note(struct uk_virtio_net *vn)
{
	vn->config_gen = vn->vd->ops->config_gen(vn->vd);
	recover_open(vn, recover_read_link(vn));
}

/* Sleeping queues are told to look, since packets may have been lost with their interrupts. */
static void recover_wake(struct uk_virtio_net *vn)
{
	for (uint16_t i = 0; i < vn->nb_pairs; i++)
		vn->dev.rxq[i]->fired |= vn->dev.rxq[i]->ring.armed;
}

static int recover_anew(struct uk_virtio_net *vn, const char *why)
{
	uint64_t features = vn->vd->features;
	int rc;

	vn->nb_resets++;
	vn->fresh = false;
	rc = uk_virtio_net_setup_run(vn, features);
	vn->retry = rc < 0;
	if (rc < 0) {
		vn->vd->features = features;
		fprintf(stderr, "virtio-net %s: %s, and setting it up anew failed (%d)\n",
			vn->vd->bus_name, why, rc);
		return rc;
	}
	recover_wake(vn);
	return 0;
}

/* Why the device has to be set up anew, NULL if it has not. */
static const char *recover_reason(struct uk_virtio_net *vn, uint8_t status, uint32_t gen, bool link)
{
	uint8_t moves = (uint8_t)(gen - vn->config_gen); /* virtio-pci's has 8 bits (4.1.4.3) */

	if (vn->broken)
		return moves || link != vn->link ? "it misbehaved, and its back end was replaced"
						 : NULL;
	if (status & UK_VIRTIO_S_NEEDS_RESET)
		return "it asks for a reset"; /* 2.1.2 */
	if (!(status & UK_VIRTIO_S_DRIVER_OK))
		return "it forgot its driver";
	if (!link)
		return vn->link || moves ? "its link went down" : NULL;
	if (!vn->link)
		return moves > 1 ? "its link went up and down"
				 : NULL; /* up once: it has fresh rings already */
	return moves ? "its link went down and up" : NULL;
}

int uk_virtio_net_recover_service(struct uk_netdev *dev)
{
	struct uk_virtio_net *vn = vnet_of(dev);
	const char *why;
	uint8_t status;
	uint32_t gen;
	bool link;

	if (vn->retry)
		return recover_anew(vn, "it failed before");
	status = vn->vd->ops->status_get(vn->vd);
	gen = vn->vd->ops->config_gen(vn->vd);
	link = recover_read_link(vn);
	why = recover_reason(vn, status, gen, link);
	if (why != NULL)
		return recover_anew(vn, why);
	if (vn->broken)
		return -ENODEV;
	if (link != vn->link) {
		vn->config_gen = gen;
		recover_open(vn, link);
	}
	return 0;
}
