/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/service/acdfa.h"

/* While it is built: a trie whose children are lists. Node 0 is the root, and nobody's child. */
struct acdfa_node {
	uint32_t child, sibling; /* 0: none */
	uint32_t state;          /* number in breadth-first order */
	uint32_t pattern;
	uint8_t class;
};

struct acdfa_trie {
	struct acdfa_node *nodes;
	uint32_t nb;
};

static uint8_t acdfa_fold(uint8_t c, bool nocase)
{
	return nocase && c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* Classes in the order of bytes; 0 is for bytes of no pattern. If all 256 occur, the last shares
 * class 0 with nothing. */
static void acdfa_classes(
	struct nf_acdfa *d, const struct nf_acdfa_pattern *p, uint32_t nb, bool nocase)
{
	bool used[256] = { false };
	uint32_t next = 0, nb_used = 0;

	for (uint32_t i = 0; i < nb; i++) {
		for (uint32_t k = 0; k < p[i].len; k++)
			used[acdfa_fold(p[i].bytes[k], nocase)] = true;
	}
	for (unsigned c = 0; c < 256; c++)
		nb_used += used[c];
	next = nb_used == 256 ? 0 : 1;
	d->nb_classes = nb_used + next;
	memset(d->class_of, 0, sizeof(d->class_of));
	for (unsigned c = 0; c < 256; c++) {
		if (used[c])
			d->class_of[c] = (uint8_t)next++;
	}
	for (unsigned c = 'A'; nocase && c <= 'Z'; c++)
		d->class_of[c] = d->class_of[c + 32];
}

static uint32_t acdfa_child(const struct acdfa_trie *t, uint32_t node, uint8_t class)
{
	uint32_t c = t->nodes[node].child;

	while (c != 0 && t->nodes[c].class != class)
		c = t->nodes[c].sibling;
	return c;
}

static uint32_t acdfa_grow(struct acdfa_trie *t, uint32_t node, uint8_t class)
{
	uint32_t n = t->nb++;

	t->nodes[n] = (struct acdfa_node){ .sibling = t->nodes[node].child,
		.pattern = NF_ACDFA_NONE,
		.class = class };
	t->nodes[node].child = n;
	return n;
}

/* How many nodes the trie may have, or -errno. */
static int64_t acdfa_room(const struct nf_acdfa_pattern *p, uint32_t nb)
{
	int64_t room = 1;

	for (uint32_t i = 0; i < nb; i++) {
		if (p[i].len == 0)
			return -EINVAL;
		room += p[i].len;
		if (room > NF_ACDFA_STATES_MAX)
			return -E2BIG;
	}
	return room;
}

static int acdfa_trie(struct acdfa_trie *t, struct nf_acdfa *d, const struct nf_acdfa_pattern *p,
	uint32_t nb, size_t room)
{
	t->nodes = calloc(room, sizeof(*t->nodes));
	if (t->nodes == NULL)
		return -ENOMEM;
	t->nb = 1;
	t->nodes[0].pattern = NF_ACDFA_NONE;
	for (uint32_t i = 0; i < nb; i++) {
		uint32_t n = 0;

		for (uint32_t k = 0; k < p[i].len; k++) {
			uint8_t class = d->class_of[p[i].bytes[k]];
			uint32_t c = acdfa_child(t, n, class);

			n = c != 0 ? c : acdfa_grow(t, n, class);
		}
		d->same[i] = t->nodes[n].pattern;
		t->nodes[n].pattern = i;
	}
	return 0;
}

/* Numbers the states and lays down their own transitions. */
static void acdfa_number(struct nf_acdfa *d, struct acdfa_trie *t, uint32_t *queue)
{
	uint32_t end = 1, edge = 0;

	queue[0] = 0;
	for (uint32_t s = 0; s < end; s++) {
		const struct acdfa_node *n = &t->nodes[queue[s]];

		d->states[s] = (struct nf_acdfa_state){ .edges = edge, .pattern = n->pattern };
		for (uint32_t c = n->child; c != 0; c = t->nodes[c].sibling) {
			t->nodes[c].state = end;
			d->edge_to[edge] = end;
			d->edge_class[edge++] = t->nodes[c].class;
			queue[end++] = c;
		}
	}
	d->states[end].edges = edge;
}

UK_INLINE uint32_t acdfa_next(const struct nf_acdfa *d, uint32_t s, uint8_t class)
{
	while (UK_UNLIKELY(s >= d->nb_rows)) {
		for (uint32_t x = d->states[s].edges; x < d->states[s + 1].edges; x++) {
			if (d->edge_class[x] == class)
				return d->edge_to[x];
		}
		s = d->states[s].fail;
	}
	return d->rows[(size_t)s * d->nb_classes + class];
}

/* In order, so that what a state falls back on is finished: it is shorter. fail and emit of a state
 * are known once its parent is done. */
static void acdfa_link(struct nf_acdfa *d)
{
	for (uint32_t s = 0; s < d->nb_states; s++) {
		struct nf_acdfa_state *x = &d->states[s];
		uint32_t *row = d->rows + (size_t)s * d->nb_classes;

		if (s > 0 && s < d->nb_rows)
			memcpy(row, d->rows + (size_t)x->fail * d->nb_classes,
				d->nb_classes * sizeof(*row));
		for (uint32_t i = x->edges; i < d->states[s + 1].edges; i++) {
			uint32_t to = d->edge_to[i], fail = 0;

			if (s > 0)
				fail = acdfa_next(d, x->fail, d->edge_class[i]) & ~NF_ACDFA_HIT;
			d->states[to].fail = fail;
			d->states[to].emit =
				d->states[to].pattern != NF_ACDFA_NONE ? to : d->states[fail].emit;
			if (d->states[to].emit != 0)
				d->edge_to[i] |= NF_ACDFA_HIT;
			if (s < d->nb_rows)
				row[d->edge_class[i]] = d->edge_to[i];
		}
	}
}

static int acdfa_tables(struct nf_acdfa *d, struct acdfa_trie *t, size_t row_bytes)
{
	size_t rows = row_bytes / (d->nb_classes * sizeof(uint32_t));
	uint32_t *queue = calloc(t->nb, sizeof(*queue));

	d->nb_states = t->nb;
	d->nb_rows = rows < 1 ? 1 : rows > t->nb ? t->nb : (uint32_t)rows;
	d->rows = calloc((size_t)d->nb_rows * d->nb_classes, sizeof(*d->rows));
	d->states = calloc((size_t)t->nb + 1, sizeof(*d->states));
	d->edge_to = calloc(t->nb, sizeof(*d->edge_to));
	d->edge_class = calloc(t->nb, 1);
	d->bytes += (size_t)d->nb_rows * d->nb_classes * sizeof(*d->rows) +
		    (size_t)t->nb * (sizeof(*d->states) + sizeof(*d->edge_to) + 1);
	if (queue == NULL || d->rows == NULL || d->states == NULL || d->edge_to == NULL ||
		d->edge_class == NULL) {
		free(queue);
		return -ENOMEM;
	}
	acdfa_number(d, t, queue);
	free(queue);
	acdfa_link(d);
	return 0;
}

int nf_acdfa_build(struct nf_acdfa *d, const struct nf_acdfa_pattern *p, uint32_t nb, bool nocase,
	size_t row_bytes)
{
	struct acdfa_trie t = { 0 };
	int64_t room = acdfa_room(p, nb);
	int rc;

	*d = (struct nf_acdfa){ .nb_patterns = nb };
	if (nb == 0 || room < 0)
		return room < 0 ? (int)room : 0;
	acdfa_classes(d, p, nb, nocase);
	d->same = calloc(nb, sizeof(*d->same));
	d->bytes = nb * sizeof(*d->same);
	rc = d->same == NULL ? -ENOMEM : acdfa_trie(&t, d, p, nb, (size_t)room);
	if (rc == 0)
		rc = acdfa_tables(d, &t, row_bytes);
	free(t.nodes);
	if (rc < 0)
		nf_acdfa_free(d);
	return rc;
}

void nf_acdfa_free(struct nf_acdfa *d)
{
	free(d->rows);
	free(d->states);
	free(d->edge_to);
	free(d->edge_class);
	free(d->same);
	*d = (struct nf_acdfa){ 0 };
}

/* Every pattern that ends in this state. False: enough. */
static bool acdfa_hit(
	const struct nf_acdfa *d, uint32_t state, uint32_t end, nf_acdfa_fn fn, void *arg)
{
	for (uint32_t s = d->states[state].emit; s != 0; s = d->states[d->states[s].fail].emit) {
		for (uint32_t i = d->states[s].pattern; i != NF_ACDFA_NONE; i = d->same[i]) {
			if (!fn(arg, i, end))
				return false;
		}
	}
	return true;
}

uint32_t nf_acdfa_scan(const struct nf_acdfa *d, uint32_t state, const uint8_t *data, uint32_t len,
	nf_acdfa_fn fn, void *arg)
{
	if (d->nb_patterns == 0)
		return NF_ACDFA_START;
	for (uint32_t i = 0; i < len; i++) {
		state = acdfa_next(d, state, d->class_of[data[i]]);
		if (UK_UNLIKELY(state & NF_ACDFA_HIT)) {
			state &= ~NF_ACDFA_HIT;
			if (!acdfa_hit(d, state, i + 1, fn, arg))
				break;
		}
	}
	return state;
}
