/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The no-drop rate as RFC 2544, 26.1 defines it: send at a rate for a time,
 * count what comes back, and search the highest rate at which nothing is lost.
 * A frame that the guest's ring had no room for when it was due counts as lost.
 */
#include <inttypes.h>
#include <stdio.h>

#include "pktgen-bench/host/search.h"
#include "pktgen-bench/host/traffic.h"

struct rfc_trial {
	double rate_pps;
	double seconds;
	struct pg_report_counts count;
	uint64_t offered;
	uint64_t missing;
	double stalled_s;
	bool passed;
	struct pg_hist lat;
};

static void rfc_reset(struct pg_traffic *t)
{
	pg_traffic_restart(t);
	t->count = (struct pg_report_counts){ 0 };
	pg_hist_reset(&t->lat_all);
}

static void rfc_try(struct pg_traffic *t, struct rfc_trial *r, double rate_pps)
{
	rfc_reset(t);
	r->rate_pps = rate_pps;
	r->seconds = pg_traffic_run(t, rate_pps, t->opts->trial_s, false);
	r->stalled_s = (double)t->stalled_tsc / (double)t->clock.hz;
	pg_traffic_drain(t);
	r->count = pg_traffic_count(t);
	r->offered = r->count.tx_pkts + r->count.refused;
	r->missing = r->offered > r->count.rx_pkts ? r->offered - r->count.rx_pkts : 0;
	r->lat = t->lat_all;
	r->passed = pg_search_passed(r->offered, r->missing, t->opts->loss);
}

static void rfc_tell(const struct pg_traffic *t, const struct rfc_trial *r, unsigned int no)
{
	struct pg_report_rate rate;

	if (!t->report.json) {
		printf("trial %2u: %9.4f Mpps offered, %" PRIu64 " of %" PRIu64
		       " frames missing (%" PRIu64 " refused by the guest's ring): %s\n",
			no, r->rate_pps / 1e6, r->missing, r->offered, r->count.refused,
			r->passed ? "pass" : "fail");
		return;
	}
	rate = pg_report_rate_of(r->count.rx_pkts, r->count.rx_bytes, r->seconds);
	printf("{\"type\":\"trial\",\"trial\":%u,\"rate_pps\":%.0f,\"seconds\":%.3f,\"offered\":%" PRIu64
	       ",\"tx_pkts\":%" PRIu64 ",\"rx_pkts\":%" PRIu64 ",\"missing\":%" PRIu64
	       ",\"refused\":%" PRIu64 ",\"rx_mpps\":%.6f,\"stalled_s\":%.6f,\"passed\":%s}\n",
		no, r->rate_pps, r->seconds, r->offered, r->count.tx_pkts, r->count.rx_pkts,
		r->missing, r->count.refused, rate.mpps, r->stalled_s,
		r->passed ? "true" : "false");
}

/* The rate at which frames come back at full speed: no no-drop rate lies above it. */
static double rfc_ceiling(struct pg_traffic *t)
{
	double seconds;

	if (t->opts->max_rate_pps > 0)
		return t->opts->max_rate_pps;
	rfc_reset(t);
	seconds = pg_traffic_run(t, 0, t->opts->trial_s < 2 ? t->opts->trial_s : 2, false);
	pg_traffic_drain(t);
	return seconds > 0 ? (double)t->count.rx_pkts / seconds : 0;
}

int pg_rfc2544_mode(struct pg_traffic *t)
{
	static struct rfc_trial r, best;
	struct pg_search s;
	char extra[160];
	double max;

	if (pg_traffic_wait(t) < 0)
		return 1;
	if (t->opts->warmup_s > 0) {
		pg_traffic_run(t, 0, t->opts->warmup_s, false);
		pg_traffic_drain(t);
	}
	max = rfc_ceiling(t);
	if (max <= 0) {
		fprintf(stderr,
			"pgbench-host: nothing came back at full speed, so there is no rate to search\n");
		return 1;
	}
	pg_search_start(&s, max, t->opts->resolution, t->opts->max_trials);
	while (!s.done && !*t->stop) {
		/* On a machine that is not quiet a lost frame may say nothing about the guest. */
		for (unsigned int again = 0; again <= t->opts->retries; again++) {
			rfc_try(t, &r, s.try_pps);
			if (*t->stop)
				break;
			rfc_tell(t, &r, s.nb_trials + 1);
			if (r.passed)
				break;
		}
		if (*t->stop)
			break;
		if (r.passed)
			best = r;
		pg_search_tell(&s, r.passed);
	}
	snprintf(extra, sizeof(extra),
		",\"ndr_pps\":%.0f,\"max_pps\":%.0f,\"trials\":%u,\"loss_tolerance\":%g",
		s.pass_pps, max, s.nb_trials, t->opts->loss);
	pg_report_result(&t->report, t->opts->mode_name,
		*t->stop         ? "stopped"
		: s.pass_pps > 0 ? "ok"
				 : "no rate without loss was found",
		best.seconds, &best.count, &best.lat, extra);
	return s.pass_pps > 0 && !*t->stop ? 0 : 1;
}
