/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPClassifier(PATTERN, ...)
 *
 * Sends each IP packet to the output of the first pattern that matches; without a match it is dropped.
 *
 * A pattern is "-" (every packet) or tests joined by and (&&), or (||), not (!), parentheses and C's a ? b : c:
 * 	[src|dst|src and dst|src or dst] host ADDR, net ADDR/LEN, net ADDR mask MASK
 * 	[src|dst] [tcp|udp] port NUMBER or NAME (=, ==, !=, <, >, <=, >=)
 * 	ip proto P, or the protocol's name alone: tcp, udp, icmp ...; icmp type NUMBER or NAME
 * 	ip vers, hl, id, tos, dscp, ttl, len, frag, unfrag, ect, ce; tcp opt FLAG, tcp win; ip[OFF:LEN], tcp[OFF:LEN]
 * 	true, all, any, false, none
 * Qualifiers go on ("src 1.0.0.1 or 1.0.0.2"). Ports of fragments that are not the first never match.
 *
 * Ports: 1 input, as many outputs as patterns; push. Packets have their IP header marked.
 * Handlers: program (r), pattern N (r), pattern (w) "N PATTERN".
 * Drops: no match.
 *
 * 	... -> IPClassifier(icmp type echo, dst tcp port 80 or 443, -) -> ...
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/classify/classbase.h"

static uint32_t ipclassifier_read(
	struct nf_classbase_build *b, struct nf_args *a, const char *pattern, int32_t *out)
{
	(void)out;
	if (nf_ipexpr_split(&b->expr, pattern) < 0 || b->expr.nb == 0) {
		nf_args_error(a, "pattern %u: empty", b->expr.nr);
		return nf_rule_false(&b->rules);
	}
	b->expr.pos = 0;
	return nf_classbase_expr(b);
}

static int ipclassifier_configure(struct nf_element *e, struct nf_args *a)
{
	return nf_classbase_configure(e, a, ipclassifier_read);
}

static inline int ipclassifier_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct nf_classbase *s = e->state;

	return nf_ruleset_one(&s->set, p);
}

static void ipclassifier_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	const struct nf_classbase *s = e->state;
	int16_t to[UK_BURST_MAX];
	int any = 0;

	nf_ruleset_run(&s->set, v, to, n);
	for (uint16_t i = 0; i < n; i++)
		any |= to[i];
	if (UK_LIKELY(any == 0))
		nf_element_emit(e, 0, v, n);
	else
		nf_element_spread(e, v, to, n);
}

static uint16_t ipclassifier_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	return nf_element_each_pull(e, v, n, ipclassifier_each);
}

/* "pattern12": the number in arg's place is the handler's own. */
static int ipclassifier_pattern(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_classbase *s = e->state;
	uint64_t nr;

	if (nf_addr_u64(param, &nr) < 0 || nr >= s->nb)
		return nf_errors_add(errs, NULL, "there are patterns 0 to %u", s->nb - 1);
	nf_text_printf(out, "%s", s->patterns[nr]);
	return 0;
}

/* Value: "NUMBER PATTERN". */
static int ipclassifier_change(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	const struct nf_classbase *s = e->state;
	char *end;
	unsigned long nr = strtoul(value, &end, 10);

	if (end == value || *end != ' ' || nr >= s->nb)
		return nf_errors_add(errs, NULL,
			"'NUMBER PATTERN' with a number from 0 to %u is wanted", s->nb - 1);
	return nf_classbase_change(e, (uint32_t)nr, end + 1, ipclassifier_read, errs);
}

static const struct nf_handler ipclassifier_handlers[] = {
	{ .name = "program", .read = nf_classbase_program },
	{ .name = "pattern",
		.read = ipclassifier_pattern,
		.write = ipclassifier_change,
		.flags = NF_HANDLER_PARAM },
	{ .name = NULL },
};

const struct nf_class nf_ipclassifier = {
	.name = "IPClassifier",
	.ports = "1/-",
	.processing = "h/h",
	.state_size = sizeof(struct nf_classbase),
	.configure = ipclassifier_configure,
	.cleanup = nf_classbase_free,
	.push = ipclassifier_push,
	.pull = ipclassifier_pull,
	.each = ipclassifier_each,
	.each_name = "ipclassifier_each",
	.drops = (const char *const[]){ "no match", NULL },
	.handlers = ipclassifier_handlers,
};
