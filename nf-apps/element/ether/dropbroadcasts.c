/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DropBroadcasts()
 *
 * Drops packets that arrived as broadcasts or multicasts of the link: a router does not forward
 * them (RFC 1812, 5.3.4). Looks at the type annotation, which FromDevice or HostEtherFilter
 * sets. Dropped packets leave by output 1 if there is one.
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push.
 * Handlers: drops (r): broadcasts seen.
 * Drops: link broadcast.
 *
 *	... -> rt :: RadixIPLookup(...); rt[1] -> DropBroadcasts -> DecIPTTL -> ...
 */
#include "nf-apps/element/ether/etherfield.h"

enum { DROPBROADCASTS_BROADCAST };

struct dropbroadcasts_state {
	uint64_t nb;
};

static inline int dropbroadcasts_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct dropbroadcasts_state *s = e->state;
	uint8_t type = nf_packet_anno(p)->type;

	if (UK_LIKELY(type != NF_PACKET_BROADCAST && type != NF_PACKET_MULTICAST))
		return 0;
	s->nb++;
	return nf_etherfield_reject(e, DROPBROADCASTS_BROADCAST);
}

NF_EACH_DEFINE(dropbroadcasts)

static void dropbroadcasts_take_state(struct nf_element *e, struct nf_element *old)
{
	struct dropbroadcasts_state *s = e->state, *was = old->state;

	s->nb += was->nb;
}

const struct nf_class nf_dropbroadcasts = {
	.name = "DropBroadcasts",
	.ports = "1/1-2",
	.processing = "a/ah",
	.state_size = sizeof(struct dropbroadcasts_state),
	NF_EACH(dropbroadcasts),
	.drops = (const char *const[]){ "link broadcast", NULL },
	.handlers = (const struct nf_handler[]){ NF_HANDLER_U64(
							 "drops", struct dropbroadcasts_state, nb),
		{ .name = NULL } },
	.take_state = dropbroadcasts_take_state,
	.flags = NF_CLASS_ANNO,
};
