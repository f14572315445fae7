/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PPPoEServer inside: its sessions, by number; who has which address; discovery. Files:
 * pppoeserver.c (arguments, packets), pppoe_disc.c (discovery), pppoe_session.c (life of a
 * session), pppoe_say.c (handlers).
 */
#ifndef SLUICE_NF_APPS_ELEMENT_ACCESS_PPPOE_H
#define SLUICE_NF_APPS_ELEMENT_ACCESS_PPPOE_H

#include "nf-apps/click/handler.h"
#include "nf-apps/element/access/ppp.h"
#include "nf-apps/element/access/pppoetag.h"
#include "nf-apps/element/access/subscribers.h"

#define NF_PPPOE_SESSIONS_MAX 65535u
#define NF_PPPOE_POOL_MAX     (1u << 18) /* addresses */
#define NF_PPPOE_SERVICES_MAX 8
#define NF_PPPOE_COOKIE_BYTES 16
#define NF_PPPOE_SLICES       10 /* of a second, in which the timer looks at a part of the sessions */

enum nf_pppoe_drop {
	NF_PPPOE_DROP_NOT_PPPOE,
	NF_PPPOE_DROP_MALFORMED,
	NF_PPPOE_DROP_SESSION,
	NF_PPPOE_DROP_NOT_OPEN,
	NF_PPPOE_DROP_SPOOFED,
	NF_PPPOE_DROP_ADDRESS,
	NF_PPPOE_DROP_LONG,
	NF_PPPOE_DROP_CONTROL,
	NF_PPPOE_DROP_NOT_IP
};

enum { NF_PPPOE_OUT_ACCESS, NF_PPPOE_OUT_NET, NF_PPPOE_OUT_OTHER };

struct nf_pppoe_session {
	/* First line: what packets need. The head is what goes in front of a packet to the peer; the
	 * peer's address is its first six bytes. */
	uint8_t head[NF_PPPOE_IP_HEAD];
	uint8_t open; /* IP may pass */
	uint8_t seen; /* something came in since the last tick */
	uint32_t addr_be;
	uint16_t mru; /* of the peer */
	uint16_t used;
	uint64_t up_packets, up_bytes, down_packets, down_bytes;
	/* The rest. */
	struct nf_ppp ppp UK_ALIGNED(UK_CACHE_LINE);
	uint32_t subscriber; /* number, NF_SUBSCRIBERS_NONE */
	uint32_t since_s;
	uint32_t uniq_hash; /* of the Host-Uniq of the PADR that made it */
	uint16_t next_mac;  /* session of the same chain; 0: the last */
	bool fresh;         /* nothing came in yet: a PADR may be a repetition */
} UK_ALIGNED(UK_CACHE_LINE);

_Static_assert(offsetof(struct nf_pppoe_session, ppp) == UK_CACHE_LINE, "packets touch one line");

struct nf_pppoe_stats {
	uint64_t padi, pado, padr, pads, padt_in, padt_out, refused, no_buffer;
	uint64_t opened, auth_failed, timed_out, ended;
};

struct nf_pppoe_state {
	struct nf_ppp_conf ppp;
	struct nf_subscribers subscribers;
	struct nf_pppoe_session *sessions; /* by number - 1 */
	uint32_t max_sessions, max_per_mac, nb_sessions, nb_open;
	uint16_t *free_ids; /* ring */
	uint32_t free_at, nb_free;
	uint16_t *by_mac; /* chains */
	uint32_t mac_mask;
	uint16_t *by_addr;                        /* session of each address of the pool; 0: none */
	uint8_t *addr_held;                       /* reserved for a subscriber */
	uint32_t first_addr, nb_addrs, next_addr; /* host order; next_addr: where to look first */
	uint32_t gateway;
	uint8_t mac[6];
	uint8_t key[16]; /* of cookies, and of what random() makes */
	uint64_t random_nr;
	struct nf_text services[NF_PPPOE_SERVICES_MAX];
	uint32_t nb_services;
	struct nf_timer timer;
	uint32_t slice;
	struct nf_pppoe_stats stats;
};

struct nf_pppoe_conf {
	uint16_t mru;
};

UK_INLINE uint32_t nf_pppoe_now_s(const struct nf_element *e)
{
	return (uint32_t)(nf_core_now_ns(e->core) / 1000000000);
}

UK_INLINE struct nf_pppoe_session *nf_pppoe_session(const struct nf_pppoe_state *s, uint32_t id)
{
	return id - 1 < s->max_sessions ? &s->sessions[id - 1] : NULL;
}

/* pppoe_disc.c: a discovery packet; frame and payload lengths were checked. Owner: the caller's. */
void nf_pppoe_discovery(struct nf_element *e, const struct uk_netbuf *p);
void nf_pppoe_padt(struct nf_element *e, uint16_t id);

/* pppoe_session.c */
int nf_pppoe_sessions_init(struct nf_element *e) UK_MUST_USE;
void nf_pppoe_sessions_free(struct nf_pppoe_state *s);
/* A session for that host, or one that it just made (same Host-Uniq). 0: there may be no more. */
uint16_t nf_pppoe_session_open(struct nf_element *e, const uint8_t mac[6], uint32_t uniq_hash);
void nf_pppoe_session_start(struct nf_element *e, uint16_t id);
/* A control packet of a session: PPP's protocol number and what follows. */
void nf_pppoe_session_input(
	struct nf_element *e, uint16_t id, uint16_t proto, const uint8_t *data, uint32_t len);
/* Ends it; `tell`: the peer does not know. */
void nf_pppoe_session_end(struct nf_element *e, uint16_t id, bool tell);
void nf_pppoe_random(struct nf_element *e, uint8_t *to, uint32_t len);
/* Adds a subscriber, and keeps his address for him. -EINVAL with errs told. */
int nf_pppoe_subscriber(struct nf_element *e, const char *text, struct nf_errors *errs) UK_MUST_USE;

/* pppoe_say.c */
void nf_pppoe_take_state(struct nf_element *e, struct nf_element *old);
extern const struct nf_handler nf_pppoe_handlers[];

#endif
