# SPDX-License-Identifier: BSD-3-Clause
"""The key-value store on raw network cards: Linux's own network stack as its client over a tap interface and QEMU's user
network, and the load generator, which checks every answer, over vhost-user."""

import contextlib
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import time

from launcher import bench_boot, hugepages
from launcher.say import Fail
from support import Case, Harness, NetSpec, each_accel, everywhere, paths

PORT = 11211
RCVBUFFORCE = 33  # asm-generic/socket.h
READY_S = 30.0
ANSWER_S = 2.0
TRIES = 10  # an address of IPv6 is tried for a second before it is used
TAP = f"slk{os.getpid()}"
NET = f"10.{200 + os.getpid() % 50}.{os.getpid() // 50 % 250}"
NET6 = f"fd5c:{os.getpid() & 0xffff:x}::"
IDLE_S, IDLE_MOST = 3.0, 0.2
DPDK_MB = 64 + 64  # store and packet buffers of kvs-dpdk
KVS_DPDK = paths.BUILD / "nf-apps" / "kvs" / "dpdk" / "kvs-dpdk"
BAD = ("wrong", "stale", "errors", "malformed", "duplicate", "stray")


class Client:
	"""Requests over UDP with the frame header, answers put together from their datagrams."""

	def __init__(self, address, family=socket.AF_INET, port=PORT):
		self.to, self.number = (address, port), random.randrange(1 << 16)
		self.sock = socket.socket(family, socket.SOCK_DGRAM)
		self.sock.settimeout(ANSWER_S)
		with contextlib.suppress(OSError):  # as root: a long answer comes at once
			self.sock.setsockopt(socket.SOL_SOCKET, RCVBUFFORCE, 16 << 20)

	def __enter__(self):
		return self

	def __exit__(self, *exc):
		self.sock.close()

	def send(self, request: bytes) -> None:
		self.number = (self.number + 1) & 0xffff
		self.sock.sendto(struct.pack(">HHHH", self.number, 0, 1, 0) + request, self.to)

	def receive(self) -> bytes:
		parts, total = {}, 1
		while len(parts) < total:
			data = self.sock.recv(65536)
			number, at, total, _ = struct.unpack(">HHHH", data[:8])
			assert len(data) <= 1400, len(data)
			if number == self.number:
				parts[at] = data[8:]
		return b"".join(parts[i] for i in range(total))

	def ask(self, request: bytes, tries=1) -> bytes:
		for left in range(tries, 0, -1):
			self.send(request)
			try:
				return self.receive()
			except socket.timeout:
				if left == 1:
					raise
		return b""


def tool(case, name) -> str:
	path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
	if not path:
		case.skipTest(f"{name} is not installed")
	return path


def ticks(vm, since: float, timeout=60.0) -> dict:
	"""The next report that began after time.monotonic() `since`."""
	seen = len([r for r in vm.records() if r.get("type") == "tick"])
	while time.monotonic() < since + timeout:
		found = [r for r in vm.records() if r.get("type") == "tick"]
		if len(found) > seen + 1:
			return found[-1]
		time.sleep(0.05)
	raise AssertionError(f"no report: {vm.console()}")


class Taps:
	"""A tap interface with addresses of both kinds."""

	def setUp(self):
		super().setUp()
		if not os.path.exists("/dev/net/tun"):
			self.skipTest("there is no /dev/net/tun")
		self.tap(TAP, NET, NET6)

	def tap(self, name, net, net6):
		self.addCleanup(subprocess.run, ["ip", "link", "del", name], capture_output=True, check=False)
		for words in (f"ip tuntap add {name} mode tap", f"ip addr add {net}.1/24 dev {name}",
				f"ip -6 addr add {net6}1/64 dev {name} nodad", f"ip link set {name} up"):
			done = subprocess.run(words.split(), capture_output=True, text=True, check=False)
			if done.returncode:
				self.skipTest(f"`{words}`: {done.stderr.strip()}")

	@contextlib.contextmanager
	def store(self, *args, nets=None, cmdline=None, **more):
		cmdline = cmdline or f"netdev0.ip={NET}.2/24 netdev0.ip6={NET6}2/64"
		with self.vm("kvs", "stats=1", *args, nets=nets or [NetSpec("tap", TAP)], cmdline=cmdline, **more) as vm:
			vm.wait_line('"type":"ready"', READY_S)
			yield vm
			self.assertTrue(vm.running(), vm.console())
			self.assertNotIn("sluice: exception", vm.console())

	def works(self, client):
		self.assertEqual(client.ask(b"set k 5 0 5\r\nhello\r\n", TRIES), b"STORED\r\n")
		self.assertEqual(client.ask(b"get k\r\n"), b"VALUE k 5 5\r\nhello\r\nEND\r\n")
		self.assertEqual(client.ask(b"mg k v f\r\n"), b"VA 5 f5\r\nhello\r\n")
		self.assertEqual(client.ask(b"delete k\r\n"), b"DELETED\r\n")
		self.assertEqual(client.ask(b"get k\r\n"), b"END\r\n")

	def large(self, client, size=100_000, step=1000):
		"""A value that comes in many datagrams."""
		value = random.Random(size).randbytes(size)
		self.assertEqual(client.ask(b"set big 1 0 %d\r\n%b\r\n" % (step, value[:step]), TRIES), b"STORED\r\n")
		for at in range(step, size, step):
			piece = value[at:at + step]
			self.assertEqual(client.ask(b"append big 0 0 %d\r\n%b\r\n" % (len(piece), piece)), b"STORED\r\n")
		for _ in range(3):
			self.assertEqual(client.ask(b"get big\r\n", TRIES), b"VALUE big 1 %d\r\n%b\r\nEND\r\n" % (size, value))


@everywhere
class Tap(Taps):
	def clients(self):
		for family, address in ((socket.AF_INET, f"{NET}.2"), (socket.AF_INET6, f"{NET6}2")):
			with Client(address, family) as client:
				yield client

	def check(self, *args, **more):
		with self.store(*args, **more) as vm:
			for client in self.clients():
				self.works(client)
				self.large(client)
			found = ticks(vm, time.monotonic())
			self.assertEqual((found.get("unsent"), found.get("no_buffers", 0)), (0, 0), found)
			self.assertLessEqual(found["bufs"] - found["bufs_free"], 256, found)  # in the receive ring

	def test_split(self):
		self.check()

	def test_packed(self):
		self.check(packed=True)

	def test_offload(self):
		self.check("offload=1")

	def test_interrupts(self):
		self.check("intr=1")


@each_accel
class Jumbo(Taps):
	"""Requests of nearly 9,000 bytes, in several parts; values of 1 MiB."""

	def check(self, **more):
		subprocess.run(["ip", "link", "set", TAP, "mtu", "9000"], check=True)
		nets = [NetSpec("tap", TAP, device=["host_mtu=9000"])]
		with self.store(nets=nets, **more) as vm, Client(f"{NET}.2") as client, \
				Client(f"{NET6}2", socket.AF_INET6) as client6:
			for each in (client, client6):
				self.large(each, size=1 << 20, step=8192)
				self.assertEqual(each.ask(b"set more 0 0 1048577\r\n"), b"SERVER_ERROR object too large for cache\r\n")
			found = ticks(vm, time.monotonic())
			self.assertEqual((found["parts"], found["unsent"]), (0, 0), found)
			self.assertLessEqual(found["bufs"] - found["bufs_free"], 256, found)

	def test_split(self):
		self.check()

	def test_packed(self):
		self.check(packed=True)


@everywhere
class Peers(Taps):
	"""Programs that everybody has."""

	def run_tool(self, *words):
		done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
		self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
		return done.stdout

	def test_ping(self):
		ping = tool(self, "ping")
		with self.store() as vm:
			for size in ("0", "1", "56", "1000", "1472"):
				self.run_tool(ping, "-c", "3", "-i", "0.2", "-W", "5", "-s", size, f"{NET}.2")
			local = re.search(r"(fe80::[0-9a-f:]+)", vm.console())[1]
			time.sleep(1.5)
			for size in ("0", "1", "56", "1452"):
				for address in (f"{NET6}2", f"{local}%{TAP}", f"ff02::1%{TAP}"):
					self.run_tool(ping, "-6", "-c", "3", "-i", "0.2", "-W", "5", "-s", size, address)
			self.assertGreater(ticks(vm, time.monotonic())["echo"], 50)

	def test_arping(self):
		arping = tool(self, "arping")
		with self.store():
			self.run_tool(arping, "-I" if "iputils" in os.path.realpath(arping) else "-i", TAP, "-c", "3", f"{NET}.2")

	def test_closed(self):
		"""What is not served says so at once: nobody waits for a timeout."""
		with self.store():
			for family, address in ((socket.AF_INET, f"{NET}.2"), (socket.AF_INET6, f"{NET6}2")):
				with Client(address, family) as client:
					client.ask(b"version\r\n", TRIES)
				with socket.socket(family, socket.SOCK_STREAM) as s:
					s.settimeout(10)
					with self.assertRaises(ConnectionRefusedError):
						s.connect((address, PORT))
				with socket.socket(family, socket.SOCK_DGRAM) as s:
					s.settimeout(10)
					s.connect((address, 53))
					s.send(b"x")
					with self.assertRaises(ConnectionRefusedError):
						s.recv(100)

	def test_nmap(self):
		nmap = tool(self, "nmap")
		with self.store():
			out = self.run_tool(nmap, "-n", "-Pn", "-sT", "-p", "22,80,11211", f"{NET}.2")
			self.assertEqual(len(re.findall(r"/tcp\s+closed", out)), 3, out)
			out = self.run_tool(nmap, "-n", "-Pn", "-sU", "-p", "53,161", f"{NET}.2")
			self.assertEqual(len(re.findall(r"/udp\s+closed", out)), 2, out)

	def test_idle(self):
		"""A machine that sleeps still answers each ping."""
		ping = tool(self, "ping")
		with self.store("intr=1") as vm:
			time.sleep(3)
			self.assertLess(bench_boot.cpu_share(vm, IDLE_S), IDLE_MOST)
			self.run_tool(ping, "-c", "10", "-i", "0.2", "-W", "5", f"{NET}.2")


@each_accel
class Hostile(Taps):
	"""Frames by hand. Each is dropped for the reason it should be, and the next good request is answered."""

	def send(self, *frames):
		with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
			s.bind((TAP, 0))
			for frame in frames:
				s.send(frame)

	def udp(self, vm_mac, payload, *, flags=0, csum_off=0, dport=PORT, ip_csum_off=0):
		own = bytes.fromhex(open(f"/sys/class/net/{TAP}/address", encoding="ascii").read().strip().replace(":", ""))
		src, dst = socket.inet_aton(f"{NET}.1"), socket.inet_aton(f"{NET}.2")
		udp = struct.pack(">HHHH", 40000, dport, 8 + len(payload), 0) + payload
		total = csum(src + dst + struct.pack(">BBH", 0, 17, len(udp)) + udp)
		udp = udp[:6] + struct.pack(">H", (total + csum_off) & 0xffff) + udp[8:]
		ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 7, flags, 64, 17, 0) + src + dst
		ip = ip[:10] + struct.pack(">H", (csum(ip) + ip_csum_off) & 0xffff) + ip[12:]
		return vm_mac + own + b"\x08\x00" + ip + udp

	def test_reasons(self):
		with self.store() as vm, Client(f"{NET}.2") as client:
			self.works(client)
			mac = bytes.fromhex(subprocess.run(["ip", "neigh", "show", f"{NET}.2"], capture_output=True, text=True,
				check=True).stdout.split("lladdr")[1].split()[0].replace(":", ""))
			good = self.udp(mac, b"\0\1\0\0\0\1\0\0get k\r\n")
			before = ticks(vm, time.monotonic())
			self.send(self.udp(mac, b"x", csum_off=1), self.udp(mac, b"x", ip_csum_off=1), self.udp(mac, b"x", flags=0x2000),
				self.udp(mac, b"x", flags=0x0001), good[:30], good[:-1], b"\2" + good[1:], good[:12] + b"\x88\xb5" + good[14:])
			after = ticks(vm, time.monotonic())
			for name, most in (("bad_csum", 1), ("bad_ip_csum", 1), ("fragment", 2), ("malformed", 2), ("other_mac", 1),
					("other_type", 1)):
				self.assertGreaterEqual(after.get(name, 0) - before.get(name, 0), most, f"{name}: {after}")
			self.works(client)

	def test_requests(self):
		"""Random and broken requests in good frames."""
		rng = random.Random(7)
		words = [b"get", b"set", b"k", b"1048577", b"-1", b"0", b"\r\n", b" ", b"\0", b"mg", b"ms", b"incr", b"\x80\0", b"x" * 251]
		with self.store() as vm, Client(f"{NET}.2") as client:
			self.works(client)
			for _ in range(500):
				body = b"".join(rng.choice(words) + rng.choice((b"", b" ")) for _ in range(rng.randrange(12)))
				head = rng.randbytes(rng.randrange(9)) if rng.random() < 0.3 else struct.pack(">HHHH", 1, 0, 1, 0)
				client.sock.sendto((head + body)[:1472], client.to)
			with contextlib.suppress(socket.timeout):
				while True:
					client.sock.recv(65536)
			self.works(client)
			self.assertEqual(ticks(vm, time.monotonic())["unsent"], 0)


def csum(data: bytes) -> int:
	"""RFC 1071."""
	if len(data) % 2:
		data += b"\0"
	total = sum(struct.unpack(f">{len(data) // 2}H", data))
	while total >> 16:
		total = (total & 0xffff) + (total >> 16)
	return ~total & 0xffff


@each_accel
class Cards(Taps):
	def test_two(self):
		"""One store behind two cards."""
		second, net6 = TAP + "b", NET6.replace("fd5c", "fd5d")
		net = f"172.{16 + os.getpid() % 16}.{os.getpid() // 16 % 250}"
		self.tap(second, net, net6)
		with self.store(nets=[NetSpec("tap", TAP), NetSpec("tap", second)],
				cmdline=f"netdev0.ip={NET}.2/24 netdev1.ip={net}.2/24"), \
				Client(f"{NET}.2") as one, Client(f"{net}.2") as two:
			self.assertEqual(one.ask(b"set k 0 0 3\r\nyes\r\n", TRIES), b"STORED\r\n")
			self.assertEqual(two.ask(b"get k\r\n", TRIES), b"VALUE k 0 3\r\nyes\r\nEND\r\n")
			self.large(two)


@everywhere
class User:
	def test_forwarded(self):
		"""QEMU's user network reaches it without any option."""
		with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
			s.bind(("127.0.0.1", 0))
			port = s.getsockname()[1]
		spec = NetSpec("user", options=[f"hostfwd=udp:127.0.0.1:{port}-:{PORT}"])
		with self.vm("kvs", nets=[spec]) as vm, Client("127.0.0.1", port=port) as client:
			vm.wait_line('"type":"ready"', READY_S)
			self.assertIn("no netdev0.ip=ADDRESS/BITS was given, so 10.0.2.15/24", vm.console())
			self.assertEqual(client.ask(b"set k 0 0 2\r\nhi\r\n", TRIES), b"STORED\r\n")
			self.assertEqual(client.ask(b"get k\r\n"), b"VALUE k 0 2\r\nhi\r\nEND\r\n")


class Load:
	"""The load generator at the other end of a vhost-user socket."""

	MAC = "52:54:00:12:34:56"

	def harness(self, *options, path=None, duration=1.0):
		return Harness("kvs", options=["--server", "10.0.0.2", "--dst-mac", self.MAC, *options], socket=path, duration=duration,
			wait=READY_S)

	def store(self, path, *args, **more):
		return self.vm("kvs", "stats=1", *args, nets=[NetSpec("vhost-user", path, mac=self.MAC)],
			cmdline="netdev0.ip=10.0.0.2/24", **more)

	def right(self, result, misses=True):
		self.assertEqual({name: result[name] for name in BAD}, dict.fromkeys(BAD, 0), result)
		self.assertGreater(result["hits"] + result["stored"], 0, result)
		if not misses:
			self.assertEqual(result["misses"], 0, result)


@everywhere
class Vhost(Load):
	def check(self, *options, packed=False, args=(), keys=20000):
		with self.harness("--keys", keys, "--verify", *options) as h, self.store(h.socket, *args, packed=packed) as vm:
			self.right(h.result(60), misses=False)
			self.assertTrue(vm.running(), vm.console())

	def test_split(self):
		self.check("--checksum")

	def test_packed(self):
		self.check(packed=True)

	def test_protocols(self):
		self.check("--proto", "meta", "--zipf", "0.99")
		self.check("--proto", "binary", "--value", "8-1000", "--checksum", packed=True)

	def test_words(self):
		self.check(args=["burst=1"])
		self.check(args=["burst=64", "ring=128", "bufs=64"])

	def test_interrupts(self):
		if (self.accel, self.machine) == ("tcg", "q35"):
			self.skipTest("QEMU 7.2 has no message interrupts of vhost-user cards without KVM")
		self.check("--load", "2000", args=["intr=1"], keys=2000)


@everywhere
class Restart(Load):
	"""The back end ends, or is killed under load, and another one comes: no stored item is lost."""

	def check(self, packed):
		path, keys = str(self.tmp / "be.sock"), 20000
		with self.harness("--keys", keys, path=path) as first, self.store(path, packed=packed) as vm:
			self.right(first.result(60), misses=False)
			first.close()
			with self.harness("--keys", keys, "--no-preload", path=path, duration=60) as second:
				second.until(lambda e: e.get("type") == "tick" and e.get("hits", 0) + e.get("rate", 0) > 0, 40)
				second.kill()
			with self.harness("--keys", keys, "--no-preload", "--ratio", "1:0", "--verify", path=path) as third:
				self.right(third.result(60), misses=False)
			self.assertEqual(ticks(vm, time.monotonic())["items"], keys)

	def test_split(self):
		self.check(False)

	def test_packed(self):
		self.check(True)


@each_accel
class Full(Load):
	def test_evicts(self):
		"""More items than the memory holds: the oldest go, what is answered is right, nothing grows."""
		with self.harness("--keys", 60_000, duration=2) as h, self.store(h.socket, "mem=4M") as vm:
			self.right(h.result(60))
			found = ticks(vm, time.monotonic())
			self.assertGreater(found["evictions"], 0, found)
			self.assertGreater(found["items"], 20_000, found)
			self.assertLessEqual(found["used_bytes"], found["limit_bytes"])

	def test_refuses(self):
		"""evict=0: a full store keeps what it has."""
		with self.harness("--keys", 60_000, duration=1) as h, self.store(h.socket, "evict=0", "mem=4M") as vm:
			result = h.result(60)
			self.assertGreater(result["errors"], 0, result)
			self.assertEqual((result["wrong"], result["stale"]), (0, 0), result)
			self.assertEqual(ticks(vm, time.monotonic())["evictions"], 0)


@everywhere
class Words:
	"""What is wrong is said in one sentence."""

	def ends(self, *args, code=2, nets=None, **more):
		nets = [NetSpec("user")] if nets is None else nets
		got, out, _ = self.run_image("kvs", *args, nets=nets, **more)
		self.assertEqual(got, code, out)
		return out

	def test_words(self):
		for bad in ("nosuch=1", "port=0", "port=65536", "burst=65", "mem=1M", "stats", "evict=2"):
			out = self.ends(bad)
			self.assertRegex(out, r"^kvs: .*\n$")
		self.assertIn("the words are port=N mem=N", self.ends("nosuch=1"))

	def test_no_card(self):
		self.assertEqual(self.ends(nets=[], code=1), "kvs: there is no network card, start the machine with --net\n")

	def test_addresses(self):
		for option in ("netdev0.ip=10.0.0", "netdev0.ip=dhcp", "netdev0.ip=224.0.0.1/4", "netdev0.ip6=ff02::1", "netdev.ip6=x"):
			self.assertRegex(self.ends(cmdline=option, code=1), r"^kvs: netdev0\.ip6?=\S+ is not .*\n$")

	def test_memory(self):
		self.assertIn("too little memory", self.ends(mem="4M", code=1))
		self.assertIn("smaller mem=", self.ends("mem=1G", mem="64M", code=1))

	def test_least(self):
		with self.vm("kvs", nets=[NetSpec("user")], mem="8M") as vm:
			vm.wait_line('"type":"ready"', READY_S)

	def test_most(self):
		"""Nearly all memory is the store's."""
		with self.vm("kvs", nets=[NetSpec("user")], mem="512M") as vm:
			vm.wait_line('"type":"ready"', READY_S)
			self.assertGreater(int(re.search(r"(\d+) KiB for items", vm.console())[1]), 480 << 10)


class Dpdk(Load, Case):
	"""The same store natively on DPDK: on the same socket, with the same load."""

	def check(self, *options, args=()):
		if not KVS_DPDK.exists():
			self.skipTest("kvs-dpdk is not built: there is no libdpdk")
		with self.harness("--keys", 20000, "--verify", *options) as h, hugepages.reserve(DPDK_MB):
			server = subprocess.Popen([KVS_DPDK, "--socket", h.socket, "--ip", "10.0.0.2/24", "--mac", self.MAC, "mem=64M", *args],
				stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
			result = None
			with contextlib.suppress(Fail):
				result = h.result(60)
			server.terminate()
			out, err = server.communicate(timeout=30)
		self.assertIsNotNone(result, out + err)
		self.right(result, misses=False)
		self.assertEqual(server.returncode, 0, out + err)
		self.assertIn('"type":"ready"', out)

	def test_rings(self):
		for ring in ("split", "split-in-order", "packed", "packed-in-order", "packed-vectorised"):
			with self.subTest(ring=ring):
				self.check(args=["--ring", ring])

	def test_checksum(self):
		self.check("--checksum", "--value", "8-1000")

	def test_wrong_words(self):
		if not KVS_DPDK.exists():
			self.skipTest("kvs-dpdk is not built: there is no libdpdk")
		for words in ([], ["--socket"], ["--nosuch"], ["--socket", "/nowhere", "port=0"], ["--socket", "/nowhere", "--ip", "x"],
				["--socket", "/nowhere", "--ring", "x"]):
			done = subprocess.run([KVS_DPDK, *words], capture_output=True, text=True, timeout=30, check=False)
			self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
			self.assertEqual(len((done.stdout + done.stderr).splitlines()), 1, done.stdout + done.stderr)
