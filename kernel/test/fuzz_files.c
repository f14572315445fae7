/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pipes, eventfds, epolls, poll and duplicates beside Linux' own: each operation is done by both, and
 * results and events have to be the same. Nothing blocks. Pipes are filled in whole pages, since
 * Linux counts pages where ours counts bytes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "kernel/test/call.h"
#include "plat-kvm/test/fake_plat.h"

#define NB_SLOTS 12
#define NB_OPS   200
#define PAGE     4096
#define NB_PAGES 17 /* one more than a pipe holds */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same file in both worlds; -1: none. */
static struct {
	int ours, theirs;
	bool event; /* takes eight bytes; newer Linux refuses more */
} slot[NB_SLOTS];

static struct {
	const uint8_t *at, *end;
} in;

static unsigned byte(void)
{
	return in.at < in.end ? *in.at++ : 0;
}

/* With FUZZ_TRACE in the environment each result is told, for finding out how a case came about. */
static void same(const char *what, long ours, long theirs)
{
	if (getenv("FUZZ_TRACE") != NULL)
		fprintf(stderr, "  %s: %ld\n", what, ours);
	if (ours == theirs)
		return;
	fprintf(stderr, "%s: %ld (%s), Linux: %ld (%s)\n", what, ours,
		ours < 0 ? strerror((int)-ours) : "", theirs,
		theirs < 0 ? strerror((int)-theirs) : "");
	abort();
}

static long result(long rc)
{
	return rc < 0 ? -errno : rc;
}

static void keep(int ours, int theirs, bool event)
{
	int i = 0;

	while (i < NB_SLOTS && slot[i].ours >= 0)
		i++;
	if (i == NB_SLOTS) {
		call(SYS_close, ours);
		close(theirs);
		return;
	}
	if (getenv("FUZZ_TRACE") != NULL)
		fprintf(stderr, "  slot %d: descriptor %d, Linux: %d\n", i, ours, theirs);
	slot[i].ours = ours;
	slot[i].theirs = theirs;
	slot[i].event = event;
}

static void make(unsigned kind)
{
	int a[2], b[2];

	switch (kind % 4) {
	case 0:
		if (call(SYS_pipe2, a, O_NONBLOCK) != 0 || pipe2(b, O_NONBLOCK) != 0)
			abort();
		keep(a[0], b[0], false);
		keep(a[1], b[1], false);
		break;
	case 1:
	case 2:
		kind = EFD_NONBLOCK | (kind & 1 ? EFD_SEMAPHORE : 0);
		keep((int)call(SYS_eventfd2, 1, kind), eventfd(1, (int)kind), true);
		break;
	default:
		keep((int)call(SYS_epoll_create1, 0), epoll_create1(0), false);
	}
}

static void put(int i, unsigned n)
{
	static const uint64_t values[] = { 0, 1, 2, UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 2 };
	static uint64_t buf[NB_PAGES * PAGE / 8];

	buf[0] = values[n / NB_PAGES % 6];
	n = slot[i].event ? n % 2 * 8 : n % (NB_PAGES + 1) * PAGE;
	same("write", call(SYS_write, slot[i].ours, buf, n), result(write(slot[i].theirs, buf, n)));
}

static void get(int i, unsigned n)
{
	static char a[NB_PAGES * PAGE], b[NB_PAGES * PAGE];
	long rc;

	n = n % (NB_PAGES + 1) * PAGE;
	rc = call(SYS_read, slot[i].ours, a, n);
	same("read", rc, result(read(slot[i].theirs, b, n)));
	if (rc > 0)
		same("what was read", memcmp(a, b, (size_t)rc), 0);
}

static void control(int ep, int i, unsigned op)
{
	unsigned events = byte(), tag = (unsigned)(in.end - in.at);
	/* not EPOLLET: how many edges one call makes is Linux' own affair, and test_epoll.c's */
	static const uint32_t bits[] = { EPOLLIN, EPOLLOUT, EPOLLONESHOT };
	struct epoll_event e = { .data.u64 = (uint64_t)i << 32 | tag };

	for (unsigned b = 0; b < 3; b++)
		e.events |= events >> b & 1 ? bits[b] : 0;
	op = op % 3 + EPOLL_CTL_ADD;
	if (getenv("FUZZ_TRACE") != NULL)
		fprintf(stderr, "  epoll of slot %d, slot %d, op %u, events %x\n", ep, i, op,
			e.events);
	same("epoll_ctl", call(SYS_epoll_ctl, slot[ep].ours, op, slot[i].ours, &e),
		result(epoll_ctl(slot[ep].theirs, (int)op, slot[i].theirs, &e)));
}

static int by_data(const void *a, const void *b)
{
	const struct epoll_event *x = a, *y = b;

	return x->data.u64 != y->data.u64 ? (x->data.u64 < y->data.u64 ? -1 : 1)
					  : (x->events > y->events) - (x->events < y->events);
}

/* In the same order, too, when not all are asked for: but that may differ, so all are. */
static void harvest(int ep)
{
	struct epoll_event a[64], b[64];
	long n = call(SYS_epoll_wait, slot[ep].ours, a, 64, 0);

	same("epoll_wait", n, result(epoll_wait(slot[ep].theirs, b, 64, 0)));
	if (n <= 0)
		return;
	qsort(a, (size_t)n, sizeof(*a), by_data);
	qsort(b, (size_t)n, sizeof(*b), by_data);
	for (long i = 0; i < n; i++) {
		same("whose event", (long)a[i].data.u64, (long)b[i].data.u64);
		same("events", a[i].events, b[i].events);
	}
}

static void look(unsigned events)
{
	struct pollfd a[NB_SLOTS], b[NB_SLOTS];

	for (int i = 0; i < NB_SLOTS; i++) {
		a[i] = (struct pollfd){ .fd = slot[i].ours, .events = (short)(events & 0x5) };
		b[i] = (struct pollfd){ .fd = slot[i].theirs, .events = (short)(events & 0x5) };
	}
	same("poll", call(SYS_poll, a, NB_SLOTS, 0), result(poll(b, NB_SLOTS, 0)));
	for (int i = 0; i < NB_SLOTS; i++)
		same("revents", a[i].revents, b[i].revents);
}

static void shut(int i)
{
	same("close", call(SYS_close, slot[i].ours), result(close(slot[i].theirs)));
	slot[i].ours = -1;
	slot[i].theirs = -1;
}

static void one(void)
{
	unsigned op = byte() % 9;
	int i = (int)(byte() % NB_SLOTS), k;

	if (getenv("FUZZ_TRACE") != NULL)
		fprintf(stderr, "%u of slot %d\n", op, i);
	if (op == 0)
		make(byte());
	if (op == 1)
		look(byte());
	if (slot[i].ours < 0)
		return;
	switch (op) {
	case 2:
		shut(i);
		break;
	case 3:
		keep((int)call(SYS_dup, slot[i].ours), dup(slot[i].theirs), slot[i].event);
		break;
	case 4:
		put(i, byte());
		break;
	case 5:
		get(i, byte());
		break;
	case 6:
	case 7:
		k = (int)(byte() % NB_SLOTS);
		if (slot[k].ours >= 0)
			control(i, k, op == 6 ? 0 : byte());
		break;
	default:
		harvest(i);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fake_plat_reset();
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < NB_SLOTS; i++)
		slot[i].ours = slot[i].theirs = -1;
	in.at = data;
	in.end = data + size;
	for (int n = 0; n < NB_OPS && in.at < in.end; n++)
		one();
	for (int i = 0; i < NB_SLOTS; i++) {
		if (slot[i].ours >= 0)
			shut(i);
	}
	return 0;
}
