# SPDX-License-Identifier: BSD-3-Clause
"""The argparse tree and the one place where errors become a sentence and an exit code."""

import argparse
import importlib
import os
import signal
import sys

from . import hugepages, say

VERBS = ("setup", "build", "run", "ps", "ctl", "click", "demo", "test", "bench")
EXIT_SIGNAL = 128


class _Parser(argparse.ArgumentParser):
	"""argparse that ends a usage error in one sentence."""

	def error(self, message):
		raise say.usage(f"{message} (see `{self.prog} --help`)")


def parser() -> argparse.ArgumentParser:
	tree = _Parser(prog="./sluice", description="Sluice: network-function unikernels on QEMU/KVM. On a fresh "
		"Debian 12 machine start with `./sluice demo` or `./sluice test`.",
		epilog="Exit codes: 0 it worked, 1 it failed, 2 wrong use; `run` passes on the guest's own.")
	verbs = tree.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
	for name in VERBS:
		try:
			module = importlib.import_module(f".{name}", __package__)
		except ModuleNotFoundError as err:
			if err.name != f"{__package__}.{name}":
				raise
			continue
		module.add(verbs)
	return tree


def main(argv) -> int:
	"""Run a verb; the exit code. No traceback unless SLUICE_DEBUG=1."""
	for signum in (signal.SIGTERM, signal.SIGHUP):
		signal.signal(signum, _on_signal)
	try:
		own, rest = _split(argv)
		args = parser().parse_args(own)
		args.rest = rest
		hugepages.restore()
		code = args.func(args)
		sys.stdout.flush()
		return code or 0
	except say.Fail as err:
		_tell(str(err))
		return err.code
	except _Signalled as err:
		return EXIT_SIGNAL + err.signum
	except KeyboardInterrupt:
		_tell("interrupted")
		return EXIT_SIGNAL + signal.SIGINT
	except BrokenPipeError:
		os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
		return 1
	except OSError as err:
		_tell(str(say.of_os_error(err, "working")))
		return 1
	except Exception as err:  # the last resort: a bug is told in one sentence as well
		_tell(f"internal error: {type(err).__name__}: {err}; run again with SLUICE_DEBUG=1 and report it")
		return 1


class _Signalled(BaseException):
	"""SIGTERM or SIGHUP, as an exception, so that what was started is cleaned up."""

	def __init__(self, signum):
		super().__init__()
		self.signum = signum


def _on_signal(signum, _frame):
	raise _Signalled(signum)


def _split(argv):
	"""`run APP ... -- words for the application`: what follows " -- " is not ours; nor what follows `click`."""
	if argv[:1] == ["run"] and "--" in argv:
		at = argv.index("--")
		return argv[:at], argv[at + 1:]
	if argv[:1] == ["click"]:
		return argv[:1], argv[1:]
	return argv, []


def _tell(sentence: str) -> None:
	if os.environ.get("SLUICE_DEBUG") == "1" and sys.exc_info()[0] not in (None, KeyboardInterrupt):
		sys.excepthook(*sys.exc_info())
	try:
		say.note(" ".join(sentence.split()))
	except OSError:
		pass
