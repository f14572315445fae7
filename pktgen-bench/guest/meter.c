/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include "pktgen-bench/guest/meter.h"
#include "plat-kvm/boot.h"

#define SEC_NS        1000000000ull
#define LOOK_PER_SEC  50 /* how often the clock is looked at */
#define SERVICE_LOOKS 10 /* the device is looked after at every 10th: 5 times a second */

static void meter_sum(struct uk_netdev_qstats *to, const struct uk_netdev_qstats *q)
{
	to->packets += q->packets;
	to->bytes += q->bytes;
	to->errors += q->errors;
	to->nombuf += q->nombuf;
	to->notify += q->notify;
	to->resets += q->resets;
}

static void meter_print(struct pg_meter *m, struct uk_netdev *dev, const char *type)
{
	struct uk_netdev_qstats rx = { 0 }, tx = { 0 }, q;

	for (uint16_t i = 0; i < dev->nb_rx_queues; i++) {
		uk_netdev_rxq_stats_get(dev, i, &q);
		meter_sum(&rx, &q);
	}
	for (uint16_t i = 0; i < dev->nb_tx_queues; i++) {
		uk_netdev_txq_stats_get(dev, i, &q);
		meter_sum(&tx, &q);
	}
	printf("@{\"type\":\"%s\",\"t\":%.6f,\"rx_pkts\":%" PRIu64 ",\"rx_bytes\":%" PRIu64
	       ",\"tx_pkts\":%" PRIu64 ",\"tx_bytes\":%" PRIu64 ",\"busy_cycles\":%" PRIu64
	       ",\"busy_pkts\":%" PRIu64 ",\"rx_errors\":%" PRIu64 ",\"tx_errors\":%" PRIu64
	       ",\"nombuf\":%" PRIu64 ",\"notify\":%" PRIu64 ",\"resets\":%" PRIu64,
		type, (double)(uk_clock_ns() - m->start_ns) / SEC_NS, rx.packets, rx.bytes,
		tx.packets, tx.bytes, m->busy_cycles, m->busy_pkts, rx.errors, tx.errors, rx.nombuf,
		rx.notify + tx.notify, rx.resets);
	if (m->extra != NULL)
		m->extra(m->extra_arg);
	printf("}\n");
}

void pg_meter_start(struct pg_meter *m, const struct uk_netdev *dev, uint64_t duration_s)
{
	const char *ring = uk_netdev_einfo_get((struct uk_netdev *)dev, UK_NETDEV_EINFO_RING);

	m->start_ns = uk_clock_ns();
	m->next_tick_ns = m->start_ns + SEC_NS;
	m->end_ns = duration_s != 0 ? m->start_ns + duration_s * SEC_NS : UINT64_MAX;
	m->next_cycles = 0;
	printf("@{\"type\":\"ready\",\"driver\":\"%s\",\"ring\":\"%s\",\"queues\":%u,\"hz\":%" PRIu64
	       "}\n",
		uk_netdev_drv_name_get(dev), ring != NULL ? ring : "", dev->nb_rx_queues,
		uk_clock_hz());
}

/* Once: the time from the machine's entry to its first packet, by the clock that starts there. */
static void meter_first(struct pg_meter *m)
{
	if (m->first_ns != 0 || m->busy_pkts == 0)
		return;
	m->first_ns = uk_clock_ns();
	printf("@{\"type\":\"first_packet\",\"since_main_ns\":%" PRIu64
	       ",\"since_entry_ns\":%" PRIu64 "}\n",
		m->first_ns - m->start_ns, m->first_ns);
}

bool pg_meter_look(struct pg_meter *m, struct uk_netdev *dev)
{
	static unsigned looks;
	uint64_t now = uk_clock_ns();

	m->next_cycles = uk_clock_cycles() + uk_clock_hz() / LOOK_PER_SEC;
	meter_first(m);
	if (++looks % SERVICE_LOOKS == 0)
		(void)!uk_netdev_service();
	if (now >= m->next_tick_ns) {
		meter_print(m, dev, "tick");
		/* A machine that slept does not catch up on ticks. */
		m->next_tick_ns += (now - m->next_tick_ns) / SEC_NS * SEC_NS + SEC_NS;
	}
	return now < m->end_ns;
}

void pg_meter_result(struct pg_meter *m, struct uk_netdev *dev)
{
	meter_print(m, dev, "result");
}
