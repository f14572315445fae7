/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPFilter(ACTION PATTERN, ...)
 *
 * Sends each IP packet where the first rule whose pattern matches says; without a match it is dropped. The
 * patterns are IPClassifier's.
 *
 * ACTION: "allow" (output 0), "deny" or "drop", or the number of an output.
 *
 * Ports: 1 input, any number of outputs; push. Packets have their IP header marked.
 * Handlers: program (r): what the rules became; pattern N (r): rule N; pattern (w) "N RULE": changes it live.
 * Drops: no match (also what a rule denies).
 *
 * 	... -> CheckIPHeader -> IPFilter(allow icmp, allow dst tcp port 80 or 443, deny all) -> ...
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/classify/classbase.h"
#include "nf-apps/click/config.h"

/* An action and a pattern. */
static uint32_t ipfilter_read(
	struct nf_classbase_build *b, struct nf_args *a, const char *pattern, int32_t *out)
{
	uint64_t nr;

	if (nf_ipexpr_split(&b->expr, pattern) < 0 || b->expr.nb == 0) {
		nf_args_error(a, "rule %u: action and pattern are missing", b->expr.nr);
		return nf_rule_false(&b->rules);
	}
	if (strcmp(b->expr.words[0], "allow") == 0)
		*out = 0;
	else if (strcmp(b->expr.words[0], "deny") == 0 || strcmp(b->expr.words[0], "drop") == 0)
		*out = NF_PROG_DROP;
	else if (nf_addr_u64(b->expr.words[0], &nr) == 0 && nr < NF_CONFIG_PORTS_MAX)
		*out = (int32_t)nr;
	else
		nf_args_error(a,
			"rule %u: '%s' is no action: allow, deny, drop or an output's number",
			b->expr.nr, b->expr.words[0]);
	b->expr.pos = 1;
	return nf_classbase_expr(b);
}

static int ipfilter_configure(struct nf_element *e, struct nf_args *a)
{
	return nf_classbase_configure(e, a, ipfilter_read);
}

static inline int ipfilter_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct nf_classbase *s = e->state;

	return nf_ruleset_one(&s->set, p);
}

static void ipfilter_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
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

static uint16_t ipfilter_pull(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	return nf_element_each_pull(e, v, n, ipfilter_each);
}

/* "pattern12": the number in arg's place is the handler's own. */
static int ipfilter_pattern(struct nf_element *e, uintptr_t arg, const char *param,
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
static int ipfilter_change(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	const struct nf_classbase *s = e->state;
	char *end;
	unsigned long nr = strtoul(value, &end, 10);

	if (end == value || *end != ' ' || nr >= s->nb)
		return nf_errors_add(errs, NULL,
			"'NUMBER PATTERN' with a number from 0 to %u is wanted", s->nb - 1);
	return nf_classbase_change(e, (uint32_t)nr, end + 1, ipfilter_read, errs);
}

static const struct nf_handler ipfilter_handlers[] = {
	{ .name = "program", .read = nf_classbase_program },
	{ .name = "pattern",
		.read = ipfilter_pattern,
		.write = ipfilter_change,
		.flags = NF_HANDLER_PARAM },
	{ .name = NULL },
};

const struct nf_class nf_ipfilter = {
	.name = "IPFilter",
	.ports = "1/-",
	.processing = "h/h",
	.state_size = sizeof(struct nf_classbase),
	.configure = ipfilter_configure,
	.cleanup = nf_classbase_free,
	.push = ipfilter_push,
	.pull = ipfilter_pull,
	.each = ipfilter_each,
	.each_name = "ipfilter_each",
	.drops = (const char *const[]){ "no match", NULL },
	.handlers = ipfilter_handlers,
};
