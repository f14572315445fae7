/* SPDX-License-Identifier: BSD-3-Clause */
/* An image never gives a device back; a test that opens hundreds of them has to. */
#include <stdlib.h>
#include "dataplane/test/rig.h"
#include "dataplane/virtio_net.h"

const struct uk_netdev_driver *const uk_netdev_drivers[] = { &uk_virtio_net_driver, NULL };

void rig_dev_free(void)
{
	struct uk_virtio_net *vn = vnet_of(rig.dev);

	uk_virtio_net_queue_destroy(vn);
	free(vn);
	rig.dev = NULL;
}
