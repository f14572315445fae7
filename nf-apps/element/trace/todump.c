/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ToDump(FILENAME [, SNAPLEN, ENCAP, keywords])
 *
 * Writes packets to a file in the format of tcpdump -w (pcap).
 *
 * Arguments:
 *	FILENAME            file; "-" is the standard output
 *	SNAPLEN n           most bytes of a packet, 0: all; default 2000
 *	ENCAP name          what a packet begins with: ETHER (default), IP, FDDI, ATM, 802_11, SLL,
 *HDLC, PPP_HDLC, PPP, SUNATM, PRISM, AIRONET, NULL USE_ENCAP_FROM els  take ENCAP from the handler
 *encap of these elements; they have to agree EXTRA_LENGTH bool   the extra length annotation is
 *part of a packet's length, default true UNBUFFERED bool     write each packet at once, default
 *false NANO bool           nanoseconds in the file, default true; false: microseconds
 *
 * A packet without a time gets the present one.
 * Ports: 1 input, 0 or 1 output, agnostic. Without an output and pulling, it has a task.
 * Handlers: count (r), reset_counts (w), filename (r), flush (w), tickets, scheduled
 * Example: FromDevice(eth0) -> ToDump(out.pcap) -> ...;
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/element.h"
#include "nf-apps/click/file.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/signal.h"
#include "nf-apps/element/trace/pcap.h"
#include "nf-apps/element/trace/traceencap.h"
#include "plat-kvm/clock.h"

#define TODUMP_SNAPLEN 2000

struct todump_conf {
	uint32_t snaplen;
	uint32_t linktype;
	bool extra, unbuffered, nsec;
};

struct todump {
	struct nf_task task;
	struct nf_file *file;
	char *name, *from;
	uint64_t count;
	bool listens;
};

static int todump_configure(struct nf_element *e, struct nf_args *a)
{
	struct todump_conf *c = e->conf;
	struct todump *s = e->state;
	const char *name = NULL, *encap = NULL, *from = NULL;
	int linktype = NF_PCAP_ETHER;

	c->snaplen = TODUMP_SNAPLEN;
	c->extra = c->nsec = true;
	if (nf_args_string(a, "FILENAME", NF_ARGS_POS | NF_ARGS_MUST, &name))
		s->name = strdup(name);
	nf_args_u32(a, "SNAPLEN", NF_ARGS_POS, &c->snaplen);
	nf_args_word(a, "ENCAP", NF_ARGS_POS, &encap);
	nf_args_raw(a, "USE_ENCAP_FROM", 0, &from);
	nf_args_bool(a, "EXTRA_LENGTH", 0, &c->extra);
	nf_args_bool(a, "UNBUFFERED", 0, &c->unbuffered);
	nf_args_bool(a, "NANO", 0, &c->nsec);
	if (encap != NULL)
		linktype = nf_traceencap_parse(encap);
	if (linktype < 0)
		nf_args_error(a, "bad encapsulation type '%s'", encap);
	if (encap != NULL && from != NULL)
		nf_args_error(a, "specify at most one of 'ENCAP' and 'USE_ENCAP_FROM'");
	c->linktype = (uint32_t)linktype;
	if (from != NULL)
		s->from = strdup(from);
	if ((name != NULL && s->name == NULL) || (from != NULL && s->from == NULL))
		nf_args_error(a, "out of memory");
	return nf_args_end(a);
}

/* What the handler encap of an element says; -EINVAL, told. */
static int todump_encap_of(struct nf_element *e, const char *name, struct nf_errors *errs)
{
	struct nf_element *other = nf_element_find(e, name);
	const struct nf_handler *h = other != NULL ? nf_handler_find(other, "encap") : NULL;
	struct nf_text t = { 0 };
	int type = -EINVAL;

	if (other == NULL)
		return nf_errors_add(errs, e->where, "USE_ENCAP_FROM: no element named '%s'", name);
	if (h != NULL && h->read != NULL && h->read(other, h->arg, "", &t, errs) == 0)
		type = nf_traceencap_parse(nf_text_get(&t));
	nf_text_free(&t);
	if (type < 0)
		nf_errors_add(errs, e->where, "'%s' has no 'encap' that can be used", name);
	return type;
}

static int todump_use_encap(struct nf_element *e, struct nf_errors *errs)
{
	struct todump_conf *c = e->conf;
	struct todump *s = e->state;
	char *words[32], *copy;
	int nb = nf_args_words(s->from, words, UK_ARRAY_SIZE(words), &copy), type, rc = 0;

	if (nb < 0)
		return nf_errors_add(errs, e->where, "USE_ENCAP_FROM: too many elements");
	for (int i = 0; i < nb && rc == 0; i++) {
		type = todump_encap_of(e, words[i], errs);
		if (type < 0)
			rc = type;
		else if (i > 0 && (uint32_t)type != c->linktype)
			rc = nf_errors_add(errs, e->where,
				"USE_ENCAP_FROM: '%s' and '%s' have different encapsulations",
				words[0], words[i]);
		else
			c->linktype = (uint32_t)type;
	}
	if (nb == 0)
		rc = nf_errors_add(errs, e->where, "USE_ENCAP_FROM: element names are missing");
	free(copy);
	return rc;
}

static void todump_write(struct nf_element *e, const struct uk_netbuf *p)
{
	const struct todump_conf *c = e->conf;
	struct todump *s = e->state;
	uint64_t when = nf_packet_anno(p)->time_ns;
	struct nf_pcap_record r = {
		.time_ns = when != 0 ? when : uk_clock_wall_ns(), .cap_len = p->len, .len = p->len
	};
	uint8_t head[NF_PCAP_RECORD_BYTES];

	if (c->extra)
		r.len += nf_packet_anno_u32(p, NF_ANNO_EXTRA_LENGTH);
	if (c->snaplen != 0 && r.cap_len > c->snaplen)
		r.cap_len = c->snaplen;
	nf_pcap_write_record(head, &r, c->nsec);
	(void)!nf_file_write(s->file, head, sizeof(head));
	(void)!nf_file_write(s->file, p->data, r.cap_len);
	if (c->unbuffered)
		(void)!nf_file_flush(s->file);
	s->count++;
}

static void todump_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		todump_write(e, v[i]);
	if (e->nb_out > 0)
		nf_element_emit(e, 0, v, n);
	else
		uk_netbuf_free_burst(v, n);
}

static uint16_t todump_pull(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	n = nf_element_fetch(e, 0, v, n);
	for (uint16_t i = 0; i < n; i++)
		todump_write(e, v[i]);
	return n;
}

static bool todump_run(struct nf_element *e, void *arg)
{
	struct todump *s = e->state;
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t n = todump_pull(e, 0, v, e->core->burst);

	uk_netbuf_free_burst(v, n);
	if (n == 0)
		nf_signal_rest(&s->task, s->listens);
	return n > 0;
}

static int todump_initialize(struct nf_element *e, struct nf_errors *errs)
{
	const struct todump_conf *c = e->conf;
	struct todump *s = e->state;
	uint8_t head[NF_PCAP_HEADER_BYTES];

	if (s->from != NULL && todump_use_encap(e, errs) < 0)
		return -EINVAL;
	s->file = nf_file_create(s->name, false, errs, e->where);
	if (s->file == NULL)
		return -EINVAL;
	nf_pcap_write(head, c->linktype, c->snaplen != 0 ? c->snaplen : NF_PCAP_CAP_MAX, c->nsec);
	if (nf_file_write(s->file, head, sizeof(head)) < 0)
		return nf_errors_add(errs, e->where, "%s: cannot write it", s->name);
	nf_task_init(&s->task, e, todump_run, NULL);
	if (!e->in[0].is_push && e->nb_out == 0) {
		s->listens = nf_signal_listen(e, 0, &s->task);
		nf_task_schedule(&s->task);
	}
	return 0;
}

static void todump_cleanup(struct nf_element *e)
{
	struct todump *s = e->state;

	if (s->task.run != NULL)
		nf_task_unschedule(&s->task);
	(void)nf_file_close(s->file);
	free(s->name);
	free(s->from);
	s->file = NULL;
	s->name = s->from = NULL;
}

static int todump_read_name(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct todump *s = e->state;

	nf_text_printf(out, "%s", s->name);
	return 0;
}

enum { TODUMP_RESET, TODUMP_FLUSH };

static int todump_write_handler(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct todump *s = e->state;

	if (arg == TODUMP_RESET)
		s->count = 0;
	else if (nf_file_flush(s->file) < 0)
		return nf_errors_add(errs, NULL, "%s: cannot write it", s->name);
	return 0;
}

static const struct nf_handler todump_handlers[] = {
	NF_HANDLER_U64("count", struct todump, count),
	{ .name = "reset_counts",
		.write = todump_write_handler,
		.arg = TODUMP_RESET,
		.flags = NF_HANDLER_BUTTON },
	{ .name = "flush",
		.write = todump_write_handler,
		.arg = TODUMP_FLUSH,
		.flags = NF_HANDLER_BUTTON },
	{ .name = "filename", .read = todump_read_name },
	NF_HANDLER_TASK(struct todump, task),
	{ .name = NULL },
};

const struct nf_class nf_todump = {
	.name = "ToDump",
	.ports = "1/0-1",
	.processing = "a/a",
	.conf_size = sizeof(struct todump_conf),
	.state_size = sizeof(struct todump),
	.configure = todump_configure,
	.initialize = todump_initialize,
	.cleanup = todump_cleanup,
	.push = todump_push,
	.pull = todump_pull,
	.handlers = todump_handlers,
	.flags = NF_CLASS_ANNO,
	.phase = 100, /* after the elements that tell their encapsulation */
};
