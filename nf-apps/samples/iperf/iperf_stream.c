/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "nf-apps/samples/iperf/iperf.h"

#define ROUNDS 16 /* blocks of one stream before the others have their turn */
/* RFC 1889, A.8: the weight of a new value in the jitter. */
#define JITTER_WEIGHT 16

static uint8_t block[NF_IPERF_BLOCK_MAX];

double nf_iperf_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int nf_iperf_stream_add(struct nf_iperf_test *t, int fd)
{
	struct nf_iperf_stream *s;

	if (t->nb_streams == NF_IPERF_STREAMS_MAX)
		return -1;
	s = &t->stream[t->nb_streams++];
	/* as the client numbers them: 1, 3, 4, 5, ... */
	*s = (struct nf_iperf_stream){ .fd = fd,
		.id = t->nb_streams == 1 ? 1 : (int)t->nb_streams + 1 };
	return 0;
}

void nf_iperf_stream_reset(struct nf_iperf_test *t)
{
	for (unsigned i = 0; i < t->nb_streams; i++) {
		struct nf_iperf_stream *s = &t->stream[i];

		s->bytes = s->nb_lost = s->nb_packets = 0;
		s->jitter_s = 0;
	}
	t->start_s = nf_iperf_now();
}

void nf_iperf_stream_close_all(struct nf_iperf_test *t)
{
	for (unsigned i = 0; i < t->nb_streams; i++) {
		if (t->stream[i].fd >= 0)
			close(t->stream[i].fd);
		t->stream[i].fd = -1;
	}
	t->running = false;
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void stream_jitter(struct nf_iperf_stream *s, double transit)
{
	if (s->have_transit)
		s->jitter_s += (fabs(transit - s->transit_s) - s->jitter_s) / JITTER_WEIGHT;
	s->transit_s = transit;
	s->have_transit = true;
}

/* Numbers begin at 1. What is missing counts as lost until it comes late. */
static void stream_datagram(struct nf_iperf_test *t, struct nf_iperf_stream *s, size_t len)
{
	uint64_t number;
	struct timeval now;

	s->bytes += len;
	if (len < NF_IPERF_DGRAM_MIN)
		return;
	number = get32(block + 8);
	if (t->params.count64)
		number = number << 32 | get32(block + 12);
	gettimeofday(&now, NULL);
	stream_jitter(s,
		(double)now.tv_sec - get32(block) + ((double)now.tv_usec - get32(block + 4)) / 1e6);
	if (number > s->next) {
		s->nb_lost += number - s->next - 1;
		s->nb_packets += number - s->next;
		s->next = number;
	} else if (s->nb_lost > 0) {
		s->nb_lost--;
	}
}

bool nf_iperf_stream_receive(struct nf_iperf_test *t, struct nf_iperf_stream *s)
{
	size_t len = t->params.udp ? sizeof(block) : (size_t)t->params.len;

	for (int i = 0; i < ROUNDS; i++) {
		ssize_t n = recv(s->fd, block, len, MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN || t->params.udp;
		if (t->params.udp)
			stream_datagram(t, s, (size_t)n);
		else if (n == 0)
			return false;
		else
			s->bytes += (uint64_t)n;
	}
	return true;
}

/* Datagrams of a stream that are due. */
static double stream_due(const struct nf_iperf_test *t, const struct nf_iperf_stream *s)
{
	double bits = t->params.bandwidth * (nf_iperf_now() - t->start_s);

	return bits / 8 / (double)t->params.len - (double)s->nb_packets;
}

static bool stream_send_datagram(struct nf_iperf_test *t, struct nf_iperf_stream *s)
{
	struct timeval now;
	ssize_t n;

	gettimeofday(&now, NULL);
	put32(block, (uint32_t)now.tv_sec);
	put32(block + 4, (uint32_t)now.tv_usec);
	s->next++;
	put32(block + 8, (uint32_t)(t->params.count64 ? s->next >> 32 : s->next));
	put32(block + 12, t->params.count64 ? (uint32_t)s->next : 0);
	n = send(s->fd, block, (size_t)t->params.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0) {
		s->next--;
		return false;
	}
	s->bytes += (uint64_t)n;
	s->nb_packets++;
	return true;
}

bool nf_iperf_stream_send(struct nf_iperf_test *t, struct nf_iperf_stream *s)
{
	for (int i = 0; i < ROUNDS; i++) {
		ssize_t n;

		if (t->params.udp) {
			if (t->params.bandwidth > 0 && stream_due(t, s) < 1)
				return true;
			if (!stream_send_datagram(t, s))
				return true;
			continue;
		}
		n = send(s->fd, block, (size_t)t->params.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN;
		s->bytes += (uint64_t)n;
	}
	return true;
}

int nf_iperf_stream_wait(const struct nf_iperf_test *t)
{
	if (!t->running || !t->params.udp || !t->params.reverse)
		return -1;
	for (unsigned i = 0; i < t->nb_streams; i++) {
		if (t->params.bandwidth == 0 || stream_due(t, &t->stream[i]) >= 1)
			return 0;
	}
	return 1;
}
