// SPDX-License-Identifier: BSD-3-Clause
// cgnat: carrier-grade NAT (RFC 6888, 7422). Card 0 is towards the subscribers, card 1 the outside. Each
// subscriber gets blocks of $BLOCK ports of one address of $POOL; blocks that are given out and taken back are
// logged (handler cg.log). Mappings do not depend on the destination; subscribers reach each other's outer addresses.
define($IP0 100.64.0.1, $NET0 100.64.0.0/10,
       $IP1 192.0.2.1, $NET1 192.0.2.0/24, $GW 192.0.2.254,
       $POOL 198.51.100.0/28, $BLOCK 512, $CAPACITY 262144)

elementclass PortIn { $dev, $ip, $mac |
	FromDevice($dev) -> type :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
	type [0] -> ARPResponder($ip $mac) -> [1] output;
	type [1] -> [2] output;
	type [2] -> HostEtherFilter($mac) -> Strip(14) -> CheckIPHeader -> [0] output;
	type [3] -> Discard;
}

// The outer addresses are answered for as well.
elementclass PortInPool { $dev, $ip, $pool, $mac |
	FromDevice($dev) -> type :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
	type [0] -> ARPResponder($ip $mac, $pool $mac) -> [1] output;
	type [1] -> [2] output;
	type [2] -> HostEtherFilter($mac) -> Strip(14) -> CheckIPHeader -> [0] output;
	type [3] -> Discard;
}

in0 :: PortIn(eth0, $IP0, $ETH0_MAC);
in1 :: PortInPool(eth1, $IP1, $POOL, $ETH1_MAC);
arp0 :: ARPQuerier($IP0, $ETH0_MAC);
arp1 :: ARPQuerier($IP1, $ETH1_MAC);
to0 :: ToDevice(eth0);
to1 :: ToDevice(eth1);

in0 [1] -> to0;
in1 [1] -> to1;
in0 [2] -> [1] arp0;
in1 [2] -> [1] arp1;

// inputs: 0 from the inside, 1 from the outside; outputs: 0 to the outside, 1 to the inside
cg :: CGNATMap($POOL, BLOCK_SIZE $BLOCK, PRINT false);
nat :: IPRewriter(cg, drop, MAPPING_CAPACITY $CAPACITY, HAIRPIN true);
ping :: ICMPPingRewriter(cg, drop);
errors :: ICMPRewriter(nat ping);

route :: StaticIPLookup($NET0 1, $NET1 0, 0.0.0.0/0 $GW 0);

in0 [0] -> inside :: IPClassifier(dst host $IP0, tcp or udp, icmp type echo, icmp, -);
inside [0] -> own0 :: IPClassifier(icmp type echo, -);
own0 [0] -> ICMPPingResponder -> [0] arp0;
own0 [1] -> Discard;
inside [1] -> [0] nat;
inside [2] -> [0] ping;
inside [3] -> errors;
inside [4] -> Discard;

in1 [0] -> outside :: IPClassifier(tcp or udp, icmp type echo-reply, icmp type echo, icmp, -);
outside [0] -> [1] nat;
outside [1] -> [1] ping;
outside [2] -> ICMPPingResponder -> [0] route;
outside [3] -> errors;
outside [4] -> Discard;

nat [0] -> DecIPTTL -> route;
ping [0] -> DecIPTTL -> route;
nat [1] -> DecIPTTL -> route;
ping [1] -> DecIPTTL -> route;
errors -> route;
route [0] -> [0] arp1 -> to1;
route [1] -> [0] arp0 -> to0;
