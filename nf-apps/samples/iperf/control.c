/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * iperf3's control connection: iperf [PORT]. The client sends a cookie, then both follow the states below; objects
 * of JSON come with their length in front. Data connections begin with the same cookie, data over UDP with a greeting.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "nf-apps/samples/iperf/iperf.h"

#define PORT       5201
#define JSON_MAX   65536
#define PATIENCE_S 10 /* for what the client has to send next */

/* The states of iperf3, a byte each. */
enum {
	TEST_START = 1,
	TEST_RUNNING = 2,
	TEST_END = 4,
	PARAM_EXCHANGE = 9,
	CREATE_STREAMS = 10,
	CLIENT_TERMINATE = 12,
	EXCHANGE_RESULTS = 13,
	DISPLAY_RESULTS = 14,
	IPERF_DONE = 16,
	ACCESS_DENIED = -1,
	SERVER_ERROR = -2,
};

/* One of the reasons that go with SERVER_ERROR. */
#define NOT_IMPLEMENTED 13

/* The greeting over UDP and its answer, as old clients have them and as new ones do; the machine's byte order. */
#define HELLO_OLD  123456789u
#define HELLO      0x36373839u
#define ANSWER_OLD 987654321u
#define ANSWER     0x39383736u

static struct nf_iperf_test test;
static char cookie[NF_IPERF_COOKIE], json[JSON_MAX + 1];
static int listen_fd, udp_fd = -1;
static uint16_t port;

static int open_socket(int type)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, type, 0), on = 1;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
		(type == SOCK_STREAM && listen(fd, NF_IPERF_STREAMS_MAX) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A client that stops talking does not stop the server. */
static int set_patience(int fd)
{
	struct timeval tv = { .tv_sec = PATIENCE_S };

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) |
	       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static bool get(int fd, void *to, size_t len)
{
	return recv(fd, to, len, MSG_WAITALL) == (ssize_t)len;
}

static bool put(int fd, const void *from, size_t len)
{
	const char *at = from;

	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n < 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool put_state(int fd, int state)
{
	signed char byte = (signed char)state;

	return put(fd, &byte, 1);
}

static bool get_json(int fd)
{
	uint32_t len;

	if (!get(fd, &len, sizeof(len)))
		return false;
	len = ntohl(len);
	if (len > JSON_MAX || !get(fd, json, len))
		return false;
	json[len] = '\0';
	return true;
}

static bool put_json(int fd, int n)
{
	uint32_t len = htonl((uint32_t)n);

	return n >= 0 && put(fd, &len, sizeof(len)) && put(fd, json, (size_t)n);
}

/* -- streams -- */

/* Somebody else's connection is told that the server is busy. */
static bool add_tcp(void)
{
	char theirs[NF_IPERF_COOKIE];
	int fd = accept(listen_fd, NULL, NULL), on = 1;

	if (fd < 0 || set_patience(fd) != 0)
		return fd < 0;
	if (!get(fd, theirs, sizeof(theirs)) || memcmp(theirs, cookie, sizeof(cookie)) != 0) {
		put_state(fd, ACCESS_DENIED);
		close(fd);
		return true;
	}
	if (test.params.nodelay)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (nf_iperf_stream_add(&test, fd) == 0)
		return true;
	close(fd);
	return false;
}

/* Whoever greets gets the socket for itself; the next one greets at a new one. */
static bool add_udp(void)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	uint32_t hello, answer;
	int fd = udp_fd;

	if (recvfrom(fd, &hello, sizeof(hello), 0, (struct sockaddr *)&from, &len) != sizeof(hello))
		return true;
	if (hello != HELLO && hello != HELLO_OLD)
		return true;
	answer = hello == HELLO ? ANSWER : ANSWER_OLD;
	if (connect(fd, (struct sockaddr *)&from, len) < 0)
		return false;
	if (nf_iperf_stream_add(&test, fd) < 0)
		return false;
	udp_fd = open_socket(SOCK_DGRAM);
	return udp_fd >= 0 && send(fd, &answer, sizeof(answer), 0) == sizeof(answer);
}

static bool create_streams(int control)
{
	struct pollfd p[2] = { { .fd = control, .events = POLLIN } };

	if (test.params.udp && udp_fd < 0)
		udp_fd = open_socket(SOCK_DGRAM);
	if ((test.params.udp && udp_fd < 0) || !put_state(control, CREATE_STREAMS))
		return false;
	while (test.nb_streams < (unsigned)test.params.parallel) {
		p[1] = (struct pollfd){ .fd = test.params.udp ? udp_fd : listen_fd,
			.events = POLLIN };
		if (poll(p, 2, PATIENCE_S * 1000) <= 0 || p[0].revents != 0)
			return false;
		if (!(test.params.udp ? add_udp() : add_tcp()))
			return false;
	}
	return true;
}

/* -- the test -- */

static void move(const struct pollfd *p)
{
	for (unsigned i = 0; i < test.nb_streams; i++) {
		struct nf_iperf_stream *s = &test.stream[i];

		if (!test.params.reverse && p[i].revents != 0)
			nf_iperf_stream_receive(&test, s);
		else if (test.params.reverse && (p[i].revents != 0 || test.params.udp))
			nf_iperf_stream_send(&test, s);
	}
}

/* Until the client says that it is over, or goes. Returns its last word. */
static int run(int control)
{
	struct pollfd p[NF_IPERF_STREAMS_MAX + 2];
	double counts_from = nf_iperf_now() + (double)test.params.omit_s;
	bool omits = test.params.omit_s > 0;
	unsigned n = test.nb_streams;
	signed char state;

	for (unsigned i = 0; i < n; i++) {
		bool out = test.params.reverse;

		p[i] = (struct pollfd){ .fd = test.stream[i].fd,
			.events = !out              ? POLLIN
				  : test.params.udp ? 0
						    : POLLOUT };
	}
	p[n] = (struct pollfd){ .fd = control, .events = POLLIN };
	p[n + 1] = (struct pollfd){ .fd = listen_fd, .events = POLLIN };
	for (;;) {
		if (poll(p, n + 2, nf_iperf_stream_wait(&test)) < 0)
			return -1;
		move(p);
		if (omits && nf_iperf_now() >= counts_from) {
			omits = false;
			nf_iperf_stream_reset(&test);
		}
		if (p[n + 1].revents != 0)
			add_tcp();
		if (p[n].revents != 0)
			return get(control, &state, 1) ? state : -1;
	}
}

static bool serve(int control)
{
	if (!get(control, cookie, sizeof(cookie)) || !put_state(control, PARAM_EXCHANGE) ||
		!get_json(control))
		return false;
	if (!nf_iperf_json_params(&test.params, json) || test.params.bidirectional) {
		uint32_t errors[2] = { htonl(NOT_IMPLEMENTED), 0 };

		return put_state(control, SERVER_ERROR) && put(control, errors, sizeof(errors));
	}
	if (!create_streams(control) || !put_state(control, TEST_START) ||
		!put_state(control, TEST_RUNNING))
		return false;
	nf_iperf_stream_reset(&test);
	test.running = true;
	if (run(control) != TEST_END)
		return false;
	test.end_s = nf_iperf_now();
	nf_iperf_stream_close_all(&test);
	if (!put_state(control, EXCHANGE_RESULTS) || !get_json(control) ||
		!put_json(control, nf_iperf_json_results(&test, json, sizeof(json))) ||
		!put_state(control, DISPLAY_RESULTS))
		return false;
	return true;
}

/* The client's last word, so that the connection ends with it and not before. */
static void goodbye(int control)
{
	signed char state;

	get(control, &state, 1);
}

static void report(bool good)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < test.nb_streams; i++)
		bytes += test.stream[i].bytes;
	printf("@{\"type\":\"test\",\"good\":%s,\"udp\":%s,\"reverse\":%s,\"streams\":%u,"
	       "\"bytes\":%llu,\"seconds\":%.3f}\n",
		good ? "true" : "false", test.params.udp ? "true" : "false",
		test.params.reverse ? "true" : "false", test.nb_streams, (unsigned long long)bytes,
		good ? test.end_s - test.start_s : 0);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	port = argc > 1 ? (uint16_t)atoi(argv[1]) : PORT;
	listen_fd = open_socket(SOCK_STREAM);
	if (listen_fd < 0) {
		perror("iperf");
		return 1;
	}
	printf("@{\"type\":\"ready\",\"port\":%u}\n", port);
	fflush(stdout);
	for (;;) {
		int control = accept(listen_fd, NULL, NULL), on = 1;
		bool good;

		if (control < 0)
			continue;
		setsockopt(control, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		good = set_patience(control) == 0 && serve(control);
		if (good)
			goodbye(control);
		report(good);
		nf_iperf_stream_close_all(&test);
		if (udp_fd >= 0)
			close(udp_fd);
		udp_fd = -1;
		close(control);
		memset(&test, 0, sizeof(test));
	}
}
