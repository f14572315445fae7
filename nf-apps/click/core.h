/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one core runs: tasks in turn, timers when they are due, and the packet pools. A
 * core outlives its routers: a live change makes a second router on it and ends the first.
 * Nothing is shared between cores. Thread: the core's own, for everything here.
 *
 * Tasks take turns by stride scheduling (Waldspurger and Weihl, 1995), as in Click: one with twice
 * the tickets runs twice as often.
 */
#ifndef SLUICE_NF_APPS_CLICK_CORE_H
#define SLUICE_NF_APPS_CLICK_CORE_H

#include <stdbool.h>
#include "nf-apps/click/packet.h"

struct nf_core;
struct nf_element;
struct nf_router;

/* Returns true if it did some work. A task stays scheduled until it says nf_task_unschedule. */
typedef bool (*nf_task_fn)(struct nf_element *e, void *arg);

struct nf_task {
	nf_task_fn run;
	struct nf_element *e;
	void *arg;
	uint32_t tickets;
	uint32_t stride, pass;
	bool scheduled;
	struct nf_task *next; /* of the scheduled ones, by pass */
	uint64_t nb_runs, nb_work;
	uint16_t nb_active, nb_space; /* active signals that it listens to; signal.h keeps them */
};

#define NF_TASK_TICKETS     1024 /* as many as one has if nobody says otherwise */
#define NF_TASK_TICKETS_MAX (1u << 15)

/* Any task is made ready by init; it is part of the element's state. */
void nf_task_init(struct nf_task *t, struct nf_element *e, nf_task_fn run, void *arg);
void nf_task_tickets_set(struct nf_task *t, uint32_t tickets);
/* May be called in any state, also from the task itself. */
void nf_task_schedule(struct nf_task *t);
void nf_task_unschedule(struct nf_task *t);

typedef void (*nf_timer_fn)(struct nf_element *e, void *arg);

struct nf_timer {
	nf_timer_fn run;
	struct nf_element *e;
	void *arg;
	uint64_t due_ns; /* of nf_core_now_ns */
	uint32_t place;  /* in the heap, + 1; 0: not set */
};

void nf_timer_init(struct nf_timer *t, struct nf_element *e, nf_timer_fn run, void *arg);
/* Sets or moves it. Runs once; a timer that is to go on sets itself again. -ENOMEM */
int nf_timer_at_ns(struct nf_timer *t, uint64_t due_ns);
int nf_timer_after_ns(struct nf_timer *t, uint64_t ns);
void nf_timer_cancel(struct nf_timer *t);

UK_INLINE bool nf_timer_is_set(const struct nf_timer *t)
{
	return t->place != 0;
}

struct nf_core {
	struct nf_packet_pools pools;
	struct nf_task *tasks; /* scheduled ones, the next to run first */
	uint32_t pass;
	struct nf_timer **timers; /* heap, earliest first */
	uint32_t nb_timers, room_timers;
	uint64_t now_ns;                    /* monotonic; read once a round, see nf_core_now_ns */
	uint32_t random_key[8], random[16]; /* of nf_core_random, and what is left of a block */
	uint32_t nb_random, nb_blocks;
	uint16_t burst; /* most packets that a source makes at once, 1..UK_BURST_MAX */
	struct nf_router
		*next_router;  /* made by a live change: the program's loop goes on with it */
	uint32_t nb_congested; /* ToDevices that hold packets back: FromDevices wait meanwhile */
	bool stopping;         /* the program's loop ends */
	uint64_t busy_cycles, rounds; /* cycles in rounds that did work */
};

/* `seed` makes the same random numbers each time: for tests; nf_core_random_start for others. Thread: boot. */
void nf_core_init(struct nf_core *c, const struct nf_packet_pools *pools, uint64_t seed);
/* Random numbers by this key from here on. */
void nf_core_random_start(struct nf_core *c, const uint32_t key[8]);
void nf_core_random_more(struct nf_core *c);
void nf_core_cleanup(struct nf_core *c);

/*
 * One round: due timers, then each scheduled task at most once in the order of their passes.
 * Returns whether a task did work or a timer ran.
 */
bool nf_core_round(struct nf_core *c);

/* When the next timer is due; UINT64_MAX: none. */
uint64_t nf_core_next_ns(const struct nf_core *c);

/* Time of the round, monotonic; costs nothing. */
UK_INLINE uint64_t nf_core_now_ns(const struct nf_core *c)
{
	return c->now_ns;
}

/* Nanoseconds since 1970, of now. Cost: a clock read. */
uint64_t nf_core_wall_ns(void);

/* Random 32 bits that nobody can tell from those before (ChaCha20, RFC 8439). Cost: some 20 cycles. */
UK_INLINE uint32_t nf_core_random(struct nf_core *c)
{
	if (UK_UNLIKELY(c->nb_random == 0))
		nf_core_random_more(c);
	return c->random[--c->nb_random];
}

#endif
