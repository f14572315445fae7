# SPDX-License-Identifier: BSD-3-Clause
"""The counter of ring-0 instructions, on a log as QEMU writes it."""

import os
import time

from launcher.bench_ring0 import Counter
from support import Case


def line(pc, flags, cflags=0xff000201):
	return f"Trace 0: 0x7f3a74000100 [0000000000000000/{pc:016x}/{flags:08x}/{cflags:08x}] \n".encode()


class Counting(Case):
	def setUp(self):
		super().setUp()
		self.counter = Counter(self.tmp)
		self.addCleanup(self.counter.close)

	def feed(self, data, ring0, ring3):
		"""Write it in odd pieces, as a pipe cuts it."""
		with open(self.counter.path, "wb", buffering=0) as f:
			for at in range(0, len(data), 777):
				f.write(data[at:at + 777])
		end = time.monotonic() + 10
		while (self.counter.ring0, self.counter.ring3) != (ring0, ring3) and time.monotonic() < end:
			time.sleep(0.005)
		self.assertEqual((self.counter.ring0, self.counter.ring3), (ring0, ring3))

	def test_boot_and_flow(self):
		firmware = line(0xfffffff0, 0x40) * 500 + line(0xff000, 0xb0) * 20
		boot = b"".join(line(0x100000 + 3 * n, 0xb0) for n in range(44))
		app = line(0x108000, 0xb3) + line(0x108004, 0xb7) * 3
		self.feed(firmware + boot + app, 44, 4)
		self.assertEqual(self.counter.drop, 44)
		call = line(0x100400, 0xb0) * 5 + line(0x108008, 0xbb)
		self.feed(call, 49, 5)
		self.counter.clear()
		self.feed(app * 2000, 0, 8000)
		self.assertEqual(self.counter.wrong, "")
		self.feed(line(0x100444, 0xb4), 1, 8000)
		self.assertEqual(int(self.counter.wrong, 16), 0x100444)

	def test_other_lines(self):
		"""What is no instruction is not counted."""
		data = line(0x100000, 0xb0) + b"CPU reset\n" + line(0x108000, 0xb3) + b"Stopped execution of TB chain before\n"
		self.feed(data, 1, 1)

	def test_nothing(self):
		self.assertTrue(os.path.exists(self.counter.path))
		self.assertEqual(self.counter.drop, 0)
