/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Streams. Output is a queue of slices: text, which lies in a buffer of the connection, and values of items, which
 * stay where they are. What a connection holds is bounded: when buffer or queue are full and the sink takes nothing,
 * no more input is taken.
 */
#include <stdlib.h>
#include "nf-apps/kvs/kvs_state.h"
#include "nf-apps/kvs/session.h"

#define CONN_TEXT_BYTES (2 * NF_SESSION_LONGEST)
#define CONN_SLICES     64
#define CONN_COPY_MAX   512 /* bytes of a value that is copied, not referred to */

struct conn_slice {
	struct nf_item *it; /* NULL: text */
	uint32_t at;        /* bytes of the item's value that are sent */
	uint32_t len;       /* bytes that are not */
};

struct nf_kvs_conn {
	struct nf_kvs *k;
	struct nf_kvs_sink sink;
	struct nf_session session;
	struct nf_reply reply;
	struct conn_slice slices[CONN_SLICES];
	uint32_t head, nb;   /* of the ring */
	uint32_t start;      /* of the text that is not sent */
	bool running;        /* it is in the middle of a command */
	uint32_t closed_end; /* of the text that slices speak of */
	uint8_t text[CONN_TEXT_BYTES];
};

static struct nf_kvs_conn *conn_of(struct nf_reply *r)
{
	return UK_CONTAINER_OF(r, struct nf_kvs_conn, reply);
}

static void conn_push(struct nf_kvs_conn *c, struct nf_item *it, uint32_t len)
{
	c->slices[(c->head + c->nb) % CONN_SLICES] = (struct conn_slice){ .it = it, .len = len };
	c->nb++;
}

/* The text since the last slice becomes one. */
static void conn_close_text(struct nf_kvs_conn *c)
{
	uint32_t end = (uint32_t)(c->reply.at - c->text);

	if (end == c->closed_end)
		return;
	conn_push(c, NULL, end - c->closed_end);
	c->closed_end = end;
}

static void conn_pop(struct nf_kvs_conn *c)
{
	struct conn_slice *s = &c->slices[c->head];

	if (s->it != NULL)
		nf_store_unref(c->k->store, s->it);
	c->head = (c->head + 1) % CONN_SLICES;
	c->nb--;
}

/* What is sent makes room. */
static void conn_compact(struct nf_kvs_conn *c)
{
	uint32_t end = (uint32_t)(c->reply.at - c->text);

	memmove(c->text, c->text + c->start, end - c->start);
	c->reply.at -= c->start;
	c->closed_end -= c->start;
	c->start = 0;
}

/* Writes until everything is written or the sink takes no more. */
static void conn_flush(struct nf_kvs_conn *c)
{
	conn_close_text(c);
	while (c->nb > 0) {
		struct conn_slice *s = &c->slices[c->head];
		const uint8_t *p =
			s->it != NULL ? nf_item_value(s->it) + s->at : c->text + c->start;
		size_t n = c->sink.write(c->sink.arg, p, s->len);

		UK_ASSERT(n <= s->len);
		c->k->n.bytes_written += n;
		s->at += (uint32_t)n;
		s->len -= (uint32_t)n;
		if (s->it == NULL)
			c->start += (uint32_t)n;
		if (s->len > 0)
			break;
		conn_pop(c);
	}
	if (c->start > 0)
		conn_compact(c);
}

/* Room for text, and for a slice of it on both sides of a value. */
static bool conn_has_room(const struct nf_kvs_conn *c, uint32_t bytes)
{
	return (size_t)(c->reply.end - c->reply.at) >= bytes && c->nb + 3 <= CONN_SLICES;
}

static bool conn_ready(struct nf_reply *r, uint32_t bytes)
{
	struct nf_kvs_conn *c = conn_of(r);

	if (!conn_has_room(c, bytes))
		conn_flush(c);
	return conn_has_room(c, bytes);
}

static bool conn_more(struct nf_reply *r)
{
	return conn_ready(r, 1);
}

static void conn_value(struct nf_reply *r, struct nf_item *it)
{
	struct nf_kvs_conn *c = conn_of(r);

	if (it->value_len <= CONN_COPY_MAX) {
		nf_reply_put(r, nf_item_value(it), it->value_len);
	} else if (nf_store_ref(it)) {
		conn_close_text(c);
		conn_push(c, it, it->value_len);
	} else {
		r->lost = true;
	}
}

struct nf_kvs_conn *nf_kvs_conn_open(struct nf_kvs *k, const struct nf_kvs_sink *sink)
{
	struct nf_kvs_conn *c = malloc(sizeof(*c));

	if (c == NULL)
		return NULL;
	c->k = k;
	c->sink = *sink;
	c->running = false;
	c->head = c->nb = c->start = c->closed_end = 0;
	c->reply = (struct nf_reply){ .at = c->text,
		.end = c->text + CONN_TEXT_BYTES,
		.more = conn_more,
		.ready = conn_ready,
		.value = conn_value };
	nf_session_start(&c->session, k, &c->reply);
	k->nb_conns++;
	k->n.total_connections++;
	return c;
}

void nf_kvs_conn_close(struct nf_kvs_conn *c)
{
	if (c == NULL)
		return;
	while (c->nb > 0)
		conn_pop(c);
	nf_session_end(&c->session);
	c->k->nb_conns--;
	free(c);
}

static bool conn_over(const struct nf_kvs_conn *c)
{
	return c->reply.lost || (c->session.state == NF_SESSION_CLOSED && c->nb == 0);
}

long nf_kvs_conn_input(struct nf_kvs_conn *c, const uint8_t *data, size_t len)
{
	size_t taken;

	c->running = true;
	taken = nf_session_input(&c->session, data, len);
	c->running = false;

	c->k->n.bytes_read += taken;
	conn_flush(c);
	if (conn_over(c))
		return -1;
	/* what comes after the end is of no interest */
	return c->session.state == NF_SESSION_CLOSED ? (long)len : (long)taken;
}

int nf_kvs_conn_writable(struct nf_kvs_conn *c)
{
	conn_flush(c);
	return conn_over(c) ? -1 : 0;
}

const char *nf_kvs_conn_state(const struct nf_kvs_conn *c)
{
	static const char *const states[] = {
		[NF_SESSION_NEW] = "conn_new_cmd",
		[NF_SESSION_LINE] = "conn_read",
		[NF_SESSION_KEYS] = "conn_read",
		[NF_SESSION_VALUE] = "conn_nread",
		[NF_SESSION_CRLF] = "conn_nread",
		[NF_SESSION_SWALLOW] = "conn_swallow",
		[NF_SESSION_SKIP] = "conn_swallow",
		[NF_SESSION_HEADER] = "conn_read",
		[NF_SESSION_CLOSED] = "conn_closing",
	};

	return c->running ? "conn_parse_cmd" : c->nb > 0 ? "conn_mwrite" : states[c->session.state];
}

bool nf_kvs_conn_pending(const struct nf_kvs_conn *c)
{
	return c->nb > 0;
}
