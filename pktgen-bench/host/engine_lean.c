/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Moves frames by walking the guest's rings ourselves, on top of the vhost
 * library's connection and memory maps: no locks, no mbufs, one copy. It keeps
 * the library's idea of the ring positions up to date whenever it stops, so
 * that a guest may be stopped, changed and started at any time.
 */
#include <stdio.h>
#include <stdlib.h>

#include <rte_vhost.h>
#include <linux/virtio_config.h>

#include "pktgen-bench/host/lean.h"

#define BIT(n) (1ull << (n))
#define WRAP   0x8000u /* wrap counter in a packed ring's base */

static void lean_regions(struct lean *l, int vid)
{
	struct rte_vhost_memory *mem = NULL;

	l->nb_regions = 0;
	if (rte_vhost_get_mem_table(vid, &mem) < 0)
		return;
	for (uint32_t i = 0; i < mem->nregions && i < 64; i++) {
		l->region[i].gpa = mem->regions[i].guest_phys_addr;
		l->region[i].size = mem->regions[i].size;
		l->region[i].va = (uint8_t *)(uintptr_t)mem->regions[i].host_user_addr;
		l->nb_regions++;
	}
	free(mem);
}

static void lean_ring_attach(
	struct lean *l, struct lean_ring *r, int vid, uint16_t no, uint64_t features)
{
	struct rte_vhost_vring v = { 0 };
	bool broken = r->broken;

	*r = (struct lean_ring){ .broken = broken, .callfd = -1 };
	if (broken || rte_vhost_get_vhost_vring(vid, no, &v) < 0 || !v.desc || !v.avail ||
		!v.used || !v.size || rte_vhost_get_vring_base(vid, no, &r->next, &r->used) < 0)
		return;
	r->size = v.size;
	r->callfd = v.callfd;
	r->hdr = features & (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_NET_F_MRG_RXBUF)) ? 12 : 10;
	if (l->packed) {
		r->pdesc = v.desc_packed;
		r->driver_event = v.driver_event;
		r->device_event = v.device_event;
		r->wrap = r->used & WRAP;
		r->next = r->used & (uint16_t)~WRAP;
		r->device_event->flags = VRING_PACKED_EVENT_FLAG_DISABLE;
		r->ok = r->next < r->size;
		return;
	}
	r->desc = v.desc;
	r->avail = v.avail;
	r->used_ring = v.used;
	r->used_ring->flags = VRING_USED_F_NO_NOTIFY;
	r->ok = !(r->size & (r->size - 1));
}

static int lean_attach(struct pg_port *p)
{
	struct lean *l = p->lean;

	if (!l) {
		l = p->lean = calloc(1, sizeof(*l));
		if (l)
			l->slots = aligned_alloc(64, (size_t)PG_PORT_BURST * LEAN_SLOT);
		if (!l || !l->slots)
			return -1;
	}
	l->linear = p->linear;
	l->packed = p->features & BIT(VIRTIO_F_RING_PACKED);
	l->mergeable = p->features & BIT(VIRTIO_NET_F_MRG_RXBUF);
	lean_regions(l, p->vid);
	for (uint16_t i = 0; i < 2 * p->conf.queues; i++)
		lean_ring_attach(l, &l->ring[i], p->vid, i, p->features);
	return 0;
}

static void lean_detach(struct pg_port *p)
{
	struct lean *l = p->lean;

	for (uint16_t i = 0; i < 2 * p->conf.queues; i++) {
		struct lean_ring *r = &l->ring[i];
		uint16_t next = r->next, used = r->used;

		if (r->fault)
			fprintf(stderr, "pgbench-host: ring %u is no longer served: %s\n", i,
				r->fault);
		if (l->packed)
			next = used = (uint16_t)(r->next | (r->wrap ? WRAP : 0));
		if (r->size)
			rte_vhost_set_vring_base(p->vid, i, next, used);
		r->ok = false;
	}
}

static void lean_forget(struct pg_port *p)
{
	struct lean *l = p->lean;

	for (uint16_t i = 0; l && i < 2 * PG_PORT_QUEUES_MAX; i++)
		l->ring[i] = (struct lean_ring){ .callfd = -1 };
}

static void lean_close(struct pg_port *p)
{
	struct lean *l = p->lean;

	if (l)
		free(l->slots);
	free(l);
	p->lean = NULL;
}

static unsigned int lean_tx(
	struct pg_port *p, unsigned int q, struct pg_port_frame *f, unsigned int n)
{
	struct lean *l = p->lean;
	struct lean_ring *r = &l->ring[2 * q];

	if (__builtin_expect(!r->ok, 0))
		return 0;
	return l->packed ? pg_lean_packed_tx(l, r, f, n) : pg_lean_split_tx(l, r, f, n);
}

static unsigned int lean_rx(
	struct pg_port *p, unsigned int q, struct pg_port_frame *f, unsigned int n)
{
	struct lean *l = p->lean;
	struct lean_ring *r = &l->ring[2 * q + 1];

	if (__builtin_expect(!r->ok, 0))
		return 0;
	return l->packed ? pg_lean_packed_rx(l, r, f, n) : pg_lean_split_rx(l, r, f, n);
}

/* Frames were copied, so there is nothing to give back. */
static void lean_rx_done(struct pg_port *p, unsigned int q)
{
	(void)p;
	(void)q;
}

const struct pg_port_engine pg_port_engine_lean = {
	.name = "lean",
	.tx = lean_tx,
	.rx = lean_rx,
	.rx_done = lean_rx_done,
	.attach = lean_attach,
	.detach = lean_detach,
	.forget = lean_forget,
	.close = lean_close,
};
