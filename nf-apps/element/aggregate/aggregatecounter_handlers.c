/* SPDX-License-Identifier: BSD-3-Clause */
/* What AggregateCounter tells: its counts as text and as files. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/file.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/element/aggregate/aggregatecounter.h"

enum aggcount_format { AGGCOUNT_TEXT, AGGCOUNT_BINARY, AGGCOUNT_IP, AGGCOUNT_PDF };

#define AGGCOUNT_DIGITS 1000000000000ul /* of a share */

/* count / total with up to twelve decimals, without the zeros at the end. */
static void aggcount_share(struct nf_text *t, uint64_t count, uint64_t total)
{
	unsigned __int128 v = (unsigned __int128)count * AGGCOUNT_DIGITS / (total ? total : 1);
	uint64_t share = v > AGGCOUNT_DIGITS ? AGGCOUNT_DIGITS : (uint64_t)v;
	unsigned digits = 12;

	nf_text_printf(t, "%lu", share / AGGCOUNT_DIGITS);
	share %= AGGCOUNT_DIGITS;
	if (share == 0)
		return;
	for (; share % 10 == 0; share /= 10)
		digits--;
	nf_text_printf(t, ".%0*lu", (int)digits, share);
}

static void aggcount_line(struct nf_text *t, const struct nf_aggtable_pair *p,
	enum aggcount_format format, uint64_t total)
{
	uint32_t bin[2] = { p->aggregate, p->count > UINT32_MAX ? UINT32_MAX : (uint32_t)p->count };
	char addr[NF_ADDR_IP4_LEN];

	switch (format) {
	case AGGCOUNT_BINARY:
		nf_text_add(t, (const char *)bin, sizeof(bin));
		return;
	case AGGCOUNT_IP:
		nf_text_printf(t, "%s %lu\n", nf_addr_print_ip4(nf_inet_hton32(p->aggregate), addr),
			p->count);
		return;
	case AGGCOUNT_PDF:
		nf_text_printf(t, "%u ", p->aggregate);
		aggcount_share(t, p->count, total);
		nf_text_add(t, "\n", 1);
		return;
	case AGGCOUNT_TEXT:
		nf_text_printf(t, "%u %lu\n", p->aggregate, p->count);
		return;
	}
}

static int aggcount_read_counts(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct nf_aggregatecounter *s = e->state;
	uint32_t nb;
	struct nf_aggtable_pair *pairs = nf_aggtable_sorted(&s->table, &nb);

	for (uint32_t i = 0; pairs != NULL && i < nb; i++)
		aggcount_line(out, &pairs[i], AGGCOUNT_TEXT, 0);
	free(pairs);
	return pairs == NULL && nb > 0 ? -ENOMEM : 0;
}

static int aggcount_write_all(const struct nf_aggregatecounter *s, struct nf_file *f,
	enum aggcount_format format, const struct nf_aggtable_pair *pairs, uint32_t nb)
{
	struct nf_text t = { 0 };
	int rc = 0;

	nf_text_printf(&t, "!IPAggregate 1.0\n%s%s!num_nonzero %u\n", s->banner ? s->banner : "",
		s->banner && *s->banner && s->banner[strlen(s->banner) - 1] != '\n' ? "\n" : "",
		s->nagg);
	if (format == AGGCOUNT_BINARY)
		nf_text_printf(&t, "!packed_le\n");
	else if (format == AGGCOUNT_IP)
		nf_text_printf(&t, "!ip\n");
	for (uint32_t i = 0; i < nb && rc == 0; i++) {
		aggcount_line(&t, &pairs[i], format, s->count);
		if (t.len > 60000) {
			rc = t.full ? -ENOMEM : nf_file_write(f, t.s, (uint32_t)t.len);
			t.len = 0;
		}
	}
	if (rc == 0)
		rc = t.full ? -ENOMEM : nf_file_write(f, t.s, (uint32_t)t.len);
	nf_text_free(&t);
	return rc;
}

static int aggcount_write_file(
	struct nf_element *e, uintptr_t format, const char *value, struct nf_errors *errs)
{
	struct nf_aggregatecounter *s = e->state;
	struct nf_aggtable_pair *pairs;
	struct nf_file *f;
	uint32_t nb;
	int rc = -ENOMEM, rc_close;
	char *name;

	if (*value == 0)
		return nf_errors_add(errs, NULL, "the argument is a file name");
	name = nf_args_unquote(value, NULL);
	pairs = nf_aggtable_sorted(&s->table, &nb);
	if (name == NULL || (pairs == NULL && nb > 0))
		goto undo_memory;
	rc = -EINVAL;
	f = nf_file_create(name, false, errs, NULL);
	if (f == NULL)
		goto undo_memory;
	rc = aggcount_write_all(s, f, (enum aggcount_format)format, pairs, nb);
	rc_close = nf_file_close(f);
	rc = rc < 0 ? rc : rc_close;
	if (rc < 0)
		nf_errors_add(errs, NULL, "%s: it could not be written", name);
undo_memory:
	free(pairs);
	free(name);
	return rc;
}

static int aggcount_stop(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	((struct nf_aggregatecounter *)e->state)->active = false;
	nf_router_stop_driver(e->router);
	return 0;
}

static int aggcount_clear(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	nf_aggregatecounter_clear(e->state);
	return 0;
}

static int aggcount_reaggregate(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_aggregatecounter *s = e->state;
	uint32_t nb;
	struct nf_aggtable_pair *pairs = nf_aggtable_sorted(&s->table, &nb);
	int rc = 0;

	if (pairs == NULL)
		return nb > 0 ? -ENOMEM : 0;
	nf_aggregatecounter_clear(s);
	for (uint32_t i = 0; i < nb; i++) {
		struct nf_aggtable_entry *en = nf_aggtable_get(&s->table, (uint32_t)pairs[i].count);

		if (en == NULL) {
			rc = -ENOMEM;
			break;
		}
		s->nagg += en->count == 0;
		en->count++;
		s->count++;
	}
	free(pairs);
	return rc;
}

static int aggcount_read_banner(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_aggregatecounter *s = e->state;

	if (s->banner != NULL)
		nf_text_printf(out, "%s", s->banner);
	return 0;
}

static int aggcount_write_banner(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_aggregatecounter *s = e->state;
	char *banner = strdup(value);

	if (banner == NULL)
		return -ENOMEM;
	free(s->banner);
	s->banner = banner;
	return 0;
}

/* "N HANDLER [VALUE]", or nothing: no call. */
static int aggcount_write_call(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	struct nf_countcall *c = (void *)((uint8_t *)e->state + off);
	const char *s = value;

	while (isspace((unsigned char)*s))
		s++;
	if (*s != 0)
		return nf_countcall_write(e, off, value, errs);
	nf_handlercall_free(&c->call);
	c->at = c->given = UINT64_MAX;
	return 0;
}

#define AGGCOUNT_AT(field) offsetof(struct nf_aggregatecounter, field)

#define AGGCOUNT_FILE(nm, format)                                                                  \
	{                                                                                          \
		.name = nm, .write = aggcount_write_file, .arg = format                            \
	}
#define AGGCOUNT_BOOL(nm, field)                                                                   \
	{                                                                                          \
		.name = nm, .read = nf_handler_read_bool, .write = nf_handler_write_bool,          \
		.arg = AGGCOUNT_AT(field)                                                          \
	}
#define AGGCOUNT_CALL(nm, field)                                                                   \
	{                                                                                          \
		.name = nm, .read = nf_countcall_read, .write = aggcount_write_call,               \
		.arg = AGGCOUNT_AT(field)                                                          \
	}
#define AGGCOUNT_BUTTON(nm, fn)                                                                    \
	{                                                                                          \
		.name = nm, .write = fn, .flags = NF_HANDLER_BUTTON                                \
	}

const struct nf_handler nf_aggregatecounter_handlers[] = {
	AGGCOUNT_FILE("write_text_file", AGGCOUNT_TEXT),
	AGGCOUNT_FILE("write_ascii_file", AGGCOUNT_TEXT),
	AGGCOUNT_FILE("write_file", AGGCOUNT_BINARY),
	AGGCOUNT_FILE("write_ip_file", AGGCOUNT_IP),
	AGGCOUNT_FILE("write_pdf_file", AGGCOUNT_PDF),
	{ .name = "counts", .read = aggcount_read_counts, .flags = NF_HANDLER_EXPENSIVE },
	AGGCOUNT_BOOL("freeze", frozen),
	AGGCOUNT_BOOL("active", active),
	AGGCOUNT_BUTTON("stop", aggcount_stop),
	AGGCOUNT_BUTTON("clear", aggcount_clear),
	AGGCOUNT_BUTTON("reaggregate_counts", aggcount_reaggregate),
	AGGCOUNT_BUTTON("counts_pdf", aggcount_reaggregate),
	{ .name = "banner", .read = aggcount_read_banner, .write = aggcount_write_banner },
	AGGCOUNT_CALL("aggregate_call", on_nagg),
	AGGCOUNT_CALL("count_call", on_count),
	NF_HANDLER_U64("count", struct nf_aggregatecounter, count),
	NF_HANDLER_U32("nagg", struct nf_aggregatecounter, nagg),
	NF_HANDLER_U64("full", struct nf_aggregatecounter, table.nb_full),
	{ .name = NULL },
};
