/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A device that misbehaves: each deed ends with -ENODEV from the burst calls, with all netbufs back
 * in their pool, and nothing read or written out of bounds (the sanitizers watch).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dataplane/test/rig.h"
#include "plat-kvm/test/fake_plat.h"

#define RXQ 0
#define TXQ 1

static bool is_packed(void)
{
	return rig.conf.net.offered & UK_VIRTIO_F_RING_PACKED;
}

static bool is_in_order(void)
{
	return rig.conf.net.offered & UK_VIRTIO_F_IN_ORDER;
}

/* One poll of both directions with whatever the device left there; frees what comes. */
static int poll_once(void)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t cnt = UK_BURST_MAX;
	int rx = uk_netdev_rx_burst(rig.dev, 0, v, &cnt), tx;

	for (uint16_t i = 0; i < cnt; i++) {
		const struct uk_netbuf *nb = v[i];
		uint32_t len = uk_netbuf_pkt_len(nb);

		if (nb->flags & UK_NETBUF_F_PARTIAL_CSUM)
			assert_true((uint32_t)nb->csum_start + nb->csum_offset + 2 <= len);
		if (nb->gso_type != UK_NETBUF_GSO_NONE)
			assert_true(nb->gso_size > 0 && nb->hdr_len <= len);
	}
	uk_netbuf_free_burst(v, cnt);
	v[0] = rig_frame(0, 60, 1);
	if (v[0] == NULL)
		return rx;
	cnt = 1;
	tx = uk_netdev_tx_burst(rig.dev, 0, v, &cnt);
	if (cnt == 0)
		uk_netbuf_free(v[0]);
	return rx < 0 ? rx : tx;
}

/* The device is given up within a few calls, for both directions, and gives everything back. */
static void expect_dead(const char *what)
{
	unsigned polls = rig.net.fv.q[TXQ].size + 8u; /* transmit looks when its ring gets full */
	int rc = 0;

	for (unsigned i = 0; i < polls && rc >= 0; i++)
		rc = poll_once();
	if (rc != -ENODEV)
		fail_msg("[%s] %s: status %d instead of -ENODEV", rig.name, what, rc);
	rig_expect_pool_full();
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(poll_once(), -ENODEV);
	rig_expect_pool_full();
}

static void send_some(void)
{
	struct uk_netbuf *v[2] = { rig_frame(0, 100, 1), rig_frame(1, 200, 1) };
	uint16_t cnt = 2;

	uk_netdev_tx_burst(rig.dev, 0, v, &cnt);
	uk_netbuf_free_burst(v + cnt, (uint16_t)(2 - cnt));
	fake_virtio_pull(&rig.net.fv, TXQ);
	for (uint16_t i = fake_virtio_pull(&rig.net.fv, RXQ); i > 0; i--) {
		uint8_t *hdr = fake_virtio_held(&rig.net.fv, RXQ, (uint16_t)(i - 1))->seg[0].addr;

		memset(hdr, 0, 12);
		hdr[10] = 1; /* num_buffers */
	}
}

static void open_case(const struct rig_conf *c)
{
	rig_open(c);
	rig.ignore_frames = true;
	send_some();
}

/*
 * Of an IN_ORDER split ring the index alone tells which transmit buffers are done: the ids are not
 * read, so a wrong one does no harm. What the device and the driver then hold differs, which is the
 * device's fault.
 */
static bool id_is_ignored(uint16_t q)
{
	if (q != TXQ || is_packed() || !is_in_order())
		return false;
	rig.net.fv.conf.hostile = true;
	for (unsigned i = 0; i < 8; i++)
		poll_once();
	return true;
}

/* Ids that can not be: beyond the ring, or with bits above 16 (split). */
static void test_id_range(void **state)
{
	static const uint32_t ids[] = { 0, 1, 8, 0x7fff, 0x8000, 0xffff, 0x10000, 0x10001,
		0xffffffff };
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 3) {
		for (size_t k = 0; k < UK_ARRAY_SIZE(ids); k++) {
			uint16_t q = (uint16_t)((i / 3 + k) % 2);
			uint32_t id;

			assert_true(rig_case(i, &c));
			open_case(&c);
			id = k < 3 ? rig.net.fv.q[q].size + ids[k] : ids[k];
			if (is_packed() && id > 0xffff)
				id = 0xffff;
			fake_virtio_bad_used(&rig.net.fv, q, id, 100);
			if (!id_is_ignored(q))
				expect_dead("id out of range");
			rig_close();
		}
	}
}

/* The same buffer comes back twice, at once or later. */
static void test_id_twice(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 1) {
		uint16_t q = (uint16_t)(i / 2 % 2), id;
		bool later = i / 4 % 2;

		assert_true(rig_case(i, &c));
		open_case(&c);
		rig.rx_dry = true;
		id = fake_virtio_held(&rig.net.fv, q, 0)->id;
		fake_virtio_use(&rig.net.fv, q, 0, q == RXQ ? 100 : 0);
		if (later) {
			struct uk_netbuf *v[4];
			uint16_t cnt = 4;

			fake_virtio_publish(&rig.net.fv, q);
			if (q == RXQ) {
				assert_true(uk_netdev_rx_burst(rig.dev, 0, v, &cnt) >= 0);
				uk_netbuf_free_burst(v, cnt);
			}
		}
		if (later && q == TXQ) {
			/* Reclaim happens when it likes: the id may be in use again by then. */
			rig.rx_dry = false;
			for (unsigned k = 0; k < 3; k++)
				poll_once();
			rig_close();
			continue;
		}
		fake_virtio_bad_used(&rig.net.fv, q, id, 100);
		if (!id_is_ignored(q))
			expect_dead("id twice");
		rig_close();
	}
}

/* An id inside the ring that is not in flight. */
static void test_id_free(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i++) {
		uint16_t id, size;

		assert_true(rig_case(i, &c));
		open_case(&c);
		size = rig.net.fv.q[TXQ].size;
		/* Two are in flight at most; look for one that is not. */
		for (id = 0; id < size; id++) {
			bool held = false;

			for (uint16_t k = 0; k < rig.net.fv.q[TXQ].nb_held; k++)
				held |= fake_virtio_held(&rig.net.fv, TXQ, k)->id == id;
			if (!held)
				break;
		}
		if (id < size && size > 8) {
			/* A large ring is looked at so late that the id may be in flight by then.
			 */
			rig.net.fv.conf.hostile = true;
			fake_virtio_bad_used(&rig.net.fv, TXQ, id, 0);
			for (unsigned k = 0; k < 2u * size; k++)
				poll_once();
		} else if (id < size) {
			fake_virtio_bad_used(&rig.net.fv, TXQ, id, 0);
			if (!id_is_ignored(TXQ))
				expect_dead("id not in flight");
		}
		rig_close();
	}
}

/* The used index jumps, forward beyond all that is in flight or back. */
static void test_jump(void **state)
{
	static const uint16_t by[] = { 1, 2, 100, 0x7fff, 0x8000, 0xfffe, 0xffff };
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 2) { /* split */
		for (size_t k = 0; k < UK_ARRAY_SIZE(by); k++) {
			uint16_t q = (uint16_t)((i / 2 + k) % 2);
			uint16_t jump =
				by[k] <= 100 ? (uint16_t)(rig.net.fv.q[q].size + by[k]) : by[k];

			assert_true(rig_case(i, &c));
			if (c.net.offered & UK_VIRTIO_F_RING_PACKED)
				continue;
			open_case(&c);
			if (by[k] <= 100)
				jump = (uint16_t)(rig.net.fv.q[q].size + by[k]);
			fake_virtio_bad_jump(&rig.net.fv, q, jump);
			expect_dead("used index jumps");
			rig_close();
		}
	}
}

/* Nothing was sent, but the transmit ring comes back. The driver may only see it when something
 * was. */
static void test_unsent(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 5) {
		assert_true(rig_case(i, &c));
		rig_open(&c);
		rig.ignore_frames = true;
		rig.net.fv.conf.hostile = true;
		if (is_packed())
			fake_virtio_bad_used(&rig.net.fv, TXQ, 0, 0);
		else
			fake_virtio_bad_jump(&rig.net.fv, TXQ, 1);
		for (unsigned k = 0; k < 600; k++)
			poll_once();
		rig_close();
	}
}

/* Lengths that no frame can have: dropped and counted, or the end of the device; never delivered.
 */
static void test_length(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i++) {
		struct uk_netdev_qstats before, after;
		struct uk_netbuf *v[4];
		uint16_t cnt = 4;
		uint32_t len;
		int rc;

		assert_true(rig_case(i, &c));
		open_case(&c);
		uint32_t room = (uint32_t)fake_virtio_held(&rig.net.fv, RXQ, 0)->in_len;
		const uint32_t lens[] = { 0, 1, 11, 12, room + 1, room + 4096, 0x7fffffff,
			0xffffffff };

		len = lens[i / 2 % UK_ARRAY_SIZE(lens)];
		memset(fake_virtio_held(&rig.net.fv, RXQ, 0)->seg[0].addr, 0, 12);
		fake_virtio_held(&rig.net.fv, RXQ, 0)->seg[0].addr[10] = 1;
		uk_netdev_rxq_stats_get(rig.dev, 0, &before);
		fake_virtio_use(&rig.net.fv, RXQ, 0, len);
		fake_virtio_publish(&rig.net.fv, RXQ);
		rc = uk_netdev_rx_burst(rig.dev, 0, v, &cnt);
		assert_int_equal(cnt, 0);
		if (rc >= 0) {
			assert_false(rc & UK_NETDEV_STATUS_SUCCESS);
			uk_netdev_rxq_stats_get(rig.dev, 0, &after);
			assert_int_equal(after.errors, before.errors + 1);
			assert_int_equal(after.packets, before.packets);
			/* It goes on with the next one. */
			assert_int_equal(rig_inject(0, 60), 0);
			cnt = 4;
			assert_true(
				uk_netdev_rx_burst(rig.dev, 0, v, &cnt) & UK_NETDEV_STATUS_SUCCESS);
			assert_int_equal(cnt, 1);
			uk_netbuf_free(v[0]);
		} else {
			assert_int_equal(rc, -ENODEV);
			expect_dead("used length");
		}
		rig_close();
	}
}

/* What a device says about used transmit buffers is no length at all. */
static void test_tx_length(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 7) {
		assert_true(rig_case(i, &c));
		rig_open(&c);
		rig.ignore_frames = true;
		for (unsigned n = 0; n < 20; n++) {
			rig_send(0, 2, 100, 1);
			while (fake_virtio_pull(&rig.net.fv, TXQ) > 0)
				fake_virtio_use(&rig.net.fv, TXQ, 0, 0xffffffff - n);
			fake_virtio_publish(&rig.net.fv, TXQ);
			fake_virtio_rearm(&rig.net.fv, TXQ);
		}
		assert_true(rig_send(0, 1, 100, 1) == 1);
		rig_close();
	}
}

/* 5.1.6.4: num_buffers that is 0, more than came, or more than there can be. */
static void test_num_buffers(void **state)
{
	static const uint16_t nums[] = { 0, 2, 3, 255, 256, 257, 0x7fff, 0xffff };
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i++) {
		uint16_t num = nums[i / 256 + i % 3];
		int rc = 0;

		assert_true(rig_case(i, &c));
		open_case(&c);
		struct fake_virtio_buf *b = fake_virtio_held(&rig.net.fv, RXQ, 0);

		memset(b->seg[0].addr, 0, 12);
		memcpy(b->seg[0].addr + 10, &num, 2);
		uint16_t size = rig.net.fv.q[RXQ].size;

		fake_virtio_use(&rig.net.fv, RXQ, 0, 112);
		fake_virtio_publish(&rig.net.fv, RXQ);
		for (unsigned k = 0; k < 5 && rc >= 0; k++)
			rc = poll_once();
		if (c.net.offered & FAKE_NET_F_MRG_RXBUF) {
			if (num > size)
				assert_int_equal(rc, -ENODEV);
			else if (num == 0)
				assert_true(rc == -ENODEV || rc >= 0);
		}
		rig_close();
	}
}

/* The parts of a merged packet: one is not in flight, comes twice, is too long, or is the head
 * again. */
static void test_merge(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i++) {
		unsigned how = i / 2 % 5;
		struct fake_virtio_buf *b;
		uint16_t id, room;

		assert_true(rig_case(i, &c));
		if (!(c.net.offered & FAKE_NET_F_MRG_RXBUF) || c.net.queue_max < 4)
			continue;
		open_case(&c);
		b = fake_virtio_held(&rig.net.fv, RXQ, 0);
		id = b->id;
		room = (uint16_t)b->in_len;
		b->seg[0].addr[10] = 3;
		fake_virtio_use(&rig.net.fv, RXQ, 0, room);
		if (how == 0)
			fake_virtio_bad_used(&rig.net.fv, RXQ, id, room); /* the head again */
		else if (how == 1)
			fake_virtio_bad_used(&rig.net.fv, RXQ, 0x7fff, room);
		else if (how == 2)
			fake_virtio_use(&rig.net.fv, RXQ, 0, room + 1u);
		else
			fake_virtio_use(&rig.net.fv, RXQ, 0, how == 3 ? 0 : 1);
		fake_virtio_use(&rig.net.fv, RXQ, 0, 5);
		fake_virtio_publish(&rig.net.fv, RXQ);
		if (how < 3) {
			expect_dead("a part of a merged packet");
		} else {
			for (unsigned k = 0; k < 4; k++)
				assert_true(poll_once() >= 0);
		}
		rig_close();
	}
}

/* A device that misbehaved gets a new chance when its back end is replaced: link down, link up. */
static void test_replaced(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 13) {
		assert_true(rig_case(i, &c));
		open_case(&c);
		fake_virtio_bad_used(&rig.net.fv, RXQ, 0xffff, 1);
		expect_dead("id out of range");
		assert_int_equal(uk_netdev_service(), -ENODEV);
		if (i % 2)
			fake_net_link(&rig.net, false);
		fake_net_link(&rig.net, true);
		for (unsigned k = 0; k < 8; k++) {
			fake_plat_advance(250000000);
			uk_netdev_service();
		}
		rig_judge();
		rig.ignore_frames = false;
		memset(rig.tx, 0, sizeof(rig.tx));
		rig_inject(0, 100);
		assert_true(rig_recv(0, 1, NULL) & UK_NETDEV_STATUS_SUCCESS);
		assert_int_equal(rig_send(0, 1, 100, 1), 1);
		rig_drain(0);
		rig_close();
	}
}

/* Shut down, and it does not even answer the reset: said, and no endless loop. */
static void test_broken_stuck(void **state)
{
	struct rig_conf c = rig_default();

	open_case(&c);
	rig.net.fv.conf.stuck_reset = true;
	fake_virtio_bad_used(&rig.net.fv, RXQ, 0xffff, 1);
	for (unsigned k = 0; k < 4; k++)
		poll_once();
	assert_int_equal(poll_once(), -ENODEV);
	rig.net.fv.conf.stuck_reset = false;
	rig.net.fv.in_reset = false;
	rig_close();
}

/* Offload metadata of received packets that contradicts itself, the negotiation or the frame. */
static void test_header(void **state)
{
	const struct fake_net_hdr heads[] = {
		{ .flags = 1, .csum_start = 14, .csum_offset = 16 }, /* fine */
		{ .flags = 1, .csum_start = 60, .csum_offset = 0 },
		{ .flags = 1, .csum_start = 59, .csum_offset = 0 },
		{ .flags = 1, .csum_start = 0xffff, .csum_offset = 0xffff },
		{ .flags = 1, .csum_start = 0, .csum_offset = 0xffff },
		{ .flags = 1, .csum_start = 1, .csum_offset = 0xffff },
		{ .flags = 2 },
		{ .flags = 0xff },
		{ .flags = 0, .gso_type = 1, .gso_size = 1000, .hdr_len = 54 },
		{ .flags = 1, .gso_type = 1, .gso_size = 0, .hdr_len = 54 },
		{ .flags = 1,
			.gso_type = 1,
			.gso_size = 1,
			.hdr_len = 0xffff,
			.csum_start = 34,
			.csum_offset = 16 },
		{ .flags = 1, .gso_type = 3, .gso_size = 100 },
		{ .flags = 1,
			.gso_type = 4,
			.gso_size = 0xffff,
			.csum_start = 34,
			.csum_offset = 16 },
		{ .flags = 1, .gso_type = 0x80, .gso_size = 1 },
		{ .flags = 1,
			.gso_type = 0x81,
			.gso_size = 1,
			.csum_start = 34,
			.csum_offset = 16 },
		{ .flags = 1, .gso_type = 0xff, .gso_size = 1 },
	};

	for (unsigned i = 0; i < 4 * UK_ARRAY_SIZE(heads) * 8; i++) {
		const struct fake_net_hdr *h = &heads[i % UK_ARRAY_SIZE(heads)];
		unsigned mode = i / UK_ARRAY_SIZE(heads);
		struct rig_conf c = rig_default();
		uint8_t frame[60] = { 0 };

		c.net.offered |=
			FAKE_NET_F_GUEST_CSUM | FAKE_NET_F_GUEST_TSO4 | FAKE_NET_F_MRG_RXBUF;
		c.net.offered |= mode & 1 ? UK_VIRTIO_F_RING_PACKED : 0;
		c.net.offered |= mode & 2 ? UK_VIRTIO_F_IN_ORDER : 0;
		c.dev.offloads = mode & 4 ? UK_NETDEV_F_RX_CSUM : 0;
		c.dev.lro = mode & 8;
		rig_open(&c);
		rig.ignore_frames = true;
		for (unsigned n = 0; n < 20; n++) {
			if (fake_net_rx(&rig.net, 0, frame, 60, h) < 0)
				break;
			fake_net_rx_show(&rig.net, 0);
			if (poll_once() < 0)
				break;
			fake_virtio_pull(&rig.net.fv, TXQ);
		}
		rig_close();
	}
}

/* The device writes over what is the driver's: descriptors and the available ring. */
static void test_scribble(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 3) {
		uint16_t q = (uint16_t)(i / 3 % 2), size;

		assert_true(rig_case(i, &c));
		open_case(&c);
		rig.net.fv.conf.hostile = true;
		size = rig.net.fv.q[q].size;
		uint8_t *desc = (void *)(uintptr_t)rig.net.fv.q[q].addr.desc;

		for (uint16_t k = 0; k < size; k++) {
			memset(desc + 16 * k, 0x41 + (i & 15), 14);
			if (!is_packed())
				memset(desc + 16 * k + 14, 0x41, 2);
		}
		while (rig.net.fv.q[q].nb_held > 0)
			fake_virtio_use(&rig.net.fv, q, 0, 100);
		fake_virtio_publish(&rig.net.fv, q);
		for (unsigned k = 0; k < 6; k++)
			poll_once();
		rig_close();
	}
}

/* IN_ORDER: a batch entry that names a buffer which is not among those in flight. */
static void test_batch_id(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i++) {
		assert_true(rig_case(i, &c));
		open_case(&c);
		if (is_in_order() && rig.net.fv.q[TXQ].size > 4 && rig.net.fv.q[TXQ].size <= 8) {
			uint16_t last = fake_virtio_held(&rig.net.fv, TXQ, 1)->id;

			fake_virtio_bad_used(&rig.net.fv, TXQ,
				(uint32_t)((last + 1) % rig.net.fv.q[TXQ].size), 0);
			if (!id_is_ignored(TXQ))
				expect_dead("batch beyond what is in flight");
		}
		rig_close();
	}
}

/* After a misdeed the application may stop and start: the device behaves and all is well again. */
static void test_second_chance(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 13) {
		assert_true(rig_case(i, &c));
		open_case(&c);
		fake_virtio_bad_used(&rig.net.fv, RXQ, 0xffff, 1);
		expect_dead("id out of range");
		assert_int_equal(uk_netdev_stop(rig.dev), 0);
		assert_int_equal(uk_netdev_start(rig.dev), 0);
		rig_judge();
		rig.ignore_frames = false;
		memset(rig.tx, 0, sizeof(rig.tx));
		rig_inject(0, 100);
		assert_true(rig_recv(0, 1, NULL) & UK_NETDEV_STATUS_SUCCESS);
		assert_int_equal(rig_send(0, 1, 100, 1), 1);
		rig_drain(0);
		rig_close();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_id_range),
		cmocka_unit_test(test_id_twice),
		cmocka_unit_test(test_id_free),
		cmocka_unit_test(test_jump),
		cmocka_unit_test(test_unsent),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_tx_length),
		cmocka_unit_test(test_num_buffers),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_broken_stuck),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_scribble),
		cmocka_unit_test(test_batch_id),
		cmocka_unit_test(test_second_chance),
	};

	return cmocka_run_group_tests(tests, NULL, rig_teardown);
}
