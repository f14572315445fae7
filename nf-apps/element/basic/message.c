/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Message(MESSAGE [, TYPE])
 * Error(MESSAGE)
 *
 * Say something when a configuration is read, for whoever runs it. Error, and Message with the type
 * ERROR, keep it from running.
 *
 *	MESSAGE  the text
 *	TYPE     MESSAGE, WARNING, or ERROR. Default MESSAGE
 *
 * No ports.
 *
 *	Message("old; use nat2.click", WARNING)
 */
#include "nf-apps/click/element.h"
#include "nf-apps/click/print.h"

enum { MESSAGE_PLAIN, MESSAGE_WARNING, MESSAGE_ERROR };

static void message_say(struct nf_args *a, const char *text)
{
	struct nf_text line = { 0 };

	nf_text_printf(&line, "%s%s%s", a->where != NULL ? a->where : "",
		a->where != NULL ? ": " : "", text);
	nf_print_line(nf_text_get(&line));
	nf_text_free(&line);
}

static int message_configure(struct nf_element *e, struct nf_args *a)
{
	static const char *const types[] = { "MESSAGE", "WARNING", "ERROR", NULL };
	unsigned type = MESSAGE_PLAIN;
	const char *text = "";

	nf_args_string(a, "MESSAGE", NF_ARGS_POS | NF_ARGS_MUST, &text);
	nf_args_enum(a, "TYPE", NF_ARGS_POS, types, &type);
	if (a->nb_errors > 0)
		return nf_args_end(a);
	if (type == MESSAGE_ERROR)
		nf_args_error(a, "%s", text);
	else if (type == MESSAGE_WARNING)
		nf_errors_warn(a->errs, a->where, "%s", text);
	else
		message_say(a, text);
	return nf_args_end(a);
}

static int message_error_configure(struct nf_element *e, struct nf_args *a)
{
	const char *text;

	if (nf_args_string(a, "MESSAGE", NF_ARGS_POS | NF_ARGS_MUST, &text))
		nf_args_error(a, "%s", text);
	return nf_args_end(a);
}

const struct nf_class nf_message = {
	.name = "Message",
	.ports = "0/0",
	.processing = "a/a",
	.configure = message_configure,
};

const struct nf_class nf_message_error = {
	.name = "Error",
	.ports = "0/0",
	.processing = "a/a",
	.configure = message_error_configure,
};
