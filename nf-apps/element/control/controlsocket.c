/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ControlSocket(tcp, PORT [, keywords READONLY, VERBOSE, LOCALHOST, RETRIES, RETRY_WARNINGS])
 * ControlSocket(unix, FILENAME [, the same])
 *
 * Other programs read and write handlers by Click's control protocol (nf-apps/click/control.h).
 *
 *	PORT            a TCP port; "41900+" takes the first one from there that is free
 *	READONLY        writing is refused. Default false
 *	VERBOSE         says who connects and who leaves. Default false
 *	LOCALHOST       a TCP port is only for this machine. Default false
 *	RETRIES         tries again each second, so many times, before the router is stopped.
 *	                Default 0: a socket that can not be had is an error of the configuration
 *	RETRY_WARNINGS  says each time that it failed, not only the last. Default true
 *	PROXY           is refused: there are no elements that stand for other programs' handlers
 *
 * An image has no sockets: there the element does nothing, and the machine's control channel
 * (`./sluice ctl`, `./sluice run --control PORT`) speaks the same protocol.
 *
 * Over a live change the socket and its clients stay if the new configuration has it, too.
 *
 * No ports. Handler: port (r), the TCP port; 0: none.
 *
 *	ControlSocket(tcp, 7777, LOCALHOST true)
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "nf-apps/click/print.h"
#include "nf-apps/click/server.h"
#include "nf-apps/click/element.h"

#define CONTROLSOCKET_RETRY_NS 1000000000ull

struct controlsocket {
	struct nf_server_conf conf;
	char *at;
	bool open, retry_warnings;
	uint32_t retries;
	struct nf_timer timer;
};

static int controlsocket_configure(struct nf_element *e, struct nf_args *a)
{
	static const char *const kinds[] = { "TCP", "tcp", "UNIX", "unix", NULL };
	struct controlsocket *s = e->state;
	const char *at = NULL, *proxy = NULL;
	unsigned kind = 0;
	size_t digits;

	s->retry_warnings = true;
	nf_args_enum(a, "TYPE", NF_ARGS_POS | NF_ARGS_MUST, kinds, &kind);
	nf_args_string(a, kind < 2 ? "PORT" : "FILENAME", NF_ARGS_POS | NF_ARGS_MUST, &at);
	nf_args_bool(a, "READONLY", 0, &s->conf.read_only);
	nf_args_raw(a, "PROXY", 0, &proxy);
	nf_args_bool(a, "VERBOSE", 0, &s->conf.verbose);
	nf_args_bool(a, "LOCALHOST", 0, &s->conf.localhost);
	nf_args_u32(a, "RETRIES", 0, &s->retries);
	nf_args_bool(a, "RETRY_WARNINGS", 0, &s->retry_warnings);
	if (proxy != NULL)
		nf_args_error(a, "PROXY: no element here stands for another program's handlers");
	s->conf.unix_path = kind >= 2;
	digits = at != NULL ? strspn(at, "0123456789") : 0;
	if (at != NULL && !s->conf.unix_path &&
		(digits == 0 || digits > 5 ||
			(at[digits] != '\0' && strcmp(at + digits, "+") != 0)))
		nf_args_error(a, "PORT: '%.64s' is no TCP port", at);
	s->at = at != NULL ? strdup(at) : NULL;
	s->conf.at = s->at;
	if (at != NULL && s->at == NULL) {
		nf_args_free(a);
		return -ENOMEM;
	}
	return nf_args_end(a);
}

static void controlsocket_retry(struct nf_element *e, void *arg)
{
	struct controlsocket *s = e->state;
	struct nf_errors errs = { 0 };
	char *text;

	s->open = nf_server_open(&s->conf, &errs, e->where) == 0;
	s->retries--;
	text = errs.text.s;
	if (!s->open && text != NULL && (s->retry_warnings || s->retries == 0)) {
		text[strcspn(text, "\n")] = '\0';
		nf_print_line(text);
	}
	if (!s->open && s->retries == 0)
		nf_router_stop_driver(e->router);
	else if (!s->open)
		(void)!nf_timer_after_ns(&s->timer, CONTROLSOCKET_RETRY_NS);
	nf_errors_free(&errs);
}

static int controlsocket_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct controlsocket *s = e->state;
	struct nf_errors first = { 0 };

	nf_timer_init(&s->timer, e, controlsocket_retry, NULL);
	if (s->retries == 0) {
		s->open = nf_server_open(&s->conf, errs, e->where) == 0;
		return s->open ? 0 : -EINVAL;
	}
	s->open = nf_server_open(&s->conf, &first, e->where) == 0;
	if (!s->open && s->retry_warnings)
		nf_errors_warn(errs, e->where, "control socket %s is not free yet", s->at);
	nf_errors_free(&first);
	return s->open ? 0 : nf_timer_after_ns(&s->timer, CONTROLSOCKET_RETRY_NS);
}

static void controlsocket_cleanup(struct nf_element *e)
{
	struct controlsocket *s = e->state;

	nf_timer_cancel(&s->timer);
	if (s->open)
		nf_server_close(&s->conf);
	free(s->at);
	s->at = NULL;
}

static int controlsocket_read_port(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct controlsocket *s = e->state;

	nf_text_printf(out, "%u", s->open ? nf_server_port(&s->conf) : 0);
	return 0;
}

const struct nf_class nf_controlsocket = {
	.name = "ControlSocket",
	.ports = "0/0",
	.processing = "a/a",
	.state_size = sizeof(struct controlsocket),
	.configure = controlsocket_configure,
	.initialize = controlsocket_initialize,
	.cleanup = controlsocket_cleanup,
	.handlers =
		(const struct nf_handler[]){
			{ .name = "port", .read = controlsocket_read_port }, { .name = NULL } },
};
