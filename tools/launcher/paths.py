# SPDX-License-Identifier: BSD-3-Clause
"""Where things are. The only module that knows the layout of the tree.

SLUICE_BUILD and SLUICE_CACHE move the build folder and the cache elsewhere.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = ROOT / "tools"
BUILD = Path(os.environ.get("SLUICE_BUILD") or ROOT / "build").absolute()
IMAGES = BUILD / "images"

QEMU = "qemu-system-x86_64"
QBOOT = "/usr/share/qemu/qboot.rom"


def cache() -> Path:
	"""The cache outside git: pinned sources, the QEMU probe. Not created here."""
	own = os.environ.get("SLUICE_CACHE")
	if own:
		return Path(own).expanduser().absolute()
	base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
	return Path(base).expanduser().absolute() / "sluice"


def source(package: str) -> Path:
	"""The unpacked source of a package that tools/sources.lock names."""
	return cache() / "src" / package
