# SPDX-License-Identifier: BSD-3-Clause
"""Middleboxes: rate, no-drop rate, latency and cycles per packet, as run and as compiled.

Every middlebox is a configuration of nf-apps/conf, changed only where the comment at BOXES says so. Frames
enter at its first card and are counted where they come out; both cards are vhost-user sockets of one harness on
one core, the guest has the other. The peers are dpdk-testpmd in macswap and io mode on the same back end in the
same run. Each run measures every side once, in turn.
"""

import contextlib
import ipaddress
import random
import socket
import statistics
import struct
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import build, click, frames, host, paths, peers, pppoe
from .bench_rate import NO_MERGEABLE, PLAIN_MAX, Side, _alternate, _cycles, _Watch, _window
from .control import Control
from .qemu import VM, NetSpec
from .say import Fail, note, step

EXPERIMENTS = {"nf": "middleboxes as run and as compiled: rate, no-drop rate, latency, cycles per packet"}
IMAGES = ("nf",)
CONF = paths.ROOT / "nf-apps" / "conf"
GUEST_MAC = "52:54:00:12:34:56"  # what the harness sends to
NEXT_MAC = "02-53-4C-00-00-02"
NB_ROUTES = 100_000
SEED = 7
PEERS = ("macswap", "io")
SETTLE_S = 1.5  # until addresses are told and subscribers have dialled in
IMIX = (64, 64, 594, 64, 64, 594, 64, 1518, 594, 64, 594, 64)  # the harness' order


@dataclass
class Box:
	"""A middlebox and its traffic."""

	file: str
	ports: int = 2
	traffic: list = field(default_factory=list)  # words for the harness
	writes: list = field(default_factory=list)   # handlers to write at the start
	change: object = None                        # text -> text
	frames: object = None                        # size -> the frames that are sent in turn, in place of `traffic`
	mem: str = "128M"
	peers: tuple = ()                            # besides PEERS: l3fwd, linux
	nb_rules: int = 0                            # of nft, for linux
	one_size: bool = False                       # its frames are as long as they are
	setup: object = None                         # called with a socket for a card more, before there is traffic that counts


def routes(nb: int = NB_ROUTES) -> list:
	"""So many routes of 16 to 24 bits in 16.0.0.0/4."""
	rng, found = random.Random(SEED), set()
	while len(found) < nb:
		bits = rng.choice((16, 20, 22, 24, 24, 24, 24))
		found.add(ipaddress.ip_network((0x10000000 | rng.getrandbits(28), bits), strict=False))
	return sorted(found)


def _routes(text: str) -> str:
	"""100,000 routes, all to the next hop on network 1."""
	lines = ",\n\t".join(f"{net} $GW 2" for net in routes())
	return text.replace("0.0.0.0/0 $GW 2", lines + ",\n\t0.0.0.0/0 $GW 2")


def rules(nb: int) -> str:
	"""So many firewall rules, of which none matches the traffic but the last."""
	rng, lines = random.Random(SEED), []
	for _ in range(nb - 1):
		src = ipaddress.ip_network((rng.getrandbits(32) | 0x80000000, rng.choice((16, 20, 24, 28, 32))), strict=False)
		dst = ipaddress.ip_network((rng.getrandbits(32) | 0x80000000, rng.choice((16, 24, 32))), strict=False)
		kind = rng.choice(("src net {s}", "dst net {d}", "src net {s} && dst net {d}", "src net {s} && dst {p} port {n}",
			"dst net {d} && dst {p} port {n}", "src net {s} && dst net {d} && dst {p} port {n}"))
		lines.append(rng.choice(("deny ", "allow ")) + kind.format(s=src, d=dst, p=rng.choice(("tcp", "udp")),
			n=rng.randrange(1, 65536)))
	return ",\n\t\t".join([*lines, "allow all"])


def _rules(nb: int):
	def change(text: str) -> str:
		head, _, rest = text.partition("IPFilter(")
		_, _, tail = rest.partition("deny all)")
		return f"{head}IPFilter(\n\t\t{rules(nb)}){tail}"
	return change


ROUTED = [("arp1.insert", f"10.0.1.2 {NEXT_MAC}"), ("arp0.insert", f"10.0.0.2 {NEXT_MAC}")]
NATTED = [("arp1.insert", f"192.0.2.254 {NEXT_MAC}")]


def _ip6(size) -> list:
	"""IPv6 packets to 64 hosts behind the next hop (RFC 8200, without an upper layer), of these frame sizes."""
	sizes = IMIX if size == "imix" else [int(size)]
	found = []
	for host_id in range(1, 65):
		for length in sizes:
			rest = length - 4 - 54
			head = struct.pack(">IHBB", 6 << 28, rest, 59, 64)
			found.append(_ether(0x86dd) + head + socket.inet_pton(socket.AF_INET6, "2001:db8::9")
				+ socket.inet_pton(socket.AF_INET6, f"2001:db8:9::{host_id:x}") + bytes(rest))
	return found


def _questions(_size) -> list:
	"""Questions for the addresses of 64 names (RFC 1035)."""
	found = []
	for number in range(64):
		name = b"".join(bytes((len(part),)) + part for part in (b"host%02d" % number, b"example", b"net"))
		dns = struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + name + b"\0\0\1\0\1"
		udp = struct.pack(">4H", 4000, 53, 8 + len(dns), 0) + dns
		ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0) + bytes((10, 0, 0, 2, 10, 0, 0, 1))
		found.append(_ether(0x0800) + ip[:10] + struct.pack(">H", _checksum(ip)) + ip[12:] + udp)
	return found


NB_SUBSCRIBERS = 32


def _subscriber(number: int) -> bytes:
	return bytes((2, 0, 0, 1, 0, number))


def _sessions(size) -> list:
	"""IPv4 packets of dialled-in hosts to the network, of these frame sizes."""
	found = []
	for number in range(1, NB_SUBSCRIBERS + 1):
		for length in IMIX if size == "imix" else [int(size)]:
			rest = min(length - 4 - 22, 1492)
			ip = struct.pack(">BBHHHBBH", 0x45, 0, rest, number, 0, 64, 253, 0) + bytes((10, 64, 0, 1 + number, 203, 0, 113, 9))
			ip = ip[:10] + struct.pack(">H", _checksum(ip)) + ip[12:] + bytes(rest - 20)
			found.append(pppoe.session_frame(_mac(GUEST_MAC), _subscriber(number), number, pppoe.IP, ip))
	return found


def _mac(text: str) -> bytes:
	return bytes.fromhex(text.replace(":", "").replace("-", ""))


def _dial(sock) -> None:
	"""All subscribers dial in, in this order; their sessions and addresses are numbered so."""
	def receive(own):
		while True:
			try:
				frame = sock.recv(2048)
			except TimeoutError:
				return None
			if frame[:6] == own:
				return frame

	for number in range(1, NB_SUBSCRIBERS + 1):
		own = _subscriber(number)
		found = pppoe.dial(sock.send, lambda own=own: receive(own), own, _mac(GUEST_MAC))
		if found != (number, bytes((10, 64, 0, 1 + number))):
			raise Fail(f"bras: subscriber {number} got session {found[0]} and address {found[1].hex('.')}")


def _bras(text: str) -> str:
	"""Nobody is asked for a password or held to a rate, and what is no IP packet comes and goes by a third card."""
	text = text.replace('"joe sesame", "ann secret"', "AUTH NONE").replace("$UP 20Mbps, $DOWN 100Mbps", "$UP 400Gbps, $DOWN 400Gbps")
	return text.replace("bras [0] -> to0;", "bras [0] -> kind :: Classifier(12/8864 20/0021, -) -> to0;\n"
		"kind [1] -> ToDevice(eth2);\nFromDevice(eth2) -> [0] bras;")


def _ether(kind: int) -> bytes:
	return _mac(GUEST_MAC) + _mac(NEXT_MAC) + struct.pack(">H", kind)


def _checksum(data: bytes) -> int:
	total = sum(struct.unpack(f">{len(data) // 2}H", data))
	total = (total & 0xffff) + (total >> 16)
	return ~((total & 0xffff) + (total >> 16)) & 0xffff


def _resolver(text: str) -> str:
	"""What would go to the resolver becomes its answer at once: one address, for a day, to names of 18 letters."""
	other = ("in1", "to1", "told", "arp1", "dns [1]")
	return "\n".join(line for line in text.splitlines() if not any(word in line for word in other)) + """
route [1] -> Discard;
dns [1] -> IPMirror -> StoreData(30, \\<8180 0001 0001>) -> Pad(80)
	-> StoreData(64, \\<c00c 0001 0001 00015180 0004 c6336407>) -> StoreData(2, \\<0050>) -> StoreData(24, \\<003c 0000>)
	-> SetIPChecksum -> CheckIPHeader -> [1] dns;
"""


TEN = "Paint(1) -> Strip(14) -> CheckPaint(1) -> Paint(2) -> Unstrip(14) -> CheckPaint(2)\n" \
	"-> Strip(14) -> CheckIPHeader -> Unstrip(14) -> EtherMirror"
CHAIN = f"FromDevice(eth0) -> {TEN} -> ToDevice(eth0);\n"
# a UDP packet of 60 bytes, that is 64 with CRC
PACKET = "020000000001020000000002" "0800" "45000020000100004011eea4c6120001c6120002" "00350035000c0000"
PACKET = PACKET.ljust(120, "0")
ALONE = f"InfiniteSource(\\<{PACKET}>, BURST 32, TIMESTAMP false) -> {TEN} -> done :: Counter -> Discard;\n"

BOXES = {
	"wire": Box("wire.click"),
	"ethermirror": Box("ethermirror.click", ports=1),
	# with two ports instead of four: each frame goes to all others, for its address is never learnt
	"switch": Box("switch.click", change=lambda text: "\n".join(line for line in text.splitlines()
		if "eth2" not in line and "eth3" not in line)),
	# with 100,000 routes more
	"router4": Box("router4.click", traffic=["--src-net", "10.0.0.128/25", "--dst-net", "16.0.0.0/4", "--flows", 1 << 20],
		writes=ROUTED, change=_routes, mem="512M", peers=("l3fwd", "linux")),
	# with other rules, so many, in place of the ten
	"firewall-10": Box("firewall.click", change=_rules(10), traffic=["--flows", 1000], peers=("linux",), nb_rules=10),
	"firewall-1000": Box("firewall.click", change=_rules(1000), traffic=["--flows", 1000], mem="512M"),
	"firewall-10000": Box("firewall.click", change=_rules(10000), traffic=["--flows", 1000], mem="1G"),
	"nat-1k": Box("nat.click", traffic=["--src-net", "10.0.0.0/24", "--dst-net", "198.18.0.0/16", "--flows", 1000],
		writes=NATTED, mem="512M"),
	"nat-1m": Box("nat.click", traffic=["--src-net", "10.0.0.0/24", "--dst-net", "198.18.0.0/16", "--flows", 1_000_000],
		writes=NATTED, mem="2G", change=lambda text: text.replace("$CAPACITY 65536", "$CAPACITY 1500000")),
	"stateful": Box("stateful.click", traffic=["--src-net", "10.0.0.0/24", "--dst-net", "198.18.0.0/16", "--flows", 1000],
		mem="512M"),
	"cgnat": Box("cgnat.click", traffic=["--src-net", "100.64.1.0/24", "--dst-net", "198.18.0.0/16", "--flows", 1000],
		writes=NATTED, mem="512M"),
	"balancer": Box("balancer.click", traffic=["--src-net", "10.0.0.0/24", "--dst-net", "10.0.0.100/32", "--flows", 1000],
		writes=[("arp1.insert", f"10.1.0.11 {NEXT_MAC}"), ("arp1.insert", f"10.1.0.12 {NEXT_MAC}")], mem="512M"),
	"ids": Box("ids.click", traffic=["--flows", 1000], mem="512M"),
	"flowmon": Box("flowmon.click", traffic=["--flows", 1000], mem="512M"),
	"vxlan": Box("vxlan.click", traffic=["--flows", 1000], writes=[("arp1.insert", f"10.0.1.2 {NEXT_MAC}")]),
	"gre": Box("gre.click", traffic=["--src-net", "10.0.0.0/24", "--dst-net", "10.9.0.0/16", "--flows", 1000],
		writes=NATTED),
	# without a limit that is ever reached
	"ratelimit": Box("ratelimit.click", traffic=["--flows", 1000], change=lambda text: text.replace("$RATE 10Mbps", "$RATE 400Gbps")),
	"router6": Box("router6.click", frames=_ip6, writes=[("nd1.insert", f"2001:db8:1::2 {NEXT_MAC}")]),
	# with its resolver inside: each name is asked for once and then comes from the cache
	"dns": Box("dns.click", ports=1, frames=_questions, one_size=True, change=_resolver, writes=[("arp0.insert", f"10.0.0.2 {NEXT_MAC}")]),
	"bras": Box("bras.click", frames=_sessions, change=_bras, setup=_dial, mem="256M",
		writes=[("arp1.insert", f"192.0.2.254 {NEXT_MAC}")]),
	# ten elements that do next to nothing: what the engine itself costs
	"chain": Box("", ports=1, change=lambda text: CHAIN),
	# the same without a card: the machine makes the packets and throws them away
	"chain-alone": Box("", ports=0, change=lambda text: ALONE),
}


class _Sides:
	"""Everything that is measured for one middlebox and one size."""

	def __init__(self, name, box, size, compiled):
		self.name, self.box, self.size = name, box, size
		self.runs = [Side("as run")] + ([Side("compiled", variant=compiled)] if compiled else [])
		for side in self.runs:
			side.ndr, side.latency = 0.0, {}


def text_of(name: str) -> str:
	"""The configuration that is measured."""
	box = BOXES[name]
	text = (CONF / box.file).read_text(encoding="utf-8") if box.file else ""
	return box.change(text) if box.change else text


def run(names, conf) -> list:
	chosen = conf.boxes or list(BOXES)
	print(f"{'middlebox':15} {'size':>5} {'how':9} {'Mpps [min-max]':>20} {'cycles':>7} {'of macswap':>10} {'lost':>6} "
		f"{'no-drop Mpps':>12} {'p50 us':>7} {'p99':>7} {'p99.9':>7}", flush=True)
	rows, peers = [], {kind: Side(kind) for kind in PEERS}
	with tempfile.TemporaryDirectory(prefix="sluice-nf-") as tmp:
		for name in chosen:
			rows += _box(name, conf, Path(tmp), peers)
	return rows


def _box(name, conf, tmp, peers) -> list:
	file = tmp / f"{name}.click"
	file.write_text(text_of(name), encoding="utf-8")
	compiled = ""
	with step(f"bench nf {name}") as now:
		now.update("compiling")
		try:
			compiled = click.compile(str(file), f"bench-{name}", [])
		except Fail as err:
			note(f"nf {name}: not compiled: {err}")
		rows = []
		box = BOXES[name]
		for size in conf.sizes_nf[:1] if box.one_size or box.ports == 0 else conf.sizes_nf:
			rows += _size(_Sides(name, BOXES[name], size, compiled), file, conf, peers, now)
	return rows


def _size(sides, file, conf, peers, now) -> list:
	own = {kind: Side(kind) for kind in (*PEERS, *_more_peers(sides))} if sides.box.ports else {}
	for number in range(conf.runs):
		for side in _alternate(sides.runs, list(own.values())):
			now.update(f"{sides.size}, run {number + 1} of {conf.runs}, {side.name}")
			try:
				if side.name in own:
					side.mpps.append(_peer(side.name, sides, conf))
				elif sides.box.ports:
					_full_speed(sides, side, file, conf)
				else:
					_alone(sides, side, file, conf)
			except Fail as err:
				side.notes.append(str(err))
	if conf.search and sides.box.ports:
		for side in sides.runs:
			now.update(f"{sides.size}, no-drop rate, {side.name}")
			try:
				_no_drop(sides, side, file, conf)
			except Fail as err:
				side.notes.append(str(err))
	for side in [*sides.runs, *own.values()]:
		if side.notes:
			note(f"nf {sides.name} {sides.size} {side.name}: {len(side.notes)} runs failed: {side.notes[-1]}")
	found = [_row(sides, side, own) for side in sides.runs if side.mpps]
	if len(found) == 2 and all(row["busy_cycles_per_packet"] for row in found):
		ratio = found[0]["busy_cycles_per_packet"] / found[1]["busy_cycles_per_packet"]
		found[1]["cycles_as_run_of_compiled"] = round(ratio, 3)
		note(f"nf {sides.name} {sides.size}: as run, a packet takes {ratio:.2f} times the busy cycles of compiled")
	for kind, side in own.items():
		if kind not in PEERS and side.mpps:
			print(f"{sides.name:15} {sides.size!s:>5} {kind:9} {side.median():8.2f} "
				f"{'[%.1f-%.1f]' % (min(side.mpps), max(side.mpps)):>11}", flush=True)
	return found


def _row(sides, side, peers) -> dict:
	swap = peers["macswap"].median() if "macswap" in peers else None
	cycles = round(statistics.median(side.cycles), 1) if side.cycles else None
	share = round(side.median() / swap, 3) if swap else None
	row = {"experiment": "nf", "middlebox": sides.name, "size": sides.size, "how": side.name, **side.spread(),
		"busy_cycles_per_packet": cycles, "of_macswap": share, "lost": side.lost, "sent": side.sent, "ndr_mpps": side.ndr,
		"latency_us": side.latency, "peers": {p.name: p.spread() for p in peers.values()}}
	lat = side.latency
	print(f"{sides.name:15} {sides.size!s:>5} {side.name:9} {side.median():8.2f} {'[%.1f-%.1f]' % (min(side.mpps), max(side.mpps)):>11} "
		f"{cycles or '-':>7} {share or '-':>10} {side.lost:>6} {side.ndr or '-':>12} {lat.get('p50', '-'):>7} "
		f"{lat.get('p99', '-'):>7} {lat.get('p99.9', '-'):>7}", flush=True)
	return row


@contextlib.contextmanager
def _running(sides, side, file, conf, mode, options, seconds, warmup):
	"""The harness with the middlebox behind it, set up; (harness, vm)."""
	box = sides.box
	with tempfile.TemporaryDirectory(prefix="sluice-nf-") as tmp, contextlib.ExitStack() as undo:
		back = ["--back", f"{tmp}/back"] if box.ports == 2 else []
		words = [*options, "--burst", conf.burst, "--size", sides.size, *back, *box.traffic, *_pcap(box, sides.size, tmp)]
		with host.Harness(mode, options=words, duration=seconds, warmup=warmup, lean=conf.lean) as h:
			nets = [NetSpec("vhost-user", h.socket)] + ([NetSpec("vhost-user", f"{tmp}/back")] if back else [])
			nets[0].mac = GUEST_MAC
			plain = sides.size == "imix" or int(sides.size) <= PLAIN_MAX
			sock, extra = _third_card(tmp, conf.machine, undo) if box.setup else (None, [])
			with VM(side.variant or "nf", extra=extra, args=["stats=1"], nets=nets, mem=box.mem, accel=conf.accel, machine=conf.machine,
					packed=conf.rings[0] == "packed", ring=conf.ring_size, control=True,
					modules={} if side.variant else {"config": str(file)}, cmdline=NO_MERGEABLE if plain else "") as vm:
				host.favour(vm.pid)
				vm.wait_line(r'"type":"ready"', timeout=60)
				if box.writes:
					with Control.of(vm.name) as c:
						for handler, value in box.writes:
							c.write(handler, value.encode())
				if box.setup:
					sock.connect(f"{tmp}/theirs")
					box.setup(sock)
				yield h, vm


def _third_card(tmp, machine, undo) -> tuple:
	"""A socket of frames, and QEMU's words for the card behind it, which binds THEIRS."""
	sock = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
	sock.bind(f"{tmp}/ours")
	sock.settimeout(0.5)
	device = "virtio-net-device" if machine == "microvm" else "virtio-net-pci,disable-legacy=on,romfile="
	return sock, ["-netdev", f"dgram,id=setup,local.type=unix,local.path={tmp}/theirs,remote.type=unix,remote.path={tmp}/ours",
		"-device", f"{device},netdev=setup,mac=52:54:00:12:34:58"]


def _pcap(box, size, tmp) -> list:
	"""The harness' words for frames of a file."""
	if not box.frames:
		return []
	frames.write_pcap(f"{tmp}/frames.pcap", box.frames(size))
	return ["--pcap", f"{tmp}/frames.pcap"]


def _drops(vm) -> int:
	"""Frames that the middlebox dropped so far, for whatever reason; each is counted there."""
	with Control.of(vm.name) as c:
		return sum(int(line.split("\t")[0]) for line in c.read("dropped").decode().splitlines())


def _window_drops(h, conf, watch, vm) -> int:
	"""Follow the harness to the end of its window; what was dropped in it. (Before, tables are filled: frames that
	wait for an address are dropped then.)"""
	wait = conf.seconds + conf.warmup + 60
	h.until(lambda e: e.get("what") == "measuring", wait)
	before = _drops(vm)
	watch.begin()
	h.until(lambda e: e.get("what") == "window", wait)
	watch.end()
	return _drops(vm) - before


def _full_speed(sides, side, file, conf) -> None:
	with _running(sides, side, file, conf, "fwd", ["--stamp", "none"], conf.seconds, conf.warmup) as (h, vm):
		watch = _Watch(vm.pid, vm.vcpu())
		dropped = _window_drops(h, conf, watch, vm)
		result = h.result()
		counts = [r for r in vm.records() if r.get("type") in ("tick", "result")]
	if result["verdict"] != "ok":
		raise Fail(f"the harness says: {result['verdict']}")
	side.mpps.append(result["rx_mpps"])
	side.sent += result["tx_pkts"]
	side.lost += dropped
	side.shares.append(watch.share)
	if counts:
		side.cycles += _cycles(counts)


def _alone(sides, side, file, conf) -> None:
	"""A configuration that has no card, and counts its packets in `done`."""
	with VM(side.variant or "nf", mem=sides.box.mem, accel=conf.accel, machine=conf.machine, control=True,
			modules={} if side.variant else {"config": str(file)}) as vm:
		vm.wait_line(r'"type":"ready"', timeout=60)
		with Control.of(vm.name) as c:
			time.sleep(conf.warmup)
			began, watch = _so_far(c), _Watch(vm.pid, vm.vcpu())
			watch.begin()
			time.sleep(conf.seconds)
			watch.end()
			ended = _so_far(c)
	seconds, packets, cycles = (b - a for a, b in zip(began, ended))
	side.mpps.append(packets / seconds / 1e6)
	side.sent += packets
	side.shares.append(watch.share)
	side.cycles.append(cycles / packets)


def _so_far(control) -> tuple:
	"""(seconds, packets, busy cycles)"""
	return time.monotonic(), int(control.read("done.count")), int(control.read("cycles").split()[0])


def _no_drop(sides, side, file, conf) -> None:
	"""RFC 2544, 26.1; and the latency of every frame at half of that rate, or of what came back at full speed."""
	trial = ["--trial", conf.trial, "--resolution", 0.05, "--max-trials", 7, "--loss", conf.loss, "--retries", 1]
	with _running(sides, side, file, conf, "rfc2544", trial, 0, SETTLE_S) as (h, _vm):
		result = h.result(timeout=120)
	side.ndr = round(result.get("ndr_pps", 0) / 1e6, 3)
	if sides.box.frames:
		return  # they carry no stamps
	rate = max(100_000, int(result.get("ndr_pps", 0) / 2) or int(side.median() * 1e6 / 4))
	with _running(sides, side, file, conf, "fwd", ["--rate", rate, "--stamp", "all"], conf.seconds, conf.warmup) as (h, _vm):
		result = h.result()
	found = result.get("lat_us") or {}
	side.latency = {"rate_pps": rate, **{key: round(found[name], 1) for key, name in
		(("p50", "p50"), ("p99", "p99"), ("p99.9", "p999")) if name in found}}


def _more_peers(sides) -> list:
	"""The box's own peers that can be had for this size."""
	found = []
	for kind in sides.box.peers:
		why = ""
		if kind == "linux":
			why = peers.linux_lacks() or ("its sender makes frames of one size only" if sides.size == "imix" else "")
		if why:
			note(f"nf {sides.name} {sides.size}: without Linux as a peer: {why}")
		else:
			found.append(kind)
	return found


def _peer(kind, sides, conf) -> float:
	if kind == "linux":
		nets = routes() if sides.name == "router4" else ()
		return peers.linux_rate(int(sides.size), conf.seconds, conf.warmup, routes=nets, burst=conf.burst,
			rules=rules(sides.box.nb_rules).split(",\n") if sides.box.nb_rules else ())
	if kind == "l3fwd":
		return _l3fwd(sides, conf)
	mode, size = {"macswap": "fwd", "io": "io"}[kind], sides.size
	with host.Harness("fwd", options=["--burst", conf.burst, "--size", size, "--stamp", "none"], duration=conf.seconds,
			warmup=conf.warmup, lean=conf.lean) as h, host.Peer("split" if conf.rings[0] == "split" else "packed", mode,
			1518 if size == "imix" else int(size), h.socket, burst=conf.burst, ring=conf.ring_size) as peer:
		_window(h, conf, _Watch(peer.pid, peer.pid))
		return h.result()["rx_mpps"]


def _l3fwd(sides, conf) -> float:
	"""All of 16.0.0.0/4 and as many of the routes as it has room for."""
	nets = ["16.0.0.0/4", *routes(peers.L3FWD_ROUTES)]
	peers.l3fwd()
	with tempfile.TemporaryDirectory(prefix="sluice-nf-") as tmp, host.Harness("fwd", options=["--burst", conf.burst,
			"--size", sides.size, "--stamp", "none", "--back", f"{tmp}/back", *sides.box.traffic], duration=conf.seconds,
			warmup=conf.warmup, lean=conf.lean) as h, peers.L3fwd(h.socket, f"{tmp}/back", nets, ring=conf.ring_size,
			packed=conf.rings[0] == "packed") as peer:
		_window(h, conf, _Watch(peer.pid, peer.pid))
		result = h.result()
	if result["verdict"] != "ok":
		raise Fail(f"l3fwd: the harness says: {result['verdict']}")
	return result["rx_mpps"]
