/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MarkIPHeader([OFFSET])
 *
 * Says that each packet's IP header begins OFFSET bytes from its start, and checks nothing: that
 * is CheckIPHeader's. The transport header is marked behind it if it lies within the packet. The
 * destination annotation stays as it is.
 *
 *	OFFSET  bytes; default 0
 *
 * Ports: 1 input, 1 output. A packet that ends before OFFSET is left without a header position.
 *
 *	... -> MarkIPHeader(14) -> IPClassifier(tcp, -) -> ...
 */
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4.h"

struct markipheader_conf {
	uint32_t offset;
};

static int markipheader_configure(struct nf_element *e, struct nf_args *a)
{
	struct markipheader_conf *c = e->conf;

	nf_args_u32(a, "OFFSET", NF_ARGS_POS, &c->offset);
	return nf_args_end(a);
}

static inline int markipheader_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct markipheader_conf *c = conf;
	uint32_t l3 = uk_netbuf_headroom(p) + c->offset;
	uint32_t hlen;

	p->l3_off = p->l4_off = UK_NETBUF_NO_OFF;
	if (UK_UNLIKELY(c->offset >= p->len || l3 >= UK_NETBUF_NO_OFF))
		return 0;
	p->l3_off = (uint16_t)l3;
	hlen = (p->buf[l3] & 15u) * 4;
	if (UK_LIKELY(hlen >= NF_IP4_HLEN && c->offset + hlen <= p->len &&
		      l3 + hlen < UK_NETBUF_NO_OFF))
		p->l4_off = (uint16_t)(l3 + hlen);
	return 0;
}

NF_EACH_DEFINE(markipheader)

const struct nf_class nf_markipheader = {
	.name = "MarkIPHeader",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct markipheader_conf),
	.configure = markipheader_configure,
	NF_EACH(markipheader),
};
