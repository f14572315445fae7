/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small sets of IPv4 addresses from arguments (BADSRC, GOODDST, BADADDRS, ...): read at configure
 * time, looked up on the packet path. Owner: the element's state; nf_iplist_free in cleanup.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP_IPLIST_H
#define SLUICE_NF_APPS_ELEMENT_IP_IPLIST_H

#include "nf-apps/click/args.h"

#define NF_IPLIST_MAX 4096u /* addresses */
#define NF_IPLIST_FEW 8u    /* up to so many are compared at once */

/* Four addresses in a register of SSE2, which every x86-64 has. */
typedef uint32_t nf_iplist_four __attribute__((vector_size(16)));

/* All zero: empty. */
struct nf_iplist {
	nf_iplist_four few[2]; /* the first ones; the places that are left repeat the last */
	uint32_t *v;           /* all: network order, sorted as numbers, each once */
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

/* Of any size. */
bool nf_iplist_has_any(const struct nf_iplist *l, uint32_t be_addr);

/* Cost: none or some eight instructions; a search if there are more than NF_IPLIST_FEW. */
UK_INLINE bool nf_iplist_has(const struct nf_iplist *l, uint32_t be_addr)
{
	nf_iplist_four a = { be_addr, be_addr, be_addr, be_addr };
	typedef char bytes __attribute__((vector_size(16)));

	if (UK_UNLIKELY(l->nb - 1 >= NF_IPLIST_FEW)) /* also: none */
		return nf_iplist_has_any(l, be_addr);
	return __builtin_ia32_pmovmskb128((bytes)((l->few[0] == a) | (l->few[1] == a))) != 0;
}

#endif
