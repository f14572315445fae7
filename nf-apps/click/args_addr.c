/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses and ports as arguments, and the names that AddressInfo and PortInfo elements give them.
 * A name holds in the compound element where its AddressInfo stands and in those inside of it; the
 * innermost one counts. Configurations are read once, so names are looked up in the elements'
 * texts.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/click/router.h"

#define ARGS_NAME_MAX  128
#define ARGS_WORDS_MAX 16 /* of one entry of AddressInfo */
#define ARGS_SHOWN     40

enum args_kind {
	ARGS_IP4,
	ARGS_IP4_PREFIX,
	ARGS_IP6,
	ARGS_IP6_PREFIX,
	ARGS_ETHER,
	ARGS_PORT_TCP,
	ARGS_PORT_UDP,
	ARGS_PORT,
};

struct args_value {
	uint32_t be, be_mask;
	struct nf_ip6 ip6;
	unsigned len;
	uint8_t ether[6];
	uint16_t port;
};

/* "80", "80/tcp", as in PortInfo. */
static bool args_port_value(const char *s, enum args_kind kind, struct args_value *v)
{
	const char *slash = strchr(s, '/');
	char buf[16];
	uint64_t port;

	if (slash != NULL) {
		bool tcp = strcmp(slash, "/tcp") == 0, udp = strcmp(slash, "/udp") == 0;

		if ((!tcp && !udp) || (kind == ARGS_PORT_TCP && !tcp) ||
			(kind == ARGS_PORT_UDP && !udp))
			return false;
	} else {
		slash = s + strlen(s);
	}
	if ((size_t)(slash - s) >= sizeof(buf))
		return false;
	memcpy(buf, s, (size_t)(slash - s));
	buf[slash - s] = 0;
	if (nf_addr_u64(buf, &port) != 0 || port > UINT16_MAX)
		return false;
	v->port = (uint16_t)port;
	return true;
}

/* What this word is, if it is of that kind. A prefix is an address too. */
static bool args_value(const char *s, enum args_kind kind, struct args_value *v)
{
	switch (kind) {
	case ARGS_IP4:
	case ARGS_IP4_PREFIX:
		return nf_addr_ip4_prefix(s, &v->be, &v->be_mask) == 0;
	case ARGS_IP6:
	case ARGS_IP6_PREFIX:
		return nf_addr_ip6_prefix(s, &v->ip6, &v->len) == 0;
	case ARGS_ETHER:
		return nf_addr_ether(s, v->ether) == 0;
	default:
		return args_port_value(s, kind, v);
	}
}

/* One entry, "NAME VALUE...". */
static bool args_entry(
	const char *text, const char *name, enum args_kind kind, struct args_value *v)
{
	char *words[ARGS_WORDS_MAX], *copy;
	int nb = nf_args_words(text, words, ARGS_WORDS_MAX, &copy);
	bool found = false;

	if (nb > 0 && strcmp(words[0], name) == 0) {
		for (int i = 1; i < nb && !found; i++)
			found = args_value(words[i], kind, v);
	}
	if (nb >= 0)
		free(copy);
	return found;
}

static bool args_info(
	const struct nf_element *info, const char *name, enum args_kind kind, struct args_value *v)
{
	struct nf_errors errs = { 0 };
	struct nf_args a;
	bool found = false;

	if (nf_args_init(&a, info->args, NULL, NULL, &errs) == 0) {
		for (unsigned i = 0; i < a.nb && !found; i++)
			found = args_entry(a.v[i], name, kind, v);
		nf_args_free(&a);
	}
	nf_errors_free(&errs);
	return found;
}

/* Length of the part of a name up to its last slash. */
static size_t args_scope(const char *name, size_t len)
{
	while (len > 0 && name[len - 1] != '/')
		len--;
	return len;
}

static bool args_find(
	const struct nf_element *e, const char *name, enum args_kind kind, struct args_value *v)
{
	const char *class_name = kind >= ARGS_PORT_TCP ? "PortInfo" : "AddressInfo";
	const struct nf_router *r;
	size_t scope;

	if (e == NULL || e->router == NULL || e->name == NULL)
		return false;
	r = e->router;
	scope = args_scope(e->name, strlen(e->name));
	for (;;) {
		for (uint32_t i = 0; i < r->nb_elements; i++) {
			const struct nf_element *o = r->elements[i];

			if (o == NULL || strcmp(o->class->name, class_name) != 0)
				continue;
			if (args_scope(o->name, strlen(o->name)) == scope &&
				memcmp(o->name, e->name, scope) == 0 && args_info(o, name, kind, v))
				return true;
		}
		if (scope == 0)
			return false;
		scope = args_scope(e->name, scope - 1);
	}
}

/* The name, without ":ip" and the like, which say what is wanted of a name with several values. */
static bool args_name(
	const struct nf_args *a, const char *s, enum args_kind kind, struct args_value *v)
{
	static const char *const suffixes[][4] = {
		[ARGS_IP4] = { ":ip", ":ip4" },
		[ARGS_IP4_PREFIX] = { ":ipnet", ":ip4net" },
		[ARGS_IP6] = { ":ip6" },
		[ARGS_IP6_PREFIX] = { ":ip6net" },
		[ARGS_ETHER] = { ":eth", ":ethernet" },
		[ARGS_PORT] = { NULL },
	};
	size_t len = strlen(s);
	char name[ARGS_NAME_MAX];

	if (len == 0 || len >= sizeof(name))
		return false;
	memcpy(name, s, len + 1);
	for (unsigned i = 0; suffixes[kind][i] != NULL; i++) {
		size_t n = strlen(suffixes[kind][i]);

		if (len > n && strcmp(s + len - n, suffixes[kind][i]) == 0) {
			name[len - n] = 0;
			break;
		}
	}
	return args_find(a->e, name, kind, v);
}

static bool args_bad_addr(struct nf_args *a, const char *key, const char *s, const char *what)
{
	nf_args_error(a, "%s: '%.*s%s' is not %s", key, ARGS_SHOWN, s,
		strlen(s) > ARGS_SHOWN ? "..." : "", what);
	return false;
}

bool nf_args_ip4(struct nf_args *a, const char *key, unsigned how, uint32_t *be_addr)
{
	const char *s = nf_args_take(a, key, how);
	struct args_value v;

	if (s == NULL)
		return false;
	if (nf_addr_ip4(s, be_addr) == 0)
		return true;
	if (!args_name(a, s, ARGS_IP4, &v))
		return args_bad_addr(a, key, s, "an IP address");
	*be_addr = v.be;
	return true;
}

/* "NAME/24" */
static bool args_name_slash(const struct nf_args *a, const char *s, struct args_value *v)
{
	const char *slash = strrchr(s, '/');
	char buf[ARGS_NAME_MAX], addr[NF_ADDR_IP4_LEN];

	if (slash == NULL || (size_t)(slash - s) >= sizeof(buf))
		return false;
	memcpy(buf, s, (size_t)(slash - s));
	buf[slash - s] = 0;
	if (!args_name(a, buf, ARGS_IP4, v) || strlen(slash) > NF_ADDR_IP4_LEN)
		return false;
	snprintf(buf, sizeof(buf), "%s%s", nf_addr_print_ip4(v->be, addr), slash);
	return nf_addr_ip4_prefix(buf, &v->be, &v->be_mask) == 0;
}

bool nf_args_ip4_prefix(
	struct nf_args *a, const char *key, unsigned how, uint32_t *be_addr, uint32_t *be_mask)
{
	const char *s = nf_args_take(a, key, how);
	struct args_value v;

	if (s == NULL)
		return false;
	if (nf_addr_ip4_prefix(s, be_addr, be_mask) == 0)
		return true;
	if (!args_name(a, s, ARGS_IP4_PREFIX, &v) && !args_name_slash(a, s, &v))
		return args_bad_addr(a, key, s, "an IP prefix");
	*be_addr = v.be;
	*be_mask = v.be_mask;
	return true;
}

bool nf_args_ip6(struct nf_args *a, const char *key, unsigned how, struct nf_ip6 *addr)
{
	const char *s = nf_args_take(a, key, how);
	struct args_value v;

	if (s == NULL)
		return false;
	if (nf_addr_ip6(s, addr) == 0)
		return true;
	if (!args_name(a, s, ARGS_IP6, &v))
		return args_bad_addr(a, key, s, "an IPv6 address");
	*addr = v.ip6;
	return true;
}

bool nf_args_ip6_prefix(
	struct nf_args *a, const char *key, unsigned how, struct nf_ip6 *addr, unsigned *len)
{
	const char *s = nf_args_take(a, key, how);
	struct args_value v;

	if (s == NULL)
		return false;
	if (nf_addr_ip6_prefix(s, addr, len) == 0)
		return true;
	if (!args_name(a, s, ARGS_IP6_PREFIX, &v))
		return args_bad_addr(a, key, s, "an IPv6 prefix");
	*addr = v.ip6;
	*len = v.len;
	return true;
}

bool nf_args_ether(struct nf_args *a, const char *key, unsigned how, uint8_t addr[6])
{
	const char *s = nf_args_take(a, key, how);
	struct args_value v;

	if (s == NULL)
		return false;
	if (nf_addr_ether(s, addr) == 0)
		return true;
	if (!args_name(a, s, ARGS_ETHER, &v))
		return args_bad_addr(a, key, s, "an Ethernet address");
	memcpy(addr, v.ether, 6);
	return true;
}

bool nf_args_port(
	struct nf_args *a, const char *key, unsigned how, unsigned ip_proto, uint16_t *port)
{
	enum args_kind kind = ip_proto == NF_IP_TCP   ? ARGS_PORT_TCP
			      : ip_proto == NF_IP_UDP ? ARGS_PORT_UDP
						      : ARGS_PORT;
	const char *s = nf_args_take(a, key, how);
	struct args_value v;
	uint64_t n;
	int rc;

	if (s == NULL)
		return false;
	rc = nf_addr_u64(s, &n);
	if (rc == -ERANGE || (rc == 0 && n > UINT16_MAX)) {
		nf_args_error(a, "%s: too large; max 65535", key);
		return false;
	}
	if (rc == 0) {
		*port = (uint16_t)n;
		return true;
	}
	if (args_find(a->e, s, kind, &v)) {
		*port = v.port;
		return true;
	}
	return nf_addr_service(s, ip_proto, port) == 0 || args_bad_addr(a, key, s, "a port");
}

bool nf_args_ip_proto(struct nf_args *a, const char *key, unsigned how, uint8_t *v)
{
	const char *s = nf_args_take(a, key, how);

	if (s == NULL)
		return false;
	return nf_addr_ip_proto(s, v) == 0 || args_bad_addr(a, key, s, "an IP protocol");
}
