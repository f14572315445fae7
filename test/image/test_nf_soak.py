# SPDX-License-Identifier: BSD-3-Clause
"""The long run of `bench soak`, short: a NAT under traffic, reconfigured twice a second."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import Case, each_accel  # noqa: E402

from launcher import bench_soak  # noqa: E402

SECONDS, PERIOD_S, FLOWS = 12.0, 0.5, 5000
RATE = {"kvm": 100_000, "tcg": 10_000}


class Soak:
	"""Nothing lost, nothing leaked, counters that add up to the packet."""

	def measure(self, seconds, config=None):
		return bench_soak.measure(seconds, self.accel, self.machine, rate=RATE[self.accel], flows=FLOWS, config=config,
			period=PERIOD_S)

	def test_nat(self):
		row = self.measure(SECONDS)
		self.assertEqual(row["failures"], [], row)
		self.assertGreaterEqual(row["changes"], SECONDS / PERIOD_S / 2)
		self.assertGreater(row["sent"], RATE[self.accel] * SECONDS / 4)
		self.assertEqual(row["mappings_max"], FLOWS)

	def test_what_is_dropped_has_a_name(self):
		"""A table for half of the flows: frames are lost, and every single one is accounted for."""
		row = self.measure(3.0, bench_soak.PLAIN.replace(f"{bench_soak.CAPACITY}", f"{FLOWS // 2}"))
		self.assertEqual([line for line in row["failures"] if "frames are lost" not in line], [], row)
		self.assertEqual(list(row["dropped"]), ["nat: table full"])
		self.assertEqual(row["sent"] - row["received"], row["dropped"]["nat: table full"])
		self.assertEqual(row["mappings_max"], FLOWS // 2)


each_accel(Soak)


class Sums(Case):
	"""What does not add up is told."""

	GOOD = {"verdict": "ok", "sent": 10, "received": 10, "lost": 0, "refused": 0, "corrupt": 0, "dropped": {}, "flows": 4,
		"counts": {"FromDevice eth0": 10, "ToDevice eth1": 10, "FromDevice eth1": 0}, "mappings_max": 4, "buffers_gone": 0,
		"heap_grown": 0}

	def test_each(self):
		self.assertEqual(bench_soak.failures(self.GOOD), [])
		for change in ({"verdict": "x"}, {"sent": 11}, {"received": 9}, {"refused": 1}, {"corrupt": 1}, {"dropped": {"a: b": 1}},
				{"mappings_max": 5}, {"buffers_gone": 1000}, {"heap_grown": 1 << 20}, {"lost": 1},
				{"counts": {**self.GOOD["counts"], "FromDevice eth1": 1}}, {"counts": {}}):
			self.assertTrue(bench_soak.failures({**self.GOOD, **change}), change)

	def test_quiet(self):
		self.assertEqual(bench_soak.quiet("in :: FromDevice($dev, BURST 8) -> x :: ToDevice(eth1);"), "in :: Idle -> x :: Discard;")


if __name__ == "__main__":
	unittest.main()
