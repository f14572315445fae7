/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Options of TCP headers as text and back: mss1400;wscale10;sackok;sack95-98;ts5:6;99=0:5. Those of
 * RFC 9293 (2), RFC 7323 (3, 8) and RFC 2018 (4, 5) have names.
 */
#include <string.h>
#include "nf-apps/element/trace/summary.h"
#include "nf-apps/element/trace/summary_out.h"

enum { TOPT_END, TOPT_NOP, TOPT_MSS, TOPT_WSCALE, TOPT_SACK_OK, TOPT_SACK, TOPT_TIME = 8 };

/* Which options a field has: all, all but time stamps, only SACK. */
static bool topt_wanted(unsigned kind, enum nf_summary_id which)
{
	switch (which) {
	case NF_SUMMARY_TCP_NTOPT:
		return kind != TOPT_TIME;
	case NF_SUMMARY_TCP_SACK:
		return kind == TOPT_SACK_OK || kind == TOPT_SACK;
	default:
		return true;
	}
}

/* The length byte is what the kind asks for. */
static bool topt_len_ok(unsigned kind, unsigned n)
{
	static const uint8_t want[] = {
		[TOPT_MSS] = 4, [TOPT_WSCALE] = 3, [TOPT_SACK_OK] = 2, [TOPT_TIME] = 10
	};

	if (kind == TOPT_SACK)
		return n % 8 == 2;
	return n >= 2 && (kind >= UK_ARRAY_SIZE(want) || want[kind] == 0 || want[kind] == n);
}

static void topt_print_sack(const uint8_t *o, struct nf_text *out)
{
	for (unsigned i = 2; i + 8 <= o[1]; i += 8)
		nf_text_printf(out, "%ssack%u-%u", i > 2 ? ";" : "", nf_inet_get32(o + i),
			nf_inet_get32(o + i + 4));
}

static void topt_print_one(const uint8_t *o, struct nf_text *out)
{
	switch (o[0]) {
	case TOPT_MSS:
		nf_text_printf(out, "mss%u", nf_inet_get16(o + 2));
		break;
	case TOPT_WSCALE:
		nf_text_printf(out, "wscale%u", o[2]);
		break;
	case TOPT_SACK_OK:
		nf_text_printf(out, "sackok");
		break;
	case TOPT_SACK:
		topt_print_sack(o, out);
		break;
	case TOPT_TIME:
		nf_text_printf(out, "ts%u:%u", nf_inet_get32(o + 2), nf_inet_get32(o + 6));
		break;
	default:
		nf_summary_out_unknown(o, out);
		break;
	}
}

void nf_summary_opt_print_tcp(
	const uint8_t *opt, uint32_t len, enum nf_summary_id which, struct nf_text *out)
{
	size_t begin = out->len;
	uint32_t at = 0, n;

	for (; at < len && opt[at] != TOPT_END; at += n) {
		const uint8_t *o = opt + at;

		n = o[0] == TOPT_NOP ? 1 : at + 1 < len ? o[1] : 0;
		if (at + n > len || (o[0] != TOPT_NOP && !topt_len_ok(o[0], n))) {
			nf_summary_out_bad(out, begin);
			return;
		}
		if (o[0] == TOPT_NOP || !topt_wanted(o[0], which) || (o[0] == TOPT_SACK && n == 2))
			continue;
		nf_text_printf(out, "%s", out->len > begin ? ";" : "");
		topt_print_one(o, out);
	}
	if (out->len == begin)
		nf_text_add(out, ".", 1);
}

/* Blocks that follow each other make one option. */
static void topt_parse_sack(struct nf_summary_out *o, const char **s)
{
	uint32_t begin = o->len;

	nf_summary_out_byte(o, TOPT_SACK);
	nf_summary_out_byte(o, 0);
	do {
		nf_summary_out_word(o, nf_summary_out_number(o, s, UINT32_MAX));
		o->bad |= **s != '-' && **s != ':';
		*s += **s != '\0';
		nf_summary_out_word(o, nf_summary_out_number(o, s, UINT32_MAX));
	} while (!o->bad &&
		 (nf_summary_out_word_is(s, ",sack") || nf_summary_out_word_is(s, ";sack")));
	nf_summary_out_set(o, begin + 1, o->len - begin);
}

static void topt_parse_time(struct nf_summary_out *o, const char **s)
{
	if (o->len == 0) {
		nf_summary_out_byte(o, TOPT_NOP);
		nf_summary_out_byte(o, TOPT_NOP);
	}
	nf_summary_out_byte(o, TOPT_TIME);
	nf_summary_out_byte(o, 10);
	nf_summary_out_word(o, nf_summary_out_number(o, s, UINT32_MAX));
	nf_summary_out_expect(o, s, ':');
	nf_summary_out_word(o, nf_summary_out_number(o, s, UINT32_MAX));
}

static void topt_parse_one(struct nf_summary_out *o, const char **s)
{
	uint32_t v;

	if (nf_summary_out_word_is(s, "mss")) {
		v = nf_summary_out_number(o, s, 65535);
		nf_summary_out_word(o, TOPT_MSS << 24 | 4u << 16 | v);
	} else if (nf_summary_out_word_is(s, "wscale")) {
		v = nf_summary_out_number(o, s, 255);
		nf_summary_out_byte(o, TOPT_WSCALE);
		nf_summary_out_byte(o, 3);
		nf_summary_out_byte(o, v);
	} else if (nf_summary_out_word_is(s, "sackok")) {
		nf_summary_out_byte(o, TOPT_SACK_OK);
		nf_summary_out_byte(o, 2);
	} else if (nf_summary_out_word_is(s, "sack")) {
		topt_parse_sack(o, s);
	} else if (nf_summary_out_word_is(s, "ts")) {
		topt_parse_time(o, s);
	} else {
		nf_summary_out_parse_other(o, s);
	}
}

int nf_summary_opt_parse_tcp(
	const char *s, enum nf_summary_id which, uint8_t to[NF_SUMMARY_OPT_MAX])
{
	struct nf_summary_out o = { 0 };
	uint32_t begin;

	do {
		begin = o.len;
		topt_parse_one(&o, &s);
		if (begin < o.len && !topt_wanted(o.v[begin], which))
			o.bad = true;
	} while (nf_summary_out_next(&o, &s));
	return nf_summary_out_end(&o, s, to);
}
