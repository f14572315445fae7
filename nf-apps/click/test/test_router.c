/* SPDX-License-Identifier: BSD-3-Clause */
/* Routers: what is refused and how it is told, push and pull, cycles, live changes, stop requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/click/test/engine.h"

static struct engine eng;

static int rt_setup(void **state)
{
	engine_begin(&eng);
	return 0;
}

static int rt_teardown(void **state)
{
	return engine_stop(&eng);
}

static void rt_load(const char *config)
{
	struct nf_errors errs = { 0 };
	int rc = nf_router_load(
		&eng.core, config, strlen(config), "t", NULL, 0, NULL, &eng.router, &errs);

	assert_string_equal(nf_text_get(&errs.text), "");
	assert_int_equal(rc, 0);
}

static void rt_refused(const char *config, unsigned nb, const char *const words[])
{
	struct nf_errors errs = { 0 };
	struct nf_router *r = NULL;

	assert_int_equal(
		nf_router_load(&eng.core, config, strlen(config), "t", NULL, 0, NULL, &r, &errs),
		-EINVAL);
	if (errs.nb_errors != nb)
		print_message("%s", nf_text_get(&errs.text));
	assert_int_equal(errs.nb_errors, nb);
	for (; *words != NULL; words++)
		assert_non_null(strstr(nf_text_get(&errs.text), *words));
	nf_errors_free(&errs);
}

/* Every error of one kind is told in one go. */
static void test_errors(void **state)
{
	rt_refused("a :: Nothing; b :: TestNot; c :: TestNote;", 2,
		(const char *const[]){
			"t:1: unknown element class 'Nothing'", "did you mean 'TestNote'?", NULL });
	rt_refused("a :: TestNote(FAIL true);\nb :: TestNote(FAIL true);\nc :: TestNote(x)", 3,
		(const char *const[]){
			"t:1: told to fail", "t:2: told to fail", "t:3: too many", NULL });
	rt_refused("a :: TestPass; b :: TestNote;\na -> b; a[3] -> b", 2,
		(const char *const[]){ "'b :: TestNote' has too many inputs",
			"'a :: TestPass' has too many outputs", NULL });
}

static void test_push_pull(void **state)
{
	const struct nf_element *a, *b;

	rt_load("TestPush -> a :: TestPass -> TestStore -> b :: TestPass -> l :: TestPull -> d :: TestDrain");
	a = nf_router_find(eng.router, "a");
	b = nf_router_find(eng.router, "b");
	assert_true(a->in[0].is_push && a->out[0].is_push);
	assert_false(b->in[0].is_push || b->out[0].is_push);
	assert_ptr_equal(a->out[0].peer->class, nf_router_class("TestStore"));
	assert_ptr_equal(b->in[0].peer, a->out[0].peer);
}

static void test_conflict(void **state)
{
	rt_refused("TestPush -> a :: TestPass -> TestPull -> TestDrain", 1,
		(const char *const[]){ "agnostic 'a :: TestPass' in mixed context", NULL });
}

/* A packet that goes round and round ends as a counted drop. */
static void test_cycle(void **state)
{
	struct uk_netbuf *p;
	struct nf_element *a;

	rt_load("a :: TestPush; b :: TestPush; a -> b -> a");
	a = nf_router_find(eng.router, "a");
	p = nf_packet_alloc(&eng.pools, 0, 60);
	assert_non_null(p);
	a->class->push(a, 0, &p, 1);
	assert_int_equal(
		a->drops[NF_ELEMENT_LOOP] + nf_router_find(eng.router, "b")->drops[NF_ELEMENT_LOOP],
		1);
}

static void test_unconnected(void **state)
{
	struct uk_netbuf *p;
	struct nf_element *a;

	rt_load("a :: TestPush");
	a = nf_router_find(eng.router, "a");
	p = nf_packet_alloc(&eng.pools, 0, 60);
	a->class->push(a, 0, &p, 1);
	assert_int_equal(a->drops[NF_ELEMENT_UNCONNECTED], 1);
}

static void test_change(void **state)
{
	struct nf_errors errs = { 0 };
	struct engine_state *s;
	static const char good[] = "b :: TestNote; a :: TestNote; c :: TestPush",
			  bad[] = "a :: TestNote; z :: Nothing";

	rt_load("a :: TestNote; b :: TestPush; c :: TestNote");
	s = nf_router_find(eng.router, "a")->state;
	s->kept = 77;
	nf_router_find(eng.router, "a")->drops[0] = 5;
	s = nf_router_find(eng.router, "b")->state;
	s->kept = 88;
	assert_int_equal(nf_router_change(eng.router, bad, sizeof(bad) - 1, "n", &errs), -EINVAL);
	assert_ptr_equal(nf_router_switch(eng.router), eng.router);
	nf_errors_free(&errs);
	assert_int_equal(nf_router_change(eng.router, good, sizeof(good) - 1, "n", &errs), 0);
	assert_int_equal(nf_router_change(eng.router, good, sizeof(good) - 1, "n", &errs), -EINVAL);
	nf_errors_free(&errs);
	eng.router = nf_router_switch(eng.router);
	assert_int_equal(eng.router->nb_elements, 3);
	s = nf_router_find(eng.router, "a")->state;
	assert_int_equal(s->kept, 77);
	assert_int_equal(nf_router_find(eng.router, "a")->drops[0], 5);
	s = nf_router_find(eng.router, "b")->state; /* another class now */
	assert_int_equal(s->kept, 0);
}

static unsigned rt_asked;

static bool rt_on_stop(struct nf_element *e)
{
	return ++rt_asked < 3;
}

static void test_stop(void **state)
{
	struct nf_errors errs = { 0 };

	rt_load("a :: TestNote");
	nf_router_check_stop(eng.router);
	assert_false(eng.core.stopping);
	eng.router->on_stop = rt_on_stop;
	eng.router->manager = eng.router->elements[0];
	rt_asked = 0;
	nf_router_stop_driver(eng.router);
	assert_int_equal(nf_handler_write(eng.router, NULL, "stop", "", &errs), 0);
	nf_router_check_stop(eng.router);
	assert_int_equal(rt_asked, 2);
	assert_false(eng.core.stopping);
	nf_router_stop_driver(eng.router);
	nf_router_stop_driver(eng.router);
	nf_router_check_stop(eng.router);
	assert_int_equal(rt_asked, 3);
	assert_true(eng.core.stopping);
}

static void test_handlers(void **state)
{
	struct nf_errors errs = { 0 };
	struct nf_text out = { 0 };
	struct nf_element *from;

	rt_load("elementclass C { n :: TestNote }; c :: C; n :: TestNote; c/m :: TestNote");
	from = nf_router_find(eng.router, "c/m");
	assert_int_equal(nf_handler_read(eng.router, from, "n.name", "", &out, &errs), 0);
	assert_int_equal(nf_handler_read(eng.router, NULL, "n.name", "", &out, &errs), 0);
	assert_int_equal(nf_handler_read(eng.router, NULL, "c/n.echo", "!", &out, &errs), 0);
	assert_string_equal(nf_text_get(&out), "c/nn!");
	nf_text_free(&out);
	assert_int_equal(nf_handler_read(eng.router, NULL, "x.name", "", &out, &errs), -ENOENT);
	assert_int_equal(nf_handler_read(eng.router, NULL, "n.x", "", &out, &errs), -ENOENT);
	assert_int_equal(nf_handler_read(eng.router, NULL, "n.note", "", &out, &errs), -EACCES);
	assert_int_equal(nf_handler_write(eng.router, NULL, "n.echo", "", &errs), -EACCES);
	assert_int_equal(nf_handler_read(eng.router, NULL, "", "", &out, &errs), -ENOENT);
	assert_int_equal(nf_handler_read(eng.router, NULL, ".", "", &out, &errs), -ENOENT);
	assert_int_equal(nf_handler_read(eng.router, NULL, "#0.name", "", &out, &errs), -ENOENT);
	assert_int_equal(nf_handler_read(eng.router, NULL, "99.name", "", &out, &errs), -ENOENT);
	assert_int_equal(errs.nb_errors, 8);
	assert_int_equal(nf_handler_read(eng.router, NULL, ".list", "", &out, &errs), 0);
	assert_string_equal(nf_text_get(&out), "3\nn\nc/m\nc/n\n");
	nf_text_free(&out);
	nf_errors_free(&errs);
}

#define RT_TEST(f) cmocka_unit_test_setup_teardown(f, rt_setup, rt_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RT_TEST(test_errors),
		RT_TEST(test_push_pull),
		RT_TEST(test_conflict),
		RT_TEST(test_cycle),
		RT_TEST(test_unconnected),
		RT_TEST(test_change),
		RT_TEST(test_stop),
		RT_TEST(test_handlers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
