// SPDX-License-Identifier: BSD-3-Clause
// flowmon: passes frames between two cards and exports what flows there are by IPFIX (RFC 7011) to $COLLECTOR, which is on
// the network of card 1 and has the address $COLLECTOR_MAC there (or the router towards it has).
define($SRC 10.0.1.1, $COLLECTOR 10.0.1.9, $COLLECTOR_MAC 02-00-00-00-00-09, $ACTIVE 60s, $IDLE 15s)

elementclass FromWire { $dev, $color |
	FromDevice($dev) -> type :: Classifier(12/0800, -);
	type [0] -> Strip(14) -> CheckIPHeader -> Paint($color) -> [0] output;
	type [1] -> [1] output;
}

in0 :: FromWire(eth0, 0);
in1 :: FromWire(eth1, 1);
to0 :: ToDevice(eth0);
to1 :: ToDevice(eth1);
in0 [1] -> to1;
in1 [1] -> to0;

flows :: IPFIXExporter($SRC, 40000, $COLLECTOR, 4739, ACTIVE $ACTIVE, IDLE $IDLE);
in0 [0] -> flows;
in1 [0] -> flows;
flows [0] -> Unstrip(14) -> way :: PaintSwitch;
flows [1] -> EtherEncap(0x0800, $ETH1_MAC, $COLLECTOR_MAC) -> to1;
way [0] -> to1;
way [1] -> to0;
