/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions of scripts that are not about numbers: truth, choice, texts, time, chance. */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/click/file.h"
#include "nf-apps/click/interrupt.h"
#include "nf-apps/element/control/script.h"

#define SCRIPTFUNC_RANDOM_MAX 0x7fffffff

static int scriptfunc_bool(const char *w, size_t len, bool *v, struct nf_errors *errs)
{
	char buf[16];

	if (len < sizeof(buf)) {
		memcpy(buf, w, len);
		buf[len] = '\0';
		len = nf_args_text_unquote(buf, len);
		if (nf_addr_bool(buf, v) == 0)
			return 0;
	}
	return nf_errors_add(
		errs, NULL, "'%.*s' is neither true nor false", (int)(len < 64 ? len : 64), w);
}

static int scriptfunc_truth(
	unsigned op, const char *param, struct nf_text *out, struct nf_errors *errs)
{
	bool all = true, any = false, v = false;
	const char *w;
	size_t len;
	unsigned nb = 0;

	for (; nf_script_word(&param, &w, &len); nb++) {
		if (scriptfunc_bool(w, len, &v, errs) < 0)
			return -EINVAL;
		all &= v;
		any |= v;
	}
	if (op == NF_SCRIPT_NOT && nb != 1)
		return nf_errors_add(errs, NULL, "expected one value");
	if (op == NF_SCRIPT_AND || op == NF_SCRIPT_NAND)
		any = all;
	if (op == NF_SCRIPT_NOT || op == NF_SCRIPT_NAND || op == NF_SCRIPT_NOR)
		any = !any;
	nf_text_printf(out, "%s", any ? "true" : "false");
	return 0;
}

static int scriptfunc_if(const char *param, struct nf_text *out, struct nf_errors *errs)
{
	const char *w[3] = { "", "", "" };
	size_t len[3] = { 0 };
	bool yes;

	if (!nf_script_word(&param, &w[0], &len[0]) || !nf_script_word(&param, &w[1], &len[1]))
		return nf_errors_add(errs, NULL, "expected three arguments");
	(void)nf_script_word(&param, &w[2], &len[2]);
	if (*param != '\0')
		return nf_errors_add(errs, NULL, "expected three arguments");
	if (scriptfunc_bool(w[0], len[0], &yes, errs) < 0)
		return -EINVAL;
	nf_text_add(out, w[yes ? 1 : 2], len[yes ? 1 : 2]);
	return 0;
}

static int scriptfunc_in(const char *param, struct nf_text *out)
{
	const char *x = "", *w;
	size_t x_len = 0, len;
	bool found = false;

	(void)nf_script_word(&param, &x, &x_len);
	while (nf_script_word(&param, &w, &len))
		found |= len == x_len && memcmp(w, x, len) == 0;
	nf_text_printf(out, "%s", found ? "true" : "false");
	return 0;
}

static int scriptfunc_random(
	struct nf_core *c, const char *param, struct nf_text *out, struct nf_errors *errs)
{
	int64_t v[2] = { 0, SCRIPTFUNC_RANDOM_MAX };
	char *words[2], *copy;
	int nb = nf_args_words(param, words, 2, &copy);
	uint64_t span;
	bool ok = nb >= 0;

	for (int i = 0; i < nb; i++)
		ok &= nf_addr_i64(words[i], &v[i]) == 0;
	free(copy);
	if (nb == 1) {
		v[1] = v[0] - (v[0] > INT64_MIN);
		v[0] = 0;
	}
	if (!ok || v[1] < v[0])
		return nf_errors_add(errs, NULL, "expected a positive number, or two in order");
	span = (uint64_t)v[1] - (uint64_t)v[0] + 1;
	span = span == 0 ? nf_core_random(c)
			 : ((uint64_t)nf_core_random(c) << 32 | nf_core_random(c)) % span;
	nf_text_printf(out, "%lld", (long long)(v[0] + (int64_t)span));
	return 0;
}

static int scriptfunc_has(struct nf_element *e, bool write, const char *param, struct nf_text *out)
{
	const char *w;
	size_t len;
	bool all = true;

	while (nf_script_word(&param, &w, &len)) {
		char *name = strndup(w, len), *dot = name != NULL ? strrchr(name, '.') : NULL;
		const struct nf_handler *h = name != NULL ? nf_script_own(e, name) : NULL;
		struct nf_element *of;

		if (dot == NULL && name != NULL && h == NULL)
			h = nf_handler_find_global(name);
		if (dot != NULL) {
			*dot = '\0';
			of = nf_element_find(e, name);
			h = of != NULL ? nf_handler_find(of, dot + 1) : NULL;
		}
		all &= h != NULL && (write ? h->write != NULL : h->read != NULL);
		free(name);
	}
	nf_text_printf(out, "%s", all ? "true" : "false");
	return 0;
}

static int scriptfunc_unquote(const char *text, struct nf_text *out, struct nf_errors *errs)
{
	size_t len;
	char *s = nf_args_unquote(text, &len);

	if (s == NULL)
		return nf_errors_add(errs, NULL, "out of memory");
	nf_text_add(out, s, len);
	free(s);
	return 0;
}

static int scriptfunc_cat(
	bool quote, const char *param, struct nf_text *out, struct nf_errors *errs)
{
	char *name = nf_args_unquote(param, NULL), *data = NULL;
	size_t len;
	int rc = name == NULL ? -ENOMEM
			      : nf_file_load(name, NF_SCRIPT_VALUE_MAX, &data, &len, errs, NULL);

	if (rc == 0 && quote) {
		nf_text_add(out, "\"", 1);
		for (size_t i = 0; i < len; i++) {
			if (strchr("\"\\$", data[i]) != NULL && data[i] != '\0')
				nf_text_add(out, "\\", 1);
			nf_text_add(out, data + i, 1);
		}
		nf_text_add(out, "\"", 1);
	} else if (rc == 0) {
		nf_text_add(out, data, len);
	}
	free(data);
	free(name);
	return rc;
}

/* get, getq, shift: of a variable. Shift takes its first word off. */
static int scriptfunc_get(struct nf_element *e, unsigned op, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	struct nf_script *s = e->state;
	const char *rest = param, *w;
	size_t len;
	char *value;
	int var = -ENOENT;

	if (nf_script_word(&rest, &w, &len) && *rest == '\0')
		var = nf_script_var(s, w, len, false);
	if (var < 0)
		return nf_errors_add(errs, NULL, "no variable named '%.64s'", param);
	value = s->vars[var].value;
	if (op == NF_SCRIPT_GETQ)
		return scriptfunc_unquote(value, out, errs);
	if (op == NF_SCRIPT_GET) {
		nf_text_add(out, value, strlen(value));
		return 0;
	}
	rest = value;
	(void)nf_script_word(&rest, &w, &len);
	nf_text_add(out, w, len);
	memmove(value, rest, strlen(rest) + 1);
	return 0;
}

static int scriptfunc_first(const char *param, struct nf_text *out)
{
	const char *w = "";
	size_t len = 0;

	(void)nf_script_word(&param, &w, &len);
	nf_text_add(out, w, len);
	return 0;
}

/* kill SIGNAL PROCESS... */
static int scriptfunc_kill(const char *param, struct nf_errors *errs)
{
	char *words[8], *copy;
	int nb = nf_args_words(param, words, UK_ARRAY_SIZE(words), &copy);
	int number = nb > 1 ? nf_interrupt_number(words[0]) : -EINVAL, rc = 0;

	if (number < 0)
		rc = nf_errors_add(errs, NULL, "expected a signal and processes");
	for (int i = 1; rc == 0 && i < nb; i++) {
		uint64_t process;

		if (nf_addr_u64(words[i], &process) < 0 ||
			nf_interrupt_send((unsigned)number, process) < 0)
			rc = nf_errors_add(errs, NULL, "cannot signal '%.32s'", words[i]);
	}
	free(copy);
	return rc;
}

int nf_script_func(struct nf_element *e, uintptr_t op, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	switch (op) {
	case NF_SCRIPT_IF:
		return scriptfunc_if(param, out, errs);
	case NF_SCRIPT_IN:
		return scriptfunc_in(param, out);
	case NF_SCRIPT_FIRST:
		return scriptfunc_first(param, out);
	case NF_SCRIPT_RANDOM:
		return scriptfunc_random(e->core, param, out, errs);
	case NF_SCRIPT_NOW:
		nf_addr_print_time(nf_core_wall_ns(), out);
		return 0;
	case NF_SCRIPT_LENGTH:
		nf_text_printf(out, "%zu", strlen(param));
		return 0;
	case NF_SCRIPT_UNQUOTE:
		return scriptfunc_unquote(param, out, errs);
	case NF_SCRIPT_READABLE:
	case NF_SCRIPT_WRITABLE:
		return scriptfunc_has(e, op == NF_SCRIPT_WRITABLE, param, out);
	case NF_SCRIPT_CAT:
	case NF_SCRIPT_CATQ:
		return scriptfunc_cat(op == NF_SCRIPT_CATQ, param, out, errs);
	case NF_SCRIPT_KILL:
		return scriptfunc_kill(param, errs);
	case NF_SCRIPT_GET:
	case NF_SCRIPT_GETQ:
	case NF_SCRIPT_SHIFT:
		return scriptfunc_get(e, (unsigned)op, param, out, errs);
	default:
		return scriptfunc_truth((unsigned)op, param, out, errs);
	}
}
