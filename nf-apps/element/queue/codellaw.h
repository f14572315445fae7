/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Controlled Delay (RFC 8289) in whole numbers, packet by packet: the caller takes packets from the
 * queue one after the other and asks for each whether it is to be dropped, until one is not; or
 * says that the queue is empty. Pure: times come from the caller. Life: zeros and target, interval
 * -> packet, empty. Units: ns.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_QUEUE_CODELLAW_H
#define SLUICE_NF_APPS_ELEMENT_QUEUE_CODELLAW_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

#define NF_CODELLAW_INTERVAL_MAX (100ull * 1000000000)

/* What was done with the packet before, while one that may go is looked for. */
enum nf_codellaw_step { NF_CODELLAW_FRESH, NF_CODELLAW_ENTERED, NF_CODELLAW_DROPPED };

struct nf_codellaw {
	uint64_t target_ns, interval_ns; /* interval at most NF_CODELLAW_INTERVAL_MAX */
	uint64_t first_above_ns; /* since then + interval the delay is too long; 0: it is not */
	uint64_t drop_next_ns;
	uint32_t count,
		last_count; /* drops since it began to drop; at the end of the time before */
	bool dropping;
	enum nf_codellaw_step step;
};

/* `delay_ns`: how long the packet was in the queue; `last`: none is left behind it. True: drop it.
 */
bool nf_codellaw_packet(struct nf_codellaw *c, uint64_t now_ns, uint64_t delay_ns, bool last);
/* There was no packet, or one that can not be judged. */
void nf_codellaw_empty(struct nf_codellaw *c);
/* Time from a drop to the next: interval / sqrt(count); count > 0. */
uint64_t nf_codellaw_gap_ns(uint64_t interval_ns, uint32_t count);

#endif
