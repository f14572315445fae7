/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The straight ways of a datagram: one text or binary get or set of one key. The answer is written over the request. Whatever is not
 * exactly of these shapes goes the general way, which knows all errors.
 */
#include "nf-apps/kvs/binary.h"
#include "nf-apps/kvs/copy.h"
#include "nf-apps/kvs/kvs_dgram.h"
#include "nf-apps/kvs/number.h"
#include "nf-apps/kvs/op.h"

#define FAST_WORD        4 /* bytes of "get " */
#define FAST_COMMAND_MAX 9 /* of the longest command that has a key, and the blank */
/* What stands around key and value of a hit: VALUE, flags, length, END. */
#define FAST_GET_MORE (NF_KVS_FRAME_LEN + 6 + 1 + 10 + 1 + 10 + 2 + 2 + 5)
#define FAST_BODY     (NF_KVS_FRAME_LEN + NF_BINARY_HEADER) /* where a binary body begins */

UK_INLINE uint32_t fast_u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Bytes up to the first blank or control character; `len` if there is none. `readable` bytes, which may be more, may be looked at. */
static uint32_t fast_word(const uint8_t *p, uint32_t len, uint32_t readable)
{
	const __m128i blank = _mm_set1_epi8(' ');
	uint32_t i = 0;

	for (; i < len && i + 16 <= readable; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		/* unsigned v <= ' ' */
		unsigned hit =
			(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, blank), v));

		if (hit != 0) {
			i += (uint32_t)__builtin_ctz(hit);
			return i < len ? i : len;
		}
	}
	while (i < len && p[i] > ' ')
		i++;
	return i < len ? i : len;
}

/* The key behind a command of so many bytes, the blank with it. */
static void fast_hint_text(
	struct nf_kvs_dgram *d, struct nf_kvs_hint *h, enum nf_kvs_kind kind, uint32_t command)
{
	uint32_t at = NF_KVS_FRAME_LEN + command, left = d->len - at;
	/* one byte more, to see that it ends */
	uint32_t look = left < NF_STORE_KEY_MAX + 1 ? left : NF_STORE_KEY_MAX + 1;
	uint32_t n = fast_word(d->data + at, look, d->room > d->len ? d->room - at : left);

	if (n == 0 || n == look)
		return;
	h->kind = kind;
	h->key_at = (uint16_t)at;
	h->key_len = (uint16_t)n;
}

static void fast_hint_binary(struct nf_kvs_dgram *d, struct nf_kvs_hint *h)
{
	const uint8_t *p = d->data + NF_KVS_FRAME_LEN;
	uint32_t len = d->len - NF_KVS_FRAME_LEN, key_len, ext_len, body_len;

	if (len < NF_BINARY_HEADER)
		return;
	h->kind = NF_KVS_OTHER;
	key_len = (uint32_t)p[2] << 8 | p[3];
	ext_len = p[4];
	body_len = nf_inet_get32(p + 8);
	if (key_len == 0 || key_len > NF_STORE_KEY_MAX || body_len != len - NF_BINARY_HEADER ||
		key_len + ext_len > body_len) {
		h->kind = NF_KVS_GENERAL;
		return;
	}
	if (p[1] == NF_BINARY_GET && ext_len == 0 && body_len == key_len)
		h->kind = NF_KVS_BINARY_GET;
	else if (p[1] == NF_BINARY_SET && ext_len == 8 && body_len >= 8 + key_len &&
		 nf_binary_u64(p + 16) == 0)
		h->kind = NF_KVS_BINARY_SET;
	h->key_at = (uint16_t)(FAST_BODY + ext_len);
	h->key_len = (uint16_t)key_len;
}

/* Of a command that has no straight way: its first key, if it has one where most have it. */
static void fast_hint_other(struct nf_kvs_dgram *d, struct nf_kvs_hint *h)
{
	const uint8_t *p = d->data + NF_KVS_FRAME_LEN;
	uint32_t len = d->len - NF_KVS_FRAME_LEN;

	for (uint32_t i = 2; i < FAST_COMMAND_MAX && i + 1 < len; i++)
		if (p[i] == ' ') {
			fast_hint_text(d, h, NF_KVS_OTHER, i + 1);
			return;
		}
}

static void fast_hint(struct nf_kvs_dgram *d, struct nf_kvs_hint *h)
{
	uint32_t word = fast_u32(d->data + NF_KVS_FRAME_LEN);

	if (word == fast_u32((const uint8_t *)"get "))
		fast_hint_text(d, h, NF_KVS_GET, 4);
	else if (word == fast_u32((const uint8_t *)"set "))
		fast_hint_text(d, h, NF_KVS_SET, 4);
	else if ((word & 0xffffff) == fast_u32((const uint8_t *)"mg "))
		fast_hint_text(d, h, NF_KVS_META_GET, 3);
	else if ((word & 0xffffff) == fast_u32((const uint8_t *)"ms "))
		fast_hint_text(d, h, NF_KVS_META_SET, 3);
	else if ((uint8_t)word == NF_BINARY_REQUEST)
		fast_hint_binary(d, h);
	else
		fast_hint_other(d, h);
}

void nf_kvs_dgram_hint(const struct nf_kvs *k, struct nf_kvs_dgram *d, struct nf_kvs_hint *h)
{
	const uint8_t *p = d->data;

	h->kind = NF_KVS_DROP;
	d->hash = 0;
	if (d->len <= NF_KVS_FRAME_LEN || p[4] != 0 || p[5] != 1)
		return;
	h->kind = NF_KVS_GENERAL;
	if (d->len <= NF_KVS_FRAME_LEN + FAST_WORD || k->detail_on || k->protocol != NF_KVS_ANY)
		return;
	fast_hint(d, h);
	if (h->kind != NF_KVS_GENERAL)
		d->hash = nf_store_hash(k->store, p + h->key_at, h->key_len);
}

static struct nf_item *fast_find(
	struct nf_kvs *k, const struct nf_kvs_dgram *d, const struct nf_kvs_hint *h)
{
	return nf_store_find(k->store, d->hash, d->data + h->key_at, h->key_len, k->now);
}

static void fast_hit(struct nf_kvs *k, struct nf_item *it)
{
	k->n.cmd_get++;
	k->n.get_hits++;
	nf_op_used(k, it);
}

static void fast_miss(struct nf_kvs *k)
{
	k->n.cmd_get++;
	k->n.get_misses++;
}

bool nf_kvs_dgram_get(struct nf_kvs *k, struct nf_kvs_dgram *d, const struct nf_kvs_hint *h)
{
	uint8_t *p = d->data + NF_KVS_FRAME_LEN;
	const uint8_t *end = d->data + h->key_at + h->key_len;
	uint32_t room = nf_kvs_dgram_room(d);
	struct nf_item *it;

	if (end + 2 != d->data + d->len || end[0] != '\r' || end[1] != '\n' || room < FAST_GET_MORE)
		return false;
	it = fast_find(k, d, h);
	if (it == NULL) {
		fast_miss(k);
	} else {
		if (FAST_GET_MORE + h->key_len + (uint32_t)it->value_len > room)
			return false;
		fast_hit(k, it);
		/* key and value from the item: the request is being overwritten */
		memcpy(p, "VALUE ", 6);
		p = nf_copy(p + 6, nf_item_key(it), it->key_len);
		*p++ = ' ';
		p = nf_number_put(p, it->client_flags);
		*p++ = ' ';
		p = nf_number_put(p, it->value_len);
		memcpy(p, "\r\n", 2);
		p = nf_copy(p + 2, nf_item_value(it), it->value_len);
		memcpy(p, "\r\n", 2);
		p += 2;
	}
	memcpy(p, "END\r\n", 5);
	nf_kvs_dgram_frame(d->data, 0, 1);
	d->len = (uint32_t)(p + 5 - d->data);
	return true;
}

const uint8_t *nf_kvs_dgram_number(const uint8_t *p, const uint8_t *end, uint8_t lead, uint32_t *v)
{
	uint32_t sum = 0;
	unsigned n = 0;

	if (p == end || *p++ != lead)
		return NULL;
	for (; p < end && (uint8_t)(*p - '0') <= 9 && n < 9; n++)
		sum = sum * 10 + (uint8_t)(*p++ - '0');
	*v = sum;
	return n > 0 ? p : NULL;
}

bool nf_kvs_dgram_value(const uint8_t *p, const uint8_t *end, uint32_t value_len)
{
	return end - p >= 4 && (size_t)(end - p) - 4 == value_len && p[0] == '\r' && p[1] == '\n' &&
	       end[-2] == '\r' && end[-1] == '\n';
}

struct nf_item *nf_kvs_dgram_store(struct nf_kvs *k, const struct nf_kvs_dgram *d,
	const struct nf_kvs_hint *h, const uint8_t *value, uint32_t value_len, uint32_t flags,
	uint32_t exptime)
{
	struct nf_item *it;

	if (value_len > k->item_max)
		return NULL;
	it = nf_store_alloc(k->store, d->data + h->key_at, h->key_len, value_len, k->now);
	if (it == NULL)
		return NULL;
	nf_copy(nf_item_value(it), value, value_len);
	it->client_flags = flags;
	it->expires = nf_op_expires(k, exptime);
	nf_store_link(k->store, d->hash, it, NULL, k->now);
	k->n.cmd_set++;
	return it;
}

bool nf_kvs_dgram_set(struct nf_kvs *k, struct nf_kvs_dgram *d, const struct nf_kvs_hint *h)
{
	const uint8_t *p = d->data + h->key_at + h->key_len, *end = d->data + d->len;
	uint32_t flags, exptime, value_len;

	p = nf_kvs_dgram_number(p, end, ' ', &flags);
	p = p != NULL ? nf_kvs_dgram_number(p, end, ' ', &exptime) : NULL;
	p = p != NULL ? nf_kvs_dgram_number(p, end, ' ', &value_len) : NULL;
	if (p == NULL || !nf_kvs_dgram_value(p, end, value_len) || d->room < NF_KVS_FRAME_LEN + 8)
		return false;
	if (nf_kvs_dgram_store(k, d, h, p + 2, value_len, flags, exptime) == NULL)
		return false;
	memcpy(d->data + NF_KVS_FRAME_LEN, "STORED\r\n", 8);
	nf_kvs_dgram_frame(d->data, 0, 1);
	d->len = NF_KVS_FRAME_LEN + 8;
	return true;
}

/* The header over the request's; opcode and opaque are taken from there. */
static void fast_header(struct nf_kvs_dgram *d, uint32_t ext_len, uint32_t body_len, uint64_t cas)
{
	uint8_t *p = d->data + NF_KVS_FRAME_LEN;

	nf_binary_put_header(p, p[1], NF_BINARY_OK, ext_len, 0, body_len, fast_u32(p + 12), cas);
	nf_kvs_dgram_frame(d->data, 0, 1);
	d->len = FAST_BODY + body_len;
}

bool nf_kvs_dgram_binary_get(struct nf_kvs *k, struct nf_kvs_dgram *d, const struct nf_kvs_hint *h)
{
	struct nf_item *it = fast_find(k, d, h);

	if (it == NULL || FAST_BODY + 4 + (uint32_t)it->value_len > nf_kvs_dgram_room(d))
		return false;
	fast_hit(k, it);
	fast_header(d, 4, 4 + it->value_len, it->cas);
	nf_inet_put32(d->data + FAST_BODY, it->client_flags);
	nf_copy(d->data + FAST_BODY + 4, nf_item_value(it), it->value_len);
	return true;
}

bool nf_kvs_dgram_binary_set(struct nf_kvs *k, struct nf_kvs_dgram *d, const struct nf_kvs_hint *h)
{
	const uint8_t *extras = d->data + FAST_BODY, *value = d->data + h->key_at + h->key_len;
	struct nf_item *it;

	it = nf_kvs_dgram_store(k, d, h, value, (uint32_t)(d->data + d->len - value),
		nf_inet_get32(extras), nf_inet_get32(extras + 4));
	if (it == NULL)
		return false;
	fast_header(d, 0, 0, it->cas);
	return true;
}
