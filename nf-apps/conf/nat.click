// SPDX-License-Identifier: BSD-3-Clause
// nat: network address and port translation (RFC 3022, 4787, 5382, 5508). Card 0 is the inside, card 1 the
// outside. Everything that comes from the inside leaves with the address $PUBLIC; answers find their way back;
// what nobody inside asked for is dropped.
define($IP0 10.0.0.1, $NET0 10.0.0.0/24,
       $PUBLIC 192.0.2.1, $NET1 192.0.2.0/24, $GW 192.0.2.254,
       $PORTS 1024-65535, $CAPACITY 65536)

elementclass PortIn { $dev, $ip, $mac |
	FromDevice($dev) -> type :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
	type [0] -> ARPResponder($ip $mac) -> [1] output;
	type [1] -> [2] output;
	type [2] -> HostEtherFilter($mac) -> Strip(14) -> CheckIPHeader -> [0] output;
	type [3] -> Discard;
}

in0 :: PortIn(eth0, $IP0, $ETH0_MAC);
in1 :: PortIn(eth1, $PUBLIC, $ETH1_MAC);
arp0 :: ARPQuerier($IP0, $ETH0_MAC);
arp1 :: ARPQuerier($PUBLIC, $ETH1_MAC);
to0 :: ToDevice(eth0);
to1 :: ToDevice(eth1);

in0 [1] -> to0;
in1 [1] -> to1;
in0 [2] -> [1] arp0;
in1 [2] -> [1] arp1;

// inputs: 0 from the inside, 1 from the outside; outputs: 0 to the outside, 1 to the inside
nat :: IPRewriter(pattern $PUBLIC $PORTS - - 0 1, drop, MAPPING_CAPACITY $CAPACITY);
ping :: ICMPPingRewriter(pattern $PUBLIC 0-65535 - - 0 1, drop);
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
