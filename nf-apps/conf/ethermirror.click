// SPDX-License-Identifier: BSD-3-Clause
// ethermirror: sends each frame back to where it came from.
define($DEV eth0)

FromDevice($DEV) -> EtherMirror -> ToDevice($DEV);
