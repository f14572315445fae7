/* SPDX-License-Identifier: BSD-3-Clause */
#include "plat-kvm/test/fake_net.h"

#include <errno.h>
#include <string.h>
#include "plat-kvm/test/fake_plat.h"

#define ETH_HDR_LEN 14u

/* Offsets of struct virtio_net_config, 5.1.4. */
#define CONFIG_MAC    0
#define CONFIG_STATUS 6
#define CONFIG_PAIRS  8
#define CONFIG_MTU    10
#define CONFIG_LEN    24

static struct fake_net *net_of(struct fake_virtio *fv)
{
	return fv->net;
}

uint32_t fake_net_random(struct fake_net *n)
{
	n->rnd = n->rnd * 1664525u + 1013904223u;
	return n->rnd >> 8;
}

static void net_on_notify(struct fake_virtio *fv, uint16_t q)
{
	struct fake_net *n = net_of(fv);

	if (q == fake_net_ctrl_queue(n))
		fake_net_ctrl(n);
}

static void net_on_reset(struct fake_virtio *fv)
{
	struct fake_net *n = net_of(fv);

	n->active_pairs = 1;
	n->promisc = n->allmulti = false;
}

static void net_need(struct fake_virtio_conf *c, uint32_t off, uint32_t len, uint64_t feature)
{
	for (uint32_t i = off; i < off + len; i++)
		c->config_need[i] = feature;
}

void fake_net_init(struct fake_net *n, const struct fake_net_conf *conf)
{
	struct fake_virtio_conf c = {
		.offered = conf->offered,
		.queue_max = conf->queue_max,
		.nb_queues = (uint16_t)(2 * conf->nb_pairs + 1),
		.polls = conf->polls,
		.shared_irq = conf->shared_irq,
		.config_len = CONFIG_LEN,
	};

	memset(n, 0, sizeof(*n));
	memcpy(c.config + CONFIG_MAC, conf->mac, 6);
	memcpy(c.config + CONFIG_STATUS, &conf->status, 2);
	memcpy(c.config + CONFIG_PAIRS, &conf->nb_pairs, 2);
	memcpy(c.config + CONFIG_MTU, &conf->mtu, 2);
	net_need(&c, CONFIG_STATUS, 2, FAKE_NET_F_STATUS);
	net_need(&c, CONFIG_PAIRS, 2, FAKE_NET_F_MQ);
	net_need(&c, CONFIG_MTU, 2, FAKE_NET_F_MTU);
	fake_virtio_init(&n->fv, UK_VIRTIO_ID_NET, &c);
	n->fv.net = n;
	n->fv.on_notify = net_on_notify;
	n->fv.on_reset = net_on_reset;
	n->active_pairs = 1;
	n->rnd = 1;
	memcpy(n->mac, conf->mac, 6);
}

void fake_net_fini(struct fake_net *n)
{
	fake_virtio_fini(&n->fv);
}

uint16_t fake_net_ctrl_queue(const struct fake_net *n)
{
	uint16_t pairs = 1;

	if (fake_virtio_has(&n->fv, FAKE_NET_F_MQ))
		memcpy(&pairs, n->fv.conf.config + CONFIG_PAIRS, 2);
	return (uint16_t)(2 * pairs);
}

static void net_check_gso(struct fake_net *n, const struct fake_net_hdr *h)
{
	static const struct {
		uint8_t type;
		uint64_t feature;
	} kinds[] = { { 1, FAKE_NET_F_HOST_TSO4 }, { 4, FAKE_NET_F_HOST_TSO6 },
		{ 3, FAKE_NET_F_HOST_UFO }, { 5, 1ull << 56 } };
	struct fake_virtio *fv = &n->fv;
	uint8_t type = h->gso_type & 0x7f;
	bool ok = false;

	for (size_t i = 0; i < UK_ARRAY_SIZE(kinds); i++)
		ok |= kinds[i].type == type && fake_virtio_has(fv, kinds[i].feature);
	if (!ok)
		fake_virtio_fault(
			fv, "5.1.6.2.1", "gso_type 0x%02x is not negotiated", h->gso_type);
	if ((h->gso_type & 0x80) && !fake_virtio_has(fv, FAKE_NET_F_HOST_ECN))
		fake_virtio_fault(fv, "5.1.6.2.1", "GSO_ECN is not negotiated");
	if (!(h->flags & FAKE_NET_HDR_F_NEEDS_CSUM))
		fake_virtio_fault(fv, "5.1.6.2.1", "gso without NEEDS_CSUM");
	if (h->gso_size == 0)
		fake_virtio_fault(fv, "5.1.6.2.1", "gso with gso_size 0");
}

/* 5.1.6.2.1, and 5.1.4.2 for the length. */
static void net_check_tx(struct fake_net *n, const struct fake_net_hdr *h, uint32_t len)
{
	struct fake_virtio *fv = &n->fv;
	uint16_t mtu;

	memcpy(&mtu, fv->conf.config + CONFIG_MTU, 2);
	if (h->num_buffers != 0)
		fake_virtio_fault(fv, "5.1.6.2.1", "num_buffers is %u", h->num_buffers);
	if (h->flags & ~FAKE_NET_HDR_F_NEEDS_CSUM)
		fake_virtio_fault(fv, "5.1.6.2.1", "flags are 0x%02x", h->flags);
	if (h->flags != 0 && !fake_virtio_has(fv, FAKE_NET_F_CSUM))
		fake_virtio_fault(fv, "5.1.6.2.1", "flags 0x%02x without CSUM", h->flags);
	if ((h->flags & FAKE_NET_HDR_F_NEEDS_CSUM) &&
		(uint32_t)h->csum_start + h->csum_offset + 2 > len)
		fake_virtio_fault(fv, "5.1.6.2.1", "checksum at %u+%u of %u bytes", h->csum_start,
			h->csum_offset, len);
	if (h->gso_type != 0)
		net_check_gso(n, h);
	else if (fake_virtio_has(fv, FAKE_NET_F_MTU) && len > mtu + ETH_HDR_LEN)
		fake_virtio_fault(fv, "5.1.4.2", "a frame of %u bytes, MTU %u", len, mtu);
}

/* Gathers one frame and gives it to the sink. */
static void net_tx_frame(struct fake_net *n, uint16_t pair, const struct fake_virtio_buf *b)
{
	struct fake_net_hdr h;
	uint32_t at = 0;

	if (b->in_len != 0)
		fake_virtio_fault(&n->fv, "5.1.6.2", "a device-writable piece on a transmitq");
	if (b->out_len <= FAKE_NET_HDR_LEN || b->out_len > sizeof(n->frame)) {
		fake_virtio_fault(&n->fv, "5.1.6.2", "a transmit buffer of %llu bytes",
			(unsigned long long)b->out_len);
		return;
	}
	for (uint16_t i = 0; i < b->nb_out; i++) {
		memcpy(n->frame + at, b->seg[i].addr, b->seg[i].len);
		at += b->seg[i].len;
	}
	memcpy(&h, n->frame, sizeof(h));
	net_check_tx(n, &h, at - FAKE_NET_HDR_LEN);
	n->nb_tx++;
	if (n->sink)
		n->sink(n->sink_arg, pair, &h, n->frame + FAKE_NET_HDR_LEN, at - FAKE_NET_HDR_LEN);
}

/* 5.1.6.5.6.1: no packet on a queue beyond the active pairs. */
uint16_t fake_net_tx_take(struct fake_net *n, uint16_t pair, uint16_t max)
{
	uint16_t q = (uint16_t)(2 * pair + 1), held = fake_virtio_pull(&n->fv, q), taken = 0;

	if (held > 0 && pair >= n->active_pairs)
		fake_virtio_fault(&n->fv, "5.1.6.5.6.1", "a packet on transmitq %u of %u active",
			pair, n->active_pairs);
	for (uint16_t i = 0; i < held && taken < max; i++) {
		struct fake_virtio_buf *b = fake_virtio_held(&n->fv, q, i);

		if (b->seen)
			continue;
		b->seen = true;
		net_tx_frame(n, pair, b);
		taken++;
	}
	return taken;
}

static uint16_t net_seen(struct fake_net *n, uint16_t q)
{
	uint16_t i = 0;

	while (i < n->fv.q[q].nb_held && fake_virtio_held(&n->fv, q, i)->seen)
		i++;
	return i;
}

/* The length of a used transmit buffer means nothing (2.7.8: bytes written, none); vary it. */
uint16_t fake_net_tx_done(struct fake_net *n, uint16_t pair, uint16_t max)
{
	uint16_t q = (uint16_t)(2 * pair + 1), nb = net_seen(n, q);
	bool in_order = fake_virtio_has(&n->fv, UK_VIRTIO_F_IN_ORDER);

	if (nb > max)
		nb = max;
	if (nb == 0)
		return 0;
	if (in_order && n->batch) {
		fake_virtio_use_batch(&n->fv, q, nb, 0);
	} else {
		for (uint16_t left = nb; left > 0; left--) {
			uint16_t i = 0;

			if (!in_order && n->order == FAKE_NET_NEWEST_FIRST)
				i = (uint16_t)(net_seen(n, q) - 1);
			else if (!in_order && n->order == FAKE_NET_ANY_ORDER)
				i = (uint16_t)(fake_net_random(n) % net_seen(n, q));
			fake_virtio_use(&n->fv, q, i, 0);
		}
	}
	fake_virtio_publish(&n->fv, q);
	return nb;
}

uint16_t fake_net_tx(struct fake_net *n, uint16_t pair)
{
	fake_net_tx_take(n, pair, UINT16_MAX);
	fake_net_tx_done(n, pair, UINT16_MAX);
	uint16_t q = (uint16_t)(2 * pair + 1);
	uint16_t left = n->fv.q[q].nb_held;

	fake_virtio_rearm(&n->fv, q);
	return left;
}

void fake_net_link(struct fake_net *n, bool up)
{
	uint16_t status = up ? 1 : 0;

	fake_virtio_config_set(&n->fv, CONFIG_STATUS, &status, 2);
}
