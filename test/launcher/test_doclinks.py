# SPDX-License-Identifier: BSD-3-Clause
"""The checker of links in documents."""

import sys
import tempfile
import unittest
from pathlib import Path

from launcher import paths

sys.path.append(str(paths.TOOLS))
import doclinks  # noqa: E402


class Links(unittest.TestCase):
	def setUp(self):
		folder = tempfile.TemporaryDirectory()
		self.addCleanup(folder.cleanup)
		self.root = Path(folder.name)
		(self.root / "docs").mkdir()
		(self.root / "net.c").write_text("static int vnet_refill(void);\n")
		(self.root / "README.md").write_text("# Top\n## A *b*: `c_d`, [e](net.c)!\n## Twice\n## Twice\n")

	def check(self, text):
		(self.root / "docs" / "a.md").write_text(text)
		return sum(doclinks.check(self.root).values(), [])

	def test_good(self):
		self.assertEqual(self.check(
			"[a](../net.c) [`vnet_refill`](../net.c#vnet_refill) [b](../README.md#twice-1) [c](#own-head)\n"
			"[d](../README.md#a-b-c_d-e) [web](https://x.y/z#q) [mail](mailto:a@b) [dir](..)\n\n"
			"# Own head\n[ref]: ../README.md#top\n```\n[no](absent)\n```\n`[code](absent)` ![pic](../net.c)\n"), [])

	def test_bad(self):
		for link, why in (("absent.md", "no such file"), ("../README.md#nope", "no such heading"),
				("../net.c#vnet", "does not occur"), ("../net.c#vnet_refil", "does not occur"),
				("#nope", "no such heading"), ("../..", "leads out"), ("../README.md#twice-2", "no such heading"),
				("..#x", "no anchors")):
			with self.subTest(link=link):
				found = self.check(f"text\n\n[x]({link})\n")
				self.assertEqual(len(found), 1, found)
				self.assertTrue(found[0].startswith(f"docs/a.md:3: {link}: "), found)
				self.assertIn(why, found[0])

	def test_reference(self):
		self.assertEqual(len(self.check("[x]: absent\n")), 1)

	def test_two_on_a_line(self):
		self.assertEqual(len(self.check("[x](absent1) and [y `z`](absent2 \"title\")\n")), 2)
