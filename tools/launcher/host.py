# SPDX-License-Identifier: BSD-3-Clause
"""The host side of the benches: the harness pgbench-host, and the peer dpdk-testpmd.

	with Harness("fwd", options=["--size", "64"], duration=3) as h:   # serves h.socket
		with VM("reflector", nets=[NetSpec("vhost-user", h.socket)]):
			for tick in h.ticks():
				...
		result = h.result()

Both run on cores of their own: the harness on the first this process may use, the guest
(or the peer) on the last.
"""

import contextlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from . import hugepages, paths, procs
from .say import Fail

PROGRAM = paths.BUILD / "pktgen-bench" / "host" / "pgbench-host"
TARGET = "pktgen-bench/host/pgbench-host"  # for ninja
TESTPMD = "dpdk-testpmd"
MEM_MB = 96
PEER_MEM_MB = 160
JUMBO_MBUF = 9472  # a whole frame in one buffer, since mergeable ones are off
START_S = 20.0
RUNTIME_DIRS = ("/var/run/dpdk",)

# The peer's variants: devargs of net_virtio_user. Vectorised receive wants mergeable off, so
# all have it off; the virtio-user driver has in_order on unless told otherwise.
VARIANTS = {
	"split": "in_order=0",
	"split-in-order": "in_order=1",
	"packed": "packed_vq=1,in_order=0",
	"packed-in-order": "packed_vq=1,in_order=1",
	"packed-vectorised": "packed_vq=1,in_order=1,vectorized=1",
}
FORWARD = {"tx": "txonly", "rx": "rxonly", "fwd": "macswap", "io": "io"}


def cores() -> tuple:
	"""(core of the harness, core of the guest). The same one where there is but one."""
	usable = sorted(os.sched_getaffinity(0))
	return usable[0], usable[-1]


def dpdk_version() -> str:
	"""Version of the DPDK that the harness and the peer use, "" if unknown."""
	done = subprocess.run(["pkg-config", "--modversion", "libdpdk"], capture_output=True, text=True, check=False)
	return done.stdout.strip()


def favour(pid: int) -> None:
	"""Have the scheduler prefer a session of ours (each child leads one) over what else runs.

	Nice values count only inside a session where autogroups are on, so the group is set too.
	Needs root; without it, nothing happens.
	"""
	for what in (lambda: Path(f"/proc/{pid}/autogroup").write_text("-20\n", encoding="ascii"),
			lambda: [os.setpriority(os.PRIO_PROCESS, tid, -20) for tid in procs.threads(pid)]):
		with contextlib.suppress(OSError):
			what()


class _Child:
	"""A program that is ended with us, its output read line by line in a thread."""

	def __init__(self, argv, stdin=subprocess.DEVNULL):
		self.argv = [str(a) for a in argv]
		self.output = []
		self._lines = queue.Queue()
		try:
			self.proc = subprocess.Popen(self.argv, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
				text=True, errors="replace", bufsize=1, preexec_fn=procs.die_with_parent(os.getpid()))
		except OSError as err:
			raise Fail(f"cannot start {self.argv[0]}: {err.strerror}; run `./sluice setup`") from None
		favour(self.proc.pid)
		self.complaints = []
		self._threads = [threading.Thread(target=self._read, daemon=True),
			threading.Thread(target=self._listen, daemon=True)]
		for thread in self._threads:
			thread.start()

	def _read(self) -> None:
		for line in self.proc.stdout:
			self._lines.put(line.rstrip("\n"))
		self._lines.put(None)

	def _listen(self) -> None:
		for line in self.proc.stderr:
			self.complaints.append(line.rstrip("\n"))

	def line(self, end: float):
		"""The next line; None when there will be none. Raises queue.Empty at the time `end`."""
		line = self._lines.get(timeout=max(0.001, end - time.monotonic()))
		if line is None:
			self._lines.put(None)
			return None
		self.output.append(line)
		return line

	def stop(self, signum=signal.SIGTERM, seconds: float = 3.0) -> None:
		"""End the program: by a signal, then by SIGKILL. Never fails."""
		if self.proc.poll() is None:
			self.proc.send_signal(signum)
			with contextlib.suppress(subprocess.TimeoutExpired):
				self.proc.wait(seconds)
		if self.proc.poll() is None:
			self.proc.kill()
		self.proc.wait()
		for thread in self._threads:
			thread.join(1.0)


class Harness:
	"""One run of pgbench-host. Nothing happens before start() (or `with`).

	mode       sink, gen, fwd, reflect, replay, random, rfc2544
	options    further words for the program, a list
	duration   seconds of the measured window, 0: until stop()
	warmup     seconds after traffic began that do not count
	lean       walk the rings with the harness' own engine instead of DPDK's
	queues     queue pairs offered
	core       core that polls; None: the first this process may use
	socket     path to serve; None: one in a folder of its own
	wait       seconds for a guest to come, 0: for ever
	"""

	def __init__(self, mode, *, options=(), duration=0.0, warmup=0.0, lean=True, queues=1, core=None,
			socket=None, wait=30.0):
		self.mode, self.options = mode, [str(o) for o in options]
		self.duration, self.warmup, self.lean = duration, warmup, lean
		self.queues, self.wait = queues, wait
		self.core = cores()[0] if core is None else core
		self.socket = socket
		self.events = []  # all that it has told, in order
		self._child, self._undo = None, contextlib.ExitStack()

	def arguments(self) -> list:
		words = [PROGRAM, self.mode, "--socket", self.socket, "--json", "--core", self.core,
			"--queues", self.queues, "--wait-timeout", self.wait]
		if self.duration:
			words += ["--duration", self.duration]
		if self.warmup:
			words += ["--warmup", self.warmup]
		return [str(w) for w in words] + (["--lean"] if self.lean else []) + self.options

	def start(self) -> "Harness":
		"""Start and wait until the socket is served. Cost: about 0.3 s."""
		if not PROGRAM.exists():
			raise Fail(f"the harness {PROGRAM} is not built: run `./sluice setup`")
		try:
			if not self.socket:
				folder = self._undo.enter_context(tempfile.TemporaryDirectory(prefix="sluice-bench-"))
				self.socket = str(Path(folder) / "vhost.sock")
			self._undo.enter_context(hugepages.reserve(MEM_MB))
			self._child = _Child(self.arguments())
			self.until(lambda e: e.get("what") == "listening", START_S)
		except BaseException:
			self.close()
			raise
		return self

	def next(self, timeout: float):
		"""The next thing it tells, a dict; None at its end. Raises Fail if nothing comes in time."""
		end = time.monotonic() + timeout
		while True:
			try:
				line = self._child.line(end)
			except queue.Empty:
				raise Fail(f"the harness ({self.mode}) said nothing for {timeout:.0f} s") from None
			if line is None:
				return None
			if line.startswith("{"):
				event = json.loads(line)
				self.events.append(event)
				return event

	def until(self, wanted, timeout: float) -> dict:
		"""Wait for something that `wanted` accepts."""
		end = time.monotonic() + timeout
		while True:
			event = self.next(max(0.01, end - time.monotonic()))
			if event is None:
				raise self._failure()
			if wanted(event):
				return event

	def ticks(self, timeout: float = 60.0):
		"""Iterate over what it tells each second, until the result or the end."""
		while True:
			event = self.next(timeout)
			if event is None or event.get("type") == "result":
				return
			if event.get("type") in ("tick", "trial"):
				yield event

	def result(self, timeout: float = 60.0) -> dict:
		"""Wait for the result."""
		for event in reversed(self.events):
			if event.get("type") == "result":
				return event
		return self.until(lambda e: e.get("type") == "result", timeout)

	def _failure(self) -> Fail:
		self._child.stop()
		words = [c for c in self._child.complaints if c.startswith("pgbench-host: ")]
		last = words[-1][len("pgbench-host: "):] if words else \
			f"it ended with status {self._child.proc.returncode}"
		return Fail(f"the harness failed: {last}")

	def code(self, timeout: float = 30.0) -> int:
		"""Wait for its end; the exit code (0: all went well)."""
		with contextlib.suppress(subprocess.TimeoutExpired):
			return self._child.proc.wait(timeout)
		raise Fail(f"the harness ({self.mode}) did not end within {timeout:.0f} s")

	def finish(self, timeout: float = 5.0) -> dict:
		"""Ask it to end now; its result."""
		if self._child.proc.poll() is None:
			self._child.proc.send_signal(signal.SIGINT)
		return self.result(timeout)

	def notes(self) -> list:
		"""What it said on stderr: that it lacks hugepages, that a guest broke a rule."""
		return [c for c in self._child.complaints if c.startswith("pgbench-host: ")] if self._child else []

	@property
	def pid(self) -> int:
		return self._child.proc.pid

	def kill(self) -> None:
		"""SIGKILL, for tests of a guest whose back end dies. Its socket stays behind."""
		self._child.stop(signal.SIGKILL)

	def close(self) -> None:
		if self._child:
			self._child.stop()
			_forget_runtime(f"pgbench{self._child.proc.pid}")
		self._undo.close()

	def __enter__(self) -> "Harness":
		return self if self._child else self.start()

	def __exit__(self, *exc) -> None:
		self.close()


class Peer:
	"""dpdk-testpmd on the virtio-user driver, as a plain process in a guest's place.

	variant    a key of VARIANTS
	kind       tx, rx or fwd
	size       frame size with CRC, for tx
	"""

	def __init__(self, variant, kind, size, socket, *, core=None, burst=32, ring=256):
		self.variant, self.kind, self.size, self.socket = variant, kind, size, socket
		self.core = cores()[1] if core is None else core
		self.burst, self.ring = burst, ring
		self._child, self._undo = None, contextlib.ExitStack()
		self._prefix = ""

	def arguments(self) -> list:
		huge = hugepages.free_mb() >= PEER_MEM_MB
		mem = ["--in-memory", "--single-file-segments"] if huge else ["--no-huge", "--no-shconf"]
		dev = f"net_virtio_user0,path={self.socket},queues=1,queue_size={self.ring},mrg_rxbuf=0,{VARIANTS[self.variant]}"
		# stdbuf: into a pipe it would keep its words to itself until its end
		words = ["stdbuf", "-oL", TESTPMD, "--lcores", f"0@{self.core},1@{self.core}", "--no-pci", "--no-telemetry", *mem,
			"-m", str(PEER_MEM_MB), "--file-prefix", self._prefix, "--vdev", dev]
		if "vectorised" in self.variant:
			words += ["--force-max-simd-bitwidth=512"]
		words += ["--", "-i", f"--forward-mode={FORWARD[self.kind]}", "--auto-start", "--disable-link-check",
			*(["--total-num-mbufs=4096", f"--mbuf-size={JUMBO_MBUF}"] if self.size > 1518 else ["--total-num-mbufs=16384"]),
			f"--txd={self.ring}", f"--rxd={self.ring}", f"--burst={self.burst}",
			"--no-lsc-interrupt", "--no-flush-rx"]
		if self.kind == "tx":
			words += [f"--txpkts={self.size - 4}"]
		return words

	def start(self) -> "Peer":
		"""Start it; traffic flows from then on. Cost: about 1 s."""
		if not shutil.which(TESTPMD):
			raise Fail(f"{TESTPMD}, the peer, is not installed: run `./sluice setup`")
		self._prefix = f"sluicepeer{os.getpid()}x{time.monotonic_ns() % 100000}"
		try:
			self._undo.enter_context(hugepages.reserve(PEER_MEM_MB))
			self._child = _Child(self.arguments(), stdin=subprocess.PIPE)
			self._until(r"^Start automatic packet forwarding", START_S)
		except BaseException:
			self.close()
			raise
		return self

	def _until(self, pattern: str, timeout: float) -> str:
		end = time.monotonic() + timeout
		while True:
			try:
				line = self._child.line(end)
			except queue.Empty:
				raise Fail(f"{TESTPMD} ({self.variant}) did not answer within {timeout:.0f} s") from None
			if line is None:
				self._child.stop()
				words = [w for w in self._child.output + self._child.complaints if re.search(r"rror|annot|nvalid", w)]
				raise Fail(f"{TESTPMD} ({self.variant}) ended: {words[-1].strip() if words else 'without a word'}")
			if re.search(pattern, line):
				return line

	def _ask(self, command: str) -> None:
		try:
			self._child.proc.stdin.write(command + "\n")
			self._child.proc.stdin.flush()
		except OSError:
			raise Fail(f"{TESTPMD} ({self.variant}) ended early") from None

	def counts(self) -> dict:
		"""Frames so far: {"rx_pkts", "tx_pkts"}, counted by the peer."""
		self._ask("show port stats 0")
		rx = self._until(r"RX-packets:", 10.0)
		tx = self._until(r"TX-packets:", 10.0)
		return {"rx_pkts": int(re.search(r"RX-packets:\s*(\d+)", rx)[1]),
			"tx_pkts": int(re.search(r"TX-packets:\s*(\d+)", tx)[1])}

	@property
	def pid(self) -> int:
		return self._child.proc.pid

	def pause(self) -> None:
		"""Stop forwarding; counts() tells what was moved until then."""
		self._ask("stop")
		self._until(r"^Done\.", 10.0)

	def close(self) -> None:
		if self._child:
			with contextlib.suppress(OSError):
				self._child.proc.stdin.write("quit\n")
				self._child.proc.stdin.close()
			with contextlib.suppress(subprocess.TimeoutExpired):
				self._child.proc.wait(3.0)
			self._child.stop()
			_forget_runtime(self._prefix)
		self._undo.close()

	def __enter__(self) -> "Peer":
		return self if self._child else self.start()

	def __exit__(self, *exc) -> None:
		self.close()


def _forget_runtime(prefix: str) -> None:
	"""Remove the folder that EAL leaves behind for a process."""
	for base in (*RUNTIME_DIRS, f"{os.environ.get('XDG_RUNTIME_DIR', '/tmp')}/dpdk"):
		shutil.rmtree(f"{base}/{prefix}", ignore_errors=True)
