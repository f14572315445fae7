/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include "pktgen-bench/guest/generator.h"
#include "pktgen-bench/guest/port.h"
#include "plat-kvm/clock.h"

/*
 * A frame that is written for each turn starts with its cache line, so that the least lines are
 * written: a device's header in front stays as it is.
 */
static uint8_t *gen_frame(struct uk_netbuf *nb)
{
	nb->data -= (uintptr_t)nb->data % UK_CACHE_LINE;
	return nb->data;
}

/* Every buffer is taken once and gets the headers; they stay there, since a device only reads them.
 */
int pg_generator_pool(struct pg_generator *g, uint32_t nb_bufs, uint32_t longest)
{
	uint32_t room = longest < PG_PORT_DATA_BYTES ? PG_PORT_DATA_BYTES : longest;
	struct uk_netbuf *all = NULL, *nb;

	g->pool = uk_netbuf_pool_create(nb_bufs, room, 0);
	if (g->pool == NULL)
		return -ENOMEM;
	while (!g->replay && g->pool->nb_free > 0) {
		nb = uk_netbuf_alloc(g->pool);
		pg_flow_prepare(&g->flow, gen_frame(nb));
		nb->next = all;
		all = nb;
	}
	while (all != NULL) {
		nb = all;
		all = nb->next;
		nb->next = NULL;
		uk_netbuf_free(nb);
	}
	return 0;
}

/* The next frame of the capture, from the start again after the last; its frames were checked
 * before. */
static void gen_copy(struct pg_generator *g, struct uk_netbuf *nb)
{
	struct pg_pcap_frame f;

	if (pg_pcap_next(&g->pcap, &f) <= 0) {
		pg_pcap_rewind(&g->pcap);
		if (pg_pcap_next(&g->pcap, &f) <= 0)
			f.len = 0;
	}
	UK_ASSERT(f.len > 0 && f.len <= uk_netbuf_tailroom(nb));
	memcpy(nb->data, f.data, f.len);
	nb->len = f.len;
}

static uint16_t gen_make(struct pg_generator *g)
{
	uint64_t stamp = g->stamp ? uk_clock_ns() : 0;
	uint32_t want = g->left < g->burst ? (uint32_t)g->left : g->burst;
	uint16_t n;

	if (g->rate.pps != 0)
		want = pg_rate_take(&g->rate, uk_clock_cycles(), want);
	n = uk_netbuf_alloc_burst(g->pool, g->v, (uint16_t)want);
	if (UK_UNLIKELY(n < want && g->rate.pps != 0))
		pg_rate_untake(&g->rate, want - n);
	if (g->replay) {
		for (uint16_t i = 0; i < n; i++)
			gen_copy(g, g->v[i]);
	} else {
		/* The back end has read these lines: they have to become ours again, all at once.
		 */
		for (uint16_t i = 0; i < n; i++)
			uk_prefetch_write(gen_frame(g->v[i]));
		for (uint16_t i = 0; i < n; i++)
			g->v[i]->len = pg_flow_fill(&g->flow, g->v[i]->data, stamp);
	}
	g->left -= n;
	g->from = 0;
	return n;
}

uint16_t pg_generator_round(struct pg_generator *g, struct uk_netdev *dev, uint16_t q)
{
	uint16_t sent;

	if (g->nb == 0)
		g->nb = gen_make(g);
	if (g->nb == 0)
		return 0;
	sent = g->nb;
	/* A device that is gone takes nothing: the frames wait until it is back. */
	(void)uk_netdev_tx_burst(dev, q, g->v + g->from, &sent);
	g->from += sent;
	g->nb -= sent;
	return sent;
}
