/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values as text and back. What a dump says is untrusted: each parser takes the whole word or
 * nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/addr.h"
#include "nf-apps/click/args.h"
#include "nf-apps/element/trace/md5.h"
#include "nf-apps/element/trace/summary.h"

static const char sum_flags[] = "FSRPAUECN";
static const char *const sum_ecn[] = { "no", "ect1", "ect2", "ce" };
/* 6 bits a character, low bits first */
static const char sum_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@";

/* In double quotes, so that Click's rules of quoting give the same bytes again. */
static void sum_print_string(const uint8_t *s, uint32_t len, struct nf_text *out)
{
	nf_text_add(out, "\"", 1);
	for (uint32_t i = 0; i < len; i++) {
		if (s[i] == '\\' || s[i] == '"' || s[i] == '$')
			nf_text_printf(out, "\\%c", s[i]);
		else if (s[i] == '\t' || s[i] == '\r' || s[i] == '\n')
			nf_text_printf(out, "\\%c", s[i] == '\t' ? 't' : s[i] == '\r' ? 'r' : 'n');
		else if (s[i] < 32 || s[i] >= 127)
			nf_text_printf(out, "\\%03o", s[i]);
		else
			nf_text_add(out, (const char *)&s[i], 1);
	}
	nf_text_add(out, "\"", 1);
}

static void sum_print_flags(uint64_t v, struct nf_text *out)
{
	if (v == 0)
		nf_text_add(out, ".", 1);
	for (unsigned i = 0; i < sizeof(sum_flags) - 1; i++) {
		if (v >> i & 1)
			nf_text_add(out, &sum_flags[i], 1);
	}
}

static void sum_print_frag(uint64_t v, struct nf_text *out)
{
	char c = v & NF_IP_DF ? '!' : '.';

	if (v & (NF_IP_MF | NF_IP_OFFSET))
		c = v & NF_IP_OFFSET ? 'f' : 'F';
	nf_text_add(out, &c, 1);
}

static void sum_print_proto(uint64_t v, struct nf_text *out)
{
	if (v == NF_IP_TCP || v == NF_IP_UDP || v == NF_IP_ICMP)
		nf_text_add(out, v == NF_IP_TCP ? "T" : v == NF_IP_UDP ? "U" : "I", 1);
	else
		nf_text_printf(out, "%u", (unsigned)v);
}

static void sum_print_md5(const uint8_t *digest, bool hex, struct nf_text *out)
{
	uint32_t bits = 0;
	unsigned nb = 0;

	for (unsigned i = 0; i < NF_MD5_BYTES; i++) {
		if (hex) {
			nf_text_printf(out, "%02x", digest[i]);
			continue;
		}
		bits |= (uint32_t)digest[i] << nb;
		for (nb += 8; nb >= 6 || (i == NF_MD5_BYTES - 1 && nb > 0); nb -= nb < 6 ? nb : 6) {
			nf_text_add(out, &sum_digits[bits & 63], 1);
			bits >>= 6;
		}
	}
}

static void sum_print_name(const char *name, uint64_t v, struct nf_text *out)
{
	if (name != NULL)
		nf_text_printf(out, "%s", name);
	else
		nf_text_printf(out, "%u", (unsigned)v);
}

static void sum_print_side(uint64_t v, struct nf_text *out)
{
	if (v < 2)
		nf_text_add(out, v == 0 ? ">" : "<", 1);
	else
		nf_text_printf(out, "%u", (unsigned)v);
}

void nf_summary_print(
	const struct nf_summary_field *f, const struct nf_summary_value *v, struct nf_text *out)
{
	char buf[NF_ADDR_ETHER_LEN];

	_Static_assert(NF_ADDR_ETHER_LEN >= NF_ADDR_IP4_LEN, "room for either");
	switch (f->form) {
	case NF_SUMMARY_TIME_NS:
		nf_addr_print_time(v->v, out);
		break;
	case NF_SUMMARY_SIDE:
		sum_print_side(v->v, out);
		break;
	case NF_SUMMARY_ETHER:
		nf_text_printf(out, "%s", nf_addr_print_ether(v->bytes, buf));
		break;
	case NF_SUMMARY_HEX16:
		nf_text_printf(out, "%04X", (unsigned)v->v);
		break;
	case NF_SUMMARY_ADDR:
		nf_text_printf(out, "%s", nf_addr_print_ip4((uint32_t)v->v, buf));
		break;
	case NF_SUMMARY_ECN:
		nf_text_printf(out, "%s", sum_ecn[v->v & 3]);
		break;
	case NF_SUMMARY_FRAG:
		sum_print_frag(v->v, out);
		break;
	case NF_SUMMARY_FRAGOFF:
		nf_text_printf(out, "%u%s%s", (unsigned)(v->v & NF_IP_OFFSET) * 8,
			v->v & NF_IP_MF ? "+" : "", v->v & NF_IP_DF ? "!" : "");
		break;
	case NF_SUMMARY_PROTO:
		sum_print_proto(v->v, out);
		break;
	case NF_SUMMARY_IPOPT:
		nf_summary_opt_print_ip(v->bytes, v->len, out);
		break;
	case NF_SUMMARY_FLAGS:
		sum_print_flags(v->v, out);
		break;
	case NF_SUMMARY_TCPOPT:
		nf_summary_opt_print_tcp(v->bytes, v->len, f->id, out);
		break;
	case NF_SUMMARY_TYPE:
		sum_print_name(nf_summary_icmp_type((uint8_t)v->v), v->v, out);
		break;
	case NF_SUMMARY_CODE:
		sum_print_name(nf_summary_icmp_code(v->icmp_type, (uint8_t)v->v), v->v, out);
		break;
	case NF_SUMMARY_STRING:
		sum_print_string(v->bytes, v->len, out);
		break;
	case NF_SUMMARY_MD5:
	case NF_SUMMARY_MD5_HEX:
		sum_print_md5(v->bytes, f->form == NF_SUMMARY_MD5_HEX, out);
		break;
	default:
		nf_text_printf(out, "%llu", (unsigned long long)v->v);
		break;
	}
}

static int sum_parse_number(const char *s, uint64_t max, uint64_t *v)
{
	return nf_addr_u64(s, v) < 0 || *v > max ? -EINVAL : 0;
}

/* "F", "f", ".", "!", or bytes with + for more and ! for "do not fragment" behind them. */
static int sum_parse_frag(const char *s, unsigned minor, uint64_t *v)
{
	static const char words[] = ".!Ff";
	static const uint16_t means[] = { 0, NF_IP_DF, NF_IP_MF, 100 /* any offset */ };
	const char *w = s[0] != '\0' && s[1] == '\0' ? strchr(words, s[0]) : NULL;
	char *end;

	if (w != NULL) {
		*v = means[w - words];
		return 0;
	}
	if (s[0] < '0' || s[0] > '9')
		return -EINVAL;
	*v = strtoull(s, &end, 0);
	if (minor > 0)
		*v /= 8;
	if (*v > NF_IP_OFFSET)
		return -EINVAL;
	for (; *end == '+' || *end == '!'; end++)
		*v |= *end == '+' ? NF_IP_MF : NF_IP_DF;
	return *end == '\0' ? 0 : -EINVAL;
}

static int sum_parse_proto(const char *s, uint64_t *v)
{
	uint8_t proto;

	if (s[0] != '\0' && s[1] == '\0' && strchr("TUI", s[0]) != NULL) {
		*v = s[0] == 'T' ? NF_IP_TCP : s[0] == 'U' ? NF_IP_UDP : NF_IP_ICMP;
		return 0;
	}
	if (nf_addr_ip_proto(s, &proto) < 0)
		return sum_parse_number(s, 255, v);
	*v = proto;
	return 0;
}

static int sum_parse_ecn(const char *s, uint64_t *v)
{
	static const char *const other[] = { "-", "ECT(1)", "ECT(0)", "CE" };

	for (*v = 0; *v < 4; ++*v) {
		if (strcmp(s, sum_ecn[*v]) == 0 || strcmp(s, other[*v]) == 0)
			return 0;
	}
	return sum_parse_number(s, 3, v);
}

/* Older dumps have W and Y for C, X for E, or a number. */
static int sum_parse_flags(const char *s, uint64_t *v)
{
	const char *at;
	char c;

	*v = 0;
	if (strcmp(s, ".") == 0)
		return 0;
	if (s[0] == '\0' || (s[0] >= '0' && s[0] <= '9'))
		return sum_parse_number(s, 0xfff, v);
	for (; *s != '\0'; s++) {
		c = *s == 'W' || *s == 'Y' ? 'C' : *s == 'X' ? 'E' : *s;
		at = strchr(sum_flags, c);
		if (at == NULL)
			return -EINVAL;
		*v |= 1u << (at - sum_flags);
	}
	return 0;
}

static int sum_parse_hex(const char *s, uint64_t *v)
{
	char *end;

	if (strspn(s, "0123456789abcdefABCDEFx") != strlen(s) || s[0] == '\0')
		return -EINVAL;
	*v = strtoull(s, &end, 16);
	return *end == '\0' && *v <= 0xffff ? 0 : -EINVAL;
}

/* A number or a name, whichever of the two the field is called after. */
static int sum_parse_type(const char *s, uint64_t *v)
{
	for (*v = 0; *v < 256; ++*v) {
		const char *name = nf_summary_icmp_type((uint8_t)*v);

		if (name != NULL && strcmp(name, s) == 0)
			return 0;
	}
	return sum_parse_number(s, 255, v);
}

static int sum_parse_bytes(const char *s, struct nf_summary_value *v, char **copy)
{
	size_t len;

	free(*copy);
	*copy = nf_args_unquote(s, &len);
	if (*copy == NULL)
		return -ENOMEM;
	if (len > NF_SUMMARY_LEN_MAX)
		return -EINVAL;
	v->bytes = (const uint8_t *)*copy;
	v->len = (uint32_t)len;
	return 0;
}

static int sum_parse_opt(
	const struct nf_summary_field *f, const char *s, struct nf_summary_value *v)
{
	int n = 0;

	if (strcmp(s, ".") != 0)
		n = f->form == NF_SUMMARY_IPOPT ? nf_summary_opt_parse_ip(s, v->room)
						: nf_summary_opt_parse_tcp(s, f->id, v->room);
	if (n < 0)
		return n;
	v->bytes = v->room;
	v->len = (uint32_t)n;
	return 0;
}

static int sum_parse_ether(const char *s, struct nf_summary_value *v)
{
	v->bytes = v->room;
	v->len = 6;
	return nf_addr_ether(s, v->room);
}

static int sum_parse_addr(const char *s, uint64_t *v)
{
	uint32_t be;

	if (nf_addr_ip4(s, &be) < 0)
		return -EINVAL;
	*v = be;
	return 0;
}

int nf_summary_parse(const struct nf_summary_field *f, const char *word, unsigned minor,
	struct nf_summary_value *v, char **copy)
{
	*v = (struct nf_summary_value){ 0 };
	switch (f->form) {
	case NF_SUMMARY_TIME_NS:
		return nf_addr_time_ns(word, &v->v);
	case NF_SUMMARY_SIDE:
	case NF_SUMMARY_LINK:
		if (word[0] != '\0' && word[1] == '\0' && strchr("><LRX", word[0]) != NULL)
			v->v = word[0] != '>' && word[0] != 'L';
		else
			return sum_parse_number(word, 255, &v->v);
		return 0;
	case NF_SUMMARY_ETHER:
		return sum_parse_ether(word, v);
	case NF_SUMMARY_HEX16:
		return sum_parse_hex(word, &v->v);
	case NF_SUMMARY_ADDR:
		return sum_parse_addr(word, &v->v);
	case NF_SUMMARY_ECN:
		return sum_parse_ecn(word, &v->v);
	case NF_SUMMARY_FRAG:
	case NF_SUMMARY_FRAGOFF:
		return sum_parse_frag(word, minor, &v->v);
	case NF_SUMMARY_PROTO:
		return sum_parse_proto(word, &v->v);
	case NF_SUMMARY_FLAGS:
		return sum_parse_flags(word, &v->v);
	case NF_SUMMARY_IPOPT:
	case NF_SUMMARY_TCPOPT:
		return sum_parse_opt(f, word, v);
	case NF_SUMMARY_TYPE:
		return sum_parse_type(word, &v->v);
	case NF_SUMMARY_STRING:
		return sum_parse_bytes(word, v, copy);
	case NF_SUMMARY_MD5:
	case NF_SUMMARY_MD5_HEX:
		return -EINVAL;
	default:
		if (f->id == NF_SUMMARY_ICMP_TYPE)
			return sum_parse_type(word, &v->v);
		return sum_parse_number(
			word, f->bytes >= 8 ? UINT64_MAX : (1ull << (8 * f->bytes)) - 1, &v->v);
	}
}
