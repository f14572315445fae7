/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One network card as an interface of lwIP; for the files of this room. Life: create, then poll (packets in) and
 * flush (packets out) round after round.
 *
 * In: a netbuf's private area holds the custom pbuf of its data. While lwIP has the pbuf the netbuf is lwIP's; the pbuf's last
 * reference gives it back to its pool. In a machine whose pool runs low, packets are copied to lwIP's memory instead.
 *
 * Out: a slot for each packet of the round. A short frame is copied. A longer one is described by netbufs that point at
 * its pbufs, and holds a reference to the pbuf until the card has sent it; lwIP sees by the reference that a TCP segment is still on its way
 * and does not touch it (tcp_output_segment_busy). A received pbuf that is sent again (an echo, an answer in
 * place) and that nobody else holds becomes the netbuf that it was.
 */
#ifndef SLUICE_NETSTACK_NETIF_H
#define SLUICE_NETSTACK_NETIF_H

#include <stdbool.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include "dataplane/netdev.h"

#define UK_NETIF_QUEUE     256 /* packets that wait for the card at most */
#define UK_NETIF_COPY_MAX  256 /* bytes of a frame that is copied rather than referred to */
#define UK_NETIF_PARTS_MAX 64  /* descriptors of one packet at most, header included */

/* A packet on its way out. */
struct uk_netif_slot {
	struct uk_netbuf *nb; /* NULL: `p` is a received pbuf */
	struct pbuf *p;
	uint8_t *data; /* of p, as it was when it was sent */
	uint32_t len;
};

/* Where a TCP segment's parts are in its frame, and what the next one of its flow looks like. */
struct uk_netif_segment {
	const uint8_t *head;       /* Ethernet header */
	uint16_t l4_off, head_len; /* bytes from `head`: TCP header, payload */
	bool ip6;
	uint32_t seq, payload_len;
};

/* The last slot's packet, if it is a TCP segment that may grow (netif_gso.c). */
struct uk_netif_gso {
	bool active;
	struct uk_netif_segment first;
	struct uk_netbuf *head; /* own copy of the headers, NULL: still one segment */
	struct uk_netbuf *tail;
	uint32_t next_seq, payload_len;
	uint16_t nb_parts;
};

struct uk_netif {
	struct netif lw; /* lwIP's */
	struct uk_netdev *dev;
	unsigned index;
	struct uk_netbuf_pool *rx_pool, *tx_pool;
	uint32_t rx_low; /* free buffers below which packets are copied */
	bool csum_in, csum_out, tso4, tso6;
	bool can_sleep; /* its queue has an interrupt */
	/* Out. */
	struct uk_netif_slot queue[UK_NETIF_QUEUE];
	unsigned nb_queued;
	struct uk_netif_gso gso;
	uint64_t stuck_ns; /* since when the card takes nothing, 0: it does */
	/* Counters. */
	uint64_t rx_copied, rx_dropped, tx_dropped, tx_merged;
};

struct uk_netif_conf {
	uint16_t ring;       /* 0: the driver's choice */
	uint32_t nb_buffers; /* for receive */
	bool no_offloads;
};

/* Sets the card up and adds it to lwIP. NULL after a message. */
struct uk_netif *uk_netif_create(
	struct uk_netdev *dev, unsigned index, const struct uk_netif_conf *conf) UK_MUST_USE;

/* One burst into lwIP; returns how many packets. */
unsigned uk_netif_poll(struct uk_netif *ni);

/* What lwIP made goes to the card. */
void uk_netif_flush(struct uk_netif *ni);

/* Frees what the card has sent. */
void uk_netif_take_back(struct uk_netif *ni);
/* Netbufs that refer to pbufs, on their way out of all cards. For leak checks. */
unsigned uk_netif_tx_out(void);

/* Looks at the link; once a second or so. Cost: an exit. */
void uk_netif_service(struct uk_netif *ni);

/* -- between the files -- */

/* lwIP's linkoutput. */
err_t uk_netif_tx(struct netif *lw, struct pbuf *p);
/* A received pbuf, and its netbuf. */
bool uk_netif_rx_is(const struct pbuf *p);
struct uk_netbuf *uk_netif_rx_netbuf(struct pbuf *p);
/* Netbufs that point at p's memory from byte `skip` on; they hold a reference to it. NULL: none are left. */
struct uk_netbuf *uk_netif_tx_refer(
	struct pbuf *p, uint16_t skip, struct uk_netbuf **tail, uint16_t *nb_parts) UK_MUST_USE;
/* An empty buffer of the card's own. NULL: none is left. */
struct uk_netbuf *uk_netif_tx_alloc(struct uk_netif *ni) UK_MUST_USE;

/* Reads the headers of a TCP segment; false: it is none, or a fragment, or its headers are not in one piece. */
bool uk_netif_gso_parse(
	struct uk_netif_segment *s, const uint8_t *head, uint32_t len, uint32_t total);
/* Appends the segment to the last packet. False: it has to go on its own. */
bool uk_netif_gso_merge(struct uk_netif *ni, const struct uk_netif_segment *s, struct pbuf *p);
/* The packet in the last slot is complete: lengths, checksums, what the card is to do. */
void uk_netif_gso_finish(struct uk_netif *ni);
/* TCP's checksum in software, for a frame in one piece. */
void uk_netif_gso_sum(const struct uk_netif_segment *s, uint8_t *head);

#endif
