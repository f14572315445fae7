/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/click/handler_std.h"

#define READ_ARGS                                                                                  \
	struct nf_element *e, uintptr_t arg, const char *param, struct nf_text *out,               \
		struct nf_errors *errs

static int std_name(READ_ARGS)
{
	nf_text_printf(out, "%s", e->name);
	return 0;
}

static int std_class(READ_ARGS)
{
	nf_text_printf(out, "%s", e->class->name);
	return 0;
}

static int std_config(READ_ARGS)
{
	nf_text_printf(out, "%s", e->args);
	return 0;
}

static void std_peers(const struct nf_element *e, bool in, unsigned port, struct nf_text *out)
{
	const struct nf_config *c = e->router->config;
	const char *sep = "";

	for (uint32_t i = 0; i < c->nb_links; i++) {
		const struct nf_config_link *l = &c->links[i];

		if (in ? l->to != e->index || l->to_port != port
		       : l->from != e->index || l->from_port != port)
			continue;
		if (in)
			nf_text_printf(out, "%s%s [%u]", sep, e->router->elements[l->from]->name,
				l->from_port);
		else
			nf_text_printf(out, "%s[%u] %s", sep, l->to_port,
				e->router->elements[l->to]->name);
		sep = ", ";
	}
	nf_text_printf(out, "\n");
}

static int std_ports(READ_ARGS)
{
	nf_text_printf(out, "%u input%s\n", e->nb_in, e->nb_in == 1 ? "" : "s");
	for (unsigned p = 0; p < e->nb_in; p++) {
		nf_text_printf(out, "%s\t-\t", e->in[p].is_push ? "push" : "pull");
		std_peers(e, true, p, out);
	}
	nf_text_printf(out, "%u output%s\n", e->nb_out, e->nb_out == 1 ? "" : "s");
	for (unsigned p = 0; p < e->nb_out; p++) {
		nf_text_printf(out, "%s\t-\t", e->out[p].is_push ? "push" : "pull");
		std_peers(e, false, p, out);
	}
	return 0;
}

static int std_handlers(READ_ARGS)
{
	nf_handler_list(e, out);
	return 0;
}

/* One line for each reason: "COUNT\tREASON"; those that every element has only if they occurred. */
static int std_dropped(READ_ARGS)
{
	static const char *const common[NF_ELEMENT_DROPS_OWN] = { "unconnected output",
		"endless loop" };

	for (unsigned i = 0; i < NF_ELEMENT_DROPS_OWN; i++) {
		if (e->drops[i] > 0)
			nf_text_printf(out, "%lu\t%s\n", e->drops[i], common[i]);
	}
	for (unsigned i = 0; e->class->drops != NULL && e->class->drops[i] != NULL; i++)
		nf_text_printf(
			out, "%lu\t%s\n", e->drops[NF_ELEMENT_DROPS_OWN + i], e->class->drops[i]);
	return 0;
}

const struct nf_handler nf_handler_std[] = {
	{ .name = "class", .read = std_class },
	{ .name = "name", .read = std_name },
	{ .name = "config", .read = std_config },
	{ .name = "ports", .read = std_ports },
	{ .name = "handlers", .read = std_handlers },
	{ .name = "dropped", .read = std_dropped },
	{ .name = NULL },
};

static int global_version(READ_ARGS)
{
	nf_text_printf(out, "Sluice 0.1.0");
	return 0;
}

static int global_list(READ_ARGS)
{
	nf_text_printf(out, "%u\n", e->router->nb_elements);
	for (uint32_t i = 0; i < e->router->nb_elements; i++)
		nf_text_printf(out, "%s\n", e->router->elements[i]->name);
	return 0;
}

static int global_classes(READ_ARGS)
{
	for (const struct nf_class *const *c = nf_classes; *c != NULL; c++)
		nf_text_printf(out, "%s\n", (*c)->name);
	return 0;
}

static int global_config(READ_ARGS)
{
	nf_text_printf(out, "%s", e->router->text);
	return 0;
}

static int global_flatconfig(READ_ARGS)
{
	nf_config_print(e->router->config, out);
	return 0;
}

static int global_requirements(READ_ARGS)
{
	nf_text_printf(out, "%s", e->router->config->requirements);
	return 0;
}

static int global_handlers(READ_ARGS)
{
	for (const struct nf_handler *h = nf_handler_global; h->name != NULL; h++)
		nf_text_printf(out, "%s\t%s%s\n", h->name, h->read ? "r" : "", h->write ? "w" : "");
	return 0;
}

/* All packets that ended without being sent, over all elements: "COUNT\tELEMENT\tREASON". */
static int global_dropped(READ_ARGS)
{
	for (uint32_t i = 0; i < e->router->nb_elements; i++) {
		const struct nf_element *x = e->router->elements[i];
		struct nf_text lines = { 0 };

		(void)std_dropped((struct nf_element *)x, 0, "", &lines, errs);
		for (char *line = lines.s, *end; line != NULL && *line != '\0'; line = end + 1) {
			char *tab = strchr(line, '\t');

			end = strchr(line, '\n');
			*tab = *end = '\0';
			if (strcmp(line, "0") != 0)
				nf_text_printf(out, "%s\t%s\t%s\n", line, x->name, tab + 1);
		}
		nf_text_free(&lines);
	}
	return 0;
}

/* "BUSY_CYCLES ROUNDS": of the core since it started. */
/* Every counter that elements have, for tools that show rates: "ELEMENT.HANDLER\tVALUE". */
static int global_counters(READ_ARGS)
{
	for (uint32_t i = 0; i < e->router->nb_elements; i++) {
		struct nf_element *x = e->router->elements[i];

		for (const struct nf_handler *h = x->class->handlers; h != NULL && h->name != NULL;
			h++) {
			if (!(h->flags & NF_HANDLER_RATE) || h->read == NULL)
				continue;
			nf_text_printf(out, "%s.%s\t", x->name, h->name);
			(void)!h->read(x, h->arg, "", out, errs);
			nf_text_printf(out, "\n");
		}
	}
	return 0;
}

static int global_cycles(READ_ARGS)
{
	nf_text_printf(out, "%lu %lu", e->core->busy_cycles, e->core->rounds);
	return 0;
}

static int global_pools(READ_ARGS)
{
	const struct nf_packet_pools *p = &e->core->pools;

	nf_text_printf(out, "small %u free of %u\n", p->small->nb_free, p->small->nb_total);
	if (p->large != NULL)
		nf_text_printf(out, "large %u free of %u\n", p->large->nb_free, p->large->nb_total);
	return 0;
}

static int global_stop(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	nf_router_stop_driver(e->router);
	return 0;
}

static int global_hotconfig(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	return nf_router_change(e->router, value, strlen(value), "config", errs);
}

const struct nf_handler nf_handler_global[] = {
	{ .name = "version", .read = global_version },
	{ .name = "list", .read = global_list },
	{ .name = "classes", .read = global_classes },
	{ .name = "config", .read = global_config },
	{ .name = "flatconfig", .read = global_flatconfig },
	{ .name = "requirements", .read = global_requirements },
	{ .name = "handlers", .read = global_handlers },
	{ .name = "dropped", .read = global_dropped },
	{ .name = "counters", .read = global_counters },
	{ .name = "cycles", .read = global_cycles },
	{ .name = "pools", .read = global_pools },
	{ .name = "hotconfig", .write = global_hotconfig },
	{ .name = "stop", .write = global_stop, .flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};
