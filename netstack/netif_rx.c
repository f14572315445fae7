/* SPDX-License-Identifier: BSD-3-Clause */
/* From the card to lwIP. */
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <netif/ethernet.h>
#include "netstack/netif.h"

/* In the private area of each receive buffer. */
struct rx_pbuf {
	struct pbuf_custom custom;
	struct uk_netbuf *nb;
};

static void rx_pbuf_free(struct pbuf *p)
{
	uk_netbuf_free(uk_netif_rx_netbuf(p));
}

bool uk_netif_rx_is(const struct pbuf *p)
{
	return (p->flags & PBUF_FLAG_IS_CUSTOM) &&
	       ((const struct pbuf_custom *)p)->custom_free_function == rx_pbuf_free;
}

struct uk_netbuf *uk_netif_rx_netbuf(struct pbuf *p)
{
	return ((struct rx_pbuf *)p)->nb;
}

/*
 * One part as a pbuf. Its type is that of memory in one piece with what is in front of it, so lwIP may use the head room
 * (pbuf_add_header looks only that the struct itself is not reached).
 */
static struct pbuf *rx_wrap(struct uk_netbuf *nb)
{
	struct rx_pbuf *r = nb->priv;

	_Static_assert(offsetof(struct rx_pbuf, custom.pbuf) == 0, "one address");
	r->custom.custom_free_function = rx_pbuf_free;
	r->nb = nb;
	nb->next = NULL;
	return pbuf_alloced_custom(
		PBUF_RAW, (u16_t)nb->len, PBUF_RAM, &r->custom, nb->data, (u16_t)nb->len);
}

/* The parts as a chain of pbufs. */
static struct pbuf *rx_wrap_all(struct uk_netbuf *nb, uint32_t total)
{
	struct pbuf *head = NULL, **link = &head;
	uint32_t left = total;

	while (nb != NULL) {
		struct uk_netbuf *next = nb->next;
		struct pbuf *p = rx_wrap(nb);

		p->tot_len = (u16_t)left;
		left -= p->len;
		*link = p;
		link = &p->next;
		nb = next;
	}
	return head;
}

static struct pbuf *rx_copy(struct uk_netif *ni, struct uk_netbuf *nb, uint32_t total)
{
	struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)total, PBUF_RAM);

	if (p != NULL)
		uk_netbuf_read(nb, 0, p->payload, total);
	uk_netbuf_free(nb);
	ni->rx_copied++;
	return p;
}

/* A fragment's flags speak of the fragment, not of the datagram. */
static bool rx_is_fragment(const struct uk_netbuf *nb)
{
	const struct eth_hdr *eth = (const struct eth_hdr *)nb->data;

	if (eth->type == PP_HTONS(ETHTYPE_IP) && nb->len >= SIZEOF_ETH_HDR + IP_HLEN) {
		const struct ip_hdr *ip = (const struct ip_hdr *)(eth + 1);

		return (IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)) != 0;
	}
	if (eth->type == PP_HTONS(ETHTYPE_IPV6) && nb->len >= SIZEOF_ETH_HDR + IP6_HLEN)
		return IP6H_NEXTH((const struct ip6_hdr *)(eth + 1)) == IP6_NEXTH_FRAGMENT;
	return true;
}

static void rx_input(struct uk_netif *ni, struct uk_netbuf *nb)
{
	const u16_t trusted = ni->lw.chksum_flags;
	uint32_t total = nb->len;
	struct pbuf *p;

	if (nb->next != NULL)
		total = uk_netbuf_pkt_len(nb);
	/* lwIP counts in 16 bits; the driver drops what is shorter than a header of Ethernet. */
	if (total > UINT16_MAX || total < SIZEOF_ETH_HDR) {
		ni->rx_dropped++;
		uk_netbuf_free(nb);
		return;
	}
	if (!(nb->flags & (UK_NETBUF_F_DATA_VALID | UK_NETBUF_F_PARTIAL_CSUM)) ||
		rx_is_fragment(nb))
		ni->lw.chksum_flags |= NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP;
	if (UK_UNLIKELY(ni->rx_pool->nb_free < ni->rx_low))
		p = rx_copy(ni, nb, total);
	else
		p = rx_wrap_all(nb, total);
	if (p == NULL)
		ni->rx_dropped++;
	else if (ethernet_input(p, &ni->lw) != ERR_OK)
		pbuf_free(p);
	ni->lw.chksum_flags = trusted;
}

unsigned uk_netif_poll(struct uk_netif *ni)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t n = UK_BURST_MAX;

	if (uk_netdev_rx_burst(ni->dev, 0, v, &n) <= 0)
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		if (i + 1 < n)
			__builtin_prefetch(v[i + 1]->priv, 1);
		rx_input(ni, v[i]);
	}
	return n;
}
