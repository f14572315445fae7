# SPDX-License-Identifier: BSD-3-Clause
"""Follow a guest's console as QEMU writes it to a file."""

import json
import re
import time

POLL_S = 0.005


def follow(path, over, deadline=None, offset=0):
	"""Yield the lines of a growing file until over() is true and all is read.

	Yields None whenever nothing new has come and the deadline (monotonic) has passed;
	the caller then decides. Bytes that are no UTF-8 are shown as U+FFFD.
	"""
	part = b""
	with open(path, "rb") as f:
		f.seek(offset)
		while True:
			ended = over()  # before the read, so that the last bytes are not missed
			data = f.read(1 << 16)
			if data:
				*whole, part = (part + data).split(b"\n")
				for line in whole:
					yield line.rstrip(b"\r").decode("utf-8", "replace")
				continue
			if ended:
				if part:
					yield part.rstrip(b"\r").decode("utf-8", "replace")
				return
			if deadline is not None and time.monotonic() > deadline:
				yield None
			time.sleep(POLL_S)


def record(line: str):
	"""The JSON value of a machine-readable console line ("@{...}"), else None."""
	if not line.startswith("@"):
		return None
	try:
		return json.loads(line[1:])
	except ValueError:
		return None


PRINTABLE = re.compile(r"[^\t\x20-\x7e\x80-\uffff]")


def clean(line: str) -> str:
	"""A guest's line without control characters, for a terminal."""
	return PRINTABLE.sub("?", line)
