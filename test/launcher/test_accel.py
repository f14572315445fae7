# SPDX-License-Identifier: BSD-3-Clause
"""Probing the accelerator, with a stand-in for QEMU that fails as real ones do."""

import contextlib
import io
import os
import unittest

from launcher import accel
from launcher.say import Fail
from support import Case


class Probe(Case):
	def setUp(self):
		super().setUp()
		self.env("SLUICE_CACHE", str(self.tmp / "cache"))
		self.env("PATH", f"{self.tmp}:{os.environ['PATH']}")
		self.qemu("exit 0")
		self.kvm(True)
		self.patch(accel, "_said", False)

	def qemu(self, text):
		path = self.tmp / "qemu-system-x86_64"
		path.write_text(f"#!/bin/sh\necho x >> {self.tmp}/starts\n{text}\n")
		path.chmod(0o755)

	def kvm(self, there, allowed=True):
		exists, access = os.path.exists, os.access
		self.patch(os.path, "exists", lambda p: there if p == "/dev/kvm" else exists(p))
		self.patch(os, "access", lambda p, how: there and allowed if p == "/dev/kvm" else access(p, how))

	def starts(self):
		file = self.tmp / "starts"
		return len(file.read_text()) // 2 if file.exists() else 0

	def test_works_at_once(self):
		found = accel.probe()
		self.assertEqual((found.name, found.cpu, accel.kvm_usable()), ("kvm", "host", ""))
		self.assertEqual(self.starts(), 1)

	def test_without_arch_capabilities(self):
		self.qemu("case \"$*\" in *'host,-arch-capabilities'*) exit 0;; esac\n"
			"echo 'error: failed to set MSR 0x10a to 0x0' >&2; kill -ABRT $$")
		self.assertEqual(accel.probe().arguments(), ["-accel", "kvm", "-cpu", "host,-arch-capabilities"])

	def test_kvm_does_not_start(self):
		self.qemu("echo 'qemu-system-x86_64: failed to initialize kvm: boo' >&2; exit 1")
		found = accel.probe()
		self.assertEqual(found.name, "tcg")
		self.assertIn("boo", found.reason)
		with self.assertRaisesRegex(Fail, "KVM does not work here"):
			accel.choose("kvm")

	def test_no_device(self):
		self.kvm(False)
		self.assertEqual((accel.probe().name, self.starts()), ("tcg", 0))
		self.assertIn("no /dev/kvm", accel.kvm_usable())

	def test_not_allowed(self):
		self.kvm(True, False)
		self.assertIn("may not be opened", accel.kvm_usable())

	def test_told_once(self):
		self.kvm(False)
		err = io.StringIO()
		with contextlib.redirect_stderr(err):
			for _ in range(2):
				accel.tell(accel.choose("tcg"))
				self.assertEqual(accel.choose("auto").arguments(), ["-accel", "tcg", "-cpu", "max", "-smp", "1,maxcpus=2"])
				accel.tell(accel.choose("auto"))
		self.assertEqual(err.getvalue().count("\n"), 1)

	def test_kept_until_something_changes(self):
		accel.probe()
		accel.probe()
		self.assertEqual(self.starts(), 1)
		self.qemu("exit 0 # another QEMU")
		accel.probe()
		self.assertEqual(self.starts(), 2)

	def test_broken_cache(self):
		for text in ("", "[]", "{}", '{"key": 1}', "\0"):
			(self.tmp / "cache").mkdir(exist_ok=True)
			(self.tmp / "cache" / "accel.json").write_text(text)
			self.assertEqual(accel.probe().name, "kvm")

	def test_no_qemu(self):
		self.env("PATH", "/nowhere")
		with self.assertRaisesRegex(Fail, "not installed: run `./sluice setup`"):
			accel.probe()


if __name__ == "__main__":
	unittest.main()
