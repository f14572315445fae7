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

/* The handler, if there is one of that name: *e NULL and a dot in the name: there is no element. */
static const struct nf_handler *ctl_find(
	struct nf_router *r, const char *name, struct nf_element **e)
{
	const char *dot = strrchr(name, '.');
	char *element;

	*e = NULL;
	if (dot == NULL || dot == name)
		return nf_handler_find_global(dot == name ? name + 1 : name);
	element = strndup(name, (size_t)(dot - name));
	*e = element != NULL ? nf_handler_element(r, NULL, element) : NULL;
	free(element);
	return *e != NULL ? nf_handler_find(*e, dot + 1) : NULL;
}

/* True, and answered: clients do not get it. */
static bool ctl_private(struct nf_control *c, struct nf_router *r, const char *name)
{
	struct nf_element *e;
	const struct nf_handler *h = ctl_find(r, name, &e);

	if (h == NULL || !(h->flags & NF_HANDLER_PRIVATE))
		return false;
	nf_text_printf(&c->out, "%d No handler named '%.64s'\r\n", CTL_NO_HANDLER, name);
	return true;
}

static void ctl_read(struct nf_control *c, struct nf_router *r, const char *name, const char *param)
{
	struct nf_text out = { 0 };
	struct nf_errors errs = { 0 };
	int rc;

	if (ctl_private(c, r, name))
		return;
	rc = nf_handler_read(r, NULL, name, param, &out, &errs);
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
	if (ctl_private(c, r, name))
		return;
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
	struct nf_element *e;
	const struct nf_handler *h = ctl_find(r, name, &e);
	const char *dot = strrchr(name, '.');

	if (dot != NULL && dot != name && e == NULL)
		ctl_answer(c, CTL_NO_ELEMENT, "No element of that name");
	else if (write && c->read_only)
		ctl_answer(c, CTL_PERMISSION, "Permission denied for write handlers");
	else if (h != NULL && h->flags & NF_HANDLER_PRIVATE)
		(void)ctl_private(c, r, name);
	else if (h == NULL)
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
	c->looked = 0;
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

/* The line at `at`: its length, and what is behind its LF, CR, or CRLF. False: it has no end. */
static bool ctl_line_end(struct nf_control *c, size_t at, size_t *len, size_t *behind)
{
	for (size_t i = c->looked > at ? c->looked : at; i < c->in.len; i++) {
		if (c->in.s[i] != '\n' && c->in.s[i] != '\r')
			continue;
		*len = i - at;
		*behind = i + 1;
		if (c->in.s[i] == '\r' && i + 1 < c->in.len && c->in.s[i + 1] == '\n')
			*behind = i + 2;
		return true;
	}
	c->looked = c->in.len;
	return false;
}

/* Without spaces at the end. */
static size_t ctl_trimmed(const char *s, size_t len)
{
	while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
		len--;
	return len;
}

/* True: the line that ends the data is there, and the handler was run. */
static bool ctl_until(struct nf_control *c, struct nf_router *r)
{
	size_t want = ctl_trimmed(c->until, strlen(c->until));

	for (;;) {
		size_t at = c->line_from, behind, len;

		if (at > 0 && at < c->in.len && c->in.s[at - 1] == '\r' && c->in.s[at] == '\n')
			c->line_from = ++at;
		if (!ctl_line_end(c, at, &len, &behind))
			return false;
		len = ctl_trimmed(c->in.s + at, len);
		if (len == want && memcmp(c->in.s + at, c->until, want) == 0) {
			c->after_cr = c->in.s[behind - 1] == '\r';
			ctl_run_data(c, r, at, behind - at);
			return true;
		}
		c->line_from = behind;
	}
}

/* One command or one piece of data; false: it is not complete yet. */
static bool ctl_step(struct nf_control *c, struct nf_router *r)
{
	char *line;
	size_t len, behind;

	if (c->in.len > 0 && c->after_cr) {
		c->after_cr = false;
		if (c->in.s[0] == '\n')
			ctl_consume(c, 1);
	}
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
	if (!ctl_line_end(c, 0, &len, &behind))
		return false;
	line = strndup(c->in.s, len);
	c->after_cr = c->in.s[behind - 1] == '\r';
	ctl_consume(c, behind);
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
