/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPReassembler([keywords HIMEM, MAX_MTU_ANNO])
 *
 * Makes whole packets of IP fragments. Packets that are no fragments pass unchanged. Fragments
 * wait until all of their packet are there; it then leaves by output 0 with the link header and
 * the annotations of its first fragment. A packet that gets no fragment for 30 seconds, by the
 * time stamps of packets or by the clock, is given up; so are those that waited longest when
 * memory runs over HIMEM, until a quarter of it is free. What there is of them leaves by output 1
 * as one packet, the fragments at their places and zeros between, or is dropped if there is none.
 * If the first fragment is not there, that packet begins with the first that is and is marked as
 * such a fragment: an ICMPError(..., timeexceeded, reassembly) then says nothing (RFC 1122,
 * 3.3.2). Overlapping fragments end their packet; reasm.h has the policy.
 *
 *	HIMEM         bytes, to 1 GiB; a fragment counts for at least 2048. Default 262144
 *	MAX_MTU_ANNO  annotation of 2 bytes that gets the length of the longest fragment (host
 *	              order). Default: none
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push. Packets have their IP header marked.
 * Handlers: dump (r): counters, and what waits.
 * Drops: joined to a packet, bad fragment, overlapping fragment, duplicate fragment, ECN mismatch,
 * timed out, over the memory limit, no buffer.
 *
 *	... -> CheckIPHeader(14) -> r :: IPReassembler -> ...;
 *	r[1] -> ICMPError(10.0.0.1, timeexceeded, reassembly) -> ...
 */
#include <errno.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/reasm.h"
#include "nf-apps/element/ip/reasm_join.h"

#define IPREASSEMBLER_HIMEM   (256u << 10)
#define IPREASSEMBLER_REAP_NS 10000000000ull /* a look at what waits, at least so often */
#define IPREASSEMBLER_PULLS   16u            /* tries of one pull */

struct ipreassembler_conf {
	uint32_t himem;
	bool mtu_anno;
	uint8_t anno;
};

struct ipreassembler_state {
	struct nf_reasm reasm;
	struct nf_timer timer;
	bool made;
};

static int ipreassembler_configure(struct nf_element *e, struct nf_args *a)
{
	struct ipreassembler_conf *c = e->conf;

	c->himem = IPREASSEMBLER_HIMEM;
	nf_args_u32(a, "HIMEM", 0, &c->himem);
	c->mtu_anno = nf_args_anno(a, "MAX_MTU_ANNO", 0, 2, &c->anno);
	if (c->himem > NF_REASM_HIMEM_MAX)
		nf_args_error(a, "HIMEM: at most %u", NF_REASM_HIMEM_MAX);
	return nf_args_end(a);
}

/* What was given up. */
static void ipreassembler_partial(struct nf_element *e)
{
	struct ipreassembler_state *s = e->state;
	struct uk_netbuf *p;

	while ((p = nf_reasm_partial(&s->reasm)) != NULL)
		nf_element_emit_one(e, 1, p);
}

static void ipreassembler_set_timer(struct ipreassembler_state *s)
{
	if (!nf_timer_is_set(&s->timer) && !nf_reasm_is_empty(&s->reasm))
		(void)!nf_timer_after_ns(&s->timer, IPREASSEMBLER_REAP_NS);
}

static void ipreassembler_reap(struct nf_element *e, void *arg)
{
	struct ipreassembler_state *s = e->state;

	nf_reasm_expire(&s->reasm, 0, nf_core_now_ns(e->core));
	ipreassembler_partial(e);
	ipreassembler_set_timer(s);
}

static int ipreassembler_initialize(struct nf_element *e, struct nf_errors *errs)
{
	const struct ipreassembler_conf *c = e->conf;
	struct ipreassembler_state *s = e->state;
	uint64_t seed = (uint64_t)nf_core_random(e->core) << 32 | nf_core_random(e->core);
	int rc = nf_reasm_init(
		&s->reasm, &e->core->pools, e->drops + NF_ELEMENT_DROPS_OWN, c->himem, seed);

	if (rc < 0)
		return rc;
	s->reasm.keep_partial = e->nb_out > 1;
	nf_timer_init(&s->timer, e, ipreassembler_reap, NULL);
	s->made = true;
	return 0;
}

static void ipreassembler_cleanup(struct nf_element *e)
{
	struct ipreassembler_state *s = e->state;

	if (s->made)
		nf_reasm_cleanup(&s->reasm);
	s->made = false;
}

/* All that waits goes on waiting here. */
static void ipreassembler_take_state(struct nf_element *e, struct nf_element *old)
{
	const struct ipreassembler_conf *c = e->conf;
	struct ipreassembler_state *s = e->state, *was = old->state;

	nf_reasm_cleanup(&s->reasm);
	s->reasm = was->reasm;
	was->made = false;
	s->reasm.drops = e->drops + NF_ELEMENT_DROPS_OWN;
	s->reasm.pools = &e->core->pools;
	s->reasm.himem = c->himem;
	s->reasm.keep_partial = e->nb_out > 1;
	ipreassembler_set_timer(s);
}

static struct uk_netbuf *ipreassembler_fragment(struct nf_element *e, struct uk_netbuf *p)
{
	const struct ipreassembler_conf *c = e->conf;
	struct ipreassembler_state *s = e->state;
	uint64_t real = nf_core_now_ns(e->core), stamp = nf_packet_anno(p)->time_ns;
	struct uk_netbuf *whole;
	uint16_t max_len = 0;

	if (stamp == 0)
		stamp = nf_core_wall_ns();
	nf_reasm_expire(&s->reasm, stamp, real);
	whole = nf_reasm_add(&s->reasm, p, stamp, real, &max_len);
	ipreassembler_partial(e);
	ipreassembler_set_timer(s);
	if (whole != NULL && c->mtu_anno)
		nf_packet_set_anno_u16(whole, c->anno, max_len);
	return whole;
}

/* The whole packets of v, in place; returns how many. Without an IP header a packet is no fragment.
 */
static inline uint16_t ipreassembler_vector(struct nf_element *e, struct uk_netbuf **v, uint16_t n)
{
	uint16_t k = 0;

	for (uint16_t i = 0; i < n; i++) {
		const struct nf_ip4 *ip = nf_ip4_hdr(v[i]);
		struct uk_netbuf *p = v[i];

		if (UK_UNLIKELY(ip != NULL && nf_inet_ip4_is_fragment(ip)))
			p = ipreassembler_fragment(e, p);
		if (p != NULL)
			v[k++] = p;
	}
	return k;
}

static void ipreassembler_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	nf_element_emit(e, 0, v, ipreassembler_vector(e, v, n));
}

/* Not nothing while there is something: whoever pulls would think that there is no more. */
static uint16_t ipreassembler_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	for (unsigned i = 0; i < IPREASSEMBLER_PULLS; i++) {
		uint16_t got = nf_element_fetch(e, 0, v, n);
		uint16_t k = ipreassembler_vector(e, v, got);

		if (k > 0 || got == 0)
			return k;
	}
	return 0;
}

static void ipreassembler_dump_one(const struct nf_reasm_dgram *d, struct nf_text *out)
{
	char src[NF_ADDR_IP4_LEN], dst[NF_ADDR_IP4_LEN];

	nf_text_printf(out, " %s > %s proto %u id %u", nf_addr_print_ip4(d->src, src),
		nf_addr_print_ip4(d->dst, dst), d->proto, nf_inet_ntoh16(d->id));
	for (const struct uk_netbuf *p = d->first; p != NULL; p = p->next) {
		struct nf_reasm_frag f = nf_reasm_frag(p);

		nf_text_printf(out, " (%u,%u)", f.off, f.end);
	}
	nf_text_printf(out, "\n");
}

static int ipreassembler_dump(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct ipreassembler_state *s = e->state;
	const struct nf_reasm *r = &s->reasm;

	nf_text_printf(out,
		"fragments seen: %lu\ngood reassemblies: %lu\nfailed reassemblies: %lu\n"
		"bad fragments: %lu\nmemory: %u of %u\nwaiting:\n",
		r->nb_seen, r->nb_good, r->nb_failed, r->nb_bad, r->bytes, r->himem);
	for (const struct nf_reasm_dgram *d = r->oldest; d != NULL; d = d->newer)
		ipreassembler_dump_one(d, out);
	return 0;
}

const struct nf_class nf_ipreassembler = {
	.name = "IPReassembler",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct ipreassembler_conf),
	.state_size = sizeof(struct ipreassembler_state),
	.configure = ipreassembler_configure,
	.initialize = ipreassembler_initialize,
	.cleanup = ipreassembler_cleanup,
	.push = ipreassembler_push,
	.pull = ipreassembler_pull,
	.drops = (const char *const[]){ NF_REASM_DROPS },
	.handlers = (const struct nf_handler[]){ { .name = "dump", .read = ipreassembler_dump },
		{ .name = NULL } },
	.take_state = ipreassembler_take_state,
	.flags = NF_CLASS_ANNO,
};
