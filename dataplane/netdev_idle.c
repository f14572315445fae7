/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/netdev_driver.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/idle.h"

#define SERVICE_NS 250000000ull /* a lost back end is noticed within this */

/* Disarms and tells each queue whose interrupt fired; returns how many. */
static unsigned idle_fired(struct uk_netdev *dev)
{
	unsigned nb = 0;

	for (uint16_t q = 0; q < dev->nb_rx_queues; q++) {
		if (dev->rx_conf[q].callback == NULL || !dev->ops->rxq_intr_fired(dev, q))
			continue;
		dev->rx_armed &= ~(1u << q);
		dev->rx_conf[q].callback(dev, q, dev->rx_conf[q].callback_cookie);
		nb++;
	}
	return nb;
}

static unsigned idle_events(void)
{
	unsigned nb = 0;

	for (unsigned i = 0; i < uk_netdev_count(); i++) {
		struct uk_netdev *dev = uk_netdev_get(i);

		if (dev->state == UK_NETDEV_RUNNING && dev->ops->rxq_intr_fired != NULL)
			nb += idle_fired(dev);
	}
	return nb;
}

/* Whether every queue that is in interrupt mode is armed: only then may the machine sleep. */
static bool idle_quiet(void)
{
	for (unsigned i = 0; i < uk_netdev_count(); i++) {
		const struct uk_netdev *dev = uk_netdev_get(i);

		for (unsigned q = 0; dev->state == UK_NETDEV_RUNNING && q < dev->nb_rx_queues;
			q++) {
			if (dev->rx_conf[q].callback != NULL && !(dev->rx_armed & 1u << q))
				return false;
		}
	}
	return true;
}

void uk_netdev_idle(uint64_t deadline_ns)
{
	static uint64_t next_service_ns;
	uint64_t now;

	do {
		now = uk_clock_ns();
		if (now >= next_service_ns) {
			uk_netdev_service();
			next_service_ns = now + SERVICE_NS;
		}
		if (idle_events() > 0 || !idle_quiet() || now >= deadline_ns)
			return;
		uk_idle_until(deadline_ns < next_service_ns ? deadline_ns : next_service_ns);
	} while (true);
}
