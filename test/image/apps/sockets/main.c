/* SPDX-License-Identifier: BSD-3-Clause */
#include <net/if.h>
#include <stdarg.h>
#include "check.h"

void say(const char *what, const char *format, ...)
{
	va_list ap;

	printf("%s: ", what);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

const char *error_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
		{ 0, "0" },
		{ EPERM, "EPERM" },
		{ ENOENT, "ENOENT" },
		{ EBADF, "EBADF" },
		{ EAGAIN, "EAGAIN" },
		{ ENOMEM, "ENOMEM" },
		{ EACCES, "EACCES" },
		{ EFAULT, "EFAULT" },
		{ ENODEV, "ENODEV" },
		{ EINVAL, "EINVAL" },
		{ ENOTTY, "ENOTTY" },
		{ ESPIPE, "ESPIPE" },
		{ EPIPE, "EPIPE" },
		{ EDOM, "EDOM" },
		{ ENOTSOCK, "ENOTSOCK" },
		{ EDESTADDRREQ, "EDESTADDRREQ" },
		{ EMSGSIZE, "EMSGSIZE" },
		{ EPROTOTYPE, "EPROTOTYPE" },
		{ ENOPROTOOPT, "ENOPROTOOPT" },
		{ EPROTONOSUPPORT, "EPROTONOSUPPORT" },
		{ ESOCKTNOSUPPORT, "ESOCKTNOSUPPORT" },
		{ EOPNOTSUPP, "EOPNOTSUPP" },
		{ EAFNOSUPPORT, "EAFNOSUPPORT" },
		{ EADDRINUSE, "EADDRINUSE" },
		{ EADDRNOTAVAIL, "EADDRNOTAVAIL" },
		{ ENETUNREACH, "ENETUNREACH" },
		{ EHOSTUNREACH, "EHOSTUNREACH" },
		{ ECONNABORTED, "ECONNABORTED" },
		{ ECONNRESET, "ECONNRESET" },
		{ ENOBUFS, "ENOBUFS" },
		{ EISCONN, "EISCONN" },
		{ ENOTCONN, "ENOTCONN" },
		{ ETIMEDOUT, "ETIMEDOUT" },
		{ ECONNREFUSED, "ECONNREFUSED" },
		{ EALREADY, "EALREADY" },
		{ EINPROGRESS, "EINPROGRESS" },
		{ ENOSYS, "ENOSYS" },
	};
	static char number[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].error == error)
			return names[i].name;
	}
	snprintf(number, sizeof(number), "errno %d", error);
	return number;
}

void got(const char *what, long result)
{
	if (result < 0)
		say(what, "%s", error_name(errno));
	else
		say(what, "%ld", result);
}

int must(int fd, const char *what)
{
	if (fd < 0) {
		say("broken", "%s: %s", what, error_name(errno));
		exit(1);
	}
	return fd;
}

const char *events(int fd, short what)
{
	static char text[128];
	struct pollfd p = { .fd = fd, .events = what };
	int n = poll(&p, 1, 2000);

	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s", n == 0 ? "nothing " : "",
		p.revents & POLLIN ? "in " : "", p.revents & POLLOUT ? "out " : "",
		p.revents & POLLERR ? "err " : "", p.revents & POLLHUP ? "hup " : "",
		p.revents & POLLRDHUP ? "rdhup " : "", p.revents & POLLNVAL ? "nval " : "");
	return text;
}

void settle(void)
{
	for (int i = 0; i < 5; i++)
		poll(NULL, 0, 2);
}

struct sockaddr_in at4(const char *ip, int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, ip, &sa.sin_addr);
	return sa;
}

struct sockaddr_in6 at6(const char *ip, int port)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };

	inet_pton(AF_INET6, ip, &sa.sin6_addr);
	return sa;
}

int port_of(int fd)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	must(getsockname(fd, (struct sockaddr *)&sa, &len), "getsockname");
	return ntohs(sa.ss_family == AF_INET ? ((struct sockaddr_in *)&sa)->sin_port
					     : ((struct sockaddr_in6 *)&sa)->sin6_port);
}

int to_port(int domain, int type, int port)
{
	struct sockaddr_in in = at4("127.0.0.1", port);
	struct sockaddr_in6 in6 = at6("::1", port);
	int fd = must(socket(domain, type, 0), "socket");

	if (domain == AF_INET)
		must(connect(fd, (struct sockaddr *)&in, sizeof(in)), "connect");
	else
		must(connect(fd, (struct sockaddr *)&in6, sizeof(in6)), "connect");
	return fd;
}

int bound(int domain, int type)
{
	struct sockaddr_in in = at4("127.0.0.1", 0);
	struct sockaddr_in6 in6 = at6("::1", 0);
	int fd = must(socket(domain, type, 0), "socket");

	if (domain == AF_INET)
		must(bind(fd, (struct sockaddr *)&in, sizeof(in)), "bind");
	else
		must(bind(fd, (struct sockaddr *)&in6, sizeof(in6)), "bind");
	return fd;
}

int listener(int domain, int backlog)
{
	int fd = bound(domain, SOCK_STREAM);

	must(listen(fd, backlog), "listen");
	return fd;
}

void tcp_pair(int fds[2])
{
	int l = listener(AF_INET, 5);

	fds[0] = to_port(AF_INET, SOCK_STREAM, port_of(l));
	fds[1] = must(accept(l, NULL, NULL), "accept");
	close(l);
}

const char *text_of(const void *sa)
{
	static char text[INET6_ADDRSTRLEN];
	const struct sockaddr_in *in = sa;
	const struct sockaddr_in6 *in6 = sa;

	if (in->sin_family == AF_INET)
		return inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
	if (in->sin_family == AF_INET6)
		return inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
	return "?";
}

void option(const char *what, int fd, int level, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, level, name, &value, &len) < 0)
		say(what, "%s", error_name(errno));
	else
		say(what, "%d, %u bytes", value, len);
}

void set_option(const char *what, int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)) < 0)
		say(what, "%s", error_name(errno));
	else
		option(what, fd, level, name);
}

int main(void)
{
	/* on Linux the first descriptors may be anything */
	test_udp();
	test_udp_more();
	test_tcp();
	test_tcp_more();
	test_options();
	test_names();
	test_local();
	test_bad();
	say("end", "reached");
	return 0;
}
