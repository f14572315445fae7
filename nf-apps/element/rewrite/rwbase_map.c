/* SPDX-License-Identifier: BSD-3-Clause */
/* New mappings. */
#include "nf-apps/element/rewrite/rwbase.h"

static struct nf_rwpattern_how rwmap_how(struct nf_rwbase *rw, bool endpoint)
{
	return (struct nf_rwpattern_how){
		.set = rw->set, .core = rw->e->core, .endpoint = endpoint, .parity = rw->parity
	};
}

static int rwmap_ask(struct nf_rwbase *rw, const struct nf_rwinput *in, bool endpoint,
	struct nf_rwflow *f, struct nf_rwkey *out)
{
	struct nf_rwpattern_how how = rwmap_how(rw, endpoint);

	if (in->kind == NF_RWBASE_PATTERN)
		return nf_rwpattern_apply(in->pattern, &how, &f->key[0], out);
	return nf_rwmapper_of(in->mapper)->ops->map(in->mapper, &how, &f->key[0], out, f->out);
}

static struct nf_rwkey rwmap_inner(const struct nf_rwkey *k)
{
	return (struct nf_rwkey){
		.src = k->src, .sport = k->sport, .proto = k->proto, .owner = k->owner
	};
}

/* The inner endpoint has an outer one already: a pattern still sets the destination. */
static void rwmap_again(const struct nf_rwinput *in, const struct nf_rwbind *b, struct nf_rwflow *f,
	struct nf_rwkey *out)
{
	*out = f->key[0];
	out->src = b->key[1].dst;
	out->sport = b->key[1].dport;
	if (in->pattern != NULL && in->pattern->dst != 0)
		out->dst = in->pattern->dst;
	if (in->pattern != NULL && in->pattern->dport != 0)
		out->dport = in->pattern->dport;
	if (out->proto == NF_IP_ICMP)
		out->dport = nf_inet_hton16((uint16_t)(nf_inet_ntoh16(out->sport) + 1));
	f->out[0] = b->out[0];
	f->out[1] = b->out[1];
}

/* A pattern or mapper is asked, and a binding made of the answer. */
static int rwmap_bind(struct nf_rwbase *rw, const struct nf_rwinput *in, struct nf_rwflow *f,
	struct nf_rwkey *out)
{
	struct nf_rwbind b = { .key[0] = rwmap_inner(&f->key[0]), .input = f->input };
	int rc = rwmap_ask(rw, in, true, f, out);
	uint32_t bind;

	if (rc != NF_RWPATTERN_MAPPED)
		return rc;
	b.key[1] = nf_rwpattern_outer(out);
	memcpy(b.out, f->out, sizeof(b.out));
	bind = nf_rwset_bind(rw->set, &b);
	if (bind == NF_FLOWTABLE_NONE) {
		nf_rwbase_bind_gone(rw, &b);
		return NF_RWPATTERN_DROP;
	}
	f->bind = bind + 1;
	return rc;
}

/* What the flow becomes, where each inner endpoint has one outer one for all destinations. */
static int rwmap_endpoint(struct nf_rwbase *rw, const struct nf_rwinput *in, struct nf_rwflow *f,
	struct nf_rwkey *out)
{
	struct nf_rwkey inner = rwmap_inner(&f->key[0]);
	uint32_t ref = nf_flowtable_find(&rw->set->binds, &inner);
	int rc = NF_RWPATTERN_MAPPED;

	if (ref == NF_FLOWTABLE_NONE) {
		rc = rwmap_bind(rw, in, f, out);
	} else {
		f->bind = (ref >> 1) + 1;
		rwmap_again(in, nf_rwset_binding(rw->set, ref >> 1), f, out);
	}
	if (f->bind != 0)
		nf_rwset_binding(rw->set, f->bind - 1)->nb_flows++;
	return rc;
}

static struct nf_rwbind *rwmap_outer(
	const struct nf_rwbase *rw, const struct nf_rwkey *k, uint32_t *bind)
{
	struct nf_rwkey outer = {
		.dst = k->dst, .dport = k->dport, .proto = k->proto, .owner = k->owner
	};
	uint32_t ref = nf_flowtable_find(&rw->set->binds, &outer);

	*bind = (ref >> 1) + 1;
	return ref == NF_FLOWTABLE_NONE ? NULL : nf_rwset_binding(rw->set, ref >> 1);
}

/* To an outer endpoint of another inner host: straight back inside, with the outer source (RFC
 * 4787, REQ-9). */
static int rwmap_hairpin(struct nf_rwbase *rw, struct nf_rwflow *f, struct nf_rwkey *out)
{
	uint32_t bind;
	const struct nf_rwbind *to = rwmap_outer(rw, out, &bind);

	if (to != NULL) {
		out->dst = to->key[0].src;
		out->dport = to->key[0].sport;
		f->out[0] = f->out[1];
	} else if (out->dst == out->src) { /* ours, and nobody's port */
		nf_rwset_unbind(rw->set, f->bind - 1);
		return NF_RWPATTERN_DROP;
	}
	return NF_RWPATTERN_MAPPED;
}

static int rwmap_class(const struct nf_rwbase *rw, uint8_t proto)
{
	return rw->first_class + rw->ops->first_class(proto);
}

/* The mapper that gave this binding, if it counts flows. */
static struct nf_element *rwmap_counter(const struct nf_rwbase *rw, const struct nf_rwbind *b)
{
	struct nf_element *m = b->input < rw->nb_inputs ? rw->input[b->input].mapper : NULL;

	return m != NULL && nf_rwmapper_of(m)->ops->session != NULL ? m : NULL;
}

static bool rwmap_session(const struct nf_rwbase *rw, uint32_t bind, bool begins)
{
	const struct nf_rwbind *b = bind != 0 ? nf_rwset_binding(rw->set, bind - 1) : NULL;
	struct nf_element *m = b != NULL ? rwmap_counter(rw, b) : NULL;

	return m == NULL || nf_rwmapper_of(m)->ops->session(m, &b->key[1], begins);
}

/* Enters the flow and counts it. On failure its binding is given back. */
static int rwmap_enter(struct nf_rwbase *rw, struct nf_rwflow *f, uint32_t *ref, unsigned dir)
{
	uint32_t now = nf_rwset_now(rw->e->core), entry = NF_FLOWTABLE_NONE;
	bool may = rwmap_session(rw, f->bind, true);

	f->age.last = now;
	if (may)
		entry = nf_rwset_add(rw->set, f, (unsigned)rwmap_class(rw, f->key[0].proto), now);
	if (entry == NF_FLOWTABLE_NONE) {
		if (may)
			(void)rwmap_session(rw, f->bind, false);
		if (f->bind != 0)
			nf_rwset_unbind(rw->set, f->bind - 1);
		return may ? NF_DROP(NF_RWBASE_FULL) : NF_DROP(NF_RWBASE_LIMIT);
	}
	if (f->input < rw->nb_inputs)
		rw->input[f->input].nb_flows++;
	*ref = NF_FLOWTABLE_REF(entry, dir);
	return NF_KEPT;
}

/* A packet from outside to an outer endpoint, from someone new (RFC 4787, 5: endpoint-independent
 * filtering). Its flow is as if the inner side had begun it. */
static bool rwmap_inbound(struct nf_rwbase *rw, const struct nf_rwkey *k, struct nf_rwflow *f)
{
	uint32_t bind;
	struct nf_rwbind *b = rwmap_outer(rw, k, &bind);

	if (b == NULL)
		return false;
	*f = (struct nf_rwflow){ .key[1] = *k, .input = b->input, .bind = bind };
	f->key[0] = (struct nf_rwkey){ .src = b->key[0].src,
		.dst = k->src,
		.sport = b->key[0].sport,
		.dport = k->sport,
		.proto = k->proto,
		.owner = k->owner };
	memcpy(f->out, b->out, sizeof(f->out));
	if (nf_flowtable_find(&rw->set->flows, &f->key[0]) != NF_FLOWTABLE_NONE)
		return false;
	b->nb_flows++;
	return true;
}

static int rwmap_choose(struct nf_rwbase *rw, const struct nf_rwinput *in, struct nf_rwflow *f,
	struct nf_rwkey *out)
{
	int rc;

	if (in->kind == NF_RWBASE_KEEP) {
		*out = f->key[0];
		return NF_RWPATTERN_MAPPED;
	}
	if (!rw->endpoint)
		return rwmap_ask(rw, in, false, f, out);
	rc = rwmap_endpoint(rw, in, f, out);
	return rc == NF_RWPATTERN_MAPPED && rw->hairpin ? rwmap_hairpin(rw, f, out) : rc;
}

/* With bindings, a port belongs to one inner endpoint: no other flow is pushed out. */
static bool rwmap_taken(const struct nf_rwbase *rw, const struct nf_rwflow *f)
{
	return f->bind != 0 && nf_flowtable_find(&rw->set->flows, &f->key[1]) != NF_FLOWTABLE_NONE;
}

int nf_rwbase_map(struct nf_rwbase *rw, unsigned port, const struct nf_rwkey *key, uint8_t anno,
	uint32_t *ref)
{
	struct nf_rwinput *in = &rw->input[port];
	struct nf_rwflow f = { .key[0] = *key, .input = (uint16_t)port };
	struct nf_rwkey out;
	int rc;

	memcpy(f.out, in->out, sizeof(f.out));
	if (rw->inbound && in->kind <= NF_RWBASE_PASS && rwmap_inbound(rw, key, &f))
		return rwmap_enter(rw, &f, ref, 1);
	if (in->kind == NF_RWBASE_PASS)
		return in->out[0];
	if (in->kind == NF_RWBASE_DROP)
		return NF_DROP(NF_RWBASE_NO_MAPPING);
	rc = rwmap_choose(rw, in, &f, &out);
	if (rc >= 0)
		return rc;
	if (rc == NF_RWPATTERN_MAPPED) {
		f.key[1] = nf_rwset_reply(&out);
		f.age.user[NF_RWFLOW_ANNO] = anno;
		if (rwmap_taken(rw, &f)) {
			nf_rwset_unbind(rw->set, f.bind - 1);
			rc = NF_DROP(NF_RWBASE_NO_PORT);
		} else {
			rc = rwmap_enter(rw, &f, ref, 0);
		}
	} else {
		rc = NF_DROP(NF_RWBASE_NO_PORT);
	}
	if (rc != NF_KEPT)
		in->nb_failures++;
	return rc;
}

uint32_t nf_rwbase_flow(struct nf_rwbase *rw, const struct nf_rwkey *k, int input)
{
	struct nf_rwkey key = *k;
	uint32_t ref = rw->ops->find(rw, k);

	key.owner = rw->owner;
	if (ref == NF_FLOWTABLE_NONE && input >= 0 && input < rw->nb_inputs &&
		rw->ops->first_class(k->proto) >= 0)
		(void)nf_rwbase_map(rw, (unsigned)input, &key, 0, &ref);
	return ref;
}

void nf_rwbase_flow_gone(struct nf_rwbase *rw, const struct nf_rwflow *f)
{
	if (f->input < rw->nb_inputs && rw->input[f->input].nb_flows > 0)
		rw->input[f->input].nb_flows--;
	(void)rwmap_session(rw, f->bind, false);
}

void nf_rwbase_bind_gone(struct nf_rwbase *rw, const struct nf_rwbind *b)
{
	struct nf_element *m = b->input < rw->nb_inputs ? rw->input[b->input].mapper : NULL;

	if (m != NULL && nf_rwmapper_of(m)->ops->release != NULL)
		nf_rwmapper_of(m)->ops->release(m, &b->key[1]);
}

/* Each binding is told on its own, so that a mapper keeps what other rewriters have from it. */
static void rwmap_release(void *arg, uint32_t bind)
{
	struct nf_rwbase *rw = arg;
	const struct nf_rwbind *b = nf_rwset_binding(rw->set, bind);

	if (b->key[0].owner != rw->owner)
		return;
	for (uint32_t i = 0; i < b->nb_flows; i++)
		(void)rwmap_session(rw, bind + 1, false);
	nf_rwbase_bind_gone(rw, b);
}

void nf_rwbase_cleared(struct nf_rwbase *rw)
{
	for (unsigned i = 0; i < rw->nb_inputs; i++)
		rw->input[i].nb_flows = 0;
	if (rw->set->binds.key_bytes != 0)
		nf_flowtable_each(&rw->set->binds, rwmap_release, rw);
}
