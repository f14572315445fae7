/* SPDX-License-Identifier: BSD-3-Clause */
/* libFuzzer target: any words as arguments. Values stay within their limits, errors are one line.
 */
#include <stdlib.h>
#include <string.h>
#include "pktgen-bench/guest/args.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define WORDS 8
#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond))                                                                       \
			abort();                                                                   \
	} while (0)

static const char *const modes[] = { "tx", "rx", NULL };
static uint64_t rate;
static bool csum;
static unsigned int mode;
static struct pg_flow_sizes size;
static uint32_t ip;
static struct pg_flow_range ips, ports;
static uint8_t mac[6];

static const struct pg_args_option options[] = {
	{ .name = "r", .type = PG_ARGS_U64, .value = &rate, .min = 5, .max = 10000000000 },
	{ .name = "c", .type = PG_ARGS_BOOL, .value = &csum },
	{ .name = "m", .type = PG_ARGS_WORD, .value = &mode, .words = modes },
	{ .name = "s", .type = PG_ARGS_SIZES, .value = &size, .min = 64, .max = 1518 },
	{ .name = "i", .type = PG_ARGS_IP, .value = &ip },
	{ .name = "is", .type = PG_ARGS_IPS, .value = &ips },
	{ .name = "p", .type = PG_ARGS_PORTS, .value = &ports, .max = 65535 },
	{ .name = "a", .type = PG_ARGS_MAC, .value = mac },
};

/* Splits the input at newlines. */
static int split(char *text, char *argv[WORDS])
{
	int argc = 0;

	while (argc < WORDS && text) {
		argv[argc++] = text;
		text = strchr(text, '\n');
		if (text)
			*text++ = '\0';
	}
	return argc;
}

static void check_values(void)
{
	CHECK(rate >= 5 && rate <= 10000000000);
	CHECK(mode < 2);
	CHECK(size.nb <= PG_FLOW_SIZES);
	for (unsigned int i = 0; i < size.nb; i++)
		CHECK(size.list[i] >= 64 && size.list[i] <= 1518);
	CHECK(size.nb || (size.range.first >= 64 && size.range.last <= 1518));
	CHECK(size.nb || size.range.first <= size.range.last);
	CHECK(ips.first <= ips.last);
	CHECK(ports.first <= ports.last && ports.last <= 65535);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1), *argv[WORDS], error[PG_ARGS_ERROR_MAX];

	CHECK(text);
	memcpy(text, data, len);
	text[len] = '\0';
	rate = 5;
	mode = 0;
	size = pg_flow_imix;
	if (pg_args_parse(options, UK_ARRAY_SIZE(options), split(text, argv), argv, error) < 0) {
		size_t n = strnlen(error, sizeof(error));

		CHECK(n > 0 && n < sizeof(error));
		for (size_t i = 0; i < n; i++)
			CHECK(error[i] >= ' ' && error[i] <= '~');
	}
	check_values();
	free(text);
	return 0;
}
