/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HashSwitch(OFFSET, LENGTH)
 *
 * Chooses each packet's output by its bytes OFFSET to OFFSET + LENGTH - 1, so that packets with
 * the same bytes there leave by the same output. Shorter packets leave by output 0. The hash is
 * Click's: the sum of the bytes modulo the number of outputs; for 2, 4 and 8 outputs the sum's
 * nibbles are mixed first.
 *
 *	OFFSET  first byte
 *	LENGTH  number of bytes, 1 and more
 *
 * Ports: 1 push input, 1 and more push outputs.
 *
 *	... -> hs :: HashSwitch(26, 8) -> q1; hs[1] -> q2;
 */
#include "nf-apps/click/element.h"

struct hashswitch_conf {
	uint32_t offset, length;
};

static int hashswitch_configure(struct nf_element *e, struct nf_args *a)
{
	struct hashswitch_conf *c = e->conf;

	nf_args_u32(a, "OFFSET", NF_ARGS_POS | NF_ARGS_MUST, &c->offset);
	if (nf_args_u32(a, "LENGTH", NF_ARGS_POS | NF_ARGS_MUST, &c->length) && c->length == 0)
		nf_args_error(a, "LENGTH: must be at least 1");
	return nf_args_end(a);
}

static inline int hashswitch_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct hashswitch_conf *c = conf;
	uint32_t sum = 0, n = e->nb_out;

	if ((uint64_t)c->offset + c->length > p->len)
		return 0;
	for (uint32_t i = 0; i < c->length; i++)
		sum += p->data[c->offset + i];
	if (n == 2 || n == 4 || n == 8)
		return (int)((sum ^ sum >> 4) & (n - 1));
	return (int)(sum % n);
}

NF_EACH_DEFINE(hashswitch)

const struct nf_class nf_hashswitch = {
	.name = "HashSwitch",
	.ports = "1/1-",
	.processing = "h/h",
	.conf_size = sizeof(struct hashswitch_conf),
	.configure = hashswitch_configure,
	NF_EACH(hashswitch),
};
