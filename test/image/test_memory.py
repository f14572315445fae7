# SPDX-License-Identifier: BSD-3-Clause
"""Machines of all sizes: nearly all of their memory is the application's and none is an alias."""

from support import everywhere, free_ram, parse_mem

LINE, PAGE = 64, 4096


@everywhere
class Memory:
	def check(self, mem, stride, share, high=0):
		size = parse_mem(mem)
		if free_ram() < size + (512 << 20):
			self.skipTest(f"the host has no {mem} of free memory")
		code, out, records = self.run_image("memtest", str(stride), mem=mem, timeout=120)
		self.assertEqual((code, len(records)), (0, 1), out)
		got = records[0]
		self.assertEqual((got["bad"], got["again"]), (0, 1))
		self.assertLessEqual(got["ram"], size)
		self.assertGreater(got["ram"], size - (512 << 10))
		self.assertGreater(got["taken"], size * share)
		self.assertGreaterEqual(got["high"], high)

	def test_2m(self):
		self.check("2M", 8, 0.2)

	def test_3m(self):
		self.check("3M", 8, 0.45)

	def test_64m(self):
		self.check("64M", 8, 0.95)

	def test_1g(self):
		self.check("1G", PAGE, 0.98)

	def test_3g(self):
		self.check("3G", 16 * PAGE, 0.98)

	def test_5g(self):
		"""Memory above 4 GiB is used."""
		self.check("5G", 16 * PAGE, 0.98, high=900 << 20)
