/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtio-net driver from inside (virtio 1.2, 5.1): its state, and which file does what.
 *Applications use netdev.h; an image names uk_virtio_net_driver in uk_netdev_drivers.
 *
 *	virtio_net.c          finds and probes devices, table of operations
 *	virtio_net_queue.c    memory of the rings, their start state, taking buffers back
 *	virtio_net_setup.c    features, queues, DRIVER_OK: first start and each new one
 *	virtio_net_rx.c       receive bursts                   virtio_net_ring.h  both ring formats
 *	virtio_net_fill.c     receive buffers for the device   virtio_net_merge.c several buffers a
 *packet virtio_net_tx.c       transmit bursts and reclaim      virtio_net_hdr.c   a packet's device
 *header virtio_net_order.c    used entries of an IN_ORDER device, expanded virtio_net_ctrl.c
 *control queue                    virtio_net_intr.c  interrupt mode virtio_net_recover.c
 *misbehaving and vanished devices
 *
 * Descriptors are taken in ring order and the one at index i has id i (unless a device is out of
 *order): sw[i] is the netbuf in flight as i, NULL when there is none. What the device says is
 *compared with that alone.
 */
#ifndef SLUICE_DATAPLANE_VIRTIO_NET_H
#define SLUICE_DATAPLANE_VIRTIO_NET_H

#include "dataplane/netdev_driver.h"
#include "dataplane/virtio_net_hdr.h"
#include "dataplane/vring.h"
#include "plat-kvm/virtio.h"

/* Feature bits, 5.1.3. */
#define VNET_F_CSUM          (1ull << 0)
#define VNET_F_GUEST_CSUM    (1ull << 1)
#define VNET_F_MTU           (1ull << 3)
#define VNET_F_MAC           (1ull << 5)
#define VNET_F_GUEST_TSO4    (1ull << 7)
#define VNET_F_GUEST_TSO6    (1ull << 8)
#define VNET_F_GUEST_ECN     (1ull << 9)
#define VNET_F_HOST_TSO4     (1ull << 11)
#define VNET_F_HOST_TSO6     (1ull << 12)
#define VNET_F_HOST_ECN      (1ull << 13)
#define VNET_F_MRG_RXBUF     (1ull << 15)
#define VNET_F_STATUS        (1ull << 16)
#define VNET_F_CTRL_VQ       (1ull << 17)
#define VNET_F_CTRL_RX       (1ull << 18)
#define VNET_F_MQ            (1ull << 22)
#define VNET_F_CTRL_MAC_ADDR (1ull << 23)

/* Configuration space, 5.1.4. */
#define VNET_CONFIG_MAC       0
#define VNET_CONFIG_STATUS    6
#define VNET_CONFIG_MAX_PAIRS 8
#define VNET_CONFIG_MTU       10
#define VNET_S_LINK_UP        1

#define VNET_RING_DEFAULT 256 /* entries: larger rings leave the cache and are slower */
#define VNET_ETH_HLEN     14  /* a shorter frame is malformed (IEEE 802.3, 3.2) */
#define VNET_RING_CTRL    16

struct uk_virtio_net;

/* The part of a queue that both directions share: what bursts touch first, then the rest. */
struct vnet_ring {
	struct uk_vring_desc *desc;
	union {
		struct uk_vring_avail *avail;     /* split */
		struct uk_vring_event *drv_event; /* packed */
	};
	union {
		struct uk_vring_used *used;       /* split */
		struct uk_vring_event *dev_event; /* packed */
	};
	struct uk_netbuf *
		*sw; /* in flight, by id; transmit: bit 0 set when it needs a closer look */
	struct uk_vring_desc
		*first; /* packed: first descriptor since the last publish, and its `rest` */
	uint64_t first_rest;
	uint16_t size;
	uint16_t mask;        /* split: size - 1 */
	uint16_t head;        /* next descriptor to fill; split: free-running */
	uint16_t tail;        /* next used entry to read; split: free-running */
	uint16_t nb_free;     /* descriptors not in flight */
	uint16_t avail_idx;   /* split: buffers made available so far, free-running */
	uint16_t avail_flags; /* packed: AVAIL and USED of a new descriptor in this round */
	uint16_t
		seen; /* split: used index as last read; IN_ORDER: buffers expanded; free-running */
	/* Second cache line. */
	uint16_t thresh; /* rx: refill with so many free; tx: reclaim with fewer than that */
	bool tail_wrap;  /* packed: wrap counter at tail */
	bool event_idx;
	bool in_order;
	bool armed; /* interrupts are wanted */
	bool packed;
	bool order_wrap; /* IN_ORDER, packed: where the next used descriptor will stand */
	uint16_t order_pos;
	uint16_t done;       /* IN_ORDER, packed: buffers taken back so far, free-running */
	uint16_t event_mark; /* split with EVENT_IDX: tail when used_event was written */
	uint16_t index;      /* virtqueue, 5.1.2 */
	struct uk_virtio_net *vn;
	uint64_t *order;  /* IN_ORDER receive: used entries by position, id | len << 32 */
	void *mem;        /* one block for all that the device reads and writes */
	size_t mem_bytes; /* of the ring's own parts in it */
	struct uk_virtio_queue_addr addr;
};

struct uk_netdev_rx_queue {
	struct vnet_ring ring;
	uk_netdev_alloc_rxpkts alloc; /* NULL: nobody receives here */
	void *alloc_argp;
	uint8_t fetch;      /* enum uk_netdev_fetch */
	uint16_t mrg_mask;  /* 0xffff when num_buffers counts */
	uint16_t part_left; /* buffers that the packet in part_head waits for */
	bool part_bad;      /* it is dropped when they are there */
	bool fired;         /* interrupt, not yet told */
	struct uk_netbuf *part_head, *part_last;
	struct vnet_hdr part_hdr;
	struct uk_netdev_qstats stats;
} UK_ALIGNED(UK_CACHE_LINE);

struct uk_netdev_tx_queue {
	struct vnet_ring ring;
	struct uk_netdev_qstats stats;
	uint32_t len_span;     /* longest frame - VNET_ETH_HLEN */
	uint16_t *nb_desc;     /* by id: descriptors of a chain; valid where sw has bit 0 set */
	struct vnet_hdr *hdrs; /* by id: for packets that have no head room of their own */
} UK_ALIGNED(UK_CACHE_LINE);

/* 5.1.6.5: class, command and its data; what the device answers. */
struct vnet_ctrl_buf {
	uint8_t class, cmd;
	uint8_t data[8];
	uint8_t ack;
};

/* Control queue: one command at a time, waited for. */
struct vnet_ctrl {
	struct vnet_ring ring;
	struct vnet_ctrl_buf *buf;
	bool dead; /* it did not answer once: left alone until the next set-up */
};

struct uk_virtio_net {
	struct uk_netdev dev; /* first: bursts and ops convert */
	struct uk_virtio_dev *vd;
	uint64_t offered; /* at probe */
	uint64_t wanted;  /* what this driver and the application's conf ask for */
	bool fresh;       /* negotiated and untouched since */
	bool broken;      /* misbehaved: dead until its back end is replaced */
	bool retry;       /* setting it up failed: tried again at the next service */
	bool mac_changed;
	uint16_t mtu;       /* the device's, 0: it has no limit */
	bool promisc_set;   /* the application asked for a mode: repeated at each set-up */
	uint16_t max_pairs; /* that this driver can use */
	uint16_t dev_pairs; /* that the device has */
	uint16_t nb_pairs;  /* in use */
	uint16_t max_mtu;
	uint16_t ring_size;                               /* boot option, 0: default */
	uint16_t queue_max[2 * UK_NETDEV_QUEUES_MAX + 1]; /* the device's; 0: not asked yet */
	struct uk_hwaddr mac;
	uint32_t config_gen; /* as last seen */
	bool link;           /* as last seen */
	int vector;          /* interrupt of all queues, -1: none */
	uint64_t nb_resets;
	struct vnet_ctrl ctrl;
};

UK_INLINE struct uk_virtio_net *vnet_of(struct uk_netdev *dev)
{
	return (struct uk_virtio_net *)dev;
}

UK_INLINE bool vnet_has(const struct uk_virtio_net *vn, uint64_t feature)
{
	return (vn->vd->features & feature) != 0;
}

/* Bytes that a receive buffer has for the frame. */
UK_INLINE uint32_t vnet_room(const struct uk_netbuf *nb)
{
	return nb->buflen - uk_netbuf_headroom(nb);
}

/* virtio_net_queue.c: -ENOMEM, -EIO for a size that can not be. Owner: the device structure. */
int uk_virtio_net_queue_rx_create(struct uk_virtio_net *vn, uint16_t q, uint16_t size,
	const struct uk_netdev_rxqueue_conf *conf);
int uk_virtio_net_queue_tx_create(struct uk_virtio_net *vn, uint16_t q, uint16_t size);
int uk_virtio_net_queue_ctrl_create(struct uk_virtio_net *vn);
uint16_t uk_virtio_net_queue_max(struct uk_virtio_net *vn, uint16_t index);
uint16_t uk_virtio_net_queue_ctrl_index(const struct uk_virtio_net *vn);
void uk_virtio_net_queue_destroy(struct uk_virtio_net *vn);
/* Rings as the device expects them after a reset. Receive buffers in flight stay, transmit's are
 * freed. */
void uk_virtio_net_queue_restart(struct uk_virtio_net *vn);
/* After a reset: every buffer goes back to its pool. */
void uk_virtio_net_queue_drain(struct uk_virtio_net *vn);

/* virtio_net_setup.c: from reset to a running device. On error the device was reset and holds
 * nothing new. */
int uk_virtio_net_setup_negotiate(struct uk_virtio_net *vn, uint64_t required);
int uk_virtio_net_setup_run(struct uk_virtio_net *vn, uint64_t required);

/* virtio_net_rx.c: */
int uk_virtio_net_rx_split(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t *cnt);
int uk_virtio_net_rx_split_hdr(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t *cnt);
int uk_virtio_net_rx_packed(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t *cnt);
int uk_virtio_net_rx_packed_hdr(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t *cnt);
/* virtio_net_fill.c: posts one buffer, unpublished; fills a ring that has `least` free descriptors:
 * UNDERRUN or 0. */
void uk_virtio_net_fill_post(struct uk_netdev_rx_queue *q, struct uk_netbuf *nb UK_TAKES);
int uk_virtio_net_fill_split(struct uk_netdev_rx_queue *q, uint16_t least);
int uk_virtio_net_fill_packed(struct uk_netdev_rx_queue *q, uint16_t least);
/* Before DRIVER_OK: as far as the application can, without a doorbell. */
void uk_virtio_net_fill_start(struct uk_netdev_rx_queue *q);

/*
 * virtio_net_merge.c: one more buffer, as the device used it. 1: a packet is complete in *out; 0:
 * not yet, or it was dropped and counted; -1: no device may do that, the buffer was freed.
 */
int uk_virtio_net_merge(struct uk_netdev_rx_queue *q, struct uk_netbuf *nb UK_TAKES,
	struct uk_netbuf **out UK_GIVES);
void uk_virtio_net_merge_drop(struct uk_netdev_rx_queue *q);

/* virtio_net_tx.c: */
int uk_virtio_net_tx_split(struct uk_netdev_tx_queue *q, struct uk_netbuf *v[], uint16_t *cnt);
int uk_virtio_net_tx_packed(struct uk_netdev_tx_queue *q, struct uk_netbuf *v[], uint16_t *cnt);
int uk_virtio_net_tx_no_link(struct uk_netdev_tx_queue *q, struct uk_netbuf *v[], uint16_t *cnt);
/* Frees a buffer taken from sw (tagged or not) and returns how many descriptors it had. */
uint16_t uk_virtio_net_tx_release(
	struct uk_netdev_tx_queue *q, struct uk_netbuf *tagged UK_TAKES, uint16_t id);

/* virtio_net_order.c: what the device used since the last time becomes entries of r->order. False:
 * impossible. */
bool uk_virtio_net_order_split(struct vnet_ring *r, uint16_t used_idx);
bool uk_virtio_net_order_packed(struct vnet_ring *r);
/* Transmit with IN_ORDER: takes back all that is used, without reading what need not be read.
 * False: impossible. */
bool uk_virtio_net_order_reclaim(struct uk_netdev_tx_queue *q);

/* virtio_net_ctrl.c: 0, -EIO if the device refuses, -ETIMEDOUT if it does not answer. */
int uk_virtio_net_ctrl_promisc(struct uk_virtio_net *vn, bool on);
int uk_virtio_net_ctrl_mac(struct uk_virtio_net *vn, const struct uk_hwaddr *mac);
int uk_virtio_net_ctrl_pairs(struct uk_virtio_net *vn, uint16_t nb);

/* virtio_net_intr.c: */
int uk_virtio_net_intr_enable(struct uk_netdev *dev, uint16_t q);
int uk_virtio_net_intr_disable(struct uk_netdev *dev, uint16_t q);
bool uk_virtio_net_intr_fired(struct uk_netdev *dev, uint16_t q);
/* Tells the device whether interrupts of this ring are wanted, as r->armed has it. */
void uk_virtio_net_intr_apply(struct vnet_ring *r);

/* virtio_net_recover.c: */
int uk_virtio_net_recover_service(struct uk_netdev *dev);
/* The device did what no device may do: reset it, take everything back, say so once. Returns
 * -ENODEV. */
int uk_virtio_net_recover_broken(struct vnet_ring *r, const char *what);
int uk_virtio_net_recover_link(struct uk_netdev *dev);
/* Notes link and configuration generation as they are now, and opens or shuts transmit accordingly.
 */
void uk_virtio_net_recover_note(struct uk_virtio_net *vn);

#endif
