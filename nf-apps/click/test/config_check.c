/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/click/test/config_check.h"

static void check(const char *text, const struct nf_config_define *defines, unsigned nb_defines,
	const char *want, const char *messages)
{
	struct nf_errors errs = { 0 };
	struct nf_text print = { 0 };
	struct nf_config *c;
	size_t len = strlen(text);
	/* Without a 0 at the end, so that reading beyond it is seen. */
	char *copy = malloc(len + 1);
	int rc;

	memcpy(copy, text, len);
	rc = nf_config_parse(copy, len, "f", defines, nb_defines, &c, &errs);
	assert_string_equal(nf_text_get(&errs.text), messages);
	assert_int_equal(rc, want != NULL ? 0 : -EINVAL);
	if (want != NULL) {
		nf_config_print(c, &print);
		assert_string_equal(nf_text_get(&print), want);
		nf_text_free(&print);
	} else {
		assert_null(c);
	}
	nf_config_free(c);
	nf_errors_free(&errs);
	free(copy);
}

void config_check_flat(const char *text, const char *want)
{
	check(text, NULL, 0, want, "");
	/* What is flat stays as it is. */
	check(want, NULL, 0, want, "");
}

void config_check_defined(const char *text, const struct nf_config_define *defines,
	unsigned nb_defines, const char *want)
{
	check(text, defines, nb_defines, want, "");
}

void config_check_flats(const struct config_case *cases, unsigned nb)
{
	for (unsigned i = 0; i < nb; i++)
		config_check_flat(cases[i].text, cases[i].want);
}

void config_check_errors(const char *text, const char *want)
{
	check(text, NULL, 0, NULL, want);
}

void config_check_all_errors(const struct config_case *cases, unsigned nb)
{
	for (unsigned i = 0; i < nb; i++)
		config_check_errors(cases[i].text, cases[i].want);
}

void config_check_warnings(const char *text, const char *want)
{
	struct nf_errors errs = { 0 };
	struct nf_config *c;

	assert_int_equal(nf_config_parse(text, strlen(text), "f", NULL, 0, &c, &errs), 0);
	assert_string_equal(nf_text_get(&errs.text), want);
	nf_config_free(c);
	nf_errors_free(&errs);
}

int config_check_try(const char *text, size_t len)
{
	struct nf_errors errs = { 0 };
	struct nf_config *c;
	int rc = nf_config_parse(text, len, "f", NULL, 0, &c, &errs);

	assert_int_equal(rc == 0, errs.nb_errors == 0);
	nf_config_free(c);
	nf_errors_free(&errs);
	return rc;
}
