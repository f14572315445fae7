/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Options of IP headers (RFC 791, 3.1) as text and back:
 *
 *	rr{10.0.0.1,10.0.0.2}+3        record route, room for three more
 *	ssrr{1.0.0.1^1.0.0.2}          source route, ^ is where the pointer points
 *	ts{5,!6}+2++1                  time stamps; ! is the top bit, ++ the overflow counter
 *	ts.ip{1.0.0.1=5}  ts.preip{1.0.0.1=5^1.0.0.2}
 *	99  99=0:5                     others
 *
 * Several are separated by semicolons. End and no-operation are not written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/element/trace/summary.h"
#include "nf-apps/element/trace/summary_out.h"

enum {
	OPT_END = 0,
	OPT_NOP = 1,
	OPT_RR = 7,
	OPT_TS = 68,
	OPT_LSRR = 131,
	OPT_SSRR = 137,
};

enum { OPT_TS_ONLY, OPT_TS_ADDR, OPT_TS_PRE = 3 };

static void opt_print_addr(const uint8_t *a, struct nf_text *out)
{
	nf_text_printf(out, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
}

static void opt_print_route(const uint8_t *o, struct nf_text *out)
{
	const uint8_t *at = o + 3, *end = o + o[1], *pointer = o + o[2] - 1;
	const char *sep = "";

	nf_text_printf(out, "%s{", o[0] == OPT_RR ? "rr" : o[0] == OPT_LSRR ? "lsrr" : "ssrr");
	for (; at + 4 <= end; at += 4) {
		if (at == pointer) {
			if (o[0] == OPT_RR)
				break;
			sep = "^";
		}
		nf_text_printf(out, "%s", sep);
		opt_print_addr(at, out);
		sep = ",";
	}
	if (at == end && at == pointer && o[0] != OPT_RR)
		nf_text_printf(out, "^");
	nf_text_printf(out, "}");
	if (at + 4 <= end)
		nf_text_printf(out, "+%u", (unsigned)(end - at) / 4);
}

static void opt_print_ts_entry(const uint8_t *at, unsigned flag, bool has_time, struct nf_text *out)
{
	uint32_t v;

	if (flag != OPT_TS_ONLY) {
		opt_print_addr(at, out);
		at += 4;
		if (!has_time)
			return;
		nf_text_printf(out, "=");
	}
	v = nf_inet_get32(at);
	nf_text_printf(out, "%s%u", v >> 31 ? "!" : "", v & 0x7fffffff);
}

static void opt_print_ts(const uint8_t *o, struct nf_text *out)
{
	const uint8_t *at = o + 4, *end = o + o[1], *pointer = o + o[2] - 1;
	unsigned flag = o[3] & 15, size = flag >= 1 && flag <= 3 ? 8 : 4;
	const char *sep = "";

	nf_text_printf(out, "ts");
	if (flag == OPT_TS_ADDR || flag == OPT_TS_PRE)
		nf_text_printf(out, ".%s", flag == OPT_TS_ADDR ? "ip" : "preip");
	else if (flag != OPT_TS_ONLY)
		nf_text_printf(out, ".%u", flag);
	nf_text_printf(out, "{");
	for (; at + size <= end; at += size) {
		if (at == pointer) {
			if (flag != OPT_TS_PRE)
				break;
			sep = "^";
		}
		nf_text_printf(out, "%s", sep);
		opt_print_ts_entry(at, size == 8 ? flag : OPT_TS_ONLY,
			flag != OPT_TS_PRE || at < pointer, out);
		sep = ",";
	}
	nf_text_printf(out, "%s}", at == end && at == pointer ? "^" : "");
	if (at + size <= end)
		nf_text_printf(out, "+%u", (unsigned)(end - at) / size);
	if (o[3] >> 4)
		nf_text_printf(out, "++%u", o[3] >> 4);
}

void nf_summary_opt_print_ip(const uint8_t *opt, uint32_t len, struct nf_text *out)
{
	size_t begin = out->len;
	uint32_t at = 0, n;

	for (; at < len && opt[at] != OPT_END; at += n) {
		const uint8_t *o = opt + at;
		bool is_route = o[0] == OPT_RR || o[0] == OPT_LSRR || o[0] == OPT_SSRR;

		n = o[0] == OPT_NOP ? 1 : at + 1 < len ? o[1] : 0;
		if (n == 0 || at + n > len || (n == 1 && o[0] != OPT_NOP) ||
			(is_route && (n < 3 || o[2] < 4)) ||
			(o[0] == OPT_TS && (n < 4 || o[2] < 5))) {
			nf_summary_out_bad(out, begin);
			return;
		}
		if (o[0] == OPT_NOP)
			continue;
		nf_text_printf(out, "%s", out->len > begin ? ";" : "");
		if (is_route)
			opt_print_route(o, out);
		else if (o[0] == OPT_TS)
			opt_print_ts(o, out);
		else
			nf_summary_out_unknown(o, out);
	}
	if (out->len == begin)
		nf_text_add(out, ".", 1);
}

static void opt_take_addr(struct nf_summary_out *o, const char **s)
{
	for (unsigned i = 0; i < 4; i++) {
		if (i > 0)
			nf_summary_out_expect(o, s, '.');
		nf_summary_out_byte(o, nf_summary_out_number(o, s, 255));
	}
}

/* Behind the brace: "+N" more entries of `size` bytes. */
static void opt_take_room(struct nf_summary_out *o, const char **s, unsigned size)
{
	uint32_t n;

	if ((*s)[0] != '+' || (*s)[1] < '0' || (*s)[1] > '9')
		return;
	++*s;
	n = nf_summary_out_number(o, s, NF_SUMMARY_OPT_MAX);
	for (uint32_t i = 0; i < n * size; i++)
		nf_summary_out_byte(o, 0);
}

/* The list of a route; *s stands behind its opening brace. */
static void opt_parse_route(struct nf_summary_out *o, const char **s, uint8_t type)
{
	uint32_t begin = o->len;
	uint32_t pointer = 0;

	nf_summary_out_byte(o, type);
	nf_summary_out_byte(o, 0);
	nf_summary_out_byte(o, 0);
	while (!o->bad && **s != '}') {
		if (**s == '^' && pointer == 0) {
			pointer = o->len - begin + 1;
			++*s;
		}
		if (**s != '}')
			opt_take_addr(o, s);
		if (**s == ',')
			++*s;
	}
	nf_summary_out_expect(o, s, '}');
	if (pointer == 0)
		pointer = o->len - begin + 1;
	opt_take_room(o, s, 4);
	nf_summary_out_set(o, begin + 1, o->len - begin);
	nf_summary_out_set(o, begin + 2, pointer);
}

/* "A.B.C.D=5", "A.B.C.D" behind the pointer, or "5". */
static void opt_take_ts_entry(struct nf_summary_out *o, const char **s, bool has_addr, bool pre)
{
	uint32_t top = 0;

	if (has_addr) {
		opt_take_addr(o, s);
		if (**s != '=' || (*s)[1] == '?') {
			*s += **s == '=' ? 2 : 0;
			o->bad |= !pre;
			nf_summary_out_word(o, 0);
			return;
		}
		++*s;
	}
	if (**s == '!') {
		top = 1u << 31;
		++*s;
	}
	nf_summary_out_word(o, top | nf_summary_out_number(o, s, 0x7fffffff));
}

/* Is there an address at s, or a bare number? */
static bool opt_is_addr(const char *s)
{
	return s[strspn(s, "0123456789")] == '.';
}

static int opt_take_ts_flag(const char **s)
{
	static const struct {
		const char *word;
		int flag;
	} kinds[] = { { "ts{", -1 }, { "ts.ip{", OPT_TS_ADDR }, { "ts.preip{", OPT_TS_PRE } };
	char *end;
	long flag;

	for (unsigned i = 0; i < UK_ARRAY_SIZE(kinds); i++) {
		if (nf_summary_out_word_is(s, kinds[i].word))
			return kinds[i].flag;
	}
	if (strncmp(*s, "ts.", 3) != 0)
		return -EINVAL;
	flag = strtol(*s + 3, &end, 10);
	if (end == *s + 3 || *end != '{' || flag < 0 || flag > 15)
		return -EINVAL;
	*s = end + 1;
	return (int)flag;
}

static void opt_parse_ts(struct nf_summary_out *o, const char **s)
{
	uint32_t begin = o->len, pointer = 0, overflow = 0;
	int flag = opt_take_ts_flag(s);

	o->bad |= flag == -EINVAL;
	if (flag < 0)
		flag = opt_is_addr(*s) ? OPT_TS_ADDR : OPT_TS_ONLY;
	nf_summary_out_word(o, (uint32_t)OPT_TS << 24);
	while (!o->bad && **s != '}') {
		if (**s == '^' && pointer == 0) {
			pointer = o->len - begin + 1;
			++*s;
		}
		if (pointer != 0 && flag == OPT_TS_ADDR)
			flag = OPT_TS_PRE;
		if (**s != '}')
			opt_take_ts_entry(
				o, s, flag == OPT_TS_ADDR || flag == OPT_TS_PRE, pointer != 0);
		if (**s == ',')
			++*s;
	}
	nf_summary_out_expect(o, s, '}');
	if (pointer == 0)
		pointer = o->len - begin + 1;
	opt_take_room(o, s, flag == OPT_TS_ADDR || flag == OPT_TS_PRE ? 8 : 4);
	if (nf_summary_out_word_is(s, "++"))
		overflow = nf_summary_out_number(o, s, 15);
	nf_summary_out_set(o, begin + 1, o->len - begin);
	nf_summary_out_set(o, begin + 2, pointer);
	nf_summary_out_set(o, begin + 3, overflow << 4 | (uint32_t)flag);
}

int nf_summary_opt_parse_ip(const char *s, uint8_t to[NF_SUMMARY_OPT_MAX])
{
	struct nf_summary_out o = { 0 };

	do {
		if (nf_summary_out_word_is(&s, "rr{"))
			opt_parse_route(&o, &s, OPT_RR);
		else if (nf_summary_out_word_is(&s, "ssrr{"))
			opt_parse_route(&o, &s, OPT_SSRR);
		else if (nf_summary_out_word_is(&s, "lsrr{"))
			opt_parse_route(&o, &s, OPT_LSRR);
		else if (strncmp(s, "ts", 2) == 0)
			opt_parse_ts(&o, &s);
		else
			nf_summary_out_parse_other(&o, &s);
	} while (nf_summary_out_next(&o, &s));
	return nf_summary_out_end(&o, s, to);
}
