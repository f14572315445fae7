// SPDX-License-Identifier: BSD-3-Clause
// nat: network address and port translation (RFC 3022, 4787, 5382, 5508). Card 0 is the inside, card 1 the
// outside. Everything that comes from the inside leaves with the address $PUBLIC; answers find their way back;
// what nobody inside asked for is dropped. With EIM=true mappings do not depend on the destination, and hosts inside
// reach each other by the outer address.
define($IP0 10.0.0.1, $NET0 10.0.0.0/24,
       $PUBLIC 192.0.2.1, $NET1 192.0.2.0/24, $GW 192.0.2.254,
       $PORTS 1024-65535, $CAPACITY 65536, $EIM false)

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
nat :: IPRewriter(pattern $PUBLIC $PORTS - - 0 1, drop, MAPPING_CAPACITY $CAPACITY,
	ENDPOINT_INDEPENDENT $EIM, HAIRPIN $EIM);
ping :: ICMPPingRewriter(pattern $PUBLIC 0-65535 - - 0 1, drop);
errors :: ICMPRewriter(nat ping);

// outputs: 0 the outside, 1 the inside, 2 nobody: our own outer address
route :: StaticIPLookup($PUBLIC/32 2, $NET0 1, $NET1 0, 0.0.0.0/0 $GW 0);
route [0] -> IPFragmenter(1500) -> [0] arp1 -> to1;
route [1] -> IPFragmenter(1500) -> [0] arp0 -> to0;
route [2] -> Discard;

in0 [0] -> inside :: IPClassifier(ip frag, dst host $IP0, tcp or udp, icmp type echo, icmp, -);
inside [0] -> IPReassembler -> inside;
inside [1] -> own0 :: IPClassifier(icmp type echo, -);
own0 [0] -> ICMPPingResponder -> route;
own0 [1] -> Discard;
inside [2] -> ttl :: DecIPTTL -> [0] nat;
inside [3] -> ttlping :: DecIPTTL -> [0] ping;
inside [4] -> errors;
inside [5] -> Discard;
ttl [1] -> expired :: ICMPError($IP0, timeexceeded) -> route;
ttlping [1] -> expired;

in1 [0] -> outside :: IPClassifier(ip frag, tcp or udp, icmp type echo-reply, dst host $PUBLIC && icmp type echo, icmp, -);
outside [0] -> IPReassembler -> outside;
outside [1] -> [1] nat;
outside [2] -> [1] ping;
outside [3] -> ICMPPingResponder -> route;
outside [4] -> errors;
outside [5] -> Discard;

nat [0] -> route;
ping [0] -> route;
nat [1] -> DecIPTTL -> route;
ping [1] -> DecIPTTL -> route;
errors -> route;
