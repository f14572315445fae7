/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port: one vhost-user socket, served by DPDK's vhost library, with a
 * guest (or a virtio-user process) at the other end. Directions are seen from
 * the harness: tx goes to the guest, rx comes from it.
 *
 * Life cycle: pg_port_open, then any number of guests come and go while one
 * thread calls pg_port_tx / pg_port_rx, then pg_port_close. The vhost library
 * tells about guests on a thread of its own; pg_port keeps that thread and the
 * polling one apart. Two engines move frames: the library's own enqueue and
 * dequeue (engine_vhost.c), or a leaner walk over the rings (engine_lean.c).
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_PORT_H
#define SLUICE_PKTGEN_BENCH_HOST_PORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PG_PORT_MAX        2u     /* ports in a process */
#define PG_PORT_BURST      128u   /* most frames in one call */
#define PG_PORT_QUEUES_MAX 16u    /* queue pairs */
#define PG_PORT_LINEAR     66560u /* largest frame received in one piece: 64 KiB of TSO and headers */

struct rte_mbuf;
struct rte_mempool;

/* A frame on its way: @data holds @len bytes; @mbuf is there with the vhost engine only. */
struct pg_port_frame {
	uint8_t *data;
	uint32_t len;
	uint16_t flags; /* PG_PORT_F_* */
	uint16_t spare;
	struct rte_mbuf *mbuf;
};

#define PG_PORT_F_NEEDS_CSUM 1u /* rx: the guest left the checksum to the device */
#define PG_PORT_F_GSO        2u /* rx: the guest left segmentation to the device */
#define PG_PORT_F_CUT        4u /* rx: larger than PG_PORT_LINEAR, only the start is here */

struct pg_port;

/* What an engine provides. All run on the polling thread but attach and detach. */
struct pg_port_engine {
	const char *name;
	/* Owner: frames stay the caller's. Returns how many of the first were taken (copied). */
	unsigned int (*tx)(
		struct pg_port *p, unsigned int q, struct pg_port_frame *f, unsigned int n);
	unsigned int (*rx)(
		struct pg_port *p, unsigned int q, struct pg_port_frame *f, unsigned int n);
	void (*rx_done)(struct pg_port *p, unsigned int q);
	/* While the poller stands still: a guest's rings are usable, or about to vanish. */
	int (*attach)(struct pg_port *p);
	void (*detach)(struct pg_port *p);
	/* A guest came: what was remembered of the one before is void. May be NULL. */
	void (*forget)(struct pg_port *p);
	/* Frees what the engine keeps. May be NULL. */
	void (*close)(struct pg_port *p);
};

extern const struct pg_port_engine pg_port_engine_vhost;
extern const struct pg_port_engine pg_port_engine_lean;

struct pg_port_conf {
	const char *socket;
	unsigned int queues; /* pairs offered, 1..PG_PORT_QUEUES_MAX */
	const struct pg_port_engine *engine;
	bool offloads;      /* offer checksum and segmentation offloads to the guest */
	bool no_mergeable;  /* do not offer mergeable receive buffers */
	bool no_packed;     /* do not offer the packed ring */
	bool client;        /* connect to a socket that the guest serves */
	uint32_t frame_max; /* largest frame that is expected in one piece */
};

struct pg_port {
	struct pg_port_conf conf;
	int vid;               /* the guest's vhost id, -1 = none */
	atomic_bool up;        /* frames may move */
	atomic_uint pause;     /* >0: the control thread wants the poller to stand still */
	atomic_bool polling;   /* the poller is inside tx, rx or rx_done */
	atomic_uint nb_guests; /* how often a guest came */
	atomic_uint enabled;   /* bit per vring */
	atomic_uint active;    /* queue pairs, both vrings of which are enabled */
	uint64_t features;     /* negotiated */
	bool registered;
	bool in_msg; /* control thread: between the start and end of a message */
	struct rte_mempool *pool;
	struct rte_mbuf *held[PG_PORT_BURST]; /* vhost engine: given out by rx */
	unsigned int nb_held;
	uint8_t *linear; /* room to copy chained frames flat, one slot per frame */
	void *lean;      /* state of the lean engine */
};

/*
 * Creates the socket and waits for guests in the background.
 * Returns 0, or -1 after printing one sentence. Thread: once, the main thread.
 */
int pg_port_open(struct pg_port *p, const struct pg_port_conf *conf);
void pg_port_close(struct pg_port *p);

/* Allocates the frame that pg_port_tx can send: @room bytes of data. NULL = out of memory. */
int pg_port_frame_alloc(struct pg_port *p, struct pg_port_frame *f, uint32_t len);
/* Changes the length of such a frame, up to conf.frame_max. */
void pg_port_frame_resize(struct pg_port_frame *f, uint32_t len);
void pg_port_frame_free(struct pg_port_frame *f);

/* What the guest negotiated, as a word for reports: "split", "packed", "packed,in-order". */
const char *pg_port_ring(const struct pg_port *p);

static inline bool pg_port_up(const struct pg_port *p)
{
	return atomic_load_explicit(&p->up, memory_order_acquire);
}

/* Queue pairs that are ready, 0 while there is no guest. */
static inline unsigned int pg_port_queues(const struct pg_port *p)
{
	return atomic_load_explicit(&p->active, memory_order_relaxed);
}

/*
 * Brackets each turn of the polling loop. Returns false if there is no guest or its rings are
 * being changed: then nothing may be sent or received, and pg_port_leave must not be called.
 * Cost: two stores and a full barrier; one pair per turn, not per burst.
 */
static inline bool pg_port_enter(struct pg_port *p)
{
	atomic_store_explicit(&p->polling, true, memory_order_seq_cst);
	if (__builtin_expect(!atomic_load_explicit(&p->pause, memory_order_seq_cst) &&
				     atomic_load_explicit(&p->up, memory_order_acquire),
		    1))
		return true;
	atomic_store_explicit(&p->polling, false, memory_order_release);
	return false;
}

static inline void pg_port_leave(struct pg_port *p)
{
	atomic_store_explicit(&p->polling, false, memory_order_release);
}

/* Sends up to @n frames on queue pair @q. Returns how many the guest's ring had room for. */
static inline unsigned int pg_port_tx(
	struct pg_port *p, unsigned int q, struct pg_port_frame *f, unsigned int n)
{
	return p->conf.engine->tx(p, q, f, n);
}

/*
 * Receives up to @n frames from queue pair @q into @f. Owner: the frames' memory is lent until
 * pg_port_rx_done, which must come before the next pg_port_rx and before pg_port_leave.
 */
static inline unsigned int pg_port_rx(
	struct pg_port *p, unsigned int q, struct pg_port_frame *f, unsigned int n)
{
	return p->conf.engine->rx(p, q, f, n);
}

static inline void pg_port_rx_done(struct pg_port *p, unsigned int q)
{
	p->conf.engine->rx_done(p, q);
}

#endif
