// SPDX-License-Identifier: BSD-3-Clause
// stateful: a stateful firewall between two cards, as a bridge. Card 0 is the inside: hosts there may begin
// connections that the rules in `up` allow. From outside comes what belongs to them, and what the rules in
// `services` let in. ARP passes both ways.
elementclass FromWire { $dev |
	FromDevice($dev) -> type :: Classifier(12/0800, 12/0806, -);
	type [0] -> MarkMACHeader -> Strip(14) -> CheckIPHeader -> [0] output;
	type [1] -> [1] output;
	type [2] -> Discard;
}

in0 :: FromWire(eth0);
in1 :: FromWire(eth1);
to0 :: ToDevice(eth0);
to1 :: ToDevice(eth1);
in0 [1] -> to1;
in1 [1] -> to0;

flows :: FlowFilter(CAPACITY 262144);

in0 [0] -> up :: IPFilter(deny dst tcp port 25, allow all) -> [0] flows;
flows [0] -> Unstrip(14) -> to1;
in1 [0] -> [1] flows;
flows [1] -> Unstrip(14) -> to0;
flows [2] -> services :: IPFilter(allow icmp type echo, allow dst tcp port 22 or 80 or 443 && syn, deny all) -> [2] flows;
