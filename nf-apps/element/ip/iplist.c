/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/ip/iplist.h"

/* How many are less than `addr`: its place. */
static uint32_t iplist_place(const struct nf_iplist *l, uint32_t addr)
{
	uint32_t lo = 0, hi = l->nb;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (l->v[mid] < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool nf_iplist_has_any(const struct nf_iplist *l, uint32_t be_addr)
{
	uint32_t at = iplist_place(l, be_addr);

	return at < l->nb && l->v[at] == be_addr;
}

int nf_iplist_add(struct nf_iplist *l, uint32_t be_addr)
{
	uint32_t at = iplist_place(l, be_addr);
	uint32_t *v;

	if (at < l->nb && l->v[at] == be_addr)
		return 0;
	if (l->nb == NF_IPLIST_MAX)
		return -E2BIG;
	v = realloc(l->v, (l->nb + 1) * sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	memmove(v + at + 1, v + at, (l->nb - at) * sizeof(*v));
	v[at] = be_addr;
	l->v = v;
	l->nb++;
	for (uint32_t i = 0; i < NF_IPLIST_FEW; i++)
		l->few[i / 4][i % 4] = v[i < l->nb ? i : l->nb - 1];
	return 0;
}

void nf_iplist_free(struct nf_iplist *l)
{
	free(l->v);
	*l = (struct nf_iplist){ .v = NULL };
}

/* A single address or prefix out of one word, by the argument reader. */
static bool iplist_word(const struct nf_args *a, const char *word, uint32_t *addr, uint32_t *mask)
{
	struct nf_errors quiet = { 0 };
	struct nf_args one;
	bool found = false;

	if (nf_args_init(&one, word, a->e, a->where, &quiet) == 0) {
		found = mask != NULL ? nf_args_ip4_prefix(
					       &one, "ADDR", NF_ARGS_POS | NF_ARGS_MUST, addr, mask)
				     : nf_args_ip4(&one, "ADDR", NF_ARGS_POS | NF_ARGS_MUST, addr);
		found = nf_args_end(&one) == 0 && found;
	}
	nf_errors_free(&quiet);
	return found;
}

bool nf_iplist_word(const struct nf_args *a, const char *word, uint32_t *be_addr)
{
	return iplist_word(a, word, be_addr, NULL);
}

static void iplist_put(struct nf_iplist *l, struct nf_args *a, const char *key, uint32_t addr)
{
	int rc = nf_iplist_add(l, addr);

	if (rc == -E2BIG)
		nf_args_error(a, "%s: more than %u addresses", key, NF_IPLIST_MAX);
	else if (rc < 0)
		nf_args_error(a, "%s: out of memory", key);
}

/* Every word of `text`; `good` is for INTERFACES only. */
static void iplist_words(struct nf_iplist *l, struct nf_iplist *good, struct nf_args *a,
	const char *key, const char *text)
{
	char **words = calloc(NF_IPLIST_MAX, sizeof(*words)), *copy = NULL;
	int nb = words != NULL ? nf_args_words(text, words, NF_IPLIST_MAX, &copy) : -ENOMEM;
	uint32_t addr = 0, mask = 0;

	if (nb < 0)
		nf_args_error(a, "%s: %s", key, nb == -E2BIG ? "too many words" : "out of memory");
	for (int i = 0; i < nb; i++) {
		if (!iplist_word(a, words[i], &addr, good != NULL ? &mask : NULL)) {
			nf_args_error(a, "%s: '%s' is not an IP address%s", key, words[i],
				good != NULL ? " with a prefix" : "");
			break;
		}
		if (good == NULL) {
			iplist_put(l, a, key, addr);
			continue;
		}
		iplist_put(good, a, key, addr);
		/* on a link of two there is no broadcast, and its place is the peer's: RFC 3021 */
		if (__builtin_bswap32(mask) != 0xfffffffeu)
			iplist_put(l, a, key, addr | ~mask);
	}
	free(copy);
	free(words);
}

void nf_iplist_parse(struct nf_iplist *l, struct nf_args *a, const char *key, const char *text)
{
	iplist_words(l, NULL, a, key, text);
}

bool nf_iplist_args(struct nf_iplist *l, struct nf_args *a, const char *key, unsigned how)
{
	const char *text;

	if (!nf_args_raw(a, key, how, &text))
		return false;
	iplist_words(l, NULL, a, key, text);
	return true;
}

bool nf_iplist_args_interfaces(
	struct nf_iplist *bad, struct nf_iplist *good, struct nf_args *a, const char *key)
{
	const char *text;

	if (!nf_args_raw(a, key, 0, &text))
		return false;
	iplist_words(bad, good, a, key, text);
	iplist_put(bad, a, key, 0);
	iplist_put(bad, a, key, UINT32_MAX);
	return true;
}
