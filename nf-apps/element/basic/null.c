/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Null
 *
 * Lets packets pass. For measuring what an element costs, and as a named point in a configuration.
 *
 * Ports: 1 input, 1 output; push or pull.
 *
 *	... -> Null -> ...
 */
#include "nf-apps/click/element.h"

static inline int null_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	return 0;
}

NF_EACH_DEFINE(null)

const struct nf_class nf_null = {
	.name = "Null",
	.ports = "1/1",
	.processing = "a/a",
	NF_EACH(null),
};
