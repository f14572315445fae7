/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * StoreIPAddress(OFFSET)
 * StoreIPAddress(ADDR, OFFSET)
 *
 * Writes an address into each packet at OFFSET: ADDR, or without it the destination annotation (a
 * packet whose annotation is 0 then passes unchanged). OFFSET `src` or `dst` means that address of
 * the marked IP header; then, and only then, the checksums of IP and of TCP or UDP are updated.
 *
 *	ADDR    address
 *	OFFSET  bytes from the packet's start, or src, or dst
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push: packets that are too short for it.
 * Drops: short packet: if there is no output 1.
 *
 *	... -> StoreIPAddress(10.0.0.7, dst) -> ...
 */
#include <strings.h>
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4.h"

enum { STOREIPADDRESS_SHORT };

#define STOREIPADDRESS_OFFSET_MAX 65535u

struct storeipaddress_conf {
	uint32_t offset, addr;
	bool ip;    /* offset counts from the IP header */
	bool fixed; /* addr, not the annotation */
};

static int storeipaddress_configure(struct nf_element *e, struct nf_args *a)
{
	struct storeipaddress_conf *c = e->conf;
	const char *at = "";
	uint64_t offset = 0;

	c->fixed = nf_args_left(a) > 1;
	if (c->fixed)
		nf_args_ip4(a, "ADDR", NF_ARGS_POS | NF_ARGS_MUST, &c->addr);
	if (!nf_args_word(a, "OFFSET", NF_ARGS_POS | NF_ARGS_MUST, &at))
		return nf_args_end(a);
	c->ip = strcasecmp(at, "src") == 0 || strcasecmp(at, "dst") == 0;
	if (c->ip)
		c->offset = strcasecmp(at, "src") == 0 ? offsetof(struct nf_ip4, src)
						       : offsetof(struct nf_ip4, dst);
	else if (nf_addr_u64(at, &offset) < 0 || offset > STOREIPADDRESS_OFFSET_MAX)
		nf_args_error(a, "OFFSET: '%s' is none of src, dst, 0 to %u", at,
			STOREIPADDRESS_OFFSET_MAX);
	else
		c->offset = (uint32_t)offset;
	return nf_args_end(a);
}

/* Into the IP header, with the checksums that depend on it (RFC 1624). */
static inline void storeipaddress_header(
	struct uk_netbuf *p, struct nf_ip4 *ip, uint32_t at, uint32_t addr)
{
	uint32_t hlen = nf_inet_ip4_hlen(ip), left = nf_ip4_left(p), was;
	uint8_t *to = (uint8_t *)ip + at, *l4 = (uint8_t *)ip + hlen;

	memcpy(&was, to, sizeof(was));
	memcpy(to, &addr, sizeof(addr));
	ip->csum = nf_inet_csum_adjust32(ip->csum, was, addr);
	if (hlen < NF_IP4_HLEN || !nf_inet_ip4_is_first(ip))
		return;
	if (ip->proto == NF_IP_TCP && left >= hlen + sizeof(struct nf_tcp)) {
		struct nf_tcp *tcp = (struct nf_tcp *)(void *)l4;

		tcp->csum = nf_inet_csum_adjust32(tcp->csum, was, addr);
	} else if (ip->proto == NF_IP_UDP && left >= hlen + sizeof(struct nf_udp)) {
		struct nf_udp *udp = (struct nf_udp *)(void *)l4;

		if (udp->csum == 0) /* none */
			return;
		udp->csum = nf_inet_csum_adjust32(udp->csum, was, addr);
		if (udp->csum == 0)
			udp->csum = 0xffff;
	}
}

static inline int storeipaddress_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct storeipaddress_conf *c = conf;
	uint32_t addr = c->fixed ? c->addr : nf_packet_dst_ip(p);
	struct nf_ip4 *ip = c->ip ? nf_ip4_hdr(p) : NULL;

	if (!c->fixed && addr == 0)
		return 0;
	if (UK_UNLIKELY(c->ip ? ip == NULL : p->len < c->offset + sizeof(addr)))
		return e->nb_out > 1 ? 1 : NF_DROP(STOREIPADDRESS_SHORT);
	if (c->ip)
		storeipaddress_header(p, ip, c->offset, addr);
	else
		memcpy(p->data + c->offset, &addr, sizeof(addr));
	return 0;
}

NF_EACH_DEFINE(storeipaddress)

const struct nf_class nf_storeipaddress = {
	.name = "StoreIPAddress",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct storeipaddress_conf),
	.configure = storeipaddress_configure,
	NF_EACH(storeipaddress),
	.drops = (const char *const[]){ "short packet", NULL },
	.flags = NF_CLASS_ANNO,
};
