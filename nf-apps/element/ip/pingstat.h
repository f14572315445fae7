/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Round trip times of echo requests by sequence number, and the summary that ping(1) prints. No
 * floating point: microseconds as integers.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP_PINGSTAT_H
#define SLUICE_NF_APPS_ELEMENT_IP_PINGSTAT_H

#include "nf-apps/click/text.h"

#define NF_PINGSTAT_SEQUENCES 65536u

struct nf_pingstat {
	uint64_t nb_received, nb_duplicates; /* received: duplicates among them */
	uint64_t min_us, max_us, sum_us, square_us;
	uint64_t sent_ns[NF_PINGSTAT_SEQUENCES]; /* 0: never; top bit: answered */
};

void nf_pingstat_sent(struct nf_pingstat *s, uint16_t seq, uint64_t now_ns);
/* An answer at `now_ns`. False: nothing was asked with that number. */
bool nf_pingstat_received(struct nf_pingstat *s, uint16_t seq, uint64_t now_ns, uint64_t *rtt_us);
uint64_t nf_pingstat_avg_us(const struct nf_pingstat *s);
/* "N packets transmitted, ..." and, with answers, "rtt min/avg/max/mdev = ..." */
void nf_pingstat_print(const struct nf_pingstat *s, uint64_t nb_sent, struct nf_text *out);
/* Seconds, without zeros at the end. */
void nf_pingstat_print_us(uint64_t us, struct nf_text *out);

#endif
