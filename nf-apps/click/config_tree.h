/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the reader of configurations keeps between its two steps: a tree of definitions as they are
 * written (config_parse.c), which is then laid out flat (config_flatten.c). All of it is in one
 * arena. Internal to nf-apps/click/config*.c.
 */
#ifndef SLUICE_NF_APPS_CLICK_CONFIG_TREE_H
#define SLUICE_NF_APPS_CLICK_CONFIG_TREE_H

#include "nf-apps/click/arena.h"
#include "nf-apps/click/config.h"
#include "nf-apps/click/lexer.h"

struct nf_config_def;

/* What a class name means at some place. */
struct nf_config_class {
	const char *name;          /* as written there; "" for { ... } */
	struct nf_config_def *def; /* NULL: it is one of the program's classes, */
	const char *class_name;    /* this one */
};

/*
 * `input` and `output` of a definition are its elements 0 and 1. A group ( ... ) is three elements
 * in a row: itself, its input, its output.
 */
enum nf_config_kind {
	NF_CONFIG_ELEMENT,
	NF_CONFIG_GROUP,
	NF_CONFIG_INPUT,
	NF_CONFIG_OUTPUT,
};

#define NF_CONFIG_DEF_INPUT  0u
#define NF_CONFIG_DEF_OUTPUT 1u

struct nf_config_item {
	const char *name; /* NULL: none yet, prefix@number once the definition is complete */
	const char *prefix;
	struct nf_config_class of_class;
	const char *args;
	struct nf_lexer_place at;
	uint32_t nb_in, nb_out; /* highest port in use + 1 */
	uint32_t number;
	enum nf_config_kind kind;
};

struct nf_config_wire {
	uint32_t from, from_port, to, to_port; /* items of the same definition */
	struct nf_lexer_place at;
};

#define NF_CONFIG_VAR_LEN_MAX 127

/* A $variable: a parameter, or one that `define` made. */
struct nf_config_var {
	const char *name;
	const char *keyword; /* parameters: NULL: by position */
	const char *value;   /* of `define` */
	bool outside;        /* given to nf_config_parse: `define` does not change it */
	bool busy;           /* its value is being worked out */
};

/* A compound element as it is written, or the whole file. */
struct nf_config_def {
	const char *name; /* of its elementclass, "" if none */
	struct nf_lexer_place at;
	struct nf_config_def *parent; /* the one around it */
	struct nf_config_def *next;   /* tried after this one; see || */
	const char *next_class;       /* the program's class that the last one extends, or NULL */
	struct nf_config_var *vars;   /* parameters first */
	uint32_t nb_vars, nb_params, nb_positional;
	bool takes_rest; /* the last parameter is __REST__ */
	struct nf_arena_map var_names;
	struct nf_config_item *items;
	uint32_t nb_items;
	struct nf_arena_map item_names;
	struct nf_config_wire *wires;
	uint32_t nb_wires;
	struct nf_config_class *classes; /* elementclass */
	uint32_t nb_classes;
	struct nf_arena_map class_names;
	uint32_t nb_in, nb_out;
};

/* Everything of one nf_config_parse. */
struct nf_config_tree {
	struct nf_arena arena;
	struct nf_lexer lexer;
	struct nf_errors *errs;
	struct nf_config_def *file;
	struct nf_config_def *def; /* being read */
	uint32_t input, output;    /* items of def that these names mean now; NF_ARENA_NONE: none */
	unsigned depth;            /* of compound elements and groups */
	uint32_t nb_defs, nb_items, nb_wires, nb_ports, nb_vars; /* against the limits */
	bool ends_output; /* the last chain of connections ended in `output` */
	bool bad_syntax;
	const char *error_at; /* the word of the last syntax error */
	bool stop;            /* beyond a limit: told, nothing more is read */
	uint64_t nb_work;
	struct nf_text requirements;
	struct nf_arena_map libraries; /* read already, by name */
	unsigned nb_open;              /* of them in each other */
	size_t text_len;               /* of all that is read */
};

/* __REST__ */
#define NF_CONFIG_REST "__REST__"

/* config_def.c: definitions */

/* A new one inside of t->def. NULL: no memory or too many (told). */
struct nf_config_def *nf_config_def_new(
	struct nf_config_tree *t, const char *name, struct nf_lexer_place at);
/* A new item. NF_ARENA_NONE: no memory or too many (told). `name` may be NULL. */
uint32_t nf_config_def_add(struct nf_config_tree *t, enum nf_config_kind kind, const char *name,
	struct nf_lexer_place at);
void nf_config_def_wire(struct nf_config_tree *t, const struct nf_config_wire *wire);
/* keyword and value as in struct nf_config_var. Tell if it is there already. */
void nf_config_def_param(struct nf_config_tree *t, const char *name, const char *keyword);
void nf_config_def_var(struct nf_config_tree *t, const char *name, const char *value, bool outside);
void nf_config_def_class(struct nf_config_tree *t, const char *name, struct nf_config_class c);
/* What `name` means here as a class. False: none of ours; *c is the program's class of that name.
 */
bool nf_config_def_find_class(
	const struct nf_config_tree *t, const char *name, struct nf_config_class *c);
/*
 * Checks that the ports in use of an `input` and the `output` behind it are without a gap, among
 * wires from `first_wire` on. `what` names it in messages. Stores how many there are.
 */
void nf_config_def_ports(struct nf_config_tree *t, uint32_t input, uint32_t first_wire,
	const char *what, struct nf_lexer_place at, uint32_t nb[2]);
/* Gives the items without a name theirs. */
void nf_config_def_name(struct nf_config_tree *t);

/* Told once: nothing more is read. */
void nf_config_def_limit(struct nf_config_tree *t, struct nf_lexer_place at, const char *what);

/* False: too much work for one configuration (told). */
bool nf_config_def_work(struct nf_config_tree *t, struct nf_lexer_place at, uint64_t steps);

/* config_parse.c: reads all of t->lexer into t->file */
void nf_config_parse_file(struct nf_config_tree *t);
/* Statements up to what ends the element around them (')', '}' or 0), which is not taken. */
void nf_config_parse_statements(struct nf_config_tree *t, int end);
/* The next word is wrong: says so, and what was expected (may be NULL), and skips to where a
 * statement may begin. Returns false. */
bool nf_config_parse_syntax(struct nf_config_tree *t, const char *expected);
/* The next word as a string in the arena; takes it. NULL: no memory. */
const char *nf_config_parse_name(struct nf_config_tree *t);
/* (ARGUMENTS) of a keyword. NULL: there are none (told). */
const char *nf_config_parse_arguments(struct nf_config_tree *t);
/* Deeper by one, if the limit allows it (else told). */
bool nf_config_parse_enter(struct nf_config_tree *t, struct nf_lexer_place at);

/* config_require.c: require(...), the word was taken. */
void nf_config_require(struct nf_config_tree *t);

/* config_compound.c: { ... }, the '{' is the next word. NULL: none (told). */
struct nf_config_def *nf_config_compound(struct nf_config_tree *t, const char *name);

/* config_chain.c: a list of declarations, or of connections */
void nf_config_chain(struct nf_config_tree *t);

/* Ports as they are written at an element. */
struct nf_config_ports {
	uint32_t *v;
	uint32_t nb;
	bool open; /* "[0,]": and those after it, as many as needed */
};

/* config_ports.c: [1,2], the '[' was taken. False: syntax error (told). */
bool nf_config_ports_read(struct nf_config_tree *t, struct nf_config_ports *ports);
/* 0 .. nb - 1 */
void nf_config_ports_all(struct nf_config_tree *t, struct nf_config_ports *ports, uint32_t nb);

/* config_group.c: ( ... ), the '(' is the next word. Its item; NF_ARENA_NONE: error (told). */
uint32_t nf_config_group(
	struct nf_config_tree *t, struct nf_config_ports *in, struct nf_config_ports *out);

/* One element of a list at one side of -> or =>. */
struct nf_config_end {
	uint32_t item;
	const struct nf_config_ports *ports;
};

/* config_connect.c: outs -> ins; `sign` is NF_LEXER_ARROW or NF_LEXER_ARROWS. */
void nf_config_connect(struct nf_config_tree *t, const struct nf_config_end *outs, uint32_t nb_outs,
	const struct nf_config_end *ins, uint32_t nb_ins, int sign, struct nf_lexer_place at);

#endif
