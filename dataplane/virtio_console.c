/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "dataplane/virtio_console.h"
#include "dataplane/vring.h"
#include "plat-kvm/virtio.h"

#define ID_CONSOLE  3
#define F_MULTIPORT (1ull << 1)

#define QUEUE_SIZE 16u
#define BUF_BYTES  1024u

/* Control messages, virtio 1.2, 5.3.6.2. */
enum {
	DEVICE_READY,
	DEVICE_ADD,
	DEVICE_REMOVE,
	PORT_READY,
	CONSOLE_PORT,
	RESIZE,
	PORT_OPEN,
	PORT_NAME
};

struct vcon_message {
	uint32_t id;
	uint16_t event, value;
};

_Static_assert(sizeof(struct vcon_message) == 8, "5.3.6.2");

/* A split queue with a buffer for each descriptor. */
struct vcon_queue {
	struct uk_vring_desc desc[QUEUE_SIZE] UK_ALIGNED(16);
	struct {
		uint16_t flags, idx, ring[QUEUE_SIZE], used_event;
	} avail UK_ALIGNED(2);
	struct {
		uint16_t flags, idx;
		struct {
			uint32_t id, len;
		} ring[QUEUE_SIZE];
		uint16_t avail_event;
	} used UK_ALIGNED(4);
	uint8_t buf[QUEUE_SIZE][BUF_BYTES];
	uint16_t number, nb_avail, nb_used; /* free-running, as the ring's indices */
	uint16_t free[QUEUE_SIZE], nb_free; /* transmit: descriptors that are ours */
	/* receive: what is left of the buffer at the head of the used ring */
	uint32_t read_id, read_at, read_len;
	bool is_rx;
};

struct vcon_port {
	struct vcon_queue rx, tx;
	unsigned session;
	bool added;
};

/* On the heap, and only where there is a device; dev is NULL once it was given up. */
static struct vcon {
	struct uk_virtio_dev *dev;
	struct vcon_queue control_rx, control_tx;
	struct vcon_port port[UK_VIRTIO_CONSOLE_PORTS];
} * vcon;

static void vcon_fail(void)
{
	if (vcon->dev == NULL)
		return;
	(void)!uk_virtio_reset(vcon->dev);
	vcon->dev = NULL;
	for (unsigned i = 0; i < UK_VIRTIO_CONSOLE_PORTS; i++)
		vcon->port[i].session += vcon->port[i].session & 1;
}

/* Gives descriptor `id` with `len` bytes to the device (2.7.13). */
static void vcon_give(struct vcon_queue *q, uint16_t id, uint32_t len)
{
	uint64_t flags = q->is_rx ? UK_VRING_F_WRITE : 0;

	q->desc[id] = (struct uk_vring_desc){ (uintptr_t)q->buf[id], len | flags << 32 };
	q->avail.ring[q->nb_avail % QUEUE_SIZE] = id;
	q->nb_avail++;
	uk_wmb(); /* the device reads the entry after the index */
	UK_WRITE_ONCE(q->avail.idx, q->nb_avail);
}

static void vcon_notify(struct vcon_queue *q)
{
	uk_mb(); /* index before the device's flag, its partner does the reverse (2.7.13.4.1) */
	if (!(UK_READ_ONCE(q->used.flags) & UK_VRING_USED_NO_NOTIFY))
		vcon->dev->ops->notify(vcon->dev, q->number);
}

static bool vcon_has_used(const struct vcon_queue *q)
{
	return UK_READ_ONCE(q->used.idx) != q->nb_used;
}

/* The next used descriptor: true with *id and *len, which are in range. */
static bool vcon_take(struct vcon_queue *q, uint32_t *id, uint32_t *len)
{
	uint16_t nb;

	if (!vcon_has_used(q))
		return false;
	uk_rmb(); /* the entry after the index */
	nb = (uint16_t)(UK_READ_ONCE(q->used.idx) - q->nb_used);
	*id = UK_READ_ONCE(q->used.ring[q->nb_used % QUEUE_SIZE].id);
	*len = UK_READ_ONCE(q->used.ring[q->nb_used % QUEUE_SIZE].len);
	if (nb > QUEUE_SIZE || *id >= QUEUE_SIZE || (q->is_rx && *len > BUF_BYTES)) {
		vcon_fail();
		return false;
	}
	q->nb_used++;
	return true;
}

static int vcon_queue(struct vcon_queue *q, uint16_t number, bool is_rx)
{
	struct uk_virtio_queue_addr addr = { (uintptr_t)q->desc, (uintptr_t)&q->avail,
		(uintptr_t)&q->used };

	q->number = number;
	q->is_rx = is_rx;
	q->avail.flags = UK_VRING_AVAIL_NO_INTERRUPT;
	q->read_len = 0;
	if (vcon->dev->ops->queue_max(vcon->dev, number) < QUEUE_SIZE)
		return -EIO;
	if (vcon->dev->ops->queue_enable(vcon->dev, number, QUEUE_SIZE, &addr) < 0)
		return -EIO;
	q->nb_free = 0;
	for (uint16_t i = 0; i < QUEUE_SIZE; i++) {
		if (is_rx)
			vcon_give(q, i, BUF_BYTES);
		else
			q->free[q->nb_free++] = i;
	}
	return 0;
}

/* Up to len bytes out; what was sent comes back first. */
static size_t vcon_send(struct vcon_queue *q, const void *from, size_t len)
{
	uint32_t id, nb;
	size_t done = 0;

	while (vcon->dev != NULL && vcon_take(q, &id, &nb)) {
		if (q->nb_free == QUEUE_SIZE) {
			vcon_fail();
			return 0;
		}
		q->free[q->nb_free++] = (uint16_t)id;
	}
	while (vcon->dev != NULL && done < len && q->nb_free > 0) {
		uint32_t n = len - done < BUF_BYTES ? (uint32_t)(len - done) : BUF_BYTES;
		uint16_t to = q->free[--q->nb_free];

		memcpy(q->buf[to], (const uint8_t *)from + done, n);
		vcon_give(q, to, n);
		done += n;
	}
	if (done > 0)
		vcon_notify(q);
	return done;
}

static void vcon_say(uint32_t id, uint16_t event, uint16_t value)
{
	struct vcon_message m = { id, event, value };

	(void)vcon_send(&vcon->control_tx, &m, sizeof(m));
}

/* Port p of ours is number p + 1 of the device's: number 0 is for consoles. */
static void vcon_told(const struct vcon_message *m)
{
	struct vcon_port *p =
		m->id >= 1 && m->id <= UK_VIRTIO_CONSOLE_PORTS ? &vcon->port[m->id - 1] : NULL;

	if (m->event == DEVICE_ADD && p == NULL) {
		vcon_say(m->id, PORT_READY, 0);
	} else if (m->event == DEVICE_ADD) {
		p->added = true;
		vcon_say(m->id, PORT_READY, 1);
		vcon_say(m->id, PORT_OPEN, 1);
	} else if (m->event == PORT_OPEN && p != NULL && (p->session & 1) != (m->value != 0)) {
		p->session++;
	} else if (m->event == DEVICE_REMOVE && p != NULL) {
		p->session += p->session & 1;
	}
}

bool uk_virtio_console_poll(void)
{
	bool any = false;
	uint32_t id, len;

	if (vcon == NULL || vcon->dev == NULL)
		return false;
	while (vcon->dev != NULL && vcon_take(&vcon->control_rx, &id, &len)) {
		struct vcon_message m;

		memcpy(&m, vcon->control_rx.buf[id], sizeof(m));
		vcon_give(&vcon->control_rx, (uint16_t)id, BUF_BYTES);
		vcon_notify(&vcon->control_rx);
		if (len >= sizeof(m))
			vcon_told(&m);
		any = true;
	}
	for (unsigned i = 0; i < UK_VIRTIO_CONSOLE_PORTS; i++)
		any |= vcon_has_used(&vcon->port[i].rx) || vcon->port[i].rx.read_len > 0;
	return any;
}

unsigned uk_virtio_console_session(unsigned port)
{
	return vcon != NULL && port >= 1 && port <= UK_VIRTIO_CONSOLE_PORTS
		       ? vcon->port[port - 1].session
		       : 0;
}

size_t uk_virtio_console_read(unsigned port, void *to, size_t len)
{
	struct vcon_queue *q;
	size_t done = 0;

	if (vcon == NULL)
		return 0;
	q = &vcon->port[port - 1].rx;
	while (vcon->dev != NULL && done < len) {
		uint32_t n;

		if (q->read_len == 0) {
			q->read_at = 0;
			if (!vcon_take(q, &q->read_id, &q->read_len))
				break;
		}
		n = q->read_len < len - done ? q->read_len : (uint32_t)(len - done);
		memcpy((uint8_t *)to + done, q->buf[q->read_id] + q->read_at, n);
		q->read_at += n;
		q->read_len -= n;
		done += n;
		if (q->read_len == 0) {
			vcon_give(q, (uint16_t)q->read_id, BUF_BYTES);
			vcon_notify(q);
		}
	}
	return done;
}

size_t uk_virtio_console_write(unsigned port, const void *from, size_t len)
{
	return vcon != NULL ? vcon_send(&vcon->port[port - 1].tx, from, len) : 0;
}

/* Queues 2 and 3 are for control, 2n + 2 and 2n + 3 for port n (5.3.2). */
static int vcon_start(void)
{
	int rc = uk_virtio_start(vcon->dev, UK_VIRTIO_F_VERSION_1 | F_MULTIPORT, F_MULTIPORT);

	if (rc == 0)
		rc = vcon_queue(&vcon->control_rx, 2, true);
	if (rc == 0)
		rc = vcon_queue(&vcon->control_tx, 3, false);
	for (unsigned i = 0; rc == 0 && i < UK_VIRTIO_CONSOLE_PORTS; i++) {
		uint16_t number = (uint16_t)(2 * (i + 1) + 2);

		rc = vcon_queue(&vcon->port[i].rx, number, true);
		if (rc == 0)
			rc = vcon_queue(&vcon->port[i].tx, number + 1, false);
	}
	if (rc == 0)
		rc = uk_virtio_driver_ok(vcon->dev);
	return rc;
}

static struct uk_virtio_dev *vcon_find(void)
{
	for (unsigned i = 0; i < uk_virtio_count(); i++) {
		struct uk_virtio_dev *d = uk_virtio_get(i);

		if (d->device_id == ID_CONSOLE && d->driver == NULL)
			return d;
	}
	return NULL;
}

int uk_virtio_console_probe(void)
{
	struct uk_virtio_dev *d = vcon_find();
	void *p = NULL;

	if (d == NULL)
		return -ENODEV;
	if (posix_memalign(&p, UK_CACHE_LINE, sizeof(*vcon)) != 0)
		return -ENOMEM;
	vcon = memset(p, 0, sizeof(*vcon));
	vcon->dev = d;
	d->driver = vcon;
	if (vcon_start() < 0) {
		vcon_fail();
		return -EIO;
	}
	vcon_say(0, DEVICE_READY, 1);
	return 0;
}
