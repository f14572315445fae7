/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>

#include "pktgen-bench/host/kvs/report.h"

struct pg_kvs_counts pg_kvs_counts_minus(
	const struct pg_kvs_counts *a, const struct pg_kvs_counts *b)
{
	struct pg_kvs_counts c = *a;
	const uint64_t *from = (const uint64_t *)b;
	uint64_t *to = (uint64_t *)&c;

	for (unsigned int i = 0; i < sizeof(c) / sizeof(uint64_t); i++)
		to[i] -= from[i];
	return c;
}

const char *pg_kvs_counts_verdict(const struct pg_kvs_counts *c)
{
	if (c->wrong)
		return "values came back altered or of another key";
	if (c->stale)
		return "old values came back, or such that were never set";
	if (c->malformed)
		return "answers were not in the protocol";
	if (c->errors)
		return "the server answered with errors";
	if (c->duplicate)
		return "requests were answered twice";
	if (!(c->hits + c->stored + c->misses))
		return "there was no answer";
	return "ok";
}

static void report_counts_json(const struct pg_kvs_counts *c)
{
	printf("\"sent\":%" PRIu64 ",\"gets\":%" PRIu64 ",\"sets\":%" PRIu64 ",\"hits\":%" PRIu64
	       ",\"stored\":%" PRIu64 ",\"misses\":%" PRIu64 ",\"wrong\":%" PRIu64
	       ",\"stale\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"malformed\":%" PRIu64
	       ",\"lost\":%" PRIu64 ",\"late\":%" PRIu64 ",\"duplicate\":%" PRIu64
	       ",\"stray\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"foreign\":%" PRIu64,
		c->sent, c->gets, c->sets, c->hits, c->stored, c->misses, c->wrong, c->stale,
		c->errors, c->malformed, c->lost, c->late, c->duplicate, c->stray, c->refused,
		c->foreign);
}

static void report_lat_json(const struct pg_hist *h)
{
	if (!h->nb)
		return;
	printf(",\"lat_us\":{\"nb\":%" PRIu64
	       ",\"min\":%.3f,\"mean\":%.3f,\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,"
	       "\"p9999\":%.3f,\"max\":%.3f}",
		h->nb, (double)h->min / 1e3, (double)h->sum / (double)h->nb / 1e3,
		(double)pg_hist_permyriad(h, 5000) / 1e3, (double)pg_hist_permyriad(h, 9900) / 1e3,
		(double)pg_hist_permyriad(h, 9990) / 1e3, (double)pg_hist_permyriad(h, 9999) / 1e3,
		(double)h->max / 1e3);
}

static void report_lat_line(const struct pg_hist *h)
{
	if (h->nb)
		printf("  us %.1f/%.1f/%.1f/%.1f/%.1f (median/99/99.9/99.99 %%/max)",
			(double)pg_hist_permyriad(h, 5000) / 1e3,
			(double)pg_hist_permyriad(h, 9900) / 1e3,
			(double)pg_hist_permyriad(h, 9990) / 1e3,
			(double)pg_hist_permyriad(h, 9999) / 1e3, (double)h->max / 1e3);
}

static void report_fault(const char *name, uint64_t nb)
{
	if (nb)
		printf("  %s %" PRIu64, name, nb);
}

static void report_faults_line(const struct pg_kvs_counts *c)
{
	report_fault("misses", c->misses);
	report_fault("WRONG", c->wrong);
	report_fault("STALE", c->stale);
	report_fault("ERRORS", c->errors);
	report_fault("MALFORMED", c->malformed);
	report_fault("lost", c->lost);
	report_fault("late", c->late);
	report_fault("duplicate", c->duplicate);
	report_fault("stray", c->stray);
	report_fault("refused", c->refused);
	report_fault("foreign", c->foreign);
}

void pg_kvs_report_tick(
	bool json, double t, double rate, const struct pg_kvs_counts *c, const struct pg_hist *lat)
{
	if (json) {
		printf("{\"type\":\"tick\",\"t\":%.3f,\"rate\":%.1f,", t, rate);
		report_counts_json(c);
		report_lat_json(lat);
		printf("}\n");
		return;
	}
	printf("%7.1f s  %10.0f answers/s", t, rate);
	report_faults_line(c);
	report_lat_line(lat);
	printf("\n");
}

void pg_kvs_report_step(bool json, const struct pg_kvs_step *s, const struct pg_hist *lat)
{
	const char *verdict = pg_kvs_counts_verdict(&s->count);

	if (json) {
		printf("{\"type\":\"%s\",\"load\":\"%s\",\"verdict\":\"%s\",\"seconds\":%.3f,\"rate\":%.1f,\"target\":%.1f,"
		       "\"first_s\":%.6f,\"cpu_share\":%.4f,\"busy\":%.4f,",
			s->phase, s->load, verdict, s->seconds, s->rate, s->target, s->first_s,
			s->cpu_share, s->busy);
		report_counts_json(&s->count);
		report_lat_json(lat);
		printf("}\n");
		return;
	}
	printf("%s %s: %s, %.0f checked answers/s over %.1f s", s->phase, s->load, verdict, s->rate,
		s->seconds);
	if (s->target > 0)
		printf(" of %.0f asked for", s->target);
	printf("  busy %.0f %%", s->busy * 100);
	report_faults_line(&s->count);
	report_lat_line(lat);
	printf("\n");
}

void pg_kvs_report_result(bool json, const struct pg_kvs_counts *c, double best)
{
	const char *verdict = pg_kvs_counts_verdict(c);

	if (json) {
		printf("{\"type\":\"result\",\"mode\":\"kvs\",\"verdict\":\"%s\",\"rate\":%.1f,",
			verdict, best);
		report_counts_json(c);
		printf("}\n");
		return;
	}
	printf("kvs: %s, %" PRIu64 " requests, %" PRIu64 " right answers, at best %.0f a second",
		verdict, c->sent, c->hits + c->stored, best);
	report_faults_line(c);
	printf("\n");
}
