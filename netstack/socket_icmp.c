/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What ICMP says about a datagram that did not arrive: lwIP does not look at it, so two raw pcbs do, which
 * leave every packet to it. A connected UDP socket then has an error, as on Linux (RFC 1122, 4.1.3.3).
 */
#include <errno.h>
#include <string.h>
#include <lwip/pbuf.h>
#include <lwip/icmp.h>
#include <lwip/prot/icmp.h>
#include <lwip/prot/icmp6.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/udp.h>
#include <lwip/raw.h>
#include "netstack/socket_impl.h"

#define ICMP_HLEN 8

/* The packet that the message quotes: IP header, then at least the first 8 bytes of UDP (RFC 792). */
union icmp_quote {
	struct ip_hdr ip4;
	struct ip6_hdr ip6;
	uint8_t bytes[60 + UDP_HLEN];
};

static void icmp_ports(const uint8_t *udp, const ip_addr_t *remote, int error)
{
	struct udp_hdr h;

	memcpy(&h, udp, sizeof(h));
	uk_socket_udp_unreachable(lwip_ntohs(h.src), remote, lwip_ntohs(h.dest), error);
}

/* Linux' icmp_err_convert: the codes that end a connection. */
static int icmp_error4(uint8_t code)
{
	switch (code) {
	case ICMP_DUR_PROTO:
		return ENOPROTOOPT;
	case ICMP_DUR_PORT:
		return ECONNREFUSED;
	default:
		return 0;
	}
}

static uint8_t icmp_input4(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *src)
{
	uint16_t at = ip_current_header_tot_len(), n;
	struct icmp_echo_hdr h;
	union icmp_quote q;
	ip_addr_t remote;
	uint16_t hlen;
	int error;

	if (ip_current_is_v6() || pbuf_copy_partial(p, &h, ICMP_HLEN, at) != ICMP_HLEN)
		return 0;
	error = h.type == ICMP_DUR ? icmp_error4(h.code) : 0;
	n = pbuf_copy_partial(p, &q, sizeof(q), at + ICMP_HLEN);
	if (error == 0 || n < IP_HLEN)
		return 0;
	hlen = IPH_HL_BYTES(&q.ip4);
	if (IPH_V(&q.ip4) != 4 || IPH_PROTO(&q.ip4) != IP_PROTO_UDP || hlen < IP_HLEN ||
		n < hlen + UDP_HLEN)
		return 0;
	ip_addr_set_zero_ip4(&remote);
	ip_addr_set_ip4_u32_val(remote, q.ip4.dest.addr);
	icmp_ports(q.bytes + hlen, &remote, error);
	return 0;
}

/* RFC 4443, 3.1. Extension headers are not looked through: a datagram of ours has none, unless it is a fragment. */
static uint8_t icmp_input6(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *src)
{
	uint16_t at = ip_current_header_tot_len(), n;
	struct icmp6_hdr h;
	union icmp_quote q;
	ip_addr_t remote;

	if (!ip_current_is_v6() || pbuf_copy_partial(p, &h, ICMP_HLEN, at) != ICMP_HLEN)
		return 0;
	n = pbuf_copy_partial(p, &q, sizeof(q), at + ICMP_HLEN);
	if (h.type != ICMP6_TYPE_DUR || h.code != ICMP6_DUR_PORT || n < IP6_HLEN + UDP_HLEN)
		return 0;
	if (IP6H_V(&q.ip6) != 6 || IP6H_NEXTH(&q.ip6) != IP6_NEXTH_UDP)
		return 0;
	ip_addr_set_zero_ip6(&remote);
	memcpy(ip_2_ip6(&remote)->addr, q.ip6.dest.addr, sizeof(q.ip6.dest.addr));
	icmp_ports(q.bytes + IP6_HLEN, &remote, ECONNREFUSED);
	return 0;
}

void uk_socket_icmp_start(void)
{
	struct raw_pcb *pcb4 = raw_new_ip_type(IPADDR_TYPE_V4, IP_PROTO_ICMP);
	struct raw_pcb *pcb6 = raw_new_ip_type(IPADDR_TYPE_V6, IP6_NEXTH_ICMP6);

	UK_ASSERT(pcb4 != NULL && pcb6 != NULL);
	raw_recv(pcb4, icmp_input4, NULL);
	raw_recv(pcb6, icmp_input6, NULL);
}
