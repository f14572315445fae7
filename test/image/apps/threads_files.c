/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads that talk through descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <unistd.h>
#include "test/image/apps/check.h"
#include "test/image/apps/threads.h"

#define NB_BYTES   1000000u
#define NB_WORKERS 3
#define NB_EVENTS  1000

static int to[2], from[2];

static void *echo(void *arg)
{
	char buf[3000];
	ssize_t n;

	while ((n = read(to[0], buf, sizeof(buf))) > 0)
		CHECK(write(from[1], buf, (size_t)n) == n);
	CHECK(n == 0);
	close(from[1]);
	return NULL;
}

/* Far more goes round than both pipes hold: with poll() on both sides. */
static void echo_by_poll(void)
{
	size_t put = 0, taken = 0;
	unsigned char buf[5000];
	pthread_t t;
	int good = 1;

	CHECK(pipe(to) == 0 && pipe(from) == 0);
	CHECK(fcntl(to[1], F_SETFL, O_NONBLOCK) == 0);
	CHECK(pthread_create(&t, NULL, echo, NULL) == 0);
	while (taken < NB_BYTES && good) {
		struct pollfd p[2] = { { .fd = from[0], .events = POLLIN },
			{ .fd = put < NB_BYTES ? to[1] : -1, .events = POLLOUT } };

		CHECK(poll(p, 2, -1) > 0);
		if (p[1].revents & POLLOUT) {
			size_t n = NB_BYTES - put < sizeof(buf) ? NB_BYTES - put : sizeof(buf);
			ssize_t done;

			for (size_t i = 0; i < n; i++)
				buf[i] = (unsigned char)((put + i) * 7 + (put + i) / 251);
			done = write(to[1], buf, n);
			CHECK(done > 0 || errno == EAGAIN);
			put += done > 0 ? (size_t)done : 0;
		}
		if (p[0].revents & POLLIN) {
			ssize_t n = read(from[0], buf, sizeof(buf));

			for (ssize_t i = 0; i < n; i++, taken++)
				good &= buf[i] == (unsigned char)(taken * 7 + taken / 251);
		}
	}
	CHECK(good && taken == NB_BYTES);
	close(to[1]);
	CHECK(read(from[0], buf, 1) == 0);
	CHECK(pthread_join(t, NULL) == 0);
	close(to[0]);
	close(from[0]);
}

static int ep, event, nb_seen[NB_WORKERS];

/* Each event is one worker's: EPOLLONESHOT, armed again when it is dealt with. */
static void *work(void *arg)
{
	struct epoll_event e;
	eventfd_t value;

	for (;;) {
		CHECK(epoll_wait(ep, &e, 1, -1) == 1);
		if (eventfd_read(event, &value) != 0)
			break;
		nb_seen[(long)arg]++;
		e.events = EPOLLIN | EPOLLONESHOT;
		CHECK(epoll_ctl(ep, EPOLL_CTL_MOD, event, &e) == 0);
		if (value != 1)
			break;
	}
	return NULL;
}

static void workers_by_epoll(void)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLONESHOT };
	pthread_t t[NB_WORKERS];
	int sum = 0;

	ep = epoll_create1(0);
	event = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, event, &e) == 0);
	for (long i = 0; i < NB_WORKERS; i++)
		CHECK(pthread_create(&t[i], NULL, work, (void *)i) == 0);
	for (int i = 0; i < NB_EVENTS; i++) {
		CHECK(eventfd_write(event, 1) == 0);
		if (i % 7 == 0)
			sched_yield();
	}
	while (sum < NB_EVENTS) {
		sum = 0;
		for (int i = 0; i < NB_WORKERS; i++)
			sum += nb_seen[i];
		usleep(100);
	}
	CHECK(sum == NB_EVENTS);
	for (int i = 0; i < NB_WORKERS; i++)
		CHECK(pthread_cancel(t[i]) == 0 && pthread_join(t[i], NULL) == 0);
	close(ep);
	close(event);
}

static void *write_later(void *arg)
{
	usleep(1000);
	CHECK(write(to[1], "x", 1) == 1);
	return NULL;
}

static void one_by_select(void)
{
	struct timeval tv = { .tv_sec = 50 };
	pthread_t t;
	fd_set r;

	CHECK(pipe2(to, O_NONBLOCK) == 0);
	CHECK(pthread_create(&t, NULL, write_later, NULL) == 0);
	FD_ZERO(&r);
	FD_SET(to[0], &r);
	CHECK(select(to[0] + 1, &r, NULL, NULL, &tv) == 1 && FD_ISSET(to[0], &r));
	CHECK(pthread_join(t, NULL) == 0);
	close(to[0]);
	close(to[1]);
}

void threads_files(void)
{
	echo_by_poll();
	workers_by_epoll();
	one_by_select();
}
