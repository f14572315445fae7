/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <cmocka.h>
#include "kernel/fd.h"
#include "kernel/test/call.h"
#include "kernel/test/later.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/test/fake_plat.h"

#define MS       1000000ull
#define CAPACITY 65536

static int rd, wr;
static char data[2 * CAPACITY], got[2 * CAPACITY];

static int setup(void **state)
{
	int fds[2];

	fake_plat_reset();
	later_reset();
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 + i / 251);
	memset(got, 0, sizeof(got));
	assert_int_equal(call(SYS_pipe2, fds, O_NONBLOCK), 0);
	rd = fds[0];
	wr = fds[1];
	return 0;
}

static int teardown(void **state)
{
	call(SYS_close, rd);
	call(SYS_close, wr);
	return 0;
}

static void block(int fd)
{
	assert_int_equal(call(SYS_fcntl, fd, F_SETFL, 0), 0);
}

static short events(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	assert_true(call(SYS_poll, &p, 1, 0) >= 0);
	return p.revents;
}

static void bytes_in_order(void **state)
{
	size_t put = 0, taken = 0;

	/* odd sizes go round the ring several times */
	while (taken < sizeof(data)) {
		long n = put < sizeof(data)
				 ? call(SYS_write, wr, data + put,
					   sizeof(data) - put < 7001 ? sizeof(data) - put : 7001)
				 : 0;

		put += n > 0 ? (size_t)n : 0;
		n = call(SYS_read, rd, got + taken, 3333);
		assert_true(n > 0);
		taken += (size_t)n;
	}
	assert_memory_equal(data, got, sizeof(data));
	assert_int_equal(call(SYS_read, rd, got, 1), -EAGAIN);
}

static void full_and_partial(void **state)
{
	int nb;

	assert_int_equal(events(rd), 0);
	assert_int_equal(events(wr), POLLOUT);
	assert_int_equal(call(SYS_write, wr, data, 0), 0);
	assert_int_equal(call(SYS_write, wr, data, sizeof(data)), CAPACITY);
	assert_int_equal(call(SYS_ioctl, rd, FIONREAD, &nb), 0);
	assert_int_equal(nb, CAPACITY);
	assert_int_equal(call(SYS_write, wr, data, 1), -EAGAIN);
	assert_int_equal(events(rd), POLLIN);
	assert_int_equal(events(wr), 0);
	assert_int_equal(call(SYS_read, rd, got, 4095), 4095);
	assert_int_equal(events(wr), 0);
	/* up to PIPE_BUF: whole or not at all; more: what fits */
	assert_int_equal(call(SYS_write, wr, data, 4096), -EAGAIN);
	assert_int_equal(call(SYS_write, wr, data, 4097), 4095);
	assert_int_equal(call(SYS_read, rd, got, 4096), 4096);
	assert_int_equal(events(wr), POLLOUT);
	assert_int_equal(call(SYS_write, wr, data, 4096), 4096);
}

static void several_buffers(void **state)
{
	struct iovec out[] = { { data, 3 }, { data, 0 }, { data + 3, 5000 } };
	struct iovec in[] = { { got, 1 }, { got + 1, 5010 } };

	assert_int_equal(call(SYS_writev, wr, out, 3), 5003);
	assert_int_equal(call(SYS_readv, rd, in, 2), 5003);
	assert_memory_equal(data, got, 5003);
}

static void take(long n)
{
	assert_int_equal(call(SYS_read, rd, got, n), n);
}

static void give(long n)
{
	assert_int_equal(call(SYS_write, wr, data, n), n);
}

static void shut(long fd)
{
	assert_int_equal(call(SYS_close, fd), 0);
}

static void blocking(void **state)
{
	block(rd);
	block(wr);
	later(2 * MS, give, 100);
	assert_int_equal(call(SYS_read, rd, got, sizeof(got)), 100);
	assert_int_equal(uk_clock_ns(), 2 * MS);
	give(CAPACITY);
	later(3 * MS, take, 4095);
	later(4 * MS, take, 1);
	assert_int_equal(call(SYS_write, wr, data, 4096), 4096);
	assert_int_equal(uk_clock_ns(), 4 * MS);
	later(5 * MS, take, 10);
	later(6 * MS, take, 20);
	assert_int_equal(call(SYS_write, wr, data, 30), 30);
	assert_int_equal(uk_clock_ns(), 6 * MS);
	/* a long one goes in bit by bit, and ends short when the reader goes */
	later(7 * MS, take, 1000);
	later(8 * MS, shut, rd);
	assert_int_equal(call(SYS_write, wr, data, 5000), 1000);
	assert_int_equal(call(SYS_write, wr, data, 5000), -EPIPE);
}

static void the_other_end_goes(void **state)
{
	struct pollfd p = { .fd = rd, .events = POLLIN };

	give(5);
	assert_int_equal(call(SYS_close, wr), 0);
	assert_int_equal(events(rd), POLLIN | POLLHUP);
	assert_int_equal(call(SYS_read, rd, got, 10), 5);
	assert_int_equal(events(rd), POLLHUP);
	assert_int_equal(call(SYS_read, rd, got, 10), 0);
	call(SYS_close, rd);
	setup(state);
	assert_int_equal(call(SYS_close, rd), 0);
	assert_int_equal(events(wr), POLLOUT | POLLERR);
	assert_int_equal(call(SYS_write, wr, data, 1), -EPIPE);
	call(SYS_close, wr);
	/* while somebody waits */
	setup(state);
	block(rd);
	later(MS, shut, wr);
	assert_int_equal(call(SYS_read, rd, got, 1), 0);
	call(SYS_close, rd);
	setup(state);
	later(MS, shut, wr);
	p.fd = rd;
	assert_int_equal(call(SYS_poll, &p, 1, -1), 1);
	assert_int_equal(p.revents, POLLHUP);
}

static void a_duplicate_keeps_the_end_open(void **state)
{
	int two = (int)call(SYS_dup, wr);

	assert_int_equal(call(SYS_close, wr), 0);
	assert_int_equal(call(SYS_read, rd, got, 1), -EAGAIN);
	assert_int_equal(call(SYS_write, two, data, 3), 3);
	assert_int_equal(call(SYS_close, two), 0);
	assert_int_equal(call(SYS_read, rd, got, 9), 3);
	assert_int_equal(call(SYS_read, rd, got, 9), 0);
}

static void wrong_use(void **state)
{
	struct stat st;
	int fds[2];

	assert_int_equal(call(SYS_write, rd, data, 1), -EBADF);
	assert_int_equal(call(SYS_read, wr, got, 1), -EBADF);
	assert_int_equal(call(SYS_lseek, rd, 0, SEEK_SET), -ESPIPE);
	assert_int_equal(call(SYS_fstat, wr, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(call(SYS_pipe2, fds, O_APPEND), -EINVAL);
	assert_int_equal(call(SYS_pipe, fds), 0);
	assert_int_equal(call(SYS_fcntl, fds[0], F_GETFL), O_RDONLY);
	assert_int_equal(call(SYS_fcntl, fds[1], F_GETFL), O_WRONLY);
	call(SYS_close, fds[0]);
	call(SYS_close, fds[1]);
}

static void no_numbers_left(void **state)
{
	int fds[2], last = 0;

	for (int n = 0; n >= 0; n = (int)call(SYS_dup, rd))
		last = n;
	assert_int_equal(call(SYS_pipe, fds), -EMFILE);
	call(SYS_close, last);
	assert_int_equal(call(SYS_pipe, fds), -EMFILE); /* one is not enough */
	assert_int_equal(call(SYS_dup, rd), last);
	for (int n = 3; n < UK_FD_MAX; n++)
		call(SYS_close, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bytes_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(full_and_partial, setup, teardown),
		cmocka_unit_test_setup_teardown(several_buffers, setup, teardown),
		cmocka_unit_test_setup_teardown(blocking, setup, teardown),
		cmocka_unit_test_setup_teardown(the_other_end_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_duplicate_keeps_the_end_open, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_use, setup, teardown),
		cmocka_unit_test_setup_teardown(no_numbers_left, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
