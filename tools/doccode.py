#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Check that code shown in a document is the code.

	tools/doccode.py [--root DIR]

A fence whose first line names a file (```c examples/mirror/main.c, relative to the document)
shows that file. All such blocks of a document, put together in order, must be the whole file,
blank lines aside. One line per difference; exit code 1 if there is any.
"""

import argparse
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from doclinks import documents

OPENING = re.compile(r"^```(\w+) (\S+)$")


def shown(document: Path) -> dict:
	"""File as named in the document -> [(line number, line)] of its blocks."""
	found, current = {}, None
	inside = False
	for number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
		if line.startswith("```"):
			match = OPENING.match(line)
			current = found.setdefault(match[2], []) if match and not inside else None
			inside = not inside
		elif current is not None and line.strip():
			current.append((number, line))
	return found


def difference(name: str, document: Path, lines: list, file: Path) -> str:
	"""The first difference between the blocks and the file; "" if there is none."""
	if not file.is_file():
		return f"{name}:{lines[0][0] if lines else 1}: shows {file.name}, and there is no such file"
	wanted = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
	for (number, got), want in zip(lines, wanted):
		if got != want:
			return f"{name}:{number}: {file.name} has: {want.strip()}"
	if len(lines) < len(wanted):
		return f"{name}: does not show the end of {file.name}: {wanted[len(lines)].strip()}"
	if len(lines) > len(wanted):
		return f"{name}:{lines[len(wanted)][0]}: is not in {file.name}: {lines[len(wanted)][1].strip()}"
	return ""


def check(root: Path) -> dict:
	"""Document that shows files (path from root) -> list of differences."""
	found = {}
	for document in documents(root):
		name = str(document.relative_to(root))
		for path, lines in shown(document).items():
			why = difference(name, document, lines, document.parent / path)
			found.setdefault(f"code in {name}", []).extend([why] if why else [])
	return found


def main() -> int:
	p = argparse.ArgumentParser(description="Check that code shown in a document is the code.")
	p.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
	wrong = sum(check(p.parse_args().root).values(), [])
	for line in wrong:
		print(line)
	return 1 if wrong else 0


if __name__ == "__main__":
	sys.exit(main())
