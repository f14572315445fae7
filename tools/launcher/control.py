# SPDX-License-Identifier: BSD-3-Clause
"""A client of Click's ControlSocket protocol, version 1.3, over a stream socket.

	with Control.of("fw") as c:          # a running VM by name
		c.read("counter.count")      # bytes
		c.write("queue.capacity", "100")
"""

import contextlib
import re
import socket

from . import state
from .say import Fail

GREETING = re.compile(rb"Click::ControlSocket/1\.\d+")
TIMEOUT_S = 10.0


class Refused(Fail):
	"""The other side answered with an error; code is the protocol's."""

	def __init__(self, code: int, text: str):
		super().__init__(text)
		self.answer = code


class Control:
	"""One session. Fails in one sentence; Refused if a handler said no."""

	def __init__(self, address, what: str, timeout: float = TIMEOUT_S):
		family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
		self.name = what
		self._what, self._sock = what, socket.socket(family, socket.SOCK_STREAM)
		self._sock.settimeout(timeout)
		try:
			self._sock.connect(address)
			self._file = self._sock.makefile("rb")
			greeting = self._line()
		except OSError as err:
			self._sock.close()
			raise Fail(f"{what} does not answer on its control channel ({err}): does its image have one, "
				"and is no other client connected?") from None
		if not GREETING.match(greeting):
			self._sock.close()
			raise Fail(f"{what} does not speak Click's control protocol: it said {greeting[:60]!r}")

	@classmethod
	def of(cls, name: str, timeout: float = TIMEOUT_S) -> "Control":
		"""The session of a running VM."""
		entry = state.find(name)
		return cls(str(state.file(entry["name"], ".ctl")), entry["name"], timeout)

	def _line(self) -> bytes:
		line = self._file.readline()
		if not line.endswith(b"\n"):
			raise OSError("the connection was closed")
		return line.rstrip(b"\r\n")

	def _answer(self) -> tuple:
		"""(code, text) of an answer of one line or several."""
		lines = []
		while True:
			line = self._line()
			if len(line) < 3 or not line[:3].isdigit():
				raise Fail(f"{self._what} gave an answer that is none: {line[:60]!r}")
			lines.append(line[4:].decode("utf-8", "replace"))
			if line[3:4] != b"-":
				return int(line[:3]), "\n".join(lines)

	def _ask(self, data: bytes) -> str:
		try:
			self._sock.sendall(data)
			code, text = self._answer()
		except OSError as err:
			raise Fail(f"{self._what} stopped answering on its control channel: {err}") from None
		if code >= 300:
			raise Refused(code, text)
		return text

	def read(self, handler: str, param: str = "") -> bytes:
		"""The value of a read handler."""
		self._ask(f"READ {handler} {param}".strip().encode() + b"\r\n")
		try:
			head = self._line()
			size = int(head.split()[1])
			data = self._file.read(size)
		except (OSError, ValueError, IndexError) as err:
			raise Fail(f"{self._what} stopped answering on its control channel: {err}") from None
		if len(data) != size:
			raise Fail(f"{self._what} closed its control channel in the middle of an answer")
		return data

	def write(self, handler: str, value: bytes = b"") -> str:
		"""Write to a handler; the messages that came with success."""
		return self._ask(f"WRITEDATA {handler} {len(value)}\r\n".encode() + value)

	def close(self) -> None:
		with contextlib.suppress(OSError):
			self._file.close()
			self._sock.close()

	def __enter__(self) -> "Control":
		return self

	def __exit__(self, *exc) -> None:
		self.close()
