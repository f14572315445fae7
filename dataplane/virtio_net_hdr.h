/* SPDX-License-Identifier: BSD-3-Clause */
/* The header before each packet (virtio 1.2, 5.1.6) and what of it a netbuf carries as metadata. */
#ifndef SLUICE_DATAPLANE_VIRTIO_NET_HDR_H
#define SLUICE_DATAPLANE_VIRTIO_NET_HDR_H

#include "dataplane/netbuf.h"

#define VNET_HDR_LEN          12
#define VNET_HDR_F_NEEDS_CSUM 0x01
#define VNET_HDR_F_DATA_VALID 0x02

struct vnet_hdr {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
	uint16_t num_buffers;
};

_Static_assert(sizeof(struct vnet_hdr) == VNET_HDR_LEN, "5.1.6: 12 bytes with VERSION_1");

/*
 * Fills the header of a packet of `total` bytes from its metadata. -EINVAL: it asks for what was
 * not negotiated (`features`) or its offsets lie outside the packet.
 */
int uk_virtio_net_hdr_fill(struct vnet_hdr *h, const struct uk_netbuf *nb, uint32_t total,
	uint64_t features) UK_MUST_USE;

/*
 * Sets the metadata of a received packet of `total` bytes. -EINVAL: the header contradicts what was
 * negotiated or itself, or points outside the packet. `h` is a copy that the device can not change
 * any more.
 */
int uk_virtio_net_hdr_parse(struct uk_netbuf *nb, const struct vnet_hdr *h, uint32_t total,
	uint64_t features) UK_MUST_USE;

#endif
