/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports of an element in a connection: [1], [0,2], [0-3], [] and [1,]. */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/config_tree.h"

#define PORTS_ALL_MAX (2 * NF_CONFIG_LINKS_MAX)

static void ports_add(struct nf_config_tree *t, struct nf_config_ports *ports, uint32_t port)
{
	uint32_t *v;

	if (++t->nb_ports > PORTS_ALL_MAX) {
		nf_config_def_limit(t, t->lexer.at, "too many ports");
		return;
	}
	v = nf_arena_grow(&t->arena, ports->v, ports->nb, sizeof(*v));
	if (v == NULL)
		return;
	ports->v = v;
	v[ports->nb++] = port;
}

void nf_config_ports_all(struct nf_config_tree *t, struct nf_config_ports *ports, uint32_t nb)
{
	for (uint32_t i = 0; i < nb; i++)
		ports_add(t, ports, i);
}

/* Decimal, 0x or octal. */
static bool ports_number(struct nf_config_tree *t, uint32_t *port)
{
	char digits[16], *end;
	unsigned long v;
	struct nf_lexer_token word = *nf_lexer_peek(&t->lexer);

	if (word.kind != NF_LEXER_NAME)
		return nf_config_parse_syntax(t, "a port number");
	if (word.len < sizeof(digits)) {
		memcpy(digits, word.s, word.len);
		digits[word.len] = '\0';
		v = strtoul(digits, &end, 0);
		if (end != digits + word.len)
			return nf_config_parse_syntax(t, "a port number");
	} else {
		v = NF_CONFIG_PORTS_MAX;
	}
	nf_lexer_next(&t->lexer);
	if (v >= NF_CONFIG_PORTS_MAX) {
		nf_lexer_error(t->errs, word.at, "port %.*s is too large: %u is the last",
			(int)word.len, word.s, NF_CONFIG_PORTS_MAX - 1);
		v = 0;
	}
	*port = (uint32_t)v;
	return true;
}

/* One number, or two of them with a '-'. */
static bool ports_range(struct nf_config_tree *t, struct nf_config_ports *ports)
{
	struct nf_lexer_place at = nf_lexer_peek(&t->lexer)->at;
	uint32_t first, last;

	if (!ports_number(t, &first))
		return false;
	last = first;
	if (nf_lexer_peek(&t->lexer)->kind == '-') {
		nf_lexer_next(&t->lexer);
		if (!ports_number(t, &last))
			return false;
		if (last < first)
			nf_lexer_error(
				t->errs, at, "ports %u-%u: the first is larger", first, last);
	}
	for (; first <= last && !t->stop; first++)
		ports_add(t, ports, first);
	return true;
}

NF_LEXER_LEAF bool nf_config_ports_read(struct nf_config_tree *t, struct nf_config_ports *ports)
{
	while (true) {
		if (nf_lexer_peek(&t->lexer)->kind == ']') {
			if (ports->nb == 0)
				ports_add(t, ports, 0);
			ports->open = true;
			break;
		}
		if (!ports_range(t, ports))
			return false;
		if (nf_lexer_peek(&t->lexer)->kind == ']')
			break;
		if (nf_lexer_peek(&t->lexer)->kind != ',')
			return nf_config_parse_syntax(t, "',' or ']' in a list of ports");
		nf_lexer_next(&t->lexer);
	}
	nf_lexer_next(&t->lexer);
	return true;
}
