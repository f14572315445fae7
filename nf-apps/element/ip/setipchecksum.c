/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SetIPChecksum()
 *
 * Computes each packet's IP header checksum anew. Elements that change a header (DecIPTTL,
 * SetIPDSCP, IPRewriter) have updated it already; this is for Store... and packets made by hand.
 *
 * Ports: 1 input, 1 output. Packets have their IP header marked.
 * Drops: bad lengths: no header, or it is longer than the packet.
 *
 *	... -> StoreData(8, \<40>) -> SetIPChecksum -> ...
 */
#include "nf-apps/click/element.h"
#include "nf-apps/element/ip/ip4.h"

enum { SETIPCHECKSUM_BAD };

static inline int setipchecksum_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	uint32_t hlen = 0;
	struct nf_ip4 *ip = nf_ip4_hdr_whole(p, &hlen);

	if (UK_UNLIKELY(ip == NULL))
		return NF_DROP(SETIPCHECKSUM_BAD);
	nf_ip4_set_csum(ip, hlen);
	return 0;
}

NF_EACH_DEFINE(setipchecksum)

const struct nf_class nf_setipchecksum = {
	.name = "SetIPChecksum",
	.ports = "1/1",
	.processing = "a/a",
	NF_EACH(setipchecksum),
	.drops = (const char *const[]){ "bad lengths", NULL },
};
