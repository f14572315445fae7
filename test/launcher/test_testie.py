# SPDX-License-Identifier: BSD-3-Clause
"""The runner of tests in the form of Click's own."""

import subprocess
import sys
import time

from launcher import paths, test, testie
from support import Case

CLICK = "#!/bin/sh\necho \"$@\"\n"


class Runner(Case):
	def setUp(self):
		super().setUp()
		self.click = self.tmp / "fake-click"
		self.click.write_text(CLICK)
		self.click.chmod(0o755)

	def rows(self, text, **more):
		path = self.tmp / "t.testie"
		path.write_bytes(text if isinstance(text, bytes) else text.encode())
		return testie.run([path], self.click, root=self.tmp, **more)

	def outcome(self, text, **more):
		rows = self.rows(text, **more)
		self.assertEqual(len(rows), 1, rows)
		return rows[0][1]

	def passes(self, text):
		rows = self.rows(text)
		self.assertEqual([row[1] for row in rows], ["passed"], rows)

	def fails(self, text, why):
		rows = self.rows(text)
		self.assertEqual([row[1] for row in rows], ["failed"], rows)
		self.assertIn(why, rows[0][2])


class Files(Runner):
	def test_click(self):
		self.passes("%script\nclick -e 'a -> b' x\n%expect stdout\n-e a -> b x\n")

	def test_input(self):
		self.passes("%script\ncat; cat a d/b; cat bytes; echo; cat first; cat coded\n%file stdin\nin\n%file a d/b\n\\%x\n"
			"%file +5 bytes\n%a\nb\n%file -d first\n %b\n c\n%file -e coded\naGkK\n"
			"%expect stdout\nin\n\\%x\n\\%x\n\\%a\nb\n\\%b\nc\nhi\n")

	def test_short_form(self):
		self.passes("%test\ncat; echo e >&2\n%input\na\n%output\na\n%stderr\ne\n")

	def test_output_file(self):
		self.passes("%script\necho a >OUT\n%expect OUT\na\n")
		self.fails("%script\ntrue\n%expect OUT\na\n", "OUT: the script made no such file")

	def test_include(self):
		(self.tmp / "more").write_text("%expect stdout\na\n")
		self.passes("%script\necho a\n%include more\n")
		(self.tmp / "more").write_text("%include more\n")
		self.fails("%script\necho a\n%include more\n", "too many files")
		self.fails("%script\necho a\n%include nothing\n", "No such file")

	def test_several(self):
		rows = self.rows("%script\necho a\n%expect stdout\na\n%eot\n%cut\nx\n%script\nfalse\n%eof\n%nonsense\n")
		self.assertEqual([row[:2] for row in rows], [("t", "passed"), ("t#2", "failed")])

	def test_bad_files(self):
		for text, why in (("", "no %script"), ("%script\ntrue\n%what\n", "no section %what"),
				("%script\ntrue\n%file /etc/x\n", "is no name"), ("%script\ntrue\n%file ../x\n", "is no name"),
				("%script\ntrue\n%file -q x\n", "does not know -q"), ("%script\ntrue\n%file +9 x\na\n", "ends before 9"),
				("%script\ntrue\n%expect a\nx\n%expect a\ny\n", "a second time"), ("%script\ntrue\n%ignorex\n(\n", "")):
			with self.subTest(text=text):
				self.fails(text, why)
		self.assertEqual(testie.run([self.tmp / "none.testie"], self.click)[0][1], "failed")


class Comparing(Runner):
	def same(self, expected, got, options=""):
		out = got.replace("\n", "\\n")
		return self.outcome(f"%script\nprintf '{out}'\n%expect{options} stdout\n{expected}") == "passed"

	def test_lines(self):
		self.assertTrue(self.same("a\n\nb  \n", "a \nb\n\n"))
		for got in ("a\n", "a\nb\nc\n", "a\nc\n", "b\na\n", "a b\n", " a\nb\n"):
			self.assertFalse(self.same("a\nb\n", got), got)

	def test_expressions(self):
		self.assertTrue(self.same("x.{{\\d+}}*{{(b|c)}} {{?a comment}}\n", "x.17*c\n"))
		self.assertFalse(self.same("x.{{\\d+}}\n", "xy17\n"))
		self.assertTrue(self.same("{{[[:alpha:]]+}}\n", "abc\n"))
		self.assertTrue(self.same("n {{~5-15}}\n", "n 15\n"))
		self.assertFalse(self.same("n {{~5-15}}\n", "n 16\n"))
		self.assertTrue(self.same("n {{~100+-5%%}}\n".replace("%%", "%"), "n 96\n"))
		self.assertFalse(self.same("n {{~100+-5}}\n", "n 106\n"))

	def test_options(self):
		self.assertTrue(self.same("a   b\n", "a b\n", " -w"))
		self.assertTrue(self.same("{{ABC}}\n", "abc\n", " -i"))
		self.assertTrue(self.same("(a|b)\n", "b\n", "x"))
		self.assertTrue(self.same("a \n", "a \n", "v"))
		self.assertFalse(self.same("a\n", "a \n", "v"))

	def test_alternatives(self):
		text = "%script\necho {}\n%expect stdout\na\n%expect -a stdout\nb\n"
		self.assertEqual([self.outcome(text.format(x)) for x in "abc"], ["passed", "passed", "failed"])

	def test_ignore(self):
		script = "%script\necho '#1'; echo a; echo 'b(c'; echo x >OUT; echo '#2' >>OUT\n"
		self.passes(script + "%expect stdout\na\n%expect OUT\nx\n%ignorex\n#.*\n%ignorev stdout\nb(c\n")
		self.passes(script + "%expect stdout\na\n%expect OUT\nx\n%ignore\n#{{\\d}}\nb(c\n")
		self.fails(script + "%expect stdout\na\nb(c\n%expect OUT\nx\n%ignorex stdout\n#.*\n", "OUT: behind line")

	def test_first_difference_is_told(self):
		self.fails("%script\necho a; echo c\n%expect stdout\na\nb\n", "stdout: line 5: expected 'b', got 'c' in line 2")


class Running(Runner):
	def test_each_command_must_succeed(self):
		self.fails("%script\nfalse\necho a >&2\n", "exit code is 1")
		self.fails("%script\necho why >&2\nexit 7\n", "stderr: why")
		self.passes("%script\nfalse || true\nif false; then\n\tfalse\nfi\n! false\n")

	def test_require(self):
		self.assertEqual(self.outcome("%require\nfalse\n%script\nexit 1\n"), "skipped")
		self.assertEqual(self.outcome("%require -q\ntrue\n%script\ntrue\n"), "passed")
		self.assertEqual(self.outcome("%require\nclick-buildtool provides umultithread\n%script\ntrue\n"), "skipped")
		self.click.write_text("#!/bin/sh\necho Queue\n")
		self.assertEqual(self.outcome("%require\nclick-buildtool provides Queue ip6\n%script\ntrue\n"), "passed")
		self.assertEqual(self.outcome("%require\nclick-buildtool provides Queu\n%script\ntrue\n"), "skipped")

	def test_too_slow(self):
		start = time.monotonic()
		rows = self.rows("%script\nsleep 60 & sleep 60\n", timeout_s=0.3)
		self.assertEqual(rows[0][1], "failed")
		self.assertIn("not done after", rows[0][2])
		self.assertLess(time.monotonic() - start, 20)

	def test_variables_and_words(self):
		self.assertEqual(self.outcome("%script\ntest $X = 3\n", variables={"X": "3"}), "passed")
		self.assertEqual(self.rows("%script\ntrue\n", words=["zzz"]), [])

	def test_program(self):
		path = self.tmp / "a.testie"
		path.write_text("%script\nfalse\n%eot\n%script\ntrue\n")
		done = subprocess.run([sys.executable, str(paths.TOOLS / "launcher" / "testie.py"), "--click", str(self.click),
			"-j2", str(self.tmp)], capture_output=True, text=True, check=False)
		self.assertEqual(done.returncode, 1)
		self.assertEqual(done.stdout.splitlines()[-1], "1 passed, 1 failed, 0 skipped")


class Suite(Runner):
	def test_rows(self):
		folder = self.tmp / "nf-apps" / "element" / "x" / "test"
		folder.mkdir(parents=True)
		(folder / "a.testie").write_text("%script\nclick a\n%expect stdout\na\n")
		self.patch(paths, "ROOT", self.tmp)
		self.patch(paths, "BUILD", self.tmp / "build")
		self.assertEqual(test.click([])[0][1], "failed")
		program = self.tmp / "build" / "nf-apps" / "twin"
		program.mkdir(parents=True)
		self.click.rename(program / "sluice-click-san")
		self.assertEqual(test.click([]), [("nf-apps/element/x/test/a", "passed", "")])
		self.assertEqual(test.click(["zzz"])[0][1], "skipped")
