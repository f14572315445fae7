# SPDX-License-Identifier: BSD-3-Clause
"""Many middleboxes at once: tiny ones, asleep until a packet comes.

Each is a VM of its own with one card, and answers ARP and ping. All are asked from the moment their QEMU starts
until they have answered both. As root the cards are taps on a bridge in a network namespace that ends with us;
without, datagram sockets of this process (QEMU: -netdev dgram).
"""

import contextlib
import ctypes
import os
import shutil
import socket
import statistics
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from . import frames
from .qemu import VM
from .say import Fail, note, step

EXPERIMENTS = {"many": "a hundred tiny middleboxes: until all answer, memory, CPU time while idle"}
IMAGES = ("nf",)
MEM = "4M"
ANSWER_S = 60.0  # all of them, from the first one's start
AGAIN_S = 0.05   # one that has not answered is asked again
SETTLE_S, IDLE_S = 1.0, 5.0
CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
OUR_MAC, OUR_IP = bytes.fromhex("02534c0000fe"), bytes((10, 99, 255, 254))
CONFIG = """FromDevice(eth0, BURST 8) -> arp :: ARPResponder($IP $ETH0_MAC) -> out :: ToDevice(eth0);
arp [1] -> HostEtherFilter($ETH0_MAC) -> Strip(14) -> CheckIPHeader -> ICMPPingResponder
	-> Unstrip(14) -> EtherMirror -> out;
"""
ARP, IP = 0x0806, 0x0800


def mac(number: int) -> bytes:
	return bytes.fromhex("02534c01") + struct.pack(">H", number)


def address(number: int) -> bytes:
	return bytes((10, 99)) + struct.pack(">H", number + 1)


def arp_request(number: int) -> bytes:
	return frames.ethernet(ARP, struct.pack("!HHBBH6s4s6s4s", 1, IP, 6, 4, 1, OUR_MAC, OUR_IP, bytes(6), address(number)),
		mac(number), OUR_MAC)


def ping(number: int) -> bytes:
	head = struct.pack("!BBHHH", 8, 0, 0, number, 1)
	payload = b"sluice many mbox"
	icmp = head[:2] + struct.pack("!H", frames.checksum(head + payload)) + head[4:] + payload
	return frames.ethernet(IP, frames.ipv4(frames.ICMP, icmp, number, OUR_IP, address(number)), mac(number), OUR_MAC)


def answer(frame: bytes):
	"""(number, kind) of an answer; None for any other frame."""
	if len(frame) < 42 or frame[:6] != OUR_MAC or frame[6:10] != mac(0)[:4]:
		return None
	number, = struct.unpack_from("!H", frame, 10)
	kind, = struct.unpack_from("!H", frame, 12)
	if kind == ARP and frame[20:22] == b"\0\2" and frame[22:32] == mac(number) + address(number):
		return number, ARP
	if kind == IP and frame[23] == frames.ICMP and frame[26:30] == address(number) and frame[34:36] == b"\0\0":
		return number, IP
	return None


# -- the two networks ----------------------------------------------------------------


class Datagrams:
	"""Each frame is a datagram between this process and a QEMU."""

	name = "dgram"

	def __init__(self, count: int):
		self._tmp = tempfile.TemporaryDirectory(prefix="sluice-many-")
		self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
		self.sock.bind(f"{self._tmp.name}/all")

	def netdev(self, number: int) -> str:
		return f"dgram,id=n0,local.type=unix,local.path={self._tmp.name}/{number},remote.type=unix," \
			f"remote.path={self._tmp.name}/all"

	def send(self, number: int, frame: bytes) -> None:
		self.sock.sendto(frame, socket.MSG_DONTWAIT, f"{self._tmp.name}/{number}")

	def close(self) -> None:
		self.sock.close()
		self._tmp.cleanup()


class Taps:
	"""Taps on a bridge, in a network namespace that is gone when the last one in it is."""

	name = "tap"

	def __init__(self, count: int):
		self._libc = ctypes.CDLL(None, use_errno=True)
		self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
		self.sock = None
		if self._libc.unshare(CLONE_NEWNET):
			code = ctypes.get_errno()
			os.close(self._home)
			raise Fail(f"no network namespace can be made: {os.strerror(code)}")
		try:
			self._make(count)
		except BaseException:
			self.close()
			raise

	def _make(self, count: int) -> None:
		lines = [f"link add br0 address {OUR_MAC.hex(':')} type bridge mcast_snooping 0"]
		for i in range(count):
			lines += [f"tuntap add t{i} mode tap", f"link set t{i} master br0 up"]
		_batch("ip", [*lines, "link set br0 up"])
		_batch("bridge", [f"fdb add {mac(i).hex(':')} dev t{i} master static" for i in range(count)])
		self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
		self.sock.bind(("br0", ETH_P_ALL))

	def netdev(self, number: int) -> str:
		return f"tap,id=n0,ifname=t{number},script=no,downscript=no"

	def send(self, number: int, frame: bytes) -> None:
		self.sock.send(frame, socket.MSG_DONTWAIT)

	def close(self) -> None:
		if self.sock:
			self.sock.close()
		self._libc.setns(self._home, CLONE_NEWNET)
		os.close(self._home)


def _batch(program: str, lines: list) -> None:
	try:
		done = subprocess.run([program, "-batch", "-"], input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
	except OSError as err:
		raise Fail(f"cannot start {program}: {err.strerror}") from None
	if done.returncode:
		raise Fail(f"{program} refused: {(done.stderr.strip().splitlines() or ['without a word'])[0]}")


def network(count: int):
	"""Taps if this user may have them, else datagrams."""
	if os.geteuid() == 0 and os.path.exists("/dev/net/tun") and shutil.which("ip") and shutil.which("bridge"):
		try:
			return Taps(count)
		except Fail as err:
			note(f"many: {err}; using datagram sockets")
	return Datagrams(count)


# -- asking --------------------------------------------------------------------------


class Asker:
	"""Asks each machine for its address and then for an echo, until it has answered both."""

	def __init__(self, net, count: int):
		self._net = net
		self._started = {}                 # number -> when its QEMU was started
		self._stage = dict.fromkeys(range(count), ARP)
		self.answered = {}                 # number -> when the echo came
		self._done, self._stop = threading.Event(), threading.Event()
		self._count = count
		net.sock.settimeout(AGAIN_S / 5)
		self._thread = threading.Thread(target=self._run, daemon=True)
		self._thread.start()

	def begin(self, number: int) -> None:
		self._started[number] = time.monotonic()

	def _run(self) -> None:
		again = 0.0
		while not self._stop.is_set() and len(self.answered) < self._count:
			if time.monotonic() >= again:
				again = time.monotonic() + AGAIN_S
				for number in list(self._started):
					if number not in self.answered:
						self._ask(number)
			with contextlib.suppress(OSError):
				self._take(self._net.sock.recv(2048))
		self._done.set()

	def _ask(self, number: int) -> None:
		with contextlib.suppress(OSError):  # nobody is there yet
			self._net.send(number, arp_request(number) if self._stage[number] == ARP else ping(number))

	def _take(self, frame: bytes) -> None:
		found = answer(frame)
		if not found or found[0] not in self._started or found[0] in self.answered:
			return
		number, kind = found
		if kind == ARP and self._stage[number] == ARP:
			self._stage[number] = IP
			self._ask(number)
		elif kind == IP:
			self.answered[number] = time.monotonic()

	def wait(self, seconds: float) -> None:
		self._done.wait(max(0.0, seconds))

	def since_start(self) -> list:
		return [self.answered[n] - self._started[n] for n in self.answered]

	def close(self) -> None:
		self._stop.set()
		self._thread.join(5.0)


# -- the experiment ------------------------------------------------------------------


def run(names, conf) -> list:
	with step(f"bench many, {conf.count} machines"):
		row = measure(conf.count, conf.accel, conf.machine)
	first, whole = row["first_packet_ms"], row["exec_to_answer_ms"]
	print(f"many           {row['answered']} of {row['machines']} answered within {row['seconds']:.2f} s ({row['network']}, "
		f"{row['mem']} each); boot to first packet {first['median']:.1f} ms, at most {first['max']:.1f}; QEMU's start to "
		f"answer {whole['median']:.0f} ms, at most {whole['max']:.0f}")
	print(f"               memory {row['pss_mb']:.0f} MB (sum of resident sets {row['rss_mb']:.0f} MB); idle "
		f"{row['idle_cpu_percent']:.1f} % of a core, {row['idle_cpu_percent_each']:.3f} % each; all gone after "
		f"{row['end_seconds']:.2f} s, whole {row['whole_seconds']:.1f} s", flush=True)
	row["failures"] = []
	if row["answered"] < row["machines"]:
		row["failures"].append(f"{row['machines'] - row['answered']} machines did not answer within {ANSWER_S:.0f} s")
		note(f"many: {row['failures'][0]}")
	return [row]


def measure(count: int, accel="auto", machine="microvm", idle_s=IDLE_S, within_s=ANSWER_S, net=None) -> dict:
	"""Boot them, ask them, look at them, end them. Called from the main thread."""
	began = time.monotonic()
	with contextlib.ExitStack() as undo:
		net = net(count) if net else network(count)
		undo.callback(net.close)
		tmp = undo.enter_context(tempfile.TemporaryDirectory(prefix="sluice-many-"))
		file = Path(tmp) / "config"
		file.write_text(CONFIG, encoding="utf-8")
		asker = Asker(net, count)
		undo.callback(asker.close)
		vms, start = [], time.monotonic()
		for number in range(count):
			asker.begin(number)
			vms.append(undo.enter_context(_machine(number, file, net, accel, machine)))
		asker.wait(start + within_s - time.monotonic())
		if not asker.answered:
			raise Fail(f"many: no machine answered within {within_s:.0f} s; the first one's last words: {vms[0]._last_line()}")
		row = {"experiment": "many", "machines": count, "answered": len(asker.answered), "accel": vms[0].accel.name,
			"machine": machine, "network": net.name, "mem": MEM,
			"seconds": round(max(asker.answered.values()) - start, 3),
			"exec_to_answer_ms": _spread(asker.since_start()), **_looked_at(vms, idle_s)}
		ending = time.monotonic()
		undo.close()
		row["end_seconds"] = round(time.monotonic() - ending, 3)
	row["whole_seconds"] = round(time.monotonic() - began, 3)
	return row


def _machine(number, file, net, accel, machine) -> VM:
	device = "virtio-net-device" if machine == "microvm" else "virtio-net-pci,disable-legacy=on,romfile="
	cores = sorted(os.sched_getaffinity(0))
	return VM("nf", args=["intr=1", "bufs=600", "large=1", f"IP={socket.inet_ntoa(address(number))}"], mem=MEM, accel=accel,
		machine=machine, modules={"config": file}, core=cores[number % len(cores)], hugepages="off",
		extra=["-netdev", net.netdev(number), "-device", f"{device},netdev=n0,mac={mac(number).hex(':')}"])


def _looked_at(vms, idle_s) -> dict:
	"""What they tell of their start, their memory, and the CPU time that all use while nothing happens."""
	first = [_first_packet(vm) for vm in vms if vm.running()]
	rss, pss = (sum(kb) / 1024 for kb in zip(*(_memory(vm.pid) for vm in vms)))
	time.sleep(SETTLE_S)
	used, began = sum(vm.cpu_seconds() for vm in vms), time.monotonic()
	time.sleep(idle_s)
	share = (sum(vm.cpu_seconds() for vm in vms) - used) / (time.monotonic() - began)
	return {"first_packet_ms": _spread([s for s in first if s is not None]), "rss_mb": round(rss, 1), "pss_mb": round(pss, 1),
		"idle_seconds": idle_s, "idle_cpu_percent": round(share * 100, 2), "idle_cpu_percent_each": round(share * 100 / len(vms), 4)}


def _first_packet(vm, timeout: float = 2.0):
	"""Seconds from a guest's entry to the first packet that it sent, as it tells; None if it does not."""
	end = time.monotonic() + timeout
	while True:
		for record in vm.records():
			if record.get("type") == "first_packet":
				return record["since_entry_ns"] / 1e9
		if time.monotonic() > end:
			return None
		time.sleep(0.02)


def _memory(pid: int) -> tuple:
	"""(resident, proportional) KiB."""
	found = {}
	with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
		for line in f:
			words = line.split()
			if words[0] in ("Rss:", "Pss:"):
				found[words[0]] = int(words[1])
	return found["Rss:"], found["Pss:"]


def _spread(seconds: list) -> dict:
	"""Median and most, in ms."""
	if not seconds:
		return {"median": None, "max": None}
	return {"median": round(statistics.median(seconds) * 1e3, 2), "max": round(max(seconds) * 1e3, 2)}
