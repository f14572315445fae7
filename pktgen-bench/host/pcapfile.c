/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pcap/pcap.h>

#include "pktgen-bench/host/pcapfile.h"

#define SNAPLEN 262144

struct pg_pcapfile_out {
	pcap_t *pcap;
	pcap_dumper_t *dump;
	uint64_t nb;
	uint64_t limit;
};

static int pcapfile_room(struct pg_pcapfile *f, size_t len)
{
	void *p;

	if (f->nb == f->room_frames) {
		size_t n = f->room_frames ? 2 * f->room_frames : 64;

		p = realloc(f->frame, n * sizeof(*f->frame));
		if (!p)
			return -1;
		f->frame = p;
		f->room_frames = n;
	}
	if (f->nb_bytes + len > f->room_bytes) {
		size_t n = 2 * f->room_bytes + len + 65536;

		p = realloc(f->bytes, n);
		if (!p)
			return -1;
		f->bytes = p;
		f->room_bytes = n;
	}
	return 0;
}

/* Says in @err why frame @h, the @no-th of the file counted from 1, cannot be used; 0 if it can. */
static int pcapfile_refuse(
	const struct pcap_pkthdr *h, size_t no, const char *path, uint32_t max_len, char *err)
{
	if (h->caplen != h->len)
		snprintf(err, PG_PCAPFILE_ERR,
			"%s: frame %zu was cut when captured (%u of %u bytes)", path, no, h->caplen,
			h->len);
	else if (h->len < PG_PCAPFILE_MIN)
		snprintf(err, PG_PCAPFILE_ERR,
			"%s: frame %zu is shorter than an Ethernet header (%u bytes)", path, no,
			h->len);
	else if (h->len > max_len)
		snprintf(err, PG_PCAPFILE_ERR,
			"%s: frame %zu has %u bytes, at most %u are supported", path, no, h->len,
			max_len);
	else
		return 0;
	return -1;
}

static int pcapfile_add(
	struct pg_pcapfile *f, const struct pcap_pkthdr *h, const uint8_t *data, uint64_t first_ns)
{
	struct pg_pcapfile_frame *fr;
	uint64_t ns = (uint64_t)h->ts.tv_sec * 1000000000u + (uint64_t)h->ts.tv_usec;

	if (f->nb_bytes + h->len > PG_PCAPFILE_ROOM || pcapfile_room(f, h->len) < 0)
		return -1;
	fr = &f->frame[f->nb];
	fr->at = f->nb_bytes;
	fr->len = h->len;
	fr->at_ns = ns > first_ns ? ns - first_ns : 0;
	if (f->nb && fr->at_ns < fr[-1].at_ns)
		fr->at_ns = fr[-1].at_ns;
	memcpy(f->bytes + fr->at, data, h->len);
	f->nb_bytes += h->len;
	f->nb++;
	return 0;
}

static int pcapfile_read_all(
	struct pg_pcapfile *f, pcap_t *p, const char *path, uint32_t max_len, char *err)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	uint64_t first_ns = 0;
	int rc;

	while ((rc = pcap_next_ex(p, &h, &data)) == 1) {
		if (pcapfile_refuse(h, f->nb + 1, path, max_len, err) < 0)
			return -1;
		if (!f->nb)
			first_ns = (uint64_t)h->ts.tv_sec * 1000000000u + (uint64_t)h->ts.tv_usec;
		if (pcapfile_add(f, h, data, first_ns) < 0) {
			snprintf(err, PG_PCAPFILE_ERR,
				"%s: too large to load (over %llu MiB of frames)", path,
				PG_PCAPFILE_ROOM >> 20);
			return -1;
		}
	}
	if (rc != PCAP_ERROR_BREAK) {
		snprintf(err, PG_PCAPFILE_ERR, "%s: damaged after frame %zu: %s", path, f->nb,
			pcap_geterr(p));
		return -1;
	}
	if (!f->nb) {
		snprintf(err, PG_PCAPFILE_ERR, "%s: holds no frames", path);
		return -1;
	}
	return 0;
}

int pg_pcapfile_load(
	struct pg_pcapfile *f, const char *path, uint32_t max_len, char err[PG_PCAPFILE_ERR])
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p;
	int rc;

	*f = (struct pg_pcapfile){ 0 };
	p = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!p) {
		/* libpcap names the file in some of its messages and not in others. */
		snprintf(err, PG_PCAPFILE_ERR, "cannot read pcap %s: %s", path,
			strncmp(why, path, strlen(path)) ? why : why + strlen(path) + 2);
		return -1;
	}
	if (pcap_datalink(p) != DLT_EN10MB) {
		snprintf(err, PG_PCAPFILE_ERR, "%s: link type %d is not Ethernet", path,
			pcap_datalink(p));
		rc = -1;
	} else {
		rc = pcapfile_read_all(f, p, path, max_len, err);
	}
	pcap_close(p);
	if (rc < 0)
		pg_pcapfile_free(f);
	return rc;
}

void pg_pcapfile_free(struct pg_pcapfile *f)
{
	free(f->frame);
	free(f->bytes);
	*f = (struct pg_pcapfile){ 0 };
}

struct pg_pcapfile_out *pg_pcapfile_create(
	const char *path, uint64_t limit, char err[PG_PCAPFILE_ERR])
{
	struct pg_pcapfile_out *o = calloc(1, sizeof(*o));

	if (!o) {
		snprintf(err, PG_PCAPFILE_ERR, "out of memory");
		return NULL;
	}
	o->limit = limit;
	o->pcap = pcap_open_dead_with_tstamp_precision(
		DLT_EN10MB, SNAPLEN, PCAP_TSTAMP_PRECISION_NANO);
	if (o->pcap)
		o->dump = pcap_dump_open(o->pcap, path);
	if (o->dump)
		return o;
	snprintf(err, PG_PCAPFILE_ERR, "cannot write capture: %s",
		o->pcap ? pcap_geterr(o->pcap) : "out of memory");
	if (o->pcap)
		pcap_close(o->pcap);
	free(o);
	return NULL;
}

void pg_pcapfile_write(
	struct pg_pcapfile_out *o, const uint8_t *data, uint32_t len, uint64_t unix_ns)
{
	struct pcap_pkthdr h = {
		.ts = { .tv_sec = (time_t)(unix_ns / 1000000000u),
			.tv_usec = (suseconds_t)(unix_ns % 1000000000u) },
		.caplen = len,
		.len = len,
	};

	if (o->nb >= o->limit)
		return;
	pcap_dump((u_char *)o->dump, &h, data);
	o->nb++;
}

int64_t pg_pcapfile_close(struct pg_pcapfile_out *o)
{
	int64_t nb = (int64_t)o->nb;

	if (pcap_dump_flush(o->dump) < 0)
		nb = -1;
	pcap_dump_close(o->dump);
	pcap_close(o->pcap);
	free(o);
	return nb;
}
