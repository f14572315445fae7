# SPDX-License-Identifier: BSD-3-Clause
"""Several tiny middleboxes at once: each answers ARP and ping, all sleep, all are gone at the end."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from support import Case, each_accel  # noqa: E402

from launcher import bench_many, state  # noqa: E402

COUNT, WITHIN_S = 10, 40.0


class Many:
	"""Ten of them."""

	def boot(self, net):
		row = bench_many.measure(COUNT, self.accel, self.machine, idle_s=1.0, within_s=WITHIN_S, net=net)
		self.assertEqual(row["answered"], COUNT)
		self.assertEqual(state.running(), [])
		self.assertIsNotNone(row["first_packet_ms"]["max"])
		self.assertLess(row["first_packet_ms"]["max"] / 1e3, row["seconds"])
		# a machine that polls would use a whole core
		self.assertLess(row["idle_cpu_percent_each"], 10)
		return row

	def test_all_answer_over_datagrams(self):
		self.boot(bench_many.Datagrams)

	@unittest.skipIf(os.geteuid() or not os.path.exists("/dev/net/tun"), "taps need root and /dev/net/tun")
	def test_all_answer_over_taps(self):
		before = os.readlink("/proc/thread-self/ns/net")
		self.assertEqual(self.boot(bench_many.Taps)["network"], "tap")
		self.assertEqual(os.readlink("/proc/thread-self/ns/net"), before)

	def test_one_that_is_missing_is_told(self):
		"""An address that no machine has: the others answer, and the time is bounded."""
		silent = type("Silent", (bench_many.Datagrams,), {"send": lambda net, number, frame:
			number == 1 or bench_many.Datagrams.send(net, number, frame)})
		row = bench_many.measure(2, self.accel, self.machine, idle_s=0.2, within_s=5.0, net=silent)
		self.assertEqual(row["answered"], 1)


each_accel(Many)


class Frames(Case):
	"""What counts as an answer."""

	def test_only_answers_to_our_questions(self):
		request, ping = bench_many.arp_request(3), bench_many.ping(3)
		for frame in (b"", request, ping, ping[:41]):
			self.assertIsNone(bench_many.answer(frame))
		back = bench_many.OUR_MAC + bench_many.mac(3)
		reply = back + request[12:20] + b"\0\2" + bench_many.mac(3) + bench_many.address(3) + request[32:]
		self.assertEqual(bench_many.answer(reply), (3, bench_many.ARP))
		echo = back + ping[12:26] + ping[30:34] + ping[26:30] + b"\0\0" + ping[36:]
		self.assertEqual(bench_many.answer(echo), (3, bench_many.IP))
		self.assertIsNone(bench_many.answer(reply[:22] + bench_many.mac(4) + reply[28:]))


if __name__ == "__main__":
	unittest.main()
