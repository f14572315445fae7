/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * threads [check | deadlock | overrun | crash | mainexit | random]: pthreads in an image, checked from
 * inside; the other words show what ends a machine, one each.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include "kernel/thread.h"
#include "test/image/apps/check.h"
#include "test/image/apps/threads.h"

int check_nb_bad;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *lock_for_ever(void *arg)
{
	pthread_mutex_lock(&mutex);
	return NULL;
}

static void deadlock(void)
{
	pthread_t t;

	pthread_mutex_lock(&mutex);
	CHECK(pthread_create(&t, NULL, lock_for_ever, NULL) == 0);
	pthread_join(t, NULL);
}

__attribute__((noipa)) static unsigned dig(uintptr_t down_to)
{
	volatile char frame[256];

	memset((char *)frame, 1, sizeof(frame));
	if ((uintptr_t)frame > down_to)
		return dig(down_to) + (unsigned)frame[17];
	uk_thread_yield();
	return (unsigned)frame[3];
}

/* Somewhat over the end, into the page below. */
static void too_deep(void *arg)
{
	pthread_attr_t attr;
	size_t bytes;
	void *low;

	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstack(&attr, &low, &bytes);
	dig((uintptr_t)low - 512);
}

static void overrun(void)
{
	uk_thread_join(uk_thread_create("digger", too_deep, NULL, 0));
}

__attribute__((noipa)) static void follow(int *p)
{
	*p = 1;
	__asm__ __volatile__("" : : : "memory");
}

static void fall(void *arg)
{
	follow(arg);
	__asm__ __volatile__("" : : : "memory");
}

static void crash(void)
{
	uk_thread_join(uk_thread_create("faller", fall, NULL, 0));
}

static void *last_words(void *arg)
{
	usleep(1000);
	printf("the last thread ends\n");
	return NULL;
}

/* main ends as a thread; the machine when the last one does. */
static void main_exit(void)
{
	pthread_t t;

	CHECK(pthread_create(&t, NULL, last_words, NULL) == 0);
	pthread_exit(NULL);
}

static void random_bytes(void)
{
	uint64_t v[2] = { 0 };

	CHECK(getrandom(v, sizeof(v), 0) == sizeof(v));
	CHECK(getentropy(v, sizeof(v)) == 0);
	printf("random %016lx%016lx\n", v[0], v[1]);
}

static const struct {
	const char *word;
	void (*run)(void);
} modes[] = {
	{ "check", threads_check },
	{ "deadlock", deadlock },
	{ "overrun", overrun },
	{ "crash", crash },
	{ "mainexit", main_exit },
	{ "random", random_bytes },
};

int main(int argc, char **argv)
{
	for (unsigned i = 0; i < UK_ARRAY_SIZE(modes); i++) {
		if (argc < 2 || strcmp(argv[1], modes[i].word) == 0) {
			modes[i].run();
			printf("%s\n",
				check_nb_bad == 0 ? "all checks hold" : "some checks failed");
			return check_nb_bad != 0;
		}
	}
	return 2;
}
