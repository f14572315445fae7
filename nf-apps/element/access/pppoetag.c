/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/access/pppoetag.h"

static struct nf_pppoetag *pppoetag_place(struct nf_pppoetags *t, uint16_t type)
{
	switch (type) {
	case NF_PPPOE_SERVICE:
		return &t->service;
	case NF_PPPOE_HOST_UNIQ:
		return &t->host_uniq;
	case NF_PPPOE_COOKIE:
		return &t->cookie;
	case NF_PPPOE_RELAY:
		return &t->relay;
	default:
		return NULL;
	}
}

bool nf_pppoetag_parse(const uint8_t *data, uint32_t len, struct nf_pppoetags *t)
{
	*t = (struct nf_pppoetags){ { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	while (len >= 4) {
		uint16_t type = nf_inet_get16(data);
		uint32_t n = nf_inet_get16(data + 2);
		struct nf_pppoetag *p = pppoetag_place(t, type);

		if (type == NF_PPPOE_END_OF_LIST)
			return true;
		if (n > len - 4)
			return false;
		if (p != NULL && p->v == NULL)
			*p = (struct nf_pppoetag){ data + 4, n };
		data += 4 + n;
		len -= 4 + n;
	}
	return len == 0;
}

uint32_t nf_pppoetag_put(
	uint8_t *to, uint32_t at, uint32_t room, uint16_t type, const void *v, uint32_t len)
{
	if (at + 4 + (uint64_t)len > room)
		return at;
	nf_inet_put16(to + at, type);
	nf_inet_put16(to + at + 2, (uint16_t)len);
	if (len > 0)
		memcpy(to + at + 4, v, len);
	return at + 4 + len;
}
