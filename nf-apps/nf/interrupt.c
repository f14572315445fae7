/* SPDX-License-Identifier: BSD-3-Clause */
/* An image has no operating system that would send it signals. */
#include <errno.h>
#include "nf-apps/click/interrupt.h"

int nf_interrupt_number(const char *name)
{
	return -EINVAL;
}

int nf_interrupt_listen(unsigned number, struct nf_element *e, void (*run)(struct nf_element *e))
{
	return -EINVAL;
}

unsigned nf_interrupt_self(void)
{
	return 0;
}

int nf_interrupt_send(unsigned number, uint64_t process)
{
	return -ENOSYS;
}

void nf_interrupt_forget(const struct nf_element *e)
{
}
