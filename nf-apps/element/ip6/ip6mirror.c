/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP6Mirror()
 *
 * Swaps source and destination address of IPv6 packets, and the ports of those with a TCP or UDP
 * header. Checksums stay right.
 *
 * Ports: 1 input, 1 output; push or pull. Packets have their IPv6 header marked.
 * Drops: no IPv6 header.
 *
 *	... -> CheckIP6Header -> IP6Mirror -> ...
 */
#include "nf-apps/element/ip6/ip6hdr.h"

enum { IP6MIRROR_NO_IP6 };

static inline int ip6mirror_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct nf_ip6_hdr *h = nf_ip6hdr_of(p);
	uint8_t addr[16], *ports;
	uint32_t both;

	if (UK_UNLIKELY(h == NULL))
		return NF_DROP(IP6MIRROR_NO_IP6);
	memcpy(addr, h->src, 16);
	memcpy(h->src, h->dst, 16);
	memcpy(h->dst, addr, 16);
	ports = (uint8_t *)(h + 1);
	if ((h->next == NF_IP_TCP || h->next == NF_IP_UDP) && nf_packet_left(p, ports) >= 8) {
		memcpy(&both, ports, sizeof(both));
		both = both << 16 | both >> 16;
		memcpy(ports, &both, sizeof(both));
	}
	return 0;
}

NF_EACH_DEFINE(ip6mirror)

const struct nf_class nf_ip6mirror = {
	.name = "IP6Mirror",
	.ports = "1/1",
	.processing = "a/a",
	NF_EACH(ip6mirror),
	.drops = (const char *const[]){ "no IPv6 header", NULL },
};
