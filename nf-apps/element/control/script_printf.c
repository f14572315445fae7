/* SPDX-License-Identifier: BSD-3-Clause */
/* sprintf FORMAT ARGUMENTS, of a script: each conversion is checked before libc sees it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/element/control/script.h"

#define SCRIPTPRINTF_DIGITS_MAX 3 /* of width and precision */

struct scriptprintf_spec {
	char text[32]; /* "%-08." so far */
	size_t len;
};

static void scriptprintf_put(struct scriptprintf_spec *s, char c)
{
	if (s->len < sizeof(s->text) - 8)
		s->text[s->len++] = c;
}

/* Digits, or a star that takes an argument. */
static bool scriptprintf_number(struct scriptprintf_spec *s, const char **f, const char **args)
{
	unsigned nb = 0;
	const char *w;
	size_t len;

	if (**f == '*') {
		++*f;
		if (!nf_script_word(args, &w, &len) || len > SCRIPTPRINTF_DIGITS_MAX)
			return false;
		for (size_t i = 0; i < len; i++) {
			if (w[i] < '0' || w[i] > '9')
				return false;
			scriptprintf_put(s, w[i]);
		}
		return true;
	}
	for (; **f >= '0' && **f <= '9'; ++*f, nb++)
		scriptprintf_put(s, **f);
	return nb <= SCRIPTPRINTF_DIGITS_MAX;
}

/* Flags, width, precision; lengths as in "%ld" say nothing here. */
static bool scriptprintf_spec(struct scriptprintf_spec *s, const char **f, const char **args)
{
	s->len = 0;
	scriptprintf_put(s, '%');
	for (unsigned nb = 0; **f != '\0' && strchr("-+ #0", **f) != NULL; ++*f, nb++) {
		if (nb < 5)
			scriptprintf_put(s, **f);
	}
	if (!scriptprintf_number(s, f, args))
		return false;
	if (**f == '.') {
		scriptprintf_put(s, *(*f)++);
		if (!scriptprintf_number(s, f, args))
			return false;
	}
	*f += strspn(*f, "hlqjz");
	return true;
}

static int scriptprintf_value(struct scriptprintf_spec *s, char type, const char *word, size_t len,
	struct nf_text *out, struct nf_errors *errs)
{
	char *arg = strndup(word, len);
	int64_t v = 0;
	uint64_t u = 0;
	int rc = 0;
	bool number = strchr("diuoxX", type) != NULL, unsigned_ok;

	if (arg == NULL)
		return nf_errors_add(errs, NULL, "out of memory");
	(void)nf_args_text_unquote(arg, len);
	unsigned_ok = nf_addr_u64(arg, &u) == 0;
	if (number && nf_addr_i64(arg, &v) < 0 && !unsigned_ok)
		rc = nf_errors_add(errs, NULL, "sprintf: '%.64s' is no integer", arg);
	if (!unsigned_ok)
		u = (uint64_t)v;
	(void)snprintf(s->text + s->len, 8, "%s%c", number ? "ll" : "", type);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (rc == 0 && number && strchr("di", type) != NULL)
		nf_text_printf(out, s->text, (long long)v);
	else if (rc == 0 && number)
		nf_text_printf(out, s->text, (unsigned long long)u);
	else if (rc == 0 && type == 's')
		nf_text_printf(out, s->text, arg);
	else if (rc == 0 && type == 'c')
		nf_text_printf(out, s->text, nf_addr_u64(arg, &u) == 0 ? (int)(u & 255) : *arg);
	else if (rc == 0)
		nf_text_printf(out, s->text, strtod(arg, NULL));
#pragma GCC diagnostic pop
	free(arg);
	return rc;
}

static int scriptprintf_all(
	const char *f, const char *args, struct nf_text *out, struct nf_errors *errs)
{
	struct scriptprintf_spec spec;
	const char *w;
	size_t len;

	while (*f != '\0') {
		size_t plain = strcspn(f, "%");

		nf_text_add(out, f, plain);
		f += plain;
		if (*f == '\0')
			break;
		if (f[1] == '%') {
			nf_text_add(out, "%", 1);
			f += 2;
			continue;
		}
		f++;
		if (!scriptprintf_spec(&spec, &f, &args) || *f == '\0' ||
			strchr("diuoxXscfeEgG", *f) == NULL)
			return nf_errors_add(errs, NULL, "sprintf: bad format");
		if (!nf_script_word(&args, &w, &len))
			return nf_errors_add(errs, NULL, "sprintf: too few arguments");
		if (scriptprintf_value(&spec, *f++, w, len, out, errs) < 0)
			return -EINVAL;
	}
	return *args == '\0' ? 0 : nf_errors_add(errs, NULL, "sprintf: too many arguments");
}

int nf_script_sprintf(struct nf_element *e, uintptr_t op, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	const char *w;
	size_t len;
	char *format;
	int rc;

	if (!nf_script_word(&param, &w, &len))
		return nf_errors_add(errs, NULL, "sprintf: a format is missing");
	format = strndup(w, len);
	if (format == NULL)
		return nf_errors_add(errs, NULL, "out of memory");
	(void)nf_args_text_unquote(format, len);
	rc = scriptprintf_all(format, param, out, errs);
	free(format);
	return rc;
}
