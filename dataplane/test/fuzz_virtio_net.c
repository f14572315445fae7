/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer: the input is the device's features, configuration and deeds (arbitrary bytes into
 * rings, headers and configuration space), and the application's calls. Whatever happens, nothing
 * is touched out of bounds, every call ends, and after stop every netbuf is in its pool.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "dataplane/test/rig.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/test/fake_plat.h"

#define STEPS_MAX 400u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *in;
static size_t in_left;

static uint8_t in8(void)
{
	if (in_left == 0)
		return 0;
	in_left--;
	return *in++;
}

static uint16_t in16(void)
{
	uint16_t lo = in8();

	return (uint16_t)(lo | in8() << 8);
}

static uint32_t in32(void)
{
	uint32_t lo = in16();

	return lo | (uint32_t)in16() << 16;
}

/* 16 bits choose among the features that mean something; one more bit lets anything through. */
static uint64_t in_features(void)
{
	static const uint8_t bits[] = { 0, 1, 3, 5, 7, 8, 9, 11, 15, 16, 17, 18, 22, 28, 29, 34 };
	uint16_t set = in16();
	uint8_t more = in8();
	uint64_t f = UK_VIRTIO_F_VERSION_1;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(bits); i++)
		f |= set & (1u << i) ? 1ull << bits[i] : 0;
	f |= more & 1 ? UK_VIRTIO_F_IN_ORDER : 0;
	f |= more & 2 ? FAKE_NET_F_CTRL_MAC_ADDR : 0;
	f |= more & 4 ? (uint64_t)in32() << 32 | in32() : 0;
	return more & 128 ? f & ~UK_VIRTIO_F_VERSION_1 : f;
}

static struct rig_conf in_conf(void)
{
	static const uint16_t sizes[] = { 2, 4, 8, 16, 3, 7, 64, 256 };
	struct rig_conf c = rig_default();
	uint8_t flags = in8(), shape = in8();

	c.net.offered = in_features();
	c.net.queue_max = flags & 1 ? in16() : sizes[shape & 7];
	c.net.nb_pairs = (uint16_t)(1 + (shape >> 3 & 3));
	c.net.mtu = flags & 2 ? in16() : 1500;
	c.net.polls = flags & 4;
	c.net.shared_irq = flags & 8;
	c.events = flags & 16;
	c.batch = flags & 32;
	c.order = (enum fake_net_order)(shape >> 5 & 1);
	c.dev.nb_rx_queues = (uint16_t)(1 + (shape >> 6 & 1));
	c.dev.nb_tx_queues = (uint16_t)(1 + (shape >> 7));
	c.dev.lro = flags & 64;
	c.dev.offloads = flags & 128 ? UK_NETDEV_F_PARTIAL_CSUM | UK_NETDEV_F_RX_CSUM : 0;
	c.pool_nb = 48;
	return c;
}

static uint16_t in_queue(void)
{
	return in8() % 6;
}

/* The device writes anywhere into one of the three parts of a ring. */
static void deed_scribble(uint16_t q)
{
	const struct fake_virtio_queue *vq = &rig.net.fv.q[q];
	bool packed = fake_virtio_has(&rig.net.fv, UK_VIRTIO_F_RING_PACKED);
	uint32_t part = in8() % 3, off = in16(), len = in8() % 32, room;
	uint64_t base;

	if (!vq->enabled)
		return;
	base = part == 0 ? vq->addr.desc : part == 1 ? vq->addr.driver : vq->addr.device;
	room = part == 0   ? 16u * vq->size
	       : packed    ? 4
	       : part == 1 ? 4 + 2u * vq->size
			   : 4 + 8u * vq->size;
	for (uint32_t i = 0; i < len; i++)
		((uint8_t *)(uintptr_t)base)[(off + i) % room] = in8();
}

/* A buffer in flight gets a header of the input's choice and is used with any length. */
static void deed_header(uint16_t q)
{
	if (fake_virtio_pull(&rig.net.fv, q) == 0)
		return;
	struct fake_virtio_buf *b =
		fake_virtio_held(&rig.net.fv, q, in8() % rig.net.fv.q[q].nb_held);
	uint16_t i = 0;

	while (fake_virtio_held(&rig.net.fv, q, i) != b)
		i++;
	if (b->nb_seg > b->nb_out) {
		for (uint32_t k = 0; k < 12 && k < b->seg[b->nb_out].len; k++)
			b->seg[b->nb_out].addr[k] = in8();
	}
	fake_virtio_use(&rig.net.fv, q, i, in8() & 1 ? in32() : 12u + in8());
	fake_virtio_publish(&rig.net.fv, q);
}

static void deed(void)
{
	uint8_t bytes[8];
	uint16_t q = in_queue(), jump;

	switch (in8() % 14) {
	case 0:
		fake_virtio_bad_used(&rig.net.fv, q, in8() & 1 ? in32() : in8() % 8, in16());
		break;
	case 1:
		jump = in8() & 1 ? in16() : in8() % 8;
		if (fake_virtio_has(&rig.net.fv, UK_VIRTIO_F_RING_PACKED))
			jump %= 64; /* that many entries are written */
		fake_virtio_bad_jump(&rig.net.fv, q, jump);
		break;
	case 2:
	case 3:
		deed_scribble(q);
		break;
	case 4:
	case 5:
		deed_header(q);
		break;
	case 6:
		fake_virtio_needs_reset(&rig.net.fv);
		break;
	case 7:
		fake_virtio_self_reset(&rig.net.fv);
		break;
	case 8:
		for (unsigned i = 0; i < sizeof(bytes); i++)
			bytes[i] = in8();
		fake_virtio_config_set(&rig.net.fv, in8() % 24, bytes, sizeof(bytes));
		break;
	case 9:
		fake_net_link(&rig.net, in8() & 1);
		break;
	case 10:
		rig.net.fv.conf.ctrl = in8() % 5;
		rig.net.fv.conf.refuse_features = in8() % 8 == 0;
		rig.net.fv.conf.enable_error = in8() % 8 == 0 ? -5 : 0;
		rig.net.fv.conf.needs_reset_at_ok = in8() % 8 == 0;
		rig.net.fv.conf.gen_flips = in8() % 8 == 0 ? in8() : 0;
		break;
	case 11:
		rig.net.fv.conf.offered = in_features();
		break;
	case 12:
		rig.net.fv.conf.queue_max = in16();
		break;
	default:
		fake_net_tx_take(&rig.net, q / 2, 4);
		fake_net_tx_done(&rig.net, q / 2, 3);
		rig_inject(q / 2, 14 + in8() * 8u);
		break;
	}
}

static void call(void)
{
	struct uk_hwaddr a = { { 2, 0, 0, 0, 0, 1 } };
	uint16_t rxq = in8() % rig.conf.dev.nb_rx_queues, txq = in8() % rig.conf.dev.nb_tx_queues;
	bool running = uk_netdev_state_get(rig.dev) == UK_NETDEV_RUNNING;

	switch (in8() % 12) {
	case 0:
	case 1:
	case 2:
		rig_recv(rxq, 1 + in8() % UK_BURST_MAX, NULL);
		break;
	case 3:
	case 4:
		rig_send(txq, 1 + in8() % 16, 14 + in8() * 6u, 1 + in8() % 3);
		break;
	case 5:
	case 6:
		uk_netdev_service();
		fake_plat_advance(250000000);
		break;
	case 7:
		if (running && rig.conf.events && uk_netdev_rxq_intr_enable(rig.dev, rxq) >= 0)
			uk_netdev_idle(uk_clock_ns() + 1000000);
		break;
	case 8:
		if (uk_netdev_promiscuous_set(rig.dev, in8() & 1) < 0 &&
			uk_netdev_hwaddr_set(rig.dev, &a) < 0)
			uk_netdev_link_get(rig.dev);
		break;
	case 9:
		rig.rx_dry = in8() & 1;
		break;
	case 10:
		if (running) {
			if (uk_netdev_stop(rig.dev) == 0)
				rig_expect_pool_full();
			break;
		}
		break;
	default:
		if (!running && uk_netdev_start(rig.dev) < 0)
			rig_expect_pool_full();
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rig_conf c;

	in = data;
	in_left = size;
	c = in_conf();
	rig_open_dev(&c);
	rig.ignore_frames = true;
	rig.net.fv.conf.hostile = true;
	fake_plat_step(20000000);
	if (uk_netdev_probe(rig.dev) == 0 && rig_configure() == 0) {
		(void)!uk_netdev_start(rig.dev);
		for (unsigned i = 0; i < STEPS_MAX && in_left > 0; i++) {
			if (in8() & 1)
				deed();
			else
				call();
		}
	}
	rig_close();
	return 0;
}
