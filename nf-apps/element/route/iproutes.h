/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the IPv4 routing elements have in common: arguments `ADDR/MASK [GW] OUT`, handlers that
 * change and show the table, and the look-up of a vector of packets. Their state is a struct
 * nf_iproutes.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_ROUTE_IPROUTES_H
#define SLUICE_NF_APPS_ELEMENT_ROUTE_IPROUTES_H

#include "nf-apps/click/handler.h"
#include "nf-apps/element/route/ipfib.h"

struct nf_iproutes {
	struct nf_ipfib fib;
	uint64_t nb_no_route;
};

int nf_iproutes_configure(struct nf_element *e, struct nf_args *a);
void nf_iproutes_cleanup(struct nf_element *e);

/* Each packet's destination annotation is looked up; it becomes the gateway, if the route has one.
 * Cost: about 20 cycles per packet while the table is in the cache. */
void nf_iproutes_push(
	struct nf_element *e, unsigned port, struct uk_netbuf *v[] UK_TAKES, uint16_t n);

int nf_iproutes_read_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs);
int nf_iproutes_read_lookup(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs);
/* arg: enum nf_iproutes_command. */
int nf_iproutes_write_route(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);
int nf_iproutes_write_ctrl(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);
int nf_iproutes_write_flush(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);

enum nf_iproutes_command { NF_IPROUTES_ADD, NF_IPROUTES_SET, NF_IPROUTES_REMOVE };

#define NF_IPROUTES_HANDLERS_READ                                                                  \
	{ .name = "table", .read = nf_iproutes_read_table, .flags = NF_HANDLER_EXPENSIVE },        \
	{                                                                                          \
		.name = "lookup", .read = nf_iproutes_read_lookup, .flags = NF_HANDLER_PARAM       \
	}

#define NF_IPROUTES_HANDLERS_WRITE                                                                 \
	{ .name = "add", .write = nf_iproutes_write_route, .arg = NF_IPROUTES_ADD },               \
		{ .name = "set", .write = nf_iproutes_write_route, .arg = NF_IPROUTES_SET },       \
		{ .name = "remove", .write = nf_iproutes_write_route, .arg = NF_IPROUTES_REMOVE }, \
		{ .name = "ctrl", .write = nf_iproutes_write_ctrl },                               \
	{                                                                                          \
		.name = "flush", .write = nf_iproutes_write_flush, .flags = NF_HANDLER_BUTTON      \
	}

/* The one reason of theirs. */
#define NF_IPROUTES_DROPS    "no route", NULL
#define NF_IPROUTES_NO_ROUTE 0

/* A class: the rest of its fields; `handlers` end with { .name = NULL }. */
#define NF_IPROUTES_CLASS(click_name, ...)                                                         \
	.name = click_name, .ports = "1/-", .processing = "h/h",                                   \
	.state_size = sizeof(struct nf_iproutes), .configure = nf_iproutes_configure,              \
	.cleanup = nf_iproutes_cleanup, .push = nf_iproutes_push,                                  \
	.drops = (const char *const[]){ NF_IPROUTES_DROPS },                                       \
	.handlers = (const struct nf_handler[]){ __VA_ARGS__, { .name = NULL } },                  \
	.flags = NF_CLASS_ANNO

#endif
