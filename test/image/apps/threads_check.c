/* SPDX-License-Identifier: BSD-3-Clause */
/* What a thread has of its own, and how it ends. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include "kernel/malloc.h"
#include "kernel/thread.h"
#include "test/image/apps/check.h"
#include "test/image/apps/threads.h"

#define NB 4

static _Thread_local int tls_value = 1234;
static _Thread_local uint64_t tls_zero[32];
static _Thread_local uint8_t tls_aligned[64] __attribute__((aligned(64))) = { 9 };

static void *own_things(void *arg)
{
	uint64_t bits = 0;

	for (int i = 0; i < 32; i++)
		bits |= tls_zero[i];
	CHECK(tls_value == 1234 && bits == 0 && tls_aligned[0] == 9);
	CHECK((uintptr_t)tls_aligned % 64 == 0);
	for (int i = 0; i < 10; i++) {
		tls_value = (int)(long)arg * 100 + i;
		tls_zero[i] = (uint64_t)tls_value;
		errno = tls_value;
		sched_yield();
		CHECK(tls_value == (int)(long)arg * 100 + i && errno == tls_value);
		CHECK(tls_zero[i] == (uint64_t)tls_value);
	}
	return (void *)(intptr_t)tls_value;
}

static void storage(void)
{
	pthread_t t[NB];
	void *result;

	tls_value = -5;
	for (long i = 0; i < NB; i++)
		CHECK(pthread_create(&t[i], NULL, own_things, (void *)i) == 0);
	for (long i = 0; i < NB; i++)
		CHECK(pthread_join(t[i], &result) == 0 && (long)result == i * 100 + 9);
	CHECK(tls_value == -5);
}

static pthread_key_t key;
static int nb_destroyed;

static void destroy(void *value)
{
	nb_destroyed += (int)(long)value;
}

static void *with_key(void *arg)
{
	CHECK(pthread_getspecific(key) == NULL);
	CHECK(pthread_setspecific(key, arg) == 0);
	sched_yield();
	CHECK(pthread_getspecific(key) == arg);
	pthread_exit(arg);
}

static void keys(void)
{
	pthread_t t[NB];

	CHECK(pthread_key_create(&key, destroy) == 0);
	for (long i = 0; i < NB; i++)
		CHECK(pthread_create(&t[i], NULL, with_key, (void *)(i + 1)) == 0);
	for (int i = 0; i < NB; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	CHECK(nb_destroyed == 1 + 2 + 3 + 4);
	CHECK(pthread_key_delete(key) == 0);
}

static int nb_ended;

static void *ends(void *arg)
{
	nb_ended++;
	return NULL;
}

/* More than fit at once: the stacks come back. */
static void come_and_go(void)
{
	size_t before = 0;
	pthread_t t;

	for (int i = 0; i < 300; i++) {
		CHECK(pthread_create(&t, NULL, ends, NULL) == 0);
		CHECK(pthread_detach(t) == 0);
		sched_yield();
		if (i == 0)
			before = uk_malloc_heap->used_bytes;
	}
	CHECK(uk_malloc_heap->used_bytes <= before);
	for (int i = 0; i < 300; i++) {
		CHECK(pthread_create(&t, NULL, ends, NULL) == 0);
		CHECK(pthread_join(t, NULL) == 0);
	}
	CHECK(uk_malloc_heap->used_bytes <= before);
	CHECK(nb_ended == 600);
}

static void *has_little(void *arg)
{
	char small[1000];

	memset(small, 1, sizeof(small));
	__asm__ __volatile__("" : : "r"(small) : "memory");
	return small[77] == 1 ? arg : NULL;
}

static void attributes(void)
{
	static char mine[65536] __attribute__((aligned(16)));
	pthread_attr_t attr;
	void *result;
	pthread_t t;

	pthread_attr_init(&attr);
	CHECK(pthread_attr_setstacksize(&attr, 1 << 20) == 0);
	CHECK(pthread_create(&t, &attr, has_little, mine) == 0);
	CHECK(pthread_join(t, &result) == 0 && result == mine);
	CHECK(pthread_attr_setstack(&attr, mine, sizeof(mine)) == 0);
	CHECK(pthread_create(&t, &attr, has_little, mine) == 0);
	CHECK(pthread_join(t, &result) == 0 && result == mine);
	pthread_attr_init(&attr);
	CHECK(pthread_attr_setstacksize(&attr, 1ul << 40) == 0);
	CHECK(pthread_create(&t, &attr, has_little, NULL) == EAGAIN);
}

static int cleaned_up;

static void clean_up(void *arg)
{
	cleaned_up++;
}

static void *sleeps(void *arg)
{
	pthread_cleanup_push(clean_up, NULL);
	sleep(1000);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *reads(void *arg)
{
	char c;

	pthread_cleanup_push(clean_up, NULL);
	CHECK(read(*(int *)arg, &c, 1) != 1);
	pthread_cleanup_pop(0);
	return NULL;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void unlock(void *arg)
{
	cleaned_up++;
	pthread_mutex_unlock(&mutex);
}

static void *waits(void *arg)
{
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, NULL);
	pthread_cond_wait(&never, &mutex);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *refuses(void *arg)
{
	int old;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	usleep(1000);
	pthread_setcancelstate(old, NULL);
	pthread_testcancel();
	return NULL;
}

static void cancelling(void)
{
	void *(*const fn[])(void *) = { sleeps, reads, waits, refuses };
	void *result;
	pthread_t t;
	int fds[2];

	CHECK(pipe(fds) == 0);
	for (unsigned i = 0; i < UK_ARRAY_SIZE(fn); i++) {
		CHECK(pthread_create(&t, NULL, fn[i], fds) == 0);
		sched_yield();
		CHECK(pthread_cancel(t) == 0);
		CHECK(pthread_join(t, &result) == 0 && result == PTHREAD_CANCELED);
	}
	CHECK(cleaned_up == 3);
	CHECK(pthread_mutex_trylock(&mutex) == 0);
	pthread_mutex_unlock(&mutex);
	close(fds[0]);
	close(fds[1]);
}

static int c11(void *arg)
{
	CHECK(thrd_sleep(&(struct timespec){ .tv_nsec = 1000 }, NULL) == 0);
	return 42;
}

static void native(void *arg)
{
	char name[16];

	CHECK(strcmp(uk_thread_name(uk_thread_self()), "native") == 0);
	CHECK(prctl(PR_GET_NAME, name) == 0 && strcmp(name, "native") == 0);
	CHECK(pthread_setname_np(pthread_self(), "renamed") == 0);
	CHECK(strcmp(uk_thread_name(uk_thread_self()), "renamed") == 0);
	CHECK(tls_value == 1234);
	*(int *)arg = 7;
	uk_thread_exit();
}

static void other_ways(void)
{
	struct uk_thread *n;
	int code = 0;
	thrd_t t;

	CHECK(thrd_create(&t, c11, NULL) == thrd_success);
	CHECK(thrd_join(t, &code) == thrd_success && code == 42);
	n = uk_thread_create("native", native, &code, 0);
	CHECK(n != NULL);
	uk_thread_join(n);
	CHECK(code == 7);
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) == 1);
	CHECK(gettid() == 1 && getpid() == 1);
}

static char order[NB + 1];

static void *in_time(void *arg)
{
	usleep((unsigned)(long)arg * 20000);
	strcat(order, &"a\0b\0c\0d"[2 * (long)arg]);
	return NULL;
}

static void sleepers(void)
{
	pthread_t t[NB];

	for (long i = 0; i < NB; i++)
		CHECK(pthread_create(&t[i], NULL, in_time, (void *)(NB - 1 - i)) == 0);
	for (int i = 0; i < NB; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	CHECK(strcmp(order, "abcd") == 0);
}

void threads_check(void)
{
	storage();
	keys();
	come_and_go();
	attributes();
	cancelling();
	other_ways();
	sleepers();
	threads_locks();
	threads_files();
}
