/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arguments and handlers for addresses and ports that an element keeps in its state (SRC, DST,
 * SPORT): `off` is the place of a uint32_t address in network order, or of a uint16_t port in host
 * order.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP_IPFIELD_H
#define SLUICE_NF_APPS_ELEMENT_IP_IPFIELD_H

#include "nf-apps/click/element.h"

/* An address, or the word DST_ANNO: then *anno is true and the address 0. */
void nf_ipfield_args_dst(struct nf_args *a, const char *key, uint32_t *be_addr, bool *anno);

int nf_ipfield_read_ip4(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs);
int nf_ipfield_write_ip4(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);
int nf_ipfield_read_u16(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs);
/* A port of UDP by number or name. */
int nf_ipfield_write_port(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);

#define NF_IPFIELD_IP4(nm, type, field)                                                            \
	{                                                                                          \
		.name = nm, .read = nf_ipfield_read_ip4, .write = nf_ipfield_write_ip4,            \
		.arg = offsetof(type, field)                                                       \
	}
#define NF_IPFIELD_PORT(nm, type, field)                                                           \
	{                                                                                          \
		.name = nm, .read = nf_ipfield_read_u16, .write = nf_ipfield_write_port,           \
		.arg = offsetof(type, field)                                                       \
	}

#endif
