/* SPDX-License-Identifier: BSD-3-Clause */
/* What a client of the iperf server asks for: whatever it sends, what is accepted is in its ranges. */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/samples/iperf/iperf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void wants(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct nf_iperf_params p;

	wants(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (nf_iperf_json_params(&p, text)) {
		wants(p.time_s >= 0 && p.time_s <= 86400 && p.omit_s >= 0 && p.omit_s <= 600);
		wants(p.parallel >= 1 && p.parallel <= NF_IPERF_STREAMS_MAX);
		wants(p.len >= 1 && p.len <= (p.udp ? NF_IPERF_DGRAM_MAX : NF_IPERF_BLOCK_MAX));
		wants(p.tos >= 0 && p.tos <= 255);
		wants(p.bandwidth >= 0 && p.bandwidth <= NF_IPERF_RATE_MAX);
	}
	free(text);
	return 0;
}
