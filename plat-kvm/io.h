/* SPDX-License-Identifier: BSD-3-Clause */
/* Port and memory-mapped I/O of ring 3. Each port access is an exit to the hypervisor. */
#ifndef SLUICE_PLAT_KVM_IO_H
#define SLUICE_PLAT_KVM_IO_H

#include "plat-kvm/defs.h"

UK_INLINE void uk_io_out8(uint16_t port, uint8_t v)
{
	__asm__ __volatile__("outb %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

UK_INLINE void uk_io_out32(uint16_t port, uint32_t v)
{
	__asm__ __volatile__("outl %0, %1" : : "a"(v), "Nd"(port) : "memory");
}

UK_INLINE uint8_t uk_io_in8(uint16_t port)
{
	uint8_t v;

	__asm__ __volatile__("inb %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

UK_INLINE uint32_t uk_io_in32(uint16_t port)
{
	uint32_t v;

	__asm__ __volatile__("inl %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

/* n bytes to one port: one exit where the hypervisor batches string output. */
UK_INLINE void uk_io_outs8(uint16_t port, const void *p, size_t n)
{
	__asm__ __volatile__("rep outsb" : "+S"(p), "+c"(n) : "d"(port) : "memory");
}

/* Plain loads and stores of one width, as devices require. */
#define UK_IO_MEM(width, type)                                                                     \
	UK_INLINE type uk_io_read##width(uintptr_t a)                                              \
	{                                                                                          \
		type v;                                                                            \
                                                                                                   \
		__asm__ __volatile__("mov %1, %0"                                                  \
				     : "=r"(v)                                                     \
				     : "m"(*(volatile type *)a)                                    \
				     : "memory");                                                  \
		return v;                                                                          \
	}                                                                                          \
	UK_INLINE void uk_io_write##width(uintptr_t a, type v)                                     \
	{                                                                                          \
		__asm__ __volatile__("mov %1, %0"                                                  \
				     : "=m"(*(volatile type *)a)                                   \
				     : "r"(v)                                                      \
				     : "memory");                                                  \
	}

UK_IO_MEM(8, uint8_t)
UK_IO_MEM(16, uint16_t)
UK_IO_MEM(32, uint32_t)

struct uk_io_cpuid {
	uint32_t eax, ebx, ecx, edx;
};

UK_INLINE struct uk_io_cpuid uk_io_cpuid(uint32_t leaf, uint32_t sub)
{
	struct uk_io_cpuid r;

	__asm__ __volatile__("cpuid"
			     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			     : "a"(leaf), "c"(sub));
	return r;
}

#endif
