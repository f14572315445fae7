/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CoDel([TARGET, INTERVAL] [, keywords])
 *
 * Controlled Delay (RFC 8289): keeps the time short that packets spend in the queue before it. When
 * it was above TARGET for an INTERVAL, a packet is dropped, and then more and more often, until it
 * is below TARGET again. How long a packet waited is told by its first time stamp annotation, which
 * SetTimestamp(FIRST true) has to set before the queue; a packet without one passes. On a packet
 * that passes the annotation is its waiting time afterwards.
 *
 * Arguments:
 *	TARGET t       default 5 ms; a bare number is milliseconds
 *	INTERVAL t     default 100 ms; a bare number is milliseconds
 *	QUEUES names   the queues before it. Default: the nearest ones upstream
 * Ports: 1 pull input, 1 pull output
 * Handlers: target, interval (rw; also as codel_target, codel_interval), drops, queues, stats (r),
 *	reset_counts (w)
 * Drops: "delay too long"
 * Example: ... -> SetTimestamp(FIRST true) -> Queue(200) -> CoDel(5, 100) -> ToDevice(eth0);
 */
#include <errno.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/element/queue/codellaw.h"
#include "nf-apps/element/queue/fixed.h"
#include "nf-apps/element/queue/storage.h"

#define CODEL_TARGET_NS   5000000
#define CODEL_INTERVAL_NS 100000000
#define CODEL_MS          1000000ull
#define CODEL_TRIES_MAX   64

enum { CODEL_TOO_LONG };
enum { CODEL_TARGET, CODEL_INTERVAL };

struct codel {
	struct nf_codellaw law;
	struct nf_storage queues;
	uint64_t nb_drops, nb_passed;
	uint64_t delay_ns; /* of the newest packet that was judged */
};

/* "5" is milliseconds, as Click's manual has it; "0.5s" and so on are times. */
static int codel_time(const char *text, uint64_t *ns)
{
	uint64_t v;

	if (nf_addr_u64(text, &v) == 0) {
		if (v > NF_CODELLAW_INTERVAL_MAX / CODEL_MS)
			return -ERANGE;
		*ns = v * CODEL_MS;
		return 0;
	}
	if (nf_addr_time_ns(text, &v) < 0)
		return -EINVAL;
	if (v > NF_CODELLAW_INTERVAL_MAX)
		return -ERANGE;
	*ns = v;
	return 0;
}

static void codel_arg(struct nf_args *a, const char *key, uint64_t *ns)
{
	const char *text;

	if (nf_args_raw(a, key, NF_ARGS_POS, &text) && codel_time(text, ns) < 0)
		nf_args_error(a, "%s is a time of at most 100 s, not '%s'", key, text);
}

static int codel_configure(struct nf_element *e, struct nf_args *a)
{
	struct codel *s = e->state;

	s->law.target_ns = CODEL_TARGET_NS;
	s->law.interval_ns = CODEL_INTERVAL_NS;
	codel_arg(a, "TARGET", &s->law.target_ns);
	codel_arg(a, "INTERVAL", &s->law.interval_ns);
	if (nf_storage_names(&s->queues, e, a) < 0) {
		nf_args_free(a);
		return -ENOMEM;
	}
	return nf_args_end(a);
}

static int codel_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct codel *s = e->state;

	return nf_storage_find(&s->queues, e, false, errs);
}

static void codel_cleanup(struct nf_element *e)
{
	struct codel *s = e->state;

	nf_storage_free(&s->queues);
}

static void codel_take_state(struct nf_element *e, struct nf_element *old)
{
	struct codel *s = e->state, *was = old->state;
	uint64_t target = s->law.target_ns, interval = s->law.interval_ns;

	s->law = was->law;
	s->law.target_ns = target;
	s->law.interval_ns = interval;
	s->nb_drops = was->nb_drops;
	s->nb_passed = was->nb_passed;
}

static uint64_t codel_first_time(const struct uk_netbuf *p)
{
	uint64_t ns;

	memcpy(&ns, nf_packet_anno(p)->user + NF_ANNO_FIRST_TIME, sizeof(ns));
	return ns;
}

static void codel_set_first_time(struct uk_netbuf *p, uint64_t ns)
{
	memcpy(nf_packet_anno(p)->user + NF_ANNO_FIRST_TIME, &ns, sizeof(ns));
}

/* `last`: the queue is empty behind it. True: drop it. */
static bool codel_judge(struct codel *s, struct uk_netbuf *p, uint64_t now, bool last)
{
	uint64_t first = codel_first_time(p);

	if (first == 0) {
		nf_codellaw_empty(&s->law);
		return false;
	}
	s->delay_ns = now > first ? now - first : 0;
	codel_set_first_time(p, s->delay_ns);
	return nf_codellaw_packet(&s->law, now, s->delay_ns, last);
}

static uint16_t codel_sift(struct nf_element *e, struct uk_netbuf **v, uint16_t n, uint64_t now)
{
	struct codel *s = e->state;
	uint32_t stored = nf_storage_stored(&s->queues);
	uint16_t alive = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (codel_judge(s, v[i], now, stored == 0 && i + 1 == n)) {
			s->nb_drops++;
			nf_element_drop_one(e, CODEL_TOO_LONG, v[i]);
		} else {
			v[alive++] = v[i];
		}
	}
	s->nb_passed += alive;
	return alive;
}

static uint16_t codel_pull(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct codel *s = e->state;
	uint64_t now = nf_core_wall_ns();
	uint16_t alive = 0;

	for (unsigned i = 0; i < CODEL_TRIES_MAX && alive == 0; i++) {
		uint16_t got = nf_element_fetch(e, 0, v, n);

		if (got == 0) {
			nf_codellaw_empty(&s->law);
			break;
		}
		alive = codel_sift(e, v, got, now);
	}
	return alive;
}

static int codel_read_time(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct codel *s = e->state;

	nf_fixed_print_interval(arg == CODEL_TARGET ? s->law.target_ns : s->law.interval_ns, out);
	return 0;
}

static int codel_write_time(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct codel *s = e->state;

	if (codel_time(value, arg == CODEL_TARGET ? &s->law.target_ns : &s->law.interval_ns) < 0)
		return nf_errors_add(errs, NULL, "'%s' is no time of at most 100 s", value);
	return 0;
}

static int codel_read_queues(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct codel *s = e->state;

	nf_storage_print(&s->queues, out);
	return 0;
}

static int codel_read_stats(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct codel *s = e->state;

	nf_text_printf(out, "%u current queue\n%lu drops\n%lu packets\n",
		nf_storage_stored(&s->queues), s->nb_drops, s->nb_passed);
	nf_fixed_print_interval(s->delay_ns, out);
	nf_text_printf(out, " delay\n%s\n", s->law.dropping ? "dropping" : "not dropping");
	return 0;
}

static int codel_reset_counts(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct codel *s = e->state;

	s->nb_drops = s->nb_passed = 0;
	return 0;
}

#define CODEL_TIME(nm, which)                                                                      \
	{                                                                                          \
		.name = nm, .read = codel_read_time, .write = codel_write_time, .arg = which       \
	}

static const struct nf_handler codel_handlers[] = {
	CODEL_TIME("target", CODEL_TARGET),
	CODEL_TIME("interval", CODEL_INTERVAL),
	CODEL_TIME("codel_target", CODEL_TARGET),
	CODEL_TIME("codel_interval", CODEL_INTERVAL),
	NF_HANDLER_U64("drops", struct codel, nb_drops),
	{ .name = "queues", .read = codel_read_queues },
	{ .name = "stats", .read = codel_read_stats },
	{ .name = "reset_counts", .write = codel_reset_counts, .flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};

const struct nf_class nf_codel = {
	.name = "CoDel",
	.ports = "1/1",
	.processing = "l/l",
	.state_size = sizeof(struct codel),
	.configure = codel_configure,
	.initialize = codel_initialize,
	.cleanup = codel_cleanup,
	.take_state = codel_take_state,
	.pull = codel_pull,
	.handlers = codel_handlers,
	.drops = (const char *const[]){ "delay too long", NULL },
	.flags = NF_CLASS_ANNO,
};
