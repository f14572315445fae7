/* SPDX-License-Identifier: BSD-3-Clause */
#include "pktgen-bench/guest/args.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A piece of an argument. */
struct piece {
	const char *s;
	size_t len;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool piece_is(struct piece p, const char *word)
{
	return p.len == strlen(word) && memcmp(p.s, word, p.len) == 0;
}

/* Takes what stands before the separator off p; all of it where there is none. */
static struct piece piece_cut(struct piece *p, char separator)
{
	const char *end = memchr(p->s, separator, p->len);
	struct piece before = { p->s, end ? (size_t)(end - p->s) : p->len };
	size_t taken = end ? before.len + 1 : before.len;

	p->s += taken;
	p->len -= taken;
	return before;
}

static bool piece_has(struct piece p, char c)
{
	return memchr(p.s, c, p.len) != NULL;
}

/* ---- values ---- */

/* Digits only, at most max. */
static bool get_digits(struct piece p, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < p.len; i++) {
		if (!is_digit(p.s[i]) || __builtin_mul_overflow(v, 10u, &v) ||
			__builtin_add_overflow(v, (uint64_t)(p.s[i] - '0'), &v) || v > max)
			return false;
	}
	*out = v;
	return p.len > 0;
}

/* Takes the unit off the end. */
static uint64_t cut_unit(struct piece *p)
{
	static const struct {
		char name;
		uint64_t value;
	} units[] = { { 'k', 1000 }, { 'M', 1000000 }, { 'G', 1000000000 } };

	for (unsigned int i = 0; i < UK_ARRAY_SIZE(units) && p->len; i++) {
		if (p->s[p->len - 1] == units[i].name) {
			p->len--;
			return units[i].value;
		}
	}
	return 1;
}

/* A decimal number, with a fraction only where the unit makes it whole. */
static bool get_number(struct piece p, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t unit = cut_unit(&p), v;
	bool dot = piece_has(p, '.');
	struct piece whole = piece_cut(&p, '.');

	if (!get_digits(whole, UINT64_MAX, &v) || __builtin_mul_overflow(v, unit, &v))
		return false;
	if (dot && p.len == 0)
		return false;
	for (size_t i = 0; i < p.len; i++) {
		if (!is_digit(p.s[i]) || unit % 10)
			return false;
		unit /= 10;
		if (__builtin_add_overflow(v, (uint64_t)(p.s[i] - '0') * unit, &v))
			return false;
	}
	if (v < min || v > max)
		return false;
	*out = v;
	return true;
}

static bool get_bool(struct piece p, bool *out)
{
	static const char *const words[] = { "off", "on", "no", "yes", "false", "true", "0", "1" };

	for (unsigned int i = 0; i < UK_ARRAY_SIZE(words); i++) {
		if (piece_is(p, words[i])) {
			*out = i & 1;
			return true;
		}
	}
	return false;
}

static bool get_word(struct piece p, const char *const *words, unsigned int *out)
{
	for (unsigned int i = 0; words[i]; i++) {
		if (piece_is(p, words[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool get_ip(struct piece p, uint32_t *out)
{
	uint32_t ip = 0;

	for (unsigned int i = 0; i < 4; i++) {
		bool more = piece_has(p, '.');
		struct piece byte = piece_cut(&p, '.');
		uint64_t v;

		/* No leading zeros: some read them as octal. */
		if (more != (i < 3) || !get_digits(byte, 255, &v) ||
			(byte.len > 1 && *byte.s == '0'))
			return false;
		ip = ip << 8 | (uint32_t)v;
	}
	*out = ip;
	return true;
}

static bool get_ips(struct piece p, struct pg_flow_range *out)
{
	bool range = piece_has(p, '-');
	struct piece first = piece_cut(&p, '-');
	struct pg_flow_range r;

	if (!get_ip(first, &r.first) || !get_ip(range ? p : first, &r.last) || r.first > r.last)
		return false;
	*out = r;
	return true;
}

/* "5" or "5-10", each within min to max. */
static bool get_range(struct piece p, uint64_t min, uint64_t max, struct pg_flow_range *out)
{
	bool range = piece_has(p, '-');
	struct piece first = piece_cut(&p, '-');
	uint64_t low, high;

	if (!get_digits(first, max, &low) || !get_digits(range ? p : first, max, &high))
		return false;
	if (low < min || low > high)
		return false;
	*out = (struct pg_flow_range){ (uint32_t)low, (uint32_t)high };
	return true;
}

static bool get_sizes(struct piece p, uint64_t min, uint64_t max, struct pg_flow_sizes *out)
{
	struct pg_flow_sizes sizes = { .nb = 0 };
	struct pg_flow_range r;

	if (piece_is(p, "imix") && min <= 64 && max >= 1518) {
		*out = pg_flow_imix;
		return true;
	}
	if (piece_has(p, '-')) {
		if (!get_range(p, min, max, &sizes.range))
			return false;
		*out = sizes;
		return true;
	}
	for (bool more = true; more;) {
		more = piece_has(p, ',');
		if (sizes.nb == PG_FLOW_SIZES || !get_range(piece_cut(&p, ','), min, max, &r))
			return false;
		sizes.list[sizes.nb++] = (uint16_t)r.first;
	}
	*out = sizes;
	return true;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool get_mac(struct piece p, uint8_t out[6])
{
	uint8_t mac[6];

	if (p.len != 17)
		return false;
	for (unsigned int i = 0; i < 6; i++) {
		int high = hex_digit(p.s[3 * i]), low = hex_digit(p.s[3 * i + 1]);

		if (high < 0 || low < 0 || (i < 5 && p.s[3 * i + 2] != ':'))
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(out, mac, sizeof(mac));
	return true;
}

static bool get_value(const struct pg_args_option *o, struct piece p)
{
	switch (o->type) {
	case PG_ARGS_U64:
		return get_number(p, o->min, o->max, o->value);
	case PG_ARGS_BOOL:
		return get_bool(p, o->value);
	case PG_ARGS_WORD:
		return get_word(p, o->words, o->value);
	case PG_ARGS_SIZES:
		return get_sizes(p, o->min, o->max, o->value);
	case PG_ARGS_IP:
		return get_ip(p, o->value);
	case PG_ARGS_IPS:
		return get_ips(p, o->value);
	case PG_ARGS_PORTS:
		return get_range(p, o->min, o->max, o->value);
	case PG_ARGS_MAC:
		return get_mac(p, o->value);
	}
	return false;
}

/* ---- sentences ---- */

/* Appends, cut to the space there is. */
__attribute__((format(printf, 3, 4))) static void append(
	char *text, size_t size, const char *format, ...)
{
	size_t at = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + at, size - at, format, args);
	va_end(args);
}

void pg_args_expects(const struct pg_args_option *o, char *text, size_t size)
{
	text[0] = '\0';
	switch (o->type) {
	case PG_ARGS_U64:
		append(text, size,
			"a number from %" PRIu64 " to %" PRIu64 ", with k, M or G if need be",
			o->min, o->max);
		return;
	case PG_ARGS_BOOL:
		append(text, size, "on or off");
		return;
	case PG_ARGS_WORD:
		for (unsigned int i = 0; o->words[i]; i++)
			append(text, size, "%s%s", i ? ", " : "one of ", o->words[i]);
		return;
	case PG_ARGS_SIZES:
		append(text, size,
			"frame sizes from %" PRIu64 " to %" PRIu64
			": one, a list such as 64,128 (at most %u), a range such as 64-256, or imix "
			"(64 to 1518)",
			o->min, o->max, PG_FLOW_SIZES);
		return;
	case PG_ARGS_IP:
		append(text, size, "an IPv4 address such as 10.0.0.1");
		return;
	case PG_ARGS_IPS:
		append(text, size, "an IPv4 address or a range such as 10.0.0.1-10.0.0.254");
		return;
	case PG_ARGS_PORTS:
		append(text, size,
			"a port from %" PRIu64 " to %" PRIu64 " or a range such as 1000-1999",
			o->min, o->max);
		return;
	case PG_ARGS_MAC:
		append(text, size, "a MAC address such as 02:00:00:00:00:01");
		return;
	}
}

/* An argument in a sentence: shortened, nothing in it that a terminal would act on. */
static void append_quoted(char *text, struct piece p)
{
	enum { SHOWN = 60 };
	char shown[SHOWN + 1];
	size_t len = p.len < SHOWN ? p.len : SHOWN;

	for (size_t i = 0; i < len; i++)
		shown[i] = p.s[i] >= ' ' && p.s[i] <= '~' ? p.s[i] : '?';
	shown[len] = '\0';
	append(text, PG_ARGS_ERROR_MAX, "%s%s", shown, p.len > SHOWN ? "..." : "");
}

static int fail_unknown(
	const struct pg_args_option *options, unsigned int nb, struct piece name, char *error)
{
	append(error, PG_ARGS_ERROR_MAX, "unknown option '");
	append_quoted(error, name);
	append(error, PG_ARGS_ERROR_MAX, "'; the options are ");
	for (unsigned int i = 0; i < nb; i++)
		append(error, PG_ARGS_ERROR_MAX, "%s%s", i ? ", " : "", options[i].name);
	return -EINVAL;
}

static int fail_value(const struct pg_args_option *o, bool bare, struct piece value, char *error)
{
	char expects[PG_ARGS_ERROR_MAX];

	pg_args_expects(o, expects, sizeof(expects));
	if (bare) {
		append(error, PG_ARGS_ERROR_MAX, "%s needs a value: %s", o->name, expects);
		return -EINVAL;
	}
	append(error, PG_ARGS_ERROR_MAX, "%s='", o->name);
	append_quoted(error, value);
	append(error, PG_ARGS_ERROR_MAX, "' is not %s", expects);
	return -EINVAL;
}

int pg_args_parse(const struct pg_args_option *options, unsigned int nb, int argc,
	char *const *argv, char *error)
{
	uint64_t seen = 0;

	UK_ASSERT(nb <= PG_ARGS_OPTIONS);
	error[0] = '\0';
	for (int i = 0; i < argc; i++) {
		struct piece value = { argv[i], strlen(argv[i]) };
		bool bare = !piece_has(value, '=');
		struct piece name = piece_cut(&value, '=');
		unsigned int n = 0;

		while (n < nb && !piece_is(name, options[n].name))
			n++;
		if (n == nb)
			return fail_unknown(options, nb, name, error);

		const struct pg_args_option *o = &options[n];

		if (seen >> n & 1) {
			append(error, PG_ARGS_ERROR_MAX, "%s is given twice", o->name);
			return -EINVAL;
		}
		seen |= (uint64_t)1 << n;
		if (bare && o->type == PG_ARGS_BOOL)
			*(bool *)o->value = true;
		else if (bare || !get_value(o, value))
			return fail_value(o, bare, value, error);
		if (o->given)
			*o->given = true;
	}
	return 0;
}
