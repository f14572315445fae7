/* SPDX-License-Identifier: BSD-3-Clause */
/* Descriptors: numbers, duplicates, flags, and the console behind 0, 1 and 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <cmocka.h>
#include "kernel/fd.h"
#include "kernel/test/call.h"
#include "plat-kvm/test/fake_plat.h"

/* A file that counts what happens to it; reading gives its text. */
struct thing {
	struct uk_file file;
	unsigned released;
	const char *text;
};

static ssize_t thing_readv(struct uk_file *f, const struct iovec *v, int n)
{
	struct thing *t = UK_CONTAINER_OF(f, struct thing, file);

	return (ssize_t)uk_fd_iov_put(v, n, 0, t->text, strlen(t->text));
}

static void thing_release(struct uk_file *f)
{
	UK_CONTAINER_OF(f, struct thing, file)->released++;
}

static const struct uk_file_ops thing_ops = {
	.kind = "thing",
	.readv = thing_readv,
	.release = thing_release,
};

static struct thing thing;

static int thing_open(int flags, int fd_flags)
{
	memset(&thing, 0, sizeof(thing));
	thing.text = "0123456789";
	uk_fd_file_init(&thing.file, &thing_ops, flags);
	return uk_fd_install(&thing.file, fd_flags);
}

static int setup(void **state)
{
	fake_plat_reset();
	return 0;
}

static void numbers(void **state)
{
	int fd = thing_open(O_RDWR, 0);

	assert_int_equal(fd, 3);
	assert_int_equal(call(SYS_dup, 3), 4);
	assert_int_equal(call(SYS_dup, 3), 5);
	assert_int_equal(call(SYS_close, 4), 0);
	assert_int_equal(call(SYS_close, 4), -EBADF);
	assert_int_equal(call(SYS_fcntl, 3, F_DUPFD, 100), 100);
	assert_int_equal(call(SYS_dup, 100), 4);
	assert_int_equal(call(SYS_close, 3), 0);
	assert_int_equal(call(SYS_dup2, 4, 3), 3);
	assert_int_equal(call(SYS_dup2, 3, 3), 3);
	assert_int_equal(call(SYS_dup2, 77, 77), -EBADF);
	assert_int_equal(call(SYS_dup2, 3, UK_FD_MAX), -EBADF);
	assert_int_equal(call(SYS_dup2, 3, -1), -EBADF);
	assert_int_equal(call(SYS_dup3, 3, 3, 0), -EINVAL);
	assert_int_equal(call(SYS_dup3, 3, 6, O_APPEND), -EINVAL);
	assert_int_equal(call(SYS_dup3, 3, 4, O_CLOEXEC), 4);
	assert_int_equal(call(SYS_fcntl, 4, F_GETFD), FD_CLOEXEC);
	assert_int_equal(call(SYS_fcntl, 3, F_DUPFD, UK_FD_MAX), -EINVAL);
	assert_int_equal(call(SYS_fcntl, 3, F_DUPFD, -1), -EINVAL);
	for (int i = 3; i <= 5; i++)
		assert_int_equal(call(SYS_close, i), 0);
	assert_int_equal(thing.released, 0);
	assert_int_equal(call(SYS_close, 100), 0);
	assert_int_equal(thing.released, 1);
}

static void full_table(void **state)
{
	int fd = thing_open(O_RDWR, 0), n = fd;

	while (n >= 0)
		n = (int)call(SYS_dup, fd);
	assert_int_equal(n, -EMFILE);
	assert_int_equal(thing.file.refs, UK_FD_MAX - 3);
	assert_int_equal(call(SYS_fcntl, fd, F_DUPFD, 1000), -EMFILE);
	assert_int_equal(call(SYS_close, 500), 0);
	assert_int_equal(call(SYS_dup, fd), 500);
	for (int i = 3; i < UK_FD_MAX; i++)
		assert_int_equal(call(SYS_close, i), 0);
	assert_int_equal(thing.released, 1);
}

static void no_such_descriptor(void **state)
{
	const int bad[] = { -1, 3, UK_FD_MAX, INT_MAX, INT_MIN };
	struct stat st;
	char c;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(bad); i++) {
		assert_int_equal(call(SYS_read, bad[i], &c, 1), -EBADF);
		assert_int_equal(call(SYS_write, bad[i], &c, 1), -EBADF);
		assert_int_equal(call(SYS_close, bad[i]), -EBADF);
		assert_int_equal(call(SYS_dup, bad[i]), -EBADF);
		assert_int_equal(call(SYS_dup2, bad[i], 5), -EBADF);
		assert_int_equal(call(SYS_fcntl, bad[i], F_GETFL), -EBADF);
		assert_int_equal(call(SYS_ioctl, bad[i], FIONBIO, &c), -EBADF);
		assert_int_equal(call(SYS_fstat, bad[i], &st), -EBADF);
		assert_int_equal(call(SYS_lseek, bad[i], 0, 0), -EBADF);
	}
}

static void flags(void **state)
{
	int fd = thing_open(O_RDWR, FD_CLOEXEC), on = 1, off = 0, two;

	assert_int_equal(call(SYS_fcntl, fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(call(SYS_fcntl, fd, F_SETFD, 0), 0);
	assert_int_equal(call(SYS_fcntl, fd, F_GETFD), 0);
	assert_int_equal(call(SYS_ioctl, fd, FIOCLEX), 0);
	assert_int_equal(call(SYS_fcntl, fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(call(SYS_ioctl, fd, FIONCLEX), 0);
	two = (int)call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 0);
	assert_int_equal(call(SYS_fcntl, fd, F_GETFD), 0);
	assert_int_equal(call(SYS_fcntl, two, F_GETFD), FD_CLOEXEC);
	/* status flags belong to the file: a duplicate shares them */
	assert_int_equal(call(SYS_fcntl, fd, F_GETFL), O_RDWR);
	assert_int_equal(call(SYS_fcntl, fd, F_SETFL, O_NONBLOCK | O_WRONLY), 0);
	assert_int_equal(call(SYS_fcntl, two, F_GETFL), O_RDWR | O_NONBLOCK);
	assert_int_equal(call(SYS_ioctl, two, FIONBIO, &off), 0);
	assert_int_equal(call(SYS_fcntl, fd, F_GETFL), O_RDWR);
	assert_int_equal(call(SYS_ioctl, two, FIONBIO, &on), 0);
	assert_int_equal(call(SYS_fcntl, fd, F_GETFL), O_RDWR | O_NONBLOCK);
	assert_int_equal(call(SYS_fcntl, fd, 9999), -EINVAL);
	assert_int_equal(call(SYS_ioctl, fd, TIOCGWINSZ, &on), -ENOTTY);
	call(SYS_close, fd);
	call(SYS_close, two);
}

static void reads_and_writes(void **state)
{
	char a[4] = "", b[20] = "";
	struct iovec v[3] = { { a, 3 }, { NULL, 0 }, { b, sizeof(b) } };
	struct stat st;
	int fd = thing_open(O_RDONLY, 0);

	assert_int_equal(call(SYS_readv, fd, v, 3), 10);
	assert_string_equal(a, "012");
	assert_string_equal(b, "3456789");
	assert_int_equal(call(SYS_readv, fd, v, 0), 0);
	assert_int_equal(call(SYS_readv, fd, v, -1), -EINVAL);
	assert_int_equal(call(SYS_readv, fd, v, UK_FD_IOV_MAX + 1), -EINVAL);
	v[1].iov_len = SIZE_MAX - 2;
	assert_int_equal(call(SYS_readv, fd, v, 3), -EINVAL);
	v[0].iov_len = SSIZE_MAX;
	v[1].iov_len = 1;
	assert_int_equal(call(SYS_readv, fd, v, 2), -EINVAL);
	assert_int_equal(call(SYS_write, fd, a, 1), -EBADF); /* opened for reading */
	assert_int_equal(call(SYS_lseek, fd, 0, 0), -ESPIPE);
	assert_int_equal(call(SYS_pread64, fd, a, 1, 0), -ESPIPE);
	assert_int_equal(call(SYS_fstat, fd, &st), 0);
	assert_int_equal(st.st_mode & S_IFMT, 0);
	call(SYS_close, fd);
	fd = thing_open(O_RDWR, 0);
	assert_int_equal(call(SYS_write, fd, a, 1), -EINVAL); /* has no such operation */
	call(SYS_close, fd);
}

static void pieces(void **state)
{
	char a[2] = "ab", b[3] = "cde", out[8];
	struct iovec v[] = { { a, 2 }, { NULL, 0 }, { b, 3 } };

	assert_int_equal(uk_fd_iov_bytes(v, 3), 5);
	for (size_t off = 0; off <= 6; off++) {
		for (size_t len = 0; len <= 7; len++) {
			size_t left = off < 5 ? 5 - off : 0, want = len < left ? len : left;

			assert_int_equal(uk_fd_iov_get(v, 3, off, out, len), want);
			assert_memory_equal(out, "abcde" + (off < 5 ? off : 0), want);
		}
	}
	assert_int_equal(uk_fd_iov_put(v, 3, 1, "XYZ", 3), 3);
	assert_memory_equal(a, "aX", 2);
	assert_memory_equal(b, "YZe", 3);
}

static void console(void **state)
{
	struct iovec v[] = { { (void *)"one ", 4 }, { (void *)"two\n", 4 } };
	struct winsize w;
	struct stat st;
	int kept;
	char c;

	assert_int_equal(call(SYS_writev, 1, v, 2), 8);
	assert_int_equal(call(SYS_write, 2, "three\n", 6), 6);
	assert_string_equal(fake_plat_console(), "one two\nthree\n");
	assert_int_equal(call(SYS_ioctl, 1, TIOCGWINSZ, &w), 0);
	assert_int_equal(w.ws_col, 80);
	assert_int_equal(call(SYS_fstat, 0, &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(call(SYS_lseek, 0, 0, 0), -ESPIPE);
	assert_int_equal(call(SYS_fcntl, 0, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(call(SYS_read, 0, &c, 1), -EAGAIN);
	assert_int_equal(call(SYS_read, 0, &c, 0), 0);
	assert_int_equal(call(SYS_fcntl, 1, F_SETFL, 0), 0);
	/* 1 may become something else, and come back */
	kept = (int)call(SYS_dup, 1);
	assert_int_equal(call(SYS_close, 1), 0);
	assert_int_equal(call(SYS_write, 1, "lost", 4), -EBADF);
	assert_int_equal(call(SYS_dup2, kept, 1), 1);
	assert_int_equal(call(SYS_close, kept), 0);
	assert_int_equal(call(SYS_write, 1, "four\n", 5), 5);
	assert_string_equal(fake_plat_console(), "one two\nthree\nfour\n");
}

/* Ignored or default: granted; a handler is not. */
static void signals(void **state)
{
	struct {
		uintptr_t handler, flags, restorer, mask;
	} new = { .handler = 1 }, old = { 9, 9, 9, 9 };

	assert_int_equal(call(SYS_rt_sigaction, 13, &new, &old, 8), 0);
	assert_int_equal(old.handler | old.flags | old.restorer | old.mask, 0);
	assert_int_equal(call(SYS_rt_sigaction, 13, NULL, &old, 8), 0);
	new.handler = (uintptr_t)signals;
	assert_int_equal(call(SYS_rt_sigaction, 13, &new, NULL, 8), -ENOSYS);
}

static void limit(void **state)
{
	struct rlimit r = { 0 };

	assert_int_equal(call(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &r), 0);
	assert_int_equal(r.rlim_cur, UK_FD_MAX);
	assert_int_equal(call(SYS_prlimit64, 0, RLIMIT_STACK, NULL, &r), -ENOSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(numbers, setup),
		cmocka_unit_test_setup(full_table, setup),
		cmocka_unit_test_setup(no_such_descriptor, setup),
		cmocka_unit_test_setup(flags, setup),
		cmocka_unit_test_setup(reads_and_writes, setup),
		cmocka_unit_test_setup(pieces, setup),
		cmocka_unit_test_setup(console, setup),
		cmocka_unit_test_setup(limit, setup),
		cmocka_unit_test_setup(signals, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
