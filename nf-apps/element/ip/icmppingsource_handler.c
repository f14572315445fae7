/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/icmppingsource.h"
#include "nf-apps/element/ip/ipfield.h"

enum { ICMPPINGSOURCE_MIN, ICMPPINGSOURCE_AVG, ICMPPINGSOURCE_MAX };

static int icmppingsource_write_active(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	struct icmppingsource_state *s = e->state;
	int rc = nf_handler_write_bool(e, off, value, errs);

	if (rc < 0)
		return rc;
	if (s->active)
		nf_icmppingsource_start(e, 0);
	else
		nf_timer_cancel(&s->timer);
	return 0;
}

static int icmppingsource_write_limit(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct icmppingsource_state *s = e->state;
	int64_t v;

	if (nf_addr_i64(value, &v) < 0 || v > INT32_MAX || v < INT32_MIN)
		return nf_errors_add(errs, NULL, "limit: '%s' is not an integer", value);
	s->limit = (int32_t)v;
	nf_icmppingsource_start(e, s->interval_ns);
	return 0;
}

static int icmppingsource_write_interval(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct icmppingsource_state *s = e->state;

	if (nf_addr_time_ns(value, &s->interval_ns) < 0)
		return nf_errors_add(errs, NULL, "interval: '%s' is not a time", value);
	return 0;
}

static int icmppingsource_write_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct icmppingsource_state *s = e->state;

	s->count = 0;
	if (s->replies != NULL)
		memset(s->replies, 0, sizeof(*s->replies));
	nf_icmppingsource_start(e, s->interval_ns);
	return 0;
}

static int icmppingsource_no_input(const struct nf_element *e, struct nf_errors *errs)
{
	return nf_errors_add(errs, e->where, "%s has no input for replies", e->name);
}

static int icmppingsource_read_summary(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct icmppingsource_state *s = e->state;

	if (s->replies == NULL)
		return icmppingsource_no_input(e, errs);
	nf_pingstat_print(s->replies, s->count, out);
	return 0;
}

static int icmppingsource_read_rtt(struct nf_element *e, uintptr_t which, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct icmppingsource_state *s = e->state;

	if (s->replies == NULL)
		return icmppingsource_no_input(e, errs);
	nf_pingstat_print_us(which == ICMPPINGSOURCE_MIN   ? s->replies->min_us
			     : which == ICMPPINGSOURCE_AVG ? nf_pingstat_avg_us(s->replies)
							   : s->replies->max_us,
		out);
	return 0;
}

const struct nf_handler nf_icmppingsource_handlers[] = {
	{ .name = "active",
		.read = nf_handler_read_bool,
		.write = icmppingsource_write_active,
		.arg = offsetof(struct icmppingsource_state, active) },
	NF_IPFIELD_IP4("src", struct icmppingsource_state, src),
	NF_IPFIELD_IP4("dst", struct icmppingsource_state, dst),
	NF_HANDLER_U64("count", struct icmppingsource_state, count),
	{ .name = "limit", .write = icmppingsource_write_limit },
	{ .name = "interval", .write = icmppingsource_write_interval },
	{ .name = "reset_counts", .write = icmppingsource_write_reset, .flags = NF_HANDLER_BUTTON },
	{ .name = "summary", .read = icmppingsource_read_summary },
	{ .name = "rtt_min", .read = icmppingsource_read_rtt, .arg = ICMPPINGSOURCE_MIN },
	{ .name = "rtt_avg", .read = icmppingsource_read_rtt, .arg = ICMPPINGSOURCE_AVG },
	{ .name = "rtt_max", .read = icmppingsource_read_rtt, .arg = ICMPPINGSOURCE_MAX },
	{ .name = NULL },
};
