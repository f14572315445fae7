# SPDX-License-Identifier: BSD-3-Clause
"""ps, stop, logs: the VMs that run now."""

import contextlib
import json
import os
import signal
import sys
import time

from . import console, procs, state
from .qmp import Qmp
from .say import Fail, usage

STEP_S = 3.0


def _row(entry: dict) -> dict:
	seconds = time.time() - entry.get("started_at", 0)
	try:
		cpu = procs.cpu_seconds(entry["pid"])
	except (OSError, IndexError, ValueError):
		cpu = 0.0
	keys = ("name", "pid", "image", "accel", "machine", "mem", "queues", "ring", "nets", "detached", "console")
	return {**{key: entry.get(key) for key in keys}, "seconds": round(seconds, 1),
		"cpu_seconds": round(cpu, 2)}


def _ps(args) -> int:
	rows = [_row(entry) for entry in state.running()]
	if args.json:
		print(json.dumps(rows))
		return 0
	print(f"{'NAME':<16} {'PID':>7} {'UP':>9} {'CPU':>9} {'ACCEL':<5} {'MACHINE':<7} {'MEM':>6}  NETS")
	for r in rows:
		print(f"{r['name']:<16} {r['pid']:>7} {r['seconds']:>7.0f} s {r['cpu_seconds']:>7.1f} s "
			f"{r['accel']:<5} {r['machine']:<7} {r['mem'] >> 20:>5}M  {' '.join(r['nets']) or 'none'}")
	return 0


def end(entry: dict) -> None:
	"""End a VM of any session: QMP quit, SIGTERM, SIGKILL, each with a wait."""
	pid, started = entry["pid"], entry["starttime"]
	asked = False
	with contextlib.suppress(OSError, Fail), Qmp(state.file(entry["name"], ".qmp"), 1.0) as q:
		q.ask("quit")
		asked = True
	if asked and procs.gone_within(pid, started, STEP_S):
		return
	for signum in (signal.SIGTERM, signal.SIGKILL):
		procs.send(pid, started, signum)
		if procs.gone_within(pid, started, STEP_S):
			return
	raise Fail(f"{entry['name']} (process {pid}) does not end, even killed: is it stuck in the kernel?")


def _stop(args) -> int:
	if bool(args.name) == args.all:
		raise usage("stop needs either names of VMs or --all (see `./sluice ps`)")
	entries = state.running() if args.all else [state.find(name) for name in args.name]
	for entry in entries:
		end(entry)
	state.clean()
	if args.json:
		print(json.dumps([entry["name"] for entry in entries]))
	else:
		for entry in entries:
			print(f"{entry['name']} stopped")
	return 0


def _logs(args) -> int:
	state.check_name(args.name)
	live = next((e for e in state.running() if e["name"] == args.name), None)
	path = live["console"] if live else state.file(args.name, ".log")
	if not os.path.exists(path):
		names = ", ".join(e["name"] for e in state.running()) or "none"
		raise Fail(f"there is no log of a VM named {args.name} (running: {names})")

	def over() -> bool:
		return not (args.follow and live and procs.alive(live["pid"], live["starttime"]))

	for line in console.follow(path, over):
		print(console.clean(line) if sys.stdout.isatty() else line, flush=args.follow)
	return 0


def add(subparsers) -> None:
	p = subparsers.add_parser("ps", help="list the VMs that run", description="List the VMs that run.")
	p.add_argument("--json", action="store_true", help="print them as JSON")
	p.set_defaults(func=_ps)

	p = subparsers.add_parser("stop", help="end VMs", description="End VMs: ask QEMU, then insist.")
	p.add_argument("name", nargs="*", metavar="NAME", help="names, as ps shows them")
	p.add_argument("--all", action="store_true", help="all VMs of this user")
	p.add_argument("--json", action="store_true", help="print the names of the ended VMs as JSON")
	p.set_defaults(func=_stop)

	p = subparsers.add_parser("logs", help="show the console of a VM",
		description="Show the console of a VM that runs, or of a detached one that ended within a day.")
	p.add_argument("name", metavar="NAME")
	p.add_argument("-f", "--follow", action="store_true", help="follow it until the VM ends")
	p.set_defaults(func=_logs)
