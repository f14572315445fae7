/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GetIPAddress(OFFSET [, ANNO, keyword IP])
 *
 * Copies the 4 bytes at OFFSET of each packet to its destination annotation: at 16, the
 * destination address of an IP packet. Either OFFSET or IP is given.
 *
 *	OFFSET  bytes from the packet's start
 *	ANNO    annotation of 4 bytes that is set instead. Default DST_IP
 *	IP      src or dst: that address of the marked IP header
 *
 * Ports: 1 input, 1 output.
 * Drops: short packet: the address lies behind its end, or no IP header is marked.
 *
 *	... -> Strip(14) -> CheckIPHeader -> GetIPAddress(16) -> LookupIPRoute(...) -> ...
 */
#include <string.h>
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4.h"

enum { GETIPADDRESS_SHORT };

#define GETIPADDRESS_OFFSET_MAX 65535u
#define GETIPADDRESS_SRC        12 /* where the addresses are in the header */
#define GETIPADDRESS_DST        16

struct getipaddress_conf {
	uint32_t offset;
	bool ip; /* offset counts from the IP header */
	uint8_t anno;
};

static int getipaddress_configure(struct nf_element *e, struct nf_args *a)
{
	struct getipaddress_conf *c = e->conf;
	const char *ip;
	bool offset;

	c->anno = NF_ANNO_DST_IP;
	offset = nf_args_u32(a, "OFFSET", NF_ARGS_POS, &c->offset);
	nf_args_anno(a, "ANNO", NF_ARGS_POS, 4, &c->anno);
	c->ip = nf_args_word(a, "IP", 0, &ip);
	if (offset == c->ip && a->nb_errors == 0)
		nf_args_error(a, "set one of OFFSET, IP");
	if (c->offset > GETIPADDRESS_OFFSET_MAX)
		nf_args_error(a, "OFFSET: at most %u", GETIPADDRESS_OFFSET_MAX);
	if (c->ip) {
		c->offset = strcmp(ip, "src") == 0 ? GETIPADDRESS_SRC : GETIPADDRESS_DST;
		if (strcmp(ip, "src") != 0 && strcmp(ip, "dst") != 0)
			nf_args_error(a, "IP: '%s' is neither src nor dst", ip);
	}
	return nf_args_end(a);
}

static inline int getipaddress_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct getipaddress_conf *c = conf;
	const uint8_t *from = c->ip ? (const uint8_t *)nf_ip4_hdr(p) : p->data;
	uint32_t addr;

	if (UK_UNLIKELY(c->ip ? from == NULL : p->len < c->offset + sizeof(addr)))
		return NF_DROP(GETIPADDRESS_SHORT);
	memcpy(&addr, from + c->offset, sizeof(addr));
	nf_packet_set_anno_u32(p, c->anno, addr);
	return 0;
}

NF_EACH_DEFINE(getipaddress)

const struct nf_class nf_getipaddress = {
	.name = "GetIPAddress",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct getipaddress_conf),
	.configure = getipaddress_configure,
	NF_EACH(getipaddress),
	.drops = (const char *const[]){ "short packet", NULL },
	.flags = NF_CLASS_ANNO,
};
