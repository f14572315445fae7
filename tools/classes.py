#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The table of element classes: nf_classes (nf-apps/click/router.h) out of the element files.

	tools/classes.py OUTPUT FILE...

A class is a definition `const struct nf_class nf_NAME = {` at the start of a line. Beside the
table stand the classes' symbols and source files, for the compiler of configurations.
"""

import os
import re
import sys

CLASS = re.compile(r"^const struct nf_class (nf_\w+) = ", re.MULTILINE)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def classes(files) -> list:
	"""(symbol, path from the root) of every class, in the order of the symbols."""
	found = []
	for path in files:
		with open(path, encoding="utf-8") as f:
			found += [(symbol, os.path.relpath(path, ROOT)) for symbol in CLASS.findall(f.read())]
	return sorted(found)


def table(found) -> str:
	lines = ["/* Made by tools/classes.py. */", '#include "nf-apps/click/router.h"', ""]
	lines += [f"extern const struct nf_class {symbol};" for symbol, _ in found]
	lines += ["", "const struct nf_class *const nf_classes[] = {"]
	lines += [f"\t&{symbol}," for symbol, _ in found]
	lines += ["\tNULL,", "};", "", "const char *const nf_classes_symbols[] = {"]
	lines += [f'\t"{symbol}",' for symbol, _ in found]
	lines += ["\tNULL,", "};", "", "const char *const nf_classes_files[] = {"]
	lines += [f'\t"{path}",' for _, path in found]
	lines += ["\tNULL,", "};", ""]
	return "\n".join(lines)


def main() -> int:
	with open(sys.argv[1], "w", encoding="utf-8") as out:
		out.write(table(classes(sys.argv[2:])))
	return 0


if __name__ == "__main__":
	sys.exit(main())
