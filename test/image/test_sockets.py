# SPDX-License-Identifier: BSD-3-Clause
"""Socket calls mean what they mean on Linux: one program (apps/sockets) prints what it sees over the
loopback interface; built for Linux and as an image, it prints the same lines."""

import difflib
import shutil
import subprocess

from support import ROOT, each_accel

SOURCES = ROOT / "test" / "image" / "apps" / "sockets"
LEAST = 400  # lines


@each_accel
class Sockets:
	def linux(self):
		cc = shutil.which("cc")
		if not cc:
			self.skipTest("there is no C compiler for the Linux side")
		program = self.tmp / "sockets"
		subprocess.run([cc, "-O1", "-D_GNU_SOURCE", "-o", program, *sorted(SOURCES.glob("*.c"))], check=True)
		done = subprocess.run([program], capture_output=True, text=True, timeout=120, check=False)
		self.assertEqual(done.returncode, 0, done.stdout)
		return done.stdout.splitlines()

	def test_same_as_linux(self):
		want = self.linux()
		code, out, _ = self.run_image("sockets", timeout=240)
		got = out.splitlines()
		self.assertEqual(code, 0, out[-2000:])
		self.assertEqual(got, want, "\n".join(difflib.unified_diff(want, got, "linux", "image", n=1, lineterm="")))
		self.assertGreater(len(got), LEAST)
