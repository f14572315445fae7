/* SPDX-License-Identifier: BSD-3-Clause */
/* sink, gen, fwd and reflect: begin, warm up, measure a window, account for the rest, report. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pktgen-bench/host/traffic.h"

#define BEGIN_S       10.0 /* go on without traffic after so long */
#define BEGIN_SLICE_S 0.005
#define BEGIN_FRAMES  2048u /* more than a ring holds */

/* A guest that only receives needs a moment to take what still lies in its ring. */
static void traffic_settle(struct pg_traffic *t)
{
	if (t->tx && !t->rx && !*t->stop)
		usleep((useconds_t)(t->opts->drain_s * 1e6));
}

/* After the window a sink goes on counting until the guest falls silent, so that totals compare. */
static void traffic_linger(struct pg_traffic *t)
{
	uint64_t end = pg_clock_now() + pg_clock_ticks(&t->clock, t->opts->linger_s);
	uint64_t before;

	do {
		before = t->count.rx_pkts;
		pg_traffic_run(t, 0, t->opts->drain_s, false);
	} while (t->count.rx_pkts != before && pg_clock_now() < end && !*t->stop);
}

static struct pg_report_counts traffic_minus(
	struct pg_report_counts a, const struct pg_report_counts *b)
{
	const uint64_t *from = (const uint64_t *)b;
	uint64_t *to = (uint64_t *)&a;

	for (unsigned int i = 0; i < sizeof(a) / sizeof(uint64_t); i++)
		to[i] -= from[i];
	return a;
}

/* Adds what was sent and has not come back by the end of the run. */
static void traffic_add_tail(const struct pg_traffic *t, struct pg_report_counts *c)
{
	if (!t->tx || !t->check)
		return;
	for (unsigned int q = 0; q < t->opts->queues; q++)
		c->lost += t->gen[q].seq - t->track[q].next;
}

/*
 * Runs until frames flow, which is later than a guest's coming: it may still be starting. More
 * than a ring full must have moved, since a ring takes that many from us without anyone looking.
 */
static void traffic_begin(struct pg_traffic *t)
{
	uint64_t end = pg_clock_now() + pg_clock_ticks(&t->clock, BEGIN_S);

	while (!*t->stop && pg_clock_now() < end) {
		uint64_t moved = t->rx ? t->count.rx_pkts : t->count.tx_pkts;

		if (moved > (t->opts->rate_pps > 0 || !t->tx ? 0 : BEGIN_FRAMES))
			break;
		pg_traffic_run(t, t->opts->rate_pps, BEGIN_SLICE_S, false);
	}
}

/* CPU time of this thread: a polling core that nobody else uses spends all of its time on it. */
static double traffic_cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int pg_traffic_mode(struct pg_traffic *t)
{
	const struct pg_opts *o = t->opts;
	struct pg_report_counts base, c, all;
	const char *verdict = "ok";
	char extra[160];
	double seconds, cpu;

	if (pg_traffic_wait(t) < 0)
		return 1;
	traffic_begin(t);
	if (o->warmup_s > 0)
		pg_traffic_run(t, o->rate_pps, o->warmup_s, false);
	pg_hist_reset(&t->lat_all);
	pg_report_event(&t->report, "measuring", "", ": warmed up");
	cpu = traffic_cpu_s();
	base = pg_traffic_count(t);
	t->report.last = base;
	seconds = pg_traffic_run(t, o->rate_pps, o->duration_s, true);
	cpu = traffic_cpu_s() - cpu;
	c = pg_traffic_count(t);
	pg_report_event(&t->report, "window", "", ": the measured time is over");
	pg_traffic_drain(t);
	traffic_settle(t);
	if (o->linger_s > 0)
		traffic_linger(t);
	all = pg_traffic_count(t);
	/* What the drain brought belongs to no second of the window, but it is not lost. */
	c.lost = all.lost;
	traffic_add_tail(t, &c);
	c = traffic_minus(c, &base);
	if (t->tx && t->rx && !t->check)
		c.lost = all.tx_pkts > all.rx_pkts ? all.tx_pkts - all.rx_pkts : 0;
	if (!c.rx_pkts && t->rx)
		verdict = "nothing was received";
	else if (!c.tx_pkts && t->tx)
		verdict = "the guest took no frame";
	else if (c.corrupt)
		verdict = "frames were altered";
	snprintf(extra, sizeof(extra),
		",\"total_tx_pkts\":%" PRIu64 ",\"total_rx_pkts\":%" PRIu64 ",\"cpu_share\":%.4f",
		all.tx_pkts, all.rx_pkts, seconds > 0 ? cpu / seconds : 0);
	pg_report_result(&t->report, o->mode_name, verdict, seconds, &c,
		t->check ? &t->lat_all : NULL, extra);
	return strcmp(verdict, "ok") ? 1 : 0;
}
