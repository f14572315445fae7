# SPDX-License-Identifier: BSD-3-Clause
"""The record of running VMs: one NAME.json per VM in a folder private to the user.

Each entry carries the pid and start time of QEMU. An entry whose process is gone
is stale; clean() takes stale ones away, and every verb that looks here calls it.
A detached VM's console log stays for a day, so that `logs` works after its end.
"""

import contextlib
import fcntl
import json
import os
import re
import stat
import tempfile
import time
from pathlib import Path

from . import procs
from .say import Fail, of_os_error, usage

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
KEEP_LOG_S = 24 * 3600
SUFFIXES = (".json", ".log", ".err", ".qmp", ".ctl")


def folder() -> Path:
	"""The state folder, made if missing; refuses one that another user could write."""
	base = os.environ.get("XDG_RUNTIME_DIR") or "/tmp"
	if not os.path.isdir(base):
		base = "/tmp"
	path = Path(base) / f"sluice-{os.getuid()}"
	try:
		path.mkdir(mode=0o700, exist_ok=True)
		info = os.lstat(path)
	except OSError as err:
		raise of_os_error(err, "making the state folder") from None
	if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid() or info.st_mode & 0o022:
		raise Fail(f"{path} is not a folder of yours alone: remove it or set XDG_RUNTIME_DIR")
	return path


def file(name: str, suffix: str) -> Path:
	"""Path of a VM's file, for instance file("hello", ".log")."""
	return folder() / (name + suffix)


def check_name(name: str) -> str:
	if not NAME.fullmatch(name):
		raise usage(f"'{name}' is no name for a VM: use 1 to 32 letters, digits, '-', '_' or '.'")
	return name


@contextlib.contextmanager
def lock():
	"""Exclusive access to the folder, across sessions."""
	with open(folder() / ".lock", "w", encoding="ascii") as f:
		fcntl.flock(f, fcntl.LOCK_EX)
		yield


def _read(path: Path):
	try:
		entry = json.loads(path.read_text(encoding="utf-8"))
		return entry if isinstance(entry, dict) and "pid" in entry else None
	except (OSError, ValueError):
		return None


def write_json(path: Path, value) -> None:
	"""Replace a file at once: a reader sees the old text or the new one."""
	fd, tmp = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
	try:
		with os.fdopen(fd, "w", encoding="utf-8") as f:
			json.dump(value, f)
		os.replace(tmp, path)
	except OSError:
		with contextlib.suppress(OSError):
			os.unlink(tmp)
		raise


def _drop(name: str, suffixes=SUFFIXES) -> None:
	for suffix in suffixes:
		with contextlib.suppress(OSError):
			os.unlink(folder() / (name + suffix))


def _is_live(entry) -> bool:
	"""A live VM, or one whose launcher holds its name while QEMU is starting."""
	return procs.alive(entry["pid"], entry.get("starttime", 0))


def _is_held(entry) -> bool:
	"""A VM that ended, but whose launcher may still read its console."""
	owner = entry.get("owner") or {}
	return procs.alive(owner.get("pid", 0), owner.get("starttime", 0))


def claim(name: str, exact: bool) -> str:
	"""Take a name for a VM about to start. With exact=False a taken name gets a number.

	The entry names this process until record() replaces it with QEMU's.
	"""
	check_name(name)
	clean()
	with lock():
		free, number = name, 1
		while (folder() / (free + ".json")).exists():
			if exact:
				raise Fail(f"a VM named {name} is running already: stop it with "
					f"`./sluice stop {name}` or choose another --name")
			number += 1
			free = f"{name[:28]}-{number}"
		_drop(free)
		pid = os.getpid()
		write_json(folder() / (free + ".json"),
			{"name": free, "pid": pid, "starttime": procs.start_time(pid), "starting": True})
	return free


def record(entry: dict) -> None:
	"""Write the entry of a running VM (keys: name, pid, starttime and what ps shows)."""
	with lock():
		write_json(folder() / (entry["name"] + ".json"), entry)


def forget(name: str, keep_log: bool = False) -> None:
	"""Remove a VM's entry and files once its QEMU is gone."""
	with lock():
		_drop(name, (".json", ".qmp", ".err") if keep_log else SUFFIXES)


def clean() -> None:
	"""Drop stale entries, old logs and half-written files."""
	with lock():
		for path in folder().iterdir():
			if path.name.startswith(".tmp-"):
				path.unlink(missing_ok=True)
			elif path.suffix == ".json" and not path.name.startswith("."):
				entry = _read(path)
				if entry is None:
					_drop(path.stem)
				elif not _is_live(entry) and not _is_held(entry):
					kept = entry.get("detached", False)
					_drop(path.stem, (".json", ".qmp", ".err") if kept else SUFFIXES)
		for path in folder().iterdir():
			if path.suffix in (".log", ".err", ".qmp") and not _has_entry(path):
				with contextlib.suppress(OSError):
					old = time.time() - path.stat().st_mtime > KEEP_LOG_S
					if old or path.suffix != ".log":
						path.unlink()


def _has_entry(path: Path) -> bool:
	return path.with_name(path.name[: -len(path.suffix)] + ".json").exists()


def running() -> list:
	"""Entries of the VMs that run now, oldest first."""
	clean()
	entries = [_read(p) for p in folder().glob("*.json")]
	live = [e for e in entries if e and not e.get("starting") and _is_live(e)]
	return sorted(live, key=lambda e: e.get("started_at", 0))


def find(name: str) -> dict:
	"""The entry of a running VM, or one sentence that names those there are."""
	entries = running()
	for entry in entries:
		if entry["name"] == name:
			return entry
	names = ", ".join(e["name"] for e in entries) or "none"
	raise Fail(f"no VM named {name} is running (running: {names})")
