/* SPDX-License-Identifier: BSD-3-Clause */
/* libFuzzer target: any bytes as a capture file. Every frame lies within it, or there is a
 * sentence. */
#include <stdlib.h>
#include <string.h>
#include "pktgen-bench/guest/pcap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

/* Whatever fails says so in one line that ends. */
static void check_sentence(const struct pg_pcap *p)
{
	size_t len = strnlen(p->error, sizeof(p->error));

	CHECK(len > 0 && len < sizeof(p->error) && !strchr(p->error, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pg_pcap_totals totals;
	struct pg_pcap_frame frame;
	const uint8_t *last = data;
	struct pg_pcap p;
	uint64_t bytes = 0;
	int rc;

	if (pg_pcap_open(&p, data, len) < 0) {
		check_sentence(&p);
		return 0;
	}
	while ((rc = pg_pcap_next(&p, &frame)) > 0) {
		CHECK(frame.data > last && frame.data + frame.len <= data + len);
		CHECK(frame.len <= frame.wire_len);
		last = frame.data;
		bytes += frame.len;
	}
	if (rc < 0)
		check_sentence(&p);
	if (pg_pcap_check(&p, 14, 9014, &totals) < 0)
		check_sentence(&p);
	else
		CHECK(rc == 0 && totals.bytes == bytes && totals.longest <= 9014);
	return 0;
}
