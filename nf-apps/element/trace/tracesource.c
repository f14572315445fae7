/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/router.h"
#include "nf-apps/element/trace/tracesource.h"
#include "plat-kvm/clock.h"

#define SRC_ONE (1u << NF_TRACESOURCE_SAMPLE_SHIFT)

void nf_tracesource_configure(struct nf_tracesource *s, struct nf_args *a)
{
	s->active = true;
	s->sample = SRC_ONE;
	nf_args_bool(a, "STOP", 0, &s->stop);
	nf_args_bool(a, "ACTIVE", 0, &s->active);
	nf_args_bool(a, "TIMING", 0, &s->timing);
	nf_args_fixed(a, "SAMPLE", 0, NF_TRACESOURCE_SAMPLE_SHIFT, &s->sample);
	if (s->sample > SRC_ONE) {
		nf_errors_warn(a->errs, a->where, "SAMPLE probability reduced to 1");
		s->sample = SRC_ONE;
	} else if (s->sample == 0) {
		nf_errors_warn(a->errs, a->where, "SAMPLE probability is 0; emitting no packets");
	}
}

int nf_tracesource_set_name(struct nf_tracesource *s, const char *name)
{
	free(s->name);
	s->name = strdup(name);
	return s->name != NULL ? 0 : -ENOMEM;
}

static bool src_is_push(const struct nf_element *e)
{
	return e->out[0].is_push;
}

/* True: this packet's turn is later; it is held and a timer is set. */
static bool src_too_early(struct nf_element *e, struct uk_netbuf *p)
{
	struct nf_tracesource *s = e->state;
	uint64_t now = uk_clock_ns(), when = nf_packet_anno(p)->time_ns;

	if (!s->timing)
		return false;
	if (!s->has_offset) {
		s->offset_ns = now - when; /* wraps as it should */
		s->has_offset = true;
	}
	when += s->offset_ns;
	if ((int64_t)(when - now) <= 0 || nf_timer_at_ns(&s->timer, when) < 0)
		return false;
	s->held = p;
	return true;
}

static bool src_is_sampled(struct nf_element *e)
{
	struct nf_tracesource *s = e->state;

	return s->sample >= SRC_ONE || (nf_core_random(e->core) & (SRC_ONE - 1)) < s->sample;
}

static uint16_t src_collect(struct nf_element *e, struct uk_netbuf **v, uint16_t n)
{
	struct nf_tracesource *s = e->state;
	uint16_t i = 0;

	while (i < n) {
		struct uk_netbuf *p = s->held;

		s->held = NULL;
		if (p == NULL && !s->over)
			p = s->next(e);
		if (p == NULL || src_too_early(e, p))
			break;
		if (src_is_sampled(e))
			v[i++] = p;
		else
			uk_netbuf_free(p);
		if (s->cut)
			break;
	}
	s->cut = false;
	s->count += i;
	return i;
}

/* All packets are out. */
static void src_end(struct nf_element *e)
{
	struct nf_tracesource *s = e->state;

	if (s->ended)
		return;
	s->ended = true;
	if (s->at_end != NULL)
		s->at_end(e);
	else if (s->stop)
		nf_router_stop_driver(e->router);
}

static bool src_run(struct nf_element *e, void *arg)
{
	struct nf_tracesource *s = e->state;
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t n = 0;

	if (s->active)
		n = src_collect(e, v, e->core->burst);
	nf_element_emit(e, 0, v, n);
	if (n == 0 && s->active && s->over && s->held == NULL)
		src_end(e);
	if (!s->active || s->held != NULL || (s->over && s->ended))
		nf_task_unschedule(&s->task);
	return n > 0 || s->ended;
}

uint16_t nf_tracesource_pull(struct nf_element *e, unsigned port, struct uk_netbuf *v[], uint16_t n)
{
	struct nf_tracesource *s = e->state;

	if (!s->active)
		return 0;
	n = src_collect(e, v, n);
	if (n == 0 && s->over && s->held == NULL)
		src_end(e);
	if (n == 0 && (s->over || s->held != NULL))
		nf_signal_sleep(&s->signal);
	return n;
}

struct nf_signal *nf_tracesource_signal(struct nf_element *e, unsigned port)
{
	struct nf_tracesource *s = e->state;

	return port == 0 ? &s->signal : NULL;
}

static void src_wake(struct nf_element *e)
{
	struct nf_tracesource *s = e->state;

	if (!s->active)
		return;
	if (src_is_push(e))
		nf_task_schedule(&s->task);
	else
		nf_signal_wake(&s->signal);
}

static void src_timer(struct nf_element *e, void *arg)
{
	src_wake(e);
}

void nf_tracesource_set_active(struct nf_element *e, bool active)
{
	struct nf_tracesource *s = e->state;

	s->active = active;
	if (active)
		src_wake(e);
	else
		nf_signal_sleep(&s->signal);
}

void nf_tracesource_start(struct nf_element *e, struct uk_netbuf *(*next)(struct nf_element *e))
{
	struct nf_tracesource *s = e->state;

	s->next = next;
	nf_task_init(&s->task, e, src_run, NULL);
	nf_timer_init(&s->timer, e, src_timer, NULL);
	src_wake(e);
}

void nf_tracesource_cleanup(struct nf_element *e)
{
	struct nf_tracesource *s = e->state;

	if (s->held != NULL)
		uk_netbuf_free(s->held);
	if (s->next != NULL) {
		nf_timer_cancel(&s->timer);
		nf_task_unschedule(&s->task);
	}
	nf_input_close(&s->in);
	free(s->name);
	s->held = NULL;
	s->name = NULL;
}

/* A fraction of 2^28 in decimal, without needless zeros. */
static void src_print_sample(uint32_t v, struct nf_text *out)
{
	uint64_t frac = v & (SRC_ONE - 1);
	unsigned digits = 0;

	nf_text_printf(out, "%u", v >> NF_TRACESOURCE_SAMPLE_SHIFT);
	for (; frac != 0 && digits < 9; digits++) {
		frac *= 10;
		nf_text_printf(out, "%s%u", digits == 0 ? "." : "",
			(unsigned)(frac >> NF_TRACESOURCE_SAMPLE_SHIFT));
		frac &= SRC_ONE - 1;
	}
}

int nf_tracesource_read(struct nf_element *e, uintptr_t arg, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	struct nf_tracesource *s = e->state;
	uint64_t size = s->in.f != NULL ? nf_file_size(s->in.f) : 0;

	if (arg == NF_TRACESOURCE_SAMPLE)
		src_print_sample(s->sample, out);
	else if (arg == NF_TRACESOURCE_ACTIVE)
		nf_text_printf(out, "%s", s->active ? "true" : "false");
	else if (arg == NF_TRACESOURCE_FILENAME)
		nf_text_printf(out, "%s", s->name != NULL ? s->name : "");
	else if (arg == NF_TRACESOURCE_FILEPOS)
		nf_text_printf(out, "%llu", (unsigned long long)s->in.pos);
	else if (size == 0)
		nf_text_printf(out, "-");
	else
		nf_text_printf(out, "%llu", (unsigned long long)size);
	return 0;
}

int nf_tracesource_write(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_tracesource *s = e->state;
	bool active;

	if (arg == NF_TRACESOURCE_RESET) {
		s->count = 0;
	} else if (arg == NF_TRACESOURCE_RESET_TIMING) {
		s->has_offset = false;
	} else if (arg == NF_TRACESOURCE_STOP) {
		nf_tracesource_set_active(e, false);
		nf_router_stop_driver(e->router);
	} else if (nf_addr_bool(value, &active) < 0) {
		return nf_errors_add(errs, NULL, "type mismatch");
	} else {
		nf_tracesource_set_active(e, active);
	}
	return 0;
}
