/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include "nf-apps/element/ip/ipsay.h"
#include "nf-apps/element/ip/ipstat.h"

void nf_ipstat_args(struct nf_ipstat *s, struct nf_args *a)
{
	nf_args_bool(a, "VERBOSE", 0, &s->verbose);
	nf_args_bool(a, "DETAILS", 0, &s->details);
}

int nf_ipstat_bad(struct nf_element *e, struct nf_ipstat *s, const char *what, unsigned reason)
{
	if (s->nb_bad == 0 || s->verbose)
		nf_ipsay(e, "%s header check failed: %s", what, e->class->drops[reason]);
	s->nb_bad++;
	s->nb_by[reason]++;
	return e->nb_out > 1 ? 1 : NF_DROP(reason);
}

void nf_ipstat_take(struct nf_ipstat *s, const struct nf_ipstat *old)
{
	s->nb_bad += old->nb_bad;
	for (unsigned i = 0; i < NF_IPSTAT_REASONS_MAX; i++)
		s->nb_by[i] += old->nb_by[i];
}

int nf_ipstat_read_details(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_ipstat *s = (const void *)((const uint8_t *)e->state + off);

	if (!s->details)
		return nf_errors_add(
			errs, e->where, "%s: no drop_details without DETAILS true", e->name);
	for (unsigned i = 0; e->class->drops[i] != NULL; i++)
		nf_text_printf(out, "%lu\t%s\n", s->nb_by[i], e->class->drops[i]);
	return 0;
}
