# SPDX-License-Identifier: BSD-3-Clause
"""run: one image in one VM, in the foreground or detached."""

import contextlib
import json
import os
import socket
import termios
import time

from . import build, paths, setup
from .qemu import VM, NetSpec, Timeout
from .say import Fail, note, usage

EXIT_TIMEOUT = 124
GDB_PORT = 1234
MEANING = {100: "a failed assertion or panic", 101: "a CPU exception"}


def _image(app: str):
	"""A path as it is; a name from build/images, built if it is not there."""
	if "/" in app or os.path.isfile(app) or (paths.IMAGES / app).exists():
		setup.ensure(("run",), build=False)
		return app
	setup.ensure(("build", "run"))
	build.images([app])
	return app


def _modules(args) -> dict:
	modules = {}
	for text in args.module:
		name, equals, path = text.partition("=")
		if not equals or not name or not path:
			raise usage(f"--module '{text}' is not NAME=FILE")
		if name in modules:
			raise usage(f"--module {name} is given twice")
		modules[name] = path
	if args.config is not None:
		if "config" in modules:
			raise usage("--config is the same as --module config=FILE: give one of them")
		modules["config"] = args.config
	return modules


def _free_port(first: int) -> int:
	for port in range(first, first + 100):
		with socket.socket() as s:
			s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
			try:
				s.bind(("127.0.0.1", port))
				return port
			except OSError:
				continue
	raise Fail(f"no free TCP port from {first} to {first + 99} for gdb")


def _vm(args) -> VM:
	if args.cpus != 1:
		raise usage(f"--cpus {args.cpus}: an image runs on one CPU so far; start several VMs instead")
	nets = [NetSpec.parse(text) for text in args.net]
	if None in nets and len(nets) > 1:
		raise usage("--net none goes with no other --net")
	if args.control is not None and not 1 <= args.control <= 65535:
		raise usage(f"--control {args.control} is no TCP port: use 1 to 65535")
	if args.timeout is not None and (args.detach or args.timeout <= 0):
		raise usage("--timeout needs a time above 0 and a VM in the foreground")
	if args.stdin and args.detach:
		raise usage("--stdin needs a VM in the foreground")
	console = "file" if args.detach else "stderr" if args.json else "inherit"
	modules = _modules(args)
	return VM(_image(args.app), args.cmdline, nets, args.mem, args.accel, args.machine, args.queues,
		args.packed, modules, name=args.name, args=args.rest, console=console, detach=args.detach,
		gdb=_free_port(GDB_PORT) if args.gdb else None, stdin=args.stdin, hugepages=args.hugepages, ring=args.ring,
		control=args.control or True)


def _tell_gdb(vm: VM) -> None:
	symbols = vm.image.with_name(vm.app + ".elf")
	file = symbols if symbols.exists() else vm.image
	note(f"stopped at the first instruction; in another terminal: gdb {file} -ex 'target remote :{vm.gdb}'")


def _run(args) -> int:
	vm = _vm(args)
	with _terminal_kept() if args.stdin else contextlib.nullcontext():
		return _run_vm(vm, args)


def _run_vm(vm: VM, args) -> int:
	vm.start()
	try:
		if args.gdb:
			_tell_gdb(vm)
		if args.detach:
			return _detached(vm, args)
		code = _foreground(vm, args.timeout)
		if args.json:
			print(json.dumps(_summary(vm, code)))
	finally:
		vm.close()
	if code:
		why = f", {MEANING[code]}" if code in MEANING else ""
		note(f"{vm.name} ended with exit code {code}{why}")
	return code


@contextlib.contextmanager
def _terminal_kept():
	"""QEMU changes the terminal that it reads from; killed, it does not change it back."""
	old = termios.tcgetattr(0) if os.isatty(0) else None
	try:
		yield
	finally:
		if old:
			termios.tcsetattr(0, termios.TCSADRAIN, old)


def _foreground(vm: VM, timeout) -> int:
	try:
		return vm.wait(timeout)
	except Timeout:
		raise Fail(f"{vm.name} was stopped: it ran for the {timeout:g} s of --timeout", EXIT_TIMEOUT) from None


def _detached(vm: VM, args) -> int:
	if not vm.running():
		code = vm.wait(0)
		raise Fail(f"{vm.name} ended at once with exit code {code}; run it without --detach to see why")
	if args.json:
		print(json.dumps(vm.describe()))
	else:
		print(vm.name)
		note(f"runs detached; see `./sluice logs {vm.name}` and `./sluice stop {vm.name}`")
	return 0


def _summary(vm: VM, code: int) -> dict:
	entry = vm.describe()
	return {"code": code, "seconds": round(time.time() - vm.started_at, 3), "records": vm.records(),
		**{key: entry[key] for key in ("name", "image", "accel", "cpu", "machine", "mem", "hugepages",
			"queues", "ring", "nets")}}


def add(subparsers) -> None:
	p = subparsers.add_parser("run", help="run an image in a VM",
		usage="./sluice run APP [options] [-- words for the application]",
		description="Run an image under QEMU. The console appears on stdout; Ctrl-C ends the VM. The exit "
		"code is the guest's (100 panic, 101 exception), 1 or 2 if it could not run, 124 after --timeout.",
		epilog="Examples: ./sluice run hello; ./sluice run reflector --net vhost-user:/tmp/be.sock --packed; "
		"./sluice run nf --config fw.click --net tap:tap0 --detach --name fw")
	p.add_argument("app", metavar="APP", help="image in build/images (built if missing), or path of an image")
	p.add_argument("--net", action="append", default=[], metavar="NET",
		help="a network card, repeatable: vhost-user:SOCKET, tap:IFACE, user[:hostfwd=tcp::8080-:80], or "
		"none; ,mac=ADDRESS may follow SOCKET and IFACE (default: none)")
	p.add_argument("--mem", default="64M", metavar="SIZE", help="memory, for instance 4M or 1G (default 64M)")
	p.add_argument("--cpus", type=int, default=1, metavar="N", help="CPUs (1 so far)")
	p.add_argument("--accel", default="auto", choices=("auto", "kvm", "tcg"),
		help="auto: KVM if it works here, else TCG (emulation)")
	p.add_argument("--machine", default="microvm", choices=("microvm", "q35"))
	p.add_argument("--config", metavar="FILE", help="the application's configuration: boot module 'config'")
	p.add_argument("--module", action="append", default=[], metavar="NAME=FILE",
		help="a boot module, repeatable")
	p.add_argument("--queues", type=int, default=1, metavar="N", help="queue pairs of each card (default 1)")
	ring = p.add_mutually_exclusive_group()
	ring.add_argument("--packed", action="store_true", help="packed rings")
	ring.add_argument("--split", dest="packed", action="store_false", help="split rings (default)")
	p.add_argument("--ring", type=int, default=256, choices=(256, 512, 1024), help="descriptors per ring")
	p.add_argument("--hugepages", default="auto", choices=("auto", "on", "off"),
		help="2 MiB pages for the guest's memory; auto: with vhost-user, if there are some")
	p.add_argument("--cmdline", default="", metavar="STR", help="words for the platform: 'key=value flag ...'")
	p.add_argument("--control", type=int, metavar="PORT",
		help="Click's ControlSocket protocol at this TCP port of 127.0.0.1 (ctl needs none)")
	p.add_argument("--stdin", action="store_true", help="stdin is the input of the guest's console")
	p.add_argument("--gdb", action="store_true", help="wait for gdb at the first instruction")
	p.add_argument("--detach", action="store_true", help="run in the background (see ps, logs, stop)")
	p.add_argument("--name", metavar="NAME", help="name of the VM (default: from APP)")
	p.add_argument("--timeout", type=float, metavar="S", help="stop the VM after S seconds, exit code 124")
	p.add_argument("--json", action="store_true",
		help="print a summary as JSON at the end; the console goes to stderr")
	p.set_defaults(func=_run)
