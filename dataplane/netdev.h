/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * uk_netdev: what an application sees of a network device. Names, states and status bits
 * follow Unikraft's uknetdev, so its users find what they know.
 *
 *	UNPROBED -uk_netdev_probe-> UNCONFIGURED -configure-> CONFIGURED
 *	         -rxq_configure, txq_configure for each queue, start-> RUNNING
 *
 * All calls but rx_burst, tx_burst, rx_one and tx_one are for set-up: one thread, may
 * exit to the hypervisor. A queue belongs to one core at a time; queues share nothing.
 *
 * Errors: a negative errno. -ENODEV from a burst call means that the device went away or misbehaved
 *and was shut down: all buffers it held were taken back, and further calls say the same until it
 *resumes.
 */
#ifndef SLUICE_DATAPLANE_NETDEV_H
#define SLUICE_DATAPLANE_NETDEV_H

#include "dataplane/netbuf.h"

struct uk_netdev;
struct uk_alloc;

#define UK_NETDEV_HWADDR_LEN 6

struct uk_hwaddr {
	uint8_t addr_bytes[UK_NETDEV_HWADDR_LEN];
} UK_PACKED;

enum uk_netdev_state {
	UK_NETDEV_INVALID = 0,
	UK_NETDEV_UNPROBED,
	UK_NETDEV_UNCONFIGURED,
	UK_NETDEV_CONFIGURED,
	UK_NETDEV_RUNNING,
};

/* Status bits of the burst and one calls. */
#define UK_NETDEV_STATUS_SUCCESS 0x1 /* at least one packet was received or taken */
#define UK_NETDEV_STATUS_MORE    0x2 /* rx: more are waiting; tx: there is room for more */
#define UK_NETDEV_STATUS_UNDERRUN                                                                  \
	0x4 /* rx: the allocator gave too few buffers to refill the ring */

/* uk_netdev_info.features: what may be asked for in uk_netbuf metadata. */
#define UK_NETDEV_F_RXQ_INTR     0x01 /* interrupt mode */
#define UK_NETDEV_F_PARTIAL_CSUM 0x02 /* transmit takes UK_NETBUF_F_PARTIAL_CSUM */
#define UK_NETDEV_F_TSO4         0x04 /* transmit takes UK_NETBUF_GSO_TCPV4 */
#define UK_NETDEV_F_TSO6         0x08 /* transmit takes UK_NETBUF_GSO_TCPV6 */
#define UK_NETDEV_F_RX_CSUM      0x10 /* receive may deliver PARTIAL_CSUM and DATA_VALID */
#define UK_NETDEV_F_LRO          0x20 /* receive may deliver gso packets: only if asked for */
#define UK_NETDEV_F_PROMISCUOUS  0x40 /* promiscuous_set works */
#define UK_NETDEV_F_STATUS       0x80 /* link_get tells the device's word */

struct uk_netdev_info {
	uint16_t max_rx_queues;
	uint16_t max_tx_queues;
	uint16_t max_mtu;     /* bytes of payload, without the Ethernet header */
	uint16_t nb_encap_tx; /* head room that transmit uses, bytes */
	uint16_t nb_encap_rx; /* head room that receive uses, bytes */
	uint32_t features;    /* UK_NETDEV_F_* */
};

struct uk_netdev_queue_info {
	uint16_t nb_max; /* descriptors */
	uint16_t nb_min;
	uint16_t nb_align; /* the number has to be a multiple of it */
	bool nb_is_power_of_two;
};

struct uk_netdev_conf {
	uint16_t nb_rx_queues;
	uint16_t nb_tx_queues;
	bool lro; /* let the device deliver packets larger than the MTU (implies RX_CSUM) */
	/*
	 * UK_NETDEV_F_PARTIAL_CSUM, TSO4, TSO6 and RX_CSUM that the application will use: bits of
	 * uk_netdev_info.features. 0: none, which is the cheapest for both sides, since
	 * then neither has to look at a packet's device header.
	 */
	uint32_t offloads;
};

/* Fills v with up to n empty buffers for receive; returns how many. */
typedef uint16_t (*uk_netdev_alloc_rxpkts)(void *argp, struct uk_netbuf *v[] UK_GIVES, uint16_t n);

/* Told from uk_netdev_idle (never from an interrupt) that packets may wait on a queue. */
typedef void (*uk_netdev_queue_event)(struct uk_netdev *dev, uint16_t queue_id, void *cookie);

/*
 * What the application does with the first bytes of a received packet. The device's core wrote
 * them; said beforehand, they come while the burst is taken and not when the first packet is looked
 * at.
 */
enum uk_netdev_fetch {
	UK_NETDEV_FETCH_WRITE, /* changes them: most network functions */
	UK_NETDEV_FETCH_READ,
	UK_NETDEV_FETCH_NONE, /* leaves them alone */
};

struct uk_netdev_rxqueue_conf {
	uk_netdev_alloc_rxpkts alloc_rxpkts; /* required */
	void *alloc_rxpkts_argp;
	uk_netdev_queue_event callback; /* NULL: queue is only polled */
	void *callback_cookie;
	enum uk_netdev_fetch fetch;
};

struct uk_netdev_txqueue_conf {
	uint32_t reserved; /* 0 */
};

/* Counters of one queue since start; plain 64-bit, written by the queue's core only. */
struct uk_netdev_qstats {
	uint64_t packets;
	uint64_t bytes;  /* of frames, without CRC and device header; each chain counted once */
	uint64_t errors; /* malformed by the device: dropped */
	uint64_t bursts; /* calls that moved at least one packet */
	uint64_t empty;  /* calls that found nothing (rx) or no room (tx) */
	uint64_t nombuf; /* rx: refill found the allocator empty */
	uint64_t notify; /* doorbells rung */
	uint64_t resets; /* times the device was set up anew */
};

/* Extra information a driver may have (the "einfo" of uknetdev): NULL when it has none. */
enum uk_netdev_einfo_type {
	UK_NETDEV_EINFO_BUS,  /* "0000:00:03.0" */
	UK_NETDEV_EINFO_RING, /* "split", "packed", "split,in-order", "packed,in-order" */
	UK_NETDEV_EINFO_IPV4, /* boot option "netdev<id>.ip" as it stands (ADDRESS/BITS:GATEWAY) */
};

/* Per-queue state of the driver; opaque here. */
struct uk_netdev_rx_queue;
struct uk_netdev_tx_queue;

#define UK_NETDEV_QUEUES_MAX 8

typedef int (*uk_netdev_rx_fn)(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t *cnt);
typedef int (*uk_netdev_tx_fn)(struct uk_netdev_tx_queue *q, struct uk_netbuf *v[], uint16_t *cnt);

struct uk_netdev_ops;

/* First cache lines: the fast path's table. The rest is the generic layer's. */
struct uk_netdev {
	uk_netdev_rx_fn rx_burst;
	uk_netdev_tx_fn tx_burst;
	struct uk_netdev_rx_queue *rxq[UK_NETDEV_QUEUES_MAX];
	struct uk_netdev_tx_queue *txq[UK_NETDEV_QUEUES_MAX];
	const struct uk_netdev_ops *ops;
	enum uk_netdev_state state;
	uint16_t id;
	uint16_t nb_rx_queues, nb_tx_queues;
	uint16_t mtu;
	bool promiscuous;
	uint32_t rx_armed; /* bit per receive queue whose interrupt is enabled */
	void *scratch;     /* the application's */
	struct uk_netdev_rxqueue_conf rx_conf[UK_NETDEV_QUEUES_MAX];
};

/* Devices of all drivers the image lists in uk_netdev_drivers, in bus order. Finds them at the
 * first call. */
unsigned uk_netdev_count(void);
struct uk_netdev *uk_netdev_get(unsigned id);
uint16_t uk_netdev_id_get(const struct uk_netdev *dev);
const char *uk_netdev_drv_name_get(const struct uk_netdev *dev);
enum uk_netdev_state uk_netdev_state_get(const struct uk_netdev *dev);

/* UNPROBED -> UNCONFIGURED: talks to the device, negotiates features. */
int uk_netdev_probe(struct uk_netdev *dev) UK_MUST_USE;

void uk_netdev_info_get(struct uk_netdev *dev, struct uk_netdev_info *info);
const void *uk_netdev_einfo_get(struct uk_netdev *dev, enum uk_netdev_einfo_type type);

/* -> CONFIGURED. Again in CONFIGURED is allowed: all queues are to be configured again then. */
int uk_netdev_configure(struct uk_netdev *dev, const struct uk_netdev_conf *conf) UK_MUST_USE;
int uk_netdev_rxq_info_get(struct uk_netdev *dev, uint16_t q, struct uk_netdev_queue_info *info)
	UK_MUST_USE;
int uk_netdev_txq_info_get(struct uk_netdev *dev, uint16_t q, struct uk_netdev_queue_info *info)
	UK_MUST_USE;

/* nb_desc 0: the driver's choice (256, or what the device has). */
int uk_netdev_rxq_configure(struct uk_netdev *dev, uint16_t q, uint16_t nb_desc,
	const struct uk_netdev_rxqueue_conf *conf) UK_MUST_USE;
int uk_netdev_txq_configure(struct uk_netdev *dev, uint16_t q, uint16_t nb_desc,
	const struct uk_netdev_txqueue_conf *conf) UK_MUST_USE;

/* CONFIGURED -> RUNNING: fills the receive rings and lets the device go. */
int uk_netdev_start(struct uk_netdev *dev) UK_MUST_USE;

/* RUNNING -> CONFIGURED: resets the device; every buffer it held goes back to its pool. */
int uk_netdev_stop(struct uk_netdev *dev) UK_MUST_USE;

const struct uk_hwaddr *uk_netdev_hwaddr_get(struct uk_netdev *dev);
int uk_netdev_hwaddr_set(struct uk_netdev *dev, const struct uk_hwaddr *hwaddr) UK_MUST_USE;
uint16_t uk_netdev_mtu_get(struct uk_netdev *dev);
int uk_netdev_mtu_set(struct uk_netdev *dev, uint16_t mtu) UK_MUST_USE;
int uk_netdev_promiscuous_get(struct uk_netdev *dev);
int uk_netdev_promiscuous_set(struct uk_netdev *dev, unsigned mode) UK_MUST_USE;

/* 1: link is up; 0: down; without F_STATUS always 1. Cost: one device access (an exit). */
int uk_netdev_link_get(struct uk_netdev *dev);

/* Interrupt mode of a receive queue: enable returns 1 when packets wait already (poll again), 0
 * when armed. */
int uk_netdev_rxq_intr_enable(struct uk_netdev *dev, uint16_t q) UK_MUST_USE;
int uk_netdev_rxq_intr_disable(struct uk_netdev *dev, uint16_t q) UK_MUST_USE;

/*
 * For a loop that has nothing to do: looks after devices that lost their back end, calls the
 * callbacks of queues whose interrupt fired (they are disarmed then) and returns; if none did,
 * sleeps until one does or until `deadline_ns` (of uk_clock_ns). Returns at once while a queue with
 * a callback is not armed.
 */
void uk_netdev_idle(uint64_t deadline_ns);

/*
 * Looks after devices: link changes, NEEDS_RESET, recovery. Call a few times a second; costs three
 * exits a device. Thread: no other core may be in a burst call meanwhile. 0, or the -errno of the
 * first device in trouble.
 */
int uk_netdev_service(void);

void uk_netdev_rxq_stats_get(struct uk_netdev *dev, uint16_t q, struct uk_netdev_qstats *st);
void uk_netdev_txq_stats_get(struct uk_netdev *dev, uint16_t q, struct uk_netdev_qstats *st);

/*
 * Receives up to *cnt packets of queue `q` into v; *cnt becomes how many. The ring is refilled by
 * the queue's allocator callback. Owner: the caller owns what it got. Returns status bits, or
 * -ENODEV. Thread: the queue's core. Cost: one indirect call, no copy, no exit (a doorbell only if
 * the device asks).
 */
UK_INLINE int uk_netdev_rx_burst(
	struct uk_netdev *dev, uint16_t q, struct uk_netbuf *v[] UK_GIVES, uint16_t *cnt)
{
	return dev->rx_burst(dev->rxq[q], v, cnt);
}

/*
 * Sends up to *cnt packets; *cnt becomes how many were taken. What was not taken stays the
 * caller's. A packet that no device could send (shorter than 14 bytes, beyond max_mtu, with
 * metadata for offloads that were not asked for) is taken, freed and counted in errors. Sent
 * buffers are freed at later calls; one with *cnt 0 does only that. Metadata and private area of a buffer are unchanged; up to
 * nb_encap_tx bytes of head room before data are overwritten. Returns status bits, or -ENODEV with
 * *cnt = 0.
 */
UK_INLINE int uk_netdev_tx_burst(
	struct uk_netdev *dev, uint16_t q, struct uk_netbuf *v[] UK_TAKES_HEAD, uint16_t *cnt)
{
	return dev->tx_burst(dev->txq[q], v, cnt);
}

UK_INLINE int uk_netdev_rx_one(struct uk_netdev *dev, uint16_t q, struct uk_netbuf **nb UK_GIVES)
{
	uint16_t n = 1;

	return uk_netdev_rx_burst(dev, q, nb, &n);
}

UK_INLINE int uk_netdev_tx_one(
	struct uk_netdev *dev, uint16_t q, struct uk_netbuf *nb UK_TAKES_HEAD)
{
	uint16_t n = 1;

	return uk_netdev_tx_burst(dev, q, &nb, &n);
}

UK_INLINE bool uk_netdev_status_successful(int status)
{
	return status > 0 && (status & UK_NETDEV_STATUS_SUCCESS);
}

UK_INLINE bool uk_netdev_status_more(int status)
{
	return status > 0 && (status & (UK_NETDEV_STATUS_SUCCESS | UK_NETDEV_STATUS_MORE)) ==
				     (UK_NETDEV_STATUS_SUCCESS | UK_NETDEV_STATUS_MORE);
}

UK_INLINE bool uk_netdev_status_notready(int status)
{
	return status >= 0 && !(status & UK_NETDEV_STATUS_SUCCESS);
}

#endif
