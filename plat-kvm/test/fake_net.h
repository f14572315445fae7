/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtio network device (virtio 1.2, 5.1) on the scripted device of fake_virtio.h: takes frames
 * from the transmit queues and hands them to a sink, puts frames into the receive queues, and
 * answers the control queue. Checks the driver's part of 5.1.6 on the way.
 */
#ifndef SLUICE_PLAT_KVM_TEST_FAKE_NET_H
#define SLUICE_PLAT_KVM_TEST_FAKE_NET_H

#include "plat-kvm/test/fake_virtio.h"

#define FAKE_NET_F_CSUM          (1ull << 0)
#define FAKE_NET_F_GUEST_CSUM    (1ull << 1)
#define FAKE_NET_F_MTU           (1ull << 3)
#define FAKE_NET_F_MAC           (1ull << 5)
#define FAKE_NET_F_GUEST_TSO4    (1ull << 7)
#define FAKE_NET_F_GUEST_TSO6    (1ull << 8)
#define FAKE_NET_F_GUEST_ECN     (1ull << 9)
#define FAKE_NET_F_GUEST_UFO     (1ull << 10)
#define FAKE_NET_F_HOST_TSO4     (1ull << 11)
#define FAKE_NET_F_HOST_TSO6     (1ull << 12)
#define FAKE_NET_F_HOST_ECN      (1ull << 13)
#define FAKE_NET_F_HOST_UFO      (1ull << 14)
#define FAKE_NET_F_MRG_RXBUF     (1ull << 15)
#define FAKE_NET_F_STATUS        (1ull << 16)
#define FAKE_NET_F_CTRL_VQ       (1ull << 17)
#define FAKE_NET_F_CTRL_RX       (1ull << 18)
#define FAKE_NET_F_CTRL_RX_EXTRA (1ull << 20)
#define FAKE_NET_F_MQ            (1ull << 22)
#define FAKE_NET_F_CTRL_MAC_ADDR (1ull << 23)

#define FAKE_NET_HDR_F_NEEDS_CSUM 1
#define FAKE_NET_HDR_F_DATA_VALID 2

#define FAKE_NET_FRAME_MAX 65600 /* bytes */
#define FAKE_NET_HDR_LEN   12

/* struct virtio_net_hdr of 5.1.6; always 12 bytes with VERSION_1. */
struct fake_net_hdr {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
	uint16_t num_buffers;
};

/* In which order the device completes the buffers it took. IN_ORDER forces oldest first. */
enum fake_net_order {
	FAKE_NET_OLDEST_FIRST,
	FAKE_NET_NEWEST_FIRST,
	FAKE_NET_ANY_ORDER,
};

/* Gets each frame that the driver sent. */
typedef void (*fake_net_sink)(void *arg, uint16_t pair, const struct fake_net_hdr *hdr,
	const uint8_t *frame, uint32_t len);

struct fake_net {
	struct fake_virtio fv;
	enum fake_net_order order;
	bool batch;   /* IN_ORDER: one used entry for many buffers */
	uint32_t rnd; /* state of the device's own random numbers */
	fake_net_sink sink;
	void *sink_arg;
	uint64_t nb_tx, nb_rx; /* frames */
	/* What the control queue was told. */
	bool promisc, allmulti;
	uint16_t active_pairs;
	uint8_t mac[6];
	uint64_t nb_ctrl;
	uint8_t frame[FAKE_NET_FRAME_MAX];
};

/* What a device is made of; everything else of the configuration is left at 0. */
struct fake_net_conf {
	uint64_t offered; /* feature bits; VERSION_1 is not added */
	uint16_t queue_max;
	uint16_t nb_pairs; /* max_virtqueue_pairs */
	uint16_t mtu;
	uint16_t status; /* 1: link up */
	uint8_t mac[6];
	bool polls, shared_irq;
};

void fake_net_init(struct fake_net *n, const struct fake_net_conf *conf);
void fake_net_fini(struct fake_net *n);

/* The device's own dice. */
uint32_t fake_net_random(struct fake_net *n);

/* Index of the control queue: behind the last pair if MQ is negotiated, else 2 (5.1.2). */
uint16_t fake_net_ctrl_queue(const struct fake_net *n);

/* Takes up to `max` frames off transmitq `pair` and gives them to the sink, without completing
 * them. */
uint16_t fake_net_tx_take(struct fake_net *n, uint16_t pair, uint16_t max);

/* Completes up to `max` of the taken ones in the device's order and shows them. Returns how many.
 */
uint16_t fake_net_tx_done(struct fake_net *n, uint16_t pair, uint16_t max);

/* Both, for all that wait. */
uint16_t fake_net_tx(struct fake_net *n, uint16_t pair);

/*
 * Delivers a frame on receiveq `pair`; `hdr` NULL: a plain one. num_buffers is filled in, unless
 * hdr->num_buffers is not 0. -ENOBUFS: not enough buffers, nothing done. Shown by fake_net_rx_show.
 */
int fake_net_rx(struct fake_net *n, uint16_t pair, const void *frame, uint32_t len,
	const struct fake_net_hdr *hdr);
void fake_net_rx_show(struct fake_net *n, uint16_t pair);

/* Works off the control queue. Also done on its doorbell. */
void fake_net_ctrl(struct fake_net *n);

/* Link state changes: configuration change with interrupt. */
void fake_net_link(struct fake_net *n, bool up);

#endif
