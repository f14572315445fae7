/* SPDX-License-Identifier: BSD-3-Clause */
/* Handlers for single fields of an element's state: the ready-made functions of handler.h. */
#include <errno.h>
#include "nf-apps/click/handler.h"

static void *field_at(const struct nf_element *e, uintptr_t off)
{
	return (uint8_t *)e->state + off;
}

int nf_handler_read_u64(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	nf_text_printf(out, "%lu", *(const uint64_t *)field_at(e, off));
	return 0;
}

int nf_handler_read_u32(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	nf_text_printf(out, "%u", *(const uint32_t *)field_at(e, off));
	return 0;
}

int nf_handler_read_bool(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_text_printf(out, "%s", *(const bool *)field_at(e, off) ? "true" : "false");
	return 0;
}

int nf_handler_write_u32(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	uint64_t v;

	if (nf_addr_u64(value, &v) < 0 || v > UINT32_MAX)
		return nf_errors_add(
			errs, NULL, "'%s' is no number from 0 to %u", value, UINT32_MAX);
	*(uint32_t *)field_at(e, off) = (uint32_t)v;
	return 0;
}

int nf_handler_write_bool(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	bool v;

	if (nf_addr_bool(value, &v) < 0)
		return nf_errors_add(errs, NULL, "'%s' is neither true nor false", value);
	*(bool *)field_at(e, off) = v;
	return 0;
}

int nf_handler_read_tickets(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_text_printf(out, "%u", ((const struct nf_task *)field_at(e, off))->tickets);
	return 0;
}

int nf_handler_write_tickets(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	uint64_t v;

	if (nf_addr_u64(value, &v) < 0 || v < 1 || v > NF_TASK_TICKETS_MAX)
		return nf_errors_add(errs, NULL, "tickets are 1 to %u", NF_TASK_TICKETS_MAX);
	nf_task_tickets_set(field_at(e, off), (uint32_t)v);
	return 0;
}

int nf_handler_read_scheduled(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_text_printf(out, "%s",
		((const struct nf_task *)field_at(e, off))->scheduled ? "true" : "false");
	return 0;
}

int nf_handler_write_scheduled(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	bool v;

	if (nf_addr_bool(value, &v) < 0)
		return nf_errors_add(errs, NULL, "'%s' is neither true nor false", value);
	if (v)
		nf_task_schedule(field_at(e, off));
	else
		nf_task_unschedule(field_at(e, off));
	return 0;
}
