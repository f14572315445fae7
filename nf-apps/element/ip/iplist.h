/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small sets of IPv4 addresses from arguments (BADSRC, GOODDST, BADADDRS, ...): read at configure
 * time, looked up on the packet path. Owner: the element's state; nf_iplist_free in cleanup.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP_IPLIST_H
#define SLUICE_NF_APPS_ELEMENT_IP_IPLIST_H

#include "nf-apps/click/args.h"

#define NF_IPLIST_MAX   4096u /* addresses */
#define NF_IPLIST_SMALL 8u    /* up to so many are compared one by one */

/* All zero: empty. */
struct nf_iplist {
	uint32_t *v; /* network order, sorted as numbers, each once */
	uint32_t nb;
};

/* Adds one. -ENOMEM, -E2BIG. */
int nf_iplist_add(struct nf_iplist *l, uint32_t be_addr) UK_MUST_USE;
void nf_iplist_free(struct nf_iplist *l);

/* Adds the addresses of `text`, separated by spaces; errors go to `a`, named after `key`. */
void nf_iplist_parse(struct nf_iplist *l, struct nf_args *a, const char *key, const char *text);

/* The argument `key`. True if it was there. */
bool nf_iplist_args(struct nf_iplist *l, struct nf_args *a, const char *key, unsigned how);

/* INTERFACES: addresses with prefixes. To `bad`: their broadcast addresses, 0.0.0.0 and
 * 255.255.255.255; to `good`: the addresses. True if it was there. */
bool nf_iplist_args_interfaces(
	struct nf_iplist *bad, struct nf_iplist *good, struct nf_args *a, const char *key);

/* One address that is an argument's text (AddressInfo's names are known). False: it is none. */
bool nf_iplist_word(const struct nf_args *a, const char *word, uint32_t *be_addr);

bool nf_iplist_has_large(const struct nf_iplist *l, uint32_t be_addr);

UK_INLINE bool nf_iplist_has(const struct nf_iplist *l, uint32_t be_addr)
{
	bool found = false;

	if (UK_UNLIKELY(l->nb > NF_IPLIST_SMALL))
		return nf_iplist_has_large(l, be_addr);
	for (uint32_t i = 0; i < l->nb; i++)
		found |= l->v[i] == be_addr;
	return found;
}

#endif
