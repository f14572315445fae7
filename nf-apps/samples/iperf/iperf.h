/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server for iperf3's client: control.c speaks the control connection, iperf_stream.c moves the bytes, iperf_json.c reads and writes
 * what is exchanged. One test at a time; TCP and UDP, to the server and from it (-R), parallel streams. Plain POSIX.
 */
#ifndef SLUICE_NF_APPS_SAMPLES_IPERF_H
#define SLUICE_NF_APPS_SAMPLES_IPERF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NF_IPERF_STREAMS_MAX 128
#define NF_IPERF_RATE_MAX    1e15 /* bits a second */
#define NF_IPERF_COOKIE      37   /* bytes on the wire, the terminating zero included */
#define NF_IPERF_BLOCK_MAX   (1 << 20)
#define NF_IPERF_DGRAM_MAX   65507
#define NF_IPERF_DGRAM_MIN   16 /* seconds, microseconds, number */

/* What the client asks for. */
struct nf_iperf_params {
	bool udp, reverse, bidirectional, nodelay, count64;
	long time_s, omit_s, parallel, len, tos;
	double bandwidth; /* bits a second, 0: as much as goes */
};

struct nf_iperf_stream {
	int fd, id;
	uint64_t bytes;
	/* UDP */
	uint64_t nb_packets, nb_lost, next;
	double jitter_s, transit_s;
	bool have_transit;
};

struct nf_iperf_test {
	struct nf_iperf_params params;
	struct nf_iperf_stream stream[NF_IPERF_STREAMS_MAX];
	unsigned nb_streams;
	bool running;
	double start_s, end_s; /* of what is counted */
};

/* -- iperf_json.c -- */

/* False: it is not such an object, or a value is out of range. `text` is terminated. */
bool nf_iperf_json_params(struct nf_iperf_params *p, const char *text);
/* The answer's length, or -1: it does not fit. */
int nf_iperf_json_results(const struct nf_iperf_test *t, char *to, size_t room);

/* -- iperf_stream.c -- */

double nf_iperf_now(void); /* seconds, of no date */
int nf_iperf_stream_add(struct nf_iperf_test *t, int fd);
/* Counts from here on: at the start, and after what is to be omitted. */
void nf_iperf_stream_reset(struct nf_iperf_test *t);
/* The stream may be read (written, with -R). False: it is over. */
bool nf_iperf_stream_receive(struct nf_iperf_test *t, struct nf_iperf_stream *s);
bool nf_iperf_stream_send(struct nf_iperf_test *t, struct nf_iperf_stream *s);
/* Milliseconds until a paced sender is due; -1: none is. */
int nf_iperf_stream_wait(const struct nf_iperf_test *t);
/* The client ends its reads at the end of the stream: this comes before the results. */
void nf_iperf_stream_close_all(struct nf_iperf_test *t);

#endif
