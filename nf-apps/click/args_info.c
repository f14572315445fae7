/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/args.h"
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/click/router.h"

#define INFO_NAME_MAX   128
#define INFO_WORDS_MAX  32  /* of one entry of AddressInfo */
#define INFO_DEPTH_MAX  8   /* of names that stand for names */
#define INFO_BUDGET_MAX 256 /* names looked up for one word */

enum info_kind {
	INFO_IP4,
	INFO_IP4_PREFIX,
	INFO_IP6,
	INFO_IP6_PREFIX,
	INFO_ETHER,
	INFO_PORT_TCP,
	INFO_PORT_UDP,
	INFO_PORT,
};

/* One look-up: what for, and what was found. */
struct info_query {
	enum info_kind kind;
	unsigned depth, budget;
	uint32_t be, be_mask;
	struct nf_ip6 ip6;
	unsigned ip6_len;
	uint8_t ether[6];
	uint16_t port;
};

static bool info_word(const struct nf_element *e, const char *s, struct info_query *q);

/* "80", "80/tcp", as in PortInfo. */
static bool info_port(const char *s, struct info_query *q)
{
	const char *slash = strchr(s, '/');
	char buf[16];
	uint64_t port;

	if (slash != NULL) {
		bool tcp = strcmp(slash, "/tcp") == 0, udp = strcmp(slash, "/udp") == 0;

		if ((!tcp && !udp) || (q->kind == INFO_PORT_TCP && !tcp) ||
			(q->kind == INFO_PORT_UDP && !udp))
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
	q->port = (uint16_t)port;
	return true;
}

/* A prefix is an address too if it has a host part. */
static bool info_ip6_host(const struct nf_ip6 *v, unsigned len)
{
	for (unsigned bit = len; bit < 128; bit++) {
		if ((v->b[bit / 8] & 0x80 >> bit % 8) != 0)
			return true;
	}
	return len == 128;
}

/* A value in an entry of AddressInfo. */
static bool info_value(const struct nf_element *info, const char *s, struct info_query *q)
{
	struct info_query found = *q;
	bool ok;

	switch (q->kind) {
	case INFO_IP4:
		ok = nf_addr_ip4_prefix(s, &found.be, &found.be_mask) == 0 &&
		     (strchr(s, '/') == NULL || (found.be & ~found.be_mask) != 0);
		break;
	case INFO_IP4_PREFIX:
		ok = nf_addr_ip4_prefix(s, &found.be, &found.be_mask) == 0;
		break;
	case INFO_IP6:
		ok = nf_addr_ip6_prefix(s, &found.ip6, &found.ip6_len) == 0 &&
		     info_ip6_host(&found.ip6, found.ip6_len);
		break;
	case INFO_IP6_PREFIX:
		ok = nf_addr_ip6_prefix(s, &found.ip6, &found.ip6_len) == 0;
		break;
	case INFO_ETHER:
		ok = nf_addr_ether(s, found.ether) == 0;
		break;
	default:
		ok = info_port(s, &found);
		break;
	}
	if (!ok)
		ok = info_word(info, s, &found); /* a name */
	q->budget = found.budget;
	if (ok)
		*q = found;
	return ok;
}

/* One entry, "NAME VALUE...". The last value of the kind counts; a prefix before a bare address. */
static bool info_entry(
	const struct nf_element *info, const char *text, const char *name, struct info_query *q)
{
	char *words[INFO_WORDS_MAX], *copy;
	int nb = nf_args_words(text, words, INFO_WORDS_MAX, &copy);
	bool found = false, prefix = false;

	if (nb > 0 && strcmp(words[0], name) == 0) {
		for (int i = 1; i < nb; i++) {
			bool slash = strchr(words[i], '/') != NULL;

			if (prefix && !slash)
				continue;
			if (!info_value(info, words[i], q))
				continue;
			found = true;
			prefix =
				slash && (q->kind == INFO_IP4_PREFIX || q->kind == INFO_IP6_PREFIX);
		}
	}
	if (nb >= 0)
		free(copy);
	return found;
}

static bool info_element(const struct nf_element *info, const char *name, struct info_query *q)
{
	struct nf_errors errs = { 0 };
	struct nf_args a;
	bool found = false;

	if (nf_args_init(&a, info->args, NULL, NULL, &errs) == 0) {
		for (unsigned i = 0; i < a.nb; i++)
			found |= info_entry(info, a.v[i], name, q);
		nf_args_free(&a);
	}
	nf_errors_free(&errs);
	return found;
}

/* Length of the part of a name up to its last slash. */
static size_t info_scope(const char *name, size_t len)
{
	while (len > 0 && name[len - 1] != '/')
		len--;
	return len;
}

static bool info_find(const struct nf_element *e, const char *name, struct info_query *q)
{
	const char *class_name = q->kind >= INFO_PORT_TCP ? "PortInfo" : "AddressInfo";
	const struct nf_router *r = e->router;
	bool found = false;
	size_t scope;

	if (q->depth >= INFO_DEPTH_MAX || q->budget == 0)
		return false;
	q->budget--;
	q->depth++;
	scope = info_scope(e->name, strlen(e->name));
	for (;;) {
		for (uint32_t i = 0; i < r->nb_elements; i++) {
			const struct nf_element *o = r->elements[i];

			if (o != NULL && strcmp(o->class->name, class_name) == 0 &&
				info_scope(o->name, strlen(o->name)) == scope &&
				memcmp(o->name, e->name, scope) == 0)
				found |= info_element(o, name, q);
		}
		if (found || scope == 0)
			break;
		scope = info_scope(e->name, scope - 1);
	}
	q->depth--;
	return found;
}

/* The part of a "NAME:SUFFIX" before it, if the suffix says that kind. */
static bool info_suffix(const char *s, const char *suffix, char name[INFO_NAME_MAX])
{
	size_t len = strlen(s), n = strlen(suffix);

	if (len <= n || len - n >= INFO_NAME_MAX || strcmp(s + len - n, suffix) != 0)
		return false;
	memcpy(name, s, len - n);
	name[len - n] = 0;
	return true;
}

/* NAME:bcast, NAME:gw: addresses made of the name's prefix. */
static bool info_of_prefix(const struct nf_element *e, const char *s, struct info_query *q)
{
	struct info_query prefix = *q;
	char name[INFO_NAME_MAX];
	bool bcast = info_suffix(s, ":bcast", name);

	if (!bcast && !info_suffix(s, ":gw", name))
		return false;
	prefix.kind = INFO_IP4_PREFIX;
	if (!info_find(e, name, &prefix))
		return false;
	q->be = bcast ? prefix.be | ~prefix.be_mask
		      : (prefix.be & prefix.be_mask) | nf_inet_hton32(1);
	return true;
}

/* A name of any form. */
static bool info_word(const struct nf_element *e, const char *s, struct info_query *q)
{
	static const char *const suffixes[][3] = {
		[INFO_IP4] = { ":ip", ":ip4", NULL },
		[INFO_IP4_PREFIX] = { ":ipnet", ":ip4net", NULL },
		[INFO_IP6] = { ":ip6", NULL },
		[INFO_IP6_PREFIX] = { ":ip6net", NULL },
		[INFO_ETHER] = { ":eth", ":ethernet", NULL },
		[INFO_PORT] = { NULL },
	};
	char name[INFO_NAME_MAX];

	if (e == NULL || e->router == NULL || e->name == NULL)
		return false;
	if (strchr(s, ':') == NULL)
		return info_find(e, s, q);
	for (unsigned i = 0; suffixes[q->kind][i] != NULL; i++) {
		if (info_suffix(s, suffixes[q->kind][i], name))
			return info_find(e, name, q);
	}
	return q->kind == INFO_IP4 && info_of_prefix(e, s, q);
}

static bool info_ask(
	const struct nf_element *e, const char *s, enum info_kind kind, struct info_query *q)
{
	*q = (struct info_query){ .kind = kind, .budget = INFO_BUDGET_MAX };
	return info_word(e, s, q);
}

int nf_args_info_ip4(const struct nf_element *e, const char *s, uint32_t *be)
{
	struct info_query q;

	if (nf_addr_ip4(s, be) == 0)
		return 0;
	if (!info_ask(e, s, INFO_IP4, &q))
		return -EINVAL;
	*be = q.be;
	return 0;
}

/* "NAME/24" */
static bool info_slash(const struct nf_element *e, const char *s, struct info_query *q)
{
	const char *slash = strrchr(s, '/');
	char buf[INFO_NAME_MAX], addr[NF_ADDR_IP4_LEN];

	if (slash == NULL || (size_t)(slash - s) >= sizeof(buf) || strlen(slash) > NF_ADDR_IP4_LEN)
		return false;
	memcpy(buf, s, (size_t)(slash - s));
	buf[slash - s] = 0;
	if (!info_ask(e, buf, INFO_IP4, q))
		return false;
	snprintf(buf, sizeof(buf), "%s%s", nf_addr_print_ip4(q->be, addr), slash);
	return nf_addr_ip4_prefix(buf, &q->be, &q->be_mask) == 0;
}

int nf_args_info_ip4_prefix(
	const struct nf_element *e, const char *s, uint32_t *be, uint32_t *be_mask)
{
	struct info_query q;

	if (nf_addr_ip4_prefix(s, be, be_mask) == 0)
		return 0;
	if (!info_ask(e, s, INFO_IP4_PREFIX, &q) && !info_slash(e, s, &q))
		return -EINVAL;
	*be = q.be;
	*be_mask = q.be_mask;
	return 0;
}

int nf_args_info_ip6(const struct nf_element *e, const char *s, struct nf_ip6 *v)
{
	struct info_query q;

	if (nf_addr_ip6(s, v) == 0)
		return 0;
	if (!info_ask(e, s, INFO_IP6, &q))
		return -EINVAL;
	*v = q.ip6;
	return 0;
}

int nf_args_info_ip6_prefix(
	const struct nf_element *e, const char *s, struct nf_ip6 *v, unsigned *len)
{
	struct info_query q;

	if (nf_addr_ip6_prefix(s, v, len) == 0)
		return 0;
	if (!info_ask(e, s, INFO_IP6_PREFIX, &q))
		return -EINVAL;
	*v = q.ip6;
	*len = q.ip6_len;
	return 0;
}

int nf_args_info_ether(const struct nf_element *e, const char *s, uint8_t v[6])
{
	struct info_query q;

	if (nf_addr_ether(s, v) == 0)
		return 0;
	if (!info_ask(e, s, INFO_ETHER, &q))
		return -EINVAL;
	memcpy(v, q.ether, 6);
	return 0;
}

int nf_args_info_port(const struct nf_element *e, const char *s, unsigned ip_proto, uint16_t *port)
{
	enum info_kind kind = ip_proto == NF_IP_TCP   ? INFO_PORT_TCP
			      : ip_proto == NF_IP_UDP ? INFO_PORT_UDP
						      : INFO_PORT;
	struct info_query q;
	uint64_t n;
	int rc = nf_addr_u64(s, &n);

	if (rc == -ERANGE || (rc == 0 && n > UINT16_MAX))
		return -ERANGE;
	if (rc == 0) {
		*port = (uint16_t)n;
		return 0;
	}
	if (!info_ask(e, s, kind, &q))
		return nf_addr_service(s, ip_proto, port);
	*port = q.port;
	return 0;
}
