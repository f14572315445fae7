/* SPDX-License-Identifier: BSD-3-Clause */
#include "pktgen-bench/guest/pcap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FILE_HEAD_BYTES   24u
#define RECORD_HEAD_BYTES 16u
#define LINK_ETHERNET     1u
#define NS_PER_S          1000000000u

/* First words of a file, as a reader of the writer's byte order sees them. */
#define MAGIC_MICROSECONDS 0xa1b2c3d4u
#define MAGIC_NANOSECONDS  0xa1b23c4du
#define MAGIC_MODIFIED     0xa1b2cd34u /* larger record heads, by a patch of long ago */
#define MAGIC_PCAPNG       0x0a0d0d0au /* the same in both orders */

__attribute__((format(printf, 2, 3))) static int fail(struct pg_pcap *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->error, sizeof(p->error), format, args);
	va_end(args);
	return -EINVAL;
}

static uint32_t load32(const struct pg_pcap *p, size_t at)
{
	uint32_t v;

	memcpy(&v, p->data + at, sizeof(v));
	return p->swapped ? __builtin_bswap32(v) : v;
}

static uint16_t load16(const struct pg_pcap *p, size_t at)
{
	uint16_t v;

	memcpy(&v, p->data + at, sizeof(v));
	return p->swapped ? __builtin_bswap16(v) : v;
}

/* Finds byte order and unit of the stamps. */
static int open_magic(struct pg_pcap *p)
{
	for (unsigned int order = 0; order < 2; order++) {
		p->swapped = order;
		switch (load32(p, 0)) {
		case MAGIC_NANOSECONDS:
			p->nanoseconds = true;
			return 0;
		case MAGIC_MICROSECONDS:
			return 0;
		case MAGIC_PCAPNG:
			return fail(p, "the file is in pcapng format; convert it with "
				       "'editcap -F pcap IN OUT'");
		case MAGIC_MODIFIED:
			return fail(p, "the file is in the modified pcap format; convert it with "
				       "'editcap -F pcap IN OUT'");
		}
	}
	if (p->data[0] == 0x1f && p->data[1] == 0x8b)
		return fail(p, "the file is compressed; unpack it with gunzip");
	return fail(p, "not a pcap file: it starts with %02x %02x %02x %02x", p->data[0],
		p->data[1], p->data[2], p->data[3]);
}

/* The last field: 4 bits of FCS length in 16-bit words, R, P (length is valid), 10 bits, type. */
static int open_link(struct pg_pcap *p)
{
	uint32_t link = load32(p, 20);

	if ((link & 0xffff) != LINK_ETHERNET)
		return fail(p, "link type %u is not supported, only Ethernet (1)", link & 0xffff);
	if (link & 1u << 26)
		p->fcs_bytes = (link >> 28) * 2;
	return 0;
}

int pg_pcap_open(struct pg_pcap *p, const void *data, size_t len)
{
	*p = (struct pg_pcap){ .data = data, .len = len, .at = FILE_HEAD_BYTES };
	if (len < 4)
		return fail(p, "not a pcap file: it has %zu bytes", len);
	int rc = open_magic(p);

	if (rc < 0)
		return rc;
	if (len < FILE_HEAD_BYTES)
		return fail(p, "the file ends within its header, after %zu of %u bytes", len,
			FILE_HEAD_BYTES);
	if (load16(p, 4) != 2)
		return fail(p, "version %u.%u of the format is not supported, only 2.x",
			load16(p, 4), load16(p, 6));
	return open_link(p);
}

/* Checks the head of the record at p->at and takes it apart. */
static int record_head(struct pg_pcap *p, uint32_t nr, struct pg_pcap_frame *frame)
{
	size_t left = p->len - p->at;

	if (left < RECORD_HEAD_BYTES)
		return fail(p, "record %u: the file ends within its header, after %zu of %u bytes",
			nr, left, RECORD_HEAD_BYTES);
	uint32_t fraction = load32(p, p->at + 4);
	uint32_t unit_ns = p->nanoseconds ? 1 : 1000;

	frame->len = load32(p, p->at + 8);
	frame->wire_len = load32(p, p->at + 12);
	frame->data = p->data + p->at + RECORD_HEAD_BYTES;
	frame->stamp_ns = (uint64_t)load32(p, p->at) * NS_PER_S + (uint64_t)fraction * unit_ns;
	if (fraction >= NS_PER_S / unit_ns)
		return fail(p, "record %u: its time stamp has %u %sseconds", nr, fraction,
			p->nanoseconds ? "nano" : "micro");
	if (frame->len > PG_PCAP_FRAME_MAX)
		return fail(p, "record %u: its length of %u bytes is above the limit of %u", nr,
			frame->len, PG_PCAP_FRAME_MAX);
	if (frame->len > frame->wire_len)
		return fail(p, "record %u: it holds %u bytes of a frame of %u", nr, frame->len,
			frame->wire_len);
	if (frame->len > left - RECORD_HEAD_BYTES)
		return fail(p, "record %u: the file ends after %zu of %u bytes", nr,
			left - RECORD_HEAD_BYTES, frame->len);
	return 0;
}

int pg_pcap_next(struct pg_pcap *p, struct pg_pcap_frame *frame)
{
	if (p->at == p->len)
		return 0;
	int rc = record_head(p, p->nb_read + 1, frame);

	if (rc < 0)
		return rc;
	p->at += RECORD_HEAD_BYTES + frame->len;
	p->nb_read++;
	if (frame->wire_len < p->fcs_bytes)
		return fail(p, "record %u: a frame of %u bytes can not end with %u of check sum",
			p->nb_read, frame->wire_len, p->fcs_bytes);
	frame->wire_len -= p->fcs_bytes;
	if (frame->len > frame->wire_len)
		frame->len = frame->wire_len;
	return 1;
}

void pg_pcap_rewind(struct pg_pcap *p)
{
	p->at = FILE_HEAD_BYTES;
	p->nb_read = 0;
}

int pg_pcap_check(struct pg_pcap *p, uint32_t min, uint32_t max, struct pg_pcap_totals *totals)
{
	struct pg_pcap_frame f;
	int rc;

	*totals = (struct pg_pcap_totals){ .shortest = UINT32_MAX };
	pg_pcap_rewind(p);
	while ((rc = pg_pcap_next(p, &f)) > 0) {
		if (f.len < f.wire_len)
			return fail(p, "record %u: only %u of the frame's %u bytes were captured",
				p->nb_read, f.len, f.wire_len);
		if (f.len < min || f.len > max)
			return fail(p, "record %u: a frame of %u bytes, not of %u to %u",
				p->nb_read, f.len, min, max);
		totals->nb_frames++;
		totals->bytes += f.len;
		totals->shortest = f.len < totals->shortest ? f.len : totals->shortest;
		totals->longest = f.len > totals->longest ? f.len : totals->longest;
	}
	if (rc == 0 && totals->nb_frames == 0)
		rc = fail(p, "the file holds no frame");
	pg_pcap_rewind(p);
	return rc;
}
