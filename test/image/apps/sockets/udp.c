/* SPDX-License-Identifier: BSD-3-Clause */
#include <sys/ioctl.h>
#include "check.h"

static void udp_basic(int domain, const char *family)
{
	int a = bound(domain, SOCK_DGRAM), b = to_port(domain, SOCK_DGRAM, port_of(a)), n;
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char buf[64];

	say("udp family", "%s", family);
	got("udp recv nothing", recv(a, buf, sizeof(buf), MSG_DONTWAIT));
	say("udp poll empty", "%s", events(a, POLLOUT));
	got("udp send", send(b, "hello", 5, 0));
	say("udp poll", "%s", events(a, POLLIN | POLLOUT));
	ioctl(a, FIONREAD, &n);
	say("udp FIONREAD", "%d", n);
	got("udp peek", recv(a, buf, sizeof(buf), MSG_PEEK));
	got("udp recvfrom", recvfrom(a, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len));
	say("udp bytes", "%.5s from %s, %u bytes, port %s", buf, text_of(&from), len,
		ntohs(((struct sockaddr_in *)&from)->sin_port) == port_of(b) ? "right" : "wrong");
	got("udp answer", sendto(a, "back", 4, 0, (struct sockaddr *)&from, len));
	events(b, POLLIN);
	got("udp recv connected", recv(b, buf, sizeof(buf), 0));
	got("udp recv again", recv(b, buf, sizeof(buf), MSG_DONTWAIT));
	close(a);
	close(b);
}

static void udp_lengths(void)
{
	int a = bound(AF_INET, SOCK_DGRAM), b = to_port(AF_INET, SOCK_DGRAM, port_of(a));
	char *big = calloc(1, 70000), buf[16];
	struct iovec v = { buf, 4 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	got("udp empty send", send(b, NULL, 0, 0));
	events(a, POLLIN);
	got("udp empty recv", recv(a, buf, sizeof(buf), 0));
	got("udp cut send", send(b, "0123456789", 10, 0));
	events(a, POLLIN);
	got("udp cut recv", recv(a, buf, 4, 0));
	got("udp cut rest", recv(a, buf, 4, MSG_DONTWAIT));
	send(b, "0123456789", 10, 0);
	events(a, POLLIN);
	got("udp trunc", recv(a, buf, 4, MSG_TRUNC | MSG_PEEK));
	got("udp recvmsg", recvmsg(a, &m, 0));
	say("udp recvmsg flags", "%s", m.msg_flags & MSG_TRUNC ? "trunc" : "none");
	send(b, "0123", 4, 0);
	events(a, POLLIN);
	got("udp recv 0 bytes", recv(a, buf, 0, 0));
	got("udp consumed", recv(a, buf, 4, MSG_DONTWAIT));
	got("udp 65507", send(b, big, 65507, 0));
	events(a, POLLIN);
	got("udp 65507 recv", recv(a, big, 70000, MSG_DONTWAIT));
	got("udp 65508", send(b, big, 65508, 0));
	got("udp 8000", send(b, big, 8000, 0));
	events(a, POLLIN);
	got("udp 8000 recv", recv(a, big, 70000, MSG_DONTWAIT));
	free(big);
	close(a);
	close(b);
}

static void udp_connected(void)
{
	int a = bound(AF_INET, SOCK_DGRAM), b = bound(AF_INET, SOCK_DGRAM);
	int c = bound(AF_INET, SOCK_DGRAM);
	struct sockaddr_in to = at4("127.0.0.1", port_of(b));
	struct sockaddr_in a_at = at4("127.0.0.1", port_of(a)), sa;
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	socklen_t len = sizeof(sa);
	char buf[16];

	got("udp peer of none", getpeername(a, (struct sockaddr *)&sa, &len));
	got("udp send to none", send(a, "x", 1, 0));
	got("udp connect", connect(a, (struct sockaddr *)&to, sizeof(to)));
	got("udp peer", getpeername(a, (struct sockaddr *)&sa, &len));
	say("udp peer", "%s", text_of(&sa));
	sendto(c, "stranger", 8, 0, (struct sockaddr *)&a_at, sizeof(a_at));
	settle();
	got("udp from stranger", recv(a, buf, sizeof(buf), MSG_DONTWAIT));
	sendto(b, "friend", 6, 0, (struct sockaddr *)&a_at, sizeof(a_at));
	events(a, POLLIN);
	got("udp from friend", recv(a, buf, sizeof(buf), MSG_DONTWAIT));
	to = at4("127.0.0.1", port_of(c));
	got("udp sendto elsewhere", sendto(a, "y", 1, 0, (struct sockaddr *)&to, sizeof(to)));
	events(c, POLLIN);
	got("udp elsewhere", recv(c, buf, sizeof(buf), MSG_DONTWAIT));
	got("udp connect again", connect(a, (struct sockaddr *)&to, sizeof(to)));
	got("udp disconnect", connect(a, &none, sizeof(none)));
	got("udp peer after", getpeername(a, (struct sockaddr *)&sa, &len));
	got("udp send after", send(a, "x", 1, 0));
	close(a);
	close(b);
	close(c);
}

static void udp_names(void)
{
	int a = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	struct sockaddr_in sa, to = at4("127.0.0.1", 9);
	socklen_t len = sizeof(sa);

	getsockname(a, (struct sockaddr *)&sa, &len);
	say("udp unbound name", "%s %u bytes, port %s", text_of(&sa), len,
		sa.sin_port ? "some" : "none");
	connect(a, (struct sockaddr *)&to, sizeof(to));
	getsockname(a, (struct sockaddr *)&sa, &len);
	say("udp connected name", "%s, port %s", text_of(&sa), sa.sin_port ? "some" : "none");
	to = at4("127.0.0.1", 0);
	got("udp bind after connect", bind(a, (struct sockaddr *)&to, sizeof(to)));
	len = 4;
	got("udp short name", getsockname(a, (struct sockaddr *)&sa, &len));
	say("udp short name", "%u bytes", len);
	close(a);
}

static void udp_binds(void)
{
	int a = bound(AF_INET, SOCK_DGRAM), b = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	struct sockaddr_in sa = at4("127.0.0.1", port_of(a)), far = at4("192.0.2.1", 0);
	struct sockaddr_in6 six = at6("::1", 0);
	int on = 1;

	got("udp bind twice", bind(a, (struct sockaddr *)&sa, sizeof(sa)));
	got("udp bind in use", bind(b, (struct sockaddr *)&sa, sizeof(sa)));
	sa.sin_addr.s_addr = 0;
	got("udp bind any in use", bind(b, (struct sockaddr *)&sa, sizeof(sa)));
	got("udp bind far", bind(b, (struct sockaddr *)&far, sizeof(far)));
	got("udp bind six", bind(b, (struct sockaddr *)&six, sizeof(six)));
	got("udp bind short", bind(b, (struct sockaddr *)&sa, 8));
	setsockopt(b, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	sa = at4("127.0.0.1", port_of(a));
	got("udp bind one reuses", bind(b, (struct sockaddr *)&sa, sizeof(sa)));
	setsockopt(a, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	got("udp bind both reuse", bind(b, (struct sockaddr *)&sa, sizeof(sa)));
	close(a);
	close(b);
}

static void udp_refused(void)
{
	int a = bound(AF_INET, SOCK_DGRAM), port = port_of(a), b;
	char buf[8];

	close(a);
	b = to_port(AF_INET, SOCK_DGRAM, port);
	got("udp refused send", send(b, "x", 1, 0));
	say("udp refused poll", "%s", events(b, POLLIN));
	got("udp refused recv", recv(b, buf, sizeof(buf), MSG_DONTWAIT));
	got("udp refused once", recv(b, buf, sizeof(buf), MSG_DONTWAIT));
	send(b, "x", 1, 0);
	events(b, POLLIN);
	option("udp refused SO_ERROR", b, SOL_SOCKET, SO_ERROR);
	send(b, "x", 1, 0);
	events(b, POLLIN);
	got("udp refused next send", send(b, "x", 1, 0));
	settle();
	close(b);
	b = to_port(AF_INET6, SOCK_DGRAM, port);
	send(b, "x", 1, 0);
	say("udp6 refused poll", "%s", events(b, POLLIN));
	got("udp6 refused recv", recv(b, buf, sizeof(buf), MSG_DONTWAIT));
	close(b);
	/* nobody is told who is not connected */
	a = bound(AF_INET, SOCK_DGRAM);
	struct sockaddr_in to = at4("127.0.0.1", port);
	sendto(a, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
	settle();
	got("udp refused unconnected", recv(a, buf, sizeof(buf), MSG_DONTWAIT));
	close(a);
}

static void udp_shutdown(void)
{
	int a = bound(AF_INET, SOCK_DGRAM), b = to_port(AF_INET, SOCK_DGRAM, port_of(a));
	char buf[8];

	got("udp shutdown write", shutdown(b, SHUT_WR));
	got("udp send after shutdown", send(b, "x", 1, MSG_NOSIGNAL));
	say("udp poll after write", "%s", events(b, POLLIN | POLLOUT | POLLRDHUP));
	got("udp shutdown read", shutdown(b, SHUT_RD));
	got("udp recv after shutdown", recv(b, buf, sizeof(buf), 0));
	say("udp poll after both", "%s", events(b, POLLIN | POLLOUT | POLLRDHUP));
	got("udp shutdown unconnected", shutdown(a, SHUT_RDWR));
	got("udp shutdown nonsense", shutdown(b, 7));
	close(a);
	close(b);
}

void test_udp(void)
{
	udp_basic(AF_INET, "IPv4");
	udp_basic(AF_INET6, "IPv6");
	udp_lengths();
	udp_connected();
	udp_names();
	udp_binds();
	udp_refused();
	udp_shutdown();
}
