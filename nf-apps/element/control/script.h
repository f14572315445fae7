/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Script and DriverManager are made of: instructions (scriptparse.c), their execution
 * (script_run.c), texts with $variables and $(handlers) in them (script_expand.c), and the functions
 * that every script offers as read handlers (script_math.c, script_func.c). For control, not for the
 * packet path. Thread: the core's own.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_CONTROL_SCRIPT_H
#define SLUICE_NF_APPS_ELEMENT_CONTROL_SCRIPT_H

#include "nf-apps/click/handler.h"

enum nf_script_type {
	NF_SCRIPT_ACTIVE,
	NF_SCRIPT_PASSIVE,
	NF_SCRIPT_PACKET,
	NF_SCRIPT_PROXY,
	NF_SCRIPT_DRIVER,
	NF_SCRIPT_SIGNAL,
};

enum nf_script_op {
	NF_SCRIPT_PAUSE,
	NF_SCRIPT_WAIT,
	NF_SCRIPT_PRINT,
	NF_SCRIPT_READ,
	NF_SCRIPT_WRITE,
	NF_SCRIPT_SAVE,
	NF_SCRIPT_SET,
	NF_SCRIPT_INIT,
	NF_SCRIPT_EXPORT,
	NF_SCRIPT_LABEL,
	NF_SCRIPT_GOTO,
	NF_SCRIPT_LOOP,
	NF_SCRIPT_RETURN,
	NF_SCRIPT_FINISH, /* arg: enum nf_script_end */
};

/* How a run came to its end, or that it has not. */
enum nf_script_end {
	NF_SCRIPT_BLOCKED,
	NF_SCRIPT_ENDED,
	NF_SCRIPT_EXITED,
	NF_SCRIPT_STOPPED,
	NF_SCRIPT_RETURNED,
	NF_SCRIPT_FAILED,
	NF_SCRIPT_GOES_ON, /* of one instruction */
};

#define NF_SCRIPT_Q      0x1 /* the result loses a layer of quotes */
#define NF_SCRIPT_N      0x2 /* no line feed */
#define NF_SCRIPT_APPEND 0x4
#define NF_SCRIPT_LEAVES 0x8 /* goto: out of the script; arg is how */

struct nf_script_insn {
	uint8_t op, flags;
	uint32_t arg; /* pause: how often; set, init, export: the variable; goto: where to */
	uint64_t ns;  /* wait */
	char *text;
};

struct nf_script_var {
	char *name, *value;
};

struct nf_script {
	struct nf_script_insn *insns;
	uint32_t nb_insns;
	struct nf_script_var *vars;
	uint32_t nb_vars;
	struct nf_handler *exports; /* NULL name at the end; NULL: none */
	uint32_t nb_exports;
	struct nf_handler any; /* TYPE PROXY: what any other name leads to */
	char *asked;           /* that name */

	uint32_t pc;      /* the instruction that is next, or that blocks, or that was the end */
	uint32_t credits; /* blocking instructions that may be passed */
	uint32_t passed;  /* of the pause that blocks */
	uint8_t type;
	bool started;
	bool running;
	int status;        /* of the last write: $? */
	char *args;        /* of the run: $args */
	char *called;      /* handler that a proxy was called by: $0 */
	bool called_write; /* $write */
	unsigned input;    /* $input */
	char *result;      /* of return */
	uint32_t signals;  /* a bit for each */
	struct nf_timer timer;
};

#define NF_SCRIPT_VARS_MAX  1024
#define NF_SCRIPT_JUMPS_MAX 1000      /* without a pause, as in Click */
#define NF_SCRIPT_DEPTH_MAX 12        /* of runs in each other */
#define NF_SCRIPT_WORK_MAX  100000    /* instructions and pieces of text of one run */
#define NF_SCRIPT_VALUE_MAX (1 << 20) /* bytes of one text */

/* scriptparse.c: reads TYPE and the instructions. Returns nf_args_end(a) or -errno. */
int nf_script_parse(struct nf_element *e, struct nf_args *a, unsigned type) UK_MUST_USE;
/* The instruction behind that label; how a run ends (*leaves set); -ENOENT. */
int nf_script_label(const struct nf_script *s, const char *name, size_t len, bool *leaves);

/* scriptvar.c. The index of a variable, -ENOENT, or with `add` -ENOMEM or -E2BIG. */
int nf_script_var(struct nf_script *s, const char *name, size_t len, bool add);
/* Gives it a copy of the value. -ENOMEM */
int nf_script_var_set(struct nf_script *s, unsigned var, const char *value) UK_MUST_USE;
/* Makes a read handler of it. -ENOMEM */
int nf_script_export(struct nf_script *s, unsigned var) UK_MUST_USE;
void nf_script_free(struct nf_script *s);

/* script_run.c: goes on from where the script is. Messages go to errs, or to the console if NULL. */
enum nf_script_end nf_script_step(struct nf_element *e, uint32_t credits, struct nf_errors *errs);
/* From the beginning, with $args; works also while the script runs. The text that it returned is
 * s->result. */
enum nf_script_end nf_script_run(struct nf_element *e, const char *args, struct nf_errors *errs);
/* Goes there as the handler goto does. */
int nf_script_goto(struct nf_element *e, const char *label, struct nf_errors *errs) UK_MUST_USE;

/*
 * script_expand.c: adds `text` with its variables and handlers replaced. `verbatim`: quotes are
 * undone in the text, but not in what replaces a variable; else a value between double quotes gets
 * backslashes, so that it stays there. -EINVAL: told.
 */
int nf_script_expand(struct nf_element *e, const char *text, bool verbatim, struct nf_text *out,
	struct nf_errors *errs) UK_MUST_USE;
/* "HANDLER ARGUMENTS": reads it; names without a dot are first the script's own. */
int nf_script_read(struct nf_element *e, const char *call, bool unquote, struct nf_text *out,
	struct nf_errors *errs) UK_MUST_USE;
int nf_script_write(struct nf_element *e, const char *call, bool unquote, struct nf_errors *errs)
	UK_MUST_USE;
/* The handler of that name of the script itself: a function or a variable. NULL. */
const struct nf_handler *nf_script_own(const struct nf_element *e, const char *name);
/* The next word of *s, quotes and all; *s moves behind it and the spaces after. False: the end. */
bool nf_script_word(const char **s, const char **word, size_t *len);

/* scriptsay.c: the instructions that tell the world something. -EINVAL: told. */
int nf_script_print(struct nf_element *e, const struct nf_script_insn *i, struct nf_errors *errs);
int nf_script_save(struct nf_element *e, const struct nf_script_insn *i, struct nf_errors *errs);
int nf_script_tell(struct nf_element *e, const struct nf_script_insn *i, struct nf_errors *errs);

/* script_math.c, script_func.c: read handlers with parameters; which one is in `arg`. */
enum nf_script_math {
	NF_SCRIPT_ADD,
	NF_SCRIPT_SUB,
	NF_SCRIPT_MUL,
	NF_SCRIPT_DIV,
	NF_SCRIPT_IDIV,
	NF_SCRIPT_MIN,
	NF_SCRIPT_MAX,
	NF_SCRIPT_MOD,
	NF_SCRIPT_REM,
	NF_SCRIPT_NEG,
	NF_SCRIPT_ABS,
	NF_SCRIPT_EQ,
	NF_SCRIPT_NE,
	NF_SCRIPT_LT,
	NF_SCRIPT_LE,
	NF_SCRIPT_GT,
	NF_SCRIPT_GE,
	NF_SCRIPT_SWAP16,
	NF_SCRIPT_SWAP32,
};

enum nf_script_func {
	NF_SCRIPT_NOT,
	NF_SCRIPT_AND,
	NF_SCRIPT_OR,
	NF_SCRIPT_NAND,
	NF_SCRIPT_NOR,
	NF_SCRIPT_IF,
	NF_SCRIPT_IN,
	NF_SCRIPT_FIRST,
	NF_SCRIPT_RANDOM,
	NF_SCRIPT_NOW,
	NF_SCRIPT_LENGTH,
	NF_SCRIPT_UNQUOTE,
	NF_SCRIPT_READABLE,
	NF_SCRIPT_WRITABLE,
	NF_SCRIPT_CAT,
	NF_SCRIPT_CATQ,
	NF_SCRIPT_GET,
	NF_SCRIPT_GETQ,
	NF_SCRIPT_SHIFT,
	NF_SCRIPT_KILL,
};

int nf_script_math(struct nf_element *e, uintptr_t op, const char *param, struct nf_text *out,
	struct nf_errors *errs);
int nf_script_func(struct nf_element *e, uintptr_t op, const char *param, struct nf_text *out,
	struct nf_errors *errs);
int nf_script_sprintf(struct nf_element *e, uintptr_t op, const char *param, struct nf_text *out,
	struct nf_errors *errs);

/* script.c: what Script and DriverManager share. */
extern const struct nf_handler nf_script_handlers[];
int nf_script_initialize(struct nf_element *e, struct nf_errors *errs);
void nf_script_cleanup(struct nf_element *e);
const struct nf_handler *nf_script_own_handlers(const struct nf_element *e, const char *name);

#endif
