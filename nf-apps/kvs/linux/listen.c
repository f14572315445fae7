/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "nf-apps/kvs/linux/listen.h"

#define LISTEN_UDP_BYTES (8 << 20) /* of receive buffer; the kernel gives what it allows */

static int listen_add(struct nf_listen *l, int fd, bool udp)
{
	if (l->n == NF_LISTEN_MAX) {
		errno = EMFILE;
		return -1;
	}
	l->fd[l->n] = fd;
	l->udp[l->n++] = udp;
	return 0;
}

static int listen_addr(struct nf_listen *l, const struct nf_opts *o, const struct addrinfo *a)
{
	bool udp = a->ai_socktype == SOCK_DGRAM;
	int on = 1, bytes = LISTEN_UDP_BYTES, error;
	int fd =
		socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);

	if (fd < 0)
		return -1;
	if (!udp)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	else
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (!udp)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && (udp || listen(fd, (int)o->backlog) == 0) &&
		listen_add(l, fd, udp) == 0)
		return 0;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* One name, which may have several addresses: one of them has to do. */
static bool listen_name(
	struct nf_listen *l, const struct nf_opts *o, const char *name, uint16_t port, int type)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = type }, *all, *a;
	unsigned before = l->n;
	char service[8];
	int error;

	snprintf(service, sizeof(service), "%u", port);
	error = getaddrinfo(name, service, &hints, &all);
	if (error != 0) {
		fprintf(stderr, "kvs-linux: %s: %s\n", name, gai_strerror(error));
		return false;
	}
	error = 0;
	for (a = all; a != NULL; a = a->ai_next)
		if (listen_addr(l, o, a) < 0)
			error = errno;
	freeaddrinfo(all);
	if (l->n == before)
		fprintf(stderr, "kvs-linux: %s port %u: %s\n", type == SOCK_DGRAM ? "UDP" : "TCP",
			port, strerror(error));
	return l->n > before;
}

static bool listen_port(struct nf_listen *l, const struct nf_opts *o, uint16_t port, int type)
{
	char *names, *name, *rest;
	bool good = true;

	if (port == 0)
		return true;
	if (o->listen == NULL)
		return listen_name(l, o, NULL, port, type);
	names = strdup(o->listen);
	if (names == NULL)
		return false;
	for (name = strtok_r(names, ",", &rest); name != NULL && good;
		name = strtok_r(NULL, ",", &rest))
		good = listen_name(l, o, name, port, type);
	free(names);
	return good;
}

static bool listen_unix(struct nf_listen *l, const struct nf_opts *o)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct stat st;
	mode_t mask;
	int fd = -1;
	bool good;

	if (strlen(o->unix_path) >= sizeof(a.sun_path)) {
		fprintf(stderr, "kvs-linux: %s: too long for a socket\n", o->unix_path);
		return false;
	}
	strcpy(a.sun_path, o->unix_path);
	if (lstat(o->unix_path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(o->unix_path);
	mask = umask((mode_t) ~(o->unix_mask & 0777));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	good = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	       listen(fd, (int)o->backlog) == 0 && listen_add(l, fd, false) == 0;
	umask(mask);
	if (good)
		return true;
	fprintf(stderr, "kvs-linux: %s: %s\n", o->unix_path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return false;
}

bool nf_listen_open(struct nf_listen *l, const struct nf_opts *o)
{
	bool good;

	l->n = 0;
	if (o->unix_path != NULL)
		good = listen_unix(l, o);
	else
		good = listen_port(l, o, o->tcp_port, SOCK_STREAM) &&
		       listen_port(l, o, o->udp_port, SOCK_DGRAM);
	if (good && l->n == 0)
		fprintf(stderr, "kvs-linux: no port to listen on\n");
	if (good && l->n > 0)
		return true;
	nf_listen_close(l, o);
	return false;
}

void nf_listen_close(struct nf_listen *l, const struct nf_opts *o)
{
	for (unsigned i = 0; i < l->n; i++)
		close(l->fd[i]);
	if (l->n > 0 && o->unix_path != NULL)
		unlink(o->unix_path);
	l->n = 0;
}
