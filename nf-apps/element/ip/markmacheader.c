/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MarkMACHeader([OFFSET, LENGTH])
 *
 * Says that each packet's link header begins OFFSET bytes from its start. With a LENGTH, the
 * network header is said to begin behind it.
 *
 *	OFFSET  bytes; default 0
 *	LENGTH  bytes of the link header; default 0: the network header's position stays
 *
 * Ports: 1 input, 1 output.
 * Drops: short packet: OFFSET + LENGTH lie behind its end.
 *
 *	FromDevice(0) -> MarkMACHeader(0, 14) -> StripToNetworkHeader -> ...
 */
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4.h"

enum { MARKMACHEADER_SHORT };

#define MARKMACHEADER_MAX 32767u

struct markmacheader_conf {
	uint32_t offset, length;
};

static int markmacheader_configure(struct nf_element *e, struct nf_args *a)
{
	struct markmacheader_conf *c = e->conf;

	nf_args_u32(a, "OFFSET", NF_ARGS_POS, &c->offset);
	nf_args_u32(a, "LENGTH", NF_ARGS_POS, &c->length);
	if (c->offset > MARKMACHEADER_MAX || c->length > MARKMACHEADER_MAX)
		nf_args_error(a, "OFFSET and LENGTH: at most %u", MARKMACHEADER_MAX);
	return nf_args_end(a);
}

static inline int markmacheader_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct markmacheader_conf *c = conf;
	uint32_t l3 = uk_netbuf_headroom(p) + c->offset + c->length;

	if (UK_UNLIKELY(p->len < c->offset + c->length || l3 >= UK_NETBUF_NO_OFF))
		return NF_DROP(MARKMACHEADER_SHORT);
	p->l2_off = (uint16_t)(l3 - c->length);
	if (c->length != 0) {
		p->l3_off = (uint16_t)l3;
		p->l4_off = UK_NETBUF_NO_OFF;
	}
	return 0;
}

NF_EACH_DEFINE(markmacheader)

const struct nf_class nf_markmacheader = {
	.name = "MarkMACHeader",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct markmacheader_conf),
	.configure = markmacheader_configure,
	NF_EACH(markmacheader),
	.drops = (const char *const[]){ "short packet", NULL },
};
