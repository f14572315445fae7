/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/element/basic/countcall.h"

/* "N HANDLER [VALUE]", without quotes around it. */
static int countcall_parse_plain(struct nf_countcall *c, const char *text)
{
	const char *end = text + strlen(text), *s = nf_args_text_space(text, end), *rest = s;
	char buf[24];
	uint64_t at;
	int rc;

	while (rest < end && !nf_args_text_is_space(*rest))
		rest++;
	if ((size_t)(rest - s) >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, s, (size_t)(rest - s));
	buf[rest - s] = 0;
	if (nf_addr_u64(buf, &at) != 0)
		return -EINVAL;
	rc = nf_handlercall_set(&c->call, rest);
	if (rc == 0)
		c->at = c->given = at;
	return rc;
}

static int countcall_parse(struct nf_countcall *c, const char *text)
{
	char *plain;
	int rc;

	if (*text != '"' && *text != '\'')
		return countcall_parse_plain(c, text);
	plain = nf_args_unquote(text, NULL);
	if (plain == NULL)
		return -ENOMEM;
	rc = countcall_parse_plain(c, plain);
	free(plain);
	return rc;
}

void nf_countcall_arg(struct nf_countcall *c, struct nf_args *a, const char *key)
{
	const char *text;

	c->at = c->given = UINT64_MAX;
	if (nf_args_raw(a, key, 0, &text) && countcall_parse(c, text) != 0)
		nf_args_error(a, "%s: '%.40s' is not \"N HANDLER [VALUE]\"", key, text);
}

void nf_countcall_run(struct nf_countcall *c, struct nf_element *e)
{
	c->at = UINT64_MAX; /* first: the handler may be the one that resets this */
	nf_handlercall_run(&c->call, e);
}

void nf_countcall_take_state(struct nf_countcall *c, const struct nf_countcall *old)
{
	if (c->given == old->given)
		c->at = old->at;
}

int nf_countcall_read(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	const struct nf_countcall *c = (const void *)((const uint8_t *)e->state + off);

	if (c->call.name != NULL)
		nf_text_printf(out, "%lu %s%s%s", c->given, c->call.name,
			*c->call.value != 0 ? " " : "", c->call.value);
	return 0;
}

int nf_countcall_write(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	struct nf_countcall *c = (void *)((uint8_t *)e->state + off), made = { 0 };

	if (countcall_parse(&made, value) != 0)
		return nf_errors_add(errs, NULL, "'%.40s' is not \"N [HANDLER [VALUE]]\"", value);
	if (nf_handlercall_check(&made.call, e, errs) != 0) {
		nf_handlercall_free(&made.call);
		return -EINVAL;
	}
	nf_handlercall_free(&c->call);
	*c = made;
	return 0;
}
