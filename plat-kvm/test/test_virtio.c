/* SPDX-License-Identifier: BSD-3-Clause */
/* plat-kvm/virtio.c against the scripted device: start-up, refusals, configuration reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "plat-kvm/test/fake_net.h"
#include "plat-kvm/test/fake_plat.h"

#define V1 UK_VIRTIO_F_VERSION_1

static struct fake_net net;

static struct uk_virtio_dev *open_dev(uint64_t offered)
{
	struct fake_net_conf conf = {
		.offered = offered, .queue_max = 8, .nb_pairs = 1, .mtu = 1500
	};

	fake_plat_reset();
	fake_net_init(&net, &conf);
	return &net.fv.dev;
}

static void expect_no_faults(void)
{
	assert_string_equal(fake_virtio_faults(&net.fv), "");
}

static void test_start(void **state)
{
	struct uk_virtio_dev *d = open_dev(V1 | FAKE_NET_F_MAC | FAKE_NET_F_CSUM);

	assert_int_equal(uk_virtio_start(d, FAKE_NET_F_MAC | FAKE_NET_F_MTU, 0), 0);
	assert_true(d->features == (V1 | FAKE_NET_F_MAC));
	assert_true(net.fv.features == d->features);
	assert_int_equal(net.fv.status,
		UK_VIRTIO_S_ACKNOWLEDGE | UK_VIRTIO_S_DRIVER | UK_VIRTIO_S_FEATURES_OK);
	assert_int_equal(uk_virtio_driver_ok(d), 0);
	assert_true(fake_virtio_live(&net.fv));
	expect_no_faults();
}

static void test_start_again(void **state)
{
	struct uk_virtio_dev *d = open_dev(V1);

	for (int i = 0; i < 3; i++) {
		assert_int_equal(uk_virtio_start(d, 0, 0), 0);
		assert_int_equal(uk_virtio_driver_ok(d), 0);
	}
	assert_int_equal(uk_virtio_reset(d), 0);
	assert_int_equal(net.fv.status, 0);
	expect_no_faults();
}

static void test_missing_required(void **state)
{
	struct uk_virtio_dev *d = open_dev(FAKE_NET_F_MAC);

	assert_int_equal(uk_virtio_start(d, FAKE_NET_F_MAC, 0), -ENOTSUP);
	assert_true(net.fv.status & UK_VIRTIO_S_FAILED);
	d = open_dev(V1);
	assert_int_equal(uk_virtio_start(d, FAKE_NET_F_MAC, FAKE_NET_F_MAC), -ENOTSUP);
	assert_true(net.fv.status & UK_VIRTIO_S_FAILED);
	expect_no_faults();
}

static void test_refused(void **state)
{
	struct uk_virtio_dev *d = open_dev(V1);

	net.fv.conf.refuse_features = true;
	assert_int_equal(uk_virtio_start(d, 0, 0), -ENOTSUP);
	assert_true(net.fv.status & UK_VIRTIO_S_FAILED);
	expect_no_faults();
	net.fv.conf.refuse_features = false;
	assert_int_equal(uk_virtio_start(d, 0, 0), 0);
	expect_no_faults();
}

static void test_features_change(void **state)
{
	struct uk_virtio_dev *d = open_dev(V1 | FAKE_NET_F_MAC);

	net.fv.conf.features_flip = true;
	net.fv.conf.offered_later = V1;
	int rc = uk_virtio_start(d, FAKE_NET_F_MAC, 0);

	assert_true(rc == -ENOTSUP || d->features == V1);
	expect_no_faults();
}

static void test_stuck_reset(void **state)
{
	struct uk_virtio_dev *d = open_dev(V1);

	net.fv.conf.stuck_reset = true;
	assert_int_equal(uk_virtio_reset(d), -EIO);
	assert_int_equal(uk_virtio_start(d, 0, 0), -EIO);
	expect_no_faults();
}

static void test_needs_reset(void **state)
{
	struct uk_virtio_dev *d = open_dev(V1);

	net.fv.conf.needs_reset_at_ok = true;
	assert_int_equal(uk_virtio_start(d, 0, 0), 0);
	assert_int_equal(uk_virtio_driver_ok(d), -EIO);
	expect_no_faults();
}

static void test_config(void **state)
{
	struct uk_virtio_dev *d = open_dev(V1 | FAKE_NET_F_MTU);
	uint8_t mac[6], beyond[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	uint16_t mtu = 0;

	assert_int_equal(uk_virtio_start(d, FAKE_NET_F_MTU, 0), 0);
	assert_int_equal(uk_virtio_config_read(d, 10, &mtu, 2), 0);
	assert_int_equal(mtu, 1500);
	net.fv.conf.gen_flips = 5;
	assert_int_equal(uk_virtio_config_read(d, 0, mac, 6), 0);
	net.fv.conf.gen_flips = UINT32_MAX;
	assert_int_equal(uk_virtio_config_read(d, 0, mac, 6), -EIO);
	net.fv.conf.gen_flips = 0;
	assert_int_equal(uk_virtio_config_read(d, 1000, beyond, 8), 0);
	for (int i = 0; i < 8; i++)
		assert_int_equal(beyond[i], 0);
	expect_no_faults();
}

static void test_registry(void **state)
{
	unsigned before = uk_virtio_count();
	struct uk_virtio_dev *d = calloc(UK_VIRTIO_MAX + 1, sizeof(*d));
	unsigned i = before;

	for (; i < UK_VIRTIO_MAX; i++) {
		assert_int_equal(uk_virtio_add(&d[i]), 0);
		assert_ptr_equal(uk_virtio_get(i), &d[i]);
	}
	assert_int_equal(uk_virtio_add(&d[i]), -ENOSPC);
	assert_int_equal(uk_virtio_count(), UK_VIRTIO_MAX);
	assert_null(uk_virtio_get(UK_VIRTIO_MAX));
	free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_start_again),
		cmocka_unit_test(test_missing_required),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_features_change),
		cmocka_unit_test(test_stuck_reset),
		cmocka_unit_test(test_needs_reset),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_registry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
