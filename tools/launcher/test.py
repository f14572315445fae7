# SPDX-License-Identifier: BSD-3-Clause
"""test: run the suites, show progress, count single tests."""

import contextlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time

from . import paths, procs, setup, testie, work
from .say import Fail, note

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
# One line of cmocka's report about one test.
CMOCKA = re.compile(r"^\[\s*(OK|FAILED|SKIPPED)\s*\] (\w+)$", re.MULTILINE)
CMOCKA_WORD = {"OK": PASSED, "FAILED": FAILED, "SKIPPED": SKIPPED}
MESON_SKIP = ("SKIP", "EXPECTEDFAIL")


def _child(argv, env=None) -> int:
	"""Run a program whose output is the progress. It ends with this process."""
	sys.stdout.flush()
	child = subprocess.Popen(argv, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
		preexec_fn=procs.die_with_parent(os.getpid()))
	try:
		return child.wait()
	except BaseException:
		child.terminate()
		with contextlib.suppress(subprocess.TimeoutExpired):
			child.wait(10)
		child.kill()
		raise


def _module(name: str):
	"""A checker in tools/, which is a program of its own too."""
	spec = importlib.util.spec_from_file_location(name, paths.TOOLS / f"{name}.py")
	module = importlib.util.module_from_spec(spec)
	sys.modules[name] = module
	spec.loader.exec_module(module)
	return module


def _checked(name: str, violations) -> tuple:
	for line in violations:
		print(f"    {line}")
	print(f"  {FAILED if violations else PASSED:<7} {name}", flush=True)
	return (name, FAILED if violations else PASSED, violations[0] if violations else "")


def layers(words) -> list:
	"""LAYERS against the tree and against the objects in the build folder."""
	checker = _module("layers")
	try:
		found = checker.check(paths.ROOT, paths.BUILD)
	except checker.Broken as err:
		found = {"LAYERS": [str(err)]}
	return [_checked(f"layers.{name}", bad) for name, bad in found.items()]


def docs(words) -> list:
	"""Links, code anchors and code shown in the documents."""
	found = _module("doclinks").check(paths.ROOT) | _module("doccode").check(paths.ROOT)
	return [_checked(name, bad) for name, bad in found.items()]


def format(words) -> list:
	"""clang-format over all C files."""
	done = subprocess.run([str(paths.TOOLS / "format.sh")], capture_output=True, text=True, errors="replace",
		check=False)
	lines = [line for line in (done.stderr + done.stdout).splitlines() if ": error:" in line]
	if done.returncode and not lines:
		lines = [done.stderr.strip() or "format.sh failed"]
	files = sorted({line.split(":")[0] for line in lines})
	return [_checked("format", [f"{f}: run tools/format.sh --fix" for f in files])]


def _cmocka_rows(name: str, entry: dict) -> list:
	"""The single tests of a cmocka program, from what it printed."""
	text = f"{entry.get('stdout', '')}\n{entry.get('stderr', '')}"
	found = {}
	for word, test in CMOCKA.findall(text):
		if found.get(test) != FAILED:
			found[test] = CMOCKA_WORD[word]
	return [(f"{name}.{test}", outcome, "see meson's log" if outcome == FAILED else "said so itself")
		for test, outcome in found.items()]


def _meson_rows(log) -> list:
	rows = []
	for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
		entry = json.loads(line)
		name, result = entry["name"].split(" / ")[-1], entry["result"]
		single = _cmocka_rows(name, entry)
		rows += single
		if result in MESON_SKIP:
			text = (entry.get("stdout", "") + entry.get("stderr", "")).strip().splitlines()
			rows.append((name, SKIPPED, text[-1] if text else "exit code 77"))
		elif result != "OK" and not any(outcome == FAILED for _, outcome, _ in single):
			rows.append((name, FAILED, f"{result.lower()}, exit code {entry.get('returncode')}"))
		elif result == "OK" and not single:
			rows.append((name, PASSED, ""))
	return rows


def _meson_names(suite: str, words) -> list:
	"""Names of meson's tests with one of the words in them; without words: none, which is all."""
	if not words:
		return []
	done = subprocess.run([work.tool("meson"), "test", "-C", str(paths.BUILD), "--no-rebuild", "--list",
		"--suite", suite], capture_output=True, text=True, check=False)
	names = [line.split(" / ")[-1].strip() for line in done.stdout.splitlines() if " / " in line]
	return [name for name in names if any(word in name for word in words)]


def _meson(suite: str, words) -> list:
	names = _meson_names(suite, words)
	if words and not names:
		return [(suite, SKIPPED, "no test was found")]
	log = paths.BUILD / "meson-logs" / f"sluice-{suite}.json"
	log.unlink(missing_ok=True)
	with work.build_lock():
		status = _child([work.tool("meson"), "test", "-C", str(paths.BUILD), "--no-rebuild", "--suite", suite,
			"--logbase", f"sluice-{suite}", "--print-errorlogs", *names])
	if not log.exists():
		if status == 0:
			return [(suite, SKIPPED, "meson knows no test of this suite")]
		return [(suite, FAILED, f"meson test ended with exit code {status}")]
	return _meson_rows(log)


def host(words) -> list:
	"""Unit tests as Linux programs, with address and undefined-behaviour sanitizers."""
	return _meson("host", words)


def fuzz(words) -> list:
	"""Short runs of the libFuzzer targets."""
	return _meson("fuzz", words)


def click(words) -> list:
	"""Golden tests of elements and configurations, in the form of Click's own, with the Linux twin."""
	program = paths.BUILD / "nf-apps" / "twin" / "sluice-click-san"
	if not program.is_file():
		return [("click", FAILED, f"{program} was not built")]
	files = sorted((paths.ROOT / "nf-apps").rglob("test/*.testie"))
	rows = testie.run(files, program, jobs=os.cpu_count() or 1, words=words, tell=testie.show, root=paths.ROOT)
	return rows or [("click", SKIPPED if words else FAILED, "no test was found")]


def _unittests(suite: str, words) -> list:
	folder = paths.ROOT / "test" / suite
	if not list(folder.glob("test_*.py")):
		return [(suite, FAILED, f"there is no test in {folder}")]
	with tempfile.TemporaryDirectory(prefix="sluice-test-") as tmp:
		report = os.path.join(tmp, "report.json")
		status = _child([sys.executable, "-B", str(paths.TOOLS / "launcher" / "unit.py"), str(folder), report,
			*(w for word in words for w in ("-k", word))])
		try:
			with open(report, encoding="utf-8") as f:
				rows = [tuple(row) for row in json.load(f)]
		except (OSError, ValueError):
			return [(suite, FAILED, f"the test process ended early with exit code {status}")]
	if not rows:
		return [(suite, SKIPPED if words else FAILED, "no test was found")]
	return rows


def launcher(words) -> list:
	"""The launcher itself, and the checkers."""
	return _unittests("launcher", words)


def image(words) -> list:
	"""Images booted under KVM (where it works) and TCG."""
	return _unittests("image", words)


def install(words) -> list:
	"""Install, and build an image from a project outside this tree."""
	return _unittests("install", words)


SUITES = {s.__name__: s for s in (layers, format, docs, host, fuzz, click, launcher, image, install)}
NO_BUILD = {"format", "docs"}


def _test(args) -> int:
	for name in args.suite:
		if name not in SUITES:
			raise Fail(f"there is no suite '{name}': use {', '.join(SUITES)}", 2)
	chosen = args.suite or list(SUITES)
	setup.ensure(build=not set(chosen) <= NO_BUILD)
	if not set(chosen) <= NO_BUILD:
		setup.compile()
	start, rows = time.monotonic(), []
	for name in chosen:
		began = time.monotonic()
		print(f"== {name}: {SUITES[name].__doc__.splitlines()[0]}", flush=True)
		got = SUITES[name](args.k)
		rows += [(name, *row) for row in got]
		print(f"== {name}: {_counts(got)}, {time.monotonic() - began:.1f} s", flush=True)
	return _report(rows, time.monotonic() - start, args.json)


def _counts(rows) -> str:
	outcomes = [row[-2] for row in rows]
	return ", ".join(f"{outcomes.count(o)} {o}" for o in (PASSED, FAILED, SKIPPED))


def _report(rows, seconds: float, as_json) -> int:
	"""Skipped and failed tests by name, then the one line of counts."""
	for outcome in (SKIPPED, FAILED):
		for suite, name, _, reason in [r for r in rows if r[2] == outcome]:
			print(f"{outcome}: {suite}: {name}: {reason}")
	if as_json:
		with open(as_json, "w", encoding="utf-8") as f:
			json.dump({"seconds": round(seconds, 1), "tests": [
				dict(zip(("suite", "name", "outcome", "reason"), row)) for row in rows]}, f, indent=1)
	note(f"tests took {seconds:.0f} s")
	print(_counts(rows), flush=True)
	return 1 if any(row[2] == FAILED for row in rows) else 0


def add(subparsers) -> None:
	p = subparsers.add_parser("test", help="run the tests",
		description="Run test suites, all of them if none is named, after setting up what they need. The last "
		"line counts single tests; skipped ones are listed with their reason.",
		epilog="Suites: " + "; ".join(f"{n}: {s.__doc__.splitlines()[0].rstrip('.')}" for n, s in SUITES.items()))
	p.add_argument("suite", nargs="*", metavar="SUITE", help=", ".join(SUITES))
	p.add_argument("-k", action="append", default=[], metavar="WORD",
		help="only tests whose name has WORD in it; repeatable")
	p.add_argument("--json", metavar="FILE", help="write all results to FILE as JSON")
	p.set_defaults(func=_test)
