/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "pktgen-bench/host/frames.h"
#include "pktgen-bench/host/opts.h"

/* The mix of small, medium and large frames that stands for Internet traffic: 7:4:1. */
static const uint16_t sizes_imix[] = { 64, 64, 594, 64, 64, 594, 64, 1518, 594, 64, 594, 64 };

static int sizes_add(struct pg_opts *o, unsigned long v)
{
	if (v < PG_FRAMES_MIN + PG_FRAMES_CRC || v > PG_FRAMES_MAX + PG_FRAMES_CRC ||
		o->nb_sizes == PG_OPTS_SIZES_MAX)
		return -1;
	o->size[o->nb_sizes++] = (uint16_t)(v - PG_FRAMES_CRC);
	return 0;
}

/* One item of the list: N, N-M or N-M/STEP. Returns where it ends, NULL if it is wrong. */
static const char *sizes_item(struct pg_opts *o, const char *text)
{
	char *end;
	unsigned long from, to, step = 1;

	from = to = strtoul(text, &end, 10);
	if (end == text)
		return NULL;
	if (*end == '-') {
		text = end + 1;
		to = strtoul(text, &end, 10);
		if (end == text || to < from)
			return NULL;
		/* A plain range is spread over the room for sizes. */
		step = (to - from) / (PG_OPTS_SIZES_MAX - 1) + 1;
	}
	if (*end == '/') {
		text = end + 1;
		step = strtoul(text, &end, 10);
		if (end == text || !step)
			return NULL;
	}
	if (to > PG_FRAMES_MAX + PG_FRAMES_CRC)
		return NULL;
	for (unsigned long v = from; v <= to; v += step)
		if (sizes_add(o, v) < 0)
			return NULL;
	return end;
}

int pg_opts_sizes(struct pg_opts *o, const char *text)
{
	o->nb_sizes = 0;
	if (!strcmp(text, "imix")) {
		for (unsigned int i = 0; i < sizeof(sizes_imix) / sizeof(sizes_imix[0]); i++)
			sizes_add(o, sizes_imix[i]);
		return 0;
	}
	while ((text = sizes_item(o, text)) && *text == ',')
		text++;
	return text && !*text ? 0 : -1;
}
