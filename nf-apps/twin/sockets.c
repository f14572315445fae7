/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "nf-apps/click/addr.h"
#include "nf-apps/click/control.h"
#include "nf-apps/twin/sockets.h"

#define SOCK_LISTEN_MAX 8
#define SOCK_CLIENT_MAX 32

struct sock_client {
	int fd;
	struct nf_control control;
};

static struct {
	int listen[SOCK_LISTEN_MAX];
	char *path[SOCK_LISTEN_MAX]; /* of Unix sockets, to be removed */
	unsigned nb_listen;
	struct sock_client *client[SOCK_CLIENT_MAX];
	unsigned nb_client;
} sock;

bool nf_sockets_any(void)
{
	return sock.nb_listen > 0;
}

static int sock_listen(
	const struct sockaddr *addr, socklen_t len, const char *name, struct nf_errors *errs)
{
	int fd = -1, on = 1;

	if (sock.nb_listen == SOCK_LISTEN_MAX)
		return nf_errors_add(errs, NULL, "more than %d control sockets", SOCK_LISTEN_MAX);
	fd = socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, addr, len) < 0 || listen(fd, SOCK_CLIENT_MAX) < 0) {
		nf_errors_add(errs, NULL, "control socket %s: %s", name, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -EINVAL;
	}
	sock.listen[sock.nb_listen++] = fd;
	return 0;
}

int nf_sockets_open_tcp(const char *port, struct nf_errors *errs)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint64_t v;

	if (nf_addr_u64(port, &v) < 0 || v == 0 || v > 65535)
		return nf_errors_add(errs, NULL, "-p takes a TCP port, not '%s'", port);
	a.sin_port = htons((uint16_t)v);
	return sock_listen((struct sockaddr *)&a, sizeof(a), port, errs);
}

/* A socket that a dead process left is replaced, anything else is not touched. */
static void sock_remove_dead(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)a, sizeof(*a)) < 0 && errno == ECONNREFUSED)
		(void)unlink(a->sun_path);
	close(fd);
}

int nf_sockets_open_unix(const char *path, struct nf_errors *errs)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(a.sun_path))
		return nf_errors_add(errs, NULL, "-u: the path '%s' is too long", path);
	strcpy(a.sun_path, path);
	sock_remove_dead(&a);
	if (sock_listen((struct sockaddr *)&a, sizeof(a), path, errs) < 0)
		return -EINVAL;
	sock.path[sock.nb_listen - 1] = strdup(path);
	return 0;
}

static void sock_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct sock_client *c;

	if (fd < 0)
		return;
	c = sock.nb_client < SOCK_CLIENT_MAX ? calloc(1, sizeof(*c)) : NULL;
	if (c == NULL) {
		close(fd);
		return;
	}
	c->fd = fd;
	nf_control_start(&c->control, false);
	sock.client[sock.nb_client++] = c;
}

static void sock_drop(unsigned i)
{
	struct sock_client *c = sock.client[i];

	close(c->fd);
	nf_control_end(&c->control);
	free(c);
	sock.client[i] = sock.client[--sock.nb_client];
}

/* False: the client is gone. */
static bool sock_send(struct sock_client *c)
{
	size_t len;
	const char *s = nf_control_output(&c->control, &len);
	ssize_t n;

	while (len > 0) {
		n = send(c->fd, s, len, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		nf_control_sent(&c->control, (size_t)n);
		s = nf_control_output(&c->control, &len);
	}
	return !c->control.closed;
}

static bool sock_receive(struct sock_client *c, struct nf_router *r)
{
	char buf[4096];
	ssize_t n = recv(c->fd, buf, sizeof(buf), 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		return false;
	if (r->core->next_router != NULL)
		r = r->core->next_router;
	nf_control_input(&c->control, r, buf, (size_t)n);
	return true;
}

static unsigned sock_fill(struct pollfd *p)
{
	unsigned n = 0;
	size_t len;

	for (unsigned i = 0; i < sock.nb_listen; i++)
		p[n++] = (struct pollfd){ .fd = sock.listen[i], .events = POLLIN };
	for (unsigned i = 0; i < sock.nb_client; i++) {
		(void)nf_control_output(&sock.client[i]->control, &len);
		p[n++] = (struct pollfd){ .fd = sock.client[i]->fd,
			.events = (short)(POLLIN | (len > 0 ? POLLOUT : 0)) };
	}
	return n;
}

void nf_sockets_poll(struct nf_router *r, uint64_t ns)
{
	struct pollfd p[SOCK_LISTEN_MAX + SOCK_CLIENT_MAX];
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000),
		.tv_nsec = (long)(ns % 1000000000) };
	unsigned n = sock_fill(p), nb_client = sock.nb_client;

	if (ppoll(p, n, &t, NULL) <= 0)
		return;
	/* from the end: a client that goes leaves its place to the last one, which was served
	 * already */
	for (unsigned i = nb_client; i-- > 0;) {
		struct sock_client *c = sock.client[i];
		short what = p[sock.nb_listen + i].revents;
		bool ok = true;

		if (what & (POLLIN | POLLHUP | POLLERR))
			ok = sock_receive(c, r);
		if (what != 0 && (!sock_send(c) || !ok))
			sock_drop(i);
	}
	for (unsigned i = 0; i < sock.nb_listen; i++) {
		if (p[i].revents & POLLIN)
			sock_accept(sock.listen[i]);
	}
}

void nf_sockets_close(void)
{
	while (sock.nb_client > 0) {
		(void)sock_send(sock.client[0]);
		sock_drop(0);
	}
	for (unsigned i = 0; i < sock.nb_listen; i++) {
		close(sock.listen[i]);
		if (sock.path[i] != NULL)
			(void)unlink(sock.path[i]);
		free(sock.path[i]);
		sock.path[i] = NULL;
	}
	sock.nb_listen = 0;
}
