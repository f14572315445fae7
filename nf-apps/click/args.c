/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which text belongs to which argument. The rules are Click's: an argument whose first word is the
 * name that is asked for is that one (the last of several wins); else, what may be positional gets
 * the first argument that nobody has, unless it begins like another keyword and is not needed.
 * Positional arguments end where an argument was taken by its keyword.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args.h"
#include "nf-apps/click/args_text.h"

static bool args_is_key(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c == ':' || c == '.' || c == '?' || c == '!';
}

/*
 * Length of the word that may be a keyword, 0: there is none, or nothing follows it. Unlike in
 * Click, a word that begins with a digit is none, so that "2 min" may be a positional argument.
 */
static int32_t args_word(const char *s)
{
	int32_t n = 0;

	if (*s >= '0' && *s <= '9')
		return 0;
	while (args_is_key(s[n]))
		n++;
	return nf_args_text_is_space(s[n]) ? n : 0;
}

int nf_args_init(struct nf_args *a, const char *args, struct nf_element *e, const char *where,
	struct nf_errors *errs)
{
	const char *s = args, *end = args + strlen(args);
	size_t room = 1;
	char *to;

	*a = (struct nf_args){ .e = e, .errs = errs, .where = where };
	for (; s < end; s++)
		room += *s == ',';
	a->v = calloc(room, sizeof(*a->v));
	a->word = calloc(room, sizeof(*a->word));
	to = a->text = malloc((size_t)(end - args) + room + 1);
	if (a->v == NULL || a->word == NULL || to == NULL) {
		nf_args_free(a);
		nf_errors_add(errs, where, "out of memory");
		return -ENOMEM;
	}
	for (s = args; s < end; s++) {
		size_t len = nf_args_text_argument(&s, end, true, to);

		if (len == 0 && s == end) /* "a, b," */
			break;
		a->v[a->nb] = to;
		a->word[a->nb++] = args_word(to);
		to += len + 1;
	}
	a->nb_left = a->nb;
	return 0;
}

void nf_args_free(struct nf_args *a)
{
	free(a->v);
	free(a->word);
	free(a->text);
	a->v = NULL;
	a->word = NULL;
	a->text = NULL;
	a->nb = a->nb_left = a->next_left = 0;
}

int nf_args_error(struct nf_args *a, const char *fmt, ...)
{
	struct nf_text t = { 0 };
	va_list ap;

	va_start(ap, fmt);
	nf_text_vprintf(&t, fmt, ap);
	va_end(ap);
	a->nb_errors++;
	nf_errors_add(a->errs, a->where, "%s", nf_text_get(&t));
	nf_text_free(&t);
	return -EINVAL;
}

static void args_learn(struct nf_args *a, const char *key, unsigned how)
{
	for (unsigned i = 0; i < a->nb_known; i++) {
		if (strcmp(a->known[i], key) == 0)
			return;
	}
	if (a->nb_known == NF_ARGS_KNOWN_MAX || (how & NF_ARGS_OLD) != 0)
		return;
	a->known[a->nb_known] = key;
	a->known_how[a->nb_known++] = (uint8_t)how;
}

/* The last argument with this keyword; all with it are taken. -1: none. */
static int args_by_key(struct nf_args *a, const char *key)
{
	int32_t len = (int32_t)strlen(key);
	int found = -1;

	for (unsigned i = 0; i < a->nb; i++) {
		if (a->word[i] == len && len > 0 && memcmp(a->v[i], key, (size_t)len) == 0) {
			a->word[i] = NF_ARGS_BY_KEY;
			a->nb_left--;
			found = (int)i;
		}
	}
	return found;
}

/* Keywords are in capitals: text that begins with another word is no keyword that somebody else may want. */
static bool args_shouts(const char *word, int32_t len)
{
	for (int32_t i = 0; i < len; i++) {
		if (word[i] >= 'a' && word[i] <= 'z')
			return false;
	}
	return true;
}

/*
 * The next argument by position: one that does not begin as a keyword does, or, if there must be one, the first
 * that is left. -1: none.
 */
static int args_by_place(struct nf_args *a, bool must)
{
	int first = -1;

	while (a->next_pos < a->nb && a->word[a->next_pos] < 0)
		a->next_pos++;
	for (unsigned i = a->next_pos; i < a->nb; i++) {
		if (a->word[i] == 0)
			return (int)i;
		if (a->word[i] > 0 && must && !args_shouts(a->v[i], a->word[i]))
			return (int)i;
		if (a->word[i] > 0 && first < 0)
			first = (int)i;
	}
	return must ? first : -1;
}

char *nf_args_take(struct nf_args *a, const char *key, unsigned how)
{
	int found, pos = -1;
	char *s;

	args_learn(a, key, how);
	found = args_by_key(a, key);
	if ((how & NF_ARGS_POS) != 0)
		pos = args_by_place(a, found < 0 && (how & NF_ARGS_MUST) != 0);
	/* by position and by keyword: the keyword's counts, if it comes later */
	if (pos >= 0 && (found < 0 || pos < found)) {
		a->word[pos] = NF_ARGS_BY_POS;
		a->nb_left--;
		if (found < pos)
			return a->v[pos];
	}
	if (found < 0) {
		if ((how & NF_ARGS_MUST) != 0)
			nf_args_error(a, "%s: required argument missing", key);
		return NULL;
	}
	if ((how & NF_ARGS_OLD) != 0)
		nf_errors_warn(a->errs, a->where, "%s: argument deprecated", key);
	for (s = a->v[found] + strlen(key); nf_args_text_is_space(*s); s++)
		;
	return s;
}

unsigned nf_args_left(const struct nf_args *a)
{
	return a->nb_left;
}

const char *nf_args_next(struct nf_args *a)
{
	while (a->next_left < a->nb && a->word[a->next_left] < 0)
		a->next_left++;
	if (a->next_left == a->nb)
		return NULL;
	a->word[a->next_left] = NF_ARGS_BY_POS;
	a->nb_left--;
	return a->v[a->next_left++];
}

/* "A, [B], [keywords C, D]" */
static void args_expected(const struct nf_args *a, struct nf_text *t)
{
	bool keys = false;

	for (unsigned i = 0; i < a->nb_known; i++) {
		if ((a->known_how[i] & NF_ARGS_POS) != 0)
			nf_text_printf(t, (a->known_how[i] & NF_ARGS_MUST) != 0 ? "%s%s" : "%s[%s]",
				t->len > 0 ? ", " : "", a->known[i]);
	}
	for (unsigned i = 0; i < a->nb_known; i++) {
		if ((a->known_how[i] & NF_ARGS_POS) == 0) {
			nf_text_printf(t, "%s%s%s", t->len > 0 ? ", " : "",
				keys ? "" : "[keywords ", a->known[i]);
			keys = true;
		}
	}
	if (keys)
		nf_text_add(t, "]", 1);
}

static void args_tell_left(struct nf_args *a)
{
	struct nf_text t = { 0 };
	bool too_many = false;

	args_expected(a, &t);
	for (unsigned i = 0; i < a->nb; i++) {
		if (a->word[i] > 0 && a->nb_known > 0)
			nf_args_error(a, "%.*s: unknown argument; expected '%s'",
				a->word[i] > 64 ? 64 : (int)a->word[i], a->v[i], nf_text_get(&t));
		too_many |= a->word[i] == 0 || (a->word[i] > 0 && a->nb_known == 0);
	}
	if (too_many)
		nf_args_error(a, "too many arguments; expected '%s'", nf_text_get(&t));
	nf_text_free(&t);
}

int nf_args_end(struct nf_args *a)
{
	args_tell_left(a);
	nf_args_free(a);
	return a->nb_errors == 0 ? 0 : -EINVAL;
}
