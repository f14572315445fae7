/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GetEtherAddress(ANNO, OFFSET)
 *
 * Copies an Ethernet address from each packet to its annotations. Packets that are too short
 * leave by output 1, or are dropped if there is none.
 *
 *	ANNO    annotation, by name or number
 *	OFFSET  where from, in bytes; "dst" is 0 and "src" is 6
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push.
 * Drops: too short.
 *
 *	... -> GetEtherAddress(24, src) -> ...
 */
#include "nf-apps/element/ether/etherfield.h"

enum { GETETHERADDRESS_SHORT };

struct getetheraddress_conf {
	uint32_t offset;
	uint8_t at;
};

static int getetheraddress_configure(struct nf_element *e, struct nf_args *a)
{
	struct getetheraddress_conf *c = e->conf;
	const char *word;

	nf_args_anno(a, "ANNO", NF_ARGS_POS | NF_ARGS_MUST, 6, &c->at);
	if (nf_args_word(a, "OFFSET", NF_ARGS_POS | NF_ARGS_MUST, &word) &&
		!nf_etherfield_offset(word, &c->offset))
		nf_args_error(a, "OFFSET: should be a number, src or dst");
	return nf_args_end(a);
}

static inline int getetheraddress_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct getetheraddress_conf *c = conf;

	if (UK_UNLIKELY(p->len < 6 || p->len - 6 < c->offset))
		return nf_etherfield_reject(e, GETETHERADDRESS_SHORT);
	memcpy(nf_packet_anno(p)->user + c->at, p->data + c->offset, 6);
	return 0;
}

NF_EACH_DEFINE(getetheraddress)

const struct nf_class nf_getetheraddress = {
	.name = "GetEtherAddress",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct getetheraddress_conf),
	.configure = getetheraddress_configure,
	NF_EACH(getetheraddress),
	.drops = (const char *const[]){ "too short", NULL },
	.flags = NF_CLASS_ANNO,
};
