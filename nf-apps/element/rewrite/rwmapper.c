/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/rewrite/rwmapper.h"

void nf_rwmapper_cleanup(struct nf_element *m)
{
	struct nf_rwmapper *map = m->state;

	if (map->ops != NULL && map->ops->cleanup != NULL)
		map->ops->cleanup(m);
}

struct nf_rwmapper *nf_rwmapper_of(const struct nf_element *e)
{
	struct nf_rwmapper *m = e->state;

	return e->class->cleanup == nf_rwmapper_cleanup && m->ops != NULL ? m : NULL;
}
