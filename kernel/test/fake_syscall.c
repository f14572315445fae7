/* SPDX-License-Identifier: BSD-3-Clause */
/* System calls of a host test: those that the files under test added, by uk_syscall; the rest is ENOSYS. */
#include <errno.h>
#include <stddef.h>
#include "kernel/syscall.h"
#include "plat-kvm/idle.h"

static struct uk_syscall_set *sets;

static int fake_idle_until(uint64_t deadline_ns)
{
	uk_idle_until(deadline_ns);
	return 0;
}

int (*uk_syscall_sleep)(uint64_t deadline_ns) = fake_idle_until;

void uk_syscall_add(struct uk_syscall_set *set)
{
	set->next = sets;
	sets = set;
}

long uk_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	const long args[6] = { a, b, c, d, e, f };
	long result;

	for (const struct uk_syscall_set *set = sets; set != NULL; set = set->next) {
		if (set->call(n, args, &result))
			return result;
	}
	return -ENOSYS;
}
