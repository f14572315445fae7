/* SPDX-License-Identifier: BSD-3-Clause */
/* The smallest image: says hello, and its arguments back; the first may be an exit code. */
#include <stdio.h>
#include <stdlib.h>
#include "kernel/alloc.h"

const struct uk_alloc_ops *const uk_alloc_image = &uk_region_ops;

int main(int argc, char **argv)
{
	printf("Hello from Sluice!\n");
	for (int i = 1; i < argc; i++)
		printf("argument %d: %s\n", i, argv[i]);
	return argc > 1 ? (int)strtol(argv[1], NULL, 0) : 0;
}
