/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPPrint([LABEL, keywords])
 *
 * Prints a line about each IP packet, much as tcpdump does, and passes it on. Packets need their
 *network header annotation (CheckIPHeader, MarkIPHeader); one without passes silently.
 *
 * Arguments:
 *	LABEL text      printed in front
 *	CONTENTS how    the packet's bytes as well: false (default), hex, ascii
 *	PAYLOAD how     the same of the payload only: false (default), hex, ascii
 *	MAXLENGTH n     (or NBYTES) most bytes of these, default 1500
 *	ID, TTL, TOS, LENGTH bool  print these fields of the header, default false
 *	TIMESTAMP bool  print the packet's time, default true
 *	AGGREGATE bool  print the aggregate annotation, default false
 *	PAINT bool      print the paint annotation, default false
 *	SWAP bool       print ICMP identifiers and sequence numbers with their bytes swapped,
 *default true OUTFILE name    print to this file ACTIVE bool     print at all, default true CHANNEL
 *word    accepted, and not used
 *
 * Ports: 1 input, 1 output, agnostic. Handlers: active (rw)
 * Example: ... -> CheckIPHeader -> IPPrint(in, TTL true) -> ...;
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/element.h"
#include "nf-apps/click/file.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"
#include "nf-apps/element/trace/ipline.h"

enum { IPPRINT_NONE, IPPRINT_HEX, IPPRINT_ASCII };

struct ipprint_conf {
	uint32_t bytes;
	uint8_t contents; /* IPPRINT_* */
	bool payload, id, ttl, tos, length, time, aggregate, paint, swap;
};

struct ipprint {
	struct nf_file *file;
	struct nf_text line;
	char *label, *outfile;
	bool active;
};

/* Click takes the words in upper and lower case, or a Boolean. */
static void ipprint_how(struct nf_args *a, const char *key, uint8_t *how)
{
	const char *word = NULL;
	bool yes;

	if (!nf_args_word(a, key, 0, &word))
		return;
	if (strcasecmp(word, "hex") == 0)
		*how = IPPRINT_HEX;
	else if (strcasecmp(word, "ascii") == 0)
		*how = IPPRINT_ASCII;
	else if (strcasecmp(word, "none") == 0)
		*how = IPPRINT_NONE;
	else if (nf_addr_bool(word, &yes) == 0)
		*how = yes ? IPPRINT_HEX : IPPRINT_NONE;
	else
		nf_args_error(a, "bad %s value '%s'; should be 'false', 'hex', or 'ascii'",
			key[0] == 'C' ? "contents" : "payload", word);
}

static int ipprint_configure(struct nf_element *e, struct nf_args *a)
{
	struct ipprint_conf *c = e->conf;
	struct ipprint *s = e->state;
	const char *label = "", *outfile = NULL, *channel;
	uint8_t payload = IPPRINT_NONE;

	c->bytes = 1500;
	c->time = c->swap = s->active = true;
	nf_args_string(a, "LABEL", NF_ARGS_POS, &label);
	ipprint_how(a, "CONTENTS", &c->contents);
	ipprint_how(a, "PAYLOAD", &payload);
	nf_args_u32(a, "MAXLENGTH", 0, &c->bytes);
	nf_args_u32(a, "NBYTES", 0, &c->bytes);
	nf_args_bool(a, "ID", 0, &c->id);
	nf_args_bool(a, "TIMESTAMP", 0, &c->time);
	nf_args_bool(a, "PAINT", 0, &c->paint);
	nf_args_bool(a, "TOS", 0, &c->tos);
	nf_args_bool(a, "TTL", 0, &c->ttl);
	nf_args_bool(a, "SWAP", 0, &c->swap);
	nf_args_bool(a, "LENGTH", 0, &c->length);
	nf_args_bool(a, "AGGREGATE", 0, &c->aggregate);
	nf_args_bool(a, "ACTIVE", 0, &s->active);
	nf_args_string(a, "OUTFILE", 0, &outfile);
	nf_args_word(a, "CHANNEL", 0, &channel);
	if (payload != IPPRINT_NONE && c->contents != IPPRINT_NONE)
		nf_args_error(a, "specify at most one of PAYLOAD and CONTENTS");
	c->payload = payload != IPPRINT_NONE;
	c->contents |= payload;
	s->label = strdup(label);
	s->outfile = outfile != NULL ? strdup(outfile) : NULL;
	if (s->label == NULL || (outfile != NULL && s->outfile == NULL))
		nf_args_error(a, "out of memory");
	return nf_args_end(a);
}

static int ipprint_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct ipprint *s = e->state;

	if (s->outfile == NULL)
		return 0;
	s->file = nf_file_create(s->outfile, false, errs, e->where);
	return s->file != NULL ? 0 : -EINVAL;
}

static void ipprint_cleanup(struct nf_element *e)
{
	struct ipprint *s = e->state;

	(void)nf_file_close(s->file);
	nf_text_free(&s->line);
	free(s->label);
	free(s->outfile);
	*s = (struct ipprint){ 0 };
}

/* Bytes in groups, in lines of their own. */
static void ipprint_bytes(struct nf_text *t, const uint8_t *d, uint32_t n, bool hex)
{
	const unsigned line = hex ? 24 : 48, group = hex ? 4 : 8;

	for (uint32_t i = 0; i < n; i++) {
		if (i % line == 0)
			nf_text_add(t, "\n  ", 3);
		else if (i % group == 0)
			nf_text_add(t, " ", 1);
		if (hex)
			nf_text_printf(t, "%02x", d[i]);
		else
			nf_text_printf(t, "%c", d[i] < 32 || d[i] > 126 ? '.' : d[i]);
	}
}

static void ipprint_head(const struct ipprint_conf *c, struct ipprint *s, const struct uk_netbuf *p)
{
	struct nf_text *t = &s->line;

	if (s->label[0] != '\0')
		nf_text_printf(t, "%s: ", s->label);
	if (c->time) {
		nf_addr_print_time(nf_packet_anno(p)->time_ns, t);
		nf_text_printf(t, ": ");
	}
	if (c->aggregate)
		nf_text_printf(t, "#%u", nf_packet_anno_u32(p, NF_ANNO_AGGREGATE));
	if (c->paint)
		nf_text_printf(t, "%s%u", c->aggregate ? "." : "paint ",
			nf_packet_anno_u8(p, NF_ANNO_PAINT));
	if (c->aggregate || c->paint)
		nf_text_printf(t, ": ");
}

static void ipprint_body(const struct ipprint_conf *c, struct nf_text *t, const struct uk_netbuf *p)
{
	const struct nf_ip4 *ip = (const struct nf_ip4 *)nf_packet_l3(p);
	const uint8_t *end = p->data + p->len, *from = p->data;
	uint32_t n;

	if (end < (const uint8_t *)ip || (uint32_t)(end - (const uint8_t *)ip) < sizeof(*ip)) {
		nf_text_printf(t, "truncated-ip");
		return;
	}
	if (c->id)
		nf_text_printf(t, "id %u ", nf_inet_ntoh16(ip->id));
	if (c->ttl)
		nf_text_printf(t, "ttl %u ", ip->ttl);
	if (c->tos)
		nf_text_printf(t, "tos %u ", ip->tos);
	if (c->length)
		nf_text_printf(t, "length %u ", nf_inet_ntoh16(ip->len));
	nf_ipline_print(p, ip, c->swap, t);
	if (c->contents == IPPRINT_NONE)
		return;
	if (c->payload)
		from = (const uint8_t *)ip + nf_ipline_payload(p, ip);
	n = from < end ? (uint32_t)(end - from) : 0;
	ipprint_bytes(t, from, n < c->bytes ? n : c->bytes, c->contents == IPPRINT_HEX);
}

static inline int ipprint_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct ipprint_conf *c = conf;
	struct ipprint *s = e->state;

	if (!s->active || nf_packet_l3(p) == NULL)
		return 0;
	s->line.len = 0;
	ipprint_head(c, s, p);
	ipprint_body(c, &s->line, p);
	if (s->file == NULL) {
		nf_print_line(nf_text_get(&s->line));
		return 0;
	}
	nf_text_add(&s->line, "\n", 1);
	(void)!nf_file_write(s->file, nf_text_get(&s->line), (uint32_t)s->line.len);
	return 0;
}

NF_EACH_DEFINE(ipprint)

static const struct nf_handler ipprint_handlers[] = {
	{ .name = "active",
		.read = nf_handler_read_bool,
		.write = nf_handler_write_bool,
		.arg = offsetof(struct ipprint, active) },
	{ .name = NULL },
};

const struct nf_class nf_ipprint = {
	.name = "IPPrint",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct ipprint_conf),
	.state_size = sizeof(struct ipprint),
	.configure = ipprint_configure,
	.initialize = ipprint_initialize,
	.cleanup = ipprint_cleanup,
	NF_EACH(ipprint),
	.handlers = ipprint_handlers,
	.flags = NF_CLASS_ANNO,
};
