/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of LCP and IPCP: ours, and what we say to the peer's. For ppp.c. */
#ifndef SLUICE_NF_APPS_ELEMENT_ACCESS_PPP_OPTS_H
#define SLUICE_NF_APPS_ELEMENT_ACCESS_PPP_OPTS_H

#include "nf-apps/element/access/ppp.h"

#define NF_PPP_OPTS_OURS 32 /* bytes, most */
#define NF_PPP_OPTS_NAKS 5  /* then we reject (RFC 1661, Max-Failure) */
#define NF_PPP_OPTS_MAX  (NF_PPP_MAX_BYTES - 4)

struct nf_ppp_opts_answer {
	uint32_t nb_nak, nb_rej; /* bytes */
	uint16_t mru;
	uint8_t nak[NF_PPP_OPTS_MAX], rej[NF_PPP_OPTS_MAX];
};

/* The options of our request; their length. */
uint32_t nf_ppp_opts_ours(
	const struct nf_ppp_link *l, uint16_t proto, uint8_t opts[NF_PPP_OPTS_OURS]);
/* Looks at the peer's request. False: not well formed, or too long. */
bool nf_ppp_opts_theirs(const struct nf_ppp_link *l, uint16_t proto, bool only_reject,
	const uint8_t *opts, uint32_t len, struct nf_ppp_opts_answer *a);
/* The peer did not want some of ours. False: without them it can not be. */
bool nf_ppp_opts_refused(const struct nf_ppp_link *l, uint16_t proto, bool rejected,
	const uint8_t *opts, uint32_t len);

#endif
