/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A middlebox: runs a Click configuration until its driver stops.
 *
 *	nf [intr=0|1] [bufs=N] [large=N] [ring=N] [burst=N] [stats=SECONDS] [NAME=VALUE ...]
 *
 * intr: sleep when there is nothing to do. bufs: packet buffers, large: those for 64 KiB (0: by the
 * memory there is). Any other NAME=VALUE defines a $variable of the configuration; $ETH0_MAC,
 *$ETH1_MAC ... are the devices' addresses.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "dataplane/netdev_driver.h"
#include "kernel/malloc.h"
#include "kernel/random.h"
#include "nf-apps/click/addr.h"
#include "nf-apps/nf/channel.h"
#include "nf-apps/nf/main.h"
#include "nf-apps/nf/device_arm.h"
#include "plat-kvm/boot.h"
#include "plat-kvm/clock.h"

const struct uk_alloc_ops *const uk_alloc_image = &uk_tlsf_ops;
const struct uk_netdev_driver *const uk_netdev_drivers[] = { &uk_virtio_net_driver, NULL };

/* Packets go depth first through the graph: an element on the way takes up to 2 KiB. */
UK_BOOT_STACK_MORE(448 << 10);

#define DEFINES_MAX 64
/* Rounds without work before a machine in interrupt mode sleeps. */
#define IDLE_ROUNDS 1000
/* Devices are looked after, and reports printed, when this much time has passed. */
#define LOOK_NS 200000000ull
/* The control channel is looked at each so many rounds, and at least each so often while asleep. */
#define CONTROL_ROUNDS 256
#define CONTROL_NS     100000000ull
#define SEC_NS         1000000000ull

struct main_conf {
	uint64_t intr, bufs, large, ring, burst, stats;
	struct nf_config_define defines[DEFINES_MAX];
	unsigned nb_defines, nb_fixed; /* the first were compiled in */
};

struct main_loop {
	struct nf_core core;
	struct nf_router *router;
	uint64_t next_look_ns, next_stats_ns;
	bool saw_packet;
};

static const struct {
	const char *name;
	size_t off;
	uint64_t min, max;
} main_options[] = {
	{ "intr", offsetof(struct main_conf, intr), 0, 1 },
	{ "bufs", offsetof(struct main_conf, bufs), 0, 1u << 22 },
	{ "large", offsetof(struct main_conf, large), 0, 1u << 16 },
	{ "ring", offsetof(struct main_conf, ring), 32, 32768 },
	{ "burst", offsetof(struct main_conf, burst), 1, UK_BURST_MAX },
	{ "stats", offsetof(struct main_conf, stats), 0, 1u << 20 },
};

/* Variables whose values were compiled in. */
static void main_fixed(struct main_conf *c)
{
	const struct nf_config_define *v;
	unsigned nb = nf_main_defines(&v);

	for (unsigned i = 0; i < nb && i < DEFINES_MAX; i++)
		c->defines[c->nb_defines++] = v[i];
	c->nb_fixed = c->nb_defines;
}

static int main_option(struct main_conf *c, char *word)
{
	char *equals = strchr(word, '=');
	uint64_t v;

	if (equals == NULL || equals == word) {
		printf("nf: '%s' is not NAME=VALUE\n", word);
		return -EINVAL;
	}
	*equals = '\0';
	for (unsigned i = 0; i < UK_ARRAY_SIZE(main_options); i++) {
		if (strcmp(word, main_options[i].name) != 0)
			continue;
		if (nf_addr_u64(equals + 1, &v) < 0 || v < main_options[i].min ||
			v > main_options[i].max) {
			printf("nf: %s is a number from %lu to %lu\n", word, main_options[i].min,
				main_options[i].max);
			return -EINVAL;
		}
		memcpy((uint8_t *)c + main_options[i].off, &v, sizeof(v));
		return 0;
	}
	for (unsigned i = 0; i < c->nb_fixed; i++) {
		if (strcmp(word, c->defines[i].name) == 0) {
			printf("nf: $%s was fixed when this configuration was compiled\n", word);
			return -EINVAL;
		}
	}
	if (c->nb_defines == DEFINES_MAX) {
		printf("nf: more than %u variables\n", DEFINES_MAX);
		return -EINVAL;
	}
	c->defines[c->nb_defines++] = (struct nf_config_define){ word, equals + 1 };
	return 0;
}

/*
 * $ETH0_MAC and so on: the addresses of the machine's devices, unless the words say otherwise. A
 * compiled configuration keeps these open (nf-apps/twin/compile.c).
 */
static void main_define_macs(struct main_conf *c)
{
	static char names[NF_DEVICE_MAX][16], values[NF_DEVICE_MAX][NF_ADDR_ETHER_LEN];

	for (unsigned i = 0; i < uk_netdev_count() && i < NF_DEVICE_MAX; i++) {
		struct uk_netdev *dev = uk_netdev_get(i);
		bool known = false;

		(void)snprintf(names[i], sizeof(names[i]), "ETH%u_MAC", i);
		for (unsigned k = 0; k < c->nb_defines; k++)
			known |= strcmp(c->defines[k].name, names[i]) == 0;
		if (known || c->nb_defines == DEFINES_MAX || uk_netdev_probe(dev) < 0)
			continue;
		nf_addr_print_ether(uk_netdev_hwaddr_get(dev)->addr_bytes, values[i]);
		c->defines[c->nb_defines++] = (struct nf_config_define){ names[i], values[i] };
	}
}

/* A quarter of the heap for usual buffers and a sixteenth for large ones, unless told otherwise. */
static int main_pools(const struct main_conf *c, struct nf_packet_pools *pools)
{
	size_t heap = uk_malloc_heap->total_bytes;
	uint64_t bufs = c->bufs, large = c->large;

	if (bufs == 0) {
		bufs = heap / 4 / 2240;
		bufs = bufs > 16384 ? 16384 : bufs;
	}
	if (large == 0) {
		large = heap / 16 / NF_PACKET_LARGE_BYTES;
		large = large > 64 ? 64 : large;
	}
	if (bufs < 64 || nf_packet_pools_create(pools, (uint32_t)bufs, (uint32_t)large) < 0) {
		printf("nf: too little memory for packet buffers, give the machine more (--mem)\n");
		return -ENOMEM;
	}
	return 0;
}

static int main_router(struct main_loop *l, const struct main_conf *c)
{
	struct nf_errors errs = { 0 };
	const char *text, *file;
	size_t len;
	int rc = nf_main_text(&text, &len, &file);

	if (rc < 0)
		return rc;
	rc = nf_router_load(
		&l->core, text, len, file, c->defines, c->nb_defines, NULL, &l->router, &errs);
	if (errs.text.len > 0)
		printf("%s", nf_text_get(&errs.text));
	if (rc < 0)
		printf("nf: the configuration can not be run: %u error%s\n", errs.nb_errors,
			errs.nb_errors == 1 ? "" : "s");
	else
		nf_main_made(l->router);
	nf_errors_free(&errs);
	return rc;
}

/* Packets that any device received. */
static uint64_t main_received(void)
{
	struct uk_netdev_qstats st;
	uint64_t nb = 0;

	for (unsigned i = 0; i < uk_netdev_count(); i++) {
		struct uk_netdev *dev = uk_netdev_get(i);

		if (uk_netdev_state_get(dev) != UK_NETDEV_RUNNING)
			continue;
		uk_netdev_rxq_stats_get(dev, 0, &st);
		nb += st.packets;
	}
	return nb;
}

static uint64_t main_sent(void)
{
	struct uk_netdev_qstats st;
	uint64_t nb = 0;

	for (unsigned i = 0; i < uk_netdev_count(); i++) {
		struct uk_netdev *dev = uk_netdev_get(i);

		if (uk_netdev_state_get(dev) != UK_NETDEV_RUNNING)
			continue;
		uk_netdev_txq_stats_get(dev, 0, &st);
		nb += st.packets;
	}
	return nb;
}

static void main_report(const struct main_loop *l, const char *type)
{
	printf("@{\"type\":\"%s\",\"t\":%.6f,\"rx_pkts\":%lu,\"tx_pkts\":%lu,\"busy_cycles\":%lu,\"busy_pkts\":%lu,\"rounds\":%lu,\"heap_bytes\":%lu}\n",
		type, (double)uk_clock_ns() / SEC_NS, main_received(), main_sent(),
		l->core.busy_cycles, main_received(), l->core.rounds, uk_malloc_heap->used_bytes);
}

/* Once: the time from the machine's entry to its first sent packet. */
static void main_first(struct main_loop *l)
{
	if (main_sent() == 0)
		return;
	l->saw_packet = true;
	printf("@{\"type\":\"first_packet\",\"since_entry_ns\":%lu}\n", uk_clock_ns());
}

/* What is not for every round: devices' health, the console. */
static void main_look(struct main_loop *l, const struct main_conf *c)
{
	uint64_t now = l->core.now_ns;

	l->next_look_ns = now + LOOK_NS;
	(void)!uk_netdev_service();
	nf_device_reclaim();
	if (c->stats > 0 && now >= l->next_stats_ns) {
		l->next_stats_ns = now + c->stats * SEC_NS;
		main_report(l, "tick");
	}
}

/* Until a packet comes, a timer is due, or it is time for a look. */
static void main_sleep(struct main_loop *l)
{
	uint64_t until = nf_core_next_ns(&l->core), control = uk_clock_ns() + CONTROL_NS;

	if (until > control)
		until = control;
	if (until > l->next_look_ns)
		until = l->next_look_ns;
	if (nf_device_arm() == 0)
		uk_netdev_idle(until);
	nf_device_disarm();
}

/* A client may have changed the router, or stopped it. */
static void main_control(struct main_loop *l)
{
	(void)nf_channel_poll(l->router);
	l->router = nf_router_switch(l->router);
}

static void main_run(struct main_loop *l, const struct main_conf *c)
{
	unsigned idle = 0;

	while (!l->core.stopping) {
		bool work = nf_core_round(&l->core);

		if (UK_UNLIKELY(l->router->driver_stops > 0))
			nf_router_check_stop(l->router);
		if (UK_UNLIKELY(l->core.rounds % CONTROL_ROUNDS == 0))
			main_control(l);
		if (UK_UNLIKELY(l->core.now_ns >= l->next_look_ns))
			main_look(l, c);
		if (UK_UNLIKELY(work && !l->saw_packet))
			main_first(l);
		if (work)
			idle = 0;
		else if (c->intr && ++idle > IDLE_ROUNDS) {
			main_sleep(l);
			main_control(l);
		}
	}
}

int main(int argc, char **argv)
{
	static struct main_loop l;
	static struct main_conf c = { .ring = 256, .burst = UK_BURST_MAX };
	struct nf_packet_pools pools;
	uint32_t key[8];

	main_fixed(&c);
	for (int i = 1; i < argc; i++) {
		if (main_option(&c, argv[i]) < 0)
			return 2;
	}
	nf_device_intr = c.intr;
	nf_device_ring = (uint16_t)c.ring;
	if (main_pools(&c, &pools) < 0)
		return 1;
	nf_core_init(&l.core, &pools, 0);
	uk_random_bytes(key, sizeof(key));
	nf_core_random_start(&l.core, key);
	l.core.burst = (uint16_t)c.burst;
	nf_channel_start();
	main_define_macs(&c);
	if (main_router(&l, &c) < 0)
		return 1;
	l.next_stats_ns = uk_clock_ns() + c.stats * SEC_NS;
	printf("@{\"type\":\"ready\",\"elements\":%u,\"hz\":%lu,\"since_entry_ns\":%lu}\n",
		l.router->nb_elements, uk_clock_hz(), uk_clock_ns());
	main_run(&l, &c);
	main_report(&l, "result");
	nf_router_destroy(l.router);
	return 0;
}
