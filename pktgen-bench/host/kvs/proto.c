/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "pktgen-bench/host/kvs/proto.h"

#define BIN_HEADER   24u
#define BIN_REQUEST  0x80
#define BIN_RESPONSE 0x81
#define BIN_GET      0x00
#define BIN_SET      0x01
#define BIN_MISS     0x0001 /* key not found */

/* -- text -- */

static uint32_t proto_put(uint8_t *p, uint32_t at, const char *text)
{
	size_t len = strlen(text);

	memcpy(p + at, text, len);
	return at + (uint32_t)len;
}

static struct pg_kvs_request text_get(uint8_t *p, uint32_t key_len)
{
	struct pg_kvs_request r = { .key_at = proto_put(p, PG_KVS_FRAME, "get ") };

	r.len = proto_put(p, r.key_at + key_len, "\r\n");
	return r;
}

static struct pg_kvs_request text_set(uint8_t *p, uint32_t key_len, uint32_t value_len)
{
	struct pg_kvs_request r = { .key_at = proto_put(p, PG_KVS_FRAME, "set ") };
	char rest[32];

	snprintf(rest, sizeof(rest), " 0 0 %u\r\n", value_len);
	r.value_at = proto_put(p, r.key_at + key_len, rest);
	r.len = proto_put(p, r.value_at + value_len, "\r\n");
	return r;
}

/* What is left of an answer. */
struct proto_text {
	const uint8_t *p;
	uint32_t len;
};

static inline bool text_take(struct proto_text *t, const char *word, uint32_t len)
{
	if (t->len < len || memcmp(t->p, word, len) != 0)
		return false;
	t->p += len;
	t->len -= len;
	return true;
}

#define TAKE(t, word) text_take(t, word, sizeof(word) - 1)

/* A decimal number of at most seven digits. */
static inline bool text_number(struct proto_text *t, uint32_t *out)
{
	uint32_t v = 0, n = 0;

	while (n < t->len && n < 7 && t->p[n] >= '0' && t->p[n] <= '9')
		v = v * 10 + t->p[n++] - '0';
	t->p += n;
	t->len -= n;
	*out = v;
	return n > 0;
}

/* A word up to the next space or end of line. */
static inline bool text_word(struct proto_text *t, const uint8_t **word, uint32_t *len)
{
	const uint8_t *end = memchr(t->p, ' ', t->len);

	if (!end || end == t->p)
		return false;
	*word = t->p;
	*len = (uint32_t)(end - t->p);
	t->p += *len;
	t->len -= *len;
	return true;
}

static inline bool text_value(struct proto_text *t, struct pg_kvs_answer *a)
{
	if (a->value_len > t->len)
		return false;
	a->value = t->p;
	t->p += a->value_len;
	t->len -= a->value_len;
	return TAKE(t, "\r\n");
}

/* A line of its own that says what went wrong. */
static enum pg_kvs_kind text_failure(struct proto_text t)
{
	bool known = TAKE(&t, "SERVER_ERROR ") || TAKE(&t, "CLIENT_ERROR ") ||
		     TAKE(&t, "ERROR\r\n") || TAKE(&t, "NOT_STORED\r\n") || TAKE(&t, "NS\r\n");

	return known ? PG_KVS_ERROR : PG_KVS_MALFORMED;
}

/* "VALUE key flags bytes\r\n...\r\nEND\r\n"; the load's flags are 0 */
static enum pg_kvs_kind text_parse(const uint8_t *p, uint32_t len, struct pg_kvs_answer *a)
{
	struct proto_text t = { p, len };

	if (TAKE(&t, "VALUE ")) {
		if (text_word(&t, &a->key, &a->key_len) && TAKE(&t, " 0 ") &&
			text_number(&t, &a->value_len) && TAKE(&t, "\r\n") && text_value(&t, a) &&
			TAKE(&t, "END\r\n") && !t.len)
			return PG_KVS_VALUE;
		return PG_KVS_MALFORMED;
	}
	if (TAKE(&t, "STORED\r\n"))
		return t.len ? PG_KVS_MALFORMED : PG_KVS_STORED;
	if (TAKE(&t, "END\r\n"))
		return t.len ? PG_KVS_MALFORMED : PG_KVS_MISS;
	return text_failure(t);
}

const struct pg_kvs_proto pg_kvs_text = { "text", text_get, text_set, text_parse };

/* -- meta -- */

static struct pg_kvs_request meta_get(uint8_t *p, uint32_t key_len)
{
	struct pg_kvs_request r = { .key_at = proto_put(p, PG_KVS_FRAME, "mg ") };

	r.len = proto_put(p, r.key_at + key_len, " v\r\n");
	return r;
}

static struct pg_kvs_request meta_set(uint8_t *p, uint32_t key_len, uint32_t value_len)
{
	struct pg_kvs_request r = { .key_at = proto_put(p, PG_KVS_FRAME, "ms ") };
	char rest[32];

	snprintf(rest, sizeof(rest), " %u\r\n", value_len);
	r.value_at = proto_put(p, r.key_at + key_len, rest);
	r.len = proto_put(p, r.value_at + value_len, "\r\n");
	return r;
}

/* "VA bytes\r\n...\r\n", "EN\r\n", "HD\r\n"; a space may follow where flags would stand */
static enum pg_kvs_kind meta_parse(const uint8_t *p, uint32_t len, struct pg_kvs_answer *a)
{
	struct proto_text t = { p, len };

	a->key = NULL;
	if (TAKE(&t, "VA ")) {
		if (text_number(&t, &a->value_len) && (TAKE(&t, "\r\n") || TAKE(&t, " \r\n")) &&
			text_value(&t, a) && !t.len)
			return PG_KVS_VALUE;
		return PG_KVS_MALFORMED;
	}
	if (TAKE(&t, "HD\r\n") || TAKE(&t, "HD \r\n"))
		return t.len ? PG_KVS_MALFORMED : PG_KVS_STORED;
	if (TAKE(&t, "EN\r\n"))
		return t.len ? PG_KVS_MALFORMED : PG_KVS_MISS;
	return text_failure(t);
}

const struct pg_kvs_proto pg_kvs_meta = { "meta", meta_get, meta_set, meta_parse };

/* -- binary -- */

/* Magic, opcode, key length, extras' length, data type, vbucket, body's length, opaque, cas: 24 bytes. */
static struct pg_kvs_request binary_request(
	uint8_t *p, uint8_t opcode, uint8_t extras, uint32_t key_len, uint32_t value_len)
{
	uint32_t body = extras + key_len + value_len;

	memset(p + PG_KVS_FRAME, 0, BIN_HEADER + extras);
	p += PG_KVS_FRAME;
	p[0] = BIN_REQUEST;
	p[1] = opcode;
	p[3] = (uint8_t)key_len;
	p[4] = extras;
	p[10] = (uint8_t)(body >> 8);
	p[11] = (uint8_t)body;
	return (struct pg_kvs_request){ .len = PG_KVS_FRAME + BIN_HEADER + body,
		.key_at = PG_KVS_FRAME + BIN_HEADER + extras,
		.value_at = PG_KVS_FRAME + BIN_HEADER + extras + key_len };
}

static struct pg_kvs_request binary_get(uint8_t *p, uint32_t key_len)
{
	return binary_request(p, BIN_GET, 0, key_len, 0);
}

/* extras: flags and expiry, 0 */
static struct pg_kvs_request binary_set(uint8_t *p, uint32_t key_len, uint32_t value_len)
{
	return binary_request(p, BIN_SET, 8, key_len, value_len);
}

static enum pg_kvs_kind binary_parse(const uint8_t *p, uint32_t len, struct pg_kvs_answer *a)
{
	uint32_t key_len, extras, status, body;

	if (len < BIN_HEADER || p[0] != BIN_RESPONSE || p[1] > BIN_SET)
		return PG_KVS_MALFORMED;
	key_len = (uint32_t)p[2] << 8 | p[3];
	extras = p[4];
	status = (uint32_t)p[6] << 8 | p[7];
	body = (uint32_t)p[8] << 24 | (uint32_t)p[9] << 16 | (uint32_t)p[10] << 8 | p[11];
	if (body != len - BIN_HEADER || key_len + extras > body)
		return PG_KVS_MALFORMED;
	if (status)
		return status == BIN_MISS && p[1] == BIN_GET ? PG_KVS_MISS : PG_KVS_ERROR;
	if (p[1] == BIN_SET)
		return body ? PG_KVS_MALFORMED : PG_KVS_STORED;
	/* extras: the flags, which the load sets to 0 */
	if (extras != 4 || memcmp(p + BIN_HEADER, "\0\0\0\0", 4) != 0)
		return PG_KVS_MALFORMED;
	a->key = key_len ? p + BIN_HEADER + extras : NULL;
	a->key_len = key_len;
	a->value = p + BIN_HEADER + extras + key_len;
	a->value_len = body - extras - key_len;
	return PG_KVS_VALUE;
}

const struct pg_kvs_proto pg_kvs_binary = { "binary", binary_get, binary_set, binary_parse };

const struct pg_kvs_proto *pg_kvs_proto_named(const char *name)
{
	static const struct pg_kvs_proto *const all[] = { &pg_kvs_text, &pg_kvs_meta,
		&pg_kvs_binary };

	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}
