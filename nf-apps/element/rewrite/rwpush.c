/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/rewrite/rwpush.h"

void nf_rwpush_change(struct nf_rwbase *rw, uint32_t entry, unsigned state, unsigned class_nr)
{
	struct nf_rwflow *f = nf_rwset_flow(rw->set, entry);

	f->age.user[NF_RWFLOW_STATE] = (uint8_t)state;
	class_nr += rw->first_class;
	/* without memory it keeps the class that it has; the next packet tries again */
	if (f->age.class_nr != class_nr)
		(void)!nf_flowage_move(&rw->set->age, entry, class_nr);
}

int nf_rwpush_find(struct nf_rwbase *rw, const struct nf_rwconf *c, unsigned port,
	const struct nf_rwkey *k, struct uk_netbuf *p, uint32_t *ref)
{
	*ref = nf_flowtable_find(&rw->set->flows, k);
	if (*ref != NF_FLOWTABLE_NONE)
		return NF_KEPT;
	return nf_rwbase_map(
		rw, port, k, c->reply_anno ? nf_packet_anno_u8(p, c->reply_at) : 0, ref);
}
