/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "nf-apps/twin/compile.h"

/* An element with more outputs is called by its own push function: each way out of a segment costs
 * stack. */
#define FUSED_OUTPUTS_MAX 8
/* With so many ways out a segment takes in no more elements. */
#define SEGMENT_EXITS 24

/* A place to go to: an input of an element, or (emit) an output whose link is not to be replaced.
 */
struct comp_place {
	uint32_t e;
	uint16_t port;
	bool emit;
};

struct comp_places {
	struct comp_place *v;
	uint32_t nb, room;
};

struct comp {
	const struct nf_router *r;
	const struct nf_config *other;
	struct nf_text *out;
	struct nf_errors *errs;
	struct comp_places entries;      /* segments, by where they begin */
	struct comp_places nodes, exits; /* of the segment at hand */
	bool failed;
};

/* The number of a place in the list; added if it was not there. */
static uint32_t comp_place(struct comp *c, struct comp_places *l, struct comp_place at)
{
	for (uint32_t i = 0; i < l->nb; i++) {
		if (l->v[i].e == at.e && l->v[i].port == at.port && l->v[i].emit == at.emit)
			return i;
	}
	if (l->nb == l->room) {
		uint32_t room = l->room ? 2 * l->room : 64;
		void *v = realloc(l->v, room * sizeof(*l->v));

		if (v == NULL) {
			c->failed = true;
			return 0;
		}
		l->v = v;
		l->room = room;
	}
	l->v[l->nb] = at;
	return l->nb++;
}

static const char *comp_symbol(const struct nf_class *class, const char *const table[])
{
	for (unsigned i = 0; nf_classes[i] != NULL; i++) {
		if (nf_classes[i] == class)
			return table[i];
	}
	return "";
}

/* One that prints itself as C is fused if it can: else its own vector function is the better one. */
static bool comp_fusable(const struct nf_element *e)
{
	struct nf_text scratch = { 0 };
	bool can = e->class->each != NULL && e->nb_out <= FUSED_OUTPUTS_MAX;

	if (can && e->class->write_c != NULL)
		can = e->class->write_c((struct nf_element *)(uintptr_t)e, "x", &scratch) == 0;
	nf_text_free(&scratch);
	return can;
}

/* Its arguments hold what is known only when the machine starts. */
static bool comp_open(const struct comp *c, const struct nf_element *e)
{
	return strcmp(e->args, c->other->elements[e->index].args) != 0;
}

/* A link that closes a cycle keeps the function that counts how often it is gone round. */
static bool comp_guarded(const struct nf_link *l)
{
	return l->push != l->peer->class->push;
}

static void comp_quoted(struct comp *c, const char *s)
{
	nf_text_printf(c->out, "\"");
	for (; *s != '\0'; s++) {
		unsigned char ch = (unsigned char)*s;

		if (ch == '\n')
			nf_text_printf(c->out, "\\n\"\n\t\"");
		else if (ch < ' ' || ch > '~' || ch == '"' || ch == '\\' || ch == '?')
			nf_text_printf(c->out, "\\%03o", ch);
		else
			nf_text_add(c->out, s, 1);
	}
	nf_text_printf(c->out, "\"");
}

/* Each source file of a class in use once. */
static void comp_includes(struct comp *c)
{
	const struct nf_router *r = c->r;

	for (unsigned k = 0; nf_classes[k] != NULL; k++) {
		bool used = false, again = false;

		for (uint32_t i = 0; i < r->nb_elements && !used; i++)
			used = strcmp(nf_classes_files[k],
				       comp_symbol(r->elements[i]->class, nf_classes_files)) == 0;
		for (unsigned j = 0; j < k && !again; j++)
			again = strcmp(nf_classes_files[j], nf_classes_files[k]) == 0;
		if (used && !again)
			nf_text_printf(c->out, "#include \"%s\"\n", nf_classes_files[k]);
	}
}

static void comp_table(struct comp *c)
{
	const struct nf_router *r = c->r;

	nf_text_printf(c->out, "\nconst struct nf_class *const nf_classes[] = {\n");
	for (unsigned k = 0; nf_classes[k] != NULL; k++) {
		bool used = false;

		for (uint32_t i = 0; i < r->nb_elements && !used; i++)
			used = strcmp(nf_classes_files[k],
				       comp_symbol(r->elements[i]->class, nf_classes_files)) == 0;
		if (used)
			nf_text_printf(c->out, "\t&%s,\n", nf_classes_symbols[k]);
	}
	nf_text_printf(c->out, "\tNULL,\n};\n\n");
}

/* The element's conf as bytes: the compiler reads its fields out of them. */
static void comp_conf(struct comp *c, const struct nf_element *e)
{
	const uint8_t *b = e->conf;

	nf_text_printf(c->out, "static const uint8_t conf_%u[%u] UK_ALIGNED(16) = {", e->index,
		e->class->conf_size ? e->class->conf_size : 1);
	for (uint32_t i = 0; i < e->class->conf_size; i++)
		nf_text_printf(c->out, "%s%u,", i % 24 == 0 ? "\n\t" : "", b[i]);
	nf_text_printf(c->out, "%s};\n", e->class->conf_size ? "\n" : " 0 ");
}

/* What is called for one packet: the class' function, or one made for this element. */
static void comp_functions(struct comp *c)
{
	for (uint32_t i = 0; i < c->r->nb_elements; i++) {
		struct nf_element *e = c->r->elements[i];
		char name[32];

		if (!comp_fusable(e))
			continue;
		if (comp_open(c, e))
			continue;
		comp_conf(c, e);
		if (e->class->write_c == NULL)
			continue;
		snprintf(name, sizeof(name), "each_%u", i);
		(void)!e->class->write_c(e, name, c->out); /* comp_fusable tried */
	}
}

/* Where output `port` of a fused element leads to: a label in the segment, or a way out of it. */
static void comp_goto(struct comp *c, const struct nf_element *e, unsigned port)
{
	const struct nf_link *l = &e->out[port];
	struct comp_place to = { l->peer->index, l->port, false };
	uint32_t before = c->nodes.nb;

	if (comp_guarded(l)) {
		struct comp_place emit = { e->index, (uint16_t)port, true };

		nf_text_printf(c->out, "\t\t\tgoto exit_%u;\n", comp_place(c, &c->exits, emit));
		return;
	}
	if (comp_fusable(l->peer)) {
		bool known = false;

		for (uint32_t i = 0; i < before && !known; i++)
			known = c->nodes.v[i].e == to.e && c->nodes.v[i].port == to.port;
		if (known || c->exits.nb < SEGMENT_EXITS) {
			nf_text_printf(
				c->out, "\t\t\tgoto node_%u;\n", comp_place(c, &c->nodes, to));
			return;
		}
	}
	nf_text_printf(c->out, "\t\t\tgoto exit_%u;\n", comp_place(c, &c->exits, to));
}

static void comp_node(struct comp *c, uint32_t nr)
{
	const struct comp_place at = c->nodes.v[nr];
	const struct nf_element *e = c->r->elements[at.e];

	nf_text_printf(c->out, "\tnode_%u: __attribute__((unused));\n", nr);
	if (e->class->write_c != NULL && !comp_open(c, e))
		nf_text_printf(c->out, "\t\tr = each_%u(", at.e);
	else
		nf_text_printf(
			c->out, "\t\tr = %s.each(", comp_symbol(e->class, nf_classes_symbols));
	if (comp_open(c, e))
		nf_text_printf(c->out, "e_%u, e_%u->conf, %u, p); /* %s */\n", nr, nr, at.port,
			e->class->name);
	else
		nf_text_printf(c->out, "e_%u, conf_%u, %u, p); /* %s */\n", nr, at.e, at.port,
			e->class->name);
	nf_text_printf(c->out, "\t\tswitch (r) {\n");
	for (unsigned port = 0; port < e->nb_out; port++) {
		nf_text_printf(c->out, "\t\tcase %u:\n", port);
		comp_goto(c, e, port);
	}
	nf_text_printf(c->out,
		"\t\tdefault:\n\t\t\tnf_element_each_end(e_%u, r, p);\n\t\t\tcontinue;\n\t\t}\n",
		nr);
}

static void comp_exits(struct comp *c, struct nf_text *head, struct nf_text *tail)
{
	for (uint32_t i = 0; i < c->exits.nb; i++) {
		const struct comp_place x = c->exits.v[i];
		const struct nf_class *class = c->r->elements[x.e]->class;

		nf_text_printf(head,
			"\tstruct uk_netbuf *v_%u[UK_BURST_MAX];\n\tuint16_t n_%u = 0;\n", i, i);
		nf_text_printf(
			c->out, "\texit_%u:\n\t\tv_%u[n_%u++] = p;\n\t\tcontinue;\n", i, i, i);
		if (x.emit)
			nf_text_printf(tail, "\tnf_element_emit(el[%u], %u, v_%u, n_%u);\n", x.e,
				x.port, i, i);
		else
			nf_text_printf(tail,
				"\tif (n_%u > 0)\n\t\t%s.push(el[%u], %u, v_%u, n_%u);\n", i,
				comp_symbol(class, nf_classes_symbols), x.e, x.port, i, i);
	}
}

static void comp_segment(struct comp *c, uint32_t nr)
{
	struct nf_text *out = c->out, body = { 0 }, head = { 0 }, tail = { 0 };

	c->nodes.nb = c->exits.nb = 0;
	(void)comp_place(c, &c->nodes, c->entries.v[nr]);
	c->out = &body;
	for (uint32_t i = 0; i < c->nodes.nb && !c->failed; i++)
		comp_node(c, i);
	comp_exits(c, &head, &tail);
	c->out = out;
	/* in locals, for a packet's bytes may lie anywhere as far as the compiler knows, in el[] too */
	for (uint32_t i = 0; i < c->nodes.nb; i++)
		nf_text_printf(
			&head, "\tstruct nf_element *const e_%u = el[%u];\n", i, c->nodes.v[i].e);
	nf_text_printf(out,
		"\nstatic void segment_%u(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)\n{\n%s\n",
		nr, nf_text_get(&head));
	nf_text_printf(out,
		"\tfor (uint16_t i = 0; i < n; i++) {\n\t\tstruct uk_netbuf *p = v[i];\n\t\tint r;\n\n%s\t}\n%s}\n",
		nf_text_get(&body), nf_text_get(&tail));
	c->failed |= body.full | head.full | tail.full;
	nf_text_free(&body);
	nf_text_free(&head);
	nf_text_free(&tail);
}

/* Segments begin where an element that is not fused pushes into one that is. */
static void comp_links(struct comp *c, struct nf_text *table)
{
	for (uint32_t i = 0; i < c->r->nb_elements; i++) {
		const struct nf_element *e = c->r->elements[i];

		for (unsigned port = 0; port < e->nb_out; port++) {
			const struct nf_link *l = &e->out[port];

			if (!l->is_push || comp_fusable(e) || comp_guarded(l) ||
				!comp_fusable(l->peer))
				continue;
			nf_text_printf(table, "\t{ %u, %u, segment_%u },\n", i, port,
				comp_place(c, &c->entries,
					(struct comp_place){ l->peer->index, l->port, false }));
		}
	}
}

static void comp_confs(struct comp *c)
{
	nf_text_printf(c->out,
		"\nstatic const struct {\n\tuint32_t e, len;\n\tconst uint8_t *conf;\n} confs[] = {\n");
	for (uint32_t i = 0; i < c->r->nb_elements; i++) {
		if (comp_fusable(c->r->elements[i]) && !comp_open(c, c->r->elements[i]))
			nf_text_printf(c->out, "\t{ %u, %u, conf_%u },\n", i,
				c->r->elements[i]->class->conf_size, i);
	}
	nf_text_printf(c->out, "\t{ 0, 0, NULL },\n};\n");
}

static void comp_hooks(struct comp *c, const char *file)
{
	nf_text_printf(c->out,
		"\nint nf_main_text(const char **text, size_t *len, const char **file)\n{\n"
		"\tstatic const char config[] =\n\t\t");
	comp_quoted(c, c->r->text);
	nf_text_printf(c->out, ";\n\n\t*text = config;\n\t*len = sizeof(config) - 1;\n\t*file = ");
	comp_quoted(c, file);
	nf_text_printf(c->out,
		";\n\treturn 0;\n}\n\n"
		"void nf_main_made(struct nf_router *r)\n{\n"
		"\tUK_ASSERT(r->nb_elements == %u);\n"
		"\tfor (unsigned i = 0; i < r->nb_elements; i++)\n\t\tel[i] = r->elements[i];\n"
		"\t/* what was compiled in is what the elements have made of their arguments */\n"
		"\tfor (unsigned i = 0; confs[i].conf != NULL; i++)\n"
		"\t\tUK_ASSERT(memcmp(el[confs[i].e]->conf, confs[i].conf, confs[i].len) == 0);\n"
		"\tfor (unsigned i = 0; links[i].push != NULL; i++)\n"
		"\t\tel[links[i].e]->out[links[i].port].push = links[i].push;\n}\n",
		c->r->nb_elements);
}

/* What the command line said about variables, but for the devices' addresses. */
static void comp_defines(struct comp *c, const struct nf_config_define *v, unsigned nb)
{
	nf_text_printf(c->out, "\nunsigned nf_main_defines(const struct nf_config_define **v)\n{\n"
			       "\tstatic const struct nf_config_define defines[] = {\n");
	for (unsigned i = 0; i < nb; i++) {
		nf_text_printf(c->out, "\t\t{ ");
		comp_quoted(c, v[i].name);
		nf_text_printf(c->out, ", ");
		comp_quoted(c, v[i].value);
		nf_text_printf(c->out, " },\n");
	}
	nf_text_printf(
		c->out, "\t\t{ NULL, NULL },\n\t};\n\n\t*v = defines;\n\treturn %u;\n}\n", nb);
}

int nf_compile_print(const struct nf_router *r, const struct nf_config *other, const char *file,
	const struct nf_config_define *defines, unsigned nb_defines, struct nf_text *out,
	struct nf_errors *errs)
{
	struct comp c = { .r = r, .other = other, .out = out, .errs = errs };
	struct nf_text links = { 0 };

	UK_ASSERT(other->nb_elements == r->nb_elements);
	nf_text_printf(out,
		"/* Made by ./sluice build nf --config from a configuration of %u elements. */\n"
		"#include \"nf-apps/click/router.h\"\n#include \"nf-apps/nf/main.h\"\n",
		r->nb_elements);
	comp_includes(&c);
	comp_table(&c);
	nf_text_printf(
		out, "static struct nf_element *el[%u];\n", r->nb_elements ? r->nb_elements : 1);
	comp_functions(&c);
	comp_links(&c, &links);
	for (uint32_t i = 0; i < c.entries.nb; i++)
		comp_segment(&c, i);
	nf_text_printf(out,
		"\nstatic const struct {\n\tuint32_t e, port;\n\tnf_push_fn push;\n} links[] = {\n%s\t{ 0, 0, NULL },\n};\n",
		nf_text_get(&links));
	comp_confs(&c);
	comp_hooks(&c, file);
	comp_defines(&c, defines, nb_defines);
	c.failed |= links.full;
	nf_text_free(&links);
	free(c.entries.v);
	free(c.nodes.v);
	free(c.exits.v);
	if (!c.failed && !out->full)
		return 0;
	nf_errors_add(errs, NULL, "out of memory while the configuration is compiled");
	return -ENOMEM;
}
