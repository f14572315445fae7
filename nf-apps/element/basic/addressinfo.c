/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AddressInfo(NAME ADDRESS [ADDRESS...], ...)
 *
 * Gives names to addresses; arguments of other elements may then use the names. A name may stand
 * for one address of each kind; where it is used says which is meant, or a suffix does: NAME:ip,
 * NAME:ipnet, NAME:ip6, NAME:ip6net, NAME:eth. Of a network, NAME:bcast is the broadcast address
 * and NAME:gw the first host. Names hold in the compound element where the AddressInfo stands, and
 * in those inside of it.
 *
 *	ADDRESS  1.2.3.4, 1.2.3.0/24 (a network), 1.2.3.4/24 (both), 2001:db8::1, 2001:db8::/32,
 *	         00:1b:21:01:02:03, or another name
 *
 * No ports. What finds the names is nf_args_info_ip4 and its like.
 *
 *	AddressInfo(me 10.0.0.1/8 00:1b:21:01:02:03); ... -> ARPResponder(me) -> ...
 */
#include <stdlib.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/element.h"

#define ADDRESSINFO_WORDS_MAX 32

static bool addressinfo_is_address(const struct nf_element *e, const char *s)
{
	uint8_t ether[6];
	struct nf_ip6 ip6;
	uint32_t be, mask;
	unsigned len;

	return nf_args_info_ip4_prefix(e, s, &be, &mask) == 0 || nf_args_info_ip4(e, s, &be) == 0 ||
	       nf_args_info_ip6_prefix(e, s, &ip6, &len) == 0 ||
	       nf_args_info_ip6(e, s, &ip6) == 0 || nf_args_info_ether(e, s, ether) == 0;
}

static void addressinfo_entry(struct nf_element *e, struct nf_args *a, const char *text)
{
	char *words[ADDRESSINFO_WORDS_MAX], *copy;
	int nb = nf_args_words(text, words, ADDRESSINFO_WORDS_MAX, &copy);

	if (nb == 0) { /* empty arguments are fine */
		free(copy);
		return;
	}
	if (nb < 0) {
		nf_args_error(a, "'%.40s...': too many addresses", text);
		return;
	}
	if (nb == 1)
		nf_args_error(a, "'%.40s': expected 'NAME ADDRESS...'", text);
	for (int i = 1; i < nb; i++) {
		if (!addressinfo_is_address(e, words[i]))
			nf_args_error(a, "'%.40s' is not an address", words[i]);
	}
	free(copy);
}

static int addressinfo_configure(struct nf_element *e, struct nf_args *a)
{
	const char *text;

	while ((text = nf_args_next(a)) != NULL)
		addressinfo_entry(e, a, text);
	return nf_args_end(a);
}

const struct nf_class nf_addressinfo = {
	.name = "AddressInfo",
	.ports = "0/0",
	.processing = "a/a",
	.configure = addressinfo_configure,
	.phase = -1,
};
