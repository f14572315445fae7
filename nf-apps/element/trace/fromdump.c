/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FromDump(FILENAME [, keywords])
 *
 * Reads packets from a file in the format of tcpdump -w (pcap; micro- or nanoseconds, either byte
 *order). Packets get the time of the file; what the capture cut off is in the extra length
 *annotation.
 *
 * Arguments:
 *	FILENAME         file, perhaps packed by gzip, bzip2 or xz; "-" is the standard input
 *	STOP bool        stop the driver at the end, default false
 *	TIMING bool      keep the distances in time of the file, default false
 *	SAMPLE fraction  the part of all packets that is used, default 1
 *	FORCE_IP bool    only IP packets, with the network header set; the link header stays.
 *Default false START time       packets from this time on, seconds since 1970 START_AFTER t leave
 *out this long from the first packet on END time         up to this time END_AFTER t      up to
 *this long after the first packet of the file INTERVAL t       up to this long after the first
 *packet that is used END_CALL h       write handler to call then, or at the end of the file; not
 *together with STOP ACTIVE bool      default true FILEPOS n        begin at this byte of the file,
 *default: the first packet MMAP bool        accepted, and not used
 *
 * Ports: output 0 agnostic; output 1, if it is used, gets what is not IP (push)
 * Handlers: count (r), reset_counts (w), active (rw), encap (r), filename (r), filesize (r),
 *filepos (rw), packet_filepos (r), extend_interval (w), reset_timing (w), sampling_prob (r), stop
 *(w), tickets, scheduled Drops: "not IP" Example: FromDump(in.pcap, STOP true, FORCE_IP true) ->
 *...;
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/click/print.h"
#include "nf-apps/click/router.h"
#include "nf-apps/element/basic/handlercall.h"
#include "nf-apps/element/trace/pcap.h"
#include "nf-apps/element/trace/traceencap.h"
#include "nf-apps/element/trace/tracesource.h"

enum { FROMDUMP_NOT_IP };

/* How a limit of time was given. */
enum fromdump_limit {
	FROMDUMP_NO_LIMIT,
	FROMDUMP_TIME,     /* absolute */
	FROMDUMP_FILE,     /* since the file's first packet */
	FROMDUMP_INTERVAL, /* since the first packet that is used */
};

struct fromdump_conf {
	bool force_ip;
};

struct fromdump {
	struct nf_tracesource src; /* first */
	struct nf_pcap pcap;
	struct nf_handlercall end_call;
	struct uk_netbuf *kept; /* the packet at which END stopped */
	uint64_t start_ns, end_ns;
	enum fromdump_limit start, end;
	bool has_first, skip_to;
	uint64_t filepos, packet_pos;
};

static void fromdump_limit(struct nf_args *a, const char *key, enum fromdump_limit kind,
	enum fromdump_limit *limit, uint64_t *ns)
{
	if (!nf_args_time_ns(a, key, 0, ns))
		return;
	if (*limit != FROMDUMP_NO_LIMIT)
		nf_args_error(a, "'%s' and another limit conflict", key);
	*limit = kind;
}

static int fromdump_configure(struct nf_element *e, struct nf_args *a)
{
	struct fromdump_conf *c = e->conf;
	struct fromdump *s = e->state;
	const char *name = NULL, *call = NULL;
	bool mmap;

	nf_args_string(a, "FILENAME", NF_ARGS_POS | NF_ARGS_MUST, &name);
	nf_tracesource_configure(&s->src, a);
	nf_args_bool(a, "FORCE_IP", 0, &c->force_ip);
	fromdump_limit(a, "START", FROMDUMP_TIME, &s->start, &s->start_ns);
	fromdump_limit(a, "START_AFTER", FROMDUMP_FILE, &s->start, &s->start_ns);
	fromdump_limit(a, "END", FROMDUMP_TIME, &s->end, &s->end_ns);
	fromdump_limit(a, "END_AFTER", FROMDUMP_FILE, &s->end, &s->end_ns);
	fromdump_limit(a, "INTERVAL", FROMDUMP_INTERVAL, &s->end, &s->end_ns);
	nf_args_raw(a, "END_CALL", 0, &call);
	nf_args_bool(a, "MMAP", 0, &mmap);
	s->skip_to = nf_args_u64(a, "FILEPOS", 0, &s->filepos);
	if (call != NULL && s->src.stop)
		nf_args_error(a, "'END_CALL' and 'STOP' are mutually exclusive");
	if ((call != NULL && nf_handlercall_set(&s->end_call, call) < 0) ||
		(name != NULL && nf_tracesource_set_name(&s->src, name) < 0))
		nf_args_error(a, "out of memory");
	return nf_args_end(a);
}

/* The end of the file, or of the time that was asked for. */
static void fromdump_at_end(struct nf_element *e)
{
	struct fromdump *s = e->state;

	if (s->end_call.name != NULL)
		nf_handlercall_run(&s->end_call, e);
	else
		nf_tracesource_set_active(e, false);
	if (s->src.stop)
		nf_router_stop_driver(e->router);
}

/* Limits that are relative become times; with the file's first packet and with the first one used.
 */
static void fromdump_first(struct fromdump *s, uint64_t when)
{
	if (s->has_first)
		return;
	s->has_first = true;
	if (s->start == FROMDUMP_FILE) {
		s->start = FROMDUMP_TIME;
		s->start_ns += when;
	}
	if (s->end == FROMDUMP_FILE) {
		s->end = FROMDUMP_TIME;
		s->end_ns += when;
	}
}

/* The next packet of the file. False: it is at its end, or damaged. *p is NULL if no buffer takes
 * it. */
static bool fromdump_read(struct nf_element *e, struct uk_netbuf **p)
{
	struct fromdump *s = e->state;
	struct nf_input *in = &s->src.in;
	struct nf_pcap_record r;
	const uint8_t *head, *data;
	uint64_t pos = in->pos;

	head = nf_input_take(in, NF_PCAP_RECORD_BYTES);
	if (head == NULL)
		return false;
	if (nf_pcap_read_record(&s->pcap, head, &r) < 0) {
		nf_print_line("FromDump: bad packet length; the file is damaged");
		return false;
	}
	data = nf_input_skip(in, r.skip) ? nf_input_take(in, r.cap_len) : NULL;
	if (data == NULL) {
		nf_print_line("FromDump: the file ends within a packet");
		return false;
	}
	s->packet_pos = pos;
	*p = nf_packet_alloc(&e->core->pools, 0, r.cap_len);
	if (*p == NULL)
		return true;
	memcpy((*p)->data, data, r.cap_len);
	nf_packet_anno(*p)->time_ns = r.time_ns;
	nf_packet_set_anno_u32(*p, NF_ANNO_EXTRA_LENGTH, r.len - r.cap_len);
	nf_packet_set_l2(*p, (*p)->data);
	return true;
}

/* Is the packet outside of the times that were asked for? It may be the one at which reading ends.
 */
static bool fromdump_out_of_time(struct nf_element *e, struct uk_netbuf *p)
{
	struct fromdump *s = e->state;
	uint64_t when = nf_packet_anno(p)->time_ns;

	fromdump_first(s, when);
	if (s->start == FROMDUMP_TIME && when < s->start_ns) {
		uk_netbuf_free(p);
		return true;
	}
	s->start = FROMDUMP_NO_LIMIT;
	if (s->end == FROMDUMP_INTERVAL) {
		s->end = FROMDUMP_TIME;
		s->end_ns += when;
	}
	if (s->end != FROMDUMP_TIME || when < s->end_ns)
		return false;
	s->end = FROMDUMP_NO_LIMIT;
	s->kept = p;
	s->src.cut = true; /* what was called takes effect before more packets */
	fromdump_at_end(e);
	return true;
}

static struct uk_netbuf *fromdump_next(struct nf_element *e)
{
	const struct fromdump_conf *c = e->conf;
	struct fromdump *s = e->state;

	while (s->src.active && e->core->pools.small->nb_free > 0) {
		struct uk_netbuf *p = s->kept;

		s->kept = NULL;
		if (p == NULL && !fromdump_read(e, &p)) {
			s->src.over = true;
			break;
		}
		if (p == NULL || fromdump_out_of_time(e, p))
			continue;
		if (!c->force_ip || nf_traceencap_force_ip(p, s->pcap.linktype))
			return p;
		if (e->nb_out > 1)
			nf_element_emit_one(e, 1, p);
		else
			nf_element_drop_one(e, FROMDUMP_NOT_IP, p);
	}
	return NULL;
}

static int fromdump_open(struct nf_element *e, struct nf_errors *errs)
{
	struct fromdump *s = e->state;
	const uint8_t *head;

	if (nf_input_open(&s->src.in, s->src.name, errs, e->where) < 0)
		return -EINVAL;
	head = nf_input_take(&s->src.in, NF_PCAP_HEADER_BYTES);
	if (head == NULL || nf_pcap_read(&s->pcap, head) < 0)
		return nf_errors_add(errs, e->where,
			"%s: not a tcpdump file (bad magic number or too short)", s->src.name);
	s->src.over = s->src.ended = false;
	if (s->skip_to && s->filepos > NF_PCAP_HEADER_BYTES)
		(void)nf_input_skip(&s->src.in, s->filepos - NF_PCAP_HEADER_BYTES);
	return 0;
}

static int fromdump_initialize(struct nf_element *e, struct nf_errors *errs)
{
	const struct fromdump_conf *c = e->conf;
	struct fromdump *s = e->state;

	if (nf_handlercall_check(&s->end_call, e, errs) < 0 || fromdump_open(e, errs) < 0)
		return -EINVAL;
	if (c->force_ip && !nf_traceencap_has_ip(s->pcap.linktype))
		return nf_errors_add(errs, e->where,
			"%s: unknown linktype %u; can't force IP packets", s->src.name,
			s->pcap.linktype);
	s->src.at_end = fromdump_at_end;
	nf_tracesource_start(e, fromdump_next);
	return 0;
}

static void fromdump_cleanup(struct nf_element *e)
{
	struct fromdump *s = e->state;

	nf_tracesource_cleanup(e);
	if (s->kept != NULL)
		uk_netbuf_free(s->kept);
	s->kept = NULL;
	nf_handlercall_free(&s->end_call);
}

enum { FROMDUMP_ENCAP, FROMDUMP_PACKET_POS, FROMDUMP_FILEPOS, FROMDUMP_EXTEND };

static int fromdump_read_handler(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct fromdump *s = e->state;

	if (arg == FROMDUMP_ENCAP)
		nf_text_printf(out, "%s", nf_traceencap_name(s->pcap.linktype));
	else
		nf_text_printf(out, "%llu",
			(unsigned long long)(arg == FROMDUMP_FILEPOS ? s->src.in.pos
								     : s->packet_pos));
	return 0;
}

/* Goes to another place of the file: it is read from its begin again. */
static int fromdump_seek(struct nf_element *e, const char *value, struct nf_errors *errs)
{
	struct fromdump *s = e->state;
	uint64_t pos;

	if (nf_addr_u64(value, &pos) < 0)
		return nf_errors_add(errs, NULL, "argument must be file position");
	nf_input_close(&s->src.in);
	s->filepos = pos;
	s->skip_to = true;
	if (fromdump_open(e, errs) < 0)
		return -EINVAL;
	nf_tracesource_set_active(e, s->src.active);
	return 0;
}

static int fromdump_extend(struct nf_element *e, const char *value, struct nf_errors *errs)
{
	struct fromdump *s = e->state;
	uint64_t ns;

	if (nf_addr_time_ns(value, &ns) < 0)
		return nf_errors_add(errs, NULL, "'extend_interval' takes a time interval");
	if (s->end_ns == 0)
		return 0;
	s->end_ns += ns;
	if (s->end == FROMDUMP_NO_LIMIT)
		s->end = FROMDUMP_TIME;
	nf_tracesource_set_active(e, true);
	return 0;
}

static int fromdump_write_handler(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	return arg == FROMDUMP_FILEPOS ? fromdump_seek(e, value, errs)
				       : fromdump_extend(e, value, errs);
}

static const struct nf_handler fromdump_handlers[] = {
	NF_TRACESOURCE_HANDLERS,
	{ .name = "encap", .read = fromdump_read_handler, .arg = FROMDUMP_ENCAP },
	{ .name = "packet_filepos", .read = fromdump_read_handler, .arg = FROMDUMP_PACKET_POS },
	{ .name = "filepos",
		.read = fromdump_read_handler,
		.write = fromdump_write_handler,
		.arg = FROMDUMP_FILEPOS },
	{ .name = "extend_interval", .write = fromdump_write_handler, .arg = FROMDUMP_EXTEND },
	{ .name = NULL },
};

static const char *const fromdump_drops[] = { "not IP", NULL };

const struct nf_class nf_fromdump = {
	.name = "FromDump",
	.ports = "0/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct fromdump_conf),
	.state_size = sizeof(struct fromdump),
	.configure = fromdump_configure,
	.initialize = fromdump_initialize,
	.cleanup = fromdump_cleanup,
	.pull = nf_tracesource_pull,
	.signal = nf_tracesource_signal,
	.drops = fromdump_drops,
	.handlers = fromdump_handlers,
	.flags = NF_CLASS_ANNO,
};
