/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CGNATMap(ADDRESSES [, keywords])
 *
 * A mapper for carrier-grade translation (RFC 6888, 7422): subscribers, which are inner addresses,
 *get outer ports in blocks. An input of IPRewriter, TCPRewriter, UDPRewriter or ICMPPingRewriter
 *that names it maps endpoint-independently: an inner address and port keeps its outer one for all
 *destinations. All ports of a subscriber are of one outer address. Several rewriters may name the
 *same CGNATMap (TCP, UDP and ICMP have port spaces of their own).
 *
 *	ADDRESSES     outer addresses: single ones, ranges L-H and prefixes A/N, separated by spaces
 *	PORTS         range L-H of outer ports. Default 1024-65535
 *	BLOCK_SIZE    ports of a block, 1 to 4096. Default 512
 *	MAX_BLOCKS    blocks that a subscriber may have, 1 to 8. Default 4
 *	MAX_SESSIONS  flows that a subscriber may have at once; 0: any number. Default 0
 *	HOLD          time for which an unused block stays with its subscriber; nobody else gets its
 *ports so soon (6888, REQ-8). Default 120 s INSIDE        a prefix: the n-th address of it has the
 *n-th block, for good (RFC 7422). One block each; nothing is logged FOUTPUT, ROUTPUT  the
 *rewriter's outputs for flows and their replies. Default 0 and 1 LOG           lines of the log
 *that are kept, 0 to 65536. Default 256 PRINT         boolean: lines of the log are printed as
 *well. Default true
 *
 * Each block that is given to a subscriber or becomes free is a line of the log (6888, REQ-12):
 * "TIME alloc|release INNER OUTER LOW-HIGH". Ports: none.
 * Handlers: log (r); table (r) "INNER OUTER LOW-HIGH used N", a line for each block in use;
 *subscribers, blocks_used, blocks, ports_used (r); allocated, released, exhausted, limited (r)
 *counters; lookup (r) "OUTER PORT" gives the subscriber who has it. Live change: pool and log are
 *kept if addresses, ports, BLOCK_SIZE and INSIDE are the same.
 *
 *	cg :: CGNATMap(203.0.113.0/28, BLOCK_SIZE 1024, MAX_SESSIONS 2000);
 *	rw :: IPRewriter(cg, drop, HAIRPIN true, TCP_TIMEOUT 124min);
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"
#include "nf-apps/element/rewrite/cgnatpool.h"
#include "nf-apps/element/rewrite/rwbase.h"

#define CGNATMAP_LINE  96
#define CGNATMAP_LINES 65536u
#define CGNATMAP_TICK  1000000000u /* ns */
#define CGNATMAP_BATCH 256u        /* blocks that become free in a tick */

struct cgnatmap {
	struct nf_rwmapper mapper;
	struct nf_cgnatpool pool;
	uint32_t out[2];
	char (*line)[CGNATMAP_LINE]; /* ring */
	uint32_t nb_lines, room_lines, next_line;
	bool print;
	struct nf_timer tick;
	struct nf_element *e;
};

static uint32_t cgnatmap_now_s(const struct nf_element *e)
{
	return (uint32_t)(nf_core_now_ns(e->core) / 1000000000);
}

static void cgnatmap_log(
	void *arg, bool alloc, nf_be32 be_inner, nf_be32 be_outer, uint32_t low, uint32_t high)
{
	struct cgnatmap *s = arg;
	char in[NF_ADDR_IP4_LEN], out[NF_ADDR_IP4_LEN], text[CGNATMAP_LINE];
	uint64_t now = nf_core_wall_ns();

	snprintf(text, sizeof(text), "%lu.%06lu %s %s %s %u-%u", now / 1000000000,
		now / 1000 % 1000000, alloc ? "alloc" : "release", nf_addr_print_ip4(be_inner, in),
		nf_addr_print_ip4(be_outer, out), low, high);
	if (s->print)
		nf_print_line(text);
	if (s->room_lines == 0)
		return;
	memcpy(s->line[s->next_line], text, sizeof(text));
	s->next_line = s->next_line + 1 < s->room_lines ? s->next_line + 1 : 0;
	s->nb_lines += s->nb_lines < s->room_lines;
}

struct cgnatmap_busy {
	const struct nf_rwpattern_how *how;
	struct nf_rwkey out;
};

/* A binding from before a live change may have what the pool thinks is free. */
static bool cgnatmap_busy(void *arg, nf_be32 be_outer, uint16_t port)
{
	struct cgnatmap_busy *b = arg;
	struct nf_rwkey outer;

	b->out.src = be_outer;
	b->out.sport = nf_inet_hton16(port);
	outer = nf_rwpattern_outer(&b->out);
	return nf_flowtable_find(&b->how->set->binds, &outer) != NF_FLOWTABLE_NONE;
}

static int cgnatmap_map(struct nf_element *m, const struct nf_rwpattern_how *how,
	const struct nf_rwkey *in, struct nf_rwkey *out, uint16_t outputs[2])
{
	struct cgnatmap *s = m->state;
	struct cgnatmap_busy busy = { how, *in };
	enum nf_cgnatpool_result rc;
	uint16_t port;

	*out = *in;
	rc = nf_cgnatpool_take(&s->pool, in->src, in->proto, nf_inet_ntoh16(in->sport), how->parity,
		cgnatmap_now_s(m), nf_core_random(m->core), cgnatmap_busy, &busy, &out->src, &port);
	if (rc != NF_CGNATPOOL_OK)
		return NF_RWPATTERN_DROP;
	out->sport = nf_inet_hton16(port);
	if (out->proto == NF_IP_ICMP)
		out->dport = nf_inet_hton16((uint16_t)(port + 1));
	outputs[0] = (uint16_t)s->out[0];
	outputs[1] = (uint16_t)s->out[1];
	return NF_RWPATTERN_MAPPED;
}

static uint32_t cgnatmap_max_output(const struct nf_element *m)
{
	const struct cgnatmap *s = m->state;

	return s->out[0] > s->out[1] ? s->out[0] : s->out[1];
}

static void cgnatmap_release(struct nf_element *m, const struct nf_rwkey *outer)
{
	nf_cgnatpool_put(&((struct cgnatmap *)m->state)->pool, outer->dst,
		nf_inet_ntoh16(outer->dport), outer->proto, cgnatmap_now_s(m));
}

static bool cgnatmap_session(struct nf_element *m, const struct nf_rwkey *outer, bool begins)
{
	struct cgnatmap *s = m->state;
	uint16_t port = nf_inet_ntoh16(outer->dport);

	if (begins)
		return nf_cgnatpool_session(&s->pool, outer->dst, port);
	nf_cgnatpool_session_end(&s->pool, outer->dst, port);
	return true;
}

static void cgnatmap_cleanup(struct nf_element *m)
{
	struct cgnatmap *s = m->state;

	if (s->tick.e != NULL)
		nf_timer_cancel(&s->tick);
	nf_cgnatpool_free(&s->pool);
	free(s->line);
	s->line = NULL;
}

static const struct nf_rwmapper_ops cgnatmap_ops = { .map = cgnatmap_map,
	.max_output = cgnatmap_max_output,
	.release = cgnatmap_release,
	.session = cgnatmap_session,
	.cleanup = cgnatmap_cleanup,
	.endpoint = true };

static bool cgnatmap_range(const struct nf_element *e, char *word, struct nf_cgnatpool_range *r)
{
	char *dash = strchr(word, '-');
	uint32_t first, last, mask;

	if (dash == NULL) {
		if (nf_args_info_ip4_prefix(e, word, &first, &mask) < 0)
			return false;
		mask = ~nf_inet_ntoh32(mask);
		*r = (struct nf_cgnatpool_range){ nf_inet_ntoh32(first) & ~mask, mask + 1 };
		return (mask & (mask + 1)) == 0 && mask < 1u << 24;
	}
	*dash = '\0';
	if (nf_args_info_ip4(e, word, &first) < 0 || nf_args_info_ip4(e, dash + 1, &last) < 0)
		return false;
	first = nf_inet_ntoh32(first);
	last = nf_inet_ntoh32(last);
	*r = (struct nf_cgnatpool_range){ first, last - first + 1 };
	return last >= first && last - first < 1u << 24;
}

static void cgnatmap_ranges(struct nf_args *a, const char *text, struct nf_cgnatpool *p)
{
	char *w[NF_CGNATPOOL_RANGES], *copy = NULL;
	int nb = nf_args_words(text, w, NF_CGNATPOOL_RANGES, &copy);

	if (nb < 0)
		nf_args_error(a, "more than %u ranges of addresses", NF_CGNATPOOL_RANGES);
	for (int i = 0; i < nb; i++) {
		if (!cgnatmap_range(a->e, w[i], &p->range[p->nb_ranges]))
			nf_args_error(a, "bad addresses '%s'", w[i]);
		else
			p->nb_ranges++;
	}
	if (nb >= 0)
		free(copy);
}

static void cgnatmap_ports(struct nf_args *a, struct nf_cgnatpool *p)
{
	const char *text = NULL;
	char *end;

	p->low = 1024;
	p->high = 65535;
	nf_args_word(a, "PORTS", 0, &text);
	if (text == NULL)
		return;
	p->low = (uint32_t)strtoul(text, &end, 10);
	p->high = *end == '-' ? (uint32_t)strtoul(end + 1, &end, 10) : 0;
	if (*end != '\0' || end == text || p->high > UINT16_MAX || p->low > p->high)
		nf_args_error(a, "PORTS: bad range '%s'", text);
}

static int cgnatmap_configure(struct nf_element *e, struct nf_args *a)
{
	struct cgnatmap *s = e->state;
	struct nf_cgnatpool *p = &s->pool;
	const char *text = NULL, *why = NULL;
	uint64_t hold = 120000000000ull;
	uint32_t net = 0, mask = 0, lines = 256;
	int rc = 0;

	s->mapper.ops = &cgnatmap_ops;
	s->e = e;
	s->print = true;
	s->out[1] = 1;
	p->block_size = 512;
	p->max_blocks = 4;
	nf_args_raw(a, "ADDRESSES", NF_ARGS_POS | NF_ARGS_MUST, &text);
	cgnatmap_ports(a, p);
	nf_args_u32(a, "BLOCK_SIZE", 0, &p->block_size);
	nf_args_u32(a, "MAX_BLOCKS", 0, &p->max_blocks);
	nf_args_u32(a, "MAX_SESSIONS", 0, &p->max_sessions);
	nf_args_time_ns(a, "HOLD", 0, &hold);
	p->hold_s = (uint32_t)(hold / 1000000000);
	p->fixed = nf_args_ip4_prefix(a, "INSIDE", 0, &net, &mask);
	p->inside = nf_inet_ntoh32(net & mask);
	p->inside_nb = ~nf_inet_ntoh32(mask) + 1;
	nf_args_u32(a, "FOUTPUT", 0, &s->out[0]);
	nf_args_u32(a, "ROUTPUT", 0, &s->out[1]);
	nf_args_u32(a, "LOG", 0, &lines);
	nf_args_bool(a, "PRINT", 0, &s->print);
	if (lines > CGNATMAP_LINES)
		nf_args_error(a, "LOG: at most %u lines", CGNATMAP_LINES);
	if (text != NULL)
		cgnatmap_ranges(a, text, p);
	if (a->nb_errors > 0)
		return nf_args_end(a);
	s->room_lines = lines;
	s->line = calloc(lines + 1, sizeof(*s->line));
	p->log = cgnatmap_log;
	p->log_arg = s;
	rc = nf_cgnatpool_init(p, nf_rwbase_random, e->core, &why);
	if (rc < 0 || s->line == NULL)
		nf_args_error(a, "%s", why != NULL ? why : "out of memory");
	return nf_args_end(a);
}

static void cgnatmap_tick(struct nf_element *e, void *arg)
{
	struct cgnatmap *s = e->state;

	nf_cgnatpool_reap(&s->pool, cgnatmap_now_s(e), CGNATMAP_BATCH);
	(void)nf_timer_after_ns(&s->tick, CGNATMAP_TICK);
}

static int cgnatmap_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct cgnatmap *s = e->state;

	nf_timer_init(&s->tick, e, cgnatmap_tick, NULL);
	return nf_timer_after_ns(&s->tick, CGNATMAP_TICK);
}

/* The limits are the new ones. */
static void cgnatmap_take_state(struct nf_element *e, struct nf_element *old)
{
	struct cgnatmap *s = e->state, *was = old->state;
	struct nf_cgnatpool mine = s->pool;

	if (!nf_cgnatpool_same(&s->pool, &was->pool))
		return;
	s->pool = was->pool;
	was->pool = mine;
	was->pool.log_arg = was;
	s->pool.log_arg = s;
	s->pool.max_blocks = mine.max_blocks;
	s->pool.max_sessions = mine.max_sessions;
	s->pool.hold_s = mine.hold_s;
	for (uint32_t i = 0; i < was->nb_lines && s->room_lines > 0; i++) {
		uint32_t from =
			(was->next_line + was->room_lines - was->nb_lines + i) % was->room_lines;

		memcpy(s->line[s->next_line], was->line[from], CGNATMAP_LINE);
		s->next_line = s->next_line + 1 < s->room_lines ? s->next_line + 1 : 0;
		s->nb_lines += s->nb_lines < s->room_lines;
	}
}

static int cgnatmap_read_log(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct cgnatmap *s = e->state;

	for (uint32_t i = 0; i < s->nb_lines; i++)
		nf_text_printf(out, "%s\n",
			s->line[(s->next_line + s->room_lines - s->nb_lines + i) % s->room_lines]);
	return 0;
}

static int cgnatmap_read_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_cgnatpool *p = &((const struct cgnatmap *)e->state)->pool;
	char a[NF_ADDR_IP4_LEN], b[NF_ADDR_IP4_LEN];
	uint32_t low, high;
	nf_be32 outer;

	for (uint32_t i = 0; i < p->nb_addrs * p->per_addr && !out->full; i++) {
		if (p->block[i].sub == 0)
			continue;
		nf_cgnatpool_block_ports(p, i, &outer, &low, &high);
		nf_text_printf(out, "%s %s %u-%u used %u\n",
			nf_addr_print_ip4(
				nf_cgnatpool_sub_addr(nf_cgnatpool_sub(p, p->block[i].sub - 1)), a),
			nf_addr_print_ip4(outer, b), low, high, p->block[i].nb_used);
	}
	return 0;
}

enum {
	CGNATMAP_SUBSCRIBERS,
	CGNATMAP_USED,
	CGNATMAP_BLOCKS,
	CGNATMAP_PORTS,
	CGNATMAP_ALLOCATED,
	CGNATMAP_RELEASED,
	CGNATMAP_EXHAUSTED,
	CGNATMAP_LIMITED
};

static int cgnatmap_read_number(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_cgnatpool *p = &((const struct cgnatmap *)e->state)->pool;
	const uint64_t v[] = { [CGNATMAP_SUBSCRIBERS] = p->subs.nb_entries,
		[CGNATMAP_USED] = p->nb_blocks_used,
		[CGNATMAP_BLOCKS] = (uint64_t)p->nb_addrs * p->per_addr,
		[CGNATMAP_PORTS] = p->nb_ports,
		[CGNATMAP_ALLOCATED] = p->nb_allocated,
		[CGNATMAP_RELEASED] = p->nb_released,
		[CGNATMAP_EXHAUSTED] = p->nb_exhausted,
		[CGNATMAP_LIMITED] = p->nb_limited };

	nf_text_printf(out, "%lu", v[arg]);
	return 0;
}

static int cgnatmap_read_lookup(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct cgnatmap *s = e->state;
	char *w[3], *copy = NULL, a[NF_ADDR_IP4_LEN];
	int nb = nf_args_words(param, w, UK_ARRAY_SIZE(w), &copy), rc = 0;
	nf_be32 outer, inner;
	uint64_t port;

	if (nb != 2 || nf_args_info_ip4(e, w[0], &outer) < 0 || nf_addr_u64(w[1], &port) < 0 ||
		port > UINT16_MAX)
		rc = nf_errors_add(errs, NULL, "expected 'ADDRESS PORT'");
	else if (nf_cgnatpool_owner(&s->pool, outer, (uint16_t)port, &inner))
		nf_text_printf(out, "%s", nf_addr_print_ip4(inner, a));
	if (nb >= 0)
		free(copy);
	return rc;
}

#define CGNATMAP_NUMBER(nm, which, how)                                                            \
	{                                                                                          \
		.name = nm, .read = cgnatmap_read_number, .arg = which, .flags = how               \
	}

static const struct nf_handler cgnatmap_handlers[] = { { .name = "log", .read = cgnatmap_read_log },
	{ .name = "table", .read = cgnatmap_read_table, .flags = NF_HANDLER_EXPENSIVE },
	{ .name = "lookup", .read = cgnatmap_read_lookup, .flags = NF_HANDLER_PARAM },
	CGNATMAP_NUMBER("subscribers", CGNATMAP_SUBSCRIBERS, 0),
	CGNATMAP_NUMBER("blocks_used", CGNATMAP_USED, 0),
	CGNATMAP_NUMBER("blocks", CGNATMAP_BLOCKS, 0),
	CGNATMAP_NUMBER("ports_used", CGNATMAP_PORTS, 0),
	CGNATMAP_NUMBER("allocated", CGNATMAP_ALLOCATED, NF_HANDLER_RATE),
	CGNATMAP_NUMBER("released", CGNATMAP_RELEASED, NF_HANDLER_RATE),
	CGNATMAP_NUMBER("exhausted", CGNATMAP_EXHAUSTED, NF_HANDLER_RATE),
	CGNATMAP_NUMBER("limited", CGNATMAP_LIMITED, NF_HANDLER_RATE), { .name = NULL } };

const struct nf_class nf_cgnatmap = {
	.name = "CGNATMap",
	.ports = "0/0",
	.processing = "a/a",
	.state_size = sizeof(struct cgnatmap),
	.configure = cgnatmap_configure,
	.initialize = cgnatmap_initialize,
	.cleanup = nf_rwmapper_cleanup,
	.handlers = cgnatmap_handlers,
	.take_state = cgnatmap_take_state,
	.phase = NF_RWMAPPER_PHASE,
};
