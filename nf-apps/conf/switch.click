// SPDX-License-Identifier: BSD-3-Clause
// switch: a learning Ethernet switch with four ports (IEEE 802.1D without spanning tree).
// An address is forgotten after TIMEOUT; frames for unknown addresses go to all other ports.
define($TIMEOUT 300)

sw :: EtherSwitch(TIMEOUT $TIMEOUT);

FromDevice(eth0) -> [0] sw [0] -> ToDevice(eth0);
FromDevice(eth1) -> [1] sw [1] -> ToDevice(eth1);
FromDevice(eth2) -> [2] sw [2] -> ToDevice(eth2);
FromDevice(eth3) -> [3] sw [3] -> ToDevice(eth3);
