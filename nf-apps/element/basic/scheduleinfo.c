/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ScheduleInfo(ELEMENT SHARE, ...)
 *
 * Says how often elements with tasks get their turn: one with SHARE 2 twice as often as one with 1,
 * which is what they have if nobody says anything.
 *
 *	ELEMENT  name of an element with a task, as seen from where the ScheduleInfo stands
 *	SHARE    a number, fractions included, more than 0 and up to 32
 *
 * No ports. It writes the elements' `tickets`: 1024 for each 1 of their share.
 *
 *	ScheduleInfo(in 2, out 0.5);
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "nf-apps/click/handler.h"

#define SCHEDULEINFO_ONE NF_TASK_TICKETS

/* "ELEMENT SHARE"; tickets out. */
static int scheduleinfo_parse(char *words[2], uint32_t *tickets)
{
	uint64_t micro;

	if (nf_addr_decimal(words[1], strlen(words[1]), 6, &micro) != 0 ||
		micro > 1000000ull * NF_TASK_TICKETS_MAX / SCHEDULEINFO_ONE)
		return -EINVAL;
	*tickets = (uint32_t)((micro * SCHEDULEINFO_ONE + 500000) / 1000000);
	return *tickets >= 1 ? 0 : -EINVAL;
}

static int scheduleinfo_configure(struct nf_element *e, struct nf_args *a)
{
	const char *text;

	while ((text = nf_args_next(a)) != NULL) {
		char *words[2], *copy = NULL;
		int nb = nf_args_words(text, words, 2, &copy);
		uint32_t tickets;

		if (nb != 0 && (nb != 2 || scheduleinfo_parse(words, &tickets) != 0))
			nf_args_error(
				a, "'%.40s' is not 'ELEMENT SHARE', of a share up to 32", text);
		else if (nb == 2 && nf_element_find(e, words[0]) == NULL)
			nf_args_error(a, "there is no element '%.40s'", words[0]);
		free(copy);
	}
	return nf_args_end(a);
}

static int scheduleinfo_set(struct nf_element *e, char *words[2], struct nf_errors *errs)
{
	struct nf_element *to = nf_element_find(e, words[0]);
	const struct nf_handler *h = to != NULL ? nf_handler_find(to, "tickets") : NULL;
	uint32_t tickets = SCHEDULEINFO_ONE;
	char buf[16];

	if (h == NULL || h->write == NULL)
		return nf_errors_add(errs, e->where, "element '%s' has no task", words[0]);
	if (scheduleinfo_parse(words, &tickets) != 0)
		return -EINVAL;
	snprintf(buf, sizeof(buf), "%u", tickets);
	return h->write(to, h->arg, buf, errs);
}

static int scheduleinfo_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct nf_args a;
	int rc = nf_args_init(&a, e->args, e, e->where, errs);
	const char *text;

	if (rc != 0)
		return rc;
	while (rc == 0 && (text = nf_args_next(&a)) != NULL) {
		char *words[2], *copy = NULL;

		if (nf_args_words(text, words, 2, &copy) == 2)
			rc = scheduleinfo_set(e, words, errs);
		free(copy);
	}
	nf_args_free(&a);
	return rc;
}

const struct nf_class nf_scheduleinfo = {
	.name = "ScheduleInfo",
	.ports = "0/0",
	.processing = "a/a",
	.configure = scheduleinfo_configure,
	.initialize = scheduleinfo_initialize,
	.phase = 100, /* tasks are there by then */
};
