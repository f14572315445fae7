/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams: bursts, and the general way.
 */
#include "nf-apps/kvs/kvs_dgram.h"
#include "nf-apps/kvs/session.h"

#define DGRAM_BURST 32

static bool dgram_more(struct nf_reply *r)
{
	struct nf_kvs_out *o = UK_CONTAINER_OF(r, struct nf_kvs_out, reply);
	struct nf_kvs_dgram *d = o->d;
	uint8_t *data = NULL;
	uint32_t room = 0;
	void *buffer;

	*(o->nb == 0 ? &o->first_end : &o->further[o->nb - 1].end) = r->at;
	if (o->nb == NF_KVS_OUT_MAX - 1 || d->more == NULL)
		return false;
	buffer = d->more(d->arg, &data, &room);
	if (buffer == NULL)
		return false;
	o->further[o->nb].buffer = buffer;
	o->further[o->nb].data = data;
	o->nb++;
	if (room <= NF_KVS_FRAME_LEN)
		return false;
	r->at = data + NF_KVS_FRAME_LEN;
	r->end = data + (room < NF_KVS_DGRAM_MAX ? room : NF_KVS_DGRAM_MAX);
	return true;
}

static bool dgram_ready(struct nf_reply *r, uint32_t bytes)
{
	return true;
}

static void dgram_value(struct nf_reply *r, struct nf_item *it)
{
	nf_reply_put(r, nf_item_value(it), it->value_len);
}

static void dgram_give_up(struct nf_kvs *k, struct nf_kvs_out *o)
{
	for (uint32_t i = 0; i < o->nb; i++)
		o->d->sent(o->d->arg, o->further[i].buffer, 0);
	o->d->len = 0;
	k->n.replies_given_up++;
}

static void dgram_send(struct nf_kvs *k, struct nf_kvs_out *o)
{
	struct nf_kvs_dgram *d = o->d;
	uint32_t len;

	*(o->nb == 0 ? &o->first_end : &o->further[o->nb - 1].end) = o->reply.at;
	for (uint32_t i = 0; i < o->nb; i++) {
		uint8_t *data = o->further[i].data;

		memcpy(data, d->data, 2);
		nf_kvs_dgram_frame(data, i + 1, o->nb + 1);
		len = (uint32_t)(o->further[i].end - data);
		k->n.bytes_written += len;
		d->sent(d->arg, o->further[i].buffer, len);
	}
	d->len = (uint32_t)(o->first_end - o->first);
	memcpy(d->data + NF_KVS_FRAME_LEN, o->first + NF_KVS_FRAME_LEN, d->len - NF_KVS_FRAME_LEN);
	nf_kvs_dgram_frame(d->data, 0, o->nb + 1);
	k->n.bytes_written += d->len;
}

/* A datagram is a conversation of its own; what is cut off at its end is not answered. */
static void dgram_general(struct nf_kvs *k, struct nf_kvs_dgram *d)
{
	struct nf_kvs_out *o = k->dgram;
	uint32_t room = nf_kvs_dgram_room(d);

	if (room <= NF_KVS_FRAME_LEN) {
		d->len = 0;
		return;
	}
	o->reply = (struct nf_reply){ .at = o->first + NF_KVS_FRAME_LEN,
		.end = o->first + room,
		.more = dgram_more,
		.ready = dgram_ready,
		.value = dgram_value };
	o->d = d;
	o->nb = 0;
	nf_session_start(k->session, k, &o->reply);
	(void)nf_session_input(k->session, d->data + NF_KVS_FRAME_LEN, d->len - NF_KVS_FRAME_LEN);
	nf_session_end(k->session);
	if (o->reply.lost)
		dgram_give_up(k, o);
	else if (o->nb == 0 && o->reply.at == o->first + NF_KVS_FRAME_LEN)
		d->len = 0;
	else
		dgram_send(k, o);
}

static void dgram_run(struct nf_kvs *k, struct nf_kvs_dgram *d, const struct nf_kvs_hint *h)
{
	bool done = false;

	k->n.bytes_read += d->len;
	switch (h->kind) {
	case NF_KVS_GET:
		done = nf_kvs_dgram_get(k, d, h);
		break;
	case NF_KVS_SET:
		done = nf_kvs_dgram_set(k, d, h);
		break;
	case NF_KVS_META_GET:
		done = nf_kvs_dgram_meta_get(k, d, h);
		break;
	case NF_KVS_META_SET:
		done = nf_kvs_dgram_meta_set(k, d, h);
		break;
	case NF_KVS_BINARY_GET:
		done = nf_kvs_dgram_binary_get(k, d, h);
		break;
	case NF_KVS_BINARY_SET:
		done = nf_kvs_dgram_binary_set(k, d, h);
		break;
	case NF_KVS_DROP:
		k->n.dgrams_dropped++;
		d->len = 0;
		return;
	case NF_KVS_GENERAL:
	case NF_KVS_OTHER:
		break;
	}
	if (!done)
		dgram_general(k, d);
	else
		k->n.bytes_written += d->len;
}

void nf_kvs_dgram(struct nf_kvs *k, struct nf_kvs_dgram *d)
{
	struct nf_kvs_hint h;

	nf_kvs_dgram_hint(k, d, &h);
	dgram_run(k, d, &h);
}

static void dgram_burst(struct nf_kvs *k, struct nf_kvs_dgram v[], unsigned n)
{
	struct nf_kvs_hint h[DGRAM_BURST];

	for (unsigned i = 0; i < n; i++) {
		nf_kvs_dgram_hint(k, &v[i], &h[i]);
		if (h[i].kind > NF_KVS_GENERAL)
			nf_store_prefetch(k->store, v[i].hash);
	}
	for (unsigned i = 0; i < n; i++)
		if (h[i].kind > NF_KVS_GENERAL)
			nf_store_prefetch_item(k->store, v[i].hash);
	for (unsigned i = 0; i < n; i++)
		dgram_run(k, &v[i], &h[i]);
}

void nf_kvs_dgrams(struct nf_kvs *k, struct nf_kvs_dgram v[], unsigned n)
{
	for (unsigned i = 0; i < n; i += DGRAM_BURST)
		dgram_burst(k, v + i, n - i < DGRAM_BURST ? n - i : DGRAM_BURST);
}
