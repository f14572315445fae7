/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words that every room uses: ownership marks for prototypes, assertions,
 * branch hints and memory barriers. Depends on nothing but the compiler.
 */
#ifndef SLUICE_PLAT_KVM_DEFS_H
#define SLUICE_PLAT_KVM_DEFS_H

#include <stddef.h>
#include <stdint.h>

/* Who owns an argument after the call; empty, for readers and reviews. */
#define UK_TAKES      /* the callee owns it, whatever the result */
#define UK_TAKES_HEAD /* the callee owns the first *cnt */
#define UK_GIVES      /* the caller owns what is stored there */
#define UK_LENDS      /* borrowed until the call returns */

#define UK_MUST_USE   __attribute__((warn_unused_result))
#define UK_NORETURN   __attribute__((noreturn))
#define UK_ALIGNED(n) __attribute__((aligned(n)))
#define UK_PACKED     __attribute__((packed))
#define UK_INLINE     static inline __attribute__((always_inline))

#define UK_CACHE_LINE 64 /* bytes */
#define UK_PAGE_SIZE  4096

#define UK_LIKELY(x)   __builtin_expect(!!(x), 1)
#define UK_UNLIKELY(x) __builtin_expect(!!(x), 0)

#define UK_ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))
#define UK_ALIGN_UP(x, a)                  (((x) + ((a)-1)) & ~((__typeof__(x))(a)-1))
#define UK_ALIGN_DOWN(x, a)                ((x) & ~((__typeof__(x))(a)-1))
#define UK_CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* 1 in debug builds: ownership tags of netbufs, assertions on hot paths, poison. */
#ifndef UK_DEBUG
#define UK_DEBUG 0
#endif

/*
 * A bug of the caller: prints the expression with file and line and ends the
 * machine with UK_POWER_PANIC. Kept in release builds; no side effects in it.
 */
#define UK_ASSERT(expr)                                                                            \
	do {                                                                                       \
		if (UK_UNLIKELY(!(expr)))                                                          \
			uk_assert_fail(#expr, __FILE__, __LINE__);                                 \
	} while (0)

/* The same, but only in debug builds: for what the packet path can not afford. */
#define UK_ASSERT_DEBUG(expr)                                                                      \
	do {                                                                                       \
		if (UK_DEBUG)                                                                      \
			UK_ASSERT(expr);                                                           \
	} while (0)

UK_NORETURN void uk_assert_fail(const char *expr, const char *file, int line);

/*
 * Barriers towards a device that is another CPU of a coherent machine. On
 * x86-64 stores are not reordered with stores nor loads with loads (Intel SDM
 * vol. 3, 9.2), so read and write barriers only hold back the compiler; the
 * full barrier orders a store before a later load. A locked add is cheaper than mfence.
 */
UK_INLINE void uk_rmb(void)
{
	__asm__ __volatile__("" ::: "memory");
}

UK_INLINE void uk_wmb(void)
{
	__asm__ __volatile__("" ::: "memory");
}

UK_INLINE void uk_mb(void)
{
	__asm__ __volatile__("lock; addl $0, -4(%%rsp)" ::: "memory", "cc");
}

UK_INLINE void uk_pause(void)
{
	__builtin_ia32_pause();
}

/*
 * Fetches a line to write to it: one transfer from the other core's cache, where a load and then a
 * store take two (AMD APM vol. 3, PREFETCHW; where a CPU does not know it, it does nothing).
 */
UK_INLINE void uk_prefetch_write(const void *p)
{
	__asm__ __volatile__("prefetchw %0" : : "m"(*(const char *)p));
}

/* One access, not torn, repeated or cached by the compiler. */
#define UK_READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define UK_WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#endif
