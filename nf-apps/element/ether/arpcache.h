/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The neighbours on a link (ARP: RFC 826 and RFC 1122, 2.3.2; IPv6: RFC 4861): their Ethernet
 * addresses with their age, and the packets that wait for one. It is embedded in the state of an
 * ARPTable, ARPQuerier or IP6NDSolicitor; several queriers may use one. The numbers of entries and
 * of waiting packets are bounded; what goes over is dropped, oldest first, and counted by the
 * element that the table is part of.
 *
 * Entries come from the heap in blocks and stay with the table until it is freed. Time is
 * nf_core_now_ns. Thread: the core's.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_ETHER_ARPCACHE_H
#define SLUICE_NF_APPS_ELEMENT_ETHER_ARPCACHE_H

#include "nf-apps/click/element.h"

#define NF_ARPCACHE_ENTRIES_MAX 65536u /* also where no limit was asked for */
#define NF_ARPCACHE_PACKETS_MAX 65536u
/* Of ARP, as Click has it. */
#define NF_ARPCACHE_TIMEOUT_NS  300000000000ull
#define NF_ARPCACHE_INTERVAL_NS 100000000ull

/* An IPv6 address, or an IPv4 address and zeros; network order. */
struct nf_arpcache_key {
	uint64_t a, b;
};

struct nf_arpcache_entry {
	struct nf_arpcache_key key;
	uint8_t eth[6];
	bool is_known;
	uint8_t nb_polls; /* since the last reply, at most 255 */
	uint32_t nb_packets;
	uint64_t live_ns, polled_ns;             /* last news of it; last query for it */
	struct nf_arpcache_entry *next;          /* in its bucket, or of the free ones */
	struct nf_arpcache_entry *older, *newer; /* by live_ns */
	struct uk_netbuf *head, *tail;           /* waiting packets, linked by their `next` */
};

struct nf_arpcache {
	struct nf_element *owner; /* counts the drops; NULL: not in use */
	struct nf_arpcache_entry **buckets;
	struct nf_arpcache_entry *oldest, *newest, *free;
	void *blocks;
	uint32_t nb_buckets, nb_entries, nb_packets;
	uint32_t entry_capacity, packet_capacity, entry_packet_capacity, slim_factor;
	uint32_t gen; /* changes with every change that makes an earlier answer wrong */
	bool is_ip6;
	uint64_t seed;        /* of the hash */
	uint64_t timeout_ns;  /* 0: entries do not age */
	uint64_t interval_ns; /* between two queries for one address, at least */
	uint64_t nb_drops;
	struct nf_timer timer;
};

/* What the state of ARPTable and ARPQuerier begins with. */
struct nf_arpcache_owner {
	struct nf_arpcache *cache; /* `own`, or that of TABLE */
	struct nf_arpcache own;
};

/* The reasons of both classes begin with these. */
enum {
	NF_ARPCACHE_DROP_OLD,
	NF_ARPCACHE_DROP_FULL,
	NF_ARPCACHE_DROP_ENTRY_FULL,
	NF_ARPCACHE_DROP_CLEARED,
	NF_ARPCACHE_DROP_MEMORY,
	NF_ARPCACHE_DROPS,
};

#define NF_ARPCACHE_REASONS                                                                        \
	"no answer", "too many packets wait", "too many packets wait for one address",             \
		"table cleared", "no memory for an entry"

UK_INLINE struct nf_arpcache_key nf_arpcache_key4(uint32_t be_ip)
{
	return (struct nf_arpcache_key){ be_ip, 0 };
}

UK_INLINE struct nf_arpcache_key nf_arpcache_key6(const void *addr)
{
	struct nf_arpcache_key k;

	memcpy(&k, addr, sizeof(k));
	return k;
}

/* Arguments CAPACITY, ENTRY_CAPACITY, ENTRY_PACKET_CAPACITY, CAPACITY_SLIM_FACTOR and TIMEOUT. */
void nf_arpcache_args(struct nf_arpcache *c, struct nf_args *a, uint64_t timeout_ns);
/* -ENOMEM */
int nf_arpcache_start(struct nf_arpcache *c, struct nf_element *owner) UK_MUST_USE;
/* All zero is fine, too. */
void nf_arpcache_free(struct nf_arpcache *c);
/* Moves what is in `old` to `c`, which has no entries yet. */
void nf_arpcache_take(struct nf_arpcache *c, struct nf_arpcache *old);

/*
 * The Ethernet address of `key`. Returns -1: not known; 0: it is in eth[]; 1: the same, and it is
 * time to ask again (poll_ns: age from which on that is so, 0: never), which counts as done.
 * *until: the time up to which the answer stays 0, as long as `gen` does.
 */
int nf_arpcache_lookup(struct nf_arpcache *c, struct nf_arpcache_key key, uint64_t poll_ns,
	uint8_t eth[6], uint64_t *until);

/* Lets the packet wait. Returns 1: a query is to be sent; 0; or the packet was dropped: -ENOMEM. */
int nf_arpcache_wait(
	struct nf_arpcache *c, struct nf_arpcache_key key, struct uk_netbuf *p UK_TAKES);

/*
 * News: `key` is at `eth`; FF-FF-FF-FF-FF-FF: it is not known any more. Returns the packets that
 * waited, linked by their `next`, the caller's from then on; with is_kept they go on waiting. *rc:
 * 0 or -ENOMEM.
 */
struct uk_netbuf *nf_arpcache_insert(struct nf_arpcache *c, struct nf_arpcache_key key,
	const uint8_t eth[6], bool is_kept, int *rc);

bool nf_arpcache_has(const struct nf_arpcache *c, struct nf_arpcache_key key);
void nf_arpcache_clear(struct nf_arpcache *c);

/* Handlers of both classes: table, count, length; insert, delete, clear. */
int nf_arpcache_read_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs);
int nf_arpcache_read_number(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs);
int nf_arpcache_write_insert(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);
int nf_arpcache_write_delete(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);
int nf_arpcache_write_clear(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);
/* "IP ETH" of the handler insert. -EINVAL: told. */
int nf_arpcache_parse(const struct nf_element *e, const char *value, struct nf_arpcache_key *key,
	uint8_t eth[6], struct nf_errors *errs) UK_MUST_USE;

enum { NF_ARPCACHE_COUNT, NF_ARPCACHE_LENGTH };

#endif
