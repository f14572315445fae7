# SPDX-License-Identifier: BSD-3-Clause
"""What the launcher's tests share: a private state folder, tiny images, running ./sluice."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

import tinyimage
from launcher import paths

SLUICE = str(paths.ROOT / "sluice")


def _heed_sigint():
	"""A job in the background of a shell ignores SIGINT, and so would its children."""
	signal.signal(signal.SIGINT, signal.SIG_DFL)


class Case(unittest.TestCase):
	"""A test with a folder of its own, where state and images lie; no VM of the user is seen."""

	def setUp(self):
		self.tmp = Path(tempfile.mkdtemp(prefix="slt-"))
		self.addCleanup(shutil.rmtree, self.tmp, ignore_errors=True)
		self.env("XDG_RUNTIME_DIR", str(self.tmp))

	def env(self, key: str, value: str):
		"""Set an environment variable for the time of the test."""
		old = os.environ.get(key)
		os.environ[key] = value
		self.addCleanup(lambda: os.environ.pop(key, None) if old is None else os.environ.__setitem__(key, old))

	def patch(self, owner, name: str, value):
		"""Replace an attribute for the time of the test."""
		old = getattr(owner, name)
		setattr(owner, name, value)
		self.addCleanup(setattr, owner, name, old)

	def image(self, text="hello\n", code=0, name="tiny") -> str:
		return str(tinyimage.make(self.tmp / name, text, code))

	def sluice(self, *words, timeout=30, cwd=None):
		"""Run ./sluice; a traceback fails the test. Returns (exit code, stdout, stderr)."""
		done = subprocess.run([SLUICE, *words], capture_output=True, text=True, timeout=timeout, cwd=cwd,
			stdin=subprocess.DEVNULL, check=False)
		self.assertNotIn("Traceback", done.stderr)
		return done.returncode, done.stdout, done.stderr

	def refused(self, code: int, needle: str, *words):
		"""./sluice must fail with this code and one sentence that holds the needle."""
		got, out, err = self.sluice(*words)
		self.assertEqual((got, out), (code, ""), err)
		self.assertIn(needle, err)
		self.assertEqual(len(err.strip().splitlines()), 1, err)

	@contextlib.contextmanager
	def background(self, *words):
		"""./sluice in the background; killed at the end if it is still there."""
		child = subprocess.Popen([SLUICE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
			stdin=subprocess.DEVNULL, preexec_fn=_heed_sigint)
		try:
			yield child
		finally:
			child.kill()
			child.communicate()
