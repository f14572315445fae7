/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/malloc.h"
#include "nf-apps/kvs/netdev/card.h"

/* Room for data per buffer: with netbuf and head room 2112 bytes, an odd number of cache lines. */
#define DATA_BYTES 1844
/* Buffers beside those in the rings: for a value of 1 MiB 754 datagrams are in hand at once. */
#define MORE_MIN 128u
#define MORE_MAX 4096u
/* What is longer than a buffer; the largest MTU that is usual. */
#define LARGE_BYTES 9600u
#define LARGE_NB    32u
#define LARGE_MIN   4u
/* Bytes of a frame that the driver fetches (its header, then these); keys and answers lie behind. */
#define FETCHED 52

static int card_fail(const struct nf_card *c, const char *what, int rc)
{
	printf("kvs: card %u: %s: %s\n", uk_netdev_id_get(c->dev), what, strerror(-rc));
	return rc;
}

/* The receive queue's callback: being woken is all it is for. */
static void card_wake(struct uk_netdev *dev, uint16_t q, void *cookie)
{
}

/* -- buffers, as the front end asks for them -- */

/* Sends what waits, as far as the ring takes it. */
static void card_flush(struct nf_card *c)
{
	while (c->wait.nb > 0) {
		uint16_t n = c->wait.nb < NF_NET_BURST_MAX ? (uint16_t)c->wait.nb
							   : NF_NET_BURST_MAX,
			 taken = n;

		(void)uk_netdev_tx_burst(
			c->dev, 0, (struct uk_netbuf **)c->wait.v + c->wait.from, &taken);
		nf_net_wait_taken(&c->wait, taken, c->now_ns);
		if (taken < n)
			return;
	}
}

static void card_wait(struct nf_card *c, struct uk_netbuf *const v[], uint32_t n)
{
	nf_net_wait_add(&c->wait, (void *const *)v, n, c->now_ns);
}

/* Sent buffers come back of themselves when the ring fills up, which may be too late where there are few. */
static __attribute__((noinline)) void card_take_back(struct nf_card *c)
{
	uint16_t none = 0;

	card_flush(c);
	(void)uk_netdev_tx_burst(c->dev, 0, NULL, &none);
}

/* Some stay in hand for the receive ring. */
static void *card_get(void *arg)
{
	struct nf_card *c = arg;

	if (UK_UNLIKELY(c->pool->nb_free <= NF_NET_BURST_MAX)) {
		card_take_back(c);
		if (c->pool->nb_free <= NF_NET_BURST_MAX)
			return NULL;
	}
	return uk_netbuf_alloc(c->pool);
}

static void card_look(void *arg, void *buffer, struct nf_net_frame *f)
{
	struct uk_netbuf *nb = buffer;

	f->data = nb->data;
	f->room = uk_netbuf_tailroom(nb);
	f->buffer = nb;
}

/* Length, place and work for the device as the front end left them. */
UK_INLINE void card_settle(struct uk_netbuf *nb, const struct nf_net_frame *f)
{
	nb->data = f->data;
	nb->len = f->len;
	nb->flags &= (uint8_t) ~(UK_NETBUF_F_PARTIAL_CSUM | UK_NETBUF_F_DATA_VALID);
	if (UK_UNLIKELY(f->flags & NF_NET_F_PARTIAL)) {
		nb->flags |= UK_NETBUF_F_PARTIAL_CSUM;
		nb->csum_start = f->csum_start;
		nb->csum_offset = f->csum_offset;
	}
}

static void card_put(void *arg, const struct nf_net_frame *f)
{
	struct uk_netbuf *nb = f->buffer;

	if (f->len == 0) {
		uk_netbuf_free(nb);
		return;
	}
	card_settle(nb, f);
	card_wait(arg, &nb, 1);
}

static const struct nf_net_ops card_ops = { .get = card_get, .look = card_look, .put = card_put };

/* -- a round -- */

/* One part of what came in several; NULL, counted: too long or no buffer. */
static __attribute__((noinline)) struct uk_netbuf *card_flatten(
	struct nf_card *c, struct uk_netbuf *nb)
{
	struct uk_netbuf *one;

	if (c->large->nb_free == 0)
		card_take_back(c);
	one = uk_netbuf_copy(nb, c->large);
	if (one != NULL) {
		one->flags |= nb->flags & (UK_NETBUF_F_PARTIAL_CSUM | UK_NETBUF_F_DATA_VALID);
		if (one->next != NULL) {
			uk_netbuf_free(one);
			one = NULL;
		}
	}
	uk_netbuf_free(nb);
	c->nb_parts += one == NULL;
	return one;
}

/* Netbufs as frames; returns how many are left. */
static unsigned card_frames(struct nf_card *c, uint16_t n)
{
	unsigned k = 0;

	for (unsigned i = 0; i < n; i++) {
		uk_prefetch_write(c->v[i]->data + FETCHED);
		uk_prefetch_write(c->v[i]->data + FETCHED + UK_CACHE_LINE);
	}
	for (unsigned i = 0; i < n; i++) {
		struct uk_netbuf *nb = c->v[i];
		struct nf_net_frame *f = &c->frames[k];

		if (UK_UNLIKELY(nb->next != NULL)) {
			nb = card_flatten(c, nb);
			if (nb == NULL)
				continue;
		}
		f->data = nb->data;
		f->len = nb->len;
		f->room = nb->len + uk_netbuf_tailroom(nb);
		f->flags = nb->flags & (UK_NETBUF_F_PARTIAL_CSUM | UK_NETBUF_F_DATA_VALID)
				   ? NF_NET_F_CHECKED
				   : 0;
		f->buffer = nb;
		k++;
	}
	return k;
}

/* Sends the answers among n frames; the others' buffers are free again. */
static void card_answer(struct nf_card *c, unsigned n)
{
	uint16_t k = 0, taken;

	for (unsigned i = 0; i < n; i++) {
		const struct nf_net_frame *f = &c->frames[i];

		if (UK_UNLIKELY(f->len == 0)) {
			uk_netbuf_free(f->buffer);
			continue;
		}
		card_settle(f->buffer, f);
		c->v[k++] = f->buffer;
	}
	if (UK_UNLIKELY(c->wait.nb > 0)) {
		card_wait(c, c->v, k);
		card_flush(c);
		return;
	}
	taken = k;
	if (k > 0)
		(void)uk_netdev_tx_burst(c->dev, 0, c->v, &taken);
	if (UK_UNLIKELY(taken < k))
		card_wait(c, c->v + taken, (uint32_t)(k - taken));
}

/* What waits goes first; what waited for too long is dropped. */
static __attribute__((noinline)) unsigned card_retry(struct nf_card *c)
{
	uint32_t before = c->wait.nb;

	card_flush(c);
	if (c->wait.nb > 0 && c->now_ns - c->wait.moved_ns >= NF_NET_WAIT_NS) {
		c->nb_unsent += c->wait.nb;
		while (c->wait.nb > 0) {
			uk_netbuf_free(c->wait.v[c->wait.from]);
			nf_net_wait_taken(&c->wait, 1, c->now_ns);
		}
	}
	return before - c->wait.nb;
}

unsigned nf_card_round(struct nf_card *c, struct nf_kvs *kvs, uint64_t now_ns, uint64_t unix_s)
{
	unsigned moved = 0;
	uint16_t n = c->burst;

	c->now_ns = now_ns;
	if (UK_UNLIKELY(c->wait.nb > 0)) {
		moved = card_retry(c);
		if (c->wait.nb > c->wait_most)
			return moved;
	}
	if (uk_netdev_rx_burst(c->dev, 0, c->v, &n) <= 0 || n == 0)
		return moved;
	moved += n;
	nf_kvs_tick(kvs, now_ns, unix_s);
	n = (uint16_t)card_frames(c, n);
	nf_net_burst(c->net, c->frames, n, now_ns);
	card_answer(c, n);
	return moved;
}

/* -- start -- */

static int card_pools(
	struct nf_card *c, const struct nf_net_opts *o, uint16_t nb_rx, uint16_t nb_tx)
{
	size_t heap = uk_malloc_heap->total_bytes / uk_netdev_count();
	uint64_t more = o->bufs != 0 ? o->bufs : heap / 16 / 2112;
	uint32_t large_bytes = LARGE_BYTES, nb_large = (uint32_t)(heap / 64 / LARGE_BYTES), nb;

	if (o->bufs == 0)
		more = more < MORE_MIN ? MORE_MIN : more > MORE_MAX ? MORE_MAX : more;
	nb_large = nb_large < LARGE_MIN ? LARGE_MIN : nb_large > LARGE_NB ? LARGE_NB : nb_large;
	if (uk_netdev_mtu_get(c->dev) > LARGE_BYTES - 64)
		large_bytes = uk_netdev_mtu_get(c->dev) + 64u;
	nb = nb_rx + nb_tx + NF_NET_BURST_MAX + (uint32_t)more;
	c->wait.size = nb + nb_large;
	c->pool = uk_netbuf_pool_create(nb, DATA_BYTES, 0);
	c->large = uk_netbuf_pool_create(nb_large, large_bytes, 0);
	c->wait.v = calloc(c->wait.size, sizeof(*c->wait.v));
	if (c->pool == NULL || c->large == NULL || c->wait.v == NULL) {
		printf("kvs: too little memory for packet buffers, give the machine more (--mem)\n");
		return -ENOMEM;
	}
	c->wait_most = nb_tx;
	return 0;
}

static int card_queues(struct nf_card *c, const struct nf_net_opts *o)
{
	struct uk_netdev_rxqueue_conf rx = { .alloc_rxpkts = uk_netbuf_pool_alloc_rxpkts,
		.callback = o->intr ? card_wake : NULL };
	struct uk_netdev_txqueue_conf tx = { 0 };
	struct uk_netdev_queue_info ri, ti;
	uint16_t nb_rx, nb_tx;
	int rc;

	rc = uk_netdev_rxq_info_get(c->dev, 0, &ri) ?: uk_netdev_txq_info_get(c->dev, 0, &ti);
	if (rc < 0)
		return card_fail(c, "its queues can not be asked for", rc);
	nb_rx = o->ring < ri.nb_max ? (uint16_t)o->ring : ri.nb_max;
	nb_tx = o->ring < ti.nb_max ? (uint16_t)o->ring : ti.nb_max;
	rc = card_pools(c, o, nb_rx, nb_tx);
	if (rc < 0)
		return rc;
	rx.alloc_rxpkts_argp = c->pool;
	rc = uk_netdev_rxq_configure(c->dev, 0, nb_rx, &rx)
		     ?: uk_netdev_txq_configure(c->dev, 0, nb_tx, &tx);
	return rc < 0 ? card_fail(c, "its rings can not be set up", rc) : 0;
}

int nf_card_open(struct nf_card *c, unsigned id, const struct nf_net_opts *o)
{
	struct uk_netdev_conf conf = { .nb_rx_queues = 1, .nb_tx_queues = 1 };
	struct uk_netdev_info info;
	int rc;

	c->dev = uk_netdev_get(id);
	c->burst = (uint16_t)o->burst;
	rc = uk_netdev_probe(c->dev);
	if (rc < 0)
		return card_fail(c, "it refused the driver", rc);
	uk_netdev_info_get(c->dev, &info);
	if (o->offload)
		conf.offloads = info.features & (UK_NETDEV_F_PARTIAL_CSUM | UK_NETDEV_F_RX_CSUM);
	rc = uk_netdev_configure(c->dev, &conf);
	if (rc < 0)
		return card_fail(c, "it can not be configured", rc);
	return card_queues(c, o);
}

int nf_card_start(struct nf_card *c, const struct nf_net_opts *o, struct nf_net_conf *conf)
{
	struct uk_netdev_info info;
	int rc;

	uk_netdev_info_get(c->dev, &info);
	memcpy(conf->mac, uk_netdev_hwaddr_get(c->dev)->addr_bytes, sizeof(conf->mac));
	conf->mtu = uk_netdev_mtu_get(c->dev);
	conf->port = (uint16_t)o->port;
	conf->offload = o->offload && (info.features & UK_NETDEV_F_PARTIAL_CSUM);
	conf->ops = &card_ops;
	conf->ops_arg = c;
	c->net = nf_net_create(conf);
	if (c->net == NULL)
		return card_fail(c, "too little memory", -ENOMEM);
	rc = uk_netdev_start(c->dev);
	return rc < 0 ? card_fail(c, "it can not be started", rc) : 0;
}
