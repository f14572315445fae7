/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "nf-apps/kvs/linux/stream.h"

#define STREAM_READ_BYTES 65536
#define STREAM_READS      8 /* at a time; then it is another one's turn */

#define STREAM_FULL "ERROR Too many open connections\r\n"

static size_t stream_write(void *arg, const void *data, size_t len)
{
	struct nf_stream *s = arg;
	ssize_t n;

	if (s->dead)
		return 0;
	n = send(s->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n >= 0)
		return (size_t)n;
	s->dead = errno != EAGAIN && errno != EINTR;
	return 0;
}

static void stream_close(struct nf_stream *s)
{
	*s->link = s->next;
	if (s->next != NULL)
		s->next->link = s->link;
	s->all->n--;
	nf_kvs_conn_close(s->conn);
	close(s->fd);
	free(s->rest);
	free(s);
}

static void stream_add(struct nf_streams *all, int fd, int listener)
{
	struct nf_stream *s = calloc(1, sizeof(*s));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = s };
	struct nf_kvs_sink sink = { stream_write, s };
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (s != NULL)
		s->conn = nf_kvs_conn_open(all->k, &sink);
	if (s == NULL || s->conn == NULL || epoll_ctl(all->epoll, EPOLL_CTL_ADD, fd, &ev) < 0) {
		if (s != NULL && s->conn != NULL)
			nf_kvs_conn_close(s->conn);
		free(s);
		close(fd);
		return;
	}
	s->all = all;
	s->fd = fd;
	s->listener = listener;
	s->events = EPOLLIN;
	s->last = all->now();
	s->next = all->first;
	s->link = &all->first;
	if (s->next != NULL)
		s->next->link = &s->next;
	all->first = s;
	all->n++;
}

void nf_stream_accept(struct nf_streams *all, int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (all->n < all->max) {
			stream_add(all, fd, listener);
			continue;
		}
		all->nb_rejected++;
		(void)send(fd, STREAM_FULL, strlen(STREAM_FULL), MSG_NOSIGNAL | MSG_DONTWAIT);
		close(fd);
	}
}

/* Keeps what was not taken. false: no memory. */
static bool stream_keep(struct nf_stream *s, const uint8_t *data, size_t len)
{
	s->rest = malloc(len);
	if (s->rest == NULL)
		return false;
	memcpy(s->rest, data, len);
	s->rest_at = 0;
	s->rest_len = len;
	return true;
}

/* What was kept goes in first. false: the end. */
static bool stream_again(struct nf_stream *s)
{
	long n;

	if (s->rest == NULL)
		return true;
	n = nf_kvs_conn_input(s->conn, s->rest + s->rest_at, s->rest_len - s->rest_at);
	if (n < 0)
		return false;
	s->rest_at += (size_t)n;
	if (s->rest_at == s->rest_len) {
		free(s->rest);
		s->rest = NULL;
	}
	return true;
}

static bool stream_read(struct nf_stream *s)
{
	static uint8_t buffer[STREAM_READ_BYTES];

	for (unsigned i = 0; i < STREAM_READS && s->rest == NULL; i++) {
		ssize_t n = recv(s->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		long taken;

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		if (n < 0)
			return true;
		s->last = s->all->now();
		taken = nf_kvs_conn_input(s->conn, buffer, (size_t)n);
		if (taken < 0 ||
			(taken < n && !stream_keep(s, buffer + taken, (size_t)(n - taken))))
			return false;
		if ((size_t)n < sizeof(buffer))
			return true;
	}
	return true;
}

/* Reads while nothing is kept, writes while something waits. */
static void stream_wait(struct nf_stream *s)
{
	struct epoll_event ev = { .data.ptr = s };

	ev.events = (s->rest == NULL ? (uint32_t)EPOLLIN : 0) |
		    (nf_kvs_conn_pending(s->conn) || s->rest != NULL ? (uint32_t)EPOLLOUT : 0);
	if (ev.events == s->events)
		return;
	s->events = ev.events;
	(void)epoll_ctl(s->all->epoll, EPOLL_CTL_MOD, s->fd, &ev);
}

void nf_stream_event(struct nf_stream *s, uint32_t events)
{
	bool alive = true;

	if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		alive = nf_kvs_conn_writable(s->conn) == 0 && stream_again(s);
	if (alive && s->rest == NULL && events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		alive = stream_read(s);
	if (!alive || s->dead)
		stream_close(s);
	else
		stream_wait(s);
}

void nf_stream_kick(struct nf_streams *all, uint32_t idle_s)
{
	uint32_t now = all->now();

	if (now == all->kicked)
		return;
	all->kicked = now;
	for (struct nf_stream *s = all->first, *next; s != NULL; s = next) {
		next = s->next;
		if (now - s->last < idle_s)
			continue;
		all->nb_kicked++;
		stream_close(s);
	}
}

void nf_stream_close_all(struct nf_streams *all)
{
	while (all->first != NULL)
		stream_close(all->first);
}
