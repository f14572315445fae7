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

outer :: StaticIPLookup($NET1 0, 0.0.0.0/0 $GW 0);
outer -> [0] arp1 -> to1;

// outputs: 0 the local network, 1 the tunnel, 2 the end point itself
inner :: StaticIPLookup($IP0/32 2, $NET0 0, $REMOTE 1);
in0 [0] -> inner;
inner [0] -> ttl0 :: DecIPTTL -> [0] arp0 -> to0;
inner [1] -> ttl1 :: DecIPTTL -> frag :: IPFragmenter(1472) -> GREEncap($IP1, $PEER, KEY $KEY) -> outer;
inner [2] -> IPClassifier(icmp type echo) -> ICMPPingResponder -> inner;
ttl0 [1] -> expired :: ICMPError($IP0, timeexceeded) -> inner;
ttl1 [1] -> expired;
frag [1] -> ICMPError($IP0, unreachable, needfrag, PMTU 1472) -> inner;

in1 [0] -> IPReassembler -> type :: IPClassifier(src host $PEER && ip proto 47, dst host $IP1 && icmp type echo, -);
type [0] -> dec :: GREDecap(KEY $KEY) -> CheckIPHeader -> inner;
type [1] -> ICMPPingResponder -> outer;
type [2] -> Discard;
