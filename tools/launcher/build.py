# SPDX-License-Identifier: BSD-3-Clause
"""build: images (or everything) by ninja."""

import json
import os

from . import paths, setup
from .qemu import find_image
from .say import Fail, note


def known() -> list:
	"""Names of the images that ninja can make (build.ninja's own list)."""
	prefix = "build images/"
	names = set()
	with open(paths.BUILD / "build.ninja", encoding="utf-8", errors="replace") as f:
		for line in f:
			if line.startswith(prefix):
				outputs = line[len("build "):].split(": ")[0].replace("|", " ").split()
				names |= {o[len("images/"):] for o in outputs if o.startswith("images/")}
	return sorted(n for n in names if not n.endswith(".elf") and "/" not in n)


def images(names) -> list:
	"""Build images by name; returns their paths. Fail names the images that there are."""
	names_known = known()
	for name in names:
		if name not in names_known:
			raise Fail(f"there is no image '{name}': use one of {', '.join(names_known) or '(none yet)'}", 2)
	setup.compile([f"images/{name}" for name in names])
	return [find_image(name) for name in names]


def _build(args) -> int:
	setup.ensure(("build",))
	if args.list:
		print("\n".join(known()))
		return 0
	if args.app:
		made = images(args.app)
	else:
		setup.compile()
		made = [paths.IMAGES / name for name in known()]
	rows = [{"image": p.name, "path": str(p), "bytes": p.stat().st_size} for p in made]
	if args.json:
		print(json.dumps(rows))
		return 0
	for row in rows:
		print(f"{row['image']:<20} {row['bytes'] / 1024:8.1f} KiB  {os.path.relpath(row['path'])}")
	if not rows:
		note("built; there is no image yet")
	return 0


def add(subparsers) -> None:
	p = subparsers.add_parser("build", help="build images",
		description="Build some images, or everything. Images are in build/images, with debug information "
		"beside them in NAME.elf.")
	p.add_argument("app", nargs="*", metavar="APP", help="names of images; none: everything")
	p.add_argument("--list", action="store_true", help="print the names of the images")
	p.add_argument("--json", action="store_true", help="print path and size of each image as JSON")
	p.set_defaults(func=_build)
