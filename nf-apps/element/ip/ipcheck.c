/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/ip/ipcheck.h"

void nf_ipcheck_args(struct nf_ipcheck_lists *l, struct nf_args *a)
{
	nf_iplist_args_interfaces(&l->bad_src, &l->good_dst, a, "INTERFACES");
	nf_iplist_args(&l->bad_src, a, "BADSRC", 0);
	nf_iplist_args(&l->good_dst, a, "GOODDST", 0);
}

void nf_ipcheck_args_old(struct nf_ipcheck_lists *l, struct nf_args *a, const char *text)
{
	nf_iplist_parse(&l->bad_src, a, "BADSRC", text);
	if (nf_iplist_add(&l->bad_src, 0) < 0 || nf_iplist_add(&l->bad_src, UINT32_MAX) < 0)
		nf_args_error(a, "BADSRC: too many addresses");
}

void nf_ipcheck_args_end(struct nf_ipcheck_conf *c, const struct nf_ipcheck_lists *l)
{
	c->any_bad = l->bad_src.nb != 0;
}

void nf_ipcheck_free(struct nf_ipcheck_lists *l)
{
	nf_iplist_free(&l->bad_src);
	nf_iplist_free(&l->good_dst);
}
