/* SPDX-License-Identifier: BSD-3-Clause */
/* PAP (RFC 1334, 2) and CHAP with MD5 (RFC 1994), from the side of who asks. */
#include <string.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/element/access/ppp.h"
#include "nf-apps/element/trace/md5.h"

#define PPPAUTH_RESTART_S 3
#define PPPAUTH_TRIES     10

enum { PAP_REQUEST = 1, PAP_ACK, PAP_NAK };
enum { CHAP_CHALLENGE = 1, CHAP_RESPONSE, CHAP_SUCCESS, CHAP_FAILURE };

static void pppauth_send(
	const struct nf_ppp_link *l, uint16_t proto, uint8_t code, uint8_t id, const char *text)
{
	uint8_t b[4 + 1 + 32];
	uint32_t len = (uint32_t)strlen(text), at = 4;

	if (proto == NF_PPP_PAP)
		b[at++] = (uint8_t)len;
	memcpy(b + at, text, len);
	b[0] = code;
	b[1] = id;
	nf_inet_put16(b + 2, (uint16_t)(at + len));
	l->ops->send(l->arg, proto, b, at + len);
}

static void pppauth_challenge(const struct nf_ppp_link *l)
{
	uint8_t b[5 + NF_PPP_CHALLENGE + sizeof(l->conf->name)];
	uint32_t name = (uint32_t)strnlen(l->conf->name, sizeof(l->conf->name));

	b[0] = CHAP_CHALLENGE;
	b[1] = l->s->auth_id;
	nf_inet_put16(b + 2, (uint16_t)(5 + NF_PPP_CHALLENGE + name));
	b[4] = NF_PPP_CHALLENGE;
	memcpy(b + 5, l->s->challenge, NF_PPP_CHALLENGE);
	memcpy(b + 5 + NF_PPP_CHALLENGE, l->conf->name, name);
	l->ops->send(l->arg, NF_PPP_CHAP, b, 5 + NF_PPP_CHALLENGE + name);
	l->s->auth_tries++;
	l->s->due_s = l->now_s + PPPAUTH_RESTART_S;
}

void nf_ppp_auth_start(const struct nf_ppp_link *l)
{
	l->s->auth_tries = 0;
	if (l->s->auth != NF_PPP_WANT_CHAP)
		return;
	l->s->auth_id++;
	l->ops->random(l->arg, l->s->challenge, NF_PPP_CHALLENGE);
	pppauth_challenge(l);
}

int nf_ppp_auth_tick(const struct nf_ppp_link *l)
{
	if (l->s->auth != NF_PPP_WANT_CHAP || (int32_t)(l->now_s - l->s->due_s) < 0)
		return NF_PPP_GO;
	if (l->s->auth_tries >= PPPAUTH_TRIES)
		return NF_PPP_END;
	pppauth_challenge(l);
	return NF_PPP_GO;
}

static int pppauth_end(
	const struct nf_ppp_link *l, uint16_t proto, uint8_t code, uint8_t id, bool right)
{
	pppauth_send(l, proto, code, id, right ? "welcome" : "access denied");
	return right ? nf_ppp_authorized(l) : NF_PPP_END;
}

/* Takes as long whatever differs. */
static bool pppauth_same(const uint8_t *a, const uint8_t *b, uint32_t len)
{
	uint8_t diff = 0;

	for (uint32_t i = 0; i < len; i++)
		diff |= a[i] ^ b[i];
	return diff == 0;
}

static int pppauth_pap(const struct nf_ppp_link *l, uint8_t id, const uint8_t *b, uint32_t len)
{
	uint8_t secret[NF_PPP_SECRET_MAX];
	uint32_t name, pass;
	int nb;

	if (len < 1 || b[0] + 2u > len)
		return NF_PPP_GO;
	name = b[0];
	pass = b[name + 1];
	if (name + pass + 2 > len)
		return NF_PPP_GO;
	if (l->s->phase != NF_PPP_AUTH) { /* our answer was lost */
		pppauth_send(l, NF_PPP_PAP, PAP_ACK, id, "welcome");
		return NF_PPP_GO;
	}
	nb = l->ops->secret(l->arg, b + 1, name, secret);
	if (nb < 0 || (uint32_t)nb != pass || !pppauth_same(secret, b + name + 2, pass))
		return pppauth_end(l, NF_PPP_PAP, PAP_NAK, id, false);
	return pppauth_end(l, NF_PPP_PAP, PAP_ACK, id, true);
}

static int pppauth_chap(const struct nf_ppp_link *l, uint8_t id, const uint8_t *b, uint32_t len)
{
	uint8_t text[1 + NF_PPP_SECRET_MAX + NF_PPP_CHALLENGE], digest[NF_MD5_BYTES];
	int nb;

	if (id != l->s->auth_id || len < 1 + NF_MD5_BYTES || b[0] != NF_MD5_BYTES)
		return NF_PPP_GO;
	if (l->s->phase != NF_PPP_AUTH) { /* our answer was lost */
		pppauth_send(l, NF_PPP_CHAP, CHAP_SUCCESS, id, "welcome");
		return NF_PPP_GO;
	}
	nb = l->ops->secret(l->arg, b + 1 + NF_MD5_BYTES, len - 1 - NF_MD5_BYTES, text + 1);
	if (nb < 0)
		return pppauth_end(l, NF_PPP_CHAP, CHAP_FAILURE, id, false);
	text[0] = id;
	memcpy(text + 1 + nb, l->s->challenge, NF_PPP_CHALLENGE);
	nf_md5(text, 1 + (size_t)nb + NF_PPP_CHALLENGE, digest);
	if (!pppauth_same(digest, b + 1, NF_MD5_BYTES))
		return pppauth_end(l, NF_PPP_CHAP, CHAP_FAILURE, id, false);
	return pppauth_end(l, NF_PPP_CHAP, CHAP_SUCCESS, id, true);
}

int nf_ppp_auth_input(
	const struct nf_ppp_link *l, uint16_t proto, const uint8_t *data, uint32_t len)
{
	uint32_t told = len < 4 ? 0 : nf_inet_get16(data + 2);

	if (told < 4 || told > len)
		return NF_PPP_GO;
	if (proto == NF_PPP_PAP && l->s->auth == NF_PPP_WANT_PAP && data[0] == PAP_REQUEST)
		return pppauth_pap(l, data[1], data + 4, told - 4);
	if (proto == NF_PPP_CHAP && l->s->auth == NF_PPP_WANT_CHAP && data[0] == CHAP_RESPONSE)
		return pppauth_chap(l, data[1], data + 4, told - 4);
	return NF_PPP_GO;
}
