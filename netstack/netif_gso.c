/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP on its way out: checksums left to the card, and consecutive segments of one flow that lwIP sends in one go made one
 * packet, which the card cuts again (virtio 1.2, 5.1.6.2). lwIP has no large segments: this puts together what
 * it made, headers copied once, data where it is.
 */
#include <string.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/tcp.h>
#include "netstack/netif.h"

#define PACKET_MAX  65535u /* bytes of an IP packet */
#define GSO_MSS_MIN 256    /* smaller segments are not worth it */

static bool gso_parse4(struct uk_netif_segment *s, const uint8_t *l3, uint32_t len)
{
	const struct ip_hdr *ip = (const struct ip_hdr *)l3;

	if (len < IP_HLEN || IPH_PROTO(ip) != IP_PROTO_TCP ||
		(IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)) != 0)
		return false;
	s->ip6 = false;
	s->l4_off = (uint16_t)(SIZEOF_ETH_HDR + IPH_HL_BYTES(ip));
	return true;
}

static bool gso_parse6(struct uk_netif_segment *s, const uint8_t *l3, uint32_t len)
{
	const struct ip6_hdr *ip = (const struct ip6_hdr *)l3;

	if (len < IP6_HLEN || IP6H_NEXTH(ip) != IP6_NEXTH_TCP)
		return false;
	s->ip6 = true;
	s->l4_off = SIZEOF_ETH_HDR + IP6_HLEN;
	return true;
}

bool uk_netif_gso_parse(
	struct uk_netif_segment *s, const uint8_t *head, uint32_t len, uint32_t total)
{
	const struct eth_hdr *eth = (const struct eth_hdr *)head;
	const uint8_t *l3 = head + SIZEOF_ETH_HDR;
	const struct tcp_hdr *tcp;

	if (len < SIZEOF_ETH_HDR + IP_HLEN + TCP_HLEN)
		return false;
	if (eth->type == PP_HTONS(ETHTYPE_IP) ? !gso_parse4(s, l3, len - SIZEOF_ETH_HDR)
					      : eth->type != PP_HTONS(ETHTYPE_IPV6) ||
							!gso_parse6(s, l3, len - SIZEOF_ETH_HDR))
		return false;
	if ((uint32_t)s->l4_off + TCP_HLEN > len)
		return false;
	tcp = (const struct tcp_hdr *)(head + s->l4_off);
	s->head = head;
	s->head_len = (uint16_t)(s->l4_off + TCPH_HDRLEN_BYTES(tcp));
	if (TCPH_HDRLEN_BYTES(tcp) < TCP_HLEN || s->head_len > len)
		return false;
	s->seq = lwip_ntohl(tcp->seqno);
	s->payload_len = total - s->head_len;
	return true;
}

/* -- checksums -- */

/* Sum over the pseudo header (RFC 9293, 3.1; RFC 8200, 8.1), not complemented. */
static uint16_t gso_pseudo(const struct uk_netif_segment *s, const uint8_t *head, uint32_t l4_len)
{
	const uint8_t *l3 = head + SIZEOF_ETH_HDR;
	uint32_t sum = s->ip6 ? uk_port_chksum(l3 + 8, 32) : uk_port_chksum(l3 + 12, 8);

	sum += lwip_htons(IP_PROTO_TCP) + lwip_htons((uint16_t)l4_len) +
	       lwip_htons((uint16_t)(l4_len >> 16));
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

static uint32_t gso_l4_len(const struct uk_netif_segment *s, uint32_t payload_len)
{
	return s->head_len - s->l4_off + payload_len;
}

void uk_netif_gso_sum(const struct uk_netif_segment *s, uint8_t *head)
{
	struct tcp_hdr *tcp = (struct tcp_hdr *)(head + s->l4_off);
	uint32_t len = gso_l4_len(s, s->payload_len), sum;

	tcp->chksum = 0;
	sum = gso_pseudo(s, head, len) + uk_port_chksum(tcp, (int)len);
	tcp->chksum = (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

/* The card adds the rest (5.1.6.2: from csum_start to the end, stored at csum_offset). */
static void gso_leave_sum(
	const struct uk_netif_segment *s, struct uk_netbuf *nb, uint8_t *head, uint32_t payload_len)
{
	struct tcp_hdr *tcp = (struct tcp_hdr *)(head + s->l4_off);

	tcp->chksum = gso_pseudo(s, head, gso_l4_len(s, payload_len));
	nb->flags |= UK_NETBUF_F_PARTIAL_CSUM;
	nb->csum_start = s->l4_off;
	nb->csum_offset = offsetof(struct tcp_hdr, chksum);
}

/* -- merging -- */

static bool gso_same(const uint8_t *a, const uint8_t *b, unsigned from, unsigned to)
{
	return memcmp(a + from, b + from, to - from) == 0;
}

/* Ethernet and IP, but for what differs from segment to segment: length, identification, checksum. */
static bool gso_same_ip(const struct uk_netif_segment *a, const struct uk_netif_segment *b)
{
	const uint8_t *x = a->head, *y = b->head;
	const unsigned ip = SIZEOF_ETH_HDR;

	if (a->ip6)
		return gso_same(x, y, 0, ip + 4) && gso_same(x, y, ip + 6, a->l4_off);
	return gso_same(x, y, 0, ip + 2) && gso_same(x, y, ip + 6, ip + 10) &&
	       gso_same(x, y, ip + 12, a->l4_off);
}

/* Ports, acknowledgement, window, urgent pointer, options, and all flags but FIN and PSH. */
static bool gso_same_tcp(const struct uk_netif_segment *a, const struct uk_netif_segment *b)
{
	const uint8_t *x = a->head + a->l4_off, *y = b->head + b->l4_off;
	const uint8_t flags = (uint8_t) ~(TCP_FIN | TCP_PSH);

	return gso_same(x, y, 0, 4) && gso_same(x, y, 8, 13) && ((x[13] ^ y[13]) & flags) == 0 &&
	       gso_same(x, y, 14, 16) && gso_same(x, y, 18, a->head_len - a->l4_off);
}

/* Only data, whose flags the card can repeat (FIN and PSH: in the last segment, virtio 1.2 follows Linux there). */
static bool gso_plain(const struct uk_netif_segment *s)
{
	uint8_t flags = s->head[s->l4_off + 13];

	return (flags & (uint8_t) ~(TCP_ACK | TCP_PSH | TCP_FIN)) == 0 && s->payload_len > 0;
}

static bool gso_fits(const struct uk_netif *ni, const struct uk_netif_segment *s)
{
	const struct uk_netif_gso *g = &ni->gso;
	const uint32_t mss = g->first.payload_len;
	const uint8_t *tcp =
		g->head != NULL ? g->head->data + s->l4_off : g->first.head + s->l4_off;

	return (s->ip6 ? ni->tso6 : ni->tso4) && mss >= GSO_MSS_MIN && s->payload_len <= mss &&
	       g->payload_len % mss == 0 && s->seq == g->next_seq && !(tcp[13] & TCP_FIN) &&
	       s->head_len - SIZEOF_ETH_HDR + g->payload_len + s->payload_len <= PACKET_MAX;
}

/* The first two segments: a copy of the headers goes in front, as those of a segment that lwIP may send again stay as they are. */
static bool gso_begin(struct uk_netif *ni)
{
	struct uk_netif_gso *g = &ni->gso;
	struct uk_netif_slot *slot = &ni->queue[ni->nb_queued - 1];
	struct uk_netbuf *head = uk_netif_tx_alloc(ni);

	if (head == NULL)
		return false;
	head->len = g->first.head_len;
	memcpy(head->data, g->first.head, head->len);
	/* A part that held nothing but headers is now empty: the driver leaves those out. */
	slot->nb->data += head->len;
	slot->nb->len -= head->len;
	slot->nb->flags = 0;
	head->next = slot->nb;
	slot->nb = g->head = head;
	g->nb_parts++;
	return true;
}

bool uk_netif_gso_merge(struct uk_netif *ni, const struct uk_netif_segment *s, struct pbuf *p)
{
	struct uk_netif_gso *g = &ni->gso;
	struct uk_netbuf *tail, *nb;
	uint16_t nb_parts;

	if (s->ip6 != g->first.ip6 || s->l4_off != g->first.l4_off ||
		s->head_len != g->first.head_len || !gso_plain(s) || !gso_plain(&g->first) ||
		!gso_fits(ni, s) || !gso_same_ip(&g->first, s) || !gso_same_tcp(&g->first, s))
		return false;
	if (g->nb_parts + pbuf_clen(p) + 1u > UK_NETIF_PARTS_MAX)
		return false;
	nb = uk_netif_tx_refer(p, s->head_len, &tail, &nb_parts);
	if (nb == NULL)
		return false;
	if (g->head == NULL && !gso_begin(ni)) {
		uk_netbuf_free(nb);
		return false;
	}
	g->head->data[s->l4_off + 13] |= s->head[s->l4_off + 13];
	g->tail->next = nb;
	g->tail = tail;
	g->nb_parts += nb_parts;
	g->next_seq += s->payload_len;
	g->payload_len += s->payload_len;
	ni->tx_merged++;
	return true;
}

static void gso_set_len(struct uk_netif_gso *g)
{
	uint8_t *l3 = g->head->data + SIZEOF_ETH_HDR;
	uint32_t ip_len = g->first.head_len - SIZEOF_ETH_HDR + g->payload_len;

	if (g->first.ip6) {
		IP6H_PLEN_SET((struct ip6_hdr *)l3, (uint16_t)(ip_len - IP6_HLEN));
		return;
	}
	IPH_LEN_SET((struct ip_hdr *)l3, lwip_htons((uint16_t)ip_len));
	IPH_CHKSUM_SET((struct ip_hdr *)l3, 0);
	IPH_CHKSUM_SET((struct ip_hdr *)l3,
		(uint16_t)~uk_port_chksum(l3, g->first.l4_off - SIZEOF_ETH_HDR));
}

void uk_netif_gso_finish(struct uk_netif *ni)
{
	struct uk_netif_gso *g = &ni->gso;
	struct uk_netbuf *nb;

	if (!g->active)
		return;
	g->active = false;
	nb = ni->queue[ni->nb_queued - 1].nb;
	if (g->head == NULL) {
		gso_leave_sum(&g->first, nb, nb->data, g->payload_len);
		return;
	}
	gso_set_len(g);
	gso_leave_sum(&g->first, nb, nb->data, g->payload_len);
	nb->gso_type = g->first.ip6 ? UK_NETBUF_GSO_TCPV6 : UK_NETBUF_GSO_TCPV4;
	nb->gso_size = (uint16_t)g->first.payload_len;
	nb->hdr_len = g->first.head_len;
}
