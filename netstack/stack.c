/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include <lwip/init.h>
#include <lwip/timeouts.h>
#include "kernel/wait.h"
#include "netstack/address.h"
#include "netstack/netif.h"
#include "netstack/stack.h"
#include "plat-kvm/boot.h"
#include "plat-kvm/clock.h"

#define NETIFS_MAX     16
#define NB_BUFFERS_MIN 1024
#define NB_BUFFERS_MAX 16384
#define BUFFER_BYTES   2560 /* of a receive buffer, about */
#define SERVICE_NS     500000000ull
/*
 * Going to sleep and being woken costs some 100 us here; so an idle machine spins for a while before. How long adapts: it
 * doubles when a packet came soon after the machine lay down, and halves when it slept well.
 */
#define SPIN_MIN_NS 10000ull
#define SPIN_MAX_NS 500000ull

static struct {
	struct uk_netif *netif[NETIFS_MAX];
	unsigned nb_netifs;
	bool started, inside, poll;
	bool asleep; /* interrupts were armed in the last round */
	uint64_t busy_ns, spin_ns, service_ns;
	struct uk_stack_batch *batches;
	struct uk_wait_queue addresses; /* woken when one changes */
	struct uk_wait_poller poller;
} stack;

/* -- the loop -- */

static unsigned stack_receive(void)
{
	unsigned nb = 0;

	for (unsigned i = 0; i < stack.nb_netifs; i++) {
		uk_netif_take_back(stack.netif[i]);
		nb += uk_netif_poll(stack.netif[i]);
	}
	return nb;
}

void uk_stack_flush(void)
{
	for (unsigned i = 0; i < stack.nb_netifs; i++)
		uk_netif_flush(stack.netif[i]);
}

static bool stack_queued(void)
{
	for (unsigned i = 0; i < stack.nb_netifs; i++) {
		if (stack.netif[i]->nb_queued > 0)
			return true;
	}
	return false;
}

static void stack_service(uint64_t now)
{
	if (now < stack.service_ns)
		return;
	stack.service_ns = now + SERVICE_NS;
	(void)uk_netdev_service();
	for (unsigned i = 0; i < stack.nb_netifs; i++)
		uk_netif_service(stack.netif[i]);
}

/* Each card rings when a packet comes. False: one has a packet already. */
static bool stack_arm(void)
{
	for (unsigned i = 0; i < stack.nb_netifs; i++) {
		struct uk_netdev *dev = stack.netif[i]->dev;

		if (!(dev->rx_armed & 1u) && uk_netdev_rxq_intr_enable(dev, 0) != 0)
			return false;
	}
	return true;
}

static void stack_disarm(void)
{
	for (unsigned i = 0; i < stack.nb_netifs; i++) {
		struct uk_netdev *dev = stack.netif[i]->dev;

		if ((dev->rx_armed & 1u) && uk_netdev_rxq_intr_disable(dev, 0) < 0)
			continue; /* the device is away, and so are its interrupts */
	}
	stack.asleep = false;
}

static uint64_t stack_busy(uint64_t now)
{
	uint64_t pause = now - stack.busy_ns;

	if (stack.asleep) {
		stack_disarm();
		if (pause < SPIN_MAX_NS)
			stack.spin_ns =
				stack.spin_ns * 2 < SPIN_MAX_NS ? stack.spin_ns * 2 : SPIN_MAX_NS;
		else
			stack.spin_ns =
				stack.spin_ns / 2 > SPIN_MIN_NS ? stack.spin_ns / 2 : SPIN_MIN_NS;
	}
	stack.busy_ns = now;
	return 0;
}

static uint64_t stack_deadline(uint64_t now)
{
	uint64_t due = now + (uint64_t)sys_timeouts_sleeptime() * 1000000u;

	return due < stack.service_ns ? due : stack.service_ns;
}

static uint64_t stack_idle(uint64_t now)
{
	if (stack.poll || now - stack.busy_ns < stack.spin_ns)
		return 0;
	stack.asleep = true;
	return stack_arm() ? stack_deadline(now) : 0;
}

uint64_t uk_stack_poll(void)
{
	uint64_t now = uk_clock_ns();
	unsigned nb;

	UK_ASSERT(!stack.inside); /* a callback of lwIP may not wait */
	stack.inside = true;
	nb = stack_receive();
	for (struct uk_stack_batch *b = stack.batches; b != NULL; b = b->next)
		b->run(b);
	sys_check_timeouts();
	netif_poll_all();
	uk_stack_flush();
	stack_service(now);
	stack.inside = false;
	return nb > 0 || stack_queued() ? stack_busy(now) : stack_idle(now);
}

void uk_stack_batch_add(struct uk_stack_batch *b)
{
	b->next = stack.batches;
	stack.batches = b;
}

static uint64_t stack_poller(struct uk_wait_poller *p)
{
	return uk_stack_poll();
}

/* -- start -- */

static void stack_changed(void)
{
	uk_wait_wake_all(&stack.addresses);
}

/* An eighth of the memory for receive buffers, a quarter for lwIP. */
static uint32_t stack_nb_buffers(void)
{
	size_t nb = uk_boot_ram_bytes() / 8 / BUFFER_BYTES / (stack.nb_netifs + 1);

	return nb < NB_BUFFERS_MIN   ? NB_BUFFERS_MIN
	       : nb > NB_BUFFERS_MAX ? NB_BUFFERS_MAX
				     : (uint32_t)nb;
}

static int stack_add(unsigned id, struct uk_netif_conf conf)
{
	struct uk_netif *ni = uk_netif_create(uk_netdev_get(id), id, &conf);

	if (ni == NULL)
		return -EIO;
	stack.netif[stack.nb_netifs++] = ni;
	if (netif_default == NULL)
		netif_set_default(&ni->lw);
	return uk_address_start(&ni->lw, id);
}

static bool stack_option(const char *key, const char *value)
{
	const char *given = uk_boot_arg(key);

	return given != NULL && strcmp(given, value) == 0;
}

int uk_stack_start(const struct uk_stack_conf *conf)
{
	static const struct uk_stack_conf none;
	struct uk_netif_conf nc;
	unsigned nb = uk_netdev_count();
	int rc = 0;

	if (stack.started)
		return 0;
	if (conf == NULL)
		conf = &none;
	stack.started = true;
	stack.poll = conf->poll || stack_option("netstack.poll", "") ||
		     stack_option("netstack.poll", "1");
	stack.spin_ns = SPIN_MAX_NS;
	uk_port_limit(uk_boot_ram_bytes() / 4);
	lwip_init();
	uk_address_watch(stack_changed);
	nc.ring = conf->ring;
	nc.no_offloads = conf->no_offloads || stack_option("netstack.offloads", "0");
	nc.nb_buffers = conf->nb_buffers > 0 ? conf->nb_buffers : stack_nb_buffers();
	for (unsigned i = 0; i < nb && i < NETIFS_MAX && rc == 0; i++)
		rc = stack_add(i, nc);
	if (rc < 0)
		return rc;
	stack.poller.poll = stack_poller;
	uk_wait_poller_add(&stack.poller);
	uk_wait_sleep = uk_netdev_idle;
	return 0;
}

/* -- questions -- */

int uk_stack_wait_address(unsigned i, uint64_t deadline_ns)
{
	UK_ASSERT(i < stack.nb_netifs);
	while (!uk_address_ready(&stack.netif[i]->lw, i)) {
		int rc = uk_wait(&stack.addresses, deadline_ns);

		if (rc < 0)
			return rc;
	}
	return 0;
}

uint32_t uk_stack_room(struct pbuf *p)
{
	const struct uk_netbuf *nb;

	if (p->ref != 1 || p->next != NULL || !uk_netif_rx_is(p))
		return 0;
	nb = uk_netif_rx_netbuf(p);
	return (uint32_t)(nb->buf + nb->buflen - (uint8_t *)p->payload);
}

struct netif *uk_stack_netif(unsigned i)
{
	return i < stack.nb_netifs ? &stack.netif[i]->lw : NULL;
}

void uk_stack_buffers(unsigned i, uint32_t *nb_free, uint32_t *nb_total)
{
	UK_ASSERT(i < stack.nb_netifs);
	*nb_free = stack.netif[i]->rx_pool->nb_free;
	*nb_total = stack.netif[i]->rx_pool->nb_total;
}
