/* SPDX-License-Identifier: BSD-3-Clause */
/* An engine with a few small classes of its own, for tests: a core, packet pools, one router. */
#ifndef SLUICE_NF_APPS_CLICK_TEST_ENGINE_H
#define SLUICE_NF_APPS_CLICK_TEST_ENGINE_H

#include "nf-apps/click/router.h"

struct engine {
	struct nf_packet_pools pools;
	struct nf_core core;
	struct nf_router *router;
};

/* The clock, which only tests move. */
extern uint64_t engine_now_ns;
/* What classes have noted, in order: TestNote's tasks and timers add their element's name. */
extern struct nf_text engine_log;

/* 0: it runs that configuration. */
int engine_start(struct engine *eng, const char *config);
/* Only the core and the pools. */
void engine_begin(struct engine *eng);
/* Ends all; 0: every packet came back. */
int engine_stop(struct engine *eng);

/* State of the classes TestNote ("0/0"), TestPass ("1/1", agnostic), TestPush ("-/-", push),
 * TestPull ("1/1", pull), TestStore ("1/1", push to pull), TestDrain ("1/0", pull). */
struct engine_state {
	struct nf_task task;
	struct nf_timer timer;
	char *noted;
	uint64_t nb, kept;
	bool unschedule; /* the task unschedules itself when it runs */
	bool again;      /* the timer sets itself again */
};

#endif
