/* SPDX-License-Identifier: BSD-3-Clause */
/* The scheduler and what waits on it: queues, time limits, futexes, pipes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "kernel/futex.h"
#include "kernel/test/call.h"
#include "kernel/test/fake_thread.h"
#include "kernel/test/later.h"
#include "kernel/thread_sched.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/power.h"
#include "plat-kvm/test/fake_plat.h"

#define MS 1000000ull

static struct uk_wait_queue queue;
static char trace[256];

static int setup(void **state)
{
	fake_plat_reset();
	memset(&queue, 0, sizeof(queue));
	trace[0] = '\0';
	return 0;
}

static void note(const char *what)
{
	strncat(trace, what, sizeof(trace) - strlen(trace) - 1);
}

static void join(struct uk_thread *t)
{
	uk_thread_join(t);
}

static void three_times(void *name)
{
	for (int i = 0; i < 3; i++) {
		note(name);
		uk_thread_yield();
	}
}

static void in_turn(void **state)
{
	struct uk_thread *a = uk_thread_create("first", three_times, "a", 0);
	struct uk_thread *b = uk_thread_create("second one that is long", three_times, "b", 0);

	assert_string_equal(uk_thread_name(a), "first");
	assert_string_equal(uk_thread_name(b), "second one that");
	assert_string_equal(uk_thread_name(uk_thread_self()), "main");
	assert_string_equal(trace, ""); /* nobody runs before main waits */
	join(a);
	join(b);
	assert_string_equal(trace, "ababab");
}

static void wait_once(void *name)
{
	assert_int_equal(uk_wait(&queue, UK_WAIT_FOREVER), 0);
	note(name);
}

static void woken_in_order(void **state)
{
	struct uk_thread *t[3];

	for (int i = 0; i < 3; i++)
		t[i] = uk_thread_create("w", wait_once, &"0\0001\0002"[2 * i], 0);
	uk_thread_yield();
	uk_wait_wake_one(&queue);
	assert_string_equal(trace, ""); /* a wake does not switch */
	uk_thread_yield();
	assert_string_equal(trace, "0");
	uk_wait_wake_all(&queue);
	for (int i = 0; i < 3; i++)
		join(t[i]);
	assert_string_equal(trace, "012");
	assert_null(queue.first);
}

static void sleep_ms(void *ms)
{
	uk_thread_sleep_until((uintptr_t)ms * MS);
	note(&"a\0b\0c\0d\0e"[2 * ((uintptr_t)ms / 10)]);
}

static void deadlines_in_order(void **state)
{
	const uintptr_t ms[] = { 20, 0, 40, 10, 30 };
	struct uk_thread *t[5];

	for (int i = 0; i < 5; i++)
		t[i] = uk_thread_create("s", sleep_ms, (void *)ms[i], 0);
	uk_thread_sleep_until(100 * MS);
	assert_string_equal(trace, "abcde");
	assert_int_equal(uk_clock_ns(), 100 * MS);
	assert_int_equal(fake_plat_idle_count(), 5);
	for (int i = 0; i < 5; i++)
		join(t[i]);
}

static void wait_timed(void *result)
{
	*(int *)result = uk_wait(&queue, 10 * MS);
}

static void woken_or_timed_out(void **state)
{
	int first = 1, second = 1;
	struct uk_thread *a = uk_thread_create("a", wait_timed, &first, 0);
	struct uk_thread *b = uk_thread_create("b", wait_timed, &second, 0);

	uk_thread_sleep_until(5 * MS);
	uk_wait_wake_one(&queue);
	uk_thread_sleep_until(20 * MS);
	assert_int_equal(first, 0);
	assert_int_equal(second, -ETIMEDOUT);
	assert_null(queue.first);
	join(a);
	join(b);
}

static void interrupted(void **state)
{
	int rc = 1;
	struct uk_thread *t = uk_thread_create("t", wait_timed, &rc, 0);

	uk_thread_yield();
	uk_thread_interrupt(t);
	join(t);
	assert_int_equal(rc, -EINTR);
	/* one that does not wait yet: its next wait ends at once */
	t = uk_thread_create("t", wait_timed, &rc, 0);
	uk_thread_interrupt(t);
	rc = 1;
	join(t);
	assert_int_equal(rc, -EINTR);
	assert_int_equal(uk_clock_ns(), 0);
	assert_null(queue.first);
}

static void ends_deep_down(void *arg);
static void (*volatile deeper)(void *arg) = ends_deep_down;

static void ends_deep_down(void *arg)
{
	char frame[1000];

	memset(frame, (int)(uintptr_t)arg, sizeof(frame));
	if ((uintptr_t)arg > 0)
		deeper((void *)((uintptr_t)arg - 1));
	else
		uk_thread_exit();
}

/* Stacks come and go; the sanitizer counts them. */
static void many(void **state)
{
	for (int round = 0; round < 50; round++) {
		fake_thread_spawn("many", ends_deep_down, (void *)20);
		join(uk_thread_create("joined", ends_deep_down, (void *)10, 0));
	}
	uk_thread_yield();
	assert_null(uk_thread_main()->all);
}

static void rounding(void *result)
{
	unsigned csr = 0x1f80 | 3 << 13; /* towards zero */
	volatile double third = 1.0, three = 3.0;

	__builtin_ia32_ldmxcsr(csr);
	uk_thread_yield();
	third = -third / three;
	*(unsigned *)result = __builtin_ia32_stmxcsr() & 3 << 13;
}

static void control_words_are_kept(void **state)
{
	unsigned in_thread = 0, before = __builtin_ia32_stmxcsr();
	struct uk_thread *t = uk_thread_create("t", rounding, &in_thread, 0);

	uk_thread_yield();
	assert_int_equal(__builtin_ia32_stmxcsr() & 3 << 13, before & 3 << 13);
	join(t);
	assert_int_equal(in_thread, 3 << 13);
}

static volatile int word;

static void lock_wait(void *name)
{
	assert_int_equal(uk_futex_wait(&word, 1, UK_WAIT_FOREVER), 0);
	note(name);
}

static void futexes(void **state)
{
	struct timespec ts = { .tv_nsec = 3000000 };
	struct uk_thread *t[4];
	static int other;

	word = 1;
	assert_int_equal(call(SYS_futex, &word, 0 /* WAIT */, 2, NULL), -EAGAIN);
	assert_int_equal(call(SYS_futex, &word, 128 /* private */, 1, &ts), -ETIMEDOUT);
	assert_int_equal(uk_clock_ns(), 3 * MS);
	ts.tv_nsec = -1;
	assert_int_equal(call(SYS_futex, &word, 0, 1, &ts), -EINVAL);
	assert_int_equal(call(SYS_futex, &word, 6 /* LOCK_PI */, 0, NULL), -ENOSYS);
	for (int i = 0; i < 4; i++)
		t[i] = uk_thread_create("f", lock_wait, &"0\0001\0002\0003"[2 * i], 0);
	uk_thread_yield();
	assert_int_equal(call(SYS_futex, &other, 1 /* WAKE */, 9), 0);
	assert_int_equal(call(SYS_futex, &word, 1, 1), 1);
	/* one is woken, one moved, one stays */
	assert_int_equal(call(SYS_futex, &word, 3 /* REQUEUE */, 1, 1, &other), 2);
	assert_int_equal(call(SYS_futex, &word, 4 /* CMP_REQUEUE */, 1, 1, &other, 5), -EAGAIN);
	uk_thread_yield();
	assert_string_equal(trace, "01");
	assert_int_equal(call(SYS_futex, &other, 1, 9), 1);
	assert_int_equal(call(SYS_futex, &word, 1, 9), 1);
	for (int i = 0; i < 4; i++)
		join(t[i]);
	assert_string_equal(trace, "0123");
}

static void moved_and_timed_out(void *result)
{
	*(int *)result = uk_futex_wait(&word, 1, 10 * MS);
}

static void a_moved_waiter_times_out(void **state)
{
	int rc = 1, other = 0;
	struct uk_thread *t = uk_thread_create("t", moved_and_timed_out, &rc, 0);

	word = 1;
	uk_thread_yield();
	assert_int_equal(uk_futex_wake(&word, 0, &other, 5), 1);
	join(t);
	assert_int_equal(rc, -ETIMEDOUT);
	assert_int_equal(uk_futex_wake(&other, 5, NULL, 0), 0);
}

static int fds[2];

static void sum_up(void *sum)
{
	uint8_t buf[1000];
	long n;

	while ((n = call(SYS_read, fds[0], buf, sizeof(buf))) > 0) {
		for (long i = 0; i < n; i++)
			*(uint64_t *)sum += buf[i];
	}
	call(SYS_close, fds[0]);
}

static void through_a_pipe(void **state)
{
	static uint8_t data[300000];
	uint64_t want = 0, sum = 0;
	struct uk_thread *t;

	for (size_t i = 0; i < sizeof(data); i++)
		want += data[i] = (uint8_t)(i * 31);
	assert_int_equal(call(SYS_pipe, fds), 0);
	t = uk_thread_create("reader", sum_up, &sum, 0);
	assert_int_equal(call(SYS_write, fds[1], data, sizeof(data)), sizeof(data));
	call(SYS_close, fds[1]);
	join(t);
	assert_true(sum == want);
}

static void take_events(void *nb)
{
	struct epoll_event ev[4];

	*(long *)nb = call(SYS_epoll_wait, fds[0], ev, 4, 20);
}

/* Two wait in one epoll; an edge wakes one of them. */
static void one_edge_wakes_one(void **state)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	long first = -1, second = -1;
	struct uk_thread *a = uk_thread_create("a", take_events, &first, 0);
	struct uk_thread *b = uk_thread_create("b", take_events, &second, 0);
	int event = (int)call(SYS_eventfd, 0);
	uint64_t one = 1;

	fds[0] = (int)call(SYS_epoll_create1, 0);
	assert_int_equal(call(SYS_epoll_ctl, fds[0], EPOLL_CTL_ADD, event, &e), 0);
	uk_thread_yield();
	assert_int_equal(call(SYS_write, event, &one, 8), 8);
	join(a);
	join(b);
	assert_int_equal(first, 1);
	assert_int_equal(second, 0);
	assert_int_equal(uk_clock_ns(), 20 * MS);
	call(SYS_close, fds[0]);
	call(SYS_close, event);
}

static unsigned polls;

static void count_poll(long arg)
{
	polls++;
	if (polls < 10)
		later(0, count_poll, 0);
}

/* Threads that are always ready do not keep the pollers from running. */
static void pollers_have_their_turn(void **state)
{
	struct uk_thread *t;

	later_reset();
	later(0, count_poll, 0);
	t = uk_thread_create("t", three_times, "t", 0);
	for (int i = 0; i < 20; i++)
		uk_thread_yield();
	join(t);
	assert_int_equal(polls, 10);
}

static void overruns(void *arg)
{
	struct uk_thread *t = uk_thread_self();

	t->guard[UK_PAGE_SIZE / 8 - 1] = 0;
	uk_thread_yield();
}

static void forever(void *arg)
{
	(void)!uk_wait(&queue, UK_WAIT_FOREVER);
}

/* The machine ends on another thread's stack, and this process is of no use after: a child plays it. */
static void ends_with(void (*fn)(void *arg), const char *name, const char *sentence)
{
	pid_t child = fork();
	jmp_buf end;
	int code;

	assert_true(child >= 0);
	if (child == 0) {
		fake_plat_power_catch(&end);
		code = setjmp(end);
		if (code == 0) {
			fake_thread_spawn(name, fn, NULL);
			(void)!uk_wait(&queue, UK_WAIT_FOREVER);
		}
		code -= UK_POWER_PANIC + 1;
		code |= strstr(fake_plat_console(), sentence) == NULL;
		/* not _exit(): the sanitizer takes this stack for another one */
		syscall(SYS_exit_group, code);
	}
	assert_int_equal(waitpid(child, &code, 0), child);
	assert_int_equal(code, 0);
}

static void overrun_stack(void **state)
{
	ends_with(overruns, "greedy", "sluice: thread greedy has overrun its stack");
}

/* Comes first: no poller is there yet. */
static void deadlock(void **state)
{
	ends_with(
		forever, "other", "sluice: deadlock: main, other wait for what nothing can bring");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(deadlock, setup),
		cmocka_unit_test_setup(overrun_stack, setup),
		cmocka_unit_test_setup(in_turn, setup),
		cmocka_unit_test_setup(woken_in_order, setup),
		cmocka_unit_test_setup(deadlines_in_order, setup),
		cmocka_unit_test_setup(woken_or_timed_out, setup),
		cmocka_unit_test_setup(interrupted, setup),
		cmocka_unit_test_setup(many, setup),
		cmocka_unit_test_setup(control_words_are_kept, setup),
		cmocka_unit_test_setup(futexes, setup),
		cmocka_unit_test_setup(a_moved_waiter_times_out, setup),
		cmocka_unit_test_setup(through_a_pipe, setup),
		cmocka_unit_test_setup(one_edge_wakes_one, setup),
		cmocka_unit_test_setup(pollers_have_their_turn, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
