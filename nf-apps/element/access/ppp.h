/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server's side of one PPP link over PPPoE: LCP (RFC 1661), PAP (RFC 1334) or CHAP with MD5
 * (RFC 1994), IPCP (RFC 1332, RFC 1877). No packets and no memory of its own: control packets come
 * in as bytes, answers go out by a callback. Life: start -> input, tick ... until one of them says
 * NF_PPP_END. Everything that comes in is untrusted. Times are seconds of a clock of the caller.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_ACCESS_PPP_H
#define SLUICE_NF_APPS_ELEMENT_ACCESS_PPP_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

#define NF_PPP_IP   0x0021
#define NF_PPP_IPCP 0x8021
#define NF_PPP_LCP  0xc021
#define NF_PPP_PAP  0xc023
#define NF_PPP_CHAP 0xc223

#define NF_PPP_MAX_BYTES  512 /* of a control packet that is sent */
#define NF_PPP_SECRET_MAX 64
#define NF_PPP_CHALLENGE  16

enum nf_ppp_phase { NF_PPP_LINK, NF_PPP_AUTH, NF_PPP_NETWORK, NF_PPP_OPEN };
enum { NF_PPP_GO, NF_PPP_END };

#define NF_PPP_WANT_PAP  0x1
#define NF_PPP_WANT_CHAP 0x2 /* with both: CHAP first, PAP if the peer asks for it */

struct nf_ppp_conf {
	uint16_t mru;
	uint16_t auth;       /* NF_PPP_WANT_*; 0: none */
	uint32_t gateway_be; /* our address */
	uint32_t dns_be[2];  /* 0: none */
	uint32_t setup_s;    /* to be open by then */
	uint32_t echo_s;     /* silence after which to ask; 0: never */
	uint32_t echo_fails; /* questions without an answer that end it */
	char name[64];
};

/* State of LCP or IPCP. */
struct nf_ppp_cp {
	uint8_t id;    /* of our last request */
	uint8_t tries; /* how often it was sent */
	uint8_t naks;  /* that we sent */
	uint8_t flags; /* PPP_ACK_* */
	uint8_t off;   /* own options that the peer rejected: bits by number */
	uint32_t due_s;
};

struct nf_ppp {
	uint8_t phase; /* enum nf_ppp_phase */
	uint8_t auth;  /* the one of NF_PPP_WANT_* in use; 0: none */
	uint8_t auth_id, auth_tries, echo_id, echo_out;
	uint16_t peer_mru;
	struct nf_ppp_cp lcp, ipcp;
	uint32_t magic_be;
	uint32_t addr_be; /* the peer's; 0: none yet */
	uint32_t start_s, due_s;
	uint8_t challenge[NF_PPP_CHALLENGE];
};

struct nf_ppp_ops {
	/* One control packet. */
	void (*send)(void *arg, uint16_t proto, const uint8_t *data, uint32_t len);
	/* Copies the secret of a subscriber, who is the one to be on this link. Its length, or
	 * -ENOENT. */
	int (*secret)(
		void *arg, const uint8_t *name, uint32_t len, uint8_t secret[NF_PPP_SECRET_MAX]);
	/* An address for the subscriber on this link; 0: none is free. */
	uint32_t (*address)(void *arg);
	void (*random)(void *arg, uint8_t *to, uint32_t len);
};

/* What all calls need; lives as long as a call. */
struct nf_ppp_link {
	struct nf_ppp *s;
	const struct nf_ppp_conf *conf;
	const struct nf_ppp_ops *ops;
	void *arg;
	uint32_t now_s;
};

void nf_ppp_start(const struct nf_ppp_link *l);
/* A packet of any protocol but IP; data follows the protocol number. NF_PPP_GO or NF_PPP_END. */
int nf_ppp_input(const struct nf_ppp_link *l, uint16_t proto, const uint8_t *data, uint32_t len)
	UK_MUST_USE;
/* Once a second; `silent`: nothing came in since the last call. */
int nf_ppp_tick(const struct nf_ppp_link *l, bool silent) UK_MUST_USE;
/* Tells the peer that this is the end. */
void nf_ppp_close(const struct nf_ppp_link *l);

/* ppp_auth.c */
void nf_ppp_auth_start(const struct nf_ppp_link *l);
int nf_ppp_auth_input(
	const struct nf_ppp_link *l, uint16_t proto, const uint8_t *data, uint32_t len) UK_MUST_USE;
int nf_ppp_auth_tick(const struct nf_ppp_link *l) UK_MUST_USE;
/* ppp.c: the peer is who he says, or need not say. */
int nf_ppp_authorized(const struct nf_ppp_link *l) UK_MUST_USE;

#endif
