#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Check the tree against LAYERS: include lines, symbols, headers that compile alone.

	tools/layers.py [--root DIR] [--build DIR]

Without a build folder the symbols are not checked. One line per violation; exit code 1
if there is any.
"""

import argparse
import fnmatch
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

MAX_HOOKS = 3
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
CONDITION = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif|else)\b")
SPDX = "SPDX-License-Identifier: BSD-3-Clause"
OURS = re.compile(r"(?:uk|nf|pg)_\w+")
# what sanitizers and link-time optimisation add to an object
FOREIGN = re.compile(r"__odr_asan|__asan|__ubsan|__gnu_lto|\.L")


class Broken(Exception):
	"""LAYERS itself is wrong, or the checker cannot do its work."""


@dataclass
class Layers:
	"""The contents of LAYERS."""

	rooms: list = field(default_factory=list)  # folders, lowest first
	prefix: dict = field(default_factory=dict)  # room -> "uk_FILE"
	hosts: list = field(default_factory=list)
	hooks: list = field(default_factory=list)  # (symbol, file)
	symbols: list = field(default_factory=list)  # (symbol pattern, file pattern)
	includes: list = field(default_factory=list)

	@classmethod
	def read(cls, path: Path) -> "Layers":
		layers = cls()
		for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
			words = line.split()
			if words and not line.startswith("#"):
				try:
					layers._take(words)
				except (IndexError, ValueError):
					raise Broken(f"{path}:{number}: not understood: {line.strip()}") from None
		if not layers.rooms:
			raise Broken(f"{path}: names no room")
		if len(layers.hooks) > MAX_HOOKS:
			raise Broken(f"{path}: {len(layers.hooks)} hooks, {MAX_HOOKS} are allowed")
		return layers

	def _take(self, words) -> None:
		kind = words[0]
		if kind == "room" and len(words) == 3:
			self.rooms.append(words[1])
			self.prefix[words[1]] = words[2]
		elif kind == "host" and len(words) == 2:
			self.hosts.append(words[1])
		elif kind in ("hook", "symbol", "include") and len(words) > 3:
			target = {"hook": self.hooks, "symbol": self.symbols, "include": self.includes}[kind]
			target.append((words[1], words[2]))
		else:
			raise ValueError

	def room_of(self, path: str):
		room = path.split("/")[0]
		return room if room in self.rooms else None

	def allowed(self, room: str) -> list:
		return self.rooms[: self.rooms.index(room) + 1]

	def is_host(self, path: str) -> bool:
		return any(path.startswith(host + "/") for host in self.hosts)


def _excepted(rules, name: str, path: str) -> bool:
	return any(fnmatch.fnmatch(name, n) and fnmatch.fnmatch(path, p) for n, p in rules)


def is_test(path: str) -> bool:
	return "test" in path.split("/")[:-1]


def sources(root: Path, layers: Layers, suffixes=(".c", ".h", ".S")) -> list:
	"""Paths of the rooms' files, relative to root."""
	found = []
	for room in layers.rooms:
		for folder, _, names in os.walk(root / room):
			found += [os.path.relpath(os.path.join(folder, n), root) for n in names if n.endswith(suffixes)]
	return sorted(found)


def include_lines(root: Path, path: str) -> list:
	"""(line number, '<' or '"', header) of a file."""
	text = (root / path).read_text(encoding="utf-8", errors="replace")
	return [(n, *m.groups()) for n, m in enumerate(map(INCLUDE.match, text.splitlines()), 1) if m]


def check_includes(root: Path, layers: Layers) -> list:
	"""Violations of the rule on include lines."""
	bad = []
	for path in sources(root, layers):
		if is_test(path):
			continue
		for number, bracket, header in include_lines(root, path):
			why = _include_fault(root, layers, path, bracket, header)
			if why and not _excepted(layers.includes, header, path):
				bad.append(f"{path}:{number}: {why}")
	return bad + _check_host_closure(root, layers)


def _include_fault(root, layers, path, bracket, header) -> str:
	room, other = layers.room_of(path), layers.room_of(header)
	if bracket == "<":
		return f"<{header}> is ours: include it with quotes" if other else ""
	if other is None:
		return f'"{header}" names no room: write the path from the root, or <> for a system header'
	if not (root / header).is_file():
		return f'"{header}" does not exist'
	if is_test(header):
		return f'"{header}" is part of a test'
	if layers.is_host(path):
		return "" if other == room else f'"{header}": a host program may include its own room only'
	if layers.is_host(header):
		return f'"{header}" belongs to a host program'
	if other not in layers.allowed(room):
		return f'"{header}" is above {room} in the order of LAYERS'
	return ""


def _check_host_closure(root: Path, layers: Layers) -> list:
	"""A header that a host program shares with images must not lead into other rooms."""
	bad, seen = [], set()
	todo = [(p, p) for p in sources(root, layers) if layers.is_host(p) and not is_test(p)]
	while todo:
		path, origin = todo.pop()
		for number, bracket, header in include_lines(root, path):
			room = layers.room_of(header)
			if bracket != '"' or room is None or header in seen or not (root / header).is_file():
				continue
			foreign = room != layers.room_of(origin)
			if foreign and path == origin:
				continue  # told already
			seen.add(header)
			if foreign:
				bad.append(f'{path}:{number}: "{header}" reaches the host program {origin}')
			todo.append((header, origin))
	return bad


def check_text(root: Path, layers: Layers) -> list:
	"""Rules of the house that a line shows: the licence line, no #if in a .c file."""
	bad = []
	for path in sources(root, layers):
		lines = (root / path).read_text(encoding="utf-8", errors="replace").splitlines()
		if SPDX not in (lines[0] if lines else ""):
			bad.append(f"{path}:1: the first line must be the licence: {SPDX}")
		if path.endswith(".c"):
			bad += [f"{path}:{n}: no conditional compilation in a .c file (meson chooses files)"
				for n, line in enumerate(lines, 1) if CONDITION.match(line)]
	return bad


def check_headers(root: Path, layers: Layers, cc: str = "gcc") -> list:
	"""Headers that do not compile alone."""
	bad = []
	dpdk, lwip = _dpdk_flags(), _lwip_flags(root)
	for path in sources(root, layers, (".h",)):
		if is_test(path):
			continue
		flags = dpdk if layers.is_host(path) else lwip
		done = subprocess.run([cc, "-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
			"-Wno-unused-parameter", "-DUK_DEBUG=0", *flags, "-I", str(root), "-x", "c", "-"],
			input=f'#include "{path}"\n', capture_output=True, text=True, check=False)
		if done.returncode:
			errors = [line for line in done.stderr.splitlines() if "error:" in line]
			bad.append(f"{path}:1: does not compile alone: {(errors or done.stderr.splitlines() or ['?'])[0]}")
	return bad


def _dpdk_flags() -> list:
	try:
		done = subprocess.run(["pkg-config", "--cflags", "libdpdk"], capture_output=True, text=True, check=False)
	except OSError:
		return []
	return done.stdout.split()


def _lwip_flags(root: Path) -> list:
	"""Where lwIP's headers are, as meson.build has it."""
	cache = os.environ.get("SLUICE_CACHE") or os.path.join(
		os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "sluice")
	return ["-I", str(root / "netstack/lwip"), "-isystem", os.path.join(cache, "src/lwip/src/include")]


# -- symbols -----------------------------------------------------------------------------


def objects(root: Path, build: Path, layers: Layers) -> dict:
	"""Source path -> object file, from meson's compile_commands.json."""
	try:
		commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
	except (OSError, ValueError) as err:
		raise Broken(f"cannot read {build}/compile_commands.json: {err}") from None
	found = {}
	for entry in commands:
		source = os.path.relpath(os.path.realpath(os.path.join(entry["directory"], entry["file"])),
			os.path.realpath(root))
		output = Path(entry["directory"], entry.get("output", ""))
		if layers.room_of(source) is None or is_test(source) or not output.is_file():
			continue
		sanitized = "-fsanitize=" in entry["command"]
		if source not in found or found[source][0] > sanitized:
			found[source] = (sanitized, output)
	return {source: output for source, (_, output) in sorted(found.items())}


def symbols(obj: Path):
	"""(globals that an object defines, symbols that it needs)."""
	done = subprocess.run(["nm", "--extern-only", "--format=posix", str(obj)], capture_output=True, text=True,
		check=False)
	if done.returncode:
		raise Broken(f"nm cannot read {obj}: {done.stderr.strip()}")
	defined, needed = set(), set()
	for line in done.stdout.splitlines():
		name, kind = line.split()[:2]
		if not FOREIGN.match(name):
			(needed if kind in "Uw" else defined).add(name)
	return defined, needed


def prefixes(root: Path, layers: Layers, source: str) -> list:
	"""What a global of this file may start with."""
	room, stem = layers.room_of(source), Path(source).stem.replace("-", "_")
	pattern = layers.prefix[room]
	if "FILE" not in pattern:
		return [pattern]
	headers = {h.stem.replace("-", "_") for h in (root / source).parent.glob("*.h")}
	family = [h for h in headers if stem.startswith(h + "_")]
	return [pattern.replace("FILE", name) for name in [stem, *family]]


def _named_well(name: str, starts) -> bool:
	return any(name == s or name.startswith(s if s.endswith("_") else s + "_") for s in starts)


def check_symbols(root: Path, build: Path, layers: Layers) -> list:
	"""Global names, and who uses what of whom."""
	files = objects(root, build, layers)
	if not files:
		raise Broken(f"{build} holds no object of the rooms: build first")
	tables = {source: symbols(obj) for source, obj in files.items()}
	bad, owners = [], {}
	for source, (defined, _) in tables.items():
		starts = prefixes(root, layers, source)
		for name in sorted(defined):
			owners.setdefault(name, []).append(source)
			hook = any(name == h for h, _ in layers.hooks)
			if not (_named_well(name, starts) or hook or _excepted(layers.symbols, name, source)):
				bad.append(f"{source}:1: global symbol {name} does not start with {' or '.join(starts)}")
	for source, (_, needed) in tables.items():
		allowed = layers.allowed(layers.room_of(source))
		for name in sorted(needed):
			free = any(name == h for h, _ in layers.hooks) or \
				any(_excepted(layers.symbols, name, o) for o in owners.get(name, []))
			homes = {layers.room_of(o) for o in owners.get(name, [])}
			if homes and not homes & set(allowed) and not free:
				bad.append(f"{source}:1: uses {name} of {', '.join(sorted(homes))}, which is above it in LAYERS")
	return bad


def check(root: Path, build=None) -> dict:
	"""All checks: name -> list of violations. Raises Broken."""
	layers = Layers.read(root / "LAYERS")
	found = {"includes": check_includes(root, layers), "text": check_text(root, layers),
		"headers": check_headers(root, layers)}
	if build:
		found["symbols"] = check_symbols(root, Path(build), layers)
	return found


def main() -> int:
	p = argparse.ArgumentParser(description="Check the tree against LAYERS.")
	p.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
	p.add_argument("--build", type=Path, help="build folder: check symbols too")
	args = p.parse_args()
	try:
		found = check(args.root, args.build)
	except (Broken, OSError) as err:
		print(f"layers: {err}", file=sys.stderr)
		return 1
	for violation in sum(found.values(), []):
		print(violation)
	number = sum(map(len, found.values()))
	print(f"layers: {', '.join(found)}: {number or 'no'} violation{'s' * (number != 1)}")
	return 1 if number else 0


if __name__ == "__main__":
	sys.exit(main())
