/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses and ports as words, for elements that take lists and patterns apart themselves: the
 * same as addr.h reads, and the names that AddressInfo and PortInfo elements of the router give
 * them. A name holds in the compound element where its AddressInfo stands and in those inside of
 * it; the innermost one counts. "NAME:ip", "NAME:eth", ... say which of several addresses is meant.
 *
 * `e` is the element that asks; NULL: no names are known. Each returns 0 or -EINVAL (-ERANGE: a
 * port that is too large) and tells nobody. Cost: reads all AddressInfo elements; for configure and
 * handlers.
 */
#ifndef SLUICE_NF_APPS_CLICK_ARGS_INFO_H
#define SLUICE_NF_APPS_CLICK_ARGS_INFO_H

#include "nf-apps/click/addr.h"

struct nf_element;

int nf_args_info_ip4(const struct nf_element *e, const char *s, uint32_t *be) UK_MUST_USE;
/* A bare address is /32. */
int nf_args_info_ip4_prefix(
	const struct nf_element *e, const char *s, uint32_t *be, uint32_t *be_mask) UK_MUST_USE;
int nf_args_info_ip6(const struct nf_element *e, const char *s, struct nf_ip6 *v) UK_MUST_USE;
int nf_args_info_ip6_prefix(
	const struct nf_element *e, const char *s, struct nf_ip6 *v, unsigned *len) UK_MUST_USE;
int nf_args_info_ether(const struct nf_element *e, const char *s, uint8_t v[6]) UK_MUST_USE;
/* Number, PortInfo's name, or well-known service; ip_proto 6, 17, or any other: either. */
int nf_args_info_port(const struct nf_element *e, const char *s, unsigned ip_proto, uint16_t *port)
	UK_MUST_USE;

#endif
