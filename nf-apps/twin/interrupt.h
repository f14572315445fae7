/* SPDX-License-Identifier: BSD-3-Clause */
/* What the twin's main loop has to do with signals that scripts listen to (click/interrupt.h). */
#ifndef SLUICE_NF_APPS_TWIN_INTERRUPT_H
#define SLUICE_NF_APPS_TWIN_INTERRUPT_H

#include <stdbool.h>

/* Does a script listen to it? */
bool nf_interrupt_taken(unsigned number);
/* Runs the scripts of all signals that came. Between rounds. */
void nf_interrupt_run(void);

#endif
