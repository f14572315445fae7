/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AlignmentInfo(...), ClickyInfo(...), DevirtualizeInfo(...), FlowInfo(...)
 *
 * Notes for Click's tools: click-align, the Clicky viewer, click-devirtualize, and whoever draws
 * flows. Any arguments are accepted and mean nothing here.
 *
 * No ports.
 *
 *	AlignmentInfo(c 4 2);
 */
#include "nf-apps/click/element.h"

static int alignmentinfo_configure(struct nf_element *e, struct nf_args *a)
{
	while (nf_args_next(a) != NULL)
		;
	return nf_args_end(a);
}

const struct nf_class nf_alignmentinfo = {
	.name = "AlignmentInfo",
	.ports = "0/0",
	.processing = "a/a",
	.configure = alignmentinfo_configure,
};

const struct nf_class nf_alignmentinfo_clicky = {
	.name = "ClickyInfo",
	.ports = "0/0",
	.processing = "a/a",
	.configure = alignmentinfo_configure,
};

const struct nf_class nf_alignmentinfo_devirtualize = {
	.name = "DevirtualizeInfo",
	.ports = "0/0",
	.processing = "a/a",
	.configure = alignmentinfo_configure,
};

const struct nf_class nf_alignmentinfo_flow = {
	.name = "FlowInfo",
	.ports = "0/0",
	.processing = "a/a",
	.configure = alignmentinfo_configure,
};
