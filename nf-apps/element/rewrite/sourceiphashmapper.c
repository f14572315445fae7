/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SourceIPHashMapper(NNODES SEED, PATTERN1 ID1, ..., PATTERNn IDn)
 *
 * A mapper for rewriters: all flows of one source address get the same pattern, by consistent
 *hashing (Karger et al., STOC'97): each pattern has NNODES points on a ring, a source belongs to
 *the next point. When patterns come or go, few sources change; a pattern's ID is what keeps its
 *points where they are.
 *
 * Arguments: NNODES, points of each pattern (1 to 4096); SEED, a number; then patterns with outputs
 * and ID ("SADDR SPORT DADDR DPORT FOUTPUT ROUTPUT ID"). Ports: none. Handlers: patterns (r).
 *
 * Differs from Click: the ring's points are others (Click's come from the C library's random()).
 *
 *	lb :: SourceIPHashMapper(64 1, - - 10.0.0.1 - 0 1 1, - - 10.0.0.2 - 0 1 2);
 *	rw :: IPRewriter(lb, drop);
 */
#include <stdlib.h>
#include "nf-apps/element/rewrite/rwpatterns.h"

#define SOURCEIPHASHMAPPER_NODES 4096u

struct sourceiphashmapper_point {
	uint32_t at;
	uint32_t pattern;
};

struct sourceiphashmapper {
	struct nf_rwmapper mapper;
	struct nf_rwpatterns list;
	struct sourceiphashmapper_point *ring; /* by place */
	uint32_t nb_points;
	uint64_t seed;
};

static uint32_t sourceiphashmapper_mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (uint32_t)(z >> 32 ^ z);
}

/* The first point at or behind `at`, or the first of all. */
static uint32_t sourceiphashmapper_pattern(const struct sourceiphashmapper *s, uint32_t at)
{
	uint32_t low = 0, high = s->nb_points;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->ring[mid].at < at)
			low = mid + 1;
		else
			high = mid;
	}
	return s->ring[low < s->nb_points ? low : 0].pattern;
}

static int sourceiphashmapper_map(struct nf_element *m, const struct nf_rwpattern_how *how,
	const struct nf_rwkey *in, struct nf_rwkey *out, uint16_t outputs[2])
{
	struct sourceiphashmapper *s = m->state;
	uint32_t at = sourceiphashmapper_mix(s->seed + in->src);
	const struct nf_rwpatterns_one *one = &s->list.v[sourceiphashmapper_pattern(s, at)];

	memcpy(outputs, one->out, sizeof(one->out));
	return nf_rwpattern_apply(one->pattern, how, in, out);
}

static uint32_t sourceiphashmapper_max_output(const struct nf_element *m)
{
	return nf_rwpatterns_max_output(&((const struct sourceiphashmapper *)m->state)->list);
}

static void sourceiphashmapper_cleanup(struct nf_element *m)
{
	struct sourceiphashmapper *s = m->state;

	nf_rwpatterns_free(&s->list);
	free(s->ring);
	s->ring = NULL;
}

static const struct nf_rwmapper_ops sourceiphashmapper_ops = { .map = sourceiphashmapper_map,
	.max_output = sourceiphashmapper_max_output,
	.cleanup = sourceiphashmapper_cleanup };

static int sourceiphashmapper_by_place(const void *a, const void *b)
{
	const struct sourceiphashmapper_point *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->pattern < y->pattern ? -1 : x->pattern > y->pattern;
}

static bool sourceiphashmapper_ring(struct sourceiphashmapper *s, uint32_t nb_nodes)
{
	s->ring = calloc((size_t)s->list.nb * nb_nodes + 1, sizeof(*s->ring));
	if (s->ring == NULL)
		return false;
	for (uint32_t i = 0; i < s->list.nb; i++) {
		for (uint32_t j = 0; j < nb_nodes; j++)
			s->ring[s->nb_points++] = (struct sourceiphashmapper_point){
				.at = sourceiphashmapper_mix(
					s->seed +
					((uint64_t)s->list.v[i].id << 32 | (j + 1) * 0x9e37u)),
				.pattern = i
			};
	}
	qsort(s->ring, s->nb_points, sizeof(*s->ring), sourceiphashmapper_by_place);
	return true;
}

/* "NNODES SEED" */
static bool sourceiphashmapper_numbers(struct nf_args *a, uint64_t *nodes, int64_t *seed)
{
	const char *text = nf_args_next(a);
	char *w[3], *copy = NULL;
	int nb = text != NULL ? nf_args_words(text, w, UK_ARRAY_SIZE(w), &copy) : 0;
	unsigned before = a->nb_errors;

	if (text == NULL)
		nf_args_error(a, "no hash seed given");
	else if (nb != 2)
		nf_args_error(a, "requires 2 config params: numnodes seed");
	else if (nf_addr_u64(w[0], nodes) < 0 || *nodes == 0 || *nodes > SOURCEIPHASHMAPPER_NODES)
		nf_args_error(a, "number of nodes must be 1 to %u", SOURCEIPHASHMAPPER_NODES);
	else if (nf_addr_i64(w[1], seed) < 0)
		nf_args_error(a, "hash seed must be an integer");
	if (nb >= 0)
		free(copy);
	return a->nb_errors == before;
}

static int sourceiphashmapper_configure(struct nf_element *e, struct nf_args *a)
{
	struct sourceiphashmapper *s = e->state;
	uint64_t nodes = 0;
	int64_t seed = 0;
	bool ok;

	s->mapper.ops = &sourceiphashmapper_ops;
	ok = sourceiphashmapper_numbers(a, &nodes, &seed);
	nf_rwpatterns_read(&s->list, a, true);
	s->seed = (uint64_t)seed * 0x9e3779b97f4a7c15ull;
	if (ok && a->nb_errors == 0 && !sourceiphashmapper_ring(s, (uint32_t)nodes))
		nf_args_error(a, "out of memory");
	return nf_args_end(a);
}

static int sourceiphashmapper_read(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_rwpatterns_print(&((const struct sourceiphashmapper *)e->state)->list, out);
	return 0;
}

const struct nf_class nf_sourceiphashmapper = {
	.name = "SourceIPHashMapper",
	.ports = "0/0",
	.processing = "a/a",
	.state_size = sizeof(struct sourceiphashmapper),
	.configure = sourceiphashmapper_configure,
	.cleanup = nf_rwmapper_cleanup,
	.handlers =
		(const struct nf_handler[]){
			{ .name = "patterns", .read = sourceiphashmapper_read }, { .name = NULL } },
	.phase = NF_RWMAPPER_PHASE,
};
