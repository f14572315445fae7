# SPDX-License-Identifier: BSD-3-Clause
"""build: images (or everything) by ninja."""

import json
import os
import re
from pathlib import Path

from . import paths, setup, state
from .qemu import find_image
from .say import Fail, note, usage


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


def _compiled(args):
	"""`build nf --config FILE`: an image of its own."""
	from . import click  # it needs this module
	if args.app != ["nf"]:
		raise usage("--config goes with the image nf: `./sluice build nf --config FILE`")
	name = args.name or "nf-" + re.sub(r"[^A-Za-z0-9_.-]", "-", Path(args.config).stem)
	if not state.NAME.fullmatch(name) or name in known():
		raise usage(f"'{name}' can not be the image's name: give another one with --name")
	return Path(click.compile(args.config, name, args.define))


def _build(args) -> int:
	setup.ensure(("build",))
	if args.list:
		print("\n".join(known()))
		return 0
	if args.config:
		made = [_compiled(args)]
	elif args.app:
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
	p.add_argument("--config", metavar="FILE", help="nf only: compile this Click configuration in")
	p.add_argument("--name", metavar="NAME", help="name of the image that --config makes (default: nf-FILE)")
	p.add_argument("--define", action="append", default=[], metavar="NAME=VALUE", help="a $variable of the configuration; repeatable")
	p.add_argument("--list", action="store_true", help="print the names of the images")
	p.add_argument("--json", action="store_true", help="print path and size of each image as JSON")
	p.set_defaults(func=_build)
