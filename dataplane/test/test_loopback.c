/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <cmocka.h>
#include "dataplane/loopback.h"
#include "dataplane/netdev_driver.h"
#include "plat-kvm/test/fake_plat.h"

const struct uk_netdev_driver *const uk_netdev_drivers[] = { &uk_loopback_driver, NULL };

static struct uk_netbuf_pool *pool;
static struct uk_netdev *dev;
static unsigned nb_called;

static void called(struct uk_netdev *d, uint16_t q, void *cookie)
{
	(void)cookie;
	assert_ptr_equal(d, dev);
	assert_int_equal(q, 1);
	nb_called++;
}

static int setup(void **state)
{
	struct uk_netdev_rxqueue_conf rx = { .alloc_rxpkts = uk_netbuf_pool_alloc_rxpkts };

	(void)state;
	fake_plat_reset();
	pool = uk_netbuf_pool_create(64, 256, 0);
	dev = uk_netdev_get(0);
	if (uk_netdev_state_get(dev) == UK_NETDEV_UNPROBED && uk_netdev_probe(dev) < 0)
		return -1;
	if (uk_netdev_configure(
		    dev, &(struct uk_netdev_conf){ .nb_rx_queues = 2, .nb_tx_queues = 2 }) < 0)
		return -1;
	for (uint16_t q = 0; q < 2; q++) {
		rx.callback = q == 1 ? called : NULL;
		rx.alloc_rxpkts_argp = pool;
		if (uk_netdev_rxq_configure(dev, q, 16, &rx) < 0 ||
			uk_netdev_txq_configure(dev, q, 0, NULL) < 0)
			return -1;
	}
	nb_called = 0;
	return uk_netdev_start(dev);
}

static int teardown(void **state)
{
	(void)state;
	return uk_netdev_stop(dev) < 0 || uk_netbuf_pool_destroy(pool) < 0;
}

static uint16_t send(uint16_t q, struct uk_netbuf **v, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		v[i] = uk_netbuf_alloc(pool);
		assert_non_null(v[i]);
		v[i]->len = 60u + i;
	}
	assert_true(uk_netdev_tx_burst(dev, q, v, &n) >= 0);
	return n;
}

static void test_same_buffers(void **state)
{
	struct uk_netbuf *sent[8], *got[8];
	struct uk_netdev_qstats st;
	uint16_t n = 5;

	(void)state;
	assert_int_equal(send(0, sent, 8), 8);
	assert_int_equal(uk_netdev_rx_burst(dev, 0, got, &n),
		UK_NETDEV_STATUS_SUCCESS | UK_NETDEV_STATUS_MORE);
	assert_int_equal(n, 5);
	assert_memory_equal(sent, got, 5 * sizeof(got[0]));
	uk_netbuf_free_burst(got, n);
	n = 8;
	assert_int_equal(uk_netdev_rx_burst(dev, 0, got, &n), UK_NETDEV_STATUS_SUCCESS);
	assert_int_equal(n, 3);
	assert_int_equal(got[2]->len, 67);
	uk_netbuf_free_burst(got, n);
	n = 8;
	assert_int_equal(uk_netdev_rx_burst(dev, 0, got, &n), 0);
	uk_netdev_rxq_stats_get(dev, 0, &st);
	assert_int_equal(st.packets, 8);
	assert_int_equal(st.bytes, 8 * 60 + 28);
	assert_int_equal(st.empty, 1);
}

/* What does not fit stays the sender's; queues do not mix; stop gives back what nobody received. */
static void test_full(void **state)
{
	struct uk_netbuf *sent[20], *got[20];
	uint16_t n = 20;

	(void)state;
	assert_int_equal(send(0, sent, 20), 16);
	uk_netbuf_free_burst(sent + 16, 4);
	assert_int_equal(uk_netdev_rx_burst(dev, 1, got, &n), 0);
	n = 1;
	assert_int_equal(uk_netdev_tx_burst(dev, 0, sent, &n), 0);
	assert_int_equal(n, 0);
}

static void test_interrupt(void **state)
{
	struct uk_netbuf *v[2];
	uint16_t n = 2;

	(void)state;
	assert_int_equal(uk_netdev_rxq_intr_enable(dev, 0), -ENOTSUP); /* no callback */
	assert_int_equal(uk_netdev_rxq_intr_enable(dev, 1), 0);
	uk_netdev_idle(5000);
	assert_int_equal(nb_called, 0);
	assert_int_equal(send(1, v, 2), 2);
	uk_netdev_idle(UINT64_MAX);
	assert_int_equal(nb_called, 1);
	assert_int_equal(uk_netdev_rxq_intr_enable(dev, 1), 1); /* packets wait */
	assert_true(uk_netdev_rx_burst(dev, 1, v, &n) > 0);
	uk_netbuf_free_burst(v, n);
	assert_int_equal(uk_netdev_rxq_intr_enable(dev, 1), 0);
	assert_int_equal(uk_netdev_rxq_intr_disable(dev, 1), 0);
}

static void test_create(void **state)
{
	int id = uk_loopback_create(1);

	(void)state;
	assert_int_equal(uk_loopback_create(0), -EINVAL);
	assert_int_equal(uk_loopback_create(UK_NETDEV_QUEUES_MAX + 1), -EINVAL);
	assert_true(id > 0);
	assert_int_equal(uk_netdev_probe(uk_netdev_get((unsigned)id)), 0);
	assert_memory_not_equal(
		uk_netdev_hwaddr_get(dev), uk_netdev_hwaddr_get(uk_netdev_get((unsigned)id)), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same_buffers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_create, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
