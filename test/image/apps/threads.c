/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
#include "kernel/tlsf.h"
#include "kernel/alloc.h"

const struct uk_alloc_ops *const uk_alloc_image = &uk_tlsf_ops;

static void *run(void *arg)
{
	printf("thread %d\n", (int)(long)arg);
	usleep(1000 * (unsigned)(long)arg);
	printf("thread %d again\n", (int)(long)arg);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t t[4];
	void *r;

	for (long i = 0; i < 4; i++)
		printf("create %d\n", pthread_create(&t[i], NULL, run, (void *)(10 - i)));
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &r);
		printf("joined %ld\n", (long)r);
	}
	return 0;
}
