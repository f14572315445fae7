/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RoundRobinIPMapper(PATTERN1, ..., PATTERNn)
 *
 * A mapper for rewriters: new flows get the patterns in turn. If one has no port free, the next is
 *tried.
 *
 * Arguments: each "SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT" (see IPRewriter), or a pattern's name
 *with outputs. Ports: none. Handlers: patterns (r).
 *
 *	lb :: RoundRobinIPMapper(- - 10.0.0.1 - 0 1, - - 10.0.0.2 - 0 1);
 *	rw :: IPRewriter(lb, drop);
 */
#include "nf-apps/element/rewrite/rwpatterns.h"

struct roundrobinipmapper {
	struct nf_rwmapper mapper;
	struct nf_rwpatterns list;
	uint32_t next;
};

static int roundrobinipmapper_map(struct nf_element *m, const struct nf_rwpattern_how *how,
	const struct nf_rwkey *in, struct nf_rwkey *out, uint16_t outputs[2])
{
	struct roundrobinipmapper *s = m->state;

	for (uint32_t tries = 0; tries < s->list.nb; tries++) {
		const struct nf_rwpatterns_one *one = &s->list.v[s->next];
		int rc = nf_rwpattern_apply(one->pattern, how, in, out);

		s->next = s->next + 1 < s->list.nb ? s->next + 1 : 0;
		if (rc == NF_RWPATTERN_MAPPED) {
			memcpy(outputs, one->out, sizeof(one->out));
			return rc;
		}
	}
	return NF_RWPATTERN_DROP;
}

static uint32_t roundrobinipmapper_max_output(const struct nf_element *m)
{
	return nf_rwpatterns_max_output(&((const struct roundrobinipmapper *)m->state)->list);
}

static void roundrobinipmapper_cleanup(struct nf_element *m)
{
	nf_rwpatterns_free(&((struct roundrobinipmapper *)m->state)->list);
}

static const struct nf_rwmapper_ops roundrobinipmapper_ops = { .map = roundrobinipmapper_map,
	.max_output = roundrobinipmapper_max_output,
	.cleanup = roundrobinipmapper_cleanup };

static int roundrobinipmapper_configure(struct nf_element *e, struct nf_args *a)
{
	struct roundrobinipmapper *s = e->state;

	s->mapper.ops = &roundrobinipmapper_ops;
	nf_rwpatterns_read(&s->list, a, false);
	return nf_args_end(a);
}

static void roundrobinipmapper_take_state(struct nf_element *e, struct nf_element *old)
{
	struct roundrobinipmapper *s = e->state;
	const struct roundrobinipmapper *was = old->state;

	if (s->list.nb > 0)
		s->next = was->next % s->list.nb;
}

static int roundrobinipmapper_read(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_rwpatterns_print(&((const struct roundrobinipmapper *)e->state)->list, out);
	return 0;
}

const struct nf_class nf_roundrobinipmapper = {
	.name = "RoundRobinIPMapper",
	.ports = "0/0",
	.processing = "a/a",
	.state_size = sizeof(struct roundrobinipmapper),
	.configure = roundrobinipmapper_configure,
	.cleanup = nf_rwmapper_cleanup,
	.take_state = roundrobinipmapper_take_state,
	.handlers =
		(const struct nf_handler[]){
			{ .name = "patterns", .read = roundrobinipmapper_read }, { .name = NULL } },
	.phase = NF_RWMAPPER_PHASE,
};
