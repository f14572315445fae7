/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include "nf-apps/click/addr.h"
#include "nf-apps/element/ip/icmp4.h"

struct icmp4_name {
	const char *name;
	uint8_t value;
};

static const struct icmp4_name icmp4_types[] = {
	{ "echo", NF_ICMP4_ECHO },
	{ "echo-reply", NF_ICMP4_ECHO_REPLY },
	{ "inforeq", NF_ICMP4_INFO },
	{ "inforeq-reply", NF_ICMP4_INFO_REPLY },
	{ "maskreq", NF_ICMP4_MASK },
	{ "maskreq-reply", NF_ICMP4_MASK_REPLY },
	{ "parameterproblem", NF_ICMP4_PARAM_PROBLEM },
	{ "redirect", NF_ICMP4_REDIRECT },
	{ "routeradvert", NF_ICMP4_ROUTER_ADVERT },
	{ "routersolicit", NF_ICMP4_ROUTER_SOLICIT },
	{ "sourcequench", NF_ICMP4_SOURCE_QUENCH },
	{ "timeexceeded", NF_ICMP4_TIME_EXCEEDED },
	{ "timestamp", NF_ICMP4_TIMESTAMP },
	{ "timestamp-reply", NF_ICMP4_TIMESTAMP_REPLY },
	{ "unreachable", NF_ICMP4_UNREACHABLE },
	{ NULL, 0 },
};

/* RFC 792, RFC 1122 (3.2.2.1), RFC 1812 (5.2.7.1) */
static const struct icmp4_name icmp4_unreachable[] = {
	{ "net", 0 },
	{ "host", 1 },
	{ "protocol", 2 },
	{ "port", 3 },
	{ "needfrag", NF_ICMP4_CODE_NEEDFRAG },
	{ "srcroutefail", 5 },
	{ "netunknown", 6 },
	{ "hostunknown", 7 },
	{ "isolated", 8 },
	{ "netprohibited", 9 },
	{ "hostprohibited", 10 },
	{ "tosnet", 11 },
	{ "toshost", 12 },
	{ "filterprohibited", 13 },
	{ "hostprecedence", 14 },
	{ "precedencecutoff", 15 },
	{ NULL, 0 },
};

static const struct icmp4_name icmp4_redirect[] = {
	{ "net", 0 },
	{ "host", 1 },
	{ "tosnet", 2 },
	{ "toshost", 3 },
	{ NULL, 0 },
};

static const struct icmp4_name icmp4_time_exceeded[] = {
	{ "transit", 0 },
	{ "reassembly", 1 },
	{ NULL, 0 },
};

static const struct icmp4_name icmp4_param_problem[] = {
	{ "erroratptr", NF_ICMP4_CODE_ERROR_AT_PTR },
	{ "missingopt", 1 },
	{ "length", 2 },
	{ NULL, 0 },
};

static int icmp4_find(const struct icmp4_name *n, const char *s, uint8_t *value)
{
	uint64_t v;

	if (nf_addr_u64(s, &v) == 0) {
		*value = (uint8_t)v;
		return v <= UINT8_MAX ? 0 : -EINVAL;
	}
	for (; n != NULL && n->name != NULL; n++) {
		if (strcmp(n->name, s) == 0) {
			*value = n->value;
			return 0;
		}
	}
	return -EINVAL;
}

int nf_icmp4_type(const char *s, uint8_t *type)
{
	return icmp4_find(icmp4_types, s, type);
}

int nf_icmp4_code(const char *s, uint8_t type, uint8_t *code)
{
	switch (type) {
	case NF_ICMP4_UNREACHABLE:
		return icmp4_find(icmp4_unreachable, s, code);
	case NF_ICMP4_REDIRECT:
		return icmp4_find(icmp4_redirect, s, code);
	case NF_ICMP4_TIME_EXCEEDED:
		return icmp4_find(icmp4_time_exceeded, s, code);
	case NF_ICMP4_PARAM_PROBLEM:
		return icmp4_find(icmp4_param_problem, s, code);
	default:
		return icmp4_find(NULL, s, code);
	}
}
