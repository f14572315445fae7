/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPRateMonitor(TYPE, RATIO, THRESH [, MEMORY, ANNO])
 *
 * Measures how much comes from and goes to which IPv4 addresses, in clusters: at first by the first
 * byte of an address; where a cluster's rate is THRESH or more, by the second too, and so on down
 * to hosts. The way from an address (forward) and to it (reverse) are measured apart.
 *
 *	TYPE         PACKETS or BYTES (of IP)
 *	RATIO        0 to 1: the share of packets that are measured, chosen at random. Rates are not
 *	             scaled up by it, but THRESH is scaled down
 *	THRESH n     packets or bytes per second
 *	MEMORY n     KiB that it may use, at least 100. Default 0: up to 256 MiB
 *	ANNO bool    write the rates of the packet's cluster to its FWD_RATE and REV_RATE
 *	             annotations. Default true
 *
 * Ports: 1 or 2 inputs, as many outputs; push or pull. Packets of input 0 are measured by source
 * (forward), those of input 1 by destination (reverse); each leaves by the output of that number.
 * Packets must be marked as IP; others pass unmeasured.
 * Handlers: look (r: epochs of 8 ms since the reset, then lines "CLUSTER FORWARD REVERSE", tabs
 * between them), thresh (r, times RATIO), mem (r, bytes), memmax (rw, in KiB as written, in bytes
 * as read), reset (w), anno_level (w, "ADDRESS LEVEL SECONDS": for so long no finer clusters than
 * the first LEVEL+1 bytes of that address; LEVEL 0 to 3).
 * Differs from Click: RATIO counts for pull too.
 *
 *	... -> [0]m :: IPRateMonitor(PACKETS, 0.5, 256, 600) -> ...; ... -> [1]m[1] -> ...
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/element/aggregate/ratetree.h"

struct ipratemonitor_conf {
	bool bytes, anno;
	uint32_t ratio; /* of 2^16 */
};

static int ipratemonitor_configure(struct nf_element *e, struct nf_args *a)
{
	static const char *const types[] = { "PACKETS", "BYTES", "packets", "bytes", NULL };
	struct ipratemonitor_conf *c = e->conf;
	struct nf_ratetree *t = e->state;
	uint32_t thresh = 0, kib = 0;
	unsigned type = 0;

	c->anno = true;
	nf_args_enum(a, "TYPE", NF_ARGS_POS | NF_ARGS_MUST, types, &type);
	nf_args_fixed(a, "RATIO", NF_ARGS_POS | NF_ARGS_MUST, 16, &c->ratio);
	nf_args_u32(a, "THRESH", NF_ARGS_POS | NF_ARGS_MUST, &thresh);
	nf_args_u32(a, "MEMORY", NF_ARGS_POS, &kib);
	nf_args_bool(a, "ANNO", NF_ARGS_POS, &c->anno);
	if (c->ratio > 1u << 16)
		nf_args_error(a, "RATIO is from 0 to 1");
	c->bytes = type % 2 == 1;
	t->thresh = (uint64_t)thresh * c->ratio >> 16;
	t->max_bytes = (size_t)kib << 10;
	if (kib != 0 && t->max_bytes < NF_RATETREE_BYTES_MIN)
		t->max_bytes = NF_RATETREE_BYTES_MIN;
	return nf_args_end(a);
}

static int ipratemonitor_initialize(struct nf_element *e, struct nf_errors *errs)
{
	return nf_ratetree_init(e->state, nf_core_now_ns(e->core));
}

static void ipratemonitor_cleanup(struct nf_element *e)
{
	nf_ratetree_free(e->state);
}

static inline void ipratemonitor_measure(struct nf_element *e, const struct ipratemonitor_conf *c,
	unsigned port, struct uk_netbuf *p)
{
	const struct nf_ip4 *ip = (const void *)nf_packet_l3(p);
	uint32_t rates[NF_RATETREE_WAYS], nb = 0;

	if (ip == NULL || nf_packet_left(p, (const uint8_t *)ip) < sizeof(*ip))
		return;
	if (c->ratio == 1u << 16 || (nf_core_random(e->core) & 0xffff) < c->ratio)
		nb = c->bytes ? nf_inet_ntoh16(ip->len) : 1;
	nf_ratetree_add(e->state, nf_inet_ntoh32(port == 0 ? ip->src : ip->dst),
		port == 0 ? NF_RATETREE_FWD : NF_RATETREE_REV, nb, nf_core_now_ns(e->core), rates);
	if (c->anno) {
		nf_packet_set_anno_u32(p, NF_ANNO_FWD_RATE, rates[NF_RATETREE_FWD]);
		nf_packet_set_anno_u32(p, NF_ANNO_REV_RATE, rates[NF_RATETREE_REV]);
	}
}

static void ipratemonitor_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		ipratemonitor_measure(e, e->conf, port, v[i]);
	nf_element_emit(e, port, v, n);
}

static uint16_t ipratemonitor_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	n = nf_element_fetch(e, port, v, n);
	for (uint16_t i = 0; i < n; i++)
		ipratemonitor_measure(e, e->conf, port, v[i]);
	return n;
}

static void ipratemonitor_take_state(struct nf_element *e, struct nf_element *old)
{
	struct nf_ratetree *t = e->state, *was = old->state, fresh = *t;

	*t = *was;
	t->thresh = fresh.thresh;
	t->max_bytes = fresh.max_bytes;
	*was = fresh;
	nf_ratetree_shrink(t);
}

static int ipratemonitor_look(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_ratetree_print(e->state, nf_core_now_ns(e->core), out);
	return 0;
}

static int ipratemonitor_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	nf_ratetree_reset(e->state, nf_core_now_ns(e->core));
	return 0;
}

static int ipratemonitor_memmax(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_ratetree *t = e->state;
	uint64_t kib;

	if (nf_addr_u64(value, &kib) < 0 || kib > NF_RATETREE_BYTES_MAX >> 10)
		return nf_errors_add(
			errs, NULL, "memmax is from 0 to %u KiB", NF_RATETREE_BYTES_MAX >> 10);
	t->max_bytes = (size_t)kib << 10;
	if (kib != 0 && t->max_bytes < NF_RATETREE_BYTES_MIN)
		t->max_bytes = NF_RATETREE_BYTES_MIN;
	nf_ratetree_shrink(t);
	return 0;
}

static int ipratemonitor_anno_level(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	char *words[4], *copy = NULL;
	uint64_t level = 0, seconds = 0;
	uint32_t be;
	int nb = nf_args_words(value, words, 4, &copy);

	if (nb == -ENOMEM)
		return nb;
	if (nb != 3 || nf_addr_ip4(words[0], &be) < 0 || nf_addr_u64(words[1], &level) < 0 ||
		level > 3 || nf_addr_u64(words[2], &seconds) < 0 || seconds < 1 ||
		seconds > UINT32_MAX)
		nb = nf_errors_add(errs, NULL, "anno_level takes \"ADDRESS LEVEL SECONDS\"");
	else
		nf_ratetree_shut(e->state, nf_inet_ntoh32(be), (unsigned)level, (uint32_t)seconds,
			nf_core_now_ns(e->core));
	free(copy);
	return nb < 0 ? nb : 0;
}

static const struct nf_handler ipratemonitor_handlers[] = {
	{ .name = "look", .read = ipratemonitor_look, .flags = NF_HANDLER_EXPENSIVE },
	{ .name = "thresh",
		.read = nf_handler_read_u64,
		.arg = offsetof(struct nf_ratetree, thresh) },
	{ .name = "mem", .read = nf_handler_read_u64, .arg = offsetof(struct nf_ratetree, bytes) },
	{ .name = "memmax",
		.read = nf_handler_read_u64,
		.write = ipratemonitor_memmax,
		.arg = offsetof(struct nf_ratetree, max_bytes) },
	{ .name = "reset", .write = ipratemonitor_reset, .flags = NF_HANDLER_BUTTON },
	{ .name = "anno_level", .write = ipratemonitor_anno_level },
	{ .name = NULL },
};

const struct nf_class nf_ipratemonitor = {
	.name = "IPRateMonitor",
	.ports = "1-2/=",
	.processing = "a/a",
	.flow = "#/#",
	.conf_size = sizeof(struct ipratemonitor_conf),
	.state_size = sizeof(struct nf_ratetree),
	.configure = ipratemonitor_configure,
	.initialize = ipratemonitor_initialize,
	.cleanup = ipratemonitor_cleanup,
	.push = ipratemonitor_push,
	.pull = ipratemonitor_pull,
	.handlers = ipratemonitor_handlers,
	.take_state = ipratemonitor_take_state,
	.flags = NF_CLASS_ANNO,
};
