/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FromIPSummaryDump(FILENAME [, keywords])
 *
 * Makes a packet of each line of an IP summary dump: the file that ToIPSummaryDump writes, or one
 * written by hand. Its line "!data NAME..." says which fields follow; summary.h lists them. A dash
 *is a field that is not known. What no field says is zero; version 4, header length, lengths, TTL
 *100 and the protocol are set. Packets hold headers and payload as far as fields gave them; the
 *rest of their length is in the extra length annotation. "!flowid SRC SPORT DST DPORT [PROTO]",
 *"!proto P" and
 * "!aggregate N" are defaults for the lines that follow. Lines that begin with # are comments.
 *
 * Arguments:
 *	FILENAME               file, perhaps packed by gzip, bzip2 or xz; "-" is the standard input
 *	DATA text              the dump itself, in place of FILENAME
 *	STOP bool              stop the driver at the end, default false
 *	TIMING bool            keep the distances in time of the dump, default false
 *	ACTIVE bool            default true
 *	ZERO bool              accepted: bytes that no field sets are zero in any case
 *	CHECKSUM bool          packets are as long as their IP length, and checksums are right,
 *default false PROTO n                protocol of lines without one, default 6 MULTIPACKET bool
 *make as many packets as the field count says, default false SAMPLE fraction        the part of all
 *packets that is used, default 1 FIELDS names           (or CONTENTS, DEFAULT_CONTENTS,
 *DEFAULT_FIELDS) for a dump without !data FLOWID text            (or DEFAULT_FLOWID) as !flowid
 *	ALLOW_NONEXISTENT bool a file that is not there is an empty one, default false
 *
 * Ports: 1 output, agnostic. Pulled, it has a signal.
 * Handlers: active (rw), count (r), reset_counts (w), sampling_prob (r), encap (r), filename (r),
 *filesize (r), filepos (r), stop (w), tickets, scheduled Messages: "FILE:LINE: packet parse error"
 *for the first line without any good field Example: FromIPSummaryDump(trace.txt, STOP true,
 *CHECKSUM true) -> CheckIPHeader -> ...;
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/print.h"
#include "nf-apps/element/trace/summaryreader.h"
#include "nf-apps/element/trace/tracesource.h"

struct fromipsummarydump_conf {
	bool checksum, multipacket, allow_nonexistent;
};

struct fromipsummarydump {
	struct nf_tracesource src; /* first */
	struct nf_summaryreader reader;
	char *data, *fields, *flow;
	bool complained;
	/* MULTIPACKET: what is left of the packet that stands for several */
	struct uk_netbuf *many;
	uint64_t many_step_ns, many_end_ns;
	uint32_t many_len, many_left;
};

static int fromipsummarydump_keep(struct nf_args *a, const char *text, char **to)
{
	if (text == NULL)
		return 0;
	*to = strdup(text);
	return *to != NULL ? 0 : nf_args_error(a, "out of memory");
}

static void fromipsummarydump_default(struct nf_args *a, const char *const keys[], char **to)
{
	const char *text = NULL;

	for (unsigned i = 0; keys[i] != NULL; i++)
		nf_args_raw(a, keys[i], 0, &text);
	(void)fromipsummarydump_keep(a, text, to);
}

static int fromipsummarydump_configure(struct nf_element *e, struct nf_args *a)
{
	static const char *const fields[] = { "DEFAULT_CONTENTS", "DEFAULT_FIELDS", "CONTENTS",
		"FIELDS", NULL };
	static const char *const flow[] = { "DEFAULT_FLOWID", "FLOWID", NULL };
	struct fromipsummarydump_conf *c = e->conf;
	struct fromipsummarydump *s = e->state;
	const char *name = NULL, *data = NULL;
	bool zero;

	s->reader.proto = NF_IP_TCP;
	nf_args_string(a, "FILENAME", NF_ARGS_POS, &name);
	nf_tracesource_configure(&s->src, a);
	nf_args_bool(a, "ZERO", 0, &zero);
	nf_args_bool(a, "CHECKSUM", 0, &c->checksum);
	nf_args_u8(a, "PROTO", 0, &s->reader.proto);
	nf_args_bool(a, "MULTIPACKET", 0, &c->multipacket);
	nf_args_bool(a, "ALLOW_NONEXISTENT", 0, &c->allow_nonexistent);
	nf_args_string(a, "DATA", 0, &data);
	fromipsummarydump_default(a, fields, &s->fields);
	fromipsummarydump_default(a, flow, &s->flow);
	if (name != NULL && data != NULL)
		nf_args_error(a, "FILENAME and DATA conflict");
	else if (name == NULL && data == NULL)
		nf_args_error(a, "FILENAME: required argument missing");
	if (nf_tracesource_set_name(&s->src, name != NULL ? name : "DATA") < 0)
		nf_args_error(a, "out of memory");
	(void)fromipsummarydump_keep(a, data, &s->data);
	return nf_args_end(a);
}

/* A message about the line that was read last. */
static void fromipsummarydump_say(struct nf_element *e, const struct nf_text *what)
{
	struct fromipsummarydump *s = e->state;
	struct nf_text t = { 0 };

	nf_text_printf(&t, "%s:%llu: %s", s->src.name, (unsigned long long)s->src.in.line,
		nf_text_get(what));
	nf_print_line(nf_text_get(&t));
	nf_text_free(&t);
}

/* A record of a binary dump: its length, and a packet's fields or a line of text. False: the end.
 */
static bool fromipsummarydump_record(struct fromipsummarydump *s, struct nf_text *why, int *rc)
{
	const uint8_t *head = nf_input_take(&s->src.in, 4), *data;
	uint32_t len = head != NULL ? nf_inet_get32(head) : 0, n = len & 0x7fffffff;
	char line[1024];

	if (head == NULL)
		return false;
	s->src.in.line++;
	if (n < 4 || n - 4 > NF_INPUT_MAX || (data = nf_input_take(&s->src.in, n - 4)) == NULL) {
		nf_text_printf(why, "bad length of a binary record");
		*rc = -EINVAL;
		s->src.over = true;
		return true;
	}
	n -= 4;
	if (len >> 31) {
		n = n < sizeof(line) ? n : (uint32_t)sizeof(line) - 1;
		memcpy(line, data, n);
		line[n] = '\0';
		line[strcspn(line, "\n")] = '\0';
		*rc = nf_summaryreader_line(&s->reader, line, why);
	} else {
		*rc = nf_summaryreader_record(&s->reader, data, n, why);
	}
	return true;
}

/* False: the end. */
static bool fromipsummarydump_read(
	struct fromipsummarydump *s, struct nf_text *why, int *rc, bool *told)
{
	uint32_t len;
	char *line;

	if (s->src.over)
		return false;
	if (s->reader.binary)
		return fromipsummarydump_record(s, why, rc);
	line = nf_input_line(&s->src.in, &len);
	if (line == NULL)
		return false;
	*told = line[0] != '!' && s->complained;
	*rc = nf_summaryreader_line(&s->reader, line, why);
	s->complained |= *rc < 0 && line[0] != '!';
	return true;
}

/* Reads lines until one makes a packet. Of bad lines only the first is told, of declarations each.
 */
static struct uk_netbuf *fromipsummarydump_packet(struct nf_element *e)
{
	const struct fromipsummarydump_conf *c = e->conf;
	struct fromipsummarydump *s = e->state;
	struct nf_text why = { 0 };
	bool told = false;
	int rc;

	if (e->core->pools.small->nb_free == 0)
		return NULL; /* the line waits until there is a buffer */
	while (fromipsummarydump_read(s, &why, &rc, &told)) {
		if (rc < 0 && !told)
			fromipsummarydump_say(e, &why);
		nf_text_free(&why);
		if (rc > 0)
			return nf_summary_end(&s->reader.build, c->checksum, &e->core->pools);
	}
	s->src.over = true;
	return NULL;
}

static void fromipsummarydump_set_len(struct uk_netbuf *p, uint32_t len)
{
	struct nf_ip4 *ip = (struct nf_ip4 *)nf_packet_l3(p);
	uint8_t *l4 = nf_packet_l4(p);

	nf_packet_set_anno_u32(p, NF_ANNO_EXTRA_LENGTH, len > p->len ? len - p->len : 0);
	if (ip == NULL || l4 == NULL || nf_packet_left(p, (uint8_t *)ip) < sizeof(*ip) ||
		len > 0xffff)
		return;
	ip->len = nf_inet_hton16((uint16_t)len);
	if (ip->proto == NF_IP_UDP && nf_packet_left(p, l4) >= 6 && len >= nf_inet_ip4_hlen(ip))
		nf_inet_put16(l4 + 4, (uint16_t)(len - nf_inet_ip4_hlen(ip)));
}

/* The first of several packets; they share length and time of the line. */
static void fromipsummarydump_begin_many(struct fromipsummarydump *s, struct uk_netbuf *p)
{
	struct nf_anno *anno = nf_packet_anno(p);
	uint32_t nb = 1 + nf_packet_anno_u32(p, NF_ANNO_EXTRA_PACKETS);
	uint64_t total = (uint64_t)p->len + nf_packet_anno_u32(p, NF_ANNO_EXTRA_LENGTH), first;

	s->many = p;
	s->many_left = nb;
	s->many_len = total / nb < p->len ? p->len : (uint32_t)(total / nb);
	s->many_end_ns = anno->time_ns;
	s->many_step_ns = 0;
	memcpy(&first, anno->user + NF_ANNO_FIRST_TIME, sizeof(first));
	if (first != 0 && first < anno->time_ns) {
		s->many_step_ns = (anno->time_ns - first) / (nb - 1);
		anno->time_ns = first;
	}
	nf_packet_set_anno_u32(p, NF_ANNO_EXTRA_PACKETS, 0);
}

static struct uk_netbuf *fromipsummarydump_next_of_many(struct nf_element *e)
{
	struct fromipsummarydump *s = e->state;
	struct uk_netbuf *p = s->many;

	if (s->many_left > 1) {
		p = nf_packet_copy(&e->core->pools, s->many);
		if (p == NULL)
			return NULL;
		nf_packet_anno(s->many)->time_ns += s->many_step_ns;
	} else {
		s->many = NULL;
		nf_packet_anno(p)->time_ns = s->many_end_ns;
	}
	s->many_left--;
	fromipsummarydump_set_len(p, s->many_len);
	return p;
}

static struct uk_netbuf *fromipsummarydump_next(struct nf_element *e)
{
	const struct fromipsummarydump_conf *c = e->conf;
	struct fromipsummarydump *s = e->state;
	struct uk_netbuf *p;

	if (s->many != NULL)
		return fromipsummarydump_next_of_many(e);
	p = fromipsummarydump_packet(e);
	if (p == NULL || !c->multipacket)
		return p;
	if (nf_packet_anno_u32(p, NF_ANNO_EXTRA_PACKETS) == 0 ||
		nf_packet_anno_u32(p, NF_ANNO_EXTRA_PACKETS) == UINT32_MAX)
		return p;
	fromipsummarydump_begin_many(s, p);
	return fromipsummarydump_next_of_many(e);
}

/* The first line tells what it is, and which version. */
static void fromipsummarydump_banner(struct nf_element *e, struct nf_errors *errs)
{
	struct fromipsummarydump *s = e->state;
	struct nf_text where = { 0 };
	const uint8_t *head = NULL;
	uint32_t n = 64;
	char line[65] = "";

	while (n > 0 && head == NULL)
		head = nf_input_peek(&s->src.in, n--);
	if (head != NULL)
		memcpy(line, head, n + 1);
	nf_text_printf(&where, "%s:1", s->src.name);
	if (nf_summaryreader_banner(&s->reader, line, nf_text_get(&where), errs) < 0 &&
		s->fields == NULL)
		nf_errors_warn(errs, nf_text_get(&where),
			"missing banner line; is this an IP summary dump?");
	nf_text_free(&where);
}

static int fromipsummarydump_open(struct nf_element *e, struct nf_errors *errs)
{
	const struct fromipsummarydump_conf *c = e->conf;
	struct fromipsummarydump *s = e->state;
	struct nf_errors quiet = { 0 };
	int rc;

	if (s->data != NULL)
		return nf_input_text(&s->src.in, s->data, strlen(s->data));
	rc = nf_input_open(&s->src.in, s->src.name, c->allow_nonexistent ? &quiet : errs, e->where);
	nf_errors_free(&quiet);
	if (rc < 0 && c->allow_nonexistent)
		return nf_input_text(&s->src.in, "", 0);
	return rc;
}

static int fromipsummarydump_initialize(struct nf_element *e, struct nf_errors *errs)
{
	const struct fromipsummarydump_conf *c = e->conf;
	struct fromipsummarydump *s = e->state;
	struct nf_text why = { 0 };
	int rc = fromipsummarydump_open(e, errs);

	if (rc < 0)
		return rc;
	nf_summaryreader_init(&s->reader);
	if (s->fields != NULL && nf_summaryreader_fields(&s->reader, s->fields, &why) < 0)
		rc = nf_errors_add(errs, e->where, "%s", nf_text_get(&why));
	else if (s->flow != NULL && nf_summaryreader_flow(&s->reader, s->flow, &why) < 0)
		rc = nf_errors_add(errs, e->where, "%s", nf_text_get(&why));
	else if (why.len > 0)
		nf_errors_warn(errs, e->where, "%s", nf_text_get(&why));
	nf_text_free(&why);
	if (rc < 0)
		return rc;
	if (nf_input_peek(&s->src.in, 1) != NULL)
		fromipsummarydump_banner(e, errs);
	else if (!c->allow_nonexistent && s->data == NULL)
		return nf_errors_add(errs, e->where, "%s: empty file", s->src.name);
	nf_tracesource_start(e, fromipsummarydump_next);
	return 0;
}

static void fromipsummarydump_cleanup(struct nf_element *e)
{
	struct fromipsummarydump *s = e->state;

	nf_tracesource_cleanup(e);
	nf_summaryreader_cleanup(&s->reader);
	if (s->many != NULL)
		uk_netbuf_free(s->many);
	free(s->data);
	free(s->fields);
	free(s->flow);
	s->many = NULL;
	s->data = s->fields = s->flow = NULL;
}

static int fromipsummarydump_encap(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_text_printf(out, "IP");
	return 0;
}

static const struct nf_handler fromipsummarydump_handlers[] = {
	NF_TRACESOURCE_HANDLERS,
	NF_TRACESOURCE_R("filepos", NF_TRACESOURCE_FILEPOS),
	{ .name = "encap", .read = fromipsummarydump_encap },
	{ .name = NULL },
};

const struct nf_class nf_fromipsummarydump = {
	.name = "FromIPSummaryDump",
	.ports = "0/1",
	.processing = "a/a",
	.conf_size = sizeof(struct fromipsummarydump_conf),
	.state_size = sizeof(struct fromipsummarydump),
	.configure = fromipsummarydump_configure,
	.initialize = fromipsummarydump_initialize,
	.cleanup = fromipsummarydump_cleanup,
	.pull = nf_tracesource_pull,
	.signal = nf_tracesource_signal,
	.handlers = fromipsummarydump_handlers,
	.flags = NF_CLASS_ANNO,
};
