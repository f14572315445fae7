/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Script(INSTRUCTION, ... [, keyword TYPE])
 *
 * Runs instructions: sets variables, calls handlers of other elements, waits, stops the router.
 *
 *	TYPE  when it runs. ACTIVE: when the router starts. PASSIVE: when its handler `run` is
 *	      called, with $args, $1, $2 ... and $# from what follows it. PACKET: for each packet,
 *	      with $input; what it returns is the output. PROXY: for any handler that it has not,
 *	      with $0 (its name) and $write. DRIVER: as DriverManager. SIGNAL NAME...: when the
 *	      process gets that signal. Default: PACKET if it has inputs, else ACTIVE
 *
 *	set VAR TEXT, setq          $VAR is the text
 *	init VAR TEXT, initq        the same, once, when the router starts
 *	export VAR [TEXT], exportq  the same, and VAR is a read handler
 *	print [>FILE | >>FILE] TEXT or HANDLER, printn, printq, printnq
 *	                            to the standard output; n: without a line feed
 *	read HANDLER [ARG], readq   name and value to where messages go
 *	write HANDLER [ARG], writeq $? is 0 if it was done
 *	save HANDLER FILE, append   the value to a file
 *	pause [N], wait_stop, wait_step, wait
 *	                            until the handler `step` was written N times
 *	wait TIME, wait_for, wait_time
 *	                            until then, or until a step
 *	label NAME, goto NAME [CONDITION], loop
 *	                            goto also knows begin, end, exit, stop, error
 *	end                         that is all; a packet leaves by output 0
 *	exit                        the same, but a packet is dropped, and a signal no longer runs
 *it stop                        end, and the router is asked to stop return [VALUE], returnq end,
 *with a value for `run`, or the output of a packet error [TEXT], errorq        end, as a failure
 *
 * In texts $VAR and ${VAR} are variables and $(HANDLER ARG) is what the handler says; nested at
 * will. The forms with q take a layer of quotes off the result. Handlers without a dot are the
 * script's own functions: $(add $x 1).
 *
 * Any number of ports. Drops: "exit", "no such output". Handlers: step (w), goto (w), run (rw), set
 * (w), setq (w), get, getq, shift; functions (read with arguments): add sub mul div idiv mod rem
 * min max neg abs eq ne lt le gt ge not and or nand nor if in first sprintf random now length
 * unquote readable writable cat catq kill htons htonl ntohs ntohl. cat, catq and kill (SIGNAL
 *PROCESS; $$ is the own one) are not for control clients; an image has no processes.
 *
 *	Script(wait 1s, print c.count, set n $(add $n 1), goto begin $(lt $n 5), stop)
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/click/interrupt.h"
#include "nf-apps/element/control/script.h"

enum { SCRIPT_DROP_EXIT, SCRIPT_DROP_OUTPUT };

static int script_configure(struct nf_element *e, struct nf_args *a)
{
	return nf_script_parse(e, a, NF_SCRIPT_ACTIVE);
}

static void script_on_timer(struct nf_element *e, void *arg)
{
	struct nf_script *s = e->state;

	if (s->pc >= s->nb_insns)
		return;
	if (nf_script_step(e, s->started, NULL) == NF_SCRIPT_STOPPED && s->type == NF_SCRIPT_DRIVER)
		nf_router_stop_driver(e->router);
}

/* A request to stop: one step. The first one starts the script. */
static bool script_on_stop(struct nf_element *e)
{
	struct nf_script *s = e->state;

	return nf_script_step(e, s->started, NULL) == NF_SCRIPT_BLOCKED;
}

static void script_on_signal(struct nf_element *e)
{
	struct nf_script *s = e->state;
	enum nf_script_end end = nf_script_run(e, "", NULL);

	for (unsigned nr = 0; end == NF_SCRIPT_ENDED && nr < 32; nr++) {
		if (s->signals & 1u << nr)
			(void)!nf_interrupt_listen(nr, e, script_on_signal);
	}
}

/* The values that variables begin with. */
static int script_init_variables(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_script *s = e->state;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < s->nb_insns; i++) {
		const struct nf_script_insn *in = &s->insns[i];
		struct nf_text t = { 0 };

		if (in->op != NF_SCRIPT_INIT && in->op != NF_SCRIPT_EXPORT)
			continue;
		rc = nf_script_expand(e, in->text, false, &t, errs);
		if (rc == 0 && in->flags & NF_SCRIPT_Q && t.s != NULL)
			t.len = nf_args_text_unquote(t.s, t.len);
		if (rc == 0)
			rc = nf_script_var_set(s, in->arg, nf_text_get(&t));
		nf_text_free(&t);
	}
	return rc;
}

static int script_start(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_script *s = e->state;

	if (s->type == NF_SCRIPT_DRIVER && e->router->on_stop != NULL)
		return nf_errors_add(errs, e->where, "the router has more than one DriverManager");
	if (s->type == NF_SCRIPT_DRIVER) {
		e->router->on_stop = script_on_stop;
		e->router->manager = e;
	}
	for (unsigned nr = 0; s->type == NF_SCRIPT_SIGNAL && nr < 32; nr++) {
		if (s->signals & 1u << nr && nf_interrupt_listen(nr, e, script_on_signal) < 0)
			return nf_errors_add(errs, e->where, "signal %u cannot be had", nr);
	}
	if (s->type != NF_SCRIPT_ACTIVE && s->type != NF_SCRIPT_DRIVER)
		return 0;
	/* one that begins with a wait waits from now on */
	s->started = s->insns[0].op == NF_SCRIPT_PAUSE || s->insns[0].op == NF_SCRIPT_WAIT;
	if (s->insns[0].op == NF_SCRIPT_WAIT)
		return nf_timer_after_ns(&s->timer, s->insns[0].ns);
	if (!s->started && s->type == NF_SCRIPT_DRIVER)
		nf_router_stop_driver(e->router);
	else if (!s->started)
		return nf_timer_after_ns(&s->timer, 0);
	return 0;
}

int nf_script_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_script *s = e->state;
	int rc;

	nf_timer_init(&s->timer, e, script_on_timer, NULL);
	errs->context = e->where;
	rc = script_init_variables(e, errs);
	errs->context = NULL;
	return rc == 0 ? script_start(e, errs) : rc;
}

void nf_script_cleanup(struct nf_element *e)
{
	struct nf_script *s = e->state;

	nf_interrupt_forget(e);
	nf_timer_cancel(&s->timer);
	nf_script_free(s);
}

/* The output for the packet, or -1: it is dropped, for the reason *why. */
static int script_packet(struct nf_element *e, unsigned in, unsigned *why)
{
	struct nf_script *s = e->state;
	enum nf_script_end end;
	uint64_t out = 0;

	s->input = in;
	end = nf_script_run(e, "", NULL);
	*why = SCRIPT_DROP_EXIT;
	if (end == NF_SCRIPT_ENDED || end == NF_SCRIPT_STOPPED)
		return 0;
	if (end != NF_SCRIPT_RETURNED || s->result == NULL)
		return -1;
	*why = SCRIPT_DROP_OUTPUT;
	return nf_addr_u64(s->result, &out) == 0 && out < e->nb_out ? (int)out : -1;
}

/* Each packet has left before the next one's script runs: that may change the way. */
static void script_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	unsigned why;

	for (uint16_t i = 0; i < n; i++) {
		int out = script_packet(e, port, &why);

		if (out >= 0)
			nf_element_emit_one(e, (unsigned)out, v[i]);
		else
			nf_element_drop_one(e, why, v[i]);
	}
}

static uint16_t script_pull(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	unsigned why, in = port < e->nb_in ? port : 0;
	uint16_t nb = 0;

	for (n = nf_element_fetch(e, in, v, n); nb < n; nb++) {
		struct uk_netbuf *p = v[nb];
		int out = script_packet(e, in, &why);

		if (out == (int)port)
			continue;
		if (out >= 0 && e->out[out].is_push)
			nf_element_emit_one(e, (unsigned)out, p);
		else
			nf_element_drop_one(e, out >= 0 ? SCRIPT_DROP_OUTPUT : why, p);
		memmove(v + nb, v + nb + 1, (size_t)(n - nb - 1) * sizeof(*v));
		nb--;
		n--;
	}
	return nb;
}

static int script_write_step(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	uint64_t nb = 1;

	if (*value != '\0' && (nf_addr_u64(value, &nb) < 0 || nb > UINT32_MAX))
		return nf_errors_add(errs, NULL, "'%.64s' is no number of steps", value);
	if (nb > 0 && nf_script_step(e, (uint32_t)nb, errs) == NF_SCRIPT_FAILED)
		return -EINVAL;
	return 0;
}

static int script_write_goto(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	return nf_script_goto(e, value, errs);
}

static int script_call(struct nf_element *e, const char *args, struct nf_errors *errs)
{
	if (nf_script_run(e, args, errs) != NF_SCRIPT_FAILED)
		return 0;
	return errs->nb_errors > 0 ? -EINVAL
				   : nf_errors_add(errs, NULL, "script '%s' failed", e->name);
}

static int script_read_run(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_script *s = e->state;
	int rc = script_call(e, param, errs);

	if (rc == 0 && s->result != NULL)
		nf_text_add(out, s->result, strlen(s->result));
	return rc;
}

static int script_write_run(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	return script_call(e, value, errs);
}

/* set VAR TEXT, setq */
static int script_write_set(
	struct nf_element *e, uintptr_t unquote, const char *value, struct nf_errors *errs)
{
	struct nf_script *s = e->state;
	const char *w;
	size_t len;
	int var = -EINVAL;

	if (nf_script_word(&value, &w, &len))
		var = nf_script_var(s, w, len, true);
	if (var >= 0)
		var = nf_script_var_set(s, (unsigned)var, value) < 0 ? -ENOMEM : var;
	if (var < 0)
		return nf_errors_add(errs, NULL, "expected a variable and its value");
	if (unquote)
		(void)nf_args_text_unquote(s->vars[var].value, strlen(s->vars[var].value));
	return 0;
}

/* A handler of a proxy: its name was noted when it was looked for. */
static int script_call_any(
	struct nf_element *e, bool write, const char *param, struct nf_errors *errs)
{
	struct nf_script *s = e->state;
	char *was = s->called;
	bool was_write = s->called_write;
	int rc;

	s->called = s->asked;
	s->asked = NULL;
	s->called_write = write;
	rc = script_call(e, param, errs);
	free(s->called);
	s->called = was;
	s->called_write = was_write;
	return rc;
}

static int script_read_any(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_script *s = e->state;
	int rc = script_call_any(e, false, param, errs);

	if (rc == 0 && s->result != NULL)
		nf_text_add(out, s->result, strlen(s->result));
	return rc;
}

static int script_write_any(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	return script_call_any(e, true, value, errs);
}

const struct nf_handler *nf_script_own_handlers(const struct nf_element *e, const char *name)
{
	struct nf_script *s = e->state;

	if (name == NULL)
		return s->exports;
	for (uint32_t i = 0; i < s->nb_exports; i++) {
		if (strcmp(s->exports[i].name, name) == 0)
			return &s->exports[i];
	}
	if (s->type != NF_SCRIPT_PROXY)
		return NULL;
	free(s->asked);
	s->asked = strdup(name);
	s->any = (struct nf_handler){
		.name = "", .read = script_read_any, .write = script_write_any
	};
	return s->asked != NULL ? &s->any : NULL;
}

#define SCRIPT_MATH(nm, op)                                                                        \
	{                                                                                          \
		.name = nm, .read = nf_script_math, .arg = op, .flags = NF_HANDLER_PARAM           \
	}
#define SCRIPT_FUNC(nm, op)                                                                        \
	{                                                                                          \
		.name = nm, .read = nf_script_func, .arg = op, .flags = NF_HANDLER_PARAM           \
	}

const struct nf_handler nf_script_handlers[] = {
	{ .name = "step", .write = script_write_step },
	{ .name = "goto", .write = script_write_goto },
	{ .name = "run",
		.read = script_read_run,
		.write = script_write_run,
		.flags = NF_HANDLER_PARAM },
	{ .name = "set", .write = script_write_set },
	{ .name = "setq", .write = script_write_set, .arg = 1 },
	SCRIPT_FUNC("get", NF_SCRIPT_GET),
	SCRIPT_FUNC("getq", NF_SCRIPT_GETQ),
	SCRIPT_FUNC("shift", NF_SCRIPT_SHIFT),
	SCRIPT_MATH("add", NF_SCRIPT_ADD),
	SCRIPT_MATH("sub", NF_SCRIPT_SUB),
	SCRIPT_MATH("mul", NF_SCRIPT_MUL),
	SCRIPT_MATH("div", NF_SCRIPT_DIV),
	SCRIPT_MATH("idiv", NF_SCRIPT_IDIV),
	SCRIPT_MATH("min", NF_SCRIPT_MIN),
	SCRIPT_MATH("max", NF_SCRIPT_MAX),
	SCRIPT_MATH("mod", NF_SCRIPT_MOD),
	SCRIPT_MATH("rem", NF_SCRIPT_REM),
	SCRIPT_MATH("neg", NF_SCRIPT_NEG),
	SCRIPT_MATH("abs", NF_SCRIPT_ABS),
	SCRIPT_MATH("eq", NF_SCRIPT_EQ),
	SCRIPT_MATH("ne", NF_SCRIPT_NE),
	SCRIPT_MATH("lt", NF_SCRIPT_LT),
	SCRIPT_MATH("le", NF_SCRIPT_LE),
	SCRIPT_MATH("gt", NF_SCRIPT_GT),
	SCRIPT_MATH("ge", NF_SCRIPT_GE),
	SCRIPT_MATH("htons", NF_SCRIPT_SWAP16),
	SCRIPT_MATH("ntohs", NF_SCRIPT_SWAP16),
	SCRIPT_MATH("htonl", NF_SCRIPT_SWAP32),
	SCRIPT_MATH("ntohl", NF_SCRIPT_SWAP32),
	SCRIPT_FUNC("not", NF_SCRIPT_NOT),
	SCRIPT_FUNC("and", NF_SCRIPT_AND),
	SCRIPT_FUNC("or", NF_SCRIPT_OR),
	SCRIPT_FUNC("nand", NF_SCRIPT_NAND),
	SCRIPT_FUNC("nor", NF_SCRIPT_NOR),
	SCRIPT_FUNC("if", NF_SCRIPT_IF),
	SCRIPT_FUNC("in", NF_SCRIPT_IN),
	SCRIPT_FUNC("first", NF_SCRIPT_FIRST),
	{ .name = "sprintf", .read = nf_script_sprintf, .flags = NF_HANDLER_PARAM },
	SCRIPT_FUNC("random", NF_SCRIPT_RANDOM),
	SCRIPT_FUNC("now", NF_SCRIPT_NOW),
	SCRIPT_FUNC("length", NF_SCRIPT_LENGTH),
	SCRIPT_FUNC("unquote", NF_SCRIPT_UNQUOTE),
	SCRIPT_FUNC("readable", NF_SCRIPT_READABLE),
	SCRIPT_FUNC("writable", NF_SCRIPT_WRITABLE),
	{ .name = "cat",
		.read = nf_script_func,
		.arg = NF_SCRIPT_CAT,
		.flags = NF_HANDLER_PARAM | NF_HANDLER_PRIVATE },
	{ .name = "kill",
		.read = nf_script_func,
		.arg = NF_SCRIPT_KILL,
		.flags = NF_HANDLER_PARAM | NF_HANDLER_PRIVATE },
	{ .name = "catq",
		.read = nf_script_func,
		.arg = NF_SCRIPT_CATQ,
		.flags = NF_HANDLER_PARAM | NF_HANDLER_PRIVATE },
	{ .name = NULL },
};

const struct nf_class nf_script = {
	.name = "Script",
	.ports = "-/-",
	.processing = "ah/ah",
	.state_size = sizeof(struct nf_script),
	.configure = script_configure,
	.initialize = nf_script_initialize,
	.cleanup = nf_script_cleanup,
	.push = script_push,
	.pull = script_pull,
	.drops = (const char *const[]){ "exit", "no such output", NULL },
	.handlers = nf_script_handlers,
	.own_handlers = nf_script_own_handlers,
};
