/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random operations of application and (well-behaved) device against the rig's model, which is a
 * list of frames in order per direction. Each seed makes its own device. SLUICE_SEEDS=FIRST:COUNT
 * runs others.
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

#define SEEDS 3000u
#define STEPS 120u

static uint64_t rnd_state;
static bool exact; /* no set-up anew so far: the counters are those of the model */

static uint32_t rnd(uint32_t below)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return (uint32_t)((rnd_state >> 16) % below);
}

static bool rnd_bit(void)
{
	return rnd(2);
}

static struct rig_conf random_conf(void)
{
	static const uint8_t bits[] = { 0, 1, 15, 17, 18, 22, 23, 28, 29, 34, 35 };
	struct rig_conf c = rig_default();

	for (size_t i = 0; i < UK_ARRAY_SIZE(bits); i++)
		c.net.offered |= rnd_bit() ? 1ull << bits[i] : 0;
	c.net.queue_max = (uint16_t)(rnd_bit() ? 2u << rnd(4) : 2 + rnd(20));
	if (!(c.net.offered & UK_VIRTIO_F_RING_PACKED)) /* 2.7: a power of two */
		c.net.queue_max = (uint16_t)(2u << rnd(5));
	c.net.nb_pairs = (uint16_t)(1 + rnd(4));
	if ((c.net.offered & FAKE_NET_F_MQ) && (c.net.offered & FAKE_NET_F_CTRL_VQ))
		c.dev.nb_rx_queues = c.dev.nb_tx_queues = (uint16_t)(1 + rnd(c.net.nb_pairs));
	c.net.polls = rnd(4) == 0;
	c.net.shared_irq = rnd_bit();
	c.events = rnd_bit();
	c.batch = rnd_bit();
	c.order = (enum fake_net_order)rnd(3);
	c.pool_nb = 20 + rnd(400);
	return c;
}

static uint32_t random_len(void)
{
	return rnd(8) == 0 ? 1514 : 14 + rnd(rnd_bit() ? 120 : 1500);
}

static void device_step(uint16_t q)
{
	switch (rnd(6)) {
	case 0:
		fake_net_tx_take(&rig.net, q, (uint16_t)rnd(9));
		break;
	case 1:
		fake_net_tx_done(&rig.net, q, (uint16_t)rnd(9));
		break;
	case 2:
		fake_virtio_rearm(&rig.net.fv, (uint16_t)(2 * q + 1));
		break;
	case 3:
		fake_net_rx_show(&rig.net, q);
		break;
	default:
		for (uint32_t n = rnd(8); n > 0; n--)
			rig_inject_quiet(
				q, rig.net.fv.features & FAKE_NET_F_MRG_RXBUF && rnd(8) == 0
					   ? 1500 + rnd(6000)
					   : random_len());
		if (rnd_bit())
			fake_net_rx_show(&rig.net, q);
		break;
	}
	rig_expect_no_faults();
}

static void forget_frames(void)
{
	memset(rig.tx, 0, sizeof(rig.tx));
	memset(rig.rx, 0, sizeof(rig.rx));
	exact = false;
}

/* What happens rarely: stop, a lost device, a lost link. */
static void rare_step(void)
{
	switch (rnd(4)) {
	case 0:
		assert_int_equal(uk_netdev_stop(rig.dev), 0);
		rig_expect_pool_full();
		assert_int_equal(uk_netdev_start(rig.dev), 0);
		break;
	case 1:
		fake_virtio_needs_reset(&rig.net.fv);
		break;
	case 2:
		fake_virtio_self_reset(&rig.net.fv);
		break;
	default:
		fake_net_link(&rig.net, false);
		uk_netdev_service();
		fake_net_link(&rig.net, true);
		break;
	}
	for (unsigned i = 0; i < 8; i++) {
		fake_plat_advance(250000000);
		uk_netdev_service();
	}
	assert_true(fake_virtio_live(&rig.net.fv));
	forget_frames();
	/* What the device still had of the old set-up. */
	for (uint16_t q = 0; q < rig.conf.dev.nb_rx_queues; q++) {
		rig.ignore_frames = true;
		rig_recv(q, 64, NULL);
		fake_net_tx(&rig.net, q);
		rig.ignore_frames = false;
	}
	rig_judge();
}

static void app_step(uint16_t q)
{
	uint16_t parts;

	switch (rnd(8)) {
	case 0:
	case 1:
	case 2:
		parts = (uint16_t)(rnd(4) ? 1 : 1 + rnd(4));
		if (parts > rig.net.fv.q[2 * q + 1].size)
			parts = 1; /* what can never fit is dropped, which the model does not know
				    */
		rig_send(q, (uint16_t)(1 + rnd(rnd_bit() ? 4 : 40)), random_len(), parts);
		break;
	case 3:
		rig.rx_dry = rnd(4) == 0;
		break;
	case 4:
		if (rig.conf.events)
			assert_true(uk_netdev_rxq_intr_enable(rig.dev, q) >= 0);
		break;
	default:
		assert_true(rig_recv(q, (uint16_t)(1 + rnd(rnd_bit() ? 4 : 64)), NULL) >= 0);
		break;
	}
}

static void run_seed(uint64_t seed)
{
	struct rig_conf c;

	rnd_state = seed * 0x9e3779b97f4a7c15ull + 1;
	exact = true;
	c = random_conf();
	rig_open(&c);
	for (unsigned i = 0; i < STEPS; i++) {
		uint16_t q = (uint16_t)rnd(c.dev.nb_rx_queues);

		if (rnd(100) == 0)
			rare_step();
		else if (rnd_bit())
			app_step(q);
		else
			device_step(q);
		if (rnd(16) == 0)
			rig_audit();
	}
	for (uint16_t q = 0; q < c.dev.nb_rx_queues; q++) {
		fake_net_rx_show(&rig.net, q);
		while (rig.rx[q].head != rig.rx[q].tail)
			assert_true(rig_recv(q, 64, NULL) & UK_NETDEV_STATUS_SUCCESS);
		rig_drain(q);
	}
	if (exact)
		rig_expect_stats();
	rig_close();
}

static void test_seeds(void **state)
{
	const char *asked = getenv("SLUICE_SEEDS");
	unsigned long first = 0, count = SEEDS;

	if (asked != NULL && sscanf(asked, "%lu:%lu", &first, &count) != 2)
		fail_msg("SLUICE_SEEDS=%s is not FIRST:COUNT", asked);
	for (unsigned long s = first; s < first + count; s++) {
		rig.seed = s;
		run_seed(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeds),
	};

	return cmocka_run_group_tests(tests, NULL, rig_teardown);
}
