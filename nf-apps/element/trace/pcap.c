/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include "nf-apps/element/trace/pcap.h"

#define PCAP_MAGIC          0xa1b2c3d4u
#define PCAP_MAGIC_NSEC     0xa1b23c4du
#define PCAP_MAGIC_MODIFIED 0xa1b2cd34u
#define PCAP_MODIFIED_BYTES 8 /* beyond the usual record */

static uint32_t pcap_get32(const struct nf_pcap *p, const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return p->swapped ? __builtin_bswap32(v) : v;
}

static uint16_t pcap_get16(const struct nf_pcap *p, const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return p->swapped ? __builtin_bswap16(v) : v;
}

int nf_pcap_read(struct nf_pcap *p, const uint8_t head[NF_PCAP_HEADER_BYTES])
{
	uint32_t magic;
	uint16_t major, minor;

	*p = (struct nf_pcap){ 0 };
	magic = pcap_get32(p, head);
	if (magic != PCAP_MAGIC && magic != PCAP_MAGIC_NSEC && magic != PCAP_MAGIC_MODIFIED) {
		p->swapped = true;
		magic = pcap_get32(p, head);
	}
	if (magic != PCAP_MAGIC && magic != PCAP_MAGIC_NSEC && magic != PCAP_MAGIC_MODIFIED)
		return -EINVAL;
	p->nsec = magic == PCAP_MAGIC_NSEC;
	p->modified = magic == PCAP_MAGIC_MODIFIED;
	major = pcap_get16(p, head + 4);
	minor = pcap_get16(p, head + 6);
	if (major < 2 || major > 4)
		return -EINVAL;
	p->old = major == 2 && minor <= 3;
	p->snaplen = pcap_get32(p, head + 16);
	/* the upper bits tell of a frame check sequence */
	p->linktype = pcap_get32(p, head + 20) & 0xffff;
	return 0;
}

int nf_pcap_read_record(
	const struct nf_pcap *p, const uint8_t head[NF_PCAP_RECORD_BYTES], struct nf_pcap_record *r)
{
	uint32_t frac = pcap_get32(p, head + 4);
	uint32_t scale = p->nsec ? 1 : 1000;

	r->time_ns = (uint64_t)pcap_get32(p, head) * 1000000000 + (uint64_t)frac * scale;
	r->cap_len = pcap_get32(p, head + 8);
	r->len = pcap_get32(p, head + 12);
	r->skip = p->modified ? PCAP_MODIFIED_BYTES : 0;
	/* up to version 2.2 the lengths stood the other way round, in 2.3 they may */
	if (p->old && r->cap_len > r->len) {
		uint32_t len = r->cap_len;

		r->cap_len = r->len;
		r->len = len;
	}
	if (r->cap_len > NF_PCAP_CAP_MAX)
		return -EINVAL;
	if (r->len < r->cap_len)
		r->len = r->cap_len;
	return 0;
}

void nf_pcap_write(
	uint8_t head[NF_PCAP_HEADER_BYTES], uint32_t linktype, uint32_t snaplen, bool nsec)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, figures, snaplen, linktype;
	} h = { nsec ? PCAP_MAGIC_NSEC : PCAP_MAGIC, 2, 4, 0, 0, snaplen, linktype };

	_Static_assert(sizeof(h) == NF_PCAP_HEADER_BYTES, "no holes");
	memcpy(head, &h, sizeof(h));
}

void nf_pcap_write_record(
	uint8_t head[NF_PCAP_RECORD_BYTES], const struct nf_pcap_record *r, bool nsec)
{
	uint32_t frac = (uint32_t)(r->time_ns % 1000000000);
	const uint32_t h[4] = { (uint32_t)(r->time_ns / 1000000000), nsec ? frac : frac / 1000,
		r->cap_len, r->len };

	_Static_assert(sizeof(h) == NF_PCAP_RECORD_BYTES, "no holes");
	memcpy(head, h, sizeof(h));
}
