/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARPTable([keywords CAPACITY, ENTRY_CAPACITY, ENTRY_PACKET_CAPACITY, CAPACITY_SLIM_FACTOR,
 * TIMEOUT])
 *
 * Holds Ethernet addresses of IPv4 neighbours for several ARPQueriers that name it as their
 * TABLE.
 *
 *	CAPACITY               packets that may wait for answers; 0: 65536. Default 2048
 *	ENTRY_CAPACITY         addresses; 0: 65536. Default 0
 *	ENTRY_PACKET_CAPACITY  packets that may wait for one address; 0: as many as in all.
 *	                       Default 0
 *	CAPACITY_SLIM_FACTOR   when too many packets wait, CAPACITY / factor of the oldest are
 *	                       dropped. Default 2
 *	TIMEOUT                age at which an address is forgotten; 0: never. Default 5 minutes
 *
 * No ports.
 * Handlers:
 *	table (r)   a line for each: address, 1 if it is known, Ethernet address, age in seconds
 *	drops (r)   packets dropped, for whatever reason
 *	count (r)   addresses
 *	length (r)  packets that wait
 *	insert (w)  "IP ETH"
 *	delete (w)  "IP": forgets the Ethernet address
 *	clear (w)   forgets everything
 * Drops: no answer, too many packets wait, too many packets wait for one address, table cleared,
 * no memory for an entry.
 *
 *	t :: ARPTable(TIMEOUT 60); q :: ARPQuerier(10.0.0.1, 1:1:1:1:1:1, TABLE t);
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ether/arpcache.h"

static int arptable_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_arpcache_owner *s = e->state;

	s->cache = &s->own;
	nf_arpcache_args(&s->own, a, NF_ARPCACHE_TIMEOUT_NS);
	s->own.interval_ns = NF_ARPCACHE_INTERVAL_NS;
	return nf_args_end(a);
}

static int arptable_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_arpcache_owner *s = e->state;

	return nf_arpcache_start(&s->own, e);
}

static void arptable_cleanup(struct nf_element *e)
{
	struct nf_arpcache_owner *s = e->state;

	nf_arpcache_free(&s->own);
}

static void arptable_take_state(struct nf_element *e, struct nf_element *old)
{
	struct nf_arpcache_owner *s = e->state, *was = old->state;

	nf_arpcache_take(&s->own, &was->own);
}

static const struct nf_handler arptable_handlers[] = {
	{ .name = "table", .read = nf_arpcache_read_table },
	NF_HANDLER_U64("drops", struct nf_arpcache_owner, own.nb_drops),
	{ .name = "count", .read = nf_arpcache_read_number, .arg = NF_ARPCACHE_COUNT },
	{ .name = "length", .read = nf_arpcache_read_number, .arg = NF_ARPCACHE_LENGTH },
	{ .name = "insert", .write = nf_arpcache_write_insert },
	{ .name = "delete", .write = nf_arpcache_write_delete },
	{ .name = "clear", .write = nf_arpcache_write_clear, .flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};

const struct nf_class nf_arptable = {
	.name = "ARPTable",
	.ports = "0/0",
	.processing = "a/a",
	.state_size = sizeof(struct nf_arpcache_owner),
	.configure = arptable_configure,
	.initialize = arptable_initialize,
	.cleanup = arptable_cleanup,
	.drops = (const char *const[]){ NF_ARPCACHE_REASONS, NULL },
	.handlers = arptable_handlers,
	.take_state = arptable_take_state,
};
