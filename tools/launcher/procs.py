# SPDX-License-Identifier: BSD-3-Clause
"""Processes by pid and start time, so that a recycled pid is never mistaken."""

import ctypes
import os
import signal
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def start_time(pid: int) -> int:
	"""Start time of a live process in clock ticks since boot; 0 if there is none.

	A zombie counts as gone: it holds nothing any more.
	"""
	try:
		with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
			fields = f.read().rpartition(")")[2].split()
	except OSError:
		return 0
	if len(fields) < 20 or fields[0] in "ZX":
		return 0
	return int(fields[19])


def alive(pid: int, started: int) -> bool:
	"""Is the process that had `pid` at start time `started` still there?"""
	return started != 0 and start_time(pid) == started


def send(pid: int, started: int, signum: int) -> bool:
	"""Signal that very process; False if it is gone."""
	try:
		fd = os.pidfd_open(pid)
	except OSError:
		return False
	try:
		if not alive(pid, started):
			return False
		signal.pidfd_send_signal(fd, signum)
		return True
	except OSError:
		return False
	finally:
		os.close(fd)


def gone_within(pid: int, started: int, seconds: float) -> bool:
	"""Wait for the end of that process."""
	end = time.monotonic() + seconds
	while alive(pid, started):
		if time.monotonic() > end:
			return False
		time.sleep(0.01)
	return True


def die_with_parent(parent: int, session: bool = True):
	"""A preexec_fn: the child is killed when the *thread* that started it ends.

	prctl(2) ties PR_SET_PDEATHSIG to the creating thread, so start such a child
	from a thread that outlives it (the main thread). session: a session of its own, so
	that Ctrl-C reaches the parent only.
	"""

	def child():
		if session:
			os.setsid()
		_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
		if os.getppid() != parent:
			os._exit(127)

	return child


def threads(pid: int) -> dict:
	"""Thread id -> name, for a live process."""
	out = {}
	try:
		for tid in os.listdir(f"/proc/{pid}/task"):
			try:
				with open(f"/proc/{pid}/task/{tid}/comm", encoding="utf-8", errors="replace") as f:
					out[int(tid)] = f.read().rstrip("\n")
			except OSError:
				pass
	except OSError:
		pass
	return out


def cpu_seconds(pid: int, tid: int = 0) -> float:
	"""User plus system time that a process (or one thread of it) has used."""
	path = f"/proc/{pid}/task/{tid}/stat" if tid else f"/proc/{pid}/stat"
	with open(path, encoding="ascii", errors="replace") as f:
		fields = f.read().rpartition(")")[2].split()
	return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
