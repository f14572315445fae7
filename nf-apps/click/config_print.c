/* SPDX-License-Identifier: BSD-3-Clause */
/* A flat configuration as text, laid out as Click's own tools do. */
#include <stdlib.h>
#include "nf-apps/click/config.h"

#define PRINT_NONE UINT32_MAX

/* Chains of links: after each comes one that leaves output 0 of where it arrives at input 0. */
struct print_chains {
	const struct nf_config *c;
	uint32_t *next;
	bool *follows; /* it is the next of another */
	bool *done;
};

/* The first link from output 0 of an element; links may be in any order. */
static uint32_t *print_first(const struct nf_config *c)
{
	uint32_t *first = malloc((c->nb_elements + 1u) * sizeof(*first));

	for (uint32_t i = 0; first != NULL && i < c->nb_elements; i++)
		first[i] = PRINT_NONE;
	for (uint32_t i = c->nb_links; first != NULL && i > 0; i--) {
		if (c->links[i - 1].from_port == 0)
			first[c->links[i - 1].from] = i - 1;
	}
	return first;
}

static void print_link(struct print_chains *p, const uint32_t *first)
{
	for (uint32_t i = 0; i < p->c->nb_links; i++) {
		uint32_t next = p->c->links[i].to_port == 0 ? first[p->c->links[i].to] : PRINT_NONE;

		p->next[i] = PRINT_NONE;
		if (next == PRINT_NONE || next == i || p->follows[next])
			continue;
		p->next[i] = next;
		p->follows[next] = true;
	}
}

static void print_chain(struct print_chains *p, uint32_t i, struct nf_text *out)
{
	const struct nf_config *c = p->c;

	nf_text_printf(out, "%s", c->elements[c->links[i].from].name);
	for (bool first = true; i != PRINT_NONE && !p->done[i]; i = p->next[i]) {
		const struct nf_config_link *l = &c->links[i];

		p->done[i] = true;
		if (l->from_port > 0)
			nf_text_printf(out, " [%u]", l->from_port);
		nf_text_printf(out, "%s-> ", first ? " " : "\n    ");
		if (l->to_port > 0)
			nf_text_printf(out, "[%u] ", l->to_port);
		nf_text_printf(out, "%s", c->elements[l->to].name);
		first = false;
	}
	nf_text_printf(out, ";\n");
}

static void print_links(const struct nf_config *c, struct nf_text *out)
{
	struct print_chains p = { .c = c };
	uint32_t *first = print_first(c);

	p.next = malloc((c->nb_links + 1u) * sizeof(*p.next));
	p.follows = calloc(c->nb_links + 1u, sizeof(*p.follows));
	p.done = calloc(c->nb_links + 1u, sizeof(*p.done));
	if (first == NULL || p.next == NULL || p.follows == NULL || p.done == NULL) {
		out->full = true;
	} else {
		print_link(&p, first);
		for (uint32_t i = 0; i < c->nb_links; i++) {
			if (!p.follows[i])
				print_chain(&p, i, out);
		}
		/* What is left are circles. */
		for (uint32_t i = 0; i < c->nb_links; i++) {
			if (!p.done[i])
				print_chain(&p, i, out);
		}
	}
	free(first);
	free(p.next);
	free(p.follows);
	free(p.done);
}

void nf_config_print(const struct nf_config *c, struct nf_text *out)
{
	if (c->requirements[0] != '\0')
		nf_text_printf(out, "require(%s);\n\n", c->requirements);
	for (uint32_t i = 0; i < c->nb_elements; i++) {
		const struct nf_config_element *e = &c->elements[i];

		nf_text_printf(out, "%s :: %s", e->name, e->class_name);
		if (e->args[0] != '\0')
			nf_text_printf(out, "(%s)", e->args);
		nf_text_printf(out, ";\n");
	}
	if (c->nb_links > 0)
		nf_text_printf(out, "\n");
	print_links(c, out);
}
