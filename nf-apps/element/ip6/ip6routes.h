/* SPDX-License-Identifier: BSD-3-Clause */
/* Routes of LookupIP6Route as text: arguments and handlers. */
#ifndef SLUICE_NF_APPS_ELEMENT_IP6_IP6ROUTES_H
#define SLUICE_NF_APPS_ELEMENT_IP6_IP6ROUTES_H

#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip6/ip6hdr.h"
#include "nf-apps/element/ip6/ip6trie.h"

struct nf_ip6routes {
	struct nf_ip6trie trie;
};

enum nf_ip6routes_command { NF_IP6ROUTES_ADD, NF_IP6ROUTES_REMOVE };

int nf_ip6routes_configure(struct nf_element *e, struct nf_args *a);
void nf_ip6routes_cleanup(struct nf_element *e);
int nf_ip6routes_read_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs);
int nf_ip6routes_read_lookup(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs);
/* arg: enum nf_ip6routes_command */
int nf_ip6routes_write_route(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);
int nf_ip6routes_write_ctrl(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);
int nf_ip6routes_write_flush(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);

#endif
