/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals of the operating system, for scripts that run when one arrives. Which kind it is, is
 * chosen when the program is linked: the twin has Linux' signals (nf-apps/twin/interrupt.c), an
 * image has none (nf-apps/nf/interrupt.c). A signal is noted when it comes and told between two
 * rounds.
 */
#ifndef SLUICE_NF_APPS_CLICK_INTERRUPT_H
#define SLUICE_NF_APPS_CLICK_INTERRUPT_H

#include "nf-apps/click/router.h"

/* "INT", "HUP", "10"; -EINVAL: there is none of that name. */
int nf_interrupt_number(const char *name);

/* From now on `run` is called once when that signal came; then it has its default effect again. */
int nf_interrupt_listen(unsigned number, struct nf_element *e, void (*run)(struct nf_element *e))
	UK_MUST_USE;
/* The process' own number, for $$; 0: it has none. */
unsigned nf_interrupt_self(void);
/* Sends a signal to a process. 0 or -errno. */
int nf_interrupt_send(unsigned number, uint64_t process) UK_MUST_USE;
/* Forgets all that the element listens to. */
void nf_interrupt_forget(const struct nf_element *e);

#endif
