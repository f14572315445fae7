/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the elements have in common that make packets: the data that each packet holds (DATA,
 * LENGTH, HEADROOM), how many are made (LIMIT), and what happens at the end (STOP, END_CALL). It is
 * part of an element's state, which starts as zeros. Life: init -> args (configure) -> check
 * (initialize) -> make
 * ... -> free (cleanup).
 */
#ifndef SLUICE_NF_APPS_ELEMENT_BASIC_SOURCE_H
#define SLUICE_NF_APPS_ELEMENT_BASIC_SOURCE_H

#include "nf-apps/click/handler.h"
#include "nf-apps/element/basic/handlercall.h"
#include "nf-apps/element/basic/number.h"

/* The drop reasons of a source: packets that it had no buffer for; it tries again. */
extern const char *const nf_source_drops[];
#define NF_SOURCE_NO_BUFFER 0

#define NF_SOURCE_LENGTH_MAX   65535
#define NF_SOURCE_HEADROOM_MAX 1024

struct nf_source {
	uint8_t *data; /* DATA as given */
	uint32_t data_len;
	int32_t length;  /* LENGTH, -1: as long as DATA */
	uint8_t *packet; /* what a packet holds */
	uint32_t len;
	uint32_t headroom;
	int64_t limit; /* -1: none */
	uint64_t count;
	bool active, stop, timestamp;
	bool ended;  /* STOP or END_CALL has been done */
	bool random; /* packets hold random bytes */
	struct nf_handlercall end_call;
};

/* Defaults. */
void nf_source_init(struct nf_source *s);
/* Each reads arguments of these names; what is positional differs from element to element. */
void nf_source_arg_data(struct nf_source *s, struct nf_args *a); /* DATA, positional */
void nf_source_arg_limit(struct nf_source *s, struct nf_args *a, unsigned how);  /* LIMIT */
void nf_source_arg_active(struct nf_source *s, struct nf_args *a, unsigned how); /* ACTIVE */
/* LENGTH, HEADROOM, STOP, END_CALL, TIMESTAMP; and makes the packet of it all. */
void nf_source_args(struct nf_source *s, struct nf_args *a);
int nf_source_check(struct nf_source *s, struct nf_element *e, struct nf_errors *errs) UK_MUST_USE;
void nf_source_free(struct nf_source *s);

/* How many of n may still be made; 0 also if it is not active. */
UK_INLINE uint16_t nf_source_may(const struct nf_source *s, uint32_t n)
{
	if (!s->active)
		return 0;
	if (n > UK_BURST_MAX)
		n = UK_BURST_MAX;
	if (s->limit < 0)
		return (uint16_t)n;
	if (s->count >= (uint64_t)s->limit)
		return 0;
	return (uint16_t)((uint64_t)s->limit - s->count < n ? (uint64_t)s->limit - s->count : n);
}

/* Makes n <= UK_BURST_MAX packets, as many as there are buffers for, and counts them. */
uint16_t nf_source_make(
	struct nf_source *s, struct nf_element *e, struct uk_netbuf *v[] UK_GIVES, uint16_t n);

UK_INLINE bool nf_source_done(const struct nf_source *s)
{
	return s->active && s->limit >= 0 && s->count >= (uint64_t)s->limit;
}

/* If all have been made: STOP or END_CALL, once. */
void nf_source_end(struct nf_source *s, struct nf_element *e);

/* Keeps the count. */
void nf_source_take_state(struct nf_source *s, const struct nf_source *old);

/* Handler functions; arg: offset of the struct in state. */
int nf_source_read_data(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs);
int nf_source_write_data(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);
int nf_source_write_length(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);
int nf_source_read_length(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs);

#define NF_SOURCE_HANDLERS_DATA(type, field)                                                       \
	{                                                                                          \
		.name = "data", .read = nf_source_read_data, .write = nf_source_write_data,        \
		.arg = offsetof(type, field)                                                       \
	}
#define NF_SOURCE_HANDLERS_LENGTH(type, field)                                                     \
	{                                                                                          \
		.name = "length", .read = nf_source_read_length, .write = nf_source_write_length,  \
		.arg = offsetof(type, field)                                                       \
	}

#endif
