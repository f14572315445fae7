/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The second step of the reader: definitions become elements and links. Each use of a definition
 * makes a node for each of its items; nodes of compound elements, groups and of their `input` and
 * `output` pass connections on and vanish at the end. Internal to nf-apps/click/config*.c.
 */
#ifndef SLUICE_NF_APPS_CLICK_CONFIG_FLAT_H
#define SLUICE_NF_APPS_CLICK_CONFIG_FLAT_H

#include "nf-apps/click/config_tree.h"

/* One use of a definition: what its variables are. */
struct nf_config_env {
	const struct nf_config_def *def;
	const struct nf_config_env *parent; /* of the definition around it */
	const char **values;                /* of its parameters */
	const char *prefix;                 /* of its elements' names: "a/b/" */
};

struct nf_config_node {
	const struct nf_config_item *item;
	const char *name, *args;
	const char *class_name; /* NULL: not an element of the program */
	uint32_t pass;  /* what comes to an input of this goes on at the outputs of that node */
	uint32_t index; /* of the element it becomes */
};

struct nf_config_flat {
	struct nf_config_tree *t;
	struct nf_config_node *nodes;
	uint32_t nb_nodes;
	struct nf_config_wire *wires; /* between nodes */
	uint32_t nb_wires;
	struct nf_arena_map names; /* of nodes */
	uint32_t nb_elements;
	size_t nb_bytes;
	unsigned depth; /* of variables in variables */
};

/* config_expand.c: `text` with its $variables replaced, in the arena. NULL: error (told). */
const char *nf_config_expand(struct nf_config_flat *f, const struct nf_config_env *e,
	const char *text, struct nf_lexer_place at);

/* Arguments of a compound element. */
struct nf_config_args {
	const char **v;
	uint32_t nb;
};

/* config_match.c: splits an item's arguments at commas; in the arena. False: no memory or too much.
 */
bool nf_config_match_split(
	struct nf_config_flat *f, const struct nf_config_node *n, struct nf_config_args *a);
/*
 * The definition that fits the arguments and the ports in use, its parameters in *values (to be
 * freed). NULL with *class_name set: it is an element of that class of the program. Both NULL: none
 * fits (told).
 */
const struct nf_config_def *nf_config_match(struct nf_config_flat *f,
	const struct nf_config_node *n, const struct nf_config_args *a, const char ***values,
	const char **class_name);

/* config_flatten.c: all of t->file */
void nf_config_flatten(struct nf_config_flat *f);
/* So many more bytes for an item. False: too many in all (told). */
bool nf_config_flatten_bytes(
	struct nf_config_flat *f, const struct nf_config_item *item, size_t bytes);

/* config_links.c: the links of a whole flat configuration into c, whose memory is `arena`. */
void nf_config_links(struct nf_config_flat *f, struct nf_config *c, struct nf_arena *arena);

#endif
