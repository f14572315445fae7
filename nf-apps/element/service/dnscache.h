/* SPDX-License-Identifier: BSD-3-Clause */
/* Between the files of DNSCache. */
#ifndef SLUICE_NF_APPS_ELEMENT_SERVICE_DNSCACHE_H
#define SLUICE_NF_APPS_ELEMENT_SERVICE_DNSCACHE_H

#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4.h"
#include "nf-apps/element/service/dnspend.h"
#include "nf-apps/element/service/dnsstore.h"

#define NF_DNSCACHE_S 1000000000ull

/* What makes answers to the same question differ. */
enum {
	NF_DNSCACHE_RD = 1,
	NF_DNSCACHE_CD = 2,
	NF_DNSCACHE_EDNS = 4,
	NF_DNSCACHE_DO = 8,
	NF_DNSCACHE_ALONE = 16, /* not to be shared: it has options that matter to the answer */
};

struct nf_dnscache {
	struct nf_dnsstore store;
	struct nf_dnspend pending;
	struct nf_timer reap;
	uint64_t nb_queries, nb_hits, nb_misses, nb_coalesced, nb_resent;
	uint64_t nb_answers, nb_kept, nb_truncated, nb_timeouts;
	uint32_t capacity, nb_pending, max_ttl, max_negative_ttl;
	uint64_t timeout_ns;
	uint16_t ip_id;
};

/* Reasons for drops. */
enum {
	NF_DNSCACHE_NOT_DNS,
	NF_DNSCACHE_MALFORMED,
	NF_DNSCACHE_NO_QUESTION,
	NF_DNSCACHE_FULL,
	NF_DNSCACHE_NO_ANSWER,
	NF_DNSCACHE_NO_ROOM,
	NF_DNSCACHE_NO_BUFFER,
};

struct nf_dnscache_conf {
	nf_be32 self, resolver;
	uint16_t port, resolver_port;
	bool random_case;
};

/* A packet that is being worked on. */
struct nf_dnscache_pkt {
	struct uk_netbuf *p;
	uint8_t *m;
	uint32_t len;
	const struct nf_ip4 *ip;
	const struct nf_udp *udp;
	struct nf_dnsmsg q;
};

/* One end of a datagram. */
struct nf_dnscache_end {
	nf_be32 addr;
	uint16_t port;
};

/* The DNS message in a packet: NULL, or its place and length; a whole UDP datagram. */
uint8_t *nf_dnscache_open(const struct uk_netbuf *p, uint32_t *len);
/* Puts fresh IP and UDP headers before the message at `m`, which becomes `len` bytes long. False:
 * no room. */
bool nf_dnscache_close(struct nf_dnscache *s, struct uk_netbuf *p, uint8_t *m, uint32_t len,
	struct nf_dnscache_end from, struct nf_dnscache_end to) UK_MUST_USE;

/* Milliseconds. */
UK_INLINE uint64_t nf_dnscache_now(const struct nf_element *e)
{
	return nf_core_now_ns(e->core) / 1000000u;
}

/* False: it is not a DNS message. k->q is still to be read. */
bool nf_dnscache_pkt(struct nf_dnscache_pkt *k, struct uk_netbuf *p);
/* A message longer than the client takes: the question alone remains, with TC, and OPT if the
 * client has it (RFC 6891, 7). Returns its length. */
uint32_t nf_dnscache_cut(uint8_t *m, uint32_t key_len, bool edns);
/* What comes in on input 1: returns what becomes of it. */
int nf_dnscache_answer(struct nf_element *e, struct uk_netbuf *p);

extern const struct nf_handler nf_dnscache_handlers[];

#endif
