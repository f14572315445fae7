/* SPDX-License-Identifier: BSD-3-Clause */
/* What lwIP wants to know of the compiler and the platform. */
#ifndef SLUICE_NETSTACK_LWIP_ARCH_CC_H
#define SLUICE_NETSTACK_LWIP_ARCH_CC_H

#include <stddef.h>
#include <stdint.h>
#include <endian.h>   /* BYTE_ORDER */
#include <sys/time.h> /* struct timeval is libc's */
#include "netstack/port.h"

#define lwip_htons(x) __builtin_bswap16(x)
#define lwip_htonl(x) __builtin_bswap32(x)

#define LWIP_ERR_T int8_t
#define LWIP_PLATFORM_DIAG(x)
/* A failed check of lwIP is a bug of it or of who calls it. */
#define LWIP_PLATFORM_ASSERT(x) uk_assert_fail(x, __FILE__, __LINE__)

#endif
