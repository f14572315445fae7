/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arguments, handlers and the bucket that rate limiters share (RatedUnqueue, RatedSplitter, Shaper
 * and their Bandwidth twins). The state of such an element begins with struct nf_rated, its conf is
 * struct nf_rated_conf.
 *
 * Arguments:
 *	RATE r             packets per second, or a bandwidth ("384kbps"); 0 lets nothing pass
 *	BURST_DURATION t   the bucket holds what comes in t; default 20 ms
 *	BURST_SIZE n       or so many packets (Bandwidth: BURST_BYTES, bytes)
 * Handlers:
 *	rate  rw  RATE; the bucket's size follows if BURST_SIZE was not given
 *	reset w   the bucket is as at the start
 */
#ifndef SLUICE_NF_APPS_ELEMENT_QUEUE_RATED_H
#define SLUICE_NF_APPS_ELEMENT_QUEUE_RATED_H

#include "nf-apps/click/element.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/element/queue/tokenbucket.h"

struct nf_rated_conf {
	uint64_t rate;
	uint64_t burst_ns; /* 0: burst is given */
	uint64_t burst;    /* tokens */
	bool bytes;        /* a token is a byte */
};

struct nf_rated {
	struct nf_tokenbucket tb;
	uint64_t rate; /* as it is now */
	bool slow;     /* starts with one token, not with a full bucket */
};

/* Takes its arguments; the class' own may be taken before. Does not end `a`. */
void nf_rated_configure(struct nf_element *e, struct nf_args *a, bool bytes);
/* Starts the bucket. */
void nf_rated_initialize(struct nf_element *e, bool slow);
/* The bucket's level goes on; the rate is the new configuration's. */
void nf_rated_take_state(struct nf_element *e, struct nf_element *old);

int nf_rated_read_rate(struct nf_element *e, uintptr_t arg, const char *param, struct nf_text *out,
	struct nf_errors *errs);
int nf_rated_write_rate(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);
int nf_rated_reset(struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);

/* A bandwidth for people: "1000bps". */
void nf_rated_print(uint64_t rate, bool bytes, struct nf_text *out);

#define NF_RATED_HANDLERS                                                                          \
	{ .name = "rate", .read = nf_rated_read_rate, .write = nf_rated_write_rate },              \
	{                                                                                          \
		.name = "reset", .write = nf_rated_reset, .flags = NF_HANDLER_BUTTON               \
	}

/* May a packet go now? A bucket of bytes that owes nothing lets any packet pass. */
UK_INLINE bool nf_rated_may(const struct nf_rated *s, bool bytes)
{
	return s->tb.rate > 0 && nf_tokenbucket_has(&s->tb, bytes ? 0 : 1);
}

UK_INLINE void nf_rated_take(struct nf_rated *s, bool bytes, const struct uk_netbuf *p)
{
	nf_tokenbucket_take(&s->tb, bytes ? p->len : 1);
}

/*
 * How many of n packets may be fetched at once, so that each would have been allowed alone: with
 * bytes, all but the last fit whatever their length (below 2^17).
 */
UK_INLINE uint16_t nf_rated_batch(const struct nf_rated *s, bool bytes, uint16_t n)
{
	uint64_t most = nf_tokenbucket_size(&s->tb);

	if (!nf_rated_may(s, bytes))
		return 0;
	if (bytes)
		most = most / (1u << 17) + 1;
	return n < most ? n : (uint16_t)most;
}

/* Up to n packets from input 0 that the bucket allows; they are paid for. The bucket is filled. */
uint16_t nf_rated_fetch(
	struct nf_element *e, bool bytes, struct uk_netbuf *v[] UK_GIVES, uint16_t n);

#endif
