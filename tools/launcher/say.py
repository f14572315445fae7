# SPDX-License-Identifier: BSD-3-Clause
"""What the user sees: one-sentence errors, progress, plain notes. All on stderr.

stdout belongs to results (a guest's console, --json), so that a script can read it.
"""

import errno
import sys
import threading
import time


class Fail(Exception):
	"""A failure told in one sentence that says what to do; `code` is the exit code.

	Code 1 is a failure, code 2 a wrong use of the command line.
	"""

	def __init__(self, sentence: str, code: int = 1):
		super().__init__(sentence)
		self.code = code


def usage(sentence: str) -> Fail:
	"""A Fail for a command line that cannot be right."""
	return Fail(sentence, 2)


def of_os_error(err: OSError, doing: str) -> Fail:
	"""The Fail that tells an OSError met while `doing` ("writing the cache")."""
	where = f" ({err.filename})" if err.filename else ""
	if err.errno in (errno.ENOSPC, errno.EDQUOT):
		return Fail(f"the disk is full while {doing}{where}: free some space and run it again")
	if err.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
		return Fail(f"no permission while {doing}{where}: run it as the owner of that path")
	return Fail(f"{err.strerror or err} while {doing}{where}")


def note(text: str) -> None:
	"""One line for the user, not an error."""
	print(f"sluice: {text}", file=sys.stderr, flush=True)


class step:
	"""A step that may last: `with step("building") as now: ... now.update("3 of 9")`.

	Silent if over within a second. Else: on a terminal one line in which the time runs;
	in a log one line at once, one each ten seconds, and one at the end.
	"""

	LOG_EVERY_S = 10.0

	def __init__(self, what: str):
		self.what = what
		self.started = 0.0
		self._state = ""
		self._over = threading.Event()
		self._shown = False

	def elapsed(self) -> float:
		return time.monotonic() - self.started

	def update(self, state: str) -> None:
		"""How far it is: shown with the next line."""
		self._state = state

	def _text(self) -> str:
		return f"{self.what} ... {self._state + ', ' if self._state else ''}{self.elapsed():.0f} s"

	def _tick(self) -> None:
		if self._over.wait(1.0):
			return
		self._shown = True
		tty = sys.stderr.isatty()
		while True:
			if tty:
				print(f"\r\033[Ksluice: {self._text()}", end="", file=sys.stderr, flush=True)
			else:
				note(self._text())
			if self._over.wait(1.0 if tty else self.LOG_EVERY_S):
				return

	def __enter__(self) -> "step":
		self.started = time.monotonic()
		self._thread = threading.Thread(target=self._tick, daemon=True)
		self._thread.start()
		return self

	def __exit__(self, kind, value, trace) -> None:
		self._over.set()
		self._thread.join()
		if self._shown:
			start = "\r\033[K" if sys.stderr.isatty() else ""
			word = "failed after" if kind else "done in"
			print(f"{start}sluice: {self.what}: {word} {self.elapsed():.1f} s",
				file=sys.stderr, flush=True)
