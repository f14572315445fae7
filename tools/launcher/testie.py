#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Run tests in the form of Click's own: a shell script, its input files and what it is to print.

	/usr/bin/python3 tools/launcher/testie.py --click build/nf-apps/twin/sluice-click FILE|FOLDER...

In the script `click` is the program of --click. Exit code 1 if a test failed. docs/testing.md
describes the sections of a file.
"""

import argparse
import base64
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
SUFFIXES = (".testie", ".clicktest")
TIMEOUT_S = 45.0
INCLUDES_MAX = 20
SECTION = re.compile(r"%\s*(\w+)[ \t]*(.*?)\s*$")
# other names that sections have, and what they are short for
ALIASES = {"test": ("script", ""), "desc": ("info", ""), "stdin": ("file", "stdin"), "input": ("file", "stdin"),
	"stdout": ("expect", "stdout"), "output": ("expect", "stdout"), "stderr": ("expect", "stderr"),
	"expect_verbatim": ("expectv", ""), "verbatim": ("expectv", "")}
DEFAULT_NAME = {"file": "stdin", "expect": "stdout", "expectv": "stdout", "expectx": "stdout", "ignore": "all",
	"ignorev": "all", "ignorex": "all"}
FILE_NAME = re.compile(r"(?!/)(?!.*(?:^|/)\.\.(?:/|$))[-\w./+@]+")
COMMENT = re.compile(r"\s*\{\{\?(.*?)\}\}\s*", re.DOTALL)
RANGE = re.compile(r"~\s*(\d+)\s*(-|\+-)\s*(\d+)\s*(%?)\s*")
# what Perl has and Python has not
POSIX = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "space": r"\s", "xdigit": "0-9a-fA-F", "upper": "A-Z",
	"lower": "a-z", "punct": r"!-/:-@\[-`{-~"}
PRELUDE = "testie_subtest() { :; }\nclicktest_subtest() { :; }\n"
# answers for the tool that tells what a Click has; lower-case words are properties, not classes
BUILDTOOL = """#!/bin/sh
[ "$1" = provides ] || exit 1
shift
for word; do
	case "$word" in
	-*|userlevel|ip6|int64|analysis|flow|tcpudp|nanotimestamp|true) ;;
	[A-Z]*) click -q -e '' -h classes 2>/dev/null | grep -qxF "$word" || exit 1 ;;
	*) exit 1 ;;
	esac
done
"""


class Bad(Exception):
	"""A test file that can not be understood."""


@dataclass
class Expected:
	"""One %expect section."""

	kind: str  # expect, expectv, expectx
	text: str
	line: int  # of its first line of text
	no_case: bool = False
	any_space: bool = False


@dataclass
class Test:
	"""One test of a file."""

	name: str
	script: str = ""
	require: str = ""
	info: str = ""
	files: dict = field(default_factory=dict)  # name -> text
	expected: dict = field(default_factory=dict)  # name -> [Expected], alternatives
	ignored: dict = field(default_factory=dict)  # name or "all" -> [compiled expression]


# -- reading ------------------------------------------------------------------------------


class Reader:
	"""The lines of a file, with those that it includes."""

	def __init__(self, path: Path):
		self.path = path
		self.lines = self._load(path)
		self.at = self.nb_included = 0

	@staticmethod
	def _load(path: Path) -> list:
		try:
			text = path.read_bytes().decode("latin-1")
		except OSError as err:
			raise Bad(f"{path}: {err.strerror}") from None
		return re.findall(r"[^\n]*\n|[^\n]+", text)

	def next(self):
		self.at += 1
		return self.lines[self.at - 1] if self.at <= len(self.lines) else None

	def text(self) -> str:
		"""Everything up to the next section."""
		got = []
		while self.at < len(self.lines) and not self.lines[self.at].startswith("%"):
			line = self.next()
			got.append(line[1:] if line.startswith("\\%") else line)
		return "".join(got)

	def take(self, length: int) -> str:
		"""So many bytes, whatever they are."""
		got = ""
		while len(got) < length:
			line = self.next()
			if line is None:
				raise Bad(f"{self.path}:{self.at}: the file ends before {length} bytes")
			got += line
		if len(got) > length:
			self.at -= 1
			self.lines[self.at] = got[length:]
		return got[:length]

	def include(self, name: str) -> None:
		if self.nb_included >= INCLUDES_MAX:
			raise Bad(f"{self.path}:{self.at}: too many files are included")
		self.nb_included += 1
		self.lines[self.at:self.at] = self._load(self.path.parent / name)


def _file_section(test: Test, reader: Reader, kind: str, words: list) -> None:
	flags, length, where = set(), None, f"{reader.path}:{reader.at}"
	while words and words[0][0] in "-+":
		word = words.pop(0)
		if re.fullmatch(r"\+\d+", word):
			length = int(word)
		elif re.fullmatch(r"-[adeiw]+", word):
			flags |= set(word[1:])
		else:
			raise Bad(f"{where}: %{kind} does not know {word}")
	line = reader.at + 1
	text = reader.take(length) if length is not None else reader.text()
	if "d" in flags:
		text = re.sub(r"^.", "", text, flags=re.MULTILINE)
	if "e" in flags:
		text = base64.b64decode(text).decode("latin-1")
		kind = "expectv" if kind == "expect" else kind
	for name in words or [DEFAULT_NAME[kind]]:
		if not FILE_NAME.fullmatch(name):
			raise Bad(f"{where}: {name} is no name of a file in the test's folder")
		if kind == "file":
			test.files[name] = text
		elif kind.startswith("ignore"):
			test.ignored.setdefault(name, []).extend(_ignore_expressions(kind, text, flags))
		else:
			known = test.expected.setdefault(name, [])
			if known and "a" not in flags:
				raise Bad(f"{where}: %{kind} {name} stands here a second time: -a makes it an alternative")
			known.append(Expected(kind, text, line, "i" in flags, "w" in flags))


def _ignore_expressions(kind: str, text: str, flags: set) -> list:
	options = re.IGNORECASE if "i" in flags else 0
	made = []
	for line in filter(None, (COMMENT.sub("", line).rstrip() for line in text.splitlines())):
		source = {"ignore": expression, "ignorev": re.escape, "ignorex": perl}[kind](line)
		made.append(re.compile(source, options))
	return made


def read(path: Path, name: str) -> list:
	"""The tests of a file. Raises Bad."""
	reader, tests = Reader(path), [Test(name)]
	while (line := reader.next()) is not None:
		found = SECTION.match(line)
		if not found:
			continue
		word, rest = found.group(1).lower(), found.group(2)
		if word in ALIASES:
			word, default = ALIASES[word]
			rest = f"{rest} {default}"
		test = tests[-1]
		if word in ("script", "require", "info"):
			setattr(test, word, getattr(test, word) + reader.text())
		elif word in DEFAULT_NAME:
			_file_section(test, reader, word, rest.split())
		elif word == "cut":
			reader.text()
		elif word == "include":
			reader.include(rest)
		elif word == "eot":
			tests.append(Test(f"{name}#{len(tests) + 1}"))
		elif word == "eof":
			break
		else:
			raise Bad(f"{path}:{reader.at}: there is no section %{word}")
	tests = [test for test in tests if test.script.strip()]
	if not tests:
		raise Bad(f"{path}: there is no %script section")
	return tests


# -- comparing ----------------------------------------------------------------------------


def perl(source: str) -> str:
	"""A Perl expression as Python has it."""
	source = re.sub(r"\[:(\w+):\]", lambda m: POSIX.get(m.group(1), m.group(0)), source)
	return source.replace(r"\z", r"\Z")


def _number_range(text: str):
	"""{{~5-15}}, {{~100+-5}}, {{~100+-5%}} as an expression; None if it is none of them."""
	found = RANGE.fullmatch(text)
	if not found:
		return None
	a, b = int(found.group(1)), int(found.group(3))
	if found.group(2) == "+-":
		b = a * b // 100 if found.group(4) else b
		a, b = max(a - b, 0), a + b
	if abs(b - a) > 100000:
		raise Bad(f"{text} is too wide a range")
	return "(?:" + "|".join(map(str, range(min(a, b), max(a, b) + 1))) + ")"


def expression(line: str) -> str:
	"""A line of %expect: literal but for what stands between {{ and }}."""
	made = ""
	while (start := line.find("{{")) >= 0:
		depth, at = 1, start + 2
		while depth and (found := re.compile(r"\{\{|\}\}").search(line, at)):
			depth += 1 if found.group() == "{{" else -1
			at = found.end()
		if depth:
			break
		inner = line[start + 2:at - 2]
		made += re.escape(line[:start]) + (_number_range(inner) or f"(?:{perl(inner)})")
		line = line[at:]
	return made + re.escape(line)


def _lines(text: str, any_space: bool) -> list:
	"""(number, line) of those that are not blank, without space at their ends."""
	lines = [(n, line.rstrip()) for n, line in enumerate(text.split("\n"), 1)]
	if any_space:
		lines = [(n, " ".join(line.split())) for n, line in lines]
	return [(n, line) for n, line in lines if line]


def _same(want: Expected, line: str, got: str) -> bool:
	line = COMMENT.sub("", line)
	if want.kind != "expectx" and line == got:
		return True
	if want.kind != "expectx" and "{{" not in line:
		return False
	source = perl(line) if want.kind == "expectx" else expression(line)
	return re.fullmatch(source, got, re.IGNORECASE if want.no_case else 0) is not None


def difference(want: Expected, got: str, ignored) -> str:
	"""The first one, in words; "" if there is none."""
	if want.kind == "expectv":
		if want.text == got:
			return ""
		return f"line {want.line}: the bytes are to be {want.text[:200]!r} but are {got[:200]!r}"
	lines = [(n, line) for n, line in _lines(got, want.any_space) if not any(e.fullmatch(line) for e in ignored)]
	wanted = _lines(want.text, want.any_space)
	for (n, line), (m, out) in zip(wanted, lines):
		if not _same(want, line, out):
			return f"line {want.line + n - 1}: expected {line!r}, got {out!r} in line {m}"
	if len(wanted) > len(lines):
		n, line = wanted[len(lines)]
		return f"line {want.line + n - 1}: expected {line!r}, but the output ends"
	if len(lines) > len(wanted):
		return f"behind line {want.line + (wanted[-1][0] if wanted else 0)}: got more: {lines[len(wanted)][1]!r}"
	return ""


# -- running ------------------------------------------------------------------------------


def _shell(script: str, folder: Path, env: dict, stdin, timeout_s: float):
	"""(exit code or None for too slow, stdout, stderr) of a script under sh -e."""
	with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
		child = subprocess.Popen(["/bin/sh", "-e", "-c", PRELUDE + script], cwd=folder, env=env, stdin=stdin, stdout=out,
			stderr=err, start_new_session=True)
		try:
			code = child.wait(timeout_s)
		except subprocess.TimeoutExpired:
			code = None
		finally:
			try:
				os.killpg(child.pid, signal.SIGKILL)
			except ProcessLookupError:
				pass
			child.wait()
		out.seek(0)
		err.seek(0)
		return code, out.read().decode("latin-1"), err.read().decode("latin-1")


def _tail(text: str) -> str:
	lines = [line for line in text.splitlines() if line.strip()][-12:]
	return "".join(f"\n    stderr: {line}" for line in lines)


def _judge(test: Test, folder: Path, code, out: str, err: str, timeout_s: float) -> list:
	"""What was wrong, one text each."""
	wrong = []
	if code is None:
		wrong.append(f"not done after {timeout_s:.0f} s{_tail(err)}")
	elif code:
		wrong.append(f"the script's exit code is {code}{'' if 'stderr' in test.expected else _tail(err)}")
	for name, choices in test.expected.items():
		path = folder / name
		got = {"stdout": out, "stderr": err}.get(name)
		if got is None and not path.is_file():
			wrong.append(f"{name}: the script made no such file")
			continue
		if got is None:
			got = path.read_bytes().decode("latin-1")
		ignored = test.ignored.get(name, []) + test.ignored.get("all", [])
		found = [difference(choice, got, ignored) for choice in choices]
		if all(found):
			wrong.append(f"{name}: {found[0]}")
	return wrong


def run_one(test: Test, env: dict, timeout_s: float = TIMEOUT_S, keep: bool = False) -> tuple:
	"""Run a test in a folder of its own: (name, outcome, reason)."""
	folder = Path(tempfile.mkdtemp(prefix="testie-"))
	try:
		if test.require:
			code, _, err = _shell(test.require, folder, env, subprocess.DEVNULL, timeout_s)
			if code != 0:
				return test.name, SKIPPED, f"it requires: {' '.join(test.require.split())}{_tail(err)}"
		for name, text in test.files.items():
			(folder / name).parent.mkdir(parents=True, exist_ok=True)
			(folder / name).write_bytes(text.encode("latin-1"))
		with open(folder / "stdin" if "stdin" in test.files else os.devnull, "rb") as stdin:
			done = _shell(test.script, folder, env, stdin, timeout_s)
		wrong = _judge(test, folder, *done, timeout_s)
		return test.name, FAILED if wrong else PASSED, "\n  ".join(wrong)
	except (Bad, re.error, OSError) as err:
		return test.name, FAILED, str(err)
	finally:
		if keep:
			print(f"{test.name}: files are in {folder}")
		else:
			shutil.rmtree(folder, ignore_errors=True)


def _environment(click: Path, tools: Path, variables: dict) -> dict:
	"""PATH begins with a folder in which `click` is the program."""
	for name, text in (("click", f'#!/bin/sh\nexec "{click.resolve()}" "$@"\n'), ("click-buildtool", BUILDTOOL)):
		(tools / name).write_text(text)
		(tools / name).chmod(0o755)
	env = {**os.environ, "LC_ALL": "C", "rundir": os.getcwd(), **variables}
	env["PATH"] = f"{tools}:{env.get('PATH', '/usr/bin:/bin')}"
	return env


def find(paths) -> list:
	"""The files of these names, and all in folders."""
	found = []
	for path in map(Path, paths):
		found += sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES) if path.is_dir() else [path]
	return found


def run(files, click, jobs: int = 1, words=(), tell=None, timeout_s: float = TIMEOUT_S, variables=None,
		keep: bool = False, root=None) -> list:
	"""Rows (name, outcome, reason) of all tests in `files`; tell(row) is called as each ends.

	Names are paths from `root` (the present folder), those of further tests in a file with #2, #3 ...
	"""
	rows, tests, lock = [], [], threading.Lock()

	def done(row) -> None:
		with lock:
			rows.append(row)
			if tell:
				tell(row)

	for path in map(Path, files):
		name = os.path.relpath(path.with_suffix(""), root)
		try:
			tests += [test for test in read(path, name) if not words or any(word in test.name for word in words)]
		except (Bad, re.error, ValueError) as err:
			done((name, FAILED, str(err)))
	with tempfile.TemporaryDirectory(prefix="testie-tools-") as tools:
		env = _environment(Path(click), Path(tools), variables or {})
		with concurrent.futures.ThreadPoolExecutor(max(jobs, 1)) as pool:
			for future in [pool.submit(lambda t: done(run_one(t, env, timeout_s, keep)), test) for test in tests]:
				future.result()
	return rows


def show(row, verbose: bool = True) -> None:
	name, outcome, reason = row
	if verbose or outcome != PASSED:
		print(f"  {outcome:<7} {name}{': ' if reason else ''}{reason}", flush=True)


def main() -> int:
	p = argparse.ArgumentParser(description="Run tests in the form of Click's own (testie files).")
	p.add_argument("--click", required=True, metavar="PROGRAM", help="what `click` is in the scripts")
	p.add_argument("-j", "--jobs", type=int, default=1, help="tests at once")
	p.add_argument("-k", action="append", default=[], metavar="WORD", help="only tests whose name has WORD in it")
	p.add_argument("-q", "--quiet", action="store_true", help="only what was not passed")
	p.add_argument("-t", "--timeout", type=float, default=TIMEOUT_S, help="seconds for each test")
	p.add_argument("--keep", action="store_true", help="leave the tests' folders")
	p.add_argument("arguments", nargs="+", metavar="FILE|FOLDER|NAME=VALUE")
	args = p.parse_args()
	if not os.access(args.click, os.X_OK):
		p.error(f"{args.click} is no program")
	variables = dict(a.split("=", 1) for a in args.arguments if re.match(r"\w+=", a))
	files = find(a for a in args.arguments if not re.match(r"\w+=", a))
	rows = run(files, args.click, args.jobs, args.k, lambda row: show(row, not args.quiet), args.timeout, variables,
		args.keep)
	outcomes = [outcome for _, outcome, _ in rows]
	print(", ".join(f"{outcomes.count(o)} {o}" for o in (PASSED, FAILED, SKIPPED)))
	return 1 if FAILED in outcomes or not rows else 0


if __name__ == "__main__":
	sys.exit(main())
