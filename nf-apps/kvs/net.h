/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The store on raw frames: Ethernet (with one 802.1Q tag, if it is there), ARP, IPv4, IPv6, ICMP, neighbour discovery
 * and UDP, as far as a server of one port needs them, so that any client reaches it without a stack. Neutral to
 * the transport: a frame is bytes with room behind them. The image on uk_netdev and the program on DPDK call this.
 *
 * Answers are made in the frame of their request and go back to the link address that it came from: there is no ARP
 * cache and no route. Nothing is allocated. A request that is cut into IP fragments is not put together again.
 * Checksums of IPv4, UDP, TCP and ICMP are verified; over IPv4 an answer has a UDP checksum if its request had
 * one (RFC 768 lets a sender leave it out), over IPv6 always (RFC 8200, 8.1).
 *
 * Life: create for each card, then burst for what it received and timers a few times a second. Thread: one.
 */
#ifndef SLUICE_NF_APPS_KVS_NET_H
#define SLUICE_NF_APPS_KVS_NET_H

#include <stdbool.h>
#include "nf-apps/kvs/kvs.h"

#define NF_NET_BURST_MAX 64

/* nf_net_frame.flags */
#define NF_NET_F_CHECKED                                                                           \
	0x01 /* in: no need to look at the checksum of UDP, TCP or ICMP: the device did */
#define NF_NET_F_PARTIAL 0x02 /* out: the device is to fill in the checksum from csum_start on */

struct nf_net_frame {
	uint8_t *data; /* in: first byte; out: of the answer, at most some bytes further on */
	uint32_t
		len; /* in: bytes of the frame, without CRC; out: of the answer, 0: there is none */
	uint32_t room;                    /* in: bytes that may be written at data */
	uint8_t flags;                    /* NF_NET_F_* */
	uint16_t csum_start, csum_offset; /* bytes from data, bytes from there */
	void *buffer;                     /* the transport's */
};

/* The transport's buffers, for what is no answer in place: further datagrams of an answer, announcements. */
struct nf_net_ops {
	/* An empty one; NULL: there is none. */
	void *(*get)(void *arg);
	/* Sets data, room and buffer. */
	void (*look)(void *arg, void *buffer, struct nf_net_frame *f);
	/* Sends it, in the order of the calls; len 0: takes it back. */
	void (*put)(void *arg, const struct nf_net_frame *f);
};

struct nf_net_conf {
	struct nf_kvs *kvs;
	const struct nf_net_ops *ops;
	void *ops_arg;
	uint8_t mac[6];
	uint16_t mtu;           /* bytes; no answer is longer */
	uint16_t port;          /* UDP */
	uint32_t ip4, ip4_mask; /* network order; 0: no IPv4 */
	uint8_t ip6[16]; /* beside the link-local one, which the MAC address gives; all 0: none */
	bool offload;    /* UDP checksums of answers are left to the device */
};

/* What happened to frames; each received frame counts once among the first ones up to NF_NET_DROPS_END. */
enum nf_net_count {
	NF_NET_REQUESTS, /* to the store */
	NF_NET_ARP,      /* answered */
	NF_NET_ND,       /* neighbour solicitations answered */
	NF_NET_ECHO,     /* pings answered */
	NF_NET_UNREACH,  /* answered by an ICMP error: port or protocol not served */
	NF_NET_RST,      /* TCP segments answered by a reset */
	NF_NET_HEARD,    /* of use, but nothing to answer: multicast queries, advertisements */
	NF_NET_DROPS,    /* here they begin */
	NF_NET_MALFORMED =
		NF_NET_DROPS, /* shorter than it says, a length or version that can not be */
	NF_NET_OTHER_MAC,     /* for another station */
	NF_NET_OTHER_TYPE,    /* neither ARP nor IP */
	NF_NET_OTHER_ADDRESS, /* for another IP address */
	NF_NET_BAD_SOURCE,    /* from an address that nobody can have */
	NF_NET_BAD_IP_CSUM,
	NF_NET_BAD_CSUM, /* UDP, TCP, ICMP */
	NF_NET_FRAGMENT,
	NF_NET_OPTIONS, /* source routes; extension headers that are not known */
	NF_NET_LOOP,    /* from a port that would answer the answer */
	NF_NET_LONG,    /* the answer would not have the room that the request has */
	NF_NET_QUIET,   /* an ICMP message or TCP reset that wants no answer */
	NF_NET_LIMITED, /* errors and resets beyond the rate */
	NF_NET_DROPS_END,
	/* and beside those: */
	NF_NET_ANSWERS = NF_NET_DROPS_END, /* first datagrams of the store's answers */
	NF_NET_MORE,                       /* their further datagrams */
	NF_NET_NO_BUFFERS,                 /* times there was none for them */
	NF_NET_CONFLICTS,                  /* somebody else uses our address */
	NF_NET_NB_COUNTS,
};

struct nf_net;

/* NULL: no memory. */
struct nf_net *nf_net_create(const struct nf_net_conf *conf) UK_MUST_USE;
void nf_net_destroy(struct nf_net *n);

/*
 * Handles received frames, nb <= NF_NET_BURST_MAX. Those with len > 0 on return are answers and the caller's to
 * send, as they are now; the others are done with. Further datagrams go through ops->put before it returns.
 * nf_kvs_tick is the caller's. Cost: no indirect call for a request but those of the store.
 */
void nf_net_burst(struct nf_net *n, struct nf_net_frame v[], unsigned nb, uint64_t now_ns);

/* Announces the addresses, tells whether they are unique (RFC 4862), and so on. */
void nf_net_timers(struct nf_net *n, uint64_t now_ns);

const uint64_t *nf_net_counts(const struct nf_net *n);
/* "requests", "other_mac"; NULL past the last. */
const char *nf_net_count_name(unsigned i);

/* The link-local address; false: somebody else has it, or it is not known yet that nobody does. */
bool nf_net_link_local(const struct nf_net *n, uint8_t address[16]);

#endif
