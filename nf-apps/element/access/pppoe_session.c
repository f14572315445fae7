/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions of PPPoEServer: numbers, addresses, and what PPP asks for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/access/pppoe.h"
#include "nf-apps/element/trace/md5.h"

#define PPPOESESSION_SLICE_NS (1000000000u / NF_PPPOE_SLICES)

struct pppoesession_arg {
	struct nf_element *e;
	uint16_t id;
};

void nf_pppoe_random(struct nf_element *e, uint8_t *to, uint32_t len)
{
	struct nf_pppoe_state *s = e->state;
	uint8_t text[24], digest[NF_MD5_BYTES];

	while (len > 0) {
		uint32_t n = len < sizeof(digest) ? len : (uint32_t)sizeof(digest);

		s->random_nr++;
		memcpy(text, s->key, 16);
		memcpy(text + 16, &s->random_nr, 8);
		nf_md5(text, sizeof(text), digest);
		memcpy(to, digest, n);
		to += n;
		len -= n;
	}
}

static uint16_t *pppoesession_chain(struct nf_pppoe_state *s, const uint8_t mac[6])
{
	uint64_t m = 0, key;

	memcpy(&m, mac, 6);
	memcpy(&key, s->key, 8);
	m = (m ^ key) * 0x9e3779b97f4a7c15ull;
	return &s->by_mac[(m ^ m >> 29) * 0xbf58476d1ce4e5b9ull >> 40 & s->mac_mask];
}

static void pppoesession_send(void *arg, uint16_t proto, const uint8_t *data, uint32_t len)
{
	const struct pppoesession_arg *a = arg;
	struct nf_pppoe_state *s = a->e->state;
	struct uk_netbuf *p =
		nf_packet_alloc(&a->e->core->pools, UK_NETBUF_HEADROOM, NF_PPPOE_IP_HEAD + len);

	if (p == NULL) {
		s->stats.no_buffer++;
		return;
	}
	memcpy(p->data, s->sessions[a->id - 1].head, NF_PPPOE_IP_HEAD);
	nf_inet_put16(p->data + NF_PPPOE_HEAD - 2, (uint16_t)(len + 2));
	nf_inet_put16(p->data + NF_PPPOE_HEAD, proto);
	memcpy(p->data + NF_PPPOE_IP_HEAD, data, len);
	nf_element_emit_one(a->e, NF_PPPOE_OUT_ACCESS, p);
}

static int pppoesession_secret(
	void *arg, const uint8_t *name, uint32_t len, uint8_t secret[NF_PPP_SECRET_MAX])
{
	const struct pppoesession_arg *a = arg;
	struct nf_pppoe_state *s = a->e->state;
	struct nf_pppoe_session *ses = &s->sessions[a->id - 1];
	uint32_t nr = nf_subscribers_find(&s->subscribers, name, len);
	const struct nf_subscriber *u;

	if (nr == NF_SUBSCRIBERS_NONE)
		return -ENOENT;
	/* whoever has an address stays who he is */
	if (ses->ppp.addr_be != 0 && ses->subscriber != nr)
		return -ENOENT;
	u = &s->subscribers.v[nr];
	ses->subscriber = nr;
	memcpy(secret, u->secret, u->secret_len);
	return u->secret_len;
}

static uint32_t pppoesession_pool(struct nf_pppoe_state *s)
{
	for (uint32_t i = 0; i < s->nb_addrs; i++) {
		uint32_t at = s->next_addr + i < s->nb_addrs ? s->next_addr + i
							     : s->next_addr + i - s->nb_addrs;

		if (s->by_addr[at] == 0 && !s->addr_held[at]) {
			s->next_addr = at + 1 < s->nb_addrs ? at + 1 : 0;
			return at;
		}
	}
	return UINT32_MAX;
}

static uint32_t pppoesession_address(void *arg)
{
	const struct pppoesession_arg *a = arg;
	struct nf_pppoe_state *s = a->e->state;
	uint32_t nr = s->sessions[a->id - 1].subscriber, at;

	if (nr != NF_SUBSCRIBERS_NONE && s->subscribers.v[nr].addr_be != 0) {
		at = nf_inet_ntoh32(s->subscribers.v[nr].addr_be) - s->first_addr;
		/* he dials in anew: the session before is dead */
		if (s->by_addr[at] != 0)
			nf_pppoe_session_end(a->e, s->by_addr[at], true);
	} else {
		at = pppoesession_pool(s);
	}
	if (at == UINT32_MAX)
		return 0;
	s->by_addr[at] = a->id;
	return nf_inet_hton32(s->first_addr + at);
}

static void pppoesession_random(void *arg, uint8_t *to, uint32_t len)
{
	nf_pppoe_random(((const struct pppoesession_arg *)arg)->e, to, len);
}

static const struct nf_ppp_ops pppoesession_ops = { .send = pppoesession_send,
	.secret = pppoesession_secret,
	.address = pppoesession_address,
	.random = pppoesession_random };

static struct nf_ppp_link pppoesession_link(struct pppoesession_arg *a)
{
	struct nf_pppoe_state *s = a->e->state;

	return (struct nf_ppp_link){ .s = &s->sessions[a->id - 1].ppp,
		.conf = &s->ppp,
		.ops = &pppoesession_ops,
		.arg = a,
		.now_s = nf_pppoe_now_s(a->e) };
}

/* What PPP did to the session. */
static void pppoesession_after(struct nf_element *e, uint16_t id, int rc, bool timer)
{
	struct nf_pppoe_state *s = e->state;
	struct nf_pppoe_session *ses = &s->sessions[id - 1];
	bool open = ses->ppp.phase == NF_PPP_OPEN;

	if (!ses->used) /* a packet that came back ended it */
		return;
	if (rc == NF_PPP_END) {
		s->stats.timed_out += timer;
		s->stats.auth_failed += !timer && ses->ppp.phase == NF_PPP_AUTH;
		nf_pppoe_session_end(e, id, true);
		return;
	}
	if (open && !ses->open) {
		s->nb_open++;
		s->stats.opened++;
		ses->addr_be = ses->ppp.addr_be;
		ses->mru = ses->ppp.peer_mru;
	} else if (!open && ses->open) {
		s->nb_open--;
	}
	ses->open = open;
}

void nf_pppoe_session_input(
	struct nf_element *e, uint16_t id, uint16_t proto, const uint8_t *data, uint32_t len)
{
	struct nf_pppoe_state *s = e->state;
	struct pppoesession_arg a = { e, id };
	struct nf_ppp_link l = pppoesession_link(&a);

	s->sessions[id - 1].fresh = false;
	pppoesession_after(e, id, nf_ppp_input(&l, proto, data, len), false);
}

void nf_pppoe_session_start(struct nf_element *e, uint16_t id)
{
	struct pppoesession_arg a = { e, id };
	struct nf_ppp_link l = pppoesession_link(&a);

	nf_ppp_start(&l);
}

uint16_t nf_pppoe_session_open(struct nf_element *e, const uint8_t mac[6], uint32_t uniq_hash)
{
	struct nf_pppoe_state *s = e->state;
	uint16_t *chain = pppoesession_chain(s, mac), id;
	struct nf_pppoe_session *ses;
	uint32_t nb = 0;

	for (id = *chain; id != 0; id = ses->next_mac) {
		ses = &s->sessions[id - 1];
		if (memcmp(ses->head, mac, 6) != 0)
			continue;
		if (ses->fresh && ses->uniq_hash == uniq_hash)
			return id; /* our PADS was lost */
		nb++;
	}
	if (nb >= s->max_per_mac || s->nb_free == 0)
		return 0;
	id = s->free_ids[s->free_at];
	s->free_at = s->free_at + 1 < s->max_sessions ? s->free_at + 1 : 0;
	s->nb_free--;
	ses = &s->sessions[id - 1];
	*ses = (struct nf_pppoe_session){ .used = 1,
		.fresh = true,
		.subscriber = NF_SUBSCRIBERS_NONE,
		.since_s = nf_pppoe_now_s(e),
		.uniq_hash = uniq_hash,
		.next_mac = *chain };
	*chain = id;
	memcpy(ses->head, mac, 6);
	memcpy(ses->head + 6, s->mac, 6);
	nf_inet_put16(ses->head + 12, NF_ETHERTYPE_PPPOE_SESSION);
	ses->head[NF_ETHER_LEN] = NF_PPPOE_VERTYPE;
	nf_inet_put16(ses->head + NF_ETHER_LEN + 2, id);
	nf_inet_put16(ses->head + NF_PPPOE_HEAD, NF_PPP_IP);
	s->nb_sessions++;
	if (!nf_timer_is_set(&s->timer))
		(void)!nf_timer_after_ns(&s->timer, PPPOESESSION_SLICE_NS);
	return id;
}

void nf_pppoe_session_end(struct nf_element *e, uint16_t id, bool tell)
{
	struct nf_pppoe_state *s = e->state;
	struct nf_pppoe_session *ses = &s->sessions[id - 1];
	struct pppoesession_arg a = { e, id };
	struct nf_ppp_link l = pppoesession_link(&a);
	uint16_t *at = pppoesession_chain(s, ses->head);

	if (!ses->used)
		return;
	ses->used = 0; /* first: what is sent may come back */
	if (tell) {
		nf_ppp_close(&l);
		nf_pppoe_padt(e, id);
	}
	s->nb_open -= ses->open;
	ses->open = 0;
	if (ses->ppp.addr_be != 0)
		s->by_addr[nf_inet_ntoh32(ses->ppp.addr_be) - s->first_addr] = 0;
	while (*at != id)
		at = &s->sessions[*at - 1].next_mac;
	*at = ses->next_mac;
	s->free_ids[(s->free_at + s->nb_free) % s->max_sessions] = id;
	s->nb_free++;
	s->nb_sessions--;
	s->stats.ended++;
}

/* A tenth of the sessions. */
static void pppoesession_timer(struct nf_element *e, void *arg)
{
	struct nf_pppoe_state *s = e->state;

	for (uint32_t i = s->slice; i < s->max_sessions && s->nb_sessions > 0;
		i += NF_PPPOE_SLICES) {
		struct nf_pppoe_session *ses = &s->sessions[i];
		struct pppoesession_arg a = { e, (uint16_t)(i + 1) };
		struct nf_ppp_link l = pppoesession_link(&a);
		bool silent = !ses->seen;

		if (!ses->used)
			continue;
		ses->seen = 0;
		pppoesession_after(e, a.id, nf_ppp_tick(&l, silent), true);
	}
	s->slice = s->slice + 1 < NF_PPPOE_SLICES ? s->slice + 1 : 0;
	if (s->nb_sessions > 0)
		(void)!nf_timer_after_ns(&s->timer, PPPOESESSION_SLICE_NS);
}

int nf_pppoe_sessions_init(struct nf_element *e)
{
	struct nf_pppoe_state *s = e->state;
	uint64_t seed[8];

	s->mac_mask = 15;
	while (s->mac_mask + 1 < s->max_sessions)
		s->mac_mask = s->mac_mask * 2 + 1;
	s->sessions = aligned_alloc(UK_CACHE_LINE, s->max_sessions * sizeof(*s->sessions));
	s->free_ids = calloc(s->max_sessions, sizeof(*s->free_ids));
	s->by_mac = calloc(s->mac_mask + 1, sizeof(*s->by_mac));
	if (s->sessions == NULL || s->free_ids == NULL || s->by_mac == NULL)
		return -ENOMEM;
	memset(s->sessions, 0, s->max_sessions * sizeof(*s->sessions));
	for (uint32_t i = 0; i < s->max_sessions; i++)
		s->free_ids[i] = (uint16_t)(i + 1);
	s->nb_free = s->max_sessions;
	for (unsigned i = 0; i < 7; i++)
		seed[i] = (uint64_t)nf_core_random(e->core) << 32 | nf_core_random(e->core);
	seed[7] = nf_core_wall_ns();
	nf_md5(seed, sizeof(seed), s->key);
	nf_timer_init(&s->timer, e, pppoesession_timer, NULL);
	return 0;
}

void nf_pppoe_sessions_free(struct nf_pppoe_state *s)
{
	free(s->sessions);
	free(s->free_ids);
	free(s->by_mac);
	s->sessions = NULL;
	s->free_ids = s->by_mac = NULL;
}
