/* SPDX-License-Identifier: BSD-3-Clause */
#include <sys/ioctl.h>
#include "check.h"

#define ALL (POLLIN | POLLOUT | POLLRDHUP)

static void tcp_basic(int domain, const char *family)
{
	int l = listener(domain, 5), a, b, n;
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	char buf[64];

	say("tcp family", "%s", family);
	fcntl(l, F_SETFL, O_NONBLOCK);
	got("tcp accept none", accept(l, NULL, NULL));
	option("tcp acceptconn", l, SOL_SOCKET, SO_ACCEPTCONN);
	a = to_port(domain, SOCK_STREAM, port_of(l));
	say("tcp listener", "%s", events(l, ALL));
	b = must(accept4(l, (struct sockaddr *)&sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC), "accept4");
	say("tcp accept", "%s %u, port %s", text_of(&sa), len,
		ntohs(((struct sockaddr_in *)&sa)->sin_port) == port_of(a) ? "right" : "wrong");
	say("tcp flags", "%s %s", fcntl(b, F_GETFL) & O_NONBLOCK ? "nonblock" : "block",
		fcntl(b, F_GETFD) & FD_CLOEXEC ? "cloexec" : "stays");
	option("tcp acceptconn of connection", b, SOL_SOCKET, SO_ACCEPTCONN);
	got("tcp recv nothing", recv(b, buf, sizeof(buf), 0));
	say("tcp connected", "%s", events(a, ALL));
	got("tcp send", send(a, "hello world", 11, 0));
	say("tcp readable", "%s", events(b, ALL));
	settle();
	ioctl(b, FIONREAD, &n);
	say("tcp FIONREAD", "%d", n);
	got("tcp peek", recv(b, buf, 5, MSG_PEEK));
	got("tcp recv 5", recv(b, buf, 5, 0));
	got("tcp recv rest", recv(b, buf, sizeof(buf), 0));
	say("tcp rest", "%.6s", buf);
	got("tcp connect again", connect(a, (struct sockaddr *)&sa, len));
	got("tcp listen connected", listen(a, 5));
	got("tcp accept connected", accept(a, NULL, NULL));
	close(a);
	close(b);
	close(l);
}

static void tcp_close_half(void)
{
	int fd[2];
	char buf[64];

	tcp_pair(fd);
	send(fd[0], "last words", 10, 0);
	got("half shutdown", shutdown(fd[0], SHUT_WR));
	got("half shutdown twice", shutdown(fd[0], SHUT_WR));
	got("half send", send(fd[0], "x", 1, MSG_NOSIGNAL));
	events(fd[1], POLLRDHUP);
	say("half peer", "%s", events(fd[1], ALL));
	got("half read", recv(fd[1], buf, sizeof(buf), 0));
	got("half end", recv(fd[1], buf, sizeof(buf), 0));
	got("half end again", recv(fd[1], buf, sizeof(buf), 0));
	got("half back", send(fd[1], "still open", 10, 0));
	events(fd[0], POLLIN);
	say("half mine", "%s", events(fd[0], ALL));
	got("half got back", recv(fd[0], buf, sizeof(buf), 0));
	close(fd[1]);
	events(fd[0], POLLHUP);
	say("half both", "%s", events(fd[0], ALL));
	got("half both recv", recv(fd[0], buf, sizeof(buf), 0));
	option("half both SO_ERROR", fd[0], SOL_SOCKET, SO_ERROR);
	got("half both shutdown", shutdown(fd[0], SHUT_RD));
	close(fd[0]);
}

static void tcp_closed(void)
{
	int fd[2];
	char buf[64];

	tcp_pair(fd);
	close(fd[1]);
	say("closed poll", "%s", events(fd[0], POLLIN | POLLRDHUP));
	got("closed recv", recv(fd[0], buf, sizeof(buf), 0));
	got("closed send", send(fd[0], "x", 1, MSG_NOSIGNAL));
	settle();
	say("closed poll after", "%s", events(fd[0], ALL));
	got("closed send again", send(fd[0], "x", 1, MSG_NOSIGNAL));
	option("closed SO_ERROR", fd[0], SOL_SOCKET, SO_ERROR);
	got("closed recv after", recv(fd[0], buf, sizeof(buf), 0));
	close(fd[0]);

	tcp_pair(fd);
	send(fd[0], "nobody reads this", 17, 0);
	events(fd[1], POLLIN);
	close(fd[1]);
	settle();
	say("unread poll", "%s", events(fd[0], ALL));
	got("unread recv", recv(fd[0], buf, sizeof(buf), 0));
	got("unread recv again", recv(fd[0], buf, sizeof(buf), 0));
	got("unread send", send(fd[0], "x", 1, MSG_NOSIGNAL));
	close(fd[0]);
}

static void tcp_reset(void)
{
	struct linger l = { .l_onoff = 1, .l_linger = 0 };
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	int fd[2];
	char buf[64];

	tcp_pair(fd);
	send(fd[1], "before", 6, 0);
	events(fd[0], POLLIN);
	got("linger", setsockopt(fd[1], SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	close(fd[1]);
	settle();
	say("reset poll", "%s", events(fd[0], ALL));
	got("reset peer", getpeername(fd[0], (struct sockaddr *)&sa, &len));
	got("reset name", getsockname(fd[0], (struct sockaddr *)&sa, &len));
	got("reset recv", recv(fd[0], buf, sizeof(buf), 0));
	got("reset recv again", recv(fd[0], buf, sizeof(buf), 0));
	got("reset shutdown", shutdown(fd[0], SHUT_WR));
	close(fd[0]);

	tcp_pair(fd);
	setsockopt(fd[1], SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd[1]);
	settle();
	option("reset SO_ERROR", fd[0], SOL_SOCKET, SO_ERROR);
	option("reset SO_ERROR again", fd[0], SOL_SOCKET, SO_ERROR);
	got("reset send", send(fd[0], "x", 1, MSG_NOSIGNAL));
	close(fd[0]);

	tcp_pair(fd);
	l.l_linger = 1;
	setsockopt(fd[1], SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	send(fd[1], "lingers", 7, 0);
	got("linger close", close(fd[1]));
	events(fd[0], POLLIN);
	got("linger recv", recv(fd[0], buf, sizeof(buf), 0));
	got("linger end", recv(fd[0], buf, sizeof(buf), 0));
	close(fd[0]);
}

static void tcp_refused(void)
{
	int l = listener(AF_INET, 1), port = port_of(l), a;
	struct sockaddr_in to = at4("127.0.0.1", port);
	char buf[8];

	close(l);
	a = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	say("fresh poll", "%s", events(a, ALL));
	got("fresh recv", recv(a, buf, sizeof(buf), 0));
	got("fresh send", send(a, "x", 1, MSG_NOSIGNAL));
	got("fresh shutdown", shutdown(a, SHUT_WR));
	got("refused connect", connect(a, (struct sockaddr *)&to, sizeof(to)));
	got("refused connect again", connect(a, (struct sockaddr *)&to, sizeof(to)));
	close(a);
	a = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
	got("refused later", connect(a, (struct sockaddr *)&to, sizeof(to)));
	say("refused poll", "%s", events(a, ALL));
	option("refused SO_ERROR", a, SOL_SOCKET, SO_ERROR);
	option("refused SO_ERROR again", a, SOL_SOCKET, SO_ERROR);
	close(a);
	a = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
	connect(a, (struct sockaddr *)&to, sizeof(to));
	events(a, POLLOUT);
	got("refused told by connect", connect(a, (struct sockaddr *)&to, sizeof(to)));
	close(a);
	/* a second try on the same socket */
	a = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	connect(a, (struct sockaddr *)&to, sizeof(to));
	l = listener(AF_INET, 1);
	to = at4("127.0.0.1", port_of(l));
	got("refused, then connects", connect(a, (struct sockaddr *)&to, sizeof(to)));
	close(a);
	close(l);
}

static void tcp_nonblocking(void)
{
	int l = listener(AF_INET, 5),
	    a = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "s");
	struct sockaddr_in to = at4("127.0.0.1", port_of(l));

	got("later connect", connect(a, (struct sockaddr *)&to, sizeof(to)));
	say("later poll", "%s", events(a, ALL));
	option("later SO_ERROR", a, SOL_SOCKET, SO_ERROR);
	got("later connect again", connect(a, (struct sockaddr *)&to, sizeof(to)));
	got("later connect third", connect(a, (struct sockaddr *)&to, sizeof(to)));
	close(a);
	close(l);
}

/* More than there is room for, both ways at once; every byte is looked at. */
static void tcp_bulk(void)
{
	const size_t total = 8 << 20;
	size_t sent = 0, received = 0, wrong = 0;
	static char out[100000], in[70000];
	bool full = false;
	int fd[2];

	tcp_pair(fd);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	while (received < total) {
		struct pollfd p[2] = { { .fd = fd[0], .events = sent < total ? POLLOUT : 0 },
			{ .fd = fd[1], .events = sent < 4 << 20 && !full ? 0 : POLLIN } };
		ssize_t n;

		if (poll(p, 2, 2000) == 0)
			break;
		if (p[0].revents & POLLOUT) {
			size_t len = total - sent < sizeof(out) ? total - sent : sizeof(out);

			for (size_t i = 0; i < len; i++)
				out[i] = (char)((sent + i) * 2654435761u >> 13);
			n = send(fd[0], out, len, 0);
			full |= n < (ssize_t)len;
			sent += n > 0 ? (size_t)n : 0;
		}
		while ((n = recv(fd[1], in, sizeof(in), 0)) > 0) {
			for (ssize_t i = 0; i < n; i++)
				wrong +=
					in[i] != (char)((received + (size_t)i) * 2654435761u >> 13);
			received += (size_t)n;
		}
	}
	say("bulk", "%zu sent, %zu received, %zu wrong", sent, received, wrong);
	close(fd[0]);
	close(fd[1]);
}

/* A sender that nobody reads from is held back, and goes on. */
static void tcp_full(void)
{
	static char data[65536];
	size_t sent = 0, received = 0;
	ssize_t n;
	int fd[2];

	tcp_pair(fd);
	while ((n = send(fd[0], data, sizeof(data), MSG_DONTWAIT)) > 0 ||
		events(fd[0], POLLOUT)[0] == 'o')
		sent += n > 0 ? (size_t)n : 0;
	say("full", "%s, %s", sent > 100000 ? "after much" : "too soon", events(fd[0], ALL));
	while (received < sent && (n = recv(fd[1], data, sizeof(data), 0)) > 0)
		received += (size_t)n;
	say("full drained", "%s", sent == received ? "all" : "not all");
	say("full again", "%s", events(fd[0], ALL));
	close(fd[0]);
	close(fd[1]);
}

void test_tcp(void)
{
	tcp_basic(AF_INET, "IPv4");
	tcp_basic(AF_INET6, "IPv6");
	tcp_close_half();
	tcp_closed();
	tcp_reset();
	tcp_refused();
	tcp_nonblocking();
	tcp_bulk();
	tcp_full();
}
