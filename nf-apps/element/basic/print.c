/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Print([LABEL, MAXLENGTH] [, keywords CONTENTS, TIMESTAMP, PRINTANNO, HEADROOM, CPU, ACTIVE])
 *
 * Prints a line for each packet: "LABEL:   60 | 45000028 00010000 ...".
 *
 *	LABEL      text in front
 *	MAXLENGTH  bytes of contents to show; negative: all. Default 24
 *	CONTENTS   HEX, ASCII or NONE; a boolean is HEX or NONE. Default HEX
 *	TIMESTAMP  boolean: the packet's time stamp. Default false
 *	PRINTANNO  boolean: the annotation bytes. Default false
 *	HEADROOM   boolean: bytes before and behind the data, "(h140 t1848)". Default false
 *	CPU        boolean: the core, "(0)". Default false
 *	ACTIVE     boolean: false prints nothing. Default true
 *
 * Ports: 1 input, 1 output; push or pull.
 * Handlers: active (rw).
 *
 *	... -> Print(in, 64, TIMESTAMP true) -> ...
 */
#include <stdlib.h>
#include <strings.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"

enum { PRINT_NONE, PRINT_HEX, PRINT_ASCII };

struct print_state {
	char *label;
	struct nf_text line; /* kept for its memory */
	int32_t max_length;
	uint32_t contents;
	bool timestamp, anno, headroom, cpu, active;
};

/* Any case, and booleans. */
static void print_contents(struct nf_args *a, const char *word, uint32_t *contents)
{
	static const char *const names[] = { "NONE", "HEX", "ASCII" };
	bool yes;

	if (nf_addr_bool(word, &yes) == 0) {
		*contents = yes ? PRINT_HEX : PRINT_NONE;
		return;
	}
	for (uint32_t i = 0; i < UK_ARRAY_SIZE(names); i++) {
		if (strcasecmp(word, names[i]) == 0) {
			*contents = i;
			return;
		}
	}
	nf_args_error(a, "CONTENTS: '%.40s' is not NONE, HEX, or ASCII", word);
}

static int print_configure(struct nf_element *e, struct nf_args *a)
{
	struct print_state *s = e->state;
	const char *label = "", *contents;

	s->max_length = 24;
	s->contents = PRINT_HEX;
	s->active = true;
	nf_args_string(a, "LABEL", NF_ARGS_POS, &label);
	nf_args_i32(a, "MAXLENGTH", NF_ARGS_POS, &s->max_length);
	nf_args_i32(a, "LENGTH", NF_ARGS_OLD, &s->max_length);
	nf_args_i32(a, "NBYTES", NF_ARGS_OLD, &s->max_length);
	if (nf_args_word(a, "CONTENTS", 0, &contents))
		print_contents(a, contents, &s->contents);
	nf_args_bool(a, "TIMESTAMP", 0, &s->timestamp);
	nf_args_bool(a, "PRINTANNO", 0, &s->anno);
	nf_args_bool(a, "HEADROOM", 0, &s->headroom);
	nf_args_bool(a, "CPU", 0, &s->cpu);
	nf_args_bool(a, "ACTIVE", 0, &s->active);
	s->label = strdup(label);
	if (s->label == NULL)
		nf_args_error(a, "out of memory");
	return nf_args_end(a);
}

static void print_cleanup(struct nf_element *e)
{
	struct print_state *s = e->state;

	free(s->label);
	nf_text_free(&s->line);
}

/* Groups of four bytes, or of eight letters. */
static void print_bytes(struct nf_text *line, const uint8_t *data, uint32_t len, bool ascii)
{
	static const char digits[] = "0123456789abcdef";
	char buf[3];

	for (uint32_t i = 0; i < len; i++) {
		if (ascii ? i % 8 == 0 : i > 0 && i % 4 == 0)
			nf_text_add(line, " ", 1);
		buf[0] = ascii ? (data[i] < 32 || data[i] > 126 ? '.' : (char)data[i])
			       : digits[data[i] >> 4];
		buf[1] = digits[data[i] & 15];
		nf_text_add(line, buf, ascii ? 1 : 2);
	}
}

static void print_head(const struct print_state *s, struct nf_text *line)
{
	nf_text_printf(line, "%s%s", s->label, s->cpu ? "(0)" : "");
	if (line->len > 0)
		nf_text_add(line, ": ", 2);
}

static inline int print_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct print_state *s = e->state;
	struct nf_text *line = &s->line;
	uint32_t len = p->len;

	if (!s->active)
		return 0;
	line->len = 0;
	print_head(s, line);
	if (s->timestamp) {
		nf_addr_print_time(nf_packet_anno(p)->time_ns, line);
		nf_text_add(line, ": ", 2);
	}
	nf_text_printf(line, "%4u", p->len);
	if (s->headroom)
		nf_text_printf(line, " (h%u t%u)", uk_netbuf_headroom(p), uk_netbuf_tailroom(p));
	if (s->anno) {
		nf_text_add(line, " | ", 3);
		for (unsigned i = 0; i < NF_ANNO_BYTES; i++)
			nf_text_printf(line, "%02x", nf_packet_anno_u8(p, i));
	}
	if (s->max_length >= 0 && len > (uint32_t)s->max_length)
		len = (uint32_t)s->max_length;
	if (s->contents != PRINT_NONE && len > 0) {
		nf_text_add(line, " | ", 3);
		print_bytes(line, p->data, len, s->contents == PRINT_ASCII);
	}
	nf_print_line(nf_text_get(line));
	return 0;
}

NF_EACH_DEFINE(print)

static const struct nf_handler print_handlers[] = {
	{ .name = "active",
		.read = nf_handler_read_bool,
		.write = nf_handler_write_bool,
		.arg = offsetof(struct print_state, active) },
	{ .name = NULL },
};

const struct nf_class nf_print = {
	.name = "Print",
	.ports = "1/1",
	.processing = "a/a",
	.state_size = sizeof(struct print_state),
	.configure = print_configure,
	.cleanup = print_cleanup,
	.handlers = print_handlers,
	.flags = NF_CLASS_ANNO,
	NF_EACH(print),
};
