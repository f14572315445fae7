/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reassembly: every order of fragments, overlaps of every kind, copies, limits of memory, time and
 * buffers, what is left of datagrams that were given up, and a long random run whose counters add
 * up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "nf-apps/element/ip/reasm.h"

#define SMALL   400u
#define LARGE   3u
#define HIMEM   (1u << 20)
#define MS      1000000ull
#define MAC_LEN 14u

struct rig {
	struct nf_packet_pools pools;
	struct nf_reasm r;
	uint64_t drops[NF_REASM_REASONS];
};

static void rig_open(struct rig *g, uint32_t himem)
{
	memset(g, 0, sizeof(*g));
	assert_int_equal(nf_packet_pools_create(&g->pools, SMALL, LARGE), 0);
	assert_int_equal(nf_reasm_init(&g->r, &g->pools, g->drops, himem, 42), 0);
}

/* Every buffer is back in its pool. */
static void rig_close(struct rig *g)
{
	nf_reasm_cleanup(&g->r);
	assert_int_equal(g->pools.small->nb_free, SMALL);
	assert_int_equal(g->pools.large->nb_free, LARGE);
	assert_int_equal(uk_netbuf_pool_destroy(g->pools.small), 0);
	assert_int_equal(uk_netbuf_pool_destroy(g->pools.large), 0);
}

/* Byte `at` of datagram `id`. */
static uint8_t byte_of(uint16_t id, uint32_t at)
{
	return (uint8_t)(id * 31 + at * 7 + (at >> 8));
}

/* Payload bytes [off, end) of datagram `id`, with a link header and `optlen` bytes of options. */
static struct uk_netbuf *frag_opt(
	struct rig *g, uint16_t id, uint32_t off, uint32_t end, bool more, uint32_t optlen)
{
	uint32_t hlen = NF_IP4_HLEN + optlen, len = hlen + end - off;
	struct uk_netbuf *p = nf_packet_alloc(&g->pools, 0, MAC_LEN + len);
	struct nf_ip4 *ip;

	assert_non_null(p);
	memset(p->data, 0xee, MAC_LEN);
	ip = (struct nf_ip4 *)(void *)(p->data + MAC_LEN);
	*ip = (struct nf_ip4){ .vhl = (uint8_t)(0x40 | hlen / 4),
		.len = nf_inet_hton16((uint16_t)len),
		.id = nf_inet_hton16(id),
		.off = nf_inet_hton16((uint16_t)(off / 8 | (more ? NF_IP_MF : 0))),
		.ttl = 9,
		.proto = NF_IP_UDP,
		.src = 1,
		.dst = 2 };
	memset(ip + 1, 1, optlen);
	nf_ip4_set_csum(ip, hlen);
	for (uint32_t i = off; i < end; i++)
		((uint8_t *)ip)[hlen + i - off] = byte_of(id, i);
	nf_packet_set_l2(p, p->data);
	nf_ip4_mark(p, p->data + MAC_LEN, hlen);
	nf_packet_set_anno_u8(p, NF_ANNO_PAINT, (uint8_t)(off == 0));
	return p;
}

static struct uk_netbuf *frag(struct rig *g, uint16_t id, uint32_t off, uint32_t end, bool more)
{
	return frag_opt(g, id, off, end, more, 0);
}

static struct uk_netbuf *add_at(struct rig *g, struct uk_netbuf *p, uint64_t ns)
{
	uint16_t max_len = 0;

	return nf_reasm_add(&g->r, p, ns, ns, &max_len);
}

static struct uk_netbuf *add(struct rig *g, struct uk_netbuf *p)
{
	return add_at(g, p, 1);
}

/* The whole datagram, right in every byte; freed. */
static void check_whole(struct uk_netbuf *p, uint16_t id, uint32_t len)
{
	const struct nf_ip4 *ip;

	assert_non_null(p);
	assert_int_equal(p->len, MAC_LEN + NF_IP4_HLEN + len);
	assert_int_equal(p->l2_off, p->data - p->buf);
	assert_int_equal(p->l3_off, p->l2_off + MAC_LEN);
	assert_int_equal(p->l4_off, p->l3_off + NF_IP4_HLEN);
	assert_null(p->next);
	for (uint32_t i = 0; i < MAC_LEN; i++)
		assert_int_equal(p->data[i], 0xee);
	ip = (const struct nf_ip4 *)(const void *)nf_packet_l3(p);
	assert_int_equal(nf_inet_ntoh16(ip->len), NF_IP4_HLEN + len);
	assert_int_equal(ip->off, 0);
	assert_int_equal(nf_inet_csum(ip, NF_IP4_HLEN), 0);
	assert_int_equal(nf_packet_anno_u8(p, NF_ANNO_PAINT), 1);
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(nf_packet_l4(p)[i], byte_of(id, i));
	uk_netbuf_free(p);
}

/* Sum over all ways in which a fragment ends here. */
static uint64_t nb_ended(const struct rig *g)
{
	uint64_t nb = 0;

	for (unsigned i = 0; i < NF_REASM_REASONS; i++)
		nb += g->drops[i];
	return nb;
}

/* Adds pieces [cut[i], cut[i + 1]) in the order `order`; only the last one gives the whole. */
static void one_order(
	struct rig *g, const uint32_t *cut, unsigned nb, const unsigned *order, uint16_t id)
{
	for (unsigned k = 0; k < nb; k++) {
		unsigned i = order[k];
		struct uk_netbuf *p = add(g, frag(g, id, cut[i], cut[i + 1], i + 1 < nb));

		if (k + 1 < nb)
			assert_null(p);
		else
			check_whole(p, id, cut[nb]);
	}
	assert_true(nf_reasm_is_empty(&g->r));
	assert_int_equal(g->r.bytes, 0);
}

/* Heap's algorithm over the orders of nb pieces. */
static unsigned all_orders(
	struct rig *g, const uint32_t *cut, unsigned nb, unsigned *order, unsigned k, unsigned nr)
{
	if (k == 1) {
		one_order(g, cut, nb, order, (uint16_t)nr);
		return nr + 1;
	}
	for (unsigned i = 0; i < k; i++) {
		unsigned j = k % 2 != 0 ? 0 : i, t;

		nr = all_orders(g, cut, nb, order, k - 1, nr);
		t = order[j];
		order[j] = order[k - 1];
		order[k - 1] = t;
	}
	return nr;
}

static void test_orders(void **state)
{
	static const uint32_t cuts[][7] = {
		{ 0, 8, 11 },
		{ 0, 1480, 2960, 3000 },
		{ 0, 8, 16, 24, 25 },
		{ 0, 1400, 1408, 2808, 4208, 4209 },
		{ 0, 8, 800, 1000, 1608, 1704, 1784 },
	};
	struct rig g;

	rig_open(&g, HIMEM);
	for (unsigned c = 0; c < UK_ARRAY_SIZE(cuts); c++) {
		unsigned order[] = { 0, 1, 2, 3, 4, 5 };

		all_orders(&g, cuts[c], c + 2, order, c + 2, 0);
	}
	assert_int_equal(g.r.nb_good, 2 + 6 + 24 + 120 + 720);
	assert_int_equal(g.r.nb_seen, g.r.nb_good + nb_ended(&g));
	rig_close(&g);
}

/* Small ones stay in the first fragment's buffer; the largest that there are fit. */
static void test_sizes(void **state)
{
	struct rig g;
	struct uk_netbuf *p, *whole;

	rig_open(&g, HIMEM);
	assert_null(add(&g, frag(&g, 1, 0, 800, true)));
	p = frag(&g, 1, 800, 1600, false);
	whole = add(&g, p);
	assert_int_equal(g.pools.large->nb_free, LARGE);
	check_whole(whole, 1, 1600);

	for (uint32_t at = 0; at < 65515; at += 1480) {
		uint32_t end = at + 1480 < 65515 ? at + 1480 : 65515;

		whole = add(&g, frag(&g, 2, at, end, end < 65515));
	}
	check_whole(whole, 2, 65515);

	/* too long with the options of the first */
	for (uint32_t at = 0; at < 65515; at += 1480) {
		uint32_t end = at + 1480 < 65515 ? at + 1480 : 65515;

		whole = add(&g, frag_opt(&g, 3, at, end, end < 65515, at == 0 ? 4 : 0));
	}
	assert_null(whole);
	assert_int_equal(g.drops[NF_REASM_BAD], 45);
	assert_null(add(&g, frag(&g, 4, 65512, 65520, false)));
	assert_int_equal(g.drops[NF_REASM_BAD], 46);
	rig_close(&g);
}

/* A second fragment in every position to a first one: it fits, or it ends the datagram. */
static void test_overlaps(void **state)
{
	struct rig g;

	rig_open(&g, HIMEM);
	for (uint32_t off = 0; off < 80; off += 8) {
		for (uint32_t end = off + 8; end <= 88; end += 8) {
			bool overlaps = off < 56 && end > 24, same = off == 24 && end == 56;
			uint64_t bad = g.drops[NF_REASM_OVERLAP],
				 copies = g.drops[NF_REASM_DUPLICATE];
			uint16_t id = (uint16_t)(off * 100 + end);

			assert_null(add(&g, frag(&g, id, 24, 56, true)));
			assert_null(add(&g, frag(&g, id, off, end, true)));
			assert_int_equal(g.drops[NF_REASM_DUPLICATE] - copies, same);
			assert_int_equal(
				g.drops[NF_REASM_OVERLAP] - bad, overlaps && !same ? 2 : 0);
			/* nothing of it is wanted any more */
			if (overlaps && !same) {
				assert_null(add(&g, frag(&g, id, 96, 100, false)));
				assert_int_equal(g.drops[NF_REASM_OVERLAP] - bad, 3);
			}
		}
	}
	nf_reasm_expire(&g.r, NF_REASM_TIMEOUT_NS + 2, 0);
	assert_true(nf_reasm_is_empty(&g.r));
	assert_int_equal(g.r.nb_seen, nb_ended(&g));
	rig_close(&g);
}

/* The same place, other bytes or another "more" bit: no copy. */
static void test_false_copies(void **state)
{
	struct rig g;
	struct uk_netbuf *p;

	rig_open(&g, HIMEM);
	assert_null(add(&g, frag(&g, 1, 0, 8, true)));
	p = frag(&g, 1, 0, 8, true);
	nf_packet_l4(p)[7] ^= 1;
	assert_null(add(&g, p));
	assert_int_equal(g.drops[NF_REASM_OVERLAP], 2);
	assert_null(add(&g, frag(&g, 2, 8, 16, true)));
	assert_null(add(&g, frag(&g, 2, 8, 16, false)));
	assert_int_equal(g.drops[NF_REASM_OVERLAP], 4);
	assert_null(add(&g, frag(&g, 3, 8, 16, false)));
	assert_null(add(&g, frag(&g, 3, 8, 16, false)));
	assert_int_equal(g.drops[NF_REASM_DUPLICATE], 1);
	check_whole(add(&g, frag(&g, 3, 0, 8, true)), 3, 16);
	rig_close(&g);
}

static void test_timeout(void **state)
{
	struct rig g;
	uint64_t t = 100 * MS;

	rig_open(&g, HIMEM);
	assert_null(add_at(&g, frag(&g, 1, 0, 8, true), t));
	assert_null(add_at(&g, frag(&g, 2, 0, 8, true), t + MS));
	/* a new fragment starts the time again */
	assert_null(add_at(&g, frag(&g, 1, 8, 16, true), t + 2 * MS));
	nf_reasm_expire(&g.r, t + MS + NF_REASM_TIMEOUT_NS, t + MS + NF_REASM_TIMEOUT_NS);
	assert_int_equal(g.drops[NF_REASM_TIMEOUT], 0);
	nf_reasm_expire(&g.r, t + MS + NF_REASM_TIMEOUT_NS + 1, 0);
	assert_int_equal(g.drops[NF_REASM_TIMEOUT], 1);
	nf_reasm_expire(&g.r, 0, t + 2 * MS + NF_REASM_TIMEOUT_NS + 1);
	assert_int_equal(g.drops[NF_REASM_TIMEOUT], 3);
	assert_true(nf_reasm_is_empty(&g.r));
	/* the rest comes too late */
	assert_null(add_at(&g, frag(&g, 2, 8, 9, false), t * 1000));
	assert_int_equal(g.r.nb_failed, 2);
	rig_close(&g);
}

/* Old datagrams give way, down to three quarters; the limit holds. */
static void test_memory(void **state)
{
	uint32_t most = 16;
	struct rig g;

	rig_open(&g, most * NF_REASM_FRAG_BYTES);
	for (uint16_t id = 0; id < 100; id++) {
		assert_null(add_at(&g, frag(&g, id, 0, 8, true), id));
		assert_true(g.r.bytes <= most * NF_REASM_FRAG_BYTES);
	}
	assert_int_equal(g.r.nb_seen, 100);
	assert_int_equal(g.drops[NF_REASM_MEMORY], 100 - g.r.bytes / NF_REASM_FRAG_BYTES);
	/* the newest are still there */
	check_whole(add_at(&g, frag(&g, 99, 8, 9, false), 101), 99, 9);
	check_whole(add_at(&g, frag(&g, 90, 8, 9, false), 101), 90, 9);
	assert_null(add_at(&g, frag(&g, 10, 8, 9, false), 101));
	rig_close(&g);

	/* so small that one datagram does not fit: it is given up over and over, and nothing else
	 * happens */
	rig_open(&g, 0);
	for (uint32_t at = 0; at < 80; at += 8)
		assert_null(add(&g, frag(&g, 1, at, at + 8, at < 72)));
	assert_int_equal(g.drops[NF_REASM_MEMORY], 9);
	rig_close(&g);
}

static void test_too_many_fragments(void **state)
{
	struct rig g;

	rig_open(&g, HIMEM);
	for (uint32_t i = 0; i < NF_REASM_FRAGS_MAX; i++)
		assert_null(add(&g, frag(&g, 1, i * 8, i * 8 + 8, true)));
	assert_int_equal(nb_ended(&g), 0);
	assert_null(
		add(&g, frag(&g, 1, 8 * NF_REASM_FRAGS_MAX, 8 * NF_REASM_FRAGS_MAX + 1, false)));
	assert_int_equal(g.drops[NF_REASM_MEMORY], NF_REASM_FRAGS_MAX + 1);
	/* one less is whole */
	for (uint32_t i = 0; i + 1 < NF_REASM_FRAGS_MAX; i++)
		assert_null(add(&g, frag(&g, 2, i * 8, i * 8 + 8, true)));
	check_whole(
		add(&g, frag(&g, 2, 8 * NF_REASM_FRAGS_MAX - 8, 8 * NF_REASM_FRAGS_MAX - 7, false)),
		2, 8 * NF_REASM_FRAGS_MAX - 7);
	rig_close(&g);
}

/* More datagrams wait than there is room for in the table: those that end with overlaps count, too.
 */
static void test_table_full(void **state)
{
	struct rig g;

	rig_open(&g, 0);
	g.r.himem = HIMEM;
	for (uint16_t id = 0; id < 200; id++) {
		assert_null(add(&g, frag(&g, id, 0, 16, true)));
		if (id % 2 != 0)
			assert_null(add(&g, frag(&g, id, 8, 24, true)));
	}
	assert_int_equal(g.r.nb_seen, 300);
	assert_true(g.drops[NF_REASM_MEMORY] > 80);
	assert_int_equal(g.drops[NF_REASM_OVERLAP], 200);
	rig_close(&g);
}

/* No buffer for the whole: all of it is freed, and counted. */
static void test_no_buffer(void **state)
{
	struct uk_netbuf *held[LARGE];
	struct rig g;

	rig_open(&g, HIMEM);
	for (unsigned i = 0; i < LARGE; i++)
		held[i] = nf_packet_alloc(&g.pools, 0, 10000);
	assert_null(add(&g, frag(&g, 1, 0, 1480, true)));
	assert_null(add(&g, frag(&g, 1, 1480, 2960, false)));
	assert_int_equal(g.drops[NF_REASM_NO_BUFFER], 2);
	assert_int_equal(g.r.bytes, 0);
	/* head room of the first fragment is given up before the datagram is */
	assert_null(add(&g, frag(&g, 2, 0, 1000, true)));
	check_whole(add(&g, frag(&g, 2, 1000, 1850, false)), 2, 1850);
	for (unsigned i = 0; i < LARGE; i++)
		uk_netbuf_free(held[i]);
	rig_close(&g);
}

static void check_partial(struct rig *g, uint32_t base, uint32_t len, uint16_t bits)
{
	struct uk_netbuf *p = nf_reasm_partial(&g->r);
	const struct nf_ip4 *ip;

	assert_non_null(p);
	ip = (const struct nf_ip4 *)(const void *)nf_packet_l3(p);
	assert_int_equal(nf_inet_ntoh16(ip->len), NF_IP4_HLEN + len);
	assert_int_equal(nf_inet_ntoh16(ip->off), bits);
	assert_int_equal(nf_inet_csum(ip, NF_IP4_HLEN), 0);
	assert_int_equal(nf_packet_left(p, nf_packet_l4(p)), len);
	for (uint32_t i = 0; i < len; i++) {
		uint8_t b = nf_packet_l4(p)[i];

		assert_true(b == 0 || b == byte_of(nf_inet_ntoh16(ip->id), base + i));
	}
	uk_netbuf_free(p);
}

static void test_partial(void **state)
{
	struct rig g;

	rig_open(&g, HIMEM);
	g.r.keep_partial = true;
	assert_null(add(&g, frag(&g, 1, 0, 8, true)));
	assert_null(add(&g, frag(&g, 1, 800, 808, true)));
	assert_null(add(&g, frag(&g, 2, 0, 8, true)));
	assert_null(add(&g, frag(&g, 2, 3000, 3001, false)));
	assert_null(add(&g, frag(&g, 3, 80, 88, true)));
	assert_null(add(&g, frag(&g, 3, 16, 24, true)));
	assert_null(add(&g, frag(&g, 4, 16, 24, false)));
	assert_null(nf_reasm_partial(&g.r));
	nf_reasm_expire(&g.r, NF_REASM_TIMEOUT_NS + 2, 0);
	check_partial(&g, 0, 808, NF_IP_MF);
	check_partial(&g, 0, 3001, 0);
	check_partial(&g, 16, 72, NF_IP_MF | 2);
	check_partial(&g, 16, 8, 2);
	assert_null(nf_reasm_partial(&g.r));
	assert_int_equal(g.drops[NF_REASM_JOINED], 3);
	assert_int_equal(nb_ended(&g), 3);
	/* what nobody fetched is freed */
	assert_null(add(&g, frag(&g, 5, 0, 8, true)));
	nf_reasm_expire(&g.r, 0, NF_REASM_TIMEOUT_NS + 2);
	rig_close(&g);
}

/* A fragment out of 32 random bits: one of the four of its datagram, or, one time in 32, anything.
 */
static struct uk_netbuf *random_frag(struct rig *g, uint32_t v)
{
	uint32_t off = (v & 3) * 8, end = off + (off == 24 ? 5 : 8);
	bool more = off != 24;

	if ((v >> 27) == 0) {
		off += v & 32;
		end = off + 8 + (v & 64) / 8 - (v >> 7 & 1);
		more = (v & 256) != 0;
	}
	return frag(g, (uint16_t)(v >> 10 & 63), off, end, more);
}

/* Few datagrams at a time, with and without collecting what is given up. */
static void test_random(void **state)
{
	uint64_t seed = 7, nb_out = 0, nb_waiting = 0, now = 1;
	struct uk_netbuf *p;
	struct rig g;

	rig_open(&g, 48 * NF_REASM_FRAG_BYTES);
	for (unsigned i = 0; i < 200000; i++) {
		uint32_t v;

		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		v = (uint32_t)(seed >> 32);
		now += (seed >> 20 & 0xfff) == 0 ? 40000 * MS : 100 * MS;
		g.r.keep_partial = (v & 0x10000) != 0;
		p = add_at(&g, random_frag(&g, v), now);
		if (p != NULL) {
			nb_out++;
			uk_netbuf_free(p);
		}
		if (i % 16 == 0)
			nf_reasm_expire(&g.r, now, now);
		while ((p = nf_reasm_partial(&g.r)) != NULL) {
			nb_out++;
			uk_netbuf_free(p);
		}
	}
	for (const struct nf_reasm_dgram *d = g.r.oldest; d != NULL; d = d->newer)
		nb_waiting += d->nb_frags;
	assert_int_equal(g.r.nb_seen, nb_out + nb_waiting + nb_ended(&g));
	assert_true(g.r.nb_good > 1000);
	for (unsigned i = 0; i < NF_REASM_REASONS; i++)
		assert_true(g.drops[i] > 0 || i == NF_REASM_ECN || i == NF_REASM_NO_BUFFER);
	rig_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_false_copies),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_too_many_fragments),
		cmocka_unit_test(test_table_full),
		cmocka_unit_test(test_no_buffer),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
