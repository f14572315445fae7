// SPDX-License-Identifier: BSD-3-Clause
// bras: a software broadband access server. Hosts on card 0 dial in by PPPoE and log in (CHAP or PAP); their packets go to
// the network on card 1 and back, each subscriber at his own rate. `./sluice ctl NAME read bras.sessions`.
define($MAC $ETH0_MAC, $POOL 10.64.0.0/16, $IP1 192.0.2.1, $NET1 192.0.2.0/24, $GW 192.0.2.254,
       $RATE 12500000)

bras :: PPPoEServer($MAC, $POOL, "joe sesame", "ann secret", DNS "9.9.9.9");
arp1 :: ARPQuerier($IP1, $ETH1_MAC);
to0 :: ToDevice(eth0);
to1 :: ToDevice(eth1);

FromDevice(eth0) -> [0] bras;
bras [0] -> to0;
bras [1] -> up :: SubscriberPolicer($RATE) -> DecIPTTL -> StaticIPLookup($NET1 0, 0.0.0.0/0 $GW 0) -> [0] arp1 -> to1;

FromDevice(eth1) -> type :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
type [0] -> ARPResponder($IP1 $ETH1_MAC, $POOL $ETH1_MAC) -> to1;
type [1] -> [1] arp1;
type [2] -> HostEtherFilter($ETH1_MAC) -> Strip(14) -> CheckIPHeader -> DecIPTTL -> IPFragmenter(1492) -> [1] bras;
type [3] -> Discard;
