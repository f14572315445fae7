/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pgbench-host: the host side of the benches. Serves a vhost-user socket with
 * DPDK's vhost library and generates, sinks, replays, compares or reflects
 * frames on one polling core.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pktgen-bench/host/eal.h"
#include "pktgen-bench/host/frames.h"
#include "pktgen-bench/host/kvs/kvs.h"
#include "pktgen-bench/host/traffic.h"

#define MIB_SMALL 64u
#define MIB_JUMBO 96u

static volatile sig_atomic_t main_stop;

static void main_on_signal(int sig)
{
	/* A second signal ends us the hard way. */
	if (main_stop)
		_Exit(128 + sig);
	main_stop = sig;
}

static void main_catch(void)
{
	struct sigaction sa = { .sa_handler = main_on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Frames that only count may come chained; those that are compared come in one piece. */
static uint32_t main_frame_max(const struct pg_opts *o, const struct pg_pcapfile *pcap)
{
	uint32_t max = 2048;

	if (o->mode == PG_OPTS_REPLAY || o->mode == PG_OPTS_RANDOM || o->mode == PG_OPTS_REFLECT)
		return PG_FRAMES_MAX;
	for (unsigned int i = 0; i < o->nb_sizes; i++)
		if (o->size[i] > max)
			max = PG_FRAMES_MAX;
	for (size_t i = 0; pcap != NULL && i < pcap->nb; i++)
		if (pcap->frame[i].len > max)
			max = PG_FRAMES_MAX;
	return max;
}

static int main_traffic(const struct pg_opts *o, struct pg_port *port, struct pg_port *back,
	const struct pg_pcapfile *pcap, struct pg_pcapfile_out *capture)
{
	struct pg_traffic *t = malloc(sizeof(*t));
	char quoted[256], json[300];
	int rc = 1;

	if (!t || pg_traffic_init(t, o, port, back, pcap, &main_stop) < 0)
		goto out;
	t->capture = capture;
	pg_report_start(
		&t->report, o->json, t->tx || pcap || o->mode >= PG_OPTS_REFLECT, t->rx, t->check);
	snprintf(json, sizeof(json), ",\"socket\":\"%s\"",
		pg_report_quote(quoted, sizeof(quoted), o->socket));
	snprintf(quoted, sizeof(quoted), ": %s", o->socket);
	pg_report_event(&t->report, "listening", json, quoted);
	if (o->mode == PG_OPTS_REPLAY || o->mode == PG_OPTS_RANDOM)
		rc = pg_compare_mode(t, pcap);
	else if (o->mode == PG_OPTS_RFC2544)
		rc = pg_rfc2544_mode(t);
	else
		rc = pg_traffic_mode(t);
out:
	if (t)
		pg_traffic_free(t);
	free(t);
	return rc;
}

static int main_port(
	const struct pg_opts *o, const struct pg_pcapfile *pcap, struct pg_pcapfile_out *capture)
{
	struct pg_port_conf pc = {
		.socket = o->socket,
		.queues = o->queues,
		.engine = o->lean ? &pg_port_engine_lean : &pg_port_engine_vhost,
		.offloads = o->offloads,
		.no_mergeable = o->no_mergeable,
		.no_packed = o->no_packed,
		.client = o->client,
		.frame_max = main_frame_max(o, pcap),
	};
	struct pg_eal_conf ec = {
		.core = o->core,
		.mem_mib = pc.frame_max > 2048 ? MIB_JUMBO : MIB_SMALL,
		.no_huge = o->no_huge,
		.verbose = o->verbose,
	};
	static struct pg_port port, back;
	struct pg_port_conf bc = pc;
	int rc = 1;

	bc.socket = o->back;

	if (pg_eal_start(&ec) < 0)
		return 1;
	if (pg_port_open(&port, &pc) == 0 && (!o->back || pg_port_open(&back, &bc) == 0))
		rc = main_traffic(o, &port, o->back ? &back : &port, pcap, capture);
	if (o->back)
		pg_port_close(&back);
	pg_port_close(&port);
	pg_eal_stop();
	return rc;
}

int main(int argc, char **argv)
{
	static struct pg_opts opts;
	struct pg_pcapfile pcap = { 0 };
	struct pg_pcapfile_out *capture = NULL;
	char err[PG_PCAPFILE_ERR];
	int rc;

	main_catch();
	/* It has a command line of its own. */
	if (argc > 1 && !strcmp(argv[1], "kvs"))
		return pg_kvs_mode(argc - 1, argv + 1, &main_stop);
	rc = pg_opts_parse(&opts, argc, argv);
	if (rc)
		return rc > 0 ? 0 : 2;
	if ((opts.pcap && pg_pcapfile_load(&pcap, opts.pcap, PG_FRAMES_MAX, err) < 0) ||
		(opts.capture && !(capture = pg_pcapfile_create(opts.capture, opts.limit, err)))) {
		fprintf(stderr, "pgbench-host: %s\n", err);
		pg_pcapfile_free(&pcap);
		return 1;
	}
	rc = main_port(&opts, opts.pcap ? &pcap : NULL, capture);
	if (capture && pg_pcapfile_close(capture) < 0) {
		fprintf(stderr, "pgbench-host: the capture %s is incomplete (disk full?)\n",
			opts.capture);
		rc = 1;
	}
	pg_pcapfile_free(&pcap);
	return rc;
}
