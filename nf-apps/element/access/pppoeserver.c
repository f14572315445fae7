/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PPPoEServer(ETHER, POOL, SUBSCRIBER..., [keywords])
 *
 * A broadband access server: hosts on an Ethernet dial in by PPPoE (RFC 2516), log in (PAP, or CHAP
 * with MD5), get an address of a pool, and their IPv4 packets go to the network without PPPoE and
 * back with it. Not in Click.
 *
 *	ETHER          our Ethernet address towards the hosts
 *	POOL prefix    addresses for them, but for the first and the last of the prefix; /14 to /30
 *	SUBSCRIBER     any number of "NAME SECRET [ADDRESS]": who may log in; ADDRESS is one of the
 *	               pool that is kept for him
 * Keywords:
 *	AUTH NONE|PAP|CHAP|ANY  how they log in. ANY: CHAP, or PAP if the host asks for it. Default
 *	                        ANY if there are subscribers, else NONE
 *	AC_NAME text            our name. Default "sluice"
 *	SERVICES "NAME ..."     names of services that we offer, at most 8. Default: any name is right
 *	GATEWAY addr            our address in PPP; if it lies in the pool, no host gets it. Default
 *	                        the pool's first host address
 *	DNS "ADDR [ADDR]"       name servers that hosts are told. Default none
 *	MRU n                   largest IP packet, 576 to 1492. Default 1492
 *	SESSIONS n              most sessions, 1 to 65535. Default: as many as addresses, up to that
 *	PER_HOST n              most sessions of one Ethernet address. Default 8
 *	SETUP time              a session has to be open by then. Default 30 s
 *	ECHO time, ECHO_FAILS n a silent host is asked (LCP Echo-Request) after ECHO, default 30 s, 0:
 *	                        never; after ECHO_FAILS, default 3, without an answer the session ends
 *
 * Ports: input 0: Ethernet frames of the hosts, without VLAN tags; input 1: IPv4 packets for hosts,
 * found by destination address. Output 0: Ethernet frames to the hosts; output 1: IPv4 packets of
 * hosts, the network header set, the aggregate annotation is the session's number; output 2, if it
 * is there: other Ethernet frames. All push.
 * Handlers: sessions (r: "ID PHASE ETHER NAME ADDRESS UP_PACKETS UP_BYTES DOWN_PACKETS DOWN_BYTES
 * SECONDS" each), nb_sessions, nb_open (r), stats (r), subscribers (r), add_subscriber (w: as
 * SUBSCRIBER), remove_subscriber (w: NAME; his sessions end), terminate (w: a session's number, an
 * address, a name, or "all").
 * Drops: not PPPoE, malformed, no such session, session not open, wrong source address, no such
 * address, too long, control (discovery and PPP packets, which end here), not IP. Longer packets
 * than a host takes are dropped: an IPFragmenter in front of input 1 sees to that.
 *
 *	FromDevice(0) -> [0]bras :: PPPoEServer(2:0:0:0:0:1, 10.64.0.0/16, "joe sesame",
 *		DNS "9.9.9.9")[0] -> Queue -> ToDevice(0);
 *	bras[1] -> ... network ...; network ... -> [1]bras;
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/access/pppoe.h"

static void pppoeserver_defaults(struct nf_pppoe_state *s)
{
	s->ppp = (struct nf_ppp_conf){ .mru = NF_PPPOE_MTU, .echo_fails = 3 };
	memcpy(s->ppp.name, "sluice", 7);
	s->max_per_mac = 8;
}

static void pppoeserver_pool(struct nf_args *a, struct nf_pppoe_state *s)
{
	uint32_t be, mask, gateway = 0;

	if (!nf_args_ip4_prefix(a, "POOL", NF_ARGS_POS | NF_ARGS_MUST, &be, &mask))
		return;
	mask = nf_inet_ntoh32(mask);
	if (~mask < 3 || ~mask >= NF_PPPOE_POOL_MAX) {
		nf_args_error(a, "POOL is a prefix from /14 to /30");
		return;
	}
	s->first_addr = (nf_inet_ntoh32(be) & mask) + 1;
	s->nb_addrs = ~mask - 1;
	s->gateway = s->first_addr;
	if (nf_args_ip4(a, "GATEWAY", 0, &gateway))
		s->gateway = nf_inet_ntoh32(gateway);
	s->ppp.gateway_be = nf_inet_hton32(s->gateway);
}

static void pppoeserver_words(struct nf_args *a, struct nf_pppoe_state *s)
{
	char *words[NF_PPPOE_SERVICES_MAX], *copy = NULL;
	const char *text;
	int nb;

	if (nf_args_string(a, "SERVICES", 0, &text)) {
		nb = nf_args_words(text, words, NF_PPPOE_SERVICES_MAX, &copy);
		if (nb < 0)
			nf_args_error(a, "SERVICES: at most %d names", NF_PPPOE_SERVICES_MAX);
		for (int i = 0; i < nb; i++) {
			if (strlen(words[i]) > 64)
				nf_args_error(a, "SERVICES: a name is too long");
			else
				nf_text_printf(&s->services[s->nb_services++], "%s", words[i]);
		}
		free(copy);
		copy = NULL;
	}
	if (nf_args_string(a, "DNS", 0, &text)) {
		nb = nf_args_words(text, words, 2, &copy);
		for (int i = 0; i < nb; i++) {
			if (nf_addr_ip4(words[i], &s->ppp.dns_be[i]) < 0)
				nf_args_error(a, "DNS: '%s' is not an IP address", words[i]);
		}
		if (nb < 1)
			nf_args_error(a, "DNS is one or two addresses");
		free(copy);
	}
}

static void pppoeserver_numbers(struct nf_args *a, struct nf_pppoe_state *s)
{
	uint64_t setup = 30000000000ull, echo = 30000000000ull;
	const char *name;

	if (nf_args_string(a, "AC_NAME", 0, &name)) {
		if (*name == 0 || strlen(name) >= sizeof(s->ppp.name))
			nf_args_error(a, "AC_NAME is from 1 to 63 characters long");
		else
			memcpy(s->ppp.name, name, strlen(name) + 1);
	}
	if (nf_args_u16(a, "MRU", 0, &s->ppp.mru) &&
		(s->ppp.mru < 576 || s->ppp.mru > NF_PPPOE_MTU))
		nf_args_error(a, "MRU is from 576 to %d", NF_PPPOE_MTU);
	s->max_sessions = s->nb_addrs < NF_PPPOE_SESSIONS_MAX ? s->nb_addrs : NF_PPPOE_SESSIONS_MAX;
	if (nf_args_u32(a, "SESSIONS", 0, &s->max_sessions) &&
		(s->max_sessions == 0 || s->max_sessions > NF_PPPOE_SESSIONS_MAX))
		nf_args_error(a, "SESSIONS is from 1 to %u", NF_PPPOE_SESSIONS_MAX);
	nf_args_u32(a, "PER_HOST", 0, &s->max_per_mac);
	nf_args_time_ns(a, "SETUP", 0, &setup);
	nf_args_time_ns(a, "ECHO", 0, &echo);
	nf_args_u32(a, "ECHO_FAILS", 0, &s->ppp.echo_fails);
	if (setup / 1000000000 < 1 || setup / 1000000000 > 3600 || echo / 1000000000 > 86400)
		nf_args_error(a, "SETUP is from 1 s to an hour, ECHO up to a day");
	if (s->ppp.echo_fails > 100)
		nf_args_error(a, "ECHO_FAILS is at most 100");
	s->ppp.setup_s = (uint32_t)(setup / 1000000000);
	s->ppp.echo_s = (uint32_t)((echo + 999999999) / 1000000000);
}

/* What is left: subscribers. */
static void pppoeserver_subscribers(struct nf_element *e, struct nf_args *a, bool auth_given)
{
	struct nf_pppoe_state *s = e->state;
	const char *text;

	while (a->nb_errors == 0 && (text = nf_args_next(a)) != NULL) {
		struct nf_errors why = { 0 };
		char *plain = nf_args_unquote(text, NULL);

		if (plain == NULL || nf_pppoe_subscriber(e, plain, &why) < 0)
			nf_args_error(a, "subscriber '%.40s': %.*s", text,
				why.text.len > 0 ? (int)why.text.len - 1 : 13,
				why.text.len > 0 ? nf_text_get(&why.text) : "out of memory");
		free(plain);
		nf_errors_free(&why);
	}
	if (!auth_given && s->subscribers.nb_used > 0)
		s->ppp.auth = NF_PPP_WANT_CHAP | NF_PPP_WANT_PAP;
}

static int pppoeserver_configure(struct nf_element *e, struct nf_args *a)
{
	static const char *const auths[] = { "NONE", "PAP", "CHAP", "ANY", NULL };
	struct nf_pppoe_state *s = e->state;
	bool auth_given;
	unsigned auth = 0;

	_Static_assert(NF_PPP_WANT_PAP == 1 && NF_PPP_WANT_CHAP == 2, "the order of words");
	pppoeserver_defaults(s);
	nf_args_ether(a, "ETHER", NF_ARGS_POS | NF_ARGS_MUST, s->mac);
	pppoeserver_pool(a, s);
	auth_given = nf_args_enum(a, "AUTH", 0, auths, &auth);
	s->ppp.auth = (uint16_t)auth;
	pppoeserver_words(a, s);
	pppoeserver_numbers(a, s);
	if (a->nb_errors == 0) {
		s->by_addr = calloc(s->nb_addrs, sizeof(*s->by_addr));
		s->addr_held = calloc(s->nb_addrs, sizeof(*s->addr_held));
		if (s->by_addr == NULL || s->addr_held == NULL) {
			nf_args_free(a);
			return -ENOMEM;
		}
		if (s->gateway - s->first_addr < s->nb_addrs)
			s->addr_held[s->gateway - s->first_addr] = 1;
		pppoeserver_subscribers(e, a, auth_given);
	}
	((struct nf_pppoe_conf *)e->conf)->mru = s->ppp.mru;
	return nf_args_end(a);
}

static int pppoeserver_initialize(struct nf_element *e, struct nf_errors *errs)
{
	return nf_pppoe_sessions_init(e);
}

static void pppoeserver_cleanup(struct nf_element *e)
{
	struct nf_pppoe_state *s = e->state;

	nf_timer_cancel(&s->timer);
	nf_pppoe_sessions_free(s);
	nf_subscribers_free(&s->subscribers);
	for (unsigned i = 0; i < NF_PPPOE_SERVICES_MAX; i++)
		nf_text_free(&s->services[i]);
	free(s->by_addr);
	free(s->addr_held);
	s->by_addr = NULL;
	s->addr_held = NULL;
}

/* A frame of PPPoE, in full, with a length that is right: its ethertype; else 0. */
static inline uint16_t pppoeserver_type(const struct uk_netbuf *p)
{
	const struct nf_ether *eth = (const void *)p->data;
	const struct nf_pppoe *h = (const void *)(p->data + NF_ETHER_LEN);

	if (p->len < NF_PPPOE_HEAD || h->vertype != NF_PPPOE_VERTYPE ||
		nf_inet_ntoh16(h->len) > p->len - NF_PPPOE_HEAD)
		return 0;
	return nf_inet_ntoh16(eth->type);
}

/* All but IP of open sessions. The packet is looked at and dropped. */
static void pppoeserver_control(struct nf_element *e, struct uk_netbuf *p, uint16_t type)
{
	struct nf_pppoe_state *s = e->state;
	const struct nf_pppoe *h = (const void *)(p->data + NF_ETHER_LEN);
	uint16_t id = nf_inet_ntoh16(h->session), len = nf_inet_ntoh16(h->len);
	struct nf_pppoe_session *ses = nf_pppoe_session(s, id);
	unsigned reason = NF_PPPOE_DROP_CONTROL;

	if (type == NF_ETHERTYPE_PPPOE_DISCOVERY) {
		if (memcmp(p->data, s->mac, 6) == 0 || h->code == NF_PPPOE_PADI)
			nf_pppoe_discovery(e, p);
	} else if (h->code != NF_PPPOE_DATA || len < 2) {
		reason = NF_PPPOE_DROP_MALFORMED;
	} else if (ses == NULL || !ses->used || memcmp(p->data + 6, ses->head, 6) != 0 ||
		   memcmp(p->data, s->mac, 6) != 0) {
		reason = NF_PPPOE_DROP_SESSION;
	} else if (nf_inet_get16(p->data + NF_PPPOE_HEAD) == NF_PPP_IP) {
		reason = NF_PPPOE_DROP_NOT_OPEN;
	} else {
		ses->seen = 1;
		nf_pppoe_session_input(e, id, nf_inet_get16(p->data + NF_PPPOE_HEAD),
			p->data + NF_PPPOE_IP_HEAD, len - 2u);
	}
	nf_element_drop_one(e, reason, p);
}

/* IP of an open session: the packet without its heads; else its session is not open, or it is no
 * such packet at all: NF_KEPT, and it is still here. */
static inline int pppoeserver_up_one(struct nf_element *e, struct uk_netbuf *p)
{
	struct nf_pppoe_state *s = e->state;
	const struct nf_pppoe *h = (const void *)(p->data + NF_ETHER_LEN);
	uint32_t id = nf_inet_ntoh16(h->session), len = nf_inet_ntoh16(h->len);
	struct nf_pppoe_session *ses = nf_pppoe_session(s, id);
	const struct nf_ip4 *ip = (const void *)(p->data + NF_PPPOE_IP_HEAD);

	/* the twelve bytes of the addresses are the head's, the other way round */
	if (ses == NULL || !ses->open || h->code != NF_PPPOE_DATA || len < 2 + sizeof(*ip) ||
		nf_inet_get16(p->data + NF_PPPOE_HEAD) != NF_PPP_IP ||
		memcmp(p->data + 6, ses->head, 6) != 0 || memcmp(p->data, ses->head + 6, 6) != 0)
		return NF_KEPT;
	if (ip->vhl >> 4 != 4)
		return NF_DROP(NF_PPPOE_DROP_NOT_IP);
	if (ip->src != ses->addr_be)
		return NF_DROP(NF_PPPOE_DROP_SPOOFED);
	ses->seen = 1;
	ses->up_packets++;
	ses->up_bytes += len - 2;
	nf_packet_pull(p, NF_PPPOE_IP_HEAD);
	nf_packet_take(p, p->len - (len - 2));
	nf_packet_set_l3(p, p->data);
	if (nf_inet_ip4_hlen(ip) <= p->len)
		nf_packet_set_l4(p, p->data + nf_inet_ip4_hlen(ip));
	nf_packet_set_anno_u32(p, NF_ANNO_AGGREGATE, id);
	nf_packet_set_dst_ip(p, ip->dst);
	return NF_PPPOE_OUT_NET;
}

static void pppoeserver_up(struct nf_element *e, struct uk_netbuf **v, uint16_t n)
{
	struct nf_pppoe_state *s = e->state;
	struct uk_netbuf *net[UK_BURST_MAX], *slow[UK_BURST_MAX], *other[UK_BURST_MAX];
	uint16_t type[UK_BURST_MAX], nb_net = 0, nb_slow = 0, nb_other = 0;

	for (uint16_t i = 0; i < n; i++) {
		type[i] = pppoeserver_type(v[i]);
		if (type[i] == NF_ETHERTYPE_PPPOE_SESSION)
			__builtin_prefetch(
				nf_pppoe_session(s, nf_inet_get16(v[i]->data + NF_ETHER_LEN + 2)));
	}
	for (uint16_t i = 0; i < n; i++) {
		int to = type[i] == NF_ETHERTYPE_PPPOE_SESSION ? pppoeserver_up_one(e, v[i])
							       : NF_KEPT;

		if (UK_LIKELY(to == NF_PPPOE_OUT_NET)) {
			net[nb_net++] = v[i];
		} else if (to < NF_KEPT) {
			nf_element_drop_one(e, (unsigned)(-2 - to), v[i]);
		} else if (type[i] == NF_ETHERTYPE_PPPOE_SESSION ||
			   type[i] == NF_ETHERTYPE_PPPOE_DISCOVERY) {
			type[nb_slow] = type[i];
			slow[nb_slow++] = v[i];
		} else {
			other[nb_other++] = v[i];
		}
	}
	nf_element_emit(e, NF_PPPOE_OUT_NET, net, nb_net);
	for (uint16_t i = 0; i < nb_slow; i++)
		pppoeserver_control(e, slow[i], type[i]);
	if (e->nb_out > NF_PPPOE_OUT_OTHER)
		nf_element_emit(e, NF_PPPOE_OUT_OTHER, other, nb_other);
	else
		nf_element_drop(e, NF_PPPOE_DROP_NOT_PPPOE, other, nb_other);
}

/* A packet from the network: its head in front, or why not. */
static inline int pppoeserver_down_one(
	struct nf_element *e, struct nf_pppoe_session *ses, struct uk_netbuf *p)
{
	uint32_t len = p->len;

	if (ses == NULL)
		return NF_DROP(NF_PPPOE_DROP_ADDRESS);
	if (!ses->open)
		return NF_DROP(NF_PPPOE_DROP_NOT_OPEN);
	if (len > ses->mru)
		return NF_DROP(NF_PPPOE_DROP_LONG);
	if (!nf_packet_push(p, NF_PPPOE_IP_HEAD))
		return NF_DROP(NF_PPPOE_DROP_LONG);
	memcpy(p->data, ses->head, NF_PPPOE_IP_HEAD);
	nf_inet_put16(p->data + NF_PPPOE_HEAD - 2, (uint16_t)(len + 2));
	nf_packet_set_l2(p, p->data);
	ses->down_packets++;
	ses->down_bytes += len;
	return NF_PPPOE_OUT_ACCESS;
}

static void pppoeserver_down(struct nf_element *e, struct uk_netbuf **v, uint16_t n)
{
	struct nf_pppoe_state *s = e->state;
	struct nf_pppoe_session *ses[UK_BURST_MAX];
	int16_t to[UK_BURST_MAX];

	for (uint16_t i = 0; i < n; i++) {
		const struct nf_ip4 *ip = (const void *)v[i]->data;
		uint32_t at = s->nb_addrs;

		if (v[i]->len >= sizeof(*ip) && ip->vhl >> 4 == 4)
			at = nf_inet_ntoh32(ip->dst) - s->first_addr;
		ses[i] = at < s->nb_addrs ? nf_pppoe_session(s, s->by_addr[at]) : NULL;
		__builtin_prefetch(ses[i]);
	}
	for (uint16_t i = 0; i < n; i++)
		to[i] = (int16_t)pppoeserver_down_one(e, ses[i], v[i]);
	nf_element_spread(e, v, to, n);
}

static void pppoeserver_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	if (port == 0)
		pppoeserver_up(e, v, n);
	else
		pppoeserver_down(e, v, n);
}

const struct nf_class nf_pppoeserver = {
	.name = "PPPoEServer",
	.ports = "2/2-3",
	.processing = "h/h",
	.conf_size = sizeof(struct nf_pppoe_conf),
	.state_size = sizeof(struct nf_pppoe_state),
	.configure = pppoeserver_configure,
	.initialize = pppoeserver_initialize,
	.cleanup = pppoeserver_cleanup,
	.push = pppoeserver_push,
	.drops = (const char *const[]){ "not PPPoE", "malformed", "no such session",
		"session not open", "wrong source address", "no such address", "too long",
		"control packets, which end here", "not IP", NULL },
	.handlers = nf_pppoe_handlers,
	.take_state = nf_pppoe_take_state,
	.flags = NF_CLASS_ANNO,
};
