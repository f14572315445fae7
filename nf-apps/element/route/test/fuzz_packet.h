/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets out of a fuzzer's input: frames and packets of the protocols that routers have to do
 * with, made right as far as the input wants them to be. Few addresses, so that they meet.
 *
 * A packet: kind (bits 0-2: a frame with ARP, IPv6, IPv4 or a tag, an IPv6 packet, an IPv4 packet,
 * or bytes; bit 3: headers are marked; bit 7: long), how, the last bytes of its addresses, length,
 * bytes.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_ROUTE_TEST_FUZZ_PACKET_H
#define SLUICE_NF_APPS_ELEMENT_ROUTE_TEST_FUZZ_PACKET_H

#include "nf-apps/click/packet.h"

struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

/* 0 at the end of the input */
static inline uint8_t fuzz_in8(struct fuzz_input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

/* NULL: no buffer. */
struct uk_netbuf *fuzz_packet(struct fuzz_input *in, struct nf_packet_pools *pools);

#endif
