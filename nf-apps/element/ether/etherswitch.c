/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EtherSwitch([keywords TIMEOUT, CAPACITY])
 *
 * A learning Ethernet switch (IEEE 802.1D, 7.7 to 7.9, without spanning tree). Input i and
 * output i are one LAN. A frame's source address is learned to be at the LAN it comes from; a
 * frame goes to the LAN of its destination address if that is known, and to all other LANs if it
 * is not, or is a group's. Nothing goes back to where it came from.
 *
 *	TIMEOUT   time after which an address that was silent is forgotten; 0: learn nothing, send
 *	          everything to all. Default 300 s. Frames with time stamps are judged by these
 *	CAPACITY  addresses to remember; when there is no room, the one that was silent longest is
 *	          forgotten. Default 8192 (a quarter of a megabyte)
 *
 * Ports: as many outputs as inputs, 2 at least; push.
 * Handlers:
 *	table (r)                   "ADDRESS PORT", one a line
 *	timeout (rw)                seconds
 *	evicted (r)                 addresses forgotten for want of room
 *	port_forwarding (r)         which outputs frames from each input may leave by
 *	remove_port_forwarding (w)  "IN OUT [OUT ...], ...": forbids these
 *	reset_port_forwarding (w)   allows all again
 * Drops: to where it came from (or forbidden), no buffer for a copy, too short.
 *
 *	s :: EtherSwitch; FromDevice(0) -> [0]s[0] -> Queue -> ToDevice(0); ...
 */
#include "nf-apps/element/ether/macswitch.h"

static void etherswitch_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	int16_t to[UK_BURST_MAX];

	nf_macswitch_decide(e, port, v, to, n);
	nf_macswitch_send(e, port, v, to, n);
}

const struct nf_class nf_etherswitch = {
	NF_MACSWITCH_CLASS("EtherSwitch", "2-/="),
	.push = etherswitch_push,
};
