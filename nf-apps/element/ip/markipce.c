/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MarkIPCE([FORCE])
 *
 * Marks each packet "congestion experienced" (RFC 3168) and updates the checksum. A packet of a
 * transport that does not know ECN is dropped, as a congested queue would do.
 *
 *	FORCE  boolean: mark those packets, too. Default false
 *
 * Ports: 1 input, 1 output. Packets have their IP header marked.
 * Handlers: drops (r): packets that were dropped.
 * Drops: not ECN-capable, no IP header.
 *
 *	... -> RED(5, 50, 0.02); red[1] -> MarkIPCE -> ...
 */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/ip4.h"

enum { MARKIPCE_NOT_ECT, MARKIPCE_NO_IP };

struct markipce_conf {
	bool force;
};

struct markipce_state {
	uint64_t nb_drops;
};

static int markipce_configure(struct nf_element *e, struct nf_args *a)
{
	struct markipce_conf *c = e->conf;

	nf_args_bool(a, "FORCE", NF_ARGS_POS, &c->force);
	return nf_args_end(a);
}

static void markipce_take_state(struct nf_element *e, struct nf_element *old)
{
	struct markipce_state *s = e->state, *was = old->state;

	s->nb_drops += was->nb_drops;
}

static inline int markipce_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct markipce_conf *c = conf;
	struct markipce_state *s = e->state;
	struct nf_ip4 *ip = nf_ip4_hdr(p);

	if (UK_UNLIKELY(ip == NULL || (!c->force && (ip->tos & NF_IP4_ECN_MASK) == 0))) {
		s->nb_drops++;
		return ip == NULL ? NF_DROP(MARKIPCE_NO_IP) : NF_DROP(MARKIPCE_NOT_ECT);
	}
	nf_ip4_set_tos(ip, ip->tos | NF_IP4_ECN_MASK);
	return 0;
}

NF_EACH_DEFINE(markipce)

const struct nf_class nf_markipce = {
	.name = "MarkIPCE",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct markipce_conf),
	.state_size = sizeof(struct markipce_state),
	.configure = markipce_configure,
	NF_EACH(markipce),
	.drops = (const char *const[]){ "not ECN-capable", "no IP header", NULL },
	.handlers = (const struct nf_handler[]){ NF_HANDLER_U64(
							 "drops", struct markipce_state, nb_drops),
		{ .name = NULL } },
	.take_state = markipce_take_state,
};
