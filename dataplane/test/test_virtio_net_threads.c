/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Driver and device on two threads, as on two CPUs: what one thread can not show, the order of
 * memory accesses. The device sends every frame back. It sleeps until a doorbell and the
 * application sleeps until an interrupt, so one that is lost stops everything, and the test says so
 * after a while.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "dataplane/netdev_driver.h"
#include "dataplane/test/rig.h"
#include "plat-kvm/test/fake_plat.h"

#define FRAMES  6000u
#define WINDOW  48u /* frames under way at most */
#define STUCK_S 20

static atomic_bool stop, rung;
static _Atomic uint32_t nb_bounced;

/* The device thread's alone. */
static struct {
	uint8_t data[2048];
	uint32_t len;
} held[256];
static uint32_t held_head, held_tail;

static void keep_frame(void *arg, uint16_t pair, const struct fake_net_hdr *hdr,
	const uint8_t *frame, uint32_t len)
{
	uint32_t i = held_tail++ % UK_ARRAY_SIZE(held);

	memcpy(held[i].data, frame, len < sizeof(held[i].data) ? len : sizeof(held[i].data));
	held[i].len = len;
}

static void ring_bell(struct fake_virtio *fv, uint16_t q)
{
	atomic_store(&rung, true);
}

/* One round of the device; false: there was nothing to do. */
static bool device_round(void)
{
	bool work = false, shown = false;

	if (held_tail - held_head < UK_ARRAY_SIZE(held) / 2)
		work = fake_net_tx_take(&rig.net, 0, 64) > 0;
	work |= fake_net_tx_done(&rig.net, 0, 64) > 0;
	while (held_head != held_tail) {
		uint32_t i = held_head % UK_ARRAY_SIZE(held);

		if (fake_net_rx(&rig.net, 0, held[i].data, held[i].len, NULL) < 0)
			break;
		held_head++;
		shown = true;
		atomic_fetch_add(&nb_bounced, 1);
	}
	if (shown)
		fake_virtio_publish(&rig.net.fv, 0);
	return work || shown;
}

/* Sleeps until the bell rings: asks for it, looks once more (the barrier is in between), waits. */
static void device_sleep(void)
{
	atomic_store(&rung, false);
	fake_virtio_rearm(&rig.net.fv, 0);
	fake_virtio_rearm(&rig.net.fv, 1);
	atomic_thread_fence(memory_order_seq_cst);
	if (device_round())
		return;
	while (!atomic_load(&rung) && !atomic_load(&stop))
		sched_yield();
}

static void *device_main(void *arg)
{
	while (!atomic_load(&stop)) {
		if (!device_round())
			device_sleep();
	}
	return NULL;
}

static time_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static uint32_t sent, got;

static void app_send(void)
{
	struct uk_netbuf *v[8];
	uint16_t n = 0, taken;

	while (n < 8 && sent + n < FRAMES && sent + n - got < WINDOW) {
		v[n] = rig_frame(sent + n, 60 + (sent + n) % 1400, 1);
		if (v[n] == NULL)
			break;
		n++;
	}
	taken = n;
	if (n > 0)
		assert_true(uk_netdev_tx_burst(rig.dev, 0, v, &taken) >= 0);
	uk_netbuf_free_burst(v + taken, (uint16_t)(n - taken));
	sent += taken;
}

static bool app_recv(void)
{
	struct uk_netbuf *v[16];
	uint16_t cnt = 16;

	assert_true(uk_netdev_rx_burst(rig.dev, 0, v, &cnt) >= 0);
	for (uint16_t i = 0; i < cnt; i++) {
		if (!rig_frame_is(v[i], got, 60 + got % 1400))
			fail_msg("[%s] frame %u of %u bytes is not what was sent", rig.name, got,
				uk_netbuf_pkt_len(v[i]));
		uk_netbuf_free(v[i]);
		got++;
	}
	return cnt > 0;
}

/* Sleeps until the interrupt; a frame that came while it was armed is found by the second look. */
static void app_sleep(time_t give_up)
{
	if (uk_netdev_rxq_intr_enable(rig.dev, 0) == 1)
		return;
	while (!rig.dev->ops->rxq_intr_fired(rig.dev, 0)) {
		if (seconds() > give_up)
			fail_msg("[%s] nothing moves: %u sent, %u bounced, %u received", rig.name,
				sent, atomic_load(&nb_bounced), got);
		sched_yield();
	}
}

static void run(const struct rig_conf *c, bool polled)
{
	pthread_t device;

	rig_open(c);
	rig.ignore_frames = true;
	rig.net.sink = keep_frame;
	rig.net.fv.on_notify = ring_bell;
	rig.net.fv.conf.hostile = true; /* doorbells can not be judged from another thread */
	fake_plat_hook(NULL, NULL);
	held_head = held_tail = sent = got = 0;
	atomic_store(&nb_bounced, 0);
	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&device, NULL, device_main, NULL), 0);
	time_t give_up = seconds() + STUCK_S;

	while (got < FRAMES && seconds() <= give_up) {
		app_send();
		if (!app_recv()) {
			/* With a full transmit ring only a completed frame would help, which rings
			 * no bell. */
			if (polled || sent - got < WINDOW / 2)
				sched_yield();
			else
				app_sleep(give_up);
		}
	}
	atomic_store(&stop, true);
	pthread_join(device, NULL);
	if (got < FRAMES)
		fail_msg("[%s] too slow or lost: %u sent, %u received", rig.name, sent, got);
	rig.net.fv.conf.hostile = false;
	rig_close();
}

static void test_threads(void **state)
{
	for (unsigned i = 0; i < 64; i++) {
		struct rig_conf c = rig_default();

		c.net.offered |= i & 1 ? UK_VIRTIO_F_RING_PACKED : 0;
		c.net.offered |= i & 2 ? UK_VIRTIO_F_EVENT_IDX : 0;
		c.net.offered |= i & 4 ? UK_VIRTIO_F_IN_ORDER : 0;
		c.net.offered |= i & 8 ? FAKE_NET_F_MRG_RXBUF : 0;
		c.batch = i & 16;
		c.net.queue_max = i & 32 ? 8 : i & 1 ? 61 : 64;
		c.pool_nb = 300;
		c.events = true;
		run(&c, i & 16);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, rig_teardown);
}
