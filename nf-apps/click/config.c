/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration from text to elements and links: see config.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/click/config.h"
#include "nf-apps/click/config_flat.h"

/* What nf_config_parse gives away, with the memory of all that it points to. */
struct config_whole {
	struct nf_config config;
	struct nf_arena arena;
};

/* Variables from outside belong to the file and are there first. */
static void config_outside(
	struct nf_config_tree *t, const struct nf_config_define *defines, unsigned nb_defines)
{
	for (unsigned i = 0; i < nb_defines; i++) {
		const char *s = defines[i].value, *end = s + strlen(s);
		const char *name =
			nf_arena_copy(&t->arena, defines[i].name, strlen(defines[i].name));
		char *value = nf_arena_alloc(&t->arena, (size_t)(end - s) + 2);

		if (name == NULL || value == NULL)
			return;
		nf_args_text_argument(&s, end, false, value);
		nf_config_def_var(t, name, value, true);
	}
}

/* Text to tree. */
static void config_read(struct nf_config_tree *t, const char *text, size_t len, const char *file,
	const struct nf_config_define *defines, unsigned nb_defines)
{
	struct nf_lexer_place at = { file, 1 };
	const char *zero = len > 0 ? memchr(text, 0, len) : NULL;

	nf_lexer_init(&t->lexer, text, len, file, &t->arena, t->errs);
	t->input = t->output = NF_ARENA_NONE;
	t->ends_output = true;
	t->file = nf_config_def_new(t, "", at);
	t->def = t->file;
	if (t->file == NULL)
		return;
	if (len > NF_CONFIG_TEXT_MAX) {
		nf_config_def_limit(t, at, "the configuration is too long");
		return;
	}
	for (; zero != NULL && text < zero; text++)
		at.line += *text == '\n';
	if (zero != NULL) {
		nf_config_def_limit(t, at, "a byte is zero");
		return;
	}
	t->text_len = len;
	config_outside(t, defines, nb_defines);
	nf_config_parse_file(t);
}

static void config_element(
	struct config_whole *w, struct nf_config_element *e, const struct nf_config_node *n)
{
	char where[NF_LEXER_PLACE_MAX];

	e->name = nf_arena_copy(&w->arena, n->name, strlen(n->name));
	e->class_name = nf_arena_copy(&w->arena, n->class_name, strlen(n->class_name));
	e->args = nf_arena_copy(&w->arena, n->args, strlen(n->args));
	nf_lexer_print_place(n->item->at, where);
	e->where = nf_arena_copy(&w->arena, where, strlen(where));
}

/* Nodes that are elements of the program's classes, in their order. */
static void config_elements(struct nf_config_flat *f, struct config_whole *w)
{
	struct nf_config *c = &w->config;
	uint32_t nb = 0;

	for (uint32_t i = 0; i < f->nb_nodes; i++) {
		if (f->nodes[i].class_name != NULL)
			f->nodes[i].index = nb++;
	}
	if (nb > NF_CONFIG_ELEMENTS_MAX) {
		nf_config_def_limit(f->t, f->t->file->at, "too many elements");
		return;
	}
	c->elements = nf_arena_alloc(&w->arena, (nb + 1u) * sizeof(*c->elements));
	if (c->elements == NULL)
		return;
	for (uint32_t i = 0; i < f->nb_nodes; i++) {
		if (f->nodes[i].class_name != NULL)
			config_element(w, &c->elements[c->nb_elements++], &f->nodes[i]);
	}
}

/* Tree to configuration. NULL: no memory. Errors: see t->errs. */
static struct nf_config *config_flat(struct nf_config_tree *t)
{
	struct nf_config_flat f = { .t = t };
	struct config_whole *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	nf_config_flatten(&f);
	if (!t->stop && !t->arena.failed)
		config_elements(&f, w);
	if (!t->stop && !t->arena.failed)
		nf_config_links(&f, &w->config, &w->arena);
	w->config.requirements =
		nf_arena_copy(&w->arena, nf_text_get(&t->requirements), t->requirements.len);
	if (w->arena.failed || t->arena.failed || t->requirements.full) {
		nf_config_free(&w->config);
		return NULL;
	}
	return &w->config;
}

int nf_config_parse(const char *text, size_t len, const char *file,
	const struct nf_config_define *defines, unsigned nb_defines, struct nf_config **out,
	struct nf_errors *errs)
{
	struct nf_config_tree t = { .errs = errs };
	unsigned nb_errors = errs->nb_errors;
	struct nf_config *c = NULL;
	int rc = -EINVAL;

	*out = NULL;
	config_read(&t, text, len, file, defines, nb_defines);
	if (!t.bad_syntax && !t.stop && !t.arena.failed)
		c = config_flat(&t);
	if (errs->nb_errors == nb_errors)
		rc = c != NULL ? 0 : -ENOMEM;
	if (rc == 0)
		*out = c;
	else
		nf_config_free(c);
	nf_text_free(&t.requirements);
	nf_arena_free(&t.arena);
	return rc;
}

void nf_config_free(struct nf_config *c)
{
	struct config_whole *w = (struct config_whole *)c;

	if (w == NULL)
		return;
	nf_arena_free(&w->arena);
	free(w);
}
