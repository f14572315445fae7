/* SPDX-License-Identifier: BSD-3-Clause */
/* The phases: wait for the server, set every key, the steps of the load, get every key, report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pktgen-bench/host/eal.h"
#include "pktgen-bench/host/kvs/kvs.h"
#include "pktgen-bench/host/kvs/load.h"
#include "pktgen-bench/host/kvs/report.h"
#include "pktgen-bench/host/report.h"

#define MEM_MIB     64u
#define EACH_WINDOW 128 /* small enough for a socket's queue */
#define RATE_LEAST  100.0

/* What a run's looks need: ticks each second. */
struct phase {
	struct pg_kvs_counts before, last;
	struct pg_hist lat; /* of the phase; kvs->lat is the one of the second */
	uint64_t next_tick, answers_at;
	uint64_t answers;
	double last_s;
	bool ticks;
};

static void kvs_event(const struct pg_kvs *k, const char *what, const char *json, const char *line)
{
	struct pg_report r = { .json = k->opts->json };

	pg_report_event(&r, what, json, line);
}

static void kvs_tell_link(struct pg_kvs *k)
{
	char json[120], line[120];

	snprintf(json, sizeof(json), ",\"link\":\"%s\",\"ring\":\"%s\"", k->link.ops->name,
		k->link.port ? pg_port_ring(k->link.port) : "");
	snprintf(line, sizeof(line), ": %s %s", k->link.ops->name,
		k->link.port ? pg_port_ring(k->link.port) : "");
	kvs_event(k, "connected", json, line);
}

static uint64_t kvs_right(const struct pg_kvs_counts *c)
{
	return c->hits + c->stored;
}

static double kvs_cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double kvs_busy(const struct pg_kvs *k, double seconds)
{
	return seconds > 0 ? (double)k->busy_tsc / (double)k->clock.hz / seconds : 0;
}

static void kvs_collect(struct pg_kvs *k, struct phase *p)
{
	pg_hist_merge(&p->lat, &k->lat);
	pg_hist_reset(&k->lat);
}

static void kvs_tick(struct pg_kvs *k, struct phase *p, double t)
{
	struct pg_kvs_counts c = pg_kvs_counts_minus(&k->count, &p->before);
	double rate = (double)(kvs_right(&k->count) - kvs_right(&p->last)) / (t - p->last_s);

	pg_kvs_report_tick(k->opts->json, t, rate, &c, &k->lat);
	p->last = k->count;
	p->last_s = t;
	kvs_collect(k, p);
}

static bool kvs_look(struct pg_kvs *k, uint64_t tsc, void *arg)
{
	struct phase *p = arg;
	bool up = k->link.ops->up(&k->link);

	if (up && !k->was_up)
		kvs_tell_link(k);
	else if (!up && k->was_up)
		kvs_event(k, "gone", "", ": the server's machine went away");
	k->was_up = up;
	if (p->ticks && tsc - k->start_tsc >= p->next_tick) {
		kvs_tick(k, p, (double)(tsc - k->start_tsc) / (double)k->clock.hz);
		p->next_tick += k->clock.hz;
	}
	return true;
}

static void phase_start(struct pg_kvs *k, struct phase *p)
{
	memset(p, 0, sizeof(*p));
	pg_hist_reset(&p->lat);
	pg_hist_reset(&k->lat);
	p->before = p->last = k->count;
	p->next_tick = k->clock.hz;
}

/* Ends when the server answers; each request that it did not hear (it is still starting) is made anew. */
static bool kvs_look_begin(struct pg_kvs *k, uint64_t tsc, void *arg)
{
	kvs_look(k, tsc, arg);
	return !k->first_tsc;
}

static int kvs_begin(struct pg_kvs *k)
{
	struct pg_kvs_load one = { .kind = PG_KVS_CLOSED, .value = 1 };
	struct phase p;

	phase_start(k, &p);
	pg_kvs_load_source(k, k->opts->preload ? PG_KVS_EACH_SET : PG_KVS_EACH_GET);
	pg_kvs_load_run(k, &one, k->opts->wait_s, kvs_look_begin, &p);
	pg_kvs_load_drain(k);
	if (k->first_tsc)
		memset(&k->count, 0, sizeof(k->count));
	else if (*k->stop)
		fprintf(stderr, "pgbench-host: stopped before the server answered\n");
	else
		fprintf(stderr, "pgbench-host: %s within %g s\n",
			!k->link.ops->up(&k->link) ? "no guest came"
			: k->count.sent && pg_kvs_counts_verdict(&k->count)[0] != 't'
				? pg_kvs_counts_verdict(&k->count)
				: "the server did not answer",
			k->opts->wait_s);
	return k->first_tsc ? 0 : -1;
}

/* Every key once. */
static int kvs_each(struct pg_kvs *k, enum pg_kvs_source source, const char *name)
{
	struct pg_kvs_load l = { .kind = PG_KVS_CLOSED, .value = EACH_WINDOW };
	struct pg_kvs_step s = { .phase = name, .load = "all keys" };
	struct phase p;
	double cpu = kvs_cpu_s();

	phase_start(k, &p);
	p.ticks = true;
	pg_kvs_load_source(k, source);
	s.seconds = pg_kvs_load_run(k, &l, 0, kvs_look, &p);
	s.cpu_share = s.seconds > 0 ? (kvs_cpu_s() - cpu) / s.seconds : 0;
	s.busy = kvs_busy(k, s.seconds);
	s.first_s = k->first_tsc ? (double)(k->first_tsc - k->start_tsc) / (double)k->clock.hz : -1;
	kvs_collect(k, &p);
	s.count = pg_kvs_counts_minus(&k->count, &p.before);
	s.rate = (double)kvs_right(&s.count) / s.seconds;
	pg_kvs_report_step(k->opts->json, &s, &p.lat);
	return pg_kvs_load_done(k) ? 0 : -1;
}

static struct pg_kvs_load kvs_load_of(const struct pg_kvs_load *l, double best)
{
	struct pg_kvs_load real = *l;

	if (l->kind != PG_KVS_SHARE)
		return real;
	real.kind = PG_KVS_RATE;
	real.value = l->value * best > RATE_LEAST ? l->value * best : RATE_LEAST;
	return real;
}

/* One step of the load. Returns its rate if it was a closed loop, else 0. */
static double kvs_step(struct pg_kvs *k, const struct pg_kvs_load *wanted, double best)
{
	const struct pg_kvs_opts *o = k->opts;
	struct pg_kvs_load l = kvs_load_of(wanted, best);
	struct pg_kvs_step s = { .phase = "step", .load = wanted->name, .first_s = -1 };
	struct pg_kvs_counts before;
	struct phase p;
	double cpu;

	phase_start(k, &p);
	pg_kvs_load_source(k, PG_KVS_MIX);
	if (o->warmup_s > 0)
		pg_kvs_load_run(k, &l, o->warmup_s, kvs_look, &p);
	if (k->first_tsc && o->warmup_s > 0)
		s.first_s = (double)(k->first_tsc - k->start_tsc) / (double)k->clock.hz;
	pg_hist_reset(&k->lat);
	kvs_event(k, "measuring", "", ": warmed up");
	p.ticks = true;
	p.last = before = k->count;
	cpu = kvs_cpu_s();
	s.seconds = pg_kvs_load_run(k, &l, o->duration_s, kvs_look, &p);
	s.cpu_share = s.seconds > 0 ? (kvs_cpu_s() - cpu) / s.seconds : 0;
	s.busy = kvs_busy(k, s.seconds);
	if (k->first_tsc && s.first_s < 0)
		s.first_s = (double)(k->first_tsc - k->start_tsc) / (double)k->clock.hz;
	s.rate = (double)(kvs_right(&k->count) - kvs_right(&before)) / s.seconds;
	s.target = l.kind == PG_KVS_RATE ? l.value : 0;
	kvs_event(k, "window", "", ": the measured time is over");
	kvs_collect(k, &p);
	pg_kvs_load_drain(k);
	s.count = pg_kvs_counts_minus(&k->count, &p.before);
	pg_kvs_report_step(o->json, &s, &p.lat);
	return l.kind == PG_KVS_CLOSED ? s.rate : 0;
}

static int kvs_phases(struct pg_kvs *k)
{
	const struct pg_kvs_opts *o = k->opts;
	double best = 0, rate;

	if (kvs_begin(k) < 0)
		return 1;
	if (o->preload && kvs_each(k, PG_KVS_EACH_SET, "preload") < 0)
		return 1;
	for (unsigned int i = 0; i < o->nb_loads && !*k->stop; i++) {
		if (i && o->pause_s > 0)
			usleep((useconds_t)(o->pause_s * 1e6));
		rate = kvs_step(k, &o->load[i], best);
		best = rate > best ? rate : best;
	}
	if (o->verify && !*k->stop)
		kvs_each(k, PG_KVS_EACH_GET, "verify");
	pg_kvs_report_result(o->json, &k->count, best);
	return strcmp(pg_kvs_counts_verdict(&k->count), "ok") ? 1 : 0;
}

static int kvs_run(const struct pg_kvs_opts *o, volatile sig_atomic_t *stop)
{
	struct pg_kvs *k = calloc(1, sizeof(*k));
	char quoted[256], json[300], line[300];
	const char *where = o->socket ? o->socket : o->iface ? o->iface : "udp";
	int rc = 1;

	if (!k || pg_kvs_link_open(&k->link, o) < 0) {
		free(k);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (pg_kvs_load_init(k, o, stop) == 0) {
		snprintf(json, sizeof(json), ",\"socket\":\"%s\"",
			pg_report_quote(quoted, sizeof(quoted), where));
		snprintf(line, sizeof(line), ": %s", where);
		kvs_event(k, "listening", json, line);
		rc = kvs_phases(k);
	}
	k->link.ops->close(&k->link);
	pg_kvs_load_free(k);
	free(k);
	return rc;
}

int pg_kvs_mode(int argc, char **argv, volatile sig_atomic_t *stop)
{
	static struct pg_kvs_opts o;
	struct pg_eal_conf ec = { .mem_mib = MEM_MIB };
	int rc = pg_kvs_opts_parse(&o, argc, argv);

	if (rc)
		return rc > 0 ? 0 : 2;
	ec.core = o.core;
	ec.verbose = o.verbose;
	/* Without a vhost-user port the pages of EAL are not used. */
	ec.no_huge = o.no_huge || !o.socket;
	if (pg_eal_start(&ec) < 0)
		return 1;
	rc = kvs_run(&o, stop);
	pg_eal_stop();
	return rc;
}
