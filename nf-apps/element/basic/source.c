/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/args_text.h"
#include "nf-apps/element/basic/source.h"

/* What packets hold if nobody says anything: as long as Click's. */
static const char source_text[] =
	"Packets of a source that got no data of its own hold just these words";

const char *const nf_source_drops[] = { "no buffer", NULL };

void nf_source_init(struct nf_source *s)
{
	s->length = -1;
	s->limit = -1;
	s->active = true;
	s->timestamp = true;
	s->headroom = UK_NETBUF_HEADROOM;
}

/* Cuts or repeats the data to the length that packets are to have. -E2BIG: no buffer is so large.
 */
static int source_build(struct nf_source *s)
{
	uint32_t len = s->length >= 0 ? (uint32_t)s->length : s->data_len;
	uint8_t *packet;

	if (len + s->headroom > NF_PACKET_LARGE_BYTES)
		return -E2BIG;
	packet = malloc(len + 1u);
	if (packet == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < len; i++)
		packet[i] = s->data_len > 0 ? s->data[i % s->data_len] : 0;
	free(s->packet);
	s->packet = packet;
	s->len = len;
	return 0;
}

static int source_set_data(struct nf_source *s, const void *data, uint32_t len)
{
	uint8_t *copy = malloc(len + 1u), *was = s->data;
	uint32_t was_len = s->data_len;
	int rc;

	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, data, len);
	s->data = copy;
	s->data_len = len;
	rc = source_build(s);
	if (rc != 0) {
		free(copy);
		s->data = was;
		s->data_len = was_len;
		return rc;
	}
	free(was);
	return 0;
}

void nf_source_arg_data(struct nf_source *s, struct nf_args *a)
{
	const uint8_t *data = (const uint8_t *)source_text;
	uint32_t len = sizeof(source_text) - 1;

	nf_args_data(a, "DATA", NF_ARGS_POS, &data, &len);
	if (len > NF_SOURCE_LENGTH_MAX)
		nf_args_error(a, "DATA: too long; max %u bytes", NF_SOURCE_LENGTH_MAX);
	else if (source_set_data(s, data, len) != 0)
		nf_args_error(a, "out of memory");
}

void nf_source_arg_limit(struct nf_source *s, struct nf_args *a, unsigned how)
{
	if (nf_args_i64(a, "LIMIT", how, &s->limit) && s->limit < 0)
		s->limit = -1;
}

void nf_source_arg_active(struct nf_source *s, struct nf_args *a, unsigned how)
{
	nf_args_bool(a, "ACTIVE", how, &s->active);
}

static void source_arg_length(struct nf_source *s, struct nf_args *a, const char *key, unsigned how)
{
	int32_t length;

	if (!nf_args_i32(a, key, how, &length))
		return;
	if (length > NF_SOURCE_LENGTH_MAX) {
		nf_args_error(a, "%s: too large; max %d", key, NF_SOURCE_LENGTH_MAX);
		return;
	}
	s->length = length < 0 ? -1 : length;
}

void nf_source_args(struct nf_source *s, struct nf_args *a)
{
	const char *call;
	int rc;

	source_arg_length(s, a, "LENGTH", 0);
	source_arg_length(s, a, "DATASIZE", NF_ARGS_OLD);
	if (nf_args_u32(a, "HEADROOM", 0, &s->headroom) && s->headroom > NF_SOURCE_HEADROOM_MAX) {
		nf_args_error(a, "HEADROOM: too large; max %u", NF_SOURCE_HEADROOM_MAX);
		s->headroom = 0;
	}
	nf_args_bool(a, "STOP", 0, &s->stop);
	nf_args_bool(a, "TIMESTAMP", 0, &s->timestamp);
	if (nf_args_raw(a, "END_CALL", 0, &call)) {
		if (s->stop)
			nf_args_error(a, "END_CALL: not together with STOP");
		if (nf_handlercall_set(&s->end_call, call) != 0)
			nf_args_error(a, "out of memory");
	}
	rc = source_build(s);
	if (rc != 0)
		nf_args_error(a, rc == -E2BIG ? "HEADROOM: too large for packets of this length"
					      : "out of memory");
}

int nf_source_check(struct nf_source *s, struct nf_element *e, struct nf_errors *errs)
{
	return nf_handlercall_check(&s->end_call, e, errs);
}

void nf_source_free(struct nf_source *s)
{
	free(s->data);
	free(s->packet);
	nf_handlercall_free(&s->end_call);
}

static void source_fill_random(struct nf_core *core, uint8_t *to, uint32_t len)
{
	for (; len >= 4; len -= 4, to += 4) {
		uint32_t word = nf_core_random(core);

		memcpy(to, &word, 4);
	}
	for (; len > 0; len--)
		*to++ = (uint8_t)nf_core_random(core);
}

uint16_t nf_source_make(
	struct nf_source *s, struct nf_element *e, struct uk_netbuf *v[], uint16_t n)
{
	uint64_t ns = s->timestamp && n > 0 ? nf_core_wall_ns() : 0;
	uint16_t nb;

	for (nb = 0; nb < n; nb++) {
		struct uk_netbuf *p = nf_packet_alloc(&e->core->pools, s->headroom, s->len);

		if (p == NULL)
			break;
		if (s->random)
			source_fill_random(e->core, p->data, s->len);
		else
			memcpy(p->data, s->packet, s->len);
		nf_packet_anno(p)->time_ns = ns;
		v[nb] = p;
	}
	s->count += nb;
	if (UK_UNLIKELY(nb < n))
		e->drops[NF_ELEMENT_DROPS_OWN + NF_SOURCE_NO_BUFFER] += (uint64_t)(n - nb);
	return nb;
}

void nf_source_end(struct nf_source *s, struct nf_element *e)
{
	if (s->ended || !nf_source_done(s))
		return;
	s->ended = true;
	if (s->stop)
		nf_router_stop_driver(e->router);
	nf_handlercall_run(&s->end_call, e);
}

void nf_source_take_state(struct nf_source *s, const struct nf_source *old)
{
	s->count = old->count;
	s->ended = old->ended && nf_source_done(s);
}

static struct nf_source *source_at(const struct nf_element *e, uintptr_t off)
{
	return (void *)((uint8_t *)e->state + off);
}

static int source_told(int rc, struct nf_errors *errs)
{
	if (rc == -E2BIG)
		nf_errors_add(errs, NULL, "too large for a packet");
	else if (rc != 0)
		nf_errors_add(errs, NULL, "out of memory");
	return rc;
}

int nf_source_read_data(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	const struct nf_source *s = source_at(e, off);

	nf_text_add(out, (const char *)s->data, s->data_len);
	return 0;
}

int nf_source_write_data(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	size_t len;
	char *data = nf_args_unquote(value, &len);
	int rc = -ENOMEM;

	if (data != NULL && len > NF_SOURCE_LENGTH_MAX)
		rc = -E2BIG;
	else if (data != NULL)
		rc = source_set_data(source_at(e, off), data, (uint32_t)len);
	free(data);
	return source_told(rc, errs);
}

int nf_source_read_length(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_text_printf(out, "%d", source_at(e, off)->length);
	return 0;
}

int nf_source_write_length(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	struct nf_source *s = source_at(e, off);
	int32_t was = s->length;
	int64_t v;
	int rc;

	if (nf_addr_i64(value, &v) != 0 || v > NF_SOURCE_LENGTH_MAX)
		return nf_errors_add(
			errs, NULL, "length is a number up to %d", NF_SOURCE_LENGTH_MAX);
	s->length = v < 0 ? -1 : (int32_t)v;
	rc = source_build(s);
	if (rc == 0)
		return 0;
	s->length = was;
	return source_told(rc, errs);
}
