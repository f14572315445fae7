/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A network device without a network: what is sent on a queue is received on the same queue, the
 * very same netbufs, uncopied. For tests, and for measuring an application without its device. A
 * queue is bounded: when full, transmit takes no more. Name uk_loopback_driver (netdev_driver.h) in
 * uk_netdev_drivers for one device, or create more.
 */
#ifndef SLUICE_DATAPLANE_LOOPBACK_H
#define SLUICE_DATAPLANE_LOOPBACK_H

#include "dataplane/netdev.h"

/* One more device with up to `nb_queues` queue pairs; its id, or -ENOMEM, -ENOSPC, -EINVAL. Thread:
 * boot. */
int uk_loopback_create(uint16_t nb_queues) UK_MUST_USE;

#endif
