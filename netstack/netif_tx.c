/* SPDX-License-Identifier: BSD-3-Clause */
/* From lwIP to the card. */
#include <stdlib.h>
#include <string.h>
#include "netstack/netif.h"
#include "plat-kvm/clock.h"

#define NB_DESCS    2048          /* pbufs on their way out at most, all cards together */
#define STUCK_NS    1000000000ull /* a card that takes nothing for so long is not waited for */
#define BURST_BEGIN 32            /* packets after which the card starts working */

/* Netbufs without memory of their own; free ones are linked by next. */
static struct {
	struct uk_netbuf *free;
	struct uk_netbuf all[NB_DESCS];
	unsigned nb_made, nb_out;
} descs;

/* The card has sent what this pointed at. */
static void desc_done(struct uk_netbuf *nb)
{
	struct pbuf *p = nb->dtor_arg;

	nb->next = descs.free;
	descs.free = nb;
	descs.nb_out--;
	if (p != NULL)
		pbuf_free(p);
}

static struct uk_netbuf *desc_get(void)
{
	struct uk_netbuf *nb = descs.free;

	if (nb != NULL)
		descs.free = nb->next;
	else if (descs.nb_made < NB_DESCS)
		nb = &descs.all[descs.nb_made++];
	descs.nb_out += nb != NULL;
	return nb;
}

/* Bytes in front of p's data that are p's own: the card's header goes there. */
static uint32_t desc_headroom(const struct pbuf *p)
{
	const uint8_t *start = (const uint8_t *)p + LWIP_MEM_ALIGN_SIZE(sizeof(struct pbuf));
	const uint8_t *data = p->payload;

	if (!(p->type_internal & PBUF_TYPE_FLAG_STRUCT_DATA_CONTIGUOUS))
		return 0;
	return data - start > PBUF_LINK_ENCAPSULATION_HLEN ? PBUF_LINK_ENCAPSULATION_HLEN
							   : (uint32_t)(data - start);
}

struct uk_netbuf *uk_netif_tx_refer(
	struct pbuf *p, uint16_t skip, struct uk_netbuf **tail, uint16_t *nb_parts)
{
	struct uk_netbuf *head = NULL, *last = NULL;
	struct pbuf *owner = p;

	*nb_parts = 0;
	for (const struct pbuf *q = p; q != NULL; q = q->next) {
		uint16_t front = skip < q->len ? skip : q->len;
		struct uk_netbuf *nb;
		uint32_t room;

		skip -= front;
		if (q->len == front)
			continue;
		nb = desc_get();
		if (nb == NULL)
			goto undo_descs;
		room = front > 0 ? 0 : desc_headroom(q);
		uk_netbuf_prepare(nb, (uint8_t *)q->payload + front - room, room + q->len - front,
			room, desc_done, NULL);
		nb->len = q->len - front;
		*(head == NULL ? &head : &last->next) = nb;
		last = nb;
		++*nb_parts;
	}
	if (head != NULL) {
		pbuf_ref(owner);
		head->dtor_arg = owner;
	}
	*tail = last;
	return head;
undo_descs:
	if (head != NULL)
		uk_netbuf_free(head);
	return NULL;
}

struct uk_netbuf *uk_netif_tx_alloc(struct uk_netif *ni)
{
	return uk_netbuf_alloc(ni->tx_pool);
}

static struct uk_netif_slot *tx_slot(struct uk_netif *ni)
{
	struct uk_netif_slot *s = &ni->queue[ni->nb_queued++];

	s->nb = NULL;
	s->p = NULL;
	return s;
}

/* A short frame: its checksum is quicker done than described. */
static err_t tx_copy(struct uk_netif *ni, const struct uk_netif_segment *seg, struct pbuf *p)
{
	struct uk_netbuf *nb = uk_netif_tx_alloc(ni);

	if (nb == NULL)
		return ERR_MEM;
	nb->len = pbuf_copy_partial(p, nb->data, p->tot_len, 0);
	if (seg != NULL)
		uk_netif_gso_sum(seg, nb->data);
	tx_slot(ni)->nb = nb;
	return ERR_OK;
}

static err_t tx_refer(struct uk_netif *ni, const struct uk_netif_segment *seg, struct pbuf *p)
{
	struct uk_netbuf *tail, *nb;
	uint16_t nb_parts;

	nb = uk_netif_tx_refer(p, 0, &tail, &nb_parts);
	if (nb == NULL)
		return ERR_MEM;
	tx_slot(ni)->nb = nb;
	if (seg != NULL) {
		ni->gso = (struct uk_netif_gso){ .active = true,
			.first = *seg,
			.tail = tail,
			.next_seq = seg->seq + seg->payload_len,
			.payload_len = seg->payload_len,
			.nb_parts = nb_parts };
	}
	return ERR_OK;
}

/* Received, and sent as it is: decided at the flush whether it can be the netbuf again. */
static err_t tx_return(struct uk_netif *ni, struct pbuf *p)
{
	struct uk_netif_slot *s = tx_slot(ni);

	pbuf_ref(p);
	s->p = p;
	s->data = p->payload;
	s->len = p->len;
	return ERR_OK;
}

static err_t tx_queue(struct uk_netif *ni, struct pbuf *p)
{
	struct uk_netif_segment seg;
	bool tcp = ni->csum_out && uk_netif_gso_parse(&seg, p->payload, p->len, p->tot_len);

	if (tcp && ni->gso.active && uk_netif_gso_merge(ni, &seg, p))
		return ERR_OK;
	uk_netif_gso_finish(ni);
	if (ni->nb_queued >= BURST_BEGIN)
		uk_netif_flush(ni);
	if (ni->nb_queued == UK_NETIF_QUEUE)
		return ERR_MEM;
	if (p->tot_len <= UK_NETIF_COPY_MAX)
		return tx_copy(ni, tcp ? &seg : NULL, p);
	if (!tcp && p->next == NULL && uk_netif_rx_is(p))
		return tx_return(ni, p);
	return tx_refer(ni, tcp ? &seg : NULL, p);
}

err_t uk_netif_tx(struct netif *lw, struct pbuf *p)
{
	struct uk_netif *ni = lw->state;
	err_t err = tx_queue(ni, p);

	if (err != ERR_OK)
		ni->tx_dropped++;
	return err;
}

/* The netbuf of a received pbuf that nobody else holds, else one that refers to it. */
static struct uk_netbuf *tx_settle(struct uk_netif_slot *s)
{
	struct pbuf *p = s->p;
	struct uk_netbuf *nb;

	if (p->ref == 1) {
		nb = uk_netif_rx_netbuf(p);
		nb->flags = 0;
		nb->gso_type = UK_NETBUF_GSO_NONE;
	} else {
		nb = desc_get();
		if (nb == NULL)
			return NULL;
		uk_netbuf_prepare(nb, s->data, s->len, 0, desc_done, p);
	}
	nb->data = s->data;
	nb->len = s->len;
	s->p = NULL;
	return nb;
}

static void tx_drop(struct uk_netif *ni, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct uk_netif_slot *s = &ni->queue[i];

		if (s->nb != NULL)
			uk_netbuf_free(s->nb);
		else
			pbuf_free(s->p);
	}
	ni->tx_dropped += n;
}

static void tx_shift(struct uk_netif *ni, unsigned n)
{
	ni->nb_queued -= n;
	memmove(ni->queue, ni->queue + n, ni->nb_queued * sizeof(ni->queue[0]));
}

/* Up to a burst from the front of the queue; returns how many went, -1: the card is gone. */
static int tx_burst(struct uk_netif *ni)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t n = 0, want = UK_BURST_MAX;

	if (ni->nb_queued < want)
		want = (uint16_t)ni->nb_queued;
	for (; n < want; n++) {
		struct uk_netif_slot *s = &ni->queue[n];

		if (s->nb == NULL)
			s->nb = tx_settle(s);
		if (s->nb == NULL)
			break;
		v[n] = s->nb;
	}
	if (n == 0 || uk_netdev_tx_burst(ni->dev, 0, v, &n) < 0)
		return -1;
	tx_shift(ni, n);
	return n;
}

/* A card's ring keeps what was sent until it is looked at: a segment that lwIP wants to send again must not look busy for ever. */
void uk_netif_take_back(struct uk_netif *ni)
{
	uint16_t n = 0;

	if (descs.nb_out > 0 && uk_netdev_tx_burst(ni->dev, 0, NULL, &n) < 0)
		return; /* away: it gave everything back */
}

unsigned uk_netif_tx_out(void)
{
	return descs.nb_out;
}

/* What a card does not take stays queued, unless it takes nothing for long. */
void uk_netif_flush(struct uk_netif *ni)
{
	int n = 0;

	uk_netif_gso_finish(ni);
	while (ni->nb_queued > 0 && (n = tx_burst(ni)) > 0)
		ni->stuck_ns = 0;
	if (ni->nb_queued == 0)
		return;
	if (ni->stuck_ns == 0)
		ni->stuck_ns = uk_clock_ns();
	if (n < 0 || !netif_is_link_up(&ni->lw) || uk_clock_ns() - ni->stuck_ns > STUCK_NS) {
		tx_drop(ni, ni->nb_queued);
		ni->nb_queued = 0;
		ni->stuck_ns = 0;
	}
}
