/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPGWOptions(MYADDR [, OTHERADDRS])
 *
 * Does what every router on the way does with IP options (RFC 1812, 4.2.2.2 and 5.2.4.1): enters
 * itself into record route and time stamp options and makes the checksum new. It stands on the way
 * out, since MYADDR is the address of the interface that the packet leaves by. Source routes are
 * not followed. A packet with a wrong option leaves unchanged by output 1, its annotation
 * ICMP_PARAMPROB pointing at the byte at fault, for an ICMPError(..., parameterproblem), or is
 * dropped if there is none.
 *
 *	MYADDR      address
 *	OTHERADDRS  list of this router's other addresses: time stamps that are asked of them are
 *	            filled in
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push. Packets have their IP header marked.
 * Handlers: drops (r): packets with wrong options.
 * Drops: bad IP options, no IP header.
 *
 *	... -> g :: IPGWOptions(10.0.0.1) -> ...;
 *	g[1] -> ICMPError(10.0.0.1, parameterproblem) -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/ipopt.h"

enum { IPGWOPTIONS_BAD, IPGWOPTIONS_NO_IP };

struct ipgwoptions_conf {
	uint32_t addr;
};

struct ipgwoptions_state {
	struct nf_iplist others;
	uint64_t nb_bad;
};

static int ipgwoptions_configure(struct nf_element *e, struct nf_args *a)
{
	struct ipgwoptions_conf *c = e->conf;
	struct ipgwoptions_state *s = e->state;

	nf_args_ip4(a, "MYADDR", NF_ARGS_POS | NF_ARGS_MUST, &c->addr);
	nf_iplist_args(&s->others, a, "OTHERADDRS", NF_ARGS_POS);
	return nf_args_end(a);
}

static void ipgwoptions_cleanup(struct nf_element *e)
{
	struct ipgwoptions_state *s = e->state;

	nf_iplist_free(&s->others);
}

static void ipgwoptions_take_state(struct nf_element *e, struct nf_element *old)
{
	struct ipgwoptions_state *s = e->state, *was = old->state;

	s->nb_bad += was->nb_bad;
}

static int ipgwoptions_options(
	struct nf_element *e, const struct ipgwoptions_conf *c, struct uk_netbuf *p)
{
	struct ipgwoptions_state *s = e->state;
	uint32_t hlen = 0;
	struct nf_ip4 *ip = nf_ip4_hdr_whole(p, &hlen);
	int rc;

	if (ip == NULL)
		return NF_DROP(IPGWOPTIONS_NO_IP);
	rc = nf_ipopt_gateway(ip, hlen, c->addr, &s->others);
	if (rc >= 0)
		return 0;
	s->nb_bad++;
	nf_packet_set_anno_u8(p, NF_ANNO_ICMP_PARAMPROB, (uint8_t)-rc);
	return e->nb_out > 1 ? 1 : NF_DROP(IPGWOPTIONS_BAD);
}

static inline int ipgwoptions_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct nf_ip4 *ip = nf_ip4_hdr(p);

	if (UK_LIKELY(ip != NULL && (ip->vhl & 15) == NF_IP4_HLEN / 4))
		return 0;
	return ipgwoptions_options(e, conf, p);
}

NF_EACH_DEFINE(ipgwoptions)

const struct nf_class nf_ipgwoptions = {
	.name = "IPGWOptions",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct ipgwoptions_conf),
	.state_size = sizeof(struct ipgwoptions_state),
	.configure = ipgwoptions_configure,
	.cleanup = ipgwoptions_cleanup,
	NF_EACH(ipgwoptions),
	.drops = (const char *const[]){ "bad IP options", "no IP header", NULL },
	.handlers = (const struct nf_handler[]){ NF_HANDLER_U64(
							 "drops", struct ipgwoptions_state, nb_bad),
		{ .name = NULL } },
	.take_state = ipgwoptions_take_state,
	.flags = NF_CLASS_ANNO,
};
