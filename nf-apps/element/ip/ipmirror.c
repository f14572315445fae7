/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPMirror([DST_ANNO])
 *
 * Sends each packet back: source and destination address change places; in a first fragment of TCP
 * or UDP the ports do so, too, and with TCP the sequence and the acknowledgement number. Checksums
 * stay right by themselves.
 *
 *	DST_ANNO  boolean: set the destination annotation to the new destination. Default true
 *
 * Ports: 1 input, 1 output. Packets have their IP header marked.
 * Drops: no IP header.
 *
 *	... -> CheckIPHeader(14) -> IPMirror -> EtherMirror -> ...
 */
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4.h"

enum { IPMIRROR_NO_IP };

struct ipmirror_conf {
	bool dst_anno;
};

static int ipmirror_configure(struct nf_element *e, struct nf_args *a)
{
	struct ipmirror_conf *c = e->conf;

	c->dst_anno = true;
	nf_args_bool(a, "DST_ANNO", NF_ARGS_POS, &c->dst_anno);
	return nf_args_end(a);
}

/* Ports stand at the same place in both. */
static inline void ipmirror_transport(const struct nf_ip4 *ip, uint8_t *l4, uint32_t left)
{
	struct nf_tcp *tcp = (struct nf_tcp *)(void *)l4;
	nf_be16 port;
	nf_be32 seq;

	if (ip->proto == NF_IP_TCP ? left < sizeof(struct nf_tcp)
				   : ip->proto != NF_IP_UDP || left < sizeof(struct nf_udp))
		return;
	port = tcp->sport;
	tcp->sport = tcp->dport;
	tcp->dport = port;
	if (ip->proto != NF_IP_TCP)
		return;
	seq = tcp->seq;
	tcp->seq = tcp->ack;
	tcp->ack = seq;
}

static inline int ipmirror_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct ipmirror_conf *c = conf;
	uint32_t hlen = 0;
	struct nf_ip4 *ip = nf_ip4_hdr_whole(p, &hlen);
	nf_be32 addr;

	if (UK_UNLIKELY(ip == NULL))
		return NF_DROP(IPMIRROR_NO_IP);
	addr = ip->src;
	ip->src = ip->dst;
	ip->dst = addr;
	if (c->dst_anno)
		nf_packet_set_dst_ip(p, addr);
	if (nf_inet_ip4_is_first(ip))
		ipmirror_transport(ip, (uint8_t *)ip + hlen, nf_ip4_left(p) - hlen);
	return 0;
}

NF_EACH_DEFINE(ipmirror)

const struct nf_class nf_ipmirror = {
	.name = "IPMirror",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct ipmirror_conf),
	.configure = ipmirror_configure,
	NF_EACH(ipmirror),
	.drops = (const char *const[]){ "no IP header", NULL },
	.flags = NF_CLASS_ANNO,
};
