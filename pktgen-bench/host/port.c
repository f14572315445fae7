/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_mbuf.h>
#include <rte_pause.h>
#include <rte_vhost.h>
#include <linux/virtio_config.h>

#include "pktgen-bench/host/frames.h"
#include "pktgen-bench/host/port.h"
#include "pktgen-bench/host/wake.h"

#define BIT(n)           (1ull << (n))
#define FEATURE_IN_ORDER 35 /* virtio 1.2, 6; older kernel headers lack the name */
#define POOL_MBUFS       2047u
#define POOL_CACHE       256u

#define OFFLOADS                                                                                   \
	(BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_GUEST_CSUM) | BIT(VIRTIO_NET_F_HOST_TSO4) |     \
		BIT(VIRTIO_NET_F_HOST_TSO6) | BIT(VIRTIO_NET_F_HOST_UFO) |                         \
		BIT(VIRTIO_NET_F_HOST_ECN) | BIT(VIRTIO_NET_F_GUEST_TSO4) |                        \
		BIT(VIRTIO_NET_F_GUEST_TSO6) | BIT(VIRTIO_NET_F_GUEST_UFO) |                       \
		BIT(VIRTIO_NET_F_GUEST_ECN))

/* The library's callbacks carry no pointer of ours, only the guest's id, which knows its socket. */
static struct pg_port *port_all[PG_PORT_MAX];

/* Never NULL: only our sockets have guests. */
static struct pg_port *port_of(int vid)
{
	char socket[PATH_MAX] = "";

	(void)rte_vhost_get_ifname(vid, socket, sizeof(socket));
	for (unsigned int i = 0; i < PG_PORT_MAX; i++) {
		if (port_all[i] && !strcmp(port_all[i]->conf.socket, socket))
			return port_all[i];
	}
	return port_all[0];
}

/* Makes the poller stand still; nests. Must not be called with a lock that the poller may want. */
static void port_pause(struct pg_port *p)
{
	atomic_fetch_add(&p->pause, 1);
	/* Pairs with pg_port_enter: either it sees pause, or we see polling. */
	while (atomic_load(&p->polling))
		rte_pause();
}

static void port_resume(struct pg_port *p)
{
	atomic_fetch_sub(&p->pause, 1);
}

static void port_count_queues(struct pg_port *p)
{
	unsigned int mask = atomic_load(&p->enabled), n = 0;

	while (n < p->conf.queues && (mask >> (2 * n) & 3) == 3)
		n++;
	atomic_store(&p->active, n);
}

static int port_new_device(int vid)
{
	struct pg_port *p = port_of(vid);

	if (p->vid >= 0 && p->vid != vid)
		return -1; /* a second guest on the same socket is not served */
	port_pause(p);
	p->vid = vid;
	rte_vhost_get_negotiated_features(vid, &p->features);
	for (uint16_t i = 0; i < rte_vhost_get_vring_num(vid); i++)
		rte_vhost_enable_guest_notification(vid, i, 0);
	if (p->conf.engine->forget)
		p->conf.engine->forget(p);
	if (p->conf.engine->attach(p) == 0) {
		port_count_queues(p);
		atomic_fetch_add(&p->nb_guests, 1);
		atomic_store(&p->up, true);
	}
	port_resume(p);
	return 0;
}

static void port_destroy_device(int vid)
{
	struct pg_port *p = port_of(vid);

	if (p->vid != vid)
		return;
	port_pause(p);
	if (atomic_exchange(&p->up, false))
		p->conf.engine->detach(p);
	p->vid = -1;
	port_resume(p);
}

/* Runs with the library's queue locks held: must not wait for the poller. */
static int port_vring_state_changed(int vid, uint16_t vring, int enable)
{
	struct pg_port *p = port_of(vid);

	if ((p->vid >= 0 && p->vid != vid) || vring >= 2 * PG_PORT_QUEUES_MAX)
		return 0;
	if (enable)
		atomic_fetch_or(&p->enabled, 1u << vring);
	else
		atomic_fetch_and(&p->enabled, ~(1u << vring));
	port_count_queues(p);
	return 0;
}

/*
 * A message may remap memory or move rings. The library guards its own data path with
 * locks; the lean engine takes none, so it stands still from before a message to after it.
 */
static enum rte_vhost_msg_result port_before_msg(int vid, void *msg)
{
	struct pg_port *p = port_of(vid);

	(void)msg;
	if (p->vid == vid && !p->in_msg) {
		p->in_msg = true;
		port_pause(p);
		if (atomic_load(&p->up))
			p->conf.engine->detach(p);
	}
	return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
}

static void port_end_msg(struct pg_port *p)
{
	if (!p->in_msg)
		return;
	p->in_msg = false;
	if (atomic_load(&p->up) && p->conf.engine->attach(p) < 0)
		atomic_store(&p->up, false);
	port_resume(p);
}

static enum rte_vhost_msg_result port_after_msg(int vid, void *msg)
{
	(void)msg;
	port_end_msg(port_of(vid));
	return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
}

/* The library skips port_after_msg if a message failed, and then drops the connection. */
static void port_destroy_connection(int vid)
{
	port_end_msg(port_of(vid));
}

static const struct rte_vhost_user_extern_ops port_msg_ops = {
	.pre_msg_handle = port_before_msg,
	.post_msg_handle = port_after_msg,
};

static int port_new_connection(int vid)
{
	struct pg_port *p = port_of(vid);

	if (p->vid < 0)
		atomic_store(&p->enabled, 0);
	if (p->conf.engine == &pg_port_engine_lean)
		return rte_vhost_extern_callback_register(vid, &port_msg_ops, p);
	return 0;
}

static const struct rte_vhost_device_ops port_ops = {
	.new_device = port_new_device,
	.destroy_device = port_destroy_device,
	.vring_state_changed = port_vring_state_changed,
	.new_connection = port_new_connection,
	.destroy_connection = port_destroy_connection,
};

/* Removes a socket that a dead process left behind. Returns -1 (told) if it is in use or no socket.
 */
static int port_clear_stale(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct stat st;
	int fd, rc;

	if (strlen(path) >= sizeof(a.sun_path)) {
		fprintf(stderr, "pgbench-host: socket path is longer than %zu bytes: %s\n",
			sizeof(a.sun_path) - 1, path);
		return -1;
	}
	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode)) {
		fprintf(stderr, "pgbench-host: %s exists and is not a socket\n", path);
		return -1;
	}
	strcpy(a.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return 0;
	rc = connect(fd, (struct sockaddr *)&a, sizeof(a));
	close(fd);
	if (rc == 0) {
		fprintf(stderr, "pgbench-host: another process serves %s\n", path);
		return -1;
	}
	unlink(path);
	return 0;
}

static int port_register(struct pg_port *p)
{
	const struct pg_port_conf *c = &p->conf;
	uint64_t flags = RTE_VHOST_USER_NET_COMPLIANT_OL_FLAGS, off = 0;

	if (c->client)
		flags |= RTE_VHOST_USER_CLIENT;
	if (!c->offloads)
		off |= OFFLOADS;
	if (c->no_mergeable)
		off |= BIT(VIRTIO_NET_F_MRG_RXBUF);
	if (c->no_packed)
		off |= BIT(VIRTIO_F_RING_PACKED);
	if (c->engine == &pg_port_engine_lean)
		off |= BIT(VHOST_F_LOG_ALL) | BIT(VIRTIO_RING_F_EVENT_IDX) |
		       BIT(VIRTIO_F_IOMMU_PLATFORM);
	if (rte_vhost_driver_register(c->socket, flags) < 0)
		return -1;
	p->registered = true;
	if (rte_vhost_driver_disable_features(c->socket, off) < 0 ||
		rte_vhost_driver_callback_register(c->socket, &port_ops) < 0)
		return -1;
	if (rte_vhost_driver_start(c->socket) < 0)
		return -1;
	pg_wake_vhost(c->socket);
	return 0;
}

int pg_port_open(struct pg_port *p, const struct pg_port_conf *conf)
{
	uint32_t room = conf->frame_max + RTE_PKTMBUF_HEADROOM;
	unsigned int nr = port_all[0] ? 1 : 0;
	char name[16];

	memset(p, 0, sizeof(*p));
	p->conf = *conf;
	p->vid = -1;
	if (!conf->client && port_clear_stale(conf->socket) < 0)
		return -1;
	/* An odd number of cache lines per mbuf spreads them over the cache's sets. */
	room = (room + 127) / 128 * 128 + 64;
	snprintf(name, sizeof(name), "frames%u", nr);
	p->pool = rte_pktmbuf_pool_create(
		name, POOL_MBUFS, POOL_CACHE, 0, (uint16_t)room, SOCKET_ID_ANY);
	p->linear = malloc((size_t)PG_PORT_BURST * PG_PORT_LINEAR);
	if (!p->pool || !p->linear) {
		fprintf(stderr, "pgbench-host: not enough memory for %u frames of %u bytes\n",
			POOL_MBUFS, room);
		return -1;
	}
	port_all[nr] = p;
	if (port_register(p) < 0) {
		fprintf(stderr, "pgbench-host: cannot serve the vhost-user socket %s: %s\n",
			conf->socket, errno ? strerror(errno) : "see --verbose");
		return -1;
	}
	return 0;
}

void pg_port_close(struct pg_port *p)
{
	if (p->registered)
		rte_vhost_driver_unregister(p->conf.socket);
	if (p->registered && !p->conf.client)
		unlink(p->conf.socket);
	p->registered = false;
	for (unsigned int i = 0; i < PG_PORT_MAX; i++)
		port_all[i] = port_all[i] == p ? NULL : port_all[i];
	if (p->conf.engine && p->conf.engine->close)
		p->conf.engine->close(p);
	rte_mempool_free(p->pool);
	free(p->linear);
	p->pool = NULL;
	p->linear = NULL;
}

int pg_port_frame_alloc(struct pg_port *p, struct pg_port_frame *f, uint32_t len)
{
	struct rte_mbuf *m;

	if (len > p->conf.frame_max)
		return -EMSGSIZE;
	m = rte_pktmbuf_alloc(p->pool);
	if (!m)
		return -ENOMEM;
	*f = (struct pg_port_frame){ .data = rte_pktmbuf_mtod(m, uint8_t *), .mbuf = m };
	pg_port_frame_resize(f, len);
	return 0;
}

void pg_port_frame_resize(struct pg_port_frame *f, uint32_t len)
{
	f->len = len;
	f->mbuf->data_len = (uint16_t)len;
	f->mbuf->pkt_len = len;
}

void pg_port_frame_free(struct pg_port_frame *f)
{
	rte_pktmbuf_free(f->mbuf);
	f->mbuf = NULL;
}

const char *pg_port_ring(const struct pg_port *p)
{
	bool packed = p->features & BIT(VIRTIO_F_RING_PACKED);
	bool in_order = p->features & BIT(FEATURE_IN_ORDER);

	if (packed)
		return in_order ? "packed,in-order" : "packed";
	return in_order ? "split,in-order" : "split";
}
