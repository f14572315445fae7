# SPDX-License-Identifier: BSD-3-Clause
"""A few words of QMP, QEMU's control protocol: JSON lines over a unix socket."""

import json
import socket
import time

from .say import Fail


class Qmp:
	"""A session with one QEMU. `with Qmp(path) as q: q.ask("query-status")`."""

	def __init__(self, path, timeout: float = 5.0):
		self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		self._sock.settimeout(timeout)
		self._deadline = time.monotonic() + timeout
		try:
			self._sock.connect(str(path))
			self._file = self._sock.makefile("rwb")
			self._read()
			self.ask("qmp_capabilities")
		except OSError:
			self._sock.close()
			raise

	def __enter__(self) -> "Qmp":
		return self

	def __exit__(self, *exc) -> None:
		self._file.close()  # else the socket stays open, and QEMU talks to one peer at a time
		self._sock.close()

	def _read(self) -> dict:
		line = self._file.readline(1 << 20)
		if not line:
			raise ConnectionResetError("QEMU closed the control socket")
		try:
			answer = json.loads(line)
		except ValueError:
			raise ConnectionResetError("QEMU sent no JSON") from None
		return answer if isinstance(answer, dict) else {}

	def ask(self, command: str, **arguments):
		"""Run a command and return its result; Fail if QEMU refuses it."""
		words = {"execute": command}
		if arguments:
			words["arguments"] = arguments
		self._file.write(json.dumps(words).encode() + b"\n")
		self._file.flush()
		while True:
			answer = self._read()
			if "return" in answer:
				return answer["return"]
			if "error" in answer:
				raise Fail(f"QEMU refused {command}: {answer['error'].get('desc', '?')}")
