/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One test of a pattern: fills in what was left out, from the value and from the test before it, and
 * tells what does not fit together. After it: `type` is one of HOST (a network too), ETHER, PROTO,
 * PORT, OPT, FRAG and FIELD; `op` is EQ or GT; `mask` is set.
 */
#include <stdio.h>
#include <string.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/element/classify/ipexpr.h"

const char *nf_ipexpr_prim_name(const struct nf_ipexpr_prim *q, char buf[64])
{
	static const char *const srcdst[] = { "", "src ", "dst ", "src and dst ", "src or dst " };
	static const char *const kinds[] = { "", "ip host", "ip net", "ether host", "proto", "port",
		"tcp opt", "ip frag", "ip unfrag", "ip ect", "ip ce", "", "" };
	const struct nf_ipword_type *t = &q->type;
	char proto[16];

	if (t->kind != NF_IPWORD_FIELD)
		snprintf(buf, 64, "%s%s", srcdst[q->srcdst], kinds[t->kind]);
	else
		snprintf(buf, 64, "%s%s%s%s", srcdst[q->srcdst],
			t->proto == NF_IPWORD_NO_PROTO ? "ip"
						       : nf_ipword_proto_name(t->proto, proto),
			t->name != NULL ? " " : "[...]", t->name != NULL ? t->name : "");
	return buf;
}

static bool check_tell(struct nf_ipexpr *x, const struct nf_ipexpr_prim *q, const char *what)
{
	char buf[64];

	nf_ipexpr_error(x, "'%s': %s", nf_ipexpr_prim_name(q, buf), what);
	return false;
}

static bool check_is_field(uint8_t kind)
{
	return kind == NF_IPWORD_FIELD || kind == NF_IPWORD_PROTO || kind == NF_IPWORD_PORT;
}

/* What the test is about, if only its value or protocol says so. */
static bool check_type(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	uint8_t kind = q->data;

	if (kind == NF_IPWORD_INT) {
		if (!check_is_field(x->before.type.kind)) {
			nf_ipexpr_error(x, "specify header field or 'port'");
			return false;
		}
		kind = x->before.type.kind;
	} else if (kind == NF_IPWORD_NONE) {
		if (q->proto == NF_IPWORD_NO_PROTO) {
			nf_ipexpr_error(x, "partial directive");
			return false;
		}
		kind = NF_IPWORD_PROTO;
	}
	if (kind == NF_IPWORD_FIELD) {
		q->type = q->data == NF_IPWORD_INT ? x->before.type : nf_ipword_icmp_type;
		if (q->proto == NF_IPWORD_NO_PROTO)
			q->proto = q->type.proto;
		return true;
	}
	q->type = (struct nf_ipword_type){ .kind = kind };
	if (q->srcdst == 0 && kind != NF_IPWORD_PROTO)
		q->srcdst = x->before.srcdst;
	if (kind == NF_IPWORD_PORT && q->proto == NF_IPWORD_NO_PROTO)
		q->proto = x->before.proto;
	return true;
}

/* ">" and "<" as GT with a value that may be true and may be false, or as EQ under an empty mask. */
static void check_relation(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	static const char *const signs[2][2] = { { ">", "<=" }, { "<", ">=" } };
	bool less = q->op == NF_IPEXPR_LT;
	bool above = less && q->value > q->mask;

	if (above || (less && q->value == 0) || (!less && q->value >= q->mask)) {
		bool is_true = above != q->op_not;

		nf_ipexpr_warn(x, "relation '%s %u' is always %s (range 0-%u)",
			signs[less][q->op_not], q->value, is_true ? "true" : "false", q->mask);
		q->value = q->mask = 0;
		q->op = NF_IPEXPR_EQ;
		q->op_not = !is_true;
	} else if (less) {
		q->value--;
		q->op = NF_IPEXPR_GT;
		q->op_not = !q->op_not;
	}
}

/* A number of `bits` bits. */
static bool check_number(struct nf_ipexpr *x, struct nf_ipexpr_prim *q, unsigned bits)
{
	uint32_t full = bits == 32 ? UINT32_MAX : (1u << bits) - 1;
	char buf[64];

	if (q->mask_kind == NF_IPWORD_NONE)
		q->mask = full;
	else if (q->mask_kind != NF_IPWORD_INT && (q->type.kind != NF_IPWORD_FIELD || bits != 32))
		return check_tell(x, q, "bad mask");
	if ((q->mask & ~full) != 0) {
		nf_ipexpr_error(x, "'%s': mask out of range, bound 0x%X",
			nf_ipexpr_prim_name(q, buf), full);
		return false;
	}
	if (q->op != NF_IPEXPR_EQ) {
		check_relation(x, q);
	} else if (q->value > full) {
		nf_ipexpr_error(
			x, "'%s': out of range, bound %u", nf_ipexpr_prim_name(q, buf), full);
		return false;
	}
	return true;
}

static bool check_host(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	if (q->header == 'e' || q->data != q->type.kind)
		return check_tell(x, q, "address missing");
	if (q->op != NF_IPEXPR_EQ)
		return check_tell(x, q, "operator not supported");
	if (q->mask_kind == NF_IPWORD_ETHER)
		return check_tell(x, q, "bad mask");
	if (q->mask_kind == NF_IPWORD_NONE)
		q->mask = q->type.kind == NF_IPWORD_NET ? q->net_mask : UINT32_MAX;
	q->type.kind = NF_IPWORD_HOST;
	return true;
}

static bool check_ether(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	if (q->header == 'i' || q->data != NF_IPWORD_ETHER)
		return check_tell(x, q, "address missing");
	if (q->op != NF_IPEXPR_EQ)
		return check_tell(x, q, "operator not supported");
	if (q->mask_kind == NF_IPWORD_NONE)
		memset(q->ether_mask, 0xff, sizeof(q->ether_mask));
	else if (q->mask_kind != NF_IPWORD_ETHER)
		return check_tell(x, q, "bad mask");
	return true;
}

static bool check_proto(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	bool named = q->data == NF_IPWORD_NONE;

	if (named && q->proto == NF_IPWORD_NO_PROTO)
		return check_tell(x, q, "value missing");
	if (!named && q->data != NF_IPWORD_INT && q->data != NF_IPWORD_PROTO)
		return check_tell(x, q, "value missing");
	if (!named && q->proto != NF_IPWORD_NO_PROTO && (uint32_t)q->proto != q->value)
		return check_tell(x, q, "specified twice");
	if (named)
		q->value = (uint32_t)q->proto;
	q->proto = NF_IPWORD_NO_PROTO;
	if (q->value > 255 && q->data != NF_IPWORD_INT) { /* several protocols in one word */
		if (q->op != NF_IPEXPR_EQ || q->op_not || q->mask_kind != NF_IPWORD_NONE)
			return check_tell(x, q, "operator or mask not supported");
		q->mask = 0xff;
	} else if (!check_number(x, q, 8)) {
		return false;
	}
	if (q->op == NF_IPEXPR_EQ && q->mask == 0xff && !q->op_not)
		q->proto = (int)q->value;
	return true;
}

static bool check_port(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	if (q->data != NF_IPWORD_INT && q->data != NF_IPWORD_PORT)
		return check_tell(x, q, "value missing");
	if (q->proto == NF_IPWORD_NO_PROTO)
		q->proto = NF_IPWORD_TCPUDP;
	switch (q->proto) {
	case NF_IP_TCP:
	case NF_IP_UDP:
	case NF_IPWORD_TCPUDP:
	case 33: /* DCCP */
	case NF_IP_SCTP:
	case 136: /* UDP-Lite */
		return check_number(x, q, 16);
	default:
		nf_ipexpr_error(x, "'port': bad protocol %d", q->proto);
		return false;
	}
}

static bool check_opt(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	if (q->data != NF_IPWORD_INT && q->data != NF_IPWORD_OPT)
		return check_tell(x, q, "value missing");
	if (q->proto == NF_IPWORD_NO_PROTO)
		q->proto = NF_IP_TCP;
	if (q->proto != NF_IP_TCP) {
		nf_ipexpr_error(x, "'tcp opt': bad protocol %d", q->proto);
		return false;
	}
	if (q->op != NF_IPEXPR_EQ || q->op_not || q->mask_kind != NF_IPWORD_NONE)
		return check_tell(x, q, "operator or mask not supported");
	if (q->value > 255) {
		nf_ipexpr_error(x, "'tcp opt': value %u out of range", q->value);
		return false;
	}
	q->mask = q->value;
	return true;
}

/* The two bits of ECN, RFC 3168: as part of TOS. */
static bool check_ecn(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	bool ce = q->type.kind == NF_IPWORD_CE;

	if (q->data != NF_IPWORD_NONE && (ce || q->data != NF_IPWORD_INT))
		return check_tell(x, q, ce ? "value not supported" : "value missing");
	if (ce && q->mask_kind != NF_IPWORD_NONE)
		return check_tell(x, q, "value not supported");
	if (q->data == NF_IPWORD_NONE) {
		q->value = ce ? 3 : 0;
		q->op = NF_IPEXPR_EQ;
		q->op_not = !ce;
	}
	if (!check_number(x, q, 2))
		return false;
	q->type = *nf_ipword_type("tos");
	return true;
}

static bool check_frag(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	if (q->data != NF_IPWORD_NONE || q->mask_kind != NF_IPWORD_NONE)
		return check_tell(x, q, "value not supported");
	q->op_not = q->type.kind == NF_IPWORD_UNFRAG;
	q->type.kind = NF_IPWORD_FRAG;
	return true;
}

static bool check_field(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	bool named = q->data == NF_IPWORD_FIELD;

	if (q->data != NF_IPWORD_INT && (!named || q->type.proto != NF_IP_ICMP || q->type.at != 0))
		return check_tell(x, q, "value missing");
	return check_number(x, q, q->type.bits);
}

static bool check_kind(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	switch (q->type.kind) {
	case NF_IPWORD_HOST:
	case NF_IPWORD_NET:
		return check_host(x, q);
	case NF_IPWORD_ETHER:
		return check_ether(x, q);
	case NF_IPWORD_PROTO:
		return check_proto(x, q);
	case NF_IPWORD_PORT:
		return check_port(x, q);
	case NF_IPWORD_OPT:
		return check_opt(x, q);
	case NF_IPWORD_ECT:
	case NF_IPWORD_CE:
		return check_ecn(x, q);
	case NF_IPWORD_FRAG:
	case NF_IPWORD_UNFRAG:
		return check_frag(x, q);
	default:
		return check_field(x, q);
	}
}

bool nf_ipexpr_prim_check(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	bool said = q->srcdst != 0, ends;
	char buf[64];

	if (q->bad || (q->type.kind == NF_IPWORD_NONE && !check_type(x, q)))
		return false;
	if (q->header == 0)
		q->header = q->data == NF_IPWORD_ETHER ? 'e' : 'i';
	if (q->header == 'e' && q->type.kind == NF_IPWORD_HOST)
		q->type.kind = NF_IPWORD_ETHER;
	if (q->header == 'e' && q->type.kind != NF_IPWORD_ETHER && q->type.kind != NF_IPWORD_NET)
		return check_tell(x, q, "ip only");
	if (!check_kind(x, q))
		return false;
	ends = q->type.kind == NF_IPWORD_HOST || q->type.kind == NF_IPWORD_PORT ||
	       q->type.kind == NF_IPWORD_ETHER;
	if (ends && q->srcdst == 0)
		q->srcdst = NF_IPEXPR_SRC_OR_DST;
	else if (!ends && said)
		nf_ipexpr_warn(x, "'%s': 'src' or 'dst' ignored", nf_ipexpr_prim_name(q, buf));
	return true;
}
