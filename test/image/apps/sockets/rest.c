/* SPDX-License-Identifier: BSD-3-Clause */
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include "check.h"

static void options_socket(int fd)
{
	struct linger l = { 0 };
	socklen_t len = sizeof(l);

	option("SO_TYPE", fd, SOL_SOCKET, SO_TYPE);
	option("SO_DOMAIN", fd, SOL_SOCKET, SO_DOMAIN);
	option("SO_PROTOCOL", fd, SOL_SOCKET, SO_PROTOCOL);
	option("SO_ERROR", fd, SOL_SOCKET, SO_ERROR);
	option("SO_RCVLOWAT", fd, SOL_SOCKET, SO_RCVLOWAT);
	set_option("SO_REUSEADDR", fd, SOL_SOCKET, SO_REUSEADDR, 5);
	set_option("SO_KEEPALIVE", fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option("SO_BROADCAST", fd, SOL_SOCKET, SO_BROADCAST, 1);
	set_option("SO_OOBINLINE", fd, SOL_SOCKET, SO_OOBINLINE, 1);
	set_option("SO_RCVBUF", fd, SOL_SOCKET, SO_RCVBUF, 10000);
	set_option("SO_SNDBUF", fd, SOL_SOCKET, SO_SNDBUF, 10000);
	set_option("SO_RCVBUF small", fd, SOL_SOCKET, SO_RCVBUF, 0);
	set_option("SO_SNDBUF small", fd, SOL_SOCKET, SO_SNDBUF, 0);
	set_option("SO_TYPE set", fd, SOL_SOCKET, SO_TYPE, 1);
	set_option("SO_ERROR set", fd, SOL_SOCKET, SO_ERROR, 1);
	set_option("unknown", fd, SOL_SOCKET, 9999, 1);
	got("SO_LINGER", getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
	say("SO_LINGER", "%d %d %u", l.l_onoff, l.l_linger, len);
	len = 1;
	got("short getsockopt", getsockopt(fd, SOL_SOCKET, SO_TYPE, &l, &len));
	say("short getsockopt", "%u", len);
	got("short setsockopt", setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &l, 2));
	got("unknown level", setsockopt(fd, 4711, 1, &l, 4));
}

static void options_ip(int fd, bool tcp)
{
	struct ip_mreq group = { 0 };

	set_option("IP_TTL", fd, IPPROTO_IP, IP_TTL, 10);
	set_option("IP_TTL -1", fd, IPPROTO_IP, IP_TTL, -1);
	set_option("IP_TTL 0", fd, IPPROTO_IP, IP_TTL, 0);
	set_option("IP_TTL 256", fd, IPPROTO_IP, IP_TTL, 256);
	set_option("IP_TOS", fd, IPPROTO_IP, IP_TOS, 0x10);
	set_option("IP_RECVTTL", fd, IPPROTO_IP, IP_RECVTTL, 1);
	if (tcp)
		return;
	set_option("IP_PKTINFO", fd, IPPROTO_IP, IP_PKTINFO, 1);
	set_option("IP_MULTICAST_TTL", fd, IPPROTO_IP, IP_MULTICAST_TTL, 7);
	set_option("IP_MULTICAST_TTL 300", fd, IPPROTO_IP, IP_MULTICAST_TTL, 300);
	set_option("IP_MULTICAST_LOOP", fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
	set_option("IPV6 on IPv4", fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 7);
	group.imr_multiaddr.s_addr = htonl(0x7f000001);
	got("join unicast", setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)));
	group.imr_multiaddr.s_addr = htonl(0xef010203);
	group.imr_interface.s_addr = htonl(0xc0000201);
	got("join nowhere", setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)));
	group.imr_interface.s_addr = htonl(0x7f000001);
	got("join", setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)));
	got("join twice", setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)));
	got("leave", setsockopt(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof(group)));
	got("leave twice", setsockopt(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof(group)));
	got("join short", setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, 4));
}

static void options_ip6(void)
{
	int fd = must(socket(AF_INET6, SOCK_DGRAM, 0), "socket");
	struct sockaddr_in6 any = at6("::", 0);
	struct ipv6_mreq group = { 0 };

	set_option("IPV6_V6ONLY", fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	set_option("IPV6_V6ONLY off", fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	set_option("IPV6_UNICAST_HOPS", fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9);
	set_option("IPV6_UNICAST_HOPS -1", fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -1);
	set_option("IPV6_UNICAST_HOPS 300", fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 300);
	set_option("IPV6_MULTICAST_HOPS", fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 5);
	set_option("IPV6_MULTICAST_LOOP", fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0);
	set_option("IPV6_TCLASS", fd, IPPROTO_IPV6, IPV6_TCLASS, 8);
	set_option("IPV6_RECVPKTINFO", fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	got("join6 unicast", setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof(group)));
	bind(fd, (struct sockaddr *)&any, sizeof(any));
	set_option("IPV6_V6ONLY bound", fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	close(fd);
}

void test_options(void)
{
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");

	options_socket(fd);
	options_ip(fd, false);
	set_option("TCP_NODELAY on UDP", fd, IPPROTO_TCP, TCP_NODELAY, 1);
	close(fd);
	fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	options_socket(fd);
	options_ip(fd, true);
	set_option("TCP_NODELAY", fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option("TCP_CORK", fd, IPPROTO_TCP, TCP_CORK, 1);
	option("TCP_KEEPIDLE default", fd, IPPROTO_TCP, TCP_KEEPIDLE);
	set_option("TCP_KEEPIDLE", fd, IPPROTO_TCP, TCP_KEEPIDLE, 100);
	set_option("TCP_KEEPIDLE 0", fd, IPPROTO_TCP, TCP_KEEPIDLE, 0);
	set_option("TCP_KEEPINTVL", fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
	set_option("TCP_KEEPINTVL 40000", fd, IPPROTO_TCP, TCP_KEEPINTVL, 40000);
	set_option("TCP_KEEPCNT", fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
	set_option("TCP_KEEPCNT 200", fd, IPPROTO_TCP, TCP_KEEPCNT, 200);
	set_option("TCP unknown", fd, IPPROTO_TCP, 9999, 1);
	close(fd);
	options_ip6();
}

/* -- names -- */

static void resolve(const char *what, const char *host, const char *service, int family, int flags)
{
	struct addrinfo hints = {
		.ai_family = family, .ai_flags = flags, .ai_socktype = SOCK_STREAM
	};
	struct addrinfo *list = NULL;
	int rc = getaddrinfo(host, service, &hints, &list);

	if (rc != 0) {
		say(what, "fails");
		return;
	}
	say(what, "%s port %d", text_of(list->ai_addr),
		ntohs(((struct sockaddr_in *)list->ai_addr)->sin_port));
	freeaddrinfo(list);
}

static void interfaces(void)
{
	struct ifaddrs *all, *i;
	struct if_nameindex *names;
	struct ifreq r = { .ifr_name = "lo" };
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	char name[IF_NAMESIZE];

	got("getifaddrs", getifaddrs(&all));
	for (i = all; i != NULL; i = i->ifa_next) {
		if (strcmp(i->ifa_name, "lo") != 0 || i->ifa_addr == NULL)
			continue;
		if (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6)
			continue;
		say("address", "%s %s", i->ifa_name, text_of(i->ifa_addr));
		say("mask", "%s", text_of(i->ifa_netmask));
		say("flags", "%s %s", i->ifa_flags & IFF_UP ? "up" : "down",
			i->ifa_flags & IFF_LOOPBACK ? "loopback" : "card");
	}
	freeifaddrs(all);
	names = if_nameindex();
	say("if_nameindex", "%s %u", names ? names[0].if_name : "none",
		names ? names[0].if_index : 0);
	if_freenameindex(names);
	say("if_nametoindex", "%u", if_nametoindex("lo"));
	got("if_nametoindex none", if_nametoindex("nothing0") ? 1 : -1);
	say("if_indextoname", "%s", if_indextoname(1, name) ? name : "none");
	got("SIOCGIFADDR", ioctl(fd, SIOCGIFADDR, &r));
	say("SIOCGIFADDR", "%s", text_of(&r.ifr_addr));
	got("SIOCGIFFLAGS", ioctl(fd, SIOCGIFFLAGS, &r));
	say("SIOCGIFFLAGS", "%s", r.ifr_flags & IFF_UP ? "up" : "down");
	got("SIOCGIFMTU", ioctl(fd, SIOCGIFMTU, &r));
	say("SIOCGIFMTU", "%d", r.ifr_mtu);
	strcpy(r.ifr_name, "nothing0");
	got("SIOCGIFADDR none", ioctl(fd, SIOCGIFADDR, &r));
	close(fd);
}

void test_names(void)
{
	struct sockaddr_in sa = at4("192.0.2.7", 80);
	char host[64], service[32];
	struct servent *s;

	resolve("numeric", "127.0.0.1", "80", AF_UNSPEC, AI_NUMERICHOST);
	resolve("numeric6", "::1", "8080", AF_UNSPEC, 0);
	resolve("passive", NULL, "123", AF_INET, AI_PASSIVE);
	resolve("localhost", "localhost", "http", AF_INET, 0);
	resolve("not numeric", "localhost", "80", AF_INET, AI_NUMERICHOST);
	s = getservbyname("domain", "udp");
	say("service", "%d", s ? ntohs((uint16_t)s->s_port) : -1);
	got("getnameinfo", getnameinfo((struct sockaddr *)&sa, sizeof(sa), host, sizeof(host),
				   service, sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV));
	say("getnameinfo", "%s %s", host, service);
	interfaces();
}

/* -- socketpair -- */

static void local_pair(int type, const char *name)
{
	int fd[2], n;
	char buf[16];
	static char big[300000];
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	say("pair", "%s", name);
	must(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fd), "socketpair");
	got("pair recv nothing", recv(fd[0], buf, sizeof(buf), 0));
	say("pair poll", "%s", events(fd[0], POLLIN | POLLOUT));
	got("pair send", send(fd[0], "0123456789", 10, 0));
	got("pair send", send(fd[0], "ab", 2, 0));
	say("pair poll", "%s", events(fd[1], POLLIN | POLLOUT));
	ioctl(fd[1], FIONREAD, &n);
	say("pair FIONREAD", "%d", n);
	got("pair peek", recv(fd[1], buf, 4, MSG_PEEK));
	got("pair recv", recv(fd[1], buf, 4, 0));
	got("pair recv", recv(fd[1], buf, 4, 0));
	got("pair name", getsockname(fd[0], (struct sockaddr *)&sa, &len));
	say("pair name", "%s %u", sa.ss_family == AF_UNIX ? "AF_UNIX" : "?", len);
	while (send(fd[0], big, 1000, 0) > 0)
		;
	say("pair full", "%s", error_name(errno));
	while (recv(fd[1], big, sizeof(big), 0) > 0)
		;
	say("pair drained", "%s", events(fd[0], POLLOUT));
	got("pair shutdown", shutdown(fd[0], SHUT_WR));
	got("pair send", send(fd[0], "x", 1, MSG_NOSIGNAL));
	got("pair recv after shutdown", recv(fd[1], buf, sizeof(buf), 0));
	close(fd[1]);
	say("pair closed", "%s", events(fd[0], POLLIN | POLLOUT | POLLRDHUP));
	close(fd[0]);
}

void test_local(void)
{
	local_pair(SOCK_STREAM, "stream");
	local_pair(SOCK_DGRAM, "datagrams");
}

/* -- what makes no sense -- */

void test_bad(void)
{
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0), "socket"), pipes[2], one = 1;
	struct sockaddr_in sa = at4("127.0.0.1", 9), none = at4("127.0.0.1", 0);
	struct sockaddr_in6 six = at6("::1", 9);
	struct iovec v = { NULL, 4 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 2000 };
	char buf[4];

	got("socket family", socket(99, SOCK_STREAM, 0));
	got("socket type", socket(AF_INET, 9, 0));
	got("socket flags", socket(AF_INET, SOCK_STREAM | 0x100000, 0));
	got("socket protocol", socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
	got("socketpair INET", socketpair(AF_INET, SOCK_STREAM, 0, pipes));
	got("bad fd", send(999, "x", 1, 0));
	must(pipe(pipes), "pipe");
	got("pipe send", send(pipes[1], "x", 1, 0));
	got("pipe setsockopt", setsockopt(pipes[1], SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)));
	got("udp listen", listen(fd, 1));
	got("udp accept", accept(fd, NULL, NULL));
	got("send short address", sendto(fd, "x", 1, 0, (struct sockaddr *)&sa, 4));
	got("send long address", sendto(fd, "x", 1, 0, (struct sockaddr *)&sa, 4000));
	got("send wrong family", sendto(fd, "x", 1, 0, (struct sockaddr *)&six, sizeof(six)));
	got("send port 0", sendto(fd, "x", 1, 0, (struct sockaddr *)&none, sizeof(none)));
	got("connect wrong family", connect(fd, (struct sockaddr *)&six, sizeof(six)));
	got("connect short", connect(fd, (struct sockaddr *)&sa, 8));
	got("many vectors", sendmsg(fd, &m, 0));
	got("oob udp", sendto(fd, "x", 1, MSG_OOB, (struct sockaddr *)&sa, sizeof(sa)));
	got("lseek", lseek(fd, 0, SEEK_SET));
	got("ioctl unknown", ioctl(fd, 0x1234567, &one));
	sa = at4("255.255.255.255", 9);
	got("broadcast", sendto(fd, "x", 1, 0, (struct sockaddr *)&sa, sizeof(sa)) < 0 &&
				 (errno == EACCES || errno == ENETUNREACH));
	close(fd);
	got("closed fd", recv(fd, buf, sizeof(buf), 0));
	fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	got("accept not listening", accept(fd, NULL, NULL));
	got("accept4 flags", accept4(fd, NULL, NULL, 0x1234));
	close(fd);
	close(pipes[0]);
	close(pipes[1]);
}
