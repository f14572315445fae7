# SPDX-License-Identifier: BSD-3-Clause
"""The C library from inside an image, on each of the three allocators (apps/libc.c)."""

import time

from support import everywhere


@everywhere
class Libc:
	def check(self, allocator):
		code, out, _ = self.run_image(f"libc-{allocator}", str(int(time.time())))
		self.assertEqual(code, 0, out)
		lines = out.splitlines()
		self.assertRegex(lines[0], r"^sluice: system call 2\(0x[0-9a-f]+, 0x8000, 0\) is not there$")
		self.assertEqual(lines[1:], [f"allocator {allocator}", "atexit ran; all checks hold"])

	def test_region(self):
		self.check("region")

	def test_buddy(self):
		self.check("buddy")

	def test_tlsf(self):
		self.check("tlsf")
