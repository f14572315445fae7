/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/control/script.h"

int nf_script_var(struct nf_script *s, const char *name, size_t len, bool add)
{
	struct nf_script_var *v;

	for (uint32_t i = 0; i < s->nb_vars; i++) {
		if (strlen(s->vars[i].name) == len && memcmp(s->vars[i].name, name, len) == 0)
			return (int)i;
	}
	if (!add)
		return -ENOENT;
	if (s->nb_vars == NF_SCRIPT_VARS_MAX)
		return -E2BIG;
	v = realloc(s->vars, (s->nb_vars + 1) * sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	s->vars = v;
	v += s->nb_vars;
	v->name = strndup(name, len);
	v->value = strdup("");
	if (v->name == NULL || v->value == NULL) {
		free(v->name);
		free(v->value);
		return -ENOMEM;
	}
	return (int)s->nb_vars++;
}

int nf_script_var_set(struct nf_script *s, unsigned var, const char *value)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return -ENOMEM;
	free(s->vars[var].value);
	s->vars[var].value = copy;
	return 0;
}

static int scriptvar_read(struct nf_element *e, uintptr_t var, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_script *s = e->state;

	nf_text_add(out, s->vars[var].value, strlen(s->vars[var].value));
	return 0;
}

int nf_script_export(struct nf_script *s, unsigned var)
{
	struct nf_handler *h;

	for (uint32_t i = 0; i < s->nb_exports; i++) {
		if (s->exports[i].arg == var)
			return 0;
	}
	h = realloc(s->exports, (s->nb_exports + 2) * sizeof(*h));
	if (h == NULL)
		return -ENOMEM;
	s->exports = h;
	h[s->nb_exports++] = (struct nf_handler){
		.name = s->vars[var].name, .read = scriptvar_read, .arg = var
	};
	h[s->nb_exports] = (struct nf_handler){ .name = NULL };
	return 0;
}

void nf_script_free(struct nf_script *s)
{
	for (uint32_t i = 0; i < s->nb_insns; i++)
		free(s->insns[i].text);
	for (uint32_t i = 0; i < s->nb_vars; i++) {
		free(s->vars[i].name);
		free(s->vars[i].value);
	}
	free(s->insns);
	free(s->vars);
	free(s->exports);
	free(s->asked);
	free(s->args);
	free(s->called);
	free(s->result);
	s->insns = NULL;
	s->vars = NULL;
	s->exports = NULL;
	s->nb_insns = s->nb_vars = s->nb_exports = 0;
	s->asked = s->args = s->called = s->result = NULL;
}
