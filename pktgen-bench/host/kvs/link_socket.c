/* SPDX-License-Identifier: BSD-3-Clause */
/* Links on a Linux socket: whole frames through a packet socket (packet(7)), or datagrams through a UDP socket (udp(7)). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pktgen-bench/host/kvs/link.h"

#define SOCK_ROOM   2112u              /* bytes of a received frame: an odd number of lines */
#define SOCK_BUFFER (16 * 1024 * 1024) /* what is asked of the kernel for a socket's queue */

struct pg_kvs_batch {
	struct mmsghdr out[PG_PORT_BURST], in[PG_PORT_BURST];
	struct iovec out_at[PG_PORT_BURST], in_at[PG_PORT_BURST];
	uint8_t *room; /* PG_PORT_BURST of SOCK_ROOM */
};

static bool sock_always(struct pg_kvs_link *l)
{
	(void)l;
	return true;
}

static void sock_nothing(struct pg_kvs_link *l)
{
	(void)l;
}

/* What the kernel refuses with an error (no buffers, a port that is closed for now) is lost, as on a wire. */
static unsigned int sock_tx(struct pg_kvs_link *l, struct pg_port_frame *f, unsigned int n)
{
	struct pg_kvs_batch *b = l->batch;
	int sent;

	for (unsigned int i = 0; i < n; i++)
		b->out_at[i] = (struct iovec){ .iov_base = f[i].data, .iov_len = f[i].len };
	sent = sendmmsg(l->fd, b->out, n, MSG_DONTWAIT);
	if (sent >= 0)
		return (unsigned int)sent;
	return errno == EAGAIN || errno == ENOBUFS || errno == EINTR ? 0 : 1;
}

static unsigned int sock_rx(struct pg_kvs_link *l, struct pg_port_frame *f, unsigned int n)
{
	struct pg_kvs_batch *b = l->batch;
	int got = recvmmsg(l->fd, b->in, n, MSG_DONTWAIT, NULL);

	for (int i = 0; i < got; i++)
		f[i] = (struct pg_port_frame){ .data = b->in_at[i].iov_base,
			.len = b->in[i].msg_len };
	return got > 0 ? (unsigned int)got : 0;
}

static void sock_close(struct pg_kvs_link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	if (l->batch)
		free(l->batch->room);
	free(l->batch);
	l->batch = NULL;
}

static const struct pg_kvs_link_ops sock_packet_ops = {
	.name = "packet",
	.up = sock_always,
	.enter = sock_always,
	.leave = sock_nothing,
	.tx = sock_tx,
	.rx = sock_rx,
	.close = sock_close,
};

static const struct pg_kvs_link_ops sock_udp_ops = {
	.name = "udp",
	.up = sock_always,
	.enter = sock_always,
	.leave = sock_nothing,
	.tx = sock_tx,
	.rx = sock_rx,
	.close = sock_close,
};

static int sock_batch(struct pg_kvs_link *l)
{
	struct pg_kvs_batch *b = calloc(1, sizeof(*b));

	l->batch = b;
	if (b)
		b->room = aligned_alloc(64, (size_t)PG_PORT_BURST * SOCK_ROOM);
	if (!b || !b->room) {
		fprintf(stderr, "pgbench-host: not enough memory for the socket's frames\n");
		return -1;
	}
	for (unsigned int i = 0; i < PG_PORT_BURST; i++) {
		b->in_at[i] = (struct iovec){ .iov_base = b->room + (size_t)i * SOCK_ROOM,
			.iov_len = SOCK_ROOM };
		b->in[i].msg_hdr = (struct msghdr){ .msg_iov = &b->in_at[i], .msg_iovlen = 1 };
		b->out[i].msg_hdr = (struct msghdr){ .msg_iov = &b->out_at[i], .msg_iovlen = 1 };
	}
	return 0;
}

static int sock_fail(struct pg_kvs_link *l, const char *what, const char *name)
{
	fprintf(stderr, "pgbench-host: cannot %s %s: %s\n", what, name, strerror(errno));
	l->ops->close(l);
	return -1;
}

/* A long queue: what does not fit there would be lost at our end. Root may go beyond the limit. */
static void sock_long(int fd)
{
	int bytes = SOCK_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

int pg_kvs_link_open_packet(struct pg_kvs_link *l, const struct pg_kvs_opts *o)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int yes = 1;

	*l = (struct pg_kvs_link){ .ops = &sock_packet_ops, .fd = -1, .no_sums = true };
	if (sock_batch(l) < 0)
		return -1;
	l->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return sock_fail(l, "open a packet socket for", o->iface);
	at.sll_ifindex = (int)if_nametoindex(o->iface);
	if (!at.sll_ifindex)
		return sock_fail(l, "find interface", o->iface);
	sock_long(l->fd);
	/* Both are wishes: without them it is slower. */
	(void)setsockopt(l->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes));
	(void)setsockopt(l->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes));
	if (bind(l->fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return sock_fail(l, "bind to interface", o->iface);
	return 0;
}

int pg_kvs_link_open_udp(struct pg_kvs_link *l, const struct pg_kvs_opts *o)
{
	struct sockaddr_in here = { .sin_family = AF_INET }, there = here;
	char name[INET_ADDRSTRLEN];

	here.sin_port = htons(o->ends.port);
	there.sin_addr.s_addr = htonl(o->ends.server_ip);
	there.sin_port = htons(o->ends.server_port);
	inet_ntop(AF_INET, &there.sin_addr, name, sizeof(name));
	*l = (struct pg_kvs_link){ .ops = &sock_udp_ops, .fd = -1, .bare = true };
	if (sock_batch(l) < 0)
		return -1;
	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return sock_fail(l, "open a UDP socket for", name);
	sock_long(l->fd);
	if (bind(l->fd, (struct sockaddr *)&here, sizeof(here)) < 0)
		return sock_fail(l, "take the source port for", name);
	if (connect(l->fd, (struct sockaddr *)&there, sizeof(there)) < 0)
		return sock_fail(l, "reach", name);
	return 0;
}
