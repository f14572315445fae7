/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EtherMirror()
 *
 * Swaps the source and the destination address of Ethernet frames.
 *
 * Ports: 1 input, 1 output; push or pull.
 * Drops: too short (no two addresses in it).
 *
 *	FromDevice(0) -> EtherMirror -> ToDevice(0);
 */
#include "nf-apps/element/ether/etherfield.h"

enum { ETHERMIRROR_SHORT };

/* Both addresses are 12 bytes: the first word holds all of one and the begin of the other. */
static inline int ethermirror_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	uint64_t head;
	uint32_t tail;

	if (UK_UNLIKELY(p->len < 12))
		return NF_DROP(ETHERMIRROR_SHORT);
	memcpy(&head, p->data, 8);
	memcpy(&tail, p->data + 8, 4);
	uint64_t new_head = head >> 48 | (uint64_t)tail << 16 | head << 48;
	uint32_t new_tail = (uint32_t)(head >> 16);

	memcpy(p->data, &new_head, 8);
	memcpy(p->data + 8, &new_tail, 4);
	return 0;
}

NF_EACH_DEFINE(ethermirror)

const struct nf_class nf_ethermirror = {
	.name = "EtherMirror",
	.ports = "1/1",
	.processing = "a/a",
	NF_EACH(ethermirror),
	.drops = (const char *const[]){ "too short", NULL },
};
