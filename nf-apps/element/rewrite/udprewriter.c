/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDPRewriter(INPUTSPEC1, ..., INPUTSPECn [, keywords])
 *
 * IPRewriter without TCP's states: UDP, DCCP and also TCP packets are rewritten, all with the
 *time-outs of UDP. See IPRewriter for specifications.
 *
 * Keywords:
 *	TIMEOUT (UDP_TIMEOUT)   idle time after which a flow ends; 5 min
 *	STREAMING_TIMEOUT (UDP_STREAMING_TIMEOUT)  the same after three packets and a reply; TIMEOUT
 *	GUARANTEE (UDP_GUARANTEE)  a flow is kept at least so long after a packet; 5 s
 *	REAP_INTERVAL, MAPPING_CAPACITY (CAPACITY), DST_ANNO, REPLY_ANNO, ENDPOINT_INDEPENDENT,
 *INBOUND, HAIRPIN, PARITY: as IPRewriter Handlers: as IPRewriter; table (mappings), lookup. Drops:
 *no mapping; not rewritable; no port free; table full; session limit.
 *
 * Differs from Click: flows of different protocols are different flows, also if addresses and ports
 *are the same.
 *
 *	rw :: UDPRewriter(pattern 1.0.0.1 1024-65535 - - 0 1, drop, TIMEOUT 2min);
 */
#include "nf-apps/element/rewrite/rwpush.h"

enum { UDPREWRITER_USUAL, UDPREWRITER_STREAM };

#define UDPREWRITER_S 1000000000ull

static uint32_t udprewriter_find(const struct nf_rwbase *rw, const struct nf_rwkey *k)
{
	struct nf_rwkey key = *k;

	key.owner = rw->owner;
	return nf_flowtable_find(&rw->set->flows, &key);
}

static int udprewriter_first_class(uint8_t proto)
{
	return nf_rwpush_need(NF_RWPUSH_UDP, proto) > 0 ? UDPREWRITER_USUAL : -1;
}

static const struct nf_rwbase_ops udprewriter_ops = { .find = udprewriter_find,
	.first_class = udprewriter_first_class,
	.print = nf_rwbase_print_ports,
	.patterns = 1 };

static int udprewriter_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_rwbase *rw = e->state;
	uint64_t guarantee = 5 * UDPREWRITER_S, *t = rw->timeout_ns;

	rw->ops = &udprewriter_ops;
	rw->nb_classes = 2;
	t[UDPREWRITER_USUAL] = 300 * UDPREWRITER_S;
	nf_args_time_ns(a, "UDP_TIMEOUT", 0, &t[UDPREWRITER_USUAL]);
	nf_args_time_ns(a, "TIMEOUT", 0, &t[UDPREWRITER_USUAL]);
	t[UDPREWRITER_STREAM] = t[UDPREWRITER_USUAL];
	nf_args_time_ns(a, "UDP_STREAMING_TIMEOUT", 0, &t[UDPREWRITER_STREAM]);
	nf_args_time_ns(a, "STREAMING_TIMEOUT", 0, &t[UDPREWRITER_STREAM]);
	nf_args_time_ns(a, "GUARANTEE", 0, &guarantee);
	nf_args_time_ns(a, "UDP_GUARANTEE", 0, &guarantee);
	rw->guarantee_ns[UDPREWRITER_USUAL] = rw->guarantee_ns[UDPREWRITER_STREAM] = guarantee;
	return nf_rwbase_configure(e, a, true);
}

static void udprewriter_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	nf_rwpush(e, port, v, n, NF_RWPUSH_UDP);
}

static const struct nf_handler udprewriter_handlers[] = { NF_RWBASE_HANDLERS,
	{ .name = "table", .read = nf_rwbase_read_table },
	{ .name = "mappings", .read = nf_rwbase_read_table },
	{ .name = "lookup",
		.read = nf_rwbase_read_lookup,
		.arg = NF_IP_UDP,
		.flags = NF_HANDLER_PARAM },
	{ .name = "bindings", .read = nf_rwbase_read_set, .arg = NF_RWBASE_BINDINGS },
	{ .name = "binding_table", .read = nf_rwbase_read_bindings }, { .name = NULL } };

const struct nf_class nf_udprewriter = {
	.name = "UDPRewriter",
	.ports = "1-/1-",
	.processing = "h/h",
	.conf_size = sizeof(struct nf_rwconf),
	.state_size = sizeof(struct nf_rwbase),
	.configure = udprewriter_configure,
	.initialize = nf_rwbase_initialize,
	.cleanup = nf_rwbase_cleanup,
	.push = udprewriter_push,
	.drops = NF_RWBASE_DROPS,
	.handlers = udprewriter_handlers,
	.take_state = nf_rwbase_take_state,
	.flags = NF_CLASS_ANNO,
};
