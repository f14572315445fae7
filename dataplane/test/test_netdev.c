/* SPDX-License-Identifier: BSD-3-Clause */
/* The generic layer over a driver made for this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>
#include "dataplane/netdev_driver.h"
#include "plat-kvm/test/fake_plat.h"

static struct {
	struct uk_netdev dev;
	int probe_rc, start_rc, service_rc;
	unsigned nb_service;
	bool fires;
} t;

static int t_probe(struct uk_netdev *dev)
{
	dev->mtu = 1500;
	return t.probe_rc;
}

static void t_info_get(struct uk_netdev *dev, struct uk_netdev_info *info)
{
	(void)dev;
	info->max_rx_queues = info->max_tx_queues = 2;
	info->max_mtu = 2000;
	info->features = UK_NETDEV_F_PARTIAL_CSUM;
}

static int t_configure(struct uk_netdev *dev, const struct uk_netdev_conf *conf)
{
	(void)conf;
	memset(dev->rxq, 0, sizeof(dev->rxq));
	memset(dev->txq, 0, sizeof(dev->txq));
	return 0;
}

static int t_queue_info(struct uk_netdev *dev, uint16_t q, struct uk_netdev_queue_info *info)
{
	(void)dev;
	(void)q;
	*info = (struct uk_netdev_queue_info){ 64, 4, 4, true };
	return 0;
}

static int t_rxq_configure(
	struct uk_netdev *dev, uint16_t q, uint16_t nb, const struct uk_netdev_rxqueue_conf *conf)
{
	(void)nb;
	(void)conf;
	dev->rxq[q] = (struct uk_netdev_rx_queue *)&t;
	return 0;
}

static int t_txq_configure(
	struct uk_netdev *dev, uint16_t q, uint16_t nb, const struct uk_netdev_txqueue_conf *conf)
{
	(void)nb;
	(void)conf;
	dev->txq[q] = (struct uk_netdev_tx_queue *)&t;
	return 0;
}

static int t_start(struct uk_netdev *dev)
{
	(void)dev;
	return t.start_rc;
}

static int t_stop(struct uk_netdev *dev)
{
	(void)dev;
	return 0;
}

static const struct uk_hwaddr *t_hwaddr_get(struct uk_netdev *dev)
{
	static const struct uk_hwaddr mac = { { 2, 0, 0, 0, 0, 1 } };

	(void)dev;
	return &mac;
}

static int t_mtu_set(struct uk_netdev *dev, uint16_t mtu)
{
	(void)dev;
	(void)mtu;
	return 0;
}

static int t_intr(struct uk_netdev *dev, uint16_t q)
{
	(void)dev;
	(void)q;
	return 0;
}

static bool t_fired(struct uk_netdev *dev, uint16_t q)
{
	bool fires = t.fires && q == 0;

	(void)dev;
	if (fires)
		t.fires = false;
	return fires;
}

static int t_service(struct uk_netdev *dev)
{
	(void)dev;
	t.nb_service++;
	return t.service_rc;
}

static void t_stats(struct uk_netdev *dev, uint16_t q, struct uk_netdev_qstats *st)
{
	(void)dev;
	st->packets = 5u + q;
}

static const struct uk_netdev_ops t_ops = {
	.name = "test",
	.probe = t_probe,
	.info_get = t_info_get,
	.configure = t_configure,
	.rxq_info_get = t_queue_info,
	.txq_info_get = t_queue_info,
	.rxq_configure = t_rxq_configure,
	.txq_configure = t_txq_configure,
	.start = t_start,
	.stop = t_stop,
	.hwaddr_get = t_hwaddr_get,
	.mtu_set = t_mtu_set,
	.rxq_intr_enable = t_intr,
	.rxq_intr_disable = t_intr,
	.rxq_intr_fired = t_fired,
	.service = t_service,
	.rxq_stats_get = t_stats,
	.txq_stats_get = t_stats,
};

static int t_find(void)
{
	return uk_netdev_register(&t.dev, &t_ops);
}

static int bad_find(void)
{
	return -EIO;
}

static const struct uk_netdev_driver t_driver = { "test", t_find },
				     bad_driver = { "bad", bad_find };

/* A driver that fails to look does not keep the others from being found. */
const struct uk_netdev_driver *const uk_netdev_drivers[] = { &bad_driver, &t_driver, NULL };

static unsigned nb_called;

static void called(struct uk_netdev *dev, uint16_t q, void *cookie)
{
	(void)dev;
	(void)q;
	nb_called += cookie == &nb_called;
}

static const struct uk_netdev_rxqueue_conf rx_conf = { .alloc_rxpkts = uk_netbuf_pool_alloc_rxpkts,
	.callback = called,
	.callback_cookie = &nb_called };
static const struct uk_netdev_txqueue_conf tx_conf;

static struct uk_netdev *get(void)
{
	assert_int_equal(uk_netdev_count(), 1);
	return uk_netdev_get(0);
}

static int setup(void **state)
{
	(void)state;
	fake_plat_reset();
	(void)uk_netdev_count();
	t.dev.state = UK_NETDEV_UNPROBED;
	t.probe_rc = t.start_rc = t.service_rc = 0;
	t.fires = false;
	t.nb_service = nb_called = 0;
	return 0;
}

static void run(uint16_t nb_queues)
{
	struct uk_netdev *dev = get();
	struct uk_netdev_conf conf = { .nb_rx_queues = nb_queues, .nb_tx_queues = nb_queues };

	assert_int_equal(uk_netdev_probe(dev), 0);
	assert_int_equal(uk_netdev_configure(dev, &conf), 0);
	for (uint16_t q = 0; q < nb_queues; q++) {
		assert_int_equal(uk_netdev_rxq_configure(dev, q, 0, &rx_conf), 0);
		assert_int_equal(uk_netdev_txq_configure(dev, q, 0, &tx_conf), 0);
	}
	assert_int_equal(uk_netdev_start(dev), 0);
}

static void ignore(int rc)
{
	(void)rc;
}

static void test_cycle(void **state)
{
	struct uk_netdev *dev = get();
	struct uk_netbuf *v[1];
	uint16_t cnt = 1;

	(void)state;
	assert_string_equal(uk_netdev_drv_name_get(dev), "test");
	assert_int_equal(uk_netdev_rx_one(dev, 0, v), -ENODEV);
	assert_int_equal(uk_netdev_tx_burst(dev, 0, v, &cnt), -ENODEV);
	assert_int_equal(cnt, 0);
	t.probe_rc = -EIO;
	assert_int_equal(uk_netdev_probe(dev), -EIO);
	assert_int_equal(uk_netdev_state_get(dev), UK_NETDEV_UNPROBED);
	expect_assert_failure(ignore(uk_netdev_mtu_get(dev)));
	t.probe_rc = 0;
	run(1);
	expect_assert_failure(ignore(uk_netdev_start(dev)));
	assert_int_equal(uk_netdev_stop(dev), 0);
	assert_int_equal(uk_netdev_state_get(dev), UK_NETDEV_CONFIGURED);
	expect_assert_failure(ignore(uk_netdev_stop(dev)));
	t.start_rc = -EIO;
	assert_int_equal(uk_netdev_start(dev), -EIO);
	assert_int_equal(uk_netdev_state_get(dev), UK_NETDEV_CONFIGURED);
}

static void test_arguments(void **state)
{
	struct uk_netdev *dev = get();
	struct uk_netdev_conf conf = { .nb_rx_queues = 3, .nb_tx_queues = 1 };
	static const uint16_t bad_sizes[] = { 1, 3, 12, 65, 128 };

	(void)state;
	assert_int_equal(uk_netdev_probe(dev), 0);
	assert_int_equal(uk_netdev_configure(dev, &conf), -EINVAL);
	conf.nb_rx_queues = conf.nb_tx_queues = 0;
	assert_int_equal(uk_netdev_configure(dev, &conf), -EINVAL);
	conf.nb_rx_queues = 1;
	conf.offloads = UK_NETDEV_F_TSO4;
	assert_int_equal(uk_netdev_configure(dev, &conf), -ENOTSUP);
	conf.offloads = UK_NETDEV_F_PARTIAL_CSUM;
	conf.lro = true;
	assert_int_equal(uk_netdev_configure(dev, &conf), -ENOTSUP);
	conf.lro = false;
	assert_int_equal(uk_netdev_configure(dev, &conf), 0);
	assert_int_equal(uk_netdev_start(dev), -EINVAL); /* a queue is missing */
	assert_int_equal(uk_netdev_rxq_configure(dev, 1, 0, &rx_conf), -EINVAL);
	assert_int_equal(uk_netdev_txq_configure(dev, 0, 0, &tx_conf), -EINVAL);
	for (unsigned i = 0; i < UK_ARRAY_SIZE(bad_sizes); i++)
		assert_int_equal(uk_netdev_rxq_configure(dev, 0, bad_sizes[i], &rx_conf), -EINVAL);
	assert_int_equal(uk_netdev_rxq_configure(dev, 0, 32, &rx_conf), 0);
	assert_int_equal(uk_netdev_rxq_configure(dev, 0, 32, &rx_conf), -EBUSY);
}

static void test_settings(void **state)
{
	struct uk_netdev *dev = get();
	struct uk_hwaddr mac = { { 1, 2, 3, 4, 5, 6 } };
	struct uk_netdev_qstats st;

	(void)state;
	run(2);
	assert_int_equal(uk_netdev_mtu_get(dev), 1500);
	assert_int_equal(uk_netdev_mtu_set(dev, 67), -EINVAL);
	assert_int_equal(uk_netdev_mtu_set(dev, 2001), -EINVAL);
	assert_int_equal(uk_netdev_mtu_set(dev, 2000), 0);
	assert_int_equal(uk_netdev_mtu_get(dev), 2000);
	assert_int_equal(uk_netdev_hwaddr_set(dev, &mac), -EINVAL); /* a group address */
	mac.addr_bytes[0] = 2;
	assert_int_equal(uk_netdev_hwaddr_set(dev, &mac), -ENOTSUP);
	assert_int_equal(uk_netdev_promiscuous_set(dev, 1), -ENOTSUP);
	assert_int_equal(uk_netdev_promiscuous_get(dev), 0);
	assert_int_equal(uk_netdev_link_get(dev), 1); /* unknown counts as up */
	uk_netdev_rxq_stats_get(dev, 1, &st);
	assert_int_equal(st.packets, 6);
	uk_netdev_txq_stats_get(dev, 2, &st); /* no such queue: zeros */
	assert_int_equal(st.packets, 0);
	assert_null(uk_netdev_einfo_get(dev, UK_NETDEV_EINFO_IPV4));
	fake_plat_arg("netdev0.ip", "10.0.0.2/24:10.0.0.1");
	assert_string_equal(uk_netdev_einfo_get(dev, UK_NETDEV_EINFO_IPV4), "10.0.0.2/24:10.0.0.1");
	assert_null(uk_netdev_einfo_get(dev, UK_NETDEV_EINFO_BUS));
}

static void test_service(void **state)
{
	(void)state;
	assert_int_equal(uk_netdev_service(), 0);
	assert_int_equal(t.nb_service, 0); /* not running */
	run(1);
	t.service_rc = -ENODEV;
	assert_int_equal(uk_netdev_service(), -ENODEV);
	assert_int_equal(t.nb_service, 1);
}

/* An idle machine sleeps to its deadline, looks after its devices some times a second, and wakes
 * for a queue. */
static void test_idle(void **state)
{
	struct uk_netdev *dev = get();
	uint64_t slept;

	(void)state;
	run(2);
	uk_netdev_idle(1000); /* not armed: returns */
	assert_int_equal(fake_plat_idle_count(), 0);
	assert_int_equal(uk_netdev_rxq_intr_enable(dev, 0), 0);
	assert_int_equal(uk_netdev_rxq_intr_enable(dev, 1), 0);
	slept = fake_plat_idle_ns();
	uk_netdev_idle(10000000000ull);
	assert_true(fake_plat_idle_ns() - slept > 9000000000ull);
	assert_in_range(t.nb_service, 20, 100);
	assert_int_equal(nb_called, 0);
	t.fires = true;
	uk_netdev_idle(UINT64_MAX);
	assert_int_equal(nb_called, 1);
	slept = fake_plat_idle_ns();
	uk_netdev_idle(UINT64_MAX); /* queue 0 was disarmed: whoever polls it has to arm it again */
	assert_int_equal(fake_plat_idle_ns(), slept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_cycle, setup),
		cmocka_unit_test_setup(test_arguments, setup),
		cmocka_unit_test_setup(test_settings, setup),
		cmocka_unit_test_setup(test_service, setup),
		cmocka_unit_test_setup(test_idle, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
