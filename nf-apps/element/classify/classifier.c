/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classifier(PATTERN_1, ..., PATTERN_N)
 *
 * Sends each packet to the output of the first pattern that it matches, pattern 1 to output 0. A
 * packet that matches none is dropped.
 *
 * A pattern is a list of clauses with spaces between them, all of which have to hold:
 *
 *	OFFSET/VALUE         the bytes from OFFSET (decimal) on are VALUE, in hexadecimal, two digits
 *	                     for each byte; "?" in place of a digit stands for any
 *	OFFSET/VALUE%MASK    the same, but only the bits of MASK, of as many digits, count
 *	!OFFSET/VALUE%MASK   they are not; a packet that ends before them passes
 *	-                    alone: every packet
 *
 * A clause does not hold for a packet that ends before the last byte that it is about.
 *
 * Ports: 1 input, one output for each pattern. Push.
 * Handlers: program (r): the steps by which packets are told apart. pattern0, pattern1, ... (rw): the
 * patterns, the first 256; pattern (r with a number, w "NUMBER PATTERN"): all of them. A new one takes
 * effect at once.
 * Drops: no match.
 *
 *	c :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -)
 *
 * has outputs for ARP requests, ARP replies, IP packets, and all other Ethernet frames.
 */
#include "nf-apps/element/classify/patterns.h"

static int classifier_configure(struct nf_element *e, struct nf_args *a)
{
	return nf_patterns_configure(e, a, NF_PATTERNS_HEX);
}

static int classifier_each(struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	return nf_patterns_each(e, p);
}

const struct nf_class nf_classifier = {
	.name = "Classifier",
	.ports = "1/-",
	.processing = "h/h",
	.state_size = sizeof(struct nf_patterns),
	.configure = classifier_configure,
	.cleanup = nf_patterns_cleanup,
	.push = nf_patterns_push,
	.each = classifier_each,
	.each_name = "classifier_each",
	.drops = (const char *const[]){ "no match", NULL },
	.handlers = nf_patterns_handlers,
	.own_handlers = nf_patterns_own_handlers,
	.write_c = nf_patterns_write_c,
};
