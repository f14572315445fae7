/* SPDX-License-Identifier: BSD-3-Clause */
/* One test of a pattern: the word that is its value. */
#include <string.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/element/classify/ipexpr.h"

static const uint8_t value_kinds[NF_IPWORD_NAMES] = {
	[NF_IPWORD_N_PROTO] = NF_IPWORD_PROTO,
	[NF_IPWORD_N_TCP_PORT] = NF_IPWORD_PORT,
	[NF_IPWORD_N_UDP_PORT] = NF_IPWORD_PORT,
	[NF_IPWORD_N_OPT] = NF_IPWORD_OPT,
	[NF_IPWORD_N_ICMP_TYPE] = NF_IPWORD_FIELD,
};

static bool value_is_icmp_type(const struct nf_ipword_type *t)
{
	return t->kind == NF_IPWORD_FIELD && t->proto == NF_IP_ICMP && t->at == 0 && t->bits == 8;
}

/* Which of the meanings in `found` fit the rest of the test. */
static unsigned value_fitting(
	const struct nf_ipexpr_prim *q, unsigned found, const uint32_t value[])
{
	const struct nf_ipword_type *t = &q->type;
	bool any = t->kind == NF_IPWORD_NONE, all = q->proto == NF_IPWORD_NO_PROTO;
	bool tcp = all || q->proto == NF_IP_TCP || q->proto == NF_IPWORD_TCPUDP;
	bool port = any || t->kind == NF_IPWORD_PORT;
	unsigned fit = 0;

	if (any || t->kind == NF_IPWORD_PROTO)
		fit |= 1u << NF_IPWORD_N_PROTO;
	if (port && q->proto != NF_IP_UDP && q->proto != NF_IP_ICMP)
		fit |= 1u << NF_IPWORD_N_TCP_PORT;
	if (port && q->proto != NF_IP_TCP && q->proto != NF_IP_ICMP)
		fit |= 1u << NF_IPWORD_N_UDP_PORT;
	if ((any || t->kind == NF_IPWORD_OPT) && tcp)
		fit |= 1u << NF_IPWORD_N_OPT;
	if ((any || value_is_icmp_type(t)) && (all || q->proto == NF_IP_ICMP))
		fit |= 1u << NF_IPWORD_N_ICMP_TYPE;
	fit &= found;
	if ((fit >> NF_IPWORD_N_TCP_PORT & 1) && (fit >> NF_IPWORD_N_UDP_PORT & 1) &&
		value[NF_IPWORD_N_TCP_PORT] == value[NF_IPWORD_N_UDP_PORT])
		fit &= ~(1u << NF_IPWORD_N_UDP_PORT);
	return fit;
}

/* "'echo' is ambiguous; try 'port echo', 'icmp type echo'" */
static void value_tell(struct nf_ipexpr *x, const char *w, unsigned found, unsigned fit)
{
	static const char *const names[NF_IPWORD_NAMES] = { "proto", "tcp port", "udp port",
		"tcp opt", "icmp type" };
	struct nf_text t = { 0 };

	for (unsigned i = 0; i < NF_IPWORD_NAMES; i++) {
		if (found >> i & 1)
			nf_text_printf(&t, "%s'%s %s'", t.len > 0 ? ", " : "", names[i], w);
	}
	nf_ipexpr_error(x, "'%s' is %s; try %s", w, fit != 0 ? "ambiguous" : "meaningless",
		nf_text_get(&t));
	nf_text_free(&t);
}

/* A name of a protocol, port, ...; false: it is none. */
static bool value_name(struct nf_ipexpr *x, struct nf_ipexpr_prim *q, const char *w)
{
	uint32_t value[NF_IPWORD_NAMES];
	unsigned found = nf_ipword_find(x->args->e, w, q->type.kind == NF_IPWORD_PROTO, value);
	unsigned fit, which;

	if (found == 0)
		return false;
	fit = value_fitting(q, found, value);
	if (fit == 0 || (fit & (fit - 1)) != 0) {
		value_tell(x, w, found, fit);
		q->bad = true;
		return true;
	}
	which = (unsigned)__builtin_ctz(fit);
	q->data = value_kinds[which];
	q->value = value[which];
	return true;
}

/* An address, "ADDRESS mask MASK", a network, or a name of one of these. */
static bool value_ip(struct nf_ipexpr *x, struct nf_ipexpr_prim *q, const char *w)
{
	const struct nf_element *e = x->args->e;
	uint32_t be, be_mask;

	if (nf_args_info_ip4_prefix(e, w, &be, &be_mask) != 0)
		return false;
	if (x->pos + 1 < x->nb && strcmp(x->words[x->pos], "mask") == 0 && strchr(w, '/') == NULL &&
		nf_args_info_ip4(e, x->words[x->pos + 1], &be_mask) == 0) {
		x->pos += 2;
		q->data = NF_IPWORD_NET;
	} else if (strchr(w, '/') != NULL) {
		q->data = NF_IPWORD_NET;
	} else if (be_mask == UINT32_MAX) { /* an address, or the name of one */
		q->data = NF_IPWORD_HOST;
	} else { /* a name: of a network, or of an address in a network */
		q->data = q->type.kind == NF_IPWORD_NET || (be & ~be_mask) == 0 ? NF_IPWORD_NET
										: NF_IPWORD_HOST;
	}
	q->value = nf_inet_ntoh32(be);
	q->net_mask = nf_inet_ntoh32(be_mask);
	return true;
}

void nf_ipexpr_prim_value(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	const char *w;

	if (x->pos == x->nb)
		return;
	w = x->words[x->pos++];
	if (nf_ipword_type(w) == NULL && value_name(x, q, w))
		return;
	if (nf_ipexpr_prim_number(w, &q->value)) {
		q->data = NF_IPWORD_INT;
	} else if (x->before.data == NF_IPWORD_ETHER && q->header == 0 &&
		   nf_args_info_ether(x->args->e, w, q->ether) == 0) { /* "ether host A or B" */
		q->data = NF_IPWORD_ETHER;
	} else if (q->header != 'e' && value_ip(x, q, w)) {
		return;
	} else if (q->header != 'i' && nf_args_info_ether(x->args->e, w, q->ether) == 0) {
		q->data = NF_IPWORD_ETHER;
	} else {
		x->pos--;
		if (q->op != NF_IPEXPR_EQ || q->op_not)
			nf_ipexpr_error(x, "dangling operator near '%s'", w);
	}
}
