// SPDX-License-Identifier: BSD-3-Clause
// ids: looks for patterns in the first bytes of connections that pass between two cards, both ways. Alerts:
// `./sluice ctl NAME read ids.alerts`. Everything passes; with ACTION drop it becomes an intrusion prevention system.
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

ids :: PatternMatcher(
	shell "/bin/sh" tcp,
	traversal "../../" tcp port 80,
	sled \<90 90 90 90 90 90 90 90>,
	admin "admin.php" nocase tcp port 80,
	ACTION alert, HEAD 4096, CAPACITY 65536);

in0 [0] -> ids;
in1 [0] -> ids;
ids -> Unstrip(14) -> way :: PaintSwitch;
way [0] -> to1;
way [1] -> to0;
