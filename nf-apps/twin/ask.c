/* SPDX-License-Identifier: BSD-3-Clause */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/twin/ask.h"

#define ASK_FAILED 255

static bool ask_fail(const struct nf_errors *errs)
{
	(void)fflush(stdout);
	(void)fputs(nf_text_get(&errs->text), stderr);
	return false;
}

static int ask_read(
	struct nf_router *r, const char *name, struct nf_text *out, struct nf_errors *errs)
{
	char *copy = strdup(name);
	char *param = copy != NULL ? strpbrk(copy, " \t\n") : NULL;
	int rc;

	if (copy == NULL)
		return nf_errors_add(errs, NULL, "out of memory");
	if (param != NULL) {
		*param++ = '\0';
		param += strspn(param, " \t\n");
	}
	rc = nf_handler_read(r, NULL, copy, param != NULL ? param : "", out, errs);
	free(copy);
	return rc;
}

static bool ask_one(struct nf_router *r, const char *name, bool print_name)
{
	struct nf_errors errs = { 0 };
	struct nf_text value = { 0 };
	bool ok = true;

	if (ask_read(r, name, &value, &errs) < 0) {
		ok = ask_fail(&errs);
	} else {
		if (value.len > 0 && value.s[value.len - 1] != '\n')
			nf_text_add(&value, "\n", 1);
		if (print_name)
			printf("%s:\n", name);
		(void)!fwrite(nf_text_get(&value), 1, value.len, stdout);
		if (print_name)
			printf("\n");
	}
	nf_text_free(&value);
	nf_errors_free(&errs);
	return ok;
}

/* The dot in front of the handler's name; element names have none. */
static const char *ask_dot(const char *name)
{
	size_t len = strcspn(name, " \t\n");
	const char *dot = memchr(name, '.', len);

	return dot;
}

static bool ask_many(struct nf_router *r, const char *pattern, const char *dot)
{
	char *glob = strndup(pattern, (size_t)(dot - pattern));
	unsigned nb = 0;
	bool ok = true;

	for (uint32_t i = 0; glob != NULL && i < r->nb_elements; i++) {
		struct nf_element *e = r->elements[i];
		struct nf_text name = { 0 };

		if (fnmatch(glob, e->name, 0) != 0 || nf_handler_find(e, dot + 1) == NULL)
			continue;
		nb++;
		nf_text_printf(&name, "%s%s", e->name, dot);
		ok &= ask_one(r, nf_text_get(&name), true);
		nf_text_free(&name);
	}
	free(glob);
	if (nb == 0) {
		(void)fflush(stdout);
		(void)fprintf(stderr, "no handlers match '%s'\n", pattern);
		return false;
	}
	return ok;
}

bool nf_ask_print(struct nf_router *r, const char *const names[], unsigned nb)
{
	bool ok = true;

	for (unsigned i = 0; i < nb; i++) {
		const char *dot = ask_dot(names[i]);
		size_t star = strcspn(names[i], "*?[");

		if (dot != NULL && names[i] + star < dot)
			ok &= ask_many(r, names[i], dot);
		else
			ok &= ask_one(r, names[i], nb > 1);
	}
	return ok;
}

int nf_ask_exit(struct nf_router *r, const char *name)
{
	struct nf_errors errs = { 0 };
	struct nf_text value = { 0 };
	int code = ASK_FAILED;
	int64_t v;
	bool b;

	if (ask_read(r, name, &value, &errs) < 0) {
		(void)ask_fail(&errs);
		goto undo_text;
	}
	while (value.len > 0 && strchr(" \t\r\n", value.s[value.len - 1]) != NULL)
		value.s[--value.len] = '\0';
	if (nf_addr_i64(nf_text_get(&value), &v) == 0)
		code = (int)(v & 255);
	else if (nf_addr_bool(nf_text_get(&value), &b) == 0)
		code = !b;
	else
		(void)fprintf(stderr, "exit handler value should be integer\n");
undo_text:
	nf_text_free(&value);
	nf_errors_free(&errs);
	return code;
}
