/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/kvs/detail.h"

#define DETAIL_MAX    48 /* prefixes */
#define DETAIL_PREFIX 40 /* bytes of one; longer ones are not counted */

struct nf_detail {
	unsigned n;
	struct {
		uint8_t len;
		uint8_t prefix[DETAIL_PREFIX];
		uint64_t count[NF_DETAIL_EVENTS];
	} of[DETAIL_MAX];
};

bool nf_detail_start(struct nf_kvs *k)
{
	if (k->detail == NULL)
		k->detail = calloc(1, sizeof(*k->detail));
	k->detail_on = k->detail != NULL;
	return k->detail_on;
}

void nf_detail_reset(struct nf_kvs *k)
{
	if (k->detail != NULL)
		k->detail->n = 0;
}

void nf_detail_count_on(
	struct nf_kvs *k, const uint8_t *key, uint32_t len, enum nf_detail_event event)
{
	const uint8_t *colon = memchr(key, ':', len);
	size_t n = colon != NULL ? (size_t)(colon - key) : 0;
	struct nf_detail *d = k->detail;
	unsigned i = 0;

	if (colon == NULL || n > DETAIL_PREFIX)
		return;
	while (i < d->n && (d->of[i].len != n || memcmp(d->of[i].prefix, key, n) != 0))
		i++;
	if (i == DETAIL_MAX)
		return;
	if (i == d->n) {
		memset(&d->of[i], 0, sizeof(d->of[i]));
		d->of[i].len = (uint8_t)n;
		memcpy(d->of[i].prefix, key, n);
		d->n++;
	}
	d->of[i].count[event]++;
}

size_t nf_detail_dump(const struct nf_kvs *k, char *text, size_t room)
{
	const struct nf_detail *d = k->detail;
	size_t at = 0;

	for (unsigned i = 0; d != NULL && i < d->n; i++) {
		const uint64_t *c = d->of[i].count;
		int n = snprintf(text + at, room - at,
			"PREFIX %.*s get %llu hit %llu set %llu del %llu\r\n", d->of[i].len,
			(const char *)d->of[i].prefix, (unsigned long long)c[NF_DETAIL_GET],
			(unsigned long long)c[NF_DETAIL_HIT], (unsigned long long)c[NF_DETAIL_SET],
			(unsigned long long)c[NF_DETAIL_DELETE]);

		if (n < 0 || (size_t)n >= room - at)
			break;
		at += (size_t)n;
	}
	return at;
}
