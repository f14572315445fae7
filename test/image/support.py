# SPDX-License-Identifier: BSD-3-Clause
"""What image tests share: where to boot (accelerators and machines), and running an image to its end."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT / "tools") not in sys.path:
	sys.path.insert(0, str(ROOT / "tools"))

from launcher import accel as accels  # noqa: E402
from launcher import paths  # noqa: E402
from launcher.host import Harness  # noqa: E402
from launcher.qemu import VM, NetSpec, exit_code, find_image, parse_mem  # noqa: E402

ACCELS = ("kvm", "tcg")
MACHINES = ("microvm", "q35")
END_S = 60.0

__all__ = ["ACCELS", "MACHINES", "Case", "everywhere", "each_accel", "free_ram",
	"exit_code", "find_image", "parse_mem", "paths", "VM", "NetSpec", "Harness"]


class Case(unittest.TestCase):
	"""A test with a folder of its own; skipped by name where its accelerator does not work."""

	accel, machine = "tcg", "microvm"

	def setUp(self):
		if self.accel == "kvm" and accels.kvm_usable():
			self.skipTest(accels.kvm_usable())
		self.tmp = Path(tempfile.mkdtemp(prefix="sli-"))
		self.addCleanup(shutil.rmtree, self.tmp, ignore_errors=True)
		old = os.environ.get("XDG_RUNTIME_DIR")
		os.environ["XDG_RUNTIME_DIR"] = str(self.tmp)
		self.addCleanup(lambda: os.environ.pop("XDG_RUNTIME_DIR") if old is None
			else os.environ.__setitem__("XDG_RUNTIME_DIR", old))

	def vm(self, image, *args, **more) -> VM:
		return VM(image, args=args, **{"accel": self.accel, "machine": self.machine, **more})

	def run_image(self, image, *args, timeout=END_S, **more):
		"""Boot an image, wait for its end. (exit code, console, machine-readable records)"""
		with self.vm(image, *args, **more) as vm:
			code = vm.wait(timeout)
			return code, vm.console(), vm.records()

	def run_stdio(self, image, *args, stdin: str, timeout=END_S, **more):
		"""The same with a console that takes input. (exit code, console)"""
		words = self.vm(image, *args, **more).arguments()
		at = words.index("-serial")
		words[at + 1] = "stdio"
		done = subprocess.run(words, input=stdin.encode(), capture_output=True, timeout=timeout, check=False)
		return exit_code(done.returncode), done.stdout.replace(b"\r", b"").decode("utf-8", "replace")


def _variants(base, accels_, machines):
	module = sys.modules[base.__module__]
	for accel in accels_:
		for machine in machines:
			name = "_".join([base.__name__, accel] + ([machine] if len(machines) > 1 else []))
			setattr(module, name, type(name, (base, Case), {"accel": accel, "machine": machine,
				"__module__": base.__module__, "__doc__": base.__doc__}))
	return base


def everywhere(base):
	"""Class decorator: the tests of this mix-in under each accelerator on each machine."""
	return _variants(base, ACCELS, MACHINES)


def each_accel(base):
	"""The same on microvm only, for what does not depend on the machine."""
	return _variants(base, ACCELS, ("microvm",))


def free_ram() -> int:
	"""Bytes that the host can give without swapping."""
	with open("/proc/meminfo", encoding="ascii") as f:
		for line in f:
			if line.startswith("MemAvailable:"):
				return int(line.split()[1]) << 10
	return 0
