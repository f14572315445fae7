/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARPQuerier(IP, ETH [, keywords TABLE, POLL_TIMEOUT, BROADCAST, BROADCAST_POLL, and
 * ARPTable's])
 *
 * ARPQuerier(NAME [, ...])
 *
 * Puts Ethernet headers in front of IP packets; asks for unknown addresses by ARP (RFC 826; RFC
 * 1122, 2.3.2) and lets the packets wait for the answer. Input 0 takes IP packets with their
 * destination annotation set; input 1 ARP replies with their Ethernet header. Frames leave by
 * output 0, queries by output 1, or also by 0 if there is only one. Packets to 255.255.255.255
 * and BROADCAST go to all, those to IP multicast addresses to the group of RFC 1112, 6.4; those
 * to 0.0.0.0 are dropped.
 *
 *	IP              this host's address, perhaps with a prefix
 *	ETH             its Ethernet address; NAME is one for both (AddressInfo)
 *	TABLE           an ARPTable; else the querier has a table of its own
 *	POLL_TIMEOUT    age of an entry from which on its use makes a query; 0: never.
 *	                Default 60 s
 *	BROADCAST       broadcast address of the net. Default: that of IP's prefix
 *	BROADCAST_POLL  boolean: such queries go to all, not to the known address.
 *	                Default false
 *	CAPACITY, ENTRY_CAPACITY, ENTRY_PACKET_CAPACITY, CAPACITY_SLIM_FACTOR, TIMEOUT:
 *	                see ARPTable
 *
 * Ports: 2 inputs, 1 or 2 outputs; push.
 * Handlers: ipaddr, broadcast (rw); table, stats, queries, responses, drops, count, length (r);
 * insert, delete, clear (w): see ARPTable.
 * Drops: ARPTable's (if the table is its own); not configured, no destination address, no room
 * for the header, no buffer for a query.
 *
 *	c :: Classifier(12/0806 20/0002, 12/0800); q :: ARPQuerier(10.0.0.1/24, 1:1:1:1:1:1);
 *	c[0] -> [1]q; c[1] -> ... -> GetIPAddress(16) -> [0]q; q -> ToDevice(0);
 */
#include <stdlib.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/print.h"
#include "nf-apps/element/ether/arpcache.h"
#include "nf-apps/element/ether/arpframe.h"

#define ARPQUERIER_SLOTS     256u /* power of two */
#define ARPQUERIER_TABLES    16   /* a TABLE may be a querier that has a TABLE, ... */
#define ARPQUERIER_POLL_NS   60000000000ull
#define ARPQUERIER_BROADCAST UINT32_MAX

enum {
	ARPQUERIER_UNCONFIGURED = NF_ARPCACHE_DROPS,
	ARPQUERIER_NO_DST,
	ARPQUERIER_NO_ROOM,
	ARPQUERIER_NO_BUFFER,
};

struct arpquerier_conf {
	uint64_t poll_ns;
	uint8_t eth[6];
	bool broadcast_poll;
};

/* A header that was in use lately: good while the table's gen is the same, and up to a time. */
struct arpquerier_slot {
	uint32_t be_ip, gen;
	uint64_t until_ns;
	uint8_t hdr[16]; /* two more, for copies of 8 bytes */
};

struct arpquerier_state {
	struct nf_arpcache_owner table;
	struct nf_element *table_element; /* TABLE, or NULL */
	uint32_t be_ip, be_broadcast;
	bool zero_told;
	uint64_t nb_queries, nb_responses, nb_drops;
	struct arpquerier_slot slots[ARPQUERIER_SLOTS] UK_ALIGNED(32);
};

/* IP and ETH, or one name for both. */
static void arpquerier_args_host(
	struct nf_args *a, struct arpquerier_conf *c, uint32_t *be_ip, uint32_t *be_mask)
{
	bool is_name = nf_args_left(a) == 1;
	const char *name = is_name ? nf_args_next(a) : NULL;

	if (!is_name) {
		nf_args_ip4_prefix(a, "IP", NF_ARGS_POS | NF_ARGS_MUST, be_ip, be_mask);
		nf_args_ether(a, "ETH", NF_ARGS_POS | NF_ARGS_MUST, c->eth);
		return;
	}
	if (nf_args_info_ip4_prefix(a->e, name, be_ip, be_mask) < 0)
		nf_args_error(a, "IP: '%.40s' is not an IP address or prefix", name);
	if (nf_args_info_ether(a->e, name, c->eth) < 0)
		nf_args_error(a, "ETH: '%.40s' is not an Ethernet address", name);
}

static int arpquerier_configure(struct nf_element *e, struct nf_args *a)
{
	struct arpquerier_conf *c = e->conf;
	struct arpquerier_state *s = e->state;
	uint32_t be_mask = UINT32_MAX;
	bool has_broadcast;

	c->poll_ns = ARPQUERIER_POLL_NS;
	s->table.cache = &s->table.own;
	nf_arpcache_args(&s->table.own, a, NF_ARPCACHE_TIMEOUT_NS);
	s->table.own.interval_ns = NF_ARPCACHE_INTERVAL_NS;
	has_broadcast = nf_args_ip4(a, "BROADCAST", 0, &s->be_broadcast);
	nf_args_element(a, "TABLE", 0, NULL, &s->table_element);
	nf_args_time_ns(a, "POLL_TIMEOUT", 0, &c->poll_ns);
	nf_args_bool(a, "BROADCAST_POLL", 0, &c->broadcast_poll);
	arpquerier_args_host(a, c, &s->be_ip, &be_mask);
	if (c->poll_ns > UINT64_MAX / 4)
		c->poll_ns = 0;
	if (!has_broadcast)
		s->be_broadcast =
			be_mask == UINT32_MAX ? ARPQUERIER_BROADCAST : s->be_ip | ~be_mask;
	if (s->table_element != NULL && !nf_element_is(s->table_element, "ARPTable") &&
		!nf_element_is(s->table_element, "ARPQuerier"))
		nf_args_error(a, "TABLE: '%s' is not an ARPTable", s->table_element->name);
	return nf_args_end(a);
}

static int arpquerier_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct arpquerier_state *s = e->state;
	struct nf_element *t = s->table_element;

	if (t == NULL)
		return nf_arpcache_start(&s->table.own, e);
	for (unsigned i = 0; i < ARPQUERIER_TABLES; i++) {
		struct arpquerier_state *x = t->state;

		if (nf_element_is(t, "ARPTable") || x->table_element == NULL) {
			s->table.cache = &((struct nf_arpcache_owner *)t->state)->own;
			return 0;
		}
		t = x->table_element;
	}
	return nf_errors_add(errs, e->where, "%s: TABLE leads round in a circle", e->name);
}

static void arpquerier_cleanup(struct nf_element *e)
{
	struct arpquerier_state *s = e->state;

	nf_arpcache_free(&s->table.own);
}

static void arpquerier_take_state(struct nf_element *e, struct nf_element *old)
{
	const struct arpquerier_conf *c = e->conf, *was_c = old->conf;
	struct arpquerier_state *s = e->state, *was = old->state;

	if (s->be_ip != was->be_ip || memcmp(c->eth, was_c->eth, 6) != 0 ||
		s->be_broadcast != was->be_broadcast)
		return;
	if (s->table_element == NULL && was->table_element == NULL)
		nf_arpcache_take(&s->table.own, &was->table.own);
	s->nb_queries += was->nb_queries;
	s->nb_responses += was->nb_responses;
	s->nb_drops += was->nb_drops;
}

static void arpquerier_drop(struct nf_element *e, unsigned reason, struct uk_netbuf *p)
{
	struct arpquerier_state *s = e->state;

	s->nb_drops++;
	nf_element_drop_one(e, reason, p);
}

/* Asks for the destination of `p`; `to`: the address at which it was known so far, or NULL. */
static void arpquerier_ask(struct nf_element *e, const struct uk_netbuf *p, const uint8_t *to)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, nobody[6];
	const struct arpquerier_conf *c = e->conf;
	struct arpquerier_state *s = e->state;
	struct uk_netbuf *q = nf_packet_alloc(&e->core->pools, UK_NETBUF_HEADROOM, NF_ARPFRAME_LEN);

	if (q == NULL) {
		e->drops[NF_ELEMENT_DROPS_OWN + ARPQUERIER_NO_BUFFER]++;
		return;
	}
	if (to == NULL || c->broadcast_poll)
		to = all;
	nf_arpframe_write(
		q->data, NF_ARPFRAME_REQUEST, c->eth, s->be_ip, to, nobody, nf_packet_dst_ip(p));
	nf_etherfield_mark(q, NF_ETHER_LEN);
	nf_packet_anno(q)->time_ns = nf_packet_anno(p)->time_ns;
	nf_packet_set_anno_u16(q, NF_ANNO_VLAN_TCI, nf_packet_anno_u16(p, NF_ANNO_VLAN_TCI));
	s->nb_queries++;
	nf_element_emit_one(e, e->nb_out - 1u, q);
}

/* Addresses for which nobody has to be asked. False: it is none of these. */
static bool arpquerier_special(const struct arpquerier_state *s, uint32_t be_ip, uint8_t eth[6])
{
	uint32_t ip = nf_inet_ntoh32(be_ip);

	if (be_ip == ARPQUERIER_BROADCAST || be_ip == s->be_broadcast) {
		memset(eth, 0xff, 6);
		return be_ip != 0;
	}
	if (ip >> 28 != 0xe)
		return false;
	eth[0] = 0x01;
	eth[1] = 0x00;
	eth[2] = 0x5e;
	eth[3] = ip >> 16 & 0x7f;
	nf_inet_put16(eth + 4, (uint16_t)ip);
	return true;
}

static struct arpquerier_slot *arpquerier_slot(struct arpquerier_state *s, uint32_t be_ip)
{
	return &s->slots[(be_ip * 0x9e3779b1u) >> 24];
}

static void arpquerier_header(const struct nf_element *e, uint8_t *hdr, const uint8_t eth[6])
{
	const struct arpquerier_conf *c = e->conf;

	memcpy(hdr, eth, 6);
	memcpy(hdr + 6, c->eth, 6);
	nf_inet_put16(hdr + 12, NF_ETHERTYPE_IP);
}

/* An address that is not in its slot: known, special, or to be asked for. The header's room is
 * made. */
static void arpquerier_slow(struct nf_element *e, struct uk_netbuf *p)
{
	const struct arpquerier_conf *c = e->conf;
	struct arpquerier_state *s = e->state;
	struct nf_arpcache *cache = s->table.cache;
	uint32_t be_ip = nf_packet_dst_ip(p);
	struct arpquerier_slot *slot = arpquerier_slot(s, be_ip);
	uint64_t until = UINT64_MAX;
	uint8_t eth[6];
	int rc = nf_arpcache_lookup(cache, nf_arpcache_key4(be_ip), c->poll_ns, eth, &until);

	if (rc > 0)
		arpquerier_ask(e, p, eth);
	if (rc >= 0 || arpquerier_special(s, be_ip, eth)) {
		slot->be_ip = be_ip;
		slot->gen = cache->gen;
		slot->until_ns = until;
		arpquerier_header(e, slot->hdr, eth);
		memcpy(p->data, slot->hdr, NF_ETHER_LEN);
		nf_element_emit_one(e, 0, p);
		return;
	}
	if (be_ip == 0) {
		if (!s->zero_told)
			nf_print_line("ARPQuerier: packet for 0.0.0.0: is its destination IP "
				      "address annotation missing?");
		s->zero_told = true;
		arpquerier_drop(e, ARPQUERIER_NO_DST, p);
		return;
	}
	if (nf_arpcache_wait(cache, nf_arpcache_key4(be_ip), p) > 0)
		arpquerier_ask(e, p, NULL); /* the newest packet that waits is not dropped before */
}

static void arpquerier_one(struct nf_element *e, struct uk_netbuf *p)
{
	struct arpquerier_state *s = e->state;

	if (s->be_ip == 0) {
		arpquerier_drop(e, ARPQUERIER_UNCONFIGURED, p);
	} else if (!nf_packet_push(p, NF_ETHER_LEN)) {
		arpquerier_drop(e, ARPQUERIER_NO_ROOM, p);
	} else {
		nf_etherfield_mark(p, NF_ETHER_LEN);
		arpquerier_slow(e, p);
	}
}

static void arpquerier_ip(struct nf_element *e, struct uk_netbuf *v[], uint16_t n)
{
	struct arpquerier_state *s = e->state;
	const struct nf_arpcache *cache = s->table.cache;
	uint64_t now = nf_core_now_ns(e->core);
	uint16_t first = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct uk_netbuf *p = v[i];
		uint32_t be_ip = nf_packet_dst_ip(p);
		const struct arpquerier_slot *slot = arpquerier_slot(s, be_ip);

		if (UK_UNLIKELY(slot->be_ip != be_ip || slot->gen != cache->gen ||
				now >= slot->until_ns || uk_netbuf_headroom(p) < NF_ETHER_LEN)) {
			nf_element_emit(e, 0, v + first, i - first);
			first = i + 1;
			arpquerier_one(e, p);
			continue;
		}
		p->data -= NF_ETHER_LEN;
		p->len += NF_ETHER_LEN;
		memcpy(p->data, slot->hdr, NF_ETHER_LEN);
		nf_etherfield_mark(p, NF_ETHER_LEN);
	}
	nf_element_emit(e, 0, v + first, n - first);
}

/* The packets that waited leave in the order in which they came. */
static void arpquerier_release(struct nf_element *e, struct uk_netbuf *head, const uint8_t eth[6])
{
	struct uk_netbuf *v[UK_BURST_MAX], *p;
	uint16_t n = 0;

	while ((p = head) != NULL) {
		head = p->next;
		p->next = NULL;
		arpquerier_header(e, p->data, eth);
		v[n++] = p;
		if (n == UK_BURST_MAX || head == NULL) {
			nf_element_emit(e, 0, v, n);
			n = 0;
		}
	}
}

static void arpquerier_response(struct nf_element *e, const struct uk_netbuf *p)
{
	struct arpquerier_state *s = e->state;
	const struct nf_arpframe *f = nf_arpframe_read(p, NF_ARPFRAME_REPLY);
	uint8_t eth[6];
	int rc;

	s->nb_responses += p->len >= NF_ARPFRAME_LEN;
	if (f == NULL || f->arp.sender_hw[0] & 1)
		return;
	memcpy(eth, f->arp.sender_hw, 6);
	arpquerier_release(e,
		nf_arpcache_insert(
			s->table.cache, nf_arpcache_key4(f->arp.sender_ip), eth, false, &rc),
		eth);
}

static void arpquerier_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	if (port == 0) {
		arpquerier_ip(e, v, n);
		return;
	}
	for (uint16_t i = 0; i < n; i++)
		arpquerier_response(e, v[i]);
	uk_netbuf_free_burst(v, n);
}

static int arpquerier_read_stats(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct arpquerier_state *s = e->state;

	nf_text_printf(out, "%lu packets killed\n%lu ARP queries sent\n",
		s->nb_drops + s->table.cache->nb_drops, s->nb_queries);
	return 0;
}

static int arpquerier_read_ip(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	uint32_t be_ip;
	char buf[NF_ADDR_IP4_LEN];

	memcpy(&be_ip, (const uint8_t *)e->state + off, sizeof(be_ip));
	nf_text_printf(out, "%s", nf_addr_print_ip4(be_ip, buf));
	return 0;
}

static int arpquerier_write_ip(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	struct arpquerier_state *s = e->state;
	char *words[1], *copy = NULL;
	uint32_t be_ip = 0;
	bool ok = nf_args_words(value, words, 1, &copy) == 1 &&
		  nf_args_info_ip4(e, words[0], &be_ip) == 0;

	free(copy);
	if (!ok)
		return nf_errors_add(errs, NULL, "expected IP address");
	memcpy((uint8_t *)e->state + off, &be_ip, sizeof(be_ip));
	memset(s->slots, 0, sizeof(s->slots));
	return 0;
}

static int arpquerier_write_insert(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct arpquerier_state *s = e->state;
	struct nf_arpcache_key key = { 0, 0 };
	uint8_t eth[6];
	int rc = nf_arpcache_parse(e, value, &key, eth, errs);

	if (rc < 0)
		return rc;
	arpquerier_release(
		e, nf_arpcache_insert(s->table.cache, key, eth, (eth[0] & 1) != 0, &rc), eth);
	return rc < 0 ? nf_errors_add(errs, NULL, "out of memory") : 0;
}

static int arpquerier_write_clear(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct arpquerier_state *s = e->state;

	s->nb_queries = s->nb_responses = s->nb_drops = 0;
	return nf_arpcache_write_clear(e, arg, value, errs);
}

#define ARPQUERIER_IP(nm, field)                                                                   \
	{                                                                                          \
		.name = nm, .read = arpquerier_read_ip, .write = arpquerier_write_ip,              \
		.arg = offsetof(struct arpquerier_state, field)                                    \
	}

static const struct nf_handler arpquerier_handlers[] = {
	ARPQUERIER_IP("ipaddr", be_ip),
	ARPQUERIER_IP("broadcast", be_broadcast),
	{ .name = "table", .read = nf_arpcache_read_table },
	{ .name = "stats", .read = arpquerier_read_stats },
	NF_HANDLER_U64("queries", struct arpquerier_state, nb_queries),
	NF_HANDLER_U64("responses", struct arpquerier_state, nb_responses),
	NF_HANDLER_U64("drops", struct arpquerier_state, nb_drops),
	{ .name = "count", .read = nf_arpcache_read_number, .arg = NF_ARPCACHE_COUNT },
	{ .name = "length", .read = nf_arpcache_read_number, .arg = NF_ARPCACHE_LENGTH },
	{ .name = "insert", .write = arpquerier_write_insert },
	{ .name = "delete", .write = nf_arpcache_write_delete },
	{ .name = "clear", .write = arpquerier_write_clear, .flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};

const struct nf_class nf_arpquerier = {
	.name = "ARPQuerier",
	.ports = "2/1-2",
	.processing = "h/h",
	.flow = "xy/x",
	.conf_size = sizeof(struct arpquerier_conf),
	.state_size = sizeof(struct arpquerier_state),
	.configure = arpquerier_configure,
	.initialize = arpquerier_initialize,
	.cleanup = arpquerier_cleanup,
	.push = arpquerier_push,
	.drops = (const char *const[]){ NF_ARPCACHE_REASONS, "not configured",
		"no destination address", "no room for the header", "no buffer for a query", NULL },
	.handlers = arpquerier_handlers,
	.take_state = arpquerier_take_state,
	.flags = NF_CLASS_ANNO,
};
