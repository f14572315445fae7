/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include "nf-apps/click/addr.h"
#include "nf-apps/click/control.h"
#include "nf-apps/click/handler.h"

#define GREETING "Click::ControlSocket/1.3\r\n"

/* Click's answer codes. */
enum {
	CTL_OK = 200,
	CTL_SYNTAX = 500,
	CTL_UNIMPLEMENTED = 501,
	CTL_NO_ELEMENT = 510,
	CTL_NO_HANDLER = 511,
	CTL_HANDLER_ERROR = 520,
	CTL_PERMISSION = 530,
};

void nf_control_start(struct nf_control *c, bool read_only)
{
	memset(c, 0, sizeof(*c));
	c->read_only = read_only;
	nf_text_printf(&c->out, GREETING);
}

void nf_control_end(struct nf_control *c)
{
	nf_text_free(&c->in);
	nf_text_free(&c->out);
	free(c->handler);
	free(c->until);
	memset(c, 0, sizeof(*c));
}

const char *nf_control_output(const struct nf_control *c, size_t *len)
{
	*len = c->out.len - c->sent;
	return nf_text_get(&c->out) + c->sent;
}

void nf_control_sent(struct nf_control *c, size_t len)
{
	c->sent += len;
	if (c->sent < c->out.len)
		return;
	nf_text_free(&c->out);
	c->sent = 0;
}

/* "CODE-text" for all lines of a message but the last, "CODE text" for that. */
static void ctl_answer(struct nf_control *c, int code, const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == '\n')
		len--;
	for (const char *end = text + len; text < end || len == 0;) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		size_t n = nl != NULL ? (size_t)(nl - text) : (size_t)(end - text);

		nf_text_printf(&c->out, "%d%c%.*s\r\n", code, nl != NULL ? '-' : ' ', (int)n, text);
		text += n + 1;
		if (nl == NULL)
			break;
	}
}

static void ctl_error(struct nf_control *c, int rc, const struct nf_errors *errs, const char *name)
{
	int code = CTL_HANDLER_ERROR;

	if (rc == -ENOENT)
		code = strchr(name, '.') == NULL ||
				       strstr(nf_text_get(&errs->text), "no element") == NULL
			       ? CTL_NO_HANDLER
			       : CTL_NO_ELEMENT;
	else if (rc == -EACCES)
		code = CTL_PERMISSION;
	ctl_answer(c, code, errs->text.len > 0 ? nf_text_get(&errs->text) : "Handler error");
}

static void ctl_read(struct nf_control *c, struct nf_router *r, const char *name, const char *param)
{
	struct nf_text out = { 0 };
	struct nf_errors errs = { 0 };
	int rc = nf_handler_read(r, NULL, name, param, &out, &errs);

	if (rc < 0) {
		ctl_error(c, rc, &errs, name);
	} else {
		nf_text_printf(&c->out, "200 Read handler '%s' OK\r\nDATA %zu\r\n", name, out.len);
		nf_text_add(&c->out, nf_text_get(&out), out.len);
	}
	nf_text_free(&out);
	nf_errors_free(&errs);
}

static void ctl_write(
	struct nf_control *c, struct nf_router *r, const char *name, const char *value)
{
	struct nf_errors errs = { 0 };
	int rc;

	if (c->read_only) {
		ctl_answer(c, CTL_PERMISSION, "Permission denied for write handlers");
		return;
	}
	rc = nf_handler_write(r, NULL, name, value, &errs);
	if (rc < 0)
		ctl_error(c, rc, &errs, name);
	else if (errs.text.len > 0)
		nf_text_printf(&c->out, "220-Write handler '%s' OK with messages\r\n220 %.*s\r\n",
			name, (int)strcspn(nf_text_get(&errs.text), "\n"), nf_text_get(&errs.text));
	else
		nf_text_printf(&c->out, "200 Write handler '%s' OK\r\n", name);
	nf_errors_free(&errs);
}

static void ctl_check(struct nf_control *c, struct nf_router *r, const char *name, bool write)
{
	const char *dot = strrchr(name, '.');
	char *element = dot != NULL ? strndup(name, (size_t)(dot - name)) : NULL;
	struct nf_element *e = element != NULL ? nf_router_find(r, element) : NULL;
	const struct nf_handler *h = NULL;

	free(element);
	if (dot != NULL && e == NULL) {
		ctl_answer(c, CTL_NO_ELEMENT, "No element of that name");
		return;
	}
	h = e != NULL ? nf_handler_find(e, dot + 1) : nf_handler_find_global(name);
	if (h == NULL)
		ctl_answer(c, CTL_NO_HANDLER, "No handler of that name");
	else if (write ? h->write == NULL : h->read == NULL)
		ctl_answer(c, CTL_PERMISSION,
			write ? "Handler is read-only" : "Handler is write-only");
	else
		nf_text_printf(
			&c->out, "200 %s handler '%s' OK\r\n", write ? "Write" : "Read", name);
}

static void ctl_help(struct nf_control *c)
{
	ctl_answer(c, CTL_OK,
		"Commands:\nREAD handler [arg...]\nREADDATA handler len\nREADUNTIL handler terminator\n"
		"WRITE handler [arg...]\nWRITEDATA handler len\nWRITEUNTIL handler terminator\n"
		"CHECKREAD handler\nCHECKWRITE handler\nHELP\nQUIT");
}

/* The next word of *s, ended by a 0; *s moves behind it and the spaces that follow. */
static char *ctl_word(char **s)
{
	char *word = *s;
	size_t n = strcspn(word, " \t");

	*s = word + n;
	if (word[n] != '\0') {
		word[n] = '\0';
		*s += 1;
		*s += strspn(*s, " \t");
	}
	return word;
}

/* READDATA, READUNTIL, WRITEDATA, WRITEUNTIL: what follows is data. */
static void ctl_expect(struct nf_control *c, const char *verb, const char *name, const char *how)
{
	uint64_t nb;
	bool data = strcasecmp(verb + strlen(verb) - 4, "DATA") == 0;

	if (*name == '\0' || (data && (nf_addr_u64(how, &nb) < 0 || nb > NF_CONTROL_DATA_MAX))) {
		ctl_answer(c, CTL_SYNTAX,
			"Syntax error: handler and length (at most 8 MiB) are needed");
		return;
	}
	c->handler = strdup(name);
	c->until = strdup(how);
	c->is_write = strncasecmp(verb, "WRITE", 5) == 0;
	c->has_data = data;
	c->has_until = !data;
	c->nb_data = data ? nb : 0;
	c->line_from = 0;
	if (c->handler == NULL || c->until == NULL)
		c->closed = true;
}

static void ctl_line(struct nf_control *c, struct nf_router *r, char *line)
{
	char *verb = ctl_word(&line), *name;

	if (*verb == '\0')
		return;
	name = ctl_word(&line);
	if (strcasecmp(verb, "QUIT") == 0) {
		ctl_answer(c, CTL_OK, "Goodbye!");
		c->closed = true;
	} else if (strcasecmp(verb, "HELP") == 0) {
		ctl_help(c);
	} else if (strcasecmp(verb, "LLRPC") == 0) {
		ctl_answer(c, CTL_UNIMPLEMENTED, "LLRPCs are not supported");
	} else if (strcasecmp(verb, "READDATA") == 0 || strcasecmp(verb, "READUNTIL") == 0 ||
		   strcasecmp(verb, "WRITEDATA") == 0 || strcasecmp(verb, "WRITEUNTIL") == 0) {
		ctl_expect(c, verb, name, line);
	} else if (*name == '\0') {
		ctl_answer(c, CTL_SYNTAX, "Wrong number of arguments");
	} else if (strcasecmp(verb, "READ") == 0 || strcasecmp(verb, "GET") == 0) {
		ctl_read(c, r, name, line);
	} else if (strcasecmp(verb, "WRITE") == 0 || strcasecmp(verb, "SET") == 0) {
		ctl_write(c, r, name, line);
	} else if (strcasecmp(verb, "CHECKREAD") == 0 || strcasecmp(verb, "CHECKWRITE") == 0) {
		ctl_check(c, r, name, strcasecmp(verb, "CHECKWRITE") == 0);
	} else {
		nf_text_printf(
			&c->out, "%d Command '%.64s' unimplemented\r\n", CTL_UNIMPLEMENTED, verb);
	}
}

/* Takes the first n bytes off the input. */
static void ctl_consume(struct nf_control *c, size_t n)
{
	if (n == 0)
		return;
	memmove(c->in.s, c->in.s + n, c->in.len - n + 1);
	c->in.len -= n;
}

/* The data is in.s[0..len); `skip` more bytes go with it. */
static void ctl_run_data(struct nf_control *c, struct nf_router *r, size_t len, size_t skip)
{
	char *value = strndup(nf_text_get(&c->in), len), *name = c->handler;

	c->handler = NULL;
	c->has_data = c->has_until = false;
	ctl_consume(c, len + skip);
	if (value == NULL)
		ctl_answer(c, CTL_HANDLER_ERROR, "Out of memory");
	else if (c->is_write)
		ctl_write(c, r, name, value);
	else
		ctl_read(c, r, name, value);
	free(value);
	free(name);
	free(c->until);
	c->until = NULL;
}

/* True: the line that ends the data is there, and the handler was run. */
static bool ctl_until(struct nf_control *c, struct nf_router *r)
{
	size_t want = strlen(c->until);

	for (;;) {
		char *from = c->in.s + c->line_from,
		     *nl = memchr(from, '\n', c->in.len - c->line_from);
		size_t len;

		if (nl == NULL)
			return false;
		len = (size_t)(nl - from);
		if (len > 0 && from[len - 1] == '\r')
			len--;
		if (len == want && memcmp(from, c->until, want) == 0) {
			ctl_run_data(c, r, c->line_from, (size_t)(nl - from) + 1);
			return true;
		}
		c->line_from += (size_t)(nl - from) + 1;
	}
}

/* One command or one piece of data; false: it is not complete yet. */
static bool ctl_step(struct nf_control *c, struct nf_router *r)
{
	char *nl, *line;
	size_t len;

	if (c->closed)
		return false;
	if (c->has_data) {
		if (c->in.len < c->nb_data)
			return false;
		ctl_run_data(c, r, c->nb_data, 0);
		return true;
	}
	if (c->in.len == 0)
		return false;
	if (c->has_until)
		return ctl_until(c, r);
	nl = memchr(c->in.s, '\n', c->in.len);
	if (nl == NULL)
		return false;
	len = (size_t)(nl - c->in.s);
	line = strndup(c->in.s, len > 0 && nl[-1] == '\r' ? len - 1 : len);
	ctl_consume(c, len + 1);
	if (line == NULL)
		c->closed = true;
	else
		ctl_line(c, r, line);
	free(line);
	return true;
}

/* Between two commands the router may have changed. */
static struct nf_router *ctl_router(struct nf_router *r)
{
	return r->core->next_router != NULL ? r->core->next_router : r;
}

void nf_control_input(struct nf_control *c, struct nf_router *r, const char *data, size_t len)
{
	bool waits = c->has_data || c->has_until;

	nf_text_add(&c->in, data, len);
	while (ctl_step(c, ctl_router(r)))
		waits = c->has_data || c->has_until;
	waits |= c->has_data || c->has_until;
	if (c->in.full || c->in.len > (waits ? NF_CONTROL_DATA_MAX + NF_CONTROL_LINE_MAX
					     : NF_CONTROL_LINE_MAX)) {
		ctl_answer(c, CTL_SYNTAX, "Too long");
		c->closed = true;
	}
}
