/* SPDX-License-Identifier: BSD-3-Clause */
/* What threads wait for in each other. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>
#include "test/image/apps/check.h"
#include "test/image/apps/threads.h"

#define NB        4
#define NB_ROUNDS 200

static struct timespec soon(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 2000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	return ts;
}

static void all(void *(*fn)(void *))
{
	pthread_t t[NB];

	for (long i = 0; i < NB; i++)
		CHECK(pthread_create(&t[i], NULL, fn, (void *)i) == 0);
	for (int i = 0; i < NB; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int counter, inside;

/* Gives the CPU away in the middle of what is locked. */
static void *count_up(void *arg)
{
	for (int i = 0; i < NB_ROUNDS; i++) {
		int seen;

		pthread_mutex_lock(&mutex);
		CHECK(++inside == 1);
		seen = counter;
		sched_yield();
		counter = seen + 1;
		inside--;
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *cannot_lock(void *arg)
{
	struct timespec ts = soon();

	CHECK(pthread_mutex_trylock(&mutex) == EBUSY);
	CHECK(pthread_mutex_timedlock(&mutex, &ts) == ETIMEDOUT);
	return NULL;
}

static void mutexes(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t m;

	all(count_up);
	CHECK(counter == NB * NB_ROUNDS);
	pthread_mutex_lock(&mutex);
	all(cannot_lock);
	pthread_mutex_unlock(&mutex);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&m, &attr);
	CHECK(pthread_mutex_lock(&m) == 0 && pthread_mutex_lock(&m) == 0);
	CHECK(pthread_mutex_unlock(&m) == 0 && pthread_mutex_unlock(&m) == 0);
	CHECK(pthread_mutex_unlock(&m) == EPERM);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&m, &attr);
	CHECK(pthread_mutex_lock(&m) == 0 && pthread_mutex_lock(&m) == EDEADLK);
	CHECK(pthread_mutex_unlock(&m) == 0);
}

static pthread_cond_t filled = PTHREAD_COND_INITIALIZER, emptied = PTHREAD_COND_INITIALIZER;
static int box, nb_taken, sum;

static void *consume(void *arg)
{
	for (int i = 0; i < NB_ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		while (box == 0)
			pthread_cond_wait(&filled, &mutex);
		sum += box;
		box = 0;
		nb_taken++;
		pthread_cond_signal(&emptied);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *produce(void *arg)
{
	for (int i = 1; i <= NB * NB_ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		while (box != 0)
			pthread_cond_wait(&emptied, &mutex);
		box = i;
		pthread_cond_broadcast(&filled);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void conditions(void)
{
	struct timespec ts = soon();
	pthread_t producer;

	CHECK(pthread_create(&producer, NULL, produce, NULL) == 0);
	all(consume);
	CHECK(pthread_join(producer, NULL) == 0);
	CHECK(nb_taken == NB * NB_ROUNDS && sum == NB * NB_ROUNDS * (NB * NB_ROUNDS + 1) / 2);
	pthread_mutex_lock(&mutex);
	CHECK(pthread_cond_timedwait(&filled, &mutex, &ts) == ETIMEDOUT);
	CHECK(pthread_mutex_trylock(&mutex) == EBUSY); /* it is ours again */
	pthread_mutex_unlock(&mutex);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static int readers, most_readers, writers;

static void *read_or_write(void *arg)
{
	for (int i = 0; i < NB_ROUNDS; i++) {
		if ((i + (long)arg) % 4 == 0) {
			pthread_rwlock_wrlock(&rwlock);
			CHECK(++writers == 1 && readers == 0);
			sched_yield();
			writers--;
		} else {
			pthread_rwlock_rdlock(&rwlock);
			CHECK(writers == 0);
			most_readers = ++readers > most_readers ? readers : most_readers;
			sched_yield();
			readers--;
		}
		pthread_rwlock_unlock(&rwlock);
	}
	return NULL;
}

static pthread_barrier_t barrier;
static int arrived, serial;

static void *meet(void *arg)
{
	for (int i = 1; i <= 10; i++) {
		int rc;

		arrived++;
		rc = pthread_barrier_wait(&barrier);
		CHECK(arrived == i * NB);
		CHECK(rc == 0 || rc == PTHREAD_BARRIER_SERIAL_THREAD);
		serial += rc != 0;
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int nb_once;

static void only_once(void)
{
	usleep(1000);
	nb_once++;
}

static void *call_once_only(void *arg)
{
	pthread_once(&once, only_once);
	CHECK(nb_once == 1);
	return NULL;
}

static sem_t items;

static void *take_one(void *arg)
{
	CHECK(sem_wait(&items) == 0);
	return NULL;
}

static void semaphores(void)
{
	struct timespec ts = soon();
	pthread_t t[NB];
	int left;

	CHECK(sem_init(&items, 0, 1) == 0);
	for (int i = 0; i < NB; i++)
		CHECK(pthread_create(&t[i], NULL, take_one, NULL) == 0);
	for (int i = 1; i < NB; i++) {
		sched_yield();
		CHECK(sem_post(&items) == 0);
	}
	for (int i = 0; i < NB; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	CHECK(sem_getvalue(&items, &left) == 0 && left == 0);
	CHECK(sem_trywait(&items) == -1 && errno == EAGAIN);
	CHECK(sem_timedwait(&items, &ts) == -1 && errno == ETIMEDOUT);
}

static pthread_spinlock_t spin;
static int spun;

static void *hold_spinning(void *arg)
{
	for (int i = 0; i < NB_ROUNDS; i++) {
		int seen;

		CHECK(pthread_spin_lock(&spin) == 0);
		seen = spun;
		sched_yield();
		spun = seen + 1;
		CHECK(pthread_spin_trylock(&spin) == EBUSY);
		CHECK(pthread_spin_unlock(&spin) == 0);
	}
	return NULL;
}

void threads_locks(void)
{
	mutexes();
	conditions();
	all(read_or_write);
	CHECK(most_readers > 1);
	CHECK(pthread_barrier_init(&barrier, NULL, NB) == 0);
	all(meet);
	CHECK(serial == 10);
	all(call_once_only);
	semaphores();
	CHECK(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE) == 0);
	all(hold_spinning);
	CHECK(spun == NB * NB_ROUNDS);
}
