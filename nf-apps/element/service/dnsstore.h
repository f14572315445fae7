/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers of DNSCache by question. Memory is taken once: places for short messages and some for
 * long ones; when all are in use the one that was not asked for longest makes way. A message is
 * kept as it came, with its question in lower case. `now` is milliseconds, times to live are
 * seconds. Thread: the core's.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_SERVICE_DNSSTORE_H
#define SLUICE_NF_APPS_ELEMENT_SERVICE_DNSSTORE_H

#include <stdbool.h>
#include <stdint.h>
#include "plat-kvm/defs.h"

#define NF_DNSSTORE_SHORT 512u
#define NF_DNSSTORE_LONG  1472u
#define NF_DNSSTORE_NONE  UINT32_MAX
#define NF_DNSSTORE_MAX   (1u << 20)

struct nf_dnsstore_entry {
	uint64_t hash, since;  /* ms */
	uint32_t next;         /* of the chain, or of the free ones */
	uint32_t older, newer; /* by use */
	uint32_t ttl;          /* s */
	uint16_t len, key_len; /* len 0: free */
	uint8_t kind;
};

/* The places of one size. */
struct nf_dnsstore_class {
	uint32_t first, nb, free, oldest, newest;
	uint32_t bytes;
	uint8_t *mem;
};

struct nf_dnsstore {
	struct nf_dnsstore_entry *entries;
	uint32_t *chains;
	uint32_t nb_chains, nb_entries, nb_used; /* nb_chains: power of two */
	struct nf_dnsstore_class class[2];       /* short, long */
	uint64_t secret[2];
	uint64_t nb_evicted;
};

/* Places for `nb` short messages, and an eighth as many long ones. -ENOMEM */
int nf_dnsstore_init(struct nf_dnsstore *s, uint32_t nb, const uint64_t secret[2]) UK_MUST_USE;
void nf_dnsstore_free(struct nf_dnsstore *s);
void nf_dnsstore_flush(struct nf_dnsstore *s);

/* What `kind` and the key hash to; nobody outside can choose keys that meet. */
uint64_t nf_dnsstore_hash(const uint64_t secret[2], const uint8_t *key, uint32_t len, uint8_t kind);

/* The message of a key that is not out of date, or NF_DNSSTORE_NONE. */
uint32_t nf_dnsstore_find(struct nf_dnsstore *s, uint64_t hash, const uint8_t *key,
	uint32_t key_len, uint8_t kind, uint64_t now);
/* Keeps it in place of what was there. False: it is too long. */
bool nf_dnsstore_put(struct nf_dnsstore *s, uint64_t hash, const uint8_t *key, uint32_t key_len,
	uint8_t kind, const uint8_t *m, uint32_t len, uint32_t ttl, uint64_t now);

void nf_dnsstore_remove(struct nf_dnsstore *s, uint32_t entry);

/* Seconds since it came. */
UK_INLINE uint64_t nf_dnsstore_age(const struct nf_dnsstore_entry *x, uint64_t now)
{
	return (now - x->since) / 1000;
}

uint8_t *nf_dnsstore_message(const struct nf_dnsstore *s, uint32_t entry);

#endif
