/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/basic/number.h"

static void *number_at(const struct nf_element *e, uintptr_t off)
{
	return (uint8_t *)e->state + off;
}

int nf_number_read_i32(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	nf_text_printf(out, "%d", *(const int32_t *)number_at(e, off));
	return 0;
}

int nf_number_read_i64(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	nf_text_printf(out, "%ld", *(const int64_t *)number_at(e, off));
	return 0;
}

int nf_number_write_port(struct nf_element *e, uintptr_t off, unsigned nb_ports, const char *value,
	struct nf_errors *errs)
{
	int64_t v;

	if (nf_addr_i64(value, &v) != 0)
		return nf_errors_add(errs, NULL, "'%s' is no port number", value);
	*(int32_t *)number_at(e, off) = v < 0 || v >= nb_ports ? -1 : (int32_t)v;
	return 0;
}

int nf_number_write_limit(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	int64_t v;

	if (nf_addr_i64(value, &v) != 0)
		return nf_errors_add(errs, NULL, "'%s' is not a number", value);
	*(int64_t *)number_at(e, off) = v < 0 ? -1 : v;
	return 0;
}

void nf_number_print_milli(uint64_t milli, struct nf_text *out)
{
	unsigned frac = (unsigned)(milli % 1000), digits = 3;

	nf_text_printf(out, "%lu", milli / 1000);
	for (; digits > 0 && frac % 10 == 0; digits--)
		frac /= 10;
	if (digits > 0)
		nf_text_printf(out, ".%0*u", (int)digits, frac);
}

uint64_t nf_number_rate_milli(uint64_t count, uint64_t ns)
{
	uint64_t us = ns / 1000, milli;

	while (count >= 1ull << 34) { /* count * 10^9 has to fit */
		count >>= 1;
		us >>= 1;
	}
	milli = count * 1000000000;
	return us == 0 ? milli : milli / us;
}
