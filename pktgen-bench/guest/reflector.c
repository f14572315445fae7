/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends each frame back where it came from, with the Ethernet addresses swapped. When the
 * transmit ring is full it waits and receives nothing: what can not be sent is then dropped by the
 *sender's side, where it is counted, and never here.
 *
 *	reflector [queues=N] [burst=N] [duration=SECONDS] [intr=0|1] [swap=0|1] [desc=N]
 */
#include <stdio.h>
#include <string.h>
#include "dataplane/netdev_driver.h"
#include "kernel/alloc.h"
#include "pktgen-bench/guest/args.h"
#include "pktgen-bench/guest/meter.h"
#include "pktgen-bench/guest/port.h"

const struct uk_alloc_ops *const uk_alloc_image = &uk_region_ops;
const struct uk_netdev_driver *const uk_netdev_drivers[] = { &uk_virtio_net_driver, NULL };

/* Idle rounds before a machine in interrupt mode arms its interrupts. */
#define IDLE_ROUNDS 1000

struct conf {
	uint64_t queues, burst, duration, desc;
	bool intr, swap;
};

/* Bytes 0..5 and 6..11 change places: two loads, three shifts, two stores. */
static inline void refl_swap(uint8_t *p)
{
	uint64_t lo;
	uint32_t hi;

	memcpy(&lo, p, 8);
	memcpy(&hi, p + 8, 4);
	uint64_t dst = lo & 0xffffffffffffull, src = lo >> 48 | (uint64_t)hi << 16;

	lo = src | dst << 48;
	hi = (uint32_t)(dst >> 16);
	memcpy(p, &lo, 8);
	memcpy(p + 8, &hi, 4);
}

/* Received, not sent yet: v[from..from + nb). */
struct refl_queue {
	uint16_t from, nb;
	struct uk_netbuf *v[UK_BURST_MAX];
};

static struct refl_queue queues[UK_NETDEV_QUEUES_MAX];

static void refl_receive(struct pg_port *p, uint16_t q, const struct conf *c, struct refl_queue *r)
{
	uint16_t n = (uint16_t)c->burst;

	if (uk_netdev_rx_burst(p->dev, q, r->v, &n) <= 0)
		return;
	for (uint16_t i = 0; c->swap && i < n; i++) {
		if (UK_LIKELY(r->v[i]->len >= 12))
			refl_swap(r->v[i]->data);
	}
	r->from = 0;
	r->nb = n;
}

/* Receives only when all is sent. What a device that is gone does not take waits until it is back.
 */
static uint16_t refl_round(
	struct pg_port *p, uint16_t q, const struct conf *c, struct pg_meter *m, uint64_t from)
{
	struct refl_queue *r = &queues[q];
	uint16_t sent;

	if (r->nb == 0)
		refl_receive(p, q, c, r);
	if (r->nb == 0)
		return 0;
	sent = r->nb;
	(void)uk_netdev_tx_burst(p->dev, q, r->v + r->from, &sent);
	r->from += sent;
	r->nb -= sent;
	if (sent > 0)
		pg_meter_round(m, from, sent);
	return sent + r->nb;
}

/* True when the machine slept or may poll on; arms every queue first, and finds packets that came
 * meanwhile. */
static void refl_sleep(struct pg_port *p, struct pg_meter *m)
{
	bool quiet = true;

	for (uint16_t q = 0; q < p->nb_queues; q++)
		quiet &= uk_netdev_rxq_intr_enable(p->dev, q) == 0;
	if (quiet)
		uk_netdev_idle(m->next_tick_ns < m->end_ns ? m->next_tick_ns : m->end_ns);
	for (uint16_t q = 0; q < p->nb_queues; q++)
		(void)!uk_netdev_rxq_intr_disable(p->dev, q);
	m->next_cycles = 0;
}

static void refl_loop(struct pg_port *p, const struct conf *c, struct pg_meter *m)
{
	unsigned idle = 0;

	for (uint64_t now = uk_clock_cycles(); pg_meter_due(m, p->dev, now);
		now = uk_clock_cycles()) {
		uint16_t n = 0;

		for (uint16_t q = 0; q < p->nb_queues; q++)
			n += refl_round(p, q, c, m, q == 0 ? now : uk_clock_cycles());
		if (n > 0)
			idle = 0;
		else if (c->intr && ++idle > IDLE_ROUNDS)
			refl_sleep(p, m);
	}
}

int main(int argc, char **argv)
{
	struct conf c = { .queues = 1, .burst = 32, .swap = true };
	const struct pg_args_option options[] = {
		{ .name = "queues",
			.type = PG_ARGS_U64,
			.value = &c.queues,
			.min = 1,
			.max = UK_NETDEV_QUEUES_MAX,
			.help = "queue pairs" },
		{ .name = "burst",
			.type = PG_ARGS_U64,
			.value = &c.burst,
			.min = 1,
			.max = UK_BURST_MAX,
			.help = "most frames per call" },
		{ .name = "duration",
			.type = PG_ARGS_U64,
			.value = &c.duration,
			.max = 1000000,
			.help = "seconds, 0: for ever" },
		{ .name = "desc",
			.type = PG_ARGS_U64,
			.value = &c.desc,
			.max = 32768,
			.help = "descriptors per ring, 0: 256" },
		{ .name = "intr",
			.type = PG_ARGS_BOOL,
			.value = &c.intr,
			.help = "sleep when idle" },
		{ .name = "swap",
			.type = PG_ARGS_BOOL,
			.value = &c.swap,
			.help = "swap Ethernet addresses" },
	};
	static struct pg_port port;
	static struct pg_meter meter;
	char error[PG_ARGS_ERROR_MAX];

	if (pg_args_parse(options, UK_ARRAY_SIZE(options), argc - 1, argv + 1, error) < 0) {
		printf("reflector: %s\n", error);
		return 2;
	}
	if (pg_port_open(&port, 0,
		    &(struct pg_port_conf){ .nb_queues = (uint16_t)c.queues,
			    .nb_desc = (uint16_t)c.desc,
			    .extra_bufs = UK_BURST_MAX,
			    .intr = c.intr,
			    .promiscuous = true }) < 0)
		return 1;
	pg_meter_start(&meter, port.dev, c.duration);
	refl_loop(&port, &c, &meter);
	pg_meter_result(&meter, port.dev);
	return 0;
}
