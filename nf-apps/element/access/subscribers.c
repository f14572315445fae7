/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/access/subscribers.h"

#define SUBSCRIBERS_FIRST 16u

void nf_subscribers_free(struct nf_subscribers *s)
{
	free(s->v);
	free(s->heads);
	*s = (struct nf_subscribers){ 0 };
}

/* Names in the table are the operator's; those of strangers are only looked up. */
static uint32_t subscribers_hash(const struct nf_subscribers *s, const void *name, uint32_t len)
{
	const uint8_t *p = name;
	uint32_t h = 2166136261u;

	for (uint32_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619u;
	return (h ^ h >> 15) & (s->room - 1);
}

uint32_t nf_subscribers_find(const struct nf_subscribers *s, const void *name, uint32_t len)
{
	if (s->room == 0 || len > NF_SUBSCRIBERS_NAME_MAX)
		return NF_SUBSCRIBERS_NONE;
	for (uint32_t i = s->heads[subscribers_hash(s, name, len)]; i != 0; i = s->v[i - 1].next) {
		const struct nf_subscriber *u = &s->v[i - 1];

		if (u->name_len == len && memcmp(u->name, name, len) == 0)
			return i - 1;
	}
	return NF_SUBSCRIBERS_NONE;
}

static void subscribers_link(struct nf_subscribers *s, uint32_t nr)
{
	uint32_t *head = &s->heads[subscribers_hash(s, s->v[nr].name, s->v[nr].name_len)];

	s->v[nr].next = *head;
	*head = nr + 1;
}

static int subscribers_grow(struct nf_subscribers *s)
{
	uint32_t room = s->room ? s->room * 2 : SUBSCRIBERS_FIRST;
	struct nf_subscriber *v = realloc(s->v, room * sizeof(*v));
	uint32_t *heads;

	if (v == NULL)
		return -ENOMEM;
	s->v = v;
	heads = calloc(room, sizeof(*heads));
	if (heads == NULL)
		return -ENOMEM;
	free(s->heads);
	s->heads = heads;
	s->room = room;
	for (uint32_t i = 0; i < s->nb; i++) {
		if (v[i].used)
			subscribers_link(s, i);
	}
	return 0;
}

static uint32_t subscribers_place(struct nf_subscribers *s)
{
	for (uint32_t i = 0; s->nb_used < s->nb && i < s->nb; i++) {
		if (!s->v[i].used)
			return i;
	}
	return s->nb;
}

int nf_subscribers_add(
	struct nf_subscribers *s, const char *name, const char *secret, uint32_t addr_be)
{
	size_t name_len = strlen(name), secret_len = strlen(secret);
	uint32_t nr = subscribers_place(s);
	struct nf_subscriber *u;

	if (name_len == 0 || name_len > NF_SUBSCRIBERS_NAME_MAX ||
		secret_len > NF_SUBSCRIBERS_SECRET_MAX)
		return -EINVAL;
	if (nf_subscribers_find(s, name, (uint32_t)name_len) != NF_SUBSCRIBERS_NONE)
		return -EEXIST;
	if (nr >= NF_SUBSCRIBERS_MAX)
		return -ENOSPC;
	if (nr == s->room && subscribers_grow(s) < 0)
		return -ENOMEM;
	u = &s->v[nr];
	*u = (struct nf_subscriber){ .name_len = (uint8_t)name_len,
		.secret_len = (uint8_t)secret_len,
		.used = true,
		.addr_be = addr_be };
	memcpy(u->name, name, name_len);
	memcpy(u->secret, secret, secret_len);
	if (nr == s->nb)
		s->nb++;
	s->nb_used++;
	subscribers_link(s, nr);
	return 0;
}

void nf_subscribers_remove(struct nf_subscribers *s, uint32_t nr)
{
	uint32_t *at = &s->heads[subscribers_hash(s, s->v[nr].name, s->v[nr].name_len)];

	while (*at != nr + 1)
		at = &s->v[*at - 1].next;
	*at = s->v[nr].next;
	s->v[nr].used = false;
	s->nb_used--;
}
