/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A card without a bus, for tests of what joins lwIP to the cards: frames are put in with fake_card_put, and what is sent is kept
 * as the wire would see it, with what the card was asked to do. Until it is told (fake_card_done) the card holds on to the
 * buffers it was given, as a ring does.
 *
 * The other end is FAKE_PEER_*; the card's own addresses are FAKE_CARD_*.
 */
#ifndef SLUICE_NETSTACK_TEST_FAKE_CARD_H
#define SLUICE_NETSTACK_TEST_FAKE_CARD_H

#include <stdbool.h>
#include "dataplane/netdev_driver.h"

#define FAKE_CARD_FRAMES 512   /* sent and not looked at yet */
#define FAKE_CARD_BYTES  65600 /* of one frame */

#define FAKE_CARD_FEATURES                                                                         \
	(UK_NETDEV_F_RXQ_INTR | UK_NETDEV_F_PARTIAL_CSUM | UK_NETDEV_F_TSO4 | UK_NETDEV_F_TSO6 |   \
		UK_NETDEV_F_RX_CSUM | UK_NETDEV_F_LRO)

struct fake_card_frame {
	uint32_t len, nb_parts;
	bool from_rx_pool; /* its first part is a receive buffer */
	uint8_t flags, gso_type;
	uint16_t gso_size, hdr_len, csum_start, csum_offset;
	uint8_t data[]; /* len bytes, and some zeros */
};

struct fake_card {
	struct uk_netdev dev;
	uint32_t features;
	struct uk_hwaddr mac;
	bool running, armed, irq, gone, link;
	uint16_t room; /* packets that it takes before it is full */
	bool hold;     /* keeps what it sends until fake_card_done; else until the next call */
	struct uk_netbuf *held[FAKE_CARD_FRAMES];
	unsigned nb_held;
	struct uk_netbuf *in[FAKE_CARD_FRAMES];
	unsigned nb_in;
	struct fake_card_frame *sent[FAKE_CARD_FRAMES];
	unsigned nb_sent;
};

extern struct fake_card fake_card;

/*
 * A frame comes in, in `parts` buffers of equal length; flags as in uk_netbuf. False: no buffer was left.
 */
bool fake_card_put(const void *frame, uint32_t len, unsigned parts, uint8_t flags);

/* The oldest frame that was sent, the caller's to free; NULL: none. */
struct fake_card_frame *fake_card_take(void);
/* Frees all that were sent. */
void fake_card_forget(void);

/* The card is through with what it holds. */
void fake_card_done(void);

#endif
