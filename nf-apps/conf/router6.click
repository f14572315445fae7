// SPDX-License-Identifier: BSD-3-Clause
// router6: an IPv6 router between two networks, with neighbour discovery and ICMPv6 errors (RFC 8200, 4861, 4443).
// $IPn is the router's address on card n, $NETn the network there, $GW the next hop for everything else (on
// network 1). Hosts have to know the router: it sends no router advertisements.
define($IP0 2001:db8:0::1, $NET0 2001:db8:0::/64,
       $IP1 2001:db8:1::1, $NET1 2001:db8:1::/64,
       $GW 2001:db8:1::2, $MTU 1500)

elementclass PortIn6 { $dev, $ip, $mac |
	FromDevice($dev) -> type :: Classifier(12/86dd 20/3aff 54/87, 12/86dd 20/3aff 54/88, 12/86dd, -);
	type [0] -> IP6NDAdvertiser($ip/128 $mac) -> [1] output;
	type [1] -> [2] output;
	type [2] -> HostEtherFilter($mac) -> Strip(14) -> CheckIP6Header -> GetIP6Address(24) -> [0] output;
	type [3] -> Discard;
}

elementclass PortOut6 { $ip, $mtu |
	input -> DropBroadcasts -> size :: CheckLength($mtu) -> hops :: DecIP6HLIM -> [0] output;
	hops [1] -> ICMP6Error($ip, timeexceeded, 0) -> [1] output;
	size [1] -> ICMP6Error($ip, pkttoobig, 0, MTU $mtu) -> [1] output;
}

in0 :: PortIn6(eth0, $IP0, $ETH0_MAC);
in1 :: PortIn6(eth1, $IP1, $ETH1_MAC);
nd0 :: IP6NDSolicitor($IP0, $ETH0_MAC);
nd1 :: IP6NDSolicitor($IP1, $ETH1_MAC);
out0 :: PortOut6($IP0, $MTU);
out1 :: PortOut6($IP1, $MTU);
to0 :: ToDevice(eth0);
to1 :: ToDevice(eth1);

// outputs: 0 the router itself, 1 network 0, 2 network 1
rt :: LookupIP6Route($IP0/128 0, $IP1/128 0, fe80::/10 0, ff00::/8 0, $NET0 1, $NET1 2, ::/0 $GW 2);

in0 [0] -> rt;
in1 [0] -> rt;
in0 [1] -> to0;
in1 [1] -> to1;
in0 [2] -> [1] nd0;
in1 [2] -> [1] nd1;
rt [0] -> local :: Discard;
rt [1] -> out0 -> [0] nd0 -> to0;
rt [2] -> out1 -> [0] nd1 -> to1;
out0 [1] -> rt;
out1 [1] -> rt;
