/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stream of any bytes, to two servers: one gets it in one piece and its peer takes everything at once; the other in small
 * pieces, with a slow peer. Their answers are the same, and in the end nobody holds an item. The first byte gives the sizes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/kvs/test/kvs_ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ask_answer fuzz_whole, fuzz_cut;

/*
 * Of a get with a key that is too long, what stands before it is answered or not, as the line is cut; and counted bytes are seen at
 * other moments.
 */
static bool fuzz_comparable(const uint8_t *p, size_t len)
{
	size_t word = 0;

	for (size_t i = 0; i < len; i++) {
		word = p[i] == ' ' || p[i] == '\n' ? 0 : word + 1;
		if (word > NF_STORE_KEY_MAX)
			return false;
	}
	return !ask_has(p, len, "stats") &&
	       (len == 0 || p[0] != 0x80 || memchr(p, 0x10, len) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nf_kvs *whole = ask_server(2u << 20), *cut = ask_server(2u << 20);
	size_t piece = size > 0 ? data[0] % 16 + 1 : 1, gulp = size > 0 ? data[0] / 16 * 3 + 1 : 1;
	static uint8_t words[65536];
	bool a, b;

	data += size > 0;
	size -= size > 0;
	if (piece % 2 == 0) {
		size = ask_words(words, sizeof(words), data, size);
		data = words;
	}
	a = ask_stream(whole, data, size, SIZE_MAX, SIZE_MAX, &fuzz_whole);
	b = ask_stream(cut, data, size, piece, gulp, &fuzz_cut);
	if (fuzz_comparable(data, size) &&
		(a != b || fuzz_whole.len != fuzz_cut.len ||
			memcmp(fuzz_whole.text, fuzz_cut.text, fuzz_cut.len) != 0)) {
		fprintf(stderr, "closed %d, says:\n%.*s\nin pieces, %d:\n%.*s\n", a,
			(int)fuzz_whole.len, (char *)fuzz_whole.text, b, (int)fuzz_cut.len,
			(char *)fuzz_cut.text);
		abort();
	}
	ask_check_empty(whole);
	ask_check_empty(cut);
	nf_kvs_destroy(whole);
	nf_kvs_destroy(cut);
	return 0;
}
