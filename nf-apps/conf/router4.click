// SPDX-License-Identifier: BSD-3-Clause
// router4: an IPv4 router between two networks, with ARP, ICMP errors, options, fragments (RFC 1812).
// $IPn is the router's address on card n, $NETn the network there, $GW the next hop for everything else (on
// network 1). Further routes: `./sluice ctl NAME write rt.add "192.168.0.0/16 10.0.0.7 1"`.
define($IP0 10.0.0.1, $NET0 10.0.0.0/24,
       $IP1 10.0.1.1, $NET1 10.0.1.0/24,
       $GW 10.0.1.2, $MTU 1500)

// What a card does with what it receives: ARP is answered, IP packets for the router's address on the card go on.
elementclass PortIn { $dev, $ip, $mac, $color |
	FromDevice($dev) -> type :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
	type [0] -> ARPResponder($ip $mac) -> [1] output;
	type [1] -> [2] output;
	type [2] -> Paint($color) -> HostEtherFilter($mac) -> Strip(14) -> CheckIPHeader(INTERFACES $ip/32) -> [0] output;
	type [3] -> Discard;
}

// What is done to a packet that leaves by a card; errors go out of the second output.
elementclass PortOut { $ip, $color, $mtu |
	input -> DropBroadcasts -> same :: PaintTee($color) -> opt :: IPGWOptions($ip) -> FixIPSrc($ip)
	      -> ttl :: DecIPTTL -> frag :: IPFragmenter($mtu) -> [0] output;
	same [1] -> ICMPError($ip, redirect, host) -> [1] output;
	opt [1] -> ICMPError($ip, parameterproblem) -> [1] output;
	ttl [1] -> ICMPError($ip, timeexceeded) -> [1] output;
	frag [1] -> ICMPError($ip, unreachable, needfrag) -> [1] output;
}

in0 :: PortIn(eth0, $IP0, $ETH0_MAC, 1);
in1 :: PortIn(eth1, $IP1, $ETH1_MAC, 2);
out0 :: PortOut($IP0, 1, $MTU);
out1 :: PortOut($IP1, 2, $MTU);
arp0 :: ARPQuerier($IP0, $ETH0_MAC);
arp1 :: ARPQuerier($IP1, $ETH1_MAC);
to0 :: ToDevice(eth0);
to1 :: ToDevice(eth1);

// outputs: 0 the router itself, 1 network 0, 2 network 1
rt :: RadixIPLookup($IP0/32 0, $IP1/32 0, $NET0 1, $NET1 2, 0.0.0.0/0 $GW 2);

in0 [0] -> rt;
in1 [0] -> rt;
in0 [1] -> to0;
in1 [1] -> to1;
in0 [2] -> [1] arp0;
in1 [2] -> [1] arp1;

rt [0] -> IPReassembler -> ping :: IPClassifier(icmp type echo, -);
ping [0] -> ICMPPingResponder -> rt;
ping [1] -> local :: Discard;
rt [1] -> out0 -> [0] arp0 -> to0;
rt [2] -> out1 -> [0] arp1 -> to1;
out0 [1] -> rt;
out1 [1] -> rt;
