/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The system calls under musl, as plain functions: console, memory, clock, exit. Numbers, arguments
 * and results are Linux' on x86-64; the rest says ENOSYS and, once per number, so on the console.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include "kernel/libc.h"
#include "kernel/malloc.h"
#include "kernel/random.h"
#include "kernel/syscall.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/console.h"
#include "plat-kvm/idle.h"
#include "plat-kvm/power.h"
#include "plat-kvm/trap.h"

#define NSEC          1000000000ull
#define NB_CALLS      512
#define INPUT_POLL_NS 10000000ull
#define ARCH_SET_FS   0x1002

static struct uk_syscall_set *sets;

static int sys_idle_until(uint64_t deadline_ns)
{
	uk_idle_until(deadline_ns);
	uk_pause();
	return 0;
}

int (*uk_syscall_sleep)(uint64_t deadline_ns) = sys_idle_until;

void uk_syscall_add(struct uk_syscall_set *set)
{
	set->next = sets;
	sets = set;
}

static bool sys_is_console(long fd)
{
	return fd == 1 || fd == 2;
}

static long sys_writev(long fd, const struct iovec *v, long n)
{
	long done = 0;

	if (!sys_is_console(fd))
		return -EBADF;
	for (long i = 0; i < n; i++) {
		uk_console_write(v[i].iov_base, v[i].iov_len);
		done += (long)v[i].iov_len;
	}
	return done;
}

/* Blocks until there is at least one byte, asleep between looks. */
static long sys_read(long fd, char *buf, size_t len)
{
	size_t n = 0;
	int c, rc = 0;

	if (fd != 0)
		return -EBADF;
	while (n < len && rc == 0) {
		c = uk_console_getc();
		if (c >= 0)
			buf[n++] = (char)c;
		else if (n > 0)
			break;
		else
			rc = uk_syscall_sleep(uk_clock_ns() + INPUT_POLL_NS);
	}
	return n > 0 ? (long)n : rc;
}

/* A console is a terminal: stdio then flushes at each line. */
static long sys_ioctl(long fd, long request, struct winsize *ws)
{
	if (request != TIOCGWINSZ || (!sys_is_console(fd) && fd != 0))
		return -ENOTTY;
	*ws = (struct winsize){ .ws_row = 25, .ws_col = 80 };
	return 0;
}

/* Anonymous private memory only; all memory is readable and writable, none executable. */
static long sys_mmap(size_t len, long prot, long flags)
{
	void *p;

	if (!(flags & MAP_ANONYMOUS) || (flags & MAP_FIXED))
		return -ENODEV;
	if (prot & PROT_EXEC)
		return -EACCES;
	if (len == 0)
		return -EINVAL;
	p = uk_malloc_heap != NULL ? uk_alloc_alloc(uk_malloc_heap, UK_PAGE_SIZE, len) : NULL;
	if (p == NULL)
		return -ENOMEM;
	memset(p, 0, len);
	return (long)p;
}

/* The whole mapping at once. */
static long sys_munmap(void *p)
{
	if ((uintptr_t)p % UK_PAGE_SIZE != 0)
		return -EINVAL;
	uk_alloc_free(uk_malloc_heap, p);
	return 0;
}

static long sys_clock_gettime(long id, struct timespec *ts)
{
	uint64_t ns;

	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		ns = uk_clock_wall_ns();
		break;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		ns = uk_clock_ns();
		break;
	default:
		return -EINVAL;
	}
	*ts = (struct timespec){ .tv_sec = (time_t)(ns / NSEC), .tv_nsec = (long)(ns % NSEC) };
	return 0;
}

static long sys_gettimeofday(struct timeval *tv)
{
	uint64_t us = uk_clock_wall_ns() / 1000;

	*tv = (struct timeval){ .tv_sec = (time_t)(us / 1000000),
		.tv_usec = (suseconds_t)(us % 1000000) };
	return 0;
}

static long sys_clock_nanosleep(
	long id, long flags, const struct timespec *ts, struct timespec *rest)
{
	uint64_t ns, base;
	int rc;

	if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= (long)NSEC)
		return -EINVAL;
	ns = (uint64_t)ts->tv_sec * NSEC + (uint64_t)ts->tv_nsec;
	base = uk_clock_ns();
	if (flags & TIMER_ABSTIME) {
		uint64_t now = id == CLOCK_REALTIME ? uk_clock_wall_ns() : base;

		ns = ns > now ? ns - now : 0;
	}
	/* An interrupt may end a sleep early. */
	while (uk_clock_ns() - base < ns) {
		rc = uk_syscall_sleep(base + ns);
		if (rc < 0)
			return rc;
	}
	if (rest != NULL && !(flags & TIMER_ABSTIME))
		*rest = (struct timespec){ 0 };
	return 0;
}

/* raise() and abort(): there is one thread, and no handler can be set. */
UK_NORETURN static void sys_kill(long sig)
{
	uk_console_printf("\nsluice: the application raised signal %ld\n  backtrace:\n", sig);
	uk_trap_backtrace((uintptr_t)__builtin_return_address(0) - 1,
		*(uintptr_t *)__builtin_frame_address(0));
	uk_power_off(UK_POWER_PANIC);
}

static long sys_unsupported(long n, long a, long b, long c)
{
	static uint8_t told[NB_CALLS];

	if (n < 0 || n >= NB_CALLS)
		return -ENOSYS;
	if (!told[n])
		uk_console_printf(
			"sluice: system call %ld(%#lx, %#lx, %#lx) is not there\n", n, a, b, c);
	told[n] = 1;
	return -ENOSYS;
}

static long sys_base(long n, long a, long b, long c, long d)
{
	switch (n) {
	case SYS_write:
		return sys_writev(a, &(struct iovec){ (void *)b, (size_t)c }, 1);
	case SYS_writev:
		return sys_writev(a, (const struct iovec *)b, c);
	case SYS_read:
		return sys_read(a, (char *)b, (size_t)c);
	case SYS_readv:
		return c > 0 ? sys_read(a, ((struct iovec *)b)->iov_base,
				       ((struct iovec *)b)->iov_len)
			     : 0;
	case SYS_ioctl:
		return sys_ioctl(a, b, (struct winsize *)c);
	case SYS_lseek:
		return a >= 0 && a <= 2 ? -ESPIPE : -EBADF;
	case SYS_close:
		return a >= 0 && a <= 2 ? 0 : -EBADF;
	case SYS_mmap:
		return sys_mmap((size_t)b, c, d);
	case SYS_munmap:
		return sys_munmap((void *)a);
	case SYS_madvise:
		return 0;
	case SYS_brk:
		return 0; /* no heap of this kind: malloc() is kernel/malloc.c */
	case SYS_clock_gettime:
		return sys_clock_gettime(a, (struct timespec *)b);
	case SYS_clock_getres:
		*(struct timespec *)b = (struct timespec){ .tv_nsec = 1 };
		return 0;
	case SYS_gettimeofday:
		return sys_gettimeofday((struct timeval *)a);
	case SYS_nanosleep:
		return sys_clock_nanosleep(
			CLOCK_MONOTONIC, 0, (const struct timespec *)a, (struct timespec *)b);
	case SYS_clock_nanosleep:
		return sys_clock_nanosleep(a, b, (const struct timespec *)c, (struct timespec *)d);
	case SYS_getrandom: /* flags: none of them matters, it never blocks */
		uk_random_bytes((void *)a, (size_t)b);
		return b;
	case SYS_set_thread_area:
		return uk_libc_tp_set((uintptr_t)a);
	case SYS_arch_prctl:
		return a == ARCH_SET_FS ? uk_libc_tp_set((uintptr_t)b) : -EINVAL;
	case SYS_set_tid_address:
	case SYS_gettid:
	case SYS_getpid:
		return 1;
	case SYS_sched_yield:
	case SYS_rt_sigprocmask:
		return 0;
	case SYS_kill:
	case SYS_tkill:
		sys_kill(b);
	case SYS_exit:
	case SYS_exit_group:
		uk_power_off((int)(a & 0xff));
	default:
		return sys_unsupported(n, a, b, c);
	}
}

long uk_syscall(long n, long a, long b, long c, long d, long e, long f)
{
	const long args[6] = { a, b, c, d, e, f };
	long result;

	for (const struct uk_syscall_set *set = sets; set != NULL; set = set->next) {
		if (set->call(n, args, &result))
			return result;
	}
	return sys_base(n, a, b, c, d);
}
