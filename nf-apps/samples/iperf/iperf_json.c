/* SPDX-License-Identifier: BSD-3-Clause */
/* Flat objects of numbers and booleans are all that the client sends and that has a meaning here. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/samples/iperf/iperf.h"

/* The text of a member's value, NULL: there is no such member. */
static const char *json_find(const char *text, const char *name)
{
	size_t len = strlen(name);
	const char *at = text;

	while ((at = strchr(at, '"')) != NULL) {
		const char *end;

		at++;
		if (strncmp(at, name, len) == 0 && at[len] == '"') {
			end = at + len + 1;
			end += strspn(end, " \t\r\n");
			if (*end == ':')
				return end + 1 + strspn(end + 1, " \t\r\n");
		}
		/* over the rest of this string */
		for (; *at != '"' && *at != '\0'; at++) {
			if (*at == '\\' && at[1] != '\0')
				at++;
		}
		if (*at == '"')
			at++;
	}
	return NULL;
}

static bool json_bool(const char *text, const char *name)
{
	const char *at = json_find(text, name);

	return at != NULL && (strncmp(at, "true", 4) == 0 || (*at >= '1' && *at <= '9'));
}

static bool json_number(
	const char *text, const char *name, long missing, long least, long most, long *to)
{
	const char *at = json_find(text, name);
	char *end;

	*to = missing;
	if (at == NULL)
		return true;
	*to = strtol(at, &end, 10);
	return end != at && *to >= least && *to <= most;
}

bool nf_iperf_json_params(struct nf_iperf_params *p, const char *text)
{
	const char *rate = json_find(text, "bandwidth");
	long most;

	*p = (struct nf_iperf_params){ .udp = json_bool(text, "udp"),
		.reverse = json_bool(text, "reverse"),
		.bidirectional = json_bool(text, "bidirectional"),
		.nodelay = json_bool(text, "nodelay"),
		.count64 = json_bool(text, "udp_counters_64bit") };
	p->bandwidth = rate != NULL ? strtod(rate, NULL) : 0;
	most = p->udp ? NF_IPERF_DGRAM_MAX : NF_IPERF_BLOCK_MAX;
	return text[0] == '{' && p->bandwidth >= 0 && p->bandwidth <= NF_IPERF_RATE_MAX &&
	       json_number(text, "time", 10, 0, 86400, &p->time_s) &&
	       json_number(text, "omit", 0, 0, 600, &p->omit_s) &&
	       json_number(text, "parallel", 1, 1, NF_IPERF_STREAMS_MAX, &p->parallel) &&
	       json_number(text, "len", p->udp ? 1448 : 131072, p->udp ? NF_IPERF_DGRAM_MIN : 1,
		       most, &p->len) &&
	       json_number(text, "TOS", 0, 0, 255, &p->tos);
}

struct json_out {
	char *to;
	size_t room, at;
};

__attribute__((format(printf, 2, 3))) static void json_put(
	struct json_out *o, const char *format, ...)
{
	size_t left = o->at < o->room ? o->room - o->at : 0;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(left ? o->to + o->at : NULL, left, format, ap);
	va_end(ap);
	o->at += n > 0 ? (size_t)n : 0;
}

int nf_iperf_json_results(const struct nf_iperf_test *t, char *to, size_t room)
{
	struct json_out o = { to, room, 0 };

	/* neither the processor's share nor retransmissions are known here */
	json_put(&o, "{\"cpu_util_total\":0,\"cpu_util_user\":0,\"cpu_util_system\":0,"
		     "\"sender_has_retransmits\":0,\"streams\":[");
	for (unsigned i = 0; i < t->nb_streams; i++) {
		const struct nf_iperf_stream *s = &t->stream[i];

		json_put(&o, "%s{\"id\":%d,\"bytes\":%llu,\"retransmits\":-1,\"jitter\":%.9f,",
			i > 0 ? "," : "", s->id, (unsigned long long)s->bytes, s->jitter_s);
		json_put(&o, "\"errors\":%llu,\"packets\":%llu,\"start_time\":0,\"end_time\":%.6f}",
			(unsigned long long)s->nb_lost, (unsigned long long)s->nb_packets,
			t->end_s - t->start_s);
	}
	json_put(&o, "]}");
	return o.at < room ? (int)o.at : -1;
}
