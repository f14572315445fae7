/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole routers of queue elements above a fake platform: live changes while packets are held, and
 * long random runs (packets, time, handlers, changes) that may not lose or leak one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <errno.h>
#include <stdlib.h>
#include <cmocka.h>
#include "nf-apps/click/file.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"
#include "nf-apps/click/router.h"
#include "nf-apps/click/signal.h"
#include "plat-kvm/test/fake_plat.h"

#define PACKETS 1024
#define MS      1000000ull

extern const struct nf_class nf_adaptivered, nf_codel, nf_delayshaper, nf_delayunqueue, nf_drrsched,
	nf_frontdropqueue, nf_linkunqueue, nf_mixedqueue, nf_priosched, nf_queue, nf_ratedunqueue,
	nf_ratedunqueue_bandwidth, nf_red, nf_roundrobinsched, nf_shaper, nf_shaper_bandwidth,
	nf_simplequeue, nf_stridesched, nf_timesortedsched, nf_unqueue;

/* Where packets come from: the test pushes through it. */
static const struct nf_class live_feed = { .name = "Feed", .ports = "0/1", .processing = "a/h" };

/* Where they end: counts them and whether they came in the order in which they were made. */
struct live_sink {
	uint64_t count, last, nb_unordered;
};

static void live_sink_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct live_sink *s = e->state;

	for (uint16_t i = 0; i < n; i++) {
		uint32_t nb = nf_packet_anno_u32(v[i], NF_ANNO_PACKET_NUMBER);

		s->nb_unordered += nb < s->last;
		s->last = nb;
	}
	s->count += n;
	uk_netbuf_free_burst(v, n);
}

static void live_sink_take(struct nf_element *e, struct nf_element *old)
{
	*(struct live_sink *)e->state = *(struct live_sink *)old->state;
}

static const struct nf_class live_sink = { .name = "Sink",
	.ports = "1/0",
	.processing = "h/a",
	.state_size = sizeof(struct live_sink),
	.push = live_sink_push,
	.take_state = live_sink_take };

static void write_text(const char *name, const char *value);

/* Resets the Unqueue that pushes to it, each time. */
static void live_again_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	write_text("u.reset", "");
	nf_element_emit(e, 0, v, n);
}

static const struct nf_class live_again = {
	.name = "Again", .ports = "1/1", .processing = "h/h", .push = live_again_push
};

const struct nf_class *const nf_classes[] = { &live_feed, &live_sink, &live_again, &nf_adaptivered,
	&nf_codel, &nf_delayshaper, &nf_delayunqueue, &nf_drrsched, &nf_frontdropqueue,
	&nf_linkunqueue, &nf_mixedqueue, &nf_priosched, &nf_queue, &nf_ratedunqueue,
	&nf_ratedunqueue_bandwidth, &nf_red, &nf_roundrobinsched, &nf_shaper, &nf_shaper_bandwidth,
	&nf_simplequeue, &nf_stridesched, &nf_timesortedsched, &nf_unqueue, NULL };
const char *const nf_classes_symbols[] = { NULL }, *const nf_classes_files[] = { NULL };

void nf_print_line(const char *s)
{
}

int nf_file_load(const char *name, size_t max, char **data, size_t *len, struct nf_errors *errs,
	const char *where)
{
	return -ENOENT;
}

static struct nf_core core;
static struct nf_packet_pools pools;
static struct nf_router *router;
static uint32_t made;

static void load(const char *text)
{
	struct nf_errors errs = { .nb_errors = 0 };

	if (nf_router_load(&core, text, strlen(text), "test", NULL, 0, NULL, &router, &errs) < 0)
		fail_msg("%s", nf_text_get(&errs.text));
	nf_errors_free(&errs);
}

static void change(const char *text)
{
	struct nf_errors errs = { .nb_errors = 0 };

	if (nf_router_change(router, text, strlen(text), "test", &errs) < 0)
		fail_msg("%s", nf_text_get(&errs.text));
	router = nf_router_switch(router);
	nf_errors_free(&errs);
}

static int setup(void **state)
{
	fake_plat_reset();
	fake_plat_advance(1000 * MS);
	made = 0;
	router = NULL;
	if (nf_packet_pools_create(&pools, PACKETS, 0) < 0)
		return -1;
	nf_core_init(&core, &pools, 1);
	core.burst = 8;
	return 0;
}

/* Every packet has to be back. */
static int teardown(void **state)
{
	nf_router_destroy(router);
	nf_core_cleanup(&core);
	return uk_netbuf_pool_destroy(pools.small);
}

static struct nf_element *element(const char *name)
{
	struct nf_element *e = nf_router_find(router, name);

	if (e == NULL)
		fail_msg("no element %s", name);
	return e;
}

static uint16_t feed(const char *name, uint16_t n, uint32_t len)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t k = 0;

	while (k < n && (v[k] = nf_packet_alloc(&pools, 64, len)) != NULL) {
		memset(v[k]->data, 0, len);
		nf_packet_set_anno_u32(v[k++], NF_ANNO_PACKET_NUMBER, made++);
	}
	nf_element_emit(element(name), 0, v, k);
	return k;
}

static void rounds(unsigned n)
{
	while (n-- > 0)
		(void)nf_core_round(&core);
}

static const char *read_text(const char *name)
{
	static char text[4096];
	struct nf_errors errs = { .nb_errors = 0 };
	struct nf_text out = { .s = NULL };

	if (nf_handler_read(router, NULL, name, "", &out, &errs) < 0)
		fail_msg("%s", nf_text_get(&errs.text));
	(void)snprintf(text, sizeof(text), "%s", nf_text_get(&out));
	nf_text_free(&out);
	nf_errors_free(&errs);
	return text;
}

static uint64_t read_u64(const char *name)
{
	return strtoull(read_text(name), NULL, 10);
}

static void write_text(const char *name, const char *value)
{
	struct nf_errors errs = { .nb_errors = 0 };

	if (nf_handler_write(router, NULL, name, value, &errs) < 0)
		fail_msg("%s", nf_text_get(&errs.text));
	nf_errors_free(&errs);
}

static struct live_sink *sink(const char *name)
{
	return element(name)->state;
}

static void test_queue_keeps(void **state)
{
	load("f :: Feed -> q :: Queue(100) -> u :: Unqueue(ACTIVE false) -> s :: Sink");
	assert_int_equal(feed("f", 60, 60), 60);
	change("f :: Feed -> q :: Queue(200) -> u :: Unqueue -> s :: Sink");
	assert_int_equal(read_u64("q.length"), 60);
	assert_int_equal(read_u64("q.highwater_length"), 60);
	rounds(60);
	assert_int_equal(sink("s")->count, 60);
	assert_int_equal(sink("s")->nb_unordered, 0);
}

/* What does not fit: the newest of a Queue, the oldest of a FrontDropQueue. */
static void test_queue_shrinks(void **state)
{
	load("f :: Feed -> q :: Queue(100) -> u :: Unqueue(ACTIVE false) -> s :: Sink;"
	     "g :: Feed -> d :: FrontDropQueue(100) -> v :: Unqueue(ACTIVE false) -> t :: Sink");
	feed("f", 60, 60); /* numbers 0 to 59 */
	feed("g", 60, 60); /* 60 to 119 */
	change("f :: Feed -> q :: Queue(20) -> u :: Unqueue -> s :: Sink;"
	       "g :: Feed -> d :: FrontDropQueue(20) -> v :: Unqueue -> t :: Sink");
	assert_string_equal(
		read_text("q.dropped"), "0\tqueue full\n0\treset by handler\n40\tdid not fit\n");
	assert_string_equal(
		read_text("d.dropped"), "0\tqueue full\n0\treset by handler\n40\tdid not fit\n");
	assert_int_equal(read_u64("q.drops"), 40);
	rounds(60);
	assert_int_equal(sink("s")->count, 20);
	assert_int_equal(sink("s")->last, 19);
	assert_int_equal(sink("t")->count, 20);
	assert_int_equal(sink("t")->last, 119);
}

/* An element of another class takes nothing over: what the old one held goes with it. */
static void test_gone_element(void **state)
{
	load("f :: Feed -> q :: Queue(100) -> u :: Unqueue(ACTIVE false) -> s :: Sink");
	feed("f", 50, 60);
	change("f :: Feed -> q :: SimpleQueue(100) -> u :: Unqueue -> s :: Sink"); /* another class
										    */
	assert_int_equal(pools.small->nb_free, PACKETS);
	rounds(10);
	assert_int_equal(sink("s")->count, 0);
}

static void test_delays_keep(void **state)
{
	static const char config[] =
		"f :: Feed -> q :: Queue -> l :: LinkUnqueue(1s, 1000000) -> s :: Sink;"
		"g :: Feed -> Queue -> d :: DelayUnqueue(1s) -> t :: Sink;"
		"h :: Feed -> Queue -> e :: DelayShaper(1s) -> Unqueue -> x :: Sink;"
		"i :: Feed -> Queue -> [0] r :: DRRSched(5) -> w :: Unqueue(LIMIT 1) -> y :: Sink;"
		"j :: Feed -> Queue -> [1] r";

	load(config);
	feed("f", 5, 100);
	feed("g", 3, 100);
	feed("h", 3, 100);
	feed("i", 4, 1000);
	feed("j", 1, 10);
	for (int i = 0; i < 10; i++) {
		rounds(10);
		fake_plat_advance(MS);
	}
	assert_int_equal(sink("s")->count + sink("t")->count + sink("x")->count, 0);
	assert_int_equal(sink("y")->count, 1);
	change(config);
	for (int i = 0; i < 4000; i++) {
		rounds(2);
		fake_plat_advance(MS);
	}
	write_text("w.reset", "");
	write_text("w.limit", "-1");
	rounds(20);
	assert_int_equal(sink("s")->count, 5);
	assert_int_equal(sink("t")->count, 3);
	assert_int_equal(sink("x")->count, 3);
	assert_int_equal(sink("y")->count, 5);
	assert_int_equal(pools.small->nb_free, PACKETS);
}

/* Tasks sleep while there is nothing, and are woken through whatever lies between. */
static void test_sleep(void **state)
{
	load("f :: Feed -> q :: Queue -> [0] p :: PrioSched -> Shaper(1000000) -> "
	     "u :: Unqueue -> s :: Sink;"
	     "g :: Feed -> Queue -> [1] p");
	rounds(5);
	assert_null(core.tasks);
	for (int i = 0; i < 50; i++) {
		feed(i % 2 ? "f" : "g", 3, 60);
		fake_plat_advance(MS);
		rounds(6);
		assert_int_equal(sink("s")->count, 3 * (i + 1));
		assert_null(core.tasks);
	}
}

/* A handler of the element that runs may be written by what it pushes to. */
static void test_reset_while_running(void **state)
{
	load("f :: Feed -> q :: Queue -> u :: Unqueue(LIMIT 1, BURST 1) -> Again -> s :: Sink");
	feed("f", 20, 60);
	rounds(5);
	assert_int_equal(sink("s")->count, 5);
	write_text("u.burst", "-1");
	rounds(1);
	assert_int_equal(sink("s")->count, 20);
}

static const char *const configs[] = {
	"f0 :: Feed -> RED(5, 20, 0.1) -> q0 :: Queue(50) -> [0] p :: PrioSched -> "
	"u0 :: Unqueue -> s0 :: Sink;"
	"f1 :: Feed -> q1 :: FrontDropQueue(30) -> c :: CoDel -> [1] p;"
	"f2 :: Feed -> [0] m :: MixedQueue(20) -> Shaper(500) -> u1 :: Unqueue(BURST -1) -> "
	"s1 :: Sink; f3 :: Feed -> [1] m;"
	"f4 :: Feed -> q4 :: Queue(100) -> l :: LinkUnqueue(30ms, 100000) -> q5 :: Queue(10) -> "
	"d :: DelayUnqueue(10ms) -> s2 :: Sink;"
	"f5 :: Feed -> q6 :: SimpleQueue(40) -> [0] t :: StrideSched(1, 3) -> "
	"b :: BandwidthRatedUnqueue(200000) -> s3 :: Sink;"
	"f6 :: Feed -> q7 :: Queue(70) -> [0] r :: DRRSched -> [1] t; f7 :: Feed -> "
	"q8 :: Queue(70) -> [1] r;"
	"q0[1] -> s4 :: Sink",
	"f0 :: Feed -> AdaptiveRED(10, 0.1) -> q0 :: Queue(20) -> [0] p :: RoundRobinSched -> "
	"u0 :: RatedUnqueue(1000) -> s0 :: Sink;"
	"f1 :: Feed -> q1 :: FrontDropQueue(10) -> c :: CoDel(1, 5) -> [1] p;"
	"f2 :: Feed -> [0] m :: MixedQueue(50) -> DelayShaper(3ms) -> u1 :: Unqueue(BURST 1) -> "
	"s1 :: Sink; f3 :: Feed -> [1] m;"
	"f4 :: Feed -> q4 :: Queue(10) -> l :: LinkUnqueue(1ms, 10000000) -> q5 :: Queue(10) -> "
	"d :: DelayUnqueue(1ms) -> s2 :: Sink;"
	"f5 :: Feed -> q6 :: SimpleQueue(10) -> [0] t :: TimeSortedSched(BUFFER 5) -> "
	"b :: BandwidthRatedUnqueue(20000) -> s3 :: Sink;"
	"f6 :: Feed -> q7 :: Queue(7) -> [0] r :: DRRSched(100) -> BandwidthShaper(50000) -> "
	"[1] t; f7 :: Feed -> q8 :: Queue(7) -> [1] r",
};

static const char *const writes[][2] = {
	{ "q0.capacity", "5" },
	{ "q0.capacity", "500" },
	{ "q1.capacity", "3" },
	{ "q1.capacity", "77" },
	{ "m.capacity", "0" },
	{ "m.capacity", "40" },
	{ "q7.reset", "" },
	{ "l.reset", "" },
	{ "q4.reset_counts", "" },
	{ "d.delay", "5ms" },
	{ "b.rate", "1000000" },
	{ "b.rate", "100" },
	{ "c.target", "1" },
	{ "u1.burst", "3" },
	{ "b.active", "false" },
	{ "b.active", "true" },
	{ "b.reset", "" },
	{ "q8.capacity", "1000" },
};

static uint32_t draw(uint32_t below)
{
	return nf_core_random(&core) % below;
}

static void random_step(void)
{
	char name[8];
	unsigned what = draw(100);

	if (what < 60) {
		(void)snprintf(name, sizeof(name), "f%u", draw(8));
		(void)feed(name, (uint16_t)(1 + draw(30)), 20 + draw(1480));
	} else if (what < 70) {
		unsigned i = draw(UK_ARRAY_SIZE(writes));

		write_text(writes[i][0], writes[i][1]);
	} else if (what < 71) {
		change(configs[draw(2)]);
	} else {
		fake_plat_advance((uint64_t)draw(5000) * 1000);
	}
	rounds(1 + draw(4));
}

static uint64_t accounted(void)
{
	uint64_t nb = 0;

	for (uint32_t i = 0; i < router->nb_elements; i++) {
		const struct nf_element *e = router->elements[i];

		if (e->class->stored != NULL)
			nb += e->class->stored(e);
	}
	return nb;
}

/* Packets that are out of the pool are held by some element, and by no more than is stored. */
static void test_random(void **state)
{
	load(configs[0]);
	for (int i = 0; i < 20000; i++) {
		random_step();
		/* DRRSched and TimeSortedSched hold a few as well */
		assert_in_range(PACKETS - pools.small->nb_free, accounted(), accounted() + 12);
	}
	for (int i = 0; i < 4; i++)
		change(configs[i % 2]);
	assert_true(sink("s0")->count > 1000 && sink("s1")->count > 1000);
	assert_true(sink("s2")->count > 1000 && sink("s3")->count > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_queue_keeps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_queue_shrinks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone_element, setup, teardown),
		cmocka_unit_test_setup_teardown(test_delays_keep, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sleep, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset_while_running, setup, teardown),
		cmocka_unit_test_setup_teardown(test_random, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
