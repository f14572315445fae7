/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Received packets that are more than a frame in one buffer: spread over several (MRG_RXBUF), or
 * with metadata in the header. What has arrived of a packet waits in the queue until the rest is
 * there (virtio 1.2, 5.1.6.4: a device uses all buffers of a packet together, so that hardly ever
 * happens).
 */
#include <string.h>
#include "dataplane/virtio_net_ring.h"

/* Buffers that the packet is spread over; 0: impossible. Without MRG_RXBUF one, whatever the field
 * says (5.1.6.4). */
static uint16_t merge_num_buffers(const struct uk_netdev_rx_queue *q, const struct vnet_hdr *h)
{
	if (q->mrg_mask == 0)
		return 1;
	return h->num_buffers <= q->ring.size ? h->num_buffers : 0;
}

static bool merge_begin(struct uk_netdev_rx_queue *q, struct uk_netbuf *nb)
{
	/* A copy: the device can not change it after the checks. The address may be odd. */
	memcpy(&q->part_hdr, nb->data - VNET_HDR_LEN, VNET_HDR_LEN);
	uk_rmb();
	q->part_left = merge_num_buffers(q, &q->part_hdr);
	q->part_bad = nb->len < VNET_HDR_LEN;
	q->part_head = q->part_last = nb;
	nb->len = q->part_bad ? 0 : nb->len - VNET_HDR_LEN;
	return q->part_left > 0;
}

/* A buffer that continues a packet holds data from its very start. */
static void merge_add(struct uk_netdev_rx_queue *q, struct uk_netbuf *nb)
{
	nb->data -= VNET_HDR_LEN;
	q->part_last->next = nb;
	q->part_last = nb;
}

void uk_virtio_net_merge_drop(struct uk_netdev_rx_queue *q)
{
	struct uk_netbuf *head = q->part_head;

	q->part_head = NULL;
	q->part_left = 0;
	for (struct uk_netbuf *p = head; UK_DEBUG && p != NULL; p = p->next)
		uk_netbuf_own(p, UK_NETBUF_OWNER_DRIVER, UK_NETBUF_OWNER_APP);
	if (head != NULL)
		uk_netbuf_free(head);
}

static int merge_end(struct uk_netdev_rx_queue *q, struct uk_netbuf **out)
{
	struct uk_netbuf *head = q->part_head;
	uint32_t total = uk_netbuf_pkt_len(head);

	if (q->part_bad || total < VNET_ETH_HLEN ||
		uk_virtio_net_hdr_parse(head, &q->part_hdr, total, q->ring.vn->vd->features) < 0) {
		q->stats.errors++;
		uk_virtio_net_merge_drop(q);
		return 0;
	}
	q->part_head = NULL;
	for (struct uk_netbuf *p = head; UK_DEBUG && p != NULL; p = p->next)
		uk_netbuf_own(p, UK_NETBUF_OWNER_DRIVER, UK_NETBUF_OWNER_APP);
	*out = head;
	return 1;
}

int uk_virtio_net_merge(struct uk_netdev_rx_queue *q, struct uk_netbuf *nb, struct uk_netbuf **out)
{
	bool good = nb->len <= vnet_room(nb) + VNET_HDR_LEN;

	if (q->part_head == NULL)
		good &= merge_begin(q, nb);
	else
		merge_add(q, nb);
	if (!good) {
		uk_virtio_net_merge_drop(q);
		return -1;
	}
	return --q->part_left > 0 ? 0 : merge_end(q, out);
}
