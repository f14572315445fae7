/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * require(...). Packages are the program's business and only kept; require(library FILE) reads
 * that file here, once, beside the file that asks for it.
 */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/click/config_tree.h"
#include "nf-apps/click/file.h"

#define REQUIRE_OPEN_MAX 16u /* libraries that require each other */

/* "FILE" in the folder of the text that is being read. NULL: no memory. */
static const char *require_path(struct nf_config_tree *t, const char *name)
{
	const char *file = t->lexer.main_file, *slash = strrchr(file, '/');
	size_t dir = slash != NULL && name[0] != '/' ? (size_t)(slash - file) + 1 : 0;
	size_t len = strlen(name);
	char *path = nf_arena_alloc(&t->arena, dir + len + 1);

	if (path == NULL)
		return NULL;
	memcpy(path, file, dir);
	memcpy(path + dir, name, len);
	return path;
}

/* Reads a text in the place of the one that is being read. */
static void require_read(struct nf_config_tree *t, const char *path, const char *text, size_t len)
{
	struct nf_lexer outer = t->lexer;

	nf_lexer_init(&t->lexer, text, len, path, &t->arena, t->errs);
	t->nb_open++;
	nf_config_parse_statements(t, 0);
	t->nb_open--;
	t->lexer = outer;
	t->error_at = NULL;
	if (t->stop)
		t->lexer.s = t->lexer.end;
}

static void require_library(struct nf_config_tree *t, struct nf_lexer_place at, const char *name)
{
	const char *path = require_path(t, name);
	char where[NF_LEXER_PLACE_MAX], *text = NULL;
	size_t len = 0;

	if (t->depth > 0) {
		nf_lexer_error(t->errs, at, "require(library %.100s) inside of an element", name);
		return;
	}
	if (path == NULL || nf_arena_map_get(&t->libraries, path) != NF_ARENA_NONE)
		return;
	if (t->nb_open == REQUIRE_OPEN_MAX) {
		nf_config_def_limit(t, at, "too many libraries in each other");
		return;
	}
	nf_arena_map_set(&t->arena, &t->libraries, path, 0);
	if (nf_file_load(path, NF_CONFIG_TEXT_MAX - t->text_len, &text, &len, t->errs,
		    nf_lexer_print_place(at, where)) < 0)
		return;
	t->text_len += len;
	if (memchr(text, 0, len) != NULL)
		nf_lexer_error(t->errs, at, "library %.100s: a byte is zero", name);
	else
		require_read(t, path, text, len);
	free(text);
}

/* One argument; `text` may be written to. */
static void require_one(struct nf_config_tree *t, struct nf_lexer_place at, char *text, size_t len)
{
	static const char library[] = "library";
	const size_t n = sizeof(library) - 1;
	const char *name;

	if (len > n && memcmp(text, library, n) == 0 && nf_args_text_is_space(text[n])) {
		nf_args_text_unquote(text, len);
		name = nf_args_text_space(text + n, text + strlen(text));
		require_library(t, at, name);
		return;
	}
	nf_text_printf(&t->requirements, "%s%s", t->requirements.len > 0 ? ", " : "", text);
}

NF_LEXER_LEAF void nf_config_require(struct nf_config_tree *t)
{
	struct nf_lexer_place at = t->lexer.at;
	const char *s = nf_config_parse_arguments(t), *end;
	char *one;

	if (s == NULL)
		return;
	end = s + strlen(s);
	one = malloc((size_t)(end - s) + 2);
	t->arena.failed |= one == NULL;
	while (one != NULL && s < end && !t->stop) {
		size_t len = nf_args_text_argument(&s, end, true, one);

		if (len > 0)
			require_one(t, at, one, len);
		s += s < end;
	}
	free(one);
}
