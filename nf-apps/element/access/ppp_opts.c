/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/element/access/ppp_opts.h"

enum { LCPOPT_MRU = 1, LCPOPT_AUTH = 3, LCPOPT_MAGIC = 5 };
enum { IPCPOPT_ADDR = 3, IPCPOPT_DNS1 = 129, IPCPOPT_DNS2 = 131 };

#define LCPOPT_CHAP_MD5 5
#define LCPOPT_MRU_MIN  128 /* a peer that wants less gets this as a hint */

static uint32_t pppopt_put(uint8_t *to, uint8_t type, const void *value, uint8_t len)
{
	to[0] = type;
	to[1] = (uint8_t)(len + 2);
	memcpy(to + 2, value, len);
	return len + 2u;
}

static uint32_t pppopt_put16(uint8_t *to, uint8_t type, uint16_t v)
{
	nf_be16 be = nf_inet_hton16(v);

	return pppopt_put(to, type, &be, 2);
}

static uint32_t pppopt_auth(uint8_t *to, uint8_t auth)
{
	static const uint8_t chap[] = { NF_PPP_CHAP >> 8, NF_PPP_CHAP & 255, LCPOPT_CHAP_MD5 };

	return auth == NF_PPP_WANT_CHAP ? pppopt_put(to, LCPOPT_AUTH, chap, sizeof(chap))
					: pppopt_put16(to, LCPOPT_AUTH, NF_PPP_PAP);
}

uint32_t nf_ppp_opts_ours(
	const struct nf_ppp_link *l, uint16_t proto, uint8_t opts[NF_PPP_OPTS_OURS])
{
	uint32_t nb = 0;

	if (proto == NF_PPP_IPCP) {
		if (!(l->s->ipcp.off & 1 << IPCPOPT_ADDR))
			nb += pppopt_put(opts, IPCPOPT_ADDR, &l->conf->gateway_be, 4);
		return nb;
	}
	if (!(l->s->lcp.off & 1 << LCPOPT_MRU))
		nb += pppopt_put16(opts + nb, LCPOPT_MRU, l->conf->mru);
	if (l->s->auth != 0)
		nb += pppopt_auth(opts + nb, l->s->auth);
	if (!(l->s->lcp.off & 1 << LCPOPT_MAGIC))
		nb += pppopt_put(opts + nb, LCPOPT_MAGIC, &l->s->magic_be, 4);
	return nb;
}

static void pppopt_rej(struct nf_ppp_opts_answer *a, const uint8_t *o)
{
	memcpy(a->rej + a->nb_rej, o, o[1]);
	a->nb_rej += o[1];
}

/* `want` has the length of o. */
static void pppopt_nak(
	struct nf_ppp_opts_answer *a, const uint8_t *o, bool only_reject, const void *want)
{
	if (only_reject)
		pppopt_rej(a, o);
	else
		a->nb_nak += pppopt_put(a->nak + a->nb_nak, o[0], want, (uint8_t)(o[1] - 2));
}

static void pppopt_lcp(const struct nf_ppp_link *l, const uint8_t *o, bool only_reject,
	struct nf_ppp_opts_answer *a)
{
	uint16_t mru = 0;
	nf_be16 be;
	uint32_t magic = 0;

	if (o[0] == LCPOPT_MRU && o[1] == 4) {
		/* RFC 2516, 7: no more than 1492 */
		mru = nf_inet_get16(o + 2);
		a->mru = mru < l->conf->mru ? mru : l->conf->mru;
		be = nf_inet_hton16(mru < LCPOPT_MRU_MIN ? LCPOPT_MRU_MIN : l->conf->mru);
		if (mru < LCPOPT_MRU_MIN || mru > l->conf->mru)
			pppopt_nak(a, o, only_reject, &be);
	} else if (o[0] == LCPOPT_MAGIC && o[1] == 6) {
		memcpy(&magic, o + 2, 4);
		if (magic == 0 || magic == l->s->magic_be) { /* a loop, perhaps */
			l->ops->random(l->arg, (uint8_t *)&magic, 4);
			pppopt_nak(a, o, only_reject, &magic);
		}
	} else {
		pppopt_rej(a, o); /* whatever makes no sense over Ethernet, and that we log in */
	}
}

static void pppopt_ipcp(const struct nf_ppp_link *l, const uint8_t *o, bool only_reject,
	struct nf_ppp_opts_answer *a)
{
	const uint32_t *want = o[0] == IPCPOPT_ADDR   ? &l->s->addr_be
			       : o[0] == IPCPOPT_DNS1 ? &l->conf->dns_be[0]
			       : o[0] == IPCPOPT_DNS2 ? &l->conf->dns_be[1]
						      : NULL;

	if (want == NULL || *want == 0 || o[1] != 6)
		pppopt_rej(a, o);
	else if (memcmp(o + 2, want, 4) != 0)
		pppopt_nak(a, o, only_reject && o[0] != IPCPOPT_ADDR, want);
}

bool nf_ppp_opts_theirs(const struct nf_ppp_link *l, uint16_t proto, bool only_reject,
	const uint8_t *opts, uint32_t len, struct nf_ppp_opts_answer *a)
{
	bool has_addr = false;

	a->nb_nak = a->nb_rej = 0;
	a->mru = l->conf->mru;
	if (len > NF_PPP_OPTS_MAX - 8)
		return false;
	for (const uint8_t *o = opts, *end = opts + len; o < end; o += o[1]) {
		if (end - o < 2 || o[1] < 2 || o[1] > end - o)
			return false;
		has_addr |= proto == NF_PPP_IPCP && o[0] == IPCPOPT_ADDR;
		if (proto == NF_PPP_LCP)
			pppopt_lcp(l, o, only_reject, a);
		else
			pppopt_ipcp(l, o, only_reject, a);
	}
	if (proto == NF_PPP_IPCP && !has_addr) /* it is to ask for one (RFC 1661, 5.3) */
		a->nb_nak += pppopt_put(a->nak + a->nb_nak, IPCPOPT_ADDR, &l->s->addr_be, 4);
	return true;
}

static bool pppopt_refused_lcp(const struct nf_ppp_link *l, bool rejected, const uint8_t *o)
{
	switch (o[0]) {
	case LCPOPT_AUTH:
		if (rejected)
			return false;
		if (l->conf->auth & NF_PPP_WANT_PAP && o[1] >= 4 &&
			nf_inet_get16(o + 2) == NF_PPP_PAP)
			l->s->auth = NF_PPP_WANT_PAP;
		return true;
	case LCPOPT_MAGIC:
		l->ops->random(l->arg, (uint8_t *)&l->s->magic_be, sizeof(l->s->magic_be));
		if (rejected)
			l->s->lcp.off |= 1 << LCPOPT_MAGIC;
		return true;
	case LCPOPT_MRU:
		l->s->lcp.off |= 1 << LCPOPT_MRU;
		return true;
	default:
		return true;
	}
}

bool nf_ppp_opts_refused(const struct nf_ppp_link *l, uint16_t proto, bool rejected,
	const uint8_t *opts, uint32_t len)
{
	for (const uint8_t *o = opts, *end = opts + len; o < end; o += o[1]) {
		if (end - o < 2 || o[1] < 2 || o[1] > end - o)
			return true;
		if (proto == NF_PPP_LCP) {
			if (!pppopt_refused_lcp(l, rejected, o))
				return false;
		} else if (rejected && o[0] == IPCPOPT_ADDR) {
			l->s->ipcp.off |= 1 << IPCPOPT_ADDR;
		}
	}
	return true;
}
