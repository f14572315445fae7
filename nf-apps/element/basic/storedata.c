/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * StoreData(OFFSET, DATA [, MASK])
 *
 * Writes bytes into each packet, as many of them as lie inside of it.
 *
 *	OFFSET  position of the first byte
 *	DATA    the bytes
 *	MASK    bytes, as many as DATA: only their bits that are set are written. Default: all
 *
 * Ports: 1 input, 1 output; push or pull.
 *
 *	... -> StoreData(8, \<40>) -> ...
 */
#include <stdlib.h>
#include "nf-apps/click/element.h"

struct storedata_conf {
	uint32_t offset;
};

struct storedata_state {
	uint8_t *data, *mask; /* the data has only bits of the mask */
	uint32_t len;
};

static int storedata_configure(struct nf_element *e, struct nf_args *a)
{
	struct storedata_conf *c = e->conf;
	struct storedata_state *s = e->state;
	const uint8_t *data = NULL, *mask = NULL;
	uint32_t mask_len = 0;

	nf_args_u32(a, "OFFSET", NF_ARGS_POS | NF_ARGS_MUST, &c->offset);
	nf_args_data(a, "DATA", NF_ARGS_POS | NF_ARGS_MUST, &data, &s->len);
	if (nf_args_data(a, "MASK", NF_ARGS_POS, &mask, &mask_len) && mask_len != s->len)
		nf_args_error(a, "MASK: has to be as long as DATA");
	if (a->nb_errors > 0)
		return nf_args_end(a);
	s->data = malloc(s->len + 1u);
	s->mask = malloc(s->len + 1u);
	if (s->data == NULL || s->mask == NULL)
		nf_args_error(a, "out of memory");
	for (uint32_t i = 0; a->nb_errors == 0 && i < s->len; i++) {
		s->mask[i] = mask != NULL ? mask[i] : 0xff;
		s->data[i] = data[i] & s->mask[i];
	}
	return nf_args_end(a);
}

static void storedata_cleanup(struct nf_element *e)
{
	struct storedata_state *s = e->state;

	free(s->data);
	free(s->mask);
}

static inline int storedata_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct storedata_conf *c = conf;
	const struct storedata_state *s = e->state;
	uint32_t n = p->len > c->offset ? p->len - c->offset : 0;
	uint8_t *to = p->data + (n > 0 ? c->offset : 0);

	if (n > s->len)
		n = s->len;
	for (uint32_t i = 0; i < n; i++)
		to[i] = (uint8_t)((to[i] & ~s->mask[i]) | s->data[i]);
	return 0;
}

NF_EACH_DEFINE(storedata)

const struct nf_class nf_storedata = {
	.name = "StoreData",
	.ports = "1/1",
	.processing = "a/a",
	.conf_size = sizeof(struct storedata_conf),
	.state_size = sizeof(struct storedata_state),
	.configure = storedata_configure,
	.cleanup = storedata_cleanup,
	NF_EACH(storedata),
};
