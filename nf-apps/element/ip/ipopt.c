/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/click/core.h"
#include "nf-apps/element/ip/ipopt.h"

#define IPOPT_TS_OVERFLOW_MAX 15u
#define IPOPT_DAY_MS          86400000u

/* What the time stamp option says it holds; RFC 791, "Internet Timestamp". */
enum { IPOPT_TS_ONLY = 0, IPOPT_TS_ADDR = 1, IPOPT_TS_PRESPECIFIED = 3 };

struct ipopt_walk {
	const uint8_t *o; /* the options */
	uint32_t len;     /* of all */
	uint32_t at, next;
};

/* The next option of more than one byte. 1: it is at w->at, w->next is behind it, and its length is
 * between 2 and what is left; 0: no more; -1: the option at w->at has a bad length. */
static int ipopt_next(struct ipopt_walk *w)
{
	w->at = w->next;
	while (w->at < w->len && w->o[w->at] == NF_IPOPT_NOP)
		w->at++;
	if (w->at >= w->len || w->o[w->at] == NF_IPOPT_EOL)
		return 0;
	if (w->at + 1 >= w->len || w->o[w->at + 1] < 2 || w->at + w->o[w->at + 1] > w->len)
		return -1;
	w->next = w->at + w->o[w->at + 1];
	return 1;
}

static struct ipopt_walk ipopt_start(const struct nf_ip4 *ip, uint32_t hlen)
{
	return (struct ipopt_walk){ .o = (const uint8_t *)(ip + 1), .len = hlen - NF_IP4_HLEN };
}

/* One option of `len` bytes. 1: changed, 0: not, less: the negative of the octet at fault. */
static int ipopt_record_route(uint8_t *o, uint32_t len, uint32_t be_addr)
{
	uint32_t p = len >= 3 ? o[2] - 1u : 0; /* the pointer counts from 1 */

	if (len < 3)
		return -1;
	if (p == len) /* full: it passes */
		return 0;
	if (p < 3 || p > len || len - p < 4)
		return -2;
	memcpy(o + p, &be_addr, 4);
	o[2] = (uint8_t)(o[2] + 4);
	return 1;
}

static uint32_t ipopt_be_ms(void)
{
	return __builtin_bswap32((uint32_t)(nf_core_wall_ns() / 1000000 % IPOPT_DAY_MS));
}

static int ipopt_time_stamp(
	uint8_t *o, uint32_t len, uint32_t be_addr, const struct nf_iplist *others)
{
	uint32_t p = len >= 4 ? o[2] - 1u : 0, flag, size, ms, addr;

	if (len < 4)
		return -1;
	flag = o[3] & 15u;
	if (flag != IPOPT_TS_ONLY && flag != IPOPT_TS_ADDR && flag != IPOPT_TS_PRESPECIFIED)
		return -3;
	if (p < 4 || p > len)
		return -2;
	if (p == len) { /* full: those whom it has no room for are counted */
		if (flag == IPOPT_TS_PRESPECIFIED)
			return 0;
		if (o[3] >> 4 == IPOPT_TS_OVERFLOW_MAX)
			return -3;
		o[3] = (uint8_t)(o[3] + 16);
		return 1;
	}
	size = flag == IPOPT_TS_ONLY ? 4 : 8;
	if (len - p < size)
		return -2;
	if (flag == IPOPT_TS_PRESPECIFIED) {
		memcpy(&addr, o + p, 4);
		if (addr != be_addr && (others == NULL || !nf_iplist_has(others, addr)))
			return 0;
	} else if (flag == IPOPT_TS_ADDR) {
		memcpy(o + p, &be_addr, 4);
	}
	ms = ipopt_be_ms();
	memcpy(o + p + size - 4, &ms, 4);
	o[2] = (uint8_t)(o[2] + size);
	return 1;
}

int nf_ipopt_gateway(
	struct nf_ip4 *ip, uint32_t hlen, uint32_t be_addr, const struct nf_iplist *others)
{
	struct ipopt_walk w = ipopt_start(ip, hlen);
	uint8_t copy[NF_IPOPT_MAX];
	bool changed = false;
	int rc;

	/* worked on in a copy, so that a wrong header is quoted as it came */
	memcpy(copy, w.o, w.len);
	w.o = copy;
	while ((rc = ipopt_next(&w)) > 0) {
		uint8_t *o = copy + w.at;
		uint32_t len = w.next - w.at;
		int did = 0;

		if (o[0] == NF_IPOPT_RR)
			did = ipopt_record_route(o, len, be_addr);
		else if (o[0] == NF_IPOPT_TS)
			did = ipopt_time_stamp(o, len, be_addr, others);
		if (did < 0)
			return -(int)(NF_IP4_HLEN + w.at) + did;
		changed |= did > 0;
	}
	if (rc < 0) /* its length, if it has one */
		return -(int)(NF_IP4_HLEN + w.at + (w.at + 1 < w.len));
	if (!changed)
		return 0;
	memcpy(ip + 1, copy, w.len);
	nf_ip4_set_csum(ip, hlen);
	return 1;
}

uint32_t nf_ipopt_copy(const struct nf_ip4 *ip, uint32_t hlen, uint8_t out[NF_IPOPT_MAX])
{
	struct ipopt_walk w = ipopt_start(ip, hlen);
	uint32_t n = 0;

	while (ipopt_next(&w) > 0) {
		if ((w.o[w.at] & NF_IPOPT_COPIED) != 0) {
			memcpy(out + n, w.o + w.at, w.next - w.at);
			n += w.next - w.at;
		}
	}
	while (n % 4 != 0)
		out[n++] = NF_IPOPT_EOL;
	return n;
}

const uint8_t *nf_ipopt_source_route(const struct nf_ip4 *ip, uint32_t hlen)
{
	struct ipopt_walk w = ipopt_start(ip, hlen);

	while (ipopt_next(&w) > 0) {
		const uint8_t *o = w.o + w.at;

		if ((o[0] == NF_IPOPT_LSRR || o[0] == NF_IPOPT_SSRR) && w.next - w.at >= 3 &&
			o[2] >= 4 && o[2] % 4 == 0 && o[2] <= w.next - w.at + 1)
			return o;
	}
	return NULL;
}

uint32_t nf_ipopt_reverse(const uint8_t *route, uint8_t out[NF_IPOPT_MAX])
{
	uint32_t len = route[2] - 1u; /* a multiple of 4, less 1 */

	out[0] = route[0];
	out[1] = (uint8_t)len;
	out[2] = 4;
	for (uint32_t at = 3; at < len; at += 4)
		memcpy(out + at, route + len - at - 1, 4);
	out[len] = NF_IPOPT_EOL;
	return len + 1;
}
