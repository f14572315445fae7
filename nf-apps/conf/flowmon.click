// SPDX-License-Identifier: BSD-3-Clause
// flowmon: passes frames between two cards and exports what flows there are by IPFIX (RFC 7011) to $COLLECTOR on card 1.
define($SRC 10.0.1.1, $COLLECTOR 10.0.1.9, $COLLECTOR_MAC 02-00-00-00-00-09)

elementclass FromWire { $dev |
	FromDevice($dev) -> type :: Classifier(12/0800, -);
	type [0] -> Strip(14) -> CheckIPHeader -> [0] output;
	type [1] -> [1] output;
}

in0 :: FromWire(eth0);
in1 :: FromWire(eth1);
to0 :: ToDevice(eth0);
to1 :: ToDevice(eth1);
in0 [1] -> to1;
in1 [1] -> to0;

up :: IPFIXExporter($SRC, $COLLECTOR);
down :: IPFIXExporter($SRC, $COLLECTOR, DOMAIN 2);
export :: EtherEncap(0x0800, $ETH1_MAC, $COLLECTOR_MAC) -> to1;
in0 [0] -> up -> Unstrip(14) -> to1;
in1 [0] -> down -> Unstrip(14) -> to0;
up [1] -> export;
down [1] -> export;
