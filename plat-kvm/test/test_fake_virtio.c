/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does the scripted device see what a driver does wrong? A hand-made driver breaks one rule at a
 * time, in both ring formats, and the device has to name the section; done right, it has to stay
 * silent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "plat-kvm/irq.h"
#include "plat-kvm/test/fake_mem.h"
#include "plat-kvm/test/fake_net.h"
#include "plat-kvm/test/fake_plat.h"

#define V1   UK_VIRTIO_F_VERSION_1
#define PACK UK_VIRTIO_F_RING_PACKED
#define SIZE 4
#define TX   1 /* queue index */

static struct fake_net net;
static uint8_t *room; /* a heap block to hand out */
static struct uk_virtio_queue_addr ring;
static struct fake_split_desc *sd;
static struct fake_split_avail *sa;
static struct fake_split_used *su;
static struct fake_packed_desc *pd;
static struct fake_packed_event *pe_drv, *pe_dev;

static void open_ring(uint64_t features)
{
	struct fake_net_conf conf = { .offered = V1 | features, .queue_max = SIZE, .nb_pairs = 1 };
	struct uk_virtio_dev *d = &net.fv.dev;

	fake_plat_reset();
	fake_mem_reset();
	fake_net_init(&net, &conf);
	room = calloc(1, 256);
	sd = calloc(SIZE, 16);
	pd = (void *)sd;
	sa = calloc(1, 64);
	su = calloc(1, 64);
	pe_drv = (void *)sa;
	pe_dev = (void *)su;
	ring = (struct uk_virtio_queue_addr){ (uintptr_t)sd, (uintptr_t)sa, (uintptr_t)su };
	assert_int_equal(uk_virtio_start(d, ~0ull, 0), 0);
	assert_int_equal(d->ops->queue_enable(d, TX, SIZE, &ring), 0);
	assert_int_equal(uk_virtio_driver_ok(d), 0);
}

static void close_ring(void)
{
	fake_net_fini(&net);
	free(room);
	free(sd);
	free(sa);
	free(su);
}

static void expect(const char *section)
{
	const char *faults = fake_virtio_faults(&net.fv);

	if (section == NULL)
		assert_string_equal(faults, "");
	else if (strstr(faults, section) == NULL)
		fail_msg("section %s is not in \"%s\"", section, faults);
	close_ring();
}

static void split_put(uint16_t i, uint16_t flags, uint16_t next)
{
	sd[i] = (struct fake_split_desc){ (uintptr_t)room, 100, flags, next };
}

static void split_avail_one(uint16_t head)
{
	sa->ring[sa->idx % SIZE] = head;
	sa->idx++;
}

static void packed_put(uint16_t i, uint16_t id, uint16_t flags)
{
	pd[i] = (struct fake_packed_desc){ (uintptr_t)room, 100, id, flags | FAKE_DESC_F_AVAIL };
}

static void kick(void)
{
	net.fv.dev.ops->notify(&net.fv.dev, TX);
}

static void test_split_right(void **state)
{
	open_ring(0);
	for (int round = 0; round < 70000; round++) {
		split_put(0, FAKE_DESC_F_NEXT, 3);
		split_put(3, 0, 0);
		split_avail_one(0);
		split_put(2, 0, 0);
		split_avail_one(2);
		kick();
		fake_virtio_kick_check(&net.fv, TX);
		assert_int_equal(fake_net_tx(&net, 0), 0);
		assert_int_equal(su->idx, (uint16_t)(2 * (round + 1)));
	}
	assert_int_equal(net.nb_tx, 140000);
	expect(NULL);
}

static void test_packed_right(void **state)
{
	uint16_t pos = 0, wrap = 1;

	open_ring(PACK);
	for (uint16_t round = 0; round < 1000; round++) {
		for (uint16_t k = 0; k < 3; k++) {
			uint16_t bits = wrap ? FAKE_DESC_F_AVAIL : FAKE_DESC_F_USED;

			if (k == 0)
				bits |= FAKE_DESC_F_NEXT;
			pd[pos] = (struct fake_packed_desc){ (uintptr_t)room, 100, k, bits };
			pos = (pos + 1) % SIZE;
			wrap ^= pos == 0;
		}
		kick();
		fake_virtio_kick_check(&net.fv, TX);
		assert_int_equal(fake_net_tx(&net, 0), 0);
	}
	assert_int_equal(net.nb_tx, 2000);
	expect(NULL);
}

static void split_case(uint64_t features, const char *section, void (*act)(void))
{
	open_ring(features);
	act();
	fake_net_tx(&net, 0);
	fake_virtio_kick_check(&net.fv, TX);
	expect(section);
}

static void do_loop(void)
{
	split_put(0, FAKE_DESC_F_NEXT, 1);
	split_put(1, FAKE_DESC_F_NEXT, 0);
	split_avail_one(0);
}

static void do_head_range(void)
{
	split_avail_one(SIZE);
}

static void do_next_range(void)
{
	split_put(0, FAKE_DESC_F_NEXT, 9);
	split_avail_one(0);
}

static void do_twice(void)
{
	split_put(0, 0, 0);
	split_avail_one(0);
	split_avail_one(0);
}

static void do_jump(void)
{
	sa->idx += SIZE + 1;
}

static void do_back(void)
{
	sa->idx--;
}

static void do_flags(void)
{
	split_put(0, 0x10, 0);
	split_avail_one(0);
}

static void do_indirect(void)
{
	split_put(0, FAKE_DESC_F_INDIRECT, 0);
	sd[0].len = 32;
	split_avail_one(0);
}

static void do_indirect_next(void)
{
	split_put(0, FAKE_DESC_F_INDIRECT | FAKE_DESC_F_NEXT, 1);
	split_avail_one(0);
}

static void do_indirect_len(void)
{
	split_put(0, FAKE_DESC_F_INDIRECT, 0);
	split_avail_one(0);
}

static void do_avail_flags(void)
{
	sa->flags = 2;
}

static void do_avail_flag_event(void)
{
	sa->flags = 1;
}

static void do_write_then_read(void)
{
	split_put(0, FAKE_DESC_F_NEXT | FAKE_DESC_F_WRITE, 1);
	split_put(1, 0, 0);
	split_avail_one(0);
}

static void do_tx_writable(void)
{
	split_put(0, FAKE_DESC_F_NEXT, 1);
	split_put(1, FAKE_DESC_F_WRITE, 1);
	split_avail_one(0);
}

static void do_beyond(void)
{
	split_put(0, 0, 0);
	sd[0].len = 257;
	split_avail_one(0);
}

static void do_freed(void)
{
	split_put(0, 0, 0);
	free(room);
	room = NULL;
	split_avail_one(0);
}

static void do_stack(void)
{
	static uint8_t global[128];

	split_put(0, 0, 0);
	sd[0].addr = (uintptr_t)global;
	split_avail_one(0);
}

static void do_empty(void)
{
	split_put(0, 0, 0);
	sd[0].len = 0;
	split_avail_one(0);
}

static void do_num_buffers(void)
{
	split_put(0, 0, 0);
	room[10] = 1;
	split_avail_one(0);
}

static void do_csum(void)
{
	split_put(0, 0, 0);
	room[0] = FAKE_NET_HDR_F_NEEDS_CSUM;
	split_avail_one(0);
}

static void do_gso(void)
{
	split_put(0, 0, 0);
	room[1] = 1;
	split_avail_one(0);
}

static void do_order(void)
{
	split_put(1, 0, 0);
	split_avail_one(1);
}

static void do_no_kick(void)
{
	split_put(0, 0, 0);
	split_avail_one(0);
	fake_virtio_kick_check(&net.fv, TX);
}

static void do_kick_thrice(void)
{
	split_put(0, 0, 0);
	split_avail_one(0);
	kick();
	kick();
	fake_virtio_kick_check(&net.fv, TX);
}

static void do_kick_unasked(void)
{
	net.fv.conf.polls = true;
	fake_virtio_rearm(&net.fv, TX);
	split_put(0, 0, 0);
	split_avail_one(0);
	kick();
	fake_virtio_kick_check(&net.fv, TX);
}

static void do_used_written(void)
{
	su->idx = 1;
}

static void test_split_wrong(void **state)
{
	const uint64_t ind = UK_VIRTIO_F_INDIRECT_DESC, order = UK_VIRTIO_F_IN_ORDER;
	const uint64_t event = UK_VIRTIO_F_EVENT_IDX;

	split_case(0, "2.7.5.2", do_loop);
	split_case(0, "2.7.5:", do_head_range);
	split_case(0, "2.7.5:", do_next_range);
	split_case(0, "2.7.5.2", do_twice);
	split_case(0, "2.7.6.1", do_jump);
	split_case(0, "2.7.6.1", do_back);
	split_case(0, "2.7.5:", do_flags);
	split_case(0, "2.7.5.3.1", do_indirect);
	split_case(ind, "2.7.5.3.1", do_indirect_next);
	split_case(ind, "2.7.5.3:", do_indirect_len);
	split_case(0, "2.7.7.1", do_avail_flags);
	split_case(event, "2.7.7.1", do_avail_flag_event);
	split_case(0, "2.7.4.2", do_write_then_read);
	split_case(0, "5.1.6.2:", do_tx_writable);
	split_case(0, "2.7.4.2", do_beyond);
	split_case(0, "it was freed", do_freed);
	split_case(0, "no heap memory", do_stack);
	split_case(0, "2.7.4.2", do_empty);
	split_case(0, "5.1.6.2.1", do_num_buffers);
	split_case(0, "5.1.6.2.1", do_csum);
	split_case(FAKE_NET_F_CSUM, "5.1.6.2.1", do_gso);
	split_case(order, "2.7.5:", do_order);
	split_case(0, "2.7.10.1", do_no_kick);
	split_case(event, "2.7.10.1", do_no_kick);
	split_case(0, "2.7.10.1", do_kick_thrice);
	split_case(0, "2.7.10.1", do_kick_unasked);
	split_case(event, "2.7.10.1", do_kick_unasked);
	split_case(0, "2.7.8", do_used_written);
}

static void do_p_partial(void)
{
	packed_put(0, 0, FAKE_DESC_F_NEXT);
}

static void do_p_same_id(void)
{
	packed_put(0, 5, 0);
	packed_put(1, 5, 0);
}

static void do_p_overlong(void)
{
	for (uint16_t i = 0; i < SIZE; i++)
		packed_put(i, 1, FAKE_DESC_F_NEXT);
}

static void do_p_indirect(void)
{
	packed_put(0, 1, FAKE_DESC_F_INDIRECT);
	pd[0].len = 16;
}

static void do_p_indirect_chain(void)
{
	packed_put(1, 1, FAKE_DESC_F_INDIRECT);
	packed_put(0, 1, FAKE_DESC_F_NEXT);
}

static void do_p_table_flags(void)
{
	struct fake_packed_desc t = { (uintptr_t)room + 64, 100, 0, FAKE_DESC_F_NEXT };

	packed_put(0, 1, FAKE_DESC_F_INDIRECT);
	pd[0].len = 16;
	memcpy(room, &t, 16);
}

static void do_p_event_flags(void)
{
	pe_drv->flags = 3;
}

static void do_p_event_desc(void)
{
	pe_drv->flags = 2;
}

static void do_p_event_off(void)
{
	pe_drv->flags = 2;
	pe_drv->off_wrap = SIZE;
}

static void do_p_no_kick(void)
{
	packed_put(0, 1, 0);
	fake_virtio_kick_check(&net.fv, TX);
}

static void test_packed_wrong(void **state)
{
	const uint64_t ind = UK_VIRTIO_F_INDIRECT_DESC, event = UK_VIRTIO_F_EVENT_IDX;

	split_case(PACK, "2.8.17", do_p_partial);
	split_case(PACK, "2.8.6", do_p_same_id);
	split_case(PACK, "2.8.17", do_p_overlong);
	split_case(PACK, "2.8.19", do_p_indirect);
	split_case(PACK | ind, "2.8.19", do_p_indirect_chain);
	split_case(PACK | ind, "2.8.19", do_p_table_flags);
	split_case(PACK, "2.8.10", do_p_event_flags);
	split_case(PACK, "2.8.10", do_p_event_desc);
	split_case(PACK | event, "2.8.10", do_p_event_off);
	split_case(PACK, "2.8.21.3.1", do_p_no_kick);
	split_case(PACK | event, "2.8.21.3.1", do_p_no_kick);
}

/* Interrupts: only when wanted, by flag and by index. */
static void test_interrupts(void **state)
{
	int vector;

	for (int event = 0; event < 2; event++) {
		open_ring(event ? UK_VIRTIO_F_EVENT_IDX : 0);
		vector = uk_irq_alloc();
		assert_int_equal(net.fv.dev.ops->queue_irq(&net.fv.dev, TX, (unsigned)vector), 0);
		sa->flags = event ? 0 : 1;
		sa->ring[SIZE] = 1; /* used_event: after the second */
		split_put(0, 0, 0);
		split_avail_one(0);
		kick();
		fake_net_tx(&net, 0);
		assert_false(uk_irq_pending((unsigned)vector));
		sa->flags = 0;
		split_avail_one(0);
		kick();
		fake_net_tx(&net, 0);
		assert_true(uk_irq_pending((unsigned)vector));
		assert_false(uk_irq_pending((unsigned)vector));
		expect(NULL);
	}
}

static void test_order(void **state)
{
	struct uk_virtio_dev *d = &net.fv.dev;
	uint8_t all = 15;

	open_ring(0);
	assert_int_equal(uk_virtio_reset(d), 0);
	d->ops->status_set(d, all); /* everything at once, nothing read */
	expect("3.1.1");

	open_ring(0);
	assert_int_equal(uk_virtio_start(d, 0, 0), 0);
	d->ops->notify(d, TX);
	expect("3.1.1");

	open_ring(0);
	assert_int_equal(uk_virtio_start(d, 0, 0), 0);
	d->ops->features_set(d, V1);
	expect("3.1.1");

	open_ring(0);
	assert_int_equal(uk_virtio_reset(d), 0);
	d->ops->status_set(d, 1);
	d->ops->status_set(d, 3);
	d->ops->features_get(d);
	d->ops->features_set(d, V1 | FAKE_NET_F_MQ);
	d->ops->status_set(d, 11);
	assert_false(d->ops->status_get(d) & UK_VIRTIO_S_FEATURES_OK);
	expect("2.2.1");

	open_ring(FAKE_NET_F_HOST_TSO4);
	expect("5.1.3.1");

	open_ring(0);
	ring.desc += 8;
	assert_int_equal(uk_virtio_start(d, 0, 0), 0);
	assert_int_equal(d->ops->queue_enable(d, TX, SIZE, &ring), -EINVAL);
	expect("2.7.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split_right),
		cmocka_unit_test(test_packed_right),
		cmocka_unit_test(test_split_wrong),
		cmocka_unit_test(test_packed_wrong),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
