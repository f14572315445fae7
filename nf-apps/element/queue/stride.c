/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/queue/stride.h"

/* Puts a port in front of the first one with no smaller pass: who ran last wins a tie, as in Click.
 */
static void stride_insert(struct nf_stride *s, uint16_t port)
{
	uint32_t pass = s->clients[port].pass, at = 0;

	while (at < s->nb_order && (int32_t)(pass - s->clients[s->order[at]].pass) > 0)
		at++;
	memmove(s->order + at + 1, s->order + at, (s->nb_order - at) * sizeof(*s->order));
	s->order[at] = port;
	s->nb_order++;
}

static void stride_remove(struct nf_stride *s, uint16_t port)
{
	uint32_t at = 0;

	while (at < s->nb_order && s->order[at] != port)
		at++;
	if (at == s->nb_order)
		return;
	s->nb_order--;
	memmove(s->order + at, s->order + at + 1, (s->nb_order - at) * sizeof(*s->order));
}

void nf_stride_charge(struct nf_stride *s, uint32_t nb)
{
	memcpy(s->moved, s->order, nb * sizeof(*s->moved));
	s->nb_order -= nb;
	memmove(s->order, s->order + nb, s->nb_order * sizeof(*s->order));
	for (uint32_t i = 0; i < nb; i++) {
		s->clients[s->moved[i]].pass += s->clients[s->moved[i]].stride;
		stride_insert(s, s->moved[i]);
	}
}

void nf_stride_set(struct nf_stride *s, uint32_t port, uint32_t tickets)
{
	struct nf_stride_client *c = &s->clients[port];
	bool was = c->tickets > 0;

	c->tickets = tickets;
	c->stride = tickets > 0 ? NF_STRIDE_ONE / tickets : 0;
	if (was && tickets == 0)
		stride_remove(s, (uint16_t)port);
	if (!was && tickets > 0) {
		c->pass = c->stride + (s->nb_order > 0 ? s->clients[s->order[0]].pass : 0);
		stride_insert(s, (uint16_t)port);
	}
}

static void stride_read_args(struct nf_stride *s, struct nf_args *a)
{
	for (uint32_t i = 0; i < s->nb_clients; i++) {
		const char *text = nf_args_next(a);
		uint64_t tickets;

		if (text == NULL || nf_addr_u64(text, &tickets) < 0) {
			nf_args_error(a, "argument %u is not a number of tickets", i);
			continue;
		}
		if (tickets > NF_STRIDE_TICKETS_MAX) {
			nf_errors_warn(a->errs, a->where, "port %u: tickets reduced to %u", i,
				NF_STRIDE_TICKETS_MAX);
			tickets = NF_STRIDE_TICKETS_MAX;
		}
		s->clients[i].tickets = (uint32_t)tickets;
		s->clients[i].stride = tickets > 0 ? NF_STRIDE_ONE / (uint32_t)tickets : 0;
		s->clients[i].pass = s->clients[i].stride;
	}
}

int nf_stride_configure(struct nf_stride *s, struct nf_args *a, uint32_t nb)
{
	if (nf_args_left(a) != nb) {
		nf_args_error(a, "expected %u arguments, one number of tickets for each port", nb);
		while (nf_args_next(a) != NULL)
			;
		return nf_args_end(a);
	}
	s->clients = calloc(nb + 1u, sizeof(*s->clients));
	s->order = calloc(nb + 1u, sizeof(*s->order));
	s->moved = calloc(nb + 1u, sizeof(*s->moved));
	if (s->clients == NULL || s->order == NULL || s->moved == NULL) {
		nf_args_free(a);
		return -ENOMEM;
	}
	s->nb_clients = nb;
	stride_read_args(s, a);
	for (uint32_t i = nb; i-- > 0;) {
		if (s->clients[i].tickets > 0)
			stride_insert(s, (uint16_t)i);
	}
	return nf_args_end(a);
}

void nf_stride_free(struct nf_stride *s)
{
	free(s->clients);
	free(s->order);
	free(s->moved);
	*s = (struct nf_stride){ .clients = NULL };
}

static int stride_read(struct nf_element *e, uintptr_t port, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	const struct nf_stride *s = e->state;

	if (port >= s->nb_clients)
		return nf_errors_add(errs, NULL, "'%s' has no port %u", e->name, (unsigned)port);
	nf_text_printf(out, "%u", s->clients[port].tickets);
	return 0;
}

static int stride_write(
	struct nf_element *e, uintptr_t port, const char *value, struct nf_errors *errs)
{
	struct nf_stride *s = e->state;
	uint64_t tickets;

	if (port >= s->nb_clients)
		return nf_errors_add(errs, NULL, "'%s' has no port %u", e->name, (unsigned)port);
	if (nf_addr_u64(value, &tickets) < 0 || tickets > NF_STRIDE_TICKETS_MAX)
		return nf_errors_add(
			errs, NULL, "tickets are 0 to %u, not '%s'", NF_STRIDE_TICKETS_MAX, value);
	nf_stride_set(s, (uint32_t)port, (uint32_t)tickets);
	return 0;
}

static int stride_read_config(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_stride *s = e->state;

	for (uint32_t i = 0; i < s->nb_clients; i++)
		nf_text_printf(out, "%s%u", i > 0 ? ", " : "", s->clients[i].tickets);
	return 0;
}

#define STRIDE_PORT(n)                                                                             \
	{                                                                                          \
		.name = "tickets" #n, .read = stride_read, .write = stride_write, .arg = n         \
	}
#define STRIDE_PORTS(t)                                                                            \
	STRIDE_PORT(t##0), STRIDE_PORT(t##1), STRIDE_PORT(t##2), STRIDE_PORT(t##3),                \
		STRIDE_PORT(t##4), STRIDE_PORT(t##5), STRIDE_PORT(t##6), STRIDE_PORT(t##7),        \
		STRIDE_PORT(t##8), STRIDE_PORT(t##9)

const struct nf_handler nf_stride_handlers[] = {
	STRIDE_PORTS(),
	STRIDE_PORTS(1),
	STRIDE_PORTS(2),
	STRIDE_PORTS(3),
	STRIDE_PORTS(4),
	STRIDE_PORTS(5),
	STRIDE_PORT(60),
	STRIDE_PORT(61),
	STRIDE_PORT(62),
	STRIDE_PORT(63),
	{ .name = "config", .read = stride_read_config },
	{ .name = NULL },
};
