/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of the configuration reader have in common: a text and what has to come of it. */
#ifndef SLUICE_NF_APPS_CLICK_TEST_CONFIG_CHECK_H
#define SLUICE_NF_APPS_CLICK_TEST_CONFIG_CHECK_H

#include "nf-apps/click/config.h"

struct config_case {
	const char *text;
	const char *want; /* the print of the configuration, or the messages */
};

/* The text is read without errors and warnings, and prints as `want`. */
void config_check_flat(const char *text, const char *want);
void config_check_defined(const char *text, const struct nf_config_define *defines,
	unsigned nb_defines, const char *want);
void config_check_flats(const struct config_case *cases, unsigned nb);
/* It is refused with these messages and no others; the file is called "f". */
void config_check_errors(const char *text, const char *want);
void config_check_all_errors(const struct config_case *cases, unsigned nb);
/* It is read, with these warnings. */
void config_check_warnings(const char *text, const char *want);
/* Reads it; 0 or what nf_config_parse says. */
int config_check_try(const char *text, size_t len);

#endif
