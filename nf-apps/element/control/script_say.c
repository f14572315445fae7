/* SPDX-License-Identifier: BSD-3-Clause */
/* The instructions that tell the world something: print, save, append, read. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "nf-apps/click/file.h"
#include "nf-apps/click/print.h"
#include "nf-apps/element/control/script.h"

/* To a file, or to the standard output, which an image has as its console. */
static int scriptsay_put(
	const char *file, bool append, const struct nf_text *t, struct nf_errors *errs)
{
	struct nf_file *f;
	int rc;

	if (*file == '\0' || strcmp(file, "-") == 0) {
		(void)!fwrite(nf_text_get(t), 1, t->len, stdout);
		(void)fflush(stdout);
		return 0;
	}
	f = nf_file_create(file, append, errs, NULL);
	if (f == NULL)
		return -EINVAL;
	rc = nf_file_write(f, nf_text_get(t), (uint32_t)t->len);
	if (nf_file_close(f) < 0 || rc < 0)
		return nf_errors_add(errs, NULL, "%s: cannot write it", file);
	return 0;
}

static bool scriptsay_is_handler(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '@' || c == '_';
}

/* One word, with its variables replaced and without quotes, off the front of *text. */
static char *scriptsay_file(struct nf_element *e, const char **text, struct nf_errors *errs)
{
	struct nf_text name = { 0 };
	const char *w;
	size_t len;
	char *word;

	(void)nf_script_word(text, &w, &len);
	word = strndup(w, len);
	if (word != NULL && nf_script_expand(e, word, true, &name, errs) == 0) {
		free(word);
		return name.s != NULL ? name.s : strdup("");
	}
	free(word);
	nf_text_free(&name);
	return NULL;
}

int nf_script_print(struct nf_element *e, const struct nf_script_insn *i, struct nf_errors *errs)
{
	struct nf_text t = { 0 }, call = { 0 };
	const char *text = i->text;
	char *file = NULL;
	bool append = text[0] == '>' && text[1] == '>';
	int rc;

	if (*text == '>') {
		text += 1 + append;
		file = scriptsay_file(e, &text, errs);
		if (file == NULL)
			return -EINVAL;
	}
	if (scriptsay_is_handler(*text)) {
		rc = nf_script_expand(e, text, false, &call, errs);
		if (rc == 0)
			rc = nf_script_read(
				e, nf_text_get(&call), i->flags & NF_SCRIPT_Q, &t, errs);
	} else {
		rc = nf_script_expand(e, text, true, &t, errs);
	}
	if (rc == 0 && !(i->flags & NF_SCRIPT_N) && (t.len == 0 || t.s[t.len - 1] != '\n'))
		nf_text_add(&t, "\n", 1);
	if (rc == 0)
		rc = scriptsay_put(file != NULL ? file : "-", append, &t, errs);
	free(file);
	nf_text_free(&call);
	nf_text_free(&t);
	return rc;
}

/* "HANDLER FILE" */
int nf_script_save(struct nf_element *e, const struct nf_script_insn *i, struct nf_errors *errs)
{
	struct nf_text both = { 0 }, t = { 0 };
	const char *rest, *w;
	char *call = NULL, *file = NULL;
	size_t len;
	int rc = nf_script_expand(e, i->text, false, &both, errs);

	if (rc < 0)
		goto undo_both;
	rest = nf_text_get(&both);
	if (nf_script_word(&rest, &w, &len)) {
		call = strndup(w, len);
		file = scriptsay_file(e, &rest, errs);
	}
	if (call == NULL || file == NULL)
		rc = nf_errors_add(errs, NULL, "save and append take a handler and a file");
	else
		rc = nf_script_read(e, call, false, &t, errs);
	if (rc == 0)
		rc = scriptsay_put(file, i->flags & NF_SCRIPT_APPEND, &t, errs);
	free(call);
	free(file);
undo_both:
	nf_text_free(&both);
	nf_text_free(&t);
	return rc;
}

/* The name that a message shows: a script's own functions with the script's name in front. */
static void scriptsay_name(struct nf_element *e, const char *call, struct nf_text *out)
{
	size_t len;
	const char *w;
	char *name;

	if (!nf_script_word(&call, &w, &len))
		return;
	name = strndup(w, len);
	if (name != NULL && nf_script_own(e, name) != NULL)
		nf_text_printf(out, "%s.", e->name);
	nf_text_printf(out, "%s:\n", name != NULL ? name : "");
	free(name);
}

/* The instruction read: name and value to where messages go. */
int nf_script_tell(struct nf_element *e, const struct nf_script_insn *i, struct nf_errors *errs)
{
	struct nf_text call = { 0 }, value = { 0 }, line = { 0 };
	int rc = nf_script_expand(e, i->text, false, &call, errs);

	if (rc == 0)
		rc = nf_script_read(e, nf_text_get(&call), i->flags & NF_SCRIPT_Q, &value, errs);
	if (rc == 0) {
		scriptsay_name(e, nf_text_get(&call), &line);
		nf_text_add(&line, nf_text_get(&value), value.len);
		nf_text_add(&line, "\n", 1);
		nf_print_line(nf_text_get(&line));
	}
	nf_text_free(&call);
	nf_text_free(&value);
	nf_text_free(&line);
	return rc;
}
