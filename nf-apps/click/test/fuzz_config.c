/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer: any bytes are a configuration, with variables from outside in front of it. Whatever
 * they are, reading them ends, leaves no memory, and says why if it fails. What can be read is
 * printed, and the print reads to the same configuration and prints to the same text.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static struct nf_config *parse(
	const char *text, size_t len, const struct nf_config_define *defines, unsigned nb)
{
	struct nf_errors errs = { 0 };
	struct nf_config *c = NULL;
	int rc = nf_config_parse(text, len, "fuzz", defines, nb, &c, &errs);

	check(rc == 0 || rc == -EINVAL);
	check((rc == 0) == (c != NULL) && (rc == 0) == (errs.nb_errors == 0));
	nf_errors_free(&errs);
	return c;
}

static void check_config(const struct nf_config *c)
{
	check(c->nb_elements <= NF_CONFIG_ELEMENTS_MAX && c->nb_links <= NF_CONFIG_LINKS_MAX);
	for (uint32_t i = 0; i < c->nb_elements; i++) {
		check(c->elements[i].name[0] != '\0' && c->elements[i].class_name[0] != '\0');
		check(c->elements[i].args != NULL && c->elements[i].where[0] != '\0');
	}
	for (uint32_t i = 0; i < c->nb_links; i++) {
		const struct nf_config_link *l = &c->links[i];

		check(l->from < c->nb_elements && l->to < c->nb_elements);
		check(l->from_port < NF_CONFIG_PORTS_MAX && l->to_port < NF_CONFIG_PORTS_MAX);
		check(l->where[0] != '\0');
	}
}

static void check_same(const struct nf_config *a, const struct nf_config *b)
{
	check(a->nb_elements == b->nb_elements && a->nb_links == b->nb_links);
	check(strcmp(a->requirements, b->requirements) == 0);
	for (uint32_t i = 0; i < a->nb_elements; i++) {
		check(strcmp(a->elements[i].name, b->elements[i].name) == 0);
		check(strcmp(a->elements[i].class_name, b->elements[i].class_name) == 0);
		check(strcmp(a->elements[i].args, b->elements[i].args) == 0);
	}
	for (uint32_t i = 0; i < a->nb_links; i++) {
		const struct nf_config_link *l = &a->links[i], *m = &b->links[i];

		check(l->from == m->from && l->from_port == m->from_port);
		check(l->to == m->to && l->to_port == m->to_port);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The first line, if it begins with '=', is the value of $x; $y refers to it. */
	struct nf_config_define defines[] = { { "x", "1" }, { "y", "a $x" } };
	const char *text = (const char *)data, *line = size > 0 ? memchr(text, '\n', size) : NULL;
	struct nf_text printed = { 0 };
	struct nf_config *c, *again;
	char *value = NULL;

	if (line != NULL && text[0] == '=') {
		value = strndup(text + 1, (size_t)(line - text - 1));
		check(value != NULL);
		defines[0].value = value;
		size -= (size_t)(line - text);
		text = line;
	}
	c = parse(text, size, defines, 2);
	if (c != NULL) {
		check_config(c);
		nf_config_print(c, &printed);
		/* A print can be longer than what is allowed to be read. */
		if (!printed.full && printed.len <= NF_CONFIG_TEXT_MAX) {
			again = parse(nf_text_get(&printed), printed.len, NULL, 0);
			check(again != NULL);
			check_same(c, again);
			nf_config_free(again);
		}
	}
	nf_config_free(c);
	nf_text_free(&printed);
	free(value);
	return 0;
}
