/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses, ports and protocols as arguments. */
#include <errno.h>
#include <string.h>
#include "nf-apps/click/args.h"
#include "nf-apps/click/args_info.h"

#define ARGS_ADDR_SHOWN 40

static bool args_addr_end(
	struct nf_args *a, const char *key, const char *s, int rc, const char *what)
{
	if (rc == 0)
		return true;
	if (rc == -ERANGE)
		nf_args_error(a, "%s: too large; max 65535", key);
	else
		nf_args_error(a, "%s: '%.*s%s' is not %s", key, ARGS_ADDR_SHOWN, s,
			strlen(s) > ARGS_ADDR_SHOWN ? "..." : "", what);
	return false;
}

bool nf_args_ip4(struct nf_args *a, const char *key, unsigned how, uint32_t *be_addr)
{
	const char *s = nf_args_take(a, key, how);

	return s != NULL &&
	       args_addr_end(a, key, s, nf_args_info_ip4(a->e, s, be_addr), "an IP address");
}

bool nf_args_ip4_prefix(
	struct nf_args *a, const char *key, unsigned how, uint32_t *be_addr, uint32_t *be_mask)
{
	const char *s = nf_args_take(a, key, how);

	return s != NULL &&
	       args_addr_end(a, key, s, nf_args_info_ip4_prefix(a->e, s, be_addr, be_mask),
		       "an IP prefix");
}

bool nf_args_ip6(struct nf_args *a, const char *key, unsigned how, struct nf_ip6 *addr)
{
	const char *s = nf_args_take(a, key, how);

	return s != NULL &&
	       args_addr_end(a, key, s, nf_args_info_ip6(a->e, s, addr), "an IPv6 address");
}

bool nf_args_ip6_prefix(
	struct nf_args *a, const char *key, unsigned how, struct nf_ip6 *addr, unsigned *len)
{
	const char *s = nf_args_take(a, key, how);

	return s != NULL && args_addr_end(a, key, s, nf_args_info_ip6_prefix(a->e, s, addr, len),
				    "an IPv6 prefix");
}

bool nf_args_ether(struct nf_args *a, const char *key, unsigned how, uint8_t addr[6])
{
	const char *s = nf_args_take(a, key, how);

	return s != NULL &&
	       args_addr_end(a, key, s, nf_args_info_ether(a->e, s, addr), "an Ethernet address");
}

bool nf_args_port(struct nf_args *a, const char *key, unsigned how, unsigned ip_proto, uint16_t *v)
{
	const char *s = nf_args_take(a, key, how);

	return s != NULL &&
	       args_addr_end(a, key, s, nf_args_info_port(a->e, s, ip_proto, v), "a port");
}

bool nf_args_ip_proto(struct nf_args *a, const char *key, unsigned how, uint8_t *v)
{
	const char *s = nf_args_take(a, key, how);

	return s != NULL && args_addr_end(a, key, s, nf_addr_ip_proto(s, v), "an IP protocol");
}
