/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DecIP6HLIM()
 *
 * One hop (RFC 8200, 3): takes 1 off each packet's hop limit. A packet whose limit is 0 or 1
 * leaves unchanged by output 1, usually to an ICMP6Error, or is dropped if there is none.
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push. Packets have their IPv6 header marked.
 * Handlers: drops (r): packets whose limit was reached.
 * Drops: hop limit reached, no IPv6 header.
 *
 *	... -> dh :: DecIP6HLIM -> ...; dh[1] -> ICMP6Error(2001:db8::1, 3, 0) -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip6/ip6hdr.h"

enum { DECIP6HLIM_REACHED, DECIP6HLIM_NO_IP6 };

struct decip6hlim_state {
	uint64_t nb;
};

static inline int decip6hlim_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct decip6hlim_state *s = e->state;
	struct nf_ip6_hdr *h = nf_ip6hdr_of(p);

	if (UK_UNLIKELY(h == NULL))
		return NF_DROP(DECIP6HLIM_NO_IP6);
	if (UK_UNLIKELY(h->hlim <= 1)) {
		s->nb++;
		return nf_ip6hdr_reject(e, DECIP6HLIM_REACHED);
	}
	h->hlim--;
	return 0;
}

NF_EACH_DEFINE(decip6hlim)

static void decip6hlim_take_state(struct nf_element *e, struct nf_element *old)
{
	struct decip6hlim_state *s = e->state, *was = old->state;

	s->nb += was->nb;
}

const struct nf_class nf_decip6hlim = {
	.name = "DecIP6HLIM",
	.ports = "1/1-2",
	.processing = "a/ah",
	.state_size = sizeof(struct decip6hlim_state),
	NF_EACH(decip6hlim),
	.drops = (const char *const[]){ "hop limit reached", "no IPv6 header", NULL },
	.handlers =
		(const struct nf_handler[]){
			NF_HANDLER_U64("drops", struct decip6hlim_state, nb), { .name = NULL } },
	.take_state = decip6hlim_take_state,
};
