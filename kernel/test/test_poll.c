/* SPDX-License-Identifier: BSD-3-Clause */
/* poll, ppoll, select and pselect6 on pipes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <cmocka.h>
#include "kernel/fd.h"
#include "kernel/test/call.h"
#include "kernel/test/later.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/test/fake_plat.h"

#define MS       1000000ull
#define NB_PIPES 20

static int rd[NB_PIPES], wr[NB_PIPES];

static int setup(void **state)
{
	fake_plat_reset();
	later_reset();
	for (int i = 0; i < NB_PIPES; i++) {
		int fds[2];

		assert_int_equal(call(SYS_pipe, fds), 0);
		rd[i] = fds[0];
		wr[i] = fds[1];
	}
	return 0;
}

static int teardown(void **state)
{
	for (int fd = 3; fd < UK_FD_MAX; fd++)
		call(SYS_close, fd);
	return 0;
}

static void give(long i)
{
	assert_int_equal(call(SYS_write, wr[i], "x", 1), 1);
}

static void nothing(long i)
{
	(void)i;
}

static void looks(void **state)
{
	struct pollfd p[] = { { rd[0], POLLIN, 9 }, { -1, POLLIN, 9 },
		{ wr[0], POLLIN | POLLOUT, 9 }, { 999, POLLIN, 9 },
		{ rd[1], POLLIN | POLLRDNORM, 9 }, { rd[1], POLLOUT, 9 } };

	give(1);
	assert_int_equal(call(SYS_poll, p, 6, 0), 3);
	assert_int_equal(p[0].revents, 0);
	assert_int_equal(p[1].revents, 0);
	assert_int_equal(p[2].revents, POLLOUT);
	assert_int_equal(p[3].revents, POLLNVAL);
	assert_int_equal(p[4].revents, POLLIN | POLLRDNORM);
	assert_int_equal(p[5].revents, 0);
	/* errors are told unasked */
	p[5].events = 0;
	call(SYS_close, wr[1]);
	assert_int_equal(call(SYS_poll, &p[5], 1, -1), 1);
	assert_int_equal(p[5].revents, POLLHUP);
	assert_int_equal(call(SYS_poll, p, UK_FD_MAX + 1, 0), -EINVAL);
}

static void waits(void **state)
{
	struct pollfd p[NB_PIPES];

	for (int i = 0; i < NB_PIPES; i++)
		p[i] = (struct pollfd){ .fd = rd[i], .events = POLLIN };
	assert_int_equal(call(SYS_poll, p, 3, 5), 0);
	assert_int_equal(uk_clock_ns(), 5 * MS);
	later(8 * MS, give, 2);
	assert_int_equal(call(SYS_poll, p, 3, -1), 1);
	assert_int_equal(p[2].revents, POLLIN);
	assert_int_equal(uk_clock_ns(), 8 * MS);
	/* more than fit on the stack; the same file twice */
	p[2].fd = rd[0];
	later(9 * MS, give, 0);
	assert_int_equal(call(SYS_poll, p, NB_PIPES, 1000), 2);
	assert_int_equal(uk_clock_ns(), 9 * MS);
	/* nobody is left watching */
	for (int i = 0; i < NB_PIPES; i++) {
		struct uk_file *f = uk_fd_get(rd[i]);

		assert_null(f->wq.watches);
		assert_int_equal(f->refs, 2);
		uk_fd_put(f);
	}
}

static void no_files_is_a_sleep(void **state)
{
	assert_int_equal(call(SYS_poll, NULL, 0, 4), 0);
	assert_int_equal(uk_clock_ns(), 4 * MS);
}

/* A poll that does not wait lets the others run once: an answer may come. */
static void others_run_once(void **state)
{
	struct pollfd p = { .fd = rd[0], .events = POLLIN };

	later(0, give, 0);
	assert_int_equal(call(SYS_poll, &p, 1, 0), 1);
	/* and one that is always ready does so now and then */
	later(0, give, 1);
	p.fd = rd[1];
	for (int i = 0; i < 20; i++) {
		struct pollfd busy = { .fd = rd[0], .events = POLLIN };

		assert_int_equal(call(SYS_poll, &busy, 1, -1), 1);
	}
	later_reset();
	assert_int_equal(call(SYS_poll, &p, 1, 0), 1);
}

static void closed_meanwhile(long i)
{
	assert_int_equal(call(SYS_close, rd[i]), 0);
	give(i);
}

static void a_closed_file_is_still_watched(void **state)
{
	struct pollfd p = { .fd = rd[0], .events = POLLIN };

	later(MS, closed_meanwhile, 0);
	assert_int_equal(call(SYS_poll, &p, 1, -1), 1);
	assert_int_equal(p.revents, POLLIN);
	assert_int_equal(call(SYS_write, wr[0], "x", 1), -EPIPE);
}

static void ppoll_times(void **state)
{
	struct pollfd p = { .fd = rd[0], .events = POLLIN };
	struct timespec ts = { .tv_nsec = 1500000 };

	assert_int_equal(call(SYS_ppoll, &p, 1, &ts, NULL, 8), 0);
	assert_int_equal(uk_clock_ns(), 1500000);
	ts = (struct timespec){ .tv_sec = INT64_MAX, .tv_nsec = 999999999 };
	later(2 * MS, give, 0);
	assert_int_equal(call(SYS_ppoll, &p, 1, &ts, NULL, 8), 1);
	ts.tv_nsec = 1000000000;
	assert_int_equal(call(SYS_ppoll, &p, 1, &ts, NULL, 8), -EINVAL);
	ts = (struct timespec){ .tv_sec = -1 };
	assert_int_equal(call(SYS_ppoll, &p, 1, &ts, NULL, 8), -EINVAL);
}

static void select_sets(void **state)
{
	struct timeval tv = { .tv_usec = 7000 };
	fd_set r, w, e;
	int n = wr[NB_PIPES - 1] + 1;

	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&e);
	FD_SET(rd[0], &r);
	FD_SET(rd[1], &r);
	FD_SET(rd[1], &e);
	later(3 * MS, give, 1);
	assert_int_equal(call(SYS_select, n, &r, NULL, &e, &tv), 1);
	assert_true(!FD_ISSET(rd[0], &r) && FD_ISSET(rd[1], &r) && !FD_ISSET(rd[1], &e));
	assert_int_equal(uk_clock_ns(), 3 * MS);
	for (int i = 0; i < NB_PIPES; i++) {
		FD_SET(wr[i], &w);
		FD_SET(wr[i], &r);
	}
	assert_int_equal(call(SYS_select, n, &r, &w, NULL, NULL), NB_PIPES + 1);
	assert_true(FD_ISSET(wr[5], &w) && !FD_ISSET(wr[5], &r) && FD_ISSET(rd[1], &r));
}

/* Who waits to write is not told of a hang-up, unlike with poll(). */
static void select_waits_for_what_it_asked(void **state)
{
	struct timespec ts = { .tv_nsec = 5000000 };
	fd_set r, w;

	FD_ZERO(&w);
	FD_SET(rd[0], &w);
	call(SYS_close, wr[0]);
	assert_int_equal(call(SYS_pselect6, rd[0] + 1, NULL, &w, NULL, &ts, NULL), 0);
	assert_int_equal(uk_clock_ns(), 5 * MS);
	assert_false(FD_ISSET(rd[0], &w));
	assert_int_equal(ts.tv_nsec, 5000000);
	FD_ZERO(&r);
	FD_SET(rd[0], &r);
	assert_int_equal(call(SYS_pselect6, rd[0] + 1, &r, NULL, NULL, NULL, NULL), 1);
}

static void select_wrong(void **state)
{
	struct timeval tv = { .tv_sec = -1 };
	fd_set r;

	FD_ZERO(&r);
	assert_int_equal(call(SYS_select, -1, &r, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(call(SYS_select, 5, &r, NULL, NULL, &tv), -EINVAL);
	FD_SET(900, &r);
	assert_int_equal(call(SYS_select, 1024, &r, NULL, NULL, NULL), -EBADF);
	tv = (struct timeval){ 0 };
	assert_int_equal(call(SYS_select, 900, &r, NULL, NULL, &tv), 0);
	later(0, nothing, 0);
	tv = (struct timeval){ .tv_usec = 2500000 };
	assert_int_equal(call(SYS_select, 0, NULL, NULL, NULL, &tv), 0);
	assert_int_equal(uk_clock_ns(), 2500 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(looks, setup, teardown),
		cmocka_unit_test_setup_teardown(waits, setup, teardown),
		cmocka_unit_test_setup_teardown(no_files_is_a_sleep, setup, teardown),
		cmocka_unit_test_setup_teardown(others_run_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_closed_file_is_still_watched, setup, teardown),
		cmocka_unit_test_setup_teardown(ppoll_times, setup, teardown),
		cmocka_unit_test_setup_teardown(select_sets, setup, teardown),
		cmocka_unit_test_setup_teardown(select_waits_for_what_it_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(select_wrong, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
