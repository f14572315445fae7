/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/element/ether/arpcache.h"

static struct nf_arpcache *arpcachehandlers_of(const struct nf_element *e)
{
	return ((const struct nf_arpcache_owner *)e->state)->cache;
}

static char *arpcachehandlers_ip(
	const struct nf_arpcache *c, const struct nf_arpcache_entry *x, char buf[NF_ADDR_IP6_LEN])
{
	struct nf_ip6 ip6;

	if (!c->is_ip6)
		return nf_addr_print_ip4((uint32_t)x->key.a, buf);
	memcpy(&ip6, &x->key, sizeof(ip6));
	return nf_addr_print_ip6(&ip6, buf);
}

static bool arpcachehandlers_key(
	const struct nf_element *e, const char *word, struct nf_arpcache_key *key)
{
	struct nf_ip6 ip6;
	uint32_t be_ip;

	if (arpcachehandlers_of(e)->is_ip6) {
		if (nf_args_info_ip6(e, word, &ip6) < 0)
			return false;
		*key = nf_arpcache_key6(&ip6);
		return true;
	}
	if (nf_args_info_ip4(e, word, &be_ip) < 0)
		return false;
	*key = nf_arpcache_key4(be_ip);
	return true;
}

/* One line for each, the oldest first: address, whether it is known, Ethernet address, age. */
int nf_arpcache_read_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_arpcache *c = arpcachehandlers_of(e);
	uint64_t now = nf_core_now_ns(e->core);

	for (const struct nf_arpcache_entry *x = c->oldest; x != NULL; x = x->newer) {
		char ip[NF_ADDR_IP6_LEN], eth[NF_ADDR_ETHER_LEN];
		uint64_t age = now > x->live_ns ? now - x->live_ns : 0;
		bool ok = x->is_known && (c->timeout_ns == 0 || age <= c->timeout_ns);

		nf_text_printf(out, "%s %d %s ", arpcachehandlers_ip(c, x, ip), ok,
			nf_addr_print_ether(x->eth, eth));
		nf_addr_print_time(age, out);
		nf_text_add(out, "\n", 1);
	}
	return 0;
}

int nf_arpcache_read_number(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_arpcache *c = arpcachehandlers_of(e);

	nf_text_printf(out, "%u", arg == NF_ARPCACHE_COUNT ? c->nb_entries : c->nb_packets);
	return 0;
}

int nf_arpcache_parse(const struct nf_element *e, const char *value, struct nf_arpcache_key *key,
	uint8_t eth[6], struct nf_errors *errs)
{
	char *words[2], *copy = NULL;
	int nb = nf_args_words(value, words, 2, &copy);
	bool ok = nb == 2 && arpcachehandlers_key(e, words[0], key) &&
		  nf_args_info_ether(e, words[1], eth) == 0;

	free(copy);
	return ok ? 0 : nf_errors_add(errs, NULL, "expected 'IP ETH'");
}

static int arpcachehandlers_told(int rc, struct nf_errors *errs)
{
	if (rc < 0)
		nf_errors_add(errs, NULL, "out of memory");
	return rc;
}

int nf_arpcache_write_insert(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_arpcache_key key = { 0, 0 };
	uint8_t eth[6];
	int rc = nf_arpcache_parse(e, value, &key, eth, errs);

	if (rc < 0)
		return rc;
	(void)nf_arpcache_insert(arpcachehandlers_of(e), key, eth, true, &rc);
	return arpcachehandlers_told(rc, errs);
}

/* The entry stays, as one that is not known. */
int nf_arpcache_write_delete(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	static const uint8_t nobody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	char *words[1], *copy = NULL;
	struct nf_arpcache_key key = { 0, 0 };
	int nb = nf_args_words(value, words, 1, &copy), rc = -EINVAL;

	if (nb == 1 && arpcachehandlers_key(e, words[0], &key))
		rc = 0;
	free(copy);
	if (rc < 0)
		return nf_errors_add(errs, NULL, "expected IP address");
	(void)nf_arpcache_insert(arpcachehandlers_of(e), key, nobody, true, &rc);
	return arpcachehandlers_told(rc, errs);
}

int nf_arpcache_write_clear(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	nf_arpcache_clear(arpcachehandlers_of(e));
	return 0;
}
