/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/click/print.h"
#include "nf-apps/element/basic/handlercall.h"

/* One word and what follows it, as one string each. */
static char *handlercall_value(const char *s, const char *end)
{
	char *raw, *value;

	s = nf_args_text_space(s, end);
	raw = strndup(s, (size_t)(end - s));
	if (raw == NULL || (*raw != '"' && *raw != '\''))
		return raw;
	value = nf_args_unquote(raw, NULL);
	free(raw);
	return value;
}

int nf_handlercall_set(struct nf_handlercall *c, const char *text)
{
	const char *end = text + strlen(text), *s = nf_args_text_space(text, end), *word;
	struct nf_handlercall made;
	char *whole = NULL;

	if (*s == '"' || *s == '\'') { /* "a.b value": quotes around all of it */
		whole = nf_args_unquote(s, NULL);
		if (whole == NULL)
			return -ENOMEM;
		s = whole;
		end = s + strlen(s);
	}
	for (word = s; s < end && !nf_args_text_is_space(*s);)
		s = nf_args_text_item(s, end);
	made.name = strndup(word, (size_t)(s - word));
	made.value = handlercall_value(s, end);
	free(whole);
	if (made.name == NULL || made.value == NULL) {
		nf_handlercall_free(&made);
		return -ENOMEM;
	}
	nf_handlercall_free(c);
	*c = made;
	if (*c->name == 0)
		nf_handlercall_free(c);
	return 0;
}

int nf_handlercall_check(
	const struct nf_handlercall *c, struct nf_element *e, struct nf_errors *errs)
{
	const char *dot = c->name != NULL ? strrchr(c->name, '.') : NULL;
	const struct nf_handler *h;
	struct nf_element *to;
	char *element;

	if (c->name == NULL)
		return 0;
	if (dot == NULL || dot == c->name) {
		h = nf_handler_find_global(dot == NULL ? c->name : dot + 1);
	} else {
		element = strndup(c->name, (size_t)(dot - c->name));
		to = element != NULL ? nf_element_find(e, element) : NULL;
		if (to == NULL)
			nf_errors_add(
				errs, e->where, "no element named '%s'", element ? element : "");
		free(element);
		if (to == NULL)
			return -EINVAL;
		h = nf_handler_find(to, dot + 1);
	}
	if (h == NULL)
		return nf_errors_add(errs, e->where, "no handler named '%s'", c->name);
	if (h->write == NULL)
		return nf_errors_add(errs, e->where, "handler '%s' is read-only", c->name);
	return 0;
}

void nf_handlercall_run(const struct nf_handlercall *c, struct nf_element *e)
{
	struct nf_errors errs = { 0 };
	const char *text;
	size_t len;

	if (c->name == NULL)
		return;
	if (nf_handler_write(e->router, e, c->name, c->value, &errs) < 0) {
		text = nf_text_get(&errs.text);
		len = strcspn(text, "\n");
		if (errs.text.s != NULL)
			errs.text.s[len] = 0;
		nf_print_line(text);
	}
	nf_errors_free(&errs);
}

void nf_handlercall_free(struct nf_handlercall *c)
{
	free(c->name);
	free(c->value);
	*c = (struct nf_handlercall){ 0 };
}
