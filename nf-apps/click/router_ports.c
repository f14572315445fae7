/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/router_ports.h"

/* Calls over one cycle of the graph in each other; Click's own limit is the stack. */
#define LOOP_DEPTH_MAX 16

static const char *ports_side(const char *code, unsigned side)
{
	const char *slash = strchr(code, '/');

	return side == 1 && slash != NULL ? slash + 1 : code;
}

struct nf_router_ports_range nf_router_ports_range(const char *code, unsigned side)
{
	struct nf_router_ports_range g = { 0, NF_CONFIG_PORTS_MAX, false, 0 };
	const char *s = ports_side(code, side);
	char *end = NULL;

	if (*s == '=') {
		g.same = true;
		g.more = (unsigned)strspn(s + 1, "+");
		return g;
	}
	if (*s != '-') {
		g.lo = g.hi = (unsigned)strtoul(s, &end, 10);
		s = end;
	}
	if (*s != '-')
		return g;
	g.hi = s[1] >= '0' && s[1] <= '9' ? (unsigned)strtoul(s + 1, NULL, 10)
					  : NF_CONFIG_PORTS_MAX;
	return g;
}

/* The letter for one port of a processing code: the last one goes for all that follow. */
static char ports_kind(const char *code, unsigned side, unsigned port)
{
	const char *s = ports_side(code, side);

	while (port-- > 0 && s[1] != '\0' && s[1] != '/')
		s++;
	return *s;
}

/* A flow code's piece for one port: a letter, or letters in brackets. Returns its start; *len. */
static const char *ports_flow_piece(const char *s, unsigned port, size_t *len)
{
	for (;;) {
		size_t n = 1;

		if (*s == '[')
			n = strcspn(s, "]") + 1;
		if (port == 0 || s[n] == '\0' || s[n] == '/') {
			*len = n;
			return s;
		}
		port--;
		s += n;
	}
}

/* `c` is "#": the port's own number, which `same` says of. */
static bool ports_piece_has(const char *s, size_t len, char c, bool same)
{
	bool not = len > 1 && s[1] == '^';
	bool has = memchr(s, c, len) != NULL && (c != '#' || same);

	return has != not ;
}

bool nf_router_flows(const struct nf_element *e, unsigned in, unsigned out)
{
	const char *code = e->class->flow != NULL ? e->class->flow : "x/x";
	size_t nb_in, nb_out;
	const char *a = ports_flow_piece(ports_side(code, 0), in, &nb_in);
	const char *b = ports_flow_piece(ports_side(code, 1), out, &nb_out);

	for (size_t i = 0; i < nb_in; i++) {
		if (strchr("[]^", a[i]) == NULL && ports_piece_has(b, nb_out, a[i], in == out))
			return true;
	}
	return false;
}

static int ports_count_side(
	struct nf_element *e, unsigned side, uint32_t nb, struct nf_errors *errs)
{
	struct nf_router_ports_range g = nf_router_ports_range(e->class->ports, side);
	const char *what = side == 0 ? "input" : "output";
	struct nf_link **ports = side == 0 ? &e->in : &e->out;

	if (g.same)
		g.lo = g.hi = e->nb_in + g.more;
	if (nb < g.lo)
		nb = g.lo;
	/* too many are made all the same: links lead to them while other errors are looked for */
	if (nb > g.hi)
		nf_errors_add(errs, e->where, "'%s :: %s' has too many %ss: at most %u", e->name,
			e->class->name, what, g.hi);
	if (side == 0)
		e->nb_in = (uint16_t)nb;
	else
		e->nb_out = (uint16_t)nb;
	if (nb == 0)
		return 0;
	*ports = calloc(nb, sizeof(**ports));
	return *ports == NULL ? -ENOMEM : 0;
}

int nf_router_ports_count(struct nf_router *r, struct nf_errors *errs)
{
	const struct nf_config *c = r->config;
	uint32_t *nb = calloc(r->nb_elements ? r->nb_elements : 1, 2 * sizeof(*nb));
	int rc = nb == NULL ? -ENOMEM : 0;

	for (uint32_t i = 0; rc == 0 && i < c->nb_links; i++) {
		const struct nf_config_link *l = &c->links[i];

		if (nb[2 * l->to] <= l->to_port)
			nb[2 * l->to] = l->to_port + 1;
		if (nb[2 * l->from + 1] <= l->from_port)
			nb[2 * l->from + 1] = l->from_port + 1;
	}
	for (uint32_t i = 0; rc == 0 && i < r->nb_elements; i++) {
		rc = ports_count_side(r->elements[i], 0, nb[2 * i], errs);
		if (rc == 0)
			rc = ports_count_side(r->elements[i], 1, nb[2 * i + 1], errs);
	}
	free(nb);
	return rc;
}

/* Kinds of all ports, 'h', 'l' or 'a': of element i from at[i] on, inputs first. */
struct ports_kinds {
	struct nf_router *r;
	char *kind;
	uint32_t *at;
};

static char *ports_in(const struct ports_kinds *k, uint32_t e, unsigned port)
{
	return &k->kind[k->at[e] + port];
}

static char *ports_out(const struct ports_kinds *k, uint32_t e, unsigned port)
{
	return &k->kind[k->at[e] + k->r->elements[e]->nb_in + port];
}

static int ports_kinds_init(struct ports_kinds *k)
{
	uint32_t nb = 0;

	k->at = calloc(k->r->nb_elements + 1, sizeof(*k->at));
	if (k->at == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < k->r->nb_elements; i++) {
		k->at[i] = nb;
		nb += (uint32_t)k->r->elements[i]->nb_in + k->r->elements[i]->nb_out;
	}
	k->at[k->r->nb_elements] = nb;
	k->kind = malloc(nb ? nb : 1);
	if (k->kind == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < k->r->nb_elements; i++) {
		const struct nf_element *e = k->r->elements[i];

		for (unsigned p = 0; p < e->nb_in; p++)
			*ports_in(k, i, p) = ports_kind(e->class->processing, 0, p);
		for (unsigned p = 0; p < e->nb_out; p++)
			*ports_out(k, i, p) = ports_kind(e->class->processing, 1, p);
	}
	return 0;
}

/* Agnostic ports take the kind of the other end and of the ports that their packets flow to. */
static bool ports_settle_element(const struct ports_kinds *k, uint32_t i)
{
	const struct nf_element *e = k->r->elements[i];
	bool changed = false;

	for (unsigned in = 0; in < e->nb_in; in++) {
		for (unsigned out = 0; out < e->nb_out; out++) {
			char *a = ports_in(k, i, in), *b = ports_out(k, i, out);

			if ((*a == 'a') == (*b == 'a') || !nf_router_flows(e, in, out) ||
				ports_kind(e->class->processing, 0, in) != 'a' ||
				ports_kind(e->class->processing, 1, out) != 'a')
				continue;
			if (*a == 'a')
				*a = *b;
			else
				*b = *a;
			changed = true;
		}
	}
	return changed;
}

static bool ports_settle_links(const struct ports_kinds *k)
{
	const struct nf_config *c = k->r->config;
	bool changed = false;

	for (uint32_t i = 0; i < c->nb_links; i++) {
		const struct nf_config_link *l = &c->links[i];
		char *a = ports_out(k, l->from, l->from_port), *b = ports_in(k, l->to, l->to_port);

		if ((*a == 'a') == (*b == 'a'))
			continue;
		if (*a == 'a')
			*a = *b;
		else
			*b = *a;
		changed = true;
	}
	return changed;
}

static void ports_settle(const struct ports_kinds *k)
{
	bool changed = true;

	while (changed) {
		changed = ports_settle_links(k);
		for (uint32_t i = 0; i < k->r->nb_elements; i++)
			changed |= ports_settle_element(k, i);
	}
	/* what nobody decides is push */
	for (uint32_t i = 0; i < k->at[k->r->nb_elements]; i++)
		k->kind[i] = k->kind[i] == 'a' ? 'h' : k->kind[i];
}

/* Inside an element, packets that flow from an agnostic input to an agnostic output stay push or
 * pull. */
static void ports_check_mix(const struct ports_kinds *k, struct nf_errors *errs)
{
	for (uint32_t i = 0; i < k->r->nb_elements; i++) {
		const struct nf_element *e = k->r->elements[i];
		bool bad = false;

		for (unsigned in = 0; in < e->nb_in && !bad; in++) {
			for (unsigned out = 0; out < e->nb_out && !bad; out++)
				bad = *ports_in(k, i, in) != *ports_out(k, i, out) &&
				      ports_kind(e->class->processing, 0, in) == 'a' &&
				      ports_kind(e->class->processing, 1, out) == 'a' &&
				      nf_router_flows(e, in, out);
		}
		if (bad)
			nf_errors_add(errs, e->where,
				"agnostic '%s :: %s' in mixed context: push input, pull output (or the other way round); a Queue between them is missing",
				e->name, e->class->name);
	}
}

static const char *ports_word(char kind)
{
	return kind == 'l' ? "pull" : "push";
}

static void ports_link(
	const struct ports_kinds *k, const struct nf_config_link *l, struct nf_errors *errs)
{
	struct nf_element *from = k->r->elements[l->from], *to = k->r->elements[l->to];
	char a = *ports_out(k, l->from, l->from_port), b = *ports_in(k, l->to, l->to_port);
	struct nf_link *out = &from->out[l->from_port], *in = &to->in[l->to_port];

	if (a != b) {
		nf_errors_add(errs, l->where, "'%s' %s output %u connected to '%s' %s input %u",
			from->name, ports_word(a), l->from_port, to->name, ports_word(b),
			l->to_port);
		return;
	}
	if (a == 'h' && out->connected) {
		nf_errors_add(errs, l->where, "illegal reuse of '%s :: %s' push output %u",
			from->name, from->class->name, l->from_port);
		return;
	}
	if (a == 'l' && in->connected) {
		nf_errors_add(errs, l->where, "illegal reuse of '%s :: %s' pull input %u", to->name,
			to->class->name, l->to_port);
		return;
	}
	out->connected = in->connected = true;
	out->is_push = in->is_push = a == 'h';
	if (a == 'h') {
		*out = (struct nf_link){ .push = to->class->push,
			.peer = to,
			.port = (uint16_t)l->to_port,
			.is_push = true,
			.connected = true };
	} else {
		*in = (struct nf_link){ .pull = from->class->pull,
			.peer = from,
			.port = (uint16_t)l->from_port,
			.connected = true };
	}
}

static void ports_check_unused(const struct nf_element *e, struct nf_errors *errs)
{
	for (unsigned p = 0; p < e->nb_in; p++) {
		if (!e->in[p].connected)
			nf_errors_add(errs, e->where, "'%s :: %s' input %u unused", e->name,
				e->class->name, p);
	}
	for (unsigned p = 0; p < e->nb_out; p++) {
		if (!e->out[p].connected)
			nf_errors_add(errs, e->where, "'%s :: %s' output %u unused", e->name,
				e->class->name, p);
	}
}

/* Stands in for the push function over a link that closes a cycle. */
static void ports_guarded_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct nf_router *r = e->router;

	if (r->depth >= LOOP_DEPTH_MAX) {
		e->drops[NF_ELEMENT_LOOP] += n;
		uk_netbuf_free_burst(v, n);
		return;
	}
	r->depth++;
	e->class->push(e, port, v, n);
	r->depth--;
}

/* Depth first over push outputs, without recursion: a link to an element on the path is guarded. */
static int ports_guard_cycles(struct nf_router *r)
{
	enum { NEW, ON_PATH, DONE };
	uint8_t *state = calloc(r->nb_elements + 1, 1);
	uint32_t *path = calloc(r->nb_elements + 1, sizeof(*path));
	uint16_t *next = calloc(r->nb_elements + 1, sizeof(*next));
	int rc = state == NULL || path == NULL || next == NULL ? -ENOMEM : 0;

	for (uint32_t i = 0; rc == 0 && i < r->nb_elements; i++) {
		uint32_t depth = 0;

		if (state[i] != NEW)
			continue;
		path[depth++] = i;
		state[i] = ON_PATH;
		while (depth > 0) {
			struct nf_element *e = r->elements[path[depth - 1]];
			struct nf_link *l;

			if (next[e->index] == e->nb_out) {
				state[e->index] = DONE;
				depth--;
				continue;
			}
			l = &e->out[next[e->index]++];
			if (!l->is_push || l->peer == NULL)
				continue;
			if (state[l->peer->index] == ON_PATH) {
				l->push = ports_guarded_push;
			} else if (state[l->peer->index] == NEW) {
				state[l->peer->index] = ON_PATH;
				path[depth++] = l->peer->index;
			}
		}
	}
	free(state);
	free(path);
	free(next);
	return rc;
}

int nf_router_ports_connect(struct nf_router *r, struct nf_errors *errs)
{
	struct ports_kinds k = { .r = r };
	unsigned before = errs->nb_errors;
	int rc = ports_kinds_init(&k);

	if (rc == 0) {
		ports_settle(&k);
		ports_check_mix(&k, errs);
		for (uint32_t i = 0; i < r->config->nb_links; i++)
			ports_link(&k, &r->config->links[i], errs);
		for (uint32_t i = 0; i < r->nb_elements; i++)
			ports_check_unused(r->elements[i], errs);
	}
	free(k.kind);
	free(k.at);
	if (rc == 0 && errs->nb_errors == before)
		rc = ports_guard_cycles(r);
	return rc;
}
