/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCPRewriter(INPUTSPEC1, ..., INPUTSPECn [, keywords])
 *
 * IPRewriter for TCP alone; see there for specifications and keywords (those of UDP do not exist).
 *As in IPRewriter, sequence and acknowledgement numbers, selective ones too, are moved where an
 *element such as FTPPortMapper has made text in a flow longer or shorter.
 *
 * Keywords: TCP_TIMEOUT (TIMEOUT), TCP_DONE_TIMEOUT, TCP_NODATA_TIMEOUT, TCP_GUARANTEE (GUARANTEE),
 * REAP_INTERVAL, MAPPING_CAPACITY (CAPACITY), DST_ANNO, REPLY_ANNO, ENDPOINT_INDEPENDENT, INBOUND,
 * HAIRPIN, PARITY.
 * Handlers: as IPRewriter; table (mappings), lookup.
 * Drops: no mapping; not rewritable; no port free; table full; session limit.
 *
 *	ftp :: FTPPortMapper(rw, rw, 0) -> rw :: TCPRewriter(pattern 1.0.0.1 1024-65535 - - 0 1,
 *drop);
 */
#include "nf-apps/element/rewrite/rwpush.h"

enum { TCPREWRITER_NODATA, TCPREWRITER_DATA, TCPREWRITER_DONE };

#define TCPREWRITER_S 1000000000ull

static uint32_t tcprewriter_find(const struct nf_rwbase *rw, const struct nf_rwkey *k)
{
	struct nf_rwkey key = *k;

	key.owner = rw->owner;
	return nf_flowtable_find(&rw->set->flows, &key);
}

static int tcprewriter_first_class(uint8_t proto)
{
	return proto == NF_IP_TCP ? TCPREWRITER_NODATA : -1;
}

static const struct nf_rwbase_ops tcprewriter_ops = { .find = tcprewriter_find,
	.first_class = tcprewriter_first_class,
	.print = nf_rwbase_print_ports,
	.patterns = 1 };

static int tcprewriter_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_rwbase *rw = e->state;
	uint64_t guarantee = 5 * TCPREWRITER_S, *t = rw->timeout_ns;

	rw->ops = &tcprewriter_ops;
	rw->nb_classes = 3;
	t[TCPREWRITER_NODATA] = 300 * TCPREWRITER_S;
	t[TCPREWRITER_DATA] = 86400 * TCPREWRITER_S;
	t[TCPREWRITER_DONE] = 240 * TCPREWRITER_S;
	nf_args_time_ns(a, "TCP_NODATA_TIMEOUT", 0, &t[TCPREWRITER_NODATA]);
	nf_args_time_ns(a, "TIMEOUT", 0, &t[TCPREWRITER_DATA]);
	nf_args_time_ns(a, "TCP_TIMEOUT", 0, &t[TCPREWRITER_DATA]);
	nf_args_time_ns(a, "TCP_DONE_TIMEOUT", 0, &t[TCPREWRITER_DONE]);
	nf_args_time_ns(a, "GUARANTEE", 0, &guarantee);
	nf_args_time_ns(a, "TCP_GUARANTEE", 0, &guarantee);
	for (unsigned i = 0; i < rw->nb_classes; i++)
		rw->guarantee_ns[i] = guarantee;
	return nf_rwbase_configure(e, a, true);
}

static void tcprewriter_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	nf_rwpush(e, port, v, n, NF_RWPUSH_TCP);
}

static const struct nf_handler tcprewriter_handlers[] = { NF_RWBASE_HANDLERS,
	{ .name = "table", .read = nf_rwbase_read_table },
	{ .name = "mappings", .read = nf_rwbase_read_table },
	{ .name = "tcp_mappings", .read = nf_rwbase_read_table },
	{ .name = "lookup",
		.read = nf_rwbase_read_lookup,
		.arg = NF_IP_TCP,
		.flags = NF_HANDLER_PARAM },
	{ .name = "bindings", .read = nf_rwbase_read_set, .arg = NF_RWBASE_BINDINGS },
	{ .name = "binding_table", .read = nf_rwbase_read_bindings }, { .name = NULL } };

const struct nf_class nf_tcprewriter = {
	.name = "TCPRewriter",
	.ports = "1-/1-",
	.processing = "h/h",
	.conf_size = sizeof(struct nf_rwconf),
	.state_size = sizeof(struct nf_rwbase),
	.configure = tcprewriter_configure,
	.initialize = nf_rwbase_initialize,
	.cleanup = nf_rwbase_cleanup,
	.push = tcprewriter_push,
	.drops = NF_RWBASE_DROPS,
	.handlers = tcprewriter_handlers,
	.take_state = nf_rwbase_take_state,
	.flags = NF_CLASS_ANNO,
};
