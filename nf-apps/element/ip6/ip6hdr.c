/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/ip6/ip6hdr.h"

#define IP6HDR_EXTENSIONS_MAX 16

uint32_t nf_ip6hdr_upper(const struct nf_ip6_hdr *h, uint32_t left, uint8_t *proto, bool *is_later)
{
	const uint8_t *b = (const uint8_t *)h;
	uint32_t at = NF_IP6HDR_LEN;

	*is_later = false;
	*proto = h->next;
	for (unsigned i = 0; i < IP6HDR_EXTENSIONS_MAX && at <= left; i++) {
		uint32_t len;

		if (*proto != NF_IP6HDR_HOPOPT && *proto != NF_IP6HDR_ROUTING &&
			*proto != NF_IP6HDR_DSTOPT && *proto != NF_IP6HDR_FRAGMENT)
			return at;
		if (left - at < 8)
			return 0;
		len = 8 + (*proto == NF_IP6HDR_FRAGMENT ? 0 : b[at + 1] * 8u);
		if (*proto == NF_IP6HDR_FRAGMENT && (nf_inet_get16(b + at + 2) & 0xfff8) != 0)
			*is_later = true;
		*proto = b[at];
		at += len;
		if (*is_later)
			return at <= left ? at : 0;
	}
	return 0;
}
