# SPDX-License-Identifier: BSD-3-Clause
"""Which accelerator works here, found out by starting QEMU for a moment.

The result is cached per boot of the machine and per QEMU binary.
"""

import json
import os
import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from . import paths, state
from .say import Fail, note, usage

# "host" aborts where KVM offers no MSR 0x10a (IA32_ARCH_CAPABILITIES); leaving that out works.
KVM_CPUS = ("host", "host,-arch-capabilities")
PROBE_S = 20


@dataclass(frozen=True)
class Accel:
	"""QEMU's accelerator and CPU model, and why they were chosen."""

	name: str  # "kvm" or "tcg"
	cpu: str  # for -cpu
	hardware: str  # "vmx", "svm", "pvm" (KVM without hardware virtualisation), "none"
	reason: str  # why no KVM; empty with KVM

	def arguments(self) -> list:
		return ["-accel", self.name, "-cpu", self.cpu, *(TCG_BARRIERS if self.name == "tcg" else [])]


TCG_CPU = "max"
# QEMU 7.2 leaves out the guest's memory barriers where only one CPU can ever be (tcg_gen_mb, CF_PARALLEL). But devices
# run in a thread of their own: between publishing a packet and asking whether the device sleeps the barrier is needed, else both
# wait for ever. A second CPU that may come, and never does, keeps them.
TCG_BARRIERS = ["-smp", "1,maxcpus=2"]


def qemu() -> str:
	"""Path of QEMU, or one sentence that says how to get it."""
	path = shutil.which(paths.QEMU)
	if not path:
		raise Fail(f"{paths.QEMU} is not installed: run `./sluice setup`")
	return path


def _key(binary: str) -> str:
	boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
	info = os.stat(binary)
	try:
		kvm = os.stat("/dev/kvm")
		device = f"{kvm.st_rdev}:{os.access('/dev/kvm', os.R_OK | os.W_OK)}"
	except OSError:
		device = "absent"
	return f"{boot}:{binary}:{info.st_size}:{info.st_mtime_ns}:{device}:{os.geteuid()}"


def _starts(binary: str, *accel: str) -> str:
	"""Start QEMU with a vCPU that does not run and quit at once. "" if that works."""
	words = [binary, *accel, "-machine", "microvm", "-m", "2M", "-nodefaults",
		"-no-user-config", "-display", "none", "-S", "-qmp", "stdio"]
	talk = '{"execute":"qmp_capabilities"}\n{"execute":"quit"}\n'
	try:
		done = subprocess.run(words, input=talk, capture_output=True, text=True,
			errors="replace", timeout=PROBE_S, check=False)
	except subprocess.TimeoutExpired:
		return f"QEMU did not answer within {PROBE_S} s"
	if done.returncode == 0:
		return ""
	lines = [line for line in done.stderr.splitlines() if line.strip()]
	return lines[-1].strip() if lines else f"QEMU ended with status {done.returncode}"


def _virtualisation() -> str:
	try:
		with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
			for line in f:
				if line.startswith("flags"):
					flags = line.split()
					return next((f for f in ("vmx", "svm") if f in flags), "pvm")
	except OSError:
		pass
	return "pvm"


def _probe(binary: str) -> Accel:
	if not os.path.exists("/dev/kvm"):
		return Accel("tcg", TCG_CPU, "none", "there is no /dev/kvm")
	if not os.access("/dev/kvm", os.R_OK | os.W_OK):
		return Accel("tcg", TCG_CPU, "none",
			"/dev/kvm may not be opened by this user (join the group kvm)")
	why = ""
	for cpu in KVM_CPUS:
		why = _starts(binary, "-accel", "kvm", "-cpu", cpu)
		if not why:
			return Accel("kvm", cpu, _virtualisation(), "")
	return Accel("tcg", TCG_CPU, "none", f"QEMU cannot use /dev/kvm: {why}")


def probe(fresh: bool = False) -> Accel:
	"""The best accelerator here. Cost: 0.1 s the first time after a boot, then nothing."""
	binary = qemu()
	key = _key(binary)
	file = paths.cache() / "accel.json"
	if not fresh:
		try:
			kept = json.loads(file.read_text(encoding="utf-8"))
			if kept.pop("key") == key:
				return Accel(**kept)
		except (OSError, ValueError, KeyError, TypeError, AttributeError):
			pass
	found = _probe(binary)
	try:
		file.parent.mkdir(parents=True, exist_ok=True)
		state.write_json(file, {"key": key, **asdict(found)})
	except OSError:
		pass  # no cache: the next run probes again
	return found


def kvm_usable() -> str:
	""""" if guests can run under KVM here, else the reason why not (for a skipped test)."""
	found = probe()
	return "" if found.name == "kvm" else found.reason


ASKED = "asked for"


def choose(wanted: str) -> Accel:
	"""The accelerator for `wanted` (auto, kvm, tcg)."""
	if wanted == "tcg":
		return Accel("tcg", TCG_CPU, "none", ASKED)
	if wanted not in ("auto", "kvm"):
		raise usage(f"'{wanted}' is no accelerator: use auto, kvm or tcg")
	found = probe()
	if wanted == "kvm" and found.name != "kvm":
		raise Fail(f"KVM does not work here: {found.reason}; use --accel tcg")
	return found


_said = False


def tell(found: Accel) -> None:
	"""Say, once in this process, that guests are emulated though nobody asked for that."""
	global _said
	if found.name == "tcg" and found.reason != ASKED and not _said:
		note(f"no KVM, so QEMU emulates the CPU (TCG), which is slower: {found.reason}")
		_said = True
