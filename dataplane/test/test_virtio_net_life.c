/* SPDX-License-Identifier: BSD-3-Clause */
/* Life cycle, negotiation, configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dataplane/test/rig.h"
#include "plat-kvm/irq.h"
#include "plat-kvm/test/fake_plat.h"

static void talk(void)
{
	for (uint16_t q = 0; q < rig.conf.dev.nb_tx_queues; q++) {
		assert_int_equal(rig_send(q, 2, 100, 1), 2);
		rig_drain(q);
	}
	for (uint16_t q = 0; q < rig.conf.dev.nb_rx_queues; q++) {
		assert_int_equal(rig_inject(q, 200), 0);
		assert_true(rig_recv(q, 8, NULL) & UK_NETDEV_STATUS_SUCCESS);
	}
}

static void ignore(int rc)
{
	(void)rc;
}

static void test_states(void **state)
{
	struct rig_conf c = rig_default();
	struct uk_netbuf *none = NULL;
	uint16_t cnt = 1;

	rig_open_dev(&c);
	assert_int_equal(uk_netdev_count(), 1);
	assert_null(uk_netdev_get(1));
	assert_int_equal(uk_netdev_id_get(rig.dev), 0);
	assert_non_null(uk_netdev_drv_name_get(rig.dev));
	assert_int_equal(uk_netdev_rx_burst(rig.dev, 0, &none, &cnt), -ENODEV);
	assert_int_equal(cnt, 0);
	assert_int_equal(uk_netdev_probe(rig.dev), 0);
	assert_int_equal(uk_netdev_state_get(rig.dev), UK_NETDEV_UNCONFIGURED);
	expect_assert_failure(ignore(uk_netdev_probe(rig.dev)));
	expect_assert_failure(ignore(uk_netdev_start(rig.dev)));
	assert_int_equal(rig_configure(), 0);
	assert_int_equal(uk_netdev_state_get(rig.dev), UK_NETDEV_CONFIGURED);
	cnt = 1;
	assert_int_equal(uk_netdev_tx_burst(rig.dev, 0, &none, &cnt), -ENODEV);
	assert_int_equal(cnt, 0);
	assert_int_equal(uk_netdev_start(rig.dev), 0);
	assert_int_equal(uk_netdev_state_get(rig.dev), UK_NETDEV_RUNNING);
	rig_judge();
	talk();
	assert_int_equal(uk_netdev_stop(rig.dev), 0);
	assert_int_equal(uk_netdev_state_get(rig.dev), UK_NETDEV_CONFIGURED);
	rig_expect_pool_full();
	cnt = 1;
	assert_int_equal(uk_netdev_rx_burst(rig.dev, 0, &none, &cnt), -ENODEV);
	rig_close();
}

static void test_stop_start(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 1536; i += 11) {
		assert_true(rig_case(i, &c));
		rig_open(&c);
		for (unsigned k = 0; k < 6; k++) {
			talk();
			rig_send(0, 3, 400, 1);
			rig_inject(0, 333);
			assert_int_equal(uk_netdev_stop(rig.dev), 0);
			rig_expect_pool_full();
			rig_expect_no_faults();
			memset(rig.tx, 0, sizeof(rig.tx));
			memset(rig.rx, 0, sizeof(rig.rx));
			assert_int_equal(uk_netdev_start(rig.dev), 0);
			rig_judge();
		}
		talk();
		rig_close();
	}
}

static void test_info(void **state)
{
	struct rig_conf c = rig_default();
	struct uk_netdev_info info;
	struct uk_netdev_queue_info qi;
	const char *ring;

	c.net.offered |= UK_VIRTIO_F_RING_PACKED | UK_VIRTIO_F_IN_ORDER | FAKE_NET_F_CSUM |
			 FAKE_NET_F_HOST_TSO4 | FAKE_NET_F_MTU;
	c.net.mtu = 1600;
	c.net.queue_max = 77;
	c.pool_nb = 256;
	rig_open(&c);
	uk_netdev_info_get(rig.dev, &info);
	assert_int_equal(info.max_rx_queues, 1);
	assert_int_equal(info.max_tx_queues, 1);
	assert_int_equal(info.max_mtu, 1600);
	assert_true(info.nb_encap_tx >= 12 && info.nb_encap_tx <= UK_NETBUF_HEADROOM);
	assert_true(info.features & UK_NETDEV_F_PARTIAL_CSUM);
	assert_true(info.features & UK_NETDEV_F_TSO4);
	assert_true(info.features & UK_NETDEV_F_STATUS);
	assert_false(info.features & (UK_NETDEV_F_TSO6 | UK_NETDEV_F_RX_CSUM | UK_NETDEV_F_LRO));
	assert_false(info.features & UK_NETDEV_F_PROMISCUOUS);
	assert_string_equal(uk_netdev_einfo_get(rig.dev, UK_NETDEV_EINFO_BUS), "fake");
	ring = uk_netdev_einfo_get(rig.dev, UK_NETDEV_EINFO_RING);
	assert_string_equal(ring, "packed,in-order");
	assert_null(uk_netdev_einfo_get(rig.dev, UK_NETDEV_EINFO_IPV4));
	assert_int_equal(uk_netdev_rxq_info_get(rig.dev, 0, &qi), 0);
	assert_true(qi.nb_max <= 77 && qi.nb_min >= 1);
	assert_int_equal(uk_netdev_rxq_info_get(rig.dev, 1, &qi), -EINVAL);
	talk();
	rig_close();
	c.net.offered &= ~(UK_VIRTIO_F_RING_PACKED | UK_VIRTIO_F_IN_ORDER);
	c.net.queue_max = 64;
	rig_open(&c);
	ring = uk_netdev_einfo_get(rig.dev, UK_NETDEV_EINFO_RING);
	assert_string_equal(ring, "split");
	assert_int_equal(uk_netdev_txq_info_get(rig.dev, 0, &qi), 0);
	assert_int_equal(qi.nb_max, 64);
	assert_true(qi.nb_is_power_of_two);
	rig_close();
}

/* 5.1.4.2: the device's address, or a local one when it has none. */
static void test_mac(void **state)
{
	struct rig_conf c = rig_default();
	const uint8_t own[6] = { 2, 0, 0, 0, 0, 7 };
	const struct uk_hwaddr *a;

	rig_open(&c);
	assert_memory_equal(uk_netdev_hwaddr_get(rig.dev), own, 6);
	rig_close();
	c.net.offered &= ~FAKE_NET_F_MAC;
	rig_open(&c);
	a = uk_netdev_hwaddr_get(rig.dev);
	assert_int_equal(a->addr_bytes[0] & 3, 2);
	rig_close();
}

static void test_mtu(void **state)
{
	struct rig_conf c = rig_default();
	struct uk_netdev_info info;

	rig_open(&c);
	assert_int_equal(uk_netdev_mtu_get(rig.dev), 1500);
	assert_int_equal(uk_netdev_mtu_set(rig.dev, 67), -EINVAL);
	assert_int_equal(uk_netdev_mtu_set(rig.dev, 576), 0);
	assert_int_equal(uk_netdev_mtu_get(rig.dev), 576);
	rig_close();
	c.net.offered |= FAKE_NET_F_MTU;
	c.net.mtu = 1280;
	rig_open(&c);
	assert_int_equal(uk_netdev_mtu_get(rig.dev), 1280);
	assert_int_equal(uk_netdev_mtu_set(rig.dev, 1281), -EINVAL);
	assert_int_equal(uk_netdev_mtu_set(rig.dev, 1280), 0);
	talk();
	rig_close();
	/* Values a device must not have (5.1.4.1) are not followed. */
	for (unsigned i = 0; i < 3; i++) {
		c.net.mtu = (const uint16_t[]){ 0, 67, 65535 }[i];
		rig_open_dev(&c);
		if (uk_netdev_probe(rig.dev) == 0) {
			uk_netdev_info_get(rig.dev, &info);
			assert_true(info.max_mtu >= 68);
			assert_true(uk_netdev_mtu_get(rig.dev) >= 68);
		}
		rig_close();
	}
}

/* 2.2.1 and 5.1.3.1: whatever is offered, nothing is accepted without what it needs; and it works.
 */
static void test_every_offer(void **state)
{
	static const uint8_t bits[] = { 0, 1, 3, 7, 8, 9, 11, 12, 13, 15, 17, 18, 22, 23 };
	struct rig_conf c = rig_default();

	c.net.mtu = 1500;
	c.net.nb_pairs = 2;
	c.pool_nb = 40;
	for (uint32_t set = 0; set < 1u << UK_ARRAY_SIZE(bits); set += set < 256 ? 1 : 37) {
		c.net.offered = RIG_PLAIN | (set & 1 ? UK_VIRTIO_F_RING_PACKED : 0);
		for (unsigned b = 0; b < UK_ARRAY_SIZE(bits); b++)
			c.net.offered |= set & (1u << b) ? 1ull << bits[b] : 0;
		rig_open(&c);
		talk();
		rig_close();
	}
}

/* The same with the application asking for all offloads the device has. */
static void test_every_offload(void **state)
{
	static const uint8_t bits[] = { 0, 1, 7, 8, 9, 11, 12, 13, 15 };
	const uint32_t all = UK_NETDEV_F_PARTIAL_CSUM | UK_NETDEV_F_TSO4 | UK_NETDEV_F_TSO6 |
			     UK_NETDEV_F_RX_CSUM;
	struct uk_netdev_info info;

	for (uint32_t set = 0; set < 1u << UK_ARRAY_SIZE(bits); set++) {
		struct rig_conf c = rig_default();

		c.pool_nb = 40;
		for (unsigned b = 0; b < UK_ARRAY_SIZE(bits); b++)
			c.net.offered |= set & (1u << b) ? 1ull << bits[b] : 0;
		if (!(c.net.offered & FAKE_NET_F_MRG_RXBUF))
			c.pool_data = 66000;
		rig_open_dev(&c);
		assert_int_equal(uk_netdev_probe(rig.dev), 0);
		uk_netdev_info_get(rig.dev, &info);
		rig.conf.dev.offloads = info.features & all;
		rig.conf.dev.lro = info.features & UK_NETDEV_F_LRO;
		assert_int_equal(rig_configure(), 0);
		assert_int_equal(uk_netdev_start(rig.dev), 0);
		rig_judge();
		talk();
		rig_close();
	}
}

static void test_required(void **state)
{
	struct rig_conf c = rig_default();

	c.net.offered &= ~UK_VIRTIO_F_VERSION_1;
	rig_open_dev(&c);
	assert_int_equal(uk_netdev_probe(rig.dev), -ENOTSUP);
	assert_int_equal(uk_netdev_state_get(rig.dev), UK_NETDEV_UNPROBED);
	rig_close();
	c = rig_default();
	rig_open_dev(&c);
	rig.net.fv.conf.refuse_features = true;
	assert_true(uk_netdev_probe(rig.dev) < 0 || rig_configure() < 0 ||
		    uk_netdev_start(rig.dev) < 0);
	rig_expect_pool_full();
	rig_close();
	rig_open_dev(&c);
	rig.net.fv.conf.stuck_reset = true;
	assert_true(uk_netdev_probe(rig.dev) < 0);
	rig_close();
}

/* A device that can not be started leaves all buffers where they were, and may be started later. */
static void test_start_fails(void **state)
{
	struct rig_conf c = rig_default();

	for (unsigned i = 0; i < 2; i++) {
		rig_open_dev(&c);
		assert_int_equal(uk_netdev_probe(rig.dev), 0);
		assert_int_equal(rig_configure(), 0);
		rig.net.fv.conf.enable_error = i == 0 ? -ENOMEM : 0;
		rig.net.fv.conf.needs_reset_at_ok = i == 1;
		assert_true(uk_netdev_start(rig.dev) < 0);
		assert_int_equal(uk_netdev_state_get(rig.dev), UK_NETDEV_CONFIGURED);
		rig_expect_pool_full();
		rig.net.fv.conf.enable_error = 0;
		rig.net.fv.conf.needs_reset_at_ok = false;
		assert_int_equal(uk_netdev_start(rig.dev), 0);
		rig_judge();
		talk();
		rig_close();
	}
}

/* Ring sizes a device may offer, and some it may not. */
static void test_queue_max(void **state)
{
	static const uint16_t sizes[] = { 0, 1, 2, 3, 6, 7, 100, 255, 256, 1000, 1024, 32768, 32769,
		65535 };

	for (unsigned packed = 0; packed < 2; packed++) {
		for (size_t i = 0; i < UK_ARRAY_SIZE(sizes); i++) {
			struct rig_conf c = rig_default();
			int rc;

			c.net.offered |= packed ? UK_VIRTIO_F_RING_PACKED : 0;
			c.net.queue_max = sizes[i];
			c.pool_nb = 512;
			rig_open_dev(&c);
			rc = uk_netdev_probe(rig.dev);
			if (rc == 0)
				rc = rig_configure();
			if (rc == 0)
				rc = uk_netdev_start(rig.dev);
			if (rc == 0 && sizes[i] == 1) {
				rig_judge();
				assert_int_equal(rig_send(0, 1, 100, 1), 1);
				rig_drain(0);
			} else if (rc == 0) {
				rig_judge();
				talk();
			} else {
				/* Only what breaks 2.7 or is no queue may be refused. */
				assert_true(sizes[i] == 0 || sizes[i] == 1 || sizes[i] > 32768 ||
					    (!packed && (sizes[i] & (sizes[i] - 1))));
			}
			rig_close();
		}
	}
}

static void test_sizes_asked(void **state)
{
	struct rig_conf c = rig_default();
	struct uk_netdev_rxqueue_conf rc = { .alloc_rxpkts = uk_netbuf_pool_alloc_rxpkts };
	struct uk_netdev_txqueue_conf tc = { 0 };

	c.net.queue_max = 64;
	rig_open_dev(&c);
	assert_int_equal(uk_netdev_probe(rig.dev), 0);
	rc.alloc_rxpkts_argp = rig.pool;
	rig.conf.dev.nb_rx_queues = 2;
	assert_int_equal(uk_netdev_configure(rig.dev, &rig.conf.dev), -EINVAL);
	rig.conf.dev.nb_rx_queues = 1;
	assert_int_equal(uk_netdev_configure(rig.dev, &rig.conf.dev), 0);
	assert_int_equal(uk_netdev_start(rig.dev), -EINVAL);
	assert_int_equal(uk_netdev_rxq_configure(rig.dev, 0, 128, &rc), -EINVAL);
	assert_int_equal(uk_netdev_rxq_configure(rig.dev, 0, 33, &rc), -EINVAL);
	assert_int_equal(uk_netdev_rxq_configure(rig.dev, 1, 32, &rc), -EINVAL);
	assert_int_equal(uk_netdev_rxq_configure(rig.dev, 0, 32, &rc), 0);
	assert_int_equal(uk_netdev_rxq_configure(rig.dev, 0, 32, &rc), -EBUSY);
	assert_int_equal(uk_netdev_txq_configure(rig.dev, 0, 16, &tc), 0);
	assert_int_equal(uk_netdev_start(rig.dev), 0);
	rig_judge();
	assert_int_equal(rig.net.fv.q[0].size, 32);
	assert_int_equal(rig.net.fv.q[1].size, 16);
	talk();
	rig_close();
}

/* 2.5: the generation moves while the driver reads. */
static void test_config_generation(void **state)
{
	struct rig_conf c = rig_default();
	int rc;

	c.net.offered |= FAKE_NET_F_MTU;
	c.net.mtu = 1400;
	rig_open_dev(&c);
	rig.net.fv.conf.gen_flips = 7;
	assert_int_equal(uk_netdev_probe(rig.dev), 0);
	assert_int_equal(uk_netdev_mtu_get(rig.dev), 1400);
	rig_close();
	rig_open_dev(&c);
	rig.net.fv.conf.gen_flips = UINT32_MAX;
	rc = uk_netdev_probe(rig.dev);
	assert_true(rc < 0);
	rig_close();
}

/* Boot options choose the ring format and size, and keep features from being used. */
static void test_options(void **state)
{
	static const struct {
		const char *ring, *size, *off;
		int probe;
		uint16_t entries;
		bool packed;
	} cases[] = {
		{ "auto", NULL, NULL, 0, 64, true },
		{ "split", NULL, NULL, 0, 64, false },
		{ "packed", "16", NULL, 0, 16, true },
		{ "split", "48", NULL, 0, 32, false },
		{ "packed", "5", NULL, 0, 5, true },
		{ NULL, "32768", NULL, 0, 64, true },
		{ NULL, "1", NULL, 0, 1, true },
		{ NULL, NULL, "400000000", 0, 64, false }, /* bit 34 */
		{ NULL, NULL, "ffffffffffffffff", 0, 64, false },
		{ "both", NULL, NULL, -EINVAL, 0, false },
		{ NULL, "0", NULL, -EINVAL, 0, false },
		{ NULL, "32769", NULL, -EINVAL, 0, false },
		{ NULL, "many", NULL, -EINVAL, 0, false },
	};

	for (size_t i = 0; i < UK_ARRAY_SIZE(cases); i++) {
		struct rig_conf c = rig_default();

		c.net.offered |= UK_VIRTIO_F_RING_PACKED | FAKE_NET_F_MRG_RXBUF;
		c.net.queue_max = 64;
		c.pool_nb = 256;
		rig_open_dev(&c);
		fake_plat_arg("virtio_net.ring", cases[i].ring);
		fake_plat_arg("virtio_net.size", cases[i].size);
		fake_plat_arg("virtio_net.features_off", cases[i].off);
		assert_int_equal(uk_netdev_probe(rig.dev), cases[i].probe);
		if (cases[i].probe == 0) {
			assert_int_equal(rig_configure(), 0);
			assert_int_equal(uk_netdev_start(rig.dev), 0);
			rig_judge();
			assert_int_equal(rig.net.fv.q[0].size, cases[i].entries);
			assert_int_equal(!!fake_virtio_has(&rig.net.fv, UK_VIRTIO_F_RING_PACKED),
				cases[i].packed);
			assert_int_equal(rig_send(0, 1, 100, 1), 1);
			rig_drain(0);
		}
		rig_close();
	}
	/* Asked for, but not there. */
	struct rig_conf c = rig_default();

	rig_open_dev(&c);
	fake_plat_arg("virtio_net.ring", "packed");
	assert_int_equal(uk_netdev_probe(rig.dev), -ENOTSUP);
	rig_close();
}

/* Addresses for a stack above come through untouched. */
static void test_einfo_ip(void **state)
{
	struct rig_conf c = rig_default();

	rig_open_dev(&c);
	fake_plat_arg("netdev0.ip", "10.0.0.2/24:10.0.0.1");
	assert_string_equal(
		uk_netdev_einfo_get(rig.dev, UK_NETDEV_EINFO_IPV4), "10.0.0.2/24:10.0.0.1");
	assert_null(uk_netdev_einfo_get(rig.dev, (enum uk_netdev_einfo_type)99));
	rig_close();
}

/* A device that is probed anew gives the memory of its first life back. */
static void test_probe_again(void **state)
{
	struct rig_conf c;

	for (unsigned i = 0; i < 64; i++) {
		assert_true(rig_case(i * 24, &c));
		rig_open(&c);
		talk();
		for (unsigned n = 0; n < 3; n++) {
			assert_int_equal(uk_netdev_stop(rig.dev), 0);
			rig.dev->state = UK_NETDEV_UNPROBED;
			rig.net.fv.conf.queue_max = (uint16_t)(16u << n);
			assert_int_equal(uk_netdev_probe(rig.dev), 0);
			assert_int_equal(rig_configure(), 0);
			assert_int_equal(uk_netdev_start(rig.dev), 0);
			rig_judge();
			assert_int_equal(rig.net.fv.q[0].size, 16u << n);
			assert_int_equal(rig_send(0, 1, 100, 1), 1);
			rig_drain(0);
		}
		rig_close();
	}
}

/* The heap runs out at every single allocation: -ENOMEM, nothing leaks (LeakSanitizer), and a
 * second try works. */
static void test_no_memory(void **state)
{
	struct rig_conf c = rig_default();
	bool failed = true;

	c.net.offered |= UK_VIRTIO_F_IN_ORDER | FAKE_NET_F_CTRL_VQ | FAKE_NET_F_MQ;
	c.net.nb_pairs = 2;
	c.dev.nb_rx_queues = 2; /* the second transmit queue is the driver's own */
	for (unsigned n = 1; failed; n++) {
		int rc;

		rig_open_dev(&c);
		assert_int_equal(uk_netdev_probe(rig.dev), 0);
		rig_queue_fail_at = n;
		rc = rig_configure();
		if (rc == 0)
			rc = uk_netdev_start(rig.dev);
		failed = rig_queue_fail_at == 0;
		rig_queue_fail_at = 0;
		assert_int_equal(rc, failed ? -ENOMEM : 0);
		if (failed)
			rig_expect_pool_full();
		if (failed && uk_netdev_state_get(rig.dev) == UK_NETDEV_CONFIGURED &&
			rig.dev->rxq[1] != NULL && rig.dev->txq[0] != NULL) {
			assert_int_equal(uk_netdev_start(rig.dev), 0);
			rig_judge();
			talk();
		}
		rig_close();
		assert_true(n < 100);
	}
}

/* Interrupt vectors may run out. */
static void test_no_vectors(void **state)
{
	struct rig_conf c = rig_default();

	c.events = true;
	rig_open_dev(&c);
	while (uk_irq_alloc() >= 0)
		continue;
	assert_int_equal(uk_netdev_probe(rig.dev), 0);
	assert_true(rig_configure() < 0);
	rig_close();
}

/* The second feature word differs from the first: never more than what was last offered. */
static void test_features_change(void **state)
{
	struct rig_conf c = rig_default();

	for (unsigned i = 0; i < 2; i++) {
		rig_open_dev(&c);
		rig.net.fv.conf.features_flip = true;
		rig.net.fv.conf.offered_later =
			i == 0 ? UK_VIRTIO_F_VERSION_1 : ~0ull & ~(1ull << 33 | 1ull << 38);
		if (uk_netdev_probe(rig.dev) == 0 && rig_configure() == 0 &&
			uk_netdev_start(rig.dev) == 0)
			rig_judge();
		rig_close();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_stop_start),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_every_offer),
		cmocka_unit_test(test_every_offload),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_start_fails),
		cmocka_unit_test(test_queue_max),
		cmocka_unit_test(test_sizes_asked),
		cmocka_unit_test(test_config_generation),
		cmocka_unit_test(test_features_change),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_einfo_ip),
		cmocka_unit_test(test_probe_again),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_no_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, rig_teardown);
}
