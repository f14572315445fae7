/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/element/trace/pcap.h"
#include "nf-apps/element/trace/traceencap.h"

/* The first name of a type is the one that is printed. */
static const struct {
	const char *name;
	uint16_t linktype;
	bool has_ip;
} encaps[] = {
	{ "IP", NF_PCAP_RAW, true },
	{ "IP", NF_PCAP_RAW_BSD, true },
	{ "IP", NF_PCAP_RAW_OPENBSD, true },
	{ "IP", NF_PCAP_IPV4, true },
	{ "IP", NF_PCAP_IPV6, true },
	{ "ETHER", NF_PCAP_ETHER, true },
	{ "FDDI", NF_PCAP_FDDI, true },
	{ "ATM", NF_PCAP_ATM, true },
	{ "ATM-RFC1483", NF_PCAP_ATM, true },
	{ "RFC1483", NF_PCAP_ATM, true },
	{ "802_11", NF_PCAP_IEEE802_11, true },
	{ "802.11", NF_PCAP_IEEE802_11, true },
	{ "802_11_RADIO", NF_PCAP_RADIOTAP, true },
	{ "SLL", NF_PCAP_LINUX_SLL, true },
	{ "SLL2", NF_PCAP_LINUX_SLL2, true },
	{ "AIRONET", 120, false },
	{ "HDLC", NF_PCAP_HDLC, true },
	{ "C_HDLC", NF_PCAP_HDLC, true },
	{ "PPP_HDLC", NF_PCAP_PPP_HDLC, true },
	{ "PPP", NF_PCAP_PPP, true },
	{ "SUNATM", 123, false },
	{ "PRISM", NF_PCAP_PRISM, false },
	{ "NULL", NF_PCAP_NULL, true },
	{ "LOOP", NF_PCAP_LOOP, true },
};

int nf_traceencap_parse(const char *name)
{
	for (unsigned i = 0; i < UK_ARRAY_SIZE(encaps); i++) {
		if (strcmp(name, encaps[i].name) == 0)
			return encaps[i].linktype;
	}
	return -EINVAL;
}

const char *nf_traceencap_name(uint32_t linktype)
{
	for (unsigned i = 0; i < UK_ARRAY_SIZE(encaps); i++) {
		if (encaps[i].linktype == linktype)
			return encaps[i].name;
	}
	return "??";
}

bool nf_traceencap_has_ip(uint32_t linktype)
{
	for (unsigned i = 0; i < UK_ARRAY_SIZE(encaps); i++) {
		if (encaps[i].linktype == linktype)
			return encaps[i].has_ip;
	}
	return false;
}

static bool encap_is_ip(uint16_t ethertype)
{
	return ethertype == NF_ETHERTYPE_IP || ethertype == NF_ETHERTYPE_IP6;
}

/* Each returns where the IP header is, 0: nowhere. Only bytes before `len` are looked at. */
static uint32_t encap_ether(const uint8_t *d, uint32_t len)
{
	uint32_t at = 12;

	while (at + 6 <= len && (nf_inet_get16(d + at) == NF_ETHERTYPE_VLAN ||
					nf_inet_get16(d + at) == NF_ETHERTYPE_QINQ))
		at += 4;
	return at + 2 <= len && encap_is_ip(nf_inet_get16(d + at)) ? at + 2 : 0;
}

/* LLC and SNAP (IEEE 802.2; RFC 1042) at `at`. */
static uint32_t encap_snap(const uint8_t *d, uint32_t len, uint32_t at)
{
	static const uint8_t snap[] = { 0xaa, 0xaa, 0x03, 0, 0, 0 };

	if (at + 8 > len || memcmp(d + at, snap, sizeof(snap)) != 0)
		return 0;
	return encap_is_ip(nf_inet_get16(d + at + 6)) ? at + 8 : 0;
}

/* A data frame of IEEE 802.11 at `at`: more addresses between two DS, more bytes with QoS. */
static uint32_t encap_wlan(const uint8_t *d, uint32_t len, uint32_t at)
{
	if (at + 24 > len || (d[at] & 0x0c) != 0x08)
		return 0;
	return encap_snap(
		d, len, at + 24 + ((d[at + 1] & 3) == 3 ? 6 : 0) + (d[at] & 0x80 ? 2 : 0));
}

/* Address and control may be left out (RFC 1662, 1661). */
static uint32_t encap_ppp(const uint8_t *d, uint32_t len)
{
	uint32_t at = len >= 2 && d[0] == 0xff && d[1] == 0x03 ? 2 : 0;

	if (at + 2 > len)
		return 0;
	return nf_inet_get16(d + at) == 0x0021 || nf_inet_get16(d + at) == 0x0057 ? at + 2 : 0;
}

static bool encap_find(const uint8_t *d, uint32_t len, uint32_t linktype, uint32_t *at)
{
	*at = 0;
	switch (linktype) {
	case NF_PCAP_RAW:
	case NF_PCAP_RAW_BSD:
	case NF_PCAP_RAW_OPENBSD:
	case NF_PCAP_IPV4:
	case NF_PCAP_IPV6:
		return true;
	case NF_PCAP_ETHER:
		*at = encap_ether(d, len);
		break;
	case NF_PCAP_FDDI:
		*at = len > 13 && (d[0] & 0xf0) == 0x50 ? encap_snap(d, len, 13) : 0;
		break;
	case NF_PCAP_ATM:
		*at = encap_snap(d, len, 0);
		break;
	case NF_PCAP_IEEE802_11:
		*at = encap_wlan(d, len, 0);
		break;
	case NF_PCAP_RADIOTAP:
		*at = len >= 4 ? encap_wlan(d, len, (uint32_t)(d[2] | d[3] << 8)) : 0;
		break;
	case NF_PCAP_LINUX_SLL:
		*at = len >= 16 && encap_is_ip(nf_inet_get16(d + 14)) ? 16 : 0;
		break;
	case NF_PCAP_LINUX_SLL2:
		*at = len >= 20 && encap_is_ip(nf_inet_get16(d)) ? 20 : 0;
		break;
	case NF_PCAP_HDLC:
		*at = len >= 4 && encap_is_ip(nf_inet_get16(d + 2)) ? 4 : 0;
		break;
	case NF_PCAP_PPP:
	case NF_PCAP_PPP_HDLC:
		*at = encap_ppp(d, len);
		break;
	case NF_PCAP_NULL:
	case NF_PCAP_LOOP:
		*at = 4; /* the address family's number differs between systems */
		break;
	default:
		break;
	}
	return *at != 0;
}

bool nf_traceencap_force_ip(struct uk_netbuf *p, uint32_t linktype)
{
	const struct nf_ip4 *ip;
	uint32_t at, left, hlen;

	if (!encap_find(p->data, p->len, linktype, &at) || at >= p->len)
		return false;
	ip = (const struct nf_ip4 *)(p->data + at);
	left = p->len - at;
	hlen = ip->vhl >> 4 == 4 ? nf_inet_ip4_hlen(ip) : (uint32_t)sizeof(struct nf_ip6_hdr);
	if ((ip->vhl >> 4 != 4 && ip->vhl >> 4 != 6) || hlen < sizeof(*ip) || left < hlen)
		return false;
	nf_packet_set_l3(p, p->data + at);
	nf_packet_set_l4(p, p->data + at + hlen);
	if (ip->vhl >> 4 == 4)
		nf_packet_set_dst_ip(p, ip->dst);
	return true;
}
