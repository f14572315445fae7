/* SPDX-License-Identifier: BSD-3-Clause */
/* The lean engine against a scripted driver, honest and hostile, on both ring layouts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pktgen-bench/host/lean.h"

#define SIZE    8u /* descriptors in the ring */
#define GPA     0x40000000ull
#define MEM     (256u << 10)
#define DATA_AT 4096u /* buffers start here */

#define W VRING_DESC_F_WRITE
#define N VRING_DESC_F_NEXT
#define I VRING_DESC_F_INDIRECT

/* A guest: its memory and the driver's idea of one ring. */
struct guest {
	struct lean l;
	struct lean_ring r;
	uint8_t *mem;
	uint16_t next_desc; /* where the driver puts the next descriptor */
	uint16_t avail;     /* split: its index */
	uint16_t seen;      /* split: used entries looked at; packed: place of the next used one */
	bool wrap, seen_wrap;
	struct vring_desc *desc;
	struct vring_avail *av;
	struct vring_used *us;
	struct vring_packed_desc *pd;
	struct vring_packed_desc_event *events;
};

static struct guest *g;
static uint8_t data[70000];

static struct guest *guest_new(bool packed)
{
	g = calloc(1, sizeof(*g));
	assert_non_null(g);
	g->mem = calloc(1, MEM);
	g->l.slots = malloc((size_t)PG_PORT_BURST * LEAN_SLOT);
	g->l.linear = malloc((size_t)PG_PORT_BURST * PG_PORT_LINEAR);
	assert_true(g->mem && g->l.slots && g->l.linear);
	g->l.packed = packed;
	g->l.mergeable = true;
	g->l.nb_regions = 1;
	g->l.region[0] = (struct lean_region){ .gpa = GPA, .size = MEM, .va = g->mem };
	g->desc = (void *)g->mem;
	g->pd = (void *)g->mem;
	g->av = (void *)(g->mem + 1024);
	g->us = (void *)(g->mem + 2048);
	g->events = (void *)(g->mem + 1024);
	g->events[0].flags = packed ? VRING_PACKED_EVENT_FLAG_DISABLE : 0;
	g->wrap = g->seen_wrap = true;
	if (!packed)
		g->av->flags = VRING_AVAIL_F_NO_INTERRUPT;
	g->r = (struct lean_ring){ .ok = true,
		.wrap = true,
		.size = SIZE,
		.hdr = 12,
		.callfd = -1,
		.desc = g->desc,
		.avail = g->av,
		.used_ring = g->us,
		.pdesc = g->pd,
		.driver_event = &g->events[0],
		.device_event = &g->events[1] };
	for (uint32_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	return g;
}

static void guest_free(void)
{
	free(g->mem);
	free(g->l.slots);
	free(g->l.linear);
	free(g);
}

struct piece {
	uint64_t gpa;
	uint32_t len;
	uint16_t flags; /* W, I; N is added */
};

/* Offers a chain of @n pieces with descriptor id @id (packed) or from the next place (split). */
static void offer(const struct piece *p, unsigned int n, uint16_t id)
{
	uint16_t first = g->next_desc, first_flags = 0;

	for (unsigned int i = 0; i < n; i++) {
		uint16_t at = g->next_desc, next = (uint16_t)((at + 1) % SIZE);
		uint16_t flags = (uint16_t)(p[i].flags | (i + 1 < n ? N : 0));

		if (g->l.packed) {
			flags |= (uint16_t)(g->wrap ? 1u << 7 : 1u << 15);
			g->pd[at].addr = p[i].gpa;
			g->pd[at].len = p[i].len;
			g->pd[at].id = id;
			if (i)
				g->pd[at].flags = flags;
			else
				first_flags = flags;
			g->wrap ^= next == 0;
		} else {
			g->desc[at] = (struct vring_desc){
				.addr = p[i].gpa, .len = p[i].len, .flags = flags, .next = next
			};
		}
		g->next_desc = next;
	}
	if (g->l.packed) {
		g->pd[first].flags = first_flags;
		return;
	}
	g->av->ring[g->avail % SIZE] = first;
	g->av->idx = ++g->avail;
}

static void offer_one(uint64_t gpa, uint32_t len, uint16_t flags)
{
	const struct piece p = { gpa, len, flags };

	offer(&p, 1, g->next_desc);
}

/* The next used element, if there is one: its length. A packed chain takes @places. */
static bool taken(uint32_t *len, uint16_t places)
{
	if (!g->l.packed) {
		if (g->us->idx == g->seen)
			return false;
		*len = g->us->ring[g->seen++ % SIZE].len;
		return true;
	}
	if ((g->pd[g->seen].flags >> 15 & 1) != g->seen_wrap ||
		(g->pd[g->seen].flags >> 7 & 1) != g->seen_wrap)
		return false;
	*len = g->pd[g->seen].len;
	g->seen = (uint16_t)(g->seen + places);
	if (g->seen >= SIZE) {
		g->seen = (uint16_t)(g->seen - SIZE);
		g->seen_wrap = !g->seen_wrap;
	}
	return true;
}

static unsigned int send(uint32_t len, unsigned int n)
{
	struct pg_port_frame f[PG_PORT_BURST];

	for (unsigned int i = 0; i < n; i++)
		f[i] = (struct pg_port_frame){ .data = data + i, .len = len };
	return g->l.packed ? pg_lean_packed_tx(&g->l, &g->r, f, n)
			   : pg_lean_split_tx(&g->l, &g->r, f, n);
}

static unsigned int receive(struct pg_port_frame *f, unsigned int n)
{
	return g->l.packed ? pg_lean_packed_rx(&g->l, &g->r, f, n)
			   : pg_lean_split_rx(&g->l, &g->r, f, n);
}

static uint64_t buf(unsigned int no)
{
	return GPA + DATA_AT + (uint64_t)no * 10240;
}

static uint8_t *at(uint64_t gpa)
{
	return g->mem + (gpa - GPA);
}

static int both(void (*f)(void))
{
	for (int packed = 0; packed < 2; packed++) {
		guest_new(packed);
		f();
		guest_free();
	}
	return 0;
}

/* Many more frames than the ring has places, of every short length: wraps, order, headers. */
static void plain_to_guest(void)
{
	static const uint8_t hdr[12] = { [10] = 1 };
	uint32_t len = 0;

	assert_int_equal(send(60, 4), 0);
	for (uint32_t size = 14; size < 200; size++) {
		for (unsigned int i = 0; i < 3; i++) {
			memset(at(buf(i)), 0xee, 300);
			offer_one(buf(i), 2048, W);
		}
		assert_int_equal(send(size, 5), 3);
		for (unsigned int i = 0; i < 3; i++) {
			assert_true(taken(&len, 1));
			assert_int_equal(len, size + 12);
			assert_memory_equal(at(buf(i)), hdr, 12);
			assert_memory_equal(at(buf(i)) + 12, data + i, size);
			assert_int_equal(at(buf(i))[12 + size], 0xee);
		}
		assert_false(taken(&len, 1));
	}
	assert_true(g->r.ok);
}

static void merged_to_guest(void)
{
	uint32_t len = 0, sum = 0;
	uint16_t nb;

	for (unsigned int i = 0; i < 5; i++)
		offer_one(buf(i), 2048, W);
	assert_int_equal(send(9000, 2), 1); /* 9012 bytes: five buffers, none left for a second */
	memcpy(&nb, at(buf(0)) + 10, 2);
	assert_int_equal(nb, 5);
	for (unsigned int i = 0; i < 5; i++) {
		uint32_t skip = i ? 0 : 12;

		assert_true(taken(&len, 1));
		assert_memory_equal(at(buf(i)) + skip, data + sum, len - skip);
		sum += len - skip;
	}
	assert_int_equal(sum, 9000);
	assert_false(taken(&len, 1));
	/* Too few buffers: nothing is taken, and it works once there are more. */
	offer_one(buf(0), 2048, W);
	assert_int_equal(send(3000, 1), 0);
	assert_false(taken(&len, 1));
	offer_one(buf(1), 2048, W);
	assert_int_equal(send(3000, 1), 1);
	assert_true(taken(&len, 1) && taken(&len, 1));
	assert_true(g->r.ok);
	/* Without mergeable buffers a frame that does not fit waits for ever, harmlessly. */
	g->l.mergeable = false;
	offer_one(buf(0), 2048, W);
	offer_one(buf(1), 2048, W);
	assert_int_equal(send(3000, 1), 0);
	assert_true(g->r.ok);
}

static void chained_to_guest(void)
{
	const struct piece p[3] = { { buf(0), 12, W }, { buf(1), 100, W }, { buf(2), 2000, W } };
	const struct piece odd[3] = { { buf(0), 5, W }, { buf(1), 20, W }, { buf(2), 2000, W } };
	uint32_t len = 0;

	for (unsigned int round = 0; round < 20; round++) {
		const struct piece *use = round % 2 ? p : odd;
		uint32_t second = round % 2 ? 100 : 13; /* of 20, 7 hold the rest of the header */

		offer(use, 3, 5);
		assert_int_equal(send(1000, 1), 1);
		assert_true(taken(&len, 3));
		assert_int_equal(len, 1012);
		assert_memory_equal(at(buf(1)) + (round % 2 ? 0 : 7), data, second);
		assert_memory_equal(at(buf(2)), data + second, 1000 - second);
	}
	assert_true(g->r.ok);
}

static void plain_from_guest(void)
{
	struct pg_port_frame f[PG_PORT_BURST];
	uint32_t len = 1;

	assert_int_equal(receive(f, 8), 0);
	for (uint32_t size = 14; size < 3000; size = size < 200 ? size + 1 : size + 97) {
		for (unsigned int i = 0; i < 3; i++) {
			memset(at(buf(i)), 0, 12);
			at(buf(i))[0] = i == 1; /* checksum left to the device */
			at(buf(i))[1] = i == 2; /* TCPv4 segmentation */
			memcpy(at(buf(i)) + 12, data + i, size);
			offer_one(buf(i), size + 12, 0);
		}
		assert_int_equal(receive(f, 2), 2);
		assert_int_equal(receive(f + 2, 9), 1);
		assert_int_equal(f[0].flags, 0);
		assert_int_equal(f[1].flags, PG_PORT_F_NEEDS_CSUM);
		assert_int_equal(f[2].flags, PG_PORT_F_GSO);
		assert_int_equal(f[2].len, size);
		assert_memory_equal(f[2].data, data + 2, size);
		assert_memory_equal(f[1].data, data + 1, size);
		for (unsigned int i = 0; i < 3; i++)
			assert_true(taken(&len, 1) && len == 0);
		assert_false(taken(&len, 1));
	}
	assert_true(g->r.ok);
}

static void put_table(uint64_t gpa, const struct piece *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct vring_desc d = { p[i].gpa, p[i].len,
			(uint16_t)(p[i].flags | (i + 1 < n ? N : 0)), (uint16_t)(i + 1) };
		struct vring_packed_desc q = { p[i].gpa, p[i].len, 0, p[i].flags };

		memcpy(at(gpa) + (size_t)i * 16, g->l.packed ? (void *)&q : (void *)&d, 16);
	}
}

static void pieces_from_guest(void)
{
	const struct piece p[3] = { { buf(0), 7, 0 }, { buf(1), 500, 0 }, { buf(2), 8505, 0 } };
	struct pg_port_frame f[PG_PORT_BURST];
	uint32_t len = 0;

	memset(at(buf(0)), 0, 7);
	memset(at(buf(1)), 0, 5);
	memcpy(at(buf(1)) + 5, data, 495);
	memcpy(at(buf(2)), data + 495, 8505);
	put_table(buf(4), p, 3);
	for (unsigned int round = 0; round < 30; round++) {
		if (round % 2)
			offer_one(buf(4), 48, I);
		else
			offer(p, 3, 1);
		memcpy(at(buf(5)) + 12, data + 9, 60);
		offer_one(buf(5), 72, 0);
		assert_int_equal(receive(f, 5), 2);
		assert_int_equal(f[0].len, 9000);
		assert_memory_equal(f[0].data, data, 9000);
		assert_int_equal(f[1].len, 60);
		assert_memory_equal(f[1].data, data + 9, 60);
		assert_true(taken(&len, round % 2 ? 1 : 3) && taken(&len, 1));
		assert_false(taken(&len, 1));
	}
	assert_true(g->r.ok);
}

/* More than 64 KiB in one frame: cut, not overrun. */
static void oversize_from_guest(void)
{
	struct piece p[2] = { { buf(0), 60000, 0 }, { buf(0), 60000, 0 } };
	struct pg_port_frame f[2];

	memset(at(buf(0)), 0, 12);
	offer(p, 2, 0);
	assert_int_equal(receive(f, 1), 1);
	assert_int_equal(f[0].len, PG_PORT_LINEAR);
	assert_true(f[0].flags & PG_PORT_F_CUT);
}

static const struct hostile {
	const char *what;
	struct piece p[3];
	unsigned int n;
	bool to_guest;
} hostiles[] = {
	{ "address below memory", { { 0, 100, 0 } }, 1, false },
	{ "address above memory", { { GPA + MEM, 100, 0 } }, 1, false },
	{ "runs out of memory", { { GPA + MEM - 50, 100, 0 } }, 1, false },
	{ "length wraps", { { GPA + 4096, UINT32_MAX, 0 } }, 1, false },
	{ "address wraps", { { UINT64_MAX - 10, 100, 0 } }, 1, false },
	{ "shorter than a header", { { GPA + 4096, 11, 0 } }, 1, false },
	{ "empty", { { GPA + 4096, 0, 0 } }, 1, false },
	{ "writable in transmit", { { GPA + 4096, 100, W } }, 1, false },
	{ "second one writable", { { GPA + 4096, 100, 0 }, { GPA + 4096, 100, W } }, 2, false },
	{ "second one outside", { { GPA + 4096, 100, 0 }, { 7, 100, 0 } }, 2, false },
	{ "chain with a table", { { GPA + 4096, 100, 0 }, { GPA + 4096, 32, I } }, 2, false },
	{ "table outside", { { GPA + MEM - 16, 32, I } }, 1, false },
	{ "odd table", { { GPA + 4096, 33, I } }, 1, false },
	{ "empty table", { { GPA + 4096, 0, I } }, 1, false },
	{ "huge table", { { GPA, 0xfffffff0, I } }, 1, false },
	{ "table of zeros", { { GPA + 8192, 64, I } }, 1, false },
	{ "readable in receive", { { GPA + 4096, 2048, 0 } }, 1, true },
	{ "receive outside", { { GPA + MEM - 20, 2048, W } }, 1, true },
	{ "receive wraps", { { UINT64_MAX - 2000, 2048, W } }, 1, true },
	{ "receive smaller than a header", { { GPA + 4096, 12, W } }, 1, true },
	{ "receive of nothing", { { GPA + 4096, 0, W } }, 1, true },
	{ "receive table outside", { { 5, 64, W | I } }, 1, true },
};

static void hostile_descriptors(void)
{
	bool packed = g->l.packed;

	for (unsigned int i = 0; i < sizeof(hostiles) / sizeof(hostiles[0]); i++) {
		const struct hostile *h = &hostiles[i];
		struct pg_port_frame f[4];
		unsigned int n;

		guest_free();
		guest_new(packed);
		memset(at(buf(0)), 0, 4096);
		put_table(GPA + 4096, &(struct piece){ buf(1), 100, 0 }, 1);
		offer(h->p, h->n, 0);
		n = h->to_guest ? send(100, 2) : receive(f, 2);
		if (n || g->r.ok || !g->r.fault)
			fail_msg("%s: %u frames moved, ring %s", h->what, n,
				g->r.ok ? "served" : "stopped");
		/* It stays stopped. */
		assert_int_equal(h->to_guest ? send(100, 2) : receive(f, 0), 0);
	}
}

static void hostile_rings(void)
{
	const struct piece p[2] = { { buf(0), 100, 0 }, { buf(1), 100, 0 } };
	struct pg_port_frame f[4];
	bool packed = g->l.packed;

	/* A chain that never ends: each one names the next, all around. */
	for (unsigned int i = 0; i < SIZE; i++) {
		g->desc[i] = (struct vring_desc){ buf(0), 100, N, (uint16_t)((i + 1) % SIZE) };
		if (packed)
			g->pd[i] = (struct vring_packed_desc){ buf(0), 100, 0, N | 1u << 7 };
	}
	g->av->idx = packed ? g->av->idx : 1;
	assert_int_equal(receive(f, 4), 0);
	assert_false(g->r.ok);
	if (packed)
		return;
	guest_free();
	guest_new(false);
	offer(p, 2, 0);
	g->desc[SIZE] = (struct vring_desc){ buf(1), 100, 0, 0 };
	g->desc[0].next = SIZE; /* outside the table, where a usable one happens to lie */
	assert_int_equal(receive(f, 4), 0);
	assert_false(g->r.ok);
	guest_free();
	guest_new(false);
	offer(p, 1, 0);
	g->desc[SIZE] = (struct vring_desc){ buf(1), 100, 0, 0 };
	g->av->ring[0] = SIZE;
	assert_int_equal(receive(f, 4), 0);
	assert_false(g->r.ok);
	guest_free();
	guest_new(false);
	offer_one(buf(0), 2048, W);
	g->av->idx = SIZE + 1; /* more than a ring ahead */
	assert_int_equal(send(100, 4), 0);
	assert_false(g->r.ok);
	guest_free();
	guest_new(false);
	/* An indirect table that loops, and one that names a table. */
	offer_one(buf(4), 32, I);
	put_table(buf(4), p, 2);
	((struct vring_desc *)(void *)at(buf(4)))[1].flags = N;
	((struct vring_desc *)(void *)at(buf(4)))[1].next = 0;
	assert_int_equal(receive(f, 4), 0);
	assert_false(g->r.ok);
	guest_free();
	guest_new(false);
	offer_one(buf(4), 32, I);
	put_table(buf(4), p, 2);
	((struct vring_desc *)(void *)at(buf(4)))[1].flags = I;
	assert_int_equal(receive(f, 4), 0);
	assert_false(g->r.ok);
}

/* What came before a broken descriptor is still delivered, and given back. */
static void good_before_bad(void)
{
	struct pg_port_frame f[4];
	uint32_t len = 0;

	memset(at(buf(0)), 0, 12);
	memcpy(at(buf(0)) + 12, data, 60);
	offer_one(buf(0), 72, 0);
	offer_one(3, 72, 0);
	assert_int_equal(receive(f, 4), 1);
	assert_memory_equal(f[0].data, data, 60);
	assert_true(taken(&len, 1));
	assert_false(taken(&len, 1));
	assert_false(g->r.ok);
}

#define BOTH(f)                                                                                    \
	static void test_##f(void **state)                                                         \
	{                                                                                          \
		(void)state;                                                                       \
		both(f);                                                                           \
	}

BOTH(plain_to_guest)
BOTH(merged_to_guest)
BOTH(chained_to_guest)
BOTH(plain_from_guest)
BOTH(pieces_from_guest)
BOTH(oversize_from_guest)
BOTH(hostile_descriptors)
BOTH(hostile_rings)
BOTH(good_before_bad)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_to_guest),
		cmocka_unit_test(test_merged_to_guest),
		cmocka_unit_test(test_chained_to_guest),
		cmocka_unit_test(test_plain_from_guest),
		cmocka_unit_test(test_pieces_from_guest),
		cmocka_unit_test(test_oversize_from_guest),
		cmocka_unit_test(test_hostile_descriptors),
		cmocka_unit_test(test_hostile_rings),
		cmocka_unit_test(test_good_before_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
