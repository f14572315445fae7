/* SPDX-License-Identifier: BSD-3-Clause */
/* The generic layer as it is, and a way to start over: an image never does, a test does for each
 * case. */
#include "dataplane/netdev.c"
#include "dataplane/test/rig.h"

void rig_netdev_forget(void)
{
	memset(&ndev, 0, sizeof(ndev));
}
