/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ListenEtherSwitch([keywords TIMEOUT, CAPACITY])
 *
 * An EtherSwitch with one output more: a copy of every frame that comes in leaves by the last
 * one. Arguments, handlers and drops are EtherSwitch's.
 *
 * Ports: inputs, and one output more; push.
 *
 *	s :: ListenEtherSwitch; ... s[2] -> ToDump(all.pcap);
 */
#include "nf-apps/element/ether/macswitch.h"

/* Frames that do not go to all anyway get a copy, or go there themselves if they go nowhere else.
 */
static void listenetherswitch_push(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	int16_t listen = (int16_t)(e->nb_out - 1), to[UK_BURST_MAX];
	uint16_t first = 0;

	nf_macswitch_decide(e, port, v, to, n);
	for (uint16_t i = 0; i < n; i++) {
		struct uk_netbuf *copy;

		if (to[i] == NF_MACSWITCH_ALL || to[i] == NF_DROP(NF_MACSWITCH_SHORT))
			continue;
		if (to[i] < 0) {
			to[i] = listen;
			continue;
		}
		/* in order: what came before goes first */
		nf_macswitch_send(e, port, v + first, to + first, i - first);
		first = i;
		copy = nf_packet_copy(&e->core->pools, v[i]);
		if (copy != NULL)
			nf_element_emit_one(e, (unsigned)listen, copy);
		else
			e->drops[NF_ELEMENT_DROPS_OWN + NF_MACSWITCH_NO_BUFFER]++;
	}
	nf_macswitch_send(e, port, v + first, to + first, n - first);
}

const struct nf_class nf_listenetherswitch = {
	NF_MACSWITCH_CLASS("ListenEtherSwitch", "1-/=+"),
	.push = listenetherswitch_push,
};
