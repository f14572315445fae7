/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Moves frames with the vhost library's own burst calls. Both copy: what was
 * enqueued may be reused at once, what was dequeued lies in mbufs of ours.
 */
#include <string.h>

#include <rte_mbuf.h>
#include <rte_vhost.h>

#include "pktgen-bench/host/port.h"

static int vhost_attach(struct pg_port *p)
{
	p->nb_held = 0;
	return 0;
}

static void vhost_detach(struct pg_port *p)
{
	(void)p;
}

static unsigned int vhost_tx(
	struct pg_port *p, unsigned int q, struct pg_port_frame *f, unsigned int n)
{
	struct rte_mbuf *m[PG_PORT_BURST];

	for (unsigned int i = 0; i < n; i++)
		m[i] = f[i].mbuf;
	return rte_vhost_enqueue_burst(p->vid, (uint16_t)(2 * q), m, (uint16_t)n);
}

/* Copies the chained frame @m flat, into slot @i. */
static void vhost_flatten(
	struct pg_port *p, struct pg_port_frame *f, struct rte_mbuf *m, unsigned int i)
{
	if (m->pkt_len > PG_PORT_LINEAR) {
		f->len = m->data_len;
		f->flags |= PG_PORT_F_CUT;
		return;
	}
	f->data = p->linear + (size_t)i * PG_PORT_LINEAR;
	for (uint32_t at = 0; m; m = m->next) {
		memcpy(f->data + at, rte_pktmbuf_mtod(m, void *), m->data_len);
		at += m->data_len;
	}
}

static unsigned int vhost_rx(
	struct pg_port *p, unsigned int q, struct pg_port_frame *f, unsigned int n)
{
	uint16_t nb = rte_vhost_dequeue_burst(
		p->vid, (uint16_t)(2 * q + 1), p->pool, p->held, (uint16_t)n);

	p->nb_held = nb;
	for (unsigned int i = 0; i < nb; i++) {
		struct rte_mbuf *m = p->held[i];

		f[i].data = rte_pktmbuf_mtod(m, uint8_t *);
		f[i].len = m->pkt_len;
		f[i].flags = 0;
		f[i].mbuf = m;
		if (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_NONE)
			f[i].flags |= PG_PORT_F_NEEDS_CSUM;
		if (m->ol_flags & RTE_MBUF_F_RX_LRO)
			f[i].flags |= PG_PORT_F_GSO;
		if (m->nb_segs > 1)
			vhost_flatten(p, &f[i], m, i);
	}
	return nb;
}

static void vhost_rx_done(struct pg_port *p, unsigned int q)
{
	(void)q;
	rte_pktmbuf_free_bulk(p->held, p->nb_held);
	p->nb_held = 0;
}

const struct pg_port_engine pg_port_engine_vhost = {
	.name = "vhost",
	.tx = vhost_tx,
	.rx = vhost_rx,
	.rx_done = vhost_rx_done,
	.attach = vhost_attach,
	.detach = vhost_detach,
};
