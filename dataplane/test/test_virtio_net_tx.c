/* SPDX-License-Identifier: BSD-3-Clause */
/* Transmit: every ring format, size, order and feature; full rings, chains, reclaim in any order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dataplane/test/rig.h"
#include "plat-kvm/test/fake_mem.h"

static const uint32_t lens[] = { 14, 15, 59, 60, 61, 64, 127, 128, 129, 511, 1024, 1513, 1514 };

static uint32_t next_len(void)
{
	return lens[rig.seq % UK_ARRAY_SIZE(lens)];
}

/* A device that takes nothing: the ring fills up exactly, then says there is no room. */
static void run_full(void)
{
	uint16_t size = rig.net.fv.q[1].size, sum = 0;

	for (;;) {
		uint16_t taken = rig_send(0, 3, next_len(), 1);

		sum += taken;
		if (taken < 3)
			break;
		assert_true(sum <= size);
	}
	assert_int_equal(sum, size);
	assert_int_equal(rig_send(0, 1, 60, 1), 0);
	rig_audit();
	rig_drain(0);
	assert_int_equal(rig_send(0, 1, 60, 1), 1);
	rig_drain(0);
}

/* The device takes all, but completes only a part each time, so that ids come back in its order. */
static void run_partial(void)
{
	for (unsigned i = 0; i < 300; i++) {
		rig_send(0, (uint16_t)(1 + i % 9), next_len(), 1);
		fake_net_tx_take(&rig.net, 0, UINT16_MAX);
		fake_net_tx_done(&rig.net, 0, (uint16_t)(i % 5));
		if (i % 2)
			fake_virtio_rearm(&rig.net.fv, 1);
		if (i % 16 == 0)
			rig_audit();
	}
	rig_drain(0);
}

static void run_bursts(void)
{
	static const uint16_t bursts[] = { 1, 2, 3, 5, 8, 16, 31, 32, 33, 64 };

	for (size_t b = 0; b < UK_ARRAY_SIZE(bursts); b++) {
		for (unsigned i = 0; i < 6; i++) {
			uint16_t taken = rig_send(0, bursts[b], next_len(), 1);
			uint16_t size = rig.net.fv.q[1].size;

			assert_int_equal(taken, bursts[b] < size ? bursts[b] : size);
			rig_drain(0);
		}
	}
}

/* Chains of netbufs, up to as many parts as the ring may hold. */
static void run_chains(void)
{
	uint16_t size = rig.net.fv.q[1].size;

	for (uint16_t parts = 2; parts <= 12 && parts <= size; parts++) {
		for (unsigned i = 0; i < 6; i++) {
			assert_true(rig_send(0, (uint16_t)(1 + i % 3), 600 + parts, parts) > 0);
			rig_drain(0);
		}
	}
}

static void test_matrix(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; rig_case(i, &c); i++) {
		rig_open(&c);
		run_bursts();
		run_full();
		run_partial();
		run_chains();
		/* One more call reclaims what was completed last. */
		rig_expect_stats();
		rig_close();
	}
}

static void test_wrap(void **state)
{
	static const struct {
		uint64_t features;
		uint16_t size;
		bool batch;
		enum fake_net_order order;
	} rings[] = {
		{ 0, 2, false, FAKE_NET_OLDEST_FIRST },
		{ UK_VIRTIO_F_EVENT_IDX, 8, false, FAKE_NET_ANY_ORDER },
		{ UK_VIRTIO_F_IN_ORDER, 4, true, FAKE_NET_OLDEST_FIRST },
		{ UK_VIRTIO_F_IN_ORDER | UK_VIRTIO_F_EVENT_IDX, 8, true, FAKE_NET_OLDEST_FIRST },
		{ UK_VIRTIO_F_RING_PACKED, 2, false, FAKE_NET_OLDEST_FIRST },
		{ UK_VIRTIO_F_RING_PACKED, 7, false, FAKE_NET_NEWEST_FIRST },
		{ UK_VIRTIO_F_RING_PACKED | UK_VIRTIO_F_EVENT_IDX, 5, false, FAKE_NET_ANY_ORDER },
		{ UK_VIRTIO_F_RING_PACKED | UK_VIRTIO_F_IN_ORDER, 3, true, FAKE_NET_OLDEST_FIRST },
	};

	for (size_t r = 0; r < UK_ARRAY_SIZE(rings); r++) {
		struct rig_conf c = rig_default();

		c.net.offered |= rings[r].features;
		c.net.queue_max = rings[r].size;
		c.batch = rings[r].batch;
		c.order = rings[r].order;
		rig_open(&c);
		while (rig.nb_sent[0] < 150000) {
			uint16_t parts = rings[r].size > 3 && rig.seq % 5 == 0 ? 2 : 1;

			rig_send(0, (uint16_t)(1 + rig.seq % 7), 14 + rig.seq % 50, parts);
			fake_net_tx_take(&rig.net, 0, UINT16_MAX);
			fake_net_tx_done(&rig.net, 0, (uint16_t)(rig.seq % 6));
			fake_virtio_rearm(&rig.net.fv, 1);
		}
		rig_drain(0);
		rig_expect_stats();
		rig_close();
	}
}

/* No head room for the device's header: it has to go elsewhere, the frame stays as it was. */
static void test_no_headroom(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 32; i++) {
		assert_true(rig_case(256 * 2 + i * 8 % 256, &c));
		rig_open(&c);
		for (uint32_t room = 0; room < 16; room++) {
			struct uk_netbuf *nb = uk_netbuf_alloc(rig.pool);
			uint16_t cnt = 1;

			nb->data = nb->buf + room;
			nb->len = 100;
			rig_fill(nb->data, rig.seq++, 0, 100);
			memset(nb->buf, 0x5c, room);
			rig_send_burst(0, &nb, &cnt);
			assert_int_equal(cnt, 1);
			rig_drain(0);
		}
		rig_close();
	}
}

/* A chain whose first byte stands at an odd address, as after an odd header was taken off. */
static void test_odd_chain(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 32; i++) {
		assert_true(rig_case(256 * 2 + i * 8 % 256, &c));
		rig_open(&c);
		for (int32_t off = 1; off < 9; off += 2) {
			struct uk_netbuf *nb = rig_frame(rig.seq, 100 + (uint32_t)off, 2);
			uint16_t cnt = 1;

			assert_int_equal(uk_netbuf_header(nb, -off), 0);
			rig_fill(nb->data, rig.seq, 0, nb->len);
			rig_fill(nb->next->data, rig.seq++, nb->len, nb->next->len);
			rig_send_burst(0, &nb, &cnt);
			assert_int_equal(cnt, 1);
			rig_drain(0);
		}
		rig_close();
	}
}

/* Shared data is read-only: a clone's head room belongs to someone else. */
static void test_clone(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 16; i++) {
		struct uk_netbuf *nb, *copy, *v[2];
		uint8_t before[UK_NETBUF_HEADROOM];
		uint16_t cnt = 2;

		assert_true(rig_case(256 * 2 + i * 16, &c));
		rig_open(&c);
		nb = rig_frame(rig.seq++, 300, 1);
		rig_fill(nb->buf, 99, 0, UK_NETBUF_HEADROOM);
		copy = uk_netbuf_clone(nb, rig.pool);
		assert_non_null(copy);
		memcpy(before, nb->buf, sizeof(before));
		v[0] = copy;
		v[1] = nb;
		uk_netbuf_ref(nb);
		rig_send_burst(0, v, &cnt);
		assert_int_equal(cnt, 2);
		assert_memory_equal(before, nb->buf, sizeof(before));
		rig_drain(0);
		rig_send(0, 1, 60, 1);
		rig_drain(0);
		assert_true(rig_frame_is(nb, 0, 300));
		uk_netbuf_free(nb);
		rig_close();
	}
}

/* More parts than the ring has entries: no device could send it. Counted, freed, never seen. */
static void test_too_many_parts(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 256; i++) {
		struct uk_netdev_qstats st;
		struct uk_netbuf *nb;
		uint16_t cnt = 1;

		assert_true(rig_case(i, &c));
		rig_open(&c);
		rig.ignore_frames = true;
		nb = rig_frame(0, 300, 3);
		rig_send_burst(0, &nb, &cnt);
		fake_net_tx(&rig.net, 0);
		rig_expect_no_faults();
		assert_int_equal(rig.net.nb_tx, 0);
		if (cnt == 0) {
			uk_netbuf_free(nb);
		} else {
			uk_netdev_txq_stats_get(rig.dev, 0, &st);
			assert_int_equal(st.errors, 1);
			assert_int_equal(st.packets, 0);
		}
		rig.ignore_frames = false;
		memset(rig.tx, 0, sizeof(rig.tx));
		assert_int_equal(rig_send(0, 1, 100, 1), 1);
		rig_drain(0);
		rig_close();
	}
}

/* A call without packets brings back what was sent, in every format. */
static void test_take_back(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 512; i += 7) {
		uint16_t cnt = 0;
		uint32_t nb_free;

		assert_true(rig_case(i, &c));
		rig_open(&c);
		nb_free = rig.pool->nb_free;
		rig_send(0, 2, 200, 1);
		rig_drain(0);
		assert_true(rig_send_burst(0, NULL, &cnt) >= 0);
		assert_int_equal(rig.pool->nb_free, nb_free);
		rig_close();
	}
}

static unsigned nb_dtor;

static void count_dtor(struct uk_netbuf *nb)
{
	assert_ptr_equal(nb->dtor_arg, &nb_dtor);
	nb_dtor++;
	free(nb->buf);
	free(nb);
}

/* Memory that is no pool's goes out as well; its owner is told exactly once. */
static void test_foreign(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 16; i++) {
		assert_true(rig_case(256 * 2 + i * 16, &c));
		rig_open(&c);
		nb_dtor = 0;
		for (unsigned k = 0; k < 20; k++) {
			struct uk_netbuf *nb = NULL;
			uint16_t cnt = 1;

			assert_int_equal(
				posix_memalign((void **)&nb, UK_CACHE_LINE, sizeof(*nb)), 0);
			uk_netbuf_prepare(nb, malloc(256), 256, 100, count_dtor, &nb_dtor);
			nb->len = 100;
			rig_fill(nb->data, rig.seq++, 0, 100);
			rig_send_burst(0, &nb, &cnt);
			assert_int_equal(cnt, 1);
			rig_drain(0);
		}
		assert_int_equal(uk_netdev_stop(rig.dev), 0);
		assert_int_equal(nb_dtor, 20);
		rig_close();
	}
}

/* Stop takes back what the device never completed. */
static void test_stop_full(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 7) {
		assert_true(rig_case(i, &c));
		rig_open(&c);
		rig_send(0, 20, 200, 2);
		fake_net_tx_take(&rig.net, 0, 3);
		rig_close();
	}
}

/* Frames of 9,000 bytes, whole and in parts. */
static void test_jumbo(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct rig_conf c = rig_default();

		c.net.mtu = 9000;
		c.net.offered |= FAKE_NET_F_MTU | FAKE_NET_F_MRG_RXBUF;
		c.net.offered |= i & 1 ? UK_VIRTIO_F_RING_PACKED : 0;
		c.net.offered |= i & 2 ? UK_VIRTIO_F_INDIRECT_DESC : 0;
		c.net.queue_max = 32;
		c.pool_nb = 128;
		c.pool_data = 9216;
		rig_open(&c);
		for (uint16_t parts = 1; parts <= 9; parts++) {
			assert_int_equal(rig_send(0, 2, 9014, parts), 2);
			rig_drain(0);
		}
		rig_expect_stats();
		rig_close();
	}
}

/* A frame beyond the device's MTU must not reach it (5.1.4.2): not taken, or counted and dropped.
 */
static void test_beyond_mtu(void **state)
{
	struct rig_conf c = rig_default();
	struct uk_netbuf *nb;
	uint16_t cnt = 1;

	c.net.mtu = 1400;
	c.net.offered |= FAKE_NET_F_MTU;
	rig_open(&c);
	nb = rig_frame(rig.seq++, 1414, 1);
	rig_send_burst(0, &nb, &cnt);
	assert_int_equal(cnt, 1);
	rig_drain(0);
	rig.ignore_frames = true;
	cnt = 1;
	nb = rig_frame(rig.seq++, 1415, 1);
	rig_send_burst(0, &nb, &cnt);
	fake_net_tx(&rig.net, 0);
	if (cnt == 0)
		uk_netbuf_free(nb);
	rig_close();
}

/* A frame of no bytes is none: it never reaches the device, and its buffer is not lost. */
static void test_empty_frame(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 8; i++) {
		assert_true(rig_case(256 * 2 + i * 32, &c));
		rig_open(&c);
		for (uint16_t parts = 1; parts <= 3; parts++) {
			struct uk_netbuf *nb = rig_frame(0, 0, parts);
			uint16_t cnt = 1;

			rig.ignore_frames = true;
			rig_send_burst(0, &nb, &cnt);
			if (cnt == 0)
				uk_netbuf_free(nb);
			fake_net_tx(&rig.net, 0);
			rig_expect_no_faults();
			assert_int_equal(rig.net.nb_tx, 0);
		}
		rig_close();
	}
}

/* Empty parts of a chain are no descriptors (QEMU stops a device for them). */
static void test_empty_parts(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 16; i++) {
		assert_true(rig_case(256 * 3 + i * 16, &c));
		rig_open(&c);
		for (unsigned which = 0; which < 3; which++) {
			struct uk_netbuf *part[3], *all;
			uint16_t cnt = 1;

			all = rig_frame(rig.seq++, 90, 3);
			part[0] = all;
			part[1] = all->next;
			part[2] = all->next->next;
			/* The bytes of the emptied part move to a neighbour. */
			if (which == 2) {
				memcpy(part[1]->data + 30, part[2]->data, 30);
				part[1]->len = 60;
			} else {
				memmove(part[which + 1]->data + 30, part[which + 1]->data, 30);
				memcpy(part[which + 1]->data, part[which]->data, 30);
				part[which + 1]->len = 60;
			}
			part[which]->len = 0;
			rig_send_burst(0, &all, &cnt);
			assert_int_equal(cnt, 1);
			rig_drain(0);
		}
		rig_close();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_no_headroom),
		cmocka_unit_test(test_odd_chain),
		cmocka_unit_test(test_clone),
		cmocka_unit_test(test_too_many_parts),
		cmocka_unit_test(test_take_back),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_stop_full),
		cmocka_unit_test(test_jumbo),
		cmocka_unit_test(test_beyond_mtu),
		cmocka_unit_test(test_empty_frame),
		cmocka_unit_test(test_empty_parts),
	};

	return cmocka_run_group_tests(tests, NULL, rig_teardown);
}
