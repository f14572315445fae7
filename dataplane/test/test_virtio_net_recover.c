/* SPDX-License-Identifier: BSD-3-Clause */
/* A device that goes away and comes back: NEEDS_RESET, link down and up, a back end that was
 * restarted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dataplane/test/rig.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/test/fake_plat.h"

#define SECOND 1000000000ull

static void forget_frames(void)
{
	memset(rig.tx, 0, sizeof(rig.tx));
	memset(rig.rx, 0, sizeof(rig.rx));
}

/* Calls service a few times a second, as an application does, for up to 2 seconds. */
static bool serve_until_alive(void)
{
	for (unsigned i = 0; i < 8; i++) {
		uk_netdev_service();
		if (fake_virtio_live(&rig.net.fv))
			return true;
		fake_plat_advance(SECOND / 4);
	}
	return false;
}

static void talk(void)
{
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(rig_send(0, 1, 100, 1), 1);
		rig_drain(0);
		assert_int_equal(rig_inject(0, 200), 0);
		assert_true(rig_recv(0, 8, NULL) & UK_NETDEV_STATUS_SUCCESS);
	}
}

/* Leaves frames under way in every stage: sent and not taken, taken and not done, received and not
 * read. */
static void leave_frames(void)
{
	rig_send(0, 3, 300, 1);
	fake_net_tx_take(&rig.net, 0, 1);
	rig_inject(0, 90);
	rig_inject_quiet(0, 91);
}

static void expect_resets(uint64_t least)
{
	struct uk_netdev_qstats st;

	uk_netdev_rxq_stats_get(rig.dev, 0, &st);
	assert_true(st.resets >= least);
}

static void check_back(void)
{
	forget_frames();
	rig.ignore_frames = false;
	rig_judge();
	rig_audit();
	talk();
}

static void test_needs_reset(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 5) {
		assert_true(rig_case(i, &c));
		c.events = i % 3 == 0;
		rig_open(&c);
		for (unsigned n = 1; n <= 4; n++) {
			talk();
			leave_frames();
			fake_virtio_needs_reset(&rig.net.fv);
			assert_true(serve_until_alive());
			check_back();
			expect_resets(n);
		}
		rig_close();
	}
}

/* Between the fault and its discovery the application goes on sending and polling. */
static void test_burst_meanwhile(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 9) {
		assert_true(rig_case(i, &c));
		rig_open(&c);
		for (unsigned n = 0; n < 4; n++) {
			talk();
			leave_frames();
			rig.ignore_frames = true;
			if (n % 2)
				fake_virtio_needs_reset(&rig.net.fv);
			else
				fake_virtio_self_reset(&rig.net.fv);
			for (unsigned k = 0; k < 10; k++) {
				rig_send(0, 2, 100, 1);
				rig_recv(0, 4, NULL);
			}
			assert_true(serve_until_alive());
			check_back();
		}
		rig_close();
	}
}

/* The link goes down, stays down for a while, and comes back: frames flow again within 2 seconds.
 */
static void test_link_flap(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 5) {
		assert_true(rig_case(i, &c));
		rig_open(&c);
		assert_int_equal(uk_netdev_link_get(rig.dev), 1);
		for (unsigned n = 0; n < 3; n++) {
			talk();
			leave_frames();
			rig.ignore_frames = true;
			fake_net_link(&rig.net, false);
			assert_int_equal(uk_netdev_link_get(rig.dev), 0);
			for (unsigned k = 0; k < 12; k++) {
				uk_netdev_service();
				fake_plat_advance(SECOND / 4);
				rig_send(0, 2, 100, 1);
				rig_recv(0, 4, NULL);
			}
			fake_net_link(&rig.net, true);
			assert_true(serve_until_alive());
			fake_plat_advance(SECOND / 4);
			uk_netdev_service();
			assert_int_equal(uk_netdev_link_get(rig.dev), 1);
			rig_recv(0, 8, NULL);
			fake_net_tx(&rig.net, 0);
			check_back();
		}
		rig_close();
	}
}

/* Down and up between two looks: only the generation tells. Nothing is lost for good. */
static void test_quick_flap(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 17) {
		assert_true(rig_case(i, &c));
		rig_open(&c);
		for (unsigned n = 0; n < 5; n++) {
			leave_frames();
			rig.ignore_frames = true;
			fake_net_link(&rig.net, false);
			fake_net_link(&rig.net, true);
			assert_true(serve_until_alive());
			rig_recv(0, 8, NULL);
			fake_net_tx(&rig.net, 0);
			check_back();
		}
		rig_close();
	}
}

/* The back end was replaced: the device reads as never set up. */
static void test_self_reset(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 5) {
		assert_true(rig_case(i, &c));
		rig_open(&c);
		for (unsigned n = 0; n < 4; n++) {
			talk();
			leave_frames();
			fake_virtio_self_reset(&rig.net.fv);
			assert_true(serve_until_alive());
			check_back();
		}
		rig_close();
	}
}

/* Receive mode and queue pairs outlive a new set-up. */
static void test_state_kept(void **state)
{
	struct rig_conf c = rig_default();
	struct uk_hwaddr a = { { 2, 1, 2, 3, 4, 5 } };

	c.net.nb_pairs = 3;
	c.net.offered |=
		FAKE_NET_F_CTRL_VQ | FAKE_NET_F_CTRL_RX | FAKE_NET_F_MQ | FAKE_NET_F_CTRL_MAC_ADDR;
	c.dev.nb_rx_queues = c.dev.nb_tx_queues = 3;
	c.pool_nb = 200;
	rig_open(&c);
	assert_int_equal(uk_netdev_promiscuous_set(rig.dev, 1), 0);
	assert_int_equal(uk_netdev_hwaddr_set(rig.dev, &a), 0);
	for (unsigned n = 0; n < 5; n++) {
		memcpy(rig.net.mac, c.net.mac, 6);
		fake_virtio_needs_reset(&rig.net.fv);
		assert_true(serve_until_alive());
		assert_true(rig.net.promisc);
		assert_int_equal(rig.net.active_pairs, 3);
		assert_memory_equal(rig.net.mac, a.addr_bytes, 6);
		for (uint16_t q = 0; q < 3; q++) {
			rig_send(q, 2, 100, 1);
			rig_drain(q);
		}
	}
	rig_close();
}

/* The device comes back as less than what it was: dead, in good order. */
static void test_comes_back_worse(void **state)
{
	for (unsigned i = 0; i < 10; i++) {
		struct rig_conf c = rig_default();
		uint16_t got = 0;

		c.net.offered |= FAKE_NET_F_MRG_RXBUF | FAKE_NET_F_CSUM | UK_VIRTIO_F_EVENT_IDX;
		c.net.offered |= i & 1 ? UK_VIRTIO_F_RING_PACKED : 0;
		c.net.queue_max = 16;
		c.dev.offloads = UK_NETDEV_F_PARTIAL_CSUM;
		rig_open(&c);
		talk();
		leave_frames();
		fake_virtio_needs_reset(&rig.net.fv);
		switch (i / 2) {
		case 0:
			rig.net.fv.conf.offered = UK_VIRTIO_F_VERSION_1;
			break;
		case 1:
			rig.net.fv.conf.queue_max = 4;
			break;
		case 2:
			rig.net.fv.conf.refuse_features = true;
			break;
		case 3:
			rig.net.fv.conf.enable_error = -EIO;
			break;
		case 4:
			rig.net.fv.conf.needs_reset_at_ok = true;
			break;
		}
		rig.ignore_frames = true;
		for (unsigned n = 0; n < 12; n++) {
			uk_netdev_service();
			fake_plat_advance(SECOND / 4);
			rig_send(0, 2, 100, 1);
			rig_recv(0, 8, &got);
		}
		rig_close();
	}
}

/* A reset that never ends while buffers are out: an error, and no endless loop. */
static void test_stuck(void **state)
{
	struct rig_conf c = rig_default();

	rig_open(&c);
	talk();
	fake_virtio_needs_reset(&rig.net.fv);
	rig.net.fv.conf.stuck_reset = true;
	for (unsigned n = 0; n < 3; n++) {
		assert_true(uk_netdev_service() < 0);
		fake_plat_advance(SECOND);
	}
	rig.ignore_frames = true;
	assert_int_equal(rig_recv(0, 4, NULL), -ENODEV);
	rig.net.fv.conf.stuck_reset = false;
	rig.net.fv.in_reset = false;
	rig_close();
}

/* service on a healthy device touches as little as possible and changes nothing. */
static void test_healthy(void **state)
{
	struct rig_conf c = rig_default();
	struct uk_netdev_qstats st;

	rig_open(&c);
	for (unsigned n = 0; n < 100; n++) {
		talk();
		assert_int_equal(uk_netdev_service(), 0);
		fake_plat_advance(SECOND / 4);
	}
	uk_netdev_rxq_stats_get(rig.dev, 0, &st);
	assert_int_equal(st.resets, 0);
	rig_expect_stats();
	rig_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_needs_reset),
		cmocka_unit_test(test_burst_meanwhile),
		cmocka_unit_test(test_link_flap),
		cmocka_unit_test(test_quick_flap),
		cmocka_unit_test(test_self_reset),
		cmocka_unit_test(test_state_kept),
		cmocka_unit_test(test_comes_back_worse),
		cmocka_unit_test(test_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, rig_teardown);
}
