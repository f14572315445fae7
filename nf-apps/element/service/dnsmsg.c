/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/element/service/dnsmsg.h"

#define DNSMSG_RR       10u /* type, class, TTL, length */
#define DNSMSG_SOA      6
#define DNSMSG_TYPE_OPT 41
#define DNSMSG_SUBNET   8
#define DNSMSG_DO       0x8000
#define DNSMSG_POINTER  0xc0
#define DNSMSG_TTL_MAX  0x7fffffffu /* RFC 2181, 8 */

/* A record, as the walk meets it. */
struct dnsmsg_rr {
	uint32_t at, rdata; /* of the fields behind the name; of the data */
	uint16_t type, class, rdlen;
	uint32_t ttl;
	bool root; /* its name is the root */
};

/* Where the name at `at` ends, or 0. */
static uint32_t dnsmsg_skip_name(const uint8_t *m, uint32_t len, uint32_t at)
{
	uint32_t begin = at;

	while (at < len && at - begin < NF_DNSMSG_NAME) {
		uint8_t n = m[at];

		if (n == 0)
			return at + 1;
		if (n >= DNSMSG_POINTER) {
			if (at + 2 > len || (nf_inet_get16(m + at) & 0x3fffu) >= begin ||
				(nf_inet_get16(m + at) & 0x3fffu) < NF_DNSMSG_HLEN)
				return 0;
			return at + 2;
		}
		if (n > 63)
			return 0;
		at += n + 1u;
	}
	return 0;
}

/* Reads the record at *at and moves on to the next. */
static bool dnsmsg_next(const uint8_t *m, uint32_t len, uint32_t *at, struct dnsmsg_rr *r)
{
	uint32_t end = dnsmsg_skip_name(m, len, *at);

	if (end == 0 || len - end < DNSMSG_RR)
		return false;
	*r = (struct dnsmsg_rr){ .at = end,
		.rdata = end + DNSMSG_RR,
		.type = nf_inet_get16(m + end),
		.class = nf_inet_get16(m + end + 2),
		.ttl = nf_inet_get32(m + end + 4),
		.rdlen = nf_inet_get16(m + end + 8),
		.root = m[*at] == 0 };
	if (r->ttl > DNSMSG_TTL_MAX && r->type != DNSMSG_TYPE_OPT)
		r->ttl = 0;
	*at = r->rdata + r->rdlen;
	return r->rdlen <= len - r->rdata;
}

static bool dnsmsg_question(const uint8_t *m, uint32_t len, struct nf_dnsmsg *q)
{
	uint32_t at = NF_DNSMSG_HLEN, n = 0;

	while (at < len && m[at] != 0) {
		if (m[at] > 63 || n + m[at] + 2u > NF_DNSMSG_NAME)
			return false;
		n += m[at] + 1u;
		at = NF_DNSMSG_HLEN + n;
	}
	if (at + 5 > len)
		return false;
	n++;
	for (uint32_t i = 0; i < n; i++) { /* lengths are no letters: they are below 64 */
		uint8_t c = m[NF_DNSMSG_HLEN + i];
		bool upper = c >= 'A' && c <= 'Z';

		q->key[i] = upper ? (uint8_t)(c + 32) : c;
		q->upper[i / 8] |= (uint8_t)(upper << i % 8);
	}
	memcpy(q->key + n, m + at + 1, 4);
	q->type = nf_inet_get16(m + at + 1);
	q->class = nf_inet_get16(m + at + 3);
	q->key_len = (uint16_t)(n + 4);
	return true;
}

static bool dnsmsg_opt(const uint8_t *m, const struct dnsmsg_rr *r, struct nf_dnsmsg *q)
{
	uint32_t at = r->rdata, end = r->rdata + r->rdlen;

	if (q->opt_at != 0 || !r->root)
		return false;
	q->opt_at = r->at - 1;
	q->opt_len = r->rdlen;
	q->opt_rcode = (uint16_t)(r->ttl >> 24 << 4);
	q->dnssec_ok = (r->ttl & DNSMSG_DO) != 0;
	q->udp_size = r->class > NF_DNSMSG_UDP ? r->class : NF_DNSMSG_UDP;
	while (at < end) {
		if (end - at < 4 || nf_inet_get16(m + at + 2) > end - at - 4)
			return false;
		q->subnet |= nf_inet_get16(m + at) == DNSMSG_SUBNET;
		at += 4u + nf_inet_get16(m + at + 2);
	}
	return true;
}

static bool dnsmsg_record(
	const uint8_t *m, unsigned section, const struct dnsmsg_rr *r, struct nf_dnsmsg *q)
{
	uint32_t least;

	if (r->type == DNSMSG_TYPE_OPT)
		return section == 2 && dnsmsg_opt(m, r, q);
	if (r->ttl < q->ttl)
		q->ttl = r->ttl;
	if (section == 1 && r->type == DNSMSG_SOA) {
		if (r->rdlen < 22)
			return false;
		least = nf_inet_get32(m + r->rdata + r->rdlen - 4);
		q->soa_ttl = r->ttl < least ? r->ttl : least;
	}
	return true;
}

bool nf_dnsmsg_read(const uint8_t *m, uint32_t len, struct nf_dnsmsg *q)
{
	struct dnsmsg_rr r;
	uint32_t at;

	*q = (struct nf_dnsmsg){
		.udp_size = NF_DNSMSG_UDP, .ttl = NF_DNSMSG_NO_TTL, .soa_ttl = NF_DNSMSG_NO_TTL
	};
	if (len < NF_DNSMSG_HLEN || nf_inet_get16(m + 4) != 1 || !dnsmsg_question(m, len, q))
		return false;
	q->id = nf_inet_get16(m);
	q->flags = nf_inet_get16(m + 2);
	q->nb_answers = nf_inet_get16(m + 6);
	at = NF_DNSMSG_HLEN + q->key_len;
	for (unsigned section = 0; section < 3; section++) {
		for (unsigned nb = nf_inet_get16(m + 6 + 2 * section); nb > 0; nb--) {
			if (!dnsmsg_next(m, len, &at, &r) || !dnsmsg_record(m, section, &r, q))
				return false;
		}
	}
	q->len = at;
	return true;
}

void nf_dnsmsg_age(uint8_t *m, uint32_t len, uint32_t seconds, uint32_t most)
{
	uint32_t nb, at = dnsmsg_skip_name(m, len, NF_DNSMSG_HLEN) + 4;
	struct dnsmsg_rr r;

	nb = (uint32_t)nf_inet_get16(m + 6) + nf_inet_get16(m + 8) + nf_inet_get16(m + 10);
	for (; nb > 0 && dnsmsg_next(m, len, &at, &r); nb--) {
		uint32_t ttl = r.ttl < most ? r.ttl : most;

		if (r.type != DNSMSG_TYPE_OPT)
			nf_inet_put32(m + r.at + 4, ttl > seconds ? ttl - seconds : 0);
	}
}

void nf_dnsmsg_set_case(uint8_t *m, uint32_t key_len, const uint8_t upper[32])
{
	for (uint32_t i = 0; i + 4 < key_len; i++) {
		uint8_t *c = m + NF_DNSMSG_HLEN + i, low = *c | 32;

		if (low >= 'a' && low <= 'z')
			*c = upper[i / 8] >> i % 8 & 1 ? (uint8_t)(low - 32) : low;
	}
}

void nf_dnsmsg_print_name(const uint8_t *key, uint32_t key_len, char *text, uint32_t room)
{
	uint32_t at = 0, n = 0, label = key[0];

	if (label == 0)
		text[n++] = '.';
	for (at = 1; at + 4 < key_len && n + 6 < room; at++) {
		uint8_t c = key[at];

		if (label == 0) {
			label = c;
			text[n++] = '.';
			continue;
		}
		label--;
		if (c > 32 && c < 127 && c != '\\' && c != '.')
			text[n++] = (char)c;
		else
			n += (uint32_t)snprintf(text + n, room - n, "\\%03u", c);
	}
	text[n] = '\0';
}
