/* SPDX-License-Identifier: BSD-3-Clause */
/* The control queue of the fake network device, virtio 1.2, 5.1.6.5. */
#include <string.h>
#include "plat-kvm/test/fake_net.h"

#define CLASS_RX  0
#define CLASS_MAC 1
#define CLASS_MQ  4
#define ACK_OK    0
#define ACK_ERR   1
#define CMD_MAX   1024u

/* 5.1.6.5.1: each bit of the receive mode is one byte, 0 or 1. */
static uint8_t ctrl_rx(struct fake_net *n, const uint8_t *cmd, uint32_t len)
{
	if (!fake_virtio_has(&n->fv, FAKE_NET_F_CTRL_RX)) {
		fake_virtio_fault(&n->fv, "5.1.6.5.1", "CTRL_RX is not negotiated");
		return ACK_ERR;
	}
	if (len != 3 || cmd[2] > 1) {
		fake_virtio_fault(
			&n->fv, "5.1.6.5.1", "receive mode of %u bytes, value %u", len, cmd[2]);
		return ACK_ERR;
	}
	if (cmd[1] == 0)
		n->promisc = cmd[2];
	else if (cmd[1] == 1)
		n->allmulti = cmd[2];
	else
		return ACK_ERR;
	return ACK_OK;
}

/* 5.1.6.5.2: command 1 sets the address atomically. */
static uint8_t ctrl_mac(struct fake_net *n, const uint8_t *cmd, uint32_t len)
{
	if (cmd[1] != 1)
		return ACK_ERR;
	if (!fake_virtio_has(&n->fv, FAKE_NET_F_CTRL_MAC_ADDR)) {
		fake_virtio_fault(&n->fv, "5.1.6.5.2", "CTRL_MAC_ADDR is not negotiated");
		return ACK_ERR;
	}
	if (len != 8) {
		fake_virtio_fault(&n->fv, "5.1.6.5.2", "MAC_ADDR_SET of %u bytes", len);
		return ACK_ERR;
	}
	memcpy(n->mac, cmd + 2, 6);
	memcpy(n->fv.conf.config, cmd + 2, 6);
	return ACK_OK;
}

/* 5.1.6.5.6.1: between 1 and max_virtqueue_pairs, all of them set up. */
static uint8_t ctrl_mq(struct fake_net *n, const uint8_t *cmd, uint32_t len)
{
	uint16_t pairs, max;

	if (cmd[1] != 0)
		return ACK_ERR;
	if (!fake_virtio_has(&n->fv, FAKE_NET_F_MQ) || len != 4) {
		fake_virtio_fault(
			&n->fv, "5.1.6.5.6.1", "VQ_PAIRS_SET of %u bytes, or not negotiated", len);
		return ACK_ERR;
	}
	memcpy(&pairs, cmd + 2, 2);
	memcpy(&max, n->fv.conf.config + 8, 2);
	if (pairs == 0 || pairs > max) {
		fake_virtio_fault(&n->fv, "5.1.6.5.6.1", "%u pairs of at most %u", pairs, max);
		return ACK_ERR;
	}
	for (uint16_t q = 0; q < 2 * pairs; q++) {
		if (!n->fv.q[q].enabled)
			fake_virtio_fault(&n->fv, "5.1.6.5.6.1", "queue %u is not set up", q);
	}
	n->active_pairs = pairs;
	return ACK_OK;
}

static uint8_t ctrl_do(struct fake_net *n, const uint8_t *cmd, uint32_t len)
{
	n->nb_ctrl++;
	if (len < 3)
		return ACK_ERR;
	switch (cmd[0]) {
	case CLASS_RX:
		return ctrl_rx(n, cmd, len);
	case CLASS_MAC:
		return ctrl_mac(n, cmd, len);
	case CLASS_MQ:
		return ctrl_mq(n, cmd, len);
	default:
		return ACK_ERR;
	}
}

/* 5.1.6.5: class, command and data are readable, the answer is one writable byte. */
static void ctrl_one(struct fake_net *n, uint16_t q)
{
	struct fake_virtio_buf *b = fake_virtio_held(&n->fv, q, 0);
	uint8_t cmd[CMD_MAX] = { 0 }, ack;
	uint32_t len = 0;

	for (uint16_t i = 0; i < b->nb_out && len + b->seg[i].len <= CMD_MAX; i++) {
		memcpy(cmd + len, b->seg[i].addr, b->seg[i].len);
		len += b->seg[i].len;
	}
	if (b->in_len < 1) {
		fake_virtio_fault(&n->fv, "5.1.6.5", "a command without room for the answer");
		fake_virtio_use(&n->fv, q, 0, 0);
		return;
	}
	ack = n->fv.conf.ctrl == FAKE_VIRTIO_CTRL_REFUSE ? ACK_ERR : ctrl_do(n, cmd, len);
	if (n->fv.conf.ctrl != FAKE_VIRTIO_CTRL_EMPTY)
		b->seg[b->nb_out].addr[0] = ack;
	fake_virtio_use(&n->fv, q, 0, n->fv.conf.ctrl == FAKE_VIRTIO_CTRL_EMPTY ? 0 : 1);
}

void fake_net_ctrl(struct fake_net *n)
{
	uint16_t q = fake_net_ctrl_queue(n);

	if (q >= FAKE_VIRTIO_QUEUES_MAX || !fake_virtio_has(&n->fv, FAKE_NET_F_CTRL_VQ) ||
		!fake_virtio_live(&n->fv))
		return;
	fake_virtio_kick_check(&n->fv, q);
	if (n->fv.q[q].nb_held == 0 || n->fv.conf.ctrl == FAKE_VIRTIO_CTRL_MUTE)
		return;
	if (n->fv.conf.ctrl == FAKE_VIRTIO_CTRL_BAD_ID) {
		fake_virtio_bad_used(&n->fv, q, 0xfffe, 1);
		return;
	}
	while (n->fv.q[q].nb_held > 0)
		ctrl_one(n, q);
	fake_virtio_publish(&n->fv, q);
	fake_virtio_rearm(&n->fv, q);
}
