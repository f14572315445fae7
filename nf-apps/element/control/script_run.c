/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/click/print.h"
#include "nf-apps/element/control/script.h"

#define SCRIPTRUN_WORK 20 /* what a run is worth beside its instructions */

/* Says what went wrong at the console, line by line, and forgets it. */
static void scriptrun_complain(struct nf_errors *errs)
{
	char *line = errs->text.s;

	while (line != NULL && *line != '\0') {
		char *end = strchr(line, '\n');

		if (end != NULL)
			*end++ = '\0';
		nf_print_line(line);
		line = end;
	}
	errs->text.len = 0;
	errs->nb_errors = errs->nb_warnings = 0;
	if (errs->text.s != NULL)
		errs->text.s[0] = '\0';
}

/* The text of an instruction with all replaced. NULL: told. */
static char *scriptrun_text(
	struct nf_element *e, const char *text, bool unquote, struct nf_errors *errs)
{
	struct nf_text t = { 0 };

	if (nf_script_expand(e, text, false, &t, errs) < 0) {
		nf_text_free(&t);
		return NULL;
	}
	nf_text_add(&t, "", 0);
	if (t.s == NULL)
		return calloc(1, 1);
	if (unquote)
		t.len = nf_args_text_unquote(t.s, t.len);
	return t.s;
}

static void scriptrun_set(
	struct nf_element *e, const struct nf_script_insn *in, struct nf_errors *errs)
{
	struct nf_script *s = e->state;
	char *value = scriptrun_text(e, in->text, in->flags & NF_SCRIPT_Q, errs);

	if (value == NULL)
		return;
	free(s->vars[in->arg].value);
	s->vars[in->arg].value = value;
}

static void scriptrun_write(
	struct nf_element *e, const struct nf_script_insn *in, struct nf_errors *errs)
{
	struct nf_script *s = e->state;
	char *call = scriptrun_text(e, in->text, false, errs);

	if (call != NULL)
		s->status = nf_script_write(e, call, in->flags & NF_SCRIPT_Q, errs);
	free(call);
}

static enum nf_script_end scriptrun_return(
	struct nf_element *e, const struct nf_script_insn *in, struct nf_errors *errs)
{
	struct nf_script *s = e->state;
	char *value = scriptrun_text(e, in->text, in->flags & NF_SCRIPT_Q, errs);

	free(s->result);
	s->result = value;
	return value != NULL ? NF_SCRIPT_RETURNED : NF_SCRIPT_FAILED;
}

static enum nf_script_end scriptrun_finish(
	struct nf_element *e, unsigned how, const char *text, bool unquote, struct nf_errors *errs)
{
	struct nf_script *s = e->state;
	char *message;

	if (how == NF_SCRIPT_STOPPED && s->type != NF_SCRIPT_DRIVER)
		nf_router_stop_driver(e->router);
	if (how == NF_SCRIPT_FAILED && *text != '\0') {
		message = scriptrun_text(e, text, unquote, errs);
		if (message != NULL)
			nf_errors_add(errs, NULL, "%s", message);
		free(message);
	}
	return (enum nf_script_end)how;
}

static enum nf_script_end scriptrun_goto(
	struct nf_element *e, const struct nf_script_insn *in, struct nf_errors *errs)
{
	struct nf_script *s = e->state;
	char *cond = scriptrun_text(e, in->text, true, errs), *word = cond;
	size_t len;
	bool yes = true;

	if (cond == NULL)
		return NF_SCRIPT_GOES_ON;
	while (nf_args_text_is_space(*word))
		word++;
	for (len = strlen(word); len > 0 && nf_args_text_is_space(word[len - 1]);)
		word[--len] = '\0';
	if (len > 0 && nf_addr_bool(word, &yes) < 0) {
		nf_errors_add(errs, NULL, "bad condition '%.64s'", word);
		yes = false;
	}
	free(cond);
	if (!yes)
		return NF_SCRIPT_GOES_ON;
	if (in->flags & NF_SCRIPT_LEAVES)
		return scriptrun_finish(e, in->arg, "", false, errs);
	s->pc = in->arg;
	s->passed = 0;
	return NF_SCRIPT_GOES_ON;
}

static enum nf_script_end scriptrun_pause(struct nf_script *s, const struct nf_script_insn *in)
{
	uint32_t nb = in->arg - s->passed;

	if (nb > s->credits)
		nb = s->credits;
	s->credits -= nb;
	s->passed += nb;
	if (s->passed < in->arg)
		return NF_SCRIPT_BLOCKED;
	s->passed = 0;
	return NF_SCRIPT_GOES_ON;
}

static enum nf_script_end scriptrun_wait(
	struct nf_script *s, const struct nf_script_insn *in, struct nf_errors *errs)
{
	if (s->credits == 0) {
		if (nf_timer_after_ns(&s->timer, in->ns) < 0)
			nf_errors_add(errs, NULL, "out of memory for a timer");
		return NF_SCRIPT_BLOCKED;
	}
	s->credits--;
	nf_timer_cancel(&s->timer);
	return NF_SCRIPT_GOES_ON;
}

static enum nf_script_end scriptrun_one(
	struct nf_element *e, const struct nf_script_insn *in, struct nf_errors *errs)
{
	struct nf_script *s = e->state;

	switch (in->op) {
	case NF_SCRIPT_PAUSE:
		return scriptrun_pause(s, in);
	case NF_SCRIPT_WAIT:
		return scriptrun_wait(s, in, errs);
	case NF_SCRIPT_PRINT:
		(void)nf_script_print(e, in, errs);
		break;
	case NF_SCRIPT_READ:
		(void)nf_script_tell(e, in, errs);
		break;
	case NF_SCRIPT_WRITE:
		scriptrun_write(e, in, errs);
		break;
	case NF_SCRIPT_SAVE:
		(void)nf_script_save(e, in, errs);
		break;
	case NF_SCRIPT_SET:
		scriptrun_set(e, in, errs);
		break;
	case NF_SCRIPT_GOTO:
		return scriptrun_goto(e, in, errs);
	case NF_SCRIPT_LOOP:
		s->pc = 0;
		break;
	case NF_SCRIPT_RETURN:
		return scriptrun_return(e, in, errs);
	case NF_SCRIPT_FINISH:
		return scriptrun_finish(e, in->arg, in->text, in->flags & NF_SCRIPT_Q, errs);
	default:
		break;
	}
	return NF_SCRIPT_GOES_ON;
}

static enum nf_script_end scriptrun_give_up(struct nf_element *e)
{
	struct nf_script *s = e->state;
	struct nf_text line = { 0 };

	nf_text_printf(&line, "%s :: %s: too many jumps, giving up", e->name, e->class->name);
	nf_print_line(nf_text_get(&line));
	nf_text_free(&line);
	s->pc = s->nb_insns;
	nf_timer_cancel(&s->timer);
	return NF_SCRIPT_FAILED;
}

static enum nf_script_end scriptrun_loop(
	struct nf_element *e, struct nf_errors *errs, bool complain)
{
	struct nf_script *s = e->state;
	enum nf_script_end end;
	unsigned jumps = 0;

	while (s->pc < s->nb_insns) {
		uint32_t at = s->pc++;

		end = scriptrun_one(e, &s->insns[at], errs);
		if (complain)
			scriptrun_complain(errs);
		if (end != NF_SCRIPT_GOES_ON) {
			s->pc = at;
			return end;
		}
		jumps += s->pc != at + 1;
		if (jumps >= NF_SCRIPT_JUMPS_MAX || e->router->script_work++ > NF_SCRIPT_WORK_MAX)
			return scriptrun_give_up(e);
	}
	return NF_SCRIPT_FAILED;
}

enum nf_script_end nf_script_step(struct nf_element *e, uint32_t credits, struct nf_errors *errs)
{
	struct nf_script *s = e->state;
	struct nf_errors own = { 0 };
	struct nf_text context = { 0 };
	enum nf_script_end end;

	if (s->running) { /* the one that runs takes them */
		s->credits += credits < UINT32_MAX - s->credits ? credits : 0;
		return NF_SCRIPT_BLOCKED;
	}
	if (e->router->script_depth == 0)
		e->router->script_work = 0;
	s->running = true;
	s->started = true;
	s->credits = credits;
	e->router->script_depth++;
	e->router->script_work += SCRIPTRUN_WORK;
	if (errs == NULL) {
		nf_text_printf(&context, "While executing '%s :: %s'", e->name, e->class->name);
		own.context = nf_text_get(&context);
	}
	end = scriptrun_loop(e, errs != NULL ? errs : &own, errs == NULL);
	nf_text_free(&context);
	nf_text_free(&own.text);
	e->router->script_depth--;
	s->running = false;
	s->credits = 0;
	return end;
}

enum nf_script_end nf_script_run(struct nf_element *e, const char *args, struct nf_errors *errs)
{
	struct nf_script *s = e->state;
	struct nf_script was = *s;
	enum nf_script_end end;

	if (e->router->script_depth >= NF_SCRIPT_DEPTH_MAX) {
		if (errs != NULL)
			nf_errors_add(errs, NULL, "more than %d scripts run in each other",
				NF_SCRIPT_DEPTH_MAX);
		return NF_SCRIPT_FAILED;
	}
	s->args = strdup(args);
	if (s->args == NULL) {
		s->args = was.args;
		return NF_SCRIPT_FAILED;
	}
	nf_timer_cancel(&s->timer);
	s->pc = 0;
	s->passed = 0;
	s->running = false;
	free(s->result);
	s->result = NULL;
	end = nf_script_step(e, 0, errs);
	if (was.running) { /* a script that called itself goes on where it was */
		free(s->args);
		s->args = was.args;
		s->pc = was.pc;
		s->passed = was.passed;
		s->credits = was.credits;
		s->running = true;
	} else {
		free(was.args);
	}
	return end;
}

int nf_script_goto(struct nf_element *e, const char *label, struct nf_errors *errs)
{
	struct nf_script *s = e->state;
	const char *rest = label, *w;
	size_t len;
	bool leaves;
	int to = -ENOENT;

	if (nf_script_word(&rest, &w, &len))
		to = nf_script_label(s, w, len, &leaves);
	if (to < 0)
		return nf_errors_add(errs, NULL, "no such label '%.64s'", label);
	nf_timer_cancel(&s->timer);
	s->passed = 0;
	/* to leave it: the last instruction is the end */
	s->pc = leaves ? s->nb_insns - 1 : (uint32_t)to;
	if (!s->running)
		(void)nf_script_step(e, 0, errs);
	return 0;
}
