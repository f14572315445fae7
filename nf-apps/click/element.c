/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include "nf-apps/click/element.h"
#include "nf-apps/click/router.h"

void nf_element_emit_unconnected(struct nf_element *e, struct uk_netbuf *v[], uint16_t n)
{
	e->drops[NF_ELEMENT_UNCONNECTED] += n;
	uk_netbuf_free_burst(v, n);
}

/* True: the packet is gone. */
static bool element_gone(struct nf_element *e, int result, struct uk_netbuf *p)
{
	if (result >= 0)
		return false;
	if (result != NF_KEPT)
		nf_element_drop_one(e, (unsigned)(-2 - result), p);
	return true;
}

void nf_element_each_end(struct nf_element *e, int result, struct uk_netbuf *p)
{
	if (!element_gone(e, result, p))
		nf_element_emit_one(e, (unsigned)result, p);
}

/* Takes the ports one after the other, in the order in which they first occur. */
static void element_spread_from(
	struct nf_element *e, struct uk_netbuf *v[], int16_t to[], uint16_t n)
{
	struct uk_netbuf *out[UK_BURST_MAX];

	while (n > 0) {
		int16_t port = to[0];
		uint16_t nb_out = 0, nb_left = 0;

		for (uint16_t i = 0; i < n; i++) {
			if (to[i] == port) {
				out[nb_out++] = v[i];
			} else {
				to[nb_left] = to[i];
				v[nb_left++] = v[i];
			}
		}
		nf_element_emit(e, (unsigned)port, out, nb_out);
		n = nb_left;
	}
}

/* Keeps the packets that leave by a port >= first; others are dropped or kept. */
static uint16_t element_sift(
	struct nf_element *e, struct uk_netbuf *v[], const int16_t to[], int16_t left[], uint16_t n)
{
	uint16_t k = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (element_gone(e, to[i], v[i]))
			continue;
		left[k] = to[i];
		v[k++] = v[i];
	}
	return k;
}

void nf_element_spread(struct nf_element *e, struct uk_netbuf *v[], const int16_t to[], uint16_t n)
{
	int16_t left[UK_BURST_MAX];

	n = element_sift(e, v, to, left, n);
	element_spread_from(e, v, left, n);
}

uint16_t nf_element_spread_pull(
	struct nf_element *e, struct uk_netbuf *v[], const int16_t to[], uint16_t n)
{
	struct uk_netbuf *side[UK_BURST_MAX];
	int16_t left[UK_BURST_MAX], side_to[UK_BURST_MAX];
	uint16_t k = 0, nb_side = 0;

	n = element_sift(e, v, to, left, n);
	for (uint16_t i = 0; i < n; i++) {
		if (left[i] == 0) {
			v[k++] = v[i];
		} else {
			side[nb_side] = v[i];
			side_to[nb_side++] = left[i];
		}
	}
	element_spread_from(e, side, side_to, nb_side);
	return k;
}

struct nf_element *nf_element_find(const struct nf_element *e, const char *name)
{
	size_t len = strlen(e->name), room = len + strlen(name) + 1;
	char *full = malloc(room);
	struct nf_element *found = NULL;

	if (full == NULL)
		return NULL;
	memcpy(full, e->name, len + 1);
	/* a/b/c looks for a/b/NAME, a/NAME, NAME */
	while (found == NULL && len > 0) {
		while (len > 0 && full[len - 1] != '/')
			len--;
		memcpy(full + len, name, strlen(name) + 1);
		found = nf_router_find(e->router, full);
		if (len > 0)
			len--;
		else
			break;
	}
	free(full);
	return found;
}

bool nf_element_is(const struct nf_element *e, const char *class_name)
{
	return strcmp(e->class->name, class_name) == 0;
}
