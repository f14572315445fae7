/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include "dataplane/virtio_net.h"

static bool hdr_csum_ok(uint16_t start, uint16_t offset, uint32_t total)
{
	return (uint32_t)start + offset + 2 <=
	       total; /* the checksum field itself: RFC 9293, RFC 768 */
}

/* Whether a segmentation type is one that these features allow. */
static bool hdr_gso_ok(uint8_t type, uint64_t features, uint64_t tso4, uint64_t tso6, uint64_t ecn)
{
	if ((type & UK_NETBUF_GSO_ECN) && !(features & ecn))
		return false;
	switch (type & ~UK_NETBUF_GSO_ECN) {
	case UK_NETBUF_GSO_TCPV4:
		return features & tso4;
	case UK_NETBUF_GSO_TCPV6:
		return features & tso6;
	default:
		return false;
	}
}

/* 5.1.6.2.1: DATA_VALID is never set towards the device, num_buffers is zero. */
int uk_virtio_net_hdr_fill(
	struct vnet_hdr *h, const struct uk_netbuf *nb, uint32_t total, uint64_t features)
{
	memset(h, 0, sizeof(*h));
	if (nb->flags & UK_NETBUF_F_PARTIAL_CSUM) {
		if (!(features & VNET_F_CSUM) ||
			!hdr_csum_ok(nb->csum_start, nb->csum_offset, total))
			return -EINVAL;
		h->flags = VNET_HDR_F_NEEDS_CSUM;
		h->csum_start = nb->csum_start;
		h->csum_offset = nb->csum_offset;
	}
	if (nb->gso_type == UK_NETBUF_GSO_NONE)
		return 0;
	if (!hdr_gso_ok(
		    nb->gso_type, features, VNET_F_HOST_TSO4, VNET_F_HOST_TSO6, VNET_F_HOST_ECN))
		return -EINVAL;
	if (h->flags == 0 || nb->gso_size == 0 || nb->hdr_len >= total)
		return -EINVAL;
	h->gso_type = nb->gso_type;
	h->gso_size = nb->gso_size;
	h->hdr_len = nb->hdr_len;
	return 0;
}

/* 5.1.6.4: hdr_len is a hint only; it is kept when it lies inside the packet. */
int uk_virtio_net_hdr_parse(
	struct uk_netbuf *nb, const struct vnet_hdr *h, uint32_t total, uint64_t features)
{
	if (h->flags & VNET_HDR_F_NEEDS_CSUM) {
		if (!(features & VNET_F_GUEST_CSUM) ||
			!hdr_csum_ok(h->csum_start, h->csum_offset, total))
			return -EINVAL;
		nb->flags |= UK_NETBUF_F_PARTIAL_CSUM;
		nb->csum_start = h->csum_start;
		nb->csum_offset = h->csum_offset;
	} else if ((h->flags & VNET_HDR_F_DATA_VALID) && (features & VNET_F_GUEST_CSUM)) {
		nb->flags |= UK_NETBUF_F_DATA_VALID;
	}
	if (h->gso_type == UK_NETBUF_GSO_NONE)
		return 0;
	if (!hdr_gso_ok(
		    h->gso_type, features, VNET_F_GUEST_TSO4, VNET_F_GUEST_TSO6, VNET_F_GUEST_ECN))
		return -EINVAL;
	if (!(h->flags & VNET_HDR_F_NEEDS_CSUM) || h->gso_size == 0)
		return -EINVAL;
	nb->gso_type = h->gso_type;
	nb->gso_size = h->gso_size;
	nb->hdr_len = h->hdr_len < total ? h->hdr_len : 0;
	return 0;
}
