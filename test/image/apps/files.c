/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * files [lines]: descriptors without threads, checked from inside; with `lines`, each line of the
 * console's input comes back by poll(), until one says "end".
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "test/image/apps/check.h"

int check_nb_bad;

static void pipes(void)
{
	char buf[16] = "";
	int fds[2], two;
	struct stat st;
	FILE *f;

	CHECK(pipe2(fds, O_CLOEXEC) == 0 && fds[0] == 3 && fds[1] == 4);
	CHECK(write(fds[1], "hello", 5) == 5 && read(fds[0], buf, sizeof(buf)) == 5);
	CHECK(strcmp(buf, "hello") == 0);
	CHECK(fstat(fds[0], &st) == 0 && S_ISFIFO(st.st_mode));
	CHECK(isatty(fds[0]) == 0 && isatty(0) == 1);
	CHECK(lseek(fds[0], 0, SEEK_SET) == -1 && errno == ESPIPE);
	two = dup(fds[1]);
	f = fdopen(two, "w");
	CHECK(f != NULL && fprintf(f, "number %d\n", 42) == 10 && fclose(f) == 0);
	CHECK(read(fds[0], buf, sizeof(buf)) == 10 && memcmp(buf, "number 42\n", 10) == 0);
	close(fds[0]);
	CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	CHECK(write(fds[1], "x", 1) == -1 && errno == EPIPE);
	close(fds[1]);
}

/* The output goes into a pipe, and to the console again. */
static void standard_output(void)
{
	int fds[2], console = dup(1);
	char buf[32] = "";

	CHECK(pipe(fds) == 0);
	fflush(stdout);
	CHECK(dup2(fds[1], 1) == 1);
	printf("into the pipe\n");
	fflush(stdout);
	CHECK(dup2(console, 1) == 1);
	CHECK(read(fds[0], buf, sizeof(buf)) == 14 && strcmp(buf, "into the pipe\n") == 0);
	close(console);
	close(fds[0]);
	close(fds[1]);
}

static void timers(void)
{
	struct itimerspec set = { .it_value.tv_nsec = 2000000, .it_interval.tv_nsec = 1000000 };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), ep = epoll_create1(0);
	struct epoll_event e = { .events = EPOLLIN | EPOLLET, .data.fd = fd };
	uint64_t nb, sum = 0;

	CHECK(timerfd_settime(fd, 0, &set, NULL) == 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) == 0);
	for (int i = 0; i < 3; i++) {
		CHECK(epoll_wait(ep, &e, 1, -1) == 1 && e.data.fd == fd);
		CHECK(read(fd, &nb, sizeof(nb)) == sizeof(nb) && nb > 0);
		sum += nb;
	}
	CHECK(sum >= 3);
	close(fd);
	CHECK(epoll_wait(ep, &e, 1, 0) == 0);
	close(ep);
}

static void limits(void)
{
	int fd = eventfd(0, 0), n = fd, most = 0;
	struct rlimit r;
	struct timespec before, after;

	CHECK(getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur == 1024);
	while (n >= 0) {
		most = n;
		n = dup(fd);
	}
	CHECK(errno == EMFILE && most == 1023);
	for (n = 3; n < 1024; n++)
		CHECK(close(n) == 0);
	CHECK(close(3) == -1 && errno == EBADF);
	clock_gettime(CLOCK_MONOTONIC, &before);
	CHECK(poll(NULL, 0, 20) == 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	CHECK((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >=
		20000000);
}

static int lines(void)
{
	char line[80];
	size_t len = 0;

	for (;;) {
		struct pollfd p = { .fd = 0, .events = POLLIN };

		CHECK(poll(&p, 1, -1) == 1 && p.revents == POLLIN);
		if (len == sizeof(line) - 1 || read(0, line + len, 1) != 1)
			return 1;
		if (line[len++] != '\n')
			continue;
		line[len - 1] = '\0';
		printf("got <%s>\n", line);
		if (strcmp(line, "end") == 0)
			return check_nb_bad != 0;
		len = 0;
	}
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "lines") == 0)
		return lines();
	pipes();
	standard_output();
	timers();
	limits();
	printf("%s\n", check_nb_bad == 0 ? "all checks hold" : "some checks failed");
	return check_nb_bad != 0;
}
