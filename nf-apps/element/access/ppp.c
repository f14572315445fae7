/* SPDX-License-Identifier: BSD-3-Clause */
/* The automaton of RFC 1661, section 4, for a link that is up as long as it exists. */
#include <string.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/element/access/ppp.h"
#include "nf-apps/element/access/ppp_opts.h"

#define PPP_RESTART_S  3 /* the restart timer's default */
#define PPP_TRIES      10
#define PPP_ACK_OURS   0x1
#define PPP_ACK_THEIRS 0x2
#define PPP_ACK_BOTH   0x3

enum {
	PPP_CONF_REQ = 1,
	PPP_CONF_ACK,
	PPP_CONF_NAK,
	PPP_CONF_REJ,
	PPP_TERM_REQ,
	PPP_TERM_ACK,
	PPP_CODE_REJ,
	PPP_PROTO_REJ,
	PPP_ECHO_REQ,
	PPP_ECHO_REPLY,
	PPP_DISCARD
};

static struct nf_ppp_cp *ppp_cp(const struct nf_ppp_link *l, uint16_t proto)
{
	return proto == NF_PPP_LCP ? &l->s->lcp : &l->s->ipcp;
}

static void ppp_send(const struct nf_ppp_link *l, uint16_t proto, uint8_t code, uint8_t id,
	const uint8_t *data, uint32_t len)
{
	uint8_t b[NF_PPP_MAX_BYTES];

	if (len > sizeof(b) - 4)
		len = sizeof(b) - 4;
	b[0] = code;
	b[1] = id;
	nf_inet_put16(b + 2, (uint16_t)(len + 4));
	if (len > 0)
		memcpy(b + 4, data, len);
	l->ops->send(l->arg, proto, b, len + 4);
}

/* A new request of ours, or the same again. */
static void ppp_request(const struct nf_ppp_link *l, uint16_t proto, bool again)
{
	struct nf_ppp_cp *cp = ppp_cp(l, proto);
	uint8_t opts[NF_PPP_OPTS_OURS];

	if (!again)
		cp->id++;
	cp->tries++;
	cp->due_s = l->now_s + PPP_RESTART_S;
	ppp_send(l, proto, PPP_CONF_REQ, cp->id, opts, nf_ppp_opts_ours(l, proto, opts));
}

static void ppp_cp_start(const struct nf_ppp_link *l, uint16_t proto)
{
	*ppp_cp(l, proto) = (struct nf_ppp_cp){ .id = ppp_cp(l, proto)->id };
	ppp_request(l, proto, false);
}

void nf_ppp_start(const struct nf_ppp_link *l)
{
	*l->s = (struct nf_ppp){ .phase = NF_PPP_LINK,
		.auth = (uint8_t)(l->conf->auth & NF_PPP_WANT_CHAP ? NF_PPP_WANT_CHAP
								   : l->conf->auth),
		.peer_mru = l->conf->mru,
		.start_s = l->now_s };
	l->ops->random(l->arg, (uint8_t *)&l->s->magic_be, sizeof(l->s->magic_be));
	ppp_cp_start(l, NF_PPP_LCP);
}

int nf_ppp_authorized(const struct nf_ppp_link *l)
{
	if (l->s->addr_be == 0)
		l->s->addr_be = l->ops->address(l->arg);
	if (l->s->addr_be == 0)
		return NF_PPP_END;
	l->s->phase = NF_PPP_NETWORK;
	ppp_cp_start(l, NF_PPP_IPCP);
	return NF_PPP_GO;
}

/* Both sides agreed. */
static int ppp_cp_up(const struct nf_ppp_link *l, uint16_t proto)
{
	ppp_cp(l, proto)->tries = 0;
	if (proto == NF_PPP_IPCP) {
		l->s->phase = NF_PPP_OPEN;
		l->s->echo_out = 0;
		l->s->due_s = l->now_s + l->conf->echo_s;
		return NF_PPP_GO;
	}
	if (l->s->auth == 0)
		return nf_ppp_authorized(l);
	l->s->phase = NF_PPP_AUTH;
	nf_ppp_auth_start(l);
	return NF_PPP_GO;
}

static int ppp_acked(const struct nf_ppp_link *l, uint16_t proto, uint8_t flag)
{
	struct nf_ppp_cp *cp = ppp_cp(l, proto);
	bool was = cp->flags == PPP_ACK_BOTH;

	cp->flags |= flag;
	return cp->flags == PPP_ACK_BOTH && !was ? ppp_cp_up(l, proto) : NF_PPP_GO;
}

/* Configure-Request: Ack, Nak or Reject. */
static int ppp_conf_req(
	const struct nf_ppp_link *l, uint16_t proto, uint8_t id, const uint8_t *opts, uint32_t len)
{
	struct nf_ppp_cp *cp = ppp_cp(l, proto);
	struct nf_ppp_opts_answer a;

	if (!nf_ppp_opts_theirs(l, proto, cp->naks >= NF_PPP_OPTS_NAKS, opts, len, &a))
		return NF_PPP_GO; /* not well formed */
	if (cp->flags == PPP_ACK_BOTH) {
		/* the peer starts anew, and so do we */
		l->s->phase = proto == NF_PPP_LCP ? NF_PPP_LINK : NF_PPP_NETWORK;
		l->s->start_s = l->now_s;
		ppp_cp_start(l, proto);
	}
	cp->flags &= (uint8_t)~PPP_ACK_THEIRS;
	if (a.nb_rej > 0) {
		ppp_send(l, proto, PPP_CONF_REJ, id, a.rej, a.nb_rej);
	} else if (a.nb_nak > 0) {
		cp->naks++;
		ppp_send(l, proto, PPP_CONF_NAK, id, a.nak, a.nb_nak);
	} else {
		if (proto == NF_PPP_LCP)
			l->s->peer_mru = a.mru;
		ppp_send(l, proto, PPP_CONF_ACK, id, opts, len);
		return ppp_acked(l, proto, PPP_ACK_THEIRS);
	}
	return NF_PPP_GO;
}

/* An answer to our request. */
static int ppp_conf_answer(const struct nf_ppp_link *l, uint16_t proto, uint8_t code, uint8_t id,
	const uint8_t *opts, uint32_t len)
{
	struct nf_ppp_cp *cp = ppp_cp(l, proto);
	uint8_t ours[NF_PPP_OPTS_OURS];
	uint32_t nb;

	if (id != cp->id || cp->flags & PPP_ACK_OURS || cp->tries == 0)
		return NF_PPP_GO;
	if (code == PPP_CONF_ACK) {
		nb = nf_ppp_opts_ours(l, proto, ours);
		if (nb != len || memcmp(ours, opts, nb) != 0)
			return NF_PPP_GO;
		return ppp_acked(l, proto, PPP_ACK_OURS);
	}
	if (!nf_ppp_opts_refused(l, proto, code == PPP_CONF_REJ, opts, len) ||
		cp->tries >= PPP_TRIES)
		return NF_PPP_END;
	ppp_request(l, proto, false);
	return NF_PPP_GO;
}

static void ppp_echo_reply(
	const struct nf_ppp_link *l, uint8_t id, const uint8_t *data, uint32_t len)
{
	uint8_t b[NF_PPP_MAX_BYTES - 4];

	if (l->s->lcp.flags != PPP_ACK_BOTH || len < 4)
		return;
	if (len > sizeof(b))
		len = sizeof(b);
	memcpy(b, data, len);
	memcpy(b, &l->s->magic_be, 4);
	ppp_send(l, NF_PPP_LCP, PPP_ECHO_REPLY, id, b, len);
}

static int ppp_rejected(const struct nf_ppp_link *l, uint16_t proto, uint8_t code,
	const uint8_t *data, uint32_t len)
{
	if (code == PPP_CODE_REJ)
		return len >= 1 && data[0] >= PPP_CONF_REQ && data[0] <= PPP_CODE_REJ ? NF_PPP_END
										      : NF_PPP_GO;
	return proto == NF_PPP_LCP && len >= 2 &&
			       (nf_inet_get16(data) == NF_PPP_IPCP ||
				       nf_inet_get16(data) == NF_PPP_IP)
		       ? NF_PPP_END
		       : NF_PPP_GO;
}

/* LCP and IPCP. */
static int ppp_cp_input(
	const struct nf_ppp_link *l, uint16_t proto, const uint8_t *data, uint32_t len)
{
	uint32_t told = len < 4 ? 0 : nf_inet_get16(data + 2);
	const uint8_t *body = data + 4;
	uint8_t code, id;

	if (told < 4 || told > len)
		return NF_PPP_GO;
	code = data[0];
	id = data[1];
	len = told - 4;
	switch (code) {
	case PPP_CONF_REQ:
		return ppp_conf_req(l, proto, id, body, len);
	case PPP_CONF_ACK:
	case PPP_CONF_NAK:
	case PPP_CONF_REJ:
		return ppp_conf_answer(l, proto, code, id, body, len);
	case PPP_TERM_REQ:
		ppp_send(l, proto, PPP_TERM_ACK, id, NULL, 0);
		return NF_PPP_END;
	case PPP_TERM_ACK:
		return NF_PPP_GO; /* whoever asked for it does not wait */
	case PPP_CODE_REJ:
	case PPP_PROTO_REJ:
		return ppp_rejected(l, proto, code, body, len);
	case PPP_ECHO_REQ:
		if (proto == NF_PPP_LCP)
			ppp_echo_reply(l, id, body, len);
		return NF_PPP_GO;
	case PPP_ECHO_REPLY:
	case PPP_DISCARD:
		return NF_PPP_GO;
	default:
		ppp_send(l, proto, PPP_CODE_REJ, ++l->s->echo_id, data, told);
		return NF_PPP_GO;
	}
}

int nf_ppp_input(const struct nf_ppp_link *l, uint16_t proto, const uint8_t *data, uint32_t len)
{
	uint8_t b[64 + 2];
	uint32_t nb = len < 64 ? len : 64;

	l->s->echo_out = 0;
	if (proto == NF_PPP_LCP)
		return ppp_cp_input(l, proto, data, len);
	if (l->s->phase == NF_PPP_LINK)
		return NF_PPP_GO; /* RFC 1661, 3.4: silently */
	if (proto == NF_PPP_PAP || proto == NF_PPP_CHAP)
		return nf_ppp_auth_input(l, proto, data, len);
	if (l->s->phase < NF_PPP_NETWORK)
		return NF_PPP_GO;
	if (proto == NF_PPP_IPCP)
		return ppp_cp_input(l, proto, data, len);
	nf_inet_put16(b, proto);
	memcpy(b + 2, data, nb);
	ppp_send(l, NF_PPP_LCP, PPP_PROTO_REJ, ++l->s->echo_id, b, nb + 2);
	return NF_PPP_GO;
}

static int ppp_echo(const struct nf_ppp_link *l, bool silent)
{
	struct nf_ppp *s = l->s;

	if (l->conf->echo_s == 0)
		return NF_PPP_GO;
	if (!silent) {
		s->echo_out = 0;
		s->due_s = l->now_s + l->conf->echo_s;
	}
	if ((int32_t)(l->now_s - s->due_s) < 0)
		return NF_PPP_GO;
	if (s->echo_out >= l->conf->echo_fails)
		return NF_PPP_END;
	s->echo_out++;
	s->due_s = l->now_s + l->conf->echo_s;
	ppp_send(l, NF_PPP_LCP, PPP_ECHO_REQ, ++s->echo_id, (const uint8_t *)&s->magic_be, 4);
	return NF_PPP_GO;
}

int nf_ppp_tick(const struct nf_ppp_link *l, bool silent)
{
	struct nf_ppp *s = l->s;
	uint16_t proto = s->phase == NF_PPP_LINK ? NF_PPP_LCP : NF_PPP_IPCP;
	struct nf_ppp_cp *cp = ppp_cp(l, proto);

	if (s->phase == NF_PPP_OPEN)
		return ppp_echo(l, silent);
	if ((int32_t)(l->now_s - s->start_s - l->conf->setup_s) >= 0)
		return NF_PPP_END;
	if (s->phase == NF_PPP_AUTH)
		return nf_ppp_auth_tick(l);
	if ((int32_t)(l->now_s - cp->due_s) < 0 || cp->flags & PPP_ACK_OURS)
		return NF_PPP_GO;
	if (cp->tries >= PPP_TRIES)
		return NF_PPP_END;
	ppp_request(l, proto, true);
	return NF_PPP_GO;
}

void nf_ppp_close(const struct nf_ppp_link *l)
{
	ppp_send(l, NF_PPP_LCP, PPP_TERM_REQ, ++l->s->lcp.id, NULL, 0);
}
