/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * replay and random: each frame is sent through a reflector and compared byte
 * by byte when it comes back. A queue pair of a reflector keeps order, so each
 * frame is compared with the oldest one under way. If it differs, it may be a
 * later one that overtook lost ones; if it is none of those, it was altered.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pktgen-bench/host/source.h"
#include "pktgen-bench/host/traffic.h"

#define SLOTS       2048u /* power of two, more than the window and one burst */
#define STALL_S     5.0   /* nothing came for so long: what is under way is lost */
#define HELD_UP_S   0.1   /* not looked for so long: this program stood still, not the guest */
#define MOST_STALLS 3u    /* in a row: the guest no longer answers */
#define DIFF_TEXT   400

struct cmp_queue {
	struct pg_port_frame frame[PG_PORT_BURST];
	unsigned int nb_frames, at_frame; /* staged: frame[at_frame..nb_frames) */
	uint32_t head, tail;              /* under way: slot[head..tail), counted without end */
	struct pg_source_expect slot[SLOTS];
};

struct cmp {
	struct pg_traffic *t;
	struct pg_source src;
	struct cmp_queue *queue;
	uint64_t next_no; /* the next frame to stage */
	uint64_t nb_matched, nb_altered;
	uint64_t last_rx_tsc;
	uint64_t last_look_tsc;
	unsigned int stalls;
	unsigned int guests_seen;
	char diff[DIFF_TEXT]; /* the first difference, as a sentence */
	uint64_t diff_no;
};

static bool cmp_may_stage(const struct cmp *c, uint64_t tsc)
{
	const struct pg_opts *o = c->t->opts;
	uint64_t since = tsc - c->t->start_tsc;

	if (c->next_no >= c->src.nb)
		return false;
	if (o->pace && c->src.pcap)
		return pg_clock_ns(&c->t->clock, since) >= pg_source_due_ns(&c->src, c->next_no);
	if (o->rate_pps > 0)
		return (double)c->next_no < (double)since * o->rate_pps / (double)c->t->clock.hz;
	return true;
}

static void cmp_stage(struct cmp *c, struct cmp_queue *q, uint64_t tsc)
{
	uint32_t open = q->tail - q->head;
	unsigned int n = c->t->opts->burst;

	q->at_frame = q->nb_frames = 0;
	if (open >= c->t->opts->window)
		return;
	if (n > c->t->opts->window - open)
		n = c->t->opts->window - open;
	while (q->nb_frames < n && cmp_may_stage(c, tsc)) {
		struct pg_port_frame *f = &q->frame[q->nb_frames];
		struct pg_source_expect *e = &q->slot[(q->tail + q->nb_frames) & (SLOTS - 1)];

		pg_source_make(&c->src, c->next_no++, f->data, e);
		pg_port_frame_resize(f, e->len);
		q->nb_frames++;
	}
}

static void cmp_send(struct cmp *c, struct cmp_queue *q, unsigned int qno, uint64_t tsc)
{
	unsigned int n;

	if (q->at_frame == q->nb_frames)
		cmp_stage(c, q, tsc);
	if (q->at_frame == q->nb_frames)
		return;
	n = pg_port_tx(c->t->port, qno, q->frame + q->at_frame, q->nb_frames - q->at_frame);
	for (unsigned int i = 0; i < n; i++)
		c->t->count.tx_bytes += q->frame[q->at_frame + i].len;
	c->t->count.tx_pkts += n;
	q->at_frame += n;
	q->tail += n;
}

/* Remembers in words how the first altered frame differs from @e. */
static void cmp_note(struct cmp *c, const struct pg_source_expect *e, const uint8_t *data,
	uint32_t len, uint32_t at)
{
	const struct pg_source *s = &c->src;
	char what[80];
	int n;

	if (c->diff[0])
		return;
	c->diff_no = e->no;
	if (s->pcap)
		snprintf(what, sizeof(what), "frame %" PRIu64 " of the pcap",
			e->no % s->pcap->nb + 1);
	else
		snprintf(what, sizeof(what), "random frame %" PRIu64 " (seed %" PRIu64 ")", e->no,
			s->seed);
	n = snprintf(
		c->diff, DIFF_TEXT, "%s came back with %u bytes instead of %u", what, len, e->len);
	if (len == e->len)
		n = snprintf(c->diff, DIFF_TEXT, "%s (%u bytes) came back altered", what, len);
	if (at < len && at < e->len)
		snprintf(c->diff + n, (size_t)(DIFF_TEXT - n),
			": byte %u is 0x%02x instead of 0x%02x", at, data[at],
			pg_source_byte(e, at));
}

static void cmp_match(struct cmp *c, struct cmp_queue *q, const uint8_t *data, uint32_t len)
{
	struct pg_source_expect *e = &q->slot[q->head & (SLOTS - 1)];
	int64_t at;

	if (q->head == q->tail) {
		c->t->count.foreign++;
		return;
	}
	at = pg_source_differs(e, data, len);
	if (at < 0) {
		q->head++;
		c->nb_matched++;
		return;
	}
	for (uint32_t i = q->head + 1; i != q->tail; i++) {
		if (pg_source_differs(&q->slot[i & (SLOTS - 1)], data, len) >= 0)
			continue;
		c->t->count.lost += i - q->head;
		q->head = i + 1;
		c->nb_matched++;
		return;
	}
	cmp_note(c, e, data, len, (uint32_t)at);
	c->nb_altered++;
	c->t->count.corrupt++;
	q->head++;
}

static void cmp_receive(struct cmp *c, struct cmp_queue *q, unsigned int qno, uint64_t tsc)
{
	struct pg_port_frame f[PG_PORT_BURST];
	unsigned int n = pg_port_rx(c->t->port, qno, f, c->t->opts->burst);

	for (unsigned int i = 0; i < n; i++) {
		c->t->count.rx_bytes += f[i].len;
		cmp_match(c, q, f[i].data, f[i].len);
	}
	c->t->count.rx_pkts += n;
	if (n) {
		c->last_rx_tsc = tsc;
		c->stalls = 0;
	}
	pg_port_rx_done(c->t->port, qno);
}

/* Gives up what is under way: a guest went, or nothing came for long. */
static void cmp_forget(struct cmp *c)
{
	for (unsigned int i = 0; i < c->t->opts->queues; i++) {
		struct cmp_queue *q = &c->queue[i];

		/* What is staged keeps its expectations: they stand behind the tail. */
		c->t->count.lost += q->tail - q->head;
		q->head = q->tail;
	}
}

static bool cmp_open(const struct cmp *c)
{
	for (unsigned int i = 0; i < c->t->opts->queues; i++)
		if (c->queue[i].head != c->queue[i].tail ||
			c->queue[i].at_frame != c->queue[i].nb_frames)
			return true;
	return c->next_no < c->src.nb;
}

/* Once a millisecond: guests, stalls, end of time. Returns false if the run is over. */
static bool cmp_look(struct cmp *c, uint64_t tsc, uint64_t end, bool *was_up)
{
	struct pg_traffic *t = c->t;

	if (tsc >= end || !pg_traffic_watch(t, was_up))
		return false;
	if (c->guests_seen != t->guests_seen) {
		c->guests_seen = t->guests_seen;
		c->last_rx_tsc = tsc;
		cmp_forget(c);
	}
	if (tsc > c->last_look_tsc + pg_clock_ticks(&t->clock, HELD_UP_S))
		c->last_rx_tsc = tsc;
	c->last_look_tsc = tsc;
	if (!*was_up)
		return true;
	if (tsc > c->last_rx_tsc + pg_clock_ticks(&t->clock, STALL_S)) {
		cmp_forget(c);
		c->last_rx_tsc = tsc;
		return ++c->stalls < MOST_STALLS || t->opts->pace;
	}
	return true;
}

static void cmp_turn(struct cmp *c, uint64_t tsc)
{
	unsigned int queues = pg_port_queues(c->t->port);

	for (unsigned int i = 0; i < queues; i++) {
		cmp_send(c, &c->queue[i], i, tsc);
		cmp_receive(c, &c->queue[i], i, tsc);
	}
}

static double cmp_run(struct cmp *c)
{
	struct pg_traffic *t = c->t;
	uint64_t tsc = pg_clock_now(), end = UINT64_MAX, next_look = 0,
		 next_tick = tsc + t->clock.hz;
	bool was_up = true;

	t->start_tsc = c->last_rx_tsc = tsc;
	if (t->opts->duration_s > 0)
		end = tsc + pg_clock_ticks(&t->clock, t->opts->duration_s);
	for (; !*t->stop && cmp_open(c); tsc = pg_clock_now()) {
		if (tsc >= next_look) {
			next_look = tsc + t->clock.hz / 1000;
			if (!cmp_look(c, tsc, end, &was_up))
				break;
		}
		if (tsc >= next_tick) {
			pg_traffic_tick(t, tsc);
			next_tick += t->clock.hz;
		}
		if (!pg_port_enter(t->port))
			continue;
		cmp_turn(c, tsc);
		pg_port_leave(t->port);
	}
	cmp_forget(c);
	return (double)(tsc - t->start_tsc) / (double)t->clock.hz;
}

static int cmp_alloc(struct cmp *c)
{
	unsigned int queues = c->t->opts->queues;

	c->queue = calloc(queues, sizeof(*c->queue));
	for (unsigned int q = 0; c->queue && q < queues; q++)
		for (unsigned int i = 0; i < c->t->opts->burst; i++)
			if (pg_port_frame_alloc(c->t->port, &c->queue[q].frame[i], PG_SOURCE_MAX) <
				0)
				goto no_memory;
	if (c->queue)
		return 0;
no_memory:
	fprintf(stderr, "pgbench-host: not enough memory for %u queue pairs\n", queues);
	return -1;
}

static void cmp_free(struct cmp *c)
{
	for (unsigned int q = 0; c->queue && q < c->t->opts->queues; q++)
		for (unsigned int i = 0; i < PG_PORT_BURST; i++)
			if (c->queue[q].frame[i].mbuf)
				pg_port_frame_free(&c->queue[q].frame[i]);
	free(c->queue);
	pg_source_free(&c->src);
}

static int cmp_result(struct cmp *c, double seconds)
{
	struct pg_traffic *t = c->t;
	uint64_t unsent = c->src.nb - t->count.tx_pkts;
	bool cut = unsent && (*t->stop || t->opts->duration_s > 0);
	char verdict[DIFF_TEXT + 80], quoted[DIFF_TEXT * 2], extra[DIFF_TEXT * 2 + 200];

	if (c->diff[0])
		snprintf(verdict, sizeof(verdict), "%s", c->diff);
	else if (!t->count.tx_pkts)
		snprintf(verdict, sizeof(verdict),
			"the guest took no frame (are its receive buffers large enough?)");
	else if (!c->nb_matched)
		snprintf(verdict, sizeof(verdict), "no frame came back");
	else if (t->count.lost)
		snprintf(verdict, sizeof(verdict),
			"%" PRIu64 " of %" PRIu64 " frames did not come back", t->count.lost,
			t->count.tx_pkts);
	else if (unsent && !cut)
		snprintf(verdict, sizeof(verdict), "the guest stopped answering");
	else
		snprintf(verdict, sizeof(verdict), "ok");
	snprintf(extra, sizeof(extra),
		",\"frames\":%" PRIu64 ",\"matched\":%" PRIu64 ",\"altered\":%" PRIu64
		",\"unsent\":%" PRIu64 ",\"difference\":\"%s\"",
		c->src.nb, c->nb_matched, c->nb_altered, unsent,
		pg_report_quote(quoted, sizeof(quoted), c->diff));
	pg_report_result(&t->report, t->opts->mode_name, verdict, seconds, &t->count, NULL, extra);
	return strcmp(verdict, "ok") ? 1 : 0;
}

static int cmp_go(struct cmp *c)
{
	double seconds;

	if (cmp_alloc(c) < 0 || pg_traffic_wait(c->t) < 0)
		return 1;
	c->guests_seen = c->t->guests_seen;
	seconds = cmp_run(c);
	return cmp_result(c, seconds);
}

int pg_compare_mode(struct pg_traffic *t, const struct pg_pcapfile *pcap)
{
	const struct pg_opts *o = t->opts;
	struct cmp c = { .t = t };
	bool swap = o->expect == PG_OPTS_EXPECT_SWAP;
	int rc;

	if (pcap) {
		pg_source_replay(&c.src, pcap, o->loops, swap);
	} else if (pg_source_random(&c.src, o->count, o->min_len, o->max_len, o->seed, swap) < 0) {
		fprintf(stderr, "pgbench-host: not enough memory for random frames\n");
		return 1;
	}
	rc = cmp_go(&c);
	cmp_free(&c);
	return rc;
}
