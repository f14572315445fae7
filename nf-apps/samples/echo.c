/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Echo (RFC 862) on sockets, UDP and TCP, IPv4 and IPv6: echo [PORT]. Plain POSIX with epoll: the same file is an
 * image here and a program on Linux (cc echo.c).
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT       7
#define NB_EVENTS  64
#define NB_DGRAMS  32 /* before connections have their turn */
#define DGRAM_MAX  65535
#define CONN_BYTES 65536

struct conn {
	int fd;
	bool ended;        /* the peer sends nothing more */
	size_t begin, end; /* what is to be sent */
	char data[CONN_BYTES];
};

static int epoll_fd, udp_fd, tcp_fd;
static char datagram[DGRAM_MAX];

static int open_socket(int type, uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		return -1;
	return fd;
}

static int watch(int fd, int how, uint32_t events, void *ptr)
{
	struct epoll_event ev = { .events = events, .data.ptr = ptr };

	return epoll_ctl(epoll_fd, how, fd, &ev);
}

static void echo_datagrams(void)
{
	for (int i = 0; i < NB_DGRAMS; i++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(
			udp_fd, datagram, sizeof(datagram), 0, (struct sockaddr *)&from, &len);

		if (n < 0)
			return;
		/* an answer that can not be sent is lost, as datagrams are */
		(void)sendto(udp_fd, datagram, (size_t)n, 0, (struct sockaddr *)&from, len);
	}
}

static void accept_conns(void)
{
	int fd;

	while ((fd = accept4(tcp_fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		struct conn *c = calloc(1, sizeof(*c));

		if (c == NULL || watch(fd, EPOLL_CTL_ADD, EPOLLIN, c) < 0) {
			free(c);
			close(fd);
			continue;
		}
		c->fd = fd;
	}
}

static void conn_close(struct conn *c)
{
	close(c->fd);
	free(c);
}

/* False: the connection is over. */
static bool conn_write(struct conn *c)
{
	while (c->begin < c->end) {
		ssize_t n = send(c->fd, c->data + c->begin, c->end - c->begin, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN;
		c->begin += (size_t)n;
	}
	c->begin = c->end = 0;
	return !c->ended;
}

static bool conn_read(struct conn *c)
{
	ssize_t n = read(c->fd, c->data, sizeof(c->data));

	if (n < 0)
		return errno == EAGAIN;
	c->ended = n == 0;
	c->end = (size_t)n;
	return true;
}

/* Reads only when everything is sent: a peer that does not read can not send. */
static void conn_event(struct conn *c)
{
	bool waits = c->end > 0;

	if ((waits || conn_read(c)) && conn_write(c)) {
		if (waits != (c->end > 0))
			watch(c->fd, EPOLL_CTL_MOD, c->end > 0 ? EPOLLOUT : EPOLLIN, c);
	} else {
		conn_close(c);
	}
}

int main(int argc, char **argv)
{
	uint16_t port = argc > 1 ? (uint16_t)atoi(argv[1]) : PORT;
	struct epoll_event events[NB_EVENTS];

	epoll_fd = epoll_create1(0);
	udp_fd = open_socket(SOCK_DGRAM, port);
	tcp_fd = open_socket(SOCK_STREAM, port);
	if (epoll_fd < 0 || udp_fd < 0 || tcp_fd < 0 || listen(tcp_fd, SOMAXCONN) < 0 ||
		watch(udp_fd, EPOLL_CTL_ADD, EPOLLIN, &udp_fd) < 0 ||
		watch(tcp_fd, EPOLL_CTL_ADD, EPOLLIN, &tcp_fd) < 0) {
		perror("echo");
		return 1;
	}
	printf("@{\"type\":\"ready\",\"port\":%u}\n", port);
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(epoll_fd, events, NB_EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == &udp_fd)
				echo_datagrams();
			else if (events[i].data.ptr == &tcp_fd)
				accept_conns();
			else
				conn_event(events[i].data.ptr);
		}
	}
}
