/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AggregateFilter(ACTION AGGREGATE..., ...)
 *
 * Sends packets where the first filter that lists their aggregate annotation says.
 *
 *	ACTION     an output's number; "allow" is 0; "drop" and "deny" drop
 *	AGGREGATE  a number, a range "3-98", "all" or "-" for all
 *
 * Packets that no filter lists are dropped. At most 4096 numbers and ranges.
 *
 * Ports: 1 push input, any number of push outputs.
 * Drops: denied, no filter.
 *
 *	... -> AggregateIPFlows -> AggregateFilter(allow 12 17 100-199, 1 all) -> ...
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/handler.h"

#define AGGREGATEFILTER_MAX 4096

enum { AGGREGATEFILTER_DENIED, AGGREGATEFILTER_NONE };

/* From `from` up to the next range's start. */
struct aggregatefilter_range {
	uint64_t from, to; /* to: only while filters are read; the last one */
	int32_t way;
};

struct aggregatefilter_state {
	struct aggregatefilter_range *given, *cut;
	uint32_t nb_given, nb_cut;
};

static bool aggregatefilter_action(const struct nf_element *e, const char *word, int32_t *way)
{
	uint64_t port;

	if (strcmp(word, "allow") == 0)
		*way = 0;
	else if (strcmp(word, "drop") == 0 || strcmp(word, "deny") == 0)
		*way = NF_DROP(AGGREGATEFILTER_DENIED);
	else if (nf_addr_u64(word, &port) == 0 && port < e->nb_out)
		*way = (int32_t)port;
	else
		return false;
	return true;
}

static bool aggregatefilter_range(char *word, struct aggregatefilter_range *r)
{
	char *dash = strchr(word, '-');
	bool right;

	if (strcmp(word, "all") == 0 || strcmp(word, "-") == 0) {
		r->from = 0;
		r->to = UINT32_MAX;
		return true;
	}
	if (dash != NULL)
		*dash = 0;
	right = nf_addr_u64(word, &r->from) == 0 &&
		(dash == NULL || nf_addr_u64(dash + 1, &r->to) == 0);
	if (dash == NULL)
		r->to = r->from;
	else
		*dash = '-'; /* for the message */
	return right && r->from <= r->to && r->to <= UINT32_MAX;
}

/* One filter. */
static void aggregatefilter_filter(struct nf_element *e, struct nf_args *a, const char *text)
{
	struct aggregatefilter_state *s = e->state;
	char **words = calloc(AGGREGATEFILTER_MAX + 1, sizeof(*words)), *copy = NULL, *plain = NULL;
	int32_t way = 0;
	int nb = -ENOMEM;

	if (words != NULL)
		plain = nf_args_unquote(text, NULL);
	if (plain != NULL)
		nb = nf_args_words(plain, words, AGGREGATEFILTER_MAX + 1, &copy);
	if (nb == -ENOMEM)
		nf_args_error(a, "out of memory");
	else if (nb < 0 || s->nb_given + (uint32_t)nb > AGGREGATEFILTER_MAX + 1)
		nf_args_error(a, "more than %d numbers and ranges", AGGREGATEFILTER_MAX);
	else if (nb < 2 || !aggregatefilter_action(e, words[0], &way))
		nf_args_error(a, "'%.40s' is not \"ACTION AGGREGATE...\"", text);
	for (int i = 1; i < nb && a->nb_errors == 0; i++) {
		struct aggregatefilter_range *r = &s->given[s->nb_given];

		r->way = way;
		if (aggregatefilter_range(words[i], r))
			s->nb_given++;
		else
			nf_args_error(a, "'%.40s' is no number and no range", words[i]);
	}
	free(words);
	free(copy);
	free(plain);
}

static int aggregatefilter_order(const void *a, const void *b)
{
	uint64_t x = ((const struct aggregatefilter_range *)a)->from;
	uint64_t y = ((const struct aggregatefilter_range *)b)->from;

	return x < y ? -1 : x > y;
}

static int32_t aggregatefilter_way(const struct aggregatefilter_state *s, uint64_t v)
{
	for (uint32_t i = 0; i < s->nb_given; i++) {
		if (v >= s->given[i].from && v <= s->given[i].to)
			return s->given[i].way;
	}
	return NF_DROP(AGGREGATEFILTER_NONE);
}

/* Cuts the numbers where a range begins or ends: each piece has one way. */
static void aggregatefilter_cut(struct aggregatefilter_state *s)
{
	uint32_t nb = 1;

	for (uint32_t i = 0; i < s->nb_given; i++) {
		s->cut[nb++].from = s->given[i].from;
		s->cut[nb++].from = s->given[i].to + 1;
	}
	qsort(s->cut, nb, sizeof(*s->cut), aggregatefilter_order);
	for (uint32_t i = 0; i < nb; i++) {
		int32_t way = aggregatefilter_way(s, s->cut[i].from);

		if (s->nb_cut > 0 && s->cut[s->nb_cut - 1].way == way)
			continue;
		s->cut[s->nb_cut].from = s->cut[i].from;
		s->cut[s->nb_cut++].way = way;
	}
}

static int aggregatefilter_configure(struct nf_element *e, struct nf_args *a)
{
	struct aggregatefilter_state *s = e->state;
	const char *text;

	s->given = calloc(AGGREGATEFILTER_MAX + 1, sizeof(*s->given));
	s->cut = calloc(2 * AGGREGATEFILTER_MAX + 3, sizeof(*s->cut));
	if (s->given == NULL || s->cut == NULL) {
		nf_args_free(a);
		return -ENOMEM;
	}
	if (nf_args_left(a) == 0)
		nf_args_error(a, "at least one filter is needed");
	while ((text = nf_args_next(a)) != NULL)
		aggregatefilter_filter(e, a, text);
	if (a->nb_errors == 0)
		aggregatefilter_cut(s);
	return nf_args_end(a);
}

static void aggregatefilter_cleanup(struct nf_element *e)
{
	struct aggregatefilter_state *s = e->state;

	free(s->given);
	free(s->cut);
	s->given = s->cut = NULL;
}

static inline int aggregatefilter_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct aggregatefilter_state *s = e->state;
	uint32_t v = nf_packet_anno_u32(p, NF_ANNO_AGGREGATE), low = 0, nb = s->nb_cut;

	/* the last piece that begins at or before v; the first begins at 0 */
	while (nb > 1) {
		uint32_t half = nb / 2;

		if (s->cut[low + half].from <= v)
			low += half;
		nb -= half;
	}
	return s->cut[low].way;
}

NF_EACH_DEFINE(aggregatefilter)

const struct nf_class nf_aggregatefilter = {
	.name = "AggregateFilter",
	.ports = "1/1-",
	.processing = "h/h",
	.state_size = sizeof(struct aggregatefilter_state),
	.configure = aggregatefilter_configure,
	.cleanup = aggregatefilter_cleanup,
	.drops = (const char *const[]){ "denied", "no filter", NULL },
	.flags = NF_CLASS_ANNO,
	NF_EACH(aggregatefilter),
};
