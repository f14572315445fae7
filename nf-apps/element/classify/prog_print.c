/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/click/text.h"
#include "nf-apps/element/classify/prog.h"

/* Click counts through the headers: Ethernet from 0, IP from 256, what follows it from 512. */
static const uint16_t print_base[NF_RULE_BASES] = {
	[NF_RULE_MAC] = 0, [NF_RULE_NET] = 256, [NF_RULE_TRANSP] = 512, [NF_RULE_DATA] = 0
};

static void print_target(struct nf_text *out, const char *what, int32_t t)
{
	if (t >= 0)
		nf_text_printf(out, "  %s->step %d", what, t);
	else if (NF_PROG_NB(t) == NF_PROG_DROP)
		nf_text_printf(out, "  %s->[X]", what);
	else
		nf_text_printf(out, "  %s->[%d]", what, NF_PROG_NB(t));
}

void nf_prog_print(const struct nf_prog *p, struct nf_text *out)
{
	uint32_t safe = 0;

	for (uint32_t i = 0; i < p->nb; i++) {
		const struct nf_prog_step *s = &p->v[i];

		nf_text_printf(out, "%2u %3u/%08x%%%08x", i, print_base[s->base] + s->off,
			__builtin_bswap32(s->value), __builtin_bswap32(s->mask));
		print_target(out, "yes", s->to[1]);
		print_target(out, "no", s->to[0]);
		nf_text_printf(out, "%s\n", s->short_to ? "  short->yes" : "");
		if (safe < print_base[s->base] + (uint32_t)s->need)
			safe = print_base[s->base] + (uint32_t)s->need;
	}
	if (p->start < 0 && NF_PROG_NB(p->start) == NF_PROG_DROP)
		nf_text_printf(out, "all->[X]\n");
	else if (p->start < 0)
		nf_text_printf(out, "all->[%d]\n", NF_PROG_NB(p->start));
	nf_text_printf(out, "safe length %u\nalignment offset 0\n", safe);
}

static void print_c_target(struct nf_text *out, const char *drop, int32_t t)
{
	if (t >= 0)
		nf_text_printf(out, "goto step_%d;", t);
	else if (NF_PROG_NB(t) == NF_PROG_DROP)
		nf_text_printf(out, "return %s;", drop);
	else
		nf_text_printf(out, "return %d;", NF_PROG_NB(t));
}

void nf_prog_print_c(const struct nf_prog *p, const char *drop, struct nf_text *out)
{
	static const char *const names[] = { "at_mac", "at_net", "at_transp", "at_data" };

	if (p->start < 0) {
		nf_text_printf(out, "\t");
		print_c_target(out, drop, p->start);
		nf_text_printf(out, "\n");
	}
	for (uint32_t i = 0; i < p->nb; i++) {
		const struct nf_prog_step *s = &p->v[i];

		if (i > 0)
			nf_text_printf(out, "step_%u: __attribute__((unused));\n", i);
		nf_text_printf(out, "\tif ((nf_patterns_word(%s + %u) & 0x%xu) == 0x%xu)\n\t\t",
			names[s->base], s->off, s->mask, s->value);
		print_c_target(out, drop, s->to[1]);
		nf_text_printf(out, "\n\t");
		print_c_target(out, drop, s->to[0]);
		nf_text_printf(out, "\n");
	}
}
