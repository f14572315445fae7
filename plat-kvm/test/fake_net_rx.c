/* SPDX-License-Identifier: BSD-3-Clause */
/* Receive side of the fake network device: fills the driver's buffers as 5.1.6.3 and 5.1.6.4 say.
 */
#include <errno.h>
#include <string.h>
#include "plat-kvm/test/fake_net.h"
#include "plat-kvm/test/fake_plat.h"

#define RX_MIN     1526u /* 5.1.6.3.1, neither MRG_RXBUF nor GUEST_TSO */
#define RX_MIN_TSO 65562u

/* 5.1.6.3.1: how large a receive buffer has to be. */
static uint32_t net_rx_min(const struct fake_net *n)
{
	const uint64_t tso = FAKE_NET_F_GUEST_TSO4 | FAKE_NET_F_GUEST_TSO6 | FAKE_NET_F_GUEST_UFO;
	uint16_t mtu;

	if (fake_virtio_has(&n->fv, FAKE_NET_F_MRG_RXBUF))
		return FAKE_NET_HDR_LEN;
	if (fake_virtio_has(&n->fv, tso))
		return RX_MIN_TSO;
	memcpy(&mtu, n->fv.conf.config + 10, 2);
	if (fake_virtio_has(&n->fv, FAKE_NET_F_MTU))
		return FAKE_NET_HDR_LEN + 14u + mtu;
	return RX_MIN;
}

static void net_check_rx(struct fake_net *n, struct fake_virtio_buf *b)
{
	if (b->seen)
		return;
	b->seen = true;
	if (b->out_len != 0)
		fake_virtio_fault(&n->fv, "5.1.6.3", "a device-readable piece on a receiveq");
	if (b->in_len < net_rx_min(n))
		fake_virtio_fault(&n->fv, "5.1.6.3.1",
			"a receive buffer of %llu bytes, at least %u needed",
			(unsigned long long)b->in_len, net_rx_min(n));
}

/* Copies into a buffer from its start; returns the bytes that went in. */
static uint32_t net_fill(
	const struct fake_virtio_buf *b, uint32_t skip, const uint8_t *from, uint32_t len)
{
	uint32_t done = 0;

	for (uint16_t i = b->nb_out; i < b->nb_seg && done < len; i++) {
		uint32_t room = b->seg[i].len;

		if (skip >= room) {
			skip -= room;
			continue;
		}
		room -= skip;
		if (room > len - done)
			room = len - done;
		memcpy(b->seg[i].addr + skip, from + done, room);
		done += room;
		skip = 0;
	}
	return done;
}

/* How many of the oldest buffers a frame with its header takes; 0: there are not enough. */
static uint16_t net_rx_need(struct fake_net *n, uint16_t q, uint16_t held, uint32_t total)
{
	bool mrg = fake_virtio_has(&n->fv, FAKE_NET_F_MRG_RXBUF);
	uint64_t room = 0;

	for (uint16_t i = 0; i < held; i++) {
		net_check_rx(n, fake_virtio_held(&n->fv, q, i));
		room += fake_virtio_held(&n->fv, q, i)->in_len;
		if (room >= total)
			return (uint16_t)(i + 1);
		if (!mrg)
			return 0;
	}
	return 0;
}

/*
 * In-order batches: skipped buffers count as written completely, which all but a packet's last
 * one are (5.1.6.4.1), so one used entry may stand for the whole packet.
 */
static void net_rx_use(
	struct fake_net *n, uint16_t q, uint16_t first, uint16_t need, const uint32_t lens[])
{
	if (n->batch && need > 1 && fake_virtio_has(&n->fv, UK_VIRTIO_F_IN_ORDER)) {
		fake_virtio_use_batch(&n->fv, q, need, lens[need - 1]);
		return;
	}
	for (uint16_t i = 0; i < need; i++)
		fake_virtio_use(&n->fv, q, first, lens[i]);
}

/* A device without IN_ORDER may take any buffer for a frame that needs one only. */
static uint16_t net_rx_first(
	struct fake_net *n, uint16_t q, uint16_t held, uint16_t need, uint32_t total)
{
	uint16_t i = 0;

	if (need > 1 || fake_virtio_has(&n->fv, UK_VIRTIO_F_IN_ORDER))
		return 0;
	if (n->order == FAKE_NET_NEWEST_FIRST)
		i = (uint16_t)(held - 1);
	else if (n->order == FAKE_NET_ANY_ORDER)
		i = (uint16_t)(fake_net_random(n) % held);
	net_check_rx(n, fake_virtio_held(&n->fv, q, i));
	return fake_virtio_held(&n->fv, q, i)->in_len >= total ? i : 0;
}

int fake_net_rx(struct fake_net *n, uint16_t pair, const void *frame, uint32_t len,
	const struct fake_net_hdr *hdr)
{
	uint16_t q = (uint16_t)(2 * pair), held = fake_virtio_pull(&n->fv, q);
	uint16_t need = net_rx_need(n, q, held, len + FAKE_NET_HDR_LEN), first;
	struct fake_net_hdr h = { 0 };
	uint32_t lens[1024], at = 0;

	if (need == 0)
		return -ENOBUFS;
	if (need > UK_ARRAY_SIZE(lens))
		fake_plat_fail("a frame of %u bytes over %u buffers", len, need);
	first = net_rx_first(n, q, held, need, len + FAKE_NET_HDR_LEN);
	if (hdr != NULL)
		h = *hdr;
	if (h.num_buffers == 0)
		h.num_buffers = need;
	for (uint16_t i = 0; i < need; i++) {
		const struct fake_virtio_buf *b =
			fake_virtio_held(&n->fv, q, (uint16_t)(first + i));
		uint32_t skip = 0;

		if (i == 0)
			skip = net_fill(b, 0, (const uint8_t *)&h, sizeof(h));
		uint32_t now = net_fill(b, skip, (const uint8_t *)frame + at, len - at);

		lens[i] = skip + now;
		at += now;
	}
	net_rx_use(n, q, first, need, lens);
	n->nb_rx++;
	return 0;
}

void fake_net_rx_show(struct fake_net *n, uint16_t pair)
{
	fake_virtio_publish(&n->fv, (uint16_t)(2 * pair));
	fake_virtio_rearm(&n->fv, (uint16_t)(2 * pair));
}
