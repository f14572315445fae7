// SPDX-License-Identifier: BSD-3-Clause
// vxlan: a VXLAN tunnel end point (RFC 7348). Card 0 is the local Ethernet, card 1 the IP network; frames of card 0 appear
// at the other ends $PEERS and back. Addresses are learnt.
define($VNI 42, $IP1 10.0.1.1, $NET1 10.0.1.0/24, $GW 10.0.1.254, $PEERS 10.0.1.2, $MTU 1500)

to0 :: ToDevice(eth0);
to1 :: ToDevice(eth1);
arp1 :: ARPQuerier($IP1, $ETH1_MAC);
tunnel :: VXLANTunnel($PEERS);

FromDevice(eth0) -> [0] tunnel;
tunnel [0] -> VXLANEncap($IP1, DST_ANNO, $VNI, MTU $MTU) -> StaticIPLookup($NET1 0, 0.0.0.0/0 $GW 0) -> [0] arp1 -> to1;
FromDevice(eth1) -> type :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
type [0] -> ARPResponder($IP1 $ETH1_MAC) -> to1;
type [1] -> [1] arp1;
type [2] -> HostEtherFilter($ETH1_MAC) -> Strip(14) -> CheckIPHeader -> IPReassembler -> VXLANDecap($VNI) -> [1] tunnel;
type [3] -> Discard;
tunnel [1] -> to0;
