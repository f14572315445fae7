/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pktgen-bench/host/frames.h"
#include "pktgen-bench/host/gen.h"

#define GEN_LEAST   64u /* distinct frames, so that a few flows do not share cache lines */
#define SPREAD_PORT 4096
#define GEN_MOST    1024u /* what the pool of the port has room for, with its caches */

/* The smallest multiple of the sizes' count that holds all flows: the mix stays exact. */
static unsigned int gen_count(const struct pg_opts *o)
{
	unsigned int want = o->flows > GEN_LEAST && !o->spread ? o->flows : GEN_LEAST;

	return (want + o->nb_sizes - 1) / o->nb_sizes * o->nb_sizes;
}

/* So many frames of a file, as often as it takes for GEN_LEAST. */
static unsigned int gen_rounded(unsigned int nb)
{
	return nb * ((GEN_LEAST + nb - 1) / nb);
}

/* Sum of an IPv4 header without its checksum. */
static uint32_t gen_ip_part(const uint8_t *buf)
{
	return (uint32_t)pg_frames_sum(buf + 14, 10, 0) + pg_frames_sum(buf + 26, 8, 0);
}

/* The i-th frame as it is built. */
static int gen_make(struct pg_gen *g, struct pg_port *p, const struct pg_opts *o, unsigned int q,
	unsigned int i)
{
	struct pg_frames_spec s;

	pg_frames_flow(&s, i % o->flows);
	s.len = o->size[i % o->nb_sizes];
	s.stream = (uint16_t)q;
	if (o->has_mac)
		memcpy(s.dst, o->dst_mac, sizeof(s.dst));
	if (o->spread) {
		/* any frame may carry any flow: what is not readdressed is the same in all */
		s.ip_src = s.ip_dst = s.port_src = 0;
		s.port_dst = SPREAD_PORT;
	}
	if (pg_port_frame_alloc(p, &g->frame[i], s.len) < 0)
		return -1;
	g->part[i] = pg_frames_build(g->frame[i].data, &s);
	g->ip_part[i] = gen_ip_part(g->frame[i].data);
	return 0;
}

/* The i-th frame as the file has it. */
static int gen_take(
	struct pg_gen *g, struct pg_port *p, const struct pg_pcapfile *pcap, unsigned int i)
{
	const struct pg_pcapfile_frame *f = &pcap->frame[i % pcap->nb];

	if (pg_port_frame_alloc(p, &g->frame[i], f->len) < 0)
		return -1;
	memcpy(g->frame[i].data, pcap->bytes + f->at, f->len);
	return 0;
}

int pg_gen_build(struct pg_gen *g, struct pg_port *p, const struct pg_opts *o, unsigned int q,
	const struct pg_pcapfile *pcap)
{
	*g = (struct pg_gen){ .nb = pcap != NULL ? gen_rounded((unsigned int)pcap->nb)
						 : gen_count(o),
		.nets = o->spread && pcap == NULL ? &o->nets : NULL,
		.flows = o->flows };
	if (g->nb * o->queues > GEN_MOST) {
		fprintf(stderr,
			"pgbench-host: %u queues of %u flows and sizes are more than %u frames\n",
			o->queues, g->nb, GEN_MOST);
		return -1;
	}
	g->frame = calloc(g->nb + PG_PORT_BURST, sizeof(*g->frame));
	g->part = calloc(g->nb + PG_PORT_BURST, sizeof(*g->part));
	g->ip_part = calloc(g->nb + PG_PORT_BURST, sizeof(*g->ip_part));
	if (!g->frame || !g->part || !g->ip_part)
		goto no_memory;
	for (unsigned int i = 0; i < g->nb; i++) {
		if ((pcap != NULL ? gen_take(g, p, pcap, i) : gen_make(g, p, o, q, i)) < 0)
			goto no_memory;
	}
	for (unsigned int i = 0; i < PG_PORT_BURST; i++) {
		g->frame[g->nb + i] = g->frame[i % g->nb];
		g->part[g->nb + i] = g->part[i % g->nb];
		g->ip_part[g->nb + i] = g->ip_part[i % g->nb];
	}
	return 0;

no_memory:
	fprintf(stderr, "pgbench-host: not enough memory for the frames to send\n");
	return -1;
}

void pg_gen_free(struct pg_gen *g)
{
	for (unsigned int i = 0; g->frame && i < g->nb; i++)
		if (g->frame[i].mbuf)
			pg_port_frame_free(&g->frame[i]);
	free(g->frame);
	free(g->part);
	free(g->ip_part);
	*g = (struct pg_gen){ 0 };
}

/* The i-th frame of the slice becomes one of the flow whose turn it is. */
static uint32_t gen_readdress(struct pg_gen *g, unsigned int i)
{
	uint32_t src, dst, flow = g->seq + i;
	uint16_t port;

	pg_frames_spread(g->nets, flow < g->flows ? flow : flow % g->flows, &src, &dst, &port);
	return pg_frames_readdress(g->frame[g->at + i].data, g->ip_part[g->at + i],
		g->part[g->at + i], src, dst, port);
}

static void gen_number(struct pg_gen *g, unsigned int n, enum pg_opts_stamp stamp, uint64_t now_ns)
{
	struct pg_port_frame *f = &g->frame[g->at];
	const uint32_t *part = &g->part[g->at];
	uint64_t ns = stamp >= PG_OPTS_STAMP_BURST ? now_ns : 0;

	for (unsigned int i = 0; i < n; i++) {
		pg_frames_stamp(f[i].data, g->nets ? gen_readdress(g, i) : part[i], g->seq + i, ns);
		if (stamp != PG_OPTS_STAMP_ALL)
			ns = 0;
	}
}

unsigned int pg_gen_send(struct pg_gen *g, struct pg_port *p, unsigned int q, unsigned int n,
	enum pg_opts_stamp stamp, uint64_t now_ns, uint64_t *bytes)
{
	struct pg_port_frame *f = &g->frame[g->at];

	/* A slice must not name the same frame twice with two numbers. */
	if (n > g->nb)
		n = g->nb;
	if (stamp != PG_OPTS_STAMP_NONE || g->nets)
		gen_number(g, n, stamp, now_ns);
	n = pg_port_tx(p, q, f, n);
	for (unsigned int i = 0; i < n; i++)
		*bytes += f[i].len;
	g->at += n;
	if (g->at >= g->nb)
		g->at -= g->nb;
	g->seq += n;
	return n;
}
