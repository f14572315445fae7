/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/queue/fixed.h"

#define FIXED_DIGITS 9

void nf_fixed_print(uint64_t v, unsigned shift, struct nf_text *out)
{
	uint64_t one = 1ull << shift, whole = v >> shift, part = v & (one - 1), tens = 1,
		 digits = 0;
	int nb = 0;

	for (; nb <= FIXED_DIGITS; nb++, tens *= 10) {
		unsigned __int128 back;

		digits = (uint64_t)(((unsigned __int128)part * tens + one / 2) >> shift);
		back = ((unsigned __int128)digits * one + tens / 2) / tens;
		if (back == part)
			break;
	}
	if (nb > FIXED_DIGITS) {
		nb = FIXED_DIGITS;
		tens /= 10;
	}
	if (digits >= tens) {
		whole++;
		digits -= tens;
	}
	if (nb == 0)
		nf_text_printf(out, "%llu", (unsigned long long)whole);
	else
		nf_text_printf(out, "%llu.%0*llu", (unsigned long long)whole, nb,
			(unsigned long long)digits);
}

void nf_fixed_print_interval(uint64_t ns, struct nf_text *out)
{
	unsigned long long s = ns / 1000000000, part = ns % 1000000000;
	int digits = 9;

	if (s == 0 && part > 0 && part % 1000 != 0) {
		nf_text_printf(out, "%lluns", part);
	} else if (s == 0 && part > 0) {
		bool ms = part % 1000000 == 0;

		nf_text_printf(out, "%llu%s", part / (ms ? 1000000 : 1000), ms ? "ms" : "us");
	} else if (part == 0) {
		nf_text_printf(out, "%llus", s);
	} else {
		for (; part % 10 == 0; part /= 10)
			digits--;
		nf_text_printf(out, "%llu.%0*llus", s, digits, part);
	}
}
