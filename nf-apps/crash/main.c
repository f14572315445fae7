/* SPDX-License-Identifier: BSD-3-Clause */
/* crash CASE: does what the case says. crash list: names them all. crash exit N: leaves with code
 * N. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/alloc.h"
#include "nf-apps/crash/crash.h"

const struct uk_alloc_ops *const uk_alloc_image = &uk_tlsf_ops;

static const struct crash_case *const lists[] = {
	nf_memory_cases,
	nf_stack_cases,
	nf_ring_cases,
	nf_program_cases,
};

static const struct crash_case *crash_find(const char *name)
{
	for (unsigned i = 0; i < UK_ARRAY_SIZE(lists); i++) {
		for (const struct crash_case *c = lists[i]; c->name != NULL; c++) {
			if (strcmp(c->name, name) == 0)
				return c;
		}
	}
	return NULL;
}

static int crash_list(void)
{
	for (unsigned i = 0; i < UK_ARRAY_SIZE(lists); i++) {
		for (const struct crash_case *c = lists[i]; c->name != NULL; c++)
			printf("%-16s %s\n", c->name, c->what);
	}
	return 0;
}

CRASH_FRAME static int crash_inner(const struct crash_case *c)
{
	int rc = c->run();

	CRASH_NO_TAIL();
	return rc;
}

CRASH_FRAME static int crash_outer(const struct crash_case *c)
{
	int rc;

	printf("crash: %s\n", c->what);
	rc = crash_inner(c);
	CRASH_NO_TAIL();
	printf("crash: survived, %d\n", rc);
	return rc;
}

int main(int argc, char **argv)
{
	const struct crash_case *c;
	int rc;

	if (argc == 3 && strcmp(argv[1], "exit") == 0)
		exit((int)strtol(argv[2], NULL, 0));
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return crash_list();
	c = argc == 2 ? crash_find(argv[1]) : NULL;
	if (c == NULL) {
		printf("crash: give one case, see `crash list`\n");
		return 2;
	}
	rc = crash_outer(c);
	CRASH_NO_TAIL();
	return rc;
}
