// SPDX-License-Identifier: BSD-3-Clause
// balancer: a layer-4 load balancer. Clients on card 0 talk to $VIP; flows are shared among the servers on card 1 by
// consistent hashing (Maglev), and stay where they are. Servers change live: `./sluice ctl NAME write lb.down 10.1.0.11`,
// lb.drain, lb.up, lb.add "10.1.0.13 2", lb.remove. Servers route their answers through the balancer.
define($VIP 10.0.0.100, $IP0 10.0.0.1, $NET0 10.0.0.0/24, $GW 10.0.0.254,
       $IP1 10.1.0.1, $NET1 10.1.0.0/24)

elementclass PortIn { $dev, $ip, $mac |
	FromDevice($dev) -> type :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
	type [0] -> ARPResponder($ip $mac) -> [1] output;
	type [1] -> [2] output;
	type [2] -> HostEtherFilter($mac) -> Strip(14) -> CheckIPHeader -> [0] output;
	type [3] -> Discard;
}

in0 :: PortIn(eth0, $IP0 $VIP, $ETH0_MAC);
in1 :: PortIn(eth1, $IP1, $ETH1_MAC);
arp0 :: ARPQuerier($IP0, $ETH0_MAC);
arp1 :: ARPQuerier($IP1, $ETH1_MAC);
to0 :: ToDevice(eth0);
to1 :: ToDevice(eth1);
in0 [1] -> to0;
in1 [1] -> to1;
in0 [2] -> [1] arp0;
in1 [2] -> [1] arp1;

lb :: FlowBalancer(10.1.0.11, 10.1.0.12);
rw :: IPRewriter(lb, drop, MAPPING_CAPACITY 1048576);

errors :: ICMPRewriter(rw);

// outputs: 0 clients, 1 servers
route :: StaticIPLookup($NET1 1, $NET0 0, 0.0.0.0/0 $GW 0);
route [0] -> [0] arp0 -> to0;
route [1] -> [0] arp1 -> to1;

in0 [0] -> front :: IPClassifier(dst host $VIP && (tcp or udp), dst host $VIP or $IP0 && icmp type echo, icmp, -);
front [0] -> [0] rw;
front [1] -> ICMPPingResponder -> route;
front [2] -> errors;
front [3] -> Discard;
in1 [0] -> replies :: IPClassifier(tcp or udp, dst host $IP1 && icmp type echo, icmp, -);
replies [0] -> [1] rw;
replies [1] -> ICMPPingResponder -> route;
replies [2] -> errors;
replies [3] -> Discard;
rw [0] -> DecIPTTL -> route;
rw [1] -> DecIPTTL -> route;
errors -> route;
