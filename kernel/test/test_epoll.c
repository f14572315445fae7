/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <cmocka.h>
#include "kernel/fd.h"
#include "kernel/test/call.h"
#include "kernel/test/later.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/test/fake_plat.h"

#define MS 1000000ull

static int ep, rd, wr;
static struct epoll_event ev[16];

static int setup(void **state)
{
	int fds[2];

	fake_plat_reset();
	later_reset();
	ep = (int)call(SYS_epoll_create1, EPOLL_CLOEXEC);
	assert_int_equal(ep, 3);
	assert_int_equal(call(SYS_pipe2, fds, O_NONBLOCK), 0);
	rd = fds[0];
	wr = fds[1];
	return 0;
}

static int teardown(void **state)
{
	for (int fd = 3; fd < UK_FD_MAX; fd++)
		call(SYS_close, fd);
	return 0;
}

static long ctl(int op, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.u64 = (uint64_t)fd << 32 | 7 };

	return call(SYS_epoll_ctl, ep, op, fd, &e);
}

/* What epoll_wait gives at once. */
static long ready(int max)
{
	memset(ev, 0, sizeof(ev));
	return call(SYS_epoll_wait, ep, ev, max, 0);
}

static void give(long n)
{
	static const char zeros[8192];

	assert_int_equal(call(SYS_write, wr, zeros, n), n);
}

static void take(long n)
{
	char buf[8192];

	assert_int_equal(call(SYS_read, rd, buf, n), n);
}

static void level(void **state)
{
	assert_int_equal(ctl(EPOLL_CTL_ADD, rd, EPOLLIN), 0);
	assert_int_equal(ready(16), 0);
	give(2);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ready(16), 1);
		assert_int_equal(ev[0].events, EPOLLIN);
		assert_true(ev[0].data.u64 == ((uint64_t)rd << 32 | 7));
	}
	take(2);
	assert_int_equal(ready(16), 0);
	/* ready when it is added */
	give(1);
	assert_int_equal(ctl(EPOLL_CTL_DEL, rd, 0), 0);
	assert_int_equal(ready(16), 0);
	assert_int_equal(ctl(EPOLL_CTL_ADD, rd, EPOLLIN), 0);
	assert_int_equal(ready(16), 1);
}

static void edge(void **state)
{
	give(1);
	assert_int_equal(ctl(EPOLL_CTL_ADD, rd, EPOLLIN | EPOLLET), 0);
	assert_int_equal(ready(16), 1);
	assert_int_equal(ready(16), 0);
	give(1);
	assert_int_equal(ready(16), 1);
	assert_int_equal(ready(16), 0);
	take(2);
	assert_int_equal(ready(16), 0);
	/* two wakes are one event; what was taken meanwhile is none */
	give(1);
	give(1);
	assert_int_equal(ready(16), 1);
	assert_int_equal(ready(16), 0);
	give(1);
	take(3);
	assert_int_equal(ready(16), 0);
	/* a change looks anew */
	give(1);
	assert_int_equal(ready(16), 1);
	assert_int_equal(ctl(EPOLL_CTL_MOD, rd, EPOLLIN | EPOLLET), 0);
	assert_int_equal(ready(16), 1);
	assert_int_equal(ready(16), 0);
}

/* Room in a full pipe is an edge for who writes. */
static void edge_of_room(void **state)
{
	assert_int_equal(ctl(EPOLL_CTL_ADD, wr, EPOLLOUT | EPOLLET), 0);
	assert_int_equal(ready(16), 1);
	for (int i = 0; i < 8; i++)
		give(8192);
	assert_int_equal(ready(16), 0);
	take(8192);
	assert_int_equal(ready(16), 1);
	assert_int_equal(ev[0].events, EPOLLOUT);
	assert_int_equal(ready(16), 0);
	/* more room is no news */
	take(8192);
	assert_int_equal(ready(16), 0);
}

/* What is taken is no edge for who reads, what is put none for who writes: they share one queue. */
static void edges_apart(void **state)
{
	int event = (int)call(SYS_eventfd2, 2, EFD_NONBLOCK | EFD_SEMAPHORE);
	int two = (int)call(SYS_dup, event);
	uint64_t value = 1;

	assert_int_equal(ctl(EPOLL_CTL_ADD, event, EPOLLRDNORM | EPOLLET), 0);
	assert_int_equal(ctl(EPOLL_CTL_ADD, two, EPOLLOUT | EPOLLET), 0);
	assert_int_equal(ready(16), 2);
	assert_int_equal(call(SYS_read, event, &value, 8), 8);
	assert_int_equal(ready(16), 1);
	assert_int_equal(ev[0].events, EPOLLOUT);
	assert_int_equal(call(SYS_write, event, &value, 8), 8);
	assert_int_equal(ready(16), 1);
	assert_int_equal(ev[0].events, EPOLLRDNORM);
}

static void oneshot(void **state)
{
	assert_int_equal(ctl(EPOLL_CTL_ADD, rd, EPOLLIN | EPOLLONESHOT), 0);
	give(1);
	assert_int_equal(ready(16), 1);
	give(1);
	assert_int_equal(ready(16), 0);
	call(SYS_close, wr);
	assert_int_equal(ready(16), 0); /* not even the hang-up */
	assert_int_equal(ctl(EPOLL_CTL_MOD, rd, EPOLLIN | EPOLLONESHOT), 0);
	assert_int_equal(ready(16), 1);
	assert_int_equal(ev[0].events, EPOLLIN | EPOLLHUP);
	assert_int_equal(ready(16), 0);
}

static void waits(void **state)
{
	struct timespec ts = { .tv_nsec = 2500000 };

	assert_int_equal(ctl(EPOLL_CTL_ADD, rd, EPOLLIN), 0);
	assert_int_equal(call(SYS_epoll_wait, ep, ev, 16, 5), 0);
	assert_int_equal(uk_clock_ns(), 5 * MS);
	later(6 * MS, give, 1);
	assert_int_equal(call(SYS_epoll_pwait, ep, ev, 16, -1, NULL, 8), 1);
	assert_int_equal(uk_clock_ns(), 6 * MS);
	take(1);
	assert_int_equal(call(441, ep, ev, 16, &ts, NULL, 8), 0); /* epoll_pwait2 */
	assert_int_equal(uk_clock_ns(), 8500000);
	ts.tv_nsec = -1;
	assert_int_equal(call(441, ep, ev, 16, &ts, NULL, 8), -EINVAL);
	/* nobody may be ready until somebody is */
	later(9 * MS, give, 1);
	assert_int_equal(ready(16), 0);
	fake_plat_advance(MS);
	assert_int_equal(ready(16), 1); /* the others ran once */
}

/* More are ready than asked for: each has its turn. */
static void takes_turns(void **state)
{
	unsigned seen[16] = { 0 };

	for (int i = 0; i < 10; i++) {
		int fd = (int)call(SYS_eventfd2, 1, EFD_NONBLOCK);

		assert_int_equal(fd, 6 + i);
		assert_int_equal(ctl(EPOLL_CTL_ADD, fd, EPOLLIN), 0);
	}
	for (int round = 0; round < 5; round++) {
		assert_int_equal(ready(2), 2);
		seen[(ev[0].data.u64 >> 32) - 6]++;
		seen[(ev[1].data.u64 >> 32) - 6]++;
	}
	for (int i = 0; i < 10; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(ready(16), 10);
}

static void the_last_close_takes_it_away(void **state)
{
	int two = (int)call(SYS_dup, rd);

	assert_int_equal(ctl(EPOLL_CTL_ADD, rd, EPOLLIN), 0);
	assert_int_equal(ctl(EPOLL_CTL_ADD, two, EPOLLIN), 0); /* another number: another item */
	give(1);
	assert_int_equal(ready(16), 2);
	call(SYS_close, two);
	assert_int_equal(ready(16), 2); /* as Linux: the file is open still */
	call(SYS_close, rd);
	assert_int_equal(ready(16), 0);
	assert_int_equal(ctl(EPOLL_CTL_DEL, rd, 0), -EBADF);
	/* the number is another file's now */
	rd = (int)call(SYS_eventfd, 1);
	assert_int_equal(ctl(EPOLL_CTL_MOD, rd, EPOLLIN), -ENOENT);
	assert_int_equal(ctl(EPOLL_CTL_ADD, rd, EPOLLIN), 0);
	assert_int_equal(ready(16), 1);
}

static void hang_up(void **state)
{
	assert_int_equal(ctl(EPOLL_CTL_ADD, rd, 0), 0);
	give(1);
	assert_int_equal(ready(16), 0);
	call(SYS_close, wr);
	assert_int_equal(ready(16), 1);
	assert_int_equal(ev[0].events, EPOLLHUP);
}

static void put_one(long fd)
{
	uint64_t one = 1;

	assert_int_equal(call(SYS_write, fd, &one, sizeof(one)), 8);
}

/* An epoll in poll(), and one in another. */
static void nested(void **state)
{
	struct pollfd p = { .fd = ep, .events = POLLIN | POLLOUT };
	int outer = (int)call(SYS_epoll_create, 1), event = (int)call(SYS_eventfd, 0), inner = ep;
	struct epoll_event e = { .events = EPOLLIN, .data.fd = inner };

	assert_int_equal(ctl(EPOLL_CTL_ADD, event, EPOLLIN), 0);
	assert_int_equal(call(SYS_poll, &p, 1, 0), 0);
	later(MS, put_one, event);
	assert_int_equal(call(SYS_poll, &p, 1, -1), 1);
	assert_int_equal(p.revents, POLLIN);
	assert_int_equal(uk_clock_ns(), MS);
	assert_int_equal(call(SYS_epoll_ctl, outer, EPOLL_CTL_ADD, inner, &e), 0);
	assert_int_equal(call(SYS_epoll_wait, outer, ev, 16, 0), 1);
	assert_int_equal(ev[0].data.fd, inner);
	assert_int_equal(call(SYS_read, event, &(uint64_t){ 0 }, 8), 8);
	assert_int_equal(call(SYS_epoll_wait, outer, ev, 16, 0), 0);
	later(2 * MS, put_one, event);
	assert_int_equal(call(SYS_epoll_wait, outer, ev, 16, -1), 1);
	call(SYS_close, inner);
	assert_int_equal(call(SYS_epoll_wait, outer, ev, 16, 0), 0);
}

static void no_loops(void **state)
{
	struct epoll_event e = { .events = EPOLLIN };
	int chain[6];

	for (int i = 0; i < 6; i++)
		chain[i] = (int)call(SYS_epoll_create1, 0);
	assert_int_equal(call(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, ep, &e), -EINVAL);
	/* 0 in 1 in 2 in 3 in 4: five in all, that is enough from either end */
	for (int i = 3; i >= 0; i--)
		assert_int_equal(call(SYS_epoll_ctl, chain[i + 1], EPOLL_CTL_ADD, chain[i], &e), 0);
	assert_int_equal(call(SYS_epoll_ctl, chain[0], EPOLL_CTL_ADD, ep, &e), -ELOOP);
	assert_int_equal(call(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, chain[4], &e), -ELOOP);
	assert_int_equal(call(SYS_epoll_ctl, chain[0], EPOLL_CTL_ADD, chain[4], &e), -ELOOP);
	assert_int_equal(call(SYS_epoll_ctl, chain[0], EPOLL_CTL_ADD, chain[1], &e), -ELOOP);
	assert_int_equal(call(SYS_epoll_ctl, chain[0], EPOLL_CTL_ADD, rd, &e), 0);
}

static void wrong_use(void **state)
{
	assert_int_equal(call(SYS_epoll_create, 0), -EINVAL);
	assert_int_equal(call(SYS_epoll_create1, 1), -EINVAL);
	assert_int_equal(call(SYS_epoll_wait, ep, ev, 0, 0), -EINVAL);
	assert_int_equal(call(SYS_epoll_wait, ep, ev, -1, 0), -EINVAL);
	assert_int_equal(call(SYS_epoll_wait, rd, ev, 1, 0), -EINVAL);
	assert_int_equal(call(SYS_epoll_wait, 99, ev, 1, 0), -EBADF);
	assert_int_equal(call(SYS_read, ep, ev, 8), -EINVAL);
	assert_int_equal(ctl(EPOLL_CTL_ADD, 99, EPOLLIN), -EBADF);
	assert_int_equal(ctl(EPOLL_CTL_MOD, rd, EPOLLIN), -ENOENT);
	assert_int_equal(ctl(EPOLL_CTL_DEL, rd, EPOLLIN), -ENOENT);
	assert_int_equal(ctl(99, rd, EPOLLIN), -EINVAL);
	assert_int_equal(ctl(EPOLL_CTL_ADD, rd, EPOLLIN), 0);
	assert_int_equal(ctl(EPOLL_CTL_ADD, rd, EPOLLIN), -EEXIST);
	assert_int_equal(call(SYS_epoll_ctl, rd, EPOLL_CTL_ADD, wr, ev), -EINVAL);
	assert_int_equal(call(SYS_epoll_ctl, 99, EPOLL_CTL_ADD, wr, ev), -EBADF);
	/* exclusive: taken, with nothing that contradicts it */
	assert_int_equal(ctl(EPOLL_CTL_ADD, wr, EPOLLOUT | EPOLLEXCLUSIVE | EPOLLONESHOT), -EINVAL);
	assert_int_equal(ctl(EPOLL_CTL_ADD, wr, EPOLLOUT | EPOLLEXCLUSIVE | EPOLLET), 0);
	assert_int_equal(ctl(EPOLL_CTL_MOD, wr, EPOLLOUT), -EINVAL);
	assert_int_equal(ready(16), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(level, setup, teardown),
		cmocka_unit_test_setup_teardown(edge, setup, teardown),
		cmocka_unit_test_setup_teardown(edge_of_room, setup, teardown),
		cmocka_unit_test_setup_teardown(edges_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(oneshot, setup, teardown),
		cmocka_unit_test_setup_teardown(waits, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(the_last_close_takes_it_away, setup, teardown),
		cmocka_unit_test_setup_teardown(hang_up, setup, teardown),
		cmocka_unit_test_setup_teardown(nested, setup, teardown),
		cmocka_unit_test_setup_teardown(no_loops, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_use, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
