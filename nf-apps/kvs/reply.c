/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/kvs/reply.h"

void nf_reply_put_long(struct nf_reply *r, const void *p, size_t len)
{
	const uint8_t *from = p;

	while (len > 0) {
		size_t n = (size_t)(r->end - r->at);

		if (n == 0) {
			if (r->lost || !r->more(r)) {
				r->lost = true;
				return;
			}
			continue;
		}
		n = n < len ? n : len;
		memcpy(r->at, from, n);
		r->at += n;
		from += n;
		len -= n;
	}
}
