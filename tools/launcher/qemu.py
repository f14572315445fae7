# SPDX-License-Identifier: BSD-3-Clause
"""A virtual machine: QEMU's command line, its life, its console.

	from launcher.qemu import VM, NetSpec
	with VM("reflector", nets=[NetSpec("vhost-user", "/tmp/s")], mem="32M") as vm:
		vm.wait_line("ready", timeout=5)        # a regular expression
		...
		code = vm.wait(timeout=10)              # the guest's exit code
"""

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import time

from . import accel as accels
from . import console as consoles
from . import hugepages, procs, state
from .nets import NetSpec
from .qmp import Qmp
from .say import Fail, note
from .vmwords import Words, find_image, parse_mem

__all__ = ["VM", "NetSpec", "Timeout", "exit_code", "find_image", "parse_mem"]

START_S = 60.0
BACK_END_S = 15.0
STUCK_POLL_S = 0.25
HINTS = (("Device or resource busy", "; another VM or program uses it"),
	("Failed to find an available port", "; the port is taken: choose another for --control"),
	("host forwarding rule", "; the port is taken: choose another for hostfwd"),
	("Cannot allocate memory", "; give it less --mem"))


class Timeout(Fail):
	"""The guest did not do in time what the caller waited for. It still runs."""


class _NoHugePages(Exception):
	"""QEMU could not map the 2 MiB pages that were free a moment ago."""


def exit_code(status: int):
	"""The guest's exit code for QEMU's exit status; None if QEMU itself failed.

	Status 0: the guest left with code 0 (triple fault under -no-reboot) or QEMU was told
	to quit. isa-debug-exit makes status (code << 1) | 1 of codes 1..127.
	"""
	if status == 0:
		return 0
	if status > 1 and status & 1:
		return status >> 1
	return None


class VM(Words):
	"""One virtual machine. Nothing happens before start() (or `with`).

	image      name in build/images, or path of an image file
	cmdline    words for the platform part of the boot command line
	args       words for main(), a list; they follow " -- "
	nets       list of NetSpec, one per network card (none: no card)
	mem        "64M", "1G"; a bare number is MiB
	accel      "auto" (KVM if it works, else TCG), "kvm", "tcg"
	machine    "microvm" or "q35" (with qboot)
	queues     queue pairs of each card
	packed     packed rings instead of split ones
	ring       descriptors per ring (256, 512, 1024; QEMU's limits apply)
	modules    {"config": path}: the guest reads it as opt/sluice/config
	initrd     path of a PVH module named "initrd"
	core       host core of the vCPU; None: the last one this process may use. On a
	           machine with one core nothing is pinned. QEMU's other threads get the
	           other cores.
	hugepages  "auto" (2 MiB pages if a card is vhost-user and they are to be had),
	           "on" (Fail if not), "off"
	console    "file": read it by lines(), wait_line(), console(); "inherit" or "stderr":
	           to this process' stdout or stderr, live; or a path, which stays after
	           the VM is gone
	name       name for ps; None: derived from the image, made unique
	detach     outlive this process (console goes to a file)
	stdin      with console "inherit" or "stderr": this process' stdin is the console's input
	control    True: a control channel for ctl; a number: besides, one at that TCP port of 127.0.0.1
	gdb        TCP port for QEMU's gdb server, machine stopped at its first instruction
	extra      more words for QEMU, a list, at the end

	Start a VM from a thread that outlives it: QEMU is killed when that thread ends
	(unless detach). All methods Fail in one sentence.
	"""

	def __init__(self, image, *words, name=None, **more):
		super().__init__(image, *words, name=name, **more)
		self._exact = name is not None
		self.started_at = 0.0
		self._proc, self._claimed = None, False
		self._undo = contextlib.ExitStack()

	def start(self) -> "VM":
		"""Check the back ends, start QEMU, wait for its vCPU, pin it. Cost: 20 to 60 ms."""
		for net in self.nets:
			net.check(self.queues)
		try:
			self.name = state.claim(self.name, self._exact)
			self._claimed = True
			accels.tell(self.accel)
			huge = self._memory()
			self._spawn(huge)
			try:
				self._until_vcpu()
			except _NoHugePages:
				note("the 2 MiB pages were taken meanwhile: using 4 KiB pages")
				self._spawn(False)
				self._until_vcpu()
		except BaseException:
			self.close()
			raise
		return self

	def _memory(self) -> bool:
		"""Will the guest's memory be 2 MiB pages? Reserves them."""
		vhost = any(n.kind == "vhost-user" for n in self.nets)
		if self.hugepages == "off" or (self.hugepages == "auto" and not vhost):
			return False
		fits = self.mem % (2 << 20) == 0
		if self.detach and self.hugepages == "auto":  # nobody would give reserved ones back
			return fits and hugepages.free_mb() >= self.mem >> 20
		if fits and self._undo.enter_context(hugepages.reserve(self.mem >> 20)):
			return True
		why = "too few are free and this user cannot add any" if fits else \
			"the memory size is no multiple of 2 MiB"
		if self.hugepages == "on":
			raise Fail(f"no 2 MiB pages for {self.name}: {why}")
		note(f"guest memory in 4 KiB pages: {why}")
		return False

	def _spawn(self, huge: bool) -> None:
		self.console_path.write_bytes(b"")
		out = {"inherit": None, "stderr": sys.stderr}.get(self._console, subprocess.DEVNULL)
		with open(self._file(".err"), "wb") as err:
			self.started_at = time.time()
			self._huge = huge
			# a terminal lets only its own session read and set it
			session = not (self.stdin and sys.stdin.isatty())
			self._proc = subprocess.Popen(self.arguments(huge), stdout=out, stderr=err,
				stdin=None if self.stdin else subprocess.DEVNULL, start_new_session=self.detach,
				preexec_fn=None if self.detach else procs.die_with_parent(os.getpid(), session))
		self.starttime = procs.start_time(self._proc.pid)
		state.record(self.describe())

	def describe(self) -> dict:
		"""The VM's entry in the state folder, and what ps shows."""
		return {"name": self.name, "pid": self.pid, "starttime": self.starttime,
			"image": str(self.image), "accel": self.accel.name, "cpu": self.accel.cpu,
			"machine": self.machine, "mem": self.mem, "hugepages": self._huge,
			"queues": self.queues, "ring": "packed" if self.packed else "split",
			"nets": [f"{n.kind}:{n.target}".rstrip(":") for n in self.nets],
			"console": str(self.console_path), "detached": self.detach,
			"owner": None if self.detach else {"pid": os.getpid(), "starttime": procs.start_time(os.getpid())},
			"started_at": self.started_at, "command": self.arguments(self._huge)}

	def _until_vcpu(self) -> None:
		"""Wait for the vCPU thread and pin it. A back end that is silent holds QEMU up."""
		socks = [n.target for n in self.nets if n.kind == "vhost-user"]
		limit = BACK_END_S if socks else START_S
		end = time.monotonic() + limit
		while not self.pin():
			if self._proc.poll() is not None:
				self._raise_failure(starting=True)
				return  # so short a guest that it is over: wait() tells
			if time.monotonic() > end:
				if socks:
					raise Fail(f"the back end at {', '.join(socks)} accepts but does not speak "
						f"vhost-user within {limit:.0f} s: check or restart it")
				raise Fail(f"QEMU made no vCPU within {limit:.0f} s: is the machine overloaded?")
			time.sleep(0.001)

	def _raise_failure(self, starting: bool = False) -> None:
		"""Fail in a sentence with QEMU's last words, if QEMU itself failed."""
		status = self._proc.returncode
		if exit_code(status) is not None:
			return
		lines = self.stderr().splitlines()
		last = lines[-1].strip() if lines else ""
		if starting and self._huge and self.hugepages == "auto" and "emory" in last:
			raise _NoHugePages(last)
		if status < 0 and not last:
			last = f"killed by signal {signal.Signals(-status).name}"
		last = re.sub(r"^qemu-system-x86_64: (-\S+ \S+: )?", "", last) or f"exit status {status}, no message"
		hint = next((h for words, h in HINTS if words in last), "")
		raise Fail(f"QEMU failed to run {self.name}: {last}{hint}")

	def stderr(self) -> str:
		"""What QEMU itself complained about so far."""
		try:
			return self._file(".err").read_text(encoding="utf-8", errors="replace").strip()
		except OSError:
			return ""

	@property
	def pid(self) -> int:
		return self._proc.pid

	def running(self) -> bool:
		return self._proc is not None and self._proc.poll() is None

	def wait(self, timeout: float = None) -> int:
		"""Wait for the end. Returns the guest's exit code (0..127); raises Timeout (the VM
		still runs), or Fail if QEMU itself failed or was killed."""
		end = None if timeout is None else time.monotonic() + timeout
		while True:
			left = STUCK_POLL_S if end is None else min(STUCK_POLL_S, end - time.monotonic())
			if self._ended_within(max(0, left)):
				break
			self._check_stuck()
			if end is not None and time.monotonic() >= end:
				raise Timeout(f"{self.name} did not end within {timeout:g} s")
		self._raise_failure()
		return exit_code(self._proc.returncode)

	def _ended_within(self, seconds: float) -> bool:
		"""Wait for QEMU's end without polling; True if it ended."""
		if self._proc.poll() is not None:
			return True
		fd = os.pidfd_open(self._proc.pid)
		try:
			select.select([fd], [], [], seconds)
		finally:
			os.close(fd)
		return self._proc.poll() is not None

	def _check_stuck(self) -> None:
		"""KVM stops a guest for good at an instruction that it cannot emulate, and QEMU
		stays: end it and tell where."""
		words = self.stderr() if os.path.getsize(self._file(".err")) else ""
		if "KVM internal error" not in words:
			return
		where = re.search(r"\b[ER]IP=[0-9a-f]+", words)
		self.kill()
		raise Fail(f"KVM cannot run {self.name}: emulation failure at "
			f"{where[0] if where else 'an unknown address'} (an instruction that ring 0 may not use)")

	def stop(self, timeout: float = 3.0) -> None:
		"""End the VM: QMP quit, then SIGTERM, then SIGKILL. Never fails."""
		if not self.running():
			return
		steps = [signal.SIGTERM, signal.SIGKILL]
		with contextlib.suppress(OSError, Fail), self.qmp(1.0) as q:
			q.ask("quit")
			steps.insert(0, 0)
		for signum in steps:
			if signum:
				self._proc.send_signal(signum)
			if self._ended_within(timeout):
				return

	def kill(self) -> None:
		"""End the VM at once, by SIGKILL, and reap it."""
		if self.running():
			self._proc.kill()
		if self._proc is not None:
			self._proc.wait()

	def close(self) -> None:
		"""End the VM if it runs, remove its files and give its pages back. `with` does it.

		A console file that the caller named stays. A detached VM is let go instead.
		"""
		if self._proc is not None:
			if self.detach and self.running():
				self._undo.close()
				return
			self.stop()
		if self._claimed:
			state.forget(self.name)
			self._claimed = False
		self._undo.close()

	def __enter__(self) -> "VM":
		return self if self._proc else self.start()

	def __exit__(self, *exc) -> None:
		self.close()

	# -- looking in ------------------------------------------------------------------

	def vcpu(self) -> int:
		"""Thread id of the first vCPU; 0 if there is none (yet)."""
		for tid, name in procs.threads(self.pid).items():
			if re.fullmatch(r"CPU 0/(KVM|TCG)", name):
				return tid
		return 0

	def pin(self) -> bool:
		"""Pin the vCPU to its core and QEMU's other threads to the other cores.
		False while there is no vCPU thread."""
		vcpu = self.vcpu()
		if not vcpu:
			return False
		cores = sorted(os.sched_getaffinity(0))
		core = cores[-1] if self.core is None else self.core
		others = [c for c in cores if c != core]
		if not others or core not in cores:
			return True
		for tid in procs.threads(self.pid):
			with contextlib.suppress(OSError):
				os.sched_setaffinity(tid, [core] if tid == vcpu else others)
		return True

	def qmp(self, timeout: float = 5.0) -> Qmp:
		"""A control session: `with vm.qmp() as q: q.ask("query-status")`."""
		return Qmp(self._file(".qmp"), timeout)

	def cpu_seconds(self) -> float:
		"""CPU time that the whole of QEMU has used."""
		return procs.cpu_seconds(self.pid)

	def console(self) -> str:
		"""All that the guest printed so far."""
		return self.console_path.read_bytes().replace(b"\r", b"").decode("utf-8", "replace")

	def lines(self, timeout: float = None):
		"""Iterate over the console's lines from the first, following it until the VM ends.
		Raises Timeout if that takes longer."""
		end = None if timeout is None else time.monotonic() + timeout
		for line in consoles.follow(self.console_path, lambda: not self.running(), end):
			if line is None:
				self._check_stuck()
				raise Timeout(f"{self.name} was not through within {timeout:g} s")
			yield line

	def wait_line(self, pattern: str, timeout: float = 10.0) -> "re.Match":
		"""Wait for a console line in which the regular expression is found; its match.
		Raises Timeout, or Fail if the VM ends without it."""
		try:
			for line in self.lines(timeout):
				match = re.search(pattern, line)
				if match:
					return match
		except Timeout:
			raise Timeout(f"{self.name} printed no line with '{pattern}' within {timeout:g} s; "
				f"its last one: {self._last_line()}") from None
		self._raise_failure()
		raise Fail(f"{self.name} ended (code {exit_code(self._proc.returncode)}) without a line "
			f"with '{pattern}'; its last one: {self._last_line()}")

	def end(self) -> str:
		"""How it ended, with its last line; "" while it runs."""
		status = self._proc.poll()
		return "" if status is None else f"the machine ended (QEMU's status {status}), its last line: {self._last_line()}"

	def _last_line(self) -> str:
		lines = self.console().splitlines()
		return repr(lines[-1]) if lines else "none"

	def records(self) -> list:
		"""The values of all machine-readable lines ("@{json}") printed so far."""
		found = [consoles.record(line) for line in self.console().splitlines()]
		return [r for r in found if r is not None]
