/* SPDX-License-Identifier: BSD-3-Clause */
/* One test of a pattern: the rule that it is. */
#include "nf-apps/click/inet.h"
#include "nf-apps/element/classify/ipexpr.h"

static uint32_t rule_proto(struct nf_rules *r, unsigned proto)
{
	return nf_rule_eq(r, NF_RULE_NET, 8, 0x00ff0000, proto << 16);
}

/* "The packet's protocol is this one"; of "tcpudp": one of these. */
static void rule_add_proto(struct nf_rules *r, uint32_t all, int proto)
{
	uint32_t any;

	if (proto == NF_IPWORD_TCPUDP) {
		any = nf_rule_group(r, NF_RULE_OR);
		nf_rule_add(r, any, rule_proto(r, NF_IP_TCP));
		nf_rule_add(r, any, rule_proto(r, NF_IP_UDP));
		nf_rule_add(r, all, any);
	} else if (proto >= 0 && proto < 256) {
		nf_rule_add(r, all, rule_proto(r, (unsigned)proto));
	}
}

/* One comparison with value and mask as they are, "not" left out. */
static uint32_t rule_compare(struct nf_rules *r, const struct nf_ipexpr_prim *q, unsigned base,
	unsigned off, unsigned shift)
{
	uint32_t mask = q->mask << shift, value = q->value << shift;

	return q->op == NF_IPEXPR_GT ? nf_rule_gt(r, base, off, mask, value)
				     : nf_rule_eq(r, base, off, mask, value);
}

/* One of the two addresses, six bytes: words of the header as NF_RULE_MAC has them. */
static uint32_t rule_ether(struct nf_rules *r, const struct nf_ipexpr_prim *q, bool src)
{
	const uint8_t *a = q->ether, *m = q->ether_mask;
	uint32_t all = nf_rule_group(r, NF_RULE_AND);

	if (src) {
		nf_rule_add(
			r, all, nf_rule_eq(r, NF_RULE_MAC, 8, nf_inet_get32(m), nf_inet_get32(a)));
		nf_rule_add(r, all,
			nf_rule_eq(r, NF_RULE_MAC, 12, (uint32_t)nf_inet_get16(m + 4) << 16,
				(uint32_t)nf_inet_get16(a + 4) << 16));
	} else {
		nf_rule_add(
			r, all, nf_rule_eq(r, NF_RULE_MAC, 0, nf_inet_get16(m), nf_inet_get16(a)));
		nf_rule_add(r, all,
			nf_rule_eq(r, NF_RULE_MAC, 4, nf_inet_get32(m + 2), nf_inet_get32(a + 2)));
	}
	return all;
}

static uint32_t rule_end(struct nf_rules *r, const struct nf_ipexpr_prim *q, bool src)
{
	switch (q->type.kind) {
	case NF_IPWORD_HOST:
		return rule_compare(r, q, NF_RULE_NET, src ? 12 : 16, 0);
	case NF_IPWORD_PORT:
		return rule_compare(r, q, NF_RULE_TRANSP, 0, src ? 16 : 0);
	default:
		return rule_ether(r, q, src);
	}
}

/* Addresses and ports: of one end of the connection, of both, or of either. */
static uint32_t rule_ends(struct nf_rules *r, const struct nf_ipexpr_prim *q)
{
	uint32_t group =
		nf_rule_group(r, q->srcdst == NF_IPEXPR_SRC_OR_DST ? NF_RULE_OR : NF_RULE_AND);

	if (q->srcdst != NF_IPEXPR_DST)
		nf_rule_add(r, group, rule_end(r, q, true));
	if (q->srcdst != NF_IPEXPR_SRC)
		nf_rule_add(r, group, rule_end(r, q, false));
	nf_rule_unite(r, group);
	return group;
}

static uint32_t rule_field(struct nf_rules *r, const struct nf_ipexpr_prim *q)
{
	const struct nf_ipword_type *t = &q->type;

	return rule_compare(r, q, t->proto == NF_IPWORD_NO_PROTO ? NF_RULE_NET : NF_RULE_TRANSP,
		t->at / 32 * 4, 32 - t->at % 32 - t->bits);
}

static uint32_t rule_main(struct nf_rules *r, const struct nf_ipexpr_prim *q)
{
	uint32_t id;

	switch (q->type.kind) {
	case NF_IPWORD_PROTO:
		if (q->proto != NF_IPWORD_NO_PROTO) /* said already */
			return nf_rule_true(r);
		id = rule_compare(r, q, NF_RULE_NET, 8, 16);
		break;
	case NF_IPWORD_FRAG:
		id = nf_rule_eq(r, NF_RULE_NET, 4, NF_IP_MF | NF_IP_OFFSET, 0);
		return q->op_not ? id : nf_rule_opposite(r, id);
	case NF_IPWORD_OPT:
		return nf_rule_eq(r, NF_RULE_TRANSP, 12, q->mask << 16, q->value << 16);
	case NF_IPWORD_FIELD:
		id = rule_field(r, q);
		break;
	default:
		id = rule_ends(r, q);
	}
	return q->op_not ? nf_rule_opposite(r, id) : id;
}

uint32_t nf_ipexpr_prim_rule(struct nf_rules *r, const struct nf_ipexpr_prim *q)
{
	uint32_t all = nf_rule_group(r, NF_RULE_AND);
	bool transp = q->type.kind == NF_IPWORD_PORT || q->type.kind == NF_IPWORD_OPT ||
		      (q->type.kind == NF_IPWORD_FIELD && q->type.proto != NF_IPWORD_NO_PROTO);

	rule_add_proto(r, all, q->proto);
	if (transp) /* what follows the IP header is the transport header in first fragments only */
		nf_rule_add(r, all, nf_rule_eq(r, NF_RULE_NET, 4, NF_IP_OFFSET, 0));
	nf_rule_add(r, all, rule_main(r, q));
	return all;
}
