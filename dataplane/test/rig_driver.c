/* SPDX-License-Identifier: BSD-3-Clause */
/* An image never gives a device back; a test that opens hundreds of them has to. */
#include <stdlib.h>
#include "dataplane/test/rig.h"
#include "dataplane/virtio_net.h"

const struct uk_netdev_driver *const uk_netdev_drivers[] = { &uk_virtio_net_driver, NULL };

static void ring_free(struct vnet_ring *r)
{
	free(r->mem);
	free(r->sw);
	free(r->order);
}

void rig_dev_free(void)
{
	struct uk_virtio_net *vn = vnet_of(rig.dev);

	for (unsigned i = 0; i < UK_NETDEV_QUEUES_MAX; i++) {
		struct uk_netdev_rx_queue *rxq = rig.dev->rxq[i];
		struct uk_netdev_tx_queue *txq = rig.dev->txq[i];

		if (rxq != NULL)
			ring_free(&rxq->ring);
		free(rxq);
		if (txq != NULL) {
			ring_free(&txq->ring);
			free(txq->nb_desc);
		}
		free(txq);
	}
	if (vn->ctrl.buf != NULL)
		ring_free(&vn->ctrl.ring);
	free(vn);
	rig.dev = NULL;
}
