/* SPDX-License-Identifier: BSD-3-Clause */
/* plat WHAT ...: what the platform tells and does, for tests that look from outside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "kernel/alloc.h"
#include "plat-kvm/boot.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/module.h"

const struct uk_alloc_ops *const uk_alloc_image = &uk_tlsf_ops;

/* The command line as it was understood. */
static int plat_words(int argc, char **argv)
{
	const char *o;

	for (int i = 0; i < argc; i++)
		printf("word %d <%s>\n", i, argv[i]);
	for (unsigned i = 0; (o = uk_boot_option(i)) != NULL; i++)
		printf("option %u <%s>\n", i, o);
	o = uk_boot_arg("key");
	printf("key <%s>\n", o != NULL ? o : "(none)");
	return argv[argc] == NULL ? 0 : 1;
}

static void plat_mark(const char *mark)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	printf("@{\"type\":\"clock\",\"mark\":\"%s\",\"ns\":%lu,\"cycles\":%lu,\"hz\":%lu,\"source\":\"%s\",\"wall\":%ld.%09ld}\n",
		mark, uk_clock_ns(), uk_clock_cycles(), uk_clock_hz(), uk_clock_source(),
		wall.tv_sec, wall.tv_nsec);
}

/* Two marks so many ms apart by its own clock: asleep, or looking at the clock all the time. */
static int plat_clock(int argc, char **argv)
{
	long ms = argc > 2 ? strtol(argv[2], NULL, 0) : 2000;
	bool busy = argc > 3 && strcmp(argv[3], "busy") == 0;
	uint64_t start, now, last;

	plat_mark("a");
	start = last = uk_clock_ns();
	if (!busy)
		nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 },
			NULL);
	while ((now = uk_clock_ns()) - start < (uint64_t)ms * 1000000) {
		if (now < last) {
			printf("plat: the clock went back by %lu ns\n", last - now);
			return 1;
		}
		last = now;
	}
	plat_mark("b");
	return 0;
}

/* Length and FNV-1a of boot modules. */
static int plat_modules(int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		struct uk_module m;
		uint64_t h = 0xcbf29ce484222325ull;
		int rc = uk_module_find(argv[i], &m);

		for (size_t k = 0; rc == 0 && k < m.len; k++)
			h = (h ^ m.data[k]) * 0x100000001b3ull;
		printf("@{\"type\":\"module\",\"name\":\"%s\",\"rc\":%d,\"len\":%zu,\"fnv\":\"%016lx\",\"end\":%d}\n",
			argv[i], rc, rc == 0 ? m.len : 0, h, rc == 0 ? m.data[m.len] : -1);
	}
	return 0;
}

/* Lines come back until one says quit. */
static int plat_echo(void)
{
	static char line[4096];

	printf("ready\n");
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (strcmp(line, "quit") == 0)
			return 0;
		printf("<%s>\n", line);
	}
	return 1;
}

/* Much output at once: none of it may be lost. */
static int plat_lines(int argc, char **argv)
{
	long n = argc > 2 ? strtol(argv[2], NULL, 0) : 0;

	for (long i = 0; i < n; i++)
		printf("line %ld %0*ld\n", i, (int)(i % 100) + 1, i);
	printf("the last, without an end");
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "clock") == 0)
		return plat_clock(argc, argv);
	if (strcmp(what, "modules") == 0)
		return plat_modules(argc, argv);
	if (strcmp(what, "echo") == 0)
		return plat_echo();
	if (strcmp(what, "lines") == 0)
		return plat_lines(argc, argv);
	return plat_words(argc, argv);
}
