/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The straight ways of meta get and meta set: with the flags that are asked for most, and an item about which nothing
 * special is to be said. The rest goes the general way.
 */
#include "nf-apps/kvs/copy.h"
#include "nf-apps/kvs/kvs_dgram.h"
#include "nf-apps/kvs/number.h"
#include "nf-apps/kvs/op.h"

#define META_FLAGS 5 /* "v f s t c", each once */
/* What stands around key and value of a hit: VA, the length, five numbers. */
#define META_GET_MORE (NF_KVS_FRAME_LEN + 3 + 7 + META_FLAGS * (2 + NF_NUMBER_MAX) + 4)

/* A blank and a flag, again and again, up to the end of the line. false: there is one that is not known here. */
static bool meta_flags(const uint8_t *p, const uint8_t *end, char flags[META_FLAGS], unsigned *nb)
{
	*nb = 0;
	for (; p + 2 < end && p[0] == ' ' && p[1] > ' '; p += 2) {
		if (*nb == META_FLAGS || (p[2] != ' ' && p[2] != '\r'))
			return false;
		for (unsigned i = 0; i < *nb; i++)
			if (flags[i] == (char)p[1])
				return false;
		flags[(*nb)++] = (char)p[1];
	}
	return p + 2 == end && p[0] == '\r' && p[1] == '\n';
}

static uint8_t *meta_number(uint8_t *p, char flag, uint64_t v)
{
	p[0] = ' ';
	p[1] = (uint8_t)flag;
	return nf_number_put(p + 2, v);
}

/* What the flag asks for. NULL: not known here. */
static uint8_t *meta_put_flag(
	const struct nf_kvs *k, uint8_t *p, char flag, const struct nf_item *it)
{
	int64_t ttl;

	switch (flag) {
	case 'v':
		return p;
	case 'f':
		return meta_number(p, 'f', it->client_flags);
	case 's':
		return meta_number(p, 's', it->value_len);
	case 'c':
		return meta_number(p, 'c', it->cas);
	case 't':
		ttl = nf_op_ttl(k, it);
		if (ttl >= 0)
			return meta_number(p, 't', (uint64_t)ttl);
		memcpy(p, " t-1", 4);
		return p + 4;
	default:
		return NULL;
	}
}

static bool meta_known(const char flags[META_FLAGS], unsigned nb, bool *value)
{
	*value = false;
	for (unsigned i = 0; i < nb; i++) {
		if (flags[i] != 'v' && flags[i] != 'f' && flags[i] != 's' && flags[i] != 'c' &&
			flags[i] != 't')
			return false;
		*value = *value || flags[i] == 'v';
	}
	return true;
}

static uint8_t *meta_hit(struct nf_kvs *k, uint8_t *p, struct nf_item *it,
	const char flags[META_FLAGS], unsigned nb, bool value)
{
	memcpy(p, value ? "VA " : "HD ", 3);
	p = value ? nf_number_put(p + 3, it->value_len) : p + 2;
	for (unsigned i = 0; i < nb; i++)
		p = meta_put_flag(k, p, flags[i], it);
	memcpy(p, "\r\n", 2);
	p += 2;
	if (value) {
		p = nf_copy(p, nf_item_value(it), it->value_len);
		memcpy(p, "\r\n", 2);
		p += 2;
	}
	k->n.cmd_get++;
	k->n.get_hits++;
	nf_op_used(k, it);
	return p;
}

bool nf_kvs_dgram_meta_get(struct nf_kvs *k, struct nf_kvs_dgram *d, const struct nf_kvs_hint *h)
{
	uint8_t *p = d->data + NF_KVS_FRAME_LEN;
	uint32_t room = nf_kvs_dgram_room(d);
	char flags[META_FLAGS];
	struct nf_item *it;
	unsigned nb;
	bool value;

	if (room < META_GET_MORE ||
		!meta_flags(d->data + h->key_at + h->key_len, d->data + d->len, flags, &nb) ||
		!meta_known(flags, nb, &value))
		return false;
	it = nf_store_find(k->store, d->hash, d->data + h->key_at, h->key_len, k->now);
	if (it == NULL) {
		k->n.cmd_get++;
		k->n.get_misses++;
		memcpy(p, "EN\r\n", 4);
		p += 4;
	} else if ((it->flags8 & ~NF_ITEM_FETCHED) != 0 ||
		   META_GET_MORE + (uint32_t)it->value_len > room) {
		return false;
	} else {
		p = meta_hit(k, p, it, flags, nb, value);
	}
	nf_kvs_dgram_frame(d->data, 0, 1);
	d->len = (uint32_t)(p - d->data);
	return true;
}

bool nf_kvs_dgram_meta_set(struct nf_kvs *k, struct nf_kvs_dgram *d, const struct nf_kvs_hint *h)
{
	const uint8_t *p = d->data + h->key_at + h->key_len, *end = d->data + d->len;
	uint32_t value_len, flags = 0, exptime = 0;

	p = nf_kvs_dgram_number(p, end, ' ', &value_len);
	if (p != NULL && p + 1 < end && p[0] == ' ' && p[1] == 'T')
		p = nf_kvs_dgram_number(p + 1, end, 'T', &exptime);
	if (p != NULL && p + 1 < end && p[0] == ' ' && p[1] == 'F')
		p = nf_kvs_dgram_number(p + 1, end, 'F', &flags);
	if (p == NULL || !nf_kvs_dgram_value(p, end, value_len) || d->room < NF_KVS_FRAME_LEN + 4 ||
		nf_kvs_dgram_store(k, d, h, p + 2, value_len, flags, exptime) == NULL)
		return false;
	memcpy(d->data + NF_KVS_FRAME_LEN, "HD\r\n", 4);
	nf_kvs_dgram_frame(d->data, 0, 1);
	d->len = NF_KVS_FRAME_LEN + 4;
	return true;
}
