/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pktgen-bench/host/frames.h"
#include "pktgen-bench/host/traffic.h"

#define STALL_PER_SEC 20000u /* a turn longer than 50 us: the harness was not running */
#define REFLECT_TRIES 2000u  /* how often a reflected burst is offered to a full ring */

int pg_traffic_init(struct pg_traffic *t, const struct pg_opts *o, struct pg_port *p,
	struct pg_port *back, const struct pg_pcapfile *pcap, volatile sig_atomic_t *stop)
{
	struct timespec ts;

	*t = (struct pg_traffic){ .opts = o, .port = p, .back = back, .stop = stop };
	t->tx = o->mode == PG_OPTS_GEN || o->mode == PG_OPTS_FWD || o->mode == PG_OPTS_RFC2544;
	t->rx = o->mode != PG_OPTS_GEN;
	t->check = t->rx && (o->mode == PG_OPTS_SINK ? o->check : o->stamp != PG_OPTS_STAMP_NONE);
	pg_clock_init(&t->clock);
	clock_gettime(CLOCK_REALTIME, &ts);
	t->wall_ns = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec -
		     pg_clock_ns(&t->clock, pg_clock_now());
	pg_hist_reset(&t->lat);
	pg_hist_reset(&t->lat_all);
	t->track = calloc(PG_PORT_QUEUES_MAX, sizeof(*t->track));
	if (!t->track) {
		fprintf(stderr, "pgbench-host: not enough memory for the trackers\n");
		return -1;
	}
	for (unsigned int q = 0; q < o->queues && t->tx; q++)
		if (pg_gen_build(&t->gen[q], p, o, q, pcap) < 0)
			return -1;
	pg_traffic_restart(t);
	return 0;
}

void pg_traffic_free(struct pg_traffic *t)
{
	for (unsigned int q = 0; q < PG_PORT_QUEUES_MAX; q++)
		pg_gen_free(&t->gen[q]);
	free(t->track);
	t->track = NULL;
}

void pg_traffic_restart(struct pg_traffic *t)
{
	for (unsigned int q = 0; q < PG_PORT_QUEUES_MAX; q++) {
		pg_track_reset(&t->track[q], t->tx);
		t->gen[q].seq = 0;
	}
}

struct pg_report_counts pg_traffic_count(const struct pg_traffic *t)
{
	struct pg_report_counts c = t->count;

	for (unsigned int q = 0; q < t->opts->queues; q++) {
		c.lost += t->track[q].lost;
		c.reordered += t->track[q].reordered;
		c.duplicate += t->track[q].duplicate;
	}
	return c;
}

/* Keeps what the trackers know, because a new guest makes them start anew. */
static void traffic_new_guest(struct pg_traffic *t)
{
	t->count = pg_traffic_count(t);
	pg_traffic_restart(t);
}

static void traffic_tell_guest(struct pg_traffic *t)
{
	const struct pg_port *p = t->port;
	char json[160], line[160];

	snprintf(json, sizeof(json),
		",\"ring\":\"%s\",\"features\":\"0x%" PRIx64 "\",\"queues\":%u,\"engine\":\"%s\"",
		pg_port_ring(p), p->features, pg_port_queues(p), p->conf.engine->name);
	snprintf(line, sizeof(line), ": %s ring, features 0x%" PRIx64 ", %u of %u queue pairs",
		pg_port_ring(p), p->features, pg_port_queues(p), p->conf.queues);
	pg_report_event(&t->report, "connected", json, line);
}

bool pg_traffic_watch(struct pg_traffic *t, bool *was_up)
{
	unsigned int nb = atomic_load(&t->port->nb_guests);
	bool up = pg_port_up(t->port);

	if (*was_up && (!up || nb != t->guests_seen)) {
		pg_report_event(&t->report, "gone", "", ": the guest went away");
		t->gone_tsc = pg_clock_now();
		if (t->opts->until_gone)
			return false;
	}
	if (!up && t->guests_seen && t->opts->wait_s > 0 &&
		pg_clock_now() > t->gone_tsc + pg_clock_ticks(&t->clock, t->opts->wait_s))
		return false;
	if (up && nb != t->guests_seen) {
		if (t->guests_seen)
			traffic_new_guest(t);
		t->guests_seen = nb;
		traffic_tell_guest(t);
	}
	*was_up = up;
	return true;
}

int pg_traffic_wait(struct pg_traffic *t)
{
	uint64_t end = pg_clock_now() + pg_clock_ticks(&t->clock, t->opts->wait_s);
	bool was_up = false;

	while (!*t->stop) {
		pg_traffic_watch(t, &was_up);
		if (was_up && pg_port_queues(t->port) && pg_port_up(t->back) &&
			pg_port_queues(t->back))
			return 0;
		if (t->opts->wait_s > 0 && pg_clock_now() > end) {
			fprintf(stderr, "pgbench-host: no guest came to %s within %g s\n",
				t->opts->socket, t->opts->wait_s);
			return -1;
		}
		usleep(200);
	}
	fprintf(stderr, "pgbench-host: stopped before a guest came\n");
	return -1;
}

static inline void traffic_check(
	struct pg_traffic *t, const struct pg_port_frame *f, uint64_t now_ns)
{
	const struct pg_probe *probe = pg_frames_probe(f->data, f->len);
	unsigned int stream;
	uint64_t stamp;

	if (__builtin_expect(!probe, 0)) {
		t->count.foreign++;
		return;
	}
	if (t->opts->check && !pg_frames_intact(f->data, f->len)) {
		t->count.corrupt++;
		return;
	}
	stream = ntohs(probe->stream);
	if (stream >= t->opts->queues) {
		t->count.foreign++;
		return;
	}
	pg_track_see(&t->track[stream], ntohl(probe->seq));
	stamp = __builtin_bswap64(probe->stamp_ns);
	if (stamp && t->tx)
		pg_hist_add(&t->lat, now_ns > stamp ? now_ns - stamp : 0);
}

/*
 * Two sides that poll the same cache line in lockstep exchange a few frames at a time at half
 * the rate. After a short burst at full speed the ring is left alone for opts.rest_ns, so
 * that the guest can fill it or empty it; the frames that are there are never held back.
 */
static inline unsigned int traffic_receive(struct pg_traffic *t, unsigned int q, uint64_t tsc)
{
	struct pg_port_frame f[PG_PORT_BURST];
	unsigned int n;
	uint64_t now_ns;

	if (tsc < t->rx_after[q])
		return 0;
	n = pg_port_rx(t->back, q, f, t->opts->burst);
	if (n < t->opts->burst)
		t->rx_after[q] = tsc + t->rest_tsc;
	if (!n) {
		pg_port_rx_done(t->back, q);
		return 0;
	}
	now_ns = t->check || t->capture ? pg_clock_ns(&t->clock, pg_clock_now()) : 0;
	for (unsigned int i = 0; i < n; i++) {
		t->count.rx_bytes += f[i].len;
		t->count.needs_csum += (f[i].flags & PG_PORT_F_NEEDS_CSUM) != 0;
		t->count.gso += (f[i].flags & PG_PORT_F_GSO) != 0;
		if (t->check)
			traffic_check(t, &f[i], now_ns);
		if (t->capture)
			pg_pcapfile_write(t->capture, f[i].data, f[i].len, t->wall_ns + now_ns);
	}
	t->count.rx_pkts += n;
	pg_port_rx_done(t->back, q);
	return n;
}

/* With two ports, what comes back to the first (an ARP request, an error) is taken and counted. */
static void traffic_take_foreign(struct pg_traffic *t, unsigned int q)
{
	struct pg_port_frame f[PG_PORT_BURST];
	unsigned int n = pg_port_rx(t->port, q, f, t->opts->burst);

	t->count.foreign += n;
	pg_port_rx_done(t->port, q);
}

static void traffic_reflect(struct pg_traffic *t, unsigned int q)
{
	struct pg_port_frame f[PG_PORT_BURST];
	unsigned int n = pg_port_rx(t->port, q, f, t->opts->burst), done = 0;

	for (unsigned int i = 0; i < n; i++) {
		t->count.rx_bytes += f[i].len;
		if (f[i].len >= 12)
			pg_frames_swap(f[i].data);
	}
	t->count.rx_pkts += n;
	for (unsigned int try = 0; done < n && try < REFLECT_TRIES; try++)
		done += pg_port_tx(t->port, q, f + done, n - done);
	for (unsigned int i = 0; i < done; i++)
		t->count.tx_bytes += f[i].len;
	t->count.tx_pkts += done;
	t->count.refused += n - done;
	pg_port_rx_done(t->port, q);
}

/* Frames that may go out now on each queue: full bursts at full speed, else what is due. */
static inline unsigned int traffic_due(struct pg_traffic *t, double rate_pps, uint64_t tsc)
{
	unsigned int burst = t->opts->burst;
	uint64_t due, open;

	if (rate_pps <= 0)
		return burst;
	due = (uint64_t)((double)(tsc - t->start_tsc - t->stalled_tsc) * rate_pps /
			 (double)t->clock.hz);
	open = due > t->due_taken ? due - t->due_taken : 0;
	if (open > PG_TRAFFIC_BACKLOG) {
		t->count.refused += open - PG_TRAFFIC_BACKLOG;
		t->due_taken += open - PG_TRAFFIC_BACKLOG;
	}
	return open < burst ? (unsigned int)open : burst;
}

/* How many of @n may go out without having more than opts.window under way. */
static inline unsigned int traffic_window(
	const struct pg_traffic *t, unsigned int q, unsigned int n)
{
	uint32_t open;

	if (!t->opts->window || !t->check)
		return n;
	open = t->gen[q].seq - t->track[q].next;
	if (open >= t->opts->window)
		return 0;
	return n < t->opts->window - open ? n : t->opts->window - open;
}

static inline void traffic_send(struct pg_traffic *t, unsigned int q, double rate_pps, uint64_t tsc)
{
	unsigned int n = traffic_window(t, q, traffic_due(t, rate_pps, tsc)), want;
	uint64_t ns =
		t->opts->stamp >= PG_OPTS_STAMP_BURST ? pg_clock_ns(&t->clock, pg_clock_now()) : 0;

	if (!n || tsc < t->tx_after[q])
		return;
	want = n;
	n = pg_gen_send(&t->gen[q], t->port, q, n, t->opts->stamp, ns, &t->count.tx_bytes);
	if (n < want && rate_pps <= 0)
		t->tx_after[q] = tsc + t->rest_tsc;
	t->count.tx_pkts += n;
	t->due_taken += n;
}

static void traffic_turn(struct pg_traffic *t, double rate_pps, uint64_t tsc, bool tx)
{
	unsigned int queues = pg_port_queues(t->port);

	for (unsigned int q = 0; q < queues; q++) {
		if (t->opts->mode == PG_OPTS_REFLECT) {
			traffic_reflect(t, q);
			continue;
		}
		if (tx)
			traffic_send(t, q, rate_pps, tsc);
		/* Receiving is tried twice a turn, so that a full ring at the guest drains. */
		if (t->rx && traffic_receive(t, q, tsc) == t->opts->burst && t->tx)
			traffic_receive(t, q, tsc);
		if (t->back != t->port)
			traffic_take_foreign(t, q);
	}
}

/* Both ports, or neither. */
static inline bool traffic_enter(struct pg_traffic *t)
{
	if (!pg_port_enter(t->port))
		return false;
	if (t->back == t->port || pg_port_enter(t->back))
		return true;
	pg_port_leave(t->port);
	return false;
}

static inline void traffic_leave(struct pg_traffic *t)
{
	if (t->back != t->port)
		pg_port_leave(t->back);
	pg_port_leave(t->port);
}

void pg_traffic_drain(struct pg_traffic *t)
{
	uint64_t end = pg_clock_now() + pg_clock_ticks(&t->clock, t->opts->drain_s);

	while (t->tx && t->rx && pg_clock_now() < end && t->count.rx_pkts < t->count.tx_pkts) {
		if (!traffic_enter(t))
			continue;
		traffic_turn(t, 0, pg_clock_now(), false);
		traffic_leave(t);
	}
}

void pg_traffic_tick(struct pg_traffic *t, uint64_t tsc)
{
	struct pg_report_counts c = pg_traffic_count(t);

	pg_report_tick(&t->report, (double)(tsc - t->start_tsc) / (double)t->clock.hz, &c,
		t->check ? &t->lat : NULL);
	pg_hist_merge(&t->lat_all, &t->lat);
	pg_hist_reset(&t->lat);
}

double pg_traffic_run(struct pg_traffic *t, double rate_pps, double seconds, bool ticks)
{
	uint64_t tsc = pg_clock_now(), end, next_tick, next_look = 0, last = tsc;
	uint64_t stall = t->clock.hz / STALL_PER_SEC;
	bool was_up = pg_port_up(t->port);

	t->start_tsc = tsc;
	t->rest_tsc = rate_pps > 0 ? 0 : t->opts->rest_ns * t->clock.hz / 1000000000u;
	t->due_taken = 0;
	t->stalled_tsc = 0;
	t->report.last_s = 0;
	end = seconds > 0 ? tsc + pg_clock_ticks(&t->clock, seconds) : UINT64_MAX;
	next_tick = tsc + t->clock.hz;
	for (; !*t->stop; last = tsc, tsc = pg_clock_now()) {
		/* We were not running: what fell due meanwhile is not the guest's fault. */
		if (__builtin_expect(tsc - last > stall, 0))
			t->stalled_tsc += tsc - last;
		if (__builtin_expect(tsc >= next_look, 0)) {
			next_look = tsc + t->clock.hz / 1000;
			if (ticks && tsc >= next_tick) {
				pg_traffic_tick(t, tsc);
				next_tick += t->clock.hz;
			}
			if (tsc >= end || !pg_traffic_watch(t, &was_up))
				break;
		}
		if (!traffic_enter(t))
			continue;
		traffic_turn(t, rate_pps, tsc, t->tx);
		traffic_leave(t);
	}
	pg_hist_merge(&t->lat_all, &t->lat);
	pg_hist_reset(&t->lat);
	return (double)(tsc - t->start_tsc) / (double)t->clock.hz;
}
