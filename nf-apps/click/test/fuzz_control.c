/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A control client may send anything, in any pieces: the first byte chooses their size. The same
 * bytes in one piece have to give the same answer.
 */
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/control.h"
#include "nf-apps/click/test/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *fuzz_talk(struct engine *eng, const uint8_t *data, size_t size, size_t piece)
{
	struct nf_control c;
	size_t n;
	const char *s;
	char *all;

	nf_control_start(&c, false);
	for (size_t at = 0; at < size && !c.closed; at += piece)
		nf_control_input(&c, eng->router, (const char *)data + at,
			size - at < piece ? size - at : piece);
	s = nf_control_output(&c, &n);
	all = strndup(s, n);
	nf_control_end(&c);
	if (all == NULL)
		abort();
	return all;
}

static void fuzz_start(struct engine *eng)
{
	if (engine_start(eng, "a :: TestNote; b :: TestPush -> TestPass -> TestPush") < 0)
		abort();
}

static void fuzz_stop(struct engine *eng)
{
	eng->router = nf_router_switch(eng->router);
	if (engine_stop(eng) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct engine eng;
	char *one, *other;

	if (size < 1)
		return 0;
	fuzz_start(&eng);
	one = fuzz_talk(&eng, data + 1, size - 1, size);
	fuzz_stop(&eng);
	fuzz_start(&eng);
	other = fuzz_talk(&eng, data + 1, size - 1, 1 + data[0] % 16);
	fuzz_stop(&eng);
	if (strcmp(one, other) != 0)
		abort();
	free(one);
	free(other);
	return 0;
}
