# SPDX-License-Identifier: BSD-3-Clause
"""Count ring-0 instructions: up to the drop to ring 3, up to main, and while packets flow.

QEMU's TCG translates one instruction at a time (-singlestep) and tells each that it runs
(-d exec): address and flags, whose two lowest bits are the ring (HF_CPL_SHIFT is 0 in
QEMU's target/i386/cpu.h). What it tells goes into a pipe and is counted, not kept.
"""

import os
import re
import tempfile
import threading
import time
from pathlib import Path

from . import host
from .qemu import VM, NetSpec
from .say import Fail, note, step

HELP = "ring-0 instructions up to ring 3, up to main, and while packets flow (counted under TCG)"
ENTRY = 0x100000
TARGET = 300
RATE_PPS = 1500
FRAMES = 1000
MOST_S = 60.0
TRACE = re.compile(rb"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/([0-9a-f]+)/([0-9a-f]+)\]", re.M)
RING3 = b"37bf"  # last digit of the flags


class Counter:
	"""Reads QEMU's log from a pipe and counts instructions by ring.

	drop     ring-0 instructions from the entry instruction to the first one in ring 3
	ring0, ring3  all instructions since the entry, or since clear()
	"""

	def __init__(self, folder):
		self.path = Path(folder) / "trace"
		os.mkfifo(self.path)
		self._fd = os.open(self.path, os.O_RDWR)  # so that it never sees an end
		self.drop = self.ring0 = self.ring3 = 0
		self._entered = self._dropped = self._over = False
		self._rest, self._marks = b"", None
		self.wrong = ""
		self._thread = threading.Thread(target=self._read, daemon=True)
		self._thread.start()

	def _read(self) -> None:
		while not self._over:
			data = self._rest + os.read(self._fd, 1 << 20)
			cut = data.rfind(b"\n") + 1
			self._rest, data = data[cut:], data[:cut]
			if not self._dropped:
				data = self._until_drop(data)
			self._count(data)

	def _until_drop(self, data):
		"""Line by line up to the first instruction in ring 3; what is behind it."""
		for match in TRACE.finditer(data):
			if not self._entered and int(match[1], 16) != ENTRY:
				continue
			self._entered = True
			if match[2][-1] in RING3:
				self._dropped = True
				self.ring0 = self.drop
				return data[match.start():]
			self.drop += 1
		return b""

	def _count(self, data) -> None:
		"""In bulk: the end of each line says it all, as the last word is the same in all of them."""
		if not data:
			return
		if self._marks is None:
			tail = TRACE.search(data)[3]
			self._marks = [bytes([digit]) + b"/" + tail + b"]" for digit in RING3]
		three = sum(data.count(mark) for mark in self._marks)
		lines = data.count(b"Trace ")
		self.ring3 += three
		self.ring0 += lines - three
		if lines != three and not self.wrong:
			self.wrong = next((m[1].decode() for m in TRACE.finditer(data) if m[2][-1] not in RING3), "?")

	def clear(self) -> None:
		self.ring0 = self.ring3 = 0
		self.wrong = ""

	def close(self) -> None:
		self._over = True
		os.write(self._fd, b"\n")
		self._thread.join(5.0)
		os.close(self._fd)


def _log(vm, what: str) -> None:
	with vm.qmp(30.0) as q:
		q.ask("human-monitor-command", **{"command-line": f"log {what}"})


def _traced(machine, packed, h, counter, mem) -> VM:
	return VM("reflector", nets=[NetSpec("vhost-user", h.socket)], mem=mem, accel="tcg", machine=machine, packed=packed,
		extra=["-singlestep", "-d", "exec,nochain", "-D", str(counter.path)])


def _frames(h) -> int:
	"""Frames that came back so far."""
	return next((e["total_rx_pkts"] for e in reversed(h.events) if "total_rx_pkts" in e), 0)


def _flow(vm, h, counter) -> int:
	"""Count while frames pass; how many did, by what the guest told in between."""
	_log(vm, "none")
	vm.wait_line('"type":"first_packet"', MOST_S)
	before = len(_ticks(vm))
	_log(vm, "exec,nochain")
	time.sleep(0.1)
	counter.clear()
	end, passed = time.monotonic() + MOST_S, 0
	while passed < FRAMES:
		if time.monotonic() > end:
			raise Fail(f"only {passed} frames passed the traced guest in {MOST_S:.0f} s")
		time.sleep(0.2)
		inside = _ticks(vm)[before + 1:]
		passed = inside[-1]["tx_pkts"] - inside[0]["tx_pkts"] if len(inside) > 1 else 0
	_log(vm, "none")
	time.sleep(0.2)
	return passed


def _ticks(vm) -> list:
	return [r for r in vm.records() if r.get("type") == "tick"]


def _count(machine, packed, mem) -> dict:
	with tempfile.TemporaryDirectory(prefix="sluice-ring0-") as folder:
		counter = Counter(folder)
		try:
			with host.Harness("fwd", options=["--rate", RATE_PPS, "--size", "64"], wait=60) as h, \
					_traced(machine, packed, h, counter, mem) as vm:
				vm.wait_line('"type":"ready"', MOST_S)
				time.sleep(0.2)
				start = counter.ring0
				frames = _flow(vm, h, counter)
		finally:
			counter.close()
	return {"to_ring3": counter.drop, "to_ready": start, "frames": frames, "flow_ring0": counter.ring0,
		"flow_ring3": counter.ring3, "wrong": counter.wrong}


def run(conf) -> list:
	rows = []
	print(f"{'ring-0 instructions':27} {'to ring 3':>10} {'to the app':>11} {'while packets flow':>19} {'packets':>8} "
		f"{'ring 3 meanwhile':>17}", flush=True)
	for machine in ("microvm", "q35"):
		for ring in conf.rings:
			with step(f"bench ring0, {machine} {ring}"):
				got = _count(machine, ring == "packed", conf.mem)
			print(f"tcg {machine:11} {ring:11} {got['to_ring3']:>10} {got['to_ready']:>11} {got['flow_ring0']:>19} "
				f"{got['frames']:>8} {got['flow_ring3']:>17}", flush=True)
			if got["to_ring3"] >= TARGET or got["flow_ring0"]:
				note(f"above the target of {TARGET} up to ring 3 and 0 on the packet path {got['wrong']}")
			rows.append({"experiment": "ring0", "accel": "tcg", "machine": machine, "ring": ring, **got,
				"target_to_ring3": TARGET, "target_flow": 0})
	return rows
