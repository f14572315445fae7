/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "pktgen-bench/guest/flow.h"
#include "pktgen-bench/guest/sink.h"
#include "plat-kvm/clock.h"

static void sink_look(struct pg_sink *s, const struct uk_netbuf *nb, uint64_t now)
{
	const struct pg_probe *in = pg_flow_probe(nb->data, nb->len);
	struct pg_probe p;

	if (in == NULL) {
		s->nb_other++;
		return;
	}
	memcpy(&p, in, sizeof(p));
	if (be16toh(p.stream) >= PG_SINK_STREAMS) {
		s->nb_other++;
		return;
	}
	pg_seqcheck_record(&s->seq[be16toh(p.stream)], be32toh(p.seq));
	p.stamp_ns = be64toh(p.stamp_ns);
	/* A stamp from elsewhere may lie in the future; it says nothing. */
	if (p.stamp_ns != 0 && p.stamp_ns <= now)
		pg_hist_record(&s->latency, now - p.stamp_ns);
}

uint16_t pg_sink_round(struct pg_sink *s, struct uk_netdev *dev, uint16_t q)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t n = s->burst;

	if (uk_netdev_rx_burst(dev, q, v, &n) <= 0 || n == 0)
		return 0;
	if (s->check) {
		uint64_t now = uk_clock_ns();

		for (uint16_t i = 0; i < n; i++)
			sink_look(s, v[i], now);
	}
	uk_netbuf_free_burst(v, n);
	return n;
}

void pg_sink_report(const struct pg_sink *s)
{
	uint64_t lost = 0, reordered = 0, duplicate = 0, received = 0;

	if (!s->check)
		return;
	for (unsigned i = 0; i < PG_SINK_STREAMS; i++) {
		lost += pg_seqcheck_lost(&s->seq[i]);
		reordered += s->seq[i].nb_reordered;
		duplicate += s->seq[i].nb_duplicate;
		received += s->seq[i].nb_received;
	}
	printf(",\"probes\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"reordered\":%" PRIu64
	       ",\"duplicate\":%" PRIu64 ",\"other\":%" PRIu64,
		received, lost, reordered, duplicate, s->nb_other);
	if (s->latency.count > 0)
		printf(",\"latency_ns\":{\"count\":%" PRIu64 ",\"min\":%" PRIu64
		       ",\"mean\":%" PRIu64 ",\"p50\":%" PRIu64 ",\"p99\":%" PRIu64
		       ",\"p999\":%" PRIu64 ",\"max\":%" PRIu64 "}",
			s->latency.count, s->latency.min, pg_hist_mean(&s->latency),
			pg_hist_percentile(&s->latency, 500000),
			pg_hist_percentile(&s->latency, 990000),
			pg_hist_percentile(&s->latency, 999000), s->latency.max);
}
