/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PortInfo(NAME PORT[/PROTO], ...)
 *
 * Gives names to TCP and UDP ports, as AddressInfo does to addresses.
 *
 *	PORT   0 to 65535, or the name of another one
 *	PROTO  tcp or udp. Default: both
 *
 * No ports. What finds the names is nf_args_info_port.
 *
 *	PortInfo(game 27015/udp, admin 8081); ... -> IPClassifier(dst udp port game, -) -> ...
 */
#include <stdlib.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/element.h"
#include "nf-apps/click/inet.h"

static void portinfo_entry(struct nf_element *e, struct nf_args *a, const char *text)
{
	char *words[2], *copy = NULL, *slash;
	unsigned proto = 0;
	uint16_t port;
	int nb = nf_args_words(text, words, 2, &copy);

	if (nb == 2) {
		slash = strchr(words[1], '/');
		if (slash != NULL) {
			*slash = 0;
			proto = strcmp(slash + 1, "tcp") == 0   ? NF_IP_TCP
				: strcmp(slash + 1, "udp") == 0 ? NF_IP_UDP
								: 256;
		}
		if (proto == 256)
			nf_args_error(a, "'%.40s': the protocol is tcp or udp", text);
		else if (nf_args_info_port(e, words[1], proto, &port) != 0)
			nf_args_error(a, "'%.40s' is not a port", words[1]);
	} else if (nb != 0) {
		nf_args_error(a, "'%.40s': expected 'NAME PORT[/PROTO]'", text);
	}
	free(copy);
}

static int portinfo_configure(struct nf_element *e, struct nf_args *a)
{
	const char *text;

	while ((text = nf_args_next(a)) != NULL)
		portinfo_entry(e, a, text);
	return nf_args_end(a);
}

const struct nf_class nf_portinfo = {
	.name = "PortInfo",
	.ports = "0/0",
	.processing = "a/a",
	.configure = portinfo_configure,
	.phase = -1,
};
