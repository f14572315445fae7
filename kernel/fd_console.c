/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The console as descriptors 0, 1 and 2: one open file, as a terminal's. Its input raises no interrupt
 * and each look costs an exit, so it is looked at every 10 ms while somebody waits for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include "kernel/fd.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/console.h"

#define LOOK_NS 10000000ull

static struct {
	struct uk_file file;
	int ahead; /* a byte that came in and was not read, or -1 */
	uint64_t next_look_ns;
	bool polled;
} console = { .ahead = -1 };

/* Whether there is input. */
static bool console_look(void)
{
	uint64_t now;

	if (console.ahead >= 0)
		return true;
	now = uk_clock_ns();
	if (now < console.next_look_ns)
		return false;
	console.ahead = uk_console_getc();
	console.next_look_ns = now + LOOK_NS;
	return console.ahead >= 0;
}

static uint64_t console_poll_input(struct uk_wait_poller *p)
{
	if (console.file.wq.first == NULL && console.file.wq.watches == NULL)
		return UK_WAIT_FOREVER;
	if (!console_look())
		return console.next_look_ns;
	uk_wait_wake_all(&console.file.wq);
	return uk_clock_ns() + LOOK_NS;
}

static void console_want_input(void)
{
	static struct uk_wait_poller poller = { .poll = console_poll_input };

	if (!console.polled)
		uk_wait_poller_add(&poller);
	console.polled = true;
}

static ssize_t console_readv(struct uk_file *f, const struct iovec *v, int n)
{
	size_t want = uk_fd_iov_bytes(v, n), done = 0;

	console_want_input();
	while (want > 0 && !console_look()) {
		int rc = f->flags & O_NONBLOCK ? -EAGAIN : uk_wait(&f->wq, UK_WAIT_FOREVER);

		if (rc < 0)
			return rc;
	}
	while (done < want && console.ahead >= 0) {
		uint8_t byte = (uint8_t)console.ahead;

		done += uk_fd_iov_put(v, n, done, &byte, 1);
		console.ahead = uk_console_getc();
	}
	return (ssize_t)done;
}

static ssize_t console_writev(struct uk_file *f, const struct iovec *v, int n)
{
	for (int i = 0; i < n; i++)
		uk_console_write(v[i].iov_base, v[i].iov_len);
	return (ssize_t)uk_fd_iov_bytes(v, n);
}

/* A terminal: stdio then flushes at each line. */
static int console_ioctl(struct uk_file *f, unsigned long request, void *arg)
{
	switch (request) {
	case TIOCGWINSZ:
		*(struct winsize *)arg = (struct winsize){ .ws_row = 25, .ws_col = 80 };
		return 0;
	case FIONREAD:
		*(int *)arg = console_look();
		return 0;
	default:
		return -ENOTTY;
	}
}

static int console_stat(struct uk_file *f, struct stat *st)
{
	st->st_mode = S_IFCHR | S_IRUSR | S_IWUSR;
	return 0;
}

static short console_poll(struct uk_file *f)
{
	console_want_input();
	return (short)(POLLOUT | (console_look() ? POLLIN : 0));
}

static const struct uk_file_ops console_ops = {
	.kind = "console",
	.readv = console_readv,
	.writev = console_writev,
	.ioctl = console_ioctl,
	.stat = console_stat,
	.poll = console_poll,
};

__attribute__((constructor)) static void fd_console_start(void)
{
	uk_fd_file_init(&console.file, &console_ops, O_RDWR);
	for (int i = 0; i <= 2; i++) {
		int rc = i == 0 ? uk_fd_install(&console.file, 0) : uk_fd_dup(0, i, 0);

		UK_ASSERT(rc == i);
	}
}
