/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "nf-apps/kvs/linux/dgram.h"

#define DGRAM_BATCH   32
#define DGRAM_ROUNDS  16
#define DGRAM_REQUEST 65536 /* bytes: any datagram */
#define DGRAM_FURTHER 1024  /* datagrams of one answer, beside the first */

struct nf_dgram {
	struct nf_kvs *k;
	bool batch;
	int fd;
	unsigned nb_further;
	struct mmsghdr in[DGRAM_BATCH], out[DGRAM_BATCH];
	struct iovec iov_in[DGRAM_BATCH], iov_out[DGRAM_BATCH];
	struct sockaddr_storage addr[DGRAM_BATCH];
	struct nf_kvs_dgram v[DGRAM_BATCH];
	uint8_t further[DGRAM_FURTHER][NF_KVS_DGRAM_MAX];
	uint8_t request[DGRAM_BATCH][DGRAM_REQUEST];
};

/* Who asked in slot i is who further datagrams go to: the slot is the argument. */
struct dgram_slot {
	struct nf_dgram *d;
	unsigned i;
};

static void *dgram_more(void *arg, uint8_t **data, uint32_t *room)
{
	struct nf_dgram *d = ((struct dgram_slot *)arg)->d;

	if (d->nb_further == DGRAM_FURTHER)
		return NULL;
	*data = d->further[d->nb_further++];
	*room = NF_KVS_DGRAM_MAX;
	return *data;
}

/* What the socket does not take is lost, as datagrams are. */
static void dgram_sent(void *arg, void *buffer, uint32_t len)
{
	struct dgram_slot *s = arg;

	if (len > 0)
		(void)sendto(s->d->fd, buffer, len, MSG_DONTWAIT,
			(struct sockaddr *)&s->d->addr[s->i], s->d->in[s->i].msg_hdr.msg_namelen);
	s->d->nb_further = 0;
}

struct nf_dgram *nf_dgram_create(struct nf_kvs *k, bool batch)
{
	struct nf_dgram *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->k = k;
	d->batch = batch;
	for (unsigned i = 0; i < DGRAM_BATCH; i++) {
		d->iov_in[i] = (struct iovec){ d->request[i], DGRAM_REQUEST };
		d->in[i].msg_hdr = (struct msghdr){ .msg_name = &d->addr[i],
			.msg_namelen = sizeof(d->addr[i]),
			.msg_iov = &d->iov_in[i],
			.msg_iovlen = 1 };
		d->out[i].msg_hdr = (struct msghdr){ .msg_iov = &d->iov_out[i], .msg_iovlen = 1 };
	}
	return d;
}

void nf_dgram_destroy(struct nf_dgram *d)
{
	free(d);
}

static void dgram_request(struct nf_dgram *d, struct dgram_slot *slot, unsigned i, uint32_t len)
{
	*slot = (struct dgram_slot){ d, i };
	d->v[i] = (struct nf_kvs_dgram){ .data = d->request[i],
		.len = len,
		.room = DGRAM_REQUEST,
		.more = dgram_more,
		.sent = dgram_sent,
		.arg = slot };
}

static void dgram_send(struct nf_dgram *d, unsigned n)
{
	unsigned nb_out = 0, at = 0;
	int sent = 1;

	for (unsigned i = 0; i < n; i++) {
		if (d->v[i].len == 0)
			continue;
		d->iov_out[nb_out] = (struct iovec){ d->v[i].data, d->v[i].len };
		d->out[nb_out].msg_hdr.msg_name = &d->addr[i];
		d->out[nb_out++].msg_hdr.msg_namelen = d->in[i].msg_hdr.msg_namelen;
	}
	for (; at < nb_out && sent > 0; at += (unsigned)sent)
		sent = sendmmsg(d->fd, d->out + at, nb_out - at, MSG_DONTWAIT);
}

/* false: nothing more waits. */
static bool dgram_batch(struct nf_dgram *d)
{
	struct dgram_slot slots[DGRAM_BATCH];
	int n = recvmmsg(d->fd, d->in, DGRAM_BATCH, MSG_DONTWAIT, NULL);

	if (n <= 0)
		return false;
	for (unsigned i = 0; i < (unsigned)n; i++)
		dgram_request(d, &slots[i], i, d->in[i].msg_len);
	nf_kvs_dgrams(d->k, d->v, (unsigned)n);
	dgram_send(d, (unsigned)n);
	for (unsigned i = 0; i < (unsigned)n; i++)
		d->in[i].msg_hdr.msg_namelen = sizeof(d->addr[i]);
	return n == DGRAM_BATCH;
}

static bool dgram_single(struct nf_dgram *d)
{
	socklen_t *addr_len = &d->in[0].msg_hdr.msg_namelen;
	struct dgram_slot slot;
	ssize_t n;

	*addr_len = sizeof(d->addr[0]);
	n = recvfrom(d->fd, d->request[0], DGRAM_REQUEST, MSG_DONTWAIT,
		(struct sockaddr *)&d->addr[0], addr_len);
	if (n < 0)
		return false;
	dgram_request(d, &slot, 0, (uint32_t)n);
	nf_kvs_dgram(d->k, &d->v[0]);
	if (d->v[0].len > 0)
		(void)sendto(d->fd, d->v[0].data, d->v[0].len, MSG_DONTWAIT,
			(struct sockaddr *)&d->addr[0], *addr_len);
	return true;
}

void nf_dgram_run(struct nf_dgram *d, int fd, void (*tick)(struct nf_kvs *k))
{
	bool more = true;

	d->fd = fd;
	for (unsigned round = 0; round < DGRAM_ROUNDS && more; round++) {
		tick(d->k);
		if (d->batch)
			more = dgram_batch(d);
		for (unsigned i = 0; !d->batch && i < DGRAM_BATCH && more; i++)
			more = dgram_single(d);
	}
}
