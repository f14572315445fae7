# SPDX-License-Identifier: BSD-3-Clause
"""Run other programs with progress and a log, and hold locks against other sessions."""

import contextlib
import fcntl
import hashlib
import os
import re
import subprocess
from pathlib import Path

from . import paths, procs
from .say import Fail, of_os_error, step

DISK_FULL = re.compile(r"No space left on device|enough free space|Disk quota exceeded")
NINJA_STATUS = re.compile(r"\[(\d+)/(\d+)\]")


class ToolFailed(Fail):
	"""A program ended with a failure; `output` is all it printed."""

	def __init__(self, sentence: str, output: str):
		super().__init__(sentence)
		self.output = output


def logs() -> Path:
	"""Folder for the logs of set-up and build."""
	path = paths.cache() / "log"
	try:
		path.mkdir(parents=True, exist_ok=True)
	except OSError as err:
		raise of_os_error(err, "making the cache folder") from None
	return path


def run(what: str, argv, log: str, env=None, tied=True) -> str:
	"""Run a program as a step with progress; its output goes to a log and is returned.

	tied: it is killed if this process is (apt must rather come to its end).

	Raises ToolFailed with one sentence: the disk is full, or the last error and the log.
	"""
	path = logs() / log
	words = {**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}
	out = []
	with step(what) as now, open(path, "w", encoding="utf-8", errors="replace") as f:
		try:
			child = subprocess.Popen(argv, env=words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
				stderr=subprocess.STDOUT, text=True, errors="replace",
				preexec_fn=procs.die_with_parent(os.getpid()) if tied else None)
		except OSError as err:
			raise Fail(f"cannot start {argv[0]}: {err.strerror}; run `./sluice setup`") from None
		with _ended_with_us(child):
			for line in child.stdout:
				out.append(line)
				f.write(line)
				count = NINJA_STATUS.match(line)
				if count:
					now.update(f"{count[1]} of {count[2]}")
			status = child.wait()
		if status:
			raise ToolFailed(_sentence(what, argv, status, "".join(out), path), "".join(out))
	return "".join(out)


@contextlib.contextmanager
def _ended_with_us(child):
	"""On Ctrl-C or an error the child ends too."""
	try:
		yield
	except BaseException:
		child.terminate()
		with contextlib.suppress(subprocess.TimeoutExpired):
			child.wait(5)
		child.kill()
		raise


def _sentence(what, argv, status, output, path) -> str:
	if DISK_FULL.search(output):
		return f"{what} failed: the disk is full, free some space and run it again (log: {path})"
	errors = re.findall(r"(?m)^.*(?:\berror:|ERROR:|^E:|Error:|undefined reference).*$", output)
	lines = [line for line in output.splitlines() if line.strip()]
	last = (errors[0] if errors else lines[-1] if lines else f"{argv[0]} ended with {status}").strip()
	return f"{what} failed: {last} (log: {path})"


@contextlib.contextmanager
def locked(name: str):
	"""Exclusive use of something among all sessions of this user (by a file in the cache)."""
	folder = paths.cache() / "locks"
	try:
		folder.mkdir(parents=True, exist_ok=True)
		f = open(folder / name, "w", encoding="ascii")
	except OSError as err:
		raise of_os_error(err, "making a lock in the cache folder") from None
	with f:
		try:
			fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
		except BlockingIOError:
			with step("waiting for another ./sluice to finish"):
				fcntl.flock(f, fcntl.LOCK_EX)
		yield


def cache_lock():
	return locked("cache")


def build_lock():
	"""For the build folder in use; several clones share one cache."""
	return locked("build-" + hashlib.sha256(str(paths.BUILD).encode()).hexdigest()[:16])


def tool(name: str) -> str:
	"""A build tool as Debian ships it, before any other of that name."""
	path = f"/usr/bin/{name}"
	if os.access(path, os.X_OK):
		return path
	raise Fail(f"{path} is not installed: run `./sluice setup`")


def free_mb(path) -> int:
	"""Free MiB for this user on the file system that holds (or would hold) path."""
	path = Path(path)
	while not path.exists() and path != path.parent:
		path = path.parent
	info = os.statvfs(path)
	return info.f_bavail * info.f_frsize >> 20
