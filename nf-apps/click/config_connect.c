/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections between lists: one to one, many to one, one to many with ->, and port by port with
 * =>, where a side that is a single element without ports takes as many as the other one has.
 */
#include "nf-apps/click/config_tree.h"

/* Goes over the ports of one side. */
struct connect_side {
	const struct nf_config_end *ends;
	uint32_t nb, at, port_at;
	uint32_t nb_ports; /* as written */
	uint32_t more;     /* that its open list of ports gives beyond those */
	bool open, steps;
};

static struct connect_side connect_side(const struct nf_config_end *ends, uint32_t nb)
{
	struct connect_side s = { .ends = ends, .nb = nb };

	for (uint32_t i = 0; i < nb; i++) {
		s.nb_ports += ends[i].ports->nb > 1 ? ends[i].ports->nb : 1;
		s.open |= ends[i].ports->open;
	}
	return s;
}

static unsigned connect_nb_open(const struct connect_side *s)
{
	unsigned nb = 0;

	for (uint32_t i = 0; i < s->nb; i++)
		nb += s->ends[i].ports->open;
	return nb;
}

/* What => adds: the only element of a side, without ports, is open if the other side is many. */
static void connect_imply(struct connect_side *s, const struct connect_side *other)
{
	if (s->nb == 1 && s->ends[0].ports->nb == 0 && other->nb_ports > 1)
		s->open = true;
}

static uint32_t connect_port(const struct connect_side *s)
{
	const struct nf_config_ports *p = s->ends[s->at].ports;

	if (p->nb == 0)
		return s->port_at;
	if (s->port_at < p->nb)
		return p->v[s->port_at];
	return p->v[p->nb - 1] + (s->port_at - p->nb + 1);
}

static void connect_step(struct connect_side *s)
{
	const struct nf_config_ports *p = s->ends[s->at].ports;
	uint32_t nb = p->nb > 0 ? p->nb : 1;

	if (++s->port_at < nb)
		return;
	if (s->more > 0 && (p->open || p->nb == 0)) {
		s->more--;
		return;
	}
	s->port_at = 0;
	s->at++;
}

static void connect_check(struct nf_config_tree *t, const struct connect_side *out,
	const struct connect_side *in, int sign, struct nf_lexer_place at)
{
	bool few_out = out->nb_ports < in->nb_ports && !out->open;
	bool few_in = in->nb_ports < out->nb_ports && !in->open;

	if (sign != NF_LEXER_ARROWS)
		nf_lexer_error(t->errs, at, "syntax error: many-to-many connections require '=>'");
	if (few_out || few_in)
		nf_lexer_error(t->errs, at,
			"connection mismatch: %u%s outputs connected to %u%s inputs", out->nb_ports,
			out->open ? " or more" : "", in->nb_ports, in->open ? " or more" : "");
}

static void connect_all(struct nf_config_tree *t, struct connect_side *out, struct connect_side *in,
	struct nf_lexer_place at)
{
	while (out->at < out->nb && in->at < in->nb && !t->stop && !t->arena.failed) {
		struct nf_config_wire w = { out->ends[out->at].item, connect_port(out),
			in->ends[in->at].item, connect_port(in), at };

		if (w.from_port >= NF_CONFIG_PORTS_MAX || w.to_port >= NF_CONFIG_PORTS_MAX) {
			nf_lexer_error(t->errs, at, "more than %u ports", NF_CONFIG_PORTS_MAX);
			return;
		}
		nf_config_def_wire(t, &w);
		if (out->steps)
			connect_step(out);
		if (in->steps)
			connect_step(in);
	}
}

NF_LEXER_LEAF void nf_config_connect(struct nf_config_tree *t, const struct nf_config_end *outs,
	uint32_t nb_outs, const struct nf_config_end *ins, uint32_t nb_ins, int sign,
	struct nf_lexer_place at)
{
	struct connect_side out = connect_side(outs, nb_outs), in = connect_side(ins, nb_ins);

	if (connect_nb_open(&out) + connect_nb_open(&in) > 1) {
		nf_lexer_error(t->errs, at, "at most one expandable port allowed per connection");
		return;
	}
	if (sign == NF_LEXER_ARROWS && !out.open && !in.open) {
		connect_imply(&out, &in);
		connect_imply(&in, &out);
	}
	out.steps = out.nb_ports > 1 || out.open;
	in.steps = in.nb_ports > 1 || in.open;
	if (out.steps && in.steps)
		connect_check(t, &out, &in, sign, at);
	else if (!out.steps && !in.steps)
		in.steps = true;
	if (out.open && in.nb_ports > out.nb_ports)
		out.more = in.nb_ports - out.nb_ports;
	if (in.open && out.nb_ports > in.nb_ports)
		in.more = out.nb_ports - in.nb_ports;
	connect_all(t, &out, &in, at);
}
