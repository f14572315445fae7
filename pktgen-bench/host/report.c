/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pktgen-bench/host/frames.h"
#include "pktgen-bench/host/report.h"

#define LAT_TEXT 200

void pg_report_start(struct pg_report *r, bool json, bool tx, bool rx, bool checked)
{
	*r = (struct pg_report){ .json = json, .tx = tx, .rx = rx, .checked = checked };
	setvbuf(stdout, NULL, _IOLBF, 0);
}

char *pg_report_quote(char *out, unsigned int size, const char *text)
{
	unsigned int at = 0;

	for (; *text && at + 7 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			out[at++] = '\\';
		if (c < 0x20)
			at += (unsigned int)snprintf(out + at, 7, "\\u%04x", c);
		else
			out[at++] = (char)c;
	}
	out[at] = '\0';
	return out;
}

void pg_report_event(
	const struct pg_report *r, const char *what, const char *text, const char *line)
{
	if (r->json)
		printf("{\"type\":\"event\",\"what\":\"%s\"%s}\n", what, text);
	else
		printf("%s%s\n", what, line);
}

struct pg_report_rate pg_report_rate_of(uint64_t pkts, uint64_t bytes, double seconds)
{
	struct pg_report_rate r = { 0 };
	double n = (double)pkts, b = (double)bytes;

	if (seconds <= 0)
		return r;
	r.mpps = n / seconds / 1e6;
	r.gbps = (b + n * PG_FRAMES_CRC) * 8 / seconds / 1e9;
	r.gbps_wire = (b + n * (PG_FRAMES_CRC + PG_FRAMES_GAP)) * 8 / seconds / 1e9;
	return r;
}

static void report_lat_json(char text[LAT_TEXT], const struct pg_hist *h)
{
	text[0] = '\0';
	if (!h || !h->nb)
		return;
	snprintf(text, LAT_TEXT,
		",\"lat_us\":{\"nb\":%" PRIu64
		",\"min\":%.3f,\"mean\":%.3f,\"p50\":%.3f,\"p99\":%.3f,"
		"\"p999\":%.3f,\"max\":%.3f}",
		h->nb, (double)h->min / 1e3, (double)h->sum / (double)h->nb / 1e3,
		(double)pg_hist_permille(h, 500) / 1e3, (double)pg_hist_permille(h, 990) / 1e3,
		(double)pg_hist_permille(h, 999) / 1e3, (double)h->max / 1e3);
}

static void report_lat_line(const struct pg_hist *h)
{
	if (h && h->nb)
		printf("  latency us %.1f/%.1f/%.1f/%.1f (min/median/99%%/max)",
			(double)h->min / 1e3, (double)pg_hist_permille(h, 500) / 1e3,
			(double)pg_hist_permille(h, 990) / 1e3, (double)h->max / 1e3);
}

static void report_counts_json(const struct pg_report_counts *c)
{
	printf("\"tx_pkts\":%" PRIu64 ",\"tx_bytes\":%" PRIu64 ",\"rx_pkts\":%" PRIu64
	       ",\"rx_bytes\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"lost\":%" PRIu64
	       ",\"reordered\":%" PRIu64 ",\"duplicate\":%" PRIu64 ",\"corrupt\":%" PRIu64
	       ",\"foreign\":%" PRIu64 ",\"needs_csum\":%" PRIu64 ",\"gso\":%" PRIu64,
		c->tx_pkts, c->tx_bytes, c->rx_pkts, c->rx_bytes, c->refused, c->lost, c->reordered,
		c->duplicate, c->corrupt, c->foreign, c->needs_csum, c->gso);
}

static void report_rate_json(const char *dir, struct pg_report_rate r)
{
	printf(",\"%s_mpps\":%.6f,\"%s_gbps\":%.4f,\"%s_gbps_wire\":%.4f", dir, r.mpps, dir, r.gbps,
		dir, r.gbps_wire);
}

static void report_rate_line(const char *dir, struct pg_report_rate r)
{
	printf("  %s %7.3f Mpps %7.3f Gb/s (%.3f on the wire)", dir, r.mpps, r.gbps, r.gbps_wire);
}

static void report_faults_line(const struct pg_report *r, const struct pg_report_counts *c)
{
	if (r->checked)
		printf("  lost %" PRIu64, c->lost);
	if (c->reordered)
		printf("  reordered %" PRIu64, c->reordered);
	if (c->duplicate)
		printf("  duplicate %" PRIu64, c->duplicate);
	if (c->corrupt)
		printf("  corrupt %" PRIu64, c->corrupt);
	if (r->checked && c->foreign)
		printf("  foreign %" PRIu64, c->foreign);
	if (c->refused)
		printf("  refused by the guest's ring %" PRIu64, c->refused);
}

static void report_line(const struct pg_report *r, const struct pg_report_counts *c,
	struct pg_report_rate tx, struct pg_report_rate rx, const struct pg_hist *lat)
{
	if (r->tx)
		report_rate_line("tx", tx);
	if (r->rx)
		report_rate_line("rx", rx);
	report_faults_line(r, c);
	report_lat_line(lat);
	printf("\n");
}

void pg_report_tick(struct pg_report *r, double t, const struct pg_report_counts *now,
	const struct pg_hist *lat)
{
	double dt = t - r->last_s;
	struct pg_report_rate tx, rx;
	char text[LAT_TEXT];

	tx = pg_report_rate_of(
		now->tx_pkts - r->last.tx_pkts, now->tx_bytes - r->last.tx_bytes, dt);
	rx = pg_report_rate_of(
		now->rx_pkts - r->last.rx_pkts, now->rx_bytes - r->last.rx_bytes, dt);
	r->last = *now;
	r->last_s = t;
	if (!r->json) {
		printf("%7.1f s", t);
		report_line(r, now, tx, rx, lat);
		return;
	}
	printf("{\"type\":\"tick\",\"t\":%.3f,", t);
	report_counts_json(now);
	report_rate_json("tx", tx);
	report_rate_json("rx", rx);
	report_lat_json(text, lat);
	printf("%s}\n", text);
}

void pg_report_result(const struct pg_report *r, const char *mode, const char *verdict,
	double seconds, const struct pg_report_counts *c, const struct pg_hist *lat,
	const char *extra)
{
	struct pg_report_rate tx = pg_report_rate_of(c->tx_pkts, c->tx_bytes, seconds);
	struct pg_report_rate rx = pg_report_rate_of(c->rx_pkts, c->rx_bytes, seconds);
	char text[LAT_TEXT], quoted[600];

	if (!r->json) {
		printf("%s: %s, %.1f s: tx %" PRIu64 " rx %" PRIu64 " frames;", mode, verdict,
			seconds, c->tx_pkts, c->rx_pkts);
		report_line(r, c, tx, rx, lat);
		return;
	}
	printf("{\"type\":\"result\",\"mode\":\"%s\",\"verdict\":\"%s\",\"seconds\":%.3f,", mode,
		pg_report_quote(quoted, sizeof(quoted), verdict), seconds);
	report_counts_json(c);
	report_rate_json("tx", tx);
	report_rate_json("rx", rx);
	report_lat_json(text, lat);
	printf("%s%s}\n", text, extra);
}
