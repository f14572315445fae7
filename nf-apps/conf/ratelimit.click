// SPDX-License-Identifier: BSD-3-Clause
// ratelimit: shapes what goes from card 0 to card 1 to $RATE, with CoDel (RFC 8289) against a queue that stands; the
// other way passes. Live: `./sluice ctl NAME write shape.rate 20Mbps`.
define($RATE 10Mbps, $QUEUE 1000)

FromDevice(eth0) -> SetTimestamp(FIRST true) -> q :: Queue($QUEUE) -> aqm :: CoDel -> shape :: BandwidthShaper($RATE) -> ToDevice(eth1);
FromDevice(eth1) -> down :: Counter -> ToDevice(eth0);
