/* SPDX-License-Identifier: BSD-3-Clause */
#include "netstack/test/fake_card.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fake_card fake_card = { .features = FAKE_CARD_FEATURES,
	.mac = { { 2, 0, 0, 0, 0, 1 } },
	.link = true,
	.room = FAKE_CARD_FRAMES };

static struct uk_netbuf_pool *rx_pool;

static int card_rx(struct uk_netdev_rx_queue *q, struct uk_netbuf *v[], uint16_t *cnt)
{
	uint16_t n = *cnt < fake_card.nb_in ? *cnt : (uint16_t)fake_card.nb_in;

	(void)q;
	memcpy(v, fake_card.in, n * sizeof(*v));
	fake_card.nb_in -= n;
	memmove(fake_card.in, fake_card.in + n, fake_card.nb_in * sizeof(*v));
	*cnt = n;
	return n > 0 ? UK_NETDEV_STATUS_SUCCESS : 0;
}

static void card_record(const struct uk_netbuf *nb)
{
	uint32_t len = uk_netbuf_pkt_len(nb);
	struct fake_card_frame *f = calloc(1, sizeof(*f) + len + UK_CACHE_LINE);

	UK_ASSERT(f != NULL && len <= FAKE_CARD_BYTES && fake_card.nb_sent < FAKE_CARD_FRAMES);
	f->len = uk_netbuf_read(nb, 0, f->data, len);
	f->from_rx_pool = nb->pool == rx_pool;
	f->flags = nb->flags;
	f->gso_type = nb->gso_type;
	f->gso_size = nb->gso_size;
	f->hdr_len = nb->hdr_len;
	f->csum_start = nb->csum_start;
	f->csum_offset = nb->csum_offset;
	for (; nb != NULL; nb = nb->next)
		f->nb_parts++;
	fake_card.sent[fake_card.nb_sent++] = f;
}

static int card_tx(struct uk_netdev_tx_queue *q, struct uk_netbuf *v[], uint16_t *cnt)
{
	uint16_t n = 0;

	(void)q;
	if (!fake_card.hold)
		fake_card_done();
	if (fake_card.gone) {
		*cnt = 0;
		return -ENODEV;
	}
	for (; n < *cnt && fake_card.nb_held < fake_card.room; n++) {
		card_record(v[n]);
		fake_card.held[fake_card.nb_held++] = v[n];
	}
	*cnt = n;
	return n > 0 ? UK_NETDEV_STATUS_SUCCESS : 0;
}

void fake_card_done(void)
{
	while (fake_card.nb_held > 0)
		uk_netbuf_free(fake_card.held[--fake_card.nb_held]);
}

bool fake_card_put(const void *frame, uint32_t len, unsigned parts, uint8_t flags)
{
	const struct uk_netdev_rxqueue_conf *conf = &fake_card.dev.rx_conf[0];
	struct uk_netbuf *head = NULL, **link = &head;
	uint32_t done = 0;

	for (unsigned i = 0; i < parts; i++) {
		uint32_t n = i + 1 < parts ? len / parts : len - done;

		if (conf->alloc_rxpkts(conf->alloc_rxpkts_argp, link, 1) != 1) {
			if (head != NULL)
				uk_netbuf_free(head);
			return false;
		}
		rx_pool = (*link)->pool;
		UK_ASSERT(n <= uk_netbuf_tailroom(*link));
		memcpy((*link)->data, (const uint8_t *)frame + done, n);
		(*link)->len = n;
		done += n;
		link = &(*link)->next;
	}
	head->flags = flags;
	UK_ASSERT(fake_card.nb_in < FAKE_CARD_FRAMES);
	fake_card.in[fake_card.nb_in++] = head;
	fake_card.irq |= fake_card.armed;
	return true;
}

struct fake_card_frame *fake_card_take(void)
{
	struct fake_card_frame *f;

	if (fake_card.nb_sent == 0)
		return NULL;
	f = fake_card.sent[0];
	fake_card.nb_sent--;
	memmove(fake_card.sent, fake_card.sent + 1, fake_card.nb_sent * sizeof(f));
	return f;
}

void fake_card_forget(void)
{
	while (fake_card.nb_sent > 0)
		free(fake_card.sent[--fake_card.nb_sent]);
}

/* -- the driver -- */

static int card_probe(struct uk_netdev *dev)
{
	dev->mtu = 1500;
	return 0;
}

static void card_info(struct uk_netdev *dev, struct uk_netdev_info *info)
{
	(void)dev;
	info->max_rx_queues = info->max_tx_queues = 1;
	info->max_mtu = 1500;
	info->features = fake_card.features;
}

static int card_configure(struct uk_netdev *dev, const struct uk_netdev_conf *conf)
{
	(void)dev;
	(void)conf;
	return 0;
}

static int card_queue_info(struct uk_netdev *dev, uint16_t q, struct uk_netdev_queue_info *info)
{
	(void)dev;
	(void)q;
	*info = (struct uk_netdev_queue_info){ .nb_max = 256, .nb_min = 1, .nb_align = 1 };
	return 0;
}

static int card_rxq(
	struct uk_netdev *dev, uint16_t q, uint16_t nb, const struct uk_netdev_rxqueue_conf *conf)
{
	(void)nb;
	(void)conf;
	dev->rxq[q] = (struct uk_netdev_rx_queue *)&fake_card;
	return 0;
}

static int card_txq(
	struct uk_netdev *dev, uint16_t q, uint16_t nb, const struct uk_netdev_txqueue_conf *conf)
{
	(void)nb;
	(void)conf;
	dev->txq[q] = (struct uk_netdev_tx_queue *)&fake_card;
	return 0;
}

static int card_start(struct uk_netdev *dev)
{
	dev->rx_burst = card_rx;
	dev->tx_burst = card_tx;
	return 0;
}

static const struct uk_hwaddr *card_mac(struct uk_netdev *dev)
{
	(void)dev;
	return &fake_card.mac;
}

static int card_link(struct uk_netdev *dev)
{
	(void)dev;
	return fake_card.link;
}

static int card_intr_enable(struct uk_netdev *dev, uint16_t q)
{
	(void)dev;
	(void)q;
	if (fake_card.nb_in > 0)
		return 1;
	fake_card.armed = true;
	return 0;
}

static int card_intr_disable(struct uk_netdev *dev, uint16_t q)
{
	(void)dev;
	(void)q;
	fake_card.armed = false;
	return 0;
}

static bool card_fired(struct uk_netdev *dev, uint16_t q)
{
	bool irq = fake_card.irq;

	(void)dev;
	(void)q;
	fake_card.irq = false;
	fake_card.armed &= !irq;
	return irq;
}

static int card_find(void)
{
	static const struct uk_netdev_ops ops = { .name = "fake-card",
		.probe = card_probe,
		.info_get = card_info,
		.configure = card_configure,
		.rxq_info_get = card_queue_info,
		.txq_info_get = card_queue_info,
		.rxq_configure = card_rxq,
		.txq_configure = card_txq,
		.start = card_start,
		.hwaddr_get = card_mac,
		.link_get = card_link,
		.rxq_intr_enable = card_intr_enable,
		.rxq_intr_disable = card_intr_disable,
		.rxq_intr_fired = card_fired };

	return uk_netdev_register(&fake_card.dev, &ops) < 0 ? -ENOSPC : 0;
}

static const struct uk_netdev_driver card_driver = { .name = "fake-card", .find = card_find };
const struct uk_netdev_driver *const uk_netdev_drivers[] = { &card_driver, NULL };
