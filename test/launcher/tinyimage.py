# SPDX-License-Identifier: BSD-3-Clause
"""Tiny PVH images, made byte by byte, so that the launcher is tested without a compiler.

The code is 32-bit: print a text to the serial port, then leave with a code, or halt.
"""

import struct
from pathlib import Path

BASE = 0x100000
XEN_ELFNOTE_PHYS32_ENTRY = 18


def _code(text_at: int, code) -> bytes:
	"""mov esi, text; print until NUL; then: None halts, 0 triple-faults, else port 0xf4."""
	out = b"\xbe" + struct.pack("<I", text_at)  # mov esi, text
	out += b"\x66\xba\xf8\x03"  # mov dx, 0x3f8
	out += b"\xac\x84\xc0\x74\x03\xee\xeb\xf8"  # lodsb; test al, al; jz +3; out dx, al; jmp -8
	if code is None:
		return out + b"\xf4\xeb\xfd"  # hlt; jmp -3
	if code == 0:
		# a null IDT from the stack, then a selector that faults
		return out + b"\x31\xc0\x50\x50\x0f\x01\x1c\x24\xb0\xf8\x8e\xd8"
	return out + b"\x66\xba\xf4\x00\xb0" + bytes([code]) + b"\xee\xf4"  # mov dx, 0xf4; mov al; out


def make(path, text: str = "hello\n", code=0) -> Path:
	"""Write an image that prints text and leaves with code (None: it never leaves)."""
	data = text.encode() + b"\0"
	length = len(_code(0, code))
	# an empty stack for the triple fault is set by the first instruction
	body = b"\xbc" + struct.pack("<I", BASE + 0x8000)  # mov esp
	body += _code(BASE + len(body) + length, code) + data
	note = struct.pack("<III4sI", 4, 4, XEN_ELFNOTE_PHYS32_ENTRY, b"Xen\0", BASE)
	head = 64 + 2 * 56
	at = 0x1000
	elf = b"\x7fELF\x02\x01\x01" + bytes(9)
	elf += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, BASE, 64, 0, 0, 64, 56, 2, 0, 0, 0)
	elf += struct.pack("<IIQQQQQQ", 1, 7, at, BASE, BASE, len(body), 0x9000, 0x1000)
	elf += struct.pack("<IIQQQQQQ", 4, 4, head, 0, 0, len(note), len(note), 4)
	elf += note
	Path(path).write_bytes(elf.ljust(at, b"\0") + body)
	return Path(path)
