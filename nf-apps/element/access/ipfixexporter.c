/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPFIXExporter(SRC, SPORT, DST [, DPORT, keywords])
 *
 * Watches IPv4 flows that pass, and tells a collector about each: IPFIX (RFC 7011) over UDP, with
 * addresses, ports, protocol, octets, packets, start and end in milliseconds, TCP flags, the first
 * packet's class of service, ICMP type and code, ingress interface, and why the record ends
 * (flowEndReason). Not in Click.
 *
 *	SRC, SPORT, DST, DPORT  address and port of the exporter and of the collector. DPORT: 4739
 * Keywords:
 *	ACTIVE time     a flow that goes on is told after so long. Default 60 s
 *	IDLE time       a flow that was silent for so long is told and forgotten. Default 15 s. Behind
 *	                FIN or RST: 2 s
 *	TEMPLATE time   the template is sent again after so long. Default 60 s
 *	CAPACITY n      most flows, 1 to 2^24. Default 2^18. When it is full, the oldest flow is told
 *	                and forgotten
 *	DOMAIN n        the observation domain's number. Default 0
 *	MTU n           largest packet to the collector, 200 to 1500. Default 1400
 *	INGRESS anno    annotation byte that says which interface a packet came in by. Default PAINT
 *
 * A flow is one way: addresses, ports, protocol, interface. Later fragments have no ports. Octets
 * are what the IP header says.
 *
 * Ports: 1 input, 2 outputs. Output 0: all packets, unchanged; push or pull. Output 1: push: the
 * exporter's IPv4 packets, with the network header and destination set.
 * Handlers: flows, exported (records), messages, lost (records without a buffer), table_full
 * (flows that had to go early), not_ip (r), flush (w: tells all and forgets them), reset_counts (w).
 *
 *	... -> f :: IPFIXExporter(10.0.0.1, 40000, 10.0.0.9, ACTIVE 120s) -> ...; f[1] -> ... ;
 */
#include <errno.h>
#include "nf-apps/element/access/ipfixexporter.h"

#define IPFIXEXPORTER_CAPACITY_MAX (1u << 24)

static void ipfixexporter_times(
	struct nf_args *a, struct nf_ipfixexporter_conf *c, struct nf_ipfixexporter *s)
{
	uint64_t active = 60000000000ull;

	s->idle_ns = 15000000000ull;
	c->msg.refresh_ns = 60000000000ull;
	nf_args_time_ns(a, "ACTIVE", 0, &active);
	nf_args_time_ns(a, "IDLE", 0, &s->idle_ns);
	nf_args_time_ns(a, "TEMPLATE", 0, &c->msg.refresh_ns);
	if (active < 1000000 || active > 86400000000000ull || s->idle_ns < 1000000 ||
		s->idle_ns > 86400000000000ull)
		nf_args_error(a, "ACTIVE and IDLE are from 1 ms to a day");
	c->active_ms = (uint32_t)(active / 1000000);
}

static int ipfixexporter_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_ipfixexporter_conf *c = e->conf;
	struct nf_ipfixexporter *s = e->state;
	unsigned must = NF_ARGS_POS | NF_ARGS_MUST;

	c->msg.dport = NF_IPFIX_PORT;
	c->msg.mtu = 1400;
	c->ingress_anno = NF_ANNO_PAINT;
	s->capacity = 1u << 18;
	nf_args_ip4(a, "SRC", must, &c->msg.src);
	nf_args_port(a, "SPORT", must, NF_IP_UDP, &c->msg.sport);
	nf_args_ip4(a, "DST", must, &c->msg.dst);
	nf_args_port(a, "DPORT", NF_ARGS_POS, NF_IP_UDP, &c->msg.dport);
	ipfixexporter_times(a, c, s);
	if (nf_args_u32(a, "CAPACITY", 0, &s->capacity) &&
		(s->capacity == 0 || s->capacity > IPFIXEXPORTER_CAPACITY_MAX))
		nf_args_error(a, "CAPACITY is from 1 to %u", IPFIXEXPORTER_CAPACITY_MAX);
	nf_args_u32(a, "DOMAIN", 0, &c->msg.domain);
	if (nf_args_u16(a, "MTU", 0, &c->msg.mtu) && (c->msg.mtu < 200 || c->msg.mtu > 1500))
		nf_args_error(a, "MTU is from 200 to 1500");
	nf_args_anno(a, "INGRESS", 0, 1, &c->ingress_anno);
	return nf_args_end(a);
}

static int ipfixexporter_initialize(struct nf_element *e, struct nf_errors *errs)
{
	return nf_ipfixflow_init(e);
}

static void ipfixexporter_cleanup(struct nf_element *e)
{
	struct nf_ipfixexporter *s = e->state;

	nf_timer_cancel(&s->timer);
	nf_ipfixflow_free(s);
}

/* What a packet says; octets 0: it is not IPv4. */
struct ipfixexporter_seen {
	uint32_t octets;
	uint8_t tos, tcp_flags;
	nf_be16 icmp;
};

static struct ipfixexporter_seen ipfixexporter_see(
	const struct uk_netbuf *p, uint8_t ingress_anno, struct nf_ipfixflow_key *key)
{
	const uint8_t *at = nf_packet_l3(p) != NULL ? nf_packet_l3(p) : p->data, *l4;
	const struct nf_ip4 *ip = (const void *)at;
	uint32_t left = nf_packet_left(p, at), hlen, len;
	struct ipfixexporter_seen seen = { 0 };

	*key = (struct nf_ipfixflow_key){ .used = 1 };
	if (left < sizeof(*ip) || ip->vhl >> 4 != 4 || (ip->vhl & 15) < 5)
		return seen;
	len = nf_inet_ntoh16(ip->len);
	seen.octets = len >= sizeof(*ip) ? len : left;
	left = seen.octets < left ? seen.octets : left;
	seen.tos = ip->tos;
	hlen = nf_inet_ip4_hlen(ip);
	l4 = at + hlen;
	key->src = ip->src;
	key->dst = ip->dst;
	key->proto = ip->proto;
	key->ingress = nf_packet_anno_u8(p, ingress_anno);
	if (!nf_inet_ip4_is_first(ip) || hlen + 4 > left)
		return seen;
	if (ip->proto == NF_IP_TCP || ip->proto == NF_IP_UDP || ip->proto == NF_IP_SCTP)
		memcpy(&key->sport, l4, 4);
	if (ip->proto == NF_IP_TCP && hlen + 14 <= left)
		seen.tcp_flags = l4[13];
	if (ip->proto == NF_IP_ICMP)
		memcpy(&seen.icmp, l4, 2);
	return seen;
}

static void ipfixexporter_count(
	struct nf_element *e, uint32_t entry, const struct ipfixexporter_seen *seen)
{
	const struct nf_ipfixexporter_conf *c = e->conf;
	struct nf_ipfixexporter *s = e->state;
	struct nf_ipfixflow *f = nf_ipfixflow(s, entry);
	uint32_t now = nf_ipfixflow_now(e);

	if (f->packets > 0 && now - f->since_ms >= c->active_ms)
		nf_ipfixflow_export(e, entry, NF_IPFIX_ACTIVE);
	f->end_ms = s->wall_minus_now_ms + nf_core_now_ns(e->core) / 1000000;
	if (f->packets == 0) {
		f->start_ms = f->end_ms;
		f->since_ms = now;
		f->tos = seen->tos;
		f->icmp = seen->icmp;
	}
	f->packets++;
	f->octets += seen->octets;
	f->tcp_flags |= seen->tcp_flags;
	f->age.last = now;
	if (UK_UNLIKELY(seen->tcp_flags & (NF_TCP_FIN | NF_TCP_RST)))
		nf_ipfixflow_close(s, entry);
}

static void ipfixexporter_watch(struct nf_element *e, struct uk_netbuf *const v[], uint16_t n)
{
	const struct nf_ipfixexporter_conf *c = e->conf;
	struct nf_ipfixexporter *s = e->state;
	struct nf_ipfixflow_key key[UK_BURST_MAX];
	struct ipfixexporter_seen seen[UK_BURST_MAX];
	uint32_t ref[UK_BURST_MAX];
	uint64_t unlinks = s->flows.unlinks;

	for (uint16_t i = 0; i < n; i++)
		seen[i] = ipfixexporter_see(v[i], c->ingress_anno, &key[i]);
	nf_flowtable_find_burst(
		&s->flows, key, n, ref, NF_IPFIXFLOW_KEY, sizeof(struct nf_ipfixflow));
	for (uint16_t i = 0; i < n; i++) {
		uint32_t entry = ref[i] >> 1;

		if (UK_UNLIKELY(seen[i].octets == 0)) {
			s->nb_not_ip++;
			continue;
		}
		/* a packet before this one may have made it, or thrown another out */
		if (UK_UNLIKELY(ref[i] == NF_FLOWTABLE_NONE || s->flows.unlinks != unlinks)) {
			ref[i] = nf_flowtable_find(&s->flows, &key[i]);
			entry = ref[i] == NF_FLOWTABLE_NONE ? nf_ipfixflow_new(e, &key[i])
							    : ref[i] >> 1;
		}
		if (UK_LIKELY(entry != NF_FLOWTABLE_NONE))
			ipfixexporter_count(e, entry, &seen[i]);
	}
	if (UK_UNLIKELY(s->nb_ready > 0))
		nf_ipfixflow_send(e);
}

static void ipfixexporter_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	ipfixexporter_watch(e, v, n);
	nf_element_emit(e, 0, v, n);
}

static uint16_t ipfixexporter_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	n = nf_element_fetch(e, 0, v, n);
	ipfixexporter_watch(e, v, n);
	return n;
}

static int ipfixexporter_flush(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	nf_ipfixflow_flush(e);
	return 0;
}

static int ipfixexporter_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_ipfixexporter *s = e->state;

	s->msg.nb_records = s->msg.nb_messages = s->msg.nb_lost = 0;
	s->nb_full = s->nb_not_ip = 0;
	return 0;
}

static const struct nf_handler ipfixexporter_handlers[] = {
	NF_HANDLER_U32("flows", struct nf_ipfixexporter, flows.nb_entries),
	NF_HANDLER_U64("exported", struct nf_ipfixexporter, msg.nb_records),
	NF_HANDLER_U64("messages", struct nf_ipfixexporter, msg.nb_messages),
	NF_HANDLER_U64("lost", struct nf_ipfixexporter, msg.nb_lost),
	NF_HANDLER_U64("table_full", struct nf_ipfixexporter, nb_full),
	NF_HANDLER_U64("not_ip", struct nf_ipfixexporter, nb_not_ip),
	{ .name = "flush", .write = ipfixexporter_flush, .flags = NF_HANDLER_BUTTON },
	{ .name = "reset_counts", .write = ipfixexporter_reset, .flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};

const struct nf_class nf_ipfixexporter = {
	.name = "IPFIXExporter",
	.ports = "1/2",
	.processing = "a/ah",
	.conf_size = sizeof(struct nf_ipfixexporter_conf),
	.state_size = sizeof(struct nf_ipfixexporter),
	.configure = ipfixexporter_configure,
	.initialize = ipfixexporter_initialize,
	.cleanup = ipfixexporter_cleanup,
	.push = ipfixexporter_push,
	.pull = ipfixexporter_pull,
	.handlers = ipfixexporter_handlers,
	.take_state = nf_ipfixflow_take,
	.flags = NF_CLASS_ANNO,
};
