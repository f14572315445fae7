/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPFilter(ACTION_1 PATTERN_1, ..., ACTION_N PATTERN_N)
 *
 * Does with each IP packet what the first rule says whose pattern it matches. Patterns are those of
 * IPClassifier (see there). A packet that matches none is dropped. Where the IP header is, CheckIPHeader
 * or MarkIPHeader has said. Any number of rules costs about the same per packet.
 *
 *	allow, or the number of an output  sends it there; allow: output 0
 *	deny, drop                         drops it
 *
 * Ports: 1 input, any number of outputs. Push.
 * Handlers: program (r): the steps by which packets are told apart; of long lists, before they are made
 * shorter. pattern0, pattern1, ... (rw): the rules, the first 256; pattern (r with a number, w "NUMBER
 * RULE"): all of them. A new one takes effect at once.
 * Drops: denied.
 *
 *	... -> CheckIPHeader(14)
 *	    -> IPFilter(deny src 10.0.0.0/8, allow dst tcp port 80 or 443, allow src tcp port 80 && ack,
 *	                deny all)
 *	    -> ...
 */
#include "nf-apps/element/classify/patterns.h"

static int ipfilter_configure(struct nf_element *e, struct nf_args *a)
{
	return nf_patterns_configure(e, a, NF_PATTERNS_ACTION);
}

static int ipfilter_each(struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	return nf_patterns_each(e, p);
}

const struct nf_class nf_ipfilter = {
	.name = "IPFilter",
	.ports = "1/-",
	.processing = "h/h",
	.state_size = sizeof(struct nf_patterns),
	.configure = ipfilter_configure,
	.cleanup = nf_patterns_cleanup,
	.push = nf_patterns_push,
	.each = ipfilter_each,
	.each_name = "ipfilter_each",
	.drops = (const char *const[]){ "denied", NULL },
	.handlers = nf_patterns_handlers,
	.own_handlers = nf_patterns_own_handlers,
	.write_c = nf_patterns_write_c,
};
