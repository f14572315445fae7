/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses, numbers, times and rates as text: parsing (strict: all of the text has to be the
 * value) and printing. Text comes from configurations and from control clients. IPv4 and IPv6
 * addresses are in network order. Parsers return 0 or -EINVAL (-ERANGE: a number too large for its
 * type).
 */
#ifndef SLUICE_NF_APPS_CLICK_ADDR_H
#define SLUICE_NF_APPS_CLICK_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include "nf-apps/click/text.h"

struct nf_ip6 {
	uint8_t b[16];
};

int nf_addr_u64(const char *s, uint64_t *v) UK_MUST_USE; /* decimal, 0x, 0 octal, 0b is not one */
int nf_addr_i64(const char *s, int64_t *v) UK_MUST_USE;
int nf_addr_bool(const char *s, bool *v) UK_MUST_USE; /* true/false, yes/no, on/off, 1/0 */
/* "1.5", "2e3" in s[0..len), times 10^exp10, rounded to an integer. */
int nf_addr_decimal(const char *s, size_t len, int exp10, uint64_t *v) UK_MUST_USE;
/* Units: s, sec, ms, us, ns, m, min, h, d ...; a bare number is seconds. */
int nf_addr_time_ns(const char *s, uint64_t *ns) UK_MUST_USE;
/* bps, Mbps, kB/s, GiB/s ...; a bare number is bytes per second. */
int nf_addr_bandwidth(const char *s, uint64_t *bytes_per_s) UK_MUST_USE;
int nf_addr_ip4(const char *s, uint32_t *be) UK_MUST_USE;
/* "10.0.0.0/8", "10.0.0.0/255.0.0.0", a bare address is /32. The host part is kept in *be. */
int nf_addr_ip4_prefix(const char *s, uint32_t *be, uint32_t *be_mask) UK_MUST_USE;
int nf_addr_ip6(const char *s, struct nf_ip6 *v) UK_MUST_USE; /* RFC 4291, 2.2 */
int nf_addr_ip6_prefix(const char *s, struct nf_ip6 *v, unsigned *len) UK_MUST_USE;
int nf_addr_ether(const char *s, uint8_t v[6]) UK_MUST_USE; /* 1-2-3-4-5-6, 01:02:... */
/* Well-known services and protocols by name; host order. -EINVAL: unknown. */
int nf_addr_service(const char *s, unsigned ip_proto, uint16_t *port) UK_MUST_USE;
int nf_addr_ip_proto(const char *s, uint8_t *proto) UK_MUST_USE;

/* Longest results, with the 0 at the end. */
#define NF_ADDR_IP4_LEN   16
#define NF_ADDR_IP6_LEN   46
#define NF_ADDR_ETHER_LEN 18
/* Each prints into buf of that size and returns it. */
char *nf_addr_print_ip4(uint32_t be, char buf[NF_ADDR_IP4_LEN]);
char *nf_addr_print_ip6(const struct nf_ip6 *v, char buf[NF_ADDR_IP6_LEN]); /* RFC 5952 */
char *nf_addr_print_ether(
	const uint8_t v[6], char buf[NF_ADDR_ETHER_LEN]); /* Click: 00-11-22-AA-BB-CC */
/* Seconds with six (or nine) decimals. */
void nf_addr_print_time(uint64_t ns, struct nf_text *out);

#endif
