/* SPDX-License-Identifier: BSD-3-Clause */
/* Control queue, and the several queue pairs that it switches on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dataplane/test/rig.h"
#include "plat-kvm/irq.h"
#include "plat-kvm/test/fake_plat.h"

static void talk(void)
{
	for (uint16_t q = 0; q < rig.conf.dev.nb_tx_queues; q++) {
		assert_int_equal(rig_send(q, 2, 100, 1), 2);
		rig_drain(q);
	}
	for (uint16_t q = 0; q < rig.conf.dev.nb_rx_queues; q++) {
		assert_int_equal(rig_inject(q, 200), 0);
		assert_true(rig_recv(q, 8, NULL) & UK_NETDEV_STATUS_SUCCESS);
	}
}

/* A control queue too small for a command and its answer. */
static void test_ctrl_small(void **state)
{
	for (unsigned i = 0; i < 8; i++) {
		struct rig_conf c = rig_default();
		int rc;

		c.net.offered |= FAKE_NET_F_CTRL_VQ | FAKE_NET_F_CTRL_RX;
		c.net.offered |= i & 1 ? UK_VIRTIO_F_RING_PACKED : 0;
		rig_open_dev(&c);
		rig.net.fv.conf.queue_max_of[2] = (uint16_t)(1 + i / 2);
		if (i / 2 == 3)
			rig.net.fv.conf.nb_queues = 2;
		assert_int_equal(uk_netdev_probe(rig.dev), 0);
		assert_int_equal(rig_configure(), 0);
		rc = uk_netdev_start(rig.dev);
		if (rc == 0) {
			rig_judge();
			for (unsigned k = 0; k < 5; k++) {
				rc = uk_netdev_promiscuous_set(rig.dev, k & 1);
				assert_true(rc == 0 || i / 2 == 0 || i / 2 == 3);
			}
			talk();
		}
		rig_close();
	}
}

static void test_promiscuous(void **state)
{
	struct rig_conf c = rig_default();
	struct uk_netdev_info info;

	rig_open(&c);
	assert_true(uk_netdev_promiscuous_set(rig.dev, 1) < 0);
	rig_close();
	for (unsigned i = 0; i < 8; i++) {
		c = rig_default();
		c.net.offered |= FAKE_NET_F_CTRL_VQ | FAKE_NET_F_CTRL_RX;
		c.net.offered |= i & 1 ? UK_VIRTIO_F_RING_PACKED : 0;
		c.net.offered |= i & 2 ? UK_VIRTIO_F_EVENT_IDX : 0;
		c.net.polls = i & 4;
		rig_open(&c);
		uk_netdev_info_get(rig.dev, &info);
		assert_true(info.features & UK_NETDEV_F_PROMISCUOUS);
		for (unsigned k = 0; k < 100; k++) {
			assert_int_equal(uk_netdev_promiscuous_set(rig.dev, k & 1), 0);
			assert_int_equal(rig.net.promisc, k & 1);
			assert_int_equal(uk_netdev_promiscuous_get(rig.dev), k & 1);
			rig_expect_no_faults();
		}
		/* The mode outlives a new start, whose device begins without it. */
		assert_int_equal(uk_netdev_promiscuous_set(rig.dev, 1), 0);
		assert_int_equal(uk_netdev_stop(rig.dev), 0);
		assert_int_equal(uk_netdev_start(rig.dev), 0);
		assert_int_equal(rig.net.promisc, uk_netdev_promiscuous_get(rig.dev));
		rig_judge();
		talk();
		rig_close();
	}
}

static void test_hwaddr_set(void **state)
{
	struct rig_conf c = rig_default();
	struct uk_hwaddr a = { { 2, 1, 2, 3, 4, 5 } }, group = { { 1, 1, 2, 3, 4, 5 } };

	c.net.offered |= FAKE_NET_F_CTRL_VQ | FAKE_NET_F_CTRL_MAC_ADDR;
	rig_open(&c);
	assert_int_equal(uk_netdev_hwaddr_set(rig.dev, &group), -EINVAL);
	assert_int_equal(uk_netdev_hwaddr_set(rig.dev, &a), 0);
	assert_memory_equal(rig.net.mac, a.addr_bytes, 6);
	assert_memory_equal(uk_netdev_hwaddr_get(rig.dev), a.addr_bytes, 6);
	rig_close();
	c = rig_default();
	rig_open(&c);
	assert_true(uk_netdev_hwaddr_set(rig.dev, &a) < 0);
	assert_memory_equal(uk_netdev_hwaddr_get(rig.dev), c.net.mac, 6);
	rig_close();
}

/* A control queue that refuses, is silent or lies: an error, in bounded time, and packets go on. */
static void test_ctrl_bad(void **state)
{
	static const enum fake_virtio_ctrl how[] = { FAKE_VIRTIO_CTRL_REFUSE, FAKE_VIRTIO_CTRL_MUTE,
		FAKE_VIRTIO_CTRL_EMPTY, FAKE_VIRTIO_CTRL_BAD_ID };

	for (unsigned i = 0; i < 16; i++) {
		struct rig_conf c = rig_default();
		struct uk_hwaddr a = { { 2, 1, 2, 3, 4, 5 } };

		c.net.offered |= FAKE_NET_F_CTRL_VQ | FAKE_NET_F_CTRL_RX | FAKE_NET_F_CTRL_MAC_ADDR;
		c.net.offered |= i & 4 ? UK_VIRTIO_F_RING_PACKED : 0;
		c.net.polls = i & 8;
		rig_open(&c);
		rig.net.fv.conf.ctrl = how[i % 4];
		fake_plat_step(100000);
		assert_true(uk_netdev_promiscuous_set(rig.dev, 1) < 0);
		assert_int_equal(uk_netdev_promiscuous_get(rig.dev), 0);
		assert_true(uk_netdev_hwaddr_set(rig.dev, &a) < 0);
		assert_memory_equal(uk_netdev_hwaddr_get(rig.dev), c.net.mac, 6);
		if (how[i % 4] != FAKE_VIRTIO_CTRL_BAD_ID)
			talk();
		rig_close();
	}
}

static void test_multiqueue(void **state)
{
	for (unsigned i = 0; i < 32; i++) {
		struct rig_conf c = rig_default();

		c.net.offered |= FAKE_NET_F_CTRL_VQ | FAKE_NET_F_MQ;
		c.net.offered |= i & 1 ? UK_VIRTIO_F_RING_PACKED : 0;
		c.net.offered |= i & 2 ? UK_VIRTIO_F_EVENT_IDX | FAKE_NET_F_MRG_RXBUF : 0;
		c.net.polls = i & 4;
		c.net.nb_pairs = i & 8 ? 8 : 4;
		c.dev.nb_rx_queues = (uint16_t)(1 + i % 4);
		c.dev.nb_tx_queues = (uint16_t)(i & 16 ? c.dev.nb_rx_queues : 1 + i / 4 % 4);
		c.pool_nb = 300;
		rig_open(&c);
		uint16_t most = c.dev.nb_rx_queues > c.dev.nb_tx_queues ? c.dev.nb_rx_queues
									: c.dev.nb_tx_queues;

		assert_int_equal(rig.net.active_pairs, most);
		for (unsigned k = 0; k < 20; k++) {
			talk();
			rig_audit();
		}
		rig_expect_stats();
		assert_int_equal(uk_netdev_stop(rig.dev), 0);
		rig_expect_pool_full();
		assert_int_equal(uk_netdev_start(rig.dev), 0);
		rig_judge();
		assert_int_equal(rig.net.active_pairs, most);
		talk();
		rig_close();
	}
}

/* A pair count no device may have, or the command refused: no traffic on pairs that are not there.
 */
static void test_multiqueue_bad(void **state)
{
	static const uint16_t pairs[] = { 0, 1, 9, 0x8000, 0x8001, 0xffff };
	struct uk_netdev_info info;

	for (size_t i = 0; i < UK_ARRAY_SIZE(pairs); i++) {
		struct rig_conf c = rig_default();

		c.net.offered |= FAKE_NET_F_CTRL_VQ | FAKE_NET_F_MQ;
		c.net.nb_pairs = 1;
		rig_open_dev(&c);
		memcpy(rig.net.fv.conf.config + 8, &pairs[i], 2);
		rig.net.fv.conf.nb_queues = FAKE_VIRTIO_QUEUES_MAX;
		if (uk_netdev_probe(rig.dev) == 0) {
			uk_netdev_info_get(rig.dev, &info);
			assert_true(info.max_rx_queues >= 1 &&
				    info.max_rx_queues <= UK_NETDEV_QUEUES_MAX);
		}
		rig_close();
	}
	struct rig_conf c = rig_default();

	c.net.offered |= FAKE_NET_F_CTRL_VQ | FAKE_NET_F_MQ;
	c.net.nb_pairs = 2;
	c.dev.nb_rx_queues = c.dev.nb_tx_queues = 2;
	rig_open_dev(&c);
	rig.net.fv.conf.ctrl = FAKE_VIRTIO_CTRL_REFUSE;
	assert_int_equal(uk_netdev_probe(rig.dev), 0);
	assert_int_equal(rig_configure(), 0);
	assert_true(uk_netdev_start(rig.dev) < 0);
	rig_expect_pool_full();
	rig_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ctrl_small),
		cmocka_unit_test(test_promiscuous),
		cmocka_unit_test(test_hwaddr_set),
		cmocka_unit_test(test_ctrl_bad),
		cmocka_unit_test(test_multiqueue),
		cmocka_unit_test(test_multiqueue_bad),
	};

	return cmocka_run_group_tests(tests, NULL, rig_teardown);
}
