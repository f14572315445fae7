/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPClassifier(PATTERN_1, ..., PATTERN_N)
 *
 * Sends each IP packet to the output of the first pattern that it matches, pattern 1 to output 0. A
 * packet that matches none is dropped. Where the IP header is, CheckIPHeader or MarkIPHeader has
 * said. A pattern is "-", "any", "all" or "none", or it is made of tests:
 *
 *	[SD] host ADDRESS           SD: src, dst, "src or dst" (if it is not said), "src and dst"
 *	[SD] net ADDRESS/BITS       also "ADDRESS mask MASK"
 *	[SD] [tcp | udp] port PORT  by number or name; without a protocol: of either
 *	ip proto PROTO              by number or name
 *	ip vers, ip hl, ip tos, ip dscp, ip len, ip id, ip ttl NUMBER
 *	ip ect, ip ce               it may be marked for congestion, it is (RFC 3168)
 *	ip frag, ip unfrag          it is a fragment, it is none
 *	tcp opt FLAG                syn, fin, ack, rst, psh, urg
 *	tcp win NUMBER
 *	icmp type TYPE              by number or name
 *	ip[POS:LEN] NUMBER          LEN (1 to 4, default 1) bytes of the IP header from POS on, within
 *	                            one word
 *	transp[POS:LEN] NUMBER      the same of what follows the IP header; tcp[...] and so on: of that
 *	                            protocol only
 *	[SD] ether host ETHER       of the Ethernet header in front, if its place is known
 *	true, false
 *
 * Before the value may stand one of = == != and, of numbers, < > <= >=, and before that "& MASK". What
 * is clear from the value may be left out: "tcp", "www", "syn", "10.0.0.0/8", "unfrag" are tests. A test
 * without qualifiers has those of the test before it: "src port 80 or 81". Tests are joined by "and",
 * "or", "not", && || !, "A ? B : C" (with spaces), parentheses; "and" may be left out.
 *
 * Tests of ports, flags and other bytes behind the IP header hold for first fragments only. "port != 5"
 * holds for TCP and UDP packets; "not (port 5)" for all others, too. No test holds for a packet that
 * ends before the last byte that the test is about.
 *
 * Ports: 1 input, one output for each pattern. Push.
 * Handlers: program (r): the steps by which packets are told apart. pattern0, pattern1, ... (rw): the
 * patterns, the first 256; pattern (r with a number, w "NUMBER PATTERN"): all of them. A new one takes
 * effect at once.
 * Drops: no match.
 *
 *	... -> CheckIPHeader(14) -> c :: IPClassifier(dst tcp port www or https, icmp type echo, -)
 */
#include "nf-apps/element/classify/patterns.h"

static int ipclassifier_configure(struct nf_element *e, struct nf_args *a)
{
	return nf_patterns_configure(e, a, NF_PATTERNS_IP);
}

static int ipclassifier_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	return nf_patterns_each(e, p);
}

const struct nf_class nf_ipclassifier = {
	.name = "IPClassifier",
	.ports = "1/-",
	.processing = "h/h",
	.state_size = sizeof(struct nf_patterns),
	.configure = ipclassifier_configure,
	.cleanup = nf_patterns_cleanup,
	.push = nf_patterns_push,
	.each = ipclassifier_each,
	.each_name = "ipclassifier_each",
	.drops = (const char *const[]){ "no match", NULL },
	.handlers = nf_patterns_handlers,
	.own_handlers = nf_patterns_own_handlers,
	.write_c = nf_patterns_write_c,
};
