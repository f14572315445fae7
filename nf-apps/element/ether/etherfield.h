/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What elements with Ethernet headers share: addresses as 48-bit numbers, header marks, and
 * handlers for addresses and types that an element keeps in its state. `off` is the place of the
 * field.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_ETHER_ETHERFIELD_H
#define SLUICE_NF_APPS_ELEMENT_ETHER_ETHERFIELD_H

#include "nf-apps/click/element.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/inet.h"

#define NF_ETHERFIELD_MASK  0xffffffffffffull /* 48 bits; also the broadcast address */
#define NF_ETHERFIELD_GROUP 1                 /* of an address as below: it is a group's */

/* The address at `at` as a number, its first byte lowest. Reads 8 bytes. */
UK_INLINE uint64_t nf_etherfield_get(const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return v & NF_ETHERFIELD_MASK;
}

/* An Ethernet header of `len` bytes begins the data; the network header follows it. */
UK_INLINE void nf_etherfield_mark(struct uk_netbuf *p, unsigned len)
{
	uint16_t at = (uint16_t)uk_netbuf_headroom(p);

	p->l2_off = at;
	p->l3_off = (uint16_t)(at + len);
}

/* What an "each" function returns for a packet that output 1 is for. */
UK_INLINE int nf_etherfield_reject(const struct nf_element *e, unsigned reason)
{
	return e->nb_out > 1 ? 1 : NF_DROP(reason);
}

/* OFFSET of an address: a number, "src" or "dst". False: neither. */
bool nf_etherfield_offset(const char *word, uint32_t *offset);

/* uint8_t[6] */
int nf_etherfield_read_addr(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs);
int nf_etherfield_write_addr(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);
/* uint16_t in network order; shown as a decimal number. */
int nf_etherfield_read_be16(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs);
int nf_etherfield_write_be16(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);
/* An int from words, for handlers: spaces around it are allowed. -EINVAL, -ERANGE. */
int nf_etherfield_number(const char *value, int32_t least, int32_t most, int32_t *v) UK_MUST_USE;

#define NF_ETHERFIELD_ADDR(nm, off)                                                                \
	{                                                                                          \
		.name = nm, .read = nf_etherfield_read_addr, .write = nf_etherfield_write_addr,    \
		.arg = off                                                                         \
	}
#define NF_ETHERFIELD_BE16(nm, off)                                                                \
	{                                                                                          \
		.name = nm, .read = nf_etherfield_read_be16, .write = nf_etherfield_write_be16,    \
		.arg = off                                                                         \
	}

#endif
