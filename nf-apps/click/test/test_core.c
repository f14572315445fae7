/* SPDX-License-Identifier: BSD-3-Clause */
/* Tasks by their tickets, timers, and what happens to both when they change while they run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/test/engine.h"

static struct engine eng;

static struct engine_state *core_state(const char *name)
{
	struct nf_element *e = nf_router_find(eng.router, name);

	assert_non_null(e);
	return e->state;
}

static int core_setup(void **state)
{
	return engine_start(&eng, "a :: TestNote; b :: TestNote; c :: TestNote");
}

static int core_teardown(void **state)
{
	return engine_stop(&eng);
}

static void test_tickets(void **state)
{
	struct engine_state *a = core_state("a"), *b = core_state("b"), *c = core_state("c");

	nf_task_tickets_set(&a->task, 1024);
	nf_task_tickets_set(&b->task, 2048);
	nf_task_tickets_set(&c->task, 512);
	nf_task_schedule(&a->task);
	nf_task_schedule(&b->task);
	nf_task_schedule(&c->task);
	for (unsigned i = 0; i < 700; i++)
		assert_true(nf_core_round(&eng.core));
	assert_in_range(a->nb * 2, b->nb - 4, b->nb + 4);
	assert_in_range(c->nb * 4, b->nb - 8, b->nb + 8);
	assert_int_equal(a->nb, a->task.nb_runs);
	nf_task_tickets_set(&a->task, 0);
	assert_int_equal(a->task.tickets, 1);
	nf_task_tickets_set(&a->task, UINT32_MAX);
	assert_int_equal(a->task.tickets, NF_TASK_TICKETS_MAX);
}

static void test_unschedule(void **state)
{
	struct engine_state *a = core_state("a"), *b = core_state("b");

	nf_task_unschedule(&a->task);
	a->unschedule = true;
	nf_task_schedule(&a->task);
	nf_task_schedule(&a->task);
	nf_task_schedule(&b->task);
	nf_core_round(&eng.core);
	nf_core_round(&eng.core);
	assert_int_equal(a->nb, 1);
	assert_true(b->nb >= 2);
	assert_false(a->task.scheduled);
	nf_task_unschedule(&b->task);
	assert_false(nf_core_round(&eng.core));
	nf_task_schedule(&a->task);
	assert_true(nf_core_round(&eng.core));
	assert_int_equal(a->nb, 2);
}

/* The heap in order, and moved and cancelled ones. */
static void test_timers(void **state)
{
	struct engine_state *a = core_state("a"), *b = core_state("b"), *c = core_state("c");

	assert_int_equal(nf_core_next_ns(&eng.core), UINT64_MAX);
	nf_timer_cancel(&a->timer);
	assert_int_equal(nf_timer_after_ns(&a->timer, 300), 0);
	assert_int_equal(nf_timer_after_ns(&b->timer, 100), 0);
	assert_int_equal(nf_timer_after_ns(&c->timer, 200), 0);
	assert_int_equal(nf_core_next_ns(&eng.core), engine_now_ns + 100);
	assert_false(nf_core_round(&eng.core));
	assert_int_equal(nf_timer_after_ns(&b->timer, 400), 0); /* moves it */
	engine_now_ns += 250;
	assert_true(nf_core_round(&eng.core));
	assert_string_equal(nf_text_get(&engine_log), "c");
	nf_timer_cancel(&a->timer);
	assert_false(nf_timer_is_set(&a->timer));
	engine_now_ns += 1000;
	assert_true(nf_core_round(&eng.core));
	assert_string_equal(nf_text_get(&engine_log), "cb");
	assert_int_equal(nf_timer_after_ns(&a->timer, UINT64_MAX), 0);
	assert_int_equal(nf_core_next_ns(&eng.core), UINT64_MAX - 1);
}

/* One that sets itself for now runs once a round. */
static void test_timer_again(void **state)
{
	struct engine_state *a = core_state("a");

	a->again = true;
	assert_int_equal(nf_timer_after_ns(&a->timer, 0), 0);
	for (unsigned i = 0; i < 5; i++)
		assert_true(nf_core_round(&eng.core));
	assert_int_equal(a->nb, 5);
}

/* A router that ends takes its timers and tasks with it; one beside it keeps its own. */
static void test_destroy(void **state)
{
	struct nf_router *other = NULL;
	struct nf_errors errs = { 0 };
	struct engine_state *s;

	assert_int_equal(nf_router_load(&eng.core, "x :: TestNote", 13, "test", NULL, 0, NULL,
				 &other, &errs),
		0);
	for (unsigned i = 0; i < 3; i++) {
		s = eng.router->elements[i]->state;
		nf_task_schedule(&s->task);
		assert_int_equal(nf_timer_after_ns(&s->timer, i), 0);
	}
	s = other->elements[0]->state;
	nf_task_schedule(&s->task);
	assert_int_equal(nf_timer_after_ns(&s->timer, 2), 0);
	nf_router_destroy(eng.router);
	eng.router = other;
	assert_int_equal(eng.core.nb_timers, 1);
	engine_now_ns += 10;
	assert_true(nf_core_round(&eng.core));
	assert_string_equal(nf_text_get(&engine_log), "xx");
}

/* Many timers, set and cancelled in any order: they run by their times. */
static void test_heap(void **state)
{
	static struct nf_timer timers[500];
	struct nf_element *e = nf_router_find(eng.router, "a");
	struct engine_state *s = e->state;
	uint64_t last = 0;

	for (unsigned i = 0; i < 500; i++) {
		timers[i] = s->timer;
		assert_int_equal(nf_timer_at_ns(&timers[i],
					 engine_now_ns + nf_core_random(&eng.core) % 10000),
			0);
	}
	for (unsigned i = 0; i < 500; i += 3)
		nf_timer_cancel(&timers[i]);
	for (unsigned i = 1; i < 500; i += 3)
		assert_int_equal(nf_timer_at_ns(&timers[i],
					 engine_now_ns + nf_core_random(&eng.core) % 10000),
			0);
	assert_int_equal(eng.core.nb_timers, 333);
	while (eng.core.nb_timers > 0) {
		assert_true(nf_core_next_ns(&eng.core) >= last);
		last = nf_core_next_ns(&eng.core);
		nf_timer_cancel(eng.core.timers[0]);
	}
}

#define CORE_TEST(f) cmocka_unit_test_setup_teardown(f, core_setup, core_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CORE_TEST(test_tickets),
		CORE_TEST(test_unschedule),
		CORE_TEST(test_timers),
		CORE_TEST(test_timer_again),
		CORE_TEST(test_destroy),
		CORE_TEST(test_heap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
