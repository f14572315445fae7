/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ToIPSummaryDump(FILENAME [, keywords])
 *
 * Writes a line of text about each packet: the fields that were asked for, with a space between. A
 * packet that has no such field gets a dash. summary.h lists the fields; FromIPSummaryDump reads
 * the file. IP fields are those of the network header annotation, as CheckIPHeader or MarkIPHeader
 *sets it.
 *
 * Arguments:
 *	FILENAME           file; "-" is the standard output
 *	FIELDS names       (or CONTENTS) fields, default "timestamp ip_src"
 *	HEADER bool        begin with the lines that describe the dump, default true
 *	VERBOSE bool       tell host and time in them, default false
 *	BANNER text        and this, as !creator
 *	MULTIPACKET bool   a packet that stands for several (count) gives as many lines, default
 *false BAD_PACKETS bool   a "!bad" line in front of a packet with a wrong header, default false
 *	CAREFUL_TRUNC bool which also tells of packets shorter than their IP length, default true
 *	EXTRA_LENGTH bool  the extra length annotation counts, default true
 *	BINARY bool        packets as binary records, which are smaller; default false. Not with
 *payload
 *
 * Ports: 1 input, agnostic; an output, if it is used, gets the packets.
 * Handlers: flush (w), count (r), tickets and scheduled when pulling
 * Example: src -> CheckIPHeader -> ToIPSummaryDump(-, FIELDS ip_src sport ip_dst dport proto);
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "nf-apps/click/element.h"
#include "nf-apps/click/file.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/signal.h"
#include "nf-apps/element/trace/summary.h"
#include "plat-kvm/clock.h"

struct toipsummarydump_conf {
	bool header, verbose, multipacket, bad_packets, careful, extra, binary;
};

struct toipsummarydump {
	struct nf_task task;
	struct nf_file *file;
	char *name, *banner;
	const struct nf_summary_field *fields[NF_SUMMARY_FIELDS_MAX];
	unsigned nb_fields;
	struct nf_text line, bad;
	uint64_t count;
	bool listens;
};

static void toipsummarydump_fields(struct toipsummarydump *s, struct nf_args *a, const char *list)
{
	char *words[NF_SUMMARY_FIELDS_MAX], *copy, *name;
	int nb = nf_args_words(list, words, NF_SUMMARY_FIELDS_MAX, &copy);

	if (nb < 0) {
		nf_args_error(a, "more than %u fields", NF_SUMMARY_FIELDS_MAX);
		return;
	}
	for (int i = 0; i < nb; i++) {
		name = nf_args_unquote(words[i], NULL);
		s->fields[s->nb_fields] = name != NULL ? nf_summary_find(name) : NULL;
		if (s->fields[s->nb_fields] == NULL)
			nf_args_error(a, "unknown content type '%s'", words[i]);
		else
			s->nb_fields++;
		free(name);
	}
	free(copy);
	if (nb == 0)
		nf_args_error(a, "no contents specified");
}

static int toipsummarydump_configure(struct nf_element *e, struct nf_args *a)
{
	struct toipsummarydump_conf *c = e->conf;
	struct toipsummarydump *s = e->state;
	const char *name = NULL, *banner = NULL, *list = "timestamp ip_src";

	c->header = c->careful = c->extra = true;
	if (nf_args_string(a, "FILENAME", NF_ARGS_POS | NF_ARGS_MUST, &name))
		s->name = strdup(name);
	nf_args_raw(a, "FIELDS", 0, &list);
	nf_args_raw(a, "CONTENTS", 0, &list);
	nf_args_raw(a, "DATA", 0, &list);
	nf_args_bool(a, "VERBOSE", 0, &c->verbose);
	nf_args_bool(a, "HEADER", 0, &c->header);
	if (nf_args_string(a, "BANNER", 0, &banner))
		s->banner = strdup(banner);
	nf_args_bool(a, "MULTIPACKET", 0, &c->multipacket);
	nf_args_bool(a, "BAD_PACKETS", 0, &c->bad_packets);
	nf_args_bool(a, "CAREFUL_TRUNC", 0, &c->careful);
	nf_args_bool(a, "EXTRA_LENGTH", 0, &c->extra);
	nf_args_bool(a, "BINARY", 0, &c->binary);
	toipsummarydump_fields(s, a, list);
	for (unsigned i = 0; i < s->nb_fields; i++) {
		c->multipacket &= s->fields[i]->id != NF_SUMMARY_COUNT;
		if (c->binary && !nf_summary_bin_can(s->fields[i]))
			nf_args_error(a, "cannot use field %s with BINARY", s->fields[i]->name);
	}
	if ((name != NULL && s->name == NULL) || (banner != NULL && s->banner == NULL))
		nf_args_error(a, "out of memory");
	return nf_args_end(a);
}

/* Only what the system tells about itself. */
static void toipsummarydump_verbose(struct nf_text *t)
{
	uint64_t now = uk_clock_wall_ns();
	time_t sec = (time_t)(now / 1000000000);
	char host[256] = "", when[32];

	if (gethostname(host, sizeof(host) - 1) == 0)
		nf_text_printf(t, "!host %s\n", host);
	if (ctime_r(&sec, when) == NULL)
		return;
	when[strcspn(when, "\n")] = '\0';
	nf_text_printf(t, "!runtime ");
	nf_addr_print_time(now, t);
	nf_text_printf(t, " (%s)\n", when);
}

static int toipsummarydump_header(struct nf_element *e, struct nf_errors *errs)
{
	const struct toipsummarydump_conf *c = e->conf;
	struct toipsummarydump *s = e->state;
	struct nf_text *t = &s->line;
	struct nf_summary_value banner;
	const struct nf_summary_field *text = nf_summary_find("payload");

	if (!c->header)
		return 0;
	nf_text_printf(t, "!IPSummaryDump 1.%u\n", NF_SUMMARY_MINOR);
	if (s->banner != NULL) {
		banner.bytes = (const uint8_t *)s->banner;
		banner.len = (uint32_t)strlen(s->banner);
		nf_text_printf(t, "!creator ");
		nf_summary_print(text, &banner, t);
		nf_text_printf(t, "\n");
	}
	if (c->verbose)
		toipsummarydump_verbose(t);
	nf_text_printf(t, "!data");
	for (unsigned i = 0; i < s->nb_fields; i++)
		nf_text_printf(t, " %s",
			s->fields[i]->id == NF_SUMMARY_TIME && !c->binary ? "timestamp"
									  : s->fields[i]->name);
	nf_text_printf(t, "\n%s", c->binary ? "!binary\n" : "");
	if (t->full || nf_file_write(s->file, nf_text_get(t), (uint32_t)t->len) < 0)
		return nf_errors_add(errs, e->where, "%s: cannot write it", s->name);
	return 0;
}

/* Writes a line or a record; in the binary form with its length in front, whose top bit tells of
 * text. */
static void toipsummarydump_out(struct nf_element *e, const struct nf_text *t, bool is_text)
{
	const struct toipsummarydump_conf *c = e->conf;
	struct toipsummarydump *s = e->state;
	uint8_t head[4];

	if (c->binary && t->len > 0) {
		nf_inet_put32(head, ((uint32_t)t->len + 4) | (is_text ? 1u << 31 : 0));
		(void)!nf_file_write(s->file, head, sizeof(head));
	}
	(void)!nf_file_write(s->file, nf_text_get(t), (uint32_t)t->len);
}

static void toipsummarydump_line(struct nf_element *e, struct uk_netbuf *p)
{
	const struct toipsummarydump_conf *c = e->conf;
	struct toipsummarydump *s = e->state;
	struct nf_summary_packet d;
	struct nf_summary_value v;

	s->line.len = s->bad.len = 0;
	nf_summary_open(&d, p, c->bad_packets ? &s->bad : NULL, c->careful, c->extra);
	for (unsigned i = 0; i < s->nb_fields; i++) {
		bool has = nf_summary_get(&d, s->fields[i], &v);

		if (c->binary) {
			nf_summary_bin_put(
				s->fields[i], has ? &v : &(struct nf_summary_value){ 0 }, &s->line);
			continue;
		}
		if (i > 0)
			nf_text_add(&s->line, " ", 1);
		if (has)
			nf_summary_print(s->fields[i], &v, &s->line);
		else
			nf_text_add(&s->line, "-", 1);
	}
	if (!c->binary)
		nf_text_add(&s->line, "\n", 1);
	toipsummarydump_out(e, &s->bad, true);
	toipsummarydump_out(e, &s->line, false);
	s->count++;
}

/* A packet that stands for several: its length and its time are shared out among them. */
static void toipsummarydump_several(struct nf_element *e, struct uk_netbuf *p, uint32_t nb)
{
	const struct toipsummarydump_conf *c = e->conf;
	struct nf_anno *anno = nf_packet_anno(p), was = *anno;
	uint64_t total = (uint64_t)p->len * nb, first, step = 0, full = p->len, n;

	if (c->extra)
		full += nf_packet_anno_u32(p, NF_ANNO_EXTRA_LENGTH);
	total = full > total ? full : total;
	memcpy(&first, anno->user + NF_ANNO_FIRST_TIME, sizeof(first));
	if (first != 0 && first < was.time_ns) {
		step = (was.time_ns - first) / (nb - 1);
		anno->time_ns = first;
	}
	nf_packet_set_anno_u32(p, NF_ANNO_EXTRA_PACKETS, 0);
	for (uint32_t left = nb; left > 0; left--) {
		n = total / left;
		nf_packet_set_anno_u32(p, NF_ANNO_EXTRA_LENGTH, (uint32_t)(n - p->len));
		total -= n;
		toipsummarydump_line(e, p);
		anno->time_ns = left == 2 ? was.time_ns : anno->time_ns + step;
	}
	*anno = was;
}

static void toipsummarydump_packets(struct nf_element *e, struct uk_netbuf **v, uint16_t n)
{
	const struct toipsummarydump_conf *c = e->conf;

	for (uint16_t i = 0; i < n; i++) {
		uint32_t more = nf_packet_anno_u32(v[i], NF_ANNO_EXTRA_PACKETS);

		if (c->multipacket && more > 0 && more < UINT16_MAX)
			toipsummarydump_several(e, v[i], more + 1);
		else
			toipsummarydump_line(e, v[i]);
	}
	if (e->nb_out > 0)
		nf_element_emit(e, 0, v, n);
	else
		uk_netbuf_free_burst(v, n);
}

static void toipsummarydump_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	toipsummarydump_packets(e, v, n);
}

static bool toipsummarydump_run(struct nf_element *e, void *arg)
{
	struct toipsummarydump *s = e->state;
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t n = nf_element_fetch(e, 0, v, e->core->burst);

	toipsummarydump_packets(e, v, n);
	if (n == 0)
		nf_signal_rest(&s->task, s->listens);
	return n > 0;
}

static int toipsummarydump_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct toipsummarydump *s = e->state;

	s->file = nf_file_create(s->name, false, errs, e->where);
	if (s->file == NULL || toipsummarydump_header(e, errs) < 0)
		return -EINVAL;
	nf_task_init(&s->task, e, toipsummarydump_run, NULL);
	if (!e->in[0].is_push) {
		s->listens = nf_signal_listen(e, 0, &s->task);
		nf_task_schedule(&s->task);
	}
	return 0;
}

static void toipsummarydump_cleanup(struct nf_element *e)
{
	struct toipsummarydump *s = e->state;

	if (s->task.run != NULL)
		nf_task_unschedule(&s->task);
	(void)nf_file_close(s->file);
	nf_text_free(&s->line);
	nf_text_free(&s->bad);
	free(s->name);
	free(s->banner);
	s->file = NULL;
	s->name = s->banner = NULL;
}

static int toipsummarydump_flush(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct toipsummarydump *s = e->state;

	return s->file == NULL || nf_file_flush(s->file) == 0
		       ? 0
		       : nf_errors_add(errs, NULL, "%s: cannot write it", s->name);
}

static const struct nf_handler toipsummarydump_handlers[] = {
	{ .name = "flush", .write = toipsummarydump_flush, .flags = NF_HANDLER_BUTTON },
	NF_HANDLER_U64("count", struct toipsummarydump, count),
	NF_HANDLER_TASK(struct toipsummarydump, task),
	{ .name = NULL },
};

const struct nf_class nf_toipsummarydump = {
	.name = "ToIPSummaryDump",
	.ports = "1/0-1",
	.processing = "a/h",
	.conf_size = sizeof(struct toipsummarydump_conf),
	.state_size = sizeof(struct toipsummarydump),
	.configure = toipsummarydump_configure,
	.initialize = toipsummarydump_initialize,
	.cleanup = toipsummarydump_cleanup,
	.push = toipsummarydump_push,
	.handlers = toipsummarydump_handlers,
	.flags = NF_CLASS_ANNO,
};
