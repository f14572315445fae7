/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include "dataplane/virtio_net_ring.h"
#include "plat-kvm/clock.h"

#define CTRL_WAIT_NS 1000000000ull

/* Classes and commands: 5.1.6.5.1, 5.1.6.5.2, 5.1.6.5.5. */
#define CTRL_RX         0
#define CTRL_RX_PROMISC 0
#define CTRL_MAC        1
#define CTRL_MAC_ADDR   1
#define CTRL_MQ         4
#define CTRL_MQ_PAIRS   0
#define CTRL_OK         0
#define CTRL_NO_ANSWER  0xff

/* Puts the command and the room for its answer on the ring; returns the id. */
static uint16_t ctrl_post(struct vnet_ctrl *c, uint32_t len)
{
	struct vnet_ring *r = &c->ring;
	struct vnet_cursor cur;
	uint16_t id;

	vnet_cursor_load(&cur, r);
	id = vnet_cursor_id(&cur, r->packed);
	vnet_cursor_put(&cur, (uintptr_t)c->buf, len, UK_VRING_F_NEXT, id, r->packed);
	vnet_cursor_put(&cur, (uintptr_t)&c->buf->ack, 1, UK_VRING_F_WRITE, id, r->packed);
	if (!r->packed)
		vnet_cursor_offer(&cur, r->avail, id);
	vnet_cursor_store(&cur, r);
	vnet_ring_publish(r, r->packed);
	if (vnet_ring_wants_kick(r, (uint16_t)(r->avail_idx - 1), 2, r->packed))
		vnet_ring_kick(r);
	return id;
}

/* The id that came back, -1 while none has. */
static int ctrl_used(const struct vnet_ring *r)
{
	uint64_t rest;

	if (!r->packed) {
		if (UK_READ_ONCE(r->used->idx) == r->tail)
			return -1;
		uk_rmb();
		return (uint16_t)vnet_ring_used(r->used->ring, r->tail & r->mask);
	}
	rest = UK_READ_ONCE(r->desc[r->tail].rest);
	return uk_vring_is_used(rest, r->tail_wrap) ? (int)(rest >> 32 & 0xffff) : -1;
}

static int ctrl_wait(struct uk_virtio_net *vn, uint16_t id)
{
	struct vnet_ring *r = &vn->ctrl.ring;
	uint64_t end = uk_clock_ns() + CTRL_WAIT_NS;
	int used;

	while ((used = ctrl_used(r)) < 0) {
		if (uk_clock_ns() > end) {
			vn->ctrl.dead = true;
			return -ETIMEDOUT;
		}
		uk_pause();
	}
	if (used != id)
		return uk_virtio_net_recover_broken(
			r, "a control buffer came back that it does not hold");
	vnet_ring_advance(r, r->packed ? 2 : 1, r->packed);
	r->nb_free += 2;
	return UK_READ_ONCE(vn->ctrl.buf->ack) == CTRL_OK ? 0 : -EIO;
}

static int ctrl_command(
	struct uk_virtio_net *vn, uint8_t class, uint8_t cmd, const void *data, uint32_t len)
{
	struct vnet_ctrl_buf *buf = vn->ctrl.buf;

	if (vn->ctrl.dead)
		return -ETIMEDOUT;
	if (vn->broken)
		return -ENODEV;
	buf->class = class;
	buf->cmd = cmd;
	memcpy(buf->data, data, len);
	buf->ack = CTRL_NO_ANSWER;
	return ctrl_wait(vn, ctrl_post(&vn->ctrl, 2 + len));
}

int uk_virtio_net_ctrl_promisc(struct uk_virtio_net *vn, bool on)
{
	uint8_t data = on;

	if (!vnet_has(vn, VNET_F_CTRL_RX))
		return -ENOTSUP;
	return ctrl_command(vn, CTRL_RX, CTRL_RX_PROMISC, &data, sizeof(data));
}

int uk_virtio_net_ctrl_mac(struct uk_virtio_net *vn, const struct uk_hwaddr *mac)
{
	if (!vnet_has(vn, VNET_F_CTRL_MAC_ADDR))
		return -ENOTSUP;
	return ctrl_command(vn, CTRL_MAC, CTRL_MAC_ADDR, mac, sizeof(*mac));
}

int uk_virtio_net_ctrl_pairs(struct uk_virtio_net *vn, uint16_t nb)
{
	if (!vnet_has(vn, VNET_F_MQ))
		return -ENOTSUP;
	return ctrl_command(vn, CTRL_MQ, CTRL_MQ_PAIRS, &nb, sizeof(nb));
}
