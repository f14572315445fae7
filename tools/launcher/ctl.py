# SPDX-License-Identifier: BSD-3-Clause
"""ctl: look into a running middlebox and change it."""

import json
import sys
import time

from .control import Control
from .say import of_os_error, note, usage

ACTIONS = ("read", "write", "list", "watch", "config")


def _text(data: bytes) -> str:
	return data.decode("utf-8", "replace")


def _read(c: Control, args) -> int:
	value = _text(c.read(args.handler, " ".join(args.value)))
	if args.json:
		print(json.dumps({args.handler: value}))
	else:
		print(value, end="" if value.endswith("\n") else "\n")
	return 0


def _write(c: Control, args) -> int:
	value = sys.stdin.read() if args.value == ["-"] else " ".join(args.value)
	text = c.write(args.handler, value.encode())
	if args.json:
		print(json.dumps({"written": args.handler, "text": text}))
	return 0


def elements(c: Control) -> list:
	"""Names of all elements."""
	return _text(c.read("list")).splitlines()[1:]


def _handlers(c: Control, name: str) -> dict:
	lines = _text(c.read(f"{name}.handlers" if name else "handlers")).splitlines()
	return dict(line.split("\t", 1) for line in lines if "\t" in line)


def _list(c: Control, args) -> int:
	names = [args.handler] if args.handler else elements(c)
	found = {name: {"class": _text(c.read(f"{name}.class")), "handlers": _handlers(c, name)} for name in names}
	if args.json:
		print(json.dumps(found))
		return 0
	for name, entry in found.items():
		print(f"{name} :: {entry['class']}")
		print("    " + " ".join(f"{h}({rw})" for h, rw in entry["handlers"].items()))
	if not args.handler:
		print("global")
		print("    " + " ".join(f"{h}({rw})" for h, rw in _handlers(c, "").items()))
	return 0


def counters(c: Control) -> dict:
	"""All counters: "element.handler" -> value."""
	rows = (line.split("\t") for line in _text(c.read("counters")).splitlines())
	return {row[0]: int(row[1]) for row in rows if len(row) == 2}


def _rates(before: dict, now: dict, seconds: float) -> dict:
	return {key: max(0, value - before.get(key, 0)) / seconds for key, value in now.items()}


def _show(now: dict, rates: dict) -> None:
	width = max((len(key) for key in now), default=10)
	for key, value in now.items():
		print(f"{key:<{width}} {value:>16} {rates[key]:>16,.0f}/s")
	print(flush=True)


def _watch(c: Control, args) -> int:
	if args.interval <= 0:
		raise usage("--interval is a number of seconds above 0")
	before, at, shown = counters(c), time.monotonic(), 0
	while args.count == 0 or shown < args.count:
		time.sleep(args.interval)
		now, then = counters(c), time.monotonic()
		rates = _rates(before, now, then - at)
		if args.json:
			print(json.dumps({"seconds": round(then - at, 3), "counters": now, "rates": rates}), flush=True)
		else:
			_show(now, rates)
		before, at, shown = now, then, shown + 1
	return 0


def _config(c: Control, args) -> int:
	if not args.handler:
		raise usage("ctl NAME config needs the file of the new configuration")
	try:
		with open(args.handler, "rb") as f:
			text = f.read()
	except OSError as err:
		raise of_os_error(err, f"reading {args.handler}") from None
	start = time.monotonic()
	c.write("hotconfig", text)
	note(f"{c.name} runs {args.handler} now ({(time.monotonic() - start) * 1000:.0f} ms)")
	return 0


def _ctl(args) -> int:
	if args.action in ("read", "write") and not args.handler:
		raise usage(f"ctl NAME {args.action} needs ELEMENT.HANDLER (see `./sluice ctl NAME list`)")
	with Control.of(args.name, args.timeout) as c:
		return {"read": _read, "write": _write, "list": _list, "watch": _watch, "config": _config}[args.action](c, args)


def add(subparsers) -> None:
	p = subparsers.add_parser("ctl", help="look into a running middlebox and change it",
		usage="./sluice ctl NAME read|write ELEMENT.HANDLER [VALUE] | list [ELEMENT] | watch | config FILE",
		description="Handlers of the elements of a running middlebox, by Click's control protocol over a virtio "
		"channel. `watch` shows all counters with their rates; `config` swaps the configuration while packets "
		"flow: elements that keep name and class keep their state; a bad one is refused and the old one goes on.",
		epilog="Examples: ./sluice ctl fw read drops.count; ./sluice ctl fw write sw.switch 1; "
		"./sluice ctl fw config new.click")
	p.add_argument("name", metavar="NAME", help="the VM (see `./sluice ps`)")
	p.add_argument("action", choices=ACTIONS)
	p.add_argument("handler", nargs="?", help="ELEMENT.HANDLER, or an element, or a file")
	p.add_argument("value", nargs="*", help="what to write ('-': from stdin), or a read handler's parameter")
	p.add_argument("--interval", type=float, default=1.0, metavar="S", help="watch: seconds between rows (default 1)")
	p.add_argument("--count", type=int, default=0, metavar="N", help="watch: end after N rows (default: never)")
	p.add_argument("--timeout", type=float, default=10.0, metavar="S", help="seconds to wait for an answer")
	p.add_argument("--json", action="store_true")
	p.set_defaults(func=_ctl)
