/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key-value store on raw network cards: memcached's protocols over UDP, without a stack below them.
 *
 *	kvs [port=N] [mem=SIZE] [items=N] [item-max=SIZE] [evict=0|1] [intr=0|1] [burst=N] [ring=N] [bufs=N] [offload=0|1] [stats=SECONDS]
 *
 * Addresses come from the boot options netdev0.ip=ADDRESS/BITS and netdev0.ip6=ADDRESS (netdev1... for more cards);
 * docs/kvs.md says more.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dataplane/netdev_driver.h"
#include "kernel/malloc.h"
#include "nf-apps/kvs/netdev/card.h"
#include "nf-apps/kvs/net_report.h"
#include "nf-apps/kvs/netdev/start.h"
#include "plat-kvm/clock.h"

const struct uk_alloc_ops *const uk_alloc_image = &uk_tlsf_ops;
const struct uk_netdev_driver *const uk_netdev_drivers[] = { &uk_virtio_net_driver, NULL };

/* Rounds without work before a machine in interrupt mode sleeps, and before the store tidies up. */
#define IDLE_ROUNDS 1000
#define TIDY_ROUNDS 256
#define SEC_NS      1000000000ull
/* Timers and reports are looked at so often; devices at each fifth time: that costs exits. */
#define LOOK_NS     50000000ull
#define SERVICE_NTH 5

struct main_loop {
	struct nf_start s;
	uint64_t wall_ns; /* Unix time when the clock was at 0 */
	uint64_t unix_s;
	uint64_t next_look_ns, next_stats_ns;
	uint64_t looks, rounds, busy_cycles, busy_pkts, conflicts;
};

static void main_report(const struct main_loop *l)
{
	struct nf_net_report r = { .t = (double)uk_clock_ns() / SEC_NS,
		.busy_cycles = l->busy_cycles,
		.busy_pkts = l->busy_pkts,
		.rounds = l->rounds };
	struct nf_net *nets[NF_START_CARDS];

	for (unsigned i = 0; i < l->s.nb_cards; i++) {
		const struct nf_card *c = &l->s.cards[i];
		struct uk_netdev_qstats rx, tx;
		uint16_t none = 0;

		(void)uk_netdev_tx_burst(c->dev, 0, NULL, &none); /* what was sent comes back */
		uk_netdev_rxq_stats_get(c->dev, 0, &rx);
		uk_netdev_txq_stats_get(c->dev, 0, &tx);
		r.rx_pkts += rx.packets;
		r.tx_pkts += tx.packets;
		r.resets += rx.resets;
		r.bufs_free += c->pool->nb_free;
		r.bufs += c->pool->nb_total;
		r.unsent += c->nb_unsent;
		r.parts += c->nb_parts;
		nets[i] = c->net;
	}
	nf_net_report(&r, l->s.kvs, nets, l->s.nb_cards);
}

/* An address that somebody else has, too: worth a line, once in a while. */
static void main_conflicts(struct main_loop *l)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < l->s.nb_cards; i++)
		sum += nf_net_counts(l->s.cards[i].net)[NF_NET_CONFLICTS];
	if (sum == l->conflicts)
		return;
	if (l->conflicts == 0)
		printf("kvs: somebody else on the network has an address of this machine\n");
	l->conflicts = sum;
}

/* What is not for every round: timers, the cards' health, reports. */
static void main_look(struct main_loop *l, uint64_t now)
{
	l->next_look_ns = now + LOOK_NS;
	l->unix_s = (l->wall_ns + now) / SEC_NS;
	nf_kvs_tick(l->s.kvs, now, l->unix_s);
	for (unsigned i = 0; i < l->s.nb_cards; i++)
		nf_net_timers(l->s.cards[i].net, now);
	if (l->looks++ % SERVICE_NTH == 0) {
		(void)!uk_netdev_service();
		main_conflicts(l);
	}
	if (l->s.opts.stats > 0 && now >= l->next_stats_ns) {
		l->next_stats_ns = now + l->s.opts.stats * SEC_NS;
		main_report(l);
	}
}

/* Until a packet comes or it is time for a look. */
static void main_sleep(struct main_loop *l)
{
	bool quiet = true;

	for (unsigned i = 0; i < l->s.nb_cards; i++)
		quiet &= uk_netdev_rxq_intr_enable(l->s.cards[i].dev, 0) == 0 &&
			 l->s.cards[i].wait.nb == 0;
	if (quiet)
		uk_netdev_idle(l->next_look_ns);
	for (unsigned i = 0; i < l->s.nb_cards; i++)
		(void)!uk_netdev_rxq_intr_disable(l->s.cards[i].dev, 0);
}

static UK_NORETURN void main_run(struct main_loop *l)
{
	unsigned idle = 0;

	for (;; l->rounds++) {
		uint64_t from = uk_clock_cycles(), now = uk_clock_ns();
		unsigned moved = 0;

		if (UK_UNLIKELY(now >= l->next_look_ns))
			main_look(l, now);
		for (unsigned i = 0; i < l->s.nb_cards; i++)
			moved += nf_card_round(&l->s.cards[i], l->s.kvs, now, l->unix_s);
		if (UK_LIKELY(moved > 0)) {
			idle = 0;
			l->busy_cycles += uk_clock_cycles() - from;
			l->busy_pkts += moved;
			continue;
		}
		if (++idle % TIDY_ROUNDS == 0)
			nf_kvs_idle(l->s.kvs);
		if (l->s.opts.intr && idle > IDLE_ROUNDS)
			main_sleep(l);
	}
}

int main(int argc, char **argv)
{
	static struct main_loop l;

	l.s.opts = nf_net_opts_default;
	for (int i = 1; i < argc; i++) {
		if (nf_net_opts_word(&l.s.opts, "kvs", argv[i]) < 0)
			return 2;
	}
	if (nf_start(&l.s) < 0)
		return 1;
	l.wall_ns = uk_clock_wall_ns() - uk_clock_ns();
	l.next_stats_ns = uk_clock_ns() + l.s.opts.stats * SEC_NS;
	main_look(&l, uk_clock_ns());
	printf("@{\"type\":\"ready\",\"cards\":%u,\"hz\":%lu,\"since_entry_ns\":%lu}\n",
		l.s.nb_cards, uk_clock_hz(), uk_clock_ns());
	main_run(&l);
}
