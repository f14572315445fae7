/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the files of the sockets share; nobody else includes it. A socket is a uk_file with a table of what its family
 * and type do (struct uk_socket_ops); socket_call.c checks the arguments of the system calls and calls through the table.
 *
 *	socket.c         life cycle, waiting, uk_file's calls     socket_udp.c     datagrams over UDP
 *	socket_call.c    system calls                             socket_raw.c     raw IP
 *	socket_msg.c     sendmmsg, recvmmsg, message headers      socket_tcp*.c    streams over TCP
 *	socket_addr.c    addresses and interfaces                 socket_local.c   socketpair
 *	socket_dgram.c   queue of datagrams, control messages     socket_netlink.c getifaddrs
 *	socket_opt*.c    options                                  socket_icmp.c    errors that ICMP tells
 */
#ifndef SLUICE_NETSTACK_SOCKET_IMPL_H
#define SLUICE_NETSTACK_SOCKET_IMPL_H

#include <stdbool.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include "kernel/fd.h"
#include <lwip/err.h>
#include <lwip/ip.h>
#include <lwip/ip_addr.h>

struct mmsghdr; /* _GNU_SOURCE */
struct uk_socket;
struct pbuf;
struct netif;
struct tcp_pcb;
struct udp_pcb;
struct raw_pcb;

#define UK_SOCKET_IOV_MAX    1024 /* Linux' UIO_MAXIOV */
#define UK_SOCKET_GROUPS_MAX 20   /* as Linux' igmp_max_memberships */
/* Linux' net.core.rmem_default and limits; bytes as setsockopt means them are doubled. */
#define UK_SOCKET_BUF_DEFAULT 212992
#define UK_SOCKET_RCVBUF_MIN  2304
#define UK_SOCKET_SNDBUF_MIN  4608
#define UK_SOCKET_BUF_MAX     (64 << 20)
/* What a queued datagram counts for besides its bytes. */
#define UK_SOCKET_DGRAM_COST 512

struct uk_socket_ops {
	/* What socket() needs besides, NULL: nothing. On failure release is called. */
	int (*open)(struct uk_socket *s);
	/* Each NULL where the kind has none: -EOPNOTSUPP. sa is at least as long as sa_family_t. */
	int (*bind)(struct uk_socket *s, const struct sockaddr *sa, socklen_t len);
	int (*connect)(struct uk_socket *s, const struct sockaddr *sa, socklen_t len);
	int (*listen)(struct uk_socket *s, int backlog);
	int (*accept)(struct uk_socket *s, struct uk_socket **conn, bool dontwait);
	/* m: checked by uk_socket_msg_check. Flags: MSG_*, MSG_DONTWAIT for a file with O_NONBLOCK, too. */
	ssize_t (*send)(struct uk_socket *s, const struct msghdr *m, int flags);
	/* Fills in msg_namelen, msg_controllen and msg_flags. */
	ssize_t (*recv)(struct uk_socket *s, struct msghdr *m, int flags);
	int (*shutdown)(struct uk_socket *s, int how);
	/* Fills in the address, returns its length. */
	int (*name)(struct uk_socket *s, bool peer, struct sockaddr_storage *sa);
	short (*poll)(struct uk_socket *s);
	/* Bytes that FIONREAD tells. */
	int (*pending)(struct uk_socket *s);
	/* Options of the kind's own levels; -ENOPROTOOPT. An option was checked to hold len bytes. */
	int (*set)(struct uk_socket *s, int level, int name, const void *val, socklen_t len);
	int (*get)(struct uk_socket *s, int level, int name, void *val, socklen_t *len);
	/* An option of SOL_SOCKET or of IP was changed: hands s->opt to lwIP. */
	void (*apply)(struct uk_socket *s);
	/* Gives back everything but the socket itself. */
	void (*release)(struct uk_socket *s);
};

/* Options, as the program set them. */
struct uk_socket_opt {
	int rcvbuf, sndbuf; /* bytes, doubled as Linux does */
	int rcvlowat;
	uint64_t rcvtimeo_ns, sndtimeo_ns; /* UK_WAIT_FOREVER */
	bool reuse, keepalive, broadcast, linger, oobinline, v6only;
	int linger_s;
	uint8_t ifindex; /* SO_BINDTODEVICE, 0: any */
	uint8_t ttl, tos, hops, mcast_ttl, mcast_if;
	bool mcast_loop;
	bool pktinfo, recvttl, recvtos, hdrincl;
	bool nodelay, cork;
	int keepidle_s, keepintvl_s, keepcnt;
};

/* A received datagram. */
struct uk_socket_dgram {
	struct pbuf *p;
	ip_addr_t src, dst;
	uint16_t port;
	uint8_t ifindex, ttl, tos;
};

/* A ring of them; size is a power of two or 0. */
struct uk_socket_queue {
	struct uk_socket_dgram *ring;
	uint32_t head, nb, size;
	uint32_t cost; /* bytes, with UK_SOCKET_DGRAM_COST for each */
	uint64_t nb_dropped;
};

struct uk_socket_group {
	ip_addr_t addr;
	uint8_t ifindex; /* 0: none here */
};

/* UDP and raw IP. */
struct uk_socket_inet {
	struct uk_socket_queue queue;
	struct uk_socket_group *groups; /* UK_SOCKET_GROUPS_MAX, or NULL */
	bool connected, bound_address;
};

struct uk_socket_tcp {
	/* Received, not read: pbufs linked by next, across segments; rx_off bytes of the first are read. */
	struct pbuf *rx_first, *rx_last;
	uint32_t rx_off, nb_rx;
	size_t rx_bytes;
	uint32_t gather_room; /* rx_last is a buffer of our own with as much room at its end */
	bool fin, listening, connecting, connected, was_connected;
	bool untold; /* a connection was made while nobody waited */
	/* Connections that nobody accepted yet. */
	struct uk_socket *first, *last;
	unsigned nb_queued, backlog;
	struct uk_socket *listener; /* whose queue it is in */
	/* What lwIP forgets with the pcb. */
	ip_addr_t local_ip, remote_ip;
	uint16_t local_port, remote_port;
};

struct uk_socket_pipe;

/* One end of a socketpair. */
struct uk_socket_local {
	struct uk_socket *peer; /* NULL: closed, or never connected */
	struct uk_socket_pipe *in;
	bool was_paired;
};

struct uk_socket_netlink {
	uint8_t *answer; /* what recv hands out, one message after the other */
	size_t len, at;
	uint32_t port;
};

struct uk_socket {
	struct uk_file file;
	const struct uk_socket_ops *ops;
	int domain, type, protocol;
	int error; /* pending, a positive errno: SO_ERROR */
	bool shut_rd, shut_wr;
	struct uk_socket_opt opt;
	struct uk_socket *next; /* in a queue of connections */
	union {
		struct ip_pcb *ip;
		struct tcp_pcb *tcp;
		struct udp_pcb *udp;
		struct raw_pcb *raw;
	} pcb;
	union {
		struct uk_socket_inet inet;
		struct uk_socket_tcp tcp;
		struct uk_socket_local local;
		struct uk_socket_netlink netlink;
	} u;
};

extern const struct uk_socket_ops uk_socket_udp_ops, uk_socket_raw_ops, uk_socket_tcp_ops;
extern const struct uk_socket_ops uk_socket_local_stream_ops, uk_socket_local_dgram_ops,
	uk_socket_netlink_ops;

/* -- socket.c -- */

/* No descriptor yet. NULL: no memory. */
struct uk_socket *uk_socket_alloc(
	const struct uk_socket_ops *ops, int domain, int type, int protocol);
/* -errno of what is not there. flags: SOCK_NONBLOCK, SOCK_CLOEXEC. Returns the descriptor. */
int uk_socket_install(struct uk_socket *s, int flags) UK_MUST_USE;
/* With a reference on its file; NULL and *error: -EBADF, -ENOTSOCK. */
struct uk_socket *uk_socket_get(int fd, int *error);
void uk_socket_put(struct uk_socket *s);
/* Something changed that poll tells. */
void uk_socket_wake(struct uk_socket *s);
/* Takes the pending error: 0 or -errno. */
int uk_socket_take_error(struct uk_socket *s);

/* What was sent goes out, and on the loopback interface it arrives: as on Linux, before the call returns. */
void uk_socket_flush(void);

/* A wait of a call: all zero but deadline_ns and dontwait at its start. */
struct uk_socket_wait {
	uint64_t deadline_ns;
	bool dontwait, polled;
};

struct uk_socket_wait uk_socket_wait_for(uint64_t timeout_ns, bool dontwait);
/* 0: look again. -EAGAIN: there is no more time. */
int uk_socket_wait(struct uk_socket *s, struct uk_socket_wait *w) UK_MUST_USE;

/* -- socket_call.c and socket_msg.c -- */

bool uk_socket_call(long n, const long args[6], long *result);
/* A header's pointers and lengths; nothing is copied where nobody asks for the bytes. The number of bytes, or -errno. */
ssize_t uk_socket_msg_check(const struct msghdr *m, bool no_copy);
/* The same of a header that was checked. */
size_t uk_socket_msg_len(const struct msghdr *m);
long uk_socket_sendmsg(int fd, const struct msghdr *m, int flags);
long uk_socket_recvmsg(int fd, struct msghdr *m, int flags);
long uk_socket_sendmmsg(int fd, struct mmsghdr *v, unsigned n, int flags);
long uk_socket_recvmmsg(int fd, struct mmsghdr *v, unsigned n, int flags, const struct timespec *t);
/* Copies out of the pbuf chain, from `off`, into the vector; the bytes copied. */
size_t uk_socket_msg_scatter(
	const struct msghdr *m, size_t done, const struct pbuf *p, size_t off, size_t len);
/* Copies the whole message into the pbuf chain. */
void uk_socket_msg_gather(const struct msghdr *m, struct pbuf *p);
/* Appends a control message; msg_controllen is what is left, *at where it goes. Sets MSG_CTRUNC. */
struct uk_socket_cmsg {
	uint8_t *at;
	size_t left;
	int flags;
};
void uk_socket_msg_control(
	struct uk_socket_cmsg *c, int level, int type, const void *data, size_t len);
/* Copies an address to where the program wants it; *len: room, then the whole length. */
void uk_socket_msg_name(
	const struct sockaddr_storage *sa, socklen_t sa_len, void *to, socklen_t *len);

/* -- socket_addr.c -- */

/* The program's address for a socket of that domain, as lwIP has it. */
int uk_socket_addr_get(const struct uk_socket *s, const struct sockaddr *sa, socklen_t len,
	ip_addr_t *ip, uint16_t *port);
/* lwIP's address as a program with a socket of that domain sees it; returns its length. */
socklen_t uk_socket_addr_put(
	int domain, const ip_addr_t *ip, uint16_t port, struct sockaddr_storage *sa);
/* True if a socket may be bound to it. */
bool uk_socket_addr_local(const ip_addr_t *ip);
int uk_socket_addr_errno(err_t err);
/* Linux' name of an interface: "lo", "en0". name: IFNAMSIZ bytes. */
void uk_socket_addr_ifname(const struct netif *n, char *name);
struct netif *uk_socket_addr_netif(const char *name);
bool uk_socket_addr_loopback(const struct netif *n);
/* The type of lwIP's addresses for an unbound socket. */
uint8_t uk_socket_addr_type(const struct uk_socket *s);

/* The address that a program means by "any" as a destination: this machine. */
void uk_socket_addr_any_is_self(const struct uk_socket *s, ip_addr_t *ip);
/* The address from which this goes out, NULL: there is none. */
const ip_addr_t *uk_socket_addr_source(const struct uk_socket *s, const ip_addr_t *dst);

/* -- socket_dgram.c -- */

/* Takes p. */
void uk_socket_dgram_push(struct uk_socket *s, struct pbuf *p, const ip_addr_t *src, uint16_t port);
ssize_t uk_socket_dgram_recv(struct uk_socket *s, struct msghdr *m, int flags);
short uk_socket_dgram_poll(struct uk_socket *s);
int uk_socket_dgram_pending(struct uk_socket *s);
int uk_socket_dgram_shutdown(struct uk_socket *s, int how);
void uk_socket_dgram_drop(struct uk_socket *s);
/* What a program's control messages ask for. */
struct uk_socket_dgram_how {
	ip_addr_t src; /* meaningful if have_src */
	bool have_src;
	uint8_t ifindex;
	int ttl, tos; /* -1: the socket's */
};
int uk_socket_dgram_how(const struct msghdr *m, struct uk_socket_dgram_how *how);

/* -- socket_opt.c, socket_opt_ip.c, socket_ioctl.c -- */

void uk_socket_opt_init(struct uk_socket *s);
int uk_socket_opt_set(struct uk_socket *s, int level, int name, const void *val, socklen_t len);
int uk_socket_opt_get(struct uk_socket *s, int level, int name, void *val, socklen_t *len);
/* Levels IPPROTO_IP and IPPROTO_IPV6, for all kinds over IP. */
int uk_socket_opt_ip_set(struct uk_socket *s, int level, int name, const void *val, socklen_t len);
int uk_socket_opt_ip_get(struct uk_socket *s, int level, int name, void *val, socklen_t *len);
int uk_socket_opt_put(int value, void *val, socklen_t *len);
/* IP_ADD_MEMBERSHIP and its like. */
int uk_socket_group_set(struct uk_socket *s, int level, int name, const void *val, socklen_t len);
void uk_socket_group_leave_all(struct uk_socket *s);
/* Hands the options that all pcbs have to lwIP. */
void uk_socket_opt_apply_ip(struct uk_socket *s);
int uk_socket_ioctl(struct uk_file *f, unsigned long request, void *arg);

/* -- socket_tcp.c, socket_tcp_io.c, socket_tcp_opt.c -- */

void uk_socket_tcp_attach(struct uk_socket *s, struct tcp_pcb *pcb);
/* lwIP has the pcb to itself from now on. */
void uk_socket_tcp_detach(struct uk_socket *s);
/* Keeps what lwIP forgets with the pcb. */
void uk_socket_tcp_ends(struct uk_socket *s, const struct tcp_pcb *pcb);
int uk_socket_tcp_listen(struct uk_socket *s, int backlog);
int uk_socket_tcp_accept(struct uk_socket *s, struct uk_socket **conn, bool dontwait);
/* It listens no more; who waits in its queue is reset. */
void uk_socket_tcp_listen_end(struct uk_socket *s);
ssize_t uk_socket_tcp_send(struct uk_socket *s, const struct msghdr *m, int flags);
ssize_t uk_socket_tcp_recv(struct uk_socket *s, struct msghdr *m, int flags);
/* Takes p, which may be a chain. */
void uk_socket_tcp_queue(struct uk_socket *s, struct pbuf *p);
void uk_socket_tcp_drop(struct uk_socket *s);
/* Bytes that a send would take now. */
size_t uk_socket_tcp_room(const struct uk_socket *s);
bool uk_socket_tcp_writable(const struct uk_socket *s);
int uk_socket_tcp_set(struct uk_socket *s, int level, int name, const void *val, socklen_t len);
int uk_socket_tcp_get(struct uk_socket *s, int level, int name, void *val, socklen_t *len);
void uk_socket_tcp_apply(struct uk_socket *s);

/* -- the rest -- */

/* ICMP told that nobody is at `remote`: connected sockets have an error. */
void uk_socket_udp_unreachable(
	uint16_t local_port, const ip_addr_t *remote, uint16_t remote_port, int error);
/* Two connected sockets. */
int uk_socket_local_pair(int type, struct uk_socket *pair[2]);
void uk_socket_icmp_start(void);
/* Files that a resolver reads; -ENOENT for all others. */
long uk_socket_file_open(const char *path, int flags);

#endif
