/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who may log in: names, secrets and fixed addresses, found by name. Filled from arguments and
 * handlers; names to look up come from outside. Life: all zero -> add, remove, find -> free.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_ACCESS_SUBSCRIBERS_H
#define SLUICE_NF_APPS_ELEMENT_ACCESS_SUBSCRIBERS_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

#define NF_SUBSCRIBERS_MAX        65536u
#define NF_SUBSCRIBERS_NAME_MAX   64u
#define NF_SUBSCRIBERS_SECRET_MAX 64u
#define NF_SUBSCRIBERS_NONE       UINT32_MAX

struct nf_subscriber {
	char name[NF_SUBSCRIBERS_NAME_MAX]; /* no 0 at the end if it is that long */
	uint8_t secret[NF_SUBSCRIBERS_SECRET_MAX];
	uint8_t name_len, secret_len;
	bool used;
	uint32_t addr_be; /* 0: from the pool */
	uint32_t next;    /* in its hash chain, + 1; 0: the last */
};

struct nf_subscribers {
	struct nf_subscriber *v;
	uint32_t *heads;            /* + 1 */
	uint32_t nb, room, nb_used; /* nb: places in v that were used once */
};

void nf_subscribers_free(struct nf_subscribers *s);
/* By number; a number stays a subscriber's until he is removed. NF_SUBSCRIBERS_NONE. */
uint32_t nf_subscribers_find(const struct nf_subscribers *s, const void *name, uint32_t len);
/* -EEXIST, -ENOSPC, -ENOMEM, -EINVAL (too long, or no name). */
int nf_subscribers_add(struct nf_subscribers *s, const char *name, const char *secret,
	uint32_t addr_be) UK_MUST_USE;
void nf_subscribers_remove(struct nf_subscribers *s, uint32_t nr);

#endif
