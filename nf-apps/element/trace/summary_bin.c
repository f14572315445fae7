/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values in the binary form of a dump: numbers in network order, as many bytes as the table says;
 * options as a byte with their length and the options; times as seconds and micro- or nanoseconds.
 */
#include <errno.h>
#include <string.h>
#include "nf-apps/element/trace/summary.h"

static bool sum_bin_is_nsec(const struct nf_summary_field *f)
{
	return strstr(f->name, "ntimestamp") != NULL;
}

bool nf_summary_bin_can(const struct nf_summary_field *f)
{
	return f->form != NF_SUMMARY_STRING;
}

static void sum_bin_number(uint64_t v, unsigned bytes, struct nf_text *out)
{
	for (unsigned i = bytes; i-- > 0;) {
		char c = (char)(v >> 8 * i);

		nf_text_add(out, &c, 1);
	}
}

static uint64_t sum_bin_time(const struct nf_summary_field *f, uint64_t ns)
{
	return ns / 1000000000 << 32 | ns % 1000000000 / (sum_bin_is_nsec(f) ? 1 : 1000);
}

static const char sum_bin_frags[] = ".!Ff";

static uint64_t sum_bin_frag(uint64_t off)
{
	if (off & NF_IP_OFFSET)
		return 'f';
	return (uint64_t)(off & NF_IP_MF ? 'F' : off & NF_IP_DF ? '!' : '.');
}

void nf_summary_bin_put(
	const struct nf_summary_field *f, const struct nf_summary_value *v, struct nf_text *out)
{
	static const uint8_t zeros[16];
	uint32_t addr;

	switch (f->form) {
	case NF_SUMMARY_IPOPT:
	case NF_SUMMARY_TCPOPT:
		sum_bin_number(v->len, 1, out);
		if (v->len > 0)
			nf_text_add(out, (const char *)v->bytes, v->len);
		break;
	case NF_SUMMARY_ETHER:
	case NF_SUMMARY_MD5:
	case NF_SUMMARY_MD5_HEX:
		nf_text_add(out, (const char *)(v->bytes != NULL ? v->bytes : zeros), f->bytes);
		break;
	case NF_SUMMARY_ADDR:
		addr = (uint32_t)v->v;
		nf_text_add(out, (const char *)&addr, sizeof(addr));
		break;
	case NF_SUMMARY_TIME_NS:
		sum_bin_number(sum_bin_time(f, v->v), 8, out);
		break;
	case NF_SUMMARY_FRAG:
		sum_bin_number(sum_bin_frag(v->v), 1, out);
		break;
	default:
		sum_bin_number(v->v, f->bytes, out);
		break;
	}
}

static uint64_t sum_bin_take(const uint8_t *d, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | d[i];
	return v;
}

static int sum_bin_take_frag(struct nf_summary_value *v)
{
	static const uint16_t means[] = { 0, NF_IP_DF, NF_IP_MF, 100 /* any offset */ };
	const char *at = v->v != 0 && v->v < 128 ? strchr(sum_bin_frags, (int)v->v) : NULL;

	if (at == NULL)
		return -EINVAL;
	v->v = means[at - sum_bin_frags];
	return 0;
}

int nf_summary_bin_get(const struct nf_summary_field *f, const uint8_t **at, const uint8_t *end,
	struct nf_summary_value *v)
{
	uint32_t n = f->bytes, left = (uint32_t)(end - *at);

	*v = (struct nf_summary_value){ 0 };
	if (f->form == NF_SUMMARY_IPOPT || f->form == NF_SUMMARY_TCPOPT) {
		if (left < 1 || left - 1 < **at)
			return -EINVAL;
		n = *(*at)++;
	}
	if (left < n || !nf_summary_bin_can(f))
		return -EINVAL;
	v->bytes = *at;
	v->len = n;
	*at += n;
	if (f->form == NF_SUMMARY_IPOPT || f->form == NF_SUMMARY_TCPOPT)
		return n <= NF_SUMMARY_OPT_MAX ? 0 : -EINVAL;
	v->v = n <= 8 ? sum_bin_take(v->bytes, n) : 0;
	if (f->form == NF_SUMMARY_ADDR)
		v->v = nf_inet_hton32((uint32_t)v->v);
	if (f->form == NF_SUMMARY_TIME_NS)
		v->v = (v->v >> 32) * 1000000000 +
		       (v->v & 0xffffffff) * (sum_bin_is_nsec(f) ? 1 : 1000);
	return f->form == NF_SUMMARY_FRAG ? sum_bin_take_frag(v) : 0;
}
