/* SPDX-License-Identifier: BSD-3-Clause */
/* eventfd and timerfd: counters that files give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <cmocka.h>
#include "kernel/fd.h"
#include "kernel/test/call.h"
#include "kernel/test/later.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/test/fake_plat.h"

#define MS 1000000ull

static int setup(void **state)
{
	fake_plat_reset();
	later_reset();
	return 0;
}

static long put(int fd, uint64_t value)
{
	return call(SYS_write, fd, &value, sizeof(value));
}

static long get(int fd, uint64_t *value)
{
	*value = 0;
	return call(SYS_read, fd, value, sizeof(*value));
}

static short events(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	assert_true(call(SYS_poll, &p, 1, 0) >= 0);
	return p.revents;
}

static void counter(void **state)
{
	int fd = (int)call(SYS_eventfd2, 5, EFD_NONBLOCK);
	uint64_t value;

	assert_int_equal(fd, 3);
	assert_int_equal(call(SYS_fcntl, fd, F_GETFL), O_RDWR | O_NONBLOCK);
	assert_int_equal(events(fd), POLLIN | POLLOUT);
	assert_int_equal(put(fd, 2), 8);
	assert_int_equal(get(fd, &value), 8);
	assert_int_equal(value, 7);
	assert_int_equal(get(fd, &value), -EAGAIN);
	assert_int_equal(events(fd), POLLOUT);
	assert_int_equal(put(fd, UINT64_MAX), -EINVAL);
	assert_int_equal(put(fd, UINT64_MAX - 1), 8);
	assert_int_equal(put(fd, 1), -EAGAIN);
	assert_int_equal(put(fd, 0), 8);
	assert_int_equal(events(fd), POLLIN);
	assert_int_equal(call(SYS_read, fd, &value, 7), -EINVAL);
	assert_int_equal(call(SYS_write, fd, &value, 7), -EINVAL);
	assert_int_equal(get(fd, &value), 8);
	assert_true(value == UINT64_MAX - 1);
	assert_int_equal(call(SYS_close, fd), 0);
	assert_int_equal(call(SYS_eventfd2, 0, 1 << 20), -EINVAL);
}

static void semaphore(void **state)
{
	int fd = (int)call(SYS_eventfd2, 2, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
	uint64_t value;

	assert_int_equal(call(SYS_fcntl, fd, F_GETFD), FD_CLOEXEC);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(get(fd, &value), 8);
		assert_int_equal(value, 1);
	}
	assert_int_equal(get(fd, &value), -EAGAIN);
	call(SYS_close, fd);
}

static void put_one(long fd)
{
	assert_int_equal(put((int)fd, 1), 8);
}

static void take_all(long fd)
{
	uint64_t value;

	assert_int_equal(get((int)fd, &value), 8);
}

static void blocks(void **state)
{
	int fd = (int)call(SYS_eventfd, 0);
	uint64_t value;

	later(3 * MS, put_one, fd);
	assert_int_equal(get(fd, &value), 8);
	assert_int_equal(value, 1);
	assert_int_equal(uk_clock_ns(), 3 * MS);
	assert_int_equal(put(fd, UINT64_MAX - 1), 8);
	later(5 * MS, take_all, fd);
	assert_int_equal(put(fd, 1), 8);
	assert_int_equal(uk_clock_ns(), 5 * MS);
	call(SYS_close, fd);
}

static struct itimerspec in_ms(uint64_t value, uint64_t every)
{
	return (struct itimerspec){ .it_value.tv_nsec = (long)(value * MS),
		.it_interval.tv_nsec = (long)(every * MS) };
}

static void timer(void **state)
{
	int fd = (int)call(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct itimerspec set = in_ms(10, 4), left;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t value;

	assert_int_equal(get(fd, &value), -EAGAIN);
	assert_int_equal(call(SYS_timerfd_settime, fd, 0, &set, &left), 0);
	assert_int_equal(left.it_value.tv_nsec, 0);
	fake_plat_advance(3 * MS);
	assert_int_equal(call(SYS_timerfd_gettime, fd, &left), 0);
	assert_int_equal(left.it_value.tv_nsec, 7 * MS);
	assert_int_equal(left.it_interval.tv_nsec, 4 * MS);
	assert_int_equal(call(SYS_poll, &p, 1, 5), 0);
	assert_int_equal(call(SYS_poll, &p, 1, 5), 1);
	assert_int_equal(uk_clock_ns(), 10 * MS);
	assert_int_equal(get(fd, &value), 8);
	assert_int_equal(value, 1);
	fake_plat_advance(9 * MS);
	assert_int_equal(get(fd, &value), 8);
	assert_int_equal(value, 2);
	/* a blocking read waits for the next tick at 22 ms */
	assert_int_equal(call(SYS_fcntl, fd, F_SETFL, 0), 0);
	assert_int_equal(get(fd, &value), 8);
	assert_int_equal(uk_clock_ns(), 22 * MS);
	set = in_ms(0, 0);
	assert_int_equal(call(SYS_timerfd_settime, fd, 0, &set, NULL), 0);
	assert_int_equal(call(SYS_poll, &p, 1, 100), 0);
	call(SYS_close, fd);
}

static void timer_absolute(void **state)
{
	int fd = (int)call(SYS_timerfd_create, CLOCK_REALTIME, TFD_NONBLOCK);
	uint64_t wall = uk_clock_wall_ns() + 6 * MS, value;
	struct itimerspec set = { .it_value = { .tv_sec = (time_t)(wall / 1000000000),
					  .tv_nsec = (long)(wall % 1000000000) } };
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_int_equal(call(SYS_timerfd_settime, fd, TFD_TIMER_ABSTIME, &set, NULL), 0);
	assert_int_equal(call(SYS_poll, &p, 1, -1), 1);
	assert_int_equal(uk_clock_ns(), 6 * MS);
	/* once, then never; a time that is over is now */
	assert_int_equal(get(fd, &value), 8);
	assert_int_equal(call(SYS_poll, &p, 1, 50), 0);
	assert_int_equal(call(SYS_timerfd_settime, fd, TFD_TIMER_ABSTIME, &set, NULL), 0);
	assert_int_equal(call(SYS_poll, &p, 1, -1), 1);
	call(SYS_close, fd);
}

static void timer_wrong(void **state)
{
	int fd = (int)call(SYS_timerfd_create, CLOCK_MONOTONIC, 0);
	int other = (int)call(SYS_eventfd, 0);
	struct itimerspec set = in_ms(1, 0), bad = { .it_value.tv_nsec = 1000000000 };
	uint64_t value;

	assert_int_equal(call(SYS_timerfd_create, CLOCK_PROCESS_CPUTIME_ID, 0), -EINVAL);
	assert_int_equal(call(SYS_timerfd_create, CLOCK_MONOTONIC, 1), -EINVAL);
	assert_int_equal(call(SYS_timerfd_settime, other, 0, &set, NULL), -EINVAL);
	assert_int_equal(call(SYS_timerfd_settime, 99, 0, &set, NULL), -EBADF);
	assert_int_equal(call(SYS_timerfd_settime, fd, 8, &set, NULL), -EINVAL);
	assert_int_equal(call(SYS_timerfd_settime, fd, 0, &bad, NULL), -EINVAL);
	bad.it_value = (struct timespec){ .tv_sec = -1 };
	assert_int_equal(call(SYS_timerfd_settime, fd, 0, &bad, NULL), -EINVAL);
	/* so far away that it does not fit */
	bad.it_value = (struct timespec){ .tv_sec = INT64_MAX };
	assert_int_equal(call(SYS_timerfd_settime, fd, 0, &bad, NULL), 0);
	assert_int_equal(call(SYS_read, fd, &value, 4), -EINVAL);
	assert_int_equal(put(fd, 1), -EINVAL);
	call(SYS_close, fd);
	call(SYS_close, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(counter, setup),
		cmocka_unit_test_setup(semaphore, setup),
		cmocka_unit_test_setup(blocks, setup),
		cmocka_unit_test_setup(timer, setup),
		cmocka_unit_test_setup(timer_absolute, setup),
		cmocka_unit_test_setup(timer_wrong, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
