/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FixIPSrc(IPADDR)
 *
 * Gives packets that ask for it (annotation FIX_IP_SRC, set by ICMPError) the source address
 * IPADDR, that of the interface by which they leave (RFC 1812, 4.3.2.4), updates the checksum, and
 * clears the annotation. Others pass unchanged.
 *
 *	IPADDR  address
 *
 * Ports: 1 input, 1 output. Packets have their IP header marked.
 * Drops: no IP header.
 *
 *	... -> FixIPSrc(10.0.0.1) -> DecIPTTL -> ...
 */
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4.h"

enum { FIXIPSRC_NO_IP };

struct fixipsrc_conf {
	uint32_t addr;
};

static int fixipsrc_configure(struct nf_element *e, struct nf_args *a)
{
	struct fixipsrc_conf *c = e->conf;

	nf_args_ip4(a, "IPADDR", NF_ARGS_POS | NF_ARGS_MUST, &c->addr);
	return nf_args_end(a);
}

static inline int fixipsrc_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct fixipsrc_conf *c = conf;
	struct nf_ip4 *ip;

	if (UK_LIKELY(nf_packet_anno_u8(p, NF_ANNO_FIX_IP_SRC) == 0))
		return 0;
	nf_packet_set_anno_u8(p, NF_ANNO_FIX_IP_SRC, 0);
	ip = nf_ip4_hdr(p);
	if (ip == NULL)
		return NF_DROP(FIXIPSRC_NO_IP);
	ip->csum = nf_inet_csum_adjust32(ip->csum, ip->src, c->addr);
	ip->src = c->addr;
	return 0;
}

NF_EACH_DEFINE(fixipsrc)

const struct nf_class nf_fixipsrc = {
	.name = "FixIPSrc",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct fixipsrc_conf),
	.configure = fixipsrc_configure,
	NF_EACH(fixipsrc),
	.drops = (const char *const[]){ "no IP header", NULL },
	.flags = NF_CLASS_ANNO,
};
