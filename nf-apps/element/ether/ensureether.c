/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EnsureEther([ETHERTYPE, SRC, DST])
 *
 * Sees to it that IP packets have an Ethernet header. Packets whose IP header is not marked pass
 * as they are, and so do those with a header of IP or IP6 type before the IP header. If such a
 * header was stripped off, it comes back; else what stands before the IP header is replaced by
 * the header that the arguments say.
 *
 *	ETHERTYPE  0 to 0xffff. Default 0x0800
 *	SRC, DST   Ethernet addresses. Default 1:1:1:1:1:1 and 2:2:2:2:2:2
 *
 * Ports: 1 input, 1 output; push or pull.
 * Drops: no room for the header.
 *
 *	FromDump(in.pcap) -> EnsureEther(0x0800, 1:1:1:1:1:1, 2:2:2:2:2:2) -> ...
 */
#include "nf-apps/element/ether/etherfield.h"

enum { ENSUREETHER_NO_ROOM };

struct ensureether_conf {
	struct nf_ether hdr;
};

static int ensureether_configure(struct nf_element *e, struct nf_args *a)
{
	struct ensureether_conf *c = e->conf;
	uint16_t type = NF_ETHERTYPE_IP;

	memset(c->hdr.src, 1, 6);
	memset(c->hdr.dst, 2, 6);
	nf_args_u16(a, "ETHERTYPE", NF_ARGS_POS, &type);
	nf_args_ether(a, "SRC", NF_ARGS_POS, c->hdr.src);
	nf_args_ether(a, "DST", NF_ARGS_POS, c->hdr.dst);
	c->hdr.type = nf_inet_hton16(type);
	return nf_args_end(a);
}

/* `hdr`: where an Ethernet header would begin. */
static inline bool ensureether_is_ip(const uint8_t *hdr)
{
	uint16_t type = nf_inet_get16(hdr + 12);

	return type == NF_ETHERTYPE_IP || type == NF_ETHERTYPE_IP6;
}

static inline int ensureether_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct ensureether_conf *c = conf;
	const uint8_t *ip = nf_packet_l3(p);

	if (ip == NULL || ip < p->data || ip > p->data + p->len)
		return 0;
	if (ip - p->data == NF_ETHER_LEN && ensureether_is_ip(p->data))
		return 0;
	if (ip == p->data && uk_netbuf_headroom(p) >= NF_ETHER_LEN &&
		ensureether_is_ip(p->data - NF_ETHER_LEN)) {
		p->data -= NF_ETHER_LEN;
		p->len += NF_ETHER_LEN;
		return 0;
	}
	nf_packet_pull(p, (uint32_t)(ip - p->data));
	if (!nf_packet_push(p, NF_ETHER_LEN))
		return NF_DROP(ENSUREETHER_NO_ROOM);
	memcpy(p->data, &c->hdr, NF_ETHER_LEN);
	return 0;
}

NF_EACH_DEFINE(ensureether)

const struct nf_class nf_ensureether = {
	.name = "EnsureEther",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct ensureether_conf),
	.configure = ensureether_configure,
	NF_EACH(ensureether),
	.drops = (const char *const[]){ "no room for the header", NULL },
};
