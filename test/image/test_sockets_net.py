# SPDX-License-Identifier: BSD-3-Clause
"""Programs on sockets (nf-apps/samples, the store) and real clients, over a tap interface and QEMU's user network."""

import json
import random
import re
import socket
import struct
import subprocess
import threading
import time

from launcher import bench_boot
from support import NetSpec, each_accel
from test_stack import GUEST, GUEST6, HOST, STATIC, TAP, OnTap, echoed

BODY = "Hello from a unikernel.\n"
IDLE_S, IDLE_MOST = 3.0, 0.2  # ./sluice bench has the real bound
REQUESTS = {"kvm": 2000, "tcg": 500}
ADDRESS, ADDRESS6 = "192.0.2.77", "2001:db8::77"


def free_port(kind):
	with socket.socket(socket.AF_INET, kind) as s:
		s.bind(("127.0.0.1", 0))
		return s.getsockname()[1]


class Names(threading.Thread):
	"""A DNS server (RFC 1035, RFC 3596) that knows one name."""

	def __init__(self, at):
		super().__init__(daemon=True)
		self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		self.socket.bind((at, 53))

	def answer(self, query):
		end = query.index(b"\0", 12) + 1
		name, (kind,) = query[12:end], struct.unpack(">H", query[end:end + 2])
		known = name == b"\4test\7example\0"
		data = {1: socket.inet_aton(ADDRESS), 28: socket.inet_pton(socket.AF_INET6, ADDRESS6)}.get(kind)
		found = known and data is not None
		flags = 0x8180 if known else 0x8183
		head = query[:2] + struct.pack(">HHHHH", flags, 1, int(found), 0, 0) + query[12:end + 4]
		return head + (b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data if found else b"")

	def run(self):
		try:
			while True:
				query, peer = self.socket.recvfrom(4096)
				self.socket.sendto(self.answer(query), peer)
		except OSError:
			pass


@each_accel
class Samples(OnTap):
	def start(self, image, *args, options=STATIC, **more):
		return self.vm(image, *args, cmdline=options, nets=[NetSpec("tap", TAP)], **more)

	def ready(self, vm):
		vm.wait_line('"type":"ready"', 60)
		self.address(vm, GUEST6)

	def run_tool(self, *words, timeout=120, **more):
		done = subprocess.run([self.tool(words[0]), *words[1:]], capture_output=True, text=True, timeout=timeout,
			check=False, **more)
		self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")
		return done.stdout

	def test_echo(self):
		rng = random.Random(3)
		with self.start("echo") as vm:
			self.ready(vm)
			for to in (GUEST, GUEST6):
				family = socket.AF_INET6 if ":" in to else socket.AF_INET
				with socket.socket(family, socket.SOCK_DGRAM) as s:
					s.settimeout(20)
					s.connect((to, 7))
					for size in (0, 1, 1000, 1472, 5000, 60000):
						data = rng.randbytes(size)
						s.send(data)
						self.assertEqual(s.recv(1 << 16), data)
				data = rng.randbytes(3 << 20)
				with socket.create_connection((to, 7), 30) as s:
					self.assertTrue(echoed(s, data) == data)
			self.assertEqual(self.run_tool("nc", "-N", "-w", "5", GUEST, "7", input="by netcat\n"), "by netcat\n")
			self.assert_pings(GUEST)

	def test_http(self):
		with self.start("http") as vm:
			self.ready(vm)
			for to in (GUEST, f"[{GUEST6}]"):
				self.assertEqual(self.run_tool("curl", "-gsS", "-m", "20", f"http://{to}/"), BODY)
			two = self.run_tool("curl", "-sSv", "-m", "20", f"http://{GUEST}/1", f"http://{GUEST}/2")
			self.assertEqual(two, BODY * 2)
			self.assertIn("200 OK", self.run_tool("curl", "-sSI", "-m", "20", f"http://{GUEST}/"))
			n = REQUESTS[self.accel]
			for keep in ([], ["-k"]):
				out = self.run_tool("ab", "-q", *keep, "-n", str(n), "-c", "20", f"http://{GUEST}/")
				self.assertRegex(out, rf"Complete requests: +{n}\n")
				self.assertRegex(out, r"Failed requests: +0\n")
			out = self.run_tool("wrk", "-t1", "-c16", "-d2s", f"http://{GUEST}/")
			self.assertNotIn("Non-2xx", out)
			self.assertNotIn("Socket errors", out)
			self.assertEqual(self.run_tool("curl", "-sS", "-m", "20", f"http://{GUEST}/"), BODY)

	def iperf(self, *words):
		out = json.loads(self.run_tool("iperf3", "-J", "-c", GUEST, "-t", "2", *words, timeout=60))
		self.assertNotIn("error", out)
		return out["end"]

	def good(self, vm, n):
		"""What the server says of n tests; it says so after the client has gone."""
		end = time.monotonic() + 20
		while True:
			found = [r["good"] for r in vm.records() if r.get("type") == "test"]
			if len(found) >= n or time.monotonic() > end:
				return found
			time.sleep(0.1)

	def test_iperf3(self):
		with self.start("iperf", mem="128M") as vm:
			self.ready(vm)
			for words in ([], ["-R"], ["-P", "4"], ["-R", "-P", "2"]):
				end = self.iperf(*words)
				self.assertGreater(end["sum_received"]["bytes"], 1 << 20, words)
			for words in (["-u", "-b", "5M"], ["-u", "-b", "5M", "-R"], ["-u", "-b", "1M", "-P", "2"]):
				end = self.iperf(*words)
				self.assertGreater(end["sum"]["packets"], 100, words)
				self.assertLess(end["sum"]["lost_percent"], 50, words)
			self.assertEqual(self.good(vm, 7), [True] * 7)

	def test_names(self):
		try:
			names = Names(HOST)
		except OSError as err:
			self.skipTest(f"port 53 of {HOST}: {err.strerror}")
		names.start()
		self.addCleanup(names.socket.close)
		with self.start("resolve", "test.example", "no.example", "localhost", "192.0.2.1",
				options=f"{STATIC.split()[0]}:{HOST}") as vm:
			self.assertEqual(vm.wait(60), 0)
			records = vm.records()
		found = [(r["name"], r.get("ip")) for r in records if r.get("type") == "name"]
		for pair in (("test.example", ADDRESS), ("test.example", ADDRESS6), ("no.example", None),
				("localhost", "127.0.0.1"), ("192.0.2.1", "192.0.2.1")):
			self.assertIn(pair, found)
		interfaces = [(r["name"], r["ip"]) for r in records if r.get("type") == "interface"]
		self.assertIn(("lo", "127.0.0.1"), interfaces)
		self.assertIn(GUEST, [ip for _, ip in interfaces])

	def test_idle(self):
		"""Little is used while nothing comes, and each ping is answered."""
		with self.start("http") as vm:
			self.ready(vm)
			time.sleep(1)
			share = bench_boot.cpu_share(vm, IDLE_S)
			done = self.ping("-c", "10", "-i", "0.3", "-w", "20", GUEST)
			self.assertIn(" 0% packet loss", done.stdout)
		rtt = re.search(r"= ([\d.]+)/([\d.]+)/", done.stdout)
		print(f"    idle: {share * 100:.2f} % of a core, ping {rtt[1]} ms least, {rtt[2]} ms mean", flush=True)
		self.assertLess(share, IDLE_MOST)


@each_accel
class User:
	"""Through QEMU's own network and its forwarded ports."""

	def test_http_and_echo(self):
		tcp, udp = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
		with self.vm("http", nets=[NetSpec("user", options=[f"hostfwd=tcp:127.0.0.1:{tcp}-:80"])]) as vm:
			vm.wait_line('"type":"ready"', 60)
			with socket.create_connection(("127.0.0.1", tcp), 30) as s:
				s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
				got = b""
				while got.count(BODY.encode()) < 3:
					got += s.recv(4096)
		with self.vm("echo", nets=[NetSpec("user", options=[f"hostfwd=udp:127.0.0.1:{udp}-:7"])]) as vm:
			vm.wait_line('"type":"ready"', 60)
			with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
				s.settimeout(20)
				s.connect(("127.0.0.1", udp))
				s.send(b"through slirp")
				self.assertEqual(s.recv(100), b"through slirp")
