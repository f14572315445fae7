/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers, times, strings, names of annotations and elements as arguments. */
#include <errno.h>
#include <string.h>
#include "nf-apps/click/args.h"
#include "nf-apps/click/args_text.h"
#include "nf-apps/click/element.h"

/* As much of a wrong argument as a message shows. */
#define ARGS_SHOWN 40

/* Tells what was wrong. Returns false. */
static bool args_bad(struct nf_args *a, const char *key, const char *s, const char *what)
{
	size_t len = strlen(s);

	nf_args_error(a, "%s: '%.*s%s' is not %s", key, ARGS_SHOWN, s,
		len > ARGS_SHOWN ? "..." : "", what);
	return false;
}

static bool args_unsigned(
	struct nf_args *a, const char *key, unsigned how, uint64_t max, uint64_t *v)
{
	const char *s = nf_args_take(a, key, how);
	uint64_t u;
	int rc;

	if (s == NULL)
		return false;
	rc = nf_addr_u64(s, &u);
	if (rc == -EINVAL)
		return args_bad(a, key, s, *s == '-' ? "a number from 0 on" : "a number");
	if (rc != 0 || u > max) {
		nf_args_error(a, "%s: too large; max %llu", key, (unsigned long long)max);
		return false;
	}
	*v = u;
	return true;
}

bool nf_args_u8(struct nf_args *a, const char *key, unsigned how, uint8_t *v)
{
	uint64_t u;

	if (!args_unsigned(a, key, how, UINT8_MAX, &u))
		return false;
	*v = (uint8_t)u;
	return true;
}

bool nf_args_u16(struct nf_args *a, const char *key, unsigned how, uint16_t *v)
{
	uint64_t u;

	if (!args_unsigned(a, key, how, UINT16_MAX, &u))
		return false;
	*v = (uint16_t)u;
	return true;
}

bool nf_args_u32(struct nf_args *a, const char *key, unsigned how, uint32_t *v)
{
	uint64_t u;

	if (!args_unsigned(a, key, how, UINT32_MAX, &u))
		return false;
	*v = (uint32_t)u;
	return true;
}

bool nf_args_u64(struct nf_args *a, const char *key, unsigned how, uint64_t *v)
{
	return args_unsigned(a, key, how, UINT64_MAX, v);
}

static bool args_signed(
	struct nf_args *a, const char *key, unsigned how, int64_t min, int64_t max, int64_t *v)
{
	const char *s = nf_args_take(a, key, how);
	int64_t i;
	int rc;

	if (s == NULL)
		return false;
	rc = nf_addr_i64(s, &i);
	if (rc == -EINVAL)
		return args_bad(a, key, s, "a number");
	if ((rc != 0 && *s != '-') || (rc == 0 && i > max)) {
		nf_args_error(a, "%s: too large; max %lld", key, (long long)max);
		return false;
	}
	if (rc != 0 || i < min) {
		nf_args_error(a, "%s: too small; min %lld", key, (long long)min);
		return false;
	}
	*v = i;
	return true;
}

bool nf_args_i32(struct nf_args *a, const char *key, unsigned how, int32_t *v)
{
	int64_t i;

	if (!args_signed(a, key, how, INT32_MIN, INT32_MAX, &i))
		return false;
	*v = (int32_t)i;
	return true;
}

bool nf_args_i64(struct nf_args *a, const char *key, unsigned how, int64_t *v)
{
	return args_signed(a, key, how, INT64_MIN, INT64_MAX, v);
}

bool nf_args_bool(struct nf_args *a, const char *key, unsigned how, bool *v)
{
	const char *s = nf_args_take(a, key, how);

	if (s == NULL)
		return false;
	return nf_addr_bool(s, v) == 0 || args_bad(a, key, s, "true or false");
}

bool nf_args_fixed(struct nf_args *a, const char *key, unsigned how, unsigned shift, uint32_t *v)
{
	const uint64_t one = 1000000000;
	const char *s = nf_args_take(a, key, how);
	uint64_t nano, f;
	int rc;

	UK_ASSERT(shift < 32);
	if (s == NULL)
		return false;
	rc = nf_addr_decimal(s, strlen(s), 9, &nano);
	if (rc == -EINVAL)
		return args_bad(a, key, s, "a number");
	if (rc != 0 || nano / one > UINT32_MAX >> shift) {
		nf_args_error(a, "%s: too large; max %u", key, UINT32_MAX >> shift);
		return false;
	}
	f = (nano / one << shift) + (((nano % one << shift) + one / 2) / one);
	*v = f > UINT32_MAX ? UINT32_MAX : (uint32_t)f;
	return true;
}

bool nf_args_time_ns(struct nf_args *a, const char *key, unsigned how, uint64_t *v)
{
	const char *s = nf_args_take(a, key, how);
	int rc;

	if (s == NULL)
		return false;
	rc = nf_addr_time_ns(s, v);
	if (rc == -ERANGE)
		nf_args_error(a, "%s: too large; max 18446744073 seconds", key);
	else if (rc != 0)
		args_bad(a, key, s, "a time in seconds");
	return rc == 0;
}

bool nf_args_bandwidth(struct nf_args *a, const char *key, unsigned how, uint64_t *v)
{
	const char *s = nf_args_take(a, key, how);
	int rc;

	if (s == NULL)
		return false;
	rc = nf_addr_bandwidth(s, v);
	if (rc == -ERANGE)
		nf_args_error(a, "%s: too large", key);
	else if (rc != 0)
		args_bad(a, key, s, "a bandwidth");
	return rc == 0;
}

/* One string without spaces outside of its quotes; undone in place. */
static char *args_string(struct nf_args *a, const char *key, unsigned how, size_t *len)
{
	char *s = nf_args_take(a, key, how);
	const char *at = s, *end;

	if (s == NULL)
		return NULL;
	end = s + strlen(s);
	while (at < end && !nf_args_text_is_space(*at))
		at = nf_args_text_item(at, end);
	if (at != end || at == s) {
		args_bad(a, key, s, "a string; with spaces in it, it needs quotes");
		return NULL;
	}
	*len = nf_args_text_unquote(s, (size_t)(end - s));
	return s;
}

bool nf_args_string(struct nf_args *a, const char *key, unsigned how, const char **v)
{
	size_t len;
	const char *s = args_string(a, key, how, &len);

	if (s == NULL)
		return false;
	if (strlen(s) != len) {
		nf_args_error(a, "%s: zero byte in a string", key);
		return false;
	}
	*v = s;
	return true;
}

bool nf_args_data(
	struct nf_args *a, const char *key, unsigned how, const uint8_t **v, uint32_t *len)
{
	size_t n;
	const char *s = args_string(a, key, how, &n);

	if (s == NULL)
		return false;
	*v = (const uint8_t *)s;
	*len = (uint32_t)n;
	return true;
}

bool nf_args_word(struct nf_args *a, const char *key, unsigned how, const char **v)
{
	size_t len;
	const char *s = args_string(a, key, how, &len);

	if (s == NULL)
		return false;
	for (size_t i = 0; i < len || len == 0; i++) {
		if (len == 0 || s[i] <= ' ' || s[i] >= 127 || strchr("\"'\\,", s[i]) != NULL)
			return args_bad(a, key, s, "a word");
	}
	*v = s;
	return true;
}

bool nf_args_raw(struct nf_args *a, const char *key, unsigned how, const char **v)
{
	const char *s = nf_args_take(a, key, how);

	if (s == NULL)
		return false;
	*v = s;
	return true;
}

bool nf_args_enum(
	struct nf_args *a, const char *key, unsigned how, const char *const words[], unsigned *v)
{
	struct nf_text t = { 0 };
	const char *s;

	if (!nf_args_word(a, key, how, &s))
		return false;
	for (unsigned i = 0; words[i] != NULL; i++) {
		if (strcmp(s, words[i]) == 0) {
			*v = i;
			return true;
		}
	}
	for (unsigned i = 0; words[i] != NULL; i++)
		nf_text_printf(&t, "%s%s", i == 0 ? "one of: " : ", ", words[i]);
	args_bad(a, key, s, nf_text_get(&t));
	nf_text_free(&t);
	return false;
}

bool nf_args_element(struct nf_args *a, const char *key, unsigned how, const char *class_name,
	struct nf_element **v)
{
	struct nf_element *found;
	const char *s;

	if (!nf_args_word(a, key, how, &s))
		return false;
	found = a->e == NULL ? NULL : nf_element_find(a->e, s);
	if (found == NULL) {
		nf_args_error(a, "%s: there is no element '%s'", key, s);
		return false;
	}
	if (class_name != NULL && !nf_element_is(found, class_name)) {
		nf_args_error(
			a, "%s: '%s' is a %s, not a %s", key, s, found->class->name, class_name);
		return false;
	}
	*v = found;
	return true;
}

bool nf_args_anno(struct nf_args *a, const char *key, unsigned how, unsigned size, uint8_t *at)
{
	static const struct {
		const char *name;
		uint8_t at, size;
	} names[] = {
		{ "DST_IP", NF_ANNO_DST_IP, 4 },
		{ "DST_IP6", NF_ANNO_DST_IP, 16 },
		{ "PAINT", NF_ANNO_PAINT, 1 },
		{ "ICMP_PARAMPROB", NF_ANNO_ICMP_PARAMPROB, 1 },
		{ "FIX_IP_SRC", NF_ANNO_FIX_IP_SRC, 1 },
		{ "VLAN_TCI", NF_ANNO_VLAN_TCI, 2 },
		{ "VLAN", NF_ANNO_VLAN_TCI, 2 },
		{ "AGGREGATE", NF_ANNO_AGGREGATE, 4 },
		{ "FWD_RATE", NF_ANNO_FWD_RATE, 4 },
		{ "MISC_IP", NF_ANNO_MISC_IP, 4 },
		{ "EXTRA_PACKETS", NF_ANNO_EXTRA_PACKETS, 4 },
		{ "REV_RATE", NF_ANNO_REV_RATE, 4 },
		{ "EXTRA_LENGTH", NF_ANNO_EXTRA_LENGTH, 4 },
		{ "PACKET_NUMBER", NF_ANNO_PACKET_NUMBER, 4 },
		{ "FIRST_TIMESTAMP", NF_ANNO_FIRST_TIME, 8 },
	};
	const char *s = nf_args_take(a, key, how);
	uint64_t off;

	if (s == NULL)
		return false;
	for (unsigned i = 0; i < UK_ARRAY_SIZE(names); i++) {
		if (strcmp(s, names[i].name) != 0)
			continue;
		if (names[i].size != size) {
			nf_args_error(a, "%s: %s has %u bytes; annotations of %u are wanted", key,
				s, names[i].size, size);
			return false;
		}
		*at = names[i].at;
		return true;
	}
	if (nf_addr_u64(s, &off) != 0)
		return args_bad(a, key, s, "an annotation");
	if (off + size > NF_ANNO_BYTES || off > NF_ANNO_BYTES) {
		nf_args_error(a, "%s: too large; max %u", key, NF_ANNO_BYTES - size);
		return false;
	}
	*at = (uint8_t)off;
	return true;
}
