/* SPDX-License-Identifier: BSD-3-Clause */
/* FlowFilter: the end of flows, and handlers. */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/rewrite/flowfilter.h"

#define FLOWFILTER_SHRINK 65536u /* flows that leave at once when the capacity is lowered */

void nf_flowfilter_end_flow(struct nf_flowfilter *s, uint32_t entry)
{
	nf_flowtable_unlink(&s->flows, entry, 0);
	nf_flowage_remove(&s->age, entry);
	nf_flowtable_put(&s->flows, entry);
}

bool nf_flowfilter_reap(struct nf_flowfilter *s, uint32_t now, uint32_t most)
{
	uint32_t work = most, victim;
	int64_t left;

	while (most-- > 0 && work > 0) {
		victim = nf_flowage_expired(&s->age, now, &work);
		if (victim == NF_FLOWTABLE_NONE && s->flows.nb_entries > s->capacity) {
			victim = nf_flowage_victim(&s->age, now, &left, &work);
			if (victim == NF_FLOWTABLE_NONE)
				victim = nf_flowage_oldest(&s->age, now, &work);
		}
		if (victim == NF_FLOWTABLE_NONE)
			return work == 0;
		nf_flowfilter_end_flow(s, victim);
		s->nb_expired++;
	}
	return true;
}

struct flowfilter_show {
	struct nf_flowfilter *s;
	struct nf_text *out;
	uint32_t now;
};

static const char *flowfilter_phase(const struct nf_flowfilter_flow *f)
{
	static const char *const names[] = { [NF_TCPTRACK_NONE] = "none",
		[NF_TCPTRACK_OPENING] = "opening",
		[NF_TCPTRACK_OPEN] = "open",
		[NF_TCPTRACK_CLOSING] = "closing",
		[NF_TCPTRACK_DONE] = "done" };

	return f->key.proto == NF_IP_TCP ? names[f->tcp.phase] : "-";
}

static void flowfilter_show(void *arg, uint32_t entry)
{
	const struct flowfilter_show *a = arg;
	const struct nf_flowfilter_flow *f = nf_flowfilter_flow(a->s, entry);
	char low[NF_ADDR_IP4_LEN], high[NF_ADDR_IP4_LEN];
	unsigned lport = nf_inet_ntoh16(f->key.low_port), hport = nf_inet_ntoh16(f->key.high_port);
	bool h = f->begun_high;

	if (a->out->full)
		return;
	nf_addr_print_ip4(f->key.low, low);
	nf_addr_print_ip4(f->key.high, high);
	nf_text_printf(a->out, "%u %s %u %s %u %s %s exp%u\n", f->key.proto, h ? high : low,
		h ? hport : lport, h ? low : high, h ? lport : hport,
		f->begun_outside ? "in" : "out", flowfilter_phase(f),
		(nf_flowage_left_ms(&a->s->age, entry, a->now) + 500) / 1000);
}

static int flowfilter_read_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct flowfilter_show a = { e->state, out, nf_rwset_now(e->core) };

	nf_flowtable_each(&a.s->flows, flowfilter_show, &a);
	return 0;
}

static int flowfilter_read_size(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_text_printf(out, "%u", ((const struct nf_flowfilter *)e->state)->flows.nb_entries);
	return 0;
}

static int flowfilter_write_capacity(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_flowfilter *s = e->state;
	uint64_t v;

	if (nf_addr_u64(value, &v) < 0 || v > INT32_MAX)
		return nf_errors_add(errs, NULL, "'%s' is no capacity", value);
	s->capacity = (uint32_t)v;
	if (nf_flowfilter_reap(s, nf_rwset_now(e->core), FLOWFILTER_SHRINK))
		(void)nf_timer_after_ns(&s->reap, 0);
	return 0;
}

static int flowfilter_write_clear(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_flowfilter *s = e->state;

	nf_flowage_clear(&s->age);
	nf_flowtable_clear(&s->flows);
	return 0;
}

const struct nf_handler nf_flowfilter_handlers[] = {
	{ .name = "size", .read = flowfilter_read_size },
	{ .name = "capacity",
		.read = nf_handler_read_u32,
		.write = flowfilter_write_capacity,
		.arg = offsetof(struct nf_flowfilter, capacity) },
	{ .name = "table", .read = flowfilter_read_table, .flags = NF_HANDLER_EXPENSIVE },
	NF_HANDLER_U64("opened", struct nf_flowfilter, nb_opened),
	NF_HANDLER_U64("blocked", struct nf_flowfilter, nb_blocked),
	NF_HANDLER_U64("evicted", struct nf_flowfilter, nb_evicted),
	NF_HANDLER_U64("expired", struct nf_flowfilter, nb_expired),
	NF_HANDLER_U64("refused", struct nf_flowfilter, nb_refused),
	{ .name = "clear", .write = flowfilter_write_clear, .flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};
