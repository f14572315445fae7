/* SPDX-License-Identifier: BSD-3-Clause */
/* Checksum and segmentation metadata, both ways, and only what was negotiated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dataplane/test/rig.h"

#define ALL_HOST                                                                                   \
	(FAKE_NET_F_CSUM | FAKE_NET_F_HOST_TSO4 | FAKE_NET_F_HOST_TSO6 | FAKE_NET_F_HOST_ECN)
#define ALL_GUEST                                                                                  \
	(FAKE_NET_F_GUEST_CSUM | FAKE_NET_F_GUEST_TSO4 | FAKE_NET_F_GUEST_TSO6 |                   \
		FAKE_NET_F_GUEST_ECN | FAKE_NET_F_MRG_RXBUF)

static struct rig_conf offload_conf(unsigned i, uint64_t offered, uint32_t offloads)
{
	struct rig_conf c = rig_default();

	c.net.offered |= offered;
	c.net.offered |= i & 1 ? UK_VIRTIO_F_RING_PACKED : 0;
	c.net.offered |= i & 2 ? UK_VIRTIO_F_IN_ORDER : 0;
	c.net.queue_max = 64;
	c.pool_nb = 256;
	c.dev.offloads = offloads;
	return c;
}

/* Sends one frame with this metadata. Returns whether the device got it. */
static bool send_meta(uint32_t len, uint16_t parts, const struct uk_netbuf *meta)
{
	struct uk_netbuf *nb = rig_frame(rig.seq++, len, parts);
	uint64_t before = rig.net.nb_tx;
	uint16_t cnt = 1;

	nb->flags = meta->flags;
	nb->gso_type = meta->gso_type;
	nb->csum_start = meta->csum_start;
	nb->csum_offset = meta->csum_offset;
	nb->gso_size = meta->gso_size;
	nb->hdr_len = meta->hdr_len;
	rig_send_burst(0, &nb, &cnt);
	if (cnt == 0)
		uk_netbuf_free(nb);
	fake_net_tx(&rig.net, 0);
	rig_expect_no_faults();
	if (rig.net.nb_tx == before && cnt == 1)
		rig.tx[0].head = rig.tx[0].tail; /* taken and dropped */
	return rig.net.nb_tx != before;
}

static void test_tx(void **state)
{
	const uint32_t all = UK_NETDEV_F_PARTIAL_CSUM | UK_NETDEV_F_TSO4 | UK_NETDEV_F_TSO6;
	const struct uk_netbuf csum = {
		.flags = UK_NETBUF_F_PARTIAL_CSUM, .csum_start = 34, .csum_offset = 16
	};
	struct uk_netbuf tso = csum;

	tso.gso_size = 1000;
	tso.hdr_len = 54;
	for (unsigned i = 0; i < 4; i++) {
		struct rig_conf c = offload_conf(i, ALL_HOST, all);

		rig_open(&c);
		for (uint16_t parts = 1; parts < 4; parts++) {
			assert_true(send_meta(600, parts, &csum));
			assert_int_equal(rig.last_hdr.flags, FAKE_NET_HDR_F_NEEDS_CSUM);
			assert_int_equal(rig.last_hdr.csum_start, 34);
			assert_int_equal(rig.last_hdr.csum_offset, 16);
			assert_int_equal(rig.last_hdr.gso_type, 0);
			tso.gso_type = parts == 2 ? UK_NETBUF_GSO_TCPV6 : UK_NETBUF_GSO_TCPV4;
			tso.gso_type |= parts == 3 ? UK_NETBUF_GSO_ECN : 0;
			assert_true(send_meta(1800 + parts * 1000, 4, &tso));
			assert_int_equal(rig.last_hdr.gso_type, tso.gso_type);
			assert_int_equal(rig.last_hdr.gso_size, 1000);
			assert_int_equal(rig.last_hdr.hdr_len, 54);
		}
		/* What follows has a clean header again, though the memory is the same. */
		assert_true(send_meta(
			100, 1, &(const struct uk_netbuf){ .gso_size = 5, .csum_start = 9 }));
		assert_int_equal(
			rig.last_hdr.flags | rig.last_hdr.gso_type | rig.last_hdr.csum_start, 0);
		rig_close();
	}
}

/* Metadata that contradicts itself, or asks for what was not negotiated, never reaches the device.
 */
static void test_tx_wrong(void **state)
{
	const struct uk_netbuf wrong[] = {
		{ .flags = UK_NETBUF_F_PARTIAL_CSUM, .csum_start = 99, .csum_offset = 0 },
		{ .flags = UK_NETBUF_F_PARTIAL_CSUM, .csum_start = 34, .csum_offset = 0xffff },
		{ .flags = UK_NETBUF_F_PARTIAL_CSUM, .csum_start = 0xffff, .csum_offset = 0xffff },
		{ .gso_type = UK_NETBUF_GSO_TCPV4, .gso_size = 100, .hdr_len = 54 },
		{ .flags = UK_NETBUF_F_PARTIAL_CSUM,
			.gso_type = UK_NETBUF_GSO_TCPV4,
			.gso_size = 0 },
		{ .flags = UK_NETBUF_F_PARTIAL_CSUM,
			.gso_type = UK_NETBUF_GSO_UDP,
			.gso_size = 100 },
		{ .flags = UK_NETBUF_F_PARTIAL_CSUM, .gso_type = 0x7f, .gso_size = 100 },
		{ .flags = UK_NETBUF_F_PARTIAL_CSUM,
			.gso_type = UK_NETBUF_GSO_ECN,
			.gso_size = 100 },
		{ .flags = UK_NETBUF_F_PARTIAL_CSUM,
			.gso_type = UK_NETBUF_GSO_TCPV4,
			.gso_size = 100,
			.hdr_len = 0xffff },
	};
	const struct uk_netbuf csum = {
		.flags = UK_NETBUF_F_PARTIAL_CSUM, .csum_start = 34, .csum_offset = 16
	};

	for (unsigned i = 0; i < 4; i++) {
		struct rig_conf c = offload_conf(i, ALL_HOST,
			UK_NETDEV_F_PARTIAL_CSUM | UK_NETDEV_F_TSO4 | UK_NETDEV_F_TSO6);

		rig_open(&c);
		for (size_t k = 0; k < UK_ARRAY_SIZE(wrong); k++)
			assert_false(send_meta(100, 1, &wrong[k]));
		assert_true(send_meta(100, 1, &csum));
		rig_close();
		/* Offered, but the application did not ask for it; and not offered at all. */
		for (unsigned offered = 0; offered < 2; offered++) {
			c = offload_conf(i, offered ? ALL_HOST : 0, 0);
			rig_open(&c);
			assert_false(send_meta(100, 1, &csum));
			assert_int_equal(rig.net.fv.features & ALL_HOST, 0);
			rig_close();
		}
	}
}

/* DATA_VALID is a word about reception; a forwarded frame does not carry it to the device
 * (5.1.6.2.1). */
static void test_tx_data_valid(void **state)
{
	for (unsigned i = 0; i < 8; i++) {
		struct rig_conf c = offload_conf(i, ALL_HOST, i & 4 ? UK_NETDEV_F_PARTIAL_CSUM : 0);

		rig_open(&c);
		assert_true(send_meta(
			100, 1, &(const struct uk_netbuf){ .flags = UK_NETBUF_F_DATA_VALID }));
		assert_int_equal(rig.last_hdr.flags, 0);
		rig_close();
	}
}

static struct uk_netbuf *receive(const struct fake_net_hdr *h, uint32_t len)
{
	static uint8_t frame[FAKE_NET_FRAME_MAX];
	struct uk_netbuf *nb = NULL;
	uint16_t cnt = 1;

	rig_fill(frame, 1, 0, len);
	assert_int_equal(fake_net_rx(&rig.net, 0, frame, len, h), 0);
	fake_net_rx_show(&rig.net, 0);
	assert_true(uk_netdev_rx_burst(rig.dev, 0, &nb, &cnt) >= 0);
	rig_judge();
	if (cnt == 0)
		return NULL;
	assert_true(rig_frame_is(nb, 1, len));
	return nb;
}

static void test_rx(void **state)
{
	const struct fake_net_hdr need = { .flags = 1, .csum_start = 34, .csum_offset = 6 };
	const struct fake_net_hdr valid = { .flags = 2, .csum_start = 77 };
	struct fake_net_hdr lro = {
		.flags = 1, .gso_size = 1448, .hdr_len = 66, .csum_start = 34, .csum_offset = 16
	};
	struct uk_netbuf *nb;

	for (unsigned i = 0; i < 4; i++) {
		struct rig_conf c = offload_conf(i, ALL_GUEST, UK_NETDEV_F_RX_CSUM);

		c.dev.lro = true;
		rig_open(&c);
		for (unsigned k = 0; k < 100; k++) {
			nb = receive(&need, 200);
			assert_int_equal(nb->flags, UK_NETBUF_F_PARTIAL_CSUM);
			assert_int_equal(nb->csum_start, 34);
			assert_int_equal(nb->csum_offset, 6);
			assert_int_equal(nb->gso_type, UK_NETBUF_GSO_NONE);
			uk_netbuf_free(nb);
			nb = receive(&valid, 200);
			assert_int_equal(nb->flags, UK_NETBUF_F_DATA_VALID);
			uk_netbuf_free(nb);
			lro.gso_type = k % 2 ? UK_NETBUF_GSO_TCPV6 : UK_NETBUF_GSO_TCPV4;
			lro.gso_type |= k % 3 ? UK_NETBUF_GSO_ECN : 0;
			nb = receive(&lro, 20000 + k);
			assert_int_equal(nb->gso_type, lro.gso_type);
			assert_int_equal(nb->gso_size, 1448);
			assert_int_equal(nb->hdr_len, 66);
			uk_netbuf_free(nb);
			nb = receive(NULL, 60);
			assert_int_equal(nb->flags | nb->gso_type, 0);
			uk_netbuf_free(nb);
		}
		/* The largest packet there is. */
		lro.gso_type = UK_NETBUF_GSO_TCPV4;
		nb = receive(&lro, 65549);
		assert_non_null(nb);
		uk_netbuf_free(nb);
		rig_close();
	}
}

/* Not asked for: not negotiated, whatever the device offers. */
static void test_rx_not_asked(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		struct rig_conf c = offload_conf(i, ALL_GUEST, 0);

		rig_open(&c);
		assert_int_equal(rig.net.fv.features & (ALL_GUEST & ~FAKE_NET_F_MRG_RXBUF), 0);
		rig_close();
	}
}

static void test_refused(void **state)
{
	struct rig_conf c = rig_default();

	rig_open_dev(&c);
	assert_int_equal(uk_netdev_probe(rig.dev), 0);
	rig.conf.dev.offloads = UK_NETDEV_F_PARTIAL_CSUM;
	assert_int_equal(rig_configure(), -ENOTSUP);
	rig.conf.dev.offloads = 0;
	rig.conf.dev.lro = true;
	assert_int_equal(rig_configure(), -ENOTSUP);
	rig.conf.dev.lro = false;
	assert_int_equal(rig_configure(), 0);
	rig_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tx),
		cmocka_unit_test(test_tx_wrong),
		cmocka_unit_test(test_tx_data_valid),
		cmocka_unit_test(test_rx),
		cmocka_unit_test(test_rx_not_asked),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, rig_teardown);
}
