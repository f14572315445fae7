/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "nf-apps/click/addr.h"
#include "nf-apps/click/control.h"
#include "nf-apps/click/print.h"
#include "nf-apps/click/server.h"
#include "nf-apps/twin/sockets.h"

#define SOCK_LISTEN_MAX 8
#define SOCK_CLIENT_MAX 32
#define SOCK_TRY_MAX    100        /* ports behind PORT+ */
#define SOCK_OUT_MAX    (1u << 20) /* a client with so much to take is not listened to */

struct sock_listener {
	int fd;
	char *at; /* as given: a path, or a port */
	bool unix_path;
	uint16_t port;
	unsigned nb_users; /* ControlSockets of two routers, during a live change */
	bool read_only, verbose;
};

struct sock_client {
	int fd;
	const struct sock_listener *from;
	struct nf_control control;
};

static struct {
	struct sock_listener *listen[SOCK_LISTEN_MAX];
	unsigned nb_listen;
	struct sock_client *client[SOCK_CLIENT_MAX];
	unsigned nb_client;
} sock;

bool nf_sockets_any(void)
{
	return sock.nb_listen > 0;
}

/* A socket that listens there; -1: errno says why. */
static int sock_bind(const struct sockaddr *addr, socklen_t len)
{
	int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
	int error;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, addr, len) == 0 && listen(fd, SOCK_CLIENT_MAX) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int sock_add(int fd, const char *at, bool unix_path, unsigned port, struct nf_errors *errs,
	const char *where)
{
	struct sock_listener *l = calloc(1, sizeof(*l));
	int error = errno;

	if (fd >= 0 && l != NULL && sock.nb_listen < SOCK_LISTEN_MAX) {
		*l = (struct sock_listener){ .fd = fd,
			.at = strdup(at),
			.unix_path = unix_path,
			.port = (uint16_t)port,
			.nb_users = 1 };
		if (l->at != NULL) {
			sock.listen[sock.nb_listen++] = l;
			return 0;
		}
	}
	free(l);
	nf_errors_add(errs, where, "control socket %.128s: %s", at,
		fd < 0 ? strerror(error) : "too many of them");
	if (fd >= 0)
		close(fd);
	return -EINVAL;
}

/* "PORT", or "PORT+": the first one from there that is free. */
static int sock_open_tcp(const char *at, bool localhost, struct nf_errors *errs, const char *where)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(localhost ? INADDR_LOOPBACK : INADDR_ANY) };
	char *end;
	unsigned long port = strtoul(at, &end, 10), last = port;
	int fd = -1;

	if (*end == '+' && end[1] == '\0' && port <= 65535)
		last = port + SOCK_TRY_MAX < 65535 ? port + SOCK_TRY_MAX : 65535;
	else if (*end != '\0' || port > 65535)
		port = 0;
	if (port == 0)
		return nf_errors_add(errs, where, "'%.64s' is no TCP port", at);
	for (; fd < 0 && port <= last; port++) {
		a.sin_port = htons((uint16_t)port);
		fd = sock_bind((const struct sockaddr *)&a, sizeof(a));
	}
	return sock_add(fd, at, false, (unsigned)port - 1, errs, where);
}

int nf_sockets_open_tcp(const char *port, struct nf_errors *errs)
{
	char *end;
	unsigned long v = strtoul(port, &end, 10);

	if (end == port || (*end != '\0' && strcmp(end, "+") != 0) || v == 0 || v > 65535)
		return nf_errors_add(errs, NULL, "-p takes a TCP port, not '%s'", port);
	return sock_open_tcp(port, true, errs, NULL);
}

/* A socket that a dead process left is replaced, anything else is not touched. */
static void sock_remove_dead(const struct sockaddr_un *a)
{
	struct stat st;
	int fd;

	if (lstat(a->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)a, sizeof(*a)) < 0 && errno == ECONNREFUSED)
		(void)unlink(a->sun_path);
	close(fd);
}

static int sock_open_unix(const char *path, struct nf_errors *errs, const char *where)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	if (*path == '\0' || strlen(path) >= sizeof(a.sun_path))
		return nf_errors_add(errs, where,
			"control socket: '%.128s' is too long for a socket, or empty", path);
	strcpy(a.sun_path, path);
	sock_remove_dead(&a);
	fd = sock_bind((const struct sockaddr *)&a, sizeof(a));
	return sock_add(fd, path, true, 0, errs, where);
}

int nf_sockets_open_unix(const char *path, struct nf_errors *errs)
{
	return sock_open_unix(path, errs, NULL);
}

static int sock_find(const struct nf_server_conf *c)
{
	for (unsigned i = 0; i < sock.nb_listen; i++) {
		const struct sock_listener *l = sock.listen[i];

		if (l->unix_path == c->unix_path && strcmp(l->at, c->at) == 0)
			return (int)i;
	}
	return -1;
}

unsigned nf_server_port(const struct nf_server_conf *c)
{
	int i = sock_find(c);

	return i >= 0 ? sock.listen[i]->port : 0;
}

int nf_server_open(const struct nf_server_conf *c, struct nf_errors *errs, const char *where)
{
	int i = sock_find(c);

	if (i >= 0) {
		sock.listen[i]->nb_users++;
	} else {
		int rc = c->unix_path ? sock_open_unix(c->at, errs, where)
				      : sock_open_tcp(c->at, c->localhost, errs, where);

		if (rc < 0)
			return rc;
		i = (int)sock.nb_listen - 1;
	}
	sock.listen[i]->read_only = c->read_only;
	sock.listen[i]->verbose = c->verbose;
	return 0;
}

static void sock_say(const struct sock_listener *l, int fd, const char *what)
{
	char line[64];

	if (!l->verbose)
		return;
	(void)snprintf(line, sizeof(line), "control socket: %s connection %d", what, fd);
	nf_print_line(line);
}

static void sock_accept(const struct sock_listener *l)
{
	int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct sock_client *c;

	if (fd < 0)
		return;
	c = sock.nb_client < SOCK_CLIENT_MAX ? calloc(1, sizeof(*c)) : NULL;
	if (c == NULL) {
		close(fd);
		return;
	}
	c->fd = fd;
	c->from = l;
	nf_control_start(&c->control, l->read_only);
	sock.client[sock.nb_client++] = c;
	sock_say(l, fd, "opened");
}

static void sock_drop(unsigned i)
{
	struct sock_client *c = sock.client[i];

	sock_say(c->from, c->fd, "closed");
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
		p[n++] = (struct pollfd){ .fd = sock.listen[i]->fd, .events = POLLIN };
	for (unsigned i = 0; i < sock.nb_client; i++) {
		(void)nf_control_output(&sock.client[i]->control, &len);
		p[n++] = (struct pollfd){ .fd = sock.client[i]->fd,
			.events = (short)((len < SOCK_OUT_MAX ? POLLIN : 0) |
					  (len > 0 ? POLLOUT : 0)) };
	}
	return n;
}

void nf_sockets_poll(struct nf_router *r, uint64_t ns)
{
	struct pollfd p[SOCK_LISTEN_MAX + SOCK_CLIENT_MAX];
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000),
		.tv_nsec = (long)(ns % 1000000000) };
	unsigned n = sock_fill(p), nb_client = sock.nb_client, nb_listen = sock.nb_listen;

	if (ppoll(p, n, &t, NULL) <= 0)
		return;
	/* from the end: a client that goes leaves its place to the last one, which was served
	 * already */
	for (unsigned i = nb_client; i-- > 0;) {
		struct sock_client *c = sock.client[i];
		short what = p[nb_listen + i].revents;
		bool ok = true;

		c->control.read_only = c->from->read_only;
		if (what & (POLLIN | POLLHUP | POLLERR))
			ok = sock_receive(c, r);
		if (what != 0 && (!sock_send(c) || !ok))
			sock_drop(i);
	}
	for (unsigned i = 0; i < nb_listen; i++) {
		if (p[i].revents & POLLIN)
			sock_accept(sock.listen[i]);
	}
}

/* A listener goes, and who came by it. */
static void sock_end(unsigned i)
{
	struct sock_listener *l = sock.listen[i];

	for (unsigned k = sock.nb_client; k-- > 0;) {
		if (sock.client[k]->from != l)
			continue;
		(void)sock_send(sock.client[k]);
		sock_drop(k);
	}
	close(l->fd);
	if (l->unix_path)
		(void)unlink(l->at);
	free(l->at);
	free(l);
	sock.listen[i] = sock.listen[--sock.nb_listen];
}

void nf_server_close(const struct nf_server_conf *c)
{
	int i = sock_find(c);

	if (i >= 0 && --sock.listen[i]->nb_users == 0)
		sock_end((unsigned)i);
}

void nf_sockets_close(void)
{
	while (sock.nb_listen > 0)
		sock_end(0);
}
