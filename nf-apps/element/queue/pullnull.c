/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PullNull, PushNull
 *
 * Pass every packet on, as Null does, but only in a pull path (PullNull) or a push path (PushNull):
 * for configurations that want to say which one it is.
 *
 * Ports: 1 input, 1 output; pull or push
 * Example: Queue -> PullNull -> ToDevice(eth0);
 */
#include "nf-apps/click/element.h"

static inline int pullnull_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	return 0;
}

NF_EACH_DEFINE(pullnull)

const struct nf_class nf_pullnull = {
	.name = "PullNull",
	.ports = "1/1",
	.processing = "l/l",
	NF_EACH(pullnull),
};
const struct nf_class nf_pullnull_push = {
	.name = "PushNull",
	.ports = "1/1",
	.processing = "h/h",
	NF_EACH(pullnull),
};
