# SPDX-License-Identifier: BSD-3-Clause
"""Peers of the routers and firewalls: DPDK's l3fwd example, and Linux' own forwarding with nftables.

l3fwd runs in the guest's place, on the harness' two sockets. Linux has no vhost-user port: it forwards between
two veth pairs in a network namespace of its own, dpdk-testpmd sends (flowgen on a packet socket) from another
namespace, and frames are counted by the kernel where they come out there.
"""

import contextlib
import ipaddress
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from . import host, hugepages, paths, procs, work
from .say import Fail

LOCK_FILE = paths.TOOLS / "sources-bench.lock"
WRAP = paths.TOOLS / "peers" / "l3fwd_offloads.c"
WRAPPED = ("rte_eth_dev_configure", "rte_eth_rx_queue_setup")
PARTS = ("main", "l3fwd_acl", "l3fwd_lpm", "l3fwd_fib", "l3fwd_em", "l3fwd_event", "l3fwd_event_generic",
	"l3fwd_event_internal_port")
L3FWD_ROUTES = 1000  # its table has room for 1,024 (IPV4_L3FWD_LPM_MAX_RULES)
L3FWD_MEM_MB = 320
START_S = 20.0
NEXT_MAC = "02:53:4c:00:00:02"

# -- l3fwd ---------------------------------------------------------------------------


def l3fwd() -> Path:
	"""The program, built from Debian's source if it is not there yet. Cost: the first time 20 MB and half a minute."""
	folder = paths.cache() / "l3fwd"
	made = folder / f"l3fwd-{host.dpdk_version()}"
	with work.cache_lock():
		if made.exists() and made.stat().st_mtime >= WRAP.stat().st_mtime:
			return made
		if not paths.source("dpdk").is_dir():
			work.run("fetching DPDK's source for l3fwd", [str(paths.TOOLS / "apt-src.sh"), "fetch", str(paths.cache()), str(LOCK_FILE)],
				"sources-bench.log")
		folder.mkdir(parents=True, exist_ok=True)
		_compile_l3fwd(paths.source("dpdk") / "examples", made)
	return made


def _compile_l3fwd(examples: Path, made: Path) -> None:
	new = made.with_suffix(".new")
	work.run("building l3fwd", [work.tool("gcc"), "-O3", *_pkg("--cflags"), "-DALLOW_EXPERIMENTAL_API", f"-I{examples}/common",
		*(str(examples / "l3fwd" / f"{part}.c") for part in PARTS), str(WRAP), "-Wl," + ",".join(f"--wrap={name}" for name in WRAPPED),
		"-o", str(new), *_pkg("--libs")], "l3fwd.log")
	os.replace(new, made)


def _pkg(what: str) -> list:
	done = subprocess.run(["pkg-config", what, "libdpdk"], capture_output=True, text=True, check=False)
	if done.returncode:
		raise Fail("DPDK's headers are not installed: run `./sluice setup`")
	return done.stdout.split()


class L3fwd:
	"""DPDK's l3fwd, longest prefix match, as a plain process on the two sockets: from the first to the second.

	routes     networks that lie behind the second port; as many as it has room for are used
	"""

	def __init__(self, front, back, routes, *, core=None, ring=256, packed=True):
		self.sockets, self.ring = (front, back), ring
		self.layout = host.VARIANTS["packed" if packed else "split"]
		self.routes = routes
		self.core = host.cores()[1] if core is None else core
		self._child, self._undo, self._prefix = None, contextlib.ExitStack(), ""

	def arguments(self, program, tmp) -> list:
		huge = hugepages.free_mb() >= L3FWD_MEM_MB
		mem = ["--in-memory", "--single-file-segments"] if huge else ["--no-huge", "--no-shconf"]
		devs = [word for i, path in enumerate(self.sockets) for word in
			("--vdev", f"net_virtio_user{i},path={path},queues=1,queue_size={self.ring},mrg_rxbuf=0,{self.layout}")]
		return ["stdbuf", "-oL", program, "--lcores", f"0@{self.core}", "--no-pci", "--no-telemetry", *mem, "-m", L3FWD_MEM_MB,
			"--file-prefix", self._prefix, *devs, "--", "-p", "3", "--lookup=lpm", "--config=(0,0,0),(1,0,0)", "--parse-ptype",
			f"--eth-dest=1,{NEXT_MAC}", f"--rule_ipv4={tmp}/4", f"--rule_ipv6={tmp}/6", f"--rx-queue-size={self.ring}",
			f"--tx-queue-size={self.ring}"]

	def start(self) -> "L3fwd":
		program = l3fwd()
		self._prefix = f"sluicel3fwd{os.getpid()}x{time.monotonic_ns() % 100000}"
		try:
			tmp = self._undo.enter_context(tempfile.TemporaryDirectory(prefix="sluice-l3fwd-"))
			Path(tmp, "4").write_text("".join(f"R{net} 1\n" for net in self.routes) + "R10.0.0.0/24 0\n", encoding="ascii")
			Path(tmp, "6").write_text("Rfd00:0000:0000:0000:0000:0000:0000:0000/64 0\n", encoding="ascii")
			self._undo.enter_context(hugepages.reserve(L3FWD_MEM_MB))
			self._child = host._Child(self.arguments(program, tmp))
			self._until_loop()
		except BaseException:
			self.close()
			raise
		return self

	def _until_loop(self) -> None:
		end = time.monotonic() + START_S
		while not any("entering main loop" in c for c in self._child.complaints + self._child.output):
			with contextlib.suppress(Exception):
				self._child.line(time.monotonic() + 0.05)
			if self._child.proc.poll() is not None:
				words = [w for w in self._child.output + self._child.complaints if re.search(r"Cause|rror|annot|nvalid", w)]
				raise Fail(f"l3fwd ended: {words[-1].strip() if words else 'without a word'}")
			if time.monotonic() > end:
				raise Fail(f"l3fwd did not start within {START_S:.0f} s")

	@property
	def pid(self) -> int:
		return self._child.proc.pid

	def close(self) -> None:
		if self._child:
			self._child.stop(signal.SIGINT)
			host._forget_runtime(self._prefix)
		self._undo.close()

	def __enter__(self) -> "L3fwd":
		return self.start()

	def __exit__(self, *exc) -> None:
		self.close()


# -- Linux ---------------------------------------------------------------------------

ROUTER_MAC = "00:01:02:03:04:01"  # what flowgen sends to; it cannot be told
FLOWGEN_NET = "10.253.0.0/16"     # and where to
PREFIX = "sluice-peer-"


def nft_rule(rule: str) -> str:
	"""A rule of IPFilter, as bench_nf makes them, in nft's words."""
	verdict, _, condition = rule.strip().partition(" ")
	words = [] if condition == "all" else [_nft_part(part) for part in condition.split(" && ")]
	return " ".join([*words, {"deny": "drop", "allow": "accept"}[verdict]])


def _nft_part(part: str) -> str:
	end, kind, *rest = part.split()
	if kind == "net":
		return f"ip {end[0]}addr {rest[0]}"
	if rest[0] == "port" and kind in ("tcp", "udp"):
		return f"{kind} {end[0]}port {rest[1]}"
	raise Fail(f"no way to tell nft of '{part}'")


def linux_lacks() -> str:
	"""Why Linux can not be a peer here; "" if it can."""
	if os.geteuid():
		return "it needs root"
	missing = [name for name in ("ip", "nft", host.TESTPMD) if not shutil.which(name)]
	return f"{' and '.join(missing)} not installed: run `./sluice setup`" if missing else ""


class Linux:
	"""Namespaces with veth pairs: testpmd -> g0 = r0 -> forwarding -> r1 = g1, counted there.

	routes     networks behind the second port, besides those that the traffic goes to
	rules      nft rules of the forward chain
	size       frame size with CRC
	"""

	def __init__(self, size: int, *, routes=(), rules=(), flows=1024, burst=64):
		self.size, self.routes, self.rules, self.flows, self.burst = size, routes, rules, flows, burst
		self.gen, self.router = f"{PREFIX}g{os.getpid()}", f"{PREFIX}r{os.getpid()}"
		self._child, self._undo = None, contextlib.ExitStack()

	def start(self) -> "Linux":
		why = linux_lacks()
		if why:
			raise Fail(f"Linux is no peer here: {why}")
		_forget_namespaces()
		try:
			for name in (self.gen, self.router):
				_run(["ip", "netns", "add", name])
				self._undo.callback(_quietly, ["ip", "netns", "del", name])
			self._links()
			self._forwarding()
			self._child = host._Child(self.arguments(), stdin=subprocess.PIPE)
			self._until_sent()
		except BaseException:
			self.close()
			raise
		return self

	def _links(self) -> None:
		for i in (0, 1):
			_run(["ip", "link", "add", f"r{i}", "netns", self.router, "type", "veth", "peer", "name", f"g{i}", "netns", self.gen])
		_run(["ip", "-n", self.router, "link", "set", "r0", "address", ROUTER_MAC])
		for ns, name in ((self.router, "lo"), (self.router, "r0"), (self.router, "r1"), (self.gen, "g0"), (self.gen, "g1")):
			_run(["ip", "-n", ns, "link", "set", name, "up"])

	def _forwarding(self) -> None:
		lines = ["addr add 10.0.0.1/24 dev r0", "addr add 10.0.1.1/24 dev r1", f"neigh add 10.0.1.2 lladdr {NEXT_MAC} dev r1 nud permanent",
			"route add 10.254.0.0/16 dev r0", f"route add {FLOWGEN_NET} via 10.0.1.2"]
		nets = [net for net in ipaddress.ip_network(FLOWGEN_NET).subnets(new_prefix=24)] if self.routes else []
		lines += [f"route add {net} via 10.0.1.2" for net in [*nets, *self.routes]]
		_run(["ip", "-n", self.router, "-batch", "-"], "\n".join(lines) + "\n")
		words = ["echo 1 > /proc/sys/net/ipv4/ip_forward", "echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter",
			"echo 0 > /proc/sys/net/ipv4/conf/r0/rp_filter"]
		_run(["ip", "netns", "exec", self.router, "sh", "-ec", "\n".join(words)])
		if self.rules:
			text = "table inet bench {\n chain forward {\n type filter hook forward priority 0; policy accept;\n" \
				+ "".join(f" {nft_rule(rule)}\n" for rule in self.rules) + " }\n}\n"
			_run(["ip", "netns", "exec", self.router, "nft", "-f", "-"], text)

	def steer(self, own_core: bool) -> None:
		"""Has the router work on a core of its own (receive packet steering) instead of in its sender's calls: more
		cores, but an interrupt from one to the other for each burst."""
		mask = f"{1 << host.cores()[1]:x}" if own_core else "0"
		_run(["ip", "netns", "exec", self.router, "sh", "-ec", f"echo {mask} > /sys/class/net/r0/queues/rx-0/rps_cpus"])

	def arguments(self) -> list:
		core = host.cores()[0]
		self._prefix = f"sluicegen{os.getpid()}x{time.monotonic_ns() % 100000}"
		return ["ip", "netns", "exec", self.gen, "stdbuf", "-oL", host.TESTPMD, "--lcores", f"0@{core},1@{core}", "--no-pci",
			"--no-telemetry", "--no-huge", "--no-shconf", "-m", host.PEER_MEM_MB, "--file-prefix", self._prefix,
			"--vdev", "net_af_packet0,iface=g0,qdisc_bypass=1", "--", "-i", "--forward-mode=flowgen", "--auto-start",
			f"--flowgen-flows={self.flows}", f"--txpkts={self.size - 4}", f"--burst={self.burst}", "--total-num-mbufs=16384",
			"--disable-link-check", "--no-lsc-interrupt", "--no-flush-rx"]

	def _until_sent(self) -> None:
		end = time.monotonic() + START_S
		while self.counts()[1] < 1:
			if self._child.proc.poll() is not None:
				words = [w for w in self._child.output + self._child.complaints if re.search(r"rror|annot|nvalid", w)]
				raise Fail(f"{host.TESTPMD} ended: {words[-1].strip() if words else 'without a word'}")
			if time.monotonic() > end:
				raise Fail("Linux forwards nothing between its namespaces")
			time.sleep(0.05)

	def counts(self) -> tuple:
		"""(ns, frames that came out, frames that went in), by the kernel's counters of the outer ends."""
		done = _run(["ip", "netns", "exec", self.gen, "sh", "-c",
			"date +%s%N; cat /sys/class/net/g1/statistics/rx_packets /sys/class/net/g0/statistics/tx_packets"])
		return tuple(int(word) for word in done.split())

	def rate(self, seconds: float, warmup: float) -> float:
		"""Million frames a second that came out, over a window that grows while the machine stands still."""
		time.sleep(warmup)
		began = self.counts()
		time.sleep(seconds)
		ended, end = self.counts(), time.monotonic() + START_S
		while ended[1] == began[1]:
			if time.monotonic() > end or self._child.proc.poll() is not None:
				raise Fail(f"Linux forwards nothing any more ({ended[2] - began[2]} frames went in)")
			time.sleep(0.05)
			ended = self.counts()
		return (ended[1] - began[1]) * 1e3 / (ended[0] - began[0])

	def close(self) -> None:
		if self._child:
			with contextlib.suppress(OSError):
				self._child.proc.stdin.write("quit\n")
				self._child.proc.stdin.close()
			with contextlib.suppress(subprocess.TimeoutExpired):
				self._child.proc.wait(3.0)
			self._child.stop()
			host._forget_runtime(self._prefix)
		self._undo.close()

	def __enter__(self) -> "Linux":
		return self.start()

	def __exit__(self, *exc) -> None:
		self.close()


def linux_rate(size, seconds, warmup, **more) -> float:
	"""Million frames a second that Linux forwards: on its sender's core or on one of its own, whichever is more."""
	best = 0.0
	with Linux(size, **more) as router:
		for own_core in (False, True):
			router.steer(own_core)
			best = max(best, router.rate(seconds, warmup))
	return best


def _run(argv, text: str = "") -> str:
	try:
		done = subprocess.run([str(a) for a in argv], input=text, capture_output=True, text=True, check=False)
	except OSError as err:
		raise Fail(f"cannot start {argv[0]}: {err.strerror}; run `./sluice setup`") from None
	if done.returncode:
		words = (done.stderr.strip() or done.stdout.strip()).splitlines()
		raise Fail(f"`{' '.join(str(a) for a in argv)[:80]}` failed: {words[-1] if words else 'without a word'}")
	return done.stdout


def _quietly(argv) -> None:
	with contextlib.suppress(Fail):
		_run(argv)


def _forget_namespaces() -> None:
	"""Namespaces of a bench that was killed."""
	with contextlib.suppress(OSError):
		for name in os.listdir("/run/netns"):
			match = re.fullmatch(PREFIX + r"[gr](\d+)", name)
			if match and not procs.start_time(int(match[1])):
				_quietly(["ip", "netns", "del", name])
