# SPDX-License-Identifier: BSD-3-Clause
"""The commands that the documents show are commands that the launcher takes."""

import contextlib
import io
import re
import shlex
import sys
import unittest

from launcher import cli, paths, test
from launcher.say import Fail

sys.path.append(str(paths.TOOLS))
import doclinks  # noqa: E402

COMMAND = re.compile(r"^(?:\$ |sudo )?(\./sluice (?:'[^']*'|[^`#|>&'])*)")
MENTIONED = re.compile(r"`\./sluice (\w+)")
PLACEHOLDER = re.compile(r"\b(?:VERB|EXPERIMENT|SUITE|SOCKET|IFACE)\b|\.\.\.")


def commands():
	"""(document:line, words) of each ./sluice command in the documents."""
	for document in doclinks.documents(paths.ROOT):
		for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
			for text in COMMAND.findall(line):
				if not PLACEHOLDER.search(text):
					yield f"{document.relative_to(paths.ROOT)}:{number}", shlex.split(text)[1:]


class Documented(unittest.TestCase):
	def test_commands_parse(self):
		found = list(commands())
		self.assertTrue(found)
		tree = cli.parser()
		for where, words in found:
			with self.subTest(where=where, words=words):
				try:
					with contextlib.redirect_stdout(io.StringIO()):
						args = tree.parse_args(cli._split(words)[0])
				except SystemExit as end:  # --help
					self.assertEqual(end.code, 0)
					continue
				except Fail as err:
					self.fail(f"{' '.join(words)}: {err}")
				if words[0] == "test":
					self.assertLessEqual(set(args.suite), set(test.SUITES))

	def test_verbs_exist(self):
		for document in doclinks.documents(paths.ROOT):
			verbs = set(MENTIONED.findall(document.read_text(encoding="utf-8"))) - {"VERB"}
			self.assertLessEqual(verbs, {*cli.VERBS, "stop", "logs"}, document)


if __name__ == "__main__":
	unittest.main()
