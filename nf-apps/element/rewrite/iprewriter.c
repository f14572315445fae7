/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPRewriter(INPUTSPEC1, ..., INPUTSPECn [, keywords])
 *
 * Network address and port translation for TCP and UDP. Each packet belongs to a flow, named by its
 * addresses, ports and protocol. A flow that is known is rewritten as its mapping says and leaves
 *by the mapping's output; the mapping of a flow also says how replies are rewritten back. A packet
 *of an unknown flow is handled by the specification of the input on which it came:
 *
 *	drop, discard             it is dropped
 *	pass OUTPUT, nochange     it leaves there as it is, and no mapping is made; default output 0
 *	keep FOUTPUT ROUTPUT      mappings that leave the flow and its replies as they are; first
 *output of the flow's packets, then of its replies' pattern SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT
 *	                          mappings by the pattern; "-" leaves a field. SPORT may be a range
 *L-H: the flow keeps its port if it lies in the range and is free, else gets a random free one.
 *"L-H#": in turn; "L-H?": always random pattern NAME FOUTPUT ROUTPUT  the same with a pattern of an
 *IPRewriterPatterns ELEMENT                   a mapper chooses: RoundRobinIPMapper,
 *SourceIPHashMapper, CGNATMap
 *
 * Checksums are updated (RFC 1624), a UDP packet without one stays so. First fragments are
 *rewritten; other protocols, later fragments and packets cut within their header pass only on
 *inputs with `pass`.
 *
 * Keywords, Click's (times in seconds unless they have a unit):
 *	TCP_TIMEOUT (TIMEOUT)  idle time after which a TCP flow with data in both directions ends;
 *24 h TCP_DONE_TIMEOUT       after FIN from both or RST; 4 min TCP_NODATA_TIMEOUT     while there
 *is no data in one direction; 5 min TCP_GUARANTEE (GUARANTEE)  a flow is kept at least so long
 *after a packet; 5 s UDP_TIMEOUT            5 min; UDP_STREAMING_TIMEOUT: after three packets and a
 *reply; as UDP_TIMEOUT UDP_GUARANTEE          5 s REAP_INTERVAL          how often flows that have
 *timed out are looked for; 15 min; 0: never MAPPING_CAPACITY (CAPACITY)  most flows; or the name of
 *another rewriter, whose capacity is shared. Default 1,048,576 DST_ANNO               boolean: the
 *destination annotation becomes the new destination; true REPLY_ANNO             annotation of one
 *byte: replies get the value of the flow's first packet Ours (RFC 4787, 5382, 6888):
 *	ENDPOINT_INDEPENDENT   boolean, false: an inner address and port has one outer address and
 *port, whatever the destination (4787 REQ-1) INBOUND                boolean, false: anyone may send
 *to an outer address and port that is in use (endpoint-independent filtering); on inputs with drop
 *or pass HAIRPIN                boolean, false: inner hosts reach each other by their outer
 *addresses (4787 REQ-9): such flows leave and return by ROUTPUT PARITY                 boolean,
 *false: an even port gets an even one, an odd one an odd (4787 REQ-4) INBOUND and HAIRPIN need
 *ENDPOINT_INDEPENDENT; an input with CGNATMap implies it.
 *
 * A full table gives up the flow that times out first among those that are not guaranteed; if there
 *is none, the new flow is dropped ("table full"). A new flow tries 1,024 ports at most; with larger
 *ranges the search goes on with the next one.
 *
 * Handlers: nmappings, table_size (r) flows of this rewriter; size (r) flows of all that share the
 * capacity; capacity (rw); mapping_failures (r); evicted, refused, expired (r); tcp_table,
 *udp_table (r) (also tcp_mappings, udp_mappings, table, mappings); lookup, tcp_lookup, udp_lookup
 *(r) "SADDR SPORT DADDR DPORT" gives what that flow becomes; bindings, binding_table (r); patterns
 *(r); pattern0 ... pattern15 (rw): a new specification, its input's flows end; clear (w). Drops: no
 *mapping; not rewritable; no port free; table full; session limit. Live change: the flows go on,
 *also those whose input or pattern is no more, until they time out; flows to outputs that are gone
 *are dropped.
 *
 * Differs from Click: capacity has a default, ports are searched 1,024 at a time.
 *
 *	rw :: IPRewriter(pattern 1.0.0.1 1024-65535 - - 0 1, drop);
 *	inside -> [0]rw[0] -> outside_out; outside -> [1]rw[1] -> inside_out;
 */
#include "nf-apps/element/rewrite/rwpush.h"

enum { IPREWRITER_NODATA, IPREWRITER_DATA, IPREWRITER_DONE, IPREWRITER_UDP, IPREWRITER_STREAM };

#define IPREWRITER_S 1000000000ull

static uint32_t iprewriter_find(const struct nf_rwbase *rw, const struct nf_rwkey *k)
{
	struct nf_rwkey key = *k;

	key.owner = rw->owner;
	return nf_flowtable_find(&rw->set->flows, &key);
}

static int iprewriter_first_class(uint8_t proto)
{
	if (proto == NF_IP_TCP)
		return IPREWRITER_NODATA;
	return proto == NF_IP_UDP ? IPREWRITER_UDP : -1;
}

static const struct nf_rwbase_ops iprewriter_ops = { .find = iprewriter_find,
	.first_class = iprewriter_first_class,
	.print = nf_rwbase_print_ports,
	.patterns = 1 };

static int iprewriter_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_rwbase *rw = e->state;
	uint64_t guarantee = 5 * IPREWRITER_S, *t = rw->timeout_ns;

	rw->ops = &iprewriter_ops;
	rw->nb_classes = 5;
	t[IPREWRITER_NODATA] = t[IPREWRITER_UDP] = 300 * IPREWRITER_S;
	t[IPREWRITER_DATA] = 86400 * IPREWRITER_S;
	t[IPREWRITER_DONE] = 240 * IPREWRITER_S;
	nf_args_time_ns(a, "TCP_NODATA_TIMEOUT", 0, &t[IPREWRITER_NODATA]);
	nf_args_time_ns(a, "TIMEOUT", 0, &t[IPREWRITER_DATA]);
	nf_args_time_ns(a, "TCP_TIMEOUT", 0, &t[IPREWRITER_DATA]);
	nf_args_time_ns(a, "TCP_DONE_TIMEOUT", 0, &t[IPREWRITER_DONE]);
	nf_args_time_ns(a, "UDP_TIMEOUT", 0, &t[IPREWRITER_UDP]);
	t[IPREWRITER_STREAM] = t[IPREWRITER_UDP];
	nf_args_time_ns(a, "UDP_STREAMING_TIMEOUT", 0, &t[IPREWRITER_STREAM]);
	nf_args_time_ns(a, "GUARANTEE", 0, &guarantee);
	nf_args_time_ns(a, "TCP_GUARANTEE", 0, &guarantee);
	for (unsigned i = IPREWRITER_NODATA; i <= IPREWRITER_DONE; i++)
		rw->guarantee_ns[i] = guarantee;
	guarantee = 5 * IPREWRITER_S;
	nf_args_time_ns(a, "UDP_GUARANTEE", 0, &guarantee);
	rw->guarantee_ns[IPREWRITER_UDP] = rw->guarantee_ns[IPREWRITER_STREAM] = guarantee;
	return nf_rwbase_configure(e, a, true);
}

static void iprewriter_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	nf_rwpush(e, port, v, n, NF_RWPUSH_TCP_UDP);
}

static const struct nf_handler iprewriter_handlers[] = { NF_RWBASE_HANDLERS,
	{ .name = "tcp_table", .read = nf_rwbase_read_table, .arg = NF_IP_TCP },
	{ .name = "udp_table", .read = nf_rwbase_read_table, .arg = NF_IP_UDP },
	{ .name = "tcp_mappings", .read = nf_rwbase_read_table, .arg = NF_IP_TCP },
	{ .name = "udp_mappings", .read = nf_rwbase_read_table, .arg = NF_IP_UDP },
	{ .name = "table", .read = nf_rwbase_read_table },
	{ .name = "mappings", .read = nf_rwbase_read_table },
	{ .name = "lookup",
		.read = nf_rwbase_read_lookup,
		.arg = NF_IP_TCP,
		.flags = NF_HANDLER_PARAM },
	{ .name = "tcp_lookup",
		.read = nf_rwbase_read_lookup,
		.arg = NF_IP_TCP,
		.flags = NF_HANDLER_PARAM },
	{ .name = "udp_lookup",
		.read = nf_rwbase_read_lookup,
		.arg = NF_IP_UDP,
		.flags = NF_HANDLER_PARAM },
	{ .name = "bindings", .read = nf_rwbase_read_set, .arg = NF_RWBASE_BINDINGS },
	{ .name = "binding_table", .read = nf_rwbase_read_bindings }, { .name = NULL } };

const struct nf_class nf_iprewriter = {
	.name = "IPRewriter",
	.ports = "1-/1-",
	.processing = "h/h",
	.conf_size = sizeof(struct nf_rwconf),
	.state_size = sizeof(struct nf_rwbase),
	.configure = iprewriter_configure,
	.initialize = nf_rwbase_initialize,
	.cleanup = nf_rwbase_cleanup,
	.push = iprewriter_push,
	.drops = NF_RWBASE_DROPS,
	.handlers = iprewriter_handlers,
	.take_state = nf_rwbase_take_state,
	.flags = NF_CLASS_ANNO,
};
