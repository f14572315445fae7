/* SPDX-License-Identifier: BSD-3-Clause */
/* The C library of an image, checked from inside: a line for each check, exit code 0 if all hold.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "kernel/alloc.h"

#define CHECK(what) libc_check(what, #what)
#define NB_BLOCKS   200

static int nb_bad;

static void libc_check(int ok, const char *what)
{
	if (!ok) {
		nb_bad++;
		printf("FAILED: %s\n", what);
	}
}

__attribute__((format(printf, 2, 3))) static int prints(const char *want, const char *fmt, ...)
{
	char buf[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n == (int)strlen(want) && strcmp(buf, want) == 0)
		return 1;
	printf("printed <%s>, expected <%s>\n", buf, want);
	return 0;
}

static void check_printf(void)
{
	volatile double pi = 3.14159265358979, big = 1e300, zero = 0;

	CHECK(prints("3.141593", "%f", pi));
	CHECK(prints("3.14", "%.2f", pi));
	CHECK(prints("    3.1416|3.1416    ", "%10.4f|%-10.4f", pi, pi));
	CHECK(prints("3.141593e+00", "%e", pi));
	CHECK(prints("1e+300", "%g", big));
	CHECK(prints("0x1.8p+1", "%a", 3.0));
	CHECK(prints("inf -inf", "%f %f", 1 / zero, -1 / zero));
	CHECK(prints("0.1 0.333333333333333315", "%.1f %.18f", 0.1, 1.0 / 3));
	CHECK(prints(
		"-9223372036854775808 18446744073709551615", "%ld %lu", INT64_MIN, UINT64_MAX));
	CHECK(prints("00ff 0xff 377 +7 abc", "%04x %#x %o %+d %.3s", 255, 255, 255, 7, "abcdef"));
}

static void check_numbers(void)
{
	char *end;

	CHECK(strtod("2.5e3xyz", &end) == 2500.0 && strcmp(end, "xyz") == 0);
	CHECK(strtol("-0x7f", NULL, 0) == -127);
	errno = 0;
	CHECK(strtoul("99999999999999999999", NULL, 10) == ULONG_MAX && errno == ERANGE);
	CHECK(fabs(sin(1.0) - 0.8414709848078965) < 1e-15);
	CHECK(fabs(exp2(0.5) - sqrt(2.0)) < 1e-15 && fabs(pow(2.0, 10.0) - 1024.0) < 1e-9);
	CHECK(fabsl(exp2l(3.0L) - 8.0L) < 1e-15L);
	CHECK(isspace('\t') && !isalpha('1') && toupper('q') == 'Q');
}

static int by_value(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static void check_sort(void)
{
	static int v[1000];
	int key = 500, sorted = 1;

	for (int i = 0; i < 1000; i++)
		v[i] = (i * 7919) % 1000; /* 7919 is prime: a permutation */
	qsort(v, 1000, sizeof(v[0]), by_value);
	for (int i = 0; i < 1000; i++)
		sorted &= v[i] == i;
	CHECK(sorted);
	CHECK(bsearch(&key, v, 1000, sizeof(v[0]), by_value) == &v[500]);
}

/* Blocks of all sizes, freed in another order than they came, never overlapping. */
static void check_malloc(void)
{
	static struct {
		uint8_t *p;
		size_t len;
	} b[NB_BLOCKS];
	uint32_t seed = 1;
	int good = 1;

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < NB_BLOCKS; i++) {
			seed = seed * 1103515245 + 12345;
			b[i].len = 1 + (seed >> 8) % 3000;
			b[i].p = malloc(b[i].len);
			if (b[i].p == NULL)
				break;
			memset(b[i].p, i, b[i].len);
		}
		for (int k = NB_BLOCKS; k-- > 0;) {
			int i = round % 2 ? (k * 37) % NB_BLOCKS : k;

			for (size_t n = 0; b[i].p != NULL && n < b[i].len; n++)
				good &= b[i].p[n] == (uint8_t)i;
			free(b[i].p);
			b[i].p = NULL;
		}
	}
	CHECK(good);
}

static void check_malloc_family(void)
{
	uint8_t *p = calloc(100, 7), *q;
	int zero = p != NULL;
	size_t too_much = SIZE_MAX / 2;

	for (int i = 0; zero && i < 700; i++)
		zero &= p[i] == 0;
	CHECK(zero);
	memset(p, 0x5a, 700);
	q = realloc(p, 70000);
	CHECK(q != NULL && q[0] == 0x5a && q[699] == 0x5a);
	free(q);
	q = memalign(4096, 100);
	CHECK(q != NULL && (uintptr_t)q % 4096 == 0 && malloc_usable_size(q) >= 100);
	free(q);
	errno = 0;
	CHECK(malloc(too_much) == NULL && errno == ENOMEM);
	errno = 0;
	CHECK(calloc(too_much, 3) == NULL && errno == ENOMEM);
	free(NULL);
	q = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(q != MAP_FAILED && (uintptr_t)q % 4096 == 0 && q[8191] == 0 && munmap(q, 8192) == 0);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		MAP_FAILED);
}

static jmp_buf here;

__attribute__((noipa)) static void jump(int depth)
{
	volatile int left = depth;

	if (left > 0)
		jump(left - 1);
	if (left == 0)
		longjmp(here, 42);
	__asm__ __volatile__("" ::: "memory");
}

static void check_setjmp(void)
{
	volatile int kept = 7;
	int rc = setjmp(here);

	if (rc == 0) {
		kept = 8;
		jump(10);
	}
	CHECK(rc == 42 && kept == 8);
}

static _Thread_local int tls_value = 1234;
static _Thread_local char tls_text[16] = "thread";
static _Thread_local uint64_t tls_zero[32];
static _Thread_local uint8_t tls_aligned[64] __attribute__((aligned(64))) = { 9 };

static void check_tls(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < 32; i++)
		sum |= tls_zero[i];
	CHECK(tls_value == 1234 && strcmp(tls_text, "thread") == 0 && sum == 0);
	CHECK((uintptr_t)tls_aligned % 64 == 0 && tls_aligned[0] == 9);
	tls_value = 5;
	errno = 77;
	CHECK(tls_value == 5 && errno == 77);
}

static int constructed;

__attribute__((constructor(101))) static void first(void)
{
	constructed = 1;
}

__attribute__((constructor)) static void second(void)
{
	constructed = constructed == 1 ? 2 : -1;
}

static void check_time(const char *host)
{
	time_t now = time(NULL), want = host != NULL ? strtol(host, NULL, 0) : 0;
	struct timespec a, b;
	struct tm tm;
	char text[64];
	double seconds;

	CHECK(labs(now - want) < 60);
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK(nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL) == 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	seconds = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) * 1e-9;
	CHECK(seconds >= 0.05 && seconds < 5.0);
	CHECK(gmtime_r(&(time_t){ 951782400 }, &tm) != NULL &&
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm) > 0 &&
		strcmp(text, "2000-02-29 00:00") == 0);
	CHECK(clock_gettime(99, &a) == -1 && errno == EINVAL);
	CHECK(nanosleep(&(struct timespec){ .tv_nsec = 1000000000 }, NULL) == -1 &&
		errno == EINVAL);
}

/* What is not there says so once on the console, and to the caller each time. */
static void check_absent(void)
{
	errno = 0;
	CHECK(open("/etc/passwd", O_RDONLY) == -1 && errno == ENOSYS);
	errno = 0;
	CHECK(open("/etc/passwd", O_RDONLY) == -1 && errno == ENOSYS);
	CHECK(getenv("PATH") == NULL);
	CHECK(write(7, "x", 1) == -1 && errno == EBADF);
	CHECK(isatty(1) == 1);
}

static void at_end(void)
{
	printf("atexit ran; %s\n", nb_bad == 0 ? "all checks hold" : "some checks failed");
}

int main(int argc, char **argv)
{
	CHECK(constructed == 2);
	check_printf();
	check_numbers();
	check_sort();
	check_malloc();
	check_malloc_family();
	check_setjmp();
	check_tls();
	check_time(argc > 1 ? argv[1] : NULL);
	check_absent();
	fprintf(stderr, "allocator %s\n", uk_alloc_image->name);
	CHECK(atexit(at_end) == 0);
	return nb_bad != 0;
}
