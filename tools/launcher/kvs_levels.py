# SPDX-License-Identifier: BSD-3-Clause
"""The levels of bench kvs: the same store (and memcached) behind every kind of network interface.

	level = LEVELS["netdev"]
	why = level.lacks()                       # "" if it can run here
	with level.serve(way, load_words) as load: # a running load generator with the server behind it
		result = load.result()

Servers on Linux' sockets run in a network namespace, the load generator in another one, a veth pair between them; the
generator uses a packet socket there. Images and the program on DPDK are behind the generator's vhost-user socket. The
generator has the first core, the server the last one.
"""

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass

from . import build, host, hugepages, paths, setup
from .peers import _quietly, _run
from .procs import start_time
from .qemu import VM, NetSpec
from .say import Fail

PREFIX = "sluice-kvs-"
ADDRESS, OWN, PORT = "10.0.0.2", "10.0.0.1", 11211
MAC, OWN_MAC = "52:54:00:12:34:56", "02:53:4c:00:00:01"
LINUX = "nf-apps/kvs/linux/kvs-linux"
DPDK = "nf-apps/kvs/dpdk/kvs-dpdk"
DPDK_MEM_MB = 160
ITEM_BYTES = 160  # of memory for a key of 16, a value of 64, headers, index and room to spare
NO_MERGEABLE = "virtio_net.features_off=8000"


class Load(host.Harness):
	"""pgbench-host kvs: over its vhost-user socket, or on `iface` of the network namespace `ns`."""

	def __init__(self, words, *, socket=None, iface="", ns=""):
		super().__init__("kvs", options=words, socket=iface or socket)
		self.iface, self.ns = iface, ns

	def arguments(self) -> list:
		prefix = ["ip", "netns", "exec", self.ns] if self.ns else []
		way = ["--iface", self.iface] if self.iface else ["--socket", self.socket]
		return [str(w) for w in [*prefix, host.PROGRAM, "kvs", *way, "--json", "--core", self.core, "--server", f"{ADDRESS}:{PORT}",
			"--addr", OWN, "--dst-mac", MAC, "--src-mac", OWN_MAC, *self.options]]


@dataclass
class Way:
	"""How a level is run: what was found to be best for it."""

	window: int = 256   # requests under way
	variant: str = ""   # ring layout; for Linux: where the kernel receives
	packed: bool = False


class Level:
	"""A server. `ways`: variants to choose from; `windows`: requests under way."""

	windows, variants = (128, 256, 384), ("",)

	def __init__(self, name: str, text: str):
		self.name, self.text = name, text

	def lacks(self) -> str:
		"""Why it can not run here; "" if it can. Builds what it needs."""
		raise NotImplementedError

	def serve(self, way: Way, words, conf, keys: int):
		raise NotImplementedError


def memory_mb(keys: int) -> int:
	"""MiB for the store."""
	return max(64, keys * ITEM_BYTES // (1 << 20) + 32)


class Image(Level):
	"""An image behind the vhost-user socket."""

	variants = ("packed", "split")

	def __init__(self, name, text, image, address, args):
		super().__init__(name, text)
		self.image, self.address, self.args = image, address, args

	def lacks(self) -> str:
		if self.image not in build.known():
			return f"there is no image {self.image} yet"
		build.images([self.image])
		return ""

	@contextlib.contextmanager
	def serve(self, way, words, conf, keys):
		mem = memory_mb(keys)
		args = [a.format(mem=mem, keys=keys) for a in self.args]
		with Load(words) as load:
			net = NetSpec("vhost-user", load.socket)
			net.mac = MAC
			with VM(self.image, args=args, nets=[net], mem=f"{mem * 5 // 4 + 96}M", accel=conf.accel, machine=conf.machine,
					packed=way.variant == "packed", ring=conf.ring_size,
					cmdline=f"{self.address}={ADDRESS}/24 {NO_MERGEABLE}") as vm:
				host.favour(vm.pid)
				load.vm = vm
				yield load


class Dpdk(Level):
	"""The store natively on DPDK's virtio-user driver."""

	variants = ("packed", "packed-vectorised", "split")

	def lacks(self) -> str:
		return _target(DPDK)

	@contextlib.contextmanager
	def serve(self, way, words, conf, keys):
		argv = [paths.BUILD / DPDK, "--ip", f"{ADDRESS}/24", "--mac", MAC, "--ring", way.variant, "--core", host.cores()[1],
			f"mem={memory_mb(keys)}M", f"items={keys}", f"burst={conf.burst}", f"ring={conf.ring_size}"]
		with Load(words) as load, hugepages.reserve(DPDK_MEM_MB):
			child = host._Child([*argv, "--socket", load.socket])
			try:
				load.server = child
				yield load
			finally:
				child.stop()
				host._forget_runtime(f"kvsdpdk{child.proc.pid}")


class Sockets(Level):
	"""A server on Linux' sockets, behind a veth pair."""

	windows, variants = (32, 128), ("sender's core", "own core")

	def __init__(self, name, text, program, argv):
		super().__init__(name, text)
		self.program, self.argv = program, argv

	def lacks(self) -> str:
		if os.geteuid():
			return "network namespaces need root"
		if not shutil.which("ip"):
			return "iproute2 is not installed: run `./sluice setup`"
		if self.program == LINUX:
			return _target(LINUX)
		return "" if shutil.which(self.program) else f"{self.program} is not installed: run `./sluice setup`"

	@contextlib.contextmanager
	def serve(self, way, words, conf, keys):
		core = host.cores()[1]
		program = paths.BUILD / LINUX if self.program == LINUX else self.program
		argv = [a.format(mem=memory_mb(keys), keys=keys) for a in self.argv]
		with _veth() as (gen, server):
			if way.variant == "own core":
				_steer(server, core)
			child = host._Child(["ip", "netns", "exec", server, "taskset", "-c", core, program, *argv])
			try:
				with Load(words, iface="g0", ns=gen) as load:
					load.server = child
					yield load
			finally:
				child.stop()


def _target(target: str) -> str:
	"""Build a program of the tree; why not, if there is none."""
	with open(paths.BUILD / "build.ninja", encoding="utf-8", errors="replace") as f:
		if not any(line.startswith(f"build {target}:") for line in f):
			return f"{os.path.basename(target)} is not in the build"
	setup.compile([target])
	return ""


@contextlib.contextmanager
def _veth():
	"""Two namespaces, of the generator (g0) and of the server (k0), joined; (generator's, server's)."""
	_forget_namespaces()
	names = [f"{PREFIX}{kind}{os.getpid()}" for kind in "gs"]
	with contextlib.ExitStack() as undo:
		for name in names:
			_run(["ip", "netns", "add", name])
			undo.callback(_quietly, ["ip", "netns", "del", name])
		gen, server = names
		_run(["ip", "link", "add", "g0", "netns", gen, "type", "veth", "peer", "name", "k0", "netns", server])
		_run(["ip", "-n", gen, "-batch", "-"], f"link set g0 address {OWN_MAC}\nlink set g0 up\nlink set lo up\n")
		_run(["ip", "-n", server, "-batch", "-"], f"link set k0 address {MAC}\nlink set lo up\nlink set k0 up\n"
			f"addr add {ADDRESS}/24 dev k0\nneigh add {OWN} lladdr {OWN_MAC} dev k0 nud permanent\n")
		yield gen, server


def _steer(ns: str, core: int) -> None:
	"""Have the kernel receive on the server's core (receive packet steering) instead of in its sender's calls."""
	_run(["ip", "netns", "exec", ns, "sh", "-ec", f"echo {1 << core:x} > /sys/class/net/k0/queues/rx-0/rps_cpus"])


def _forget_namespaces() -> None:
	"""Namespaces of a bench that was killed."""
	with contextlib.suppress(OSError):
		for name in os.listdir("/run/netns"):
			pid = name[len(PREFIX) + 1:]
			if name.startswith(PREFIX) and pid.isdigit() and not start_time(int(pid)):
				_quietly(["ip", "netns", "del", name])


LEVELS = {level.name: level for level in (
	Sockets("linux-single", "Linux sockets, recvfrom and sendto", LINUX,
		["-p", "0", "-U", str(PORT), "-l", ADDRESS, "-m", "{mem}", "--items", "{keys}", "--single"]),
	Sockets("linux-batch", "Linux sockets, recvmmsg and sendmmsg", LINUX,
		["-p", "0", "-U", str(PORT), "-l", ADDRESS, "-m", "{mem}", "--items", "{keys}", "--batch"]),
	Sockets("memcached", "memcached over UDP, one thread", "memcached",
		["-u", "nobody", "-p", "0", "-U", str(PORT), "-l", ADDRESS, "-m", "{mem}", "-t", "1", "-c", "16"]),
	Image("lwip-single", "lwIP sockets, recvfrom and sendto", "kvs-socket", "netdev.ip", ["mem={mem}", "items={keys}", "mode=single"]),
	Image("lwip-batch", "lwIP sockets, recvmmsg and sendmmsg", "kvs-socket", "netdev.ip", ["mem={mem}", "items={keys}", "mode=batch"]),
	Image("lwip-raw", "lwIP's raw API", "kvs-lwip", "netdev.ip", ["mem={mem}", "items={keys}"]),
	Image("netdev", "raw uk_netdev", "kvs", "netdev0.ip", ["mem={mem}M", "items={keys}", "stats=1"]),
	Dpdk("dpdk", "DPDK's virtio-user, natively on Linux"),
)}


def version(program: str) -> str:
	"""What a program of Debian says its version is; "" if it is not there."""
	try:
		done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
	except OSError:
		return ""
	return done.stdout.strip().splitlines()[0] if done.stdout.strip() else ""


def chosen(names) -> list:
	"""The levels of these names; all if there are none."""
	for name in names:
		if name not in LEVELS:
			raise Fail(f"there is no level '{name}': use some of {', '.join(LEVELS)}", 2)
	return [LEVELS[name] for name in names or LEVELS]
