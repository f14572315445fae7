/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers for TCP and UDP flows, both ways, as AggregateIPFlows gives them: a table of flows with
 * time-outs in the packets' time, and fragments that wait for the first one, which has the ports.
 * Files: aggregateipflows.c (the element), ipflows.c (flows), ipfrags.c (fragments).
 */
#ifndef SLUICE_NF_APPS_ELEMENT_AGGREGATE_IPFLOWS_H
#define SLUICE_NF_APPS_ELEMENT_AGGREGATE_IPFLOWS_H

#include "nf-apps/click/element.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/element/rewrite/flowtable.h"

#define NF_IPFLOWS_KEY  16u
#define NF_IPFRAGS_HELD 128 /* packets that wait, most */
#define NF_IPFRAGS_IDS  256 /* first fragments that are remembered, a power of 2 */

/* Of the two ends the one with the smaller address (then port) is `a`. */
struct nf_ipflows_key {
	uint32_t a, b;
	uint16_t a_port, b_port;
	uint8_t proto, used;
	uint16_t zero;
};

struct nf_ipflows_flow {
	struct nf_ipflows_key key;
	uint64_t last_ns;
	uint32_t aggregate;
	uint8_t reverse; /* the first packet came from b */
	uint8_t over;    /* FIN seen: bit 0 forward, bit 1 reverse */
	uint8_t pad[2];
	uint64_t spare; /* the flow table's, of a free entry */
};

/* What is known of a datagram whose first fragment came by. */
struct nf_ipfrags_id {
	nf_be32 src, dst;
	nf_be16 id;
	uint8_t proto, paint;
	uint32_t aggregate;
	uint64_t at_ns; /* 0: free */
};

struct nf_ipflows {
	struct nf_flowtable flows;
	uint64_t tcp_ns, tcp_done_ns, udp_ns, fragment_ns;
	uint32_t next, capacity, hand;
	bool icmp, fragments;
	uint64_t nb_full;
	struct uk_netbuf *held[NF_IPFRAGS_HELD]; /* in the order in which they came */
	uint64_t held_ns[NF_IPFRAGS_HELD];       /* when */
	uint32_t nb_held;
	struct nf_ipfrags_id ids[NF_IPFRAGS_IDS];
};

/* Finds the flow of a packet (or of one inside an ICMP error), or makes one (`flags`: of TCP).
 * Returns the paint, 0 or 1, with *aggregate set; -1: there is none. */
int nf_ipflows_find(struct nf_ipflows *s, const struct nf_ip4 *ip, const uint8_t ports[4],
	uint8_t flags, uint64_t now_ns, bool make, uint32_t *aggregate);

/* Packets that leave: gathered, in order, and emitted when all is done: they may come back. */
struct nf_ipfrags_out {
	struct nf_element *e;
	uint16_t nb[2];
	struct uk_netbuf *v[2][UK_BURST_MAX + NF_IPFRAGS_HELD];
};

void nf_ipfrags_add(struct nf_ipfrags_out *o, unsigned port, struct uk_netbuf *p UK_TAKES);
void nf_ipfrags_emit(struct nf_ipfrags_out *o);

/* A first fragment with more to come: they get its number. */
void nf_ipfrags_first(struct nf_ipflows *s, const struct nf_ip4 *ip, uint32_t aggregate,
	uint8_t paint, uint64_t now_ns);
/* The number of a later fragment, -1: not known. */
int nf_ipfrags_later(
	const struct nf_ipflows *s, const struct nf_ip4 *ip, uint64_t now_ns, uint32_t *aggregate);
/* Does a packet between the same hosts wait? */
bool nf_ipfrags_waits(const struct nf_ipflows *s, const struct nf_ip4 *ip);
/* Keeps a packet; `known`: it has its number, and waits only for its turn. */
void nf_ipfrags_hold(struct nf_ipflows *s, struct nf_ipfrags_out *o, struct uk_netbuf *p UK_TAKES,
	bool known, uint64_t now_ns);
/* Lets go what is known or has waited for too long (all: everything). */
void nf_ipfrags_release(struct nf_ipflows *s, struct nf_ipfrags_out *o, uint64_t now_ns, bool all);

/* The packet's time, or else the present one; *wall_ns: that one if it was read already, or 0. */
UK_INLINE uint64_t nf_ipflows_time(const struct uk_netbuf *p, uint64_t *wall_ns)
{
	uint64_t t = nf_packet_anno(p)->time_ns;

	if (t == 0 && *wall_ns == 0)
		*wall_ns = nf_core_wall_ns();
	return t != 0 ? t : *wall_ns;
}

#endif
