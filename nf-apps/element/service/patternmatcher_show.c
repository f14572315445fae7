/* SPDX-License-Identifier: BSD-3-Clause */
/* Handlers of PatternMatcher. */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/service/patternmatcher.h"

struct nf_patternmatcher_alert *nf_patternmatcher_next_alert(struct nf_patternmatcher *s)
{
	return s->max_alerts == 0 ? NULL : &s->alerts[s->nb_alerts++ % s->max_alerts];
}

void nf_patternmatcher_print_alert(const struct nf_patternmatcher_alert *x, struct nf_text *out)
{
	char src[NF_ADDR_IP4_LEN], dst[NF_ADDR_IP4_LEN];

	nf_addr_print_time(x->time_ns, out);
	nf_text_printf(out, " %u %s:%u > %s:%u %s", x->proto, nf_addr_print_ip4(x->src, src),
		x->sport, nf_addr_print_ip4(x->dst, dst), x->dport, x->name);
}

static int pmatch_read_alerts(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_patternmatcher *s = e->state;
	uint64_t i = s->nb_alerts > s->max_alerts ? s->nb_alerts - s->max_alerts : 0;

	for (; i < s->nb_alerts; i++) {
		nf_patternmatcher_print_alert(&s->alerts[i % s->max_alerts], out);
		if (i + 1 < s->nb_alerts)
			nf_text_add(out, "\n", 1);
	}
	return 0;
}

static int pmatch_clear_alerts(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	((struct nf_patternmatcher *)e->state)->nb_alerts = 0;
	return 0;
}

static int pmatch_read_patterns(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_patternset *set = &((struct nf_patternmatcher *)e->state)->set;

	for (uint32_t i = 0; i < set->nb; i++)
		nf_text_printf(out, "%s%llu\t%s", i == 0 ? "" : "\n",
			(unsigned long long)set->rules[i].nb_matches, set->rules[i].name);
	return 0;
}

static int pmatch_read_stats(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_patternmatcher *s = e->state;

	for (unsigned i = 0; i < 2; i++) {
		const struct nf_acdfa *d = &s->set.automaton[i];

		nf_text_printf(out, "%s: %u patterns, %u states, %u classes, %u rows, %zu bytes\n",
			i == 0 ? "exact" : "nocase", d->nb_patterns, d->nb_states, d->nb_classes,
			d->nb_rows, d->bytes);
	}
	nf_text_printf(out, "flows %u, buffers in use %u of %u", s->flows.nb_entries,
		s->pool.nb - s->pool.nb_free, s->pool.nb);
	return 0;
}

const struct nf_handler nf_patternmatcher_handlers[] = {
	{ .name = "alerts", .read = pmatch_read_alerts },
	{ .name = "clear_alerts", .write = pmatch_clear_alerts, .flags = NF_HANDLER_BUTTON },
	{ .name = "patterns", .read = pmatch_read_patterns },
	{ .name = "stats", .read = pmatch_read_stats },
	NF_HANDLER_U64("matches", struct nf_patternmatcher, nb_matches),
	NF_HANDLER_U64("opened", struct nf_patternmatcher, nb_opened),
	NF_HANDLER_U64("evicted", struct nf_patternmatcher, nb_evicted),
	NF_HANDLER_U64("unheld", struct nf_patternmatcher, nb_unheld),
	NF_HANDLER_U64("stateless", struct nf_patternmatcher, nb_stateless),
	NF_HANDLER_U64("conflicts", struct nf_patternmatcher, pool.nb_conflicts),
	NF_HANDLER_U32("size", struct nf_patternmatcher, flows.nb_entries),
	{ .name = NULL },
};
