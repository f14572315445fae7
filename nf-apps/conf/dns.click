// SPDX-License-Identifier: BSD-3-Clause
// dns: a DNS cache in front of a resolver (RFC 1035, 2308). Clients on card 0 ask $IP0; what is not known is asked of
// $RESOLVER on card 1. Over UDP only. `./sluice ctl NAME read dns.stats`.
define($IP0 10.0.0.1, $NET0 10.0.0.0/24,
       $IP1 10.0.1.1, $NET1 10.0.1.0/24, $GW 10.0.1.2,
       $RESOLVER 10.0.1.53, $CAPACITY 8192)

elementclass PortIn { $dev, $ip, $mac |
	FromDevice($dev) -> type :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
	type [0] -> ARPResponder($ip $mac) -> [1] output;
	type [1] -> [2] output;
	type [2] -> HostEtherFilter($mac) -> Strip(14) -> CheckIPHeader -> IPReassembler -> [0] output;
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

// outputs: 0 and 1 the networks of the cards
route :: StaticIPLookup($NET0 0, $NET1 1, 0.0.0.0/0 $GW 1);
route [0] -> [0] arp0 -> to0;
route [1] -> [0] arp1 -> to1;

dns :: DNSCache($IP1, $RESOLVER, CAPACITY $CAPACITY);
in0 [0] -> ask :: IPClassifier(dst host $IP0 && dst udp port 53, dst host $IP0 && icmp type echo, -);
ask [0] -> CheckUDPHeader -> [0] dns;
ask [1] -> ICMPPingResponder -> route;
ask [2] -> Discard;
in1 [0] -> told :: IPClassifier(src host $RESOLVER && dst host $IP1 && src udp port 53, dst host $IP1 && icmp type echo, -);
told [0] -> CheckUDPHeader -> [1] dns;
told [1] -> ICMPPingResponder -> route;
told [2] -> Discard;
dns [0] -> route;
dns [1] -> route;
