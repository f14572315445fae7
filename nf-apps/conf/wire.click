// SPDX-License-Identifier: BSD-3-Clause
// wire: frames go from each of two cards to the other, unchanged.
define($A eth0, $B eth1)

FromDevice($A) -> a2b :: Counter -> ToDevice($B);
FromDevice($B) -> b2a :: Counter -> ToDevice($A);
