/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The queues that a RED or CoDel watches: named with QUEUES, or the nearest ones that packets come
 * to (push) or come from (pull). Life: nf_storage_names in configure, nf_storage_find in
 * initialize, free.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_QUEUE_STORAGE_H
#define SLUICE_NF_APPS_ELEMENT_QUEUE_STORAGE_H

#include "nf-apps/click/element.h"

struct nf_storage {
	struct nf_element **v;
	uint32_t nb;
};

#define NF_STORAGE_MAX 256

/* Takes argument QUEUES: names with spaces between. -ENOMEM */
int nf_storage_names(struct nf_storage *s, struct nf_element *e, struct nf_args *a) UK_MUST_USE;
/* Searches the graph if no names were given: from output 0 on, or back from input 0. -EINVAL, told:
 * there is none. -ENOMEM */
int nf_storage_find(struct nf_storage *s, struct nf_element *e, bool downstream,
	struct nf_errors *errs) UK_MUST_USE;
void nf_storage_free(struct nf_storage *s);

/* Their names, one to a line. */
void nf_storage_print(const struct nf_storage *s, struct nf_text *out);

/* Packets in all of them. */
UK_INLINE uint32_t nf_storage_stored(const struct nf_storage *s)
{
	uint32_t nb = 0;

	for (uint32_t i = 0; i < s->nb; i++)
		nb += s->v[i]->class->stored(s->v[i]);
	return nb;
}

#endif
