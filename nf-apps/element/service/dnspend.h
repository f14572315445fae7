/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions of DNSCache that the resolver has not answered yet, and who waits for them. Found by
 * question, for whoever asks the same, and by the port and identification that the resolver answers
 * to, which are random (RFC 5452). Memory is taken once. Times are milliseconds. Thread: the
 * core's.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_SERVICE_DNSPEND_H
#define SLUICE_NF_APPS_ELEMENT_SERVICE_DNSPEND_H

#include "nf-apps/element/service/dnsmsg.h"

#define NF_DNSPEND_WAITERS 8u
#define NF_DNSPEND_NONE    UINT32_MAX
#define NF_DNSPEND_MAX     65536u

struct nf_dnspend_waiter {
	uint32_t addr, local; /* network order: the client, and whom it asked */
	uint16_t port, local_port;
	uint16_t id, udp_size;
	uint8_t upper[32]; /* see nf_dnsmsg */
};

struct nf_dnspend_entry {
	uint64_t hash;
	uint32_t by_question, by_id; /* next in the chains */
	uint32_t older, newer;
	uint32_t since, sent;
	uint16_t id, port; /* towards the resolver */
	uint16_t key_len;
	uint8_t kind, nb_waiters; /* 0: the entry is free */
	bool keep;                /* the answer may be kept */
	uint8_t upper[32];        /* of the question that was sent */
	uint8_t key[NF_DNSMSG_KEY];
	struct nf_dnspend_waiter waiters[NF_DNSPEND_WAITERS];
};

struct nf_dnspend {
	struct nf_dnspend_entry *entries;
	uint32_t *questions, *ids; /* chains */
	uint32_t nb, mask, nb_used;
	uint32_t free, oldest, newest;
};

/* -ENOMEM */
int nf_dnspend_init(struct nf_dnspend *p, uint32_t nb) UK_MUST_USE;
void nf_dnspend_free(struct nf_dnspend *p);

uint32_t nf_dnspend_find(const struct nf_dnspend *p, uint64_t hash, const uint8_t *key,
	uint32_t key_len, uint8_t kind);
uint32_t nf_dnspend_find_id(const struct nf_dnspend *p, uint16_t id, uint16_t port);

/* A new one with this id and port, which is nobody's; no waiters. NF_DNSPEND_NONE: all are in use.
 */
uint32_t nf_dnspend_add(struct nf_dnspend *p, uint64_t hash, const struct nf_dnsmsg *q,
	uint8_t kind, uint16_t id, uint16_t port, uint32_t now);
void nf_dnspend_remove(struct nf_dnspend *p, uint32_t entry);

#endif
