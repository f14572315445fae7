/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include "nf-apps/kvs/dpdk/eth.h"

#define BUFS_MORE 4096 /* as many as an image has beside those in the rings */
#define CACHE     256  /* buffers of the pool that the core keeps at hand */
#define FETCHED   52 /* bytes of a frame that the first cache line has; keys and answers lie behind */

/* -- buffers, as the front end asks for them -- */

/* Sends what waits, as far as the ring takes it. */
static void eth_flush(struct nf_eth *e)
{
	while (e->wait.nb > 0) {
		uint16_t n =
			e->wait.nb < NF_NET_BURST_MAX ? (uint16_t)e->wait.nb : NF_NET_BURST_MAX;
		uint16_t taken = rte_eth_tx_burst(
			e->port, 0, (struct rte_mbuf **)e->wait.v + e->wait.from, n);

		nf_net_wait_taken(&e->wait, taken, e->now_ns);
		if (taken < n)
			return;
	}
}

static void eth_wait(struct nf_eth *e, struct rte_mbuf *const v[], uint32_t n)
{
	nf_net_wait_add(&e->wait, (void *const *)v, n, e->now_ns);
}

static void *eth_get(void *arg)
{
	struct nf_eth *e = arg;
	struct rte_mbuf *m = rte_pktmbuf_alloc(e->pool);

	if (m != NULL)
		return m;
	eth_flush(e); /* takes back what was sent */
	return rte_pktmbuf_alloc(e->pool);
}

static void eth_look(void *arg, void *buffer, struct nf_net_frame *f)
{
	struct rte_mbuf *m = buffer;

	f->data = rte_pktmbuf_mtod(m, uint8_t *);
	f->room = rte_pktmbuf_tailroom(m);
	f->buffer = m;
}

UK_INLINE void eth_settle(struct rte_mbuf *m, const struct nf_net_frame *f)
{
	m->data_off = (uint16_t)(f->data - (uint8_t *)m->buf_addr);
	m->data_len = (uint16_t)f->len;
	m->pkt_len = f->len;
	m->ol_flags = 0;
}

static void eth_put(void *arg, const struct nf_net_frame *f)
{
	struct rte_mbuf *m = f->buffer;

	if (f->len == 0) {
		rte_pktmbuf_free(m);
		return;
	}
	eth_settle(m, f);
	eth_wait(arg, &m, 1);
}

static const struct nf_net_ops eth_ops = { .get = eth_get, .look = eth_look, .put = eth_put };

/* -- a round -- */

/* Mbufs as frames; returns how many are left. */
static unsigned eth_frames(struct nf_eth *e, uint16_t n)
{
	unsigned k = 0;

	for (unsigned i = 0; i < n; i++) {
		uint8_t *data = rte_pktmbuf_mtod(e->v[i], uint8_t *);

		/* headers, keys and answers; frames begin with a cache line */
		uk_prefetch_write(data);
		uk_prefetch_write(data + UK_CACHE_LINE);
		uk_prefetch_write(data + 2 * UK_CACHE_LINE);
	}
	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *m = e->v[i];
		struct nf_net_frame *f = &e->frames[k];

		if (UK_UNLIKELY(m->nb_segs > 1)) { /* mergeable buffers were not asked for */
			rte_pktmbuf_free(m);
			e->nb_parts++;
			continue;
		}
		f->data = rte_pktmbuf_mtod(m, uint8_t *);
		f->len = m->data_len;
		f->room = (uint32_t)m->data_len + rte_pktmbuf_tailroom(m);
		f->flags = 0;
		f->buffer = m;
		k++;
	}
	return k;
}

/* Sends the answers among n frames; the others' buffers are free again. */
static void eth_answer(struct nf_eth *e, unsigned n)
{
	uint16_t k = 0, taken;

	for (unsigned i = 0; i < n; i++) {
		const struct nf_net_frame *f = &e->frames[i];

		if (UK_UNLIKELY(f->len == 0)) {
			rte_pktmbuf_free(f->buffer);
			continue;
		}
		eth_settle(f->buffer, f);
		e->v[k++] = f->buffer;
	}
	if (UK_UNLIKELY(e->wait.nb > 0)) {
		eth_wait(e, e->v, k);
		eth_flush(e);
		return;
	}
	taken = k > 0 ? rte_eth_tx_burst(e->port, 0, e->v, k) : 0;
	if (UK_UNLIKELY(taken < k))
		eth_wait(e, e->v + taken, (uint32_t)(k - taken));
}

/* What waits goes first; what waited for too long is dropped. */
static __attribute__((noinline)) unsigned eth_retry(struct nf_eth *e)
{
	uint32_t before = e->wait.nb;

	eth_flush(e);
	if (e->wait.nb > 0 && e->now_ns - e->wait.moved_ns >= NF_NET_WAIT_NS) {
		e->nb_unsent += e->wait.nb;
		while (e->wait.nb > 0) {
			rte_pktmbuf_free(e->wait.v[e->wait.from]);
			nf_net_wait_taken(&e->wait, 1, e->now_ns);
		}
	}
	return before - e->wait.nb;
}

unsigned nf_eth_round(struct nf_eth *e, struct nf_kvs *kvs, uint64_t now_ns, uint64_t unix_s)
{
	unsigned moved = 0;
	uint16_t n;

	e->now_ns = now_ns;
	if (UK_UNLIKELY(e->wait.nb > 0)) {
		moved = eth_retry(e);
		if (e->wait.nb > e->wait_most)
			return moved;
	}
	n = rte_eth_rx_burst(e->port, 0, e->v, e->burst);
	if (n == 0)
		return moved;
	moved += n;
	nf_kvs_tick(kvs, now_ns, unix_s);
	n = (uint16_t)eth_frames(e, n);
	nf_net_burst(e->net, e->frames, n, now_ns);
	eth_answer(e, n);
	return moved;
}

/* -- start and end -- */

static int eth_fail(const char *what, int rc)
{
	fprintf(stderr, "kvs-dpdk: %s: %s\n", what, rte_strerror(rc < 0 ? -rc : rte_errno));
	return -1;
}

static int eth_queues(struct nf_eth *e, const struct nf_net_opts *o)
{
	const struct rte_eth_conf conf = { 0 };
	uint16_t ring = (uint16_t)o->ring;
	uint32_t nb = 2u * ring + NF_NET_BURST_MAX + CACHE +
		      (o->bufs != 0 ? (uint32_t)o->bufs : BUFS_MORE);
	int rc;

	e->pool = rte_pktmbuf_pool_create(
		"kvs", nb, CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	e->wait = (struct nf_net_wait){ .v = calloc(nb, sizeof(*e->wait.v)), .size = nb };
	if (e->pool == NULL || e->wait.v == NULL)
		return eth_fail("too little memory for packet buffers", 0);
	rc = rte_eth_dev_configure(e->port, 1, 1, &conf);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(e->port, 0, ring, SOCKET_ID_ANY, NULL, e->pool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(e->port, 0, ring, SOCKET_ID_ANY, NULL);
	if (rc == 0)
		rc = rte_eth_dev_start(e->port);
	return rc < 0 ? eth_fail("the device can not be set up", rc) : 0;
}

int nf_eth_open(struct nf_eth *e, struct nf_args *a, struct nf_kvs *kvs)
{
	struct rte_ether_addr mac;

	if (rte_eth_dev_count_avail() != 1) {
		fprintf(stderr,
			"kvs-dpdk: no device came up at %s: is a back end there? (--verbose says more)\n",
			a->socket);
		return -1;
	}
	e->port = (uint16_t)rte_eth_find_next(0);
	e->burst = (uint16_t)a->opts.burst;
	e->wait_most = (uint32_t)a->opts.ring;
	if (eth_queues(e, &a->opts) < 0)
		return -1;
	if (rte_eth_macaddr_get(e->port, &mac) < 0 || rte_eth_dev_get_mtu(e->port, &a->net.mtu) < 0)
		return eth_fail("the device does not tell its address", 0);
	memcpy(a->net.mac, mac.addr_bytes, sizeof(a->net.mac));
	a->net.port = (uint16_t)a->opts.port;
	a->net.kvs = kvs;
	a->net.ops = &eth_ops;
	a->net.ops_arg = e;
	e->net = nf_net_create(&a->net);
	return e->net != NULL ? 0 : eth_fail("too little memory", 0);
}

void nf_eth_close(struct nf_eth *e)
{
	(void)rte_eth_dev_stop(e->port);
	(void)rte_eth_dev_close(e->port);
	nf_net_destroy(e->net);
	free(e->wait.v);
}

void nf_eth_figures(
	const struct nf_eth *e, uint64_t *rx, uint64_t *tx, uint64_t *bufs_free, uint64_t *bufs)
{
	struct rte_eth_stats st = { 0 };

	(void)rte_eth_stats_get(e->port, &st);
	*rx = st.ipackets;
	*tx = st.opackets;
	*bufs_free = rte_mempool_avail_count(e->pool);
	*bufs = e->pool->size;
}
