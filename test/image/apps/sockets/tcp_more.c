/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/uio.h>
#include "check.h"

static void tcp_wait_all(void)
{
	int fd[2], on = 1;
	char buf[64];
	struct timeval tv = { .tv_usec = 30000 };

	tcp_pair(fd);
	setsockopt(fd[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	send(fd[0], "part", 4, 0);
	setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	got("waitall short", recv(fd[1], buf, 10, MSG_WAITALL));
	send(fd[0], "0123456789", 10, 0);
	got("waitall whole", recv(fd[1], buf, 10, MSG_WAITALL));
	send(fd[0], "abc", 3, 0);
	shutdown(fd[0], SHUT_WR);
	got("waitall end", recv(fd[1], buf, 10, MSG_WAITALL));
	close(fd[0]);
	close(fd[1]);
	tcp_pair(fd);
	send(fd[0], "0123456789", 10, 0);
	events(fd[1], POLLIN);
	got("tcp trunc", recv(fd[1], NULL, 4, MSG_TRUNC));
	got("tcp after trunc", recv(fd[1], buf, sizeof(buf), 0));
	say("tcp after trunc", "%.6s", buf);
	got("tcp recv 0", recv(fd[1], buf, 0, MSG_DONTWAIT));
	got("tcp oob recv", recv(fd[1], buf, 1, MSG_OOB));
	close(fd[0]);
	close(fd[1]);
}

static void tcp_vectors(void)
{
	char x[3], y[5], z[16];
	struct iovec out[3] = { { "ab", 2 }, { "cde", 3 }, { "fghij", 5 } };
	struct iovec in[3] = { { x, 3 }, { y, 5 }, { z, 16 } };
	struct msghdr m = { .msg_iov = in, .msg_iovlen = 3 };
	int fd[2];

	tcp_pair(fd);
	got("tcp writev", writev(fd[0], out, 3));
	events(fd[1], POLLIN);
	settle();
	m.msg_flags = 0x7777;
	m.msg_controllen = 0;
	got("tcp recvmsg", recvmsg(fd[1], &m, 0));
	say("tcp recvmsg", "%.3s %.5s %.2s flags %d name %u", x, y, z, m.msg_flags, m.msg_namelen);
	got("tcp write", write(fd[0], "plain", 5));
	events(fd[1], POLLIN);
	got("tcp read", read(fd[1], z, sizeof(z)));
	got("tcp send more", send(fd[0], "more", 4, MSG_MORE));
	got("tcp send rest", send(fd[0], "rest", 4, 0));
	events(fd[1], POLLIN);
	settle();
	got("tcp both", recv(fd[1], z, sizeof(z), 0));
	close(fd[0]);
	close(fd[1]);
}

static void tcp_shut_read(void)
{
	int fd[2];
	char buf[16];

	tcp_pair(fd);
	got("shut read", shutdown(fd[1], SHUT_RD));
	say("shut read poll", "%s", events(fd[1], POLLIN | POLLOUT | POLLRDHUP));
	got("shut read recv", recv(fd[1], buf, sizeof(buf), 0));
	got("shut read peer sends", send(fd[0], "after", 5, MSG_NOSIGNAL));
	settle();
	got("shut read recv data", recv(fd[1], buf, sizeof(buf), 0));
	got("shut read then both", shutdown(fd[1], SHUT_RDWR));
	say("shut both poll", "%s", events(fd[1], POLLIN | POLLOUT | POLLRDHUP));
	close(fd[0]);
	close(fd[1]);
}

static void tcp_backlog(void)
{
	int l = listener(AF_INET, 2), c[3], d;
	struct sockaddr_in to = at4("127.0.0.1", port_of(l));

	for (int i = 0; i < 3; i++)
		c[i] = to_port(AF_INET, SOCK_STREAM, port_of(l));
	/* the queue is full: this one waits until there is room */
	d = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
	got("backlog full", connect(d, (struct sockaddr *)&to, sizeof(to)));
	settle();
	fcntl(l, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 3; i++) {
		int fd = accept(l, NULL, NULL);

		say("backlog accept", "%s", fd >= 0 ? "one" : error_name(errno));
		close(fd);
	}
	close(d);
	for (int i = 0; i < 3; i++)
		close(c[i]);
	/* who is in the queue of a listener that goes is reset */
	c[0] = to_port(AF_INET, SOCK_STREAM, port_of(l));
	events(l, POLLIN);
	close(l);
	settle();
	option("listener closed", c[0], SOL_SOCKET, SO_ERROR);
	close(c[0]);
}

static void tcp_binds(void)
{
	int l = listener(AF_INET, 5), a = must(socket(AF_INET, SOCK_STREAM, 0), "socket"), on = 1,
	    fd[2];
	struct sockaddr_in sa = at4("127.0.0.1", port_of(l)), far = at4("192.0.2.1", 0);
	int port;

	got("tcp bind in use", bind(a, (struct sockaddr *)&sa, sizeof(sa)));
	setsockopt(a, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	got("tcp bind far", bind(a, (struct sockaddr *)&far, sizeof(far)));
	got("tcp bind twice", bind(l, (struct sockaddr *)&sa, sizeof(sa)));
	got("tcp listen again", listen(l, 10));
	close(a);
	a = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	got("tcp listen unbound", listen(a, 5));
	say("tcp listen unbound", "port %s", port_of(a) ? "some" : "none");
	got("tcp shutdown listener", shutdown(a, SHUT_RD));
	got("tcp accept after", accept(a, NULL, NULL));
	close(a);
	close(l);
	/* a server that starts again while an old connection is in TIME_WAIT */
	l = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	sa = at4("127.0.0.1", 0);
	bind(l, (struct sockaddr *)&sa, sizeof(sa));
	listen(l, 5);
	port = port_of(l);
	fd[0] = to_port(AF_INET, SOCK_STREAM, port);
	fd[1] = accept(l, NULL, NULL);
	close(fd[1]);
	close(l);
	events(fd[0], POLLIN);
	close(fd[0]);
	settle();
	sa = at4("127.0.0.1", port);
	l = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	got("tcp bind in TIME_WAIT", bind(l, (struct sockaddr *)&sa, sizeof(sa)));
	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	got("tcp bind reuses", bind(l, (struct sockaddr *)&sa, sizeof(sa)));
	got("tcp listen reuses", listen(l, 5));
	close(l);
}

static void tcp_dual(void)
{
	int l = must(socket(AF_INET6, SOCK_STREAM, 0), "socket"), a, b;
	struct sockaddr_in6 any = at6("::", 0), sa, mapped;
	socklen_t len = sizeof(sa);

	bind(l, (struct sockaddr *)&any, sizeof(any));
	listen(l, 5);
	a = to_port(AF_INET, SOCK_STREAM, port_of(l));
	b = accept(l, (struct sockaddr *)&sa, &len);
	say("tcp dual", "%s", text_of(&sa));
	getsockname(b, (struct sockaddr *)&sa, &len);
	say("tcp dual name", "%s", text_of(&sa));
	close(a);
	close(b);
	mapped = at6("::ffff:127.0.0.1", port_of(l));
	a = must(socket(AF_INET6, SOCK_STREAM, 0), "socket");
	got("tcp to mapped", connect(a, (struct sockaddr *)&mapped, sizeof(mapped)));
	getsockname(a, (struct sockaddr *)&sa, &len);
	say("tcp to mapped", "%s", text_of(&sa));
	close(a);
	a = to_port(AF_INET6, SOCK_STREAM, port_of(l));
	b = accept(l, (struct sockaddr *)&sa, &len);
	close(b);
	b = accept(l, (struct sockaddr *)&sa, &len);
	say("tcp dual six", "%s", text_of(&sa));
	close(a);
	close(b);
	close(l);
}

static void tcp_epoll(void)
{
	int fd[2], ep = must(epoll_create1(0), "epoll");
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET | EPOLLRDHUP }, out[4];
	char buf[16];

	tcp_pair(fd);
	got("epoll add", epoll_ctl(ep, EPOLL_CTL_ADD, fd[1], &ev));
	got("epoll none", epoll_wait(ep, out, 4, 0));
	send(fd[0], "one", 3, 0);
	got("epoll one", epoll_wait(ep, out, 4, 2000));
	got("epoll edge", epoll_wait(ep, out, 4, 0));
	send(fd[0], "two", 3, 0);
	got("epoll two", epoll_wait(ep, out, 4, 2000));
	settle();
	got("epoll recv", recv(fd[1], buf, sizeof(buf), 0));
	close(fd[0]);
	got("epoll end", epoll_wait(ep, out, 4, 2000));
	say("epoll end", "%s%s%s", out[0].events & EPOLLIN ? "in " : "",
		out[0].events & EPOLLRDHUP ? "rdhup " : "", out[0].events & EPOLLHUP ? "hup " : "");
	close(fd[1]);
	close(ep);
}

static void tcp_select(void)
{
	int fd[2];
	fd_set in, out;
	struct timeval tv = { .tv_sec = 2 };

	tcp_pair(fd);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fd[0], &in);
	FD_SET(fd[1], &in);
	FD_SET(fd[0], &out);
	send(fd[0], "x", 1, 0);
	settle();
	got("select", select((fd[0] > fd[1] ? fd[0] : fd[1]) + 1, &in, &out, NULL, &tv));
	say("select", "%d %d %d", !!FD_ISSET(fd[0], &in), !!FD_ISSET(fd[1], &in),
		!!FD_ISSET(fd[0], &out));
	close(fd[0]);
	close(fd[1]);
}

/* Single bytes, many of them, in order. */
static void tcp_small(void)
{
	int fd[2], on = 1;
	size_t nb = 0, wrong = 0;
	char buf[100];
	ssize_t n;

	tcp_pair(fd);
	setsockopt(fd[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (int i = 0; i < 500; i++) {
		char c = (char)i;

		send(fd[0], &c, 1, 0);
	}
	shutdown(fd[0], SHUT_WR);
	while ((n = recv(fd[1], buf, sizeof(buf), 0)) > 0) {
		for (ssize_t i = 0; i < n; i++, nb++)
			wrong += buf[i] != (char)nb;
	}
	say("small", "%zu bytes, %zu wrong", nb, wrong);
	close(fd[0]);
	close(fd[1]);
}

void test_tcp_more(void)
{
	tcp_wait_all();
	tcp_vectors();
	tcp_shut_read();
	tcp_backlog();
	tcp_binds();
	tcp_dual();
	tcp_epoll();
	tcp_select();
	tcp_small();
}
