/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our options as far as lwIP's own unit tests (test/unit in its source) allow: they want threads' API and counters that we leave out,
 * no DNS, and windows and pools that are small enough to be filled.
 */
#ifndef SLUICE_NETSTACK_TEST_LWIP_UNIT_LWIPOPTS_H
#define SLUICE_NETSTACK_TEST_LWIP_UNIT_LWIPOPTS_H

#include "netstack/lwip/lwipopts.h"

#define LWIP_TESTMODE 1

#undef NO_SYS
#define NO_SYS 0
#undef LWIP_NETCONN
#define LWIP_NETCONN 1
#undef LWIP_SOCKET
#define LWIP_SOCKET                 1
#define LWIP_NETCONN_FULLDUPLEX     1
#define LWIP_NETCONN_SEM_PER_THREAD 1
#define LWIP_NETBUF_RECVINFO        1
#define LWIP_COMPAT_SOCKETS         1
#define LWIP_ERRNO_STDINCLUDE       1
#define LWIP_TIMEVAL_PRIVATE        0
#define TCPIP_THREAD_TEST
#undef LWIP_HOOK_FILENAME
#undef LWIP_DNS
#define LWIP_DNS 0
#undef LWIP_DHCP_PROVIDE_DNS_SERVERS
#undef LWIP_DHCP_MAX_DNS_SERVERS
#define LWIP_MDNS_RESPONDER        1
#define LWIP_NUM_NETIF_CLIENT_DATA 1
#define MEMP_NUM_SYS_TIMEOUT       (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 8)
#undef LWIP_RAND
#undef SO_REUSE_RXTOALL
#undef DHCP_DOES_ARP_CHECK
#undef LWIP_LOOPIF_MULTICAST /* its group would count as a leak */

#undef LWIP_ND6_RDNSS_MAX_DNS_SERVERS
/* Debian's own port has these, for BSD's sockaddr. */
#define IP4ADDR_SOCKADDR_SET_LEN(sin)
#define IP6ADDR_SOCKADDR_SET_LEN(sin6)
#define IPADDR_SOCKADDR_GET_LEN(addr)                                                              \
	((addr)->sa.sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)                            \
					  : sizeof(struct sockaddr_in))

#undef TCP_OOSEQ_MAX_BYTES
#undef TCP_OOSEQ_MAX_PBUFS
#undef TCP_WND
#define TCP_WND (10 * TCP_MSS)
#undef TCP_RCV_SCALE
#define TCP_RCV_SCALE 0
#undef TCP_SND_BUF
#define TCP_SND_BUF (12 * TCP_MSS)
#undef TCP_SND_QUEUELEN
#define TCP_SND_QUEUELEN 40
#undef TCP_SNDLOWAT
#undef TCP_SNDQUEUELOWAT

/* Pools of a fixed size: the tests count what is left in them. */
#undef MEMP_MEM_MALLOC
#undef MEM_LIBC_MALLOC
#undef MEMP_NUM_TCP_PCB
#undef MEMP_NUM_UDP_PCB
#undef MEMP_NUM_RAW_PCB
#undef MEMP_NUM_TCP_SEG
#define MEMP_NUM_TCP_SEG TCP_SND_QUEUELEN
#undef MEMP_NUM_REASSDATA
#define MEM_SIZE          160000
#define PBUF_POOL_BUFSIZE 608 /* frames of several parts */
#define PBUF_POOL_SIZE    400
#undef MEM_STATS
#define MEM_STATS                  1
#define MIB2_STATS                 1
#define LWIP_MEM_ILLEGAL_FREE(msg) /* counted, and not fatal */

#endif
