/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Handlers by name: "element.handler", or a global one ("version", "list", "config", ...). What
 * ControlSocket, Script, `./sluice ctl` and the twin's -h speak to. Any text may come in.
 */
#ifndef SLUICE_NF_APPS_CLICK_HANDLER_H
#define SLUICE_NF_APPS_CLICK_HANDLER_H

#include "nf-apps/click/router.h"

/* -ENOENT: no such element or handler, -EACCES: not readable or writable, else the handler's own;
 * errs is told in each case. `from`: element whose compound element names are looked up in first,
 * or NULL. */
int nf_handler_read(struct nf_router *r, const struct nf_element *from, const char *name,
	const char *param, struct nf_text *out, struct nf_errors *errs) UK_MUST_USE;
int nf_handler_write(struct nf_router *r, const struct nf_element *from, const char *name,
	const char *value, struct nf_errors *errs) UK_MUST_USE;

/* The element of that name, or of that number: "#3" and "3" are the third. NULL. */
struct nf_element *nf_handler_element(
	struct nf_router *r, const struct nf_element *from, const char *name);

/* The handler `name` of an element (its own before those that all have), or NULL. */
const struct nf_handler *nf_handler_find(const struct nf_element *e, const char *name);

/* A global handler, or NULL. */
const struct nf_handler *nf_handler_find_global(const char *name);

/* "name\tr|w|rw\n" for each. */
void nf_handler_list(const struct nf_element *e, struct nf_text *out);

/* Ready-made read functions: arg is the offset of the field in `state`. */
int nf_handler_read_u64(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs);
int nf_handler_read_u32(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs);
int nf_handler_read_bool(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs);
/* And write functions, with the range of the type checked. */
int nf_handler_write_u32(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);
int nf_handler_write_bool(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);

#define NF_HANDLER_U64(nm, type, field)                                                            \
	{                                                                                          \
		.name = nm, .read = nf_handler_read_u64, .arg = offsetof(type, field),             \
		.flags = NF_HANDLER_RATE                                                           \
	}
#define NF_HANDLER_U32(nm, type, field)                                                            \
	{                                                                                          \
		.name = nm, .read = nf_handler_read_u32, .arg = offsetof(type, field)              \
	}

/* tickets (rw), scheduled (r): what elements with one task have. arg: its offset in `state`. */
int nf_handler_read_tickets(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs);
int nf_handler_write_tickets(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);
int nf_handler_read_scheduled(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs);
int nf_handler_write_scheduled(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs);

#define NF_HANDLER_TASK(type, field)                                                               \
	{ .name = "tickets",                                                                       \
		.read = nf_handler_read_tickets,                                                   \
		.write = nf_handler_write_tickets,                                                 \
		.arg = offsetof(type, field) },                                                    \
	{                                                                                          \
		.name = "scheduled", .read = nf_handler_read_scheduled,                            \
		.write = nf_handler_write_scheduled, .arg = offsetof(type, field)                  \
	}

#endif
