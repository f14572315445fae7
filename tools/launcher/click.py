# SPDX-License-Identifier: BSD-3-Clause
"""click: the Linux twin, with Click's own command line; and the compiler of configurations."""

import os
import subprocess

from . import build, paths, setup
from .qemu import find_image
from .say import Fail, note

TWIN = "nf-apps/twin/sluice-click"


def twin(sanitized: bool = False) -> str:
	"""The program, built if it has to be."""
	name = TWIN + ("-san" if sanitized else "")
	setup.ensure(("build",))
	setup.compile([name])
	return str(paths.BUILD / name)


def compile(config: str, name: str, defines) -> str:
	"""An image with the configuration compiled in; its path."""
	program = twin()
	setup.compile(["images/nf"])
	folder = paths.BUILD / "images"
	source = folder / f"{name}.c"
	done = subprocess.run([program, "--compile", str(source), "-f", config, *defines], stdin=subprocess.DEVNULL,
		capture_output=True, text=True, errors="replace", check=False)
	if done.returncode:
		raise Fail(f"{config} can not be compiled:\n{done.stderr.rstrip()}")
	done = subprocess.run(["sh", str(folder / "link-nf"), str(source), name], cwd=paths.BUILD,
		stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
	if done.returncode:
		raise Fail(f"the compiled configuration {source} does not build: {done.stderr.strip()[-2000:]}")
	return str(find_image(name))


def _click(args) -> int:
	program = twin()
	os.execv(program, [program, *args.rest])


def add(subparsers) -> None:
	p = subparsers.add_parser("click", help="run a Click configuration as a Linux process",
		usage="./sluice click [-f FILE | -e TEXT] [-h ELEMENT.HANDLER] [-q] [--device NAME=IN.pcap,OUT.pcap] ...",
		description="The engine and elements of the image as a Linux program with Click's command line: tries a "
		"configuration on trace files, without a VM. All words are the program's own; "
		"`./sluice click --help` is answered by it.", add_help=False)
	p.set_defaults(func=_click)
