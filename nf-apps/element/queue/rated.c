/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include "nf-apps/element/queue/rated.h"

#define RATED_BURST_NS 20000000

static void rated_args(struct nf_args *a, bool bytes, uint64_t *rate)
{
	if (bytes)
		nf_args_bandwidth(a, "RATE", NF_ARGS_POS | NF_ARGS_MUST, rate);
	else
		nf_args_u64(a, "RATE", NF_ARGS_POS | NF_ARGS_MUST, rate);
	if (*rate > NF_TOKENBUCKET_RATE_MAX)
		nf_args_error(a, "RATE is too large");
}

void nf_rated_configure(struct nf_element *e, struct nf_args *a, bool bytes)
{
	struct nf_rated_conf *c = e->conf;
	const char *key = bytes ? "BURST_BYTES" : "BURST_SIZE";
	bool time, size;

	*c = (struct nf_rated_conf){ .burst_ns = RATED_BURST_NS, .bytes = bytes };
	rated_args(a, bytes, &c->rate);
	time = nf_args_time_ns(a, "BURST_DURATION", 0, &c->burst_ns);
	size = nf_args_u64(a, key, 0, &c->burst);
	if (time && size)
		nf_args_error(a, "BURST_DURATION and %s exclude each other", key);
	if (size)
		c->burst_ns = 0;
	if (c->burst > NF_TOKENBUCKET_CAPACITY_MAX)
		nf_args_error(a, "%s is at most %llu", key, NF_TOKENBUCKET_CAPACITY_MAX);
}

/* rate * ns / 10^9 tokens, as far as a bucket can hold them. */
static uint64_t rated_burst(uint64_t rate, uint64_t ns)
{
	unsigned __int128 burst = (unsigned __int128)rate * ns / 1000000000;

	return burst < NF_TOKENBUCKET_CAPACITY_MAX ? (uint64_t)burst : NF_TOKENBUCKET_CAPACITY_MAX;
}

static void rated_set(const struct nf_element *e, uint64_t rate)
{
	const struct nf_rated_conf *c = e->conf;
	struct nf_rated *s = e->state;
	uint64_t burst = c->burst_ns > 0 ? rated_burst(rate, c->burst_ns) : c->burst;

	if (burst == 0 && !c->bytes)
		burst = 1;
	s->rate = rate;
	nf_tokenbucket_set(&s->tb, rate, burst);
}

static void rated_start(const struct nf_element *e)
{
	struct nf_rated *s = e->state;

	nf_tokenbucket_level(&s->tb, s->slow ? 1 : UINT64_MAX, nf_core_now_ns(e->core));
}

void nf_rated_initialize(struct nf_element *e, bool slow)
{
	const struct nf_rated_conf *c = e->conf;
	struct nf_rated *s = e->state;

	s->slow = slow;
	rated_set(e, c->rate);
	rated_start(e);
}

void nf_rated_take_state(struct nf_element *e, struct nf_element *old)
{
	struct nf_rated *s = e->state, *was = old->state;

	s->tb.level = was->tb.level < s->tb.full ? was->tb.level : s->tb.full;
	s->tb.at_ns = was->tb.at_ns;
}

void nf_rated_print(uint64_t rate, bool bytes, struct nf_text *out)
{
	if (!bytes)
		nf_text_printf(out, "%llu", (unsigned long long)rate);
	else if (rate >= 125000 && rate % 125 == 0)
		nf_text_printf(out, "%llukbps", (unsigned long long)rate / 125);
	else
		nf_text_printf(out, "%llubps", (unsigned long long)rate * 8);
}

int nf_rated_read_rate(struct nf_element *e, uintptr_t arg, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	const struct nf_rated_conf *c = e->conf;
	const struct nf_rated *s = e->state;

	nf_rated_print(s->rate, c->bytes, out);
	return 0;
}

int nf_rated_write_rate(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	const struct nf_rated_conf *c = e->conf;
	struct nf_rated *s = e->state;
	uint64_t rate = 0;
	struct nf_args a;
	int rc = nf_args_init(&a, value, e, NULL, errs);

	if (rc < 0)
		return rc;
	rated_args(&a, c->bytes, &rate);
	rc = nf_args_end(&a);
	if (rc < 0)
		return rc;
	nf_tokenbucket_fill(&s->tb, nf_core_now_ns(e->core));
	rated_set(e, rate);
	return 0;
}

int nf_rated_reset(struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	rated_start(e);
	return 0;
}

uint16_t nf_rated_fetch(struct nf_element *e, bool bytes, struct uk_netbuf *v[], uint16_t n)
{
	struct nf_rated *s = e->state;
	uint16_t got = 0;

	while (got < n) {
		uint16_t want = nf_rated_batch(s, bytes, (uint16_t)(n - got));
		uint16_t more = want > 0 ? nf_element_fetch(e, 0, v + got, want) : 0;

		for (uint16_t i = 0; i < more; i++)
			nf_rated_take(s, bytes, v[got + i]);
		got = (uint16_t)(got + more);
		if (more == 0 || more < want)
			break;
	}
	return got;
}
