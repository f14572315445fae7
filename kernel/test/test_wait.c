/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting without a scheduler: pollers run until somebody is woken or time is up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/syscall.h"
#include "kernel/wait.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/test/fake_plat.h"

#define MS 1000000ull

static struct uk_wait_queue queue;

/* Wakes `queue` in its nb-th round; until then it wants to run again in `pause_ns` (0: at once). */
static struct {
	struct uk_wait_poller poller;
	unsigned rounds, nb;
	uint64_t pause_ns;
	bool waits, added;
} dev;

static uint64_t dev_poll(struct uk_wait_poller *p)
{
	assert_ptr_equal(p, &dev.poller);
	dev.rounds++;
	if (dev.waits) {
		dev.waits = false;
		expect_assert_failure((void)!uk_wait(&queue, 0));
	}
	if (dev.nb > 0 && dev.rounds == dev.nb)
		uk_wait_wake_one(&queue);
	return dev.pause_ns == UK_WAIT_FOREVER ? UK_WAIT_FOREVER : uk_clock_ns() + dev.pause_ns;
}

/* Pollers are never taken away, so there is one for all tests. */
static void dev_set(unsigned nb, uint64_t pause_ns)
{
	if (!dev.added) {
		dev.poller.poll = dev_poll;
		uk_wait_poller_add(&dev.poller);
		dev.added = true;
	}
	dev.rounds = 0;
	dev.nb = nb;
	dev.pause_ns = pause_ns;
}

static int setup(void **state)
{
	fake_plat_reset();
	memset(&queue, 0, sizeof(queue));
	return 0;
}

static void nothing_can_wake(void **state)
{
	jmp_buf end;
	int code;

	/* a deadline is enough to go on */
	assert_int_equal(uk_wait(&queue, 5 * MS), -ETIMEDOUT);
	assert_int_equal(uk_clock_ns(), 5 * MS);
	fake_plat_power_catch(&end);
	code = setjmp(end);
	if (code == 0)
		(void)!uk_wait(&queue, UK_WAIT_FOREVER);
	assert_int_equal(code, 100 + 1);
	assert_non_null(strstr(fake_plat_console(), "sluice: deadlock: main waits"));
}

static void woken_by_a_poller(void **state)
{
	dev_set(3, 0);
	assert_int_equal(uk_wait(&queue, UK_WAIT_FOREVER), 0);
	assert_int_equal(dev.rounds, 3);
	assert_null(queue.first);
	assert_null(queue.last);
	assert_int_equal(fake_plat_idle_count(), 0);
}

static void sleeps_between_rounds(void **state)
{
	dev_set(4, 2 * MS);
	assert_int_equal(uk_wait(&queue, UK_WAIT_FOREVER), 0);
	assert_int_equal(uk_clock_ns(), 6 * MS);
	assert_int_equal(fake_plat_idle_count(), 3);
}

static void time_is_up(void **state)
{
	dev_set(0, 3 * MS);
	assert_int_equal(uk_wait(&queue, 7 * MS), -ETIMEDOUT);
	assert_int_equal(uk_clock_ns(), 7 * MS);
	assert_null(queue.first);
	/* over already: one round, no sleep */
	dev_set(0, 3 * MS);
	assert_int_equal(uk_wait(&queue, 7 * MS), -ETIMEDOUT);
	assert_int_equal(dev.rounds, 1);
	assert_int_equal(uk_clock_ns(), 7 * MS);
	/* woken in the very round in which time is up */
	dev_set(1, 0);
	assert_int_equal(uk_wait(&queue, 0), 0);
}

static void system_calls_sleep_here(void **state)
{
	dev_set(0, MS);
	assert_int_equal(uk_syscall_sleep(10 * MS), 0);
	assert_int_equal(uk_clock_ns(), 10 * MS);
	assert_true(dev.rounds >= 10);
	dev_set(0, MS);
	uk_wait_yield();
	assert_int_equal(dev.rounds, 1);
}

static void pollers_may_not_wait(void **state)
{
	dev_set(1, 0);
	dev.waits = true;
	assert_int_equal(uk_wait(&queue, UK_WAIT_FOREVER), 0);
}

static struct watcher {
	struct uk_wait_watch watch;
	unsigned told, gone;
	bool once;
} watchers[3];

static void told(struct uk_wait_watch *w)
{
	struct watcher *who = UK_CONTAINER_OF(w, struct watcher, watch);

	who->told++;
	if (who->once)
		uk_wait_unwatch(w);
}

static void gone(struct uk_wait_watch *w)
{
	UK_CONTAINER_OF(w, struct watcher, watch)->gone++;
}

static void watches(void **state)
{
	memset(watchers, 0, sizeof(watchers));
	for (int i = 0; i < 3; i++) {
		watchers[i].watch.woken = told;
		watchers[i].watch.gone = i == 2 ? NULL : gone;
		uk_wait_watch(&queue, &watchers[i].watch);
	}
	watchers[1].once = true;
	uk_wait_wake_one(&queue);
	uk_wait_wake_all(&queue);
	assert_int_equal(watchers[0].told, 2);
	assert_int_equal(watchers[1].told, 1);
	assert_int_equal(watchers[2].told, 2);
	uk_wait_unwatch(&watchers[1].watch);
	uk_wait_queue_end(&queue);
	assert_int_equal(watchers[0].gone, 1);
	assert_int_equal(watchers[1].gone, 0);
	assert_null(queue.watches);
	uk_wait_wake_all(&queue);
	assert_int_equal(watchers[0].told, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_can_wake, setup), /* before there is a poller */
		cmocka_unit_test_setup(woken_by_a_poller, setup),
		cmocka_unit_test_setup(sleeps_between_rounds, setup),
		cmocka_unit_test_setup(time_is_up, setup),
		cmocka_unit_test_setup(system_calls_sleep_here, setup),
		cmocka_unit_test_setup(pollers_may_not_wait, setup),
		cmocka_unit_test_setup(watches, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
