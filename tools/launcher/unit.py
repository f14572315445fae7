# SPDX-License-Identifier: BSD-3-Clause
"""Run the unittest modules of a folder in a process of their own, one line per test.

	python3 tools/launcher/unit.py FOLDER REPORT [-k WORD]...

Both tools/ and FOLDER are on the module path. REPORT gets a JSON list of
[name, "passed" | "failed" | "skipped", reason].
"""

import json
import os
import sys
import time
import unittest

TOOLS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Report(unittest.TestResult):
	"""Prints each result as it comes and keeps them all."""

	def __init__(self):
		super().__init__()
		self.rows, self.parts = [], {}
		self.began = 0.0

	def startTest(self, test):
		super().startTest(test)
		self.began = time.monotonic()

	def _row(self, name: str, outcome: str, reason: str = "") -> None:
		self.rows.append([name, outcome, reason])
		seconds = time.monotonic() - self.began if self.began else 0
		more = f": {reason}" if outcome == "skipped" else ""
		print(f"  {outcome:<7} {seconds:6.2f} s  {name}{more}", flush=True)

	def _failed(self, test, err) -> None:
		text = self._exc_info_to_string(err, test)
		first = (str(err[1]).splitlines() or [""])[0]
		self._row(test.id(), "failed", f"{err[0].__name__}: {first}")
		print("    " + text.rstrip().replace("\n", "\n    "), flush=True)

	def addSuccess(self, test):
		super().addSuccess(test)
		if test.id() not in self.parts:
			self._row(test.id(), "passed")

	def addFailure(self, test, err):
		super().addFailure(test, err)
		self._failed(test, err)

	def addError(self, test, err):
		super().addError(test, err)
		self._failed(test, err)

	def addSubTest(self, test, subtest, err):
		super().addSubTest(test, subtest, err)
		if err is not None:
			self.parts[test.id()] = True
			self._failed(subtest, err)

	def addSkip(self, test, reason):
		super().addSkip(test, reason)
		self._row(test.id(), "skipped", reason)

	def addExpectedFailure(self, test, err):
		super().addExpectedFailure(test, err)
		self._row(test.id(), "passed")

	def addUnexpectedSuccess(self, test):
		super().addUnexpectedSuccess(test)
		self._row(test.id(), "failed", "was expected to fail, but passed")


def main(argv) -> int:
	folder, report, *rest = argv
	words = [word for flag, word in zip(rest[::2], rest[1::2]) if flag == "-k"]
	sys.path[0] = TOOLS
	sys.path.insert(0, os.path.abspath(folder))
	loader = unittest.TestLoader()
	if words:
		loader.testNamePatterns = [w if "*" in w else f"*{w}*" for w in words]
	suite = loader.discover(folder, "test_*.py", top_level_dir=folder)
	result = Report()
	suite.run(result)
	with open(report, "w", encoding="utf-8") as f:
		json.dump(result.rows, f)
	return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
