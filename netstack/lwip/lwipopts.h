/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How lwIP is built here (lwip/opt.h has all options and what they mean): the raw API, run to completion on one core, every
 * protocol that a server needs. No pool has a fixed size: pieces come from port_memory.c, which caches them by size and
 * keeps the sum below what the machine affords.
 */
#ifndef SLUICE_NETSTACK_LWIP_LWIPOPTS_H
#define SLUICE_NETSTACK_LWIP_LWIPOPTS_H

/* One core, cooperative: no threads, no locks. */
#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_TIMERS          1
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS
#define LWIP_HOOK_FILENAME "hooks.h"

/* Memory: see above. */
#define MEM_ALIGNMENT            16
#define MEM_LIBC_MALLOC          1
#define MEMP_MEM_MALLOC          1
#define mem_clib_malloc          uk_port_malloc
#define mem_clib_calloc          uk_port_calloc
#define mem_clib_free            uk_port_free
#define LWIP_SUPPORT_CUSTOM_PBUF 1
#define LWIP_PBUF_REF_T          u16_t
/* Room for the virtio header in front of each frame that lwIP makes. */
#define PBUF_LINK_ENCAPSULATION_HLEN 12

/* Links. */
#define LWIP_ETHERNET                  1
#define LWIP_ARP                       1
#define ARP_TABLE_SIZE                 127
#define ARP_QUEUEING                   1
#define ARP_QUEUE_LEN                  16
#define ETHARP_SUPPORT_STATIC_ENTRIES  1
#define LWIP_NETIF_HWADDRHINT          1
#define LWIP_NETIF_STATUS_CALLBACK     1
#define LWIP_NETIF_EXT_STATUS_CALLBACK 1
#define LWIP_NETIF_LINK_CALLBACK       1
#define LWIP_NETIF_HOSTNAME            1
#define LWIP_NETIF_LOOPBACK            1
#define LWIP_HAVE_LOOPIF               1
#define LWIP_LOOPIF_MULTICAST          1
#define LWIP_LOOPBACK_MAX_PBUFS        1024
#define LWIP_CHECKSUM_CTRL_PER_NETIF   1

/* IPv4. */
#define LWIP_IPV4                     1
#define IP_FORWARD                    0
#define IP_REASSEMBLY                 1
#define IP_REASS_MAX_PBUFS            512
#define IP_FRAG                       1
#define IP_SOF_BROADCAST              1
#define LWIP_ICMP                     1
#define LWIP_IGMP                     1
#define LWIP_MULTICAST_TX_OPTIONS     1
#define LWIP_RAW                      1
#define LWIP_DHCP                     1
#define DHCP_DOES_ARP_CHECK           0
#define LWIP_DHCP_PROVIDE_DNS_SERVERS 1
#define LWIP_DHCP_MAX_DNS_SERVERS     DNS_MAX_SERVERS
#define LWIP_AUTOIP                   0
#define LWIP_DNS                      1
#define DNS_TABLE_SIZE                32
#define DNS_MAX_NAME_LENGTH           256
#define DNS_MAX_SERVERS               4

/* IPv6. */
#define LWIP_IPV6                      1
#define LWIP_IPV6_NUM_ADDRESSES        6
#define LWIP_IPV6_FRAG                 1
#define LWIP_IPV6_REASS                1
#define IPV6_FRAG_COPYHEADER           1 /* pointers are of 64 bits */
#define LWIP_IPV6_MLD                  1
#define LWIP_IPV6_AUTOCONFIG           1
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS  1
#define LWIP_IPV6_SEND_ROUTER_SOLICIT  1
#define LWIP_ND6_NUM_NEIGHBORS         120
#define LWIP_ND6_NUM_DESTINATIONS      120
#define LWIP_ND6_NUM_PREFIXES          8
#define LWIP_ND6_NUM_ROUTERS           4
#define LWIP_ND6_QUEUEING              1
#define MEMP_NUM_ND6_QUEUE             256
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 2
#define LWIP_ICMP6                     1

/* Transport. */
#define LWIP_UDP                       1
#define LWIP_TCP                       1
#define TCP_MSS                        1460
#define LWIP_WND_SCALE                 1
#define TCP_RCV_SCALE                  4
#define TCP_WND                        (512 * 1024)
#define TCP_SND_BUF                    (512 * 1024)
#define TCP_SND_QUEUELEN               4096
#define TCP_SNDLOWAT                   (32 * 1024)
#define TCP_SNDQUEUELOWAT              64
#define TCP_QUEUE_OOSEQ                1
#define TCP_OOSEQ_MAX_BYTES            TCP_WND
#define TCP_OOSEQ_MAX_PBUFS            1024
#define LWIP_TCP_SACK_OUT              1
#define LWIP_TCP_TIMESTAMPS            0
#define LWIP_TCP_KEEPALIVE             1
#define LWIP_TCP_RTO_TIME              1000 /* RFC 6298, 2.1 */
#define TCP_LISTEN_BACKLOG             1
#define TCP_DEFAULT_LISTEN_BACKLOG     0xff
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1 /* they are about pools of a fixed size */
#define SO_REUSE                       1
#define SO_REUSE_RXTOALL               1
/* No limit of their own: memory is. */
#define MEMP_NUM_TCP_PCB   65535
#define MEMP_NUM_UDP_PCB   65535
#define MEMP_NUM_RAW_PCB   65535
#define MEMP_NUM_TCP_SEG   65535
#define MEMP_NUM_REASSDATA 64

/* What an attacker may not guess. */
#define LWIP_RAND()                        uk_port_rand()
#define LWIP_RANDOMIZE_INITIAL_LOCAL_PORTS 1
#define LWIP_DNS_SECURE                    7

/* Each byte summed once, eight at a time. */
#define LWIP_CHKSUM uk_port_chksum

/* Counters, also for leak checks. */
#define LWIP_STATS       1
#define LWIP_STATS_LARGE 1
#define MEM_STATS        0
#define MEMP_STATS       1

#endif
