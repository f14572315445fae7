/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/click/interrupt.h"
#include "nf-apps/element/control/script.h"

#define SCRIPTPARSE_PAUSE_MAX 1000000

static const struct {
	const char *name;
	uint8_t op, flags;
	uint32_t arg;
} scriptparse_ops[] = {
	{ "append", NF_SCRIPT_SAVE, NF_SCRIPT_APPEND, 0 },
	{ "end", NF_SCRIPT_FINISH, 0, NF_SCRIPT_ENDED },
	{ "error", NF_SCRIPT_FINISH, 0, NF_SCRIPT_FAILED },
	{ "errorq", NF_SCRIPT_FINISH, NF_SCRIPT_Q, NF_SCRIPT_FAILED },
	{ "exit", NF_SCRIPT_FINISH, 0, NF_SCRIPT_EXITED },
	{ "export", NF_SCRIPT_EXPORT, 0, 0 },
	{ "exportq", NF_SCRIPT_EXPORT, NF_SCRIPT_Q, 0 },
	{ "goto", NF_SCRIPT_GOTO, 0, 0 },
	{ "init", NF_SCRIPT_INIT, 0, 0 },
	{ "initq", NF_SCRIPT_INIT, NF_SCRIPT_Q, 0 },
	{ "label", NF_SCRIPT_LABEL, 0, 0 },
	{ "loop", NF_SCRIPT_LOOP, 0, 0 },
	{ "pause", NF_SCRIPT_PAUSE, 0, 0 },
	{ "print", NF_SCRIPT_PRINT, 0, 0 },
	{ "printn", NF_SCRIPT_PRINT, NF_SCRIPT_N, 0 },
	{ "printnq", NF_SCRIPT_PRINT, NF_SCRIPT_N | NF_SCRIPT_Q, 0 },
	{ "printq", NF_SCRIPT_PRINT, NF_SCRIPT_Q, 0 },
	{ "read", NF_SCRIPT_READ, 0, 0 },
	{ "readq", NF_SCRIPT_READ, NF_SCRIPT_Q, 0 },
	{ "return", NF_SCRIPT_RETURN, 0, 0 },
	{ "returnq", NF_SCRIPT_RETURN, NF_SCRIPT_Q, 0 },
	{ "save", NF_SCRIPT_SAVE, 0, 0 },
	{ "set", NF_SCRIPT_SET, 0, 0 },
	{ "setq", NF_SCRIPT_SET, NF_SCRIPT_Q, 0 },
	{ "stop", NF_SCRIPT_FINISH, 0, NF_SCRIPT_STOPPED },
	{ "wait", NF_SCRIPT_WAIT, 0, 0 },
	{ "wait_for", NF_SCRIPT_WAIT, 0, 0 },
	{ "wait_step", NF_SCRIPT_PAUSE, 0, 0 },
	{ "wait_stop", NF_SCRIPT_PAUSE, 0, 0 },
	{ "wait_time", NF_SCRIPT_WAIT, 0, 0 },
	{ "write", NF_SCRIPT_WRITE, 0, 0 },
	{ "writeq", NF_SCRIPT_WRITE, NF_SCRIPT_Q, 0 },
};

bool nf_script_word(const char **at, const char **word, size_t *len)
{
	const char *end = *at + strlen(*at), *s = nf_args_text_space(*at, end);

	*word = s;
	while (s < end && !nf_args_text_is_space(*s))
		s = nf_args_text_item(s, end);
	*len = (size_t)(s - *word);
	*at = nf_args_text_space(s, end);
	return *len > 0;
}

static bool scriptparse_is(const char *name, const char *word, size_t len)
{
	return strlen(name) == len && memcmp(name, word, len) == 0;
}

int nf_script_label(const struct nf_script *s, const char *name, size_t len, bool *leaves)
{
	static const struct {
		const char *name;
		int end;
	} ends[] = { { "end", NF_SCRIPT_ENDED }, { "exit", NF_SCRIPT_EXITED },
		{ "stop", NF_SCRIPT_STOPPED }, { "error", NF_SCRIPT_FAILED } };

	*leaves = false;
	for (uint32_t i = 0; i < s->nb_insns; i++) {
		const struct nf_script_insn *in = &s->insns[i];

		if (in->op == NF_SCRIPT_LABEL && scriptparse_is(in->text, name, len))
			return (int)i;
	}
	if (scriptparse_is("begin", name, len) || scriptparse_is("loop", name, len))
		return 0;
	for (unsigned i = 0; i < UK_ARRAY_SIZE(ends); i++) {
		if (scriptparse_is(ends[i].name, name, len)) {
			*leaves = true;
			return ends[i].end;
		}
	}
	return -ENOENT;
}

/* Puts one more at the end. NULL: out of memory. */
static struct nf_script_insn *scriptparse_add(struct nf_script *s, unsigned op, const char *text)
{
	struct nf_script_insn *v = realloc(s->insns, (s->nb_insns + 1) * sizeof(*v));

	if (v == NULL)
		return NULL;
	s->insns = v;
	v += s->nb_insns;
	*v = (struct nf_script_insn){ .op = (uint8_t)op, .text = strdup(text) };
	if (v->text == NULL)
		return NULL;
	s->nb_insns++;
	return v;
}

/* Cuts the first word off in->text, in place. Returns whether there is one. */
static bool scriptparse_cut(struct nf_script_insn *in, char *word, size_t room)
{
	const char *rest = in->text, *w;
	size_t len;

	if (!nf_script_word(&rest, &w, &len) || len >= room)
		return false;
	memcpy(word, w, len);
	word[len] = '\0';
	memmove(in->text, rest, strlen(rest) + 1);
	return true;
}

static bool scriptparse_variable(struct nf_script *s, struct nf_script_insn *in)
{
	char name[256];
	int var;

	if (!scriptparse_cut(in, name, sizeof(name)))
		return false;
	if (in->op == NF_SCRIPT_SET && *in->text == '\0')
		return false;
	var = nf_script_var(s, name, strlen(name), true);
	in->arg = var >= 0 ? (uint32_t)var : 0;
	return var >= 0 && (in->op != NF_SCRIPT_EXPORT || nf_script_export(s, in->arg) == 0);
}

static bool scriptparse_pause(struct nf_script_insn *in)
{
	uint64_t nb = 1;

	if (*in->text != '\0' && (nf_addr_u64(in->text, &nb) < 0 || nb > SCRIPTPARSE_PAUSE_MAX))
		return false;
	in->op = NF_SCRIPT_PAUSE;
	in->arg = (uint32_t)nb;
	return true;
}

/* What is to be known about the instruction before it runs. False: wrong. */
static bool scriptparse_rest(struct nf_script *s, struct nf_script_insn *in, const char *name)
{
	const char *rest = in->text, *w;
	size_t len;

	switch (in->op) {
	case NF_SCRIPT_PAUSE:
		return scriptparse_pause(in);
	case NF_SCRIPT_WAIT:
		if (*in->text == '\0' && strcmp(name, "wait") == 0)
			return scriptparse_pause(in);
		return nf_addr_time_ns(in->text, &in->ns) == 0;
	case NF_SCRIPT_SET:
	case NF_SCRIPT_INIT:
	case NF_SCRIPT_EXPORT:
		return scriptparse_variable(s, in);
	case NF_SCRIPT_LABEL:
		return nf_script_word(&rest, &w, &len) && *rest == '\0';
	case NF_SCRIPT_GOTO:
		return *in->text != '\0';
	case NF_SCRIPT_LOOP:
		return *in->text == '\0';
	case NF_SCRIPT_FINISH:
		return *in->text == '\0' || in->arg == NF_SCRIPT_FAILED;
	default:
		return true;
	}
}

static int scriptparse_one(struct nf_script *s, struct nf_args *a, const char *text)
{
	const char *rest = text, *word;
	struct nf_script_insn *in;
	size_t len;
	char name[16];

	if (!nf_script_word(&rest, &word, &len))
		return 0;
	for (unsigned i = 0; i < UK_ARRAY_SIZE(scriptparse_ops); i++) {
		if (!scriptparse_is(scriptparse_ops[i].name, word, len))
			continue;
		in = scriptparse_add(s, scriptparse_ops[i].op, rest);
		if (in == NULL)
			return -ENOMEM;
		in->flags = scriptparse_ops[i].flags;
		in->arg = scriptparse_ops[i].arg;
		memcpy(name, word, len);
		name[len] = '\0';
		if (!scriptparse_rest(s, in, name))
			nf_args_error(
				a, "syntax error at '%.*s'", (int)(len < 64 ? len : 64), word);
		return 0;
	}
	nf_args_error(a, "syntax error at '%.*s'", (int)(len < 64 ? len : 64), word);
	return 0;
}

static void scriptparse_gotos(struct nf_script *s, struct nf_args *a)
{
	for (uint32_t i = 0; i < s->nb_insns; i++) {
		struct nf_script_insn *in = &s->insns[i];
		char name[256];
		bool leaves;
		int to;

		if (in->op != NF_SCRIPT_GOTO || *in->text == '\0')
			continue;
		if (!scriptparse_cut(in, name, sizeof(name))) {
			nf_args_error(a, "syntax error at 'goto'");
			continue;
		}
		to = nf_script_label(s, name, strlen(name), &leaves);
		if (to < 0)
			nf_args_error(a, "no such label '%.64s'", name);
		in->arg = to < 0 ? 0 : (uint32_t)to;
		in->flags |= leaves ? NF_SCRIPT_LEAVES : 0;
	}
}

static int scriptparse_signals(struct nf_script *s, struct nf_args *a, const char *rest)
{
	const char *w;
	size_t len;
	char name[16];

	while (nf_script_word(&rest, &w, &len)) {
		int nr;

		(void)snprintf(name, sizeof(name), "%.*s", (int)(len < 15 ? len : 15), w);
		nr = nf_interrupt_number(name);
		if (nr < 0 || nr >= 32)
			return nf_args_error(
				a, "TYPE: '%s' is no signal that can be had here", name);
		s->signals |= 1u << nr;
	}
	return s->signals != 0 ? 0 : nf_args_error(a, "TYPE SIGNAL needs signals");
}

static void scriptparse_type(struct nf_script *s, struct nf_args *a, const char *text)
{
	static const char *const types[] = { "ACTIVE", "PASSIVE", "PACKET", "PROXY", "DRIVER",
		"SIGNAL" };
	const char *rest = text, *w;
	size_t len;
	unsigned t = 0;

	(void)nf_script_word(&rest, &w, &len);
	while (t < UK_ARRAY_SIZE(types) && !scriptparse_is(types[t], w, len))
		t++;
	if (t == UK_ARRAY_SIZE(types) || (t != NF_SCRIPT_SIGNAL && *rest != '\0')) {
		nf_args_error(a,
			"TYPE: '%.64s' is not one of: ACTIVE, PASSIVE, PACKET, PROXY, DRIVER, SIGNAL",
			text);
		return;
	}
	s->type = (uint8_t)t;
	if (t == NF_SCRIPT_SIGNAL)
		(void)scriptparse_signals(s, a, rest);
}

int nf_script_parse(struct nf_element *e, struct nf_args *a, unsigned type)
{
	struct nf_script *s = e->state;
	const char *text = nf_args_take(a, "TYPE", 0);
	int rc = 0;

	s->type = (uint8_t)(type == NF_SCRIPT_ACTIVE && e->nb_in > 0 ? NF_SCRIPT_PACKET : type);
	if (text != NULL)
		scriptparse_type(s, a, text);
	while (rc == 0 && (text = nf_args_next(a)) != NULL)
		rc = scriptparse_one(s, a, text);
	scriptparse_gotos(s, a);
	if (rc == 0 && s->nb_insns == 0 && s->type == NF_SCRIPT_DRIVER)
		rc = scriptparse_one(s, a, "pause");
	if (rc == 0)
		rc = scriptparse_one(s, a, s->type == NF_SCRIPT_DRIVER ? "stop" : "end");
	if (rc < 0) {
		nf_args_free(a);
		return rc;
	}
	return nf_args_end(a);
}
