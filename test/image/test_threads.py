# SPDX-License-Identifier: BSD-3-Clause
"""Threads and descriptors from inside an image (apps/threads*.c, apps/files.c)."""

import re

from support import each_accel


@each_accel
class Threads:
	def test_checks(self):
		# less memory than all the threads that come and go would need at once
		code, out, _ = self.run_image("threads", "check", mem="24M")
		self.assertEqual((code, out.splitlines()), (0, ["all checks hold"]), out)

	def test_deadlock(self):
		code, out, _ = self.run_image("threads", "deadlock")
		self.assertEqual(code, 100, out)
		self.assertIn("sluice: deadlock: main, thread-2 wait for what nothing can bring", out)

	def test_overrun(self):
		code, out, _ = self.run_image("threads", "overrun")
		self.assertEqual(code, 100, out)
		self.assertRegex(out, r"sluice: thread digger has overrun its stack of \d+ bytes")

	def test_crash_backtrace(self):
		code, out, _ = self.run_image("threads", "crash")
		self.assertEqual(code, 101, out)
		self.assertIn("null pointer", out)
		names = re.findall(r"#\d+ +[0-9a-f]+ (\w+)", out)
		self.assertEqual(names[:2], ["follow", "fall"], out)
		self.assertIn("sched_begin", names)

	def test_main_ends_first(self):
		code, out, _ = self.run_image("threads", "mainexit")
		self.assertEqual((code, out.strip()), (0, "the last thread ends"))

	def test_random(self):
		seen = {self.run_image("threads", "random")[1].splitlines()[0] for _ in range(3)}
		self.assertEqual(len(seen), 3, seen)
		for line in seen:
			self.assertRegex(line, r"^random [0-9a-f]{32}$")


@each_accel
class Files:
	def test_checks(self):
		code, out, _ = self.run_image("files")
		self.assertEqual((code, out.splitlines()), (0, ["all checks hold"]), out)

	def test_console_input(self):
		code, out = self.run_stdio("files", "lines", stdin="one\ntwo words\nend\n")
		self.assertEqual((code, re.findall("got <(.*)>", out)), (0, ["one", "two words", "end"]), out)
