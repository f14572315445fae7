/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPFieldInfo()
 * IPNameInfo()
 *
 * Do nothing: in Click they hold the names of IP header fields and numbers, which the classifiers
 * and argument readers know here by themselves. They are understood for configurations that name
 * them.
 *
 * Ports: none.
 *
 *	IPFieldInfo;
 */
#include "nf-apps/click/element.h"

const struct nf_class nf_ipfieldinfo = {
	.name = "IPFieldInfo",
	.ports = "0/0",
	.processing = "a/a",
};

const struct nf_class nf_ipfieldinfo_name = {
	.name = "IPNameInfo",
	.ports = "0/0",
	.processing = "a/a",
};
