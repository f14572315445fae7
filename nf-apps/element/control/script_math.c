/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arithmetic and comparison of numbers in texts. Integers of 64 bits stay integers; what does not
 * fit, or has a point, is a double, as in Click's user-level program. This is control code: no
 * packet comes by here.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "nf-apps/element/control/script.h"

struct scriptmath_nr {
	bool is_int;
	int64_t i;
	double d;
};

static bool scriptmath_parse(const char *s, size_t len, struct scriptmath_nr *nr)
{
	char buf[64], *end;

	if (len == 0 || len >= sizeof(buf))
		return false;
	memcpy(buf, s, len);
	buf[len] = '\0';
	nr->is_int = nf_addr_i64(buf, &nr->i) == 0;
	if (nr->is_int) {
		nr->d = (double)nr->i;
		return true;
	}
	/* no words such as "inf", no hexadecimal fractions */
	if (strspn(buf, "+-.0123456789eE") != len || strpbrk(buf, "0123456789") == NULL)
		return false;
	nr->d = strtod(buf, &end);
	return *end == '\0' && isfinite(nr->d);
}

static bool scriptmath_next(const char **s, struct scriptmath_nr *nr)
{
	const char *w;
	size_t len;

	return nf_script_word(s, &w, &len) && scriptmath_parse(w, len, nr);
}

static void scriptmath_print(const struct scriptmath_nr *nr, struct nf_text *out)
{
	if (nr->is_int)
		nf_text_printf(out, "%lld", (long long)nr->i);
	else
		nf_text_printf(out, "%.12g", nr->d);
}

static void scriptmath_float(struct scriptmath_nr *nr, double d)
{
	nr->is_int = false;
	nr->d = d;
}

static double scriptmath_double(unsigned op, double a, double b)
{
	switch (op) {
	case NF_SCRIPT_ADD:
		return a + b;
	case NF_SCRIPT_SUB:
		return a - b;
	case NF_SCRIPT_MUL:
		return a * b;
	case NF_SCRIPT_MIN:
		return a < b ? a : b;
	case NF_SCRIPT_MAX:
		return a > b ? a : b;
	case NF_SCRIPT_REM:
		return fmod(a, b);
	default:
		return a / b;
	}
}

/* True: *a is the result, an integer. */
static bool scriptmath_int(unsigned op, struct scriptmath_nr *a, const struct scriptmath_nr *b)
{
	int64_t r = 0;

	if (!a->is_int || !b->is_int)
		return false;
	switch (op) {
	case NF_SCRIPT_ADD:
		if (__builtin_add_overflow(a->i, b->i, &r))
			return false;
		break;
	case NF_SCRIPT_SUB:
		if (__builtin_sub_overflow(a->i, b->i, &r))
			return false;
		break;
	case NF_SCRIPT_MUL:
		if (__builtin_mul_overflow(a->i, b->i, &r))
			return false;
		break;
	case NF_SCRIPT_MIN:
		r = a->i < b->i ? a->i : b->i;
		break;
	case NF_SCRIPT_MAX:
		r = a->i > b->i ? a->i : b->i;
		break;
	default:
		if (b->i == -1) /* the one division that overflows */
			return false;
		if (op == NF_SCRIPT_REM || op == NF_SCRIPT_MOD)
			r = a->i % b->i;
		else if (op == NF_SCRIPT_IDIV || a->i % b->i == 0)
			r = a->i / b->i;
		else
			return false;
	}
	a->i = r;
	a->d = (double)r;
	return true;
}

static int scriptmath_fold(
	unsigned op, const char *param, struct nf_text *out, struct nf_errors *errs)
{
	struct scriptmath_nr a, b;
	bool divides = op == NF_SCRIPT_DIV || op == NF_SCRIPT_IDIV || op == NF_SCRIPT_REM;

	if (!scriptmath_next(&param, &a))
		return nf_errors_add(errs, NULL, "expected list of numbers");
	while (*param != '\0') {
		if (!scriptmath_next(&param, &b))
			return nf_errors_add(errs, NULL, "expected list of numbers");
		if (divides && b.d == 0)
			return nf_errors_add(errs, NULL, "division by zero");
		if (!scriptmath_int(op, &a, &b))
			scriptmath_float(&a, scriptmath_double(op, a.d, b.d));
		if (!a.is_int && !isfinite(a.d))
			return nf_errors_add(errs, NULL, "the result is too large");
	}
	if (op == NF_SCRIPT_IDIV && !a.is_int)
		nf_text_printf(out, "%.0f", trunc(a.d));
	else
		scriptmath_print(&a, out);
	return 0;
}

static int scriptmath_mod(const char *param, struct nf_text *out, struct nf_errors *errs)
{
	struct scriptmath_nr a, b;

	if (!scriptmath_next(&param, &a) || !scriptmath_next(&param, &b) || *param != '\0' ||
		!a.is_int || !b.is_int)
		return nf_errors_add(errs, NULL, "expected two integers");
	if (b.i == 0)
		return nf_errors_add(errs, NULL, "division by zero");
	nf_text_printf(out, "%lld", b.i == -1 ? 0LL : (long long)(a.i % b.i));
	return 0;
}

static int scriptmath_sign(
	unsigned op, const char *param, struct nf_text *out, struct nf_errors *errs)
{
	struct scriptmath_nr a;
	bool flip;

	if (!scriptmath_next(&param, &a) || *param != '\0')
		return nf_errors_add(errs, NULL, "expected one number");
	flip = op == NF_SCRIPT_NEG || (a.is_int ? a.i < 0 : a.d < 0);
	if (flip && a.is_int && a.i != INT64_MIN)
		a.i = -a.i;
	else if (flip)
		scriptmath_float(&a, -a.d);
	scriptmath_print(&a, out);
	return 0;
}

/* htons and so on: the machine is little-endian. */
static int scriptmath_swap(
	unsigned op, const char *param, struct nf_text *out, struct nf_errors *errs)
{
	struct scriptmath_nr a;
	int64_t most = op == NF_SCRIPT_SWAP16 ? UINT16_MAX : UINT32_MAX;

	if (!scriptmath_next(&param, &a) || *param != '\0' || !a.is_int || a.i < 0 || a.i > most)
		return nf_errors_add(errs, NULL, "expected one number up to %lld", (long long)most);
	nf_text_printf(out, "%u",
		op == NF_SCRIPT_SWAP16 ? (unsigned)__builtin_bswap16((uint16_t)a.i)
				       : __builtin_bswap32((uint32_t)a.i));
	return 0;
}

static int scriptmath_order(const char *a, size_t a_len, const char *b, size_t b_len)
{
	struct scriptmath_nr x, y;
	int c;

	if (scriptmath_parse(a, a_len, &x) && scriptmath_parse(b, b_len, &y)) {
		if (x.is_int && y.is_int)
			return (x.i > y.i) - (x.i < y.i);
		return (x.d > y.d) - (x.d < y.d);
	}
	c = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return c != 0 ? c : (a_len > b_len) - (a_len < b_len);
}

static int scriptmath_compare(
	unsigned op, const char *param, struct nf_text *out, struct nf_errors *errs)
{
	const char *a, *b;
	size_t a_len, b_len;
	bool yes;
	int c;

	if (!nf_script_word(&param, &a, &a_len) || !nf_script_word(&param, &b, &b_len) ||
		*param != '\0')
		return nf_errors_add(errs, NULL, "expected two arguments");
	c = scriptmath_order(a, a_len, b, b_len);
	if (op == NF_SCRIPT_EQ || op == NF_SCRIPT_NE)
		yes = (c == 0) == (op == NF_SCRIPT_EQ);
	else if (op == NF_SCRIPT_LT || op == NF_SCRIPT_GE)
		yes = (c < 0) == (op == NF_SCRIPT_LT);
	else
		yes = (c > 0) == (op == NF_SCRIPT_GT);
	nf_text_printf(out, "%s", yes ? "true" : "false");
	return 0;
}

int nf_script_math(struct nf_element *e, uintptr_t op, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	switch (op) {
	case NF_SCRIPT_MOD:
		return scriptmath_mod(param, out, errs);
	case NF_SCRIPT_NEG:
	case NF_SCRIPT_ABS:
		return scriptmath_sign((unsigned)op, param, out, errs);
	case NF_SCRIPT_SWAP16:
	case NF_SCRIPT_SWAP32:
		return scriptmath_swap((unsigned)op, param, out, errs);
	default:
		if (op >= NF_SCRIPT_EQ && op <= NF_SCRIPT_GE)
			return scriptmath_compare((unsigned)op, param, out, errs);
		return scriptmath_fold((unsigned)op, param, out, errs);
	}
}
