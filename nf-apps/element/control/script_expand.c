/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/click/interrupt.h"
#include "nf-apps/element/control/script.h"

#define SCRIPTEXPAND_DEPTH_MAX 16 /* $( ) in each other */

struct scriptexpand {
	struct nf_element *e;
	struct nf_errors *errs;
	struct nf_text *out;
	unsigned depth;
	bool verbatim;
	bool in_double; /* quotes, at the place that is looked at */
};

static int scriptexpand_text(struct scriptexpand *x, const char *s, const char *end);

/* Puts a value where a variable stood. */
static void scriptexpand_put(struct scriptexpand *x, const char *value, size_t len)
{
	bool wrap = x->verbatim && !x->in_double;

	if (!x->verbatim && !x->in_double) {
		nf_text_add(x->out, value, len);
		return;
	}
	if (wrap)
		nf_text_add(x->out, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		if (value[i] == '"' || value[i] == '\\' || value[i] == '$')
			nf_text_add(x->out, "\\", 1);
		nf_text_add(x->out, value + i, 1);
	}
	if (wrap)
		nf_text_add(x->out, "\"", 1);
}

/* $1, $2 ...: a word of $args. */
static bool scriptexpand_argument(struct scriptexpand *x, uint64_t nr)
{
	const struct nf_script *s = x->e->state;
	const char *rest = s->args != NULL ? s->args : "", *w = "";
	size_t len = 0;

	while (nr-- > 0 && nf_script_word(&rest, &w, &len))
		;
	scriptexpand_put(x, w, len);
	return true;
}

static unsigned scriptexpand_nb_arguments(const struct nf_script *s)
{
	const char *rest = s->args != NULL ? s->args : "", *w;
	unsigned nb = 0;
	size_t len;

	while (nf_script_word(&rest, &w, &len))
		nb++;
	return nb;
}

/* Variables that every script has. False: it is none of them. */
static bool scriptexpand_special(struct scriptexpand *x, const char *name)
{
	const struct nf_script *s = x->e->state;
	char buf[24] = "";
	const char *v = buf;
	uint64_t nr;

	if (strcmp(name, "?") == 0)
		(void)snprintf(buf, sizeof(buf), "%d", s->status);
	else if (strcmp(name, "#") == 0)
		(void)snprintf(buf, sizeof(buf), "%u", scriptexpand_nb_arguments(s));
	else if (strcmp(name, "$") == 0)
		(void)snprintf(buf, sizeof(buf), "%u", nf_interrupt_self());
	else if (strcmp(name, "args") == 0)
		v = s->args != NULL ? s->args : "";
	else if (strcmp(name, "0") == 0 && s->called != NULL)
		v = s->called;
	else if (strcmp(name, "write") == 0 && s->called != NULL)
		v = s->called_write ? "true" : "false";
	else if (strcmp(name, "input") == 0 && s->type == NF_SCRIPT_PACKET)
		(void)snprintf(buf, sizeof(buf), "%u", s->input);
	else if (name[0] >= '1' && name[0] <= '9' && nf_addr_u64(name, &nr) == 0)
		return scriptexpand_argument(x, nr);
	else
		return false;
	scriptexpand_put(x, v, strlen(v));
	return true;
}

static bool scriptexpand_variable(struct scriptexpand *x, const char *name, size_t len)
{
	struct nf_script *s = x->e->state;
	int var = nf_script_var(s, name, len, false);
	char copy[64];

	if (var >= 0) {
		scriptexpand_put(x, s->vars[var].value, strlen(s->vars[var].value));
		return true;
	}
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, name, len);
	copy[len] = '\0';
	return scriptexpand_special(x, copy);
}

/* ${NAME} or ${NAME-DEFAULT}. */
static bool scriptexpand_braces(struct scriptexpand *x, const char *s, size_t len)
{
	const char *minus = memchr(s, '-', len);
	size_t nb = minus != NULL ? (size_t)(minus - s) : len;

	if (scriptexpand_variable(x, s, nb))
		return true;
	if (minus == NULL)
		return false;
	scriptexpand_put(x, minus + 1, len - nb - 1);
	return true;
}

/* $(HANDLER ARGUMENTS): the text between is replaced first, then it is the call. */
static int scriptexpand_call(struct scriptexpand *x, const char *s, size_t len)
{
	struct nf_text call = { 0 }, value = { 0 };
	struct scriptexpand inner = {
		.e = x->e, .errs = x->errs, .out = &call, .depth = x->depth + 1
	};
	int rc = -EINVAL;

	if (inner.depth > SCRIPTEXPAND_DEPTH_MAX)
		nf_errors_add(
			x->errs, NULL, "more than %d $( ) in each other", SCRIPTEXPAND_DEPTH_MAX);
	else
		rc = scriptexpand_text(&inner, s, s + len);
	if (rc == 0)
		rc = nf_script_read(x->e, nf_text_get(&call), false, &value, x->errs);
	if (rc == 0)
		scriptexpand_put(x, nf_text_get(&value), value.len);
	nf_text_free(&call);
	nf_text_free(&value);
	return rc;
}

/* The end of what a parenthesis opened in front of s; NULL: it is not closed. */
static const char *scriptexpand_close(const char *s, const char *end)
{
	unsigned level = 1;

	while (s < end) {
		if (*s == ')' && --level == 0)
			return s;
		level += *s == '(';
		s = nf_args_text_item(s, end);
	}
	return NULL;
}

static bool scriptexpand_is_name(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* A dollar sign is at s. Returns where the text goes on; what is not replaced stays as it is. */
static const char *scriptexpand_dollar(
	struct scriptexpand *x, const char *s, const char *end, int *rc)
{
	const char *name = s + 1, *close, *next;
	bool done = false;

	if (name < end && *name == '(') {
		close = scriptexpand_close(name + 1, end);
		next = close != NULL ? close + 1 : name;
		if (close != NULL) {
			*rc = scriptexpand_call(x, name + 1, (size_t)(close - name - 1));
			done = true;
		}
	} else if (name < end && *name == '{') {
		close = memchr(name, '}', (size_t)(end - name));
		next = close != NULL ? close + 1 : name;
		done = close != NULL &&
		       scriptexpand_braces(x, name + 1, (size_t)(close - name - 1));
	} else {
		for (next = name; next < end && scriptexpand_is_name(*next);)
			next++;
		if (next == name && next < end && (*next == '?' || *next == '#' || *next == '$'))
			next++;
		done = next > name && scriptexpand_variable(x, name, (size_t)(next - name));
	}
	if (!done)
		nf_text_add(x->out, s, (size_t)(next - s));
	return next;
}

static int scriptexpand_text(struct scriptexpand *x, const char *s, const char *end)
{
	int rc = 0;

	while (s < end && rc == 0) {
		const char *next = s + 1;

		if (*s == '$') {
			s = scriptexpand_dollar(x, s, end, &rc);
			x->e->router->script_work++;
			continue;
		}
		if (*s == '"')
			x->in_double = !x->in_double;
		else if (*s == '\\' && (x->in_double || (end - s > 1 && s[1] == '<')))
			next = s[1] == '<' && end - s > 1 ? nf_args_text_item(s, end)
							  : s + (end - s > 1 ? 2 : 1);
		else if (*s == '\'' && !x->in_double)
			next = nf_args_text_item(s, end);
		nf_text_add(x->out, s, (size_t)(next - s));
		s = next;
	}
	x->in_double = false;
	x->e->router->script_work += (unsigned)(x->out->len / 256);
	if (rc == 0 && (x->out->full || x->out->len > NF_SCRIPT_VALUE_MAX))
		rc = nf_errors_add(
			x->errs, NULL, "a text of more than %d bytes", NF_SCRIPT_VALUE_MAX);
	return rc;
}

int nf_script_expand(struct nf_element *e, const char *text, bool verbatim, struct nf_text *out,
	struct nf_errors *errs)
{
	struct scriptexpand x = { .e = e, .errs = errs, .out = out, .verbatim = verbatim };
	int rc = scriptexpand_text(&x, text, text + strlen(text));

	if (rc == 0 && verbatim && out->s != NULL)
		out->len = nf_args_text_unquote(out->s, out->len);
	return rc;
}

const struct nf_handler *nf_script_own(const struct nf_element *e, const char *name)
{
	const struct nf_script *s = e->state;

	for (uint32_t i = 0; i < s->nb_exports; i++) {
		if (strcmp(s->exports[i].name, name) == 0)
			return &s->exports[i];
	}
	for (const struct nf_handler *h = nf_script_handlers; h->name != NULL; h++) {
		if (strcmp(h->name, name) == 0)
			return h;
	}
	return NULL;
}

/* "HANDLER ARGUMENTS" in two; the copy is freed by the caller. NULL: told. */
static char *scriptexpand_split(
	const char *call, bool unquote, char **param, struct nf_errors *errs)
{
	char *copy = strdup(call), *s = copy, *name;

	if (copy == NULL) {
		nf_errors_add(errs, NULL, "out of memory");
		return NULL;
	}
	while (nf_args_text_is_space(*s))
		s++;
	for (name = s; *s != '\0' && !nf_args_text_is_space(*s);)
		s++;
	memmove(copy, name, (size_t)(s - name));
	name = copy + (s - name);
	if (*s != '\0')
		s++;
	while (nf_args_text_is_space(*s))
		s++;
	*name = '\0';
	*param = s;
	if (unquote)
		(void)nf_args_text_unquote(s, strlen(s));
	if (*copy != '\0')
		return copy;
	nf_errors_add(errs, NULL, "a handler's name is missing");
	free(copy);
	return NULL;
}

int nf_script_read(struct nf_element *e, const char *call, bool unquote, struct nf_text *out,
	struct nf_errors *errs)
{
	const struct nf_handler *h;
	char *param, *name = scriptexpand_split(call, unquote, &param, errs);
	int rc;

	if (name == NULL)
		return -EINVAL;
	h = nf_script_own(e, name);
	if (h != NULL && h->read != NULL)
		rc = h->read(e, h->arg, param, out, errs);
	else
		rc = nf_handler_read(e->router, e, name, param, out, errs);
	free(name);
	return rc;
}

int nf_script_write(struct nf_element *e, const char *call, bool unquote, struct nf_errors *errs)
{
	const struct nf_handler *h;
	char *param, *name = scriptexpand_split(call, unquote, &param, errs);
	int rc;

	if (name == NULL)
		return -EINVAL;
	h = nf_script_own(e, name);
	if (h != NULL && h->write != NULL)
		rc = h->write(e, h->arg, param, errs);
	else
		rc = nf_handler_write(e->router, e, name, param, errs);
	free(name);
	return rc;
}
