/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lists of elements, joined by -> and =>: declarations and connections, which are the same thing to
 * Click until it is seen what follows. A list is read whole before its names get their meaning.
 */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/config_tree.h"

#define CHAIN_LIST_MAX NF_CONFIG_ELEMENTS_MAX

/* How an element of a list is written. */
enum chain_form {
	CHAIN_NAME,     /* of an element or of a class */
	CHAIN_COMPOUND, /* { ... } */
	CHAIN_GROUP,    /* ( ... ): item is known */
	CHAIN_IMPLICIT, /* nothing, or ports only: `input` or `output`; item is known */
};

struct chain_ref {
	enum chain_form form;
	const char *name;
	struct nf_config_class of_class;       /* of the name, if it is one of elementclass */
	struct nf_config_class declared;       /* behind :: */
	const char *args;
	struct nf_lexer_place at;
	bool is_class, is_declared, bare;
	struct nf_config_ports in, out;
	uint32_t item;
};

struct chain_list {
	struct chain_ref *refs;
	uint32_t nb, room;
};

/* State of one chain; the lists change places at each arrow. */
struct chain {
	struct chain_list before, now;
	struct nf_lexer_place sign_at;
	int sign; /* 0: this is the first list */
};

static struct chain_ref *chain_add(struct nf_config_tree *t, struct chain_list *l)
{
	struct nf_lexer_place at = nf_lexer_peek(&t->lexer)->at;
	uint32_t room = l->room > 0 ? 2 * l->room : 4;
	struct chain_ref *refs = l->refs;

	if (l->nb == CHAIN_LIST_MAX) {
		nf_config_def_limit(t, at, "too many elements in a list");
		return NULL;
	}
	if (l->nb == l->room) {
		refs = realloc(refs, room * sizeof(*refs));
		if (refs == NULL) {
			t->arena.failed = true;
			return NULL;
		}
		l->refs = refs;
		l->room = room;
	}
	refs[l->nb] = (struct chain_ref){ .at = at, .item = NF_ARENA_NONE };
	return &refs[l->nb++];
}

/* ( ... ), the '(' was taken. Three items, which `input` and `output` mean inside of it. */
static bool chain_group(struct nf_config_tree *t, struct chain_ref *ref)
{
	uint32_t input = t->input, output = t->output, first_wire = t->def->nb_wires, nb[2];
	bool ends_output = t->ends_output;
	uint32_t item = nf_config_def_add(t, NF_CONFIG_GROUP, NULL, ref->at);

	t->input = nf_config_def_add(t, NF_CONFIG_INPUT, "input", ref->at);
	t->output = nf_config_def_add(t, NF_CONFIG_OUTPUT, "output", ref->at);
	if (t->output == NF_ARENA_NONE || !nf_config_parse_enter(t, ref->at))
		return false;
	t->ends_output = true;
	nf_config_parse_statements(t, ')');
	t->depth--;
	if (nf_lexer_peek(&t->lexer)->kind == ')') {
		nf_lexer_next(&t->lexer);
	} else if (!t->stop) {
		nf_lexer_error(t->errs, ref->at, "this '(' is never closed");
		t->bad_syntax = true;
	}
	nf_config_def_ports(t, t->input, first_wire, "group", ref->at, nb);
	ref->form = CHAIN_GROUP;
	ref->item = item;
	if (ref->in.nb == 0)
		nf_config_ports_all(t, &ref->in, nb[0]);
	nf_config_ports_all(t, &ref->out, nb[1]);
	t->input = input;
	t->output = output;
	t->ends_output = ends_output;
	return true;
}

/*
 * No name where one could be. In compound elements and groups that is `input` at the begin of a
 * chain and `output` at its end, if ports say so or if it is alone. False: it is nothing.
 */
static bool chain_implicit(struct nf_config_tree *t, const struct chain *c, struct chain_ref *ref)
{
	const struct nf_lexer_token *word = nf_lexer_peek(&t->lexer);
	bool arrow = word->kind == NF_LEXER_ARROW || word->kind == NF_LEXER_ARROWS;
	bool alone = c->now.nb == 1, first = c->sign == 0, is = ref->in.nb > 0;

	if (arrow)
		is = first && (is || alone);
	else if (word->kind != ',')
		is = !first && (is || alone) && word->kind != NF_LEXER_COLONS;
	if (!is || t->depth == 0)
		return false;
	if (arrow && ref->in.nb == 0 && !t->ends_output)
		nf_lexer_warn(t->errs, word->at, "a chain begins with '%.2s' here: 'input %.2s' "
			"would say so", word->s, word->s);
	ref->form = CHAIN_IMPLICIT;
	ref->name = first ? "input" : "output";
	ref->item = first ? t->input : t->output;
	if (first) {
		ref->out = ref->in;
		ref->in = (struct nf_config_ports){ 0 };
	}
	return true;
}

/* :: CLASS */
static bool chain_declared(struct nf_config_tree *t, struct chain_ref *ref)
{
	struct nf_lexer_token word;
	const char *name;

	nf_lexer_next(&t->lexer);
	ref->bare = false;
	ref->is_declared = true;
	word = *nf_lexer_peek(&t->lexer);
	if (word.kind == '{') {
		nf_lexer_next(&t->lexer);
		ref->declared.name = "";
		ref->declared.def = nf_config_compound(t, "", word.at);
		return ref->declared.def != NULL;
	}
	if (word.kind != NF_LEXER_NAME)
		return nf_config_parse_syntax(t, "a class after '::'");
	name = nf_config_parse_name(t);
	if (name != NULL)
		nf_config_def_find_class(t, name, &ref->declared);
	return name != NULL;
}

/* What may follow a name or a compound element: :: CLASS (ARGS) [PORTS] */
static bool chain_tail(struct nf_config_tree *t, struct chain_ref *ref)
{
	struct nf_config_ports out = { 0 };
	struct nf_lexer_token word = *nf_lexer_peek(&t->lexer);

	if (word.kind == NF_LEXER_COLONS && ref->form != CHAIN_GROUP && !chain_declared(t, ref))
		return false;
	word = *nf_lexer_peek(&t->lexer);
	if (word.kind == '(' && ref->form != CHAIN_GROUP) {
		nf_lexer_next(&t->lexer);
		ref->bare = false;
		ref->args = nf_lexer_config(&t->lexer, &word);
		t->bad_syntax |= ref->args == NULL;
		word = *nf_lexer_peek(&t->lexer);
	}
	if (word.kind != '[')
		return true;
	nf_lexer_next(&t->lexer);
	if (!nf_config_ports_read(t, &out))
		return false;
	ref->out = out;
	return true;
}

/* [PORTS] and what a list has one or more of. False: syntax error (told). */
static bool chain_ref(struct nf_config_tree *t, struct chain *c, struct chain_ref *ref)
{
	struct nf_lexer_token word = *nf_lexer_peek(&t->lexer);

	if (word.kind == '[') {
		nf_lexer_next(&t->lexer);
		if (!nf_config_ports_read(t, &ref->in))
			return false;
		word = *nf_lexer_peek(&t->lexer);
	}
	ref->at = word.at;
	switch (word.kind) {
	case NF_LEXER_NAME:
		ref->bare = true;
		ref->name = nf_config_parse_name(t);
		if (ref->name == NULL)
			return false;
		ref->is_class = nf_config_def_find_class(t, ref->name, &ref->of_class);
		return chain_tail(t, ref);
	case '{':
		nf_lexer_next(&t->lexer);
		ref->form = CHAIN_COMPOUND;
		ref->name = ref->of_class.name = "";
		ref->is_class = true;
		ref->of_class.def = nf_config_compound(t, "", word.at);
		return ref->of_class.def != NULL && chain_tail(t, ref);
	case '(':
		nf_lexer_next(&t->lexer);
		return chain_group(t, ref) && chain_tail(t, ref);
	default:
		if (chain_implicit(t, c, ref))
			return true;
		if (ref->in.nb == 0 && c->now.nb > 1) {
			c->now.nb--; /* a comma at the end of a list */
			return true;
		}
		return nf_config_parse_syntax(t, "an element");
	}
}

static bool chain_list(struct nf_config_tree *t, struct chain *c)
{
	c->now.nb = 0;
	while (true) {
		struct chain_ref *ref = chain_add(t, &c->now);

		if (ref == NULL || !chain_ref(t, c, ref))
			return false;
		if (nf_lexer_peek(&t->lexer)->kind != ',')
			return true;
		nf_lexer_next(&t->lexer);
	}
}

/* "a, b :: C(1)" alone declares both. */
static void chain_spread(struct chain_list *l)
{
	struct chain_ref *last = &l->refs[l->nb - 1];

	for (uint32_t i = 0; i < l->nb; i++) {
		const struct chain_ref *r = &l->refs[i];

		if (r->in.nb > 0 || r->out.nb > 0 || r->form == CHAIN_IMPLICIT ||
			r->form == CHAIN_GROUP || (r != last && !r->bare))
			return;
	}
	for (struct chain_ref *r = l->refs; r != last; r++) {
		r->is_declared = last->is_declared;
		r->declared = last->declared;
		r->args = last->args;
	}
}

static void chain_twice(struct nf_config_tree *t, const struct chain_ref *ref, uint32_t item)
{
	nf_lexer_error(t->errs, ref->at, "redeclaration of element '%s'", ref->name);
	if (t->def->items[item].kind == NF_CONFIG_ELEMENT)
		nf_lexer_error(t->errs, t->def->items[item].at,
			"element '%s' previously declared here", ref->name);
}

/* `input` and `output` where they mean something. */
static uint32_t chain_pseudo(const struct nf_config_tree *t, const char *name)
{
	if (strcmp(name, "input") == 0)
		return t->input;
	return strcmp(name, "output") == 0 ? t->output : NF_ARENA_NONE;
}

static void chain_new(struct nf_config_tree *t, struct chain_ref *ref, bool named)
{
	uint32_t i = nf_config_def_add(t, NF_CONFIG_ELEMENT, named ? ref->name : NULL, ref->at);

	ref->item = i;
	if (i == NF_ARENA_NONE)
		return;
	t->def->items[i].prefix = ref->name;
	t->def->items[i].of_class = named ? ref->declared : ref->of_class;
	t->def->items[i].args = ref->args != NULL ? ref->args : "";
}

/* What a name means, in Click's order: a class that is known, an element that is, a new element. */
static void chain_settle(struct nf_config_tree *t, struct chain_ref *ref)
{
	uint32_t item;

	if (ref->item != NF_ARENA_NONE)
		return;
	if (ref->is_class && ref->is_declared)
		nf_lexer_error(t->errs, ref->at, "class '%s' used as element name", ref->name);
	if (ref->is_class) {
		chain_new(t, ref, false);
		return;
	}
	item = chain_pseudo(t, ref->name);
	if (item == NF_ARENA_NONE)
		item = nf_arena_map_get(&t->def->item_names, ref->name);
	if (item == NF_ARENA_NONE) {
		if (!ref->is_declared &&
			(strcmp(ref->name, "input") == 0 || strcmp(ref->name, "output") == 0))
			nf_lexer_error(t->errs, ref->at,
				"'%s' has a meaning only inside of compound elements and groups",
				ref->name);
		chain_new(t, ref, ref->is_declared);
		return;
	}
	if (ref->is_declared)
		chain_twice(t, ref, item);
	else if (ref->args != NULL)
		nf_lexer_error(t->errs, ref->at,
			"arguments for '%s', which was declared before", ref->name);
	ref->item = item;
}

/* Ports where nothing is connected: in front of the first list, behind the last one. */
static void chain_useless(struct nf_config_tree *t, const struct chain_list *l, bool outs)
{
	for (uint32_t i = 0; i < l->nb; i++) {
		if ((outs ? l->refs[i].out.nb : l->refs[i].in.nb) == 0)
			continue;
		nf_lexer_error(t->errs, l->refs[i].at, "%s ports with nothing connected to them at "
			"the %s of a chain", outs ? "output" : "input", outs ? "end" : "begin");
		return;
	}
}

static struct nf_config_end *chain_ends(struct nf_config_tree *t, const struct chain_list *l, bool outs)
{
	struct nf_config_end *ends = malloc(l->nb * sizeof(*ends));

	t->arena.failed |= ends == NULL;
	for (uint32_t i = 0; ends != NULL && i < l->nb; i++) {
		ends[i].item = l->refs[i].item;
		ends[i].ports = outs ? &l->refs[i].out : &l->refs[i].in;
	}
	return ends;
}

static void chain_connect(struct nf_config_tree *t, const struct chain *c)
{
	struct nf_config_end *outs = chain_ends(t, &c->before, true);
	struct nf_config_end *ins = chain_ends(t, &c->now, false);

	if (outs != NULL && ins != NULL && !t->stop && !t->arena.failed)
		nf_config_connect(t, outs, c->before.nb, ins, c->now.nb, c->sign, c->sign_at);
	free(outs);
	free(ins);
}

/* A list was read and `next` follows: its names get their meaning, and the connections are made. */
static void chain_link(struct nf_config_tree *t, struct chain *c, bool arrow)
{
	struct chain_list done;

	if (c->sign == 0 && !arrow)
		chain_spread(&c->now);
	for (uint32_t i = 0; i < c->now.nb; i++) {
		struct chain_ref *ref = &c->now.refs[i];

		if (c->sign != 0 && arrow && ref->form == CHAIN_IMPLICIT)
			nf_lexer_error(t->errs, ref->at, "an element is missing in the middle of a chain");
		chain_settle(t, ref);
	}
	if (c->sign == 0)
		chain_useless(t, &c->now, false);
	else
		chain_connect(t, c);
	if (!arrow) {
		chain_useless(t, &c->now, true);
		t->ends_output = c->now.nb == 1 && c->now.refs[0].item == t->output;
	}
	done = c->before;
	c->before = c->now;
	c->now = done;
}

void nf_config_chain(struct nf_config_tree *t)
{
	struct chain c = { .sign = 0 };
	bool arrow = true;

	while (arrow && chain_list(t, &c)) {
		struct nf_lexer_token word = *nf_lexer_peek(&t->lexer);

		arrow = word.kind == NF_LEXER_ARROW || word.kind == NF_LEXER_ARROWS;
		chain_link(t, &c, arrow);
		if (!arrow)
			break;
		c.sign = word.kind;
		c.sign_at = word.at;
		nf_lexer_next(&t->lexer);
	}
	free(c.before.refs);
	free(c.now.refs);
}
