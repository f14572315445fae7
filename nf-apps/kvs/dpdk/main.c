/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key-value store on DPDK, as a Linux program in a guest's place: net_virtio_user at a vhost-user socket, one core
 * that polls. Front end and store are the image's.
 */

#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <rte_cycles.h>
#include "nf-apps/kvs/dpdk/eth.h"
#include "nf-apps/kvs/net_report.h"

#define SEC_NS      1000000000ull
#define LOOK_NS     50000000ull
#define TIDY_ROUNDS 256
#define HUGE_BYTES  (2ul << 20)

struct main_loop {
	struct nf_args args;
	struct nf_eth eth;
	struct nf_kvs *kvs;
	void *memory;
	uint64_t start_cycles, ns_mult; /* ns of a cycle, times 2^32 */
	uint64_t unix_s, next_look_ns, next_stats_ns;
	uint64_t rounds, busy_cycles, busy_pkts;
};

static volatile sig_atomic_t main_stop;

static void main_signal(int signum)
{
	main_stop = signum;
}

UK_INLINE uint64_t main_ns(const struct main_loop *l, uint64_t cycles)
{
	return (uint64_t)((unsigned __int128)(cycles - l->start_cycles) * l->ns_mult >> 32);
}

static unsigned main_last_core(void)
{
	cpu_set_t set;
	unsigned core = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 0;
	while (core > 0 && !CPU_ISSET(core, &set))
		core--;
	return core;
}

/* Pages of 2 MiB, as a guest has them; what the kernel makes of small ones if there are too few. */
static void *main_memory(size_t bytes)
{
	int flags =
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE; /* the first touch of a page is dear */
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_HUGETLB, -1, 0);

	if (p != MAP_FAILED)
		return p;
	fprintf(stderr,
		"kvs-dpdk: the store is not in hugepages: too few are free (see /proc/sys/vm/nr_hugepages)\n");
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags & ~MAP_POPULATE, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	(void)madvise(p, bytes, MADV_HUGEPAGE);
	return p;
}

static int main_store(struct main_loop *l)
{
	uint64_t random[2];
	struct nf_kvs_conf conf;

	l->args.opts.mem = UK_ALIGN_UP(l->args.opts.mem, HUGE_BYTES);
	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -1;
	conf = nf_net_opts_kvs(&l->args.opts, random);
	conf.store.memory = l->memory = main_memory(conf.store.bytes);
	l->kvs = l->memory != NULL ? nf_kvs_create(&conf) : NULL;
	if (l->kvs != NULL)
		return 0;
	fprintf(stderr, "kvs-dpdk: the store can not be made in %" PRIu64 " bytes of memory\n",
		l->args.opts.mem);
	return -1;
}

static void main_report(struct main_loop *l, uint64_t now)
{
	struct nf_net_report r = { .t = (double)now / SEC_NS,
		.busy_cycles = l->busy_cycles,
		.busy_pkts = l->busy_pkts,
		.rounds = l->rounds,
		.unsent = l->eth.nb_unsent,
		.parts = l->eth.nb_parts };

	nf_eth_figures(&l->eth, &r.rx_pkts, &r.tx_pkts, &r.bufs_free, &r.bufs);
	nf_net_report(&r, l->kvs, &l->eth.net, 1);
	fflush(stdout);
}

static void main_look(struct main_loop *l, uint64_t now)
{
	l->next_look_ns = now + LOOK_NS;
	l->unix_s = (uint64_t)time(NULL);
	nf_kvs_tick(l->kvs, now, l->unix_s);
	nf_net_timers(l->eth.net, now);
	if (l->args.opts.stats > 0 && now >= l->next_stats_ns) {
		l->next_stats_ns = now + l->args.opts.stats * SEC_NS;
		main_report(l, now);
	}
}

static void main_run(struct main_loop *l)
{
	unsigned idle = 0;

	for (; !main_stop; l->rounds++) {
		uint64_t from = rte_rdtsc(), now = main_ns(l, from);
		unsigned moved;

		if (UK_UNLIKELY(now >= l->next_look_ns))
			main_look(l, now);
		moved = nf_eth_round(&l->eth, l->kvs, now, l->unix_s);
		if (UK_LIKELY(moved > 0)) {
			idle = 0;
			l->busy_cycles += rte_rdtsc() - from;
			l->busy_pkts += moved;
		} else if (++idle % TIDY_ROUNDS == 0) {
			nf_kvs_idle(l->kvs);
		}
	}
	main_report(l, main_ns(l, rte_rdtsc()));
}

static void main_signals(void)
{
	struct sigaction stop = { .sa_handler = main_signal }, ignore = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGTERM, &stop, NULL);
	(void)sigaction(SIGINT, &stop, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
}

static int main_start(struct main_loop *l)
{
	if (nf_eth_environment_start(&l->args) < 0)
		return -1;
	if (main_store(l) < 0)
		return -1;
	l->ns_mult = (uint64_t)(((unsigned __int128)SEC_NS << 32) / rte_get_tsc_hz());
	l->start_cycles = rte_rdtsc();
	if (nf_eth_open(&l->eth, &l->args, l->kvs) < 0)
		return -1;
	l->next_stats_ns = l->args.opts.stats * SEC_NS;
	main_look(l, 0);
	printf("@{\"type\":\"ready\",\"cards\":1,\"hz\":%" PRIu64 "}\n", rte_get_tsc_hz());
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	static struct main_loop l;
	int rc;

	l.args.core = main_last_core();
	rc = nf_args_parse(&l.args, argc, argv);
	if (rc > 0)
		return rc - 1;
	main_signals();
	if (main_start(&l) < 0)
		return 1;
	main_run(&l);
	nf_eth_close(&l.eth);
	nf_kvs_destroy(l.kvs);
	(void)munmap(l.memory, l.args.opts.mem);
	nf_eth_environment_stop();
	return 0;
}
