/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Generator and sink: mode=tx sends, mode=rx counts what comes, mode=txrx does both, for round
 * trips. Frames come from a flow profile or, with pcap, from the boot module of that name. See
 * options below.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "dataplane/netdev_driver.h"
#include "kernel/alloc.h"
#include "pktgen-bench/guest/args.h"
#include "pktgen-bench/guest/generator.h"
#include "pktgen-bench/guest/meter.h"
#include "pktgen-bench/guest/port.h"
#include "pktgen-bench/guest/sink.h"
#include "plat-kvm/module.h"

const struct uk_alloc_ops *const uk_alloc_image = &uk_tlsf_ops;
const struct uk_netdev_driver *const uk_netdev_drivers[] = { &uk_virtio_net_driver, NULL };

enum { MODE_TX, MODE_RX, MODE_TXRX };

static struct {
	unsigned mode;
	uint64_t queues, burst, duration, desc, rate, count, loops, ttl;
	bool check, stamp, replay, src_mac_given;
	struct pg_flow_conf flow;
} conf = {
	.queues = 1, .burst = 32, .check = true, .ttl = 64, .loops = 0,
	.flow = {
		.dst_mac = { 0x02, 0, 0, 0, 0, 0x02 },
		.src_ip = { 0x0a000001, 0x0a000001 }, .dst_ip = { 0x0a000002, 0x0a000002 },
		.src_port = { 1024, 1024 }, .dst_port = { 9, 9 },
		.sizes = { .nb = 1, .list = { 64 } },
	},
};

static struct pg_port port;
static struct pg_meter meter;
static struct pg_generator gen[UK_NETDEV_QUEUES_MAX];
static struct pg_sink sink[UK_NETDEV_QUEUES_MAX];

static const char *const modes[] = { "tx", "rx", "txrx", NULL };

static const struct pg_args_option options[] = {
	{ .name = "mode",
		.type = PG_ARGS_WORD,
		.value = &conf.mode,
		.words = modes,
		.help = "what to do" },
	{ .name = "queues",
		.type = PG_ARGS_U64,
		.value = &conf.queues,
		.min = 1,
		.max = UK_NETDEV_QUEUES_MAX,
		.help = "queue pairs" },
	{ .name = "burst",
		.type = PG_ARGS_U64,
		.value = &conf.burst,
		.min = 1,
		.max = UK_BURST_MAX,
		.help = "most frames per call" },
	{ .name = "duration",
		.type = PG_ARGS_U64,
		.value = &conf.duration,
		.max = 1000000,
		.help = "seconds, 0: for ever" },
	{ .name = "desc",
		.type = PG_ARGS_U64,
		.value = &conf.desc,
		.max = 32768,
		.help = "descriptors per ring, 0: 256" },
	{ .name = "size",
		.type = PG_ARGS_SIZES,
		.value = &conf.flow.sizes,
		.min = PG_FLOW_SIZE_MIN,
		.max = PG_FLOW_SIZE_MAX,
		.help = "frame sizes with CRC" },
	{ .name = "rate",
		.type = PG_ARGS_U64,
		.value = &conf.rate,
		.max = 1000000000,
		.help = "frames a second per queue, 0: no limit" },
	{ .name = "count",
		.type = PG_ARGS_U64,
		.value = &conf.count,
		.max = UINT64_MAX / 2,
		.help = "frames per queue, 0: no limit" },
	{ .name = "src",
		.type = PG_ARGS_IPS,
		.value = &conf.flow.src_ip,
		.help = "source addresses" },
	{ .name = "dst",
		.type = PG_ARGS_IPS,
		.value = &conf.flow.dst_ip,
		.help = "destination addresses" },
	{ .name = "sport",
		.type = PG_ARGS_PORTS,
		.value = &conf.flow.src_port,
		.max = 65535,
		.help = "source ports" },
	{ .name = "dport",
		.type = PG_ARGS_PORTS,
		.value = &conf.flow.dst_port,
		.max = 65535,
		.help = "destination ports" },
	{ .name = "smac",
		.type = PG_ARGS_MAC,
		.value = conf.flow.src_mac,
		.given = &conf.src_mac_given,
		.help = "source address, default the device's" },
	{ .name = "dmac",
		.type = PG_ARGS_MAC,
		.value = conf.flow.dst_mac,
		.help = "destination address" },
	{ .name = "ttl",
		.type = PG_ARGS_U64,
		.value = &conf.ttl,
		.min = 1,
		.max = 255,
		.help = "time to live" },
	{ .name = "csum",
		.type = PG_ARGS_BOOL,
		.value = &conf.flow.udp_csum,
		.help = "UDP check sums" },
	{ .name = "stamp",
		.type = PG_ARGS_BOOL,
		.value = &conf.stamp,
		.help = "time stamps, for latency" },
	{ .name = "check",
		.type = PG_ARGS_BOOL,
		.value = &conf.check,
		.help = "look for probes in what comes" },
	{ .name = "pcap",
		.type = PG_ARGS_BOOL,
		.value = &conf.replay,
		.help = "send the boot module pcap" },
	{ .name = "loops",
		.type = PG_ARGS_U64,
		.value = &conf.loops,
		.max = 1000000000,
		.help = "times to send it, 0: no limit" },
};

static int gen_open_capture(struct pg_pcap_totals *t)
{
	struct uk_module m;
	int rc = uk_module_find("pcap", &m);

	if (rc < 0) {
		printf("pktgen: there is no boot module pcap (%s): start the machine with --module pcap=FILE\n",
			strerror(-rc));
		return rc;
	}
	rc = pg_pcap_open(&gen[0].pcap, m.data, m.len);
	if (rc == 0)
		rc = pg_pcap_check(&gen[0].pcap, 14, PG_FLOW_SIZE_MAX - PG_FLOW_CRC_BYTES, t);
	if (rc < 0)
		printf("pktgen: %s\n", gen[0].pcap.error);
	return rc;
}

static int gen_start(void)
{
	struct pg_pcap_totals t = { 0 };
	char error[PG_FLOW_ERROR_MAX];

	conf.flow.ttl = (uint8_t)conf.ttl;
	if (!conf.src_mac_given)
		memcpy(conf.flow.src_mac, uk_netdev_hwaddr_get(port.dev), 6);
	if (pg_flow_check(&conf.flow, PG_FLOW_SIZE_MAX, error) < 0) {
		printf("pktgen: %s\n", error);
		return -1;
	}
	if (conf.replay && gen_open_capture(&t) < 0)
		return -1;
	for (uint16_t q = 0; q < conf.queues; q++) {
		struct pg_generator *g = &gen[q];

		g->burst = (uint16_t)conf.burst;
		g->stamp = conf.stamp;
		g->replay = conf.replay;
		g->pcap = gen[0].pcap;
		g->left = conf.replay && conf.loops > 0 ? conf.loops * t.nb_frames : conf.count;
		g->left = g->left != 0 ? g->left : UINT64_MAX;
		conf.flow.stream = q;
		pg_flow_start(&g->flow, &conf.flow);
		if (pg_rate_start(&g->rate, conf.rate, uk_clock_hz(), (uint32_t)conf.burst,
			    uk_clock_cycles()) < 0 ||
			pg_generator_pool(g, 512 + UK_BURST_MAX,
				conf.replay ? t.longest : g->flow.longest) < 0) {
			printf("pktgen: too little memory for frames of this size, give the machine more (--mem)\n");
			return -1;
		}
	}
	return 0;
}

/* One round over all queues, begun at cycle `from`; false when there is nothing left to do. */
static bool pktgen_round(uint64_t from)
{
	bool more = conf.mode != MODE_TX;
	uint32_t n = 0;

	for (uint16_t q = 0; q < port.nb_queues; q++) {
		if (conf.mode != MODE_RX) {
			n += pg_generator_round(&gen[q], port.dev, q);
			more |= !pg_generator_done(&gen[q]);
		}
		if (conf.mode != MODE_TX)
			n += pg_sink_round(&sink[q], port.dev, q);
	}
	if (n > 0)
		pg_meter_round(&meter, from, n);
	return more;
}

/* The sinks' counts, all queues together. */
static void pktgen_report(void *arg)
{
	static struct pg_sink all;

	(void)arg;
	if (conf.mode == MODE_TX)
		return;
	memset(&all, 0, sizeof(all));
	all.check = conf.check;
	for (uint16_t q = 0; q < port.nb_queues; q++) {
		all.nb_other += sink[q].nb_other;
		pg_hist_merge(&all.latency, &sink[q].latency);
	}
	/* A stream arrives on one queue, so its numbers were followed there only. */
	for (unsigned s = 0; s < PG_SINK_STREAMS; s++) {
		for (uint16_t q = 0; q < port.nb_queues; q++) {
			if (sink[q].seq[s].nb_received > all.seq[s].nb_received)
				all.seq[s] = sink[q].seq[s];
		}
	}
	pg_sink_report(&all);
}

int main(int argc, char **argv)
{
	char error[PG_ARGS_ERROR_MAX];

	if (pg_args_parse(options, UK_ARRAY_SIZE(options), argc - 1, argv + 1, error) < 0) {
		printf("pktgen: %s\n", error);
		return 2;
	}
	if (pg_port_open(&port, 0,
		    &(struct pg_port_conf){ .nb_queues = (uint16_t)conf.queues,
			    .nb_desc = (uint16_t)conf.desc,
			    .extra_bufs = UK_BURST_MAX,
			    .promiscuous = true,
			    .fetch = conf.check ? UK_NETDEV_FETCH_READ : UK_NETDEV_FETCH_NONE }) <
		0)
		return 1;
	if (conf.mode != MODE_RX && gen_start() < 0)
		return 1;
	for (uint16_t q = 0; q < conf.queues; q++) {
		sink[q].burst = (uint16_t)conf.burst;
		sink[q].check = conf.check;
	}
	meter.extra = pktgen_report;
	pg_meter_start(&meter, port.dev, conf.duration);
	for (uint64_t now = uk_clock_cycles();
		pg_meter_due(&meter, port.dev, now) && pktgen_round(now);)
		now = uk_clock_cycles();
	pg_meter_result(&meter, port.dev);
	return 0;
}
