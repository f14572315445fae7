/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Discovery (RFC 2516, section 5). Nothing is kept for a PADI: the cookie of the PADO is a keyed
 * hash of the host's address and the time, and a PADR has to bring it back from that address.
 */
#include <string.h>
#include "nf-apps/element/access/pppoe.h"
#include "nf-apps/element/trace/md5.h"

#define PPPOEDISC_ROOM      1400u /* bytes of tags that are sent */
#define PPPOEDISC_COOKIE_NS 30000000000ull

struct pppoedisc_reply {
	uint8_t code;
	uint16_t session;
	uint32_t len;
	uint8_t tags[PPPOEDISC_ROOM];
};

static void pppoedisc_tag(struct pppoedisc_reply *r, uint16_t type, const void *v, uint32_t len)
{
	r->len = nf_pppoetag_put(r->tags, r->len, sizeof(r->tags), type, v, len);
}

static void pppoedisc_echo(struct pppoedisc_reply *r, uint16_t type, const struct nf_pppoetag *t)
{
	if (t->v != NULL)
		pppoedisc_tag(r, type, t->v, t->len);
}

static void pppoedisc_send(
	struct nf_element *e, const uint8_t to[6], const struct pppoedisc_reply *r)
{
	struct nf_pppoe_state *s = e->state;
	struct uk_netbuf *p =
		nf_packet_alloc(&e->core->pools, UK_NETBUF_HEADROOM, NF_PPPOE_HEAD + r->len);
	struct nf_ether *eth;
	struct nf_pppoe *h;

	if (p == NULL) {
		s->stats.no_buffer++;
		return;
	}
	eth = (struct nf_ether *)(void *)p->data;
	memcpy(eth->dst, to, 6);
	memcpy(eth->src, s->mac, 6);
	eth->type = nf_inet_hton16(NF_ETHERTYPE_PPPOE_DISCOVERY);
	h = (struct nf_pppoe *)(void *)(p->data + NF_ETHER_LEN);
	h->vertype = NF_PPPOE_VERTYPE;
	h->code = r->code;
	h->session = nf_inet_hton16(r->session);
	h->len = nf_inet_hton16((uint16_t)r->len);
	memcpy(p->data + NF_PPPOE_HEAD, r->tags, r->len);
	nf_element_emit_one(e, NF_PPPOE_OUT_ACCESS, p);
}

static void pppoedisc_cookie(
	const struct nf_pppoe_state *s, const uint8_t mac[6], uint64_t epoch, uint8_t cookie[16])
{
	uint8_t text[16 + 6 + 8 + 16];

	memcpy(text, s->key, 16);
	memcpy(text + 16, mac, 6);
	memcpy(text + 22, &epoch, 8);
	memcpy(text + 30, s->key, 16);
	nf_md5(text, sizeof(text), cookie);
}

/* One of this or the last half minute. */
static bool pppoedisc_cookie_right(
	const struct nf_element *e, const uint8_t mac[6], const struct nf_pppoetag *t)
{
	uint64_t epoch = nf_core_now_ns(e->core) / PPPOEDISC_COOKIE_NS;
	uint8_t cookie[NF_PPPOE_COOKIE_BYTES];

	if (t->v == NULL || t->len != sizeof(cookie))
		return false;
	for (uint64_t i = 0; i < 2; i++) {
		pppoedisc_cookie(e->state, mac, epoch - i, cookie);
		if (memcmp(cookie, t->v, sizeof(cookie)) == 0)
			return true;
	}
	return false;
}

static bool pppoedisc_has_service(const struct nf_pppoe_state *s, const struct nf_pppoetag *t)
{
	if (t->len == 0 || s->nb_services == 0)
		return true;
	for (uint32_t i = 0; i < s->nb_services; i++) {
		if (s->services[i].len == t->len && memcmp(s->services[i].s, t->v, t->len) == 0)
			return true;
	}
	return false;
}

static void pppoedisc_padi(struct nf_element *e, const uint8_t mac[6], const struct nf_pppoetags *t)
{
	struct nf_pppoe_state *s = e->state;
	struct pppoedisc_reply r = { .code = NF_PPPOE_PADO };
	uint8_t cookie[NF_PPPOE_COOKIE_BYTES];

	s->stats.padi++;
	if (t->service.v == NULL || !pppoedisc_has_service(s, &t->service))
		return;
	pppoedisc_tag(&r, NF_PPPOE_AC_NAME, s->ppp.name, (uint32_t)strlen(s->ppp.name));
	pppoedisc_echo(&r, NF_PPPOE_SERVICE, &t->service);
	for (uint32_t i = 0; i < s->nb_services; i++) {
		const struct nf_text *name = &s->services[i];

		if (name->len != t->service.len || memcmp(name->s, t->service.v, name->len) != 0)
			pppoedisc_tag(&r, NF_PPPOE_SERVICE, name->s, (uint32_t)name->len);
	}
	pppoedisc_cookie(s, mac, nf_core_now_ns(e->core) / PPPOEDISC_COOKIE_NS, cookie);
	pppoedisc_tag(&r, NF_PPPOE_COOKIE, cookie, sizeof(cookie));
	pppoedisc_echo(&r, NF_PPPOE_HOST_UNIQ, &t->host_uniq);
	pppoedisc_echo(&r, NF_PPPOE_RELAY, &t->relay);
	s->stats.pado++;
	pppoedisc_send(e, mac, &r);
}

static uint32_t pppoedisc_hash(const struct nf_pppoetag *t)
{
	uint32_t h = 2166136261u;

	for (uint32_t i = 0; i < t->len; i++)
		h = (h ^ t->v[i]) * 16777619u;
	return h;
}

static void pppoedisc_padr(struct nf_element *e, const uint8_t mac[6], const struct nf_pppoetags *t)
{
	struct nf_pppoe_state *s = e->state;
	struct pppoedisc_reply r = { .code = NF_PPPOE_PADS };

	s->stats.padr++;
	if (!pppoedisc_cookie_right(e, mac, &t->cookie)) {
		s->stats.refused++;
		return;
	}
	pppoedisc_echo(&r, NF_PPPOE_SERVICE, &t->service);
	pppoedisc_echo(&r, NF_PPPOE_HOST_UNIQ, &t->host_uniq);
	pppoedisc_echo(&r, NF_PPPOE_RELAY, &t->relay);
	if (t->service.v == NULL || !pppoedisc_has_service(s, &t->service)) {
		s->stats.refused++;
		pppoedisc_tag(&r, NF_PPPOE_SERVICE_ERROR, "no such service", 15);
	} else {
		r.session = nf_pppoe_session_open(e, mac, pppoedisc_hash(&t->host_uniq));
		if (r.session == 0) {
			s->stats.refused++;
			pppoedisc_tag(&r, NF_PPPOE_SYSTEM_ERROR, "too many sessions", 17);
		}
	}
	s->stats.pads++;
	pppoedisc_send(e, mac, &r);
	if (r.session != 0)
		nf_pppoe_session_start(e, r.session);
}

void nf_pppoe_padt(struct nf_element *e, uint16_t id)
{
	struct nf_pppoe_state *s = e->state;
	struct pppoedisc_reply r = { .code = NF_PPPOE_PADT, .session = id };

	s->stats.padt_out++;
	pppoedisc_send(e, s->sessions[id - 1].head, &r);
}

void nf_pppoe_discovery(struct nf_element *e, const struct uk_netbuf *p)
{
	struct nf_pppoe_state *s = e->state;
	const struct nf_ether *eth = (const void *)p->data;
	const struct nf_pppoe *h = (const void *)(p->data + NF_ETHER_LEN);
	struct nf_pppoe_session *ses = nf_pppoe_session(s, nf_inet_ntoh16(h->session));
	struct nf_pppoetags t;
	uint8_t mac[6];

	memcpy(mac, eth->src, 6);
	if (mac[0] & 1 || memcmp(mac, s->mac, 6) == 0 ||
		!nf_pppoetag_parse(p->data + NF_PPPOE_HEAD, nf_inet_ntoh16(h->len), &t)) {
		s->stats.refused++;
		return;
	}
	if (h->code == NF_PPPOE_PADI && h->session == 0) {
		pppoedisc_padi(e, mac, &t);
	} else if (h->code == NF_PPPOE_PADR && h->session == 0) {
		pppoedisc_padr(e, mac, &t);
	} else if (h->code == NF_PPPOE_PADT) {
		s->stats.padt_in++;
		if (ses != NULL && ses->used && memcmp(ses->head, mac, 6) == 0)
			nf_pppoe_session_end(e, nf_inet_ntoh16(h->session), false);
	} else {
		s->stats.refused++;
	}
}
