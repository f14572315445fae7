/* SPDX-License-Identifier: BSD-3-Clause */
/* Between core.c, task.c and timer.c: one step of each, for a round. */
#ifndef SLUICE_NF_APPS_CLICK_SCHEDULE_H
#define SLUICE_NF_APPS_CLICK_SCHEDULE_H

#include "nf-apps/click/core.h"

/* Runs the task whose turn it is; there is one. Returns whether it did work. */
bool nf_task_run_next(struct nf_core *c);

/* Runs the timers that are due at c->now_ns; returns whether there was one. */
bool nf_timer_run_due(struct nf_core *c);

#endif
