/* SPDX-License-Identifier: BSD-3-Clause */
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include "check.h"

#define NB 8

static void udp_many(void)
{
	int a = bound(AF_INET, SOCK_DGRAM), b = to_port(AF_INET, SOCK_DGRAM, port_of(a));
	char out[NB][8], in[NB * 2][8];
	struct iovec vo[NB], vi[NB * 2];
	struct mmsghdr mo[NB] = { 0 }, mi[NB * 2] = { 0 };
	struct timespec none = { 0 };

	for (int i = 0; i < NB; i++) {
		snprintf(out[i], sizeof(out[i]), "msg %d", i);
		vo[i] = (struct iovec){ out[i], (size_t)(5 - i % 2) };
		mo[i].msg_hdr.msg_iov = &vo[i];
		mo[i].msg_hdr.msg_iovlen = 1;
	}
	for (int i = 0; i < NB * 2; i++) {
		vi[i] = (struct iovec){ in[i], 8 };
		mi[i].msg_hdr.msg_iov = &vi[i];
		mi[i].msg_hdr.msg_iovlen = 1;
	}
	got("recvmmsg nothing", recvmmsg(a, mi, NB, MSG_DONTWAIT, NULL));
	got("sendmmsg", sendmmsg(b, mo, NB, 0));
	say("sendmmsg lengths", "%u %u", mo[0].msg_len, mo[1].msg_len);
	events(a, POLLIN);
	settle();
	got("recvmmsg 3", recvmmsg(a, mi, 3, 0, NULL));
	say("recvmmsg", "%.5s %u, %.4s %u", in[0], mi[0].msg_len, in[1], mi[1].msg_len);
	got("recvmmsg rest", recvmmsg(a, mi, NB * 2, MSG_WAITFORONE, NULL));
	say("recvmmsg rest", "%.4s", in[0]);
	got("recvmmsg empty", recvmmsg(a, mi, NB * 2, MSG_DONTWAIT, NULL));
	send(b, "late", 4, 0);
	got("recvmmsg waits for one", recvmmsg(a, mi, NB, MSG_WAITFORONE, NULL));
	send(b, "late", 4, 0);
	got("recvmmsg no time", recvmmsg(a, mi, NB, 0, &none));
	got("sendmmsg of none", sendmmsg(b, mo, 0, 0));
	got("recvmmsg of none", recvmmsg(a, mi, 0, 0, NULL));
	none.tv_nsec = 2000000000;
	got("recvmmsg bad time", recvmmsg(a, mi, NB, 0, &none));
	close(a);
	close(b);
}

static void udp_vectors(void)
{
	int a = bound(AF_INET, SOCK_DGRAM), b = to_port(AF_INET, SOCK_DGRAM, port_of(a));
	char x[4], y[1], z[16];
	struct iovec out[3] = { { "ab", 2 }, { "", 0 }, { "cdefg", 5 } };
	struct iovec in[4] = { { x, 4 }, { NULL, 0 }, { y, 1 }, { z, 16 } };

	got("udp writev", writev(b, out, 3));
	events(a, POLLIN);
	got("udp readv", readv(a, in, 4));
	say("udp readv", "%.4s %.1s %.2s", x, y, z);
	got("udp write", write(b, "plain", 5));
	events(a, POLLIN);
	got("udp read", read(a, z, sizeof(z)));
	close(a);
	close(b);
}

static void udp_time(void)
{
	int a = bound(AF_INET, SOCK_DGRAM);
	struct timeval tv = { .tv_usec = 30000 };
	struct timespec t0, t1;
	socklen_t len = sizeof(tv);
	char buf[8];
	long ms;

	got("rcvtimeo set", setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	clock_gettime(CLOCK_MONOTONIC, &t0);
	got("rcvtimeo recv", recv(a, buf, sizeof(buf), 0));
	clock_gettime(CLOCK_MONOTONIC, &t1);
	ms = (t1.tv_sec - t0.tv_sec) * 1000 + (t1.tv_nsec - t0.tv_nsec) / 1000000;
	say("rcvtimeo waited", "%s", ms >= 29 ? "as long" : "too short");
	tv.tv_usec = 1000000;
	got("rcvtimeo bad", setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	got("rcvtimeo short", setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &tv, 4));
	getsockopt(a, SOL_SOCKET, SO_SNDTIMEO, &tv, &len);
	say("sndtimeo", "%ld %ld %u", (long)tv.tv_sec, (long)tv.tv_usec, len);
	close(a);
}

/* Prints each control message of a header. */
static void controls(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		struct in_pktinfo p4;
		struct in6_pktinfo p6;
		int value = 0;

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&p4, CMSG_DATA(c), sizeof(p4));
			say("control pktinfo", "%s", inet_ntoa(p4.ipi_addr));
			continue;
		}
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			char text[INET6_ADDRSTRLEN];

			memcpy(&p6, CMSG_DATA(c), sizeof(p6));
			say("control pktinfo6", "%s",
				inet_ntop(AF_INET6, &p6.ipi6_addr, text, sizeof(text)));
			continue;
		}
		memcpy(&value, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
		say("control", "level %d type %d len %d value %d", c->cmsg_level, c->cmsg_type,
			(int)(c->cmsg_len - CMSG_LEN(0)), value);
	}
}

static void udp_control(void)
{
	int a = bound(AF_INET, SOCK_DGRAM), b = to_port(AF_INET, SOCK_DGRAM, port_of(a)), on = 1;
	char buf[16], control[256];
	struct iovec v = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	int ttl = 77;

	setsockopt(a, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	setsockopt(a, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on));
	setsockopt(a, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on));
	setsockopt(b, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	ttl = 0x10;
	setsockopt(b, IPPROTO_IP, IP_TOS, &ttl, sizeof(ttl));
	send(b, "control", 7, 0);
	events(a, POLLIN);
	m.msg_control = control;
	m.msg_controllen = sizeof(control);
	got("control recvmsg", recvmsg(a, &m, 0));
	controls(&m);
	say("control length", "%zu", (size_t)m.msg_controllen);
	send(b, "control", 7, 0);
	events(a, POLLIN);
	m.msg_controllen = CMSG_LEN(4);
	recvmsg(a, &m, 0);
	say("control cut", "%s %zu", m.msg_flags & MSG_CTRUNC ? "ctrunc" : "whole",
		(size_t)m.msg_controllen);
	close(a);
	close(b);
	a = bound(AF_INET6, SOCK_DGRAM);
	b = to_port(AF_INET6, SOCK_DGRAM, port_of(a));
	setsockopt(a, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	setsockopt(a, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on));
	send(b, "control", 7, 0);
	events(a, POLLIN);
	m.msg_controllen = sizeof(control);
	got("control6 recvmsg", recvmsg(a, &m, 0));
	controls(&m);
	close(a);
	close(b);
}

/* A message that says how it wants to go. */
static void udp_send_control(void)
{
	int a = bound(AF_INET, SOCK_DGRAM), b = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	int ttl = 33, on = 1;
	struct sockaddr_in to = at4("127.0.0.1", port_of(a));
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(sizeof(int))];
	} c = { 0 };
	char control[128], buf[8];
	struct iovec v = { "ttl", 3 }, vi = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 },
		      mi = { .msg_iov = &vi, .msg_iovlen = 1 };

	setsockopt(a, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on));
	c.h.cmsg_level = IPPROTO_IP;
	c.h.cmsg_type = IP_TTL;
	c.h.cmsg_len = CMSG_LEN(sizeof(ttl));
	memcpy(CMSG_DATA(&c.h), &ttl, sizeof(ttl));
	m.msg_name = &to;
	m.msg_namelen = sizeof(to);
	m.msg_control = &c;
	m.msg_controllen = sizeof(c);
	got("control send", sendmsg(b, &m, 0));
	events(a, POLLIN);
	mi.msg_control = control;
	mi.msg_controllen = sizeof(control);
	got("control got", recvmsg(a, &mi, 0));
	controls(&mi);
	c.h.cmsg_len = 3;
	got("control bad length", sendmsg(b, &m, 0));
	c.h.cmsg_len = CMSG_LEN(sizeof(ttl));
	ttl = 300;
	memcpy(CMSG_DATA(&c.h), &ttl, sizeof(ttl));
	got("control bad ttl", sendmsg(b, &m, 0));
	close(a);
	close(b);
}

static void udp_dual(void)
{
	int a = must(socket(AF_INET6, SOCK_DGRAM, 0), "socket"), b, on = 1;
	struct sockaddr_in6 any = at6("::", 0), from, mapped;
	struct sockaddr_in four;
	socklen_t len = sizeof(from);
	char buf[16];

	bind(a, (struct sockaddr *)&any, sizeof(any));
	b = to_port(AF_INET, SOCK_DGRAM, port_of(a));
	got("dual send", send(b, "four", 4, 0));
	events(a, POLLIN);
	got("dual recv", recvfrom(a, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len));
	say("dual from", "%s", text_of(&from));
	got("dual answer", sendto(a, "six", 3, 0, (struct sockaddr *)&from, len));
	events(b, POLLIN);
	got("dual answered", recv(b, buf, sizeof(buf), MSG_DONTWAIT));
	four = at4("127.0.0.1", port_of(b));
	got("dual to sockaddr_in", sendto(a, "in", 2, 0, (struct sockaddr *)&four, sizeof(four)));
	settle();
	close(a);
	close(b);
	a = must(socket(AF_INET6, SOCK_DGRAM, 0), "socket");
	setsockopt(a, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	bind(a, (struct sockaddr *)&any, sizeof(any));
	b = to_port(AF_INET, SOCK_DGRAM, port_of(a));
	send(b, "four", 4, 0);
	events(b, POLLIN);
	got("v6only sender", recv(b, buf, sizeof(buf), MSG_DONTWAIT));
	mapped = at6("::ffff:127.0.0.1", 9);
	got("v6only to mapped", sendto(a, "x", 1, 0, (struct sockaddr *)&mapped, sizeof(mapped)));
	close(a);
	close(b);
}

static void udp_buffer(void)
{
	int a = bound(AF_INET, SOCK_DGRAM), b = to_port(AF_INET, SOCK_DGRAM, port_of(a)),
	    size = 4096;
	char buf[1000] = { 0 };
	int n = 0;

	setsockopt(a, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	for (int i = 0; i < 200; i++) {
		if (send(b, buf, sizeof(buf), 0) == (ssize_t)sizeof(buf))
			n++;
	}
	settle();
	say("rcvbuf sent", "%d", n);
	for (n = 0; recv(a, buf, sizeof(buf), MSG_DONTWAIT) > 0; n++)
		;
	say("rcvbuf received", "%s", n > 0 && n < 20 ? "a few" : "too many or none");
	close(a);
	close(b);
}

void test_udp_more(void)
{
	udp_many();
	udp_vectors();
	udp_time();
	udp_control();
	udp_send_control();
	udp_dual();
	udp_buffer();
}
