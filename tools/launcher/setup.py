# SPDX-License-Identifier: BSD-3-Clause
"""setup: packages, pinned sources, meson, ninja. Does only what is missing."""

import hashlib
import json
import os
import re
import shutil
import time

from . import accel, apt, paths, state, work
from .say import Fail, note, of_os_error

LOCK_FILE = paths.TOOLS / "sources.lock"
SPACE_MB = 600  # sources, apt's index of them, and the build


def ensure(groups=apt.GROUPS, build=True) -> dict:
	"""Make this machine ready for the verbs that need these groups of packages.

	With build=False only the packages, else the sources and a configured build folder too.
	Returns what was done: {"installed": [...], "sources": [...], "configured": bool}.
	Cost: about 0.1 s when nothing is to do, plus ninja's look at the tree.
	"""
	done = {"installed": [], "sources": [], "configured": False}
	if build:
		check_space()
	with work.cache_lock():
		lacking = apt.missing(apt.packages(groups))
		if lacking:
			apt.install(lacking)
			done["installed"] = lacking
		if build:
			done["sources"] = fetch_sources()
	if build:
		with work.build_lock():
			done["configured"] = configure()
	return done


def check_space() -> None:
	for path in {paths.cache(), paths.BUILD}:
		if not (path / "src").exists() and not (path / "build.ninja").exists() \
				and work.free_mb(path) < SPACE_MB:
			raise Fail(f"the disk is too full: {work.free_mb(path)} MB free for {path}, "
				f"{SPACE_MB} MB are needed; free some space, or set SLUICE_CACHE to another disk")


def fetch_sources() -> list:
	"""Fetch and unpack what sources.lock pins; returns the packages that were new."""
	stamp = paths.cache() / "src" / ".stamp"
	wanted = hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()
	names = sorted({line.split()[0] for line in LOCK_FILE.read_text(encoding="utf-8").splitlines()
		if line.strip() and not line.startswith("#")})
	try:
		if stamp.read_text(encoding="ascii").strip() == wanted and \
				all(paths.source(name).is_dir() for name in names):
			return []
	except OSError:
		pass
	try:
		work.run("fetching sources", [str(paths.TOOLS / "apt-src.sh"), "fetch", str(paths.cache()),
			str(LOCK_FILE)], "sources.log")
	except work.ToolFailed as err:
		if apt.OFFLINE.search(err.output):
			raise Fail("sources cannot be fetched, the Debian mirror does not answer: go online, "
				"or check /etc/apt/sources.list") from None
		why = re.search(r"(?m)^apt-src: (.*)$", err.output)
		raise Fail(f"fetching sources failed: {why[1]}" if why else str(err)) from None
	try:
		stamp.write_text(wanted + "\n", encoding="ascii")
	except OSError as err:
		raise of_os_error(err, "writing the cache") from None
	return names


def _defaults() -> str:
	"""A hash of the build's default options: project()'s and meson_options.txt's."""
	text = (paths.ROOT / "meson.build").read_text(encoding="utf-8")
	project = re.search(r"^project\(.*?\)\n", text, re.DOTALL | re.MULTILINE)
	options = paths.ROOT / "meson_options.txt"
	more = options.read_text(encoding="utf-8") if options.exists() else ""
	return hashlib.sha256(((project[0] if project else text) + more).encode()).hexdigest()


def configure() -> bool:
	"""Run meson if the build folder is new, half made, or made for other conditions.

	What meson looks for once (cmocka, clang, DPDK) may have been installed since.
	"""
	if not (paths.ROOT / "meson.build").exists():
		raise Fail(f"{paths.ROOT} has no meson.build: this clone is not complete")
	stamp = paths.BUILD / ".sluice-configured"
	absent = apt.missing(apt.packages())
	wanted = {"musl": str(paths.source("musl")), "lwip": str(paths.source("lwip")), "absent": absent, "root": str(paths.ROOT),
		"defaults": _defaults()}
	ready = (paths.BUILD / "build.ninja").exists()
	try:
		made = json.loads(stamp.read_text(encoding="utf-8"))
		same_defaults = made["defaults"] == wanted["defaults"]
	except (OSError, ValueError, KeyError, TypeError):
		made, same_defaults = None, False
	if ready and made == wanted:
		return False
	# meson takes defaults in when a folder is new, never later
	wipe = (paths.BUILD / "meson-private").exists() and not (ready and same_defaults)
	more = ["--wipe"] if wipe else ["--reconfigure"] if ready else []
	work.run("configuring the build", [work.tool("meson"), "setup", *more, str(paths.BUILD), str(paths.ROOT),
		f"-Dmusl={wanted['musl']}", f"-Dlwip={wanted['lwip']}"], "meson.log", env={"CC": "gcc"})
	try:
		state.write_json(stamp, wanted)
	except OSError as err:
		raise of_os_error(err, "writing the build folder") from None
	return True


def compile(targets=()) -> None:
	"""Run ninja for some targets (none: all), one session at a time."""
	with work.build_lock():
		work.run("building", ["stdbuf", "-oL", work.tool("ninja"), "-C", str(paths.BUILD), *targets], "ninja.log")


def _setup(args) -> int:
	start = time.monotonic()
	groups = args.groups or apt.GROUPS
	done = ensure(groups)
	compile()
	found = accel.probe() if shutil.which(paths.QEMU) else None
	done.update(build=str(paths.BUILD), cache=str(paths.cache()), seconds=round(time.monotonic() - start, 1),
		accel=found.name if found else None)
	if args.json:
		print(json.dumps(done))
		return 0
	what = f"installed {len(done['installed'])} packages, " if done["installed"] else ""
	note(f"ready: {what}build in {os.path.relpath(paths.BUILD)}, sources in {paths.cache()}, "
		f"{done['seconds']:.1f} s")
	if found and found.name == "kvm":
		note("KVM works here" + (" (without hardware virtualisation)" if found.hardware == "pvm" else ""))
	elif found:
		note(f"KVM does not work here, guests will be emulated (slower): {found.reason}")
	return 0


def add(subparsers) -> None:
	p = subparsers.add_parser("setup", help="install packages, fetch sources, configure and build",
		description="Install the Debian packages, fetch the pinned sources into the cache, configure and "
		"build. Does only what is missing; every other verb runs the part it needs by itself.")
	p.add_argument("--for", dest="groups", action="append", choices=apt.GROUPS, metavar="GROUP",
		help=f"only a group of packages ({', '.join(apt.GROUPS)}); repeatable")
	p.add_argument("--json", action="store_true", help="print what was done as JSON")
	p.set_defaults(func=_setup)
