// SPDX-License-Identifier: BSD-3-Clause
// bras: a software broadband access server. Hosts on card 0 dial in by PPPoE and log in (CHAP or PAP); their packets go to
// the network on card 1 and back, each subscriber at his own rate. `./sluice ctl NAME read bras.sessions`.
define($MAC $ETH0_MAC, $POOL 10.64.0.0/16, $GATEWAY 10.64.0.1, $IP1 192.0.2.1, $NET1 192.0.2.0/24, $GW 192.0.2.254,
       $UP 20Mbps, $DOWN 100Mbps)

bras :: PPPoEServer($MAC, $POOL, "joe sesame", "ann secret", GATEWAY $GATEWAY, DNS "9.9.9.9");
rate :: SubscriberPolicer($UP, $DOWN);
arp1 :: ARPQuerier($IP1, $ETH1_MAC);
to0 :: ToDevice(eth0);
to1 :: ToDevice(eth1);

// outputs: 0 the network, 1 subscribers, 2 the server itself
route :: StaticIPLookup($GATEWAY/32 2, $IP1/32 2, $POOL 1, $NET1 0, 0.0.0.0/0 $GW 0);
route [0] -> up :: DecIPTTL -> [0] arp1 -> to1;
route [1] -> down :: DecIPTTL -> frag :: IPFragmenter(1492) -> [1] rate;
route [2] -> IPClassifier(icmp type echo) -> ICMPPingResponder -> own :: StaticIPLookup($POOL 1, $NET1 0, 0.0.0.0/0 $GW 0);
own [0] -> [0] arp1;
own [1] -> [1] rate;
up [1] -> expired :: ICMPError($GATEWAY, timeexceeded) -> own;
down [1] -> expired;
frag [1] -> ICMPError($GATEWAY, unreachable, needfrag, PMTU 1492) -> own;

FromDevice(eth0) -> [0] bras;
bras [0] -> to0;
bras [1] -> CheckIPHeader -> [0] rate;
rate [0] -> route;
rate [1] -> [1] bras;

FromDevice(eth1) -> type :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
type [0] -> ARPResponder($IP1 $POOL $ETH1_MAC) -> to1;
type [1] -> [1] arp1;
type [2] -> HostEtherFilter($ETH1_MAC) -> Strip(14) -> CheckIPHeader -> route;
type [3] -> Discard;
