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
	"""A step that may last: `with step("building"): ...`.

	Silent if over within a second; otherwise one line when it starts to last
	and the elapsed time at its end. On a terminal the time runs.
	"""

	def __init__(self, what: str):
		self.what = what
		self.started = 0.0
		self._over = threading.Event()
		self._shown = False

	def elapsed(self) -> float:
		return time.monotonic() - self.started

	def _tick(self) -> None:
		tty = sys.stderr.isatty()
		if self._over.wait(1.0):
			return
		self._shown = True
		while True:
			if tty:
				line = f"\rsluice: {self.what} ... {self.elapsed():.0f} s"
				print(line, end="", file=sys.stderr, flush=True)
			else:
				note(f"{self.what} ...")
			if self._over.wait(1.0 if tty else None):
				return

	def __enter__(self) -> "step":
		self.started = time.monotonic()
		self._thread = threading.Thread(target=self._tick, daemon=True)
		self._thread.start()
		return self

	def __exit__(self, kind, value, trace) -> None:
		self._over.set()
		self._thread.join()
		if not self._shown:
			return
		end = "\r" if sys.stderr.isatty() else ""
		word = "failed after" if kind else "done in"
		print(f"{end}sluice: {self.what}: {word} {self.elapsed():.1f} s",
			file=sys.stderr, flush=True)
