/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HostEtherFilter(ETHER [, DROP_OWN, DROP_OTHER, keywords OFFSET])
 *
 * Does what the hardware of an Ethernet device with address ETHER does: sets each packet's type
 * annotation (HOST, BROADCAST, MULTICAST or OTHERHOST) by its destination address, and drops
 * what is not for this host. Dropped packets leave by output 1 if there is one.
 *
 *	ETHER       Ethernet address
 *	DROP_OWN    boolean: drop packets that come from ETHER. Default false
 *	DROP_OTHER  boolean: drop packets to one host that is not ETHER. Default true
 *	OFFSET      of the Ethernet header in the packet. Default 0
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push.
 * Handlers: ether (rw).
 * Drops: own, to another host, too short.
 *
 *	FromDevice(0) -> HostEtherFilter(1:1:1:1:1:1) -> ...
 */
#include "nf-apps/element/ether/etherfield.h"

enum { HOSTETHERFILTER_OWN, HOSTETHERFILTER_OTHER, HOSTETHERFILTER_SHORT };

struct hostetherfilter_conf {
	uint32_t offset;
	bool drop_own, drop_other;
};

struct hostetherfilter_state {
	uint8_t addr[8]; /* two more, for a load of 8 bytes */
};

static int hostetherfilter_configure(struct nf_element *e, struct nf_args *a)
{
	struct hostetherfilter_conf *c = e->conf;
	struct hostetherfilter_state *s = e->state;

	c->drop_other = true;
	nf_args_ether(a, "ETHER", NF_ARGS_POS | NF_ARGS_MUST, s->addr);
	nf_args_bool(a, "DROP_OWN", NF_ARGS_POS, &c->drop_own);
	nf_args_bool(a, "DROP_OTHER", NF_ARGS_POS, &c->drop_other);
	nf_args_u32(a, "OFFSET", 0, &c->offset);
	return nf_args_end(a);
}

static inline int hostetherfilter_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct hostetherfilter_conf *c = conf;
	const struct hostetherfilter_state *s = e->state;
	struct nf_anno *anno = nf_packet_anno(p);
	uint64_t mine = nf_etherfield_get(s->addr), dst;

	if (UK_UNLIKELY(p->len < NF_ETHER_LEN || p->len - NF_ETHER_LEN < c->offset))
		return nf_etherfield_reject(e, HOSTETHERFILTER_SHORT);
	if (c->drop_own && nf_etherfield_get(p->data + c->offset + 6) == mine)
		return nf_etherfield_reject(e, HOSTETHERFILTER_OWN);
	dst = nf_etherfield_get(p->data + c->offset);
	if (UK_LIKELY(dst == mine)) {
		anno->type = NF_PACKET_HOST;
	} else if (dst == NF_ETHERFIELD_MASK) {
		anno->type = NF_PACKET_BROADCAST;
	} else if (dst & NF_ETHERFIELD_GROUP) {
		anno->type = NF_PACKET_MULTICAST;
	} else {
		anno->type = NF_PACKET_OTHERHOST;
		if (c->drop_other)
			return nf_etherfield_reject(e, HOSTETHERFILTER_OTHER);
	}
	return 0;
}

NF_EACH_DEFINE(hostetherfilter)

const struct nf_class nf_hostetherfilter = {
	.name = "HostEtherFilter",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct hostetherfilter_conf),
	.state_size = sizeof(struct hostetherfilter_state),
	.configure = hostetherfilter_configure,
	NF_EACH(hostetherfilter),
	.drops = (const char *const[]){ "own", "to another host", "too short", NULL },
	.handlers =
		(const struct nf_handler[]){
			NF_ETHERFIELD_ADDR("ether", offsetof(struct hostetherfilter_state, addr)),
			{ .name = NULL } },
	.flags = NF_CLASS_ANNO,
};
