// SPDX-License-Identifier: BSD-3-Clause
// gre: a GRE tunnel end point for IPv4 (RFC 2784, 2890). Hosts on card 0 reach the network $REMOTE behind $PEER.
define($IP0 10.0.0.1, $NET0 10.0.0.0/24, $REMOTE 10.9.0.0/16,
       $IP1 192.0.2.1, $NET1 192.0.2.0/24, $GW 192.0.2.254, $PEER 198.51.100.2, $KEY 7)

elementclass PortIn { $dev, $ip, $mac |
	FromDevice($dev) -> type :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
	type [0] -> ARPResponder($ip $mac) -> [1] output;
	type [1] -> [2] output;
	type [2] -> HostEtherFilter($mac) -> Strip(14) -> CheckIPHeader -> [0] output;
	type [3] -> Discard;
}

in0 :: PortIn(eth0, $IP0, $ETH0_MAC);
in1 :: PortIn(eth1, $IP1, $ETH1_MAC);
arp0 :: ARPQuerier($IP0, $ETH0_MAC);
arp1 :: ARPQuerier($IP1, $ETH1_MAC);
to0 :: ToDevice(eth0);
to1 :: ToDevice(eth1);
in0 [1] -> to0;
in1 [1] -> to1;
in0 [2] -> [1] arp0;
in1 [2] -> [1] arp1;

inner :: StaticIPLookup($NET0 0, $REMOTE 1);
in0 [0] -> inner;
inner [0] -> DecIPTTL -> [0] arp0 -> to0;
inner [1] -> DecIPTTL -> enc :: GREEncap($IP1, $PEER, KEY $KEY, MTU 1500) -> outer :: StaticIPLookup($NET1 0, 0.0.0.0/0 $GW 0) -> [0] arp1 -> to1;
enc [1] -> ICMPError($IP0, unreachable, needfrag, PMTU 1472) -> inner;
in1 [0] -> IPReassembler -> dec :: GREDecap(KEY $KEY) -> CheckIPHeader -> inner;
