/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Argument strings of any bytes: every type reads every argument. The first byte chooses whether
 * the text is the element's arguments or those of the AddressInfo that gives names.
 */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args.h"
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/test/args_router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_numbers(struct nf_args *a, unsigned how)
{
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;
	uint8_t u8;
	int64_t i64;
	int32_t i32;
	bool b;

	nf_args_u64(a, "U", how, &u64);
	nf_args_u32(a, "V", how, &u32);
	nf_args_u16(a, "W", how, &u16);
	nf_args_u8(a, "X", how, &u8);
	nf_args_i64(a, "Y", how, &i64);
	nf_args_i32(a, "Z", how, &i32);
	nf_args_bool(a, "B", how, &b);
	nf_args_fixed(a, "F", how, 31, &u32);
	nf_args_time_ns(a, "T", how, &u64);
	nf_args_bandwidth(a, "R", how, &u64);
	nf_args_anno(a, "A", how, 4, &u8);
	nf_args_ip_proto(a, "IP", how, &u8);
	nf_args_port(a, "P", how, 6, &u16);
}

static void fuzz_others(struct nf_args *a, unsigned how)
{
	static const char *const words[] = { "ONE", "TWO", NULL };
	struct nf_element *e;
	struct nf_ip6 ip6;
	uint32_t be, mask, len;
	const uint8_t *bytes;
	uint8_t ether[6];
	const char *s;
	unsigned n;

	nf_args_ip4(a, "I", how, &be);
	nf_args_ip4_prefix(a, "J", how, &be, &mask);
	nf_args_ip6(a, "K", how, &ip6);
	nf_args_ip6_prefix(a, "L", how, &ip6, &n);
	nf_args_ether(a, "E", how, ether);
	nf_args_element(a, "N", how, "Null", &e);
	nf_args_enum(a, "M", how, words, &n);
	nf_args_word(a, "O", how, &s);
	if (nf_args_string(a, "S", how, &s))
		(void)strlen(s);
	if (nf_args_data(a, "D", how, &bytes, &len) && len > 0)
		(void)(bytes[0] + bytes[len - 1]);
	nf_args_raw(a, "Q", how, &s);
}

static void fuzz_list(const char *text, struct nf_element *e)
{
	struct nf_errors errs = { 0 };
	char *words[8], *copy, *s;
	struct nf_args a;
	const char *next;
	size_t len;

	if (nf_args_init(&a, text, e, "fuzz", &errs) == 0) {
		while ((next = nf_args_next(&a)) != NULL) {
			if (nf_args_words(next, words, 8, &copy) >= 0)
				free(copy);
			s = nf_args_unquote(next, &len);
			if (s == NULL || len > strlen(next))
				abort();
			free(s);
		}
		if (nf_args_left(&a) != 0 || nf_args_end(&a) != 0)
			abort();
	}
	nf_errors_free(&errs);
}

static void fuzz_all(const char *text, struct nf_element *e, unsigned how)
{
	struct nf_errors errs = { 0 };
	struct nf_args a;

	if (nf_args_init(&a, text, e, "fuzz", &errs) == 0) {
		fuzz_numbers(&a, how);
		fuzz_others(&a, how);
		if ((nf_args_end(&a) != 0) != (errs.nb_errors != 0))
			abort();
	}
	nf_errors_free(&errs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "a", "a:gw", "a:ip6", "a:eth", "a/8", "1.2.3.4/8" };
	struct nf_element *e = fake_router_element();
	struct nf_ip6 ip6;
	uint32_t be, mask;
	uint8_t ether[6];
	unsigned len;
	char *text;

	if (size == 0 || size > 4096)
		return 0;
	text = malloc(size);
	if (text == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = 0;
	if ((data[0] & 1) == 0) {
		fuzz_list(text, e);
		fuzz_all(text, e, data[0] >> 1 & 7);
	} else {
		fake_router_info(text);
		for (unsigned i = 0; i < UK_ARRAY_SIZE(names); i++) {
			(void)!nf_args_info_ip4(e, names[i], &be);
			(void)!nf_args_info_ip4_prefix(e, names[i], &be, &mask);
			(void)!nf_args_info_ip6(e, names[i], &ip6);
			(void)!nf_args_info_ip6_prefix(e, names[i], &ip6, &len);
			(void)!nf_args_info_ether(e, names[i], ether);
		}
		fake_router_info("");
	}
	free(text);
	return 0;
}
