# SPDX-License-Identifier: BSD-3-Clause
"""The checker of code shown in documents."""

import sys
import tempfile
import unittest
from pathlib import Path

from launcher import paths

sys.path.append(str(paths.TOOLS))
import doccode  # noqa: E402

FIRST = "```c net.c\nint a;\n\nint b;\n```\n"
REST = "text\n```c net.c\nint c;\n```\n"


class Code(unittest.TestCase):
	def setUp(self):
		folder = tempfile.TemporaryDirectory()
		self.addCleanup(folder.cleanup)
		self.root = Path(folder.name)
		(self.root / "docs").mkdir()
		(self.root / "docs" / "net.c").write_text("int a;\nint b;\n\nint c;\n")

	def check(self, text):
		(self.root / "docs" / "a.md").write_text(text)
		return doccode.check(self.root)

	def test_good(self):
		self.assertEqual(self.check(f"{FIRST}```sh\nany thing\n```\n{REST}"), {"code in docs/a.md": []})
		self.assertEqual(self.check("```\nint x;\n```\n"), {})

	def test_bad(self):
		for text, why in ((FIRST, "docs/a.md: does not show the end of net.c: int c;"),
				(FIRST + REST.replace("c;", "d;"), "docs/a.md:8: net.c has: int c;"),
				(FIRST + REST.replace("c;", "c;\nint d;"), "docs/a.md:9: is not in net.c: int d;"),
				(REST + FIRST, "docs/a.md:3: net.c has: int a;"),
				("```c absent.c\nx\n```\n", "docs/a.md:2: shows absent.c, and there is no such file")):
			with self.subTest(why=why):
				self.assertEqual(self.check(text), {"code in docs/a.md": [why]})
