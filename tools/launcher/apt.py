# SPDX-License-Identifier: BSD-3-Clause
"""Debian packages: which are missing, and installing them as root or by sudo."""

import os
import re
import shutil
import subprocess
import sys
import time

from . import paths, work
from .say import Fail

GROUPS = ("build", "run", "bench", "test")
OFFLINE = re.compile(r"resolving|Could not connect|Cannot initiate the connection|"
	r"Network is unreachable|timed out|Connection refused")
NO_MIRROR = "packages cannot be fetched, the Debian mirror does not answer: go online, or check " \
	"/etc/apt/sources.list"
LOCK_TRIES, LOCK_PAUSE_S = 60, 5
SIZE = r"([\d,.]+) ([kMG]?)B"


def packages(groups=GROUPS) -> list:
	"""The packages of some groups, as tools/packages.txt lists them."""
	found = {name: [] for name in GROUPS}
	group = None
	for line in (paths.TOOLS / "packages.txt").read_text(encoding="utf-8").splitlines():
		line = line.split("#")[0].strip()
		if line.startswith("["):
			group = line.strip("[]")
		elif line:
			found[group].append(line)
	return [name for g in groups for name in found[g]]


def missing(names) -> list:
	"""Those of the packages that are not installed. Cost: 30 ms."""
	try:
		done = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}\n", *names],
			capture_output=True, text=True, errors="replace", check=False)
	except OSError:
		raise Fail("there is no dpkg on this machine: Sluice is set up on Debian 12") from None
	here = {line.split()[0] for line in done.stdout.splitlines() if line.split()[1:2] == ["ii"]}
	return [name for name in names if name not in here]


def _root_words(names) -> list:
	"""The words that make a command run as root, or one sentence."""
	if os.geteuid() == 0:
		return []
	by_hand = f"run as root `apt-get install --no-install-recommends {' '.join(names)}`"
	if not shutil.which("sudo"):
		raise Fail(f"packages are missing, but you are not root and there is no sudo: {by_hand}")
	if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
		return ["sudo", "-n"]
	if not sys.stdin.isatty() or subprocess.run(["sudo", "-v"], check=False).returncode:
		raise Fail(f"packages are missing and sudo does not let this user in: {by_hand}")
	return ["sudo"]


def _apt(root, what: str, log: str, *words) -> str:
	"""Run apt-get; a lock that another apt holds is waited for, a broken-off dpkg ended."""
	env = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C"]
	argv = [*env, "apt-get", "-q", *words]
	for attempt in range(LOCK_TRIES):
		try:
			return work.run(what, argv, log, tied=False)
		except work.ToolFailed as err:
			if "dpkg --configure -a" in err.output and attempt == 0:
				work.run("ending an interrupted dpkg", [*env, "dpkg", "--configure", "-a"], "dpkg.log", tied=False)
				continue
			if "Could not get lock" not in err.output or attempt == LOCK_TRIES - 1:
				raise _explained(err) from None
			time.sleep(LOCK_PAUSE_S)
	return ""


def _explained(err: work.ToolFailed) -> work.ToolFailed:
	"""Offline is told as such, whatever apt calls it."""
	if OFFLINE.search(err.output) and not work.DISK_FULL.search(err.output):
		return work.ToolFailed(NO_MIRROR, err.output)
	return err


def _mb(number: str, unit: str) -> int:
	value = float(number.replace(",", ""))
	return int(value * {"": 1e-6, "k": 1e-3, "M": 1, "G": 1e3}[unit]) + 1


def _check_space(names) -> bool:
	"""Fail if the disk is too small; False if apt does not know all of the packages."""
	done = subprocess.run(["apt-get", "-q", "--assume-no", "--no-install-recommends", "install", *names],
		capture_output=True, text=True, errors="replace", check=False,
		env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.DEVNULL)
	if "Unable to locate package" in done.stderr or "no installation candidate" in done.stderr:
		return False
	get = re.search(r"Need to get (?:[\d,.]+ [kMG]?B/)?" + SIZE, done.stdout)
	used = re.search(r"After this operation, " + SIZE + r" of additional", done.stdout)
	need_get = _mb(*get.groups()) if get else 0
	need = _mb(*used.groups()) if used else 0
	one_disk = os.stat("/usr").st_dev == os.stat("/var/cache/apt").st_dev
	for path, mb in (("/usr", need + (need_get if one_disk else 0)), ("/var/cache/apt", need_get)):
		if work.free_mb(path) < mb + 50:
			raise Fail(f"the disk is too full for the packages: {path} has {work.free_mb(path)} MB "
				f"free of the {mb + 50} MB that are needed; free some space and run it again")
	return True


def _no_lists() -> bool:
	try:
		return not any("_Packages" in name for name in os.listdir("/var/lib/apt/lists"))
	except OSError:
		return True


def _update(root) -> None:
	"""Read the package lists. Offline, apt-get only warns: without any list that is a failure.
	A source that does not answer fails it, but may not be one that matters."""
	try:
		output = _apt(root, "reading the package lists", "apt-update.log", "update")
	except work.ToolFailed as err:
		if _no_lists() or work.DISK_FULL.search(err.output):
			raise
		return
	if OFFLINE.search(output) and _no_lists():
		raise Fail(NO_MIRROR)


def install(names) -> None:
	"""Install packages. Fails in one sentence if offline, without root, or out of disk."""
	root = _root_words(names)
	what = f"installing {len(names)} Debian packages and what they need"
	updated = _no_lists()
	if updated:
		_update(root)
	for _ in range(2):
		if _check_space(names):
			try:
				_apt(root, what, "apt-install.log", "-y", "-o", "DPkg::Lock::Timeout=600", "-o",
					"Dpkg::Use-Pty=0", "--no-install-recommends", "install", *names)
				break
			except work.ToolFailed as err:
				if updated or work.DISK_FULL.search(err.output):
					raise
		elif updated:
			break
		_update(root)
		updated = True
	left = missing(names)
	if left:
		raise Fail(f"apt does not offer {' '.join(left)} (or the mirror did not answer): Sluice is set up "
			f"on Debian 12 (bookworm) with its main archive; see {work.logs()}/apt-update.log")
