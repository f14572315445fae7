/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/click/handler_std.h"

static const struct nf_handler *handler_in(const struct nf_handler *table, const char *name)
{
	for (; table != NULL && table->name != NULL; table++) {
		if (strcmp(table->name, name) == 0)
			return table;
	}
	return NULL;
}

const struct nf_handler *nf_handler_find(const struct nf_element *e, const char *name)
{
	const struct nf_handler *h = handler_in(e->class->handlers, name);

	if (h == NULL)
		h = handler_in(nf_handler_std, name);
	if (h == NULL && e->class->own_handlers != NULL)
		h = e->class->own_handlers(e, name);
	return h;
}

const struct nf_handler *nf_handler_find_global(const char *name)
{
	return handler_in(nf_handler_global, name);
}

static bool handler_shadowed(const struct nf_element *e, const struct nf_handler *h)
{
	return handler_in(e->class->handlers, h->name) != NULL;
}

static void handler_list_one(const struct nf_handler *h, struct nf_text *out)
{
	nf_text_printf(out, "%s\t%s%s\n", h->name, h->read ? "r" : "", h->write ? "w" : "");
}

void nf_handler_list(const struct nf_element *e, struct nf_text *out)
{
	for (const struct nf_handler *h = e->class->handlers; h != NULL && h->name != NULL; h++)
		handler_list_one(h, out);
	if (e->class->own_handlers != NULL) {
		const struct nf_handler *h = e->class->own_handlers(e, NULL);

		for (; h != NULL && h->name != NULL; h++)
			handler_list_one(h, out);
	}
	for (const struct nf_handler *h = nf_handler_std; h->name != NULL; h++) {
		if (!handler_shadowed(e, h))
			handler_list_one(h, out);
	}
}

/* No element has a name of digits only. */
struct nf_element *nf_handler_element(
	struct nf_router *r, const struct nf_element *from, const char *name)
{
	const char *digits = name + (name[0] == '#');
	unsigned long nr;

	if (*digits != '\0' && strspn(digits, "0123456789") == strlen(digits)) {
		nr = strtoul(digits, NULL, 10);
		return nr >= 1 && nr <= r->nb_elements ? r->elements[nr - 1] : NULL;
	}
	return from != NULL ? nf_element_find(from, name) : nf_router_find(r, name);
}

/* Finds what `name` says. Global handlers: *e stays NULL. */
static const struct nf_handler *handler_resolve(struct nf_router *r, const struct nf_element *from,
	const char *name, struct nf_element **e, struct nf_errors *errs)
{
	const char *dot = strrchr(name, '.');
	const struct nf_handler *h;
	char *element;

	*e = NULL;
	if (dot == NULL || dot == name) {
		h = handler_in(nf_handler_global, dot == name ? name + 1 : name);
		if (h == NULL)
			nf_errors_add(errs, NULL, "no global handler named '%s'", name);
		return h;
	}
	element = strndup(name, (size_t)(dot - name));
	*e = element != NULL ? nf_handler_element(r, from, element) : NULL;
	if (*e == NULL) {
		nf_errors_add(errs, NULL, "no element named '%s'", element ? element : "");
		free(element);
		return NULL;
	}
	free(element);
	h = nf_handler_find(*e, dot + 1);
	if (h == NULL)
		nf_errors_add(errs, NULL, "element '%s' has no handler '%s'", (*e)->name, dot + 1);
	return h;
}

/* Global handlers get the router through its first element, or none if it is empty. */
static int handler_global_read(struct nf_router *r, const struct nf_handler *h, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct nf_element nobody = {
		.router = r, .core = r->core, .name = "", .args = "", .where = NULL
	};

	return h->read(&nobody, h->arg, param, out, errs);
}

int nf_handler_read(struct nf_router *r, const struct nf_element *from, const char *name,
	const char *param, struct nf_text *out, struct nf_errors *errs)
{
	struct nf_element *e;
	const struct nf_handler *h = handler_resolve(r, from, name, &e, errs);

	if (h == NULL)
		return -ENOENT;
	if (h->read == NULL) {
		nf_errors_add(errs, NULL, "handler '%s' is write-only", name);
		return -EACCES;
	}
	if (e == NULL)
		return handler_global_read(r, h, param ? param : "", out, errs);
	return h->read(e, h->arg, param ? param : "", out, errs);
}

int nf_handler_write(struct nf_router *r, const struct nf_element *from, const char *name,
	const char *value, struct nf_errors *errs)
{
	struct nf_element *e;
	const struct nf_handler *h = handler_resolve(r, from, name, &e, errs);
	struct nf_element nobody = {
		.router = r, .core = r->core, .name = "", .args = "", .where = NULL
	};

	if (h == NULL)
		return -ENOENT;
	if (h->write == NULL) {
		nf_errors_add(errs, NULL, "handler '%s' is read-only", name);
		return -EACCES;
	}
	return h->write(e != NULL ? e : &nobody, h->arg, value ? value : "", errs);
}
