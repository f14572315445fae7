/* SPDX-License-Identifier: BSD-3-Clause */
/* Setting a card up as an interface of lwIP. */
#include <stdlib.h>
#include <string.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/mld6.h>
#include <netif/ethernet.h>
#include "netstack/netif.h"
#include "plat-kvm/boot.h"
#include "plat-kvm/console.h"

#define RX_DATA_BYTES 2048 /* a frame of 1500 bytes, and a mergeable buffer */
#define RX_PRIV_BYTES 64   /* a pbuf and its netbuf */
#define NB_TX_BUFFERS 1024

/* Being woken is all it is for. */
static void ni_wake(struct uk_netdev *dev, uint16_t q, void *cookie)
{
}

/* What the card offers of what lwIP can use. */
static void ni_features(
	struct uk_netif *ni, const struct uk_netif_conf *conf, struct uk_netdev_conf *nc)
{
	struct uk_netdev_info info;
	uint32_t f;

	uk_netdev_info_get(ni->dev, &info);
	f = conf->no_offloads ? 0 : info.features;
	nc->offloads = f & (UK_NETDEV_F_PARTIAL_CSUM | UK_NETDEV_F_TSO4 | UK_NETDEV_F_TSO6 |
				   UK_NETDEV_F_RX_CSUM);
	nc->lro = f & UK_NETDEV_F_LRO;
	ni->csum_out = f & UK_NETDEV_F_PARTIAL_CSUM;
	ni->tso4 = f & UK_NETDEV_F_TSO4;
	ni->tso6 = f & UK_NETDEV_F_TSO6;
	ni->csum_in = f & UK_NETDEV_F_RX_CSUM;
	ni->can_sleep = info.features & UK_NETDEV_F_RXQ_INTR;
}

static const char *ni_queues(struct uk_netif *ni, const struct uk_netif_conf *conf)
{
	struct uk_netdev_rxqueue_conf rx = { .alloc_rxpkts = uk_netbuf_pool_alloc_rxpkts,
		.alloc_rxpkts_argp = ni->rx_pool,
		.callback = ni->can_sleep ? ni_wake : NULL };
	struct uk_netdev_txqueue_conf tx = { 0 };

	if (uk_netdev_rxq_configure(ni->dev, 0, conf->ring, &rx) < 0 ||
		uk_netdev_txq_configure(ni->dev, 0, conf->ring, &tx) < 0)
		return "its rings can not be set up";
	return uk_netdev_start(ni->dev) < 0 ? "it can not be started" : NULL;
}

/* NULL, or what went wrong. */
static const char *ni_start(struct uk_netif *ni, const struct uk_netif_conf *conf)
{
	struct uk_netdev_conf nc = { .nb_rx_queues = 1, .nb_tx_queues = 1 };

	if (uk_netdev_state_get(ni->dev) == UK_NETDEV_UNPROBED && uk_netdev_probe(ni->dev) < 0)
		return "it refused the driver";
	ni_features(ni, conf, &nc);
	ni->rx_pool = uk_netbuf_pool_create(conf->nb_buffers, RX_DATA_BYTES, RX_PRIV_BYTES);
	ni->tx_pool = uk_netbuf_pool_create(NB_TX_BUFFERS, UK_NETIF_COPY_MAX, 0);
	if (ni->rx_pool == NULL || ni->tx_pool == NULL)
		return "the machine has too little memory, give it more (--mem)";
	ni->rx_low = conf->nb_buffers / 4;
	if (uk_netdev_configure(ni->dev, &nc) < 0)
		return "it can not be configured";
	return ni_queues(ni, conf);
}

/* lwIP's: called by netif_add. */
static err_t ni_init(struct netif *lw)
{
	struct uk_netif *ni = lw->state;

	lw->name[0] = 'e';
	lw->name[1] = 'n';
	lw->hostname = uk_boot_argv()[0];
	lw->output = etharp_output;
	lw->output_ip6 = ethip6_output;
	lw->linkoutput = uk_netif_tx;
	lw->mtu = uk_netdev_mtu_get(ni->dev);
	lw->hwaddr_len = UK_NETDEV_HWADDR_LEN;
	memcpy(lw->hwaddr, uk_netdev_hwaddr_get(ni->dev)->addr_bytes, UK_NETDEV_HWADDR_LEN);
	lw->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
		    NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
	/*
	 * TCP's checksum is netif_gso.c's if the card has it done. What comes in is checked packet by
	 * packet (netif_rx.c); what lwIP sends to itself is not.
	 */
	lw->chksum_flags =
		NETIF_CHECKSUM_ENABLE_ALL & ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
	if (ni->csum_out)
		lw->chksum_flags &= ~NETIF_CHECKSUM_GEN_TCP;
	return ERR_OK;
}

struct uk_netif *uk_netif_create(
	struct uk_netdev *dev, unsigned index, const struct uk_netif_conf *conf)
{
	struct uk_netif *ni = calloc(1, sizeof(*ni));
	const char *why = "there is no memory";

	if (ni == NULL)
		goto undo;
	ni->dev = dev;
	ni->index = index;
	why = ni_start(ni, conf);
	if (why != NULL)
		goto undo;
	netif_add_noaddr(&ni->lw, ni, ni_init, ethernet_input);
	uk_netif_service(ni);
	netif_set_up(&ni->lw);
	return ni;
undo:
	uk_console_printf("network: card %u: %s\n", index, why);
	free(ni);
	return NULL;
}

void uk_netif_service(struct uk_netif *ni)
{
	bool up = uk_netdev_link_get(ni->dev) == 1;

	if (up && !netif_is_link_up(&ni->lw))
		netif_set_link_up(&ni->lw);
	else if (!up && netif_is_link_up(&ni->lw))
		netif_set_link_down(&ni->lw);
}
