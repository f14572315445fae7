/* SPDX-License-Identifier: BSD-3-Clause */
/* ( ... ): statements whose `input` and `output` are where the group stands in a connection. */
#include "nf-apps/click/config_tree.h"

/* The statements between ( and ), both taken. False: there is no ')' (told). */
static bool group_statements(struct nf_config_tree *t, struct nf_lexer_place at)
{
	bool ends_output = t->ends_output;

	if (!nf_config_parse_enter(t, at))
		return false;
	nf_lexer_next(&t->lexer);
	t->ends_output = true;
	nf_config_parse_statements(t, ')');
	t->ends_output = ends_output;
	t->depth--;
	if (nf_lexer_kind(&t->lexer) == ')') {
		nf_lexer_next(&t->lexer);
		return true;
	}
	if (!t->stop)
		nf_lexer_error(t->errs, at, "this '(' is never closed");
	t->bad_syntax = true;
	return false;
}

uint32_t nf_config_group(
	struct nf_config_tree *t, struct nf_config_ports *in, struct nf_config_ports *out)
{
	struct nf_lexer_place at = nf_lexer_peek(&t->lexer)->at;
	uint32_t input = t->input, output = t->output, first_wire = t->def->nb_wires, nb[2];
	uint32_t item = nf_config_def_add(t, NF_CONFIG_GROUP, NULL, at);
	bool ok;

	t->input = nf_config_def_add(t, NF_CONFIG_INPUT, "input", at);
	t->output = nf_config_def_add(t, NF_CONFIG_OUTPUT, "output", at);
	ok = t->output != NF_ARENA_NONE && group_statements(t, at);
	if (t->output != NF_ARENA_NONE)
		nf_config_def_ports(t, t->input, first_wire, "group", at, nb);
	t->input = input;
	t->output = output;
	if (!ok)
		return NF_ARENA_NONE;
	/* Ports that are not written are all there are. */
	if (in->nb == 0)
		nf_config_ports_all(t, in, nb[0]);
	nf_config_ports_all(t, out, nb[1]);
	return item;
}
