/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In place of the store: an answer is the request with "!" behind it; "quiet" has none; "more N L" has N further datagrams
 * of L bytes, each filled with its number, or is given up if there are too few buffers.
 */
#include <stdio.h>
#include "nf-apps/kvs/test/net_rig.h"

#define MORE_MAX 32

static void kvs_more(struct nf_kvs_dgram *d, unsigned nb, unsigned len)
{
	void *buffers[MORE_MAX];
	uint8_t *data[MORE_MAX];
	uint32_t room;
	unsigned i;

	assert_true(nb <= MORE_MAX);
	for (i = 0; i < nb; i++) {
		buffers[i] = d->more(d->arg, &data[i], &room);
		if (buffers[i] == NULL)
			break;
		assert_true(room >= len);
		memset(data[i], (int)i + 1, len);
	}
	if (i < nb)
		d->len = 0;
	for (unsigned k = 0; k < i; k++)
		d->sent(d->arg, buffers[k], i < nb ? 0 : len);
}

void nf_kvs_dgrams(struct nf_kvs *k, struct nf_kvs_dgram v[], unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct nf_kvs_dgram *d = &v[i];
		char text[64] = "";
		unsigned nb, len;

		assert_true(d->len <= d->room);
		if (d->len >= NF_KVS_FRAME_LEN)
			memcpy(text, d->data + NF_KVS_FRAME_LEN,
				d->len - NF_KVS_FRAME_LEN < 63 ? d->len - NF_KVS_FRAME_LEN : 63);
		if (strncmp(text, "quiet", 5) == 0)
			d->len = 0;
		else if (sscanf(text, "more %u %u", &nb, &len) == 2)
			kvs_more(d, nb, len);
		else if (d->len < d->room)
			d->data[d->len++] = '!';
	}
}
