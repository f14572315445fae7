/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP6Encap(PROTO, SRC, DST [, keywords HLIM, CLASS])
 *
 * Puts an IPv6 header (RFC 8200) in front of each packet, marks it, and sets the destination
 * address annotation.
 *
 *	PROTO     next header, number or name
 *	SRC, DST  IPv6 addresses; DST may be DST_ANNO: the packet's annotation
 *	HLIM      hop limit. Default 250
 *	CLASS     traffic class. Default 0
 *
 * Ports: 1 input, 1 output; push or pull.
 * Handlers: src, dst (rw).
 * Drops: no room for the header, too long.
 *
 *	... -> IP6Encap(41, 2001:db8::1, 2001:db8::2, HLIM 64) -> ...
 */
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip6/ip6hdr.h"

enum { IP6ENCAP_NO_ROOM, IP6ENCAP_LONG };

struct ip6encap_state {
	struct nf_ip6_hdr hdr;
	bool use_anno;
};

/* An address or DST_ANNO. False: neither. */
static bool ip6encap_dst(struct nf_element *e, const char *text)
{
	struct ip6encap_state *s = e->state;
	struct nf_ip6 addr = { { 0 } };
	bool use_anno = strcmp(text, "DST_ANNO") == 0;

	if (!use_anno && nf_args_info_ip6(e, text, &addr) < 0)
		return false;
	s->use_anno = use_anno;
	memcpy(s->hdr.dst, &addr, 16);
	return true;
}

static int ip6encap_configure(struct nf_element *e, struct nf_args *a)
{
	struct ip6encap_state *s = e->state;
	struct nf_ip6 src = { { 0 } };
	uint8_t class = 0;
	const char *dst;

	s->hdr.hlim = 250;
	nf_args_ip_proto(a, "PROTO", NF_ARGS_POS | NF_ARGS_MUST, &s->hdr.next);
	nf_args_ip6(a, "SRC", NF_ARGS_POS | NF_ARGS_MUST, &src);
	if (nf_args_raw(a, "DST", NF_ARGS_POS | NF_ARGS_MUST, &dst) && !ip6encap_dst(e, dst))
		nf_args_error(a, "DST argument should be IP6 address or 'DST_ANNO'");
	nf_args_u8(a, "HLIM", 0, &s->hdr.hlim);
	nf_args_u8(a, "CLASS", 0, &class);
	memcpy(s->hdr.src, &src, 16);
	s->hdr.vtf = nf_ip6hdr_vtf(class);
	return nf_args_end(a);
}

static inline int ip6encap_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct ip6encap_state *s = e->state;
	uint32_t len = p->len;
	struct nf_ip6_hdr *h;

	if (UK_UNLIKELY(len > UINT16_MAX))
		return NF_DROP(IP6ENCAP_LONG);
	if (UK_UNLIKELY(!nf_packet_push(p, NF_IP6HDR_LEN)))
		return NF_DROP(IP6ENCAP_NO_ROOM);
	h = (struct nf_ip6_hdr *)(void *)p->data;
	memcpy(h, &s->hdr, NF_IP6HDR_LEN);
	h->len = nf_inet_hton16((uint16_t)len);
	if (s->use_anno)
		memcpy(h->dst, nf_ip6hdr_dst_anno(p), 16);
	else
		memcpy(nf_ip6hdr_dst_anno(p), h->dst, 16);
	nf_ip6hdr_mark(p, p->data);
	return 0;
}

NF_EACH_DEFINE(ip6encap)

static int ip6encap_read(struct nf_element *e, uintptr_t is_dst, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct ip6encap_state *s = e->state;
	char buf[NF_ADDR_IP6_LEN];
	struct nf_ip6 addr;

	memcpy(&addr, is_dst ? s->hdr.dst : s->hdr.src, 16);
	nf_text_printf(
		out, "%s", is_dst && s->use_anno ? "DST_ANNO" : nf_addr_print_ip6(&addr, buf));
	return 0;
}

static int ip6encap_write(
	struct nf_element *e, uintptr_t is_dst, const char *value, struct nf_errors *errs)
{
	struct ip6encap_state *s = e->state;
	struct nf_ip6 addr;

	if (is_dst)
		return ip6encap_dst(e, value)
			       ? 0
			       : nf_errors_add(errs, NULL, "expected IP6 address or DST_ANNO");
	if (nf_args_info_ip6(e, value, &addr) < 0)
		return nf_errors_add(errs, NULL, "expected IP6 address");
	memcpy(s->hdr.src, &addr, 16);
	return 0;
}

static const struct nf_handler ip6encap_handlers[] = {
	{ .name = "src", .read = ip6encap_read, .write = ip6encap_write, .arg = 0 },
	{ .name = "dst", .read = ip6encap_read, .write = ip6encap_write, .arg = 1 },
	{ .name = NULL },
};

const struct nf_class nf_ip6encap = {
	.name = "IP6Encap",
	.ports = "1/1",
	.processing = "a/a",
	.state_size = sizeof(struct ip6encap_state),
	.configure = ip6encap_configure,
	NF_EACH(ip6encap),
	.drops = (const char *const[]){ "no room for the header", "too long", NULL },
	.handlers = ip6encap_handlers,
	.flags = NF_CLASS_ANNO,
};
