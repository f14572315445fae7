/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "Hello" over HTTP/1.1 (RFC 9112) on sockets: http [PORT]. Connections stay open unless the client wants it otherwise,
 * requests may be pipelined; GET and HEAD of any path. Plain POSIX with epoll: the same file is an image here and a
 * program on Linux (cc http.c).
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT        80
#define NB_EVENTS   128
#define HEADER_MAX  8192
#define ANSWERS_MAX 16384
#define BODY        "Hello from a unikernel.\n"

struct conn {
	int fd;
	bool last;         /* close when everything is sent */
	size_t nb_in;      /* bytes of requests that are not answered */
	size_t begin, end; /* of out */
	char in[HEADER_MAX], out[ANSWERS_MAX];
};

struct request {
	bool head, keep, http11;
	size_t body_len;
	int status;
};

static int epoll_fd, listen_fd;

static int watch(int fd, int how, uint32_t events, void *ptr)
{
	struct epoll_event ev = { .events = events, .data.ptr = ptr };

	return epoll_ctl(epoll_fd, how, fd, &ev);
}

/* -- requests -- */

static void parse_field(struct request *r, const char *line, size_t len)
{
	static const char connection[] = "connection:", length[] = "content-length:",
			  coding[] = "transfer-encoding:";

	if (len > sizeof(connection) &&
		strncasecmp(line, connection, sizeof(connection) - 1) == 0) {
		line += sizeof(connection) - 1;
		line += strspn(line, " \t");
		if (strncasecmp(line, "close", 5) == 0)
			r->keep = false;
		else if (strncasecmp(line, "keep-alive", 10) == 0)
			r->keep = true;
	} else if (strncasecmp(line, length, sizeof(length) - 1) == 0) {
		char *end;
		unsigned long n = strtoul(line + sizeof(length) - 1, &end, 10);

		r->body_len = n;
		if (n > HEADER_MAX || (*end != '\r' && *end != '\n'))
			r->status = 413;
	} else if (strncasecmp(line, coding, sizeof(coding) - 1) == 0) {
		r->status = 411;
	}
}

/* METHOD SP target SP HTTP/1.x; the text ends with a line feed. */
static void parse_line(struct request *r, const char *line, size_t len)
{
	const char *version = memchr(line, ' ', len);

	r->status = 400;
	version = version != NULL ? memchr(version + 1, ' ', len - (size_t)(version + 1 - line))
				  : NULL;
	if (version == NULL || strncmp(version + 1, "HTTP/1.", 7) != 0)
		return;
	r->http11 = r->keep = version[8] != '0';
	r->head = strncmp(line, "HEAD ", 5) == 0;
	r->status = r->head || strncmp(line, "GET ", 4) == 0 ? 200 : 405;
}

/* The bytes of one request with its body; 0: it is not complete. `in` is terminated. */
static size_t parse(struct request *r, const char *in, size_t len)
{
	const char *at = in, *end;

	*r = (struct request){ .status = 400 };
	while ((end = strchr(at, '\n')) != NULL) {
		size_t n = (size_t)(end - at);

		if (n == 0 || (n == 1 && at[0] == '\r')) {
			n = (size_t)(end + 1 - in) + r->body_len;
			return r->status >= 400 || n <= len ? n : 0;
		}
		if (at == in)
			parse_line(r, at, n);
		else
			parse_field(r, at, n);
		at = end + 1;
	}
	return 0;
}

/* -- answers -- */

static const char *reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 405:
		return "Method Not Allowed";
	case 411:
		return "Length Required";
	case 413:
		return "Content Too Large";
	default:
		return "Bad Request";
	}
}

/* False: there is no room now. */
static bool answer(struct conn *c, const struct request *r)
{
	const char *body = r->status == 200 ? BODY : "";
	bool keep = r->keep && r->status == 200;
	size_t room = sizeof(c->out) - c->end;
	int n = snprintf(c->out + c->end, room,
		"HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n%s%s\r\n%s",
		r->status, reason(r->status), strlen(body),
		keep ? r->http11 ? "" : "Connection: keep-alive\r\n" : "Connection: close\r\n",
		r->status == 405 ? "Allow: GET, HEAD\r\n" : "", r->head ? "" : body);

	if ((size_t)n >= room)
		return false;
	c->end += (size_t)n;
	c->last = !keep;
	return true;
}

/* Answers whole requests; false: what came can not be one. */
static bool conn_requests(struct conn *c)
{
	size_t done = 0, n;
	struct request r;

	c->in[c->nb_in] = '\0';
	while (!c->last && done < c->nb_in && (n = parse(&r, c->in + done, c->nb_in - done)) > 0) {
		if (!answer(c, &r))
			break;
		done += n;
	}
	/* nobody asks for bytes behind a bad request */
	if (done > c->nb_in)
		done = c->nb_in;
	c->nb_in -= done;
	memmove(c->in, c->in + done, c->nb_in);
	return c->nb_in < sizeof(c->in) - 1 || c->end > 0;
}

/* -- connections -- */

static void conn_close(struct conn *c)
{
	close(c->fd);
	free(c);
}

static bool conn_write(struct conn *c)
{
	while (c->begin < c->end) {
		ssize_t n = send(c->fd, c->out + c->begin, c->end - c->begin, MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN;
		c->begin += (size_t)n;
	}
	c->begin = c->end = 0;
	return !c->last;
}

static bool conn_read(struct conn *c)
{
	ssize_t n = read(c->fd, c->in + c->nb_in, sizeof(c->in) - 1 - c->nb_in);

	if (n < 0)
		return errno == EAGAIN;
	c->nb_in += (size_t)n;
	return n > 0 && conn_requests(c);
}

/* Requests are read only while nothing waits to be sent. */
static bool conn_turn(struct conn *c, bool waits)
{
	if (!waits && !conn_read(c))
		return false;
	for (;;) {
		if (!conn_write(c))
			return false;
		if (c->end > 0 || c->nb_in == 0)
			return true;
		if (!conn_requests(c))
			return false;
		if (c->end == 0)
			return true;
	}
}

static void conn_event(struct conn *c)
{
	bool waits = c->end > 0;

	if (!conn_turn(c, waits))
		conn_close(c);
	else if (waits != (c->end > 0))
		watch(c->fd, EPOLL_CTL_MOD, c->end > 0 ? EPOLLOUT : EPOLLIN, c);
}

static void accept_conns(void)
{
	int fd, on = 1;

	while ((fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		struct conn *c = malloc(sizeof(*c));

		if (c == NULL || watch(fd, EPOLL_CTL_ADD, EPOLLIN, c) < 0) {
			free(c);
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		c->fd = fd;
		c->last = false;
		c->nb_in = c->begin = c->end = 0;
	}
}

static int open_listener(uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, SOMAXCONN) < 0)
		return -1;
	return fd;
}

int main(int argc, char **argv)
{
	uint16_t port = argc > 1 ? (uint16_t)atoi(argv[1]) : PORT;
	struct epoll_event events[NB_EVENTS];

	epoll_fd = epoll_create1(0);
	listen_fd = open_listener(port);
	if (epoll_fd < 0 || listen_fd < 0 ||
		watch(listen_fd, EPOLL_CTL_ADD, EPOLLIN, &listen_fd) < 0) {
		perror("http");
		return 1;
	}
	printf("@{\"type\":\"ready\",\"port\":%u}\n", port);
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(epoll_fd, events, NB_EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == &listen_fd)
				accept_conns();
			else
				conn_event(events[i].data.ptr);
		}
	}
}
