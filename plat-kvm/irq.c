/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include "plat-kvm/irq.h"
#include "plat-kvm/nucleus.h"

static unsigned next_vector = NUCLEUS_VEC_TIMER + 1;

int uk_irq_alloc(void)
{
	if (next_vector == NUCLEUS_NB_VEC)
		return -ENOSPC;
	return (int)next_vector++;
}

int uk_irq_route_gsi(unsigned gsi, unsigned vector)
{
	return uk_nucleus_call(NUCLEUS_CALL_IRQ_ROUTE, gsi % 24, vector, gsi / 24) == 0 ? 0
											: -EINVAL;
}

/* Intel SDM vol. 3, 10.11: fixed delivery, edge, to APIC 0. */
void uk_irq_msi(unsigned vector, uint64_t *addr, uint32_t *data)
{
	*addr = NUCLEUS_LAPIC;
	*data = vector;
}

bool uk_irq_pending(unsigned vector)
{
	if (vector >= NUCLEUS_NB_VEC || !uk_nucleus_pending[vector])
		return false;
	uk_nucleus_pending[vector] = 0;
	return true;
}

bool uk_irq_any(void)
{
	for (unsigned v = NUCLEUS_VEC_TIMER + 1; v < next_vector; v++) {
		if (uk_nucleus_pending[v])
			return true;
	}
	return false;
}
