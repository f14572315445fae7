/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads a whole pcap or pcapng file of Ethernet frames into memory (with
 * libpcap) and writes captures. Errors come back as one sentence in @err that
 * names the file and, where it is about one, the frame.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_PCAPFILE_H
#define SLUICE_PKTGEN_BENCH_HOST_PCAPFILE_H

#include <stddef.h>
#include <stdint.h>

#define PG_PCAPFILE_ERR  512
#define PG_PCAPFILE_ROOM (1ull << 30) /* most bytes of frames that are loaded */
#define PG_PCAPFILE_MIN  14u          /* an Ethernet header */

struct pg_pcapfile_frame {
	size_t at;      /* offset in pg_pcapfile.bytes */
	uint32_t len;   /* bytes on the ring */
	uint64_t at_ns; /* since the first frame; never less than the one before */
};

struct pg_pcapfile {
	struct pg_pcapfile_frame *frame;
	size_t nb;
	uint8_t *bytes;
	size_t nb_bytes;
	size_t room_frames, room_bytes; /* allocated */
};

/*
 * Loads @path. Frames must be whole and PG_PCAPFILE_MIN..@max_len bytes long, and there must
 * be at least one. Owner: @f's memory is the caller's, freed by pg_pcapfile_free.
 * Returns 0, or -1 with @err filled and @f empty.
 */
int pg_pcapfile_load(
	struct pg_pcapfile *f, const char *path, uint32_t max_len, char err[PG_PCAPFILE_ERR]);

void pg_pcapfile_free(struct pg_pcapfile *f);

/* A capture being written, at most @limit frames; nanosecond stamps. */
struct pg_pcapfile_out;

/* Returns NULL with @err filled if @path cannot be written. */
struct pg_pcapfile_out *pg_pcapfile_create(
	const char *path, uint64_t limit, char err[PG_PCAPFILE_ERR]);

/* Appends a frame; past the limit it does nothing. */
void pg_pcapfile_write(
	struct pg_pcapfile_out *o, const uint8_t *data, uint32_t len, uint64_t unix_ns);

/* Flushes and frees. Returns the number of frames written, or -1 if the disk refused. */
int64_t pg_pcapfile_close(struct pg_pcapfile_out *o);

#endif
