# SPDX-License-Identifier: BSD-3-Clause
"""2 MiB pages for guests and back ends: use free ones, add more as root, give back.

Several sessions may reserve at once, and one may be killed. A ledger in /run notes
what each live process added; whoever comes next takes the dead ones' share back.
"""

import contextlib
import fcntl
import json
import os

from . import procs

# /proc speaks of the default size only, which is 2 MiB unless told otherwise; /sys may be
# absent in a container or chroot.
LEDGER = "/run/sluice-hugepages.json"
PAGE_MB = 2


def _counts() -> dict:
	"""The HugePages_ lines of /proc/meminfo; empty if the default size is not 2 MiB."""
	try:
		with open("/proc/meminfo", encoding="ascii") as f:
			lines = dict(line.split(":", 1) for line in f if ":" in line)
		if lines["Hugepagesize"].split() != ["2048", "kB"]:
			return {}
		return {key: int(lines[f"HugePages_{key}"]) for key in ("Total", "Free", "Rsvd")}
	except (OSError, ValueError, KeyError):
		return {}


def free_mb() -> int:
	"""MiB of 2 MiB pages that nobody has mapped or reserved."""
	counts = _counts()
	return max(0, counts["Free"] - counts["Rsvd"]) * PAGE_MB if counts else 0


def _add(pages: int) -> int:
	"""Grow (or shrink) the machine's pool; returns by how much it really changed."""
	before = _counts().get("Total")
	if before is None:
		return 0
	with open("/proc/sys/vm/nr_hugepages", "w", encoding="ascii") as f:
		f.write(str(max(0, before + pages)))
	return _counts()["Total"] - before


@contextlib.contextmanager
def _ledger():
	"""The list of live holders, locked; what dead ones held has been given back."""
	fd = os.open(LEDGER, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
	with os.fdopen(fd, "r+", encoding="ascii") as f:
		fcntl.flock(f, fcntl.LOCK_EX)
		try:
			book = [h for h in json.load(f) if h["pages"] > 0]
		except (ValueError, KeyError, TypeError):
			book = []
		live = [h for h in book if procs.alive(h["pid"], h["starttime"])]
		dead = sum(h["pages"] for h in book) - sum(h["pages"] for h in live)
		if dead:
			_add(-dead)
		try:
			yield live
		finally:
			f.seek(0)
			f.truncate()
			json.dump(live, f)


def restore() -> None:
	"""Give back what killed sessions had added. Cheap; root only, else nothing."""
	if os.geteuid() == 0 and os.path.exists(LEDGER):
		with contextlib.suppress(OSError), _ledger():
			pass


def _take(pages: int):
	"""Add pages for this process; returns its ledger entry, None if it cannot be."""
	if os.geteuid() != 0:
		return None
	try:
		with _ledger() as book:
			got = _add(pages)
			if got < pages:
				_add(-got)
				return None
			mine = {"pid": os.getpid(), "starttime": procs.start_time(os.getpid()),
				"pages": got, "id": os.urandom(8).hex()}
			book.append(mine)
			return mine
	except OSError:
		return None


def _give_back(mine) -> None:
	with contextlib.suppress(OSError), _ledger() as book:
		if mine in book:
			book.remove(mine)
			_add(-mine["pages"])


@contextlib.contextmanager
def reserve(mb: int):
	"""`with reserve(256) as got:` has 256 MiB of free 2 MiB pages if got is True.

	Free pages are used as they are; as root, missing ones are added and given back at
	the end (or by the next session, if this process is killed). got is False when there
	are too few and no way to add some: use 4 KiB pages then, and say so.
	"""
	pages = -(-mb // PAGE_MB)
	restore()
	missing = pages - free_mb() // PAGE_MB
	if missing <= 0:
		yield True
		return
	mine = _take(missing)
	try:
		yield mine is not None
	finally:
		if mine:
			_give_back(mine)
