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
	struct nf_config_class of_class; /* of the name, if it is one of elementclass */
	struct nf_config_class declared; /* behind :: */
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

NF_LEXER_LEAF static struct chain_ref *chain_add(struct nf_config_tree *t, struct chain_list *l)
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

/*
 * No name where one could be. In compound elements and groups that is `input` at the begin of a
 * chain and `output` at its end, if ports say so or if it is alone. False: it is nothing.
 */
NF_LEXER_LEAF static bool chain_implicit(
	struct nf_config_tree *t, const struct chain *c, struct chain_ref *ref)
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
		nf_lexer_warn(t->errs, word->at,
			"a chain begins with '%.2s' here: 'input %.2s' "
			"would say so",
			word->s, word->s);
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
	const char *name;

	nf_lexer_next(&t->lexer);
	ref->bare = false;
	ref->is_declared = true;
	if (nf_lexer_kind(&t->lexer) == '{') {
		ref->declared.name = "";
		ref->declared.def = nf_config_compound(t, "");
		return ref->declared.def != NULL;
	}
	if (nf_lexer_kind(&t->lexer) != NF_LEXER_NAME)
		return nf_config_parse_syntax(t, "a class after '::'");
	name = nf_config_parse_name(t);
	if (name != NULL)
		nf_config_def_find_class(t, name, &ref->declared);
	return name != NULL;
}

/* (ARGS), if they are there. */
NF_LEXER_LEAF static void chain_args(struct nf_config_tree *t, struct chain_ref *ref)
{
	struct nf_lexer_place at = nf_lexer_peek(&t->lexer)->at;

	if (nf_lexer_kind(&t->lexer) != '(' || ref->form == CHAIN_GROUP)
		return;
	nf_lexer_next(&t->lexer);
	ref->bare = false;
	ref->args = nf_lexer_config(&t->lexer, at);
	t->bad_syntax |= ref->args == NULL;
}

/* [PORTS], if they are there. */
NF_LEXER_LEAF static bool chain_ports(struct nf_config_tree *t, struct nf_config_ports *ports)
{
	struct nf_config_ports read = { 0 };

	if (nf_lexer_kind(&t->lexer) != '[')
		return true;
	nf_lexer_next(&t->lexer);
	if (!nf_config_ports_read(t, &read))
		return false;
	*ports = read;
	return true;
}

/* A name, { ... } or ( ... ). */
static bool chain_what(struct nf_config_tree *t, struct chain_ref *ref)
{
	switch (nf_lexer_kind(&t->lexer)) {
	case NF_LEXER_NAME:
		ref->bare = true;
		ref->name = nf_config_parse_name(t);
		if (ref->name == NULL)
			return false;
		ref->is_class = nf_config_def_find_class(t, ref->name, &ref->of_class);
		return true;
	case '{':
		ref->form = CHAIN_COMPOUND;
		ref->name = ref->of_class.name = "";
		ref->is_class = true;
		ref->of_class.def = nf_config_compound(t, "");
		return ref->of_class.def != NULL;
	default:
		ref->form = CHAIN_GROUP;
		ref->item = nf_config_group(t, &ref->in, &ref->out);
		return ref->item != NF_ARENA_NONE;
	}
}

/* [PORTS] and one of what a list is of. False: syntax error (told). */
static bool chain_ref(struct nf_config_tree *t, struct chain *c, struct chain_ref *ref)
{
	int kind;

	if (!chain_ports(t, &ref->in))
		return false;
	ref->at = nf_lexer_peek(&t->lexer)->at;
	kind = nf_lexer_kind(&t->lexer);
	if (kind != NF_LEXER_NAME && kind != '{' && kind != '(') {
		if (chain_implicit(t, c, ref))
			return true;
		if (ref->in.nb > 0 || c->now.nb == 1)
			return nf_config_parse_syntax(t, NULL);
		c->now.nb--; /* a comma at the end of a list */
		return true;
	}
	if (!chain_what(t, ref))
		return false;
	if (nf_lexer_kind(&t->lexer) == NF_LEXER_COLONS && ref->form != CHAIN_GROUP &&
		!chain_declared(t, ref))
		return false;
	chain_args(t, ref);
	return chain_ports(t, &ref->out);
}

static bool chain_list(struct nf_config_tree *t, struct chain *c)
{
	c->now.nb = 0;
	while (true) {
		struct chain_ref *ref = chain_add(t, &c->now);

		if (ref == NULL || !chain_ref(t, c, ref))
			return false;
		if (nf_lexer_kind(&t->lexer) != ',')
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
		nf_lexer_error(t->errs, ref->at, "arguments for '%s', which was declared before",
			ref->name);
	ref->item = item;
}

/* Ports where nothing is connected: in front of the first list, behind the last one. */
static void chain_useless(struct nf_config_tree *t, const struct chain_list *l, bool outs)
{
	for (uint32_t i = 0; i < l->nb; i++) {
		if ((outs ? l->refs[i].out.nb : l->refs[i].in.nb) == 0)
			continue;
		nf_lexer_error(t->errs, l->refs[i].at,
			"%s ports with nothing connected to them at "
			"the %s of a chain",
			outs ? "output" : "input", outs ? "end" : "begin");
		return;
	}
}

static struct nf_config_end *chain_ends(
	struct nf_config_tree *t, const struct chain_list *l, bool outs)
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

/* True if what stands between two arrows is `input` or `output` because nothing stands there. */
static bool chain_hole(const struct chain *c, bool arrow)
{
	bool hole = false;

	for (uint32_t i = 0; c->sign != 0 && arrow && i < c->now.nb; i++)
		hole |= c->now.refs[i].form == CHAIN_IMPLICIT;
	return hole;
}

/* A group without ports on a side where it has a neighbour. */
static void chain_dead_ends(struct nf_config_tree *t, const struct chain *c, bool arrow)
{
	for (uint32_t i = 0; i < c->now.nb; i++) {
		const struct chain_ref *ref = &c->now.refs[i];

		if (ref->form == CHAIN_GROUP &&
			((c->sign != 0 && ref->in.nb == 0) || (arrow && ref->out.nb == 0)))
			nf_lexer_warn(t->errs, ref->at, "a connection to this group leads nowhere");
	}
}

/* A list was read: its names get their meaning, and the connections are made. */
NF_LEXER_LEAF static void chain_link(struct nf_config_tree *t, struct chain *c, bool arrow)
{
	struct chain_list done;

	if (c->sign == 0 && !arrow)
		chain_spread(&c->now);
	chain_dead_ends(t, c, arrow);
	for (uint32_t i = 0; i < c->now.nb; i++)
		chain_settle(t, &c->now.refs[i]);
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
		int kind = nf_lexer_kind(&t->lexer);

		arrow = kind == NF_LEXER_ARROW || kind == NF_LEXER_ARROWS;
		if (chain_hole(&c, arrow)) {
			nf_config_parse_syntax(t, "an element in front of it");
			break;
		}
		chain_link(t, &c, arrow);
		c.sign = kind;
		c.sign_at = nf_lexer_peek(&t->lexer)->at;
		if (arrow)
			nf_lexer_next(&t->lexer);
	}
	free(c.before.refs);
	free(c.now.refs);
}
