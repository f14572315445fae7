/* SPDX-License-Identifier: BSD-3-Clause */
/* Receive: every ring format, size, order and feature against bursts of all sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dataplane/test/rig.h"

static const uint32_t lens[] = { 14, 15, 59, 60, 61, 64, 127, 128, 129, 511, 1024, 1513, 1514 };

static bool has_mrg(void)
{
	return rig.conf.net.offered & FAKE_NET_F_MRG_RXBUF;
}

/* Receives in bursts of `burst` until the model's frames are through; nothing may come after. */
static void recv_all(uint16_t burst)
{
	struct rig_expect *e = &rig.rx[0];
	uint16_t got;

	while (e->head != e->tail) {
		int rc = rig_recv(0, burst, &got);

		assert_true(rc >= 0);
		assert_true(got > 0);
		if (e->head != e->tail)
			assert_true(rc & UK_NETDEV_STATUS_MORE);
	}
	assert_int_equal(rig_recv(0, burst, &got), 0);
	assert_int_equal(got, 0);
}

/* The device fills the ring to the brim, the driver empties it, in bursts of every size. */
static void run_bursts(void)
{
	static const uint16_t bursts[] = { 1, 2, 3, 5, 8, 16, 31, 32, 33, 64 };
	uint16_t size = rig.net.fv.q[0].size;

	for (size_t b = 0; b < UK_ARRAY_SIZE(bursts); b++) {
		uint16_t nb = 0;

		while (nb < 100 && rig_inject(0, lens[rig.seq % UK_ARRAY_SIZE(lens)]) == 0)
			nb++;
		/* A refill waits until a quarter of the ring is free. */
		assert_true(nb == 100 || (nb <= size && nb + size / 4 >= size));
		recv_all(bursts[b]);
		rig_audit();
	}
}

/* A few at a time, shown together or one by one, so that every ring position sees every case. */
static void run_trickle(void)
{
	for (unsigned i = 0; i < 300; i++) {
		unsigned nb = 1 + i % 4;

		for (unsigned k = 0; k < nb; k++) {
			if (i % 3 == 0)
				rig_inject_quiet(0, lens[rig.seq % UK_ARRAY_SIZE(lens)]);
			else
				rig_inject(0, lens[rig.seq % UK_ARRAY_SIZE(lens)]);
		}
		fake_net_rx_show(&rig.net, 0);
		recv_all(i % 7 + 1);
	}
}

/* Frames larger than a buffer: only with mergeable buffers, over as many as the ring has. */
static void run_merged(void)
{
	for (unsigned i = 0; has_mrg() && i < 60; i++) {
		uint32_t len = 1500 + i * 333;

		while (rig_inject(0, len) == 0)
			continue;
		recv_all((uint16_t)(i % 5 + 1));
		rig_audit();
	}
}

static void test_matrix(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; rig_case(i, &c); i++) {
		rig_open(&c);
		run_bursts();
		run_trickle();
		run_merged();
		rig_expect_stats();
		rig_close();
	}
}

/* Ring indices of 16 bits wrap, wrap counters flip many times: a million frames over small rings.
 */
static void test_wrap(void **state)
{
	static const struct {
		uint64_t features;
		uint16_t size;
		bool batch;
	} rings[] = {
		{ 0, 2, false },
		{ UK_VIRTIO_F_EVENT_IDX, 8, false },
		{ UK_VIRTIO_F_IN_ORDER, 4, false },
		{ UK_VIRTIO_F_IN_ORDER | FAKE_NET_F_MRG_RXBUF, 8, true },
		{ UK_VIRTIO_F_RING_PACKED, 2, false },
		{ UK_VIRTIO_F_RING_PACKED | UK_VIRTIO_F_EVENT_IDX, 7, false },
		{ UK_VIRTIO_F_RING_PACKED | UK_VIRTIO_F_IN_ORDER | FAKE_NET_F_MRG_RXBUF, 5, true },
	};

	for (size_t r = 0; r < UK_ARRAY_SIZE(rings); r++) {
		struct rig_conf c = rig_default();

		c.net.offered |= rings[r].features;
		c.net.queue_max = rings[r].size;
		c.batch = rings[r].batch;
		rig_open(&c);
		while (rig.nb_got[0] < 150000) {
			while (rig_inject_quiet(0, 14 + rig.seq % 50) == 0)
				continue;
			fake_net_rx_show(&rig.net, 0);
			while (rig.rx[0].head != rig.rx[0].tail)
				assert_true(rig_recv(0, (uint16_t)(1 + rig.seq % 9), NULL) > 0);
		}
		rig_expect_stats();
		rig_close();
	}
}

/* The allocator runs dry: UNDERRUN is said and counted, nothing is lost, and it goes on when
 * filled. */
static void test_underrun(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 64; i++) {
		struct uk_netdev_qstats st;
		uint16_t size, nb = 0;
		bool said = false;

		assert_true(rig_case(i * 4 % 1536, &c));
		rig_open(&c);
		size = rig.net.fv.q[0].size;
		rig.rx_dry = true;
		while (rig_inject(0, 100) == 0)
			nb++;
		assert_int_equal(nb, size);
		while (rig.rx[0].head != rig.rx[0].tail)
			said |= (rig_recv(0, 4, NULL) & UK_NETDEV_STATUS_UNDERRUN) != 0;
		assert_true(said);
		assert_int_equal(rig_inject(0, 100), -ENOBUFS);
		uk_netdev_rxq_stats_get(rig.dev, 0, &st);
		assert_true(st.nombuf > 0);
		rig_expect_pool_full();
		rig.rx_dry = false;
		/* An empty ring is refilled although nothing comes in. */
		rig_recv(0, 4, NULL);
		assert_int_equal(rig_inject(0, 100), 0);
		assert_true(rig_recv(0, 4, NULL) & UK_NETDEV_STATUS_SUCCESS);
		rig_expect_stats();
		rig_close();
	}
}

/* A pool smaller than the ring: start works with what there is. */
static void test_small_pool(void **state)
{
	struct rig_conf c = rig_default();

	for (unsigned packed = 0; packed < 2; packed++) {
		c.net.offered = RIG_PLAIN | (packed ? UK_VIRTIO_F_RING_PACKED : 0);
		c.net.queue_max = 64;
		c.pool_nb = 5;
		rig_open(&c);
		for (unsigned i = 0; i < 500; i++) {
			assert_int_equal(rig_inject(0, 60 + i % 100), 0);
			assert_true(rig_recv(0, 32, NULL) & UK_NETDEV_STATUS_SUCCESS);
		}
		rig_expect_stats();
		rig_close();
	}
}

/*
 * Buffers that can not hold a whole frame: merged where that was negotiated, else start says no
 * (5.1.6.3.1, 5.1.4.2) rather than have the device drop what does not fit.
 */
static void test_small_buffers(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct rig_conf c = rig_default();

		c.pool_data = 256;
		c.net.queue_max = 32;
		c.net.offered |= i & 1 ? FAKE_NET_F_MRG_RXBUF : 0;
		c.net.offered |= i & 2 ? UK_VIRTIO_F_RING_PACKED : 0;
		rig_open_dev(&c);
		assert_int_equal(uk_netdev_probe(rig.dev), 0);
		assert_int_equal(rig_configure(), 0);
		if (i & 1) {
			assert_int_equal(uk_netdev_start(rig.dev), 0);
			rig_judge();
			for (unsigned n = 0; n < 40; n++) {
				assert_int_equal(rig_inject(0, 1514 - n * 10), 0);
				recv_all(2);
			}
		} else {
			assert_true(uk_netdev_start(rig.dev) < 0);
			rig_expect_pool_full();
		}
		rig_close();
	}
}

/* The application holds on to what it gets; the driver must not touch it again. */
static void test_kept(void **state)
{
	struct uk_netbuf *kept[64];
	struct rig_conf c = rig_default();
	uint16_t nb = 0;

	c.pool_nb = 100;
	rig_open(&c);
	while (nb < 64) {
		uint16_t cnt = (uint16_t)(64 - nb);

		rig_inject(0, 200 + nb);
		assert_true(rig_recv_burst(0, kept + nb, &cnt) >= 0);
		nb += cnt;
	}
	for (uint16_t i = 0; i < nb; i++)
		assert_true(rig_frame_is(kept[i], i, 200u + i));
	uk_netbuf_free_burst(kept, nb);
	rig_close();
}

/* Head room of the application's making: none at all, some, odd amounts. */
static uint32_t asked_room;

static uint16_t alloc_odd(void *argp, struct uk_netbuf *v[], uint16_t n)
{
	n = uk_netbuf_alloc_burst(argp, v, n);
	for (uint16_t i = 0; i < n; i++)
		v[i]->data = v[i]->buf + asked_room;
	return n;
}

static void test_headroom(void **state)
{
	static const uint32_t rooms[] = { 0, 1, 11, 12, 13, 100, 500 };

	for (unsigned i = 0; i < UK_ARRAY_SIZE(rooms) * 4; i++) {
		struct rig_conf c = rig_default();
		struct uk_netdev_rxqueue_conf rc = { .alloc_rxpkts = alloc_odd };
		struct uk_netdev_txqueue_conf tc = { 0 };

		asked_room = rooms[i / 4];
		c.net.offered |= i & 1 ? UK_VIRTIO_F_RING_PACKED : 0;
		c.net.offered |= i & 2 ? FAKE_NET_F_MRG_RXBUF : 0;
		rig_open_dev(&c);
		rc.alloc_rxpkts_argp = rig.pool;
		assert_int_equal(uk_netdev_probe(rig.dev), 0);
		assert_int_equal(uk_netdev_configure(rig.dev, &c.dev), 0);
		assert_int_equal(uk_netdev_rxq_configure(rig.dev, 0, 0, &rc), 0);
		assert_int_equal(uk_netdev_txq_configure(rig.dev, 0, 0, &tc), 0);
		assert_int_equal(uk_netdev_start(rig.dev), 0);
		rig_judge();
		run_trickle();
		run_merged();
		rig_close();
	}
}

/* Small bursts while packets of many buffers wait: each comes whole, in its turn. */
static void test_merged_bursts(void **state)
{
	for (unsigned i = 0; i < 64; i++) {
		struct rig_conf c = rig_default();

		c.net.offered |= FAKE_NET_F_MRG_RXBUF;
		c.net.offered |= i & 1 ? UK_VIRTIO_F_RING_PACKED : 0;
		c.net.offered |= i & 2 ? UK_VIRTIO_F_IN_ORDER : 0;
		c.net.offered |= i & 4 ? UK_VIRTIO_F_EVENT_IDX : 0;
		c.batch = i & 8;
		c.net.queue_max = i & 1 ? 250 : 256;
		c.pool_nb = 600;
		c.pool_data = i & 16 ? 512 : 130;
		rig_open(&c);
		for (unsigned n = 0; n < 30; n++) {
			while (rig_inject_quiet(0, 14 + (rig.seq * 977) % 16000) == 0)
				continue;
			fake_net_rx_show(&rig.net, 0);
			recv_all((uint16_t)(1 + (n + i) % 64));
		}
		rig_expect_stats();
		rig_close();
	}
}

/* One packet over as many buffers as the ring has, in more than one burst's worth of entries. */
static void test_whole_ring(void **state)
{
	for (unsigned i = 0; i < 16; i++) {
		struct rig_conf c = rig_default();

		c.net.offered |= FAKE_NET_F_MRG_RXBUF;
		c.net.offered |= i & 1 ? UK_VIRTIO_F_RING_PACKED : 0;
		c.net.offered |= i & 2 ? UK_VIRTIO_F_IN_ORDER : 0;
		c.batch = i & 4;
		c.net.queue_max = 256;
		c.pool_nb = 600;
		c.pool_data = 32;
		rig_open(&c);
		uint32_t room = (uint32_t)fake_virtio_held(&rig.net.fv, 0, 0)->in_len;

		for (unsigned n = 0; n < 10; n++) {
			uint16_t got = 0;

			for (unsigned k = 0; k < 3; k++) {
				rig_inject(0, room * (uint32_t)(n % 2 ? 70 : 60) - 12 - k);
				rig_inject(0, 60 + k);
			}
			for (unsigned k = 0; k < 20 && rig.rx[0].head != rig.rx[0].tail; k++)
				rig_recv(0, (uint16_t)(i & 8 ? 64 : 1 + n), &got);
			assert_int_equal(rig.rx[0].head, rig.rx[0].tail);
			rig_audit();
		}
		/* All that is posted in one. */
		uint16_t held = fake_virtio_pull(&rig.net.fv, 0);

		if (room * held - 12 < FAKE_NET_FRAME_MAX) {
			assert_int_equal(rig_inject(0, room * held - 12), 0);
			for (unsigned k = 0; k < 300 && rig.rx[0].head != rig.rx[0].tail; k++)
				rig_recv(0, 1, NULL);
			assert_int_equal(rig.rx[0].head, rig.rx[0].tail);
		}
		rig_expect_stats();
		rig_close();
	}
}

/* rx_one, and a burst of nothing. */
static void test_one(void **state)
{
	struct rig_conf c = rig_default();
	struct uk_netbuf *nb = NULL, *none[1];
	uint16_t zero = 0;

	rig_open(&c);
	assert_int_equal(uk_netdev_rx_one(rig.dev, 0, &nb), 0);
	rig_inject(0, 77);
	rig_inject(0, 78);
	int rc = uk_netdev_rx_burst(rig.dev, 0, none, &zero);

	assert_true(rc >= 0 && !(rc & UK_NETDEV_STATUS_SUCCESS));
	assert_int_equal(zero, 0);
	rc = uk_netdev_rx_one(rig.dev, 0, &nb);
	assert_true(uk_netdev_status_successful(rc) && uk_netdev_status_more(rc));
	assert_true(rig_frame_is(nb, 0, 77));
	uk_netbuf_free(nb);
	rc = uk_netdev_rx_one(rig.dev, 0, &nb);
	assert_true(uk_netdev_status_successful(rc));
	assert_true(rig_frame_is(nb, 1, 78));
	uk_netbuf_free(nb);
	rig_close();
}

/* Jumbo frames: one large buffer each, or merged out of small ones. */
static void test_jumbo(void **state)
{
	for (unsigned i = 0; i < 8; i++) {
		struct rig_conf c = rig_default();

		c.net.mtu = 9000;
		c.net.offered |= FAKE_NET_F_MTU | (i & 1 ? UK_VIRTIO_F_RING_PACKED : 0);
		c.net.offered |= i & 2 ? FAKE_NET_F_MRG_RXBUF : 0;
		c.net.offered |= i & 4 ? UK_VIRTIO_F_IN_ORDER : 0;
		c.net.queue_max = 64;
		c.pool_nb = 256;
		c.pool_data = i & 2 ? 2048 : 9216;
		rig_open(&c);
		assert_int_equal(uk_netdev_mtu_set(rig.dev, 9000), 0);
		for (unsigned k = 0; k < 200; k++) {
			while (rig_inject(0, 14 + k * 45) == 0 &&
				rig.rx[0].tail - rig.rx[0].head < 8)
				continue;
			recv_all(4);
		}
		assert_int_equal(rig_inject(0, 9014), 0);
		recv_all(1);
		rig_expect_stats();
		rig_close();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_underrun),
		cmocka_unit_test(test_headroom),
		cmocka_unit_test(test_merged_bursts),
		cmocka_unit_test(test_whole_ring),
		cmocka_unit_test(test_small_pool),
		cmocka_unit_test(test_small_buffers),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_jumbo),
	};

	return cmocka_run_group_tests(tests, NULL, rig_teardown);
}
