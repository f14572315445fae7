/* SPDX-License-Identifier: BSD-3-Clause */
/* Handlers of rewriters. */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/element/rewrite/rwbase.h"

#define RWSHOW_SHRINK 65536u /* flows that leave at once when the capacity is lowered */

int nf_rwbase_read_nmappings(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_rwbase *rw = e->state;
	uint32_t nb = 0;

	for (unsigned i = 0; i < rw->nb_inputs; i++)
		nb += rw->input[i].nb_flows;
	nf_text_printf(out, "%u", nb);
	return 0;
}

int nf_rwbase_read_failures(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_rwbase *rw = e->state;
	uint64_t nb = 0;

	for (unsigned i = 0; i < rw->nb_inputs; i++)
		nb += rw->input[i].nb_failures;
	nf_text_printf(out, "%lu", nb);
	return 0;
}

int nf_rwbase_read_set(struct nf_element *e, uintptr_t arg, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	const struct nf_rwset *s = ((const struct nf_rwbase *)e->state)->set;
	const uint64_t v[] = { [NF_RWBASE_SIZE] = s->flows.nb_entries,
		[NF_RWBASE_CAPACITY] = s->capacity,
		[NF_RWBASE_EVICTED] = s->nb_evicted,
		[NF_RWBASE_REFUSED] = s->nb_refused,
		[NF_RWBASE_EXPIRED] = s->nb_expired,
		[NF_RWBASE_BINDINGS] = s->binds.nb_entries };

	nf_text_printf(out, "%lu", v[arg]);
	return 0;
}

static void rwshow_pattern(const struct nf_rwinput *in, struct nf_text *t)
{
	static const char *const kinds[] = { [NF_RWBASE_DROP] = "<drop>",
		[NF_RWBASE_PASS] = "<nochange>",
		[NF_RWBASE_KEEP] = "<keep>",
		[NF_RWBASE_MAPPER] = "<mapper>" };

	if (in->kind == NF_RWBASE_PATTERN)
		nf_rwpattern_print(in->pattern, t);
	else
		nf_text_printf(t, "%s", kinds[in->kind]);
	if (in->nb_flows > 0)
		nf_text_printf(t, " [%u]", in->nb_flows);
}

int nf_rwbase_read_pattern(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_rwbase *rw = e->state;

	if (arg != NF_RWBASE_ALL && arg >= rw->nb_inputs)
		return nf_errors_add(errs, NULL, "'%s' has no input %lu", e->name, arg);
	for (unsigned i = 0; i < rw->nb_inputs; i++) {
		if (arg != NF_RWBASE_ALL && arg != i)
			continue;
		rwshow_pattern(&rw->input[i], out);
		nf_text_printf(out, "\n");
	}
	return 0;
}

struct rwshow_input {
	struct nf_rwbase *rw;
	uint16_t input;
};

static void rwshow_end_flow(void *arg, uint32_t entry)
{
	const struct rwshow_input *i = arg;
	const struct nf_rwflow *f = nf_rwset_flow(i->rw->set, entry);

	if (f->key[0].owner == i->rw->owner && f->input == i->input)
		nf_rwset_destroy(i->rw->set, entry);
}

int nf_rwbase_write_pattern(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_rwbase *rw = e->state;
	struct rwshow_input i = { rw, (uint16_t)arg };
	struct nf_text why = { 0 };
	struct nf_rwinput new;

	if (arg >= rw->nb_inputs)
		return nf_errors_add(errs, NULL, "'%s' has no input %lu", e->name, arg);
	if (nf_rwbase_spec(rw, value, &new, &why) == 0) {
		const char *unfit = nf_rwbase_unfit(rw, &new);

		if (unfit != NULL) {
			nf_text_printf(&why, "%s", unfit);
			nf_rwbase_spec_free(&new);
		}
	}
	if (why.len > 0) {
		nf_errors_add(errs, NULL, "input spec %lu: %s", arg, nf_text_get(&why));
		nf_text_free(&why);
		return -EINVAL;
	}
	nf_flowtable_each(&rw->set->flows, rwshow_end_flow, &i);
	new.nb_failures = rw->input[arg].nb_failures;
	nf_rwbase_spec_free(&rw->input[arg]);
	rw->input[arg] = new;
	return 0;
}

int nf_rwbase_write_capacity(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_rwbase *rw = e->state;
	uint64_t v;

	if (nf_addr_u64(value, &v) < 0 || v > INT32_MAX)
		return nf_errors_add(errs, NULL, "'%s' is no capacity", value);
	rw->set->capacity = (uint32_t)v;
	/* what is left after this goes in batches, see the timer */
	if (nf_rwset_reap(rw->set, nf_rwset_now(e->core), RWSHOW_SHRINK))
		(void)nf_timer_after_ns(&rw->reap, 0);
	return 0;
}

int nf_rwbase_write_clear(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	nf_rwset_clear(((struct nf_rwbase *)e->state)->set);
	return 0;
}

static void rwshow_addr_port(nf_be32 addr, nf_be16 port, const char *end, struct nf_text *t)
{
	char a[NF_ADDR_IP4_LEN];

	nf_text_printf(t, "%s, %u%s", nf_addr_print_ip4(addr, a), nf_inet_ntoh16(port), end);
}

void nf_rwbase_print_ports(const struct nf_rwflow *f, unsigned dir, struct nf_text *t)
{
	const struct nf_rwkey *k = &f->key[dir], *other = &f->key[!dir];

	nf_text_printf(t, "(");
	rwshow_addr_port(k->src, k->sport, ", ", t);
	rwshow_addr_port(k->dst, k->dport, ") => (", t);
	rwshow_addr_port(other->dst, other->dport, ", ", t);
	rwshow_addr_port(other->src, other->sport, ")", t);
}

/* Seconds until the guarantee ends, or the flow. */
static uint32_t rwshow_left_s(const struct nf_rwset *s, const struct nf_rwflow *f, uint32_t now)
{
	const struct nf_flowage_class *c = &s->age.classes[f->age.class_nr];
	uint32_t idle = now - f->age.last;
	uint32_t until = idle < c->guarantee_ms ? c->guarantee_ms : c->timeout_ms;

	return idle < until ? (until - idle + 500) / 1000 : 0;
}

struct rwshow {
	struct nf_rwbase *rw;
	struct nf_text *out;
	uint32_t now;
	uint8_t proto;
};

static void rwshow_flow(void *arg, uint32_t entry)
{
	const struct rwshow *s = arg;
	struct nf_rwflow *f = nf_rwset_flow(s->rw->set, entry);
	bool loop = nf_flowtable_same(&f->key[0], &f->key[1], sizeof(f->key[0]));
	int32_t delta;

	if (f->key[0].owner != s->rw->owner || (s->proto != 0 && f->key[0].proto != s->proto) ||
		s->out->full)
		return;
	for (unsigned dir = loop; dir < 2; dir++) {
		s->rw->ops->print(f, dir, s->out);
		delta = f->seq ? nf_rwseq_delta(nf_rwset_seq(s->rw->set, f), dir) : 0;
		if (delta != 0)
			nf_text_printf(s->out, " seq %+d", delta);
		nf_text_printf(s->out, " [%s%u %s%u] i%u exp%u\n", dir ? "" : "*", f->out[0],
			dir ? "*" : "", f->out[1], f->input, rwshow_left_s(s->rw->set, f, s->now));
	}
}

int nf_rwbase_read_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct rwshow s = { e->state, out, nf_rwset_now(e->core), (uint8_t)arg };

	nf_flowtable_each(&s.rw->set->flows, rwshow_flow, &s);
	return 0;
}

static bool rwshow_parse(const struct nf_element *e, const char *text, struct nf_rwkey *k)
{
	char *w[5], *copy = NULL;
	int nb = nf_args_words(text, w, UK_ARRAY_SIZE(w), &copy);
	uint16_t sport, dport;
	bool ok;

	ok = nb == 4 && nf_args_info_ip4(e, w[0], &k->src) == 0 &&
	     nf_args_info_port(e, w[1], k->proto, &sport) == 0 &&
	     nf_args_info_ip4(e, w[2], &k->dst) == 0 &&
	     nf_args_info_port(e, w[3], k->proto, &dport) == 0;
	if (ok) {
		k->sport = nf_inet_hton16(sport);
		k->dport = nf_inet_hton16(dport);
	}
	if (nb >= 0)
		free(copy);
	return ok;
}

int nf_rwbase_read_lookup(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_rwbase *rw = e->state;
	struct nf_rwkey k = { .proto = (uint8_t)arg };
	char src[NF_ADDR_IP4_LEN], dst[NF_ADDR_IP4_LEN];
	const struct nf_rwkey *other;
	uint32_t ref;

	if (!rwshow_parse(e, param, &k))
		return nf_errors_add(errs, NULL, "expected 'SADDR SPORT DADDR DPORT'");
	ref = rw->ops->find(rw, &k);
	if (ref == NF_FLOWTABLE_NONE)
		return 0;
	other = &nf_rwset_flow(rw->set, ref >> 1)->key[!(ref & 1)];
	nf_text_printf(out, "%s %u %s %u", nf_addr_print_ip4(other->dst, src),
		nf_inet_ntoh16(other->dport), nf_addr_print_ip4(other->src, dst),
		nf_inet_ntoh16(other->sport));
	return 0;
}

static void rwshow_binding(void *arg, uint32_t bind)
{
	const struct rwshow *s = arg;
	const struct nf_rwbind *b = nf_rwset_binding(s->rw->set, bind);

	if (b->key[0].owner != s->rw->owner || s->out->full)
		return;
	nf_text_printf(s->out, "%u (", b->key[0].proto);
	rwshow_addr_port(b->key[0].src, b->key[0].sport, ") => (", s->out);
	rwshow_addr_port(b->key[1].dst, b->key[1].dport, ")", s->out);
	nf_text_printf(s->out, " i%u flows %u\n", b->input, b->nb_flows);
}

int nf_rwbase_read_bindings(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct rwshow s = { e->state, out, nf_rwset_now(e->core), 0 };

	if (s.rw->set->binds.key_bytes != 0)
		nf_flowtable_each(&s.rw->set->binds, rwshow_binding, &s);
	return 0;
}
