// SPDX-License-Identifier: BSD-3-Clause
// firewall: a stateless packet filter between two cards, as a bridge: it has no address of its own.
// Rules are IPFilter's, the first that matches decides. ARP passes, everything that is not IP is dropped.
elementclass Rules {
	input -> type :: Classifier(12/0800, 12/0806, -);
	type [0] -> Strip(14) -> CheckIPHeader
	      -> rules :: IPFilter(
			deny ip frag,
			allow icmp type echo or icmp type echo-reply,
			allow dst tcp port 22 && src net 10.0.0.0/8,
			allow dst tcp port 80 or 443,
			allow src tcp port 80 or 443 && ack,
			allow dst udp port 53,
			allow src udp port 53,
			allow udp && dst port >= 33434 && dst port <= 33534,
			deny src net 192.0.2.0/24,
			deny all)
	      -> Unstrip(14) -> output;
	type [1] -> output;
	type [2] -> other :: Discard;
}

FromDevice(eth0) -> up :: Rules -> ToDevice(eth1);
FromDevice(eth1) -> down :: Rules -> ToDevice(eth0);
