/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers, times and rates as text. Everything is done in integers: a decimal fraction is read as
 * digits and a power of ten, and only the result is rounded.
 */
#include <errno.h>
#include <string.h>
#include "nf-apps/click/addr.h"

#define ADDR_EXP_MAX 100000 /* of a decimal fraction; far beyond what 64 bits can hold */

static int addr_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static bool addr_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

int nf_addr_u64(const char *s, uint64_t *v)
{
	unsigned base = 10;
	uint64_t sum = 0;
	bool over = false;

	if (*s == '+')
		s++;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	} else if (s[0] == '0') {
		base = 8;
	}
	if (addr_digit(*s) >= (int)base)
		return -EINVAL;
	for (; *s != 0; s++) {
		unsigned d;

		if (*s == '_' && s[1] != '_' && s[1] != 0) /* 1_000_000 */
			continue;
		d = (unsigned)addr_digit(*s);
		if (d >= base)
			return -EINVAL;
		over |= __builtin_mul_overflow(sum, (uint64_t)base, &sum);
		over |= __builtin_add_overflow(sum, (uint64_t)d, &sum);
	}
	if (over)
		return -ERANGE;
	*v = sum;
	return 0;
}

int nf_addr_i64(const char *s, int64_t *v)
{
	bool minus = *s == '-';
	uint64_t u;
	int rc;

	if (minus && s[1] == '+')
		return -EINVAL;
	rc = nf_addr_u64(s + minus, &u);
	if (rc != 0)
		return rc;
	if (u > (uint64_t)INT64_MAX + minus)
		return -ERANGE;
	*v = minus ? (int64_t)(0 - u) : (int64_t)u;
	return 0;
}

int nf_addr_bool(const char *s, bool *v)
{
	static const char *const no[] = { "0", "false", "no", "f", "n", "off" };
	static const char *const yes[] = { "1", "true", "yes", "t", "y", "on" };

	for (unsigned i = 0; i < UK_ARRAY_SIZE(no); i++) {
		if (strcmp(s, no[i]) == 0 || strcmp(s, yes[i]) == 0) {
			*v = strcmp(s, yes[i]) == 0;
			return 0;
		}
	}
	return -EINVAL;
}

struct addr_decimal {
	const char *at, *end;      /* digits, with a point and underscores among them */
	int nb_int, nb_all, exp10; /* digits before the point, in all */
};

/* "12.5e3": checks the form, counts the digits, reads the exponent. */
static int addr_decimal_scan(const char *s, const char *end, struct addr_decimal *d)
{
	bool point = false, minus;

	if (s < end && *s == '+')
		s++;
	*d = (struct addr_decimal){ .at = s };
	for (; s < end; s++) {
		if (*s >= '0' && *s <= '9') {
			d->nb_all++;
			d->nb_int += !point;
		} else if (*s == '.' && !point) {
			point = true;
		} else if (*s != '_' || s == d->at || s + 1 == end || addr_digit(s[-1]) > 9 ||
			   addr_digit(s[1]) > 9) {
			break;
		}
	}
	d->end = s;
	if (d->nb_all == 0)
		return -EINVAL;
	if (s == end)
		return 0;
	if (*s != 'e' && *s != 'E')
		return -EINVAL;
	s++;
	minus = s < end && *s == '-';
	s += s < end && (*s == '-' || *s == '+');
	if (s == end)
		return -EINVAL;
	for (; s < end; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		if (d->exp10 < ADDR_EXP_MAX)
			d->exp10 = d->exp10 * 10 + (*s - '0');
	}
	if (minus)
		d->exp10 = -d->exp10;
	return 0;
}

int nf_addr_decimal(const char *s, size_t len, int exp10, uint64_t *v)
{
	struct addr_decimal d;
	uint64_t sum = 0;
	int nb_wanted, nb = 0;
	bool over = false;

	if (addr_decimal_scan(s, s + len, &d) != 0)
		return -EINVAL;
	/* So many digits from the first on are the integer that is asked for. */
	nb_wanted = d.nb_int + d.exp10 + exp10;
	for (s = d.at; s < d.end; s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (digit > 9)
			continue;
		if (nb == nb_wanted && digit >= 5) /* rounds; nothing behind it matters */
			over |= __builtin_add_overflow(sum, 1, &sum);
		if (nb++ >= nb_wanted)
			continue;
		over |= __builtin_mul_overflow(sum, 10, &sum);
		over |= __builtin_add_overflow(sum, digit, &sum);
	}
	for (; nb < nb_wanted && sum != 0 && !over; nb++)
		over |= __builtin_mul_overflow(sum, 10, &sum);
	if (over)
		return -ERANGE;
	*v = sum;
	return 0;
}

struct addr_unit {
	const char *name;
	int exp10;
	uint32_t factor;
};

/* The unit at the end of the text; *len becomes the length of the number before it. */
static const struct addr_unit *addr_unit_find(
	const struct addr_unit *units, unsigned nb, const char *s, size_t *len)
{
	const struct addr_unit *found = &units[0]; /* its name is empty: the default */
	size_t n = strlen(s);

	for (unsigned i = 1; i < nb; i++) {
		size_t u = strlen(units[i].name);

		if (u <= n && strcmp(s + n - u, units[i].name) == 0 && u > strlen(found->name))
			found = &units[i];
	}
	n -= strlen(found->name);
	while (found != &units[0] && n > 0 && addr_is_space(s[n - 1]))
		n--;
	*len = n;
	return found;
}

int nf_addr_time_ns(const char *s, uint64_t *ns)
{
	static const struct addr_unit units[] = {
		{ "", 9, 1 },
		{ "s", 9, 1 },
		{ "sec", 9, 1 },
		{ "ms", 6, 1 },
		{ "msec", 6, 1 },
		{ "us", 3, 1 },
		{ "usec", 3, 1 },
		{ "ns", 0, 1 },
		{ "nsec", 0, 1 },
		{ "m", 9, 60 },
		{ "min", 9, 60 },
		{ "h", 9, 3600 },
		{ "hr", 9, 3600 },
		{ "d", 9, 86400 },
		{ "day", 9, 86400 },
	};
	const struct addr_unit *u;
	uint64_t v;
	size_t len;
	int rc;

	u = addr_unit_find(units, UK_ARRAY_SIZE(units), s, &len);
	rc = nf_addr_decimal(s, len, u->exp10, &v);
	if (rc != 0)
		return rc;
	if (__builtin_mul_overflow(v, (uint64_t)u->factor, &v))
		return -ERANGE;
	*ns = v;
	return 0;
}

/* "k", "Mi", ... at the end of s[0..len). Returns its length. */
static unsigned addr_prefix(const char *s, size_t len, int *exp10, unsigned *shift)
{
	static const char letters[] = "kMGT";
	bool binary = len > 1 && s[len - 1] == 'i';
	const char *at;
	char c;

	*exp10 = 0;
	*shift = 0;
	if (len == (size_t)binary)
		return 0;
	c = s[len - 1 - binary];
	at = strchr(letters, c == 'K' ? 'k' : c);
	if (at == NULL || c == 0)
		return 0;
	if (binary)
		*shift = 10 * (unsigned)(at - letters + 1);
	else
		*exp10 = 3 * (int)(at - letters + 1);
	return 1 + binary;
}

int nf_addr_bandwidth(const char *s, uint64_t *bytes_per_s)
{
	/* factor: bits of the unit */
	static const struct addr_unit units[] = {
		{ "", 0, 8 },
		{ "baud", 0, 1 },
		{ "bps", 0, 1 },
		{ "b/s", 0, 1 },
		{ "Bps", 0, 8 },
		{ "B/s", 0, 8 },
	};
	const struct addr_unit *u;
	int exp10 = 0, rc;
	unsigned shift = 0, nb;
	uint64_t v;
	size_t len;

	u = addr_unit_find(units, UK_ARRAY_SIZE(units), s, &len);
	nb = u == &units[0] ? 0 : addr_prefix(s, len, &exp10, &shift);
	len -= nb;
	while (nb > 0 && len > 0 && addr_is_space(s[len - 1]))
		len--;
	/* Three decimals more than asked for: the division by 8 comes out even. */
	rc = nf_addr_decimal(s, len, exp10 + 3, &v);
	if (rc != 0)
		return rc;
	if (shift != 0 && v > UINT64_MAX >> shift)
		return -ERANGE;
	v <<= shift;
	if (u->factor == 1)
		v = v / 8 + (v % 8 >= 4);
	*bytes_per_s = v / 1000 + (v % 1000 >= 500);
	return 0;
}

void nf_addr_print_time(uint64_t ns, struct nf_text *out)
{
	uint32_t frac = (uint32_t)(ns % 1000000000);

	if (frac % 1000 == 0)
		nf_text_printf(
			out, "%llu.%06u", (unsigned long long)(ns / 1000000000), frac / 1000);
	else
		nf_text_printf(out, "%llu.%09u", (unsigned long long)(ns / 1000000000), frac);
}
