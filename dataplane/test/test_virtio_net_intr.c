/* SPDX-License-Identifier: BSD-3-Clause */
/* Interrupt mode: an idle machine sleeps, no wake-up is lost, a polling one is left in peace. */
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

#define MS 1000000ull

static struct rig_conf intr_case(unsigned i)
{
	struct rig_conf c = rig_default();

	c.net.offered |= i & 1 ? UK_VIRTIO_F_RING_PACKED : 0;
	c.net.offered |= i & 2 ? UK_VIRTIO_F_EVENT_IDX : 0;
	c.net.offered |= i & 4 ? UK_VIRTIO_F_IN_ORDER : 0;
	c.net.shared_irq = i & 8;
	c.batch = i & 16;
	c.net.queue_max = i & 1 ? 5 : 8;
	c.events = true;
	return c;
}

static uint64_t irqs(void)
{
	return rig.net.fv.q[0].nb_irqs;
}

/* What the sleeping machine's device does: one frame, once. */
static unsigned due;

static void wake_hook(void *arg)
{
	if (due == 0)
		return;
	due--;
	rig_inject(0, 60 + rig.seq % 100);
}

/* An application's loop: poll until empty, arm, sleep. 1,000 frames that each come while it sleeps.
 */
static void test_sleep(void **state)
{
	for (unsigned i = 0; i < 32; i++) {
		struct rig_conf c = intr_case(i);

		rig_open(&c);
		fake_plat_step(0);
		fake_plat_hook(wake_hook, NULL);
		for (unsigned n = 0; n < 1000; n++) {
			uint64_t slept = fake_plat_idle_ns(), events = rig.nb_events[0];

			while (rig_recv(0, 4, NULL) & UK_NETDEV_STATUS_SUCCESS)
				continue;
			assert_int_equal(uk_netdev_rxq_intr_enable(rig.dev, 0), 0);
			rig_expect_no_faults();
			due = 1;
			uk_netdev_idle(uk_clock_ns() + 1000 * MS);
			/* By the interrupt, not by the clock. */
			assert_true(fake_plat_idle_ns() == slept);
			assert_int_equal(rig.nb_events[0], events + 1);
			assert_true(rig_recv(0, 4, NULL) & UK_NETDEV_STATUS_SUCCESS);
		}
		assert_int_equal(rig.nb_got[0], 1000);
		fake_plat_hook(NULL, NULL);
		rig_close();
	}
}

/* Nothing comes: the machine sleeps to its deadline and no callback is made. */
static void test_deadline(void **state)
{
	for (unsigned i = 0; i < 32; i++) {
		struct rig_conf c = intr_case(i);
		uint64_t before;

		rig_open(&c);
		fake_plat_step(0);
		fake_plat_hook(NULL, NULL);
		assert_int_equal(uk_netdev_rxq_intr_enable(rig.dev, 0), 0);
		before = uk_clock_ns();
		uk_netdev_idle(before + 77 * MS);
		assert_true(uk_clock_ns() == before + 77 * MS);
		assert_int_equal(rig.nb_events[0], 0);
		/* Long idle: looked after now and then, but asleep nearly all the time. */
		before = fake_plat_idle_count();
		uk_netdev_idle(uk_clock_ns() + 60000 * MS);
		assert_true(fake_plat_idle_count() - before < 60 * 20);
		rig_close();
	}
}

/* The race: a frame comes after the last poll and before (or while) the interrupt is armed. */
static void test_race(void **state)
{
	for (unsigned i = 0; i < 32; i++) {
		struct rig_conf c = intr_case(i);

		rig_open(&c);
		for (unsigned n = 0; n < 50; n++) {
			uint16_t got;

			while (rig_recv(0, 4, NULL) & UK_NETDEV_STATUS_SUCCESS)
				continue;
			rig_inject(0, 99);
			assert_int_equal(uk_netdev_rxq_intr_enable(rig.dev, 0), 1);
			rig_expect_no_faults();
			rig_recv(0, 4, &got);
			assert_int_equal(got, 1);
		}
		rig_close();
	}
}

/* Polled queues, and queues whose interrupt is disabled again, get none. */
static void test_quiet(void **state)
{
	for (unsigned i = 0; i < 64; i++) {
		struct rig_conf c = intr_case(i % 32);
		uint64_t before;

		c.events = i >= 32;
		rig_open(&c);
		if (c.events) {
			assert_int_equal(uk_netdev_rxq_intr_enable(rig.dev, 0), 0);
			rig_inject(0, 70);
			assert_true(irqs() > 0);
			rig_recv(0, 4, NULL);
			assert_int_equal(uk_netdev_rxq_intr_enable(rig.dev, 0), 0);
			assert_int_equal(uk_netdev_rxq_intr_disable(rig.dev, 0), 0);
		} else {
			assert_int_equal(uk_netdev_rxq_intr_enable(rig.dev, 0), -ENOTSUP);
		}
		before = irqs();
		for (unsigned n = 0; n < 300; n++) {
			rig_inject(0, 70);
			rig_recv(0, 4, NULL);
		}
		/* An index that is left behind comes round once in 65,536 frames, or twice the
		 * ring. */
		assert_true(irqs() - before <= (c.net.offered & UK_VIRTIO_F_EVENT_IDX ? 1 : 0));
		rig_send(0, 4, 100, 1);
		rig_drain(0);
		assert_int_equal(rig.net.fv.q[1].nb_irqs, 0);
		rig_close();
	}
}

/* One interrupt, one callback: it is disarmed until enabled again. */
static void test_once(void **state)
{
	for (unsigned i = 0; i < 32; i++) {
		struct rig_conf c = intr_case(i);

		rig_open(&c);
		fake_plat_hook(NULL, NULL);
		assert_int_equal(uk_netdev_rxq_intr_enable(rig.dev, 0), 0);
		rig_inject(0, 60);
		uk_netdev_idle(uk_clock_ns() + 10 * MS);
		assert_int_equal(rig.nb_events[0], 1);
		rig_inject(0, 60);
		/* A queue that is not armed has to be polled: no sleep, no callback. */
		uint64_t slept = fake_plat_idle_count();

		uk_netdev_idle(uk_clock_ns() + 10 * MS);
		assert_int_equal(fake_plat_idle_count(), slept);
		assert_true(rig.nb_events[0] <= 2);
		rig_recv(0, 8, NULL);
		rig_close();
	}
}

/* Spurious interrupts do no harm (2.7.7.1). */
static void test_spurious(void **state)
{
	for (unsigned i = 0; i < 32; i++) {
		struct rig_conf c = intr_case(i);

		rig_open(&c);
		fake_plat_hook(NULL, NULL);
		for (unsigned n = 0; n < 20; n++) {
			assert_true(uk_netdev_rxq_intr_enable(rig.dev, 0) >= 0);
			fake_ring_irq(&rig.net.fv, 0);
			fake_ring_irq(&rig.net.fv, 1);
			uk_netdev_idle(uk_clock_ns() + 10 * MS);
			assert_int_equal(rig_recv(0, 4, NULL), 0);
		}
		rig_inject(0, 60);
		assert_true(rig_recv(0, 4, NULL) & UK_NETDEV_STATUS_SUCCESS);
		rig_close();
	}
}

/* Several queues: the one that has something is told, the others are not. */
static void test_queues(void **state)
{
	for (unsigned i = 0; i < 8; i++) {
		struct rig_conf c = intr_case(i);

		c.net.nb_pairs = 3;
		c.net.offered |= FAKE_NET_F_CTRL_VQ | FAKE_NET_F_MQ;
		c.dev.nb_rx_queues = c.dev.nb_tx_queues = 3;
		c.pool_nb = 200;
		rig_open(&c);
		fake_plat_hook(NULL, NULL);
		for (unsigned n = 0; n < 100; n++) {
			uint16_t which = (uint16_t)(n % 3);
			uint64_t before = rig.nb_events[which];

			for (uint16_t q = 0; q < 3; q++)
				assert_int_equal(uk_netdev_rxq_intr_enable(rig.dev, q), 0);
			rig_inject(which, 60);
			uk_netdev_idle(uk_clock_ns() + 10 * MS);
			assert_int_equal(rig.nb_events[which], before + 1);
			for (uint16_t q = 0; q < 3; q++)
				rig_recv(q, 4, NULL);
		}
		rig_close();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sleep),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_spurious),
		cmocka_unit_test(test_queues),
	};

	return cmocka_run_group_tests(tests, NULL, rig_teardown);
}
