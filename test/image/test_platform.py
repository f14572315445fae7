# SPDX-License-Identifier: BSD-3-Clause
"""Clock, boot modules and console, seen from outside (apps/plat.c)."""

import os
import signal
import time

from support import everywhere

CLOCK_S, CLOCK_TRIES, CLOCK_OFF = 2.0, 3, 0.15
NO_ENTRY, NO_MEMORY = -2, -12


def fnv(data: bytes) -> str:
	h = 0xcbf29ce484222325
	for byte in data:
		h = ((h ^ byte) * 0x100000001b3) & (1 << 64) - 1
	return f"{h:016x}"


@everywhere
class Clock:
	def measured(self, *how):
		"""(seconds by the guest's clock, by the host's), and checks what the marks say."""
		with self.vm("plat", "clock", str(int(CLOCK_S * 1000)), *how) as vm:
			vm.wait_line('"mark":"a"', 30)
			began = time.monotonic()
			vm.wait_line('"mark":"b"', 30)
			host = time.monotonic() - began
			self.assertEqual(vm.wait(30), 0)
			a, b = vm.records()
		self.assertEqual(a["source"], b["source"])
		self.assertIn(a["source"], ("kvmclock",) if self.accel == "kvm" else ("cpuid", "pit", "apic"))
		self.assertLess(abs(b["wall"] - a["wall"] - (b["ns"] - a["ns"]) * 1e-9), 0.01)
		self.assertLess(abs(b["wall"] - time.time()), 60)
		return (b["ns"] - a["ns"]) * 1e-9, host

	def agrees(self, *how):
		"""A loaded host may deliver a line late, so it gets more than one try."""
		seen = []
		for _ in range(CLOCK_TRIES):
			seen.append(self.measured(*how))
			guest, host = seen[-1]
			self.assertGreaterEqual(guest, CLOCK_S)
			if abs(guest - host) < CLOCK_OFF * CLOCK_S:
				return
		self.fail(f"guest and host seconds differ: {seen}")

	def test_asleep(self):
		self.agrees()

	def test_busy(self):
		self.agrees("busy")


@everywhere
class Calibration:
	"""Without kvmclock the rate is measured at boot: a host that takes the CPU away meanwhile must not spoil it."""

	PAUSES_S = (0.002, 0.01, 0.07, 0.12)  # the timer chip's counter wraps after 55 ms

	def rate(self, disturb=False):
		with self.vm("plat", "clock", "1") as vm:
			for pause in self.PAUSES_S * 10 if disturb else ():
				if not vm.running():
					break
				os.kill(vm.pid, signal.SIGSTOP)
				time.sleep(pause)
				os.kill(vm.pid, signal.SIGCONT)
				time.sleep(0.003)
			self.assertEqual(vm.wait(30), 0)
			return vm.records()[0]["hz"]

	def test_disturbed(self):
		rate = self.rate()
		for _ in range(3):
			self.assertLess(abs(self.rate(disturb=True) / rate - 1), 0.02)


@everywhere
class Modules:
	def file(self, name, data):
		path = self.tmp / name
		path.write_bytes(data)
		return path

	def modules(self, files, *names, initrd=None, mem="64M"):
		paths = {name: self.file(name, data) for name, data in files.items()}
		code, out, records = self.run_image("plat", "modules", *names, modules=paths, initrd=initrd, mem=mem)
		self.assertEqual((code, [r["name"] for r in records]), (0, list(names)), out)
		return records

	def same(self, record, data):
		self.assertEqual((record["rc"], record["len"], record["fnv"], record["end"]), (0, len(data), fnv(data), 0))

	def test_several(self):
		files = {"config": b"a -> b;\n", "pcap": os.urandom(5000), "empty": b"", "one.byte": b"\0"}
		got = self.modules(files, *files)
		for record, data in zip(got, files.values()):
			self.same(record, data)

	def test_large(self):
		data = os.urandom(3 << 20)
		self.same(self.modules({"large": data}, "large", mem="16M")[0], data)

	def test_missing(self):
		for record in self.modules({"there": b"x"}, "absent", "ther", "theree", "initrd", ""):
			self.assertEqual(record["rc"], NO_ENTRY, record)

	def test_twice(self):
		data = b"again"
		for record in self.modules({"m": data}, "m", "m"):
			self.same(record, data)

	def test_too_large(self):
		"""Too large for the machine: the caller is told, and goes on."""
		data = b"small"
		got = self.modules({"huge": bytes(12 << 20), "small": data}, "huge", "small", mem="8M")
		self.assertEqual(got[0]["rc"], NO_MEMORY)
		self.same(got[1], data)

	def test_empty_initrd(self):
		self.assertEqual(self.modules({}, "initrd", initrd=self.file("rd", b""))[0]["rc"], NO_ENTRY)

	def test_initrd(self):
		for size in (1, 4096, 100_001, 3 << 20):
			with self.subTest(size=size):
				data = os.urandom(size)
				got = self.modules({"m": b"x"}, "initrd", "m", initrd=self.file("rd", data), mem="16M")
				self.same(got[0], data)
				self.same(got[1], b"x")


@everywhere
class Console:
	def test_input(self):
		lines = ["hello", "", "two words", "x" * 1000, "ä€"]
		code, out = self.run_stdio("plat", "echo", stdin="\n".join([*lines, "quit", ""]))
		self.assertEqual((code, out.splitlines()), (0, ["ready", *(f"<{line}>" for line in lines)]))

	def test_much_output(self):
		code, out, _ = self.run_image("plat", "lines", "500")
		want = "".join(f"line {i} {i:0{i % 100 + 1}d}\n" for i in range(500)) + "the last, without an end"
		self.assertEqual((code, out), (0, want))
