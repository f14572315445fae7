/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel/test/later.h"

#include <string.h>
#include "kernel/wait.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/test/fake_plat.h"

#define NB_MAX 8u

static struct {
	void (*fn)(long arg);
	uint64_t at_ns;
	long arg;
} todo[NB_MAX];

static uint64_t later_poll(struct uk_wait_poller *p)
{
	uint64_t next = UK_WAIT_FOREVER;

	for (unsigned i = 0; i < NB_MAX; i++) {
		void (*fn)(long arg) = todo[i].fn;

		if (fn == NULL)
			continue;
		if (uk_clock_ns() >= todo[i].at_ns) {
			todo[i].fn = NULL;
			fn(todo[i].arg);
		} else if (todo[i].at_ns < next)
			next = todo[i].at_ns;
	}
	return next;
}

void later(uint64_t ns, void (*fn)(long arg), long arg)
{
	static struct uk_wait_poller poller = { .poll = later_poll };
	static bool added;
	unsigned i = 0;

	if (!added)
		uk_wait_poller_add(&poller);
	added = true;
	while (i < NB_MAX && todo[i].fn != NULL)
		i++;
	if (i == NB_MAX)
		fake_plat_fail("too much is to happen later");
	todo[i].fn = fn;
	todo[i].at_ns = ns;
	todo[i].arg = arg;
}

void later_reset(void)
{
	memset(todo, 0, sizeof(todo));
}
