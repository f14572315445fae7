/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the front end (net*.c) share; nobody else includes it. */
#ifndef SLUICE_NF_APPS_KVS_NET_PART_H
#define SLUICE_NF_APPS_KVS_NET_PART_H

#include <string.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/kvs/net.h"

#define NF_NET_IP4_LEN 20
#define NF_NET_IP6_LEN 40
#define NF_NET_UDP_LEN 8
#define NF_NET_L2_MAX  (NF_ETHER_LEN + NF_ETHER_VLAN_LEN)
#define NF_NET_TTL     64 /* RFC 1700 */
#define NF_NET_ND_HLIM 255

/* A frame on its way through the parts. */
struct nf_net_pkt {
	struct nf_net_frame *f;
	uint8_t *l3, *l4;
	uint32_t l3_len,
		l4_len; /* bytes from there to the end of the frame, then of the IP packet */
	uint8_t l2_len; /* 14, or 18 with a tag */
	bool group;     /* sent to a group of stations */
	bool is6;
	bool unicast; /* to an address that is ours alone (and not only tentatively) */
};

/* Where an answer goes: headers turned round, taken from a packet before it is written over. */
struct nf_net_back {
	uint8_t l2[NF_NET_L2_MAX];
	uint8_t l2_len;
	uint8_t tos;
	bool is6;
	uint8_t src[16], dst[16]; /* IPv4: the first four bytes */
};

/* A request that is with the store. */
struct nf_net_req {
	struct nf_net *n;
	struct nf_net_frame *f;
	uint8_t *l3;
	struct nf_udp *udp;
	uint8_t l2_len;
	bool is6;
	bool csum; /* it had a checksum */
};

enum nf_net_state {
	NF_NET_ADDR_NONE,
	NF_NET_ADDR_NEW,
	NF_NET_ADDR_TENTATIVE,
	NF_NET_ADDR_VALID,
	NF_NET_ADDR_DUPLICATE
};

struct nf_net_addr6 {
	uint8_t addr[16], group[16]; /* and its solicited-node group */
	enum nf_net_state state;
	uint64_t until_ns; /* TENTATIVE */
};

/* A token bucket: `level` in ns. */
struct nf_net_limit {
	uint64_t last_ns, level_ns;
};

#define NF_NET_ADDRS6 2 /* link-local, configured */

struct nf_net {
	/* what each request needs */
	uint8_t mac[6];
	uint16_t port; /* network order */
	uint32_t ip4;
	uint32_t dgram_max4, dgram_max6; /* bytes of UDP payload that an answer may have */
	bool offload;
	unsigned nb_reqs;
	struct nf_kvs *kvs;
	uint64_t now_ns;
	uint64_t counts[NF_NET_NB_COUNTS];
	struct nf_kvs_dgram dgrams[NF_NET_BURST_MAX];
	struct nf_net_req reqs[NF_NET_BURST_MAX];
	/* the rest */
	const struct nf_net_ops *ops;
	void *ops_arg;
	uint32_t ip4_mask;
	struct nf_net_addr6 addrs6[NF_NET_ADDRS6];
	struct nf_net_limit errors, resets;
	uint64_t report_ns; /* when to tell the groups we listen to; UINT64_MAX: need not */
	uint64_t announce_ns;
	unsigned nb_reports, nb_announced;
};

/* Parts: each returns what became of the packet; if that is before NF_NET_DROPS and no request, the frame is the answer. */
enum nf_net_count nf_net_arp(struct nf_net *n, struct nf_net_pkt *p);
enum nf_net_count nf_net_ip4(struct nf_net *n, struct nf_net_pkt *p);
enum nf_net_count nf_net_ip6(struct nf_net *n, struct nf_net_pkt *p);
enum nf_net_count nf_net_udp(struct nf_net *n, struct nf_net_pkt *p);
enum nf_net_count nf_net_tcp(struct nf_net *n, struct nf_net_pkt *p);
enum nf_net_count nf_net_icmp4(struct nf_net *n, struct nf_net_pkt *p);
enum nf_net_count nf_net_icmp6(struct nf_net *n, struct nf_net_pkt *p, uint8_t hlim);
enum nf_net_count nf_net_nd_solicit(struct nf_net *n, struct nf_net_pkt *p);
enum nf_net_count nf_net_nd_advert(struct nf_net *n, struct nf_net_pkt *p);

/* Makes the frame an ICMP error about itself (RFC 792, RFC 4443); `code`: of "destination unreachable". */
enum nf_net_count nf_net_icmp_port(struct nf_net *n, struct nf_net_pkt *p);
/* No such protocol; `at`: offset of the field that names it (IPv6). */
enum nf_net_count nf_net_icmp_protocol(struct nf_net *n, struct nf_net_pkt *p, uint32_t at);

/* Timers. */
void nf_net_arp_announce(struct nf_net *n);
void nf_net_nd_start(struct nf_net *n, const uint8_t ip6[16]);
void nf_net_nd_timers(struct nf_net *n);
void nf_net_mld_report(struct nf_net *n);

/* Index of a valid or tentative address, or -1. */
int nf_net_nd_find(const struct nf_net *n, const uint8_t addr[16]);

void nf_net_back(const struct nf_net *n, const struct nf_net_pkt *p, struct nf_net_back *b);
/*
 * Puts the headers of link and IP in front of `len` bytes at l4, which lie in the frame, and makes that the frame. Room in
 * front of l4 for them is the caller's matter.
 */
void nf_net_back_put(struct nf_net_frame *f, const struct nf_net_back *b, uint8_t *l4, uint32_t len,
	uint8_t proto);
/* The checksum over `len` bytes at l4 on that way; as it goes into the header. */
nf_be16 nf_net_back_csum(
	const struct nf_net_back *b, const uint8_t *l4, uint32_t len, uint8_t proto);

/* Takes one; false: too many of them. */
bool nf_net_limit_take(struct nf_net_limit *l, uint64_t now_ns);

/* The sum of an IPv4 header without options, by wide loads: nf_inet_sum of 20 bytes. */
UK_INLINE uint64_t nf_net_sum20(const struct nf_ip4 *ip)
{
	uint64_t a, b;
	uint32_t c;

	memcpy(&a, ip, sizeof(a));
	memcpy(&b, (const uint8_t *)ip + 8, sizeof(b));
	memcpy(&c, (const uint8_t *)ip + 16, sizeof(c));
	return (uint32_t)a + (a >> 32) + (uint32_t)b + (b >> 32) + c;
}

/*
 * An IPv4 header of an answer, written and summed up as whole words: what reads back 16-bit fields just written as
 * wider ones waits until they have left the core. src, dst in network order.
 */
UK_INLINE void nf_net_ip4_put(
	struct nf_ip4 *ip, uint8_t tos, uint32_t len, uint8_t proto, nf_be32 src, nf_be32 dst)
{
	/* version, no ECN (RFC 3168); length; id 0 means nothing in what is never cut up (RFC 6864, 4.1) */
	uint64_t a = 0x45 | (tos & 0xfcull) << 8 | (uint64_t)nf_inet_hton16((uint16_t)len) << 16 |
		     (uint64_t)nf_inet_hton16(NF_IP_DF) << 48;
	uint32_t b = NF_NET_TTL | (uint32_t)proto << 8;
	uint64_t c = src | (uint64_t)dst << 32;

	b |= (uint32_t)nf_inet_fold((uint32_t)a + (a >> 32) + b + src + dst) << 16;
	memcpy(ip, &a, sizeof(a));
	memcpy((uint8_t *)ip + 8, &b, sizeof(b));
	memcpy((uint8_t *)ip + 12, &c, sizeof(c));
}

/* 0 if the checksum of what is at l4 is right. */
UK_INLINE nf_be16 nf_net_l4_csum(const struct nf_net_pkt *p, uint8_t proto, uint32_t len)
{
	if (p->is6) {
		const struct nf_ip6_hdr *h = (const void *)p->l3;

		return nf_inet_fold(
			nf_inet_sum(p->l4, len, nf_inet_pseudo6(h->src, h->dst, proto, len)));
	}

	const struct nf_ip4 *ip = (const void *)p->l3;

	return nf_inet_fold(
		nf_inet_sum(p->l4, len, nf_inet_pseudo4(ip->src, ip->dst, proto, (uint16_t)len)));
}

UK_INLINE bool nf_net_is_zero16(const uint8_t a[16])
{
	uint64_t v[2];

	memcpy(v, a, sizeof(v));
	return (v[0] | v[1]) == 0;
}

/* Ports whose services answer whatever comes (echo, chargen, ...), this one among them: an answer there would come back for ever. */
UK_INLINE bool nf_net_loops(const struct nf_net *n, nf_be16 sport)
{
	return sport == 0 || sport == n->port || sport == __builtin_bswap16(7) ||
	       sport == __builtin_bswap16(19);
}

/*
 * Hands the `len` bytes behind a UDP header to the store, with the burst. Returns NF_NET_REQUESTS, or
 * NF_NET_LONG.
 */
UK_INLINE enum nf_net_count nf_net_request(
	struct nf_net *n, const struct nf_net_pkt *p, struct nf_udp *udp, uint32_t len)
{
	unsigned i = n->nb_reqs;
	struct nf_net_req *r = &n->reqs[i];
	struct nf_kvs_dgram *d = &n->dgrams[i];
	uint8_t *data = (uint8_t *)udp + NF_NET_UDP_LEN;
	uint32_t room = p->f->room - (uint32_t)(data - p->f->data);
	uint32_t most = p->is6 ? n->dgram_max6 : n->dgram_max4;

	d->room = room < most ? room : most;
	if (UK_UNLIKELY(len > d->room))
		return NF_NET_LONG;
	d->data = data;
	d->len = len;
	d->hash = 0;
	r->f = p->f;
	r->l3 = p->l3;
	r->udp = udp;
	r->l2_len = p->l2_len;
	r->is6 = p->is6;
	r->csum = udp->csum != 0;
	n->nb_reqs = i + 1;
	return NF_NET_REQUESTS;
}

#endif
