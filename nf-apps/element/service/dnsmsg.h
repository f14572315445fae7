/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DNS messages (RFC 1035, 4; RFC 6891), as a cache has to understand them: the one question, as a
 * key that does not depend on the case of letters; what the records say about how long the message
 * may be kept; and how to count their times down. Messages come from outside: every call checks all
 * that it reads. Names are walked, never expanded: a compression pointer ends the walk, and has to
 * point backwards.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_SERVICE_DNSMSG_H
#define SLUICE_NF_APPS_ELEMENT_SERVICE_DNSMSG_H

#include <stdbool.h>
#include <stdint.h>
#include "plat-kvm/defs.h"

#define NF_DNSMSG_HLEN   12u
#define NF_DNSMSG_NAME   255u                 /* bytes of a name */
#define NF_DNSMSG_KEY    (NF_DNSMSG_NAME + 4) /* name, type, class */
#define NF_DNSMSG_OPT    11u                  /* bytes of an OPT record without options */
#define NF_DNSMSG_UDP    512u                 /* longest message without EDNS */
#define NF_DNSMSG_NO_TTL UINT32_MAX

#define NF_DNSMSG_QR     0x8000
#define NF_DNSMSG_OPCODE 0x7800
#define NF_DNSMSG_AA     0x0400
#define NF_DNSMSG_TC     0x0200
#define NF_DNSMSG_RD     0x0100
#define NF_DNSMSG_CD     0x0010
#define NF_DNSMSG_RCODE  0x000f

enum { NF_DNSMSG_NOERROR = 0, NF_DNSMSG_NXDOMAIN = 3 };

struct nf_dnsmsg {
	uint8_t key[NF_DNSMSG_KEY]; /* the question, letters in lower case */
	uint8_t upper[32];          /* a bit for each byte of the name: was an upper-case letter */
	uint16_t key_len;
	uint16_t id, flags, type, class;
	uint16_t nb_answers;
	uint16_t udp_size; /* what EDNS says, at least 512 */
	uint32_t len;      /* up to the end of the last record */
	uint32_t ttl;      /* least of the records but OPT; NF_DNSMSG_NO_TTL: no record */
	uint32_t soa_ttl;  /* RFC 2308, 5: of a negative answer; NF_DNSMSG_NO_TTL: no SOA */
	uint32_t opt_at;   /* OPT record, 0: none */
	uint32_t opt_len;  /* of its options */
	uint16_t opt_rcode;
	bool dnssec_ok;
	bool subnet; /* has the client subnet option (RFC 7871) */
};

/* False: malformed, or not exactly one question. */
bool nf_dnsmsg_read(const uint8_t *m, uint32_t len, struct nf_dnsmsg *q) UK_MUST_USE;

/* Counts the times of all records but OPT down, from `most` at most. The message was read before, by
 * nf_dnsmsg_read. */
void nf_dnsmsg_age(uint8_t *m, uint32_t len, uint32_t seconds, uint32_t most);

/* The case of the question's letters; the message has a question of that length. */
void nf_dnsmsg_set_case(uint8_t *m, uint32_t key_len, const uint8_t upper[32]);

/* The name as text, at most `room` - 1 bytes; odd bytes as \ddd. */
void nf_dnsmsg_print_name(const uint8_t *key, uint32_t key_len, char *text, uint32_t room);

#endif
