/* SPDX-License-Identifier: BSD-3-Clause */
/* The load generator for key-value servers: its draws, its values, and that it notices whatever is not right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pktgen-bench/host/kvs/draw.h"
#include "pktgen-bench/host/kvs/flight.h"
#include "pktgen-bench/host/kvs/opts.h"

static struct pg_kvs_keys keys;
static struct pg_kvs_flight flight;
static struct pg_kvs_counts count;

static int set_up(void **state)
{
	(void)state;
	memset(&count, 0, sizeof(count));
	return pg_kvs_keys_init(&keys, 1000, 16, 64, 64, 7) | pg_kvs_flight_init(&flight, 256, 2);
}

static int tear_down(void **state)
{
	(void)state;
	pg_kvs_keys_free(&keys);
	pg_kvs_flight_free(&flight);
	return 0;
}

/* -- draws -- */

static double chi_square(const uint64_t *seen, const double *share, uint32_t nb, double total)
{
	double sum = 0;

	for (uint32_t i = 0; i < nb; i++)
		sum += ((double)seen[i] - share[i] * total) * ((double)seen[i] - share[i] * total) /
		       (share[i] * total);
	return sum;
}

/* Far beyond what chance gives: with nb - 1 degrees of freedom, the mean and eight deviations. */
static void assert_drawn(uint32_t nb, double skew)
{
	struct pg_kvs_draw d;
	uint64_t *seen = calloc(nb, sizeof(*seen));
	double *share = calloc(nb, sizeof(*share)), sum = 0;
	const uint32_t total = 2000000;

	assert_int_equal(pg_kvs_draw_init(&d, nb, skew, 42), 0);
	for (uint32_t i = 0; i < nb; i++)
		sum += share[i] = pow(i + 1, -skew);
	for (uint32_t i = 0; i < nb; i++)
		share[i] /= sum;
	for (uint32_t i = 0; i < total; i++) {
		uint32_t rank = pg_kvs_draw_rank(&d, pg_kvs_draw_random(&d));

		assert_true(rank < nb);
		seen[rank]++;
	}
	assert_true(chi_square(seen, share, nb, total) < nb + 8 * sqrt(2.0 * nb));
	pg_kvs_draw_free(&d);
	free(seen);
	free(share);
}

static void draws_follow_their_law(void **state)
{
	(void)state;
	assert_drawn(2, 0.99);
	assert_drawn(1000, 0);
	assert_drawn(1000, 0.99);
	assert_drawn(1000, 1.3);
	assert_drawn(4097, 0.5);
}

/* The table's entries add up to each key's share, without chance. */
static void the_table_is_exact(void **state)
{
	enum { NB = 100000 };
	double *share = calloc(NB, sizeof(*share)), sum = 0;
	struct pg_kvs_draw d;

	(void)state;
	assert_int_equal(pg_kvs_draw_init(&d, NB, 0.99, 1), 0);
	for (uint32_t i = 0; i < NB; i++) {
		double keep = (d.alias[i].keep + 0.5) / 4294967296.0;

		share[i] += keep;
		share[d.alias[i].other] += 1 - keep;
		sum += pow(i + 1, -0.99);
	}
	for (uint32_t i = 0; i < NB; i++)
		assert_true(fabs(share[i] / NB - pow(i + 1, -0.99) / sum) < 1e-9);
	pg_kvs_draw_free(&d);
	free(share);
}

static void each_rank_has_a_key_of_its_own(void **state)
{
	static const uint32_t counts[] = { 1, 2, 3, 10, 1000, 65536, 99991 };

	(void)state;
	for (unsigned int c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		uint32_t nb = counts[c];
		uint8_t *seen = calloc(nb, 1);
		struct pg_kvs_draw d;

		assert_int_equal(pg_kvs_draw_init(&d, nb, 0, 1), 0);
		for (uint32_t i = 0; i < nb; i++) {
			uint64_t key = (uint64_t)i * d.step % nb;

			assert_false(seen[key]++);
		}
		free(seen);
	}
}

/* -- values -- */

static void a_value_shows_its_key_and_version(void **state)
{
	uint8_t v[64];
	uint16_t version;

	(void)state;
	pg_kvs_keys_fill(&keys, v, 64, 77, 0x1234);
	assert_true(pg_kvs_keys_match(&keys, v, 64, 77, &version));
	assert_int_equal(version, 0x1234);
	assert_false(pg_kvs_keys_match(&keys, v, 64, 78, &version));
	assert_false(pg_kvs_keys_match(&keys, v, 63, 77, &version));
	for (unsigned int bit = 0; bit < 512; bit++) {
		v[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(pg_kvs_keys_match(&keys, v, 64, 77, &version));
		v[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	keys.seed++;
	assert_false(pg_kvs_keys_match(&keys, v, 64, 77, &version));
}

static void values_of_a_range_have_one_length_each(void **state)
{
	struct pg_kvs_keys k;
	uint8_t v[PG_KVS_VALUE_MAX + 1];
	uint32_t least = UINT32_MAX, most = 0;

	(void)state;
	assert_int_equal(pg_kvs_keys_init(&k, 10, 20, 8, 300, 1), 0);
	for (uint16_t i = 1; i < 20000; i++) {
		uint32_t len = pg_kvs_keys_value_len(&k, i % 10, i);
		uint16_t version;

		least = len < least ? len : least;
		most = len > most ? len : most;
		pg_kvs_keys_fill(&k, v, len, i % 10, i);
		v[len] = 0;
		assert_true(pg_kvs_keys_match(&k, v, len, i % 10, &version));
		assert_false(pg_kvs_keys_match(&k, v, len + 1, i % 10, &version));
	}
	assert_int_equal(least, 8);
	assert_int_equal(most, 300);
	pg_kvs_keys_free(&k);
}

static void versions_wrap_around_without_zero(void **state)
{
	uint16_t first, v = 0;

	(void)state;
	for (uint32_t i = 0; i < 65534; i++)
		v = pg_kvs_keys_next(&keys, 5);
	pg_kvs_keys_ack(&keys, 5, v);
	first = v;
	assert_int_equal(pg_kvs_keys_next(&keys, 5), 65535);
	assert_int_equal(pg_kvs_keys_next(&keys, 5), 1);
	assert_true(pg_kvs_keys_may(&keys, 5, first, 65535));
	assert_true(pg_kvs_keys_may(&keys, 5, first, 1));
	assert_false(pg_kvs_keys_may(&keys, 5, first, 2));
	assert_false(pg_kvs_keys_may(&keys, 5, first, (uint16_t)(first - 1)));
	pg_kvs_keys_ack(&keys, 5, 1);
	pg_kvs_keys_ack(&keys, 5, 65535);
	assert_true(pg_kvs_keys_settled(&keys, 5));
}

/* -- requests and answers -- */

static const struct pg_kvs_proto *const protos[] = { &pg_kvs_text, &pg_kvs_meta, &pg_kvs_binary };

/* A request as the load keeps it. */
static struct pg_kvs_slot *ask(uint32_t key, bool set)
{
	struct pg_kvs_slot *s = pg_kvs_flight_take(&flight);

	assert_non_null(s);
	s->key = key;
	s->set = set;
	s->version = set ? pg_kvs_keys_next(&keys, key) : keys.version[key].acked;
	return s;
}

static struct pg_kvs_slot *land(uint32_t number)
{
	return pg_kvs_flight_land(&flight, number & 3, (uint16_t)(number >> 2), &count);
}

/* The answer to a get with this key's value, as protocol @i gives it. */
static uint32_t value_answer(unsigned int i, uint8_t *p, uint32_t key, uint16_t version)
{
	static const char *const head[] = { "VALUE kkkkkkkk00000000 0 64\r\n", "VA 64\r\n",
		"\x81\0\0\0\4\0\0\0\0\0\0\x44\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" };
	static const uint32_t head_len[] = { 29, 7, 28 };
	static const char *const tail[] = { "\r\nEND\r\n", "\r\n", "" };
	uint32_t len = head_len[i];

	memcpy(p, head[i], len);
	if (!i)
		pg_kvs_keys_digits(&keys, p + 14, key);
	pg_kvs_keys_fill(&keys, p + len, 64, key, version);
	memcpy(p + len + 64, tail[i], strlen(tail[i]));
	return len + 64 + (uint32_t)strlen(tail[i]);
}

static const struct {
	const char *p;
	uint32_t len;
} stored[] = { { "STORED\r\n", 8 }, { "HD\r\n", 4 },
	{ "\x81\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 24 } },
  missed[] = { { "END\r\n", 5 }, { "EN\r\n", 4 },
	  { "\x81\0\0\0\0\0\0\1\0\0\0\11\0\0\0\0\0\0\0\0\0\0\0\0Not found", 33 } };

static bool judge(unsigned int i, const struct pg_kvs_slot *s, const void *p, uint32_t len)
{
	return pg_kvs_flight_judge(&keys, protos[i], s, p, len, &count);
}

static void right_answers_are_right(void **state)
{
	uint8_t p[256];

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct pg_kvs_slot *s = ask(9, true);

		assert_true(judge(i, s, stored[i].p, stored[i].len));
		assert_int_equal(keys.version[9].acked, s->version);
		s = ask(9, false);
		assert_true(judge(i, s, p, value_answer(i, p, 9, s->version)));
		assert_true(judge(i, s, missed[i].p, missed[i].len));
	}
	assert_int_equal(count.stored, 3);
	assert_int_equal(count.hits, 3);
	assert_int_equal(count.misses, 3);
	assert_int_equal(count.wrong + count.stale + count.malformed + count.errors, 0);
}

/* Every byte of a value's answer matters. */
static void a_changed_byte_is_found(void **state)
{
	uint8_t p[256];

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct pg_kvs_slot *set = ask(3, true), *s;
		uint32_t len;

		judge(i, set, stored[i].p, stored[i].len);
		s = ask(3, false);
		len = value_answer(i, p, 3, s->version);
		for (uint32_t at = 0; at < len; at++) {
			/* of the binary protocol's header, vbucket, opaque and cas are the server's */
			if (i == 2 && (at == 5 || (at >= 12 && at < 24)))
				continue;
			p[at] ^= 0x10;
			assert_false(judge(i, s, p, len));
			p[at] ^= 0x10;
		}
		for (uint32_t cut = 0; cut < len; cut++)
			assert_false(judge(i, s, p, cut));
		assert_false(judge(i, s, p, len + 1));
	}
	assert_int_equal(count.hits, 0);
}

static void old_and_unheard_of_versions_are_stale(void **state)
{
	uint8_t p[256];
	struct pg_kvs_slot *s;

	(void)state;
	for (int i = 0; i < 5; i++)
		pg_kvs_keys_next(&keys, 8);
	pg_kvs_keys_ack(&keys, 8, 3);
	s = ask(8, false);
	for (uint16_t v = 0; v < 8; v++)
		assert_int_equal(judge(0, s, p, value_answer(0, p, 8, v)), v >= 3 && v <= 5);
	assert_int_equal(count.stale, 5);
	/* what was acknowledged after the get was sent does not bind its answer */
	pg_kvs_keys_ack(&keys, 8, 5);
	assert_true(judge(0, s, p, value_answer(0, p, 8, 3)));
	s = ask(8, false);
	assert_false(judge(0, s, p, value_answer(0, p, 8, 4)));
	assert_true(judge(0, s, p, value_answer(0, p, 8, 5)));
	/* another key's value, with the right key in front */
	value_answer(0, p, 9, 5);
	pg_kvs_keys_digits(&keys, p + 14, 8);
	assert_false(judge(0, s, p, 100));
	assert_int_equal(count.wrong, 1);
}

static void answers_of_the_other_kind_are_no_answers(void **state)
{
	uint8_t p[256];

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct pg_kvs_slot *set = ask(1, true), *get = ask(1, false);

		assert_false(judge(i, get, stored[i].p, stored[i].len));
		assert_false(judge(i, set, missed[i].p, missed[i].len));
		assert_false(judge(i, set, p, value_answer(i, p, 1, 1)));
		assert_false(judge(i, get, "", 0));
	}
	assert_int_equal(count.malformed, 12);
	assert_false(judge(0, ask(1, true), "SERVER_ERROR out of memory storing object\r\n", 43));
	assert_false(judge(0, ask(1, true), "ERROR\r\n", 7));
	assert_false(judge(1, ask(1, true), "NS\r\n", 4));
	assert_int_equal(count.errors, 3);
}

static void note_lost(void *arg, uint32_t key)
{
	*(uint32_t *)arg += key;
}

static void lost_late_and_second_answers_are_told_apart(void **state)
{
	uint32_t sum = 0;

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		ask(i, false)->sent_at = 100 * i;
	assert_non_null(land(3));
	assert_null(land(3));
	assert_int_equal(count.duplicate, 1);
	pg_kvs_flight_expire(&flight, 1000, 500, &count, note_lost, &sum);
	assert_int_equal(count.lost, 5); /* 0 to 5 without 3 */
	assert_int_equal(sum, 0 + 1 + 2 + 4 + 5);
	assert_int_equal(flight.open, 4);
	assert_null(land(2));
	assert_int_equal(count.late, 1);
	assert_null(land(2));
	assert_int_equal(count.duplicate, 2);
	assert_null(land(10));
	assert_null(land(flight.mask + 1 + 4));
	assert_int_equal(count.stray, 2);
	assert_non_null(land(9));
	pg_kvs_flight_expire(&flight, 5000, 500, &count, note_lost, &sum);
	assert_int_equal(count.lost, 8);
	assert_int_equal(flight.open, 0);
}

/* A request that is never answered keeps its slot; all others go on around it. */
static void numbers_go_around_a_slot_that_waits(void **state)
{
	uint32_t first, sum = 0;

	(void)state;
	first = ask(1, false)->number;
	for (uint32_t i = 0; i < 10 * flight.mask; i++) {
		uint32_t number = ask(2, false)->number;

		assert_int_not_equal(number & flight.mask, first & flight.mask);
		assert_non_null(land(number));
	}
	assert_int_equal(flight.open, 1);
	assert_non_null(land(first));
	pg_kvs_flight_expire(&flight, 0, 0, &count, note_lost, &sum);
	assert_int_equal(count.lost + count.stray + count.duplicate, 0);
}

static void a_full_table_takes_no_more(void **state)
{
	(void)state;
	for (uint32_t i = 0; i <= flight.mask; i++)
		ask(1, false);
	assert_null(pg_kvs_flight_take(&flight));
	assert_int_equal(flight.open, flight.mask + 1);
}

/* -- frames -- */

static void frames_come_back_as_they_went(void **state)
{
	struct pg_kvs_ends e = { .mac = { 2, 0, 0, 0, 0, 1 },
		.server_mac = { 2, 0, 0, 0, 0, 2 },
		.ip = 0x0a000001,
		.server_ip = 0x0a000002,
		.port = 20000,
		.server_port = 11211,
		.nb_ports = 4,
		.checksum = true };
	struct pg_kvs_ends back = { .mac = { 2, 0, 0, 0, 0, 2 },
		.server_mac = { 2, 0, 0, 0, 0, 1 },
		.ip = 0x0a000002,
		.server_ip = 0x0a000001,
		.port = 11211,
		.server_port = 20000,
		.nb_ports = 1,
		.checksum = true };
	uint8_t p[200] = { 0 };
	const uint8_t *payload;
	uint32_t port, len;

	(void)state;
	memset(p + PG_KVS_HEADERS, 0xa7, 90);
	pg_kvs_frame_build(p, &back, 90);
	p[37] += 3; /* to our fourth port */
	pg_kvs_frame_sum(p, PG_KVS_HEADERS + 90);
	assert_int_equal(
		pg_kvs_frame_look(&e, p, 132, false, &port, &payload, &len), PG_KVS_FRAME_ANSWER);
	assert_int_equal(port, 3);
	assert_int_equal(len, 90);
	assert_ptr_equal(payload, p + PG_KVS_HEADERS);
	assert_int_equal(
		pg_kvs_frame_look(&e, p, 131, false, &port, &payload, &len), PG_KVS_FRAME_BAD);
	p[100] ^= 1;
	assert_int_equal(
		pg_kvs_frame_look(&e, p, 132, false, &port, &payload, &len), PG_KVS_FRAME_BAD);
	assert_int_equal(
		pg_kvs_frame_look(&e, p, 132, true, &port, &payload, &len), PG_KVS_FRAME_ANSWER);
	p[37]++;
	assert_int_equal(
		pg_kvs_frame_look(&e, p, 132, true, &port, &payload, &len), PG_KVS_FRAME_OTHER);
}

static void who_asks_for_our_address_is_answered(void **state)
{
	struct pg_kvs_ends e = { .mac = { 2, 0, 0, 0, 0, 1 }, .ip = 0x0a000001, .nb_ports = 1 };
	static const uint8_t question[42] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 2,
		8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 10,
		0, 0, 1 };
	static const uint8_t want[42] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6,
		4, 0, 2, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 2, 0, 0, 0, 0, 2, 10, 0, 0, 2 };
	const uint8_t *payload;
	uint8_t answer[42];
	uint32_t port, len;

	(void)state;
	assert_int_equal(pg_kvs_frame_look(&e, question, 42, false, &port, &payload, &len),
		PG_KVS_FRAME_ARP);
	pg_kvs_frame_arp(&e, question, answer);
	assert_memory_equal(answer, want, 42);
	e.ip++;
	assert_int_equal(pg_kvs_frame_look(&e, question, 42, false, &port, &payload, &len),
		PG_KVS_FRAME_OTHER);
}

/* -- the command line -- */

static struct pg_kvs_opts opts;

static int parse(const char *words)
{
	char copy[300], *argv[40];
	int argc = 0;

	strcpy(copy, words);
	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	return pg_kvs_opts_parse(&opts, argc, argv);
}

static void options_are_understood(void **state)
{
	(void)state;
	assert_int_equal(
		parse("kvs --socket s --keys 16000000 --zipf 0.99 --ratio 9:1 --value 8-100 --key-len 30 --duration 1 "
		      "--load closed:512,1.5M,x0.5 --server 10.1.2.3:999 --addr 10.1.2.4 --proto binary"),
		0);
	assert_int_equal(opts.keys, 16000000);
	assert_true(opts.zipf == 0.99 && opts.get_share == 0.9);
	assert_int_equal(opts.value_min, 8);
	assert_int_equal(opts.value_max, 100);
	assert_int_equal(opts.nb_loads, 3);
	assert_true(opts.load[0].kind == PG_KVS_CLOSED && opts.load[0].value == 512);
	assert_true(opts.load[1].kind == PG_KVS_RATE && opts.load[1].value == 1.5e6);
	assert_true(opts.load[2].kind == PG_KVS_SHARE && opts.load[2].value == 0.5);
	assert_int_equal(opts.ends.server_ip, 0x0a010203);
	assert_int_equal(opts.ends.server_port, 999);
	assert_int_equal(opts.ends.port, 20000);
	assert_true(opts.proto == &pg_kvs_binary && opts.preload);
	assert_int_equal(parse("kvs --udp --no-preload --any-order --verify"), 0);
	assert_true(opts.udp && !opts.preload && opts.any_order && opts.verify);
	assert_int_equal(opts.ends.server_ip, 0x7f000001);
	assert_int_equal(opts.ends.port, 0);
}

static void wrong_options_are_refused(void **state)
{
	static const char *const wrong[] = { "kvs", "kvs --socket s --udp",
		"kvs --socket s --keys 0", "kvs --udp --ports 2", "kvs --socket s --ports 3",
		"kvs --socket s --value 7", "kvs --socket s --value 9-8",
		"kvs --socket s --value 1301", "kvs --socket s --value 1300 --key-len 250",
		"kvs --socket s --key-len 7", "kvs --socket s --ratio 0:0",
		"kvs --socket s --ratio 1", "kvs --socket s --load closed:0",
		"kvs --socket s --load fast", "kvs --socket s --load closed:1,closed:2",
		"kvs --socket s --load ,", "kvs --socket s --server 1.2.3",
		"kvs --socket s --server 1.2.3.4:", "kvs --socket s --server 1.2.3.4:70000",
		"kvs --socket s --proto http", "kvs --socket s --zipf -1",
		"kvs --socket s --dst-mac 1:2", "kvs --socket s stray", "kvs --sock",
		"kvs --socket s --addr 1.2.3.4:65535" };

	(void)state;
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(parse(wrong[i]), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(draws_follow_their_law),
		T(the_table_is_exact),
		T(each_rank_has_a_key_of_its_own),
		T(a_value_shows_its_key_and_version),
		T(values_of_a_range_have_one_length_each),
		T(versions_wrap_around_without_zero),
		T(right_answers_are_right),
		T(a_changed_byte_is_found),
		T(old_and_unheard_of_versions_are_stale),
		T(answers_of_the_other_kind_are_no_answers),
		T(lost_late_and_second_answers_are_told_apart),
		T(numbers_go_around_a_slot_that_waits),
		T(a_full_table_takes_no_more),
		T(frames_come_back_as_they_went),
		T(who_asks_for_our_address_is_answered),
		T(options_are_understood),
		T(wrong_options_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
