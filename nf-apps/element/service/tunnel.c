/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "nf-apps/element/service/tunnel.h"
#include "nf-apps/element/ip/ipfield.h"

/* A number from `min` to `max`, or "inherit". */
static void tunnel_args_policy(
	struct nf_args *a, const char *key, uint64_t min, uint64_t max, uint8_t *v, bool *inner)
{
	const char *s;
	uint64_t u;

	if (!nf_args_word(a, key, 0, &s))
		return;
	*inner = strcmp(s, "inherit") == 0;
	if (*inner)
		return;
	if (nf_addr_u64(s, &u) < 0 || u < min || u > max)
		nf_args_error(a, "%s: a number from %u to %u, or inherit", key, (unsigned)min,
			(unsigned)max);
	else
		*v = (uint8_t)u;
}

void nf_tunnel_args(struct nf_tunnel *t, struct nf_args *a)
{
	t->ttl = NF_TUNNEL_TTL;
	nf_args_ip4(a, "SRC", NF_ARGS_POS | NF_ARGS_MUST, &t->src);
	nf_ipfield_args_dst(a, "DST", &t->dst, &t->dst_anno);
	tunnel_args_policy(a, "TTL", 1, UINT8_MAX, &t->ttl, &t->ttl_inner);
	tunnel_args_policy(a, "DSCP", 0, 63, &t->dscp, &t->dscp_inner);
	nf_args_bool(a, "DF", 0, &t->df);
	nf_args_u32(a, "MTU", 0, &t->mtu);
	if (t->mtu != 0 && (t->mtu < 68 || t->mtu > NF_IP4_LEN_MAX))
		nf_args_error(a, "MTU: 68 to %u, or 0", NF_IP4_LEN_MAX);
}

void nf_tunnel_prepare(struct nf_tunnel *t, uint8_t proto)
{
	struct nf_ip4 ip = { .vhl = NF_IP4_VHL,
		.off = t->df ? nf_inet_hton16(NF_IP_DF) : 0,
		.proto = proto,
		.src = t->src };

	t->sum = (uint16_t)~nf_inet_csum(&ip, sizeof(ip));
}
