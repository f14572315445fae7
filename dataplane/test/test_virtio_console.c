/* SPDX-License-Identifier: BSD-3-Clause */
/* The driver is compiled into the test: its state is one static struct, cleared between tests. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "dataplane/virtio_console.c"
#include "plat-kvm/test/fake_plat.h"
#include "plat-kvm/test/fake_virtio.h"

enum { CONTROL_RX = 2, CONTROL_TX = 3, PORT1_RX = 4, PORT1_TX = 5 };

static struct fake_virtio dev;
static bool added;

static int setup(void **state)
{
	struct fake_virtio_conf conf = {
		.offered = UK_VIRTIO_F_VERSION_1 | F_MULTIPORT, .queue_max = 128, .nb_queues = 8
	};

	fake_plat_reset();
	vcon = NULL;
	fake_virtio_init(&dev, ID_CONSOLE, &conf);
	if (!added)
		assert_int_equal(uk_virtio_add(&dev.dev), 0);
	added = true;
	dev.dev.driver = NULL;
	return 0;
}

static int teardown(void **state)
{
	assert_string_equal(fake_virtio_faults(&dev), "");
	fake_virtio_fini(&dev);
	free(vcon);
	return 0;
}

/* The device writes n bytes into the oldest buffer of a queue. */
static void device_writes(uint16_t q, const void *data, uint32_t n)
{
	struct fake_virtio_buf *b;

	assert_true(fake_virtio_pull(&dev, q) > 0);
	b = fake_virtio_held(&dev, q, 0);
	assert_true(b->nb_seg == 1 && b->seg[0].len >= n);
	memcpy(b->seg[0].addr, data, n);
	fake_virtio_use(&dev, q, 0, n);
	fake_virtio_publish(&dev, q);
}

static void device_tells(uint32_t id, uint16_t event, uint16_t value)
{
	struct vcon_message m = { id, event, value };

	device_writes(CONTROL_RX, &m, sizeof(m));
}

/* All that the driver sent on a queue so far, as one piece; returns its length. */
static uint32_t device_reads(uint16_t q, uint8_t *to, uint32_t room)
{
	uint32_t n = 0;

	while (fake_virtio_pull(&dev, q) > 0) {
		struct fake_virtio_buf *b = fake_virtio_held(&dev, q, 0);

		assert_true(n + b->seg[0].len <= room);
		memcpy(to + n, b->seg[0].addr, b->seg[0].len);
		n += b->seg[0].len;
		fake_virtio_use(&dev, q, 0, 0);
		fake_virtio_publish(&dev, q);
	}
	return n;
}

static void expect_said(uint32_t id, uint16_t event, uint16_t value)
{
	struct vcon_message m;

	assert_true(fake_virtio_pull(&dev, CONTROL_TX) > 0);
	memcpy(&m, fake_virtio_held(&dev, CONTROL_TX, 0)->seg[0].addr, sizeof(m));
	fake_virtio_use(&dev, CONTROL_TX, 0, 0);
	fake_virtio_publish(&dev, CONTROL_TX);
	assert_int_equal(m.id, id);
	assert_int_equal(m.event, event);
	assert_int_equal(m.value, value);
}

static void start_port(void)
{
	assert_int_equal(uk_virtio_console_probe(), 0);
	expect_said(0, DEVICE_READY, 1);
	device_tells(1, DEVICE_ADD, 0);
	assert_true(uk_virtio_console_poll());
	expect_said(1, PORT_READY, 1);
	expect_said(1, PORT_OPEN, 1);
}

static void without_a_device(void **state)
{
	dev.dev.driver = &dev;
	assert_int_equal(uk_virtio_console_probe(), -ENODEV);
	assert_false(uk_virtio_console_poll());
}

static void device_without_ports_is_refused(void **state)
{
	dev.conf.offered = UK_VIRTIO_F_VERSION_1;
	assert_int_equal(uk_virtio_console_probe(), -EIO);
	assert_false(uk_virtio_console_poll());
}

static void too_few_queues_are_refused(void **state)
{
	dev.conf.nb_queues = 6;
	assert_int_equal(uk_virtio_console_probe(), -EIO);
}

static void port_opens_and_closes(void **state)
{
	start_port();
	assert_int_equal(uk_virtio_console_session(1), 0);
	device_tells(1, PORT_OPEN, 1);
	assert_true(uk_virtio_console_poll());
	assert_int_equal(uk_virtio_console_session(1), 1);
	device_tells(1, PORT_OPEN, 1);
	(void)uk_virtio_console_poll();
	assert_int_equal(uk_virtio_console_session(1), 1);
	device_tells(1, PORT_OPEN, 0);
	(void)uk_virtio_console_poll();
	assert_int_equal(uk_virtio_console_session(1), 2);
	assert_false(uk_virtio_console_poll());
}

static void port_that_is_too_many_is_turned_down(void **state)
{
	start_port();
	device_tells(9, DEVICE_ADD, 0);
	(void)uk_virtio_console_poll();
	expect_said(9, PORT_READY, 0);
	device_tells(9, PORT_OPEN, 1);
	(void)uk_virtio_console_poll();
	assert_int_equal(uk_virtio_console_session(9), 0);
}

static void bytes_come_in_by_pieces(void **state)
{
	char got[16] = { 0 };

	start_port();
	device_writes(PORT1_RX, "hello ", 6);
	device_writes(PORT1_RX, "world", 5);
	assert_true(uk_virtio_console_poll());
	assert_int_equal(uk_virtio_console_read(1, got, 4), 4);
	assert_int_equal(uk_virtio_console_read(1, got + 4, 12), 7);
	assert_string_equal(got, "hello world");
	assert_int_equal(uk_virtio_console_read(1, got, 4), 0);
	assert_int_equal(fake_virtio_pull(&dev, PORT1_RX), QUEUE_SIZE);
}

static void bytes_go_out_as_far_as_there_is_room(void **state)
{
	static uint8_t data[QUEUE_SIZE * BUF_BYTES + 100], got[sizeof(data)];

	start_port();
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	assert_int_equal(uk_virtio_console_write(1, data, sizeof(data)), QUEUE_SIZE * BUF_BYTES);
	assert_int_equal(uk_virtio_console_write(1, data, 1), 0);
	assert_int_equal(device_reads(PORT1_TX, got, sizeof(got)), QUEUE_SIZE * BUF_BYTES);
	assert_memory_equal(got, data, QUEUE_SIZE * BUF_BYTES);
	assert_int_equal(uk_virtio_console_write(1, data + QUEUE_SIZE * BUF_BYTES, 100), 100);
	assert_int_equal(device_reads(PORT1_TX, got, sizeof(got)), 100);
	assert_memory_equal(got, data + QUEUE_SIZE * BUF_BYTES, 100);
}

static void buffers_are_used_over_and_over(void **state)
{
	char got[8];

	start_port();
	for (unsigned i = 0; i < 200000; i++) {
		device_writes(PORT1_RX, &i, sizeof(i));
		assert_int_equal(uk_virtio_console_read(1, got, sizeof(got)), sizeof(i));
		assert_memory_equal(got, &i, sizeof(i));
	}
}

/* A device that breaks the rules loses the driver; clients see a closed port. */
static void expect_given_up(void)
{
	char got[8];

	assert_int_equal(uk_virtio_console_read(1, got, sizeof(got)), 0);
	assert_int_equal(uk_virtio_console_session(1) & 1, 0);
	assert_int_equal(dev.status, 0);
	assert_false(uk_virtio_console_poll());
	assert_int_equal(uk_virtio_console_write(1, got, sizeof(got)), 0);
}

static void used_id_out_of_range(void **state)
{
	start_port();
	device_tells(1, PORT_OPEN, 1);
	(void)uk_virtio_console_poll();
	dev.conf.hostile = true;
	fake_virtio_bad_used(&dev, PORT1_RX, QUEUE_SIZE, 4);
	expect_given_up();
}

static void used_length_beyond_the_buffer(void **state)
{
	start_port();
	dev.conf.hostile = true;
	fake_virtio_bad_used(&dev, PORT1_RX, 0, BUF_BYTES + 1);
	expect_given_up();
}

static void used_index_that_jumps(void **state)
{
	start_port();
	dev.conf.hostile = true;
	fake_virtio_bad_jump(&dev, PORT1_RX, QUEUE_SIZE + 1);
	expect_given_up();
}

static void transmit_entry_that_was_never_sent(void **state)
{
	start_port();
	dev.conf.hostile = true;
	fake_virtio_bad_used(&dev, PORT1_TX, 3, 0);
	assert_int_equal(uk_virtio_console_write(1, "x", 1), 0);
	expect_given_up();
}

static void short_control_message_is_passed_over(void **state)
{
	start_port();
	device_writes(CONTROL_RX, "abc", 3);
	(void)uk_virtio_console_poll();
	assert_int_equal(uk_virtio_console_session(1), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_a_device),
		TEST(device_without_ports_is_refused),
		TEST(too_few_queues_are_refused),
		TEST(port_opens_and_closes),
		TEST(port_that_is_too_many_is_turned_down),
		TEST(bytes_come_in_by_pieces),
		TEST(bytes_go_out_as_far_as_there_is_room),
		TEST(buffers_are_used_over_and_over),
		TEST(used_id_out_of_range),
		TEST(used_length_beyond_the_buffer),
		TEST(used_index_that_jumps),
		TEST(transmit_entry_that_was_never_sent),
		TEST(short_control_message_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
