/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams of any bytes, to two servers: one has the straight ways, the other takes the general way for everything (it counts
 * details). Their answers are the same, frames are right, and in the end nobody holds an item. A first byte gives the datagram's
 * length, in steps that grow; one of 0 lets time pass.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/kvs/test/kvs_ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ask_answer fuzz_fast, fuzz_general;

/* Statistics, and who counts them, differ. */
static bool fuzz_comparable(const uint8_t *p, size_t len)
{
	return !ask_has(p, len, "stats") &&
	       !(len > 0 && p[0] == 0x80 && memchr(p, 0x10, len) != NULL);
}

static void fuzz_one(struct nf_kvs *fast, struct nf_kvs *general, const uint8_t *p, size_t len)
{
	static uint8_t words[8192];
	uint32_t room = len % 5 == 0 ? (uint32_t)len * 3 : NF_KVS_DGRAM_MAX;

	/* every other length: words */
	if (len % 2 == 0) {
		len = ask_words(words, sizeof(words), p, len);
		p = words;
	}
	if (!fuzz_comparable(p, len))
		return;
	fuzz_fast.nb_wanted = fuzz_general.nb_wanted = 1500;
	ask_dgram(fast, p, len, room, &fuzz_fast);
	ask_dgram(general, p, len, room, &fuzz_general);
	if (fuzz_fast.len == fuzz_general.len &&
		memcmp(fuzz_fast.text, fuzz_general.text, fuzz_fast.len) == 0)
		return;
	fprintf(stderr, "one says:\n%.*s\nthe other:\n%.*s\n", (int)fuzz_fast.len,
		(char *)fuzz_fast.text, (int)fuzz_general.len, (char *)fuzz_general.text);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nf_kvs *fast = ask_server(2u << 20), *general = ask_server(2u << 20);

	(void)ask_text(general, "stats detail on\r\n");
	while (size > 0) {
		size_t len = data[0] < 128 ? data[0] : (size_t)(data[0] - 127) * 64;

		data++;
		size--;
		len = len < size ? len : size;
		if (len == 0) {
			ask_later(fast, 1);
			ask_later(general, 0);
		}
		fuzz_one(fast, general, data, len);
		data += len;
		size -= len;
	}
	ask_check_empty(fast);
	ask_check_empty(general);
	nf_kvs_destroy(fast);
	nf_kvs_destroy(general);
	return 0;
}
