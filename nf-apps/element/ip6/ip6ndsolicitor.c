/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP6NDSolicitor(IP, ETH [, keywords TIMEOUT, POLL_TIMEOUT, CAPACITY, ENTRY_CAPACITY,
 * ENTRY_PACKET_CAPACITY, CAPACITY_SLIM_FACTOR])
 *
 * Puts Ethernet headers in front of IPv6 packets; asks for unknown addresses by neighbour
 * solicitation (RFC 4861, 7.2) and lets the packets wait for the answer. Input 0 takes IPv6
 * packets with their destination annotation set; input 1 neighbour advertisements with their
 * Ethernet header. Frames leave by output 0, solicitations by output 1, or also by 0 if there is
 * only one. Packets to multicast addresses go to the group of RFC 2464, 7.
 *
 *	IP            this host's IPv6 address
 *	ETH           its Ethernet address
 *	TIMEOUT       age at which an address is forgotten. Default 120 s
 *	POLL_TIMEOUT  age from which on its use makes a solicitation to it. Default 60 s
 *	CAPACITY, ENTRY_CAPACITY, ENTRY_PACKET_CAPACITY, CAPACITY_SLIM_FACTOR: see ARPTable
 *
 * Ports: 2 inputs, 1 or 2 outputs; push.
 * Handlers: table, stats, queries, responses, drops, count, length (r); insert, delete, clear
 * (w): see ARPTable.
 * Drops: ARPTable's; no destination address, no room for the header, no buffer for a
 * solicitation.
 *
 *	c :: Classifier(12/86dd 20/3aff 54/88, 12/86dd);
 *	q :: IP6NDSolicitor(2001:db8::1, 1:1:1:1:1:1);
 *	c[0] -> [1]q; c[1] -> ... -> GetIP6Address(24) -> [0]q; q -> ToDevice(0);
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ether/arpcache.h"
#include "nf-apps/element/ip6/icmp6.h"

#define IP6NDSOLICITOR_TIMEOUT_NS  120000000000ull
#define IP6NDSOLICITOR_POLL_NS     60000000000ull
#define IP6NDSOLICITOR_INTERVAL_NS 1000000000ull /* RetransTimer: RFC 4861, 10 */

enum {
	IP6NDSOLICITOR_NO_DST = NF_ARPCACHE_DROPS,
	IP6NDSOLICITOR_NO_ROOM,
	IP6NDSOLICITOR_NO_BUFFER,
};

struct ip6ndsolicitor_conf {
	struct nf_ip6 ip;
	uint64_t poll_ns;
	uint8_t eth[6];
};

struct ip6ndsolicitor_state {
	struct nf_arpcache_owner table;
	uint64_t nb_queries, nb_responses, nb_drops;
	/* The neighbour of the last packet: good while the table's gen is, and up to a time. */
	struct nf_arpcache_key last;
	uint32_t last_gen;
	uint64_t last_until_ns;
	uint8_t last_hdr[16];
};

static int ip6ndsolicitor_configure(struct nf_element *e, struct nf_args *a)
{
	struct ip6ndsolicitor_conf *c = e->conf;
	struct ip6ndsolicitor_state *s = e->state;

	c->poll_ns = IP6NDSOLICITOR_POLL_NS;
	s->table.cache = &s->table.own;
	s->table.own.is_ip6 = true;
	s->table.own.interval_ns = IP6NDSOLICITOR_INTERVAL_NS;
	nf_args_ip6(a, "IP", NF_ARGS_POS | NF_ARGS_MUST, &c->ip);
	nf_args_ether(a, "ETH", NF_ARGS_POS | NF_ARGS_MUST, c->eth);
	nf_arpcache_args(&s->table.own, a, IP6NDSOLICITOR_TIMEOUT_NS);
	nf_args_time_ns(a, "POLL_TIMEOUT", 0, &c->poll_ns);
	if (c->poll_ns > UINT64_MAX / 4)
		c->poll_ns = 0;
	return nf_args_end(a);
}

static int ip6ndsolicitor_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct ip6ndsolicitor_state *s = e->state;

	return nf_arpcache_start(&s->table.own, e);
}

static void ip6ndsolicitor_cleanup(struct nf_element *e)
{
	struct ip6ndsolicitor_state *s = e->state;

	nf_arpcache_free(&s->table.own);
}

static void ip6ndsolicitor_take_state(struct nf_element *e, struct nf_element *old)
{
	const struct ip6ndsolicitor_conf *c = e->conf, *was_c = old->conf;
	struct ip6ndsolicitor_state *s = e->state, *was = old->state;

	if (memcmp(&c->ip, &was_c->ip, 16) != 0 || memcmp(c->eth, was_c->eth, 6) != 0)
		return;
	nf_arpcache_take(&s->table.own, &was->table.own);
	s->nb_queries += was->nb_queries;
	s->nb_responses += was->nb_responses;
	s->nb_drops += was->nb_drops;
}

/* `to`: the address at which it was known so far, or NULL. */
static void ip6ndsolicitor_ask(struct nf_element *e, const struct uk_netbuf *p, const uint8_t *to)
{
	const struct ip6ndsolicitor_conf *c = e->conf;
	struct ip6ndsolicitor_state *s = e->state;
	struct uk_netbuf *q =
		nf_packet_alloc(&e->core->pools, UK_NETBUF_HEADROOM, NF_ICMP6_ND_FRAME_LEN);
	uint8_t group[16], group_eth[6];
	struct nf_icmp6_nd_args n = { .eth_src = c->eth,
		.eth_dst = to,
		.src = c->ip.b,
		.dst = nf_ip6hdr_dst_anno(p),
		.target = nf_ip6hdr_dst_anno(p),
		.eth = c->eth,
		.type = NF_ICMP6_SOLICIT };

	if (q == NULL) {
		e->drops[NF_ELEMENT_DROPS_OWN + IP6NDSOLICITOR_NO_BUFFER]++;
		return;
	}
	if (to == NULL) {
		nf_icmp6_solicited_node(n.target, group);
		nf_icmp6_group_ether(group, group_eth);
		n.dst = group;
		n.eth_dst = group_eth;
	}
	nf_icmp6_nd_write(q->data, &n);
	nf_etherfield_mark(q, NF_ETHER_LEN);
	nf_packet_set_l4(q, q->data + NF_ETHER_LEN + NF_IP6HDR_LEN);
	nf_packet_anno(q)->time_ns = nf_packet_anno(p)->time_ns;
	s->nb_queries++;
	nf_element_emit_one(e, e->nb_out - 1u, q);
}

static void ip6ndsolicitor_drop(struct nf_element *e, unsigned reason, struct uk_netbuf *p)
{
	struct ip6ndsolicitor_state *s = e->state;

	s->nb_drops++;
	nf_element_drop_one(e, reason, p);
}

static void ip6ndsolicitor_header(const struct nf_element *e, uint8_t *hdr, const uint8_t eth[6])
{
	const struct ip6ndsolicitor_conf *c = e->conf;

	memcpy(hdr, eth, 6);
	memcpy(hdr + 6, c->eth, 6);
	nf_inet_put16(hdr + 12, NF_ETHERTYPE_IP6);
}

/* Not the neighbour of the packet before: known, a group, or to be asked for. */
static void ip6ndsolicitor_slow(struct nf_element *e, struct uk_netbuf *p)
{
	const struct ip6ndsolicitor_conf *c = e->conf;
	struct ip6ndsolicitor_state *s = e->state;
	struct nf_arpcache *cache = s->table.cache;
	const uint8_t *dst = nf_ip6hdr_dst_anno(p);
	struct nf_arpcache_key key = nf_arpcache_key6(dst);
	uint64_t until = UINT64_MAX;
	uint8_t eth[6];
	int rc = nf_arpcache_lookup(cache, key, c->poll_ns, eth, &until);

	if (rc > 0)
		ip6ndsolicitor_ask(e, p, eth);
	if (rc < 0 && nf_ip6hdr_is_multicast(dst)) {
		nf_icmp6_group_ether(dst, eth);
		rc = 0;
	}
	if (rc >= 0) {
		s->last = key;
		s->last_gen = cache->gen;
		s->last_until_ns = until;
		ip6ndsolicitor_header(e, s->last_hdr, eth);
		memcpy(p->data, s->last_hdr, NF_ETHER_LEN);
		nf_element_emit_one(e, 0, p);
	} else if (nf_ip6hdr_is_zero(dst)) {
		ip6ndsolicitor_drop(e, IP6NDSOLICITOR_NO_DST, p);
	} else if (nf_arpcache_wait(cache, key, p) > 0) {
		ip6ndsolicitor_ask(e, p, NULL);
	}
}

static void ip6ndsolicitor_ip6(struct nf_element *e, struct uk_netbuf *v[], uint16_t n)
{
	struct ip6ndsolicitor_state *s = e->state;
	uint64_t now = nf_core_now_ns(e->core);
	uint16_t first = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct uk_netbuf *p = v[i];
		struct nf_arpcache_key key = nf_arpcache_key6(nf_ip6hdr_dst_anno(p));

		if (UK_UNLIKELY(!nf_packet_push(p, NF_ETHER_LEN))) {
			nf_element_emit(e, 0, v + first, i - first);
			first = i + 1;
			ip6ndsolicitor_drop(e, IP6NDSOLICITOR_NO_ROOM, p);
			continue;
		}
		nf_etherfield_mark(p, NF_ETHER_LEN);
		if (UK_UNLIKELY(key.a != s->last.a || key.b != s->last.b ||
				s->last_gen != s->table.cache->gen || now >= s->last_until_ns)) {
			nf_element_emit(e, 0, v + first, i - first);
			first = i + 1;
			ip6ndsolicitor_slow(e, p);
			continue;
		}
		memcpy(p->data, s->last_hdr, NF_ETHER_LEN);
	}
	nf_element_emit(e, 0, v + first, n - first);
}

/* The packets that waited leave in the order in which they came. */
static void ip6ndsolicitor_release(
	struct nf_element *e, struct uk_netbuf *head, const uint8_t eth[6])
{
	struct uk_netbuf *v[UK_BURST_MAX], *p;
	uint16_t n = 0;

	while ((p = head) != NULL) {
		head = p->next;
		p->next = NULL;
		ip6ndsolicitor_header(e, p->data, eth);
		v[n++] = p;
		if (n == UK_BURST_MAX || head == NULL) {
			nf_element_emit(e, 0, v, n);
			n = 0;
		}
	}
}

/* RFC 4861, 7.2.5: only news of those that were asked for; and what is known stays, if the
 * advertisement says so. */
static void ip6ndsolicitor_response(struct nf_element *e, const struct uk_netbuf *p)
{
	struct ip6ndsolicitor_state *s = e->state;
	const uint8_t *option;
	const struct nf_icmp6_nd_frame *f = nf_icmp6_nd_read(p, NF_ICMP6_ADVERT, &option);
	struct nf_arpcache_key key;
	uint8_t eth[6], known[6];
	uint64_t until;
	int rc;

	if (f == NULL)
		return;
	s->nb_responses++;
	key = nf_arpcache_key6(f->nd.target);
	if (option == NULL || option[0] & 1 || !nf_arpcache_has(s->table.cache, key))
		return;
	memcpy(eth, option, 6);
	if ((f->nd.icmp.info & nf_inet_hton32(NF_ICMP6_ADVERT_OVERRIDE)) == 0 &&
		nf_arpcache_lookup(s->table.cache, key, 0, known, &until) >= 0 &&
		memcmp(known, eth, 6) != 0)
		return;
	ip6ndsolicitor_release(e, nf_arpcache_insert(s->table.cache, key, eth, false, &rc), eth);
}

static void ip6ndsolicitor_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	if (port == 0) {
		ip6ndsolicitor_ip6(e, v, n);
		return;
	}
	for (uint16_t i = 0; i < n; i++)
		ip6ndsolicitor_response(e, v[i]);
	uk_netbuf_free_burst(v, n);
}

static int ip6ndsolicitor_read_stats(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct ip6ndsolicitor_state *s = e->state;

	nf_text_printf(out, "%lu packets killed\n%lu ND Solicitation Message sent\n",
		s->nb_drops + s->table.own.nb_drops, s->nb_queries);
	return 0;
}

static int ip6ndsolicitor_write_insert(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct ip6ndsolicitor_state *s = e->state;
	struct nf_arpcache_key key = { 0, 0 };
	uint8_t eth[6];
	int rc = nf_arpcache_parse(e, value, &key, eth, errs);

	if (rc < 0)
		return rc;
	ip6ndsolicitor_release(
		e, nf_arpcache_insert(s->table.cache, key, eth, (eth[0] & 1) != 0, &rc), eth);
	return rc < 0 ? nf_errors_add(errs, NULL, "out of memory") : 0;
}

static const struct nf_handler ip6ndsolicitor_handlers[] = {
	{ .name = "table", .read = nf_arpcache_read_table },
	{ .name = "stats", .read = ip6ndsolicitor_read_stats },
	NF_HANDLER_U64("queries", struct ip6ndsolicitor_state, nb_queries),
	NF_HANDLER_U64("responses", struct ip6ndsolicitor_state, nb_responses),
	NF_HANDLER_U64("drops", struct ip6ndsolicitor_state, nb_drops),
	{ .name = "count", .read = nf_arpcache_read_number, .arg = NF_ARPCACHE_COUNT },
	{ .name = "length", .read = nf_arpcache_read_number, .arg = NF_ARPCACHE_LENGTH },
	{ .name = "insert", .write = ip6ndsolicitor_write_insert },
	{ .name = "delete", .write = nf_arpcache_write_delete },
	{ .name = "clear", .write = nf_arpcache_write_clear, .flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};

const struct nf_class nf_ip6ndsolicitor = {
	.name = "IP6NDSolicitor",
	.ports = "2/1-2",
	.processing = "h/h",
	.flow = "xy/x",
	.conf_size = sizeof(struct ip6ndsolicitor_conf),
	.state_size = sizeof(struct ip6ndsolicitor_state),
	.configure = ip6ndsolicitor_configure,
	.initialize = ip6ndsolicitor_initialize,
	.cleanup = ip6ndsolicitor_cleanup,
	.push = ip6ndsolicitor_push,
	.drops = (const char *const[]){ NF_ARPCACHE_REASONS, "no destination address",
		"no room for the header", "no buffer for a solicitation", NULL },
	.handlers = ip6ndsolicitor_handlers,
	.take_state = ip6ndsolicitor_take_state,
	.flags = NF_CLASS_ANNO,
};
