/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK's l3fwd asks every card for receive checksums, and ends where one has none, as a virtio card
 * whose back end computes none. Linked with -Wl,--wrap, it asks for what there is; its own code
 * stays as it is, and does not look at the checksums' result.
 */
#include <rte_ethdev.h>

int __real_rte_eth_dev_configure(
	uint16_t port, uint16_t nb_rx, uint16_t nb_tx, const struct rte_eth_conf *conf);
int __wrap_rte_eth_dev_configure(
	uint16_t port, uint16_t nb_rx, uint16_t nb_tx, const struct rte_eth_conf *conf);
int __real_rte_eth_rx_queue_setup(uint16_t port, uint16_t q, uint16_t nb, unsigned int socket,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool);
int __wrap_rte_eth_rx_queue_setup(uint16_t port, uint16_t q, uint16_t nb, unsigned int socket,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool);

int __wrap_rte_eth_dev_configure(
	uint16_t port, uint16_t nb_rx, uint16_t nb_tx, const struct rte_eth_conf *conf)
{
	struct rte_eth_conf c = *conf;

	c.rxmode.offloads &= ~RTE_ETH_RX_OFFLOAD_CHECKSUM;
	return __real_rte_eth_dev_configure(port, nb_rx, nb_tx, &c);
}

int __wrap_rte_eth_rx_queue_setup(uint16_t port, uint16_t q, uint16_t nb, unsigned int socket,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	struct rte_eth_rxconf c = *conf;

	c.offloads &= ~RTE_ETH_RX_OFFLOAD_CHECKSUM;
	return __real_rte_eth_rx_queue_setup(port, q, nb, socket, &c, pool);
}
