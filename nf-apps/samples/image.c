/* SPDX-License-Identifier: BSD-3-Clause */
/* What makes an image of a program that knows Linux only: its allocator and its drivers. */
#include "dataplane/netdev_driver.h"
#include "kernel/alloc.h"

const struct uk_alloc_ops *const uk_alloc_image = &uk_tlsf_ops;
const struct uk_netdev_driver *const uk_netdev_drivers[] = { &uk_virtio_net_driver, NULL };
