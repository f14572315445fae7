#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Check the links of the documents: files, headings, and symbols in code.

	tools/doclinks.py [--root DIR]

A link `[text](path)` needs the file, `[text](path.md#heading)` the heading as GitHub
names it, `[text](path.c#symbol)` the word `symbol` in that file. Links to the web are
not followed. One line per broken link; exit code 1 if there is any.
"""

import argparse
import re
import sys
from pathlib import Path
from urllib.parse import unquote

FENCE = re.compile(r"^\s*(```|~~~)")
CODE = re.compile(r"(`+)(?:.+?)\1")
LINK = re.compile(r"\[(?:[^\]\[]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
DEFINITION = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
WEB = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def documents(root: Path) -> list:
	"""README.md and CONTRIBUTING.md at the root and in the rooms, and docs/."""
	found = [p for pattern in ("*.md", "*/README.md", "docs/**/*.md") for p in root.glob(pattern)]
	return sorted({p for p in found if not p.relative_to(root).parts[0].startswith(("build", "."))})


def prose(path: Path):
	"""(line number, line) outside of fenced code."""
	fenced = False
	for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
		if FENCE.match(line):
			fenced = not fenced
		elif not fenced:
			yield number, line


def anchors(path: Path) -> set:
	"""The anchors that GitHub makes of a document's headings."""
	found = {}
	for _, line in prose(path):
		match = HEADING.match(line)
		if match:
			text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match[1]).replace("`", "").lower()
			slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
			count = found[slug] = found.get(slug, -1) + 1
			if count:
				found[f"{slug}-{count}"] = 0
	return set(found)


def fault(root: Path, document: Path, target: str) -> str:
	"""Why a link of a document is broken; "" if it is not."""
	if WEB.match(target):
		return ""
	path, _, anchor = unquote(target).partition("#")
	file = (document.parent / path).resolve() if path else document
	if not file.is_relative_to(root.resolve()):
		return "leads out of the repository"
	if not file.exists():
		return "there is no such file"
	if not anchor:
		return ""
	if file.is_dir():
		return "a folder has no anchors"
	if file.suffix == ".md":
		return "" if anchor in anchors(file) else "there is no such heading"
	if re.search(rf"\b{re.escape(anchor)}\b", file.read_text(encoding="utf-8", errors="replace")):
		return ""
	return f"{anchor} does not occur in that file"


def check(root: Path) -> dict:
	"""Document (path from root) -> list of broken links."""
	found = {}
	for document in documents(root):
		name = str(document.relative_to(root))
		found[name] = []
		for number, line in prose(document):
			line = CODE.sub("code", line)
			for target in LINK.findall(line) + DEFINITION.findall(line):
				why = fault(root, document, target)
				if why:
					found[name].append(f"{name}:{number}: {target}: {why}")
	return found


def main() -> int:
	p = argparse.ArgumentParser(description="Check the links of the documents.")
	p.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
	found = check(p.parse_args().root)
	broken = sum(found.values(), [])
	for line in broken:
		print(line)
	print(f"doclinks: {len(found)} documents, {len(broken) or 'no'} broken link{'s' * (len(broken) != 1)}")
	return 1 if broken else 0


if __name__ == "__main__":
	sys.exit(main())
