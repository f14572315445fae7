/* SPDX-License-Identifier: BSD-3-Clause */
/* One test of a pattern: its words. */
#include <string.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/element/classify/ipexpr.h"

/* The word at words[pos + ahead], if another one follows it, else "". */
static const char *prim_peek(const struct nf_ipexpr *x, unsigned ahead)
{
	return x->pos + ahead + 1 < x->nb ? x->words[x->pos + ahead] : "";
}

static void prim_set_proto(struct nf_ipexpr *x, struct nf_ipexpr_prim *q, int proto)
{
	if (q->proto != NF_IPWORD_NO_PROTO && q->proto != proto)
		nf_ipexpr_error(x, "transport protocol specified twice");
	q->proto = proto;
}

static void prim_set_type(
	struct nf_ipexpr *x, struct nf_ipexpr_prim *q, const struct nf_ipword_type *type)
{
	if (q->type.kind != NF_IPWORD_NONE)
		nf_ipexpr_error(x, "type specified twice");
	q->type = *type;
	if (type->kind == NF_IPWORD_FIELD && type->proto != NF_IPWORD_NO_PROTO)
		prim_set_proto(x, q, type->proto);
}

/* "src", "dst", "src and dst", "src or dst". False: the word is something else. */
static bool prim_srcdst(struct nf_ipexpr *x, struct nf_ipexpr_prim *q, const char *w)
{
	uint8_t which = NF_IPEXPR_DST;

	if (strcmp(w, "src") == 0) {
		const char *and = x->words[x->pos + 1];

		which = NF_IPEXPR_SRC;
		if (x->pos + 2 < x->nb && nf_ipexpr_is(x->words[x->pos + 2], "dst", "dest")) {
			if (nf_ipexpr_is(and, "and", "&&"))
				which = NF_IPEXPR_SRC_AND_DST;
			else if (nf_ipexpr_is(and, "or", "||"))
				which = NF_IPEXPR_SRC_OR_DST;
			x->pos += which == NF_IPEXPR_SRC ? 0 : 2;
		}
	} else if (!nf_ipexpr_is(w, "dst", "dest")) {
		return false;
	}
	if (q->srcdst != 0)
		nf_ipexpr_error(x, "'src' or 'dst' specified twice");
	q->srcdst = which;
	return true;
}

/* A word before the value. False: it is none of these. */
static bool prim_qualifier(struct nf_ipexpr *x, struct nf_ipexpr_prim *q, bool *negated)
{
	const char *w = x->words[x->pos];
	const struct nf_ipword_type *type = nf_ipword_type(w);
	uint32_t value[NF_IPWORD_NAMES];

	if (type != NULL) {
		prim_set_type(x, q, type);
		return true;
	}
	if (prim_srcdst(x, q, w))
		return true;
	if (nf_ipexpr_is(w, "not", "!")) {
		*negated = !*negated;
		return true;
	}
	if (nf_ipexpr_is(w, "ip", "ether") && q->header == 0) {
		q->header = w[0];
		return true;
	}
	if (nf_ipword_find(x->args->e, w, 0, value) != 1u << NF_IPWORD_N_PROTO)
		return false;
	prim_set_proto(x, q, (int)value[NF_IPWORD_N_PROTO]);
	return true;
}

/* "POS", "POS:LEN" or "POS,LAST" in brackets: at[0], at[1] is the length. */
static bool prim_parse_brackets(const char *s, uint64_t at[2])
{
	char buf[32], *sep;
	uint64_t last;

	if (strlen(s) >= sizeof(buf))
		return false;
	strcpy(buf, s);
	at[1] = 1;
	sep = strpbrk(buf, ":,");
	if (sep == NULL)
		return nf_addr_u64(buf, &at[0]) == 0;
	last = *sep == ',';
	*sep = '\0';
	if (nf_addr_u64(buf, &at[0]) != 0 || nf_addr_u64(sep + 1, &at[1]) != 0)
		return false;
	if (last)
		at[1] = at[1] >= at[0] ? at[1] - at[0] + 1 : 0;
	return true;
}

static void prim_brackets(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	struct nf_ipword_type field = { .kind = NF_IPWORD_FIELD };
	char buf[32] = "";
	uint64_t at[2];

	for (x->pos++; x->pos < x->nb && strcmp(x->words[x->pos], "]") != 0; x->pos++) {
		if (strlen(buf) + strlen(x->words[x->pos]) < sizeof(buf))
			strcat(buf, x->words[x->pos]);
	}
	if (x->pos == x->nb) {
		nf_ipexpr_error(x, "missing ']'");
		return;
	}
	x->pos++;
	if (!prim_parse_brackets(buf, at)) {
		nf_ipexpr_error(x, "syntax error after '[', expected '[POS]' or '[POS:LEN]'");
	} else if (at[1] < 1 || at[1] > 4) {
		nf_ipexpr_error(x, "LEN in '[POS:LEN]' out of range, should be between 1 and 4");
	} else if (at[0] > 8000) {
		nf_ipexpr_error(x, "POS in '[POS:LEN]' out of range, should be at most 8000");
	} else if (at[0] / 4 != (at[0] + at[1] - 1) / 4) {
		nf_ipexpr_error(x, "field [%u:%u] does not fit in a single word", (unsigned)at[0],
			(unsigned)at[1]);
	} else {
		field.at = (uint16_t)(at[0] * 8);
		field.bits = (uint8_t)(at[1] * 8);
		field.proto = (int16_t)q->proto;
		q->type = field;
	}
}

bool nf_ipexpr_prim_number(const char *w, uint32_t *v)
{
	uint64_t u;
	int64_t i;

	if (nf_addr_u64(w, &u) == 0 && u <= UINT32_MAX) {
		*v = (uint32_t)u;
		return true;
	}
	if (*w == '-' && nf_addr_i64(w, &i) == 0 && i >= INT32_MIN) {
		*v = (uint32_t)i;
		return true;
	}
	return false;
}

/* "& MASK" */
static void prim_mask(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	const char *w = x->words[x->pos + 1];
	uint32_t be;

	if (nf_ipexpr_prim_number(w, &q->mask)) {
		q->mask_kind = NF_IPWORD_INT;
	} else if (q->header != 'e' && nf_args_info_ip4(x->args->e, w, &be) == 0) {
		q->mask_kind = NF_IPWORD_HOST;
		q->mask = nf_inet_ntoh32(be);
	} else if (q->header != 'i' && nf_args_info_ether(x->args->e, w, q->ether_mask) == 0) {
		q->mask_kind = NF_IPWORD_ETHER;
	} else {
		return;
	}
	x->pos += 2;
	if (q->mask_kind != NF_IPWORD_ETHER && q->mask == 0) {
		nf_ipexpr_error(x, "zero mask ignored");
		q->mask_kind = NF_IPWORD_NONE;
	}
}

static void prim_relation(struct nf_ipexpr *x, struct nf_ipexpr_prim *q)
{
	const char *w = prim_peek(x, 0);

	x->pos++;
	if (nf_ipexpr_is(w, "=", "==")) {
		return;
	} else if (nf_ipexpr_is(w, ">", "<=")) {
		q->op = NF_IPEXPR_GT;
		q->op_not = *w == '<';
	} else if (nf_ipexpr_is(w, "<", ">=")) {
		q->op = NF_IPEXPR_LT;
		q->op_not = *w == '>';
	} else if (strcmp(w, "!=") == 0) {
		q->op_not = true;
	} else {
		x->pos--;
	}
}

/* Reads the words of a test. False: there are none. */
static bool prim_read(struct nf_ipexpr *x, struct nf_ipexpr_prim *q, bool *negated)
{
	unsigned first = x->pos;

	while (x->pos < x->nb && prim_qualifier(x, q, negated))
		x->pos++;
	if (x->pos != first)
		x->before = (struct nf_ipexpr_prim){ .proto = NF_IPWORD_NO_PROTO };
	if (x->pos > first && q->type.kind == NF_IPWORD_NONE && strcmp(prim_peek(x, 0), "[") == 0)
		prim_brackets(x, q);
	if (strcmp(prim_peek(x, 0), "&") == 0)
		prim_mask(x, q);
	prim_relation(x, q);
	nf_ipexpr_prim_value(x, q);
	return x->pos != first;
}

uint32_t nf_ipexpr_prim_test(struct nf_ipexpr *x)
{
	struct nf_ipexpr_prim q = { .proto = NF_IPWORD_NO_PROTO };
	const char *w = x->words[x->pos];
	bool negated = false;
	unsigned errors = x->nb_errors;
	uint32_t id;

	if (x->pos == x->nb || nf_ipexpr_is(w, ")", "||") || nf_ipexpr_is(w, "or", "?") ||
		strcmp(w, ":") == 0)
		return NF_RULE_NONE;
	if (nf_ipexpr_is(w, "true", "false")) {
		x->pos++;
		return *w == 't' ? nf_rule_true(x->rules) : nf_rule_false(x->rules);
	}
	if (!prim_read(x, &q, &negated)) {
		nf_ipexpr_error(x, "empty term near '%s'", w);
		return NF_RULE_NONE;
	}
	if (x->nb_errors != errors || !nf_ipexpr_prim_check(x, &q))
		return NF_RULE_NONE;
	id = nf_ipexpr_prim_rule(x->rules, &q);
	x->before = q;
	return negated ? nf_rule_not(x->rules, id) : id;
}
