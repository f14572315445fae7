# SPDX-License-Identifier: BSD-3-Clause
"""`test` itself: counting single tests, the summary, failures that must not be lost."""

import contextlib
import io
import json
import subprocess
import unittest

from launcher import build, paths, test
from support import Case


class Meson(Case):
	def rows(self, *entries):
		log = self.tmp / "log.json"
		log.write_text("".join(json.dumps({"name": "t", "stdout": "", "stderr": "", "returncode": 0, **e}) + "\n"
			for e in entries))
		return [row[:2] for row in test._meson_rows(log)]

	def test_single_tests(self):
		out = "[==========] Running 2 test(s).\n[ RUN      ] one\n[       OK ] one\n[ RUN      ] two\n[       OK ] two\n"
		self.assertEqual(self.rows({"result": "OK", "stdout": out}), [("t.one", "passed"), ("t.two", "passed")])

	def test_failed_one(self):
		out = "[       OK ] one\n"
		err = "[  FAILED  ] two\n[  SKIPPED ] three\n[  FAILED  ] tests: 1 test(s), listed below:\n[  FAILED  ] two\n"
		self.assertEqual(self.rows({"result": "FAIL", "stdout": out, "stderr": err}),
			[("t.one", "passed"), ("t.two", "failed"), ("t.three", "skipped")])

	def test_crash_after_good_ones(self):
		self.assertEqual(self.rows({"result": "FAIL", "stdout": "[       OK ] one\n", "returncode": -11}),
			[("t.one", "passed"), ("t", "failed")])

	def test_other_results(self):
		self.assertEqual(self.rows({"result": "OK"}, {"result": "TIMEOUT"}, {"result": "SKIP"}, {"result": "ERROR"}),
			[("t", "passed"), ("t", "failed"), ("t", "skipped"), ("t", "failed")])


class Summary(Case):
	def report(self, rows):
		out = io.StringIO()
		with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
			code = test._report(rows, 1.0, None)
		return code, out.getvalue().splitlines()

	def test_line(self):
		code, lines = self.report([("s", "a", "passed", ""), ("s", "b", "skipped", "no KVM")])
		self.assertEqual((code, lines), (0, ["skipped: s: b: no KVM", "1 passed, 0 failed, 1 skipped"]))
		code, lines = self.report([("s", "a", "failed", "why")])
		self.assertEqual((code, lines[-1]), (1, "0 passed, 1 failed, 0 skipped"))


class Unittests(Case):
	def rows(self, text):
		folder = self.tmp / "test" / "x"
		folder.mkdir(parents=True, exist_ok=True)
		(folder / "test_a.py").write_text(text)
		self.patch(paths, "ROOT", self.tmp)
		self.patch(test, "_child", lambda argv: subprocess.run(argv, capture_output=True, check=False).returncode)
		return {row[0].rpartition(".")[2]: row[1] for row in test._unittests("x", [])}

	def test_outcomes(self):
		text = ("import unittest\nclass T(unittest.TestCase):\n\tdef test_a(self): pass\n\tdef test_b(self): self.fail('x')\n"
			"\tdef test_c(self): self.skipTest('why')\n\tdef test_d(self):\n\t\twith self.subTest(n=1): self.fail('y')\n"
			"\t@unittest.expectedFailure\n\tdef test_e(self): pass\n")
		rows = self.rows(text)
		failed = {name for name, outcome in rows.items() if outcome == "failed"}
		self.assertEqual((rows["test_a"], rows["test_c"]), ("passed", "skipped"))
		self.assertEqual(len(failed), 3, rows)

	def test_whole_class_skipped_by_name(self):
		text = ("import unittest\nclass T(unittest.TestCase):\n\t@classmethod\n\tdef setUpClass(cls):\n"
			"\t\traise unittest.SkipTest('no KVM')\n\tdef test_a(self): pass\n")
		self.assertEqual(list(self.rows(text).values()), ["skipped"])

	def test_broken_module(self):
		self.assertIn("failed", self.rows("import nosuchmodule\n").values())

	def test_process_dies(self):
		self.assertEqual(list(self.rows("import os\nos._exit(0)\n").values()), ["failed"])

	def test_no_tests(self):
		self.patch(paths, "ROOT", self.tmp)
		self.assertEqual(test._unittests("absent", [])[0][1], "failed")


class Images(Case):
	def test_names(self):
		self.patch(paths, "BUILD", self.tmp)
		(self.tmp / "build.ninja").write_text("build images/hello: CUSTOM images/hello.elf\nbuild images/hello.elf: LINK x\n"
			"build images/a | images/a.map: CUSTOM y\nbuild other/thing: CUSTOM z\n")
		self.assertEqual(build.known(), ["a", "a.map", "hello"])


if __name__ == "__main__":
	unittest.main()
